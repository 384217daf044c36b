//! Sales over the API. Every write has a key: sent again, it gives the same answer and does nothing.

use super::error::ErrorBody;
use super::extract::{Body, LineIndex, Nothing, NumberInPath, Sale, Signed, Write};
use super::sessions::{Credentials, check};
use super::{ApiError, Local};
use crate::people::{Role, Session};
use crate::purse::{JobView, Work};
use crate::till::{
    Answer, CouponAnswerView, GoodsRequest, LineRequest, RecordedAnswer, ReturnRequest, ScanAnswer,
    TenderRequest, TillError, VoidRequest,
};
use crate::view::{ReturnPrice, SaleView};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tillside_core::{CardIdentity, CouponNumber, PersonId, Points, Refusal};
use utoipa::ToSchema;

type Answered = Result<Answer, ApiError>;
/// How long a shopper is kept waiting for HQ to let the till spend points, and how often it is looked.
const POINTS_PATIENCE: Duration = Duration::from_secs(5);
const POINTS_ASKED_EVERY: Duration = Duration::from_millis(40);

/// A scanned or typed code.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanBody {
    /// What the scanner read: GTIN, SKU, coupon or member number, with or without the scanner's prefix.
    code: String,
    /// How many of a product; 1 if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quantity: Option<i64>,
}

/// A whole basket.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesBody {
    /// Its lines.
    lines: Vec<LineRequest>,
}

/// A quantity.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuantityBody {
    /// How many; 0 takes the line off.
    quantity: i64,
}

/// A card.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardBody {
    /// `uid:…` as a reader reads it, or `code:…` as it is printed.
    card: String,
}

/// A coupon.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CouponBody {
    /// Its number.
    number: String,
}

/// Points that pay.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointsBody {
    /// How many; 0 for none.
    points: i64,
}

/// A payment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckoutBody {
    /// How it is paid; one tender without an amount pays everything.
    #[serde(default)]
    tenders: Vec<TenderRequest>,
}

/// A void.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoidBody {
    /// Why.
    reason: String,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// Goods of a sale.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoodsBody {
    /// What comes back, each line once.
    goods: Vec<GoodsRequest>,
}

/// Goods that come back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnBody {
    /// What comes back, each line once.
    goods: Vec<GoodsRequest>,
    /// Why.
    reason: String,
    /// How it is paid back: in cash or to a bank card; one tender without an amount pays all of it back.
    #[serde(default)]
    tenders: Vec<TenderRequest>,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// Opens a sale.
#[utoipa::path(post, path = "/v1/sales", tag = "sales", request_body(content = Object, description = "Empty"),
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 201, body = SaleView), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn open(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<Nothing>,
) -> Answered {
    let job = local
        .till
        .run(move |desk| desk.open_sale(&write.key, session.person));
    Ok(job.await?)
}

/// All open sales.
#[utoipa::path(get, path = "/v1/sales/open", tag = "sales", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<SaleView>), (status = 401, body = ErrorBody)))]
pub(crate) async fn list_open(
    State(local): State<Local>,
    _signed: Signed,
) -> Result<Json<Vec<SaleView>>, ApiError> {
    Ok(Json(local.till.run(|desk| desk.open_sales()).await?))
}

/// One sale.
#[utoipa::path(get, path = "/v1/sales/{id}", tag = "sales",
    params(("id" = String, Path), ("Tillside-Session" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody)))]
pub(crate) async fn show(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
) -> Result<Json<SaleView>, ApiError> {
    Ok(Json(local.till.run(move |desk| desk.sale(sale)).await?))
}

/// Throws an open sale away.
#[utoipa::path(delete, path = "/v1/sales/{id}", tag = "sales",
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn abandon(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    write: Write<Nothing>,
) -> Answered {
    let job = local.till.run(move |desk| desk.abandon(&write.key, sale));
    let answer = job.await?;
    local.jobs.sale_is_over(sale);
    Ok(answer)
}

/// Puts whatever a scanner read to the sale.
#[utoipa::path(post, path = "/v1/sales/{id}/scan", tag = "sales", request_body = ScanBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = ScanAnswer), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn scan(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<ScanBody>,
) -> Answered {
    let ScanBody { code, quantity } = write.body;
    let job = move |desk: &mut crate::till::Desk| {
        desk.scan(&write.key, sale, session.person, &code, quantity)
    };
    Ok(local.till.run(job).await?)
}

