//! The engine and the naive evaluator agree, exactly; and the engine survives every extreme.

use crate::naive::{expected, seen};
use crate::world::{case, extreme_case, modest};
use proptest::prelude::*;
use tillside_core::engine::*;

proptest! {
    #![proptest_config(modest(600))]

    #[test]
    fn the_engine_agrees_with_the_naive_evaluator(case in case()) {
        let rules = Rules::compile(17, &case.document).unwrap();
        let outcome = case.facts.ask(&rules).unwrap();
        prop_assert_eq!(outcome.version, 17);
        prop_assert_eq!(seen(outcome), expected(&case));
    }

    #[test]
    fn no_valid_document_makes_the_engine_panic_or_lose_a_unit(case in extreme_case()) {
        let rules = Rules::compile(1, &case.document).unwrap();
        if let Ok(outcome) = case.facts.ask(&rules) {
            prop_assert!(outcome.left.iter().all(|left| *left >= 0));
            for discount in &outcome.discounts {
                let spread: i64 = discount.spread.iter().map(|(_, minor)| minor).sum();
                let paid: i64 = discount.funders.iter().map(|(_, minor)| minor).sum();
                prop_assert_eq!(spread, discount.amount.minor());
                prop_assert_eq!(paid, discount.amount.minor());
            }
        }
    }

    #[test]
    fn a_document_comes_back_as_it_was_written(case in case()) {
        let json = serde_json::to_vec(&case.document).unwrap();
        let read = Document::read(&json).unwrap();
        prop_assert_eq!(&read, &case.document);
        // Whoever compiles it gets the same.
        prop_assert_eq!(Rules::compile(3, &read).unwrap(), Rules::compile(3, &case.document).unwrap());
    }
}
