//! Filters of codes: they miss none, their false hits refuse nobody, and no bytes make them panic.

use proptest::prelude::*;
use std::collections::BTreeSet;
use tillside_core::authority::*;

fn code(n: u32) -> Vec<u8> {
    format!("CODE{n:08}").into_bytes()
}

fn codes(range: std::ops::Range<u32>) -> BTreeSet<Vec<u8>> {
    range.map(code).collect()
}

fn set(codes: &BTreeSet<Vec<u8>>) -> CodeSet<BTreeSet<Vec<u8>>> {
    CodeSet::new(CodeFilter::build(codes).unwrap(), codes.clone())
}

/// A code that is not among these, and that their filter takes for one of them.
fn mistaken(filter: &CodeFilter, codes: &BTreeSet<Vec<u8>>) -> Vec<u8> {
    let others = (1_000_000..).map(code);
    let mut hit = others.filter(|code| filter.ask(code) == Hint::Maybe);
    hit.find(|code| !codes.contains(code)).unwrap()
}

#[test]
fn a_false_hit_is_never_a_final_refusal() {
    let revoked = codes(0..2_000);
    let filter = CodeFilter::build(&revoked).unwrap();
    let innocent = mistaken(&filter, &revoked);
    assert_eq!(set(&revoked).ask(&innocent), Ruling::No);
    assert_eq!(set(&revoked).ask(&code(7)), Ruling::Yes);
    let dark = CodeSet::new(filter, NoList);
    assert_eq!(dark.ask(&innocent), Ruling::Unsure);
    assert_eq!(dark.ask(&code(7)), Ruling::Unsure);
    let issued: BTreeSet<Vec<u8>> = revoked.iter().cloned().chain([innocent.clone()]).collect();
    let issued = IssuedSet(set(&issued));
    let standing_of = |code: &[u8]| standing(code, &issued, &RevokedSet(dark.clone()));
    assert_eq!(standing_of(&innocent), CodeStanding::Unsure);
    let known = RevokedSet(set(&revoked));
    assert_eq!(standing(&innocent, &issued, &known), CodeStanding::Good);
    assert_eq!(standing(&code(7), &issued, &known), CodeStanding::Revoked);
    assert_eq!(
        standing(&code(5_000_000), &issued, &known),
        CodeStanding::NotIssued
    );
}

#[test]
fn a_forged_code_that_looks_issued_is_unsure_without_the_list() {
    let issued = codes(0..2_000);
    let filter = CodeFilter::build(&issued).unwrap();
    let forged = mistaken(&filter, &issued);
    let none = RevokedSet(CodeSet::new(
        CodeFilter::build::<&[u8]>([]).unwrap(),
        NoList,
    ));
    let dark = IssuedSet(CodeSet::new(filter, NoList));
    assert_eq!(standing(&forged, &dark, &none), CodeStanding::Unsure);
    let known = IssuedSet(set(&issued));
    assert_eq!(standing(&forged, &known, &none), CodeStanding::NotIssued);
    assert_eq!(standing(&code(1), &known, &none), CodeStanding::Good);
}

#[test]
fn it_misses_none_and_mistakes_few_in_little_room() {
    let issued = codes(0..50_000);
    let filter = CodeFilter::build(&issued).unwrap();
    assert_eq!(filter.covers(&issued), Ok(()));
    assert_eq!(filter.codes(), 50_000);
    let mistaken = (1_000_000..1_050_000).filter(|n| filter.ask(&code(*n)) == Hint::Maybe);
    assert!((50..400).contains(&mistaken.count()));
    let bits = 8 * filter.to_bytes().len() / 50_000;
    assert!(bits <= 10, "{bits}");
    let others = codes(0..50_100);
    let Err(CodeFilterError::Misses { index }) = filter.covers(&others) else {
        panic!("it covers too much")
    };
    assert!(index >= 50_000);
}

#[test]
fn the_same_codes_give_the_same_bytes_and_read_back() {
    for count in [0, 1, 2, 3, 1_000] {
        let issued = codes(0..count);
        let filter = CodeFilter::build(&issued).unwrap();
        let twice = issued.iter().rev().chain(&issued);
        assert_eq!(
            CodeFilter::build(twice).unwrap().to_bytes(),
            filter.to_bytes()
        );
        let read = CodeFilter::from_bytes(&filter.to_bytes()).unwrap();
        assert_eq!(read.covers(&issued), Ok(()));
        assert_eq!(
            (read.codes(), read.to_bytes()),
            (u64::from(count), filter.to_bytes())
        );
    }
    let empty = CodeFilter::build::<&[u8]>([]).unwrap();
    assert_eq!(empty.ask(b"anything"), Hint::No);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bytes_never_panic(
        at in 0..60_usize, byte in any::<u8>(), cut in 0..400_usize, asked in any::<u32>(),
    ) {
        let mut bytes = CodeFilter::build(codes(0..200)).unwrap().to_bytes();
        bytes[at] = byte;
        let whole = bytes.len();
        bytes.truncate(whole - cut.saturating_sub(200).min(whole));
        if let Ok(filter) = CodeFilter::from_bytes(&bytes) {
            let _ = filter.ask(&code(asked));
        }
    }
}
