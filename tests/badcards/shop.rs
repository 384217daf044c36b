//! A chain's till over its database and a reader, a card of it, and the judge: what has to be true
//! after a card that was no good.

use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tillside::WallClock;
use tillside::purse::{JobEnd, LineRequest, NoTap, PurseDesk, Source, Tap, Work, WriteKey};
use tillside_core::{
    Bundle, Currency, Hash, Money, PersonId, PurseScheme, SaleId, TenderKind, TerminalProfile,
    Timestamp,
};
use tillside_drivers::CardSession;
use tillside_keys::{
    CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind, aes_cmac,
};
use tillside_sim::{CardSpec, DirectReader, ReaderModel, SavedCard, Shelf};
use tillside_store::Store;

/// 2026-11-22.
pub const NOON: i64 = 1_795_348_800_000;
pub const CARD: &str = "desfire-ev3:04F1A2B3C4D5E6";
pub const IDENTITY: &str = "uid:04F1A2B3C4D5E6";
pub const MEMBER: &str = "01940000-0000-7000-8000-0000000000aa";
/// What a card holds that was made for a test.
pub const FLOAT: i64 = 1_000;
/// What the sale costs.
pub const PRICE: i64 = 429;
/// What is to be put on.
pub const TOP_UP: i64 = 500;

/// The keys of a chain, of some versions.
#[derive(Clone, Debug)]
pub struct Vault {
    pub chain: u8,
    pub versions: Vec<u8>,
    pub without: Vec<KeyRole>,
}

impl KeyVault for Vault {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        let roles = KeyRole::ALL.into_iter();
        let roles = roles.filter(|role| !self.without.contains(role));
        let held = roles.flat_map(|role| {
            let versions = self.versions.iter();
            versions.map(move |&version| HeldKey { role, version })
        });
        Ok(held.collect())
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        if !self.held()?.contains(&HeldKey { role, version }) {
            return Err(VaultError::NotHeld { role, version });
        }
        let mut master = *b"a master key of ";
        (master[0], master[1], master[15]) = (self.chain, version, role.number());
        Ok(CardKey::new(aes_cmac(&master, input.message())))
    }
}

/// How a till is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    pub vault: Vault,
    pub scheme: PurseScheme,
    pub blocked: tillside_core::HotList,
    pub at: i64,
    pub model: ReaderModel,
}

impl Setup {
    /// The chain that the tests are about.
    pub fn ours() -> Self {
        Self {
            vault: Vault {
                chain: 0,
                versions: vec![1],
                without: Vec::new(),
            },
            scheme: PurseScheme {
                application: "F54C01".to_owned(),
                system: "tillside-test".to_owned(),
                currency: Currency::EUR,
                cap: eur(15_000),
                key_version: 1,
                log_entries: 10,
                card_days: 730,
                replacement_wait_hours: 72,
            },
            blocked: Default::default(),
            at: NOON,
            model: ReaderModel::Acr122,
        }
    }
}

/// A till, its reader, and a card.
pub struct Shop {
    pub desk: PurseDesk,
    pub reader: DirectReader,
    pub shelf: Shelf,
    pub card: CardSpec,
    _folder: tempfile::TempDir,
}

/// What a cashier tries with a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Try {
    /// Only holds it there.
    Hold,
    Pay,
    TopUp,
}

pub const EVERY: [Try; 3] = [Try::Hold, Try::Pay, Try::TopUp];

impl Shop {
    /// A till that never saw a card, with a card of `chip` as it left its factory.
    pub fn with_card(setup: &Setup, card: &str) -> Self {
        let folder = match std::path::Path::new("/dev/shm") {
            memory if memory.is_dir() => tempfile::tempdir_in(memory).unwrap(),
            _ => tempfile::tempdir().unwrap(),
        };
        let file = folder.path().join("till.db");
        begin(setup, &file);
        let (shelf, card) = (Shelf::default(), card.parse().unwrap());
        let reader = DirectReader::new(setup.model, &shelf);
        let at = Timestamp(setup.at);
        let clock = WallClock::new(move || at);
        let store = Store::open(&file).unwrap();
        let vault = Arc::new(setup.vault.clone());
        Self {
            desk: PurseDesk::open(store, vault, clock).unwrap(),
            reader,
            shelf,
            card,
            _folder: folder,
        }
    }

