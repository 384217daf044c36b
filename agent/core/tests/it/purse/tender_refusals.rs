//! What ends a movement and what does not; what pays for a sale and what does not; cards themselves.

use super::*;

fn ends(state: &mut State, evidence: PurseEvidence) -> Result<Event, Refusal> {
    let refused = end(state, tx(1), EndEvidence::Plain(evidence));
    refused.inspect_err(readable)
}

/// A desk where movement 1 pays 3.00 for sale 1, its commit on the way.
fn paying() -> (State, PurseEvidence) {
    let mut state = desk();
    let command = pay(1, 1, 300);
    let answer = committed(&command);
    begun(&mut state, command);
    (state, answer)
}

#[test]
fn a_commits_answer_must_fit_its_intent() {
    let (good, answer) = paying();
    assert!(ends(&mut good.clone(), answer).is_ok());
    for (tmc, after) in [
        (3, 4_700),
        (5, 4_700),
        (4, 5_000),
        (4, 5_300),
        (u32::MAX, 4_700),
    ] {
        let (mut state, mut answer) = paying();
        let PurseEvidence::CommitAnswer {
            tmc: of, after: to, ..
        } = &mut answer
        else {
            panic!();
        };
        (*of, *to) = (tmc, after);
        let txid = tx(1);
        assert_eq!(
            ends(&mut state, answer),
            Err(Refusal::PurseContradiction { txid })
        );
        assert_eq!(stage(&state, 1), PurseStage::Open);
    }
}

#[test]
fn evidence_of_another_kind_ends_nothing() {
    let txid = tx(1);
    let seen = seen(5_000, 3, Some(900));
    let account = [
        PurseEvidence::AccountMoved { after: 1 },
        PurseEvidence::AccountRefused {
            why: "empty".to_owned(),
        },
    ];
    let judged = [
        PurseEvidence::Hq,
        PurseEvidence::CardAsked { seen, entry: None },
    ];
    for evidence in account.iter().cloned().chain(judged) {
        let (mut state, _) = paying();
        assert_eq!(
            ends(&mut state, evidence),
            Err(Refusal::PurseContradiction { txid })
        );
    }
    for (evidence, expected) in account
        .into_iter()
        .zip([PurseStage::Done, PurseStage::NotDone])
    {
        let mut state = desk();
        let mut command = pay(1, 1, 300);
        (command.kind, command.before) = (PurseKind::Account, None);
        begun(&mut state, command);
        ends(&mut state, evidence).unwrap();
        assert_eq!(stage(&state, 1), expected);
    }
}

/// Once it is unknown, nobody may say any more that the card never heard of it.
#[test]
fn never_sent_is_said_before_the_commit_only() {
    let why = "the card left".to_owned();
    let never = PurseEvidence::NeverSent { why };
    let (mut state, _) = paying();
    ends(&mut state.clone(), never.clone()).unwrap();
    leave_unknown(&mut state, 1).unwrap();
    let txid = tx(1);
    assert_eq!(
        ends(&mut state, never),
        Err(Refusal::PurseContradiction { txid })
    );
}

#[test]
fn what_is_settled_stays_settled() {
    let txid = tx(1);
    let (mut state, answer) = paying();
    ends(&mut state, answer.clone()).unwrap();
    let settled = Err(Refusal::PurseSettled { txid });
    assert_eq!(ends(&mut state, answer), settled);
    assert_eq!(
        end(&mut state, txid, EndEvidence::Hq(PurseEnd::NotDone)),
        settled
    );
    assert_eq!(leave_unknown(&mut state, 1), settled);
    assert_eq!(
        decide(&state, give_up(1), now()),
        settled.map(|event| vec![event])
    );
    assert_eq!(stage(&state, 1), PurseStage::Done);
    let nobody = end(&mut state, tx(2), EndEvidence::Hq(PurseEnd::Done)).unwrap_err();
    assert_eq!(nobody, Refusal::PursePaymentUnknown { txid: tx(2) });
    readable(&nobody);
}

