//! How several purchases of one coupon go together (the guideline, section 5.3), and several
//! coupons in one basket.

use super::coupons::{TERMS, coupon, item, of, outcome, refused, shares};
use tillside_core::gs1::{CashierReason, CouponBasket, CouponLine, CouponOutcome, NotUsable};

#[test]
fn section_5_3_rule_0_takes_any_of_the_purchases() {
    // 0.75 off one of 650, or three of 850.
    let digits = "1061414112345627511065010 13085 09".replace(' ', "");
    assert_eq!(
        shares(&outcome(
            &digits,
            &[item(1, 850, 100, 4), item(2, 650, 300, 1)]
        )),
        [(1, 1, 75)]
    );
    assert_eq!(
        shares(&outcome(&digits, &[item(1, 850, 100, 4)])),
        [(0, 3, 75)]
    );
    assert_eq!(
        refused(outcome(&digits, &[item(1, 850, 100, 2)])),
        NotUsable::NotBought
    );
}

#[test]
fn section_5_3_rule_1_takes_all_of_the_purchases() {
    // One of any family and one of 140; the second is free.
    let digits = "1061414165432110110000 11 110140 9 91100".replace(' ', "");
    let lines = [item(1, 140, 200, 1), item(2, 120, 300, 1)];
    // The first could be met by the item of 140, which the second needs: it has to give it up.
    assert_eq!(shares(&outcome(&digits, &lines)), [(0, 1, 200), (1, 1, 0)]);
    assert_eq!(refused(outcome(&digits, &lines[..1])), NotUsable::NotBought);
}

#[test]
fn section_5_3_rule_2_takes_the_first_and_one_of_the_others() {
    // Published: 1.50 off one of 120, with one of 140 or one of 256 of company 0012666.
    let digits = "1061414154321031501101201211014092110256100126663101231";
    let lines = [
        item(1, 120, 400, 1),
        item(2, 140, 100, 1),
        of("0012666", 1, 256, 100, 1),
    ];
    let mut coupon = coupon(digits);
    coupon.expires = None;
    let on = |lines: &[CouponLine]| CouponBasket::new(lines.to_vec()).judge(&coupon, &TERMS);
    assert_eq!(shares(&on(&lines)), [(0, 1, 150), (1, 1, 0)]);
    assert_eq!(
        shares(&on(&[lines[0].clone(), lines[2].clone()])),
        [(0, 1, 150), (1, 1, 0)]
    );
    assert_eq!(refused(on(&lines[1..])), NotUsable::NotBought);
    assert_eq!(refused(on(&lines[..1])), NotUsable::NotBought);
}

#[test]
fn section_5_3_rule_3_mixes_the_purchases() {
    // 3.00 off three items of 120 or 140, mixed.
    let digits = "106141416543213300130120 13 1301409".replace(' ', "");
    let lines = [item(1, 120, 200, 1), item(2, 140, 200, 2)];
    assert_eq!(
        shares(&outcome(&digits, &lines)),
        [(0, 1, 100), (1, 2, 200)]
    );
    assert_eq!(refused(outcome(&digits, &lines[1..])), NotUsable::NotBought);
}

#[test]
fn a_third_purchase_without_a_rule_is_for_a_person() {
    let digits = "106141416543213300130120 2130140 9".replace(' ', "");
    let lines = [item(1, 120, 200, 9), item(2, 140, 200, 9)];
    assert_eq!(
        outcome(&digits, &lines),
        CouponOutcome::AskCashier(CashierReason::NoRule)
    );
}

#[test]
fn an_item_counts_for_one_coupon_only() {
    let coupon = coupon("10614141654321250110120");
    let mut basket = CouponBasket::new(vec![item(1, 120, 200, 2)]);
    for _ in 0..2 {
        let CouponOutcome::Applied(applied) = basket.judge(&coupon, &TERMS) else {
            panic!();
        };
        basket.use_up(&applied);
    }
    assert_eq!(refused(basket.judge(&coupon, &TERMS)), NotUsable::NotBought);
}

#[test]
fn a_transaction_counts_for_one_coupon_only_and_is_never_negative() {
    let half = coupon(
        "10614141654321445004 5000200096000"
            .replace(' ', "")
            .as_str(),
    );
    let mut basket = CouponBasket::new(vec![item(1, 120, 9_000, 1)]);
    let CouponOutcome::Applied(first) = basket.judge(&half, &TERMS) else {
        panic!()
    };
    assert_eq!(first.total(), 4_500);
    basket.use_up(&first);
    assert_eq!(
        refused(basket.judge(&half, &TERMS)),
        NotUsable::NotBought,
        "5000 of 9000 are used"
    );
    let item = coupon("106141416543215 9999911 0120".replace(' ', "").as_str());
    let CouponOutcome::Applied(second) = basket.judge(&item, &TERMS) else {
        panic!()
    };
    assert_eq!(second.total(), 4_500, "the half that was left to pay");
}
