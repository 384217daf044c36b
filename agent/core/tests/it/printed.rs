//! Manufacturers' coupons (AI 8110) in a sale: what they take off, held against a plain reckoning; what is
//! refused and in which words; used once where they have a serial number, and counted at the till's risk.

use crate::fixtures::*;
use proptest::prelude::*;
use tillside_core::authority::*;
use tillside_core::gs1::{CompanyPrefix, ShownCoupon};
use tillside_core::*;

const COMPANY: &str = "0614141";

/// The digits of a coupon of the company for one or two purchases, with optional fields behind.
fn digits(save: u32, units: u32, behind: &str) -> String {
    let (save, units) = (save.to_string(), units.to_string());
    let (s, u) = (save.len(), units.len());
    format!("1{COMPANY}654321{s}{save}{u}{units}0000{behind}")
}

fn serial(number: u64) -> String {
    format!("52{number:08}")
}

fn terms(uses: u64) -> ManufacturerCoupons {
    ManufacturerCoupons {
        companies: vec![CompanyPrefix::new(COMPANY).unwrap()],
        any_family: false,
        retailer: Vec::new(),
        cap: RiskCap {
            uses,
            amount: None,
            past: Uncovered::Refuse,
        },
    }
}

fn taking(terms: ManufacturerCoupons) -> CouponPlan {
    CouponPlan {
        proof: ProofKind::Manufacturer(terms),
        ..plan("ACME", off(5_000))
    }
}

fn till(uses: u64) -> State {
    state(&[], &[taking(terms(uses)), plan("OWN", off(100))])
}

/// A line of the company's, or of another.
fn of(company: &str, item: u32, quantity: u32, price: i64) -> Line {
    let body = format!("{company}{item:05}");
    let check = tillside_core::gs1::check_digit(&body);
    Line {
        item: crate::fixtures::item(&format!("gtin:{body}{check}")),
        ..line(&format!("thing{item}"), quantity, price)
    }
}

fn soap(quantity: u32, price: i64) -> Line {
    of(COMPANY, 1, quantity, price)
}

/// Puts a coupon before the till, in a sale: what stands for it.
fn show(state: &mut State, sale: u128, digits: &str) -> String {
    let shown = ShownCoupon::new(digits, sale_id(sale)).unwrap();
    state.tokens.insert(shown.number(), shown.text());
    shown.number().as_str().to_owned()
}

fn said(state: &State, lines: &[Line], number: &str) -> String {
    verdicts(state, lines, &[number]).remove(0).to_string()
}

/// As much of a whole as each weight asks for: rounded down, the rest to those that lost most, the earlier
/// first.
fn plain_spread(whole: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: i64| i128::from(whole) * i128::from(weight);
    let mut parts: Vec<i64> = weights.iter().map(|w| (exact(*w) / sum) as i64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(exact(weights[*n]) % sum));
    let rest = whole - parts.iter().sum::<i64>();
    order
        .iter()
        .take(rest as usize)
        .for_each(|n| parts[*n] += 1);
    parts
}