#[test]
fn a_payment_is_given_up_when_it_is_unknown_and_for_a_reason() {
    let (mut state, _) = paying();
    let refused = |state: &State, command| {
        let refusal = decide(state, command, now()).unwrap_err();
        readable(&refusal);
        refusal
    };
    assert_eq!(refused(&state, give_up(1)), Refusal::PurseBusy);
    leave_unknown(&mut state, 1).unwrap();
    let txid = tx(1);
    assert_eq!(
        leave_unknown(&mut state, 1),
        Err(Refusal::PurseUnresolved { txid })
    );
    for (reason, expected) in [
        ("  ".to_owned(), Refusal::ReasonMissing),
        ("x".repeat(201), Refusal::ReasonTooLong),
    ] {
        let Command::GiveUpPurse(mut command) = give_up(1) else {
            panic!()
        };
        command.reason = reason;
        let refusal = decide(&state, Command::GiveUpPurse(command), now());
        assert_eq!(refusal, Err(expected));
    }
    carry_out(&mut state, give_up(1), now()).unwrap();
    assert_eq!(stage(&state, 1), PurseStage::GivenUp);
    assert_eq!(refused(&state, give_up(1)), Refusal::PurseSettled { txid });
    let mut top_up = desk();
    let tender = TenderKind::Cash;
    begun(&mut top_up, begin(1, PurseAction::TopUp { tender }, 100));
    leave_unknown(&mut top_up, 1).unwrap();
    assert_eq!(refused(&top_up, give_up(1)), Refusal::PurseNotAPayment);
}

#[test]
fn an_asked_card_may_not_know_or_may_contradict() {
    let txid = tx(1);
    let (mut state, _) = paying();
    leave_unknown(&mut state, 1).unwrap();
    let log = Vec::new();
    let mut asked = |seen| {
        let log = log.clone();
        let refused = end(&mut state, txid, EndEvidence::CardAsked { seen, log }).unwrap_err();
        readable(&refused);
        refused
    };
    assert_eq!(
        asked(seen(1, 9, Some(7))),
        Refusal::PurseStillUnknown { txid }
    );
    assert_eq!(
        asked(seen(1, 2, Some(7))),
        Refusal::PurseContradiction { txid }
    );
}

/// The entry that proves it goes with the evidence: its own, or the one in its place.
#[test]
fn what_the_card_showed_is_kept_with_the_entry_that_tells() {
    let with = |n, seq, after| CardLogEntry {
        seq,
        after,
        ..entry(n)
    };
    for (log, expected, end_expected) in [
        (
            vec![with(8, 5, 4_600), with(1, 4, 4_700)],
            Some(1),
            PurseEnd::Done,
        ),
        (
            vec![with(8, 5, 4_600), with(7, 4, 4_900)],
            Some(7),
            PurseEnd::NotDone,
        ),
    ] {
        let (mut state, _) = paying();
        leave_unknown(&mut state, 1).unwrap();
        let seen = seen(4_600, 5, Some(8));
        let evidence = EndEvidence::CardAsked { seen, log };
        let Event::PurseEnded(ended) = end(&mut state, tx(1), evidence).unwrap() else {
            panic!()
        };
        assert_eq!(ended.end, end_expected);
        let PurseEvidence::CardAsked { entry, .. } = ended.evidence else {
            panic!()
        };
        assert_eq!(entry.map(|entry| entry.txid), expected.map(tx));
    }
}

/// A sale of 10.00 of which movement 1 paid 3.00, and its checkout.
fn part_paid() -> (State, CheckOut) {
    let (mut state, answer) = paying();
    ends(&mut state, answer).unwrap();
    let mut sale = check_out(1, &[line("tea", 1, 1_000)], &[], 700);
    sale.tenders.push(Tender::purse(tx(1), eur(300)));
    (state, sale)
}

fn unpaid(plant: impl FnOnce(&mut State, &mut CheckOut)) -> Refusal {
    let (mut state, mut sale) = part_paid();
    sell(&mut state.clone(), sale.clone());
    plant(&mut state, &mut sale);
    let refusal = decide(&state, Command::CheckOut(sale), now()).unwrap_err();
    readable(&refusal);
    refusal
}

fn set_stage(state: &mut State, to: PurseStage) {
    state.purses.get_mut(&tx(1)).unwrap().stage = to;
}

