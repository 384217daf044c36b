//! Commands become facts, or are refused.
//!
//! Decides only: writing the facts down is left to `tillside-store`, and what they change in the
//! working set to [`crate::apply`].

mod allowances;
mod cards;
mod points;
mod purse;
mod returns;
mod risks;

use crate::{
    CheckOut, Command, CompleteFixed, CouponRedeemed, CouponRefused, Event, Lot, Money, Now,
    Points, Quote, QuoteRequest, REASON_LIMIT, RECORD_BODY_LIMIT, Refusal, RefuseCoupon,
    SaleCompleted, SaleId, SaleVoided, State, TENDER_LIMIT, Tender, Timestamp, Verdict, Void,
    quote,
};
use jiff::civil::Date;
pub use points::points_tender;

/// What a record adds around its event, at most, in bytes.
const RECORD_ENVELOPE: usize = 1_024;

/// Decides a command. The same state, command and moment give the same answer, forever.
///
/// The edge loads into `state` what the command names (see [`State`]); a coupon or sale that is not
/// there does not exist. On `Ok` the facts must be written down before anybody is told.
pub fn decide(state: &State, command: Command, now: Now) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::ChangeAllowances(change) => return allowances::change(state, &change, now),
        Command::CheckOut(check_out) => complete(state, check_out, now)?,
        Command::Void(void) => take_back(state, void, now)?,
        Command::TakeGoodsBack(goods) => returns::take_goods_back(state, goods, now)?,
        Command::RefuseCoupon(refuse) => keep_refusal(refuse, now)?,
        Command::AdoptBundle { version } => adopt(state, version)?,
        Command::CompleteFixed(complete) => complete_fixed(state, *complete, now)?,
        Command::BeginPurse(begin) => purse::begin(state, *begin, now)?,
        Command::EndPurse(end) => purse::end(state, *end, now)?,
        Command::LeavePurseUnknown { txid, why } => purse::leave_unknown(state, txid, why, now)?,
        Command::GiveUpPurse(give_up) => purse::give_up(state, give_up, now)?,
        Command::SightPurse { card, seen, log } => cards::sight(card, seen, log, now),
        Command::IssueCard(issue) => cards::issue(state, issue, now)?,
        Command::FreezeCard(freeze) => cards::freeze(state, freeze, now)?,
        Command::UnfreezeCard(unfreeze) => cards::unfreeze(state, unfreeze, now)?,
    };
    Ok(vec![event])
}

fn complete(state: &State, mut command: CheckOut, now: Now) -> Result<Event, Refusal> {
    let tenders = std::mem::take(&mut command.tenders);
    let mut sale = fix_sale(state, command, now)?;
    pay(state, &mut sale, tenders)?;
    fits_a_record(Event::SaleCompleted(Box::new(sale)))
}

/// Puts the other tenders to a sale that points may have paid in part: all together are what is to pay, and what
/// its purses paid.
fn pay(state: &State, sale: &mut SaleCompleted, tenders: Vec<Tender>) -> Result<(), Refusal> {
    points::none_named(&tenders)?;
    sale.tenders.extend(tenders);
    check_tenders(&sale.tenders, sale.total)?;
    purse::check_tenders(state, sale.sale, &sale.tenders)
}

/// A sale whose purse payment began before: nothing of it is decided anew, so that the debit and the
/// total agree whatever HQ has pushed meanwhile. Its coupons must still be free.
fn complete_fixed(state: &State, command: CompleteFixed, now: Now) -> Result<Event, Refusal> {
    let mut sale = command.fixed;
    if state.sales.contains_key(&sale.sale) {
        return Err(Refusal::AlreadyCompleted { sale: sale.sale });
    }
    for coupon in &sale.coupons {
        let used = state.coupons.get(&coupon.number);
        if let Some(used) = used.and_then(|standing| standing.used.clone()) {
            return Err(Refusal::Coupon {
                number: coupon.number.clone(),
                verdict: Verdict::Used(used),
            });
        }
    }
    allowances::spend_again(state, &mut sale, now)?;
    points::spend_again(state, &mut sale, now)?;
    risks::take_again(state, &mut sale)?;
    (sale.at, sale.date) = (now.at, now.date);
    pay(state, &mut sale, command.tenders)?;
    fits_a_record(Event::SaleCompleted(Box::new(sale)))
}

/// What a sale would be recorded as, with no tender but its points: decided once, when a purse is about to pay
/// for it, and kept until it is paid ([`Command::CompleteFixed`]). The command's tenders are left out.
///
/// # Errors
/// As completing it would be refused.
pub fn fix_sale(state: &State, command: CheckOut, now: Now) -> Result<SaleCompleted, Refusal> {
    let sale = command.sale;
    if state.sales.contains_key(&sale) {
        return Err(Refusal::AlreadyCompleted { sale });
    }
    if command.basket.lines.is_empty() {
        return Err(Refusal::EmptyBasket);
    }
    // Points need somebody to belong to: neither a card nor a member is nobody.
    let customer = (command.customer).filter(|c| c.card.is_some() || c.member.is_some());
    let request = QuoteRequest {
        basket: &command.basket,
        customer: customer.is_some(),
        member: customer.as_ref().and_then(|c| c.member),
        coupons: &command.coupons,
        redeemed: (command.points)
            .map(|points| points::worth(state, points))
            .transpose()?,
    };
    let quote = quote(state, request, now)?;
    let coupons = redeemed(&quote)?;
    let paid = command
        .points
        .map(|points| points_tender(state, customer.as_ref(), points, quote.total, now));
    let tenders = paid.transpose()?.into_iter().collect();
    Ok(SaleCompleted {
        sale,
        lane: command.lane,
        cashier: command.cashier,
        at: now.at,
        date: now.date,
        currency: command.basket.currency,
        lines: command.basket.lines,
        customer,
        coupons,
        lots: lots(sale, &quote, state.rules.rules().points_life().of(now)),
        discounts: quote.discounts,
        promotions: quote.promotions,
        counted: quote.counted,
        awards: quote.awards,
        subtotal: quote.subtotal,
        total: quote.total,
        tenders,
        rules: quote.rules,
    })
}

