//! The OpenAPI document, served without a token at `/openapi.json`.

use super::{products, reports, sales, sessions, status, stream};
use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(title = "Tillside local API", description = "For the till's screen and for a POS on the same computer. Every call under /v1 needs the token of the file api-token; every write but sign-in and sync needs an Idempotency-Key: the same key with the same request gets the first answer again (header idempotent-replay: true), with another request it is refused (422 key_reused). An answer that is an error is not kept: nothing was done."),
    modifiers(&TokenScheme),
    security(("token" = [])),
    paths(
        status::status, status::sync, stream::events,
        sessions::people, sessions::sign_in, sessions::current, sessions::sign_out,
        products::products,
        sales::open, sales::list_open, sales::show, sales::abandon, sales::scan, sales::put_lines,
        sales::put_quantity, sales::put_customer, sales::remove_customer, sales::put_coupon,
        sales::remove_coupon, sales::check_out, sales::void, sales::receipt,
        reports::day, reports::sales, reports::redemptions, reports::voids, reports::unconfirmed,
    ),
)]
struct Document;

struct TokenScheme;

impl utoipa::Modify for TokenScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", token);
    }
}

/// The document.
pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
