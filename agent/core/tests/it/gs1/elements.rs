//! Element strings, scanned and printed: by example, refused, there and back, and damaged.

use proptest::prelude::*;
use tillside_core::gs1::{Element, Elements, Gs1Error, Gs1Fault};

const SCANNED: &str = "010400638133393117261231\
                       10A1\u{1d}3103000195";

fn fault(text: &str) -> (usize, Gs1Fault) {
    let Gs1Error { at, fault, .. } = Elements::scanned(text).unwrap_err();
    (at, fault)
}

#[test]
fn a_scanned_string_is_taken_apart() {
    let elements = Elements::scanned(SCANNED).unwrap();
    let parts: Vec<_> = elements.iter().map(|e| (e.ai(), e.value())).collect();
    let expected = [
        ("01", "04006381333931"),
        ("17", "261231"),
        ("10", "A1"),
        ("3103", "000195"),
    ];
    assert_eq!(parts, expected);
    assert_eq!(elements.gtin().unwrap().as_str(), "04006381333931");
    assert_eq!(elements.to_scan(), SCANNED);
    let printed = "(01)04006381333931(17)261231(10)A1(3103)000195";
    assert_eq!(elements.to_print(), printed);
    assert_eq!(Elements::printed(printed).unwrap(), elements);
}

#[test]
fn separators_where_none_are_needed_do_no_harm() {
    let calm = Elements::scanned("010400638133393121S1").unwrap();
    let busy = Elements::scanned("\u{1d}0104006381333931\u{1d}\u{1d}21S1\u{1d}").unwrap();
    assert_eq!(calm, busy);
    let again = Elements::scanned("21S1\u{1d}21S1").unwrap();
    assert_eq!(again.iter().count(), 1, "the same twice is once");
}

#[test]
fn each_fault_is_named_with_its_place() {
    let ai = |ai: &str| ai.to_owned();
    let too_short = |of| Gs1Fault::TooShort { ai: ai(of) };
    for (text, at, expected) in [
        ("", 0, Gs1Fault::Empty),
        ("\u{1d}", 0, Gs1Fault::Empty),
        (
            "0104006381333930",
            2,
            Gs1Fault::CheckDigit {
                ai: ai("01"),
                expected: 1,
            },
        ),
        ("010400638133", 12, too_short("01")),
        ("10", 2, too_short("10")),
        ("17261301", 2, Gs1Fault::Date { ai: ai("17") }),
        ("10A1\u{1d}17260230", 7, Gs1Fault::Date { ai: ai("17") }),
        (
            "10123456789012345678901",
            22,
            Gs1Fault::TooLong { ai: ai("10") },
        ),
        (
            "10A\u{e9}1",
            3,
            Gs1Fault::Character {
                ai: ai("10"),
                found: '\u{e9}',
            },
        ),
        (
            "0104006381X33931",
            10,
            Gs1Fault::Character {
                ai: ai("01"),
                found: 'X',
            },
        ),
        ("21A\u{1d}21B", 4, Gs1Fault::Contradiction { ai: ai("21") }),
        (
            "10A\u{1d}1826",
            4,
            Gs1Fault::UnknownIdentifier { start: ai("1826") },
        ),
        (
            "8010a",
            4,
            Gs1Fault::Character {
                ai: ai("8010"),
                found: 'a',
            },
        ),
        (
            "8007DE00370400440532013000",
            4,
            Gs1Fault::Value {
                ai: ai("8007"),
                rule: "a bank account number (IBAN)",
            },
        ),
        ("800612345678901231", 18, too_short("8006")),
        ("70032612312460", 10, Gs1Fault::Time { ai: ai("7003") }),
    ] {
        assert_eq!(fault(text), (at, expected), "{text:?}");
    }
    let words = Elements::scanned("0104006381333930")
        .unwrap_err()
        .to_string();
    insta::assert_snapshot!(words, @"The check digit of (01) in this GS1 code should be 1 (character 3). Scan the code again, or type the number printed under it.");
}

