//! What the store manager reads of a day.

use super::{Desk, TillError};
use crate::chance::sale_number;
use jiff::civil::Date;
use serde::Serialize;
use tillside_core::{
    Clock, CouponNumber, Event, LaneId, Money, PersonId, PlanId, Record, SaleId, Timestamp,
};
use tillside_store::{RedemptionRow, SaleRow};
use utoipa::ToSchema;

/// The most unconfirmed facts one report lists.
pub const UNCONFIRMED_LISTED: usize = 1_000;

/// A day's totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayReport {
    /// The day.
    #[schema(value_type = String)]
    date: Date,
    /// Sales that stand.
    sales: u64,
    /// Sales that were voided.
    voided: u64,
    /// Before discounts.
    #[schema(value_type = crate::view::schema::Money)]
    gross: Money,
    /// What was taken off.
    #[schema(value_type = crate::view::schema::Money)]
    discounts: Money,
    /// What was paid.
    #[schema(value_type = crate::view::schema::Money)]
    net: Money,
    /// Points given.
    points: i64,
    /// Coupons used.
    redeemed: u64,
    /// Coupons refused.
    refused: u64,
    /// Facts of any day HQ has not confirmed.
    unconfirmed: u64,
}

/// One sale of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SaleReportRow {
    /// The sale.
    #[schema(value_type = String)]
    pub(crate) sale: SaleId,
    /// Its short number.
    pub(crate) number: String,
    /// The journal record's number.
    pub(crate) seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub(crate) at: Timestamp,
    /// The till.
    #[schema(value_type = String)]
    pub(crate) lane: LaneId,
    /// Who.
    #[schema(value_type = String)]
    pub(crate) cashier: PersonId,
    /// The member's name, or that the card is not known here.
    pub(crate) customer: Option<String>,
    /// What was paid.
    #[schema(value_type = crate::view::schema::Money)]
    pub(crate) total: Money,
    /// What was taken off.
    #[schema(value_type = crate::view::schema::Money)]
    pub(crate) discount: Money,
    /// Points given.
    pub(crate) points: i64,
    /// Coupons used.
    pub(crate) coupons: u32,
    /// Whether it was taken back.
    pub(crate) voided: bool,
    /// Whether HQ has it.
    pub(crate) confirmed: bool,
}

/// One coupon that was shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RedemptionReportRow {
    /// Its number.
    #[schema(value_type = String)]
    pub(crate) number: CouponNumber,
    /// Its plan, if it was used.
    #[schema(value_type = Option<String>)]
    pub(crate) plan: Option<PlanId>,
    /// The kind of verdict.
    pub(crate) verdict: String,
    /// The verdict in words.
    pub(crate) words: String,
    /// By which authority it was used, in words.
    pub(crate) proof: Option<String>,
    /// The sale.
    #[schema(value_type = String)]
    pub(crate) sale: SaleId,
    /// Its short number.
    pub(crate) sale_number: String,
    /// When.
    #[schema(value_type = i64)]
    pub(crate) at: Timestamp,
    /// Whether the clock could be trusted.
    #[schema(value_type = String)]
    pub(crate) clock: Clock,
    /// Who.
    #[schema(value_type = String)]
    pub(crate) cashier: PersonId,
    /// What it took off.
    #[schema(value_type = Option<crate::view::schema::Money>)]
    pub(crate) amount: Option<Money>,
    /// Whether its sale was taken back.
    pub(crate) voided: bool,
    /// Whether HQ has it.
    pub(crate) confirmed: bool,
}

/// One void.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct VoidReportRow {
    /// The sale.
    #[schema(value_type = String)]
    sale: SaleId,
    /// Its short number.
    number: String,
    /// The journal record's number.
    seq: u64,
    /// When.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// Who asked.
    #[schema(value_type = String)]
    cashier: PersonId,
    /// Who allowed it.
    #[schema(value_type = String)]
    approved_by: PersonId,
    /// Why.
    reason: String,
    /// What was paid back.
    #[schema(value_type = Option<crate::view::schema::Money>)]
    amount: Option<Money>,
    /// Points taken back.
    points: i64,
    /// Whether HQ has it.
    confirmed: bool,
}

/// One fact HQ has not confirmed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnconfirmedRow {
    /// The journal record's number.
    seq: u64,
    /// When.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// The kind of fact, in words.
    what: String,
    /// The sale it is about.
    #[schema(value_type = Option<String>)]
    sale: Option<SaleId>,
}

impl Desk {
    /// A day's totals; today's without a date.
    pub(crate) fn day(&mut self, date: Option<Date>) -> Result<DayReport, TillError> {
        let currency = self.profile()?.profile.currency;
        let date = self.date(date)?;
        let totals = self.store.totals_on(date)?;
        let totals = totals
            .into_iter()
            .find(|totals| totals.currency == currency);
        let zero = Money::zero(currency);
        let (net, discounts) = totals
            .as_ref()
            .map_or((zero, zero), |t| (t.total, t.discount));
        let refused = self.store.redemptions_on(date)?;
        let refused = refused.iter().filter(|row| !row.verdict.is_valid()).count();
        Ok(DayReport {
            date,
            sales: totals.as_ref().map_or(0, |t| t.sales),
            voided: totals.as_ref().map_or(0, |t| t.voided),
            gross: net.checked_add(discounts).unwrap_or(net),
            discounts,
            net,
            points: totals.as_ref().map_or(0, |t| t.points.0),
            redeemed: totals.as_ref().map_or(0, |t| t.coupons),
            refused: refused as u64,
            unconfirmed: self.store.unconfirmed()?,
        })
    }

