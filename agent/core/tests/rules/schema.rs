//! The published JSON Schema: every document that can be decided with fits it, and those whose shape is
//! wrong do not.

use crate::faults::{cases, changed, right};
use crate::world::{case, extreme_case, modest};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;
use tillside_core::engine::DOCUMENT_SCHEMA;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(DOCUMENT_SCHEMA).unwrap();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
});

/// What is said of faults that no schema can see: what parts say about each other, and days.
const OF_SENSE: [&str; 16] = [
    "go round in a circle",
    "the document has no ",
    " is there twice",
    "is also in group",
    "nests deeper",
    "come to more than 64",
    "ends before it begins",
    "and the rule has amounts in",
    "begins and ends at the same time",
    "is no sensible day",
    "is too little",
    "names no products",
    "the shares come to",
    "one basket is always once",
    "give 1 to 2",
    "give 1 to 3",
];

#[test]
fn the_schema_is_one_of_the_draft_that_it_names() {
    let schema: Value = serde_json::from_str(DOCUMENT_SCHEMA).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["$id"], "urn:tillside:rules:2");
    assert!(SCHEMA.is_valid(&right()));
}

#[test]
fn what_is_wrong_with_the_shape_of_a_document_the_schema_refuses() {
    let mut refused = 0;
    let mut missed = Vec::new();
    for (pointer, value, said) in cases() {
        if !SCHEMA.is_valid(&changed(pointer, value)) {
            refused += 1;
        } else if !OF_SENSE.iter().any(|words| said.contains(words)) {
            missed.push(format!("{pointer}: {said}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(refused >= 26, "only {refused} were refused");
}

proptest! {
    #![proptest_config(modest(300))]

    #[test]
    fn every_document_that_can_be_decided_with_fits_the_schema(
        case in prop_oneof![case().boxed(), extreme_case().boxed()]
    ) {
        let document = serde_json::to_value(&case.document).unwrap();
        let errors = SCHEMA.iter_errors(&document);
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}
