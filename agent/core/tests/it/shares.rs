//! A code with a quota: given out of this till's share, refused past it, given back by a void.

use crate::fixtures::*;
use proptest::prelude::*;
use tillside_core::authority::*;
use tillside_core::*;
use uuid::Uuid;

const SECRET: [u8; 32] = [7; 32];

fn campaign() -> CouponPlan {
    let (code, quota) = (number("FIRST500"), 500);
    CouponPlan {
        proof: ProofKind::Lease { code, quota },
        ..plan("FIRST", off(100))
    }
}

fn after(minutes: i64) -> Now {
    let at = Timestamp(now().at.0 + minutes * 60_000);
    Now { at, ..now() }
}

/// HQ's share of `amount` for till 1, good for an hour.
fn share(serial: u64, amount: u64) -> Allowance {
    let terms = Terms {
        id: AllowanceId::new(Uuid::from_u128(serial.into())),
        holder: terminal(1),
        epoch: 1,
        serial,
        subject: quota_of(&campaign().plan).unwrap(),
        amount,
        not_before: now().at,
        expires_at: after(60).at,
        clock_bound_s: 0,
        policy: AllowancePolicy {
            renew_below_bp: 5_000,
            renew_before_s: 600,
            uncovered: Uncovered::AskHq,
        },
    };
    Allowance::open(
        &terms.seal(&SECRET).unwrap(),
        &[CodeKey::of_secret(&SECRET)],
    )
    .unwrap()
}

/// Decides and applies.
fn do_it(state: &mut State, command: Command, now: Now) -> Result<Vec<Event>, Refusal> {
    let events = decide(state, command, now)?;
    for event in &events {
        let text = serde_json::to_string(event).unwrap();
        let read: Event = serde_json::from_str(&text).unwrap();
        assert_eq!(&read, event);
        apply(state, &read);
    }
    Ok(events)
}

fn change(state: &mut State, change: AllowanceChange, now: Now) -> Result<Vec<Event>, Refusal> {
    do_it(state, Command::ChangeAllowances(change), now)
}

fn with_share(amount: u64) -> State {
    let mut state = state(&[], &[campaign()]);
    change(
        &mut state,
        AllowanceChange::Take(Box::new(share(1, amount))),
        now(),
    )
    .unwrap();
    state
}

fn sell(state: &mut State, n: u128, now: Now) -> Result<Vec<Event>, Refusal> {
    let check_out = check_out(n);
    do_it(state, Command::CheckOut(check_out), now)
}

fn check_out(n: u128) -> CheckOut {
    CheckOut {
        sale: sale_id(n),
        lane: LaneId::new("1").unwrap(),
        cashier: person("anna"),
        basket: basket(&[line("bread", 1, 300)]),
        customer: None,
        coupons: numbers(&["FIRST500"]),
        points: None,
        tenders: cash(200),
    }
}

fn void(state: &mut State, n: u128, now: Now) -> Result<Vec<Event>, Refusal> {
    let void = Void {
        sale: sale_id(n),
        cashier: person("anna"),
        approved_by: person("max"),
        reason: "wrong".to_owned(),
    };
    do_it(state, Command::Void(void), now)
}

fn left(state: &State, now: Now) -> u64 {
    state
        .holder
        .left(&quota_of(&campaign().plan).unwrap(), now.at)
}

fn refused(why: NoShare) -> Result<Vec<Event>, Refusal> {
    Err(Refusal::Coupon {
        number: number("FIRST500"),
        verdict: Verdict::NoneLeft { why },
    })
}

#[test]
fn a_code_is_given_out_of_the_share_and_each_sale_names_what_it_spent() {
    let mut state = with_share(2);
    let events = sell(&mut state, 1, now()).unwrap();
    let [Event::SaleCompleted(sale)] = &events[..] else {
        panic!("{events:?}")
    };
    let allowance = AllowanceId::new(Uuid::from_u128(1));
    let parts = vec![Part {
        allowance,
        amount: 1,
    }];
    assert_eq!(sale.coupons[0].proof, Proof::Lease { parts });
    assert_eq!(left(&state, now()), 1);
    sell(&mut state, 2, now()).unwrap();
    assert_eq!(sell(&mut state, 3, now()), refused(NoShare::Out));
    assert_eq!(left(&state, now()), 0);
}

#[test]
fn a_till_without_a_share_gives_none_and_says_what_helps() {
    let state = state(&[], &[campaign()]);
    let verdicts = verdicts(&state, &[line("bread", 1, 300)], &["FIRST500"]);
    assert_eq!(verdicts, [Verdict::NoneLeft { why: NoShare::Out }]);
    assert_eq!(
        verdicts[0].to_string(),
        "none left at this till (it gets more when it reaches head office)"
    );
}

#[test]
fn a_share_ends_by_the_tills_own_clock() {
    let mut state = with_share(2);
    sell(&mut state, 1, after(59)).unwrap();
    let at = after(60).at;
    assert_eq!(
        sell(&mut state, 2, after(60)),
        refused(NoShare::Ended { at })
    );
    // A clock that is put back opens nothing that the till has seen end.
    change(&mut state, AllowanceChange::CloseEnded, after(60)).unwrap();
    assert!(sell(&mut state, 3, after(30)).is_err());
}

