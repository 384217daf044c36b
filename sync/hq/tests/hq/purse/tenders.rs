//! What sales say they were paid with: each such movement happened, for that sale, and is counted once.
//! The sale is booked whatever comes out.

use super::card::ModelCard;
use super::*;
use crate::journal::Sale;
use tillside_hq::cases::CaseStore;
use tillside_protocol::{AccountAnswer, AccountRequest};

/// A sale of 10.00 of which `parts` were paid with e-money, the rest in cash.
fn sale(number: u128, parts: &[(u64, i64)]) -> Event {
    let paid: i64 = parts.iter().map(|part| part.1).sum();
    let mut tenders: Vec<Tender> = parts
        .iter()
        .map(|(number, minor)| Tender::purse(txid(*number), eur(*minor)))
        .collect();
    if paid < 1_000 {
        tenders.push(Tender::new(TenderKind::Cash, eur(1_000 - paid)));
    }
    let sale = Sale::new(1_000 + number).change(|sale| sale.tenders = tenders);
    sale.event()
}

/// A card with 50.00 on it, and the tills of S1 and S2.
async fn begun() -> (Chain, Till, Till, ModelCard) {
    let chain = Chain::new().await;
    let (s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    s2.told(&chain).await;
    (chain, s1, s2, card)
}

/// The words and the evidence of the newest case.
async fn newest(chain: &Chain) -> (String, serde_json::Value) {
    let cases = chain.store.cases(false).await.unwrap();
    let file = chain.store.case(cases.last().unwrap().case).await.unwrap();
    let file = file.unwrap();
    assert!(file.records.iter().any(|r| r.contains("sale_completed")));
    (file.case.words, file.evidence)
}

#[tokio::test]
async fn a_sale_that_its_movements_paid_for_stands() {
    let (chain, mut s1, _, mut card) = begun().await;
    s1.moves(2, &mut card, pay(2), 1_000);
    s1.note(sale(2, &[(2, 1_000)]));
    s1.moves(3, &mut card, pay(3), 300);
    s1.moves(4, &mut card, pay(3), 200);
    s1.note(sale(3, &[(3, 300), (4, 200)]));
    s1.moves(5, &mut card, void(2, 2), 1_000);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, Vec::<String>::new());
    chain.holds().await;
}

#[tokio::test]
async fn a_sale_that_they_did_not_pay_for_is_taken_with_a_case() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    let refused = s1.intent(2, &card, pay(2), 400);
    s1.begin(&refused);
    let never = PurseEvidence::NeverSent {
        why: "the card left".to_owned(),
    };
    s1.end(&refused, PurseEnd::NotDone, never);
    s1.told(&chain).await;
    let expect = async |till: &mut Till, event: Event, kind: &str, words: &str| {
        till.note(event);
        till.told(&chain).await;
        assert_eq!(chain.cases().await.last().unwrap(), kind);
        let (said, evidence) = newest(&chain).await;
        assert!(said.contains(words), "{said}");
        assert!(evidence["tender"]["minor"].is_i64(), "{evidence}");
    };
    let event = sale(2, &[(2, 400)]);
    expect(&mut s1, event, "tender_not_paid", "did not happen").await;
    s1.moves(3, &mut card, pay(3), 400);
    let event = sale(3, &[(3, 401)]);
    expect(
        &mut s1,
        event,
        "tender_differs",
        "as 4.01 EUR, and it moved 4.00 EUR",
    )
    .await;
    let (_, evidence) = newest(&chain).await;
    assert_eq!(evidence["movement"]["minor"], 400);
    let event = sale(4, &[(3, 400)]);
    expect(&mut s1, event, "tender_differs", "for another sale").await;
    let event = sale(5, &[(1, 1_000)]);
    expect(&mut s1, event, "tender_differs", "no payment").await;
    s1.moves(6, &mut card, pay(6), 400);
    s1.told(&chain).await;
    let event = sale(6, &[(6, 400)]);
    expect(&mut s2, event, "tender_differs", "another till").await;
    s1.moves(7, &mut card, pay(7), 400);
    s1.moves(8, &mut card, void(7, 7), 400);
    let event = sale(7, &[(7, 400)]);
    expect(&mut s1, event, "tender_differs", "given back before").await;
    let unnamed = Sale::new(1_009).change(|sale| sale.tenders[0].kind = TenderKind::Purse);
    let event = unnamed.event();
    expect(&mut s1, event, "tender_unnamed", "does not say which").await;
    assert_eq!(chain.cases().await.len(), 7);
    let sales: i64 = chain
        .folder
        .database()
        .query_row("SELECT count(*) FROM sale", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sales, 7, "every sale is taken");
    chain.holds().await;
}

#[tokio::test]
async fn a_movement_is_counted_in_one_sale_once() {
    let (chain, mut s1, _, mut card) = begun().await;
    s1.moves(2, &mut card, pay(2), 400);
    s1.note(sale(2, &[(2, 400), (2, 400)]));
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["tender_twice"]);
    s1.note(sale(3, &[(2, 400)]));
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["tender_twice"; 2]);
    let (words, _) = newest(&chain).await;
    assert!(
        words.contains(&SaleId::new(uuid(1_002)).to_string()),
        "{words}"
    );
    // Sent again, nothing changes.
    s1.told = 0;
    s1.tell(&chain).await;
    assert_eq!(chain.cases().await.len(), 2);
}

