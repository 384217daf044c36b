//! Codes of every kind as scanners and people put them in.

use proptest::prelude::*;
use tillside_core::gs1::{Carried, Gs1Fault};

fn gtin(code: &str) -> Option<String> {
    let carried = Carried::read(code);
    let element = carried
        .elements()
        .iter()
        .find(|element| element.ai() == "01")?;
    Some(element.value().to_owned())
}

#[test]
fn gs1_data_is_found_in_every_carrier() {
    for code in [
        "]C10104006381333931",
        "]e00104006381333931",
        "]d20104006381333931\u{1d}17261231",
        "]Q317261231010400638133393110A1",
        "]J121X\u{1d}0104006381333931",
        "\u{1d}0104006381333931",
        "0104006381333931\u{1d}10A1",
        "(01)04006381333931(10)A1",
        "https://example.com/01/4006381333931?17=261231",
        "]Q1https://example.com/01/4006381333931",
        "]d1https://example.com/x/01/4006381333931/10/A1",
    ] {
        assert_eq!(gtin(code).as_deref(), Some("04006381333931"), "{code:?}");
    }
}

#[test]
fn other_codes_are_left_alone() {
    for (code, body) in [
        ("4006381333931", "4006381333931"),
        ("]E04006381333931", "4006381333931"),
        ("]C0SPRING-0001", "SPRING-0001"),
        ("SPRING-0001", "SPRING-0001"),
        ("(no bracket)", "(no bracket)"),
        ("https://example.com/about", "https://example.com/about"),
        ("]Q1https://example.com/about", "https://example.com/about"),
        ("0104006381333931", "0104006381333931"),
        ("", ""),
        ("]", "]"),
        ("]é1x", "]é1x"),
    ] {
        assert_eq!(Carried::read(code), Carried { body, gs1: None }, "{code:?}");
    }
}

#[test]
fn damaged_gs1_data_brings_its_fault() {
    let fault = |code| Carried::read(code).gs1.unwrap().fault.unwrap().fault;
    let check = Gs1Fault::CheckDigit {
        ai: "01".to_owned(),
        expected: 1,
    };
    assert_eq!(fault("]C10104006381333930"), check);
    assert_eq!(fault("(01)04006381333930"), check);
    assert_eq!(fault("https://example.com/01/4006381333930"), check);
    for sold in [
        "(01)04006381333931(10)é",
        "]C1(01)04006381333931(9999)",
        "https://example.com/01/4006381333931?17=261332",
        "]C101040063813339311726",
    ] {
        assert_eq!(gtin(sold).as_deref(), Some("04006381333931"), "{sold}");
        assert!(Carried::read(sold).gs1.unwrap().fault.is_some(), "{sold}");
    }
}

proptest! {
    #[test]
    fn any_code_is_harmless(code in "\\]?[A-Za-z]?[0-9]?[()0-9A-Z\u{1d}/:?=&%é]{0,40}") {
        let carried = Carried::read(&code);
        prop_assert!(code.ends_with(carried.body));
    }
}
