//! Every refusal of a movement, by planting what it guards against into one that is good.

use super::*;
use jiff::civil::date;

/// Refuses `good` in a `desk` after `plant`; unplanted it is accepted.
fn planted(good: BeginPurse, plant: impl FnOnce(&mut State, &mut BeginPurse)) -> Refusal {
    let mut state = desk();
    let mut command = good;
    let before = Command::BeginPurse(Box::new(command.clone()));
    decide(&state, before, now()).unwrap();
    plant(&mut state, &mut command);
    refusal(&state, command)
}

fn top_up(n: u64, minor: i64) -> BeginPurse {
    let tender = TenderKind::Cash;
    begin(n, PurseAction::TopUp { tender }, minor)
}

#[test]
fn without_e_money_nothing_begins() {
    let refused = planted(pay(1, 1, 100), |state, _| state.purse = None);
    assert_eq!(refused, Refusal::NoPurse);
    let nobody = Command::FreezeCard(FreezeCard {
        card: card_id(1),
        why: "It was cut.".to_owned(),
        by: None,
    });
    let state = state(&[], &[]);
    assert_eq!(decide(&state, nobody, now()), Err(Refusal::NoPurse));
}

#[test]
fn a_txid_is_used_once() {
    let txid = tx(1);
    let again = planted(pay(1, 1, 100), |state, _| done(state, pay(1, 2, 100)));
    assert_eq!(again, Refusal::PurseTxUsed { txid });
    let on_card = planted(pay(1, 1, 100), |_, command| {
        command.before = Some(seen(5_000, 3, Some(1)));
    });
    assert_eq!(on_card, Refusal::PurseTxUsed { txid });
}

#[test]
fn amounts_are_positive_and_in_the_purses_currency() {
    let (expected, found) = (Currency::EUR, usd(1).currency());
    let other = planted(pay(1, 1, 100), |_, command| command.amount = usd(100));
    assert_eq!(other, Refusal::PurseCurrency { expected, found });
    for amount in [eur(0), eur(-1)] {
        let odd = planted(pay(1, 1, 100), |_, command| command.amount = amount);
        assert_eq!(odd, Refusal::TenderNotPositive { amount });
    }
}

#[test]
fn a_blocked_card_is_refused_with_the_reason() {
    let why = "It was reported lost.".to_owned();
    let refused = planted(pay(1, 1, 100), |state, command| {
        let blocked = &mut state.purse.as_mut().unwrap().blocked;
        blocked.insert(command.card.clone(), why.clone());
    });
    assert_eq!(refused, Refusal::PurseBlocked { why });
    assert_eq!(
        refused.to_string(),
        "This card may not be used: It was reported lost. Ask for another card or another payment."
    );
}

/// Neither with the same card nor, with another, for the same sale: both may have paid.
#[test]
fn nothing_begins_beside_what_nobody_knows() {
    let txid = tx(7);
    let unresolved = Refusal::PurseUnresolved { txid };
    for left_unknown in [false, true] {
        let beside = |state: &mut State| {
            begun(state, pay(7, 1, 200));
            if left_unknown {
                leave_unknown(state, 7).unwrap();
            }
        };
        let same_card = planted(pay(1, 2, 100), |state, _| beside(state));
        assert_eq!(same_card, unresolved);
        let same_sale = planted(pay(1, 1, 100), |state, command| {
            beside(state);
            command.card = card_id(2);
        });
        assert_eq!(same_sale, unresolved);
    }
    let mut state = desk();
    begun(&mut state, pay(7, 1, 200));
    let mut other = pay(1, 2, 100);
    other.card = card_id(2);
    begun(&mut state, other);
    leave_unknown(&mut state, 7).unwrap();
    carry_out(&mut state, give_up(7), now()).unwrap();
    let mut other = pay(2, 1, 100);
    other.card = card_id(3);
    begun(&mut state, other);
}