    /// A till with a card that another one made, as it is.
    pub fn with(setup: &Setup, saved: SavedCard) -> Self {
        let shop = Self::with_card(setup, CARD);
        shop.shelf.put(&shop.card, saved);
        shop
    }

    /// Lays the card down anew.
    pub fn lay(&self) {
        self.reader.lift();
        self.reader.lay(&self.card).unwrap();
    }

    /// What is in the card's memory.
    pub fn memory(&self) -> Value {
        self.reader.card(&self.card).unwrap().memory()
    }

    /// What the cashier does with whatever lies on the reader.
    pub fn run(&mut self, work: Option<Work>) -> Result<Tap, NoTap> {
        let mut session = self.reader.session()?;
        run(&mut self.desk, session.as_mut(), work)
    }

    /// The card is laid down and the work done.
    pub fn hold(&mut self, work: Option<Work>) -> Result<Tap, NoTap> {
        self.lay();
        self.run(work)
    }

    pub fn sale(&mut self) -> SaleId {
        let desk = self.desk.desk();
        let answer = desk.open_sale(&key(), person()).unwrap();
        let sale: Value = serde_json::from_str(&answer.body).unwrap();
        let sale: SaleId = sale["sale"].as_str().unwrap().parse().unwrap();
        let currency = desk.purse_scheme().unwrap().currency;
        let price = Money::new(PRICE, currency).unwrap();
        let line: LineRequest = serde_json::from_value(json!({"item": "sku:BREAD-1",
            "quantity": 1, "name": "Bread", "unit_price": price, "tax_class": "reduced"}))
        .unwrap();
        desk.put_lines(&key(), sale, vec![line]).unwrap();
        sale
    }

    /// The sale is paid in cash.
    pub fn cash(&mut self, sale: SaleId) {
        let cash = serde_json::from_value(json!([{"kind": "cash"}])).unwrap();
        let desk = self.desk.desk();
        desk.check_out(&key(), sale, person(), cash).unwrap();
        let view = serde_json::to_value(desk.sale(sale).unwrap()).unwrap();
        assert_eq!(view["state"], "completed");
    }

    /// The journal's facts of purses.
    pub fn facts(&mut self) -> Vec<Value> {
        let journal = self.desk.store().journal(0, 10_000).unwrap();
        let facts = journal.iter().map(|sealed| {
            let record: Value = serde_json::from_str(&sealed.body).unwrap();
            record["event"].clone()
        });
        let of_purses = |fact: &Value| fact["type"].as_str().unwrap().starts_with("purse");
        facts.filter(of_purses).collect()
    }

    /// What is tried, and the sale that it is for.
    pub fn work(&mut self, what: Try) -> (Option<Work>, SaleId) {
        let sale = self.sale();
        let work = match what {
            Try::Hold => None,
            Try::Pay => Some(pay(sale)),
            Try::TopUp => Some(top_up(TOP_UP)),
        };
        (work, sale)
    }

    /// After a try that came to nothing: the card is as it was, no movement happened or stays open, and
    /// the sale is paid in cash.
    pub fn nothing_happened(&mut self, before: &Value, sale: SaleId) {
        assert_eq!(&self.memory(), before, "the card was changed");
        self.nothing_open(sale);
        for fact in self.facts() {
            let ended = fact["type"] != "purse_ended" || fact["data"]["end"] != "done";
            assert!(ended, "{fact}");
        }
    }

    /// No movement stays open, and the sale is paid in cash.
    pub fn nothing_open(&mut self, sale: SaleId) {
        let open = self.desk.desk().open_purses().unwrap();
        assert!(open.is_empty(), "{open:?}");
        self.cash(sale);
    }
}

pub fn run(
    desk: &mut PurseDesk,
    session: &mut dyn CardSession,
    work: Option<Work>,
) -> Result<Tap, NoTap> {
    let mut on = |_| ControlFlow::Continue(());
    match work {
        Some(work) => {
            let txid = PurseDesk::new_tx().unwrap();
            desk.run(session, &person(), txid, work, &mut on)
        }
        None => desk.tap(session, &mut on),
    }
}

