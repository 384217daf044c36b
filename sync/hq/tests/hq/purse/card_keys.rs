//! A new card's own keys: for the desk that makes it, once, and noted.

use super::*;
use crate::line::Served;
use reqwest::StatusCode;
use tillside_hq::emoney::card_keys::{NoCardKeys, ROLES, derive};
use tillside_hq::emoney::cards::BlockKind;
use tillside_hq::emoney::{SetUp, set_up};
use tillside_keys::{Diversification, KeyRole, KeyVault};
use tillside_protocol::{CARD_KEYS, CardKeys, CardKeysRequest};

async fn give(
    chain: &Chain,
    till: &Till,
    card: &CardIdentity,
    version: u8,
) -> Result<PurseScheme, String> {
    let terminal = till.journal.terminal;
    let given = chain
        .store
        .give_card_keys(terminal, card.clone(), version, NOON);
    given.await.unwrap().map_err(|why| why.to_string())
}

fn issued(card: &CardIdentity) -> Event {
    Event::CardIssued(CardIssued {
        card: card.clone(),
        member: member(101),
        key_version: 1,
        expires: jiff::civil::date(2031, 5, 28),
        replaces: None,
        cashier: PersonId::new("anna").unwrap(),
        date: day(),
    })
}

#[tokio::test]
async fn only_an_issue_desk_gets_them_and_only_for_a_new_card() {
    let chain = Chain::new().await;
    let (mut s1, mut s2) = (chain.till("S1", 1).await, chain.till("S2", 2).await);
    let refused = async |till: &Till, card: &CardIdentity, version, words: &str| {
        let why = give(&chain, till, card, version).await.unwrap_err();
        assert!(why.contains(words), "{why}");
    };
    let new = card_id(1);
    refused(&s1, &new, 1, "does not issue cards").await;
    refused(&s2, &new, 2, "other keys by now").await;
    let short = CardIdentity::new("uid:04A0B0C0").unwrap();
    refused(&s2, &short, 1, "This kind of card").await;
    give(&chain, &s2, &new, 1).await.unwrap();
    give(&chain, &s2, &new, 1).await.expect("it was torn");
    s2.note(issued(&new));
    s2.told(&chain).await;
    refused(&s2, &new, 1, "issued already").await;
    let blocked = card_id(2);
    let why = "Stolen from the stock.".to_owned();
    let block = chain
        .store
        .block_card(blocked.clone(), BlockKind::Blocked, why, NOON);
    block.await.unwrap();
    refused(&s2, &blocked, 1, "Stolen from the stock.").await;
    // A card that somebody pays with is made, whether its desk has told of it or not.
    let paying = ModelCard::new(3);
    s1.sight(&paying);
    s1.told(&chain).await;
    refused(&s2, &paying.id, 1, "issued already").await;
    // A right that is taken ends at once.
    let s2_store = StoreId::new("S2").unwrap();
    let none = DeskRights::default();
    chain.store.set_desk(s2_store, none).await.unwrap();
    refused(&s2, &card_id(4), 1, "does not issue cards").await;
    assert_eq!(chain.cases().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_card_made_elsewhere_than_its_keys_went_is_a_case() {
    let chain = Chain::new().await;
    let (s2, mut other) = (chain.till("S2", 2).await, chain.till("S2", 3).await);
    let card = card_id(1);
    give(&chain, &s2, &card, 1).await.unwrap();
    give(&chain, &other, &card, 1).await.unwrap();
    other.note(issued(&card));
    other.told(&chain).await;
    assert_eq!(chain.cases().await, ["card_keys_elsewhere"]);
}

#[test]
fn they_are_that_card_s_own_and_come_from_a_vault_that_gives_nothing_else_out() {
    let keyring = Keyring::holding(Arc::new(TestVault));
    let keys = derive(&keyring, &scheme(), &card_id(1), 1).unwrap();
    let roles: Vec<_> = keys.iter().map(|key| KeyRole::named(&key.role)).collect();
    assert_eq!(roles, ROLES.map(Some));
    let uid = [0x04, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0x01];
    for (role, given) in ROLES.into_iter().zip(&keys) {
        let input = Diversification::new(&uid, [0xF4, 0x84, 0xE0], role, b"test chain");
        let key = TestVault.derive(role, 1, &input.unwrap()).unwrap();
        let hex: String = key.bytes().iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(given.key, hex, "{role}");
        assert!(!format!("{given:?}").contains(&hex), "never shown");
    }
    let other = derive(&keyring, &scheme(), &card_id(2), 1).unwrap();
    assert!(keys.iter().zip(&other).all(|(a, b)| a.key != b.key));
    let none = Keyring::beside(std::path::Path::new("/nowhere"));
    let error = derive(&none, &scheme(), &card_id(1), 1).unwrap_err();
    assert!(matches!(error, NoCardKeys::Keyring(_)), "{error:?}");
}

#[tokio::test]
async fn they_are_asked_for_over_the_line() {
    let hq = Served::start().await;
    let keyring = Keyring::beside(hq.data.root());
    let chosen = SetUp {
        currency: Currency::EUR,
        cap: eur(15_000),
        system: "test chain".to_owned(),
        application: "f484e0".to_owned(),
        log_entries: 10,
        card_days: 1_826,
        replacement_wait_hours: 72,
        funder: FunderId::new("chain").unwrap(),
        timeout_days: 30,
        vault: None,
    };
    set_up(&hq.store, &keyring, chosen, NOON).await.unwrap();
    let identity = hq.enrolled(3600).await;
    let request = CardKeysRequest {
        card: card_id(1),
        version: 1,
    };
    let ask = async |identity| {
        let call = hq.client(identity).post(hq.url(CARD_KEYS)).json(&request);
        call.send().await.unwrap()
    };
    assert_eq!(ask(None).await.status(), StatusCode::UNAUTHORIZED);
    let answer = ask(Some(&identity)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let words = answer.text().await.unwrap();
    assert!(words.contains("\"not_allowed\""), "{words}");
    let rights = DeskRights {
        top_up: true,
        issue: true,
    };
    let s1 = StoreId::new("S1").unwrap();
    hq.store.set_desk(s1, rights).await.unwrap();
    let answer = ask(Some(&identity)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let keys: CardKeys = answer.json().await.unwrap();
    assert_eq!(keys.keys.len(), ROLES.len());
    hq.server.stop().await;
}
