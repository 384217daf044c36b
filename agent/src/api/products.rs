//! The product list, searched.

use super::error::ErrorBody;
use super::extract::Asked;
use super::{ApiError, Local};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tillside_core::{Category, Item, Money, Product, TaxClass};
use utoipa::{IntoParams, ToSchema};

/// The longest text to search for, in characters.
const SEARCH_TEXT_LIMIT: usize = 100;

/// What to search for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// Words of the name, or a number.
    #[serde(default)]
    search: String,
    /// How many at most, up to 200; 20 if not said.
    #[serde(default = "twenty")]
    limit: usize,
}

fn twenty() -> usize {
    20
}

/// A product.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProductView {
    /// `gtin:…` or `sku:…`.
    #[schema(value_type = String)]
    item: Item,
    /// Its name.
    name: String,
    /// The price of one.
    #[schema(value_type = crate::view::schema::Money)]
    unit_price: Money,
    /// Its product group.
    #[schema(value_type = Option<String>)]
    category: Option<Category>,
    /// Its tax class.
    #[schema(value_type = String)]
    tax_class: TaxClass,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        Self {
            item: product.item,
            name: product.name,
            unit_price: product.unit_price,
            category: product.category,
            tax_class: product.tax_class,
        }
    }
}

/// Products whose name or number has every word searched for.
#[utoipa::path(get, path = "/v1/products", tag = "products", params(Search),
    responses((status = 200, body = Vec<ProductView>), (status = 401, body = ErrorBody)))]
pub(crate) async fn products(
    State(local): State<Local>,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<ProductView>>, ApiError> {
    let text: String = search.search.chars().take(SEARCH_TEXT_LIMIT).collect();
    let found = local
        .till
        .run(move |desk| desk.products(&text, search.limit));
    Ok(Json(
        found.await?.into_iter().map(ProductView::from).collect(),
    ))
}