/// Puts a whole basket in place of what was there.
#[utoipa::path(put, path = "/v1/sales/{id}/lines", tag = "sales", request_body = LinesBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn put_lines(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    write: Write<LinesBody>,
) -> Answered {
    let lines = write.body.lines;
    Ok(local
        .till
        .run(move |desk| desk.put_lines(&write.key, sale, lines))
        .await?)
}

/// Sets one line's quantity.
#[utoipa::path(put, path = "/v1/sales/{id}/lines/{index}", tag = "sales", request_body = QuantityBody,
    params(("id" = String, Path), ("index" = usize, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn put_quantity(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    LineIndex(index): LineIndex,
    write: Write<QuantityBody>,
) -> Answered {
    let quantity = write.body.quantity;
    let job = local
        .till
        .run(move |desk| desk.put_quantity(&write.key, sale, index, quantity));
    Ok(job.await?)
}

/// Puts a card to the sale.
#[utoipa::path(put, path = "/v1/sales/{id}/customer", tag = "sales", request_body = CardBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn put_customer(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    write: Write<CardBody>,
) -> Answered {
    let card = CardIdentity::new(&write.body.card).map_err(|_| TillError::BadCard)?;
    Ok(local
        .till
        .run(move |desk| desk.put_customer(&write.key, sale, card))
        .await?)
}

/// Takes the card off the sale.
#[utoipa::path(delete, path = "/v1/sales/{id}/customer", tag = "sales",
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody)))]
pub(crate) async fn remove_customer(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    write: Write<Nothing>,
) -> Answered {
    Ok(local
        .till
        .run(move |desk| desk.remove_customer(&write.key, sale))
        .await?)
}

/// Shows a coupon for the sale. A refused one is an answer: it is not kept in the sale, and recorded once.
#[utoipa::path(post, path = "/v1/sales/{id}/coupons", tag = "sales", request_body = CouponBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = CouponAnswerView), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn put_coupon(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<CouponBody>,
) -> Answered {
    let number = CouponNumber::new(&write.body.number).map_err(|_| TillError::BadCoupon)?;
    let job = local
        .till
        .run(move |desk| desk.put_coupon(&write.key, sale, session.person, number));
    Ok(job.await?)
}

/// Takes a coupon off the sale.
#[utoipa::path(delete, path = "/v1/sales/{id}/coupons/{number}", tag = "sales",
    params(("id" = String, Path), ("number" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody)))]
pub(crate) async fn remove_coupon(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    NumberInPath(number): NumberInPath,
    write: Write<Nothing>,
) -> Answered {
    let number = CouponNumber::new(&number).map_err(|_| TillError::NoSuchCoupon)?;
    Ok(local
        .till
        .run(move |desk| desk.remove_coupon(&write.key, sale, &number))
        .await?)
}

/// Has points of the customer's pay for the sale, or none. Where this till may not take so many by itself, HQ is asked.
#[utoipa::path(put, path = "/v1/sales/{id}/points", tag = "sales", request_body = PointsBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = SaleView), (status = 404, body = ErrorBody), (status = 409, description = "points_not_covered: not so many may be taken here now", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn put_points(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    write: Write<PointsBody>,
) -> Answered {
    let (points, key) = (Points(write.body.points), write.key);
    let again = key.clone();
    let till = &local.till;
    let put = till
        .run(move |desk| desk.put_points(&key, sale, points))
        .await;
    let Err(TillError::Refused(Refusal::PointsNotCovered { .. })) = put else {
        return Ok(put?);
    };
    if let Some(member) = till.run(move |desk| desk.want_points(sale, points)).await? {
        let answered = async {
            while !matches!(
                till.run(move |desk| Ok(desk.is_answered(member))).await,
                Ok(true)
            ) {
                tokio::time::sleep(POINTS_ASKED_EVERY).await;
            }
        };
        let _ = tokio::time::timeout(POINTS_PATIENCE, answered).await;
        till.run(move |desk| desk.want_no_points(member)).await?;
    }
    Ok(till
        .run(move |desk| desk.put_points(&again, sale, points))
        .await?)
}

