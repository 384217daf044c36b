//! A plan with a risk cap: any till takes its numbers, so many before HQ confirms what it took.

use crate::fixtures::*;
use proptest::prelude::*;
use tillside_core::authority::*;
use tillside_core::*;

fn capped(uses: u64, amount: Option<Money>) -> CouponPlan {
    let past = Uncovered::Refuse;
    CouponPlan {
        proof: ProofKind::RiskCap(RiskCap { uses, amount, past }),
        ..plan("RISK", off(100))
    }
}

/// A till with these numbers of the plan on its list.
fn till(plan: CouponPlan, texts: &[&str]) -> State {
    let mut state = state(&[], &[plan]);
    for text in texts {
        list(&mut state, text);
    }
    state
}

fn list(state: &mut State, text: &str) {
    let plan = PlanId::new("RISK").unwrap();
    assign(state, text, Assignment::Anywhere { plan });
}

/// What HQ does when it has everything that this till recorded.
fn confirm(state: &mut State) {
    state.risk.clear();
}

fn bread() -> Vec<Line> {
    vec![line("bread", 1, 1_000)]
}

fn at_risk(uses: u64, cap: u64) -> Verdict {
    let taken = RiskTaken {
        uses,
        amount: eur(100 * i64::try_from(uses).unwrap()),
    };
    let proof = Proof::Risk {
        bundle: 17,
        cap,
        taken,
        coupon: None,
    };
    Verdict::Valid { proof }
}

const MET: Verdict = Verdict::NoneLeft {
    why: NoShare::AtRisk,
};