#[test]
fn the_card_is_needed_for_its_own_purse_and_a_member_for_an_account() {
    let no_card = planted(pay(1, 1, 100), |_, command| command.before = None);
    assert_eq!(no_card, Refusal::PurseCardNeeded);
    let account = planted(pay(1, 1, 100), |_, command| {
        command.kind = PurseKind::Account;
    });
    assert_eq!(
        account,
        Refusal::PurseCardNeeded,
        "an account has no card's balance"
    );
    let nobody = planted(pay(1, 1, 100), |_, command| {
        (command.kind, command.before) = (PurseKind::Account, None);
        command.member = None;
    });
    assert_eq!(nobody, Refusal::PurseMemberNeeded);
}

#[test]
fn money_is_put_on_at_desks_only() {
    let away = |state: &mut State| state.purse.as_mut().unwrap().desk = DeskRights::default();
    let top_up_away = planted(top_up(1, 100), |state, _| away(state));
    assert_eq!(top_up_away, Refusal::PurseNoDesk);
    let mut state = desk();
    done(&mut state, pay(9, 1, 300));
    away(&mut state);
    let after = Some(seen(4_700, 4, Some(9)));
    let mut refund = begin(2, PurseAction::Refund { of: tx(9) }, 300);
    refund.before = after.clone();
    assert_eq!(refusal(&state, refund), Refusal::PurseNoDesk);
    let from = card_id(8);
    let restore = begin(3, PurseAction::Restore { from }, 300);
    assert_eq!(refusal(&state, restore), Refusal::PurseNoDesk);
    let (of, sale) = (tx(9), sale_id(1));
    let mut void = begin(4, PurseAction::Void { of, sale }, 300);
    void.before = after;
    begun(&mut state, void);
}

#[test]
fn a_top_up_is_not_paid_with_e_money() {
    let circular = planted(top_up(1, 100), |_, command| {
        let tender = TenderKind::Purse;
        command.action = PurseAction::TopUp { tender };
    });
    assert_eq!(circular, Refusal::PurseTopUpTender);
}

#[test]
fn a_purse_is_neither_overdrawn_nor_overfilled() {
    let balance = eur(5_000);
    let low = planted(pay(1, 1, 5_000), |_, command| command.amount = eur(5_001));
    assert_eq!(low, Refusal::PurseTooLow { balance });
    let cap = scheme().cap;
    let full = planted(top_up(1, 10_000), |_, command| command.amount = eur(10_001));
    assert_eq!(full, Refusal::PurseFull { balance, cap });
    let huge = planted(top_up(1, 1), |_, command| command.amount = eur(MONEY_LIMIT));
    assert_eq!(huge, Refusal::AmountTooLarge);
}

/// A counter that went back, or another balance under the same count, is not the card that was here.
#[test]
fn a_card_that_was_played_back_is_refused() {
    let know = |state: &mut State, seen: CardSeen| {
        let known = &mut state.purse.as_mut().unwrap().known;
        known.insert(card_id(1), seen);
    };
    for (known, last) in [
        (seen(5_000, 4, Some(33)), 33),
        (seen(5_001, 3, Some(900)), 900),
        (seen(5_000, 3, Some(44)), 44),
    ] {
        let back = planted(pay(1, 1, 100), |state, _| know(state, known));
        assert_eq!(back, Refusal::PurseContradiction { txid: tx(last) });
    }
    for known in [
        seen(5_000, 3, Some(900)),
        seen(1, 2, Some(44)),
        seen(1, 0, None),
    ] {
        let mut state = desk();
        know(&mut state, known);
        begun(&mut state, pay(1, 1, 100));
    }
}

#[test]
fn a_completed_sale_is_not_paid_again() {
    let refused = planted(pay(1, 1, 100), |state, _| {
        sell(state, check_out(1, &[line("tea", 1, 100)], &[], 100));
    });
    assert_eq!(refused, Refusal::AlreadyCompleted { sale: sale_id(1) });
}

/// A desk where movement 9 paid 3.00 for sale 1, and its void.
fn paid() -> (State, BeginPurse) {
    let mut state = desk();
    done(&mut state, pay(9, 1, 300));
    let (of, sale) = (tx(9), sale_id(1));
    let mut void = begin(1, PurseAction::Void { of, sale }, 300);
    void.before = Some(seen(4_700, 4, Some(9)));
    (state, void)
}

