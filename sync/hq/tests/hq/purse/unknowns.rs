//! What nobody knows, what HQ may conclude, and what can only be a case.

use super::card::ModelCard;
use super::*;
use tillside_hq::cases::CaseStore;

/// A card with 50.00 on it, and the tills of S1 and S2.
async fn begun() -> (Chain, Till, Till, ModelCard) {
    let chain = Chain::new().await;
    let (s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    s2.told(&chain).await;
    (chain, s1, s2, card)
}

#[tokio::test]
async fn a_sighting_at_the_count_it_began_at_settles_nothing() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    let torn = s1.intent(2, &card, pay(2), 100);
    s1.begin(&torn);
    s1.unknown(&torn);
    s1.told(&chain).await;
    // S2 saw the card before S1 tried, and tells of it afterwards.
    s2.sight(&card);
    s2.told(&chain).await;
    assert!(s1.settled(&chain).await.is_empty());
    card.commit(&torn, s1.journal.terminal);
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!(s1.settled(&chain).await, [(txid(2), PurseEnd::Done)]);
    assert_eq!(chain.on_card(&card), 4_900);
}

#[tokio::test]
async fn a_later_movement_anywhere_settles_it() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    let lost = s1.intent(2, &card, pay(2), 100);
    s1.begin(&lost);
    s1.told(&chain).await;
    s2.moves(3, &mut card, pay(3), 40);
    s2.told(&chain).await;
    assert_eq!(s1.settled(&chain).await, [(txid(2), PurseEnd::NotDone)]);
    assert_eq!(chain.on_card(&card), 4_960);

    // A card that names the movement before the last one: proven by its MAC, whatever the tills say.
    let torn = s1.intent(4, &card, pay(4), 10);
    s1.begin(&torn);
    card.commit(&torn, s1.journal.terminal);
    let mut next = s2.intent(5, &card, pay(5), 20);
    let evidence = card.commit(&next, s2.journal.terminal);
    // S2's intent does not say what the card's last was.
    next.before.as_mut().unwrap().last = None;
    s2.begin(&next);
    s2.end(&next, PurseEnd::Done, evidence);
    s2.told(&chain).await;
    s1.told(&chain).await;
    let settled = s1.settled(&chain).await;
    assert!(settled.contains(&(txid(4), PurseEnd::Done)), "{settled:?}");
    assert_eq!(chain.on_card(&card), 4_930);
    chain.holds().await;
}

#[tokio::test]
async fn what_stays_unknown_is_a_case_after_the_timeout_and_a_person_decides() {
    let (chain, mut s1, _, card) = begun().await;
    let torn = s1.intent(2, &card, pay(2), 100);
    s1.begin(&torn);
    s1.unknown(&torn);
    s1.told(&chain).await;
    let (before, after) = (
        Timestamp(NOON.0 + 30 * DAY),
        Timestamp(NOON.0 + 30 * DAY + 1),
    );
    assert_eq!(chain.store.sweep(before).await.unwrap(), 0);
    assert!(!chain.store.open_movements(before).await.unwrap()[0].in_doubt);
    assert_eq!(chain.store.sweep(after).await.unwrap(), 1);
    assert_eq!(chain.store.sweep(after).await.unwrap(), 0, "once");
    let open = chain.store.open_movements(after).await.unwrap();
    assert!(open[0].in_doubt);
    let rows = chain.store.emoney_rows().await.unwrap();
    assert_eq!(rows[0].in_doubt, eur(100));
    assert_eq!(chain.on_card(&card), 5_000, "time moves no money");
    assert_eq!(chain.cases().await, ["purse_timed_out"]);
    let case = open[0].case.unwrap();
    let file = chain.store.case(case).await.unwrap().unwrap();
    assert!(
        file.records[0].contains("purse_intended"),
        "{:?}",
        file.records
    );

    let decide = async |end| {
        let note = "the shopper sent a picture".to_owned();
        chain.store.decide(case, end, note, after).await
    };
    assert_eq!(decide(PurseEnd::Done).await.unwrap(), txid(2));
    assert!(decide(PurseEnd::NotDone).await.is_err(), "once");
    assert_eq!((chain.on_card(&card), chain.spent("S1")), (4_900, 100));
    assert_eq!(s1.settled(&chain).await, [(txid(2), PurseEnd::Done)]);
    // The card comes back after all, and says the opposite: the till's word is a case, and moves nothing.
    let seen = card.seen();
    s1.end(
        &torn,
        PurseEnd::NotDone,
        PurseEvidence::CardAsked { seen, entry: None },
    );
    s1.quarantined(&chain, "purse_contradiction").await;
    assert_eq!(chain.on_card(&card), 4_900);
}

