//! A till of this process over a simulated reader: the agent's own desk and SQLite file, no service and no
//! socket. What it does with a card is the real thing, command by command.

use crate::stage::{MEMBER, Vault, scheme};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;
use tempfile::TempDir;
use tillside::WallClock;
use tillside::purse::{JobEnd, LineRequest, PurseDesk, Source, Work, WriteKey};
use tillside_core::{
    Bundle, Hash, Money, PersonId, PurseEnd, SaleId, TenderKind, TerminalProfile, Timestamp,
};
use tillside_sim::{CardSpec, DirectReader, Exchange, ReaderModel, Shelf};
use tillside_store::Store;

const NOON: Timestamp = Timestamp(1_795_348_800_000);

/// A till and the reader beside it.
pub struct Till {
    desk: PurseDesk,
    reader: DirectReader,
    writes: u64,
    // Goes last.
    _folder: TempDir,
}

impl Till {
    /// A new till that may take payments and top up, with cards from `shelf`.
    pub fn open(number: u8, model: ReaderModel, shelf: &Shelf) -> Result<Self> {
        let folder = TempDir::with_prefix("tillside-bench-")?;
        let mut store = Store::open(&folder.path().join("till.db"))?;
        let bundle = bundle()?;
        store.enrol(&TerminalProfile {
            terminal: format!("01940000-0000-7000-8000-0000000000{number:02x}").parse()?,
            lane: "1".parse()?,
            profile: bundle.profile.clone(),
            epoch: 1,
            coupon_holder: true,
        })?;
        let now = store.now(NOON);
        store.adopt(&bundle, now)?;
        Ok(Self {
            desk: PurseDesk::open(store, Arc::new(Vault), WallClock::new(|| NOON))?,
            reader: DirectReader::new(model, shelf),
            writes: 0,
            _folder: folder,
        })
    }

    /// Puts money on a card.
    pub fn top_up(&mut self, card: &CardSpec, cents: i64) -> Result<()> {
        let work = Work::TopUp {
            amount: eur(cents)?,
            tender: TenderKind::Cash,
            to: Source::Card,
        };
        self.hold(card, work).map(drop)
    }

    /// A sale of so many cents is paid from the card, which is laid down when the payment waits for it.
    /// What the reader was sent from then on.
    pub fn pay(&mut self, card: &CardSpec, cents: i64) -> Result<Vec<Exchange>> {
        let sale = self.sale(cents)?;
        let work = Work::Pay {
            sale,
            amount: None,
            partly: false,
            from: Source::Card,
        };
        self.hold(card, work)
    }

    fn hold(&mut self, card: &CardSpec, work: Work) -> Result<Vec<Exchange>> {
        let before = self.reader.view().commands;
        self.reader.lay(card)?;
        let mut session = self.reader.session()?;
        let tap = self.desk.run(
            session.as_mut(),
            &person()?,
            PurseDesk::new_tx()?,
            work,
            &mut |_| ControlFlow::Continue(()),
        )?;
        drop(session);
        let done =
            matches!(&tap.job, Some(JobEnd::Moved(moved)) if moved.end == Some(PurseEnd::Done));
        ensure!(done, "the card did not do it: {tap:?}");
        let sent = usize::try_from(self.reader.view().commands - before)?;
        let mut exchanges = self.reader.exchanges();
        self.reader.lift();
        ensure!(
            sent < exchanges.len() || before == 0,
            "the reader forgot some"
        );
        Ok(exchanges.split_off(exchanges.len() - sent))
    }

    fn sale(&mut self, cents: i64) -> Result<SaleId> {
        let (open, put) = (self.write(), self.write());
        let desk = self.desk.desk();
        let answer = desk.open_sale(&open, person()?)?;
        let sale: Value = serde_json::from_str(&answer.body)?;
        let sale: SaleId = sale["sale"].as_str().context("a sale")?.parse()?;
        let line: LineRequest = serde_json::from_value(json!({"item": "sku:BREAD-1",
            "quantity": 1, "name": "Bread", "unit_price": eur(cents)?, "tax_class": "reduced"}))?;
        desk.put_lines(&put, sale, vec![line])?;
        Ok(sale)
    }

    fn write(&mut self) -> WriteKey {
        self.writes += 1;
        WriteKey {
            key: format!("k{}", self.writes),
            request: Hash::of(&self.writes.to_le_bytes()),
        }
    }
}

fn eur(cents: i64) -> Result<Money> {
    Ok(Money::new(cents, tillside_core::Currency::EUR)?)
}

fn person() -> Result<PersonId> {
    Ok("anna".parse()?)
}

/// The scheme of the stage's cards, at a desk that tops up.
fn bundle() -> Result<Bundle> {
    let scheme = scheme();
    let [a, b, c] = scheme.aid;
    let member = uuid(MEMBER);
    let profile = json!({"store": "S1", "name": "Corner Shop", "time_zone": "Europe/Berlin",
        "currency": "EUR"});
    let members = json!({"as_of": 0, "included": {}, "members": [{"member": member,
        "display_name": "Clara M.", "tier": "gold", "points": 0, "cards": []}]});
    let purse = json!({
        "scheme": {"application": format!("{a:02X}{b:02X}{c:02X}"),
            "system": String::from_utf8(scheme.system_id)?, "currency": "EUR",
            "cap": eur(scheme.cap)?, "key_version": scheme.key_version,
            "log_entries": scheme.log_records, "card_days": 730,
            "replacement_wait_hours": 72},
        "desk": {"top_up": true, "issue": true},
        "blocked": {"as_of": null, "filter": "", "cards": []}});
    Ok(Bundle {
        version: 1,
        profile: serde_json::from_value(profile)?,
        rules: tillside_core::engine::Document::empty(),
        products: Vec::new(),
        members: serde_json::from_value(members)?,
        coupons: serde_json::from_value(
            json!({"holder": null, "numbers": [], "revoked": [], "elsewhere": []}),
        )?,
        purse: Some(serde_json::from_value(purse)?),
        member_codes: None,
        allowance_keys: Vec::new(),
    })
}

fn uuid(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let part = |shift: u32, digits: u32| (number >> shift) & ((1 << (4 * digits)) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 8),
        part(80, 4),
        part(64, 4),
        part(48, 4),
        part(0, 12)
    )
}
