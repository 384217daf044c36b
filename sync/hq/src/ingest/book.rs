//! What one record changes at HQ. Pure: all of it, or a [`Fault`] and nothing.

mod manufacturers;

use super::points::{self, BookedPoints};
use super::returns::{Returnable, Returned, book_return};
use super::shares::{book_share, one_use};
use super::{Fault, SaleAtHq, Working};
use crate::coupons::CouponFault;
use crate::emoney::PurseFault;
use crate::ledger::{Account, Movement, MovementKind};
use std::collections::HashSet;
use tillside_core::authority::{AllowanceId, HolderFact, Subject, Terms};
use tillside_core::{
    CardIssued, CouponNumber, CouponUsed, Event, Lot, MemberId, Money, PlanId, Promotion, Proof,
    Record, SaleCompleted, SaleId, SaleVoided, Tender, TenderKind,
};

/// What to write for one record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Booking {
    /// Points moved.
    pub movements: Vec<Movement>,
    /// Those of them that were out of the till's allowances.
    pub leased: Vec<BookedPoints>,
    /// The sale that was completed.
    pub completed: Option<SaleId>,
    /// Goods that came back.
    pub returned: Option<Returned>,
    /// The sale that was voided; its redemptions are freed.
    pub voided: Option<SaleId>,
    /// What of the completed sale was paid with e-money: to be held against the movements it names.
    pub purse_tenders: Vec<Tender>,
    /// Coupons used.
    pub redemptions: Vec<Redemption>,
    /// Uses of codes that no store holds.
    pub shared_uses: Vec<SharedUse>,
    /// Coupons of no store that were used elsewhere before: given in good faith by a till that did not know.
    pub second_uses: Vec<SecondUse>,
    /// A share of a quota of which no more is used.
    pub closed: Option<Closed>,
    /// A share of a quota that HQ gave and has forgotten.
    pub recovered: Option<Terms>,
    /// A member who shopped in this store.
    pub visitor: Option<MemberId>,
    /// The bundle that came in force.
    pub bundle: Option<u64>,
    /// A card that was made the programme's.
    pub issued: Option<CardIssued>,
}

/// One coupon used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redemption {
    /// Which.
    pub number: CouponNumber,
    /// Where and when.
    pub used: CouponUsed,
    /// What it took off.
    pub amount: Money,
}

/// The end of a share, by its till's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// Which.
    pub allowance: AllowanceId,
    /// Of what.
    pub subject: Subject,
    /// How much of it was used.
    pub used: u64,
}

/// A use of a coupon of no store that was not the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecondUse {
    /// Of which plan.
    pub plan: PlanId,
    /// The use.
    pub redemption: Redemption,
    /// The use that stands.
    pub before: CouponUsed,
}

/// What the coupons of one sale come to.
#[derive(Default)]
struct Redeemed {
    redemptions: Vec<Redemption>,
    shared_uses: Vec<SharedUse>,
    second_uses: Vec<SecondUse>,
}

impl Redeemed {
    /// A use of what is good once, wherever: the first stands, another is told.
    fn once(
        &mut self,
        plan: PlanId,
        shown: Shown,
        redemption: Redemption,
        before: Option<CouponUsed>,
    ) {
        match before {
            Some(before) => self.second_uses.push(SecondUse {
                plan,
                redemption,
                before,
            }),
            None => self.shared_uses.push(SharedUse {
                plan,
                shown,
                redemption,
            }),
        }
    }
}

/// One use of a code that no store holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedUse {
    /// Of which plan.
    pub plan: PlanId,
    /// What kind of code.
    pub shown: Shown,
    /// The use.
    pub redemption: Redemption,
}

/// What kind of code no store holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// One that everybody shows, out of a till's share of the quota.
    Everybodys,
    /// One that HQ signed.
    Signed {
        /// Its serial.
        serial: u64,
    },
    /// A number that was given to no store, taken at a till's own risk.
    Open,
}