#[tokio::test]
async fn a_case_about_no_movement_cannot_be_decided() {
    let (chain, mut s1, _, card) = begun().await;
    s1.note(Event::CardFrozen(CardFrozen {
        card: card.id.clone(),
        why: "it did not fit".to_owned(),
        date: day(),
        by: None,
    }));
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["card_frozen"]);
    let case = chain.store.cases(false).await.unwrap()[0].case;
    let decided = chain
        .store
        .decide(case, PurseEnd::Done, "x".to_owned(), NOON)
        .await;
    assert!(decided.is_err());
    assert!(
        chain
            .store
            .decide(99, PurseEnd::Done, "x".to_owned(), NOON)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn two_cards_of_one_number_are_a_case_and_only_the_first_is_booked() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    let mut clone = card.clone();
    s1.moves(2, &mut card, pay(2), 100);
    s1.told(&chain).await;
    s2.moves(3, &mut clone, pay(3), 70);
    s2.quarantined(&chain, "card_cloned").await;
    assert_eq!((chain.on_card(&card), chain.spent("S2")), (4_900, 0));
    assert_eq!(chain.cases().await, ["card_cloned"]);
    chain.holds().await;
    // Seeing the clone again is the same case.
    s2.sight(&clone);
    s2.sight(&clone);
    s2.told(&chain).await;
    assert_eq!(chain.cases().await.len(), 1);
}

#[tokio::test]
async fn a_balance_that_fits_none_is_a_case() {
    let (chain, mut s1, _, mut card) = begun().await;
    card.balance += 500;
    s1.sight(&card);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["card_balance"]);
    let mut fresh = ModelCard::new(2);
    fresh.balance = 1_000;
    s1.sight(&fresh);
    s1.told(&chain).await;
    let cases = chain.cases().await;
    assert_eq!(
        cases,
        ["card_balance", "card_balance"],
        "money nobody issued"
    );
    assert_eq!(chain.on_card(&card), 5_000);
    chain.holds().await;
}

#[tokio::test]
async fn a_counter_that_was_played_back_is_a_case() {
    let (chain, mut s1, _, mut card) = begun().await;
    let old = card.clone();
    s1.moves(2, &mut card, pay(2), 100);
    s1.told(&chain).await;
    let mut back = old;
    back.history.clear();
    back.tmc = 0;
    s1.sight(&back);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["card_balance"]);
}

#[tokio::test]
async fn a_hole_in_a_card_s_sequence_is_shown_when_it_is_old() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    s1.moves(2, &mut card, pay(2), 100);
    s1.moves(3, &mut card, pay(3), 100);
    s2.moves(4, &mut card, pay(4), 100);
    s2.told(&chain).await;
    let at = |days: i64| Timestamp(NOON.0 + days * DAY);
    assert!(chain.store.gaps(at(29)).await.unwrap().is_empty());
    let gaps = chain.store.gaps(at(30)).await.unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].first, gaps[0].last, gaps[0].newest), (2, 3, 4));
    assert_eq!(chain.store.check_emoney().await.unwrap().incomplete, 1);
    let file = chain.store.card_file(card.id.clone()).await.unwrap();
    assert_eq!(file.gaps, [(2, 3)]);
    s1.told(&chain).await;
    assert!(chain.store.gaps(at(30)).await.unwrap().is_empty());
    assert_eq!(chain.on_card(&card), 4_700);
    chain.holds().await;
}