#[test]
fn only_what_was_paid_with_this_card_is_given_back() {
    let txid = tx(9);
    let unknown = Refusal::PursePaymentUnknown { txid };
    type Plant = fn(&mut State, &mut BeginPurse);
    let plants: [(&str, Plant); 7] = [
        ("no payment", |state, _| state.purses.clear()),
        ("another card", |_, void| void.card = card_id(2)),
        ("another sale", |_, void| {
            let (of, sale) = (tx(9), sale_id(2));
            void.action = PurseAction::Void { of, sale };
        }),
        ("less than all", |_, void| void.amount = eur(299)),
        ("an account", |_, void| {
            (void.kind, void.before) = (PurseKind::Account, None);
        }),
        ("not done", |state, _| {
            state.purses.get_mut(&tx(9)).unwrap().stage = PurseStage::NotDone;
        }),
        ("no payment but a top-up", |state, _| {
            let tender = TenderKind::Cash;
            let paid = state.purses.get_mut(&tx(9)).unwrap();
            paid.intended.action = PurseAction::TopUp { tender };
        }),
    ];
    for (what, plant) in plants {
        let (mut state, mut void) = paid();
        begun(&mut state.clone(), void.clone());
        plant(&mut state, &mut void);
        assert_eq!(refusal(&state, void), unknown, "{what}");
    }
}

#[test]
fn a_void_is_of_its_own_day_and_a_refund_of_any() {
    let (state, void) = paid();
    let tomorrow = on(date(2026, 11, 23));
    let late = decide(
        &state,
        Command::BeginPurse(Box::new(void.clone())),
        tomorrow,
    );
    assert_eq!(late, Err(Refusal::NotSameDay { sold: TODAY }));
    let mut refund = void;
    refund.action = PurseAction::Refund { of: tx(9) };
    decide(&state, Command::BeginPurse(Box::new(refund)), tomorrow).unwrap();
}

#[test]
fn a_payment_is_given_back_once() {
    let (mut state, mut void) = paid();
    let (mut part, mut rest) = (void.clone(), void.clone());
    part.action = PurseAction::Refund { of: tx(9) };
    part.amount = eur(100);
    done(&mut state, part);
    (void.txid, void.before) = (tx(3), Some(seen(4_800, 5, Some(1))));
    assert_eq!(refusal(&state, void), Refusal::PurseTakenBack);
    (rest.txid, rest.action) = (tx(2), PurseAction::Refund { of: tx(9) });
    rest.before = Some(seen(4_800, 5, Some(1)));
    rest.amount = eur(201);
    assert_eq!(refusal(&state, rest.clone()), Refusal::PurseTakenBack);
    rest.amount = eur(200);
    done(&mut state, rest);
}

#[test]
fn a_balance_is_carried_over_once_in_time_to_the_right_card() {
    let (from, to, amount) = (card_id(8), card_id(1), eur(700));
    let from_day = TODAY;
    let over = CarryOver {
        from: from.clone(),
        to,
        amount,
        from_day,
    };
    let restore = begin(1, PurseAction::Restore { from: from.clone() }, 700);
    let mut good = desk();
    good.purse.as_mut().unwrap().carry_overs.push(over);
    let refused = |plant: &dyn Fn(&mut PurseTerms, &mut BeginPurse)| {
        let (mut state, mut command) = (good.clone(), restore.clone());
        plant(state.purse.as_mut().unwrap(), &mut command);
        refusal(&state, command)
    };
    let none = Refusal::PurseNoCarryOver;
    assert_eq!(refused(&|terms, _| terms.carry_overs.clear()), none);
    assert_eq!(refused(&|_, command| command.card = card_id(2)), none);
    assert_eq!(refused(&|_, command| command.amount = eur(701)), none);
    let day = date(2026, 11, 23);
    let waits = refused(&|terms, _| terms.carry_overs[0].from_day = day);
    assert_eq!(waits, Refusal::PurseCarryOverWaits { day });
    assert_eq!(
        refused(&|terms, _| terms.restores = false),
        Refusal::PurseOtherTill
    );
    let mut state = good.clone();
    done(&mut state, restore.clone());
    let mut again = restore;
    again.txid = tx(2);
    again.before = Some(seen(5_700, 4, Some(1)));
    assert_eq!(refusal(&state, again), Refusal::PurseTakenBack);
}