/// What a coupon takes off each line, reckoned on single items; `left` is what lines still cost.
fn plain(code: u8, save: i64, units: usize, lines: &[Line], left: &[i64]) -> Option<Vec<i64>> {
    let ours = |line: &Line| matches!(&line.item, Item::Gtin(gtin) if gtin.as_str()[1..].starts_with(COMPANY));
    let mut items: Vec<(i64, usize)> = Vec::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| ours(line)) {
        let price = line.unit_price.minor();
        items.extend((0..line.quantity).filter(|_| price > 0).map(|_| (price, n)));
    }
    // Cents off take the dearest, everything else the cheapest.
    items.sort_by_key(|(price, n)| (if code == 0 { -price } else { *price }, *n));
    if items.len() < units {
        return None;
    }
    items.truncate(units);
    if code == 1 {
        items.truncate(1);
    }
    let mut worth = vec![0; lines.len()];
    items.iter().for_each(|(price, n)| worth[*n] += price);
    let all: i64 = worth.iter().sum();
    let value = match code {
        0 => save.min(all),
        1 => all,
        _ => all * save / 100,
    };
    if value > 5_000 {
        return None;
    }
    // The engine spreads by price, so lines are asked in the order of theirs.
    let mut order: Vec<usize> = (0..lines.len()).filter(|n| worth[*n] > 0).collect();
    order.sort_by_key(|n| lines[*n].unit_price.minor());
    let weights: Vec<i64> = order.iter().map(|n| worth[*n]).collect();
    let shares = plain_spread(value, &weights);
    let mut touched: Vec<usize> = order
        .iter()
        .zip(shares)
        .filter(|(_, share)| *share > 0)
        .map(|(n, _)| *n)
        .collect();
    touched.sort_unstable();
    let weights: Vec<i64> = touched.iter().map(|n| left[*n]).collect();
    let amount = value.min(weights.iter().sum());
    let mut off = vec![0; lines.len()];
    for (n, share) in touched.iter().zip(plain_spread(amount, &weights)) {
        off[*n] = share;
    }
    (amount > 0).then_some(off)
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        0..4u32,
        any::<bool>(),
        0..4u32,
        prop_oneof![1 => Just(0), 9 => 1..2_000i64],
    );
    let line = line.prop_map(|(item, ours, more, price)| {
        of(
            if ours { COMPANY } else { "0724242" },
            item,
            more + 1,
            price,
        )
    });
    prop::collection::vec(line, 1..6)
}

proptest! {
    #[test]
    fn it_takes_off_what_a_plain_reckoning_says(
        lines in lines(),
        (code, save) in prop_oneof![
            (Just(0u8), 1..3_000i64),
            (Just(1u8), Just(0i64)),
            (Just(5u8), 1..=100i64),
        ],
        units in 1..6u32,
        before in any::<bool>(),
    ) {
        let mut state = till(9);
        hold(&mut state, "OWNN", "OWN");
        let number = show(&mut state, 1, &digits(save as u32, units, &format!("9{code}000")));
        let own = quoted(&state, &lines, if before { &["OWNN"] } else { &[] });
        let left: Vec<i64> = own.lines.iter().map(|line| line.total.minor()).collect();
        let shown: Vec<&str> = before.then_some("OWNN").into_iter().chain([number.as_str()]).collect();
        let quote = quoted(&state, &lines, &shown);
        let discount = quote.discounts.iter().find(|off| off.coupon.as_str() == number);
        let wanted = plain(code, save, units as usize, &lines, &left);
        let mut off = vec![0; lines.len()];
        for (line, minor) in discount.into_iter().flat_map(|off| &off.spread) {
            prop_assert!(*minor > 0);
            off[*line as usize] += minor;
        }
        match wanted {
            Some(wanted) => prop_assert_eq!(&off, &wanted, "{:?}", quote.coupons),
            None => prop_assert!(discount.is_none(), "{:?}", discount),
        }
        prop_assert_eq!(discount.map_or(0, |off| off.amount.minor()), off.iter().sum::<i64>());
        for (line, (before, off)) in quote.lines.iter().zip(left.iter().zip(&off)) {
            prop_assert_eq!(line.total.minor(), before - off);
            prop_assert!(line.total.minor() >= 0);
        }
    }

    #[test]
    fn what_is_kept_of_one_reads_back_and_nothing_else_does(number in 0..99_999_999u64, text in ".*") {
        for behind in [String::new(), serial(number)] {
            let shown = ShownCoupon::new(&digits(100, 1, &behind), sale_id(7)).unwrap();
            prop_assert_eq!(ShownCoupon::read(&shown.text()), Some(shown.clone()));
            prop_assert!(shown.stands_for(&shown.number(), sale_id(7)));
            prop_assert_eq!(shown.stands_for(&shown.number(), sale_id(8)), !behind.is_empty());
            let other_way = match behind.is_empty() {
                true => shown.text().split('@').next().unwrap().to_owned(),
                false => format!("{}@{}", shown.text(), sale_id(7)),
            };
            prop_assert_eq!(ShownCoupon::read(&other_way), None);
        }
        let _ = ShownCoupon::read(&text);
        let _ = ShownCoupon::read(&format!("(8110){text}"));
    }
}

