//! What booking a batch looks at: loaded from the database, changed record by record.

use super::returns::Returnable;
use crate::coupons::{CouponAtHq, OpenAtHq, TokensAtHq};
use crate::ledger::{Account, Balances};
use std::collections::{HashMap, HashSet};
use tillside_core::authority::{AllowanceId, HolderFact, Part, Subject};
use tillside_core::{
    CardIdentity, CouponNumber, CouponUsed, Customer, Event, FunderId, Lot, MemberId, Money,
    PlanId, Proof, Record, ReturnId, SaleCompleted, SaleId, StoreId, TerminalId, Timestamp,
    paid_with_points,
};

/// The terminal's surroundings as HQ knows them.
#[derive(Debug)]
pub struct Working {
    /// Whose journal is booked.
    pub terminal: TerminalId,
    /// Its store.
    pub store: StoreId,
    /// Which of the members named exist.
    pub members: HashSet<MemberId>,
    /// Whose the cards named are, as far as HQ knows.
    pub cards: HashMap<CardIdentity, MemberId>,
    /// The coupons named.
    pub coupons: HashMap<CouponNumber, CouponAtHq>,
    /// Those of them that no store holds.
    pub open: HashMap<CouponNumber, OpenAtHq>,
    /// What is known of the signed coupons named.
    pub tokens: TokensAtHq,
    /// The uses that stand, of the manufacturers' coupons named.
    pub printed: HashMap<CouponNumber, CouponUsed>,
    /// What this terminal was granted, of the allowances named: for what.
    pub leases: HashMap<AllowanceId, Subject>,
    /// The sales named, as far as they were booked.
    pub sales: HashMap<SaleId, SaleAtHq>,
    /// The sales of which goods come back in this batch,
    pub awaited: HashSet<SaleId>,
    /// and those of them that are booked.
    pub returnable: HashMap<SaleId, Returnable>,
    /// Of the returns named, those that were booked.
    pub returns: HashSet<ReturnId>,
    /// Balances of every account that may be touched.
    pub balances: Balances,
}

/// A sale HQ has booked.
#[derive(Clone, Debug)]
pub struct SaleAtHq {
    /// By which terminal.
    pub terminal: TerminalId,
    /// When it was paid.
    pub at: Timestamp,
    /// What was to pay.
    pub total: Money,
    /// The sale as recorded.
    pub customer: Option<Customer>,
    /// What it gave.
    pub lots: Vec<Lot>,
    /// How many points paid for it.
    pub spent: i64,
    /// The coupons it used.
    pub coupons: Vec<CouponNumber>,
    /// When it was voided, by the void's record.
    pub voided: Option<Timestamp>,
    /// Whether goods of it came back.
    pub returned: bool,
}

impl SaleAtHq {
    /// A sale just booked.
    pub fn new(terminal: TerminalId, sale: &SaleCompleted) -> Self {
        Self {
            terminal,
            at: sale.at,
            total: sale.total,
            customer: sale.customer.clone(),
            lots: sale.lots.clone(),
            spent: paid_with_points(sale).map_or(0, |(_, spent)| spent.points.0),
            coupons: sale.coupons.iter().map(|c| c.number.clone()).collect(),
            voided: None,
            returned: false,
        }
    }

    /// Whether a terminal tells this very sale again, as it does in a later epoch if its disk was put back
    /// more than once.
    pub fn is_told_again(&self, record: &Record, sale: &SaleCompleted) -> bool {
        let coupons = sale.coupons.iter().map(|coupon| &coupon.number);
        record.epoch > 1
            && (self.terminal, self.at, self.total) == (record.terminal, sale.at, sale.total)
            && (&self.customer, &self.lots) == (&sale.customer, &sale.lots)
            && self.coupons.iter().eq(coupons)
    }
}

/// What the records of a batch name: to be loaded before they are booked.
#[derive(Debug, Default)]
pub struct Needs {
    /// Members.
    pub members: HashSet<MemberId>,
    /// Cards of customers no store knew.
    pub cards: HashSet<CardIdentity>,
    /// Coupons.
    pub coupons: HashSet<CouponNumber>,
    /// Signed coupons, and their plans.
    pub tokens: HashSet<(CouponNumber, PlanId)>,
    /// Manufacturers' coupons.
    pub printed: HashSet<CouponNumber>,
    /// Allowances that uses were given out of.
    pub leases: HashSet<AllowanceId>,
    /// Sales.
    pub sales: HashSet<SaleId>,
    /// Sales of which goods come back.
    pub returnable: HashSet<SaleId>,
    /// Returns.
    pub returns: HashSet<ReturnId>,
    /// Who pays.
    pub funders: HashSet<FunderId>,
}

