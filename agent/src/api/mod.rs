//! The local API: for the till's screen and for a POS, on loopback only.
//!
//! Turns HTTP into jobs for the till and answers back into HTTP; decides nothing itself.

mod cards;
mod error;
mod extract;
mod guard;
mod members;
mod openapi;
mod products;
mod purses;
mod reports;
mod sales;
mod screen;
mod sessions;
mod status;
mod stream;

pub(crate) use error::ApiError;
pub(crate) use guard::Token;
pub use screen::Screen;
pub(crate) use stream::Listeners;

use crate::account::{Accounts, OnTheSpot};
use crate::clock::WallClock;
use crate::devices::Devices;
use crate::events::Hub;
use crate::line::Concerns;
use crate::line_board::LineBoard;
use crate::people::{PinCheck, Sessions};
use crate::purse::{Jobs, Keys};
use crate::till::{Answer, Flags, Till};
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post, put};
use std::sync::Arc;
use tillside_sync::Bell;
use tokio::sync::watch;

/// What every handler may use.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) till: Till,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) pins: PinCheck,
    pub(crate) hub: Hub,
    pub(crate) jobs: Jobs,
    pub(crate) keys: Keys,
    pub(crate) accounts: Accounts,
    pub(crate) hq: OnTheSpot,
    pub(crate) devices: Devices,
    pub(crate) board: LineBoard,
    pub(crate) bell: Arc<Bell>,
    pub(crate) concerns: Concerns,
    pub(crate) flags: Flags,
    pub(crate) listeners: Listeners,
    pub(crate) clock: WallClock,
    pub(crate) token: Token,
    pub(crate) port: u16,
    pub(crate) screen: Option<Screen>,
    /// Whether card readers are wanted.
    pub(crate) readers: bool,
    pub(crate) stop: watch::Receiver<bool>,
}

/// One call of the API.
struct Route {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the test compares it with the document")
    )]
    method: &'static str,
    path: &'static str,
    handler: MethodRouter<Local>,
}

/// Every call of the API: the router is made of this list, and a test holds the OpenAPI document to it.
fn routes() -> Vec<Route> {
    let route = |method, path, handler| Route {
        method,
        path,
        handler,
    };
    vec![
        route("get", "/v1/status", get(status::status)),
        route("post", "/v1/sync", post(status::sync)),
        route("get", "/v1/events", get(stream::events)),
        route("get", "/v1/people", get(sessions::people)),
        route("post", "/v1/sessions", post(sessions::sign_in)),
        route("get", "/v1/sessions/current", get(sessions::current)),
        route("delete", "/v1/sessions/current", delete(sessions::sign_out)),
        route("get", "/v1/products", get(products::products)),
        route("post", "/v1/sales", post(sales::open)),
        route("get", "/v1/sales/open", get(sales::list_open)),
        route("get", "/v1/sales/{id}", get(sales::show)),
        route("delete", "/v1/sales/{id}", delete(sales::abandon)),
        route("post", "/v1/sales/{id}/scan", post(sales::scan)),
        route("put", "/v1/sales/{id}/lines", put(sales::put_lines)),
        route(
            "put",
            "/v1/sales/{id}/lines/{index}",
            put(sales::put_quantity),
        ),
        route("put", "/v1/sales/{id}/customer", put(sales::put_customer)),
        route(
            "delete",
            "/v1/sales/{id}/customer",
            delete(sales::remove_customer),
        ),
        route("post", "/v1/sales/{id}/coupons", post(sales::put_coupon)),
        route(
            "delete",
            "/v1/sales/{id}/coupons/{number}",
            delete(sales::remove_coupon),
        ),
        route("put", "/v1/sales/{id}/points", put(sales::put_points)),
        route("post", "/v1/sales/{id}/checkout", post(sales::check_out)),
        route("post", "/v1/sales/{id}/void", post(sales::void)),
        route(
            "post",
            "/v1/sales/{id}/returns",
            post(sales::take_goods_back),
        ),
        route(
            "post",
            "/v1/sales/{id}/returns/price",
            post(sales::price_return),
        ),
        route("get", "/v1/sales/{id}/receipt", get(sales::receipt)),
        route("post", "/v1/sales/{id}/purse", post(purses::pay)),
        route(
            "delete",
            "/v1/sales/{id}/purse/{txid}",
            delete(purses::take_back),
        ),
        route("get", "/v1/purses", get(purses::list)),
        route("post", "/v1/purses/top-up", post(purses::top_up)),
        route("post", "/v1/purses/restore", post(purses::restore)),
        route("get", "/v1/purses/{txid}", get(purses::show)),
        route("post", "/v1/purses/{txid}/give-up", post(purses::give_up)),
        route(
            "post",
            "/v1/purses/{txid}/give-back",
            post(purses::give_back),
        ),
        route("get", "/v1/jobs/current", get(purses::current_job)),
        route("delete", "/v1/jobs/current", delete(purses::cancel_job)),
        route("post", "/v1/cards/read", post(cards::read)),
        route("post", "/v1/cards/freeze", post(cards::freeze)),
        route("post", "/v1/cards/unfreeze", post(cards::unfreeze)),
        route("post", "/v1/cards/issue", post(cards::issue)),
        route("get", "/v1/members", get(members::members)),
        route("get", "/v1/cards/replacements", get(members::replacements)),
        route("get", "/v1/reports/day", get(reports::day)),
        route("get", "/v1/reports/sales", get(reports::sales)),
        route("get", "/v1/reports/redemptions", get(reports::redemptions)),
        route("get", "/v1/reports/voids", get(reports::voids)),
        route("get", "/v1/reports/returns", get(reports::returns)),
        route("get", "/v1/reports/unconfirmed", get(reports::unconfirmed)),
    ]
}

/// Everything the agent serves.
pub(crate) fn router(local: Local) -> Router {
    let calls = routes().into_iter();
    calls
        .fold(Router::new(), |router, route| {
            router.route(route.path, route.handler)
        })
        .route("/openapi.json", get(openapi::document))
        .fallback(screen::screen)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn_with_state(
            local.clone(),
            guard::guard,
        ))
        .with_state(local)
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "The till has this path, but not this method. GET /openapi.json lists what it has.",
    )
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::NO_CONTENT {
            headers.remove(header::CONTENT_TYPE);
        } else {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        if self.replayed {
            headers.insert("idempotent-replay", HeaderValue::from_static("true"));
        }
        response
    }
}
