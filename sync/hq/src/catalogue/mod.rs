//! The catalogue: stores, products, and the rule document.

mod products;
mod rules;
mod stores;

pub use products::{PRODUCT_COLUMNS, products};
pub use rules::{RulesError, RulesReport, rules, rules_report};
pub use stores::{STORE_COLUMNS, STORE_OPTIONAL_COLUMNS, StoreRow, stores};

use crate::import::{Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::engine::Document;
use tillside_core::{Product, Timestamp};

/// Keeps the catalogue.
#[async_trait]
pub trait CatalogueStore: Send + Sync {
    /// Names the chain, once.
    async fn found_chain(&self, name: String, now: Timestamp) -> Result<(), StoreError>;

    /// Adds stores, or changes those that are there, by their code.
    async fn import_stores(
        &self,
        stores: Parsed<StoreRow>,
        policy: Policy,
    ) -> Result<Imported, StoreError>;

    /// Adds products, or changes those that are there, by GTIN or SKU.
    async fn import_products(
        &self,
        products: Parsed<Product>,
        policy: Policy,
    ) -> Result<Imported, StoreError>;

    /// Takes a rule document for the next bundle; the one before is kept.
    async fn import_rules(&self, rules: Document, now: Timestamp) -> Result<(), StoreError>;
}