/// What the cashier reads.
pub fn words(end: &Result<Tap, NoTap>) -> String {
    match end {
        Err(NoTap::Reader(error)) => error.cashier_words().to_owned(),
        Err(NoTap::Refused(words)) => words.clone(),
        Err(other) => panic!("{other:?}"),
        Ok(tap) => match &tap.job {
            Some(JobEnd::Moved(settled)) => settled.words.clone(),
            Some(JobEnd::Refused { words, .. }) => words.clone(),
            Some(other) => panic!("{other:?}"),
            None => tap
                .blocked
                .clone()
                .or(tap.refused.clone())
                .unwrap_or_default(),
        },
    }
}

/// A card of the chain of `setup`, issued there and topped up, so that it holds so much.
pub fn made(setup: &Setup, holds: i64) -> SavedCard {
    let mut shop = Shop::with_card(setup, CARD);
    let issue = Work::Issue {
        member: MEMBER.parse().unwrap(),
        replaces: None,
    };
    let issued = shop.hold(Some(issue)).unwrap();
    assert!(matches!(issued.job, Some(JobEnd::Issued { .. })));
    if holds > 0 {
        let amount = Money::new(holds, setup.scheme.currency).unwrap();
        let tender = TenderKind::Cash;
        let to = Source::Card;
        let put = Work::TopUp { amount, tender, to };
        assert_eq!(shop.hold(Some(put)).unwrap().balance, Some(holds));
    }
    shop.reader.lift();
    shop.shelf.card(&shop.card).unwrap()
}

/// A place in the files of the chain's application.
pub fn file(card: &SavedCard, place: &str) -> String {
    let memory = card.memory();
    let all = memory["applications"].as_array().unwrap();
    let at = all.iter().position(|one| one["aid"] == "F54C01").unwrap();
    format!("/applications/{at}/files/{place}")
}

fn begin(setup: &Setup, file: &std::path::Path) {
    let mut store = Store::open(file).unwrap();
    let currency = setup.scheme.currency;
    let profile = json!({"store": "S1", "name": "Corner Shop", "time_zone": "Europe/Berlin",
        "currency": currency});
    let desk = json!({"top_up": true, "issue": true});
    let bundle: Bundle = Bundle {
        version: 7,
        profile: serde_json::from_value(profile).unwrap(),
        rules: serde_json::from_value(json!({"v": 2, "rules": [], "plans": []})).unwrap(),
        products: Vec::new(),
        members: serde_json::from_value(json!({"as_of": 0, "included": {}, "members": []}))
            .unwrap(),
        coupons: serde_json::from_value(
            json!({"holder": null, "numbers": [], "revoked": [], "elsewhere": []}),
        )
        .unwrap(),
        purse: Some(
            serde_json::from_value(json!({"scheme": setup.scheme, "desk": desk,
                "blocked": setup.blocked}))
            .unwrap(),
        ),
        member_codes: None,
        allowance_keys: Vec::new(),
    };
    let profile = TerminalProfile {
        terminal: "01940000-0000-7000-8000-000000000001".parse().unwrap(),
        lane: "1".parse().unwrap(),
        profile: bundle.profile.clone(),
        epoch: 1,
        coupon_holder: true,
    };
    store.enrol(&profile).unwrap();
    let now = store.now(Timestamp(setup.at));
    store.adopt(&bundle, now).unwrap();
}

pub fn person() -> PersonId {
    "anna".parse().unwrap()
}

pub fn eur(cents: i64) -> Money {
    Money::new(cents, Currency::EUR).unwrap()
}

pub fn key() -> WriteKey {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    WriteKey {
        key: format!("k{number}"),
        request: Hash::of(&number.to_le_bytes()),
    }
}

pub fn pay(sale: SaleId) -> Work {
    Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Card,
    }
}

pub fn top_up(cents: i64) -> Work {
    Work::TopUp {
        amount: eur(cents),
        tender: TenderKind::Cash,
        to: Source::Card,
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
