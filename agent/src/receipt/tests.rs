//! Receipts as they print, word for word.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use tillside_core::{
    Award, CouponNumber, CouponRedeemed, Currency, Customer, Discount, FunderId, Line, Lot, Money,
    Points, Promotion, Proof, StoreId,
};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn store() -> StoreProfile {
    StoreProfile {
        store: StoreId::new("S1").unwrap(),
        name: "Corner Shop Lindenplatz".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: Currency::EUR,
    }
}

fn line(name: &str, quantity: u32, price: i64) -> Line {
    Line {
        item: "sku:A-1".to_owned().try_into().unwrap(),
        name: name.to_owned(),
        quantity,
        unit_price: eur(price),
        category: None,
        tax_class: "standard".parse().unwrap(),
    }
}

fn sale() -> SaleCompleted {
    SaleCompleted {
        sale: "01940000-0000-7000-8000-0000075bcd15".parse().unwrap(),
        lane: "1".parse().unwrap(),
        cashier: "anna".parse().unwrap(),
        at: Timestamp(1_795_352_520_000),
        date: "2026-11-22".parse().unwrap(),
        currency: Currency::EUR,
        lines: vec![
            line("Ground coffee, mild 250 g", 3, 429),
            line(
                "A name that is much too long for one line of a receipt",
                1,
                1_999_999,
            ),
        ],
        customer: None,
        discounts: Vec::new(),
        promotions: Vec::new(),
        counted: Vec::new(),
        coupons: Vec::new(),
        awards: Vec::new(),
        lots: Vec::new(),
        subtotal: eur(2_001_286),
        total: eur(2_001_286),
        tenders: vec![Tender::new(TenderKind::Card, eur(2_001_286))],
        rules: 0,
    }
}

fn members_sale() -> SaleCompleted {
    let number = CouponNumber::new("SPRING-0001").unwrap();
    let funder = FunderId::new("chain").unwrap();
    SaleCompleted {
        customer: Some(Customer {
            card: Some(CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap()),
            member: None,
        }),
        lines: vec![line("Ground coffee, mild 250 g", 3, 429)],
        discounts: vec![Discount {
            plan: "SPRING".parse().unwrap(),
            coupon: number.clone(),
            amount: eur(100),
            spread: vec![(0, 100)],
            funder: funder.clone(),
            why: "Spring: 1.00 EUR off the basket".to_owned(),
        }],
        coupons: vec![CouponRedeemed {
            number,
            plan: "SPRING".parse().unwrap(),
            proof: Proof::StoreBound {
                store: StoreId::new("S1").unwrap(),
                bundle: 3,
            },
        }],
        awards: vec![Award {
            rule: "base".parse().unwrap(),
            version: 3,
            points: Points(11),
            funder: funder.clone(),
            funders: Vec::new(),
            on: Vec::new(),
            why: "1 point for each full 1.00 EUR: 11.87 EUR gives 11".to_owned(),
        }],
        lots: vec![Lot {
            sale: sale().sale,
            index: 0,
            amount: Points(11),
            funder,
            pending_until: Timestamp(0),
            expires_on: None,
            on: Vec::new(),
        }],
        subtotal: eur(1_287),
        total: eur(1_187),
        tenders: vec![
            Tender::new(TenderKind::Cash, eur(1_000)),
            Tender::new(TenderKind::Card, eur(187)),
        ],
        rules: 3,
        ..sale()
    }
}

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= COLUMNS, "{line:?}");
    }
}

#[test]
fn a_plain_sale() {
    let text = receipt(&store(), &sale(), None, &[]);
    fits(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn a_members_sale_with_a_coupon() {
    let text = receipt(&store(), &members_sale(), None, &[]);
    fits(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn a_rules_discount_is_named_with_its_sentence() {
    let mut sale = sale();
    sale.promotions = vec![Promotion {
        rule: "monday".parse().unwrap(),
        version: 3,
        amount: eur(128),
        spread: vec![(0, 128)],
        funders: vec![(FunderId::new("roastery").unwrap(), 128)],
        why: "Monday is coffee day (10 % off 12.87 EUR)".to_owned(),
    }];
    sale.total = eur(2_001_158);
    sale.tenders = vec![Tender::new(TenderKind::Card, sale.total)];
    let text = receipt(&store(), &sale, None, &[]);
    fits(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn a_voided_sale() {
    let sale = members_sale();
    let void = SaleVoided {
        sale: sale.sale,
        cashier: "anna".parse().unwrap(),
        approved_by: "mara".parse().unwrap(),
        reason: "The customer changed her mind".to_owned(),
        date: sale.date,
        tenders: sale.tenders.clone(),
        customer: sale.customer.clone(),
        lots: sale.lots.clone(),
        leased: Vec::new(),
        points: Vec::new(),
        coupons: vec![CouponNumber::new("SPRING-0001").unwrap()],
        counted: Vec::new(),
    };
    let text = receipt(&store(), &sale, Some(&void), &[]);
    fits(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn words_are_broken_at_blanks_and_cut_when_too_long() {
    assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
    assert_eq!(wrapped("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(wrapped("ÄÖÜäöü", 4), ["ÄÖÜä", "öü"]);
    assert_eq!(wrapped("", 4), [""]);
}
