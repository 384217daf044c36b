//! Digital Links: read, refused with the place, there and back.

use super::elements::elements;
use proptest::prelude::*;
use tillside_core::gs1::{Elements, Gs1Fault, is_web_address};

fn printed(link: &str) -> String {
    Elements::linked(link).unwrap().to_print()
}

fn fault(link: &str) -> (usize, Gs1Fault) {
    let error = Elements::linked(link).unwrap_err();
    (error.at, error.fault)
}

#[test]
fn keys_qualifiers_and_attributes_become_elements() {
    for (link, expected) in [
        ("https://id.gs1.org/01/09506000134352", "(01)09506000134352"),
        (
            "https://example.com/01/9506000134352/",
            "(01)09506000134352",
        ),
        (
            "HTTP://example.com:8080/shop/x/01/09506000134352/22/2A/10/ABC/21/12%2F3",
            "(01)09506000134352(22)2A(10)ABC(21)12/3",
        ),
        (
            "https://example.com/01/09506000134352/10/ABC?17=261231&3103=000195&linkType=gs1:pip#top",
            "(01)09506000134352(10)ABC(17)261231(3103)000195",
        ),
        (
            "https://example.com/01/09506000134352?15=261231;16=261230",
            "(01)09506000134352(15)261231(16)261230",
        ),
        (
            "https://example.com/01/09506000134352/235/TPX-1",
            "(01)09506000134352(235)TPX-1",
        ),
        (
            "https://example.com/414/9506000134369/254/A",
            "(414)9506000134369(254)A",
        ),
        (
            "https://example.com/01/12/01/96385074",
            "(01)00000096385074",
        ),
        (
            "https://example.com/8006/095060001343520102",
            "(8006)095060001343520102",
        ),
        ("https://example.com/01/614141123452", "(01)00614141123452"),
    ] {
        assert_eq!(printed(link), expected, "{link}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let qualifier = |ai: &str| Gs1Fault::Qualifier { ai: ai.to_owned() };
    let check = |expected| Gs1Fault::CheckDigit {
        ai: "01".to_owned(),
        expected,
    };
    for (link, at, expected) in [
        ("(01)09506000134352", 0, Gs1Fault::NotALink),
        ("ftp://example.com/01/09506000134352", 0, Gs1Fault::NotALink),
        ("https:///01/09506000134352", 0, Gs1Fault::NotALink),
        ("https://example.com", 19, Gs1Fault::NoKey),
        ("https://example.com/about/us", 20, Gs1Fault::NoKey),
        ("https://example.com/10/ABC", 20, Gs1Fault::NoKey),
        ("https://example.com/01/09506000134353", 23, check(2)),
        (
            "https://example.com/01/09506000134352/21/1/10/A",
            43,
            qualifier("10"),
        ),
        (
            "https://example.com/01/09506000134352/21/1/235/A",
            43,
            qualifier("235"),
        ),
        (
            "https://example.com/01/09506000134352/17/261231",
            38,
            qualifier("17"),
        ),
        (
            "https://example.com/01/09506000134352/10/%",
            41,
            Gs1Fault::PercentEncoding,
        ),
        (
            "https://example.com/01/09506000134352?9999=1",
            38,
            Gs1Fault::UnknownIdentifier {
                start: "9999".to_owned(),
            },
        ),
        (
            "https://example.com/01/09506000134352?17=261332",
            41,
            Gs1Fault::Date {
                ai: "17".to_owned(),
            },
        ),
        (
            "https://example.com/01/09506000134352/10/A?10=B",
            43,
            Gs1Fault::Contradiction {
                ai: "10".to_owned(),
            },
        ),
        (
            "https://example.com/01/09506000134352/10/a%20b",
            41,
            Gs1Fault::Character {
                ai: "10".to_owned(),
                found: ' ',
            },
        ),
    ] {
        assert_eq!(fault(link), (at, expected), "{link}");
    }
    assert!(is_web_address("https://example.com/about") && !is_web_address("SPRING-0001"));
}

#[test]
fn a_link_is_built_on_its_first_key() {
    let build = |text| {
        Elements::printed(text)
            .unwrap()
            .to_link("https://id.gs1.org/")
    };
    assert_eq!(
        build("(17)261231(21)1/2(10)A(01)09506000134352").as_deref(),
        Some("https://id.gs1.org/01/09506000134352/10/A/21/1%2F2?17=261231"),
    );
    assert_eq!(build("(10)A"), None);
}

proptest! {
    /// The link says the same as the elements, whatever their order.
    #[test]
    fn links_there_and_back(elements in elements()) {
        let Some(link) = elements.to_link("https://example.com/x") else {
            prop_assert!(elements.value("01").is_none());
            return Ok(());
        };
        let read = Elements::linked(&link).unwrap();
        let sorted = |all: &Elements| {
            let mut all: Vec<_> = all.iter().map(|e| (e.ai().to_owned(), e.value().to_owned())).collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&read), sorted(&elements));
        let scanned = Elements::scanned(&read.to_scan()).unwrap();
        prop_assert_eq!(scanned, read);
    }

    #[test]
    fn damaged_links_are_harmless(at in 0usize..70, with in any::<char>(), more in "\\PC{0,12}") {
        let link = "https://example.com/x/01/09506000134352/10/A%2FB?17=261231&3103=000195";
        let mut chars: Vec<char> = link.chars().collect();
        let at = at % chars.len();
        chars[at] = with;
        let text: String = chars.into_iter().collect();
        for text in [text.clone(), format!("{text}{more}"), more] {
            if let Err(error) = Elements::linked(&text) {
                prop_assert!(error.at <= text.chars().count());
            }
        }
    }
}
