//! A shop to test in: an enrolled terminal with a bundle in force, two people, and a clock in hand.

use crate::wire::{self, Reply};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tillside::{Agent, AgentOptions, Pin, WallClock};
use tillside_core::engine::Document;
use tillside_core::{
    Bundle, CodeKey, MemberCodeSheet, Sealed, TerminalId, TerminalProfile, Timestamp, number_digest,
};
use tillside_keys::file::FileVault;
use tillside_keys::{KeyPackage, KeyRole};
use tillside_store::{Person, Role, Store};

/// 2026-11-22 13:00 in Berlin.
pub const NOON: i64 = 1_795_348_800_000;
pub const DAY: i64 = 24 * 3600 * 1000;
pub const COFFEE: &str = "4006381333931";
/// What HQ certifies phones with.
pub const HQ_SECRET: [u8; 32] = [3; 32];
const SECRET: &str = "a passphrase for the tests";
pub const CARD: &str = "uid:04A1B2C3D4E5F6";

/// A shop whose agent runs in this process.
pub struct Shop {
    // Before the folder: the agent stops first.
    agent: Option<Agent>,
    pub folder: PathBuf,
    clock: Arc<AtomicI64>,
    readers: bool,
    _kept: Option<TempDir>,
}

impl Shop {
    pub fn open() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().join("data");
        prepare(&folder);
        let mut shop = Self::in_folder(&folder);
        shop._kept = Some(kept);
        shop
    }

    /// Over a folder that is prepared already.
    pub fn in_folder(folder: &Path) -> Self {
        let mut shop = Self {
            agent: None,
            folder: folder.to_owned(),
            clock: Arc::new(AtomicI64::new(NOON)),
            readers: false,
            _kept: None,
        };
        shop.start();
        shop
    }

    /// With keys for cards and readers watched (none is there), over what `before` left in the store.
    pub fn with_keys(before: impl FnOnce(&mut Store)) -> Self {
        Self::with_readers(|folder| {
            before(&mut Store::open(&folder.join("tillside.db")).unwrap());
            keys(folder);
        })
    }

    /// With readers watched (none is there), over what `before` left in the folder.
    pub fn with_readers(before: impl FnOnce(&Path)) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().join("data");
        prepare(&folder);
        before(&folder);
        let mut shop = Self {
            agent: None,
            folder,
            clock: Arc::new(AtomicI64::new(NOON)),
            readers: true,
            _kept: Some(kept),
        };
        shop.start();
        shop
    }

    pub fn start(&mut self) {
        self.agent = Some(Agent::start(self.options()).unwrap());
    }

    pub fn options(&self) -> AgentOptions {
        let clock = self.clock.clone();
        let mut options = AgentOptions::new(&self.folder);
        options.readers = self.readers;
        options.vault.secret = Some(SECRET.to_owned());
        options.clock = WallClock::new(move || Timestamp(clock.load(Ordering::SeqCst)));
        options
    }

    pub fn stop(&mut self) {
        self.agent.take().unwrap().stop();
    }

    /// Puts the wall clock on.
    pub fn set_clock(&self, to: i64) {
        self.clock.store(to, Ordering::SeqCst);
    }

    pub fn agent(&self) -> &Agent {
        self.agent.as_ref().unwrap()
    }

    pub fn caller(&self) -> Caller {
        Caller {
            address: self.agent().address(),
            token: self.agent().token().to_owned(),
            session: None,
        }
    }

    /// A caller with Anna, the cashier, signed in.
    pub fn cashier(&self) -> Caller {
        self.caller().signed_in("anna", "1111")
    }

    /// A caller with Mara, the manager, signed in.
    pub fn manager(&self) -> Caller {
        self.caller().signed_in("mara", "2222")
    }

    /// The journal's records, once the agent is stopped.
    pub fn journal(&self) -> Vec<Value> {
        assert!(self.agent.is_none(), "stop the agent first");
        journal(&self.folder)
    }
}