#[test]
fn each_refusal_says_why() {
    let two = [soap(2, 400)];
    let cases = [
        (digits(100, 1, "3261121"), "expired"),
        (digits(100, 1, "4261123"), "not yet"),
        (
            digits(100, 3, ""),
            "not for this basket (it asks for 3 items of company 0614141, and no other coupon may have counted it)",
        ),
        (
            digits(100, 1, "610724242"),
            "not taken here (it is for another shop)",
        ),
        (
            digits(5_001, 1, "96000"),
            "valid (provisional: risk, 1 of 9 at this till, rules v17)",
        ),
        (
            digits(101, 1, "95000"),
            "not taken here (it is printed wrong)",
        ),
        (
            digits(100, 1, "90010"),
            "not taken here (it is another shop's own coupon)",
        ),
        (
            digits(100, 1, "").replace("0000", "0120"),
            "not taken here (it is for some of the manufacturer's items only, and the till does not know which)",
        ),
        (
            digits(100, 1, "").replace("0000", "9000"),
            "not taken here (only a person can say what it asks for)",
        ),
        (
            digits(100, 1, "").replace(COMPANY, "0724242"),
            "not taken here (coupons of this manufacturer are not taken)",
        ),
    ];
    for (digits, words) in cases {
        let mut state = till(9);
        let number = show(&mut state, 1, &digits);
        let said = said(&state, &two, &number);
        assert!(said.starts_with(words), "{digits}: {said}");
    }
    let mut state = till(9);
    let dear = show(&mut state, 1, &digits(5_001, 1, ""));
    assert_eq!(
        said(&state, &[soap(1, 6_000)], &dear),
        "not taken here (it gives more than 50.00 EUR, the most one may give)"
    );
    // A number that nobody scanned, and a text that is another coupon's.
    assert_eq!(said(&till(9), &two, &dear), "unknown");
    let other = ShownCoupon::new(&digits(200, 1, ""), sale_id(1)).unwrap();
    let number = CouponNumber::new(&dear).unwrap();
    state.tokens.insert(number, other.text());
    assert_eq!(said(&state, &two, &dear), "unknown");
    // Typed at a plan of theirs.
    hold(&mut state, "AAAA", "ACME");
    assert_eq!(said(&state, &two, "AAAA"), "unknown");
}

#[test]
fn a_plan_may_say_that_the_company_is_enough_and_who_the_retailer_is() {
    let own = ManufacturerCoupons {
        any_family: true,
        retailer: vec!["0724242000018".to_owned()],
        ..terms(9)
    };
    let mut state = state(&[], &[taking(own)]);
    let coupon = digits(100, 1, "610724242").replace("0000", "0120");
    let number = show(&mut state, 1, &coupon);
    assert!(verdicts(&state, &[soap(1, 400)], &[&number])[0].is_valid());
}

#[test]
fn one_with_a_serial_number_is_good_once_and_a_void_frees_it() {
    let mut state = till(9);
    let number = show(&mut state, 1, &digits(100, 1, &serial(4711)));
    let sale = sell(&mut state, check_out(1, &[soap(1, 400)], &[&number], 300));
    assert_eq!(
        sale.discounts[0].why,
        "Plan ACME (offer 654321 of company 0614141)"
    );
    let Proof::Risk { coupon, .. } = &sale.coupons[0].proof else {
        panic!("{sale:?}");
    };
    let kept = format!("(8110){}", digits(100, 1, &serial(4711)));
    assert_eq!(coupon.as_deref(), Some(kept.as_str()));
    // In another sale, and forged to give more.
    let again = show(&mut state, 2, &digits(300, 1, &serial(4711)));
    assert_eq!(again, number);
    assert!(said(&state, &[soap(1, 400)], &again).starts_with("used (S1)"));
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    let again = show(&mut state, 3, &digits(100, 1, &serial(4711)));
    assert!(verdicts(&state, &[soap(1, 400)], &[&again])[0].is_valid());
}