#[tokio::test]
async fn what_cannot_be_is_kept_and_not_booked() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    // The end of what was never begun, or by another.
    let never = s1.intent(9, &card, pay(9), 100);
    let why = "gone".to_owned();
    s1.end(
        &never,
        PurseEnd::NotDone,
        PurseEvidence::NeverSent { why: why.clone() },
    );
    s1.quarantined(&chain, "purse_not_begun").await;
    let foreign = s2.intent(8, &card, pay(8), 100);
    s2.begin(&foreign);
    s2.told(&chain).await;
    let gone = PurseEvidence::NeverSent { why: why.clone() };
    s1.end(&foreign, PurseEnd::NotDone, gone);
    s1.quarantined(&chain, "purse_not_begun").await;
    // A number that is used twice.
    let twice = s1.intent(1, &card, pay(9), 100);
    s1.begin(&twice);
    s1.quarantined(&chain, "purse_txid_twice").await;
    // Another amount at its end.
    let mut paid = s2.intent(2, &card, pay(2), 100);
    s2.begin(&paid);
    let evidence = card.commit(&paid, s2.journal.terminal);
    paid.amount = eur(90);
    s2.end(&paid, PurseEnd::Done, evidence.clone());
    s2.quarantined(&chain, "purse_differs").await;
    assert_eq!(chain.on_card(&card), 5_000);
    // The right end, after the wrong one: it came, and is not taken again.
    paid.amount = eur(100);
    s2.end(&paid, PurseEnd::Done, evidence);
    s2.quarantined(&chain, "purse_ended_twice").await;
    // Evidence of the opposite.
    let other = s1.intent(3, &card, pay(3), 100);
    s1.begin(&other);
    s1.end(&other, PurseEnd::Done, PurseEvidence::NeverSent { why });
    s1.quarantined(&chain, "purse_differs").await;
    // A settlement that HQ never made.
    let claimed = s1.intent(4, &card, pay(4), 100);
    s1.begin(&claimed);
    s1.end(&claimed, PurseEnd::Done, PurseEvidence::Hq);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await.last().unwrap(), "purse_differs");
    assert_eq!(chain.spent("S1"), 0);
    // The card proves what was quarantined.
    s1.sight(&card);
    s1.told(&chain).await;
    assert_eq!(chain.on_card(&card), 4_900);
    chain.holds().await;
}

#[tokio::test]
async fn more_cannot_be_given_back_than_was_paid_without_a_case() {
    let (chain, mut s1, _, mut card) = begun().await;
    s1.moves(2, &mut card, pay(2), 100);
    let refund = PurseAction::Refund { of: txid(2) };
    s1.moves(3, &mut card, refund.clone(), 100);
    s1.told(&chain).await;
    assert!(chain.cases().await.is_empty());
    s1.moves(4, &mut card, refund, 1);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["purse_differs"]);
    assert_eq!(
        chain.on_card(&card),
        card.balance,
        "the card has it all the same"
    );
    chain.holds().await;
    // A payment of another till is none to give back.
    let mut s3 = chain.till("S1", 3).await;
    let foreign = s3.intent(5, &card, PurseAction::Refund { of: txid(2) }, 1);
    s3.begin(&foreign);
    s3.quarantined(&chain, "purse_differs").await;
}

#[tokio::test]
async fn without_e_money_a_purse_is_a_case() {
    let (folder, mut till, _) = Folder::chain().await;
    let card = ModelCard::new(1);
    let sighted = PurseSighted {
        card: card.id.clone(),
        seen: card.seen(),
        log: Vec::new(),
        at: NOON,
    };
    let outcome = till
        .tell(&folder.store, Event::PurseSighted(Box::new(sighted)))
        .await;
    assert!(matches!(outcome, Outcome::Quarantined { .. }));
    let cases = folder.store.cases(false).await.unwrap();
    assert_eq!(cases[0].kind, "purse_no_scheme");
}

#[tokio::test]
async fn sending_again_changes_nothing() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    s1.moves(2, &mut card, pay(2), 100);
    s1.told(&chain).await;
    for till in [&mut s1, &mut s2] {
        till.told = 0;
        let outcomes = till.tell(&chain).await;
        assert!(
            outcomes.iter().all(|o| *o == Outcome::AlreadyAccepted),
            "{outcomes:?}"
        );
    }
    assert_eq!(chain.on_card(&card), 4_900);
    chain.holds().await;
}
