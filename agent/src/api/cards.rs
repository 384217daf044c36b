//! Cards over the API: read, blocked and freed here, issued.

use super::error::ErrorBody;
use super::extract::{Nothing, Signed, Write};
use super::purses::{Approved, approved, begin};
use super::sessions::Credentials;
use super::{ApiError, Local};
use crate::purse::{JobView, Work};
use crate::till::{Answer, TillError};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tillside_core::CardIdentity;
use utoipa::ToSchema;

type Answered = Result<Answer, ApiError>;

/// A card to block here, or to free.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreezeBody {
    /// The card: `uid:…` or `code:…`.
    card: String,
    /// Why: a sentence; whoever is shown the card next reads it.
    reason: String,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// A card to issue.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssueBody {
    /// Whose it is to be: the member's id, the number of a card, or the name.
    member: String,
    /// The lost card it stands in for: `uid:…` or `code:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
    /// The manager who allows it; not needed when a manager is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<Credentials>,
}

/// Reads a card: balance, last transactions, whose it is. A job.
#[utoipa::path(post, path = "/v1/cards/read", tag = "cards", request_body(content = Object, description = "Empty"),
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 409, body = ErrorBody)))]
pub(crate) async fn read(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<Nothing>,
) -> Answered {
    begin(&local, &session, write.key, Work::Read).await
}

/// Blocks a card at this till; HQ hears of it. A cashier needs a manager's name and PIN.
#[utoipa::path(post, path = "/v1/cards/freeze", tag = "cards", request_body = FreezeBody,
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 204), (status = 403, description = "manager_needed", body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn freeze(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<FreezeBody>,
) -> Answered {
    let FreezeBody {
        card,
        reason,
        manager,
    } = write.body;
    let card = CardIdentity::new(&card).map_err(|_| TillError::BadCard)?;
    match approved(&local, &session, &write.key, manager).await? {
        Approved::Before(answer) => Ok(answer),
        Approved::By(by) => Ok(local
            .till
            .run(move |desk| desk.freeze(&write.key, card, reason, by))
            .await?),
    }
}

/// Lets a card that this till blocked be used again. A cashier needs a manager's name and PIN.
#[utoipa::path(post, path = "/v1/cards/unfreeze", tag = "cards", request_body = FreezeBody,
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 204), (status = 403, description = "manager_needed", body = ErrorBody), (status = 409, description = "card_not_frozen", body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn unfreeze(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<FreezeBody>,
) -> Answered {
    let FreezeBody {
        card,
        reason,
        manager,
    } = write.body;
    let card = CardIdentity::new(&card).map_err(|_| TillError::BadCard)?;
    match approved(&local, &session, &write.key, manager).await? {
        Approved::Before(answer) => Ok(answer),
        Approved::By(by) => Ok(local
            .till
            .run(move |desk| desk.unfreeze(&write.key, card, reason, by))
            .await?),
    }
}

/// Makes a card the programme's: a job. At stores that issue cards only; a cashier needs a manager's name and PIN.
#[utoipa::path(post, path = "/v1/cards/issue", tag = "cards", request_body = IssueBody,
    params(("Tillside-Session" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 202, body = JobView), (status = 403, description = "manager_needed", body = ErrorBody), (status = 404, description = "no_such_member", body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
pub(crate) async fn issue(
    State(local): State<Local>,
    Signed(session): Signed,
    write: Write<IssueBody>,
) -> Answered {
    let IssueBody {
        member,
        replaces,
        manager,
    } = write.body;
    let replaces = replaces.map(|card| CardIdentity::new(&card));
    let replaces = replaces.transpose().map_err(|_| TillError::BadCard)?;
    match approved(&local, &session, &write.key, manager).await? {
        Approved::Before(answer) => Ok(answer),
        Approved::By(_) => {
            let member = local
                .till
                .run(move |desk| desk.member_called(&member))
                .await?;
            let work = Work::Issue {
                member: member.member,
                replaces,
            };
            begin(&local, &session, write.key, work).await
        }
    }
}