impl Needs {
    /// Adds what one record names.
    pub fn add(&mut self, record: &Record) {
        match &record.event {
            Event::SaleCompleted(sale) => {
                self.sales.insert(sale.sale);
                self.customer(sale.customer.as_ref());
                self.lots(&sale.lots);
                let numbers = sale.coupons.iter().map(|coupon| coupon.number.clone());
                self.coupons.extend(numbers);
                let parts = sale.coupons.iter().flat_map(|coupon| match &coupon.proof {
                    Proof::Lease { parts } => &parts[..],
                    _ => &[],
                });
                let signed = (sale.coupons.iter())
                    .filter(|coupon| matches!(coupon.proof, Proof::Token { .. }));
                let signed = signed.map(|coupon| (coupon.number.clone(), coupon.plan.clone()));
                self.tokens.extend(signed);
                let printed =
                    (sale.coupons.iter()).filter(|coupon| coupon.proof.manufacturers().is_some());
                self.printed
                    .extend(printed.map(|coupon| coupon.number.clone()));
                self.leases.extend(parts.map(|part: &Part| part.allowance));
                let points = sale.tenders.iter().filter_map(|paid| paid.points.as_ref());
                let parts = points.flat_map(|spent| &spent.parts);
                self.leases.extend(parts.map(|part| part.allowance));
            }
            Event::SaleVoided(void) => {
                self.sales.insert(void.sale);
                self.customer(void.customer.as_ref());
                self.lots(&void.lots);
                self.coupons.extend(void.coupons.iter().cloned());
            }
            Event::GoodsReturned(goods) => {
                self.sales.insert(goods.sale);
                self.returnable.insert(goods.sale);
                self.returns.insert(goods.id);
                self.customer(goods.customer.as_ref());
            }
            Event::Allowance {
                fact: HolderFact::Accepted { terms, .. },
            } => {
                self.leases.insert(terms.id);
            }
            Event::Allowance {
                fact: HolderFact::Closed { allowance, .. },
            } => {
                self.leases.insert(*allowance);
            }
            Event::CardIssued(issued) => {
                self.members.insert(issued.member);
                self.cards.insert(issued.card.clone());
            }
            _ => {}
        }
    }

    fn customer(&mut self, customer: Option<&Customer>) {
        match customer {
            Some(Customer {
                member: Some(member),
                ..
            }) => {
                self.members.insert(*member);
            }
            Some(Customer {
                card: Some(card), ..
            }) => {
                self.cards.insert(card.clone());
            }
            _ => {}
        }
    }

    fn lots(&mut self, lots: &[Lot]) {
        for lot in lots {
            if !self.funders.contains(&lot.funder) {
                self.funders.insert(lot.funder.clone());
            }
        }
    }
}

impl Working {
    /// A number of no store, or a manufacturer's coupon, was used.
    pub(super) fn use_open(&mut self, number: &CouponNumber, used: &CouponUsed) {
        match self.open.get_mut(number) {
            Some(open) => open.used = Some(used.clone()),
            None => {
                self.printed.insert(number.clone(), used.clone());
            }
        }
    }

    /// Frees such a one, if `sale` is what used it.
    pub(super) fn release_open(&mut self, number: &CouponNumber, sale: SaleId) {
        if let Some(open) = self.open.get_mut(number) {
            open.release(sale);
        }
        if self
            .printed
            .get(number)
            .is_some_and(|used| used.sale == sale)
        {
            self.printed.remove(number);
        }
    }

    /// Whose account a customer earns to: the member's, else that of a card nobody owns yet.
    pub fn account(&self, customer: &Customer) -> Option<Account> {
        match (&customer.member, &customer.card) {
            (Some(member), _) => Some(Account::Member(*member)),
            (None, Some(card)) => Some(match self.cards.get(card) {
                Some(member) => Account::Member(*member),
                None => Account::Card(card.clone()),
            }),
            (None, None) => None,
        }
    }
}