/// A development vault with what a till without a desk has.
fn keys(folder: &Path) {
    let mut package = KeyPackage::new();
    for role in [KeyRole::Identify, KeyRole::Pay] {
        package.add(role, 1, [7; 16]).unwrap();
    }
    let mut vault = FileVault::create(&folder.join("keys.vault"), SECRET).unwrap();
    vault.import(&package).unwrap();
}

/// The journal's records of a folder that no agent runs on, their chain verified.
pub fn journal(folder: &Path) -> Vec<Value> {
    let store = Store::open(&folder.join("tillside.db")).unwrap();
    store.verify().unwrap();
    let records: Vec<Sealed> = store.journal(0, 100_000).unwrap();
    let events = records.iter().map(|sealed| {
        let record: Value = serde_json::from_str(&sealed.body).unwrap();
        record["event"].clone()
    });
    events.collect()
}

/// How many events of a type there are.
pub fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Caller {
    pub address: SocketAddr,
    pub token: String,
    pub session: Option<String>,
}

impl Caller {
    pub fn signed_in(mut self, person: &str, pin: &str) -> Self {
        let reply = self.sign_in(person, pin);
        self.session = Some(reply.good()["session"].as_str().unwrap().to_owned());
        self
    }

    pub fn sign_in(&self, person: &str, pin: &str) -> Reply {
        self.post("/v1/sessions", &json!({"person": person, "pin": pin}))
    }

