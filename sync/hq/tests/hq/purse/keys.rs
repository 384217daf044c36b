//! HQ's keys: made once, granted by right, and never more than that.

use crate::journal::{NOON, eur};
use crate::line::Served;
use reqwest::StatusCode;
use std::collections::BTreeSet;
use tillside_core::{Currency, DeskRights, FunderId, StoreId};
use tillside_hq::emoney::card_keys;
use tillside_hq::emoney::{
    EmoneyStore, Keyring, KeyringError, SetUp, SetUpError, roles_of, set_up,
};
use tillside_keys::{KeyRole, VaultKind};
use tillside_protocol::{ACCOUNT, ACCOUNT_STANDING, KEYS, KeyGrant};

fn chosen() -> SetUp {
    SetUp {
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
    }
}

const fn rights(top_up: bool, issue: bool) -> DeskRights {
    DeskRights { top_up, issue }
}

#[test]
fn a_till_has_no_key_beyond_its_rights() {
    let secret = card_keys::ROLES;
    let (till, desk, issue) = (
        roles_of(rights(false, false)),
        roles_of(rights(true, false)),
        roles_of(rights(true, true)),
    );
    assert!(!till.contains(&KeyRole::TopUp));
    assert!(desk.contains(&KeyRole::TopUp));
    for role in secret {
        assert!(!till.contains(&role) && !desk.contains(&role), "{role}");
        assert!(
            !issue.contains(&role),
            "{role}: the chain's own key to it leaves HQ for nobody"
        );
    }
    assert_eq!(issue, desk, "a new card's keys are asked for card by card");
    assert_eq!(till.len() + 1 + secret.len(), KeyRole::ALL.len());
}

#[tokio::test]
async fn keys_are_granted_over_the_line_by_the_store_s_rights_of_now() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    let granted = async || -> BTreeSet<String> {
        let response = client.get(hq.url(KEYS)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let grant: KeyGrant = response.json().await.unwrap();
        assert!(
            grant
                .keys
                .iter()
                .all(|key| key.key.len() == 32 && key.version == 1)
        );
        grant.keys.into_iter().map(|key| key.role).collect()
    };
    let names = |rights| -> BTreeSet<String> {
        let roles = roles_of(rights).into_iter();
        roles.map(|role| role.as_str().to_owned()).collect()
    };
    assert!(granted().await.is_empty(), "no e-money, no keys");
    // It is set up while HQ serves.
    let keyring = Keyring::beside(hq.data.root());
    let held = set_up(&hq.store, &keyring, chosen(), NOON).await.unwrap();
    assert_eq!(held.len(), KeyRole::ALL.len());
    let s1 = || StoreId::new("S1").unwrap();
    for rights in [
        rights(false, false),
        rights(true, false),
        rights(true, true),
        rights(false, false),
    ] {
        hq.store.set_desk(s1(), rights).await.unwrap();
        assert_eq!(granted().await, names(rights));
    }
    let stranger = hq.client(None).get(hq.url(KEYS)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    hq.server.stop().await;
}

#[tokio::test]
async fn accounts_are_asked_for_over_the_line() {
    let hq = Served::start().await;
    let keyring = Keyring::beside(hq.data.root());
    set_up(&hq.store, &keyring, chosen(), NOON).await.unwrap();
    hq.store
        .set_desk(StoreId::new("S1").unwrap(), rights(true, false))
        .await
        .unwrap();
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    let standing = async |card: &str| {
        let url = format!("{}?card={card}", hq.url(ACCOUNT_STANDING));
        let response = client.get(url).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (status, body) = standing("uid:04A1B2C3D4E5F6").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body, r#"{"balance":{"minor":0,"currency":"EUR"}}"#);
    let (status, body) = standing("uid:04FFFFFFFFFFFF").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        body.contains("HQ does not know whose card this is."),
        "{body}"
    );
    assert_eq!(standing("nonsense").await.0, StatusCode::BAD_REQUEST);

    let request = |store: &str, minor: i64| {
        serde_json::json!({"txid": "0000000000000001", "action": "top_up", "tender": "cash",
            "card": "uid:04A1B2C3D4E5F6", "member": crate::fixture::member(101),
            "amount": {"minor": minor, "currency": "EUR"}, "store": store})
    };
    let ask = async |body: serde_json::Value| {
        let response = client
            .post(hq.url(ACCOUNT))
            .json(&body)
            .send()
            .await
            .unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (status, body) = ask(request("S2", 500)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "another's store: {body}");
    let (status, body) = ask(request("S1", 500)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains(r#""answer":"moved""#), "{body}");
    assert_eq!(ask(request("S1", 500)).await.1, body, "again");
    assert_eq!(ask(request("S1", 600)).await.0, StatusCode::BAD_REQUEST);
    hq.server.stop().await;
}

#[tokio::test]
async fn e_money_is_set_up_once_and_only_as_cards_can_be() {
    let chain = super::Chain::new().await;
    let keyring = Keyring::beside(chain.folder.path());
    let again = set_up(&chain.store, &keyring, chosen(), NOON).await;
    assert!(matches!(again, Err(SetUpError::Exists)));

    let folder = crate::fixture::Folder::empty();
    let keyring = Keyring::beside(folder.path());
    let wrong = SetUp {
        system: "x".to_owned(),
        ..chosen()
    };
    let refused = set_up(&folder.store, &keyring, wrong, NOON).await;
    assert!(matches!(refused, Err(SetUpError::Scheme(_))));
    assert!(keyring.held().unwrap().is_none(), "no keys were made");
    set_up(&folder.store, &keyring, chosen(), NOON)
        .await
        .unwrap();
    let (kind, held) = keyring.held().unwrap().unwrap();
    assert_eq!(
        (kind, held.len()),
        (VaultKind::DevelopmentFile, KeyRole::ALL.len())
    );

    keyring.generate(2).unwrap();
    assert!(keyring.generate(2).is_err(), "never over another");
    let grant = keyring.grant(rights(false, false)).unwrap();
    let pay: Vec<_> = grant.keys.iter().filter(|key| key.role == "pay").collect();
    assert_eq!(pay.len(), 2, "both versions");
    assert_ne!(pay[0].key, pay[1].key);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = crate::fixture::Folder::empty();
    let keyring = Keyring::beside(folder.path());
    set_up(&folder.store, &keyring, chosen(), NOON)
        .await
        .unwrap();
    for name in ["passphrase", "keys.vault"] {
        let path = folder.path().join("emoney").join(name);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    std::fs::write(folder.path().join("emoney/passphrase"), "wrong").unwrap();
    let other = Keyring::beside(folder.path());
    assert!(matches!(other.open(), Err(KeyringError::Vault(_))));
}

#[test]
fn a_vault_that_hands_nothing_out_grants_nothing() {
    let keyring = Keyring::holding(std::sync::Arc::new(super::card::TestVault));
    assert!(keyring.grant(rights(true, true)).unwrap().keys.is_empty());
    let export = keyring.export(&[KeyRole::Pay]);
    assert!(matches!(export, Err(KeyringError::Kept)), "{export:?}");
}
