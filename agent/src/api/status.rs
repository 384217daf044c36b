//! How everything stands, in words: for `status`, the screen and whoever watches.

use super::error::ErrorBody;
use super::{ApiError, Local};
use crate::events::{LineStateView, ReaderView, ServiceView};
use crate::purse::{EmoneyView, KeysView};
use crate::till::Standing;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Serialize;
use std::sync::atomic::Ordering;
use tillside_core::{Clock, LaneId, StoreProfile, TerminalId, Timestamp};
use utoipa::ToSchema;

/// How everything stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StatusView {
    /// The program's version.
    version: &'static str,
    /// This terminal, once it is enrolled.
    #[schema(value_type = Option<String>)]
    terminal: Option<TerminalId>,
    /// Its till.
    #[schema(value_type = Option<String>)]
    lane: Option<LaneId>,
    /// Its store.
    #[schema(value_type = Option<StoreSchema>)]
    store: Option<StoreProfile>,
    /// Whether it is enrolled.
    enrolled: bool,
    /// The line to HQ.
    line: LineStateView,
    /// Facts HQ has not confirmed.
    unconfirmed: u64,
    /// The version of the rules and prices in force; 0 before the first.
    bundle: u64,
    /// Whether the clock can be trusted.
    #[schema(value_type = String)]
    clock: Clock,
    /// The card readers.
    readers: Vec<ReaderView>,
    /// The service they come through.
    card_service: ServiceView,
    /// What the till's sticker says: members' phones make their codes for it.
    sticker: Option<String>,
    /// E-money and its keys.
    emoney: EmoneyView,
    /// What is wrong, and what to do.
    problems: Vec<ProblemView>,
    /// The present.
    #[schema(value_type = i64)]
    now: Timestamp,
    /// The store's business day.
    #[schema(value_type = String)]
    date: Date,
}

/// A store.
#[derive(ToSchema)]
#[schema(as = Store)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct StoreSchema {
    /// Its code.
    store: String,
    /// Its name.
    name: String,
    /// Its IANA time zone.
    time_zone: String,
    /// The currency of its tills.
    currency: String,
}

/// Something wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProblemView {
    /// What a program matches.
    code: String,
    /// What happened and what to do.
    message: String,
    /// Since when, if that is known.
    since: Option<i64>,
}

/// How the till, its readers and its line stand.
#[utoipa::path(get, path = "/v1/status", tag = "status",
    responses((status = 200, body = StatusView), (status = 401, body = ErrorBody)))]
pub(crate) async fn status(State(local): State<Local>) -> Result<Json<StatusView>, ApiError> {
    let standing = local.till.run(|desk| desk.standing()).await?;
    let (keys, problem) = (local.keys.view(), local.keys.problem());
    let emoney = local
        .till
        .run(move |desk| desk.emoney(keys, problem))
        .await?;
    let problems = problems(&local, &standing, &emoney);
    let devices = local.devices.view();
    let profile = standing.profile;
    Ok(Json(StatusView {
        version: env!("CARGO_PKG_VERSION"),
        terminal: profile.as_ref().map(|profile| profile.terminal),
        enrolled: profile.is_some(),
        lane: profile.as_ref().map(|profile| profile.lane.clone()),
        store: profile.map(|profile| profile.profile),
        line: local.board.view().0,
        unconfirmed: standing.unconfirmed,
        bundle: standing.bundle,
        clock: standing.clock,
        readers: devices.readers,
        card_service: devices.card_service,
        sticker: standing.sticker,
        emoney,
        problems,
        now: standing.now,
        date: standing.date,
    }))
}

fn problems(local: &Local, standing: &Standing, emoney: &EmoneyView) -> Vec<ProblemView> {
    let mut problems = Vec::new();
    let mut say = |code: &str, message: &str, since| {
        problems.push(ProblemView {
            code: code.to_owned(),
            message: message.to_owned(),
            since,
        });
    };
    let enrolled = standing.profile.is_some();
    if !enrolled {
        say(
            "not_enrolled",
            "This till is not set up yet, so it cannot sell. Ask HQ for an invitation code and run `tillside enrol`.",
            None,
        );
    }
    if standing.people == 0 {
        say(
            "no_people",
            "Nobody can sign in yet. Add somebody with `tillside people add`.",
            None,
        );
    }
    if enrolled && standing.bundle == 0 {
        say(
            "no_bundle",
            "This till has no products and rules yet. It gets them when it reaches HQ; until then items can only be entered by hand.",
            None,
        );
    }
    let line = local.board.view().0;
    if enrolled && !line.up {
        say("line_down", &line.words, Some(line.since));
    }
    for concern in local.concerns.all() {
        let code = serde_json::to_value(concern.kind).ok();
        let code = code.as_ref().and_then(|code| code.as_str());
        say(
            code.unwrap_or("line"),
            &concern.words,
            Some(concern.since.0),
        );
    }
    if standing.clock == Clock::Suspect {
        say(
            "clock_suspect",
            "This computer's clock cannot be right. Sales go on and are marked. Set the date and time of this computer.",
            None,
        );
    }
    if local.flags.disk_full.load(Ordering::Relaxed) {
        say(
            "disk_full",
            "The disk is full, so nothing more can be recorded. Free some space and go on.",
            None,
        );
    }
    if emoney.cap.is_some() && emoney.keys == KeysView::None {
        say("no_keys", &emoney.words, None);
    }
    let devices = local.devices.view();
    if local.readers && !devices.card_service.up {
        say("card_service_down", &devices.card_service.words, None);
    } else if local.readers && devices.readers.is_empty() {
        say(
            "no_reader",
            "No card reader is connected. Check its cable; cards can be typed by their number meanwhile.",
            None,
        );
    }
    if devices.readers.iter().any(|reader| !reader.ready) {
        say(
            "reader_in_use",
            "Another program on this computer uses the card reader, perhaps a second till. Close that program: this till then takes the reader by itself.",
            None,
        );
    }
    problems
}

/// Tries the line to HQ now instead of waiting.
#[utoipa::path(post, path = "/v1/sync", tag = "status",
    responses((status = 202, description = "Being tried; the answer comes as a `line` event")))]
pub(crate) async fn sync(State(local): State<Local>) -> StatusCode {
    local.bell.try_now();
    StatusCode::ACCEPTED
}