/// Books a record onto `working`, or leaves it as it was.
pub fn book(working: &mut Working, record: &Record) -> Result<Booking, Fault> {
    match &record.event {
        Event::SaleCompleted(sale) => book_sale(working, record, sale),
        Event::SaleVoided(void) => book_void(working, record, void),
        Event::GoodsReturned(goods) => book_return(working, record, goods),
        Event::CouponRefused(_) => Ok(Booking::default()),
        Event::BundleAdopted { version } => Ok(Booking {
            bundle: Some(*version),
            ..Booking::default()
        }),
        Event::CardIssued(issued) => book_issued(working, issued),
        Event::Allowance {
            fact: HolderFact::Accepted { terms, .. },
        } => Ok(book_share(working, record, terms)),
        Event::Allowance {
            fact: HolderFact::Closed {
                allowance, used, ..
            },
        } => Ok(Booking {
            closed: working.leases.get(allowance).map(|of| Closed {
                allowance: *allowance,
                subject: of.clone(),
                used: *used,
            }),
            ..Booking::default()
        }),
        // What became of it the terminal reports; here it is kept.
        Event::Allowance { .. } | Event::EpochBegan { .. } => Ok(Booking::default()),
        _ => Err(Fault::NewerEvent),
    }
}

fn book_sale(
    working: &mut Working,
    record: &Record,
    sale: &SaleCompleted,
) -> Result<Booking, Fault> {
    match working.sales.get(&sale.sale) {
        Some(booked) if booked.is_told_again(record, sale) => return Ok(Booking::default()),
        Some(_) => return Err(Fault::SaleTwice(sale.sale)),
        None => {}
    }
    adds_up(sale)?;
    let customer = sale.customer.as_ref();
    if let Some(member) = customer.and_then(|customer| customer.member)
        && !working.members.contains(&member)
    {
        return Err(Fault::MemberUnknown(member));
    }
    let account = customer.and_then(|customer| working.account(customer));
    // Spent before earned: a sale's own points do not pay for it.
    let (spent, leased) = points::spend(working, sale)?;
    let mut movements: Vec<Movement> = spent.into_iter().collect();
    match &account {
        Some(account) => movements.extend(earn(account, &sale.lots)?),
        None if sale.lots.is_empty() => {}
        None => return Err(Fault::NobodyEarns),
    }
    let Redeemed {
        redemptions,
        shared_uses,
        second_uses,
    } = redeem(working, record, sale)?;
    working.balances.book(&movements).map_err(Fault::Ledger)?;
    for redemption in &redemptions {
        if let Some(coupon) = working.coupons.get_mut(&redemption.number) {
            coupon.used = Some(redemption.used.clone());
        }
    }
    for shared in &shared_uses {
        let Redemption { number, used, .. } = &shared.redemption;
        match shared.shown {
            Shown::Everybodys => {}
            Shown::Signed { .. } => {
                working.tokens.used.insert(number.clone(), used.clone());
            }
            Shown::Open => working.use_open(number, used),
        }
    }
    if working.awaited.contains(&sale.sale) {
        let sold = Returnable::new(sale.clone());
        working.returnable.insert(sale.sale, sold);
    }
    let booked = SaleAtHq::new(record.terminal, sale);
    working.sales.insert(sale.sale, booked);
    Ok(Booking {
        movements,
        leased,
        completed: Some(sale.sale),
        purse_tenders: purse_tenders(sale),
        redemptions,
        shared_uses,
        second_uses,
        visitor: match account {
            Some(Account::Member(member)) => Some(member),
            _ => None,
        },
        ..Booking::default()
    })
}

fn purse_tenders(sale: &SaleCompleted) -> Vec<Tender> {
    let of_purse = |tender: &&Tender| tender.kind == TenderKind::Purse || tender.purse.is_some();
    sale.tenders.iter().filter(of_purse).cloned().collect()
}

