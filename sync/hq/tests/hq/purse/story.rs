//! The story of a purse: topped up, paid with, torn, resolved elsewhere, voided, given up; and the ledger.

use super::card::ModelCard;
use super::*;
use tillside_hq::emoney::ledger::Holder;

#[tokio::test]
async fn a_purse_from_the_first_top_up_to_the_last_void() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let mut card = ModelCard::new(1);

    s2.moves(1, &mut card, top_up(), 5_000);
    s1.moves(2, &mut card, pay(2), 1_200);
    // The payment is told before the top-up that it was paid from.
    s1.told(&chain).await;
    assert_eq!((chain.on_card(&card), chain.spent("S1")), (-1_200, 1_200));
    chain.holds().await;
    s2.told(&chain).await;
    assert_eq!(chain.on_card(&card), 3_800);
    chain.holds().await;

    // Torn in the commit at S1; the card was quicker than its answer.
    let torn = s1.intent(3, &card, pay(3), 800);
    s1.begin(&torn);
    card.commit(&torn, s1.journal.terminal);
    s1.unknown(&torn);
    s1.told(&chain).await;
    assert_eq!(chain.on_card(&card), 3_800, "no evidence, no money");
    assert_eq!(chain.store.open_movements(NOON).await.unwrap().len(), 1);
    assert!(s1.settled(&chain).await.is_empty());

    // It comes back at S2: HQ settles it, and tells S1 until S1 says that it knows.
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!((chain.on_card(&card), chain.spent("S1")), (3_000, 2_000));
    assert_eq!(s1.settled(&chain).await, [(txid(3), PurseEnd::Done)]);
    s1.end(&torn, PurseEnd::Done, PurseEvidence::Hq);
    s1.told(&chain).await;
    assert!(s1.settled(&chain).await.is_empty());
    assert_eq!(chain.on_card(&card), 3_000, "a confirmation moves nothing");

    s1.moves(4, &mut card, void(3, 3), 800);
    s1.told(&chain).await;
    assert_eq!((chain.on_card(&card), chain.spent("S1")), (3_800, 1_200));
    assert_eq!(chain.cases().await, Vec::<String>::new());
    chain.holds().await;

    let check = chain.store.check_emoney().await.unwrap();
    assert_eq!((check.totals.issued, check.totals.held), (5_000, 3_800));
    let shares = check.pairing.funders[&FunderId::new("chain").unwrap()];
    assert_eq!(
        (shares.issued, shares.held, shares.spent),
        (5_000, 3_800, 1_200)
    );
    let file = chain.store.card_file(card.id.clone()).await.unwrap();
    assert_eq!(file.balance, Some(eur(3_800)));
    assert_eq!(file.movements.len(), 4);
    assert!(file.gaps.is_empty());
}

#[tokio::test]
async fn what_a_manager_gave_up_is_owed_if_the_card_was_debited() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    s2.told(&chain).await;
    let owed = Account::Owed(Holder::Card(card.id.clone()));

    // Given up, then found done: told in this order.
    let first = s1.intent(2, &card, pay(2), 100);
    s1.begin(&first);
    card.commit(&first, s1.journal.terminal);
    s1.unknown(&first);
    s1.give_up(&first);
    s1.told(&chain).await;
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!((chain.balance(&owed), chain.spent("S1")), (100, 0));

    // HQ settles it before it hears that the sale was paid otherwise.
    let second = s1.intent(3, &card, pay(3), 30);
    s1.end(&first, PurseEnd::Done, PurseEvidence::Hq);
    s1.begin(&second);
    card.commit(&second, s1.journal.terminal);
    s1.unknown(&second);
    s1.told(&chain).await;
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!((chain.balance(&owed), chain.spent("S1")), (100, 30));
    s1.give_up(&second);
    s1.end(&second, PurseEnd::Done, PurseEvidence::Hq);
    s1.told(&chain).await;
    assert_eq!((chain.balance(&owed), chain.spent("S1")), (130, 0));

    // What is owed goes back to the card that it came from.
    let evidence = PurseAction::Refund { of: txid(3) };
    s1.moves(4, &mut card, evidence, 30);
    s1.told(&chain).await;
    assert_eq!((chain.balance(&owed), chain.on_card(&card)), (100, 4_900));
    assert!(chain.cases().await.is_empty());
    chain.holds().await;
}

#[tokio::test]
async fn the_ledger_takes_no_half_entry_and_no_second_booking() {
    let chain = Chain::new().await;
    let mut s2 = chain.till("S2", 2).await;
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    s2.told(&chain).await;
    let database = chain.folder.database();
    for wrong in [
        "INSERT INTO emoney_movement (kind, txid, at, from_account, minor) SELECT kind, txid, at, from_account, minor FROM emoney_movement",
        "INSERT INTO emoney_movement (kind, txid, at, from_account, to_account, minor) SELECT kind, txid, at, from_account, to_account, minor FROM emoney_movement",
        "INSERT INTO emoney_movement (kind, txid, at, from_account, to_account, minor) SELECT 'void', txid, at, to_account, from_account, minor FROM emoney_movement",
        "INSERT INTO emoney_movement (kind, at, from_account, to_account, minor) VALUES ('expire', 0, 1, 1, 5)",
        "UPDATE emoney_movement SET minor = minor + 1",
        "DELETE FROM emoney_movement",
        "UPDATE purse_movement SET ended = 'not_done'",
        "UPDATE purse_movement SET ended = NULL, ended_by = NULL",
        "INSERT INTO card_point (card, tmc, txid, known_at) SELECT 'uid:04000000', 9, txid, 0 FROM card_point WHERE txid IS NOT NULL",
        "UPDATE store SET desk_issue = 1, desk_top_up = 0",
    ] {
        assert!(database.execute_batch(wrong).is_err(), "{wrong}");
    }
    chain.holds().await;
}

#[tokio::test]
async fn a_proof_of_the_ledger_finds_each_fault() {
    let broken = async |sql: &str| {
        let chain = Chain::new().await;
        let mut s2 = chain.till("S2", 2).await;
        let mut card = ModelCard::new(1);
        s2.moves(1, &mut card, top_up(), 5_000);
        s2.moves(2, &mut card, pay(2), 300);
        s2.told(&chain).await;
        chain.holds().await;
        chain.folder.database().execute_batch(sql).unwrap();
        let check = chain.store.check_emoney().await.unwrap();
        assert!(!check.holds(), "{sql}");
        check
    };
    let check =
        broken("UPDATE emoney_account SET minor = minor + 1 WHERE name LIKE 'spent:%'").await;
    assert_eq!(check.differing, ["spent:S2"]);
    let check = broken(
        "INSERT INTO purse_movement (txid, terminal, store, kind, action, card, minor, before_balance,
             before_tmc, at, ended, ended_by)
         VALUES (x'00000000000000AA', 1, 'S1', 'on_card', 1, 'uid:04000000', 5, 5, 0, 0, 'done', 'hq')",
    )
    .await;
    assert_eq!(check.misbooked, [txid(0xAA)]);
    let check = broken("UPDATE card_point SET balance = balance + 1 WHERE tmc = 2").await;
    assert_eq!(check.cards, [card_id(1)]);
    let check = broken(
        "DROP TRIGGER emoney_movement_is_kept; DELETE FROM emoney_movement WHERE kind = 'pay'",
    )
    .await;
    assert_eq!(check.misbooked, [txid(2)]);
}
