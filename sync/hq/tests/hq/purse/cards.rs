//! Cards: issued, blocked, replaced, expired; and what stores are told of them.

use super::card::ModelCard;
use super::*;
use tillside_hq::emoney::cards::BlockKind;
use tillside_hq::publish::PublishStore;

fn issued(card: u8, replaces: Option<u8>) -> CardIssued {
    CardIssued {
        card: card_id(card),
        member: member(101),
        key_version: 1,
        expires: jiff::civil::date(2026, 12, 31),
        replaces: replaces.map(card_id),
        cashier: PersonId::new("anna").unwrap(),
        date: day(),
    }
}

async fn sheet(chain: &Chain, store: usize, now: Timestamp) -> PurseSheet {
    let edition = chain.store.edition(now).await.unwrap();
    edition.check(1).unwrap();
    edition.stores[store].purse.clone().unwrap()
}

const fn later(days: i64) -> Timestamp {
    Timestamp(NOON.0 + days * DAY)
}

#[tokio::test]
async fn an_issued_card_is_its_members_with_what_it_earned_before() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let unknown = crate::journal::Sale::new(1)
        .card(card_id(1).as_str())
        .points(7);
    s1.note(unknown.event());
    s1.told(&chain).await;
    s2.note(Event::CardIssued(issued(1, None)));
    s2.told(&chain).await;
    assert_eq!(
        crate::fixture::balance(&chain.store, "900000001").await,
        107
    );
    let file = chain.store.card_file(card_id(1)).await.unwrap();
    let (owner, number, _) = file.owner.unwrap();
    assert_eq!((owner, number.as_str()), (member(101), "900000001"));
    assert_eq!(file.expires, Some(jiff::civil::date(2026, 12, 31)));
    // Ben's card is not issued to Ada.
    let taken = CardIssued {
        member: member(102),
        ..issued(1, None)
    };
    s2.note(Event::CardIssued(taken));
    s2.quarantined(&chain, "card_owned").await;
    s2.note(Event::CardIssued(CardIssued {
        member: member(77),
        ..issued(3, None)
    }));
    s2.quarantined(&chain, "member_unknown").await;
    // What the store is told names it.
    let edition = chain.store.edition(NOON).await.unwrap();
    let entry = &edition.stores[0].members.members[0];
    assert!(entry.cards.contains(&card_id(1)));
}

#[tokio::test]
async fn blocked_cards_reach_every_store_with_their_reason() {
    let chain = Chain::new().await;
    let why = "Ask the shopper to call HQ.".to_owned();
    let blocked = chain
        .store
        .block_card(card_id(1), BlockKind::Blocked, why.clone(), NOON);
    assert!(blocked.await.unwrap());
    for store in 0..2 {
        let sheet = sheet(&chain, store, NOON).await;
        let hot = sheet.blocked.blocked(&card_id(1)).unwrap().unwrap();
        assert_eq!(hot.why, why);
        assert!(sheet.blocked.blocked(&card_id(2)).unwrap().is_none());
        assert_eq!(sheet.desk.top_up, store == 1);
        assert_eq!(sheet.blocked.as_of, Some(NOON));
    }
    chain.store.unblock_card(card_id(1)).await.unwrap();
    assert!(chain.store.unblock_card(card_id(1)).await.is_err());
    assert!(sheet(&chain, 0, NOON).await.blocked.cards.is_empty());
}

#[tokio::test]
async fn a_lost_card_s_balance_waits_and_is_carried_over_once() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let (mut old, mut new) = (ModelCard::new(1), ModelCard::new(2));
    s2.moves(1, &mut old, top_up(), 5_000);
    s2.told(&chain).await;
    let ordered = chain.store.replace_card(card_id(1), card_id(2), None, NOON);
    let ordered = ordered.await.unwrap();
    assert_eq!((ordered.store.as_str(), ordered.due_at), ("S2", later(3)));
    let again = chain
        .store
        .replace_card(card_id(1), card_id(2), None, later(1));
    assert_eq!(again.await.unwrap().due_at, later(3), "the wait goes on");
    let hot = sheet(&chain, 0, NOON).await;
    assert!(hot.blocked.find(&card_id(1)).is_some(), "at once");
    assert!(sheet(&chain, 1, later(2)).await.carry_overs.is_empty());
    assert!(chain.store.unblock_card(card_id(1)).await.is_err());

    // A dark till tells late what the card paid before it was lost, and one payment stays unknown.
    s1.moves(2, &mut old, pay(2), 700);
    let torn = s1.intent(3, &old, pay(3), 200);
    s1.begin(&torn);
    s1.unknown(&torn);
    s1.told(&chain).await;
    assert!(
        sheet(&chain, 0, later(3)).await.carry_overs.is_empty(),
        "one store alone"
    );
    let over = sheet(&chain, 1, later(3)).await.carry_overs;
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].amount, eur(4_100), "less what may have been taken");
    assert_eq!(over[0].from_day, jiff::civil::date(2026, 5, 31));
    let fixed = sheet(&chain, 1, later(9)).await.carry_overs;
    assert_eq!(fixed, over, "and it does not change any more");

    let restore = || PurseAction::Restore { from: card_id(1) };
    s2.moves(4, &mut new, restore(), 4_100);
    s2.told(&chain).await;
    assert_eq!((chain.on_card(&old), chain.on_card(&new)), (200, 4_100));
    assert!(sheet(&chain, 1, later(9)).await.carry_overs.is_empty());
    assert!(chain.cases().await.is_empty());
    let file = chain.store.card_file(card_id(2)).await.unwrap();
    assert_eq!(file.replacements[0].restored, Some(txid(4)));
    assert_eq!(file.lots[0].left, 4_100);
    chain.holds().await;

    // A second time, or without an order, is a case; the ledger still says what is on the card.
    s2.moves(5, &mut new, restore(), 100);
    s2.told(&chain).await;
    assert_eq!(chain.cases().await, ["carry_over"]);
    assert_eq!(chain.on_card(&new), new.balance);
    chain.holds().await;
}