fn adds_up(sale: &SaleCompleted) -> Result<(), Fault> {
    let unequal = |what| Fault::DoesNotAddUp(what);
    let zero = Money::zero(sale.currency);
    let mut tenders = sale.tenders.iter().map(|tender| tender.amount);
    let paid = tenders.try_fold(zero, Money::checked_add);
    if paid != Ok(sale.total) {
        return Err(unequal("its tenders are not its total"));
    }
    let coupons = sale.discounts.iter().map(|discount| discount.amount);
    let rules = sale.promotions.iter().map(|promotion| promotion.amount);
    let mut discounts = coupons.chain(rules);
    let taken_off = discounts.try_fold(zero, Money::checked_add);
    let left = taken_off.and_then(|taken_off| sale.subtotal.checked_sub(taken_off));
    if left != Ok(sale.total) {
        return Err(unequal("its discounts do not lead to its total"));
    }
    if !sale.promotions.iter().all(is_whole) {
        return Err(unequal(
            "what a rule took off is not what its lines and its funders bear",
        ));
    }
    let own = |lot: &Lot| lot.sale == sale.sale && lot.amount.0 > 0;
    if !sale.lots.iter().all(own) {
        return Err(unequal("a lot of points is not its own or not positive"));
    }
    Ok(())
}

/// Whether what a rule took off is more than nothing, and the same by line and by funder.
fn is_whole(promotion: &Promotion) -> bool {
    let whole = i128::from(promotion.amount.minor());
    let taken = promotion.spread.iter().map(|(_, minor)| *minor);
    let paid = promotion.funders.iter().map(|(_, minor)| *minor);
    let bears = |parts: Vec<i64>| {
        let sum: i128 = parts.iter().copied().map(i128::from).sum();
        parts.iter().all(|part| *part > 0) && sum == whole
    };
    whole > 0 && bears(taken.collect()) && bears(paid.collect())
}

fn earn(account: &Account, lots: &[Lot]) -> Result<Vec<Movement>, Fault> {
    let movement = |lot: &Lot| {
        let funder = Account::Funder(lot.funder.clone());
        Movement::new(MovementKind::Earn, funder, account.clone(), lot.amount.0)
    };
    let movements: Result<Vec<_>, _> = lots.iter().map(movement).collect();
    movements.map_err(Fault::Ledger)
}

fn redeem(working: &Working, record: &Record, sale: &SaleCompleted) -> Result<Redeemed, Fault> {
    let mut seen = HashSet::new();
    let used = CouponUsed {
        at: record.at,
        store: working.store.clone(),
        terminal: record.terminal,
        sale: sale.sale,
    };
    let mut redeemed = Redeemed::default();
    for coupon in &sale.coupons {
        let number = coupon.number.clone();
        if !seen.insert(&coupon.number) {
            return Err(Fault::CouponTwice(number));
        }
        // A code that everybody shows is nobody's number: the terminal's share was counted when leased.
        if let Proof::Lease { parts } = &coupon.proof {
            one_use(working, &coupon.plan, parts)?;
            redeemed.shared_uses.push(SharedUse {
                plan: coupon.plan.clone(),
                shown: Shown::Everybodys,
                redemption: redemption(sale, &number, &used)?,
            });
            continue;
        }
        if let Proof::Token { token } = &coupon.proof {
            let stands = working.tokens.check(&working.store, sale, coupon, token);
            let id = stands.map_err(|fault| Fault::Coupon {
                number: number.clone(),
                fault,
            })?;
            let before = working.tokens.used.get(&number).cloned();
            let shown = Shown::Signed { serial: id.serial };
            redeemed.once(id.plan, shown, redemption(sale, &number, &used)?, before);
            continue;
        }
        if let Some(text) = coupon.proof.manufacturers() {
            redeemed.manufacturers(working, sale, coupon, text, &used)?;
            continue;
        }
        if let Proof::Risk { .. } = &coupon.proof {
            let issued = working.open.get(&number).ok_or(CouponFault::NotIssued);
            let stands = issued.and_then(|open| open.check(&coupon.plan).map(|()| open));
            let open = stands.map_err(|fault| Fault::Coupon {
                number: number.clone(),
                fault,
            })?;
            let (plan, before) = (open.plan.clone(), open.used.clone());
            redeemed.once(plan, Shown::Open, redemption(sale, &number, &used)?, before);
            continue;
        }
        let stands = match working.coupons.get(&number) {
            Some(at_hq) => at_hq.check(&coupon.plan, &coupon.proof, &used),
            None => Err(CouponFault::NotIssued),
        };
        stands.map_err(|fault| Fault::Coupon {
            number: number.clone(),
            fault,
        })?;
        let redemption = redemption(sale, &number, &used)?;
        redeemed.redemptions.push(redemption);
    }
    Ok(redeemed)
}