/// The coupons of a quote as used up; refuses the first that is not valid.
fn redeemed(quote: &Quote) -> Result<Vec<CouponRedeemed>, Refusal> {
    let mut redeemed = Vec::new();
    let mut discounts = quote.discounts.iter();
    for answer in &quote.coupons {
        let refusal = || Refusal::Coupon {
            number: answer.number.clone(),
            verdict: answer.verdict.clone(),
        };
        let Verdict::Valid { proof } = &answer.verdict else {
            return Err(refusal());
        };
        // A quote has one discount for each valid coupon, in the same order.
        let discount = discounts.next().ok_or_else(refusal)?;
        redeemed.push(CouponRedeemed {
            number: answer.number.clone(),
            plan: discount.plan.clone(),
            proof: proof.clone(),
        });
    }
    Ok(redeemed)
}

/// Checks that the tenders are positive and sum to the total. A total of zero needs none.
fn check_tenders(tenders: &[Tender], total: Money) -> Result<(), Refusal> {
    if tenders.len() > TENDER_LIMIT {
        return Err(Refusal::TooManyTenders {
            tenders: tenders.len(),
        });
    }
    let mut tendered = Money::zero(total.currency());
    for tender in tenders {
        tendered = tendered.checked_add(tender.amount)?;
        if tender.amount.minor() <= 0 {
            let amount = tender.amount;
            return Err(Refusal::TenderNotPositive { amount });
        }
    }
    if tendered != total {
        return Err(Refusal::TenderMismatch { total, tendered });
    }
    Ok(())
}

/// The awards as lots: one for each funder and the lines that earned it, in the order they first give. All may be
/// spent from and up to the same day.
fn lots(
    sale: SaleId,
    quote: &Quote,
    (pending_until, expires_on): (Timestamp, Option<Date>),
) -> Vec<Lot> {
    let mut lots: Vec<Lot> = Vec::new();
    let shares = (quote.awards.iter())
        .flat_map(|award| award.shares().into_iter().map(move |share| (award, share)));
    for (award, (funder, points)) in shares {
        let same = |lot: &&mut Lot| lot.funder == *funder && lot.on == award.on;
        match lots.iter_mut().find(same) {
            // Cannot leave the range: the quote's sum of all awards was checked.
            Some(lot) => lot.amount.0 += points,
            None => lots.push(Lot {
                sale,
                index: lots.len() as u32,
                amount: Points(points),
                funder: funder.clone(),
                pending_until,
                expires_on,
                on: award.on.clone(),
            }),
        }
    }
    lots
}

/// Refuses an event that no journal record could hold.
fn fits_a_record(event: Event) -> Result<Event, Refusal> {
    let written = serde_json::to_vec(&event).map_err(|_| Refusal::SaleTooLong)?;
    if written.len() + RECORD_ENVELOPE > RECORD_BODY_LIMIT {
        return Err(Refusal::SaleTooLong);
    }
    Ok(event)
}

fn take_back(state: &State, command: Void, now: Now) -> Result<Event, Refusal> {
    let sale = command.sale;
    check_reason(&command.reason)?;
    let known = (state.sales.get(&sale)).ok_or(Refusal::SaleUnknown { sale })?;
    if known.voided {
        return Err(Refusal::AlreadyVoided { sale });
    }
    let recorded = &known.sale;
    if recorded.date != now.date {
        let sold = recorded.date;
        return Err(Refusal::NotSameDay { sold });
    }
    if !known.returns.is_empty() {
        return Err(Refusal::GoodsWereReturned { sale });
    }
    purse::check_given_back(state, &recorded.tenders)?;
    let coupons = recorded.coupons.iter();
    Ok(Event::SaleVoided(Box::new(SaleVoided {
        sale,
        cashier: command.cashier,
        approved_by: command.approved_by,
        reason: command.reason,
        date: now.date,
        tenders: recorded.tenders.clone(),
        customer: recorded.customer.clone(),
        lots: recorded.lots.clone(),
        coupons: coupons.map(|coupon| coupon.number.clone()).collect(),
        leased: allowances::leased_back(state, recorded, now),
        points: points::released(state, recorded, now),
        counted: recorded.counted.clone(),
    })))
}

fn check_reason(reason: &str) -> Result<(), Refusal> {
    match reason.chars().count() {
        _ if reason.trim().is_empty() => Err(Refusal::ReasonMissing),
        length if length > REASON_LIMIT => Err(Refusal::ReasonTooLong),
        _ => Ok(()),
    }
}

fn keep_refusal(command: RefuseCoupon, now: Now) -> Result<Event, Refusal> {
    let number = command.number;
    if command.verdict.is_valid() {
        return Err(Refusal::CouponValid { number });
    }
    Ok(Event::CouponRefused(CouponRefused {
        sale: command.sale,
        lane: command.lane,
        cashier: command.cashier,
        date: now.date,
        number,
        verdict: command.verdict,
    }))
}

/// The version in force may be recorded again; an older one never is (invariant 8).
fn adopt(state: &State, version: u64) -> Result<Event, Refusal> {
    let in_force = state.rules.version();
    if version < in_force {
        let offered = version;
        return Err(Refusal::OlderBundle { offered, in_force });
    }
    Ok(Event::BundleAdopted { version })
}
