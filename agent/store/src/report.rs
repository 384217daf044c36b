//! What the store manager looks at: a day's sales, redemptions and voids.

use crate::Store;
use crate::columns::{Checked, Id, RecordId, Text, money};
use crate::error::{StoreError, Within, unreadable};
use crate::journal::Finder;
use crate::projection::{MEMBER, TENDERS};
use jiff::civil::Date;
use rusqlite::{Connection, Row};
use tillside_core::{
    CardIdentity, Clock, CouponNumber, Currency, Event, LaneId, MemberId, Money, PersonId, PlanId,
    Points, SaleId, SaleVoided, TenderKind, Timestamp, Verdict,
};

/// One of a day's sales.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleRow {
    /// Its record.
    pub seq: u64,
    /// The sale.
    pub sale: SaleId,
    /// When.
    pub at: Timestamp,
    /// The till.
    pub lane: LaneId,
    /// Who was signed in.
    pub cashier: PersonId,
    /// The member it names.
    pub member: Option<MemberId>,
    /// The card it names, where the store did not know whose it is.
    pub unknown_card: Option<CardIdentity>,
    /// What was to pay.
    pub total: Money,
    /// What was taken off.
    pub discount: Money,
    /// What it earned.
    pub points: Points,
    /// How many coupons it used.
    pub coupons: u32,
    /// Whether it was voided.
    pub voided: bool,
    /// Whether HQ has not confirmed it.
    pub unconfirmed: bool,
}

/// A coupon that was shown: used, or refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedemptionRow {
    /// Its record.
    pub seq: u64,
    /// The number.
    pub number: CouponNumber,
    /// Valid with its proof, or why not.
    pub verdict: Verdict,
    /// Its plan, if it was used.
    pub plan: Option<PlanId>,
    /// What it took off, if it was used.
    pub amount: Option<Money>,
    /// The sale.
    pub sale: SaleId,
    /// When.
    pub at: Timestamp,
    /// Whether the clock could be trusted.
    pub clock: Clock,
    /// The till.
    pub lane: LaneId,
    /// Who was signed in.
    pub cashier: PersonId,
    /// Whether the sale that used it was voided.
    pub voided: bool,
    /// Whether HQ has not confirmed it.
    pub unconfirmed: bool,
}

/// A sale taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoidRow {
    /// Its record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What was taken back, by whom, and why.
    pub void: SaleVoided,
    /// Whether HQ has not confirmed it.
    pub unconfirmed: bool,
}

/// What a day comes to in one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayTotals {
    /// The currency.
    pub currency: Currency,
    /// Sales that stand.
    pub sales: u64,
    /// What they came to.
    pub total: Money,
    /// What was taken off them.
    pub discount: Money,
    /// What they earned.
    pub points: Points,
    /// Coupons they used.
    pub coupons: u64,
    /// Sales that were voided.
    pub voided: u64,
    /// What those had come to.
    pub voided_total: Money,
    /// How the sales that stand were paid, by kind, in the order cash, card, e-money. Kinds that nobody
    /// paid with are left out; it sums to `total`.
    pub tenders: Vec<TenderTotal>,
}

/// What a day's sales were paid with in one kind of tender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TenderTotal {
    /// The kind.
    pub kind: TenderKind,
    /// How many payments.
    pub payments: u64,
    /// What they came to.
    pub amount: Money,
}

impl Store {
    /// The sales of a business day, oldest first.
    pub fn sales_on(&self, date: Date) -> Result<Vec<SaleRow>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, sale, at, lane, cashier, customer, currency, total, discount, points,
                        coupons, voided_by IS NOT NULL, id IN (SELECT id FROM outbox)
                 FROM sales WHERE date = ?1 ORDER BY id",
            )?;
            let mut rows = statement.query([date.to_string()])?;
            let mut sales = Vec::new();
            while let Some(row) = rows.next()? {
                sales.push(sale_row(row)?);
            }
            Ok(sales)
        })
    }

    /// The coupons shown on a business day, used and refused, oldest first.
    pub fn redemptions_on(&self, date: Date) -> Result<Vec<RedemptionRow>, StoreError> {
        self.read(|conn| {
            let mut rows = Vec::new();
            each_of_day(
                conn,
                "SELECT id, voided_by IS NOT NULL, id IN (SELECT id FROM outbox) FROM sales
                 WHERE date = ?1 AND coupons > 0
                 UNION ALL
                 SELECT id, 0, id IN (SELECT id FROM outbox) FROM refusals WHERE date = ?1
                 ORDER BY 1",
                date,
                |entry| {
                    rows.extend(redemptions(entry));
                    Ok(())
                },
            )?;
            Ok(rows)
        })
    }

    /// The voids of a business day, oldest first.
    pub fn voids_on(&self, date: Date) -> Result<Vec<VoidRow>, StoreError> {
        self.read(|conn| {
            let mut rows = Vec::new();
            each_of_day(
                conn,
                "SELECT id, 0, id IN (SELECT id FROM outbox) FROM voids WHERE date = ?1
                 ORDER BY id",
                date,
                |entry| {
                    if let Event::SaleVoided(void) = entry.record.event {
                        rows.push(VoidRow {
                            seq: entry.record.seq,
                            at: entry.record.at,
                            void: *void,
                            unconfirmed: entry.unconfirmed,
                        });
                    }
                    Ok(())
                },
            )?;
            Ok(rows)
        })
    }

    /// What a business day comes to, by currency.
    pub fn totals_on(&self, date: Date) -> Result<Vec<DayTotals>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT currency, sum(voided_by IS NULL),
                        sum(iif(voided_by IS NULL, total, 0)),
                        sum(iif(voided_by IS NULL, discount, 0)),
                        sum(iif(voided_by IS NULL, points, 0)),
                        sum(iif(voided_by IS NULL, coupons, 0)),
                        sum(voided_by IS NOT NULL), sum(iif(voided_by IS NULL, 0, total))
                 FROM sales WHERE date = ?1 GROUP BY currency ORDER BY currency",
            )?;
            let mut rows = statement.query([date.to_string()])?;
            let mut totals = Vec::new();
            while let Some(row) = rows.next()? {
                totals.push(day_totals(row)?);
            }
            for of_day in &mut totals {
                of_day.tenders = tenders(conn, date, of_day.currency)?;
            }
            Ok(totals)
        })
    }
}

