//! `products.csv`.

use crate::import::{BadCell, FileError, Parsed, Row, one_of, parse, price};
use tillside_core::{Category, Currency, Gtin, Item, LINE_NAME_LIMIT, Product, Sku, TaxClass};

/// The columns of `products.csv`; one of `gtin` and `sku` is filled.
pub const PRODUCT_COLUMNS: &[&str] = &[
    "gtin",
    "sku",
    "name",
    "price",
    "category",
    "tax_class",
    "currency",
];

/// Reads `products.csv`.
pub fn products(bytes: &[u8]) -> Result<Parsed<Product>, FileError> {
    let key = |product: &Product| match &product.item {
        Item::Gtin(gtin) => ("gtin", format!("GTIN {gtin}")),
        Item::Sku(sku) => ("sku", format!("SKU {sku}")),
    };
    parse(bytes, PRODUCT_COLUMNS, key, product)
}

fn product(row: &Row<'_>) -> Result<Product, BadCell> {
    let (gtin, sku) = (row.cell("gtin"), row.cell("sku"));
    one_of(gtin, sku)?;
    let item = match gtin.optional(Gtin::new)? {
        Some(gtin) => Item::Gtin(gtin),
        None => Item::Sku(sku.parse(Sku::new)?),
    };
    let currency = row.cell("currency").parse(Currency::new)?;
    Ok(Product {
        item,
        name: row.cell("name").text_up_to(LINE_NAME_LIMIT)?,
        unit_price: price(row.cell("price"), currency)?,
        category: row.cell("category").optional(Category::new)?,
        tax_class: row.cell("tax_class").parse(TaxClass::new)?,
    })
}