#[test]
fn only_a_payment_that_was_made_for_the_sale_pays_for_it() {
    let tender = Refusal::PurseTender;
    for to in [PurseStage::NotDone, PurseStage::GivenUp, PurseStage::Owed] {
        assert_eq!(unpaid(|state, _| set_stage(state, to)), tender, "{to:?}");
    }
    let other_sale = unpaid(|state, _| {
        let paid = state.purses.get_mut(&tx(1)).unwrap();
        paid.intended.action = PurseAction::Pay { sale: sale_id(2) };
    });
    assert_eq!(other_sale, tender);
    let more = unpaid(|_, sale| {
        sale.tenders = vec![Tender::purse(tx(1), eur(1_000))];
    });
    assert_eq!(more, tender);
    let twice = unpaid(|_, sale| {
        sale.tenders = cash(400);
        sale.tenders.extend(vec![Tender::purse(tx(1), eur(300)); 2]);
    });
    assert_eq!(twice, tender);
    let unnamed = unpaid(|_, sale| sale.tenders[1].purse = None);
    assert_eq!(unnamed, tender);
    let cash_that_names_one = unpaid(|_, sale| sale.tenders[1].kind = TenderKind::Cash);
    assert_eq!(cash_that_names_one, tender);
    let unheard_of = unpaid(|_, sale| sale.tenders[1].purse = Some(tx(5)));
    assert_eq!(unheard_of, Refusal::PursePaymentUnknown { txid: tx(5) });
}

#[test]
fn nothing_is_completed_over_an_unknown_or_a_forgotten_payment() {
    let txid = tx(1);
    for to in [PurseStage::Open, PurseStage::Unknown] {
        let waits = unpaid(|state, sale| {
            set_stage(state, to);
            sale.tenders = cash(1_000);
        });
        assert_eq!(waits, Refusal::PurseUnresolved { txid }, "{to:?}");
    }
    let amount = eur(300);
    let forgotten = unpaid(|_, sale| sale.tenders = cash(1_000));
    assert_eq!(forgotten, Refusal::PursePaymentForgotten { amount });
    let given_up = |to| {
        let (mut state, mut sale) = part_paid();
        set_stage(&mut state, to);
        sale.tenders = cash(1_000);
        sell(&mut state, sale);
    };
    for to in [PurseStage::GivenUp, PurseStage::Owed, PurseStage::NotDone] {
        given_up(to);
    }
}

fn give_back(state: &mut State, n: u64, action: PurseAction, minor: i64) {
    let mut command = begin(n, action, minor);
    command.before = Some(seen(4_700, 4, Some(1)));
    done(state, command);
}

/// What was given back does not pay; what of it was not given back is not forgotten.
#[test]
fn a_payment_given_back_pays_no_more() {
    let (of, sale_1) = (tx(1), sale_id(1));
    let void = PurseAction::Void { of, sale: sale_1 };
    let back = unpaid(|state, _| give_back(state, 2, void.clone(), 300));
    assert_eq!(back, Refusal::PurseTender);
    let maybe_back = unpaid(|state, _| {
        let mut refund = begin(2, PurseAction::Refund { of }, 100);
        refund.before = Some(seen(4_700, 4, Some(1)));
        begun(state, refund);
        leave_unknown(state, 2).unwrap();
    });
    assert_eq!(maybe_back, Refusal::PurseTender);
    let (mut state, mut sale) = part_paid();
    give_back(&mut state, 2, void, 300);
    sale.tenders = cash(1_000);
    sell(&mut state, sale);
    let amount = eur(200);
    let part = unpaid(|state, sale| {
        give_back(state, 2, PurseAction::Refund { of }, 100);
        sale.tenders = cash(1_000);
    });
    assert_eq!(part, Refusal::PursePaymentForgotten { amount });
}

