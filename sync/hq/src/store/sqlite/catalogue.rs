//! Stores, products and rules in SQLite, and how every import runs.

use super::SqliteStore;
use super::codec::failed;
use crate::catalogue::{CatalogueStore, StoreRow};
use crate::import::{BadCell, Change, Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Params, Transaction, params};
use tillside_core::engine::Document;
use tillside_core::{Product, Timestamp};

#[async_trait]
impl CatalogueStore for SqliteStore {
    async fn found_chain(&self, name: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO chain (only_row, name, created_at) VALUES (1, ?1, ?2)",
                    params![name, now.0],
                )
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn import_stores(
        &self,
        stores: Parsed<StoreRow>,
        policy: Policy,
    ) -> Result<Imported, StoreError> {
        self.write(move |transaction| import(transaction, stores, policy, store))
            .await
    }

    async fn import_products(
        &self,
        products: Parsed<Product>,
        policy: Policy,
    ) -> Result<Imported, StoreError> {
        self.write(move |transaction| import(transaction, products, policy, product))
            .await
    }

    async fn import_rules(&self, rules: Document, now: Timestamp) -> Result<(), StoreError> {
        let body = serde_json::to_string(&rules).map_err(|error| StoreError::Database {
            source: Box::new(error),
        })?;
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO rule_document (imported_at, body) VALUES (?1, ?2)",
                    params![now.0, body],
                )
                .map_err(failed)?;
            Ok(())
        })
        .await
    }
}

/// What became of one row: a change, or why it cannot be.
pub(super) type Done = Result<Result<Change, BadCell>, StoreError>;

/// Imports the rows of a file, all of them or the good ones.
pub(super) fn import<T>(
    transaction: &Transaction<'_>,
    parsed: Parsed<T>,
    policy: Policy,
    mut row: impl FnMut(&Transaction<'_>, &T) -> Done,
) -> Result<Imported, StoreError> {
    transaction
        .execute_batch("SAVEPOINT import")
        .map_err(failed)?;
    let mut imported = Imported {
        bad: parsed.bad,
        ..Imported::default()
    };
    for line in &parsed.rows {
        match row(transaction, &line.row)? {
            Ok(change) => imported.count(change),
            Err(bad) => imported.bad.push(bad.on(line.line)),
        }
    }
    imported.bad.sort_by_key(|bad| bad.line);
    imported.applied = imported.bad.is_empty() || policy == Policy::SkipBad;
    if !imported.applied {
        transaction
            .execute_batch("ROLLBACK TO import")
            .map_err(failed)?;
    }
    transaction
        .execute_batch("RELEASE import")
        .map_err(failed)?;
    Ok(imported)
}

/// Runs an insert that replaces a row only where it differs, and says what it did.
pub(super) fn upsert(
    transaction: &Transaction<'_>,
    exists: (&str, &str),
    sql: &str,
    values: impl Params,
) -> Result<Change, StoreError> {
    let (find, key) = exists;
    let found: Option<i64> = transaction
        .prepare_cached(find)
        .map_err(failed)?
        .query_row([key], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let changed = transaction
        .prepare_cached(sql)
        .map_err(failed)?
        .execute(values)
        .map_err(failed)?;
    Ok(match (found, changed) {
        (None, _) => Change::Added,
        (Some(_), 0) => Change::Unchanged,
        (Some(_), _) => Change::Changed,
    })
}

fn store(transaction: &Transaction<'_>, row: &StoreRow) -> Done {
    let store = &row.profile;
    let change = upsert(
        transaction,
        ("SELECT 1 FROM store WHERE store = ?1", store.store.as_str()),
        "INSERT INTO store (store, name, time_zone, currency) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (store) DO UPDATE SET name = excluded.name,
             time_zone = excluded.time_zone, currency = excluded.currency
         WHERE (name, time_zone, currency)
             IS NOT (excluded.name, excluded.time_zone, excluded.currency)",
        params![
            store.store.as_str(),
            store.name,
            store.time_zone,
            store.currency.code()
        ],
    )?;
    let Some(desk) = row.desk else {
        return Ok(Ok(change));
    };
    let changed = transaction
        .prepare_cached(
            "UPDATE store SET desk_top_up = ?2, desk_issue = ?3
             WHERE store = ?1 AND (desk_top_up, desk_issue) IS NOT (?2, ?3)",
        )
        .map_err(failed)?
        .execute(params![store.store.as_str(), desk.top_up, desk.issue])
        .map_err(failed)?;
    Ok(Ok(match change {
        Change::Unchanged if changed > 0 => Change::Changed,
        change => change,
    }))
}

fn product(transaction: &Transaction<'_>, product: &Product) -> Done {
    let item = String::from(product.item.clone());
    let price = product.unit_price;
    let change = upsert(
        transaction,
        ("SELECT 1 FROM product WHERE item = ?1", &item),
        "INSERT INTO product (item, name, price, currency, category, tax_class)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (item) DO UPDATE SET name = excluded.name, price = excluded.price,
             currency = excluded.currency, category = excluded.category,
             tax_class = excluded.tax_class
         WHERE (name, price, currency, category, tax_class) IS NOT (excluded.name,
             excluded.price, excluded.currency, excluded.category, excluded.tax_class)",
        params![
            item,
            product.name,
            price.minor(),
            price.currency().code(),
            product.category.as_ref().map(|category| category.as_str()),
            product.tax_class.as_str()
        ],
    )?;
    Ok(Ok(change))
}

/// Refuses a store that HQ does not have.
pub(super) fn known_store(
    transaction: &Transaction<'_>,
    store: &tillside_core::StoreId,
) -> Result<Result<(), BadCell>, StoreError> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT 1 FROM store WHERE store = ?1")
        .map_err(failed)?
        .query_row([store.as_str()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.map(|_| ()).ok_or_else(|| {
        BadCell::new(
            "store",
            format!("HQ has no store {store}: import it first, or correct the code"),
        )
    }))
}
