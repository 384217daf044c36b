//! What each kind of record does to the projections.
//!
//! The same code runs when a fact is committed and when everything is rebuilt from the journal.

mod goods;
mod purse;

pub(crate) use purse::{TENDERS, stage_of};

use crate::columns::{Id, RecordId};
use crate::counters;
use crate::error::{Fault, StoreError, Within};
use crate::risk;
use crate::shares;
use crate::unique::or_if_taken;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tillside_core::{
    Counted, Counter, CouponNumber, CouponRedeemed, CouponRefused, Customer, Event, Lot, MemberId,
    Proof, SaleCompleted, SaleId, SaleVoided, Tender, Timestamp,
};

/// The projection tables, in the order they are compared.
pub(crate) const TABLES: [&str; 16] = [
    "sales",
    "voids",
    "returns",
    "refusals",
    "member_deltas",
    "pending_deltas",
    "coupon_uses",
    "purses",
    "tenders",
    "issued_cards",
    "frozen_cards",
    "card_seen",
    "counters",
    "shares",
    "held_shares",
    "risk_uses",
];

/// Where the projections stand that a record is applied to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// The database's own.
    Live,
    /// Fresh ones beside it.
    Rebuilt,
}

impl Place {
    pub(crate) const fn schema(self) -> &'static str {
        match self {
            Self::Live => "main",
            Self::Rebuilt => "rebuilt",
        }
    }
}

/// One record's effect.
pub(crate) fn apply(conn: &Connection, place: Place, id: RecordId, event: &Event) -> Within<()> {
    let to = Target {
        conn,
        schema: place.schema(),
        id,
    };
    shares::change(conn, to.schema, event)?;
    match event {
        Event::SaleCompleted(sale) => to.sale(sale),
        Event::SaleVoided(void) => to.void(void),
        Event::GoodsReturned(goods) => to.goods(goods),
        Event::CouponRefused(refused) => to.refused(refused),
        // The bundle's tables are not made from the journal.
        Event::BundleAdopted { .. } | Event::EpochBegan { .. } => Ok(()),
        _ => purse::apply(&to, event),
    }
}

struct Target<'c> {
    conn: &'c Connection,
    schema: &'static str,
    id: RecordId,
}