fn sale_row(row: &Row<'_>) -> Within<SaleRow> {
    let currency = row.get::<_, Checked<Currency>>(6)?.0;
    let customer: Option<String> = row.get(5)?;
    let (mut member, mut unknown_card) = (None, None);
    match customer
        .as_deref()
        .map(|text| (text, text.strip_prefix(MEMBER)))
    {
        Some((_, Some(id))) => {
            member = Some(id.parse().map_err(|e| unreadable("a sale's member", e))?);
        }
        Some((card, None)) => {
            unknown_card =
                Some(CardIdentity::new(card).map_err(|e| unreadable("a sale's card", e))?);
        }
        None => {}
    }
    Ok(SaleRow {
        seq: row.get::<_, RecordId>(0)?.seq(),
        sale: SaleId::new(row.get::<_, Id>(1)?.0),
        at: Timestamp(row.get(2)?),
        lane: row.get::<_, Text<_>>(3)?.0,
        cashier: row.get::<_, Text<_>>(4)?.0,
        member,
        unknown_card,
        total: money(row.get(7)?, currency)?,
        discount: money(row.get(8)?, currency)?,
        points: Points(row.get(9)?),
        coupons: row.get(10)?,
        voided: row.get(11)?,
        unconfirmed: row.get(12)?,
    })
}

/// A record of a day, with what the projections say of it.
struct Entry {
    record: tillside_core::Record,
    voided: bool,
    unconfirmed: bool,
}

/// Reads the records that `sql` names as `id, voided, unconfirmed`.
fn each_of_day(
    conn: &Connection,
    sql: &str,
    date: Date,
    mut visit: impl FnMut(Entry) -> Within<()>,
) -> Within<()> {
    let mut finder = Finder::new(conn)?;
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([date.to_string()])?;
    while let Some(row) = rows.next()? {
        visit(Entry {
            record: finder.record(row.get(0)?)?,
            voided: row.get(1)?,
            unconfirmed: row.get(2)?,
        })?;
    }
    Ok(())
}

fn redemptions(entry: Entry) -> Vec<RedemptionRow> {
    let (record, voided, unconfirmed) = (entry.record, entry.voided, entry.unconfirmed);
    let row = |number, verdict, sale, lane, cashier| RedemptionRow {
        seq: record.seq,
        number,
        verdict,
        plan: None,
        amount: None,
        sale,
        at: record.at,
        clock: record.clock,
        lane,
        cashier,
        voided,
        unconfirmed,
    };
    match record.event {
        Event::CouponRefused(r) => vec![row(r.number, r.verdict, r.sale, r.lane, r.cashier)],
        Event::SaleCompleted(sale) => sale
            .coupons
            .iter()
            .map(|coupon| {
                let verdict = Verdict::Valid {
                    proof: coupon.proof.clone(),
                };
                let number = coupon.number.clone();
                let (lane, cashier) = (sale.lane.clone(), sale.cashier.clone());
                RedemptionRow {
                    plan: Some(coupon.plan.clone()),
                    amount: sale
                        .discounts
                        .iter()
                        .find(|discount| discount.coupon == coupon.number)
                        .map(|discount| discount.amount),
                    ..row(number, verdict, sale.sale, lane, cashier)
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn day_totals(row: &Row<'_>) -> Within<DayTotals> {
    let currency = row.get::<_, Checked<Currency>>(0)?.0;
    Ok(DayTotals {
        currency,
        sales: row.get::<_, i64>(1)? as u64,
        total: money(row.get(2)?, currency)?,
        discount: money(row.get(3)?, currency)?,
        points: Points(row.get(4)?),
        coupons: row.get::<_, i64>(5)? as u64,
        voided: row.get::<_, i64>(6)? as u64,
        voided_total: money(row.get(7)?, currency)?,
        tenders: Vec::new(),
    })
}

fn tenders(conn: &Connection, date: Date, currency: Currency) -> Within<Vec<TenderTotal>> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*), sum(t.minor) FROM sales AS s JOIN tenders AS t ON t.id = s.id
         WHERE s.date = ?1 AND s.currency = ?2 AND s.voided_by IS NULL AND t.kind = ?3",
    )?;
    let mut totals = Vec::new();
    for (kind, code) in TENDERS {
        let values = (date.to_string(), currency.code(), code);
        let (payments, minor): (i64, Option<i64>) =
            statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some(minor) = minor {
            totals.push(TenderTotal {
                kind,
                payments: payments as u64,
                amount: money(minor, currency)?,
            });
        }
    }
    Ok(totals)
}
