//! E-money over the API: jobs that move it, movements, and the manager's ways out.

use super::error::ErrorBody;
use super::extract::{Nothing, Sale, Signed, Write};
use super::sales::allowed;
use super::sessions::Credentials;
use super::{ApiError, Local};
use crate::people::Session;
use crate::purse::{JOB_PATIENCE, JobView, PurseView, Source, Work, words};
use crate::till::{Answer, Ready, TillError, VoidRequest, WriteKey};
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tillside_core::{Money, PersonId, PurseTx, Refusal, TenderKind};
use utoipa::ToSchema;

type Answered = Result<Answer, ApiError>;

/// A payment by e-money.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayBody {
    /// How much; without it all that is left to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::view::schema::Money>)]
    amount: Option<Money>,
    /// Whether less may be taken where the card or the account holds less: then all it holds.
    #[serde(default)]
    partly: bool,
    /// Where the money is.
    #[serde(default)]
    from: Source,
}

/// Money for a card.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopUpBody {
    /// How much.
    #[schema(value_type = crate::view::schema::Money)]
    amount: Money,
    /// How the shopper pays for it: `cash` or `card`.
    #[schema(value_type = String)]
    tender: TenderKind,
    /// Where it goes.
    #[serde(default)]
    to: Source,
}

/// Something a manager allows, and why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonBody {
    /// Why.
    reason: String,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// Money to give back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GiveBackBody {
    /// How much; without it all that is left of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::view::schema::Money>)]
    amount: Option<Money>,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// The movement a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Movement(PurseTx);

#[derive(Clone, Debug, Deserialize)]
struct MovementPath {
    txid: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Movement {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<MovementPath>::from_request_parts(parts, state).await;
        let Path(MovementPath { txid }) = path.map_err(ApiError::malformed)?;
        let nobodys = Refusal::PursePaymentUnknown {
            txid: PurseTx::new([0; 8]),
        };
        let txid = txid.parse().map_err(|_| TillError::from(nobodys))?;
        Ok(Self(txid))
    }
}

/// Takes a payment for an open sale from a card: a job that waits for one. Its outcome comes as the event `purse`, and at `/v1/jobs/current`. If it covers what is left to pay, the sale is completed with it. From the first payment on the sale stays as it is.
#[utoipa::path(post, path = "/v1/sales/{id}/purse", tag = "purses", request_body = PayBody,
    params(("id" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 404, body = ErrorBody), (status = 409, description = "job_running, purse_unresolved, no_keys, no_purse, readers_off", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn pay(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    write: Write<PayBody>,
) -> Answered {
    let PayBody {
        amount,
        partly,
        from,
    } = write.body;
    let work = Work::Pay {
        sale,
        amount,
        partly,
        from,
    };
    begin(&local, &session, write.key, work).await
}

/// Gives a payment of an open sale back, on the card that paid: a job.
#[utoipa::path(delete, path = "/v1/sales/{id}/purse/{txid}", tag = "purses",
    params(("id" = String, Path), ("txid" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(crate) async fn take_back(
    State(local): State<Local>,
    Signed(session): Signed,
    Sale(sale): Sale,
    Movement(of): Movement,
    write: Write<Nothing>,
) -> Answered {
    local
        .till
        .run(move |desk| desk.pays_open_sale(of, sale))
        .await?;
    let work = Work::GiveBack { of, amount: None };
    begin(&local, &session, write.key, work).await
}

/// Puts money on a card: a job. At stores with a top-up desk only.
#[utoipa::path(post, path = "/v1/purses/top-up", tag = "purses", request_body = TopUpBody,
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn top_up(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<TopUpBody>,
) -> Answered {
    let TopUpBody { amount, tender, to } = write.body;
    let work = Work::TopUp { amount, tender, to };
    begin(&local, &session, write.key, work).await
}

/// Puts the balance of a lost card on its replacement: a job. HQ says which, how much, and from which day on.
#[utoipa::path(post, path = "/v1/purses/restore", tag = "purses", request_body(content = Object, description = "Empty"),
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 409, body = ErrorBody)))]
pub(crate) async fn restore(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<Nothing>,
) -> Answered {
    begin(&local, &session, write.key, Work::Restore).await
}

/// Movements that somebody has to look after: being tried, unknown, given up, owed; newest first.
#[utoipa::path(get, path = "/v1/purses", tag = "purses", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<PurseView>), (status = 401, body = ErrorBody)))]
pub(crate) async fn list(
    State(local): State<Local>,
    _signed: Signed,
) -> Result<Json<Vec<PurseView>>, ApiError> {
    Ok(Json(local.till.run(|desk| desk.open_purses()).await?))
}

/// One movement.
#[utoipa::path(get, path = "/v1/purses/{txid}", tag = "purses",
    params(("txid" = String, Path), ("Tillside-Session" = String, Header)),
    responses((status = 200, body = PurseView), (status = 404, body = ErrorBody)))]