impl Target<'_> {
    fn sale(&self, sale: &SaleCompleted) -> Within<()> {
        let points: i64 = sum(&sale.lots);
        let coupons = sale.discounts.iter().map(|off| off.amount.minor());
        let rules = sale.promotions.iter().map(|off| off.amount.minor());
        let discount: i64 = coupons.chain(rules).sum();
        let owner = sale.customer.as_ref().and_then(owner);
        let done = self
            .conn
            .prepare_cached(&format!(
                "INSERT INTO {}.sales (date, id, sale, at, lane, cashier, customer, currency, total,
                                       discount, points, coupons)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                self.schema
            ))?
            .execute(params![
                sale.date.to_string(),
                self.id,
                Id(sale.sale.uuid()),
                sale.at.0,
                sale.lane.as_str(),
                sale.cashier.as_str(),
                owner,
                sale.currency.code(),
                sale.total.minor(),
                discount,
                points,
                sale.coupons.len() as i64,
            ]);
        or_if_taken(done, || StoreError::SaleRecorded { sale: sale.sale }.into())?;
        self.pending(owner.as_deref(), waiting(&sale.lots, sale.at.0, 1), self.id)?;
        self.points(owner, points - spent(&sale.tenders))?;
        let customer = sale.customer.as_ref();
        self.count(customer, sale.date, &sale.counted, 1)?;
        purse::tenders(self, sale)?;
        risk::take(self.conn, self.schema, self.id, sale)?;
        // A code with a quota is everybody's; its uses are in the till's shares.
        let numbered = |coupon: &&CouponRedeemed| !matches!(coupon.proof, Proof::Lease { .. });
        sale.coupons
            .iter()
            .filter(numbered)
            .try_for_each(|coupon| self.burn(&coupon.number, sale.sale))
    }

    fn burn(&self, number: &CouponNumber, sale: SaleId) -> Within<()> {
        let done = self
            .conn
            .prepare_cached(&format!(
                "INSERT INTO {}.coupon_uses (number, id, sale) VALUES (?1, ?2, ?3)",
                self.schema
            ))?
            .execute(params![number.as_str(), self.id, Id(sale.uuid())]);
        let number = number.clone();
        or_if_taken(done, || StoreError::CouponUsed { number }.into())?;
        Ok(())
    }

    fn points(&self, owner: Option<String>, points: i64) -> Within<()> {
        let Some(owner) = owner.filter(|_| points != 0) else {
            return Ok(());
        };
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO {}.member_deltas (owner, id, points) VALUES (?1, ?2, ?3)",
                self.schema
            ))?
            .execute(params![owner, self.id, points])?;
        Ok(())
    }

    fn void(&self, void: &SaleVoided) -> Within<()> {
        let not_there = || -> Fault { StoreError::NothingToVoid { sale: void.sale }.into() };
        let sale = || Id(void.sale.uuid());
        let marked = self
            .conn
            .prepare_cached(&format!(
                "UPDATE {0}.sales SET voided_by = ?1
                 WHERE sale = ?2 AND voided_by IS NULL AND coupons = ?3
                     AND NOT EXISTS (SELECT 1 FROM {0}.returns AS r WHERE r.sale = ?2)",
                self.schema
            ))?
            .execute(params![self.id, sale(), void.coupons.len() as i64])?;
        if marked != 1 {
            return Err(not_there());
        }
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO {}.voids (date, id, sale) VALUES (?1, ?2, ?3)",
                self.schema
            ))?
            .execute(params![void.date.to_string(), self.id, sale()])?;
        let shared = |number: &CouponNumber| void.leased.iter().any(|back| back.number == *number);
        for number in void.coupons.iter().filter(|number| !shared(number)) {
            let freed = self
                .conn
                .prepare_cached(&format!(
                    "UPDATE {}.coupon_uses SET voided_by = ?1
                     WHERE number = ?2 AND voided_by = 0 AND sale = ?3",
                    self.schema
                ))?
                .execute(params![self.id, number.as_str(), sale()])?;
            if freed != 1 {
                return Err(not_there());
            }
        }
        risk::give_back(self.conn, self.schema, void.sale)?;
        let customer = void.customer.as_ref();
        self.count(customer, void.date, &void.counted, -1)?;
        let owner = customer.and_then(owner);
        let (sold, at) = self
            .conn
            .prepare_cached(&format!(
                "SELECT id, at FROM {}.sales WHERE sale = ?1",
                self.schema
            ))?
            .query_row([sale()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.pending(owner.as_deref(), waiting(&void.lots, at, -1), sold)?;
        let rest = sum(&void.lots) - waiting(&void.lots, at, 1).values().sum::<i64>();
        self.not_waiting(owner.as_deref(), at, -rest, sold)?;
        self.points(owner, spent(&void.tenders) - sum(&void.lots))
    }

    /// Notes the points of a sale that may not be spent at once, or that they are gone again.
    fn pending(
        &self,
        owner: Option<&str>,
        later: BTreeMap<i64, i64>,
        sold: RecordId,
    ) -> Within<()> {
        for (until, points) in owner.is_some().then_some(later).into_iter().flatten() {
            self.conn
                .prepare_cached(&format!(
                    "INSERT INTO {}.pending_deltas (owner, id, sold, until, points)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    self.schema
                ))?
                .execute(params![owner, self.id, sold, until, points])?;
        }
        Ok(())
    }

    /// Notes that points are gone again which could be spent at once, by the till's clock. HQ's clock may have been
    /// behind it and HQ have counted them as pending: its balance, as of before they could be spent, says so.
    fn not_waiting(&self, owner: Option<&str>, at: i64, points: i64, sold: RecordId) -> Within<()> {
        let Some(owner) = owner.filter(|_| points != 0) else {
            return Ok(());
        };
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO {}.pending_deltas (owner, id, sold, until, points)
                 VALUES (?1, ?2, -?3, ?4, ?5)",
                self.schema
            ))?
            .execute(params![owner, self.id, sold, at, points])?;
        Ok(())
    }

    /// Moves the counters of caps by what a sale used up, or back.
    fn count(
        &self,
        customer: Option<&Customer>,
        day: Date,
        counted: &[Counted],
        sign: i64,
    ) -> Within<()> {
        let member = customer.and_then(|customer| customer.member);
        for one in counted {
            if let Some(counter) = Counter::of(&one.key, member, day) {
                counters::count(self.conn, self.schema, &counter, one, sign)?;
            }
        }
        Ok(())
    }

    fn refused(&self, refused: &CouponRefused) -> Within<()> {
        self.conn
            .prepare_cached(&format!(
                "INSERT INTO {}.refusals (date, id, number) VALUES (?1, ?2, ?3)",
                self.schema
            ))?
            .execute(params![
                refused.date.to_string(),
                self.id,
                refused.number.as_str()
            ])?;
        Ok(())
    }
}

/// Points of lots that may not be spent at once, by when they may; `at` is when they were earned.
fn waiting(lots: &[Lot], at: i64, sign: i64) -> BTreeMap<i64, i64> {
    let mut later = BTreeMap::new();
    for lot in lots.iter().filter(|lot| lot.waits(Timestamp(at))) {
        *later.entry(lot.pending_until.0).or_default() += sign * lot.amount.0;
    }
    later
}

/// The points that paid, or that came back.
fn spent(tenders: &[Tender]) -> i64 {
    let spent = tenders.iter().filter_map(|paid| paid.points.as_ref());
    spent.map(|spent| spent.points.0).sum()
}

fn sum(lots: &[Lot]) -> i64 {
    lots.iter().map(|lot| lot.amount.0).sum()
}

/// Whose points a sale moves: a member's or, for a card the store did not know, the card's own.
pub(crate) fn owner(customer: &Customer) -> Option<String> {
    let card = || customer.card.as_ref().map(|card| card.as_str().to_owned());
    customer.member.map(member_owner).or_else(card)
}

/// A member as owner of points.
pub(crate) fn member_owner(member: MemberId) -> String {
    format!("{MEMBER}{member}")
}

/// What a member's name as owner begins with; no card identity does.
pub(crate) const MEMBER: &str = "member:";