/// Completes the sale: recorded first, then a receipt.
#[utoipa::path(post, path = "/v1/sales/{id}/checkout", tag = "sales", request_body = CheckoutBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RecordedAnswer), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody), (status = 507, description = "disk_full: nothing was recorded", body = ErrorBody)))]
pub(crate) async fn check_out(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<CheckoutBody>,
) -> Answered {
    let tenders = write.body.tenders;
    let job = local
        .till
        .run(move |desk| desk.check_out(&write.key, sale, session.person, tenders));
    let answer = job.await?;
    local.jobs.sale_is_over(sale);
    Ok(answer)
}

/// Takes a recorded sale back, on its own day. A cashier needs a manager's name and PIN. If cards paid for it, they get their money back first: a job (202), and the sale is voided with the last of them.
#[utoipa::path(post, path = "/v1/sales/{id}/void", tag = "sales", request_body = VoidBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RecordedAnswer), (status = 202, body = JobView), (status = 401, body = ErrorBody), (status = 403, description = "manager_needed", body = ErrorBody), (status = 409, body = ErrorBody), (status = 423, body = ErrorBody)))]
pub(crate) async fn void(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<VoidBody>,
) -> Answered {
    let key = write.key.clone();
    if let Some(before) = local.till.run(move |desk| desk.answered(&key)).await? {
        return Ok(before);
    }
    let approved_by = allowed(&local, &session, write.body.manager).await?;
    let request = VoidRequest {
        cashier: session.person.clone(),
        approved_by,
        reason: write.body.reason,
    };
    let returns = local
        .till
        .run(move |desk| desk.void_needs_cards(sale))
        .await?;
    if returns {
        let work = Work::Void { sale, request };
        return super::purses::begin(&local, &session, write.key, work).await;
    }
    Ok(local
        .till
        .run(move |desk| desk.void(&write.key, sale, request))
        .await?)
}

/// What goods that come back would come to: what was paid for them, and the points that they earned.
#[utoipa::path(post, path = "/v1/sales/{id}/returns/price", tag = "sales", request_body = GoodsBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header)),
    responses((status = 200, body = ReturnPrice), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn price_return(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
    Body(body): Body<GoodsBody>,
) -> Result<Json<ReturnPrice>, ApiError> {
    let job = move |desk: &mut crate::till::Desk| desk.price_return(sale, &body.goods);
    Ok(Json(local.till.run(job).await?))
}

/// Takes goods of a recorded sale back, on its day or later, and pays back what was paid for them. A cashier needs a manager's name and PIN. The receipt is the return's slip.
#[utoipa::path(post, path = "/v1/sales/{id}/returns", tag = "sales", request_body = ReturnBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = RecordedAnswer), (status = 401, body = ErrorBody), (status = 403, description = "manager_needed", body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody), (status = 423, body = ErrorBody)))]
pub(crate) async fn take_goods_back(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<ReturnBody>,
) -> Answered {
    let key = write.key.clone();
    if let Some(before) = local.till.run(move |desk| desk.answered(&key)).await? {
        return Ok(before);
    }
    let approved_by = allowed(&local, &session, write.body.manager).await?;
    let request = ReturnRequest {
        cashier: session.person.clone(),
        approved_by,
        reason: write.body.reason,
        goods: write.body.goods,
        tenders: write.body.tenders,
    };
    let job = move |desk: &mut crate::till::Desk| desk.take_goods_back(&write.key, sale, request);
    Ok(local.till.run(job).await?)
}

/// The manager who allows something: the one who is signed in, or one who gives a PIN now.
pub(super) async fn allowed(
    local: &Local,
    session: &Session,
    manager: Option<Credentials>,
) -> Result<PersonId, ApiError> {
    match (session.role, manager) {
        (Role::Manager, _) => Ok(session.person.clone()),
        (Role::Cashier, None) => Err(TillError::ManagerNeeded.into()),
        (Role::Cashier, Some(credentials)) => {
            let known = check(local, credentials).await?;
            match known.role {
                Role::Manager => Ok(known.person),
                Role::Cashier => Err(TillError::ManagerNeeded.into()),
            }
        }
    }
}

/// The receipt of a recorded sale, 40 columns of text.
#[utoipa::path(get, path = "/v1/sales/{id}/receipt", tag = "sales",
    params(("id" = String, Path), ("Tillside-Session" = String, Header)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn receipt(
    State(local): State<Local>,
    _signed: Signed,
    Sale(sale): Sale,
) -> Result<impl IntoResponse, ApiError> {
    let text = local.till.run(move |desk| desk.receipt(sale)).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}