/// A payment whose proof HQ did not take: the till knows that it is done, and HQ does not.
async fn unproven(chain: &Chain, till: &mut Till, card: &mut ModelCard, number: u64) {
    let paid = till.intent(number, card, pay(number.into()), 400);
    till.begin(&paid);
    let mut evidence = card.commit(&paid, till.journal.terminal);
    if let PurseEvidence::CommitAnswer { tmv, .. } = &mut evidence {
        *tmv = TransactionMacValue::new([0; 8]);
    }
    till.end(&paid, PurseEnd::Done, evidence);
    till.note(sale(number.into(), &[(number, 400)]));
    let outcomes = till.tell(chain).await;
    assert_eq!(outcomes.last(), Some(&Outcome::Accepted), "{outcomes:?}");
}

#[tokio::test]
async fn what_another_journal_proves_later_needs_no_case() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    unproven(&chain, &mut s1, &mut card, 2).await;
    assert_eq!(chain.cases().await, ["tmv_missing"], "the sale waits");
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!(chain.cases().await, ["tmv_missing"]);
    let late = Timestamp(NOON.0 + 40 * DAY);
    assert_eq!(chain.store.sweep(late).await.unwrap(), 0, "it stands");
}

#[tokio::test]
async fn what_another_journal_disproves_later_is_a_case() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    let real = card.clone();
    unproven(&chain, &mut s1, &mut card, 2).await;
    // The card never committed it, and pays elsewhere.
    let mut card = real;
    s2.moves(3, &mut card, pay(3), 100);
    s2.told(&chain).await;
    assert_eq!(chain.cases().await, ["tmv_missing", "tender_not_paid"]);
    let (words, evidence) = newest(&chain).await;
    assert!(words.contains("did not happen"), "{words}");
    assert_eq!(evidence["movement"]["ended_by"], "hq");
}

#[tokio::test]
async fn a_sale_that_waits_too_long_is_a_case_until_it_is_known() {
    let (chain, mut s1, mut s2, mut card) = begun().await;
    unproven(&chain, &mut s1, &mut card, 2).await;
    // And one of which HQ never heard at all.
    s1.note(sale(9, &[(99, 400)]));
    s1.told(&chain).await;
    let (day, late) = (NOON.0 + 30 * DAY, NOON.0 + 30 * DAY + 1);
    assert_eq!(chain.store.sweep(Timestamp(day)).await.unwrap(), 0);
    assert_eq!(chain.store.sweep(Timestamp(late)).await.unwrap(), 2);
    assert_eq!(chain.store.sweep(Timestamp(late)).await.unwrap(), 0, "once");
    let timed_out = "tender_timed_out";
    assert_eq!(chain.cases().await, ["tmv_missing", timed_out, timed_out]);
    s2.sight(&card);
    s2.told(&chain).await;
    assert_eq!(chain.cases().await, ["tmv_missing", timed_out]);
    let (words, _) = newest(&chain).await;
    assert!(words.contains(&txid(99).to_string()), "{words}");
}

#[tokio::test]
async fn a_sale_cannot_count_what_was_given_up() {
    let (chain, mut s1, _, mut card) = begun().await;
    let first = s1.intent(2, &card, pay(2), 100);
    s1.begin(&first);
    s1.unknown(&first);
    s1.give_up(&first);
    s1.note(sale(2, &[(2, 100)]));
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["tender_differs"]);
    // Counted first, and given up afterwards.
    s1.moves(3, &mut card, pay(3), 100);
    s1.note(sale(3, &[(3, 100)]));
    let third = s1.intent(3, &card, pay(3), 100);
    s1.give_up(&third);
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, ["tender_differs"; 2]);
}

#[tokio::test]
async fn an_account_is_given_back_before_the_sale_is_told() {
    let chain = Chain::new().await;
    let (mut s1, s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let ask = async |till: &Till, number, action, minor, store: &str| {
        let request = AccountRequest {
            txid: txid(number),
            action,
            card: CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap(),
            member: member(101),
            amount: eur(minor),
            store: StoreId::new(store).unwrap(),
        };
        let terminal = till.journal.terminal;
        let answer = chain.store.move_account(terminal, request, NOON).await;
        assert!(
            matches!(answer, Ok(Ok(AccountAnswer::Moved { .. }))),
            "{answer:?}"
        );
    };
    ask(&s2, 1, top_up(), 5_000, "S2").await;
    // Paid, completed, voided; the line carries the calls before the journal.
    ask(&s1, 2, pay(2), 1_000, "S1").await;
    ask(&s1, 3, void(2, 2), 1_000, "S1").await;
    s1.note(sale(2, &[(2, 1_000)]));
    s1.told(&chain).await;
    assert_eq!(chain.cases().await, Vec::<String>::new());
}