fn refused(state: &mut State, command: CheckOut) -> Verdict {
    match carry_out(state, Command::CheckOut(command), now()) {
        Err(Refusal::Coupon { verdict, .. }) => verdict,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn numbers_are_taken_up_to_the_cap_and_again_once_hq_has_confirmed_them() {
    let mut state = till(capped(2, None), &["AAAA", "BBBB", "CCCC", "DDDD"]);
    let first = sell(&mut state, check_out(1, &bread(), &["AAAA"], 900));
    let text = serde_json::to_string(&first.coupons[0].proof).unwrap();
    let read: Proof = serde_json::from_str(&text).unwrap();
    assert_eq!(Verdict::Valid { proof: read }, at_risk(1, 2));
    let second = sell(&mut state, check_out(2, &bread(), &["BBBB"], 900));
    let proof = second.coupons[0].proof.clone();
    assert_eq!(Verdict::Valid { proof }, at_risk(2, 2));
    assert_eq!(
        refused(&mut state, check_out(3, &bread(), &["CCCC"], 900)),
        MET
    );
    confirm(&mut state);
    assert_eq!(verdicts(&state, &bread(), &["CCCC"]), [at_risk(1, 2)]);
    // What it took itself it never takes again, confirmed or not.
    let used = verdicts(&state, &bread(), &["AAAA"]).remove(0);
    assert!(matches!(used, Verdict::Used(used) if used.sale == sale_id(1)));
}

#[test]
fn several_in_one_basket_count_together() {
    let mut state = till(capped(3, None), &["AAAA", "BBBB", "CCCC"]);
    sell(&mut state, check_out(1, &bread(), &["AAAA"], 900));
    list(&mut state, "DDDD");
    assert_eq!(
        verdicts(&state, &bread(), &["BBBB", "CCCC", "DDDD"]),
        [at_risk(2, 3), at_risk(3, 3), MET]
    );
    let both = sell(&mut state, check_out(2, &bread(), &["BBBB", "CCCC"], 800));
    assert_eq!(both.coupons.len(), 2);
    assert_eq!(verdicts(&state, &bread(), &["DDDD"]), [MET]);
}

#[test]
fn what_they_take_off_counts_as_it_was_taken_off() {
    let mut state = till(capped(9, Some(eur(150))), &["AAAA", "BBBB", "CCCC"]);
    sell(&mut state, check_out(1, &bread(), &["AAAA"], 900));
    assert_eq!(verdicts(&state, &bread(), &["BBBB"]), [MET]);
    // Of a roll for 50 cents it takes 50.
    let roll = [line("roll", 1, 50)];
    sell(&mut state, check_out(2, &roll, &["BBBB"], 0));
    assert_eq!(verdicts(&state, &roll, &["CCCC"]), [MET]);
}

#[test]
fn a_void_gives_back_what_hq_has_not_confirmed_and_only_that() {
    let mut state = till(capped(1, None), &["AAAA", "BBBB", "CCCC"]);
    sell(&mut state, check_out(1, &bread(), &["AAAA"], 900));
    assert_eq!(verdicts(&state, &bread(), &["BBBB"]), [MET]);
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_eq!(verdicts(&state, &bread(), &["AAAA"]), [at_risk(1, 1)]);
    sell(&mut state, check_out(2, &bread(), &["BBBB"], 900));
    confirm(&mut state);
    sell(&mut state, check_out(3, &bread(), &["CCCC"], 900));
    // The void of a sale that HQ has does not make room for another.
    carry_out(&mut state, Command::Void(void(2)), now()).unwrap();
    assert_eq!(verdicts(&state, &bread(), &["BBBB"]), [MET]);
}

#[test]
fn only_numbers_on_the_list_that_nobody_used_are_taken() {
    let mut state = till(capped(9, None), &["AAAA", "BBBB"]);
    let elsewhere = CouponUsed {
        at: now().at,
        store: store("S2"),
        terminal: terminal(2),
        sale: sale_id(9),
    };
    let there = state.coupons.get_mut(&number("BBBB")).unwrap();
    there.used = Some(elsewhere.clone());
    assign(&mut state, "CCCC", Assignment::Revoked);
    // A number that HQ gave to this store is none of such a plan's, whatever the list says.
    hold(&mut state, "DDDD", "RISK");
    assert_eq!(
        verdicts(&state, &bread(), &["AAAA", "BBBB", "CCCC", "DDDD", "EEEE"]),
        [
            at_risk(1, 9),
            Verdict::Used(elsewhere),
            Verdict::Revoked,
            Verdict::Unknown,
            Verdict::Unknown,
        ]
    );
    // And the other way round: a plan of store-bound numbers has none for everybody.
    let bound = CouponPlan {
        proof: ProofKind::StoreBound,
        ..capped(1, None)
    };
    let state = till(bound, &["AAAA"]);
    assert_eq!(verdicts(&state, &bread(), &["AAAA"]), [Verdict::Unknown]);
}

#[test]
fn amounts_of_another_currency_are_never_within() {
    let mut state = till(capped(9, None), &["AAAA"]);
    let dollars = RiskUse {
        sale: sale_id(9),
        amount: usd(1),
    };
    let plan = PlanId::new("RISK").unwrap();
    state.risk.insert(plan, vec![dollars]);
    assert_eq!(verdicts(&state, &bread(), &["AAAA"]), [MET]);
}

#[test]
fn a_sale_that_was_fixed_is_counted_when_it_is_completed() {
    let mut state = till(capped(3, None), &["AAAA", "BBBB", "CCCC", "DDDD"]);
    let command = check_out(1, &bread(), &["AAAA", "BBBB"], 800);
    let fixed = fix_sale(&state, command, now()).unwrap();
    sell(&mut state, check_out(2, &bread(), &["CCCC"], 900));
    let complete = |fixed: &SaleCompleted| {
        Command::CompleteFixed(Box::new(CompleteFixed {
            fixed: fixed.clone(),
            tenders: cash(800),
        }))
    };
    let mut met = state.clone();
    sell(&mut met, check_out(3, &bread(), &["DDDD"], 900));
    let refusal = decide(&met, complete(&fixed), now()).unwrap_err();
    assert!(
        matches!(refusal, Refusal::Coupon { number: which, verdict } if which == number("BBBB") && verdict == MET)
    );
    let event = carry_out(&mut state, complete(&fixed), now()).unwrap();
    let Event::SaleCompleted(sale) = event else {
        panic!("a sale")
    };
    let proofs = sale.coupons.iter().map(|one| one.proof.clone());
    let verdicts: Vec<Verdict> = proofs.map(|proof| Verdict::Valid { proof }).collect();
    assert_eq!(verdicts, [at_risk(2, 3), at_risk(3, 3)]);
}

#[test]
fn a_cap_that_is_none_is_refused_with_its_plan() {
    let said = |change: fn(&mut CouponPlan, &mut RiskCap)| {
        let mut plan = capped(1, None);
        let mut cap = *plan.risk_cap().unwrap();
        change(&mut plan, &mut cap);
        plan.proof = ProofKind::RiskCap(cap);
        let error = RuleBook::compile(17, &document(&[], &[plan])).unwrap_err();
        error.to_string()
    };
    let past =
        "coupon plan RISK: past the risk cap tills can only refuse yet: give \"past\": \"refuse\"";
    assert_eq!(said(|_, cap| cap.past = Uncovered::Manager), past);
    assert_eq!(said(|_, cap| cap.past = Uncovered::AskHq), past);
    assert_eq!(
        said(|_, cap| cap.uses = 0),
        "coupon plan RISK: the risk cap is 0 uses: give 1 to 1000"
    );
    assert_eq!(
        said(|_, cap| cap.uses = RISK_USES_LIMIT + 1),
        "coupon plan RISK: the risk cap is 1001 uses: give 1 to 1000"
    );
    assert_eq!(
        said(|_, cap| cap.amount = Some(eur(0))),
        "coupon plan RISK: the risk cap's amount is 0.00 EUR: give an amount above zero"
    );
    assert_eq!(
        said(|_, cap| cap.amount = Some(usd(1))),
        "coupon plan RISK: the risk cap is in USD and the plan in EUR: use one currency"
    );
    let free = |plan: &mut CouponPlan, cap: &mut RiskCap| {
        plan.effect = CouponEffect::ItemFree;
        (plan.minimum_spend, cap.amount) = (Some(eur(500)), Some(usd(1)));
    };
    assert!(said(free).contains("use one currency"));
    let text = r#"{"risk_cap":{"uses":5,"past":"refuse"}}"#;
    let read: ProofKind = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn a_recorded_use_is_judged_again() {
    let state = till(capped(3, Some(eur(250))), &["AAAA", "BBBB"]);
    let command = check_out(1, &bread(), &["AAAA", "BBBB"], 800);
    let sale = sell(&mut state.clone(), command);
    assert_eq!(risk_bundles(&sale).into_iter().collect::<Vec<_>>(), [17]);
    assert_eq!(check_risks(&sale, &state.rules), Ok(()));
    let said = |index: usize, of: u64, count: u64, minor: i64| {
        let mut sale = sale.clone();
        let amount = eur(minor);
        sale.coupons[index].proof = Proof::Risk {
            bundle: 17,
            cap: of,
            taken: RiskTaken {
                uses: count,
                amount,
            },
            coupon: None,
        };
        let fault = check_risks(&sale, &state.rules).unwrap_err();
        fault.to_string()
    };
    let other =
        "coupon AAAA was taken at the till's risk up to 4 uses, which plan RISK did not allow";
    assert_eq!(said(0, 4, 1, 100), other);
    let past = "coupon BBBB was taken past the risk cap of plan RISK";
    assert_eq!(said(1, 3, 4, 200), past);
    assert_eq!(said(1, 3, 2, 251), past);
    let uncounted = |number: &str| {
        format!("coupon {number} was not counted to the risk of plan RISK as its sale gave it")
    };
    for (index, count, minor, number) in [
        (0, 0, 100, "AAAA"),
        (0, 1, 99, "AAAA"),
        (0, 2, 100, "AAAA"),
        (1, 1, 100, "BBBB"),
        (1, 2, 201, "BBBB"),
    ] {
        assert_eq!(said(index, 3, count, minor), uncounted(number));
    }
    // By other rules, which it does not name, nothing is said of it.
    let other = RuleBook::compile(18, &document(&[], &[])).unwrap();
    assert_eq!(check_risks(&sale, &other), Ok(()));
    let emptied = RuleBook::compile(17, &document(&[], &[])).unwrap();
    assert!(check_risks(&sale, &emptied).is_err());
}

/// One thing that happens at a till.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A sale of so many cents, with so many new numbers.
    Sell { cents: i64, coupons: usize },
    /// The void of one of the sales.
    Void(usize),
    /// HQ confirms the sales up to one of them.
    Confirm(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sell = (1..400_i64, 1..4_usize).prop_map(|(cents, coupons)| Step::Sell { cents, coupons });
    let step = prop_oneof![
        4 => sell,
        1 => (0..40_usize).prop_map(Step::Void),
        1 => (0..40_usize).prop_map(Step::Confirm),
    ];
    prop::collection::vec(step, 1..40)
}

/// What a naive clerk writes down of one sale.
struct Noted {
    gave: Vec<i64>,
    counts: bool,
    voided: bool,
}

proptest! {
    #[test]
    fn the_till_takes_what_a_clerk_who_counts_on_paper_would(
        uses in 1..6_u64, most in prop::option::of(1..500_i64), steps in steps()
    ) {
        let mut state = till(capped(uses, most.map(eur)), &[]);
        let mut paper: Vec<Noted> = Vec::new();
        let mut next = 0;
        for step in steps {
            match step {
                Step::Sell { cents, coupons } => {
                    let texts: Vec<String> = (0..coupons).map(|n| format!("N{:04}", next + n)).collect();
                    next += coupons;
                    texts.iter().for_each(|text| list(&mut state, text));
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    let given = |noted: &&Noted| noted.counts && !noted.voided;
                    let before = paper.iter().filter(given).flat_map(|noted| &noted.gave);
                    let (mut count, mut sum, mut left) = (0, 0, cents);
                    for minor in before {
                        (count, sum) = (count + 1, sum + minor);
                    }
                    let mut gave = Vec::new();
                    for _ in 0..coupons {
                        let off = left.min(100);
                        let fits = off > 0 && count < uses && most.is_none_or(|most| sum + off <= most);
                        if fits {
                            (count, sum, left) = (count + 1, sum + off, left - off);
                            gave.push(off);
                        }
                    }
                    let lines = [line("bread", 1, cents)];
                    let said: Vec<bool> = verdicts(&state, &lines, &texts).iter().map(Verdict::is_valid).collect();
                    prop_assert_eq!(said.iter().filter(|valid| **valid).count(), gave.len());
                    let valid = texts.into_iter().zip(said).filter(|(_, valid)| *valid);
                    let valid: Vec<&str> = valid.map(|(text, _)| text).collect();
                    sell(&mut state, check_out(paper.len() as u128, &lines, &valid, left));
                    paper.push(Noted { gave, counts: true, voided: false });
                }
                Step::Void(index) => {
                    let known = paper.len();
                    let Some(noted) = paper.get_mut(index % known.max(1)) else { continue };
                    let command = Command::Void(void((index % known) as u128));
                    prop_assert_eq!(carry_out(&mut state, command, now()).is_ok(), !noted.voided);
                    noted.voided = true;
                }
                Step::Confirm(index) => {
                    let confirmed = paper.iter_mut().take(index % 41);
                    for (number, noted) in confirmed.enumerate() {
                        noted.counts = false;
                        let sale = sale_id(number as u128);
                        state.risk.values_mut().for_each(|uses| uses.retain(|one| one.sale != sale));
                    }
                }
            }
        }
    }
}