#[test]
fn a_sale_is_voided_after_its_cards_got_their_money_back() {
    let (mut state, sale) = part_paid();
    sell(&mut state, sale);
    let amount = eur(300);
    let early = decide(&state, Command::Void(void(1)), now()).unwrap_err();
    readable(&early);
    assert_eq!(early, Refusal::PurseNotReturned { amount });
    let (of, sale) = (tx(1), sale_id(1));
    let mut command = begin(2, PurseAction::Void { of, sale }, 300);
    command.before = Some(seen(4_700, 4, Some(1)));
    let answer = committed(&command);
    begun(&mut state, command);
    let waiting = decide(&state, Command::Void(void(1)), now());
    assert_eq!(waiting, Err(Refusal::PurseNotReturned { amount }));
    end(&mut state, tx(2), EndEvidence::Plain(answer)).unwrap();
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
}

#[test]
fn cards_are_issued_at_desks_and_not_blocked_or_in_their_own_stead() {
    let issue = || IssueCard {
        card: card_id(1),
        member: member_id(1),
        key_version: 1,
        expires: TODAY,
        replaces: Some(card_id(2)),
        cashier: person("anna"),
    };
    let refused = |plant: &dyn Fn(&mut State, &mut IssueCard)| {
        let (mut state, mut command) = (desk(), issue());
        decide(&state, Command::IssueCard(command.clone()), now()).unwrap();
        plant(&mut state, &mut command);
        let refusal = decide(&state, Command::IssueCard(command), now()).unwrap_err();
        readable(&refusal);
        refusal
    };
    assert_eq!(refused(&|state, _| state.purse = None), Refusal::NoPurse);
    let no_desk = refused(&|state, _| state.purse.as_mut().unwrap().desk.issue = false);
    assert_eq!(no_desk, Refusal::NoIssueDesk);
    let itself = refused(&|_, command| command.replaces = Some(card_id(1)));
    assert_eq!(itself, Refusal::CardReplacesItself);
    // It is blocked as the lost one it is, and still told what is wrong.
    let lost = refused(&|state, command| {
        command.replaces = Some(card_id(1));
        let blocked = &mut state.purse.as_mut().unwrap().blocked;
        blocked.insert(card_id(1), "It was reported lost.".to_owned());
    });
    assert_eq!(lost, Refusal::CardReplacesItself);
    let why = "It was reported lost.".to_owned();
    let blocked = refused(&|state, _| {
        let blocked = &mut state.purse.as_mut().unwrap().blocked;
        blocked.insert(card_id(1), why.clone());
    });
    assert_eq!(blocked, Refusal::PurseBlocked { why: why.clone() });
}

#[test]
fn a_till_frees_only_what_it_froze() {
    let free = |reason: &str| {
        Command::UnfreezeCard(UnfreezeCard {
            card: card_id(1),
            approved_by: person("boss"),
            reason: reason.to_owned(),
        })
    };
    let mut state = desk();
    let not_ours = decide(&state, free("a mistake"), now()).unwrap_err();
    readable(&not_ours);
    assert_eq!(not_ours, Refusal::CardNotFrozen);
    state.purse.as_mut().unwrap().frozen.insert(card_id(1));
    assert!(decide(&state, free("a mistake"), now()).is_ok());
    assert_eq!(
        decide(&state, free(" "), now()),
        Err(Refusal::ReasonMissing)
    );
    let freeze = |why: &str| {
        let (card, why, by) = (card_id(1), why.to_owned(), None);
        decide(
            &state,
            Command::FreezeCard(FreezeCard { card, why, by }),
            now(),
        )
    };
    assert!(freeze("It contradicts the journal.").is_ok());
    assert_eq!(freeze(""), Err(Refusal::ReasonMissing));
}

#[test]
fn a_sighting_keeps_so_much_of_a_log() {
    let (log, seen) = (vec![entry(1); CARD_LOG_LIMIT + 5], seen(1, 9, Some(1)));
    let card = card_id(1);
    let kept = decide(&desk(), Command::SightPurse { card, seen, log }, now()).unwrap();
    let [Event::PurseSighted(sighted)] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(sighted.log.len(), CARD_LOG_LIMIT);
}

pub fn entry(n: u64) -> CardLogEntry {
    CardLogEntry {
        txid: tx(n),
        kind: 1,
        amount: 300,
        after: 4_700,
        seq: 4,
        terminal: TerminalMark::of(terminal(1)),
        time: 1_795_352_520,
    }
}