#[test]
fn a_damaged_tail_leaves_what_stands_before_it() {
    let partly = Elements::scanned_partly("010400638133393117269999");
    assert_eq!(partly.value("01"), Some("04006381333931"));
    assert_eq!(partly.fault.unwrap().at, 18);
}

#[test]
fn optional_components_may_be_left_out() {
    for good in [
        "2559501101020917",
        "2559501101020917123",
        "8008261231",
        "800826123123",
        "80082612312359",
        "80082612312359",
    ] {
        let read = Elements::scanned(good);
        assert_eq!(read.is_ok(), good != "8008261231", "{good}: {read:?}");
    }
    assert!(Elements::scanned("800826123123593").is_err());
}

#[test]
fn the_printed_form_knows_its_brackets() {
    let elements = Elements::printed("(10)A(B)\\(21)C(21)9").unwrap();
    assert_eq!(elements.value("10"), Some("A(B)(21)C"));
    assert_eq!(elements.value("21"), Some("9"));
    assert_eq!(Elements::printed(&elements.to_print()).unwrap(), elements);
    let error = |text| Elements::printed(text).unwrap_err();
    assert_eq!(error("01)123").fault, Gs1Fault::Brackets);
    assert_eq!(error("").fault, Gs1Fault::Empty);
    let unknown = error("(10)A(9999)1");
    assert_eq!((unknown.at, unknown.len), (6, 4));
    assert_eq!(error("(10)A(17)261332").at, 9);
}

/// An element as GS1 allows it, out of those of which anything can be said in general.
fn element() -> impl Strategy<Value = Element> {
    let set82 = "[!\"%-?A-Z_a-z]";
    let variable = ["10", "21", "22", "240", "251", "400", "99", "8200"];
    prop_oneof![
        (
            0..variable.len(),
            proptest::string::string_regex(&format!("{set82}{{1,20}}")).unwrap()
        )
            .prop_map(move |(which, value)| (variable[which].to_owned(), value)),
        (0..=5u8, 0..1_000_000u32).prop_map(|(dot, n)| (format!("310{dot}"), format!("{n:06}"))),
        (0..100u8, 1..=12u8, 0..=28u8)
            .prop_map(|(y, m, d)| ("17".to_owned(), format!("{y:02}{m:02}{d:02}"))),
        (0..10_000_000_000_000u64).prop_map(|n| {
            let body = format!("{n:013}");
            let check = tillside_core::gs1::check_digit(&body);
            ("01".to_owned(), format!("{body}{check}"))
        }),
        (1..=99_999_999u32).prop_map(|n| ("37".to_owned(), n.to_string())),
    ]
    .prop_map(|(ai, value)| Element::new(&ai, &value).unwrap())
}

pub(super) fn elements() -> impl Strategy<Value = Elements> {
    prop::collection::vec(element(), 1..6).prop_map(|mut all| {
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|element| seen.insert(element.ai().to_owned()));
        Elements::new(all).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(elements in elements()) {
        prop_assert_eq!(&Elements::scanned(&elements.to_scan()).unwrap(), &elements);
        prop_assert_eq!(&Elements::printed(&elements.to_print()).unwrap(), &elements);
    }

    /// A fault lies inside the text, and whatever is read is written the same again.
    #[test]
    fn damaged_strings_are_refused_or_read_never_worse(
        elements in elements(), at in 0usize..60, with in any::<char>(), cut in 0usize..80,
    ) {
        let mut chars: Vec<char> = elements.to_scan().chars().collect();
        let at = at % chars.len();
        chars[at] = with;
        chars.truncate(cut.max(1));
        let text: String = chars.iter().collect();
        match Elements::scanned(&text) {
            Ok(read) => prop_assert_eq!(Elements::scanned(&read.to_scan()).unwrap(), read),
            Err(error) => prop_assert!(error.at + error.len <= text.chars().count() + 2),
        }
        if let Ok(read) = Elements::printed(&text) {
            prop_assert_eq!(Elements::printed(&read.to_print()).unwrap(), read);
        }
    }

    #[test]
    fn any_text_is_harmless(text in "\\PC{0,40}") {
        let _ = (Elements::scanned(&text), Elements::printed(&text));
    }
}
