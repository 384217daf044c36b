//! What the manager reads, as JSON or as CSV.

use super::error::ErrorBody;
use super::extract::{Asked, Manager};
use super::{ApiError, Local};
use crate::receipt::local_minute;
use crate::till::{
    DayReport, RedemptionReportRow, ReturnReportRow, SaleReportRow, UnconfirmedRow, VoidReportRow,
};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use tillside_core::{Money, PlanId};
use utoipa::{IntoParams, ToSchema};

/// Which day, and what of it.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    /// YYYY-MM-DD; today if not said.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    date: Option<String>,
    /// Rows that have this text.
    #[serde(default)]
    search: String,
    /// `json` or `csv`; `json` if not said.
    #[serde(default)]
    format: Format,
}

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// For programs.
    #[default]
    Json,
    /// For spreadsheets.
    Csv,
}

impl ReportQuery {
    fn date(&self) -> Result<Option<Date>, ApiError> {
        let date = self.date.as_deref().filter(|date| !date.is_empty());
        let date = date.map(|date| date.parse::<Date>()).transpose();
        date.map_err(|_| ApiError::malformed("the date must be like 2026-11-22"))
    }
}

/// A day's totals.
#[utoipa::path(get, path = "/v1/reports/day", tag = "reports", params(ReportQuery, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = DayReport), (status = 403, body = ErrorBody)))]
pub(crate) async fn day(
    State(local): State<Local>,
    _manager: Manager,
    Asked(query): Asked<ReportQuery>,
) -> Result<Json<DayReport>, ApiError> {
    let date = query.date()?;
    Ok(Json(local.till.run(move |desk| desk.day(date)).await?))
}

/// A day's sales.
#[utoipa::path(get, path = "/v1/reports/sales", tag = "reports", params(ReportQuery, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<SaleReportRow>), (status = 403, body = ErrorBody)))]
pub(crate) async fn sales(
    State(local): State<Local>,
    _manager: Manager,
    Asked(query): Asked<ReportQuery>,
) -> Result<Response, ApiError> {
    let date = query.date()?;
    let job = move |desk: &mut crate::till::Desk| {
        Ok((desk.sales_report(date, &query.search)?, desk.zone_name()))
    };
    let (rows, zone) = local.till.run(job).await?;
    if query.format == Format::Json {
        return Ok(Json(rows).into_response());
    }
    let head = [
        "number", "sale", "time", "cashier", "customer", "total", "discount", "currency", "points",
        "coupons", "state", "at_hq",
    ];
    let rows = rows.iter().map(|row| sale_cells(row, &zone));
    Ok(csv("sales", &head, rows))
}

fn sale_cells(row: &SaleReportRow, zone: &str) -> Vec<String> {
    vec![
        row.number.clone(),
        row.sale.to_string(),
        local_minute(row.at, zone),
        row.cashier.to_string(),
        row.customer.clone().unwrap_or_default(),
        digits(row.total),
        digits(row.discount),
        row.total.currency().to_string(),
        row.points.to_string(),
        row.coupons.to_string(),
        if row.voided { "voided" } else { "completed" }.to_owned(),
        yes_no(row.confirmed),
    ]
}

/// The coupons shown on a day, used and refused.
#[utoipa::path(get, path = "/v1/reports/redemptions", tag = "reports", params(ReportQuery, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<RedemptionReportRow>), (status = 403, body = ErrorBody)))]
pub(crate) async fn redemptions(
    State(local): State<Local>,
    _manager: Manager,
    Asked(query): Asked<ReportQuery>,
) -> Result<Response, ApiError> {
    let date = query.date()?;
    let job = move |desk: &mut crate::till::Desk| {
        Ok((
            desk.redemptions_report(date, &query.search)?,
            desk.zone_name(),
        ))
    };
    let (rows, zone) = local.till.run(job).await?;
    if query.format == Format::Json {
        return Ok(Json(rows).into_response());
    }
    let head = [
        "number", "plan", "verdict", "proof", "sale", "time", "cashier", "amount", "currency",
        "state", "at_hq",
    ];
    let rows = rows.iter().map(|row| redemption_cells(row, &zone));
    Ok(csv("redemptions", &head, rows))
}

fn redemption_cells(row: &RedemptionReportRow, zone: &str) -> Vec<String> {
    let plan = row.plan.as_ref().map_or("", PlanId::as_str);
    vec![
        row.number.to_string(),
        plan.to_owned(),
        row.words.clone(),
        row.proof.clone().unwrap_or_default(),
        row.sale_number.clone(),
        local_minute(row.at, zone),
        row.cashier.to_string(),
        row.amount.map(digits).unwrap_or_default(),
        row.amount
            .map(|amount| amount.currency().to_string())
            .unwrap_or_default(),
        if row.voided { "voided" } else { "" }.to_owned(),
        yes_no(row.confirmed),
    ]
}

/// A day's voids.
#[utoipa::path(get, path = "/v1/reports/voids", tag = "reports", params(ReportQuery, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<VoidReportRow>), (status = 403, body = ErrorBody)))]
pub(crate) async fn voids(
    State(local): State<Local>,
    _manager: Manager,
    Asked(query): Asked<ReportQuery>,
) -> Result<Json<Vec<VoidReportRow>>, ApiError> {
    let date = query.date()?;
    Ok(Json(
        local.till.run(move |desk| desk.voids_report(date)).await?,
    ))
}

/// What came back on a day, of sales of any day.
#[utoipa::path(get, path = "/v1/reports/returns", tag = "reports", params(ReportQuery, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<ReturnReportRow>), (status = 403, body = ErrorBody)))]
pub(crate) async fn returns(
    State(local): State<Local>,
    _manager: Manager,
    Asked(query): Asked<ReportQuery>,
) -> Result<Json<Vec<ReturnReportRow>>, ApiError> {
    let date = query.date()?;
    Ok(Json(
        local
            .till
            .run(move |desk| desk.returns_report(date))
            .await?,
    ))
}

/// The oldest facts HQ has not confirmed, at most 1000.
#[utoipa::path(get, path = "/v1/reports/unconfirmed", tag = "reports", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<UnconfirmedRow>), (status = 403, body = ErrorBody)))]
pub(crate) async fn unconfirmed(
    State(local): State<Local>,
    _manager: Manager,
) -> Result<Json<Vec<UnconfirmedRow>>, ApiError> {
    Ok(Json(
        local.till.run(|desk| desk.unconfirmed_report()).await?,
    ))
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn digits(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn csv(name: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Response {
    let mut text = head.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let file = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    (headers, text).into_response()
}

/// A cell (RFC 4180). One that a spreadsheet would take for a formula gets an apostrophe before it.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@', '\t', '\r'])
        || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    let cell = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    match cell.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_they_say() {
        for (cell, written) in [
            ("Anna", "Anna"),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "'=1+1"),
            ("-1.99", "-1.99"),
            ("-1+cmd", "'-1+cmd"),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}
