//! Members over the API, for the desk that issues cards, and lost cards whose balance is on its way.

use super::error::ErrorBody;
use super::extract::{Asked, Signed};
use super::{ApiError, Local};
use crate::till::{MemberFoundView, ReplacementView};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

/// The longest text to search for, in characters.
const SEARCH_TEXT_LIMIT: usize = 100;

/// Whom to search for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// A part of the name, from two characters on; or the number of a card.
    search: String,
    /// How many at most, up to 20; 8 if not said.
    #[serde(default = "eight")]
    limit: usize,
}

fn eight() -> usize {
    8
}

/// Members by name or card, with their cards. At stores that issue cards only.
#[utoipa::path(get, path = "/v1/members", tag = "cards", params(Search, ("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<MemberFoundView>), (status = 401, body = ErrorBody), (status = 409, description = "no_issue_desk, no_purse", body = ErrorBody)))]
pub(crate) async fn members(
    State(local): State<Local>,
    _signed: Signed,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<MemberFoundView>>, ApiError> {
    let text: String = search.search.chars().take(SEARCH_TEXT_LIMIT).collect();
    let found = local
        .till
        .run(move |desk| desk.members(&text, search.limit));
    Ok(Json(found.await?))
}

/// Lost cards whose balance is not on their replacement yet: those that are due first.
#[utoipa::path(get, path = "/v1/cards/replacements", tag = "cards", params(("Tillside-Session" = String, Header)),
    responses((status = 200, body = Vec<ReplacementView>), (status = 401, body = ErrorBody)))]
pub(crate) async fn replacements(
    State(local): State<Local>,
    _signed: Signed,
) -> Result<Json<Vec<ReplacementView>>, ApiError> {
    let list = local.till.run(|desk| desk.replacements());
    Ok(Json(list.await?))
}
