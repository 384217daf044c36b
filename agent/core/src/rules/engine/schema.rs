//! The published JSON Schema of the rule document, layout 2: `schema/rules-2.schema.json`.
//!
//! It says the shape: fields, types, forms of codes, ranges of numbers, lengths of lists. What parts of a
//! document say about each other (names that are not there, circles, shares that do not come to the
//! whole) is left to [`Rules::compile`](super::Rules::compile), and so is which of it tills can honour. The
//! file is made from the types, by the test below, and none of what makes it is in the product.

/// The JSON Schema (draft 2020-12) of a rule document of layout 2, as text.
pub const DOCUMENT_SCHEMA: &str = include_str!("../../../schema/rules-2.schema.json");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Document, TimeOfDay};
    use crate::gs1::CompanyPrefix;
    use crate::{CouponNumber, Currency, Item, MONEY_LIMIT, Money};
    use schemars::generate::SchemaSettings;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::{Value, json};
    use std::borrow::Cow;
    use std::path::Path;

    macro_rules! written_as {
        ($name:ident, $schema:tt) => {
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        };
    }

    written_as!(Currency, {
        "description": "A currency's ISO 4217 alphabetic code.",
        "type": "string", "pattern": "^[A-Z]{3}$",
    });
    written_as!(Money, {
        "description": "An amount in minor units of one currency.",
        "type": "object",
        "properties": {
            "minor": {"type": "integer", "minimum": -MONEY_LIMIT, "maximum": MONEY_LIMIT},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["minor", "currency"],
        "additionalProperties": false,
    });
    written_as!(Item, {
        "description": "What a line sells: a GTIN with its check digit, or the shop's own number.",
        "type": "string", "pattern": "^(gtin:\\s*[0-9]{8}([0-9]{4,6})?\\s*|sku:[A-Za-z0-9._-]+)$",
    });
    written_as!(CouponNumber, {
        "description": "4 to 32 letters and digits; blanks and dashes do not count.",
        "type": "string", "minLength": 4,
    });
    written_as!(TimeOfDay, {
        "description": "A time of day to the minute.",
        "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    });

    written_as!(CompanyPrefix, {
        "description": "A GS1 Company Prefix, a U.P.C. one with its leading 0.",
        "type": "string", "pattern": "^[0-9]{6,12}$",
    });

    fn schema() -> Value {
        let settings = SchemaSettings::draft2020_12();
        let mut schema = settings.into_generator().into_root_schema_for::<Document>();
        schema.insert("$id".to_owned(), json!("urn:tillside:rules:2"));
        schema.insert(
            "title".to_owned(),
            json!("Tillside rule document, layout 2"),
        );
        schema.to_value()
    }

    /// To write the file anew: `TILLSIDE_WRITE_SCHEMA=1 cargo test -p tillside-core --lib schema`.
    #[test]
    fn the_published_schema_is_what_the_types_say() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/rules-2.schema.json");
        let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("TILLSIDE_WRITE_SCHEMA").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let published = std::fs::read_to_string(&file).unwrap();
        assert!(
            published == text,
            "schema/rules-2.schema.json is not what the types say: \
             TILLSIDE_WRITE_SCHEMA=1 cargo test -p tillside-core --lib schema"
        );
    }
}