    /// A day's sales that have `search` in number, cashier or customer.
    pub(crate) fn sales_report(
        &mut self,
        date: Option<Date>,
        search: &str,
    ) -> Result<Vec<SaleReportRow>, TillError> {
        let date = self.date(date)?;
        let rows = self.store.sales_on(date)?;
        let rows = rows.into_iter().map(|row| self.sale_row(row));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.retain(|row| {
            let customer = row.customer.as_deref().unwrap_or_default();
            has(
                search,
                &[
                    &row.number,
                    row.cashier.as_str(),
                    customer,
                    &row.total.to_string(),
                ],
            )
        });
        Ok(rows)
    }

    fn sale_row(&mut self, row: SaleRow) -> Result<SaleReportRow, TillError> {
        let customer = match (&row.member, &row.unknown_card) {
            (Some(member), _) => {
                let member = self.store.member(member)?;
                let name = member.map(|member| member.display_name);
                Some(name.unwrap_or_else(|| "a member this store no longer has".to_owned()))
            }
            (None, Some(_)) => Some("card not known here".to_owned()),
            (None, None) => None,
        };
        Ok(SaleReportRow {
            sale: row.sale,
            number: sale_number(row.sale),
            seq: row.seq,
            at: row.at,
            lane: row.lane,
            cashier: row.cashier,
            customer,
            total: row.total,
            discount: row.discount,
            points: row.points.0,
            coupons: row.coupons,
            voided: row.voided,
            confirmed: !row.unconfirmed,
        })
    }

    /// The coupons shown on a day that have `search` in number, words or cashier.
    pub(crate) fn redemptions_report(
        &mut self,
        date: Option<Date>,
        search: &str,
    ) -> Result<Vec<RedemptionReportRow>, TillError> {
        let date = self.date(date)?;
        let rows = self.store.redemptions_on(date)?;
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|row| self.redemption_row(row))
            .collect();
        rows.retain(|row| {
            let plan = row.plan.as_ref().map_or("", PlanId::as_str);
            has(
                search,
                &[
                    row.number.as_str(),
                    &row.words,
                    &row.sale_number,
                    row.cashier.as_str(),
                    plan,
                ],
            )
        });
        Ok(rows)
    }

    fn redemption_row(&self, row: RedemptionRow) -> RedemptionReportRow {
        let proof = match &row.verdict {
            tillside_core::Verdict::Valid { proof } => Some(proof.to_string()),
            _ => None,
        };
        RedemptionReportRow {
            words: row.verdict.words(&self.zone()),
            verdict: row.verdict.code().to_owned(),
            proof,
            number: row.number,
            plan: row.plan,
            sale: row.sale,
            sale_number: sale_number(row.sale),
            at: row.at,
            clock: row.clock,
            cashier: row.cashier,
            amount: row.amount,
            voided: row.voided,
            confirmed: !row.unconfirmed,
        }
    }

    /// A day's voids.
    pub(crate) fn voids_report(
        &mut self,
        date: Option<Date>,
    ) -> Result<Vec<VoidReportRow>, TillError> {
        let date = self.date(date)?;
        let rows = self.store.voids_on(date)?.into_iter().map(|row| {
            let amounts = row.void.tenders.iter().map(|tender| tender.amount);
            let amount = amounts.reduce(|sum, more| sum.checked_add(more).unwrap_or(sum));
            VoidReportRow {
                sale: row.void.sale,
                number: sale_number(row.void.sale),
                seq: row.seq,
                at: row.at,
                cashier: row.void.cashier,
                approved_by: row.void.approved_by,
                reason: row.void.reason,
                amount,
                points: row.void.lots.iter().map(|lot| lot.amount.0).sum(),
                confirmed: !row.unconfirmed,
            }
        });
        Ok(rows.collect())
    }

    /// The oldest facts HQ has not confirmed, at most [`UNCONFIRMED_LISTED`].
    pub(crate) fn unconfirmed_report(&mut self) -> Result<Vec<UnconfirmedRow>, TillError> {
        let waiting = self.store.outbox(UNCONFIRMED_LISTED)?;
        let rows = waiting.iter().map(|sealed| {
            let record: Option<Record> = serde_json::from_str(&sealed.body).ok();
            let event = record.as_ref().map(|record| &record.event);
            UnconfirmedRow {
                seq: sealed.seq,
                at: record.as_ref().map_or(Timestamp(0), |record| record.at),
                what: event.map_or_else(|| "a fact".to_owned(), what),
                sale: event.and_then(sale_of),
            }
        });
        Ok(rows.collect())
    }

    fn date(&self, date: Option<Date>) -> Result<Date, TillError> {
        Ok(date.unwrap_or(self.now()?.date))
    }
}

/// Whether any of the texts has the searched one in it, in any case.
fn has(search: &str, texts: &[&str]) -> bool {
    let search = search.trim().to_lowercase();
    texts
        .iter()
        .any(|text| text.to_lowercase().contains(&search))
}

fn what(event: &Event) -> String {
    match event {
        Event::SaleCompleted(sale) => format!("Sale {}, {}", sale_number(sale.sale), sale.total),
        Event::SaleVoided(void) => format!("Void of sale {}", sale_number(void.sale)),
        Event::CouponRefused(refused) => format!("Coupon {} refused", refused.number),
        Event::BundleAdopted { version } => format!("Rules version {version} in force"),
        _ => "a fact".to_owned(),
    }
}

fn sale_of(event: &Event) -> Option<SaleId> {
    match event {
        Event::SaleCompleted(sale) => Some(sale.sale),
        Event::SaleVoided(void) => Some(void.sale),
        Event::CouponRefused(refused) => Some(refused.sale),
        _ => None,
    }
}