#[test]
fn the_same_code_twice_in_a_basket_is_one_too_many() {
    let state = with_share(2);
    let verdicts = verdicts(&state, &[line("bread", 1, 300)], &["FIRST500", "FIRST500"]);
    assert!(verdicts[0].is_valid());
    assert_eq!(verdicts[1], misfit(Misfit::OnePerBasket));
}

#[test]
fn a_void_gives_its_use_back_while_the_share_lasts_and_once() {
    let mut state = with_share(1);
    sell(&mut state, 1, now()).unwrap();
    let events = void(&mut state, 1, after(1)).unwrap();
    assert_eq!(left(&state, after(1)), 1);
    for event in &events {
        apply(&mut state, event);
    }
    assert_eq!(left(&state, after(1)), 1);
    sell(&mut state, 2, after(2)).unwrap();
    assert!(sell(&mut state, 3, after(2)).is_err());
}

#[test]
fn a_void_after_the_share_went_back_to_hq_frees_nothing() {
    let mut state = with_share(2);
    sell(&mut state, 1, now()).unwrap();
    let id = AllowanceId::new(Uuid::from_u128(1));
    change(&mut state, AllowanceChange::GiveBack(id), now()).unwrap();
    let events = void(&mut state, 1, after(1)).unwrap();
    let [Event::SaleVoided(void)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(void.coupons, numbers(&["FIRST500"]));
    assert_eq!(void.leased[0].released, []);
    assert_eq!(state.holder.held(id).unwrap().used, 1);
}

#[test]
fn a_sale_that_waited_for_its_card_takes_from_the_share_when_it_is_completed() {
    let mut state = with_share(1);
    let fixed = fix_sale(&state, check_out(1), now()).unwrap();
    sell(&mut state, 2, now()).unwrap();
    let complete = CompleteFixed {
        fixed,
        tenders: cash(200),
    };
    let late = do_it(
        &mut state,
        Command::CompleteFixed(Box::new(complete)),
        now(),
    );
    assert_eq!(late, refused(NoShare::Out));
}

#[test]
fn a_share_of_another_till_or_one_taken_before_is_refused() {
    let mut state = with_share(1);
    let again = AllowanceChange::Take(Box::new(share(1, 1)));
    let refusal = change(&mut state, again, now()).unwrap_err();
    assert_eq!(refusal.code(), "allowance_already_held");
    state.holder = Holder::new(terminal(2), 1);
    let theirs = AllowanceChange::Take(Box::new(share(2, 1)));
    let refusal = change(&mut state, theirs, now()).unwrap_err();
    assert_eq!(refusal.code(), "allowance_wrong_holder");
}

#[test]
fn an_issued_number_of_such_a_plan_is_unknown() {
    let mut state = with_share(1);
    hold(&mut state, "AAAA", "FIRST");
    let verdicts = verdicts(&state, &[line("bread", 1, 300)], &["AAAA"]);
    assert_eq!(verdicts, [Verdict::Unknown]);
}

#[test]
fn a_plan_with_a_quota_reads_as_documented_and_is_checked() {
    let text = serde_json::to_string(&campaign().proof).unwrap();
    assert_eq!(text, r#"{"lease":{"code":"FIRST500","quota":500}}"#);
    let unknown = r#"{"lease":{"code":"FIRST500","quota":500,"more":1}}"#;
    assert!(serde_json::from_str::<ProofKind>(unknown).is_err());
    let with_quota = |quota| {
        let code = number("FIRST500");
        let proof = ProofKind::Lease { code, quota };
        let plans = [CouponPlan {
            proof,
            ..campaign()
        }];
        RuleBook::compile(1, &document(&[], &plans))
    };
    for quota in [0, ALLOWANCE_AMOUNT_LIMIT + 1] {
        let fault = Fault::Quota { found: quota };
        let plan = campaign().plan;
        assert_eq!(with_quota(quota), Err(RuleError::Plan { plan, fault }));
    }
    assert!(with_quota(ALLOWANCE_AMOUNT_LIMIT).is_ok());
    let twin = CouponPlan {
        proof: campaign().proof,
        ..plan("TWIN", off(1))
    };
    let plan = twin.plan.clone();
    let code = number("FIRST500");
    assert_eq!(
        RuleBook::compile(1, &document(&[], &[campaign(), twin])),
        Err(RuleError::SharedCode { plan, code })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Sales, voids, new shares and returns in any order: uses that stand never exceed what HQ leased.
    #[test]
    fn uses_never_exceed_what_was_leased(steps in prop::collection::vec(0u8..6, 1..60)) {
        let mut state = state(&[], &[campaign()]);
        let (mut sold, mut standing, mut leased, mut serial) = (0u128, 0u64, 0u64, 0u64);
        for step in steps {
            match step {
                0 if serial < 5 => {
                    serial += 1;
                    let take = AllowanceChange::Take(Box::new(share(serial, 3)));
                    change(&mut state, take, now()).unwrap();
                    leased += 3;
                }
                1 if serial > 0 => {
                    let id = AllowanceId::new(Uuid::from_u128(serial.into()));
                    let before = left(&state, now());
                    change(&mut state, AllowanceChange::GiveBack(id), now()).unwrap();
                    leased -= before - left(&state, now());
                }
                2 if sold > 0 => standing -= u64::from(void(&mut state, sold, now()).is_ok()),
                _ => {
                    sold += 1;
                    standing += u64::from(sell(&mut state, sold, now()).is_ok());
                }
            }
            prop_assert!(standing + left(&state, now()) <= leased);
        }
    }
}