#[test]
fn those_without_one_count_to_the_cap_and_are_not_told_from_copies() {
    let mut state = till(2);
    for sale in 1..=2 {
        let number = show(&mut state, sale, &digits(100, 1, ""));
        sell(
            &mut state,
            check_out(sale, &[soap(1, 400)], &[&number], 300),
        );
    }
    let third = show(&mut state, 3, &digits(100, 1, ""));
    assert!(said(&state, &[soap(1, 400)], &third).starts_with("none left at this till"));
    carry_out(&mut state, Command::Void(void(2)), now()).unwrap();
    assert!(verdicts(&state, &[soap(1, 400)], &[&third])[0].is_valid());
    // The same twice in one sale is one coupon.
    let same = verdicts(&state, &[soap(9, 400)], &[&third, &third]).remove(1);
    assert_eq!(
        same.to_string(),
        "not for this basket (only one of this kind in a basket)"
    );
}

#[test]
fn an_item_counts_for_one_of_them_only_and_for_other_coupons_besides() {
    let mut state = till(9);
    hold(&mut state, "OWNN", "OWN");
    let first = show(&mut state, 1, &digits(150, 1, &serial(1)));
    let second = show(&mut state, 1, &digits(150, 1, &serial(2)));
    let one = quoted(&state, &[soap(1, 400)], &["OWNN", &first, &second]);
    let valid: Vec<bool> = one.coupons.iter().map(|c| c.verdict.is_valid()).collect();
    assert_eq!((valid, one.total), (vec![true, true, false], eur(150)));
    let two = quoted(&state, &[soap(2, 400)], &["OWNN", &first, &second]);
    assert_eq!(two.total, eur(400));
    // Never below nothing: of an item that still costs 0.50 it takes 0.50.
    let cheap = quoted(&state, &[soap(1, 150)], &["OWNN", &first]);
    assert_eq!((cheap.total, cheap.discounts[1].amount), (eur(0), eur(50)));
}

#[test]
fn plans_that_cannot_be_meant_are_refused() {
    let refused = |change: &dyn Fn(&mut CouponPlan, &mut ManufacturerCoupons)| {
        let (mut plan, mut terms) = (taking(terms(9)), terms(9));
        change(&mut plan, &mut terms);
        plan.proof = ProofKind::Manufacturer(terms);
        let other = CouponPlan {
            plan: PlanId::new("OTHER").unwrap(),
            ..taking(self::terms(9))
        };
        let plans = match plan.name.as_str() {
            "two" => vec![plan, other],
            _ => vec![plan],
        };
        RuleBook::compile(1, &document(&[], &plans))
            .unwrap_err()
            .to_string()
    };
    let company = |text: &str| CompanyPrefix::new(text).unwrap();
    assert_eq!(
        refused(&|plan, _| plan.effect = CouponEffect::ItemFree),
        "coupon plan ACME: what a manufacturer's coupon gives is printed on it: let the effect be amount_off, the most that one may give"
    );
    assert_eq!(
        refused(&|_, terms| terms.companies.clear()),
        "coupon plan ACME: a plan takes coupons of 1 to 100 companies, not 0"
    );
    assert_eq!(
        refused(&|_, terms| terms.companies = vec![company("0724242"), company("0724242")]),
        "coupon plan ACME: coupons of company 0724242 are taken twice: name it once, in one plan"
    );
    assert_eq!(
        refused(&|plan, _| plan.name = "two".to_owned()),
        "coupon plan OTHER: coupons of company 0614141 are taken twice: name it once, in one plan"
    );
    assert_eq!(
        refused(&|_, terms| terms.retailer = vec!["12345x7".to_owned()]),
        "coupon plan ACME: retailer: \"12345x7\" is no GS1 Company Prefix or GLN: give 7 to 13 digits"
    );
    assert!(
        refused(&|_, terms| terms.retailer = vec!["1234567".to_owned(); 21]).contains("at most 20")
    );
    assert!(refused(&|_, terms| terms.cap.uses = 0).contains("risk"));
    let bad: Result<ProofKind, _> = serde_json::from_value(serde_json::json!(
        {"manufacturer": {"companies": ["61414"], "cap": {"uses": 1, "past": "refuse"}}}
    ));
    assert!(
        bad.unwrap_err()
            .to_string()
            .contains("is no GS1 Company Prefix")
    );
}

