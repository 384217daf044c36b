//! What the store manager reads of a day.

use super::report_rows::{
    DayEmoney, DayReport, DayTender, RedemptionReportRow, ReturnReportRow, SaleReportRow,
    UnconfirmedRow, VoidReportRow,
};
use super::{Desk, TillError};
use crate::chance::sale_number;
use crate::view::ReturnView;
use jiff::civil::Date;
use tillside_core::{
    Currency, Event, GoodsReturned, Money, PlanId, PurseEnd, Record, SaleId, TenderKind, Timestamp,
};
use tillside_store::{DayTotals, PurseTotals, RedemptionRow, SaleRow, TenderTotal};

/// The most unconfirmed facts one report lists.
pub const UNCONFIRMED_LISTED: usize = 1_000;

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
        let back = self.store.returns_on(date)?;
        let back: Vec<&GoodsReturned> = (back.iter().map(|row| &row.goods))
            .filter(|goods| goods.total.currency() == currency)
            .collect();
        let refused = self.store.redemptions_on(date)?;
        let refused = refused.iter().filter(|row| !row.verdict.is_valid()).count();
        Ok(DayReport {
            date,
            sales: totals.as_ref().map_or(0, |t| t.sales),
            voided: totals.as_ref().map_or(0, |t| t.voided),
            gross: net.checked_add(discounts).unwrap_or(net),
            discounts,
            net,
            returns: back.len() as u64,
            returned: sum(back.iter().map(|goods| goods.total), currency),
            returned_cash: sum(
                (back.iter().flat_map(|goods| &goods.tenders))
                    .filter(|tender| tender.kind == TenderKind::Cash)
                    .map(|tender| tender.amount),
                currency,
            ),
            points: totals.as_ref().map_or(0, |t| t.points.0),
            redeemed: totals.as_ref().map_or(0, |t| t.coupons),
            refused: refused as u64,
            tenders: totals.as_ref().map(day_tenders).unwrap_or_default(),
            emoney: self.day_emoney(date, currency)?,
            unconfirmed: self.store.unconfirmed()?,
        })
    }

    fn day_emoney(&self, date: Date, currency: Currency) -> Result<Option<DayEmoney>, TillError> {
        let totals = self.store.purse_totals_on(date)?;
        let totals = totals.into_iter().find(|sum| sum.currency == currency);
        let open = self.store.open_purse_totals()?;
        let open = open.into_iter().find(|sum| sum.currency == currency);
        if self.store.purse_scheme().is_none() && totals.is_none() && open.is_none() {
            return Ok(None);
        }
        let zero = Money::zero(currency);
        let sum = |pick: fn(&PurseTotals) -> Money| totals.as_ref().map_or(zero, pick);
        Ok(Some(DayEmoney {
            payments: totals.as_ref().map_or(0, |sum| sum.payments),
            taken: sum(|sum| sum.taken),
            top_ups: totals.as_ref().map_or(0, |sum| sum.top_ups),
            topped_up: sum(|sum| sum.topped_up),
            given_back: sum(|sum| sum.given_back),
            restored: sum(|sum| sum.restored),
            open: open.as_ref().map_or(0, |sum| sum.open),
            open_amount: open.as_ref().map_or(zero, |sum| sum.amount),
            owed: open.as_ref().map_or(zero, |sum| sum.owed),
        }))
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

    /// What came back on a day, of sales of any day.
    pub(crate) fn returns_report(
        &mut self,
        date: Option<Date>,
    ) -> Result<Vec<ReturnReportRow>, TillError> {
        let date = self.date(date)?;
        let rows = self.store.returns_on(date)?;
        let rows = rows.into_iter().map(|row| ReturnReportRow {
            sale: row.goods.sale,
            number: sale_number(row.goods.sale),
            seq: row.seq,
            goods: ReturnView::from(&row.goods),
            confirmed: !row.unconfirmed,
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

/// Amounts together; what cannot be counted any more stops at what could.
fn sum(mut amounts: impl Iterator<Item = Money>, currency: Currency) -> Money {
    let add = |sum: Money, more| sum.checked_add(more).unwrap_or(sum);
    let zero = Money::zero(currency);
    amounts.by_ref().fold(zero, add)
}

fn day_tenders(totals: &DayTotals) -> Vec<DayTender> {
    let tender = |tender: &TenderTotal| DayTender {
        kind: tender.kind,
        payments: tender.payments,
        amount: tender.amount,
    };
    totals.tenders.iter().map(tender).collect()
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
        Event::GoodsReturned(goods) => format!(
            "Return of goods of sale {}, {}",
            sale_number(goods.sale),
            goods.total
        ),
        Event::CouponRefused(refused) => format!("Coupon {} refused", refused.number),
        Event::BundleAdopted { version } => format!("Rules version {version} in force"),
        Event::PurseIntended(begun) => format!("Card movement begun, {}", begun.amount),
        Event::PurseEnded(ended) => match ended.end {
            PurseEnd::Done => format!("Card movement done, {}", ended.amount),
            _ => "Card movement: nothing happened".to_owned(),
        },
        Event::PurseUnknown(_) => "Card movement: not known yet".to_owned(),
        Event::PurseGivenUp(_) => "Card movement given up".to_owned(),
        Event::PurseSighted(_) => "Card seen".to_owned(),
        Event::CardIssued(_) => "Card issued".to_owned(),
        Event::CardFrozen(_) => "Card blocked here".to_owned(),
        Event::CardUnfrozen(_) => "Card freed here".to_owned(),
        Event::Allowance { .. } => "Share of an offer changed".to_owned(),
        Event::EpochBegan { from, .. } => format!("Journal goes on after record {}", from.seq),
        _ => "a fact".to_owned(),
    }
}

fn sale_of(event: &Event) -> Option<SaleId> {
    match event {
        Event::SaleCompleted(sale) => Some(sale.sale),
        Event::SaleVoided(void) => Some(void.sale),
        Event::GoodsReturned(goods) => Some(goods.sale),
        Event::CouponRefused(refused) => Some(refused.sale),
        Event::PurseIntended(begun) => begun.action.sale(),
        _ => None,
    }
}
