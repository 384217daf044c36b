//! The OpenAPI document, served without a token at `/openapi.json`.

use super::{cards, members, products, purses, reports, sales, sessions, status, stream};
use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(title = "Tillside local API", description = "For the till's screen and for a POS on the same computer. Every call under /v1 needs the token of the file api-token; every write but sign-in, sync and cancelling a job needs an Idempotency-Key: the same key with the same request gets the first answer again (header idempotent-replay: true), with another request it is refused (422 key_reused). An answer that is an error is not kept: nothing was done."),
    modifiers(&TokenScheme),
    security(("token" = [])),
    paths(
        status::status, status::sync, stream::events,
        sessions::people, sessions::sign_in, sessions::current, sessions::sign_out,
        products::products,
        sales::open, sales::list_open, sales::show, sales::abandon, sales::scan, sales::put_lines,
        sales::put_quantity, sales::put_customer, sales::remove_customer, sales::put_coupon,
        sales::remove_coupon, sales::check_out, sales::void,
        sales::put_points, sales::take_goods_back, sales::price_return, sales::receipt,
        purses::pay, purses::take_back, purses::list, purses::show, purses::top_up, purses::restore,
        purses::give_up, purses::give_back, purses::current_job, purses::cancel_job,
        cards::read, cards::freeze, cards::unfreeze, cards::issue,
        members::members, members::replacements,
        reports::day, reports::sales, reports::redemptions, reports::voids, reports::returns,
        reports::unconfirmed,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn document() -> Value {
        serde_json::to_value(Document::openapi()).unwrap()
    }

    fn calls(document: &Value) -> Vec<(String, String, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        let calls = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods
                .iter()
                .map(|(method, call)| (method.clone(), path.clone(), call))
        });
        calls.collect()
    }

    #[test]
    fn the_document_lists_exactly_the_calls_there_are() {
        let document = document();
        let said: BTreeSet<_> = calls(&document)
            .into_iter()
            .map(|(m, p, _)| (m, p))
            .collect();
        let routes = crate::api::routes();
        let there: BTreeSet<_> = routes
            .iter()
            .map(|route| (route.method.to_owned(), route.path.to_owned()))
            .collect();
        assert_eq!(said, there);
        assert_eq!(there.len(), routes.len(), "a call stands twice");
    }

    #[test]
    fn every_write_says_that_it_takes_a_key() {
        for (method, path, call) in calls(&document()) {
            let parameters = call["parameters"].as_array().cloned().unwrap_or_default();
            let has = |name: &str| {
                parameters
                    .iter()
                    .any(|p| p["name"] == name && p["in"] == "header")
            };
            let free = path.starts_with("/v1/sessions")
                || path == "/v1/sync"
                || path == "/v1/sales/{id}/returns/price"
                || path == "/v1/jobs/current"
                || method == "get";
            assert_eq!(has("Idempotency-Key"), !free, "{method} {path}");
            assert!(
                call["responses"].as_object().is_some_and(|r| !r.is_empty()),
                "{method} {path}"
            );
        }
    }
}
