//! A small chain at HQ: two stores, rules, members, coupons, terminals.

use crate::journal::{Journal, NOON, uuid};
use std::path::Path;
use tillside_core::*;
use tillside_hq::catalogue::{products, rules, stores};
use tillside_hq::clock::now;
use tillside_hq::coupons::import::coupons;
use tillside_hq::fleet::{Invitation, IssuedCertificate};
use tillside_hq::import::{Imported, Policy};
use tillside_hq::members::import::members;
use tillside_hq::store::HqStore;
use tillside_hq::store::sqlite::SqliteStore;

pub(crate) const STORES: &str = "store,name,time_zone,currency
S1,Corner Shop Mitte,Europe/Berlin,EUR
S2,Corner Shop Nord,Europe/Berlin,EUR
";
pub(crate) const RULES: &str = r#"{"v":1,"rules":[{"rule":"base","name":"Base points",
"effect":{"kind":"points_per_amount","points":1,"per":{"minor":100,"currency":"EUR"}},"funder":"chain"}],
"plans":[{"plan":"SPRING-5","name":"Spring","effect":{"kind":"percent_off","basis_points":1000},
"valid_from":"2026-01-01","valid_until":"2027-12-31","funder":"chain","proof":"store_bound"}]}"#;
pub(crate) const PRODUCTS: &str = "gtin,sku,name,price,category,tax_class,currency
4006381333931,,Pen,1.99,office,standard,EUR
,BREAD-1,Bread,10,bakery,reduced,EUR
";
pub(crate) const MEMBERS: &str = "number,display_name,tier,points,store,cards
900000001,Ada L.,gold,100,S1,uid:04A1B2C3D4E5F6
900000002,Ben K.,silver,0,S2,
";
pub(crate) const COUPONS: &str = "number,plan,store
SPRING0001,SPRING-5,S1
SPRING0002,SPRING-5,S1
SPRING0003,SPRING-5,S2
";

/// A store on a database file in a folder of its own.
pub(crate) struct Folder {
    pub(crate) store: SqliteStore,
    pub(crate) folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("hq.db")).unwrap();
        Self { store, folder }
    }

    /// The chain, with one terminal in each store.
    pub(crate) async fn chain() -> (Self, Journal, Journal) {
        let folder = Self::empty();
        fill(&folder.store).await;
        let first = terminal(&folder.store, "S1", 1).await;
        let second = terminal(&folder.store, "S2", 2).await;
        (folder, first, second)
    }

    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("hq.db")).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new connection to the same file, as after a restart.
    pub(crate) fn reopened(&self) -> SqliteStore {
        SqliteStore::open(&self.path().join("hq.db")).unwrap()
    }
}

/// Imports the chain; members get ids 101, 102, ... in the order of the file.
pub(crate) async fn fill(store: &impl HqStore) {
    let all = Policy::AllOrNothing;
    let imported = store
        .import_stores(stores(STORES.as_bytes()).unwrap(), all)
        .await;
    whole(&imported.unwrap());
    let document = rules(RULES.as_bytes()).unwrap();
    store.import_rules(document, NOON).await.unwrap();
    let imported = store
        .import_products(products(PRODUCTS.as_bytes()).unwrap(), all)
        .await;
    whole(&imported.unwrap());
    whole(&import_members(store, MEMBERS, 101).await);
    let imported = store
        .import_coupons(coupons(COUPONS.as_bytes()).unwrap(), all)
        .await;
    whole(&imported.unwrap());
}

pub(crate) async fn import_members(store: &impl HqStore, csv: &str, first: u128) -> Imported {
    let next = std::cell::Cell::new(first);
    let fresh = || uuid(next.replace(next.get() + 1));
    let parsed = members(csv.as_bytes(), fresh).unwrap();
    store
        .import_members(parsed, Policy::AllOrNothing, NOON)
        .await
        .unwrap()
}

fn whole(imported: &Imported) {
    assert!(imported.applied && imported.bad.is_empty(), "{imported:?}");
}

pub(crate) const fn member(number: u128) -> MemberId {
    MemberId::new(uuid::Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 | number,
    ))
}

/// Lets a terminal into a store, without a network.
pub(crate) async fn terminal(store: &impl HqStore, to: &str, number: u128) -> Journal {
    Journal::new(admitted(store, to, number).await.terminal, to)
}

/// A terminal as HQ lets it in.
pub(crate) async fn admitted(store: &impl HqStore, to: &str, number: u128) -> TerminalProfile {
    let secret_hash = Hash::of(&number.to_be_bytes());
    let invitation = Invitation {
        secret_hash,
        store: StoreId::new(to).unwrap(),
        made_at: NOON,
        valid_until: NOON,
        certificate_seconds: 3600,
        terminal: None,
    };
    store.invite(invitation).await.unwrap();
    let certificate = IssuedCertificate {
        terminal: TerminalId::new(uuid(number)),
        serial: format!("{number:032x}"),
        not_after: Timestamp(NOON.0 + 3_600_000),
        key_hash: secret_hash,
        pem: String::new(),
    };
    let lane = LaneId::new("1").unwrap();
    let admitted = store.admit(secret_hash, lane, certificate, NOON).await;
    admitted.unwrap().unwrap()
}

/// A member's balance as the report says.
pub(crate) async fn balance(store: &impl HqStore, number: &str) -> i64 {
    let rows = store.balances(now()).await.unwrap();
    let row = rows.iter().find(|row| row.number == number);
    row.unwrap().points.0
}
