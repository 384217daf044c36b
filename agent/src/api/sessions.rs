//! Signing in and out.

use super::error::ErrorBody;
use super::extract::{Body, Signed};
use super::{ApiError, Local};
use crate::people::{Pin, Role, Session};
use crate::till::{Known, TillError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tillside_core::PersonId;
use utoipa::ToSchema;

/// Somebody who may sign in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PersonView {
    /// Who.
    #[schema(value_type = String)]
    person: PersonId,
    /// As the screen shows it.
    name: String,
    /// What they may do.
    role: Role,
}

/// A name and a PIN.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// Who.
    person: String,
    /// 4 to 8 digits.
    #[schema(value_type = String)]
    pin: Pin,
}

/// Everybody who may sign in.
#[utoipa::path(get, path = "/v1/people", tag = "people",
    responses((status = 200, body = Vec<PersonView>)))]
pub(crate) async fn people(State(local): State<Local>) -> Result<Json<Vec<PersonView>>, ApiError> {
    let people = local.till.run(|desk| desk.people()).await?;
    let view = |known: Known| PersonView {
        person: known.person,
        name: known.name,
        role: known.role,
    };
    Ok(Json(people.into_iter().map(view).collect()))
}

/// Signs in. After five wrong PINs the name is locked for five minutes, then for twice as long each time, up to an hour.
#[utoipa::path(post, path = "/v1/sessions", tag = "people", request_body = Credentials,
    responses((status = 201, body = Session),
        (status = 401, description = "wrong_pin: with the tries that are left in words", body = ErrorBody),
        (status = 423, description = "locked: until when in words", body = ErrorBody)))]
pub(crate) async fn sign_in(
    State(local): State<Local>,
    Body(credentials): Body<Credentials>,
) -> Result<(StatusCode, Json<Session>), ApiError> {
    let known = check(&local, credentials).await?;
    let id = crate::chance::secret().map_err(TillError::from)?;
    let now = local.clock.read();
    let session = Session::new(id, known.person, known.name, known.role, now);
    local.sessions.begin(&session, now);
    tracing::info!(person = %session.person, "signed in");
    Ok((StatusCode::CREATED, Json(session)))
}

/// Looks at a PIN. The try is counted first; nobody's PIN takes as long as somebody's.
pub(crate) async fn check(local: &Local, credentials: Credentials) -> Result<Known, ApiError> {
    let person = PersonId::new(&credentials.person).ok();
    let asked = person.clone();
    let tried = local
        .till
        .run(move |desk| desk.begin_try(asked.as_ref()))
        .await?;
    let kept = tried.known.as_ref().map(|(_, pin)| pin.clone());
    let right = local.pins.matches(credentials.pin, kept).await;
    let right = right.ok_or(TillError::Busy)?;
    match (&tried.known, right) {
        (Some((known, _)), true) => {
            let known = known.clone();
            let person = known.person.clone();
            local.till.run(move |desk| desk.end_try(&person)).await?;
            Ok(known)
        }
        _ => {
            tracing::info!(person = credentials.person, "wrong PIN");
            let wrong = local
                .till
                .run(move |desk| Ok(desk.wrong_pin(&tried)))
                .await?;
            Err(wrong.into())
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/sessions/current", tag = "people",
    params(("Tillside-Session" = String, Header, description = "The session")),
    responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub(crate) async fn current(Signed(session): Signed) -> Json<Session> {
    Json(session)
}

/// Signs out.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "people",
    params(("Tillside-Session" = String, Header, description = "The session")),
    responses((status = 204), (status = 401, body = ErrorBody)))]
pub(crate) async fn sign_out(State(local): State<Local>, Signed(session): Signed) -> StatusCode {
    local.sessions.end(&session.session);
    StatusCode::NO_CONTENT
}
