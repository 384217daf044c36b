//! Verdicts in words, exactly: screens, receipts and the API say the same.

use crate::fixtures::*;
use jiff::civil::date;
use jiff::tz::{Offset, TimeZone};
use tillside_core::authority::RiskTaken;
use tillside_core::*;

fn all() -> Vec<(Verdict, &'static str, &'static str)> {
    let used = CouponUsed {
        at: now().at,
        store: store("S1"),
        terminal: terminal(1),
        sale: sale_id(1),
    };
    let misfits = [
        (
            Misfit::MinimumSpend {
                minimum: eur(2_000),
                missing: eur(760),
            },
            "not for this basket (its products must come to 20.00 EUR, 7.60 EUR is missing)",
        ),
        (
            Misfit::NoProduct,
            "not for this basket (none of its products is in the basket)",
        ),
        (
            Misfit::OnePerBasket,
            "not for this basket (only one of this kind in a basket)",
        ),
        (
            Misfit::Stacking {
                with: number("AAAA"),
            },
            "not for this basket (not together with coupon AAAA)",
        ),
        (
            Misfit::NothingLeft,
            "not for this basket (nothing is left to take it off)",
        ),
        (
            Misfit::OtherCurrency {
                currency: usd(0).currency(),
            },
            "not for this basket (it is for sales in USD)",
        ),
    ];
    let at_risk = Proof::Risk {
        bundle: 17,
        cap: 5,
        taken: RiskTaken {
            uses: 2,
            amount: eur(200),
        },
        coupon: None,
    };
    let mut all = vec![
        (valid_here(), "valid", "valid (proved: bound to this store)"),
        (Verdict::Used(used), "used", "used (S1, 2026-11-22 14:02)"),
        (
            Verdict::Expired {
                on: date(2026, 10, 31),
            },
            "expired",
            "expired (on 2026-10-31)",
        ),
        (
            Verdict::NotYet {
                from: date(2026, 12, 1),
            },
            "not_yet",
            "not yet (from 2026-12-01)",
        ),
        (
            Verdict::OtherStore { store: store("S2") },
            "other_store",
            "other store (S2)",
        ),
        (
            Verdict::OtherTill {
                terminal: terminal(2),
            },
            "other_till",
            "other till",
        ),
        (
            Verdict::Valid { proof: at_risk },
            "valid",
            "valid (provisional: risk, 2 of 5 at this till, rules v17)",
        ),
        (
            Verdict::NoneLeft {
                why: NoShare::AtRisk,
            },
            "none_left",
            "none left at this till (it took what it may by itself; it gets more when it reaches head office)",
        ),
        (Verdict::Revoked, "revoked", "revoked"),
        (Verdict::Unknown, "unknown", "unknown"),
    ];
    all.extend(misfits.map(|(reason, words)| (misfit(reason), "not_for_this", words)));
    all
}

#[test]
fn each_verdict_has_its_words_and_its_code() {
    let zone = TimeZone::fixed(Offset::constant(1));
    for (verdict, code, words) in all() {
        assert_eq!(verdict.words(&zone), words);
        assert_eq!(verdict.code(), code);
        assert_eq!(serde_json::to_value(&verdict).unwrap()["kind"], code);
        assert_eq!(verdict.is_valid(), code == "valid");
    }
}

#[test]
fn the_minute_of_a_use_is_the_stores_own() {
    let (used, ..) = all().swap_remove(1);
    let words = |hours| used.words(&TimeZone::fixed(Offset::constant(hours)));
    assert_eq!(words(0), "used (S1, 2026-11-22 13:02)");
    assert_eq!(words(12), "used (S1, 2026-11-23 01:02)");
    assert_eq!(used.to_string(), "used (S1)", "without a zone, no time");
}

#[test]
fn a_moment_beyond_the_calendar_does_not_panic() {
    let (used, ..) = all().swap_remove(1);
    let Verdict::Used(used) = used else {
        panic!("not a use");
    };
    let at = Timestamp(i64::MAX);
    let verdict = Verdict::Used(CouponUsed { at, ..used });
    assert_eq!(verdict.words(&TimeZone::UTC), "used (S1, time unknown)");
}