fn redemption(
    sale: &SaleCompleted,
    number: &CouponNumber,
    used: &CouponUsed,
) -> Result<Redemption, Fault> {
    Ok(Redemption {
        amount: (sale.taken_off(number))
            .ok_or(Fault::DoesNotAddUp("its discounts cannot be counted"))?,
        used: used.clone(),
        number: number.clone(),
    })
}

fn book_void(working: &mut Working, record: &Record, void: &SaleVoided) -> Result<Booking, Fault> {
    let sale = match working.sales.get(&void.sale) {
        Some(sale) if sale.terminal == working.terminal => sale,
        _ => return Err(Fault::VoidUnknown(void.sale)),
    };
    match sale.voided {
        // The same fact told again, in a later epoch.
        Some(at) if record.epoch > 1 && at == record.at => return Ok(Booking::default()),
        Some(_) => return Err(Fault::VoidTwice(void.sale)),
        None => {}
    }
    if sale.returned {
        return Err(Fault::VoidReturned(void.sale));
    }
    let differs = |what| Fault::VoidDiffers {
        sale: void.sale,
        what,
    };
    if sale.lots != void.lots {
        return Err(differs("points"));
    }
    if sale.coupons != void.coupons {
        return Err(differs("coupons"));
    }
    let account = sale.customer.as_ref().and_then(|c| working.account(c));
    let mut movements = match &account {
        Some(account) => take_back(account, &sale.lots)?,
        None => Vec::new(),
    };
    let whose = sale.customer.as_ref().and_then(|c| c.member);
    let spent = points::give_back(whose, sale.spent).map_err(Fault::Ledger)?;
    movements.extend(spent);
    working.balances.book(&movements).map_err(Fault::Ledger)?;
    for number in &void.coupons {
        if let Some(coupon) = working.coupons.get_mut(number) {
            coupon.release(void.sale);
        }
        working.release_open(number, void.sale);
        working.tokens.release(number, void.sale);
    }
    if let Some(sale) = working.sales.get_mut(&void.sale) {
        sale.voided = Some(record.at);
    }
    Ok(Booking {
        movements,
        leased: points::booked(&void.points, -1),
        voided: Some(void.sale),
        ..Booking::default()
    })
}

fn take_back(account: &Account, lots: &[Lot]) -> Result<Vec<Movement>, Fault> {
    let movement = |lot: &Lot| {
        let funder = Account::Funder(lot.funder.clone());
        Movement::new(MovementKind::Void, account.clone(), funder, lot.amount.0)
    };
    let movements: Result<Vec<_>, _> = lots.iter().map(movement).collect();
    movements.map_err(Fault::Ledger)
}

/// A card becomes a member's; what it had earned before it had an owner becomes theirs.
fn book_issued(working: &mut Working, issued: &CardIssued) -> Result<Booking, Fault> {
    let member = issued.member;
    if !working.members.contains(&member) {
        return Err(Fault::MemberUnknown(member));
    }
    let (card, owner) = (&issued.card, working.cards.get(&issued.card));
    if let Some(owner) = owner.copied().filter(|owner| *owner != member) {
        let card = card.clone();
        return Err(PurseFault::CardOwned { card, owner }.into());
    }
    let (from, to) = (Account::Card(card.clone()), Account::Member(member));
    let earned = match owner {
        Some(_) => 0,
        None => working.balances.of(&from),
    };
    let kind = MovementKind::Resolve;
    let movement = match earned {
        0 => None,
        1.. => Some(Movement::new(kind, from, to, earned)),
        _ => Some(Movement::new(kind, to, from, -earned)),
    };
    let movements: Vec<Movement> = movement
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(Fault::Ledger)?;
    working.balances.book(&movements).map_err(Fault::Ledger)?;
    working.cards.insert(card.clone(), member);
    Ok(Booking {
        movements,
        issued: Some(issued.clone()),
        ..Booking::default()
    })
}