pub(crate) async fn show(
    State(local): State<Local>,
    _signed: Signed,
    Movement(txid): Movement,
) -> Result<Json<PurseView>, ApiError> {
    Ok(Json(local.till.run(move |desk| desk.purse(txid)).await?))
}

/// Lets a sale go on although nobody knows what the card did. What that means is in `consequences` of the movement. A cashier needs a manager's name and PIN.
#[utoipa::path(post, path = "/v1/purses/{txid}/give-up", tag = "purses", request_body = ReasonBody,
    params(("txid" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = PurseView), (status = 403, description = "manager_needed", body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, description = "purse_settled", body = ErrorBody)))]
pub(crate) async fn give_up(
    State(local): State<Local>,
    Signed(session): Signed,
    Movement(txid): Movement,
    write: Write<ReasonBody>,
) -> Answered {
    let ReasonBody { reason, manager } = write.body;
    let approved = approved(&local, &session, &write.key, manager).await?;
    let approved_by = match approved {
        Approved::Before(answer) => return Ok(answer),
        Approved::By(person) => person,
    };
    let request = VoidRequest {
        cashier: session.person,
        approved_by,
        reason,
    };
    let job = local
        .till
        .run(move |desk| desk.give_up(&write.key, txid, request));
    Ok(job.await?)
}

/// Gives a payment back to its card: what is owed, or a refund. A job. A cashier needs a manager's name and PIN; a refund needs a top-up desk.
#[utoipa::path(post, path = "/v1/purses/{txid}/give-back", tag = "purses", request_body = GiveBackBody,
    params(("txid" = String, Path), ("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 403, description = "manager_needed", body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn give_back(
    State(local): State<Local>,
    Signed(session): Signed,
    Movement(of): Movement,
    write: Write<GiveBackBody>,
) -> Answered {
    let GiveBackBody { amount, manager } = write.body;
    match approved(&local, &session, &write.key, manager).await? {
        Approved::Before(answer) => Ok(answer),
        Approved::By(_) => {
            let work = Work::GiveBack { of, amount };
            begin(&local, &session, write.key, work).await
        }
    }
}

/// The newest job with a card: waiting, on a card, or how it ended.
#[utoipa::path(get, path = "/v1/jobs/current", tag = "purses", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = JobView), (status = 404, description = "no_job: none since the start", body = ErrorBody)))]
pub(crate) async fn current_job(
    State(local): State<Local>,
    _signed: Signed,
) -> Result<Json<JobView>, ApiError> {
    let view = local.jobs.view().ok_or(TillError::NoJob)?;
    Ok(Json(view))
}

/// Takes a job back that still waits for its card.
#[utoipa::path(delete, path = "/v1/jobs/current", tag = "purses", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = JobView), (status = 404, description = "no_job", body = ErrorBody), (status = 409, description = "job_under_way: a card lies there", body = ErrorBody)))]
pub(crate) async fn cancel_job(
    State(local): State<Local>,
    _signed: Signed,
) -> Result<Json<JobView>, ApiError> {
    Ok(Json(local.jobs.cancel(words::CANCELLED)?))
}

/// Begins a job, unless its key was answered before.
pub(super) async fn begin(local: &Local, session: &Session, key: WriteKey, work: Work) -> Answered {
    let looked_at = work.clone();
    let card = local
        .till
        .run(move |desk| desk.account_to_look_at(&looked_at))
        .await?;
    let account = match card {
        Some(card) => local.hq.balance(&card).await,
        None => None,
    };
    let ready = Ready {
        jobs: local.jobs.clone(),
        accounts: local.accounts.clone(),
        readers: local.readers,
        keys: local.keys.held(),
        account,
    };
    let person = session.person.clone();
    let job = local
        .till
        .run(move |desk| desk.begin_job(&key, &ready, person, work));
    let answer = job.await?;
    let jobs = local.jobs.clone();
    // The screen hears of it when nobody came.
    tokio::spawn(async move {
        tokio::time::sleep(JOB_PATIENCE).await;
        jobs.end_old();
    });
    Ok(answer)
}

/// Who allowed something; or that it was done before.
pub(super) enum Approved {
    Before(Answer),
    By(PersonId),
}

/// Looks at a manager's PIN, unless the request was answered before: a repeated one needs none.
pub(super) async fn approved(
    local: &Local,
    session: &Session,
    key: &WriteKey,
    manager: Option<Credentials>,
) -> Result<Approved, ApiError> {
    let asked = key.clone();
    if let Some(before) = local.till.run(move |desk| desk.answered(&asked)).await? {
        return Ok(Approved::Before(before));
    }
    Ok(Approved::By(allowed(local, session, manager).await?))
}