#[tokio::test]
async fn a_replacement_that_cannot_be_is_refused_in_words() {
    let chain = Chain::new().await;
    let mut s2 = chain.till("S2", 2).await;
    s2.note(Event::CardIssued(issued(1, None)));
    let bens = CardIssued {
        member: member(102),
        ..issued(3, None)
    };
    s2.note(Event::CardIssued(bens));
    s2.told(&chain).await;
    let store = &chain.store;
    let replace = async |old, new, at: Option<&str>| {
        let at = at.map(|at| StoreId::new(at).unwrap());
        let done = store
            .replace_card(card_id(old), card_id(new), at, NOON)
            .await;
        done.map(|_| ()).map_err(|error| error.to_string())
    };
    let mut said = Vec::new();
    said.extend(replace(1, 1, None).await.err());
    said.extend(replace(1, 3, None).await.err());
    said.extend(replace(1, 2, Some("S1")).await.err());
    said.extend(replace(1, 2, Some("S9")).await.err());
    replace(1, 2, None).await.unwrap();
    said.extend(replace(1, 4, None).await.err());
    said.extend(replace(5, 2, None).await.err());
    said.extend(replace(5, 1, None).await.err());
    replace(2, 6, None).await.unwrap();
    assert_eq!(said.len(), 7);
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn a_desk_that_issues_a_replacement_orders_the_carry_over() {
    let chain = Chain::new().await;
    let mut s2 = chain.till("S2", 2).await;
    let mut old = ModelCard::new(1);
    s2.moves(1, &mut old, top_up(), 5_000);
    s2.note(Event::CardIssued(issued(2, Some(1))));
    s2.told(&chain).await;
    assert!(chain.cases().await.is_empty());
    let over = sheet(&chain, 1, later(3)).await.carry_overs;
    assert_eq!((&over[0].to, over[0].amount), (&card_id(2), eur(5_000)));
    s2.note(Event::CardIssued(issued(3, Some(1))));
    s2.told(&chain).await;
    assert_eq!(chain.cases().await, ["carry_over"]);
}

#[tokio::test]
async fn what_is_left_on_an_old_card_expires_when_a_person_says_so() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let mut card = ModelCard::new(1);
    s2.note(Event::CardIssued(issued(1, None)));
    s2.moves(1, &mut card, top_up(), 5_000);
    s1.moves(2, &mut card, pay(2), 1_000);
    let torn = s1.intent(3, &card, pay(3), 1);
    s2.told(&chain).await;
    s1.begin(&torn);
    s1.told(&chain).await;
    let store = &chain.store;
    assert!(
        store.expire_card(card_id(1), NOON).await.is_err(),
        "still good"
    );
    assert!(
        store.expire_card(card_id(1), later(365)).await.is_err(),
        "in doubt"
    );
    let why = "gone".to_owned();
    s1.end(&torn, PurseEnd::NotDone, PurseEvidence::NeverSent { why });
    s1.told(&chain).await;
    assert_eq!(
        store.expire_card(card_id(1), later(365)).await.unwrap(),
        eur(4_000)
    );
    assert!(
        store.expire_card(card_id(1), later(365)).await.is_err(),
        "nothing left"
    );
    assert!(
        store.expire_card(card_id(2), later(365)).await.is_err(),
        "never issued"
    );
    let check = store.check_emoney().await.unwrap();
    assert_eq!((check.totals.held, check.totals.expired), (0, 4_000));
    assert_eq!(
        check.pairing.funders[&FunderId::new("chain").unwrap()].expired,
        4_000
    );
    assert!(check.holds(), "{check:?}");
}