#[test]
fn the_worst_case_says_that_there_is_no_end_to_it() {
    let proof = PlanProof::of(&ProofKind::Manufacturer(terms(20)), 0, 4);
    let worst = WorstCase::of(proof, Some(eur(500))).unwrap();
    assert_eq!((worst.decided, worst.beyond), (0, 80));
    assert_eq!(worst.before_hq_hears(), Some(80));
    let said = worst.to_string();
    assert!(
        said.starts_with(
            "At worst 80 uses, 400.00 EUR before HQ hears of any, and as much again each time after. Nobody signed these coupons"
        ),
        "{said}"
    );
}

#[test]
fn a_replay_sees_what_no_plan_took() {
    let mut state = till(9);
    let number = show(&mut state, 1, &digits(100, 1, ""));
    let sale = sell(&mut state, check_out(1, &[soap(1, 400)], &[&number], 300));
    let rules = state.rules.clone();
    assert_eq!(check_risks(&sale, &rules), Ok(()));
    let fault = |change: &dyn Fn(&mut SaleCompleted)| {
        let mut sale = sale.clone();
        change(&mut sale);
        check_risks(&sale, &rules).unwrap_err()
    };
    let proof = |sale: &mut SaleCompleted, text: Option<String>| {
        if let Proof::Risk { coupon, .. } = &mut sale.coupons[0].proof {
            *coupon = text;
        }
    };
    let not_taken = |fault: RiskFault| matches!(fault, RiskFault::NotTaken { .. });
    assert!(not_taken(fault(&|sale| proof(sale, None))));
    let other = ShownCoupon::new(&digits(900, 1, ""), sale_id(1))
        .unwrap()
        .text();
    assert!(not_taken(fault(&|sale| proof(sale, Some(other.clone())))));
    assert!(not_taken(fault(&|sale| sale.sale = sale_id(2))));
    assert!(not_taken(fault(
        &|sale| sale.discounts[0].amount = eur(5_001)
    )));
}

#[test]
fn a_sale_that_was_fixed_keeps_what_was_scanned_and_is_counted_when_it_is_completed() {
    let mut state = till(2);
    let number = show(&mut state, 1, &digits(100, 1, &serial(4711)));
    let fixed = fix_sale(&state, check_out(1, &[soap(1, 400)], &[&number], 0), now()).unwrap();
    let other = show(&mut state, 2, &digits(100, 1, &serial(4712)));
    sell(&mut state, check_out(2, &[soap(1, 400)], &[&other], 300));
    let complete = CompleteFixed {
        fixed: fixed.clone(),
        tenders: cash(300),
    };
    let complete = Command::CompleteFixed(Box::new(complete));
    let Event::SaleCompleted(sale) = carry_out(&mut state, complete, now()).unwrap() else {
        panic!("a sale");
    };
    let kept = sale.coupons[0].proof.manufacturers();
    assert_eq!(kept, fixed.coupons[0].proof.manufacturers());
    let proof = &sale.coupons[0].proof;
    assert!(
        matches!(proof, Proof::Risk { taken, .. } if taken.uses == 2),
        "{proof:?}"
    );
    assert!(said(&state, &[soap(1, 400)], &number).starts_with("used"));
}