    pub fn get(&self, path: &str) -> Reply {
        self.try_send("GET", path, None, b"").unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.keyed("POST", path, &fresh_key(), body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.keyed("PUT", path, &fresh_key(), body)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.try_send("DELETE", path, Some(&fresh_key()), b"")
            .unwrap()
    }

    pub fn keyed(&self, method: &str, path: &str, key: &str, body: &Value) -> Reply {
        self.try_send(method, path, Some(key), body.to_string().as_bytes())
            .unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> std::io::Result<Reply> {
        let token = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", token.as_str())];
        headers.extend(key.map(|key| ("Idempotency-Key", key)));
        headers.extend(self.session.as_deref().map(|id| ("Tillside-Session", id)));
        wire::call(self.address, method, path, &headers, body)
    }

    /// Opens a sale; its path.
    pub fn open_sale(&self) -> String {
        let sale = self.post("/v1/sales", &json!({})).good();
        format!("/v1/sales/{}", sale["sale"].as_str().unwrap())
    }

    pub fn scan(&self, sale: &str, code: &str) -> Value {
        self.post(&format!("{sale}/scan"), &json!({ "code": code }))
            .good()
    }

    pub fn coupon(&self, sale: &str, number: &str) -> Value {
        self.post(&format!("{sale}/coupons"), &json!({ "number": number }))
            .good()
    }

    /// Pays everything in cash.
    pub fn pay(&self, sale: &str) -> Reply {
        self.post(&format!("{sale}/checkout"), &cash())
    }

    /// A sale of one coffee, paid; its path.
    pub fn sold(&self) -> String {
        let sale = self.open_sale();
        self.scan(&sale, COFFEE);
        self.pay(&sale).good();
        sale
    }
}

pub fn cash() -> Value {
    json!({"tenders": [{"kind": "cash"}]})
}

pub fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!(
        "test-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Makes a data folder as enrolment and the first bundle leave it.
pub fn prepare(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let mut store = Store::open(&folder.join("tillside.db")).unwrap();
    let bundle = bundle();
    let terminal = terminal();
    store
        .enrol(&TerminalProfile {
            terminal,
            lane: "1".parse().unwrap(),
            profile: bundle.profile.clone(),
            epoch: 1,
            coupon_holder: false,
        })
        .unwrap();
    store.adopt(&bundle, store.now(Timestamp(NOON))).unwrap();
    static PINS: OnceLock<[String; 2]> = OnceLock::new();
    let pins =
        PINS.get_or_init(|| ["1111", "2222"].map(|pin| Pin::new(pin).unwrap().hash().unwrap()));
    for (person, name, role, pin) in [
        ("anna", "Anna", Role::Cashier, &pins[0]),
        ("mara", "Mara", Role::Manager, &pins[1]),
    ] {
        store
            .put_person(&Person {
                person: person.parse().unwrap(),
                name: name.to_owned(),
                role,
                pin: pin.clone(),
                failed_tries: 0,
                locked_until: None,
            })
            .unwrap();
    }
}

pub fn terminal() -> TerminalId {
    "01940000-0000-7000-8000-000000000001".parse().unwrap()
}

/// What HQ published for S1.
pub fn bundle() -> Bundle {
    let plan = |plan: &str, name: &str, from: &str, until: &str, minimum: Value| {
        json!({"plan": plan, "name": name, "effect": {"kind": "amount_off", "amount": eur(100)},
            "valid_from": from, "valid_until": until, "minimum_spend": minimum,
            "one_per_basket": true, "funder": "chain", "proof": "store_bound"})
    };
    let coupon = |number: &str, plan: &str| json!({"number": number, "plan": plan});
    let elsewhere = number_digest(&"OTHER001".to_owned().try_into().unwrap());
    Bundle {
        version: 7,
        profile: of(
            json!({"store": "S1", "name": "Corner Shop", "time_zone": "Europe/Berlin", "currency": "EUR"}),
        ),
        rules: Document::read(
            json!({"v": 1,
            "rules": [{"rule": "base", "name": "Points on every purchase", "funder": "chain",
                "effect": {"kind": "points_per_amount", "points": 1, "per": eur(100)}}],
            "plans": [
                plan("SPRING", "Spring: 1.00 off", "2020-01-01", "2099-12-31", Value::Null),
                plan("TODAY", "Today only", "2026-11-22", "2026-11-22", Value::Null),
                plan("OLD", "Old", "2020-01-01", "2020-12-31", Value::Null),
                plan("LATER", "Later", "2099-01-01", "2099-12-31", Value::Null),
                plan("BIG", "Big baskets", "2020-01-01", "2099-12-31", eur(5_000)),
                {"plan": "ACME", "name": "Manufacturer's coupon", "funder": "acme",
                    "effect": {"kind": "amount_off", "amount": eur(300)},
                    "valid_from": "2020-01-01", "valid_until": "2099-12-31",
                    "proof": {"manufacturer": {"companies": ["4006381"], "cap": {"uses": 2, "past": "refuse"}}}},
            ]})
            .to_string()
            .as_bytes(),
        )
        .unwrap(),
        products: of(json!([
            {"item": "gtin:04006381333931", "name": "Ground coffee 250 g", "unit_price": eur(429), "category": "coffee", "tax_class": "reduced"},
            {"item": "sku:BREAD-1", "name": "Farmhouse bread", "unit_price": eur(199), "category": null, "tax_class": "reduced"},
        ])),
        members: of(json!({"as_of": NOON - DAY, "included": {}, "members": [
            {"member": "01940000-0000-7000-8000-0000000000aa", "display_name": "Clara", "tier": "gold",
                "points": 1240, "cards": [CARD, "code:900000001"]}]})),
        coupons: of(json!({"holder": terminal(),
            "numbers": [coupon("SPRING01", "SPRING"), coupon("SPRING02", "SPRING"), coupon("TODAY001", "TODAY"),
                coupon("OLD00001", "OLD"), coupon("LATER001", "LATER"), coupon("BIG00001", "BIG")],
            "revoked": ["REVOKED1"],
            "elsewhere": [{"store": "S2", "digests": [elsewhere]}]})),
        purse: Some(of(json!({
            "scheme": {"application": "F54C01", "system": "tillside-test", "currency": "EUR",
                "cap": eur(15_000), "key_version": 1, "log_entries": 10, "card_days": 730,
                "replacement_wait_hours": 72},
            "desk": {"top_up": true, "issue": true},
            "blocked": {"as_of": null, "filter": "", "cards": []}}))),
        allowance_keys: Vec::new(),
        member_codes: Some(MemberCodeSheet {
            code_keys: vec![CodeKey::of_secret(&HQ_SECRET)],
            ..MemberCodeSheet::default()
        }),
    }
}

pub fn eur(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
