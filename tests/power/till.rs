//! A till as the agent has it, over a database in a folder that is watched, and a card reader beside it.
//!
//! Every call gives what was told to whoever asked; what a failure means is for the caller.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tillside::WallClock;
use tillside::purse::{
    Answer, Durable, LineRequest, PurseDesk, Source, Tap, VoidRequest, Work, WriteKey,
};
use tillside_core::{
    Bundle, CardIdentity, CouponNumber, Hash, PersonId, PurseTx, RuleDocument, SaleId, StoreId,
    TenderKind, TerminalId, TerminalProfile,
};
use tillside_sim::{CardSpec, DirectReader, ReaderModel, SavedCard, Shelf};
use tillside_store::Store;
use tillside_tests::purse::{CARD, CardMemory, ChainVault, NOON, eur};

/// The member who has the card, and one who has points alone.
pub const MEMBERS: [(&str, &str); 2] = [
    ("01940000-0000-7000-8000-0000000000aa", "Clara M."),
    ("01940000-0000-7000-8000-0000000000bb", "Bert K."),
];
/// The card of the second.
pub const POINTS_CARD: &str = "code:900000002";

/// A till.
pub struct Till {
    file: PathBuf,
    desk: Option<PurseDesk>,
    reader: DirectReader,
    shelf: Shelf,
    card: CardSpec,
    keys: u64,
}

impl Till {
    /// A till that was not started.
    pub fn over(file: &Path) -> Result<Self> {
        let shelf = Shelf::default();
        Ok(Self {
            file: file.to_owned(),
            desk: None,
            reader: DirectReader::new(ReaderModel::Acr122, &shelf),
            shelf,
            card: CARD.parse()?,
            keys: 0,
        })
    }

    /// Opens the database, and makes it this terminal's if it is new.
    pub fn start(&mut self) -> Result<()> {
        self.desk = None;
        let store = Store::open(&self.file)?;
        let clock = WallClock::new(|| NOON);
        self.desk = Some(PurseDesk::open(store, Arc::new(ChainVault), clock)?);
        Ok(())
    }

    /// Makes it a terminal of the chain.
    pub fn enrol(&mut self) -> Result<()> {
        let profile = profile()?;
        Ok(self.desk()?.store().enrol(&profile)?)
    }

    /// Takes a bundle.
    pub fn adopt(&mut self, version: u64) -> Result<()> {
        let bundle = bundle(version)?;
        let store = self.desk()?.store();
        let now = store.now(NOON);
        store.adopt(&bundle, now)?;
        Ok(())
    }

    /// The agent ends.
    pub fn stop(&mut self) {
        self.desk = None;
    }

    pub fn is_up(&self) -> bool {
        self.desk.is_some()
    }

    pub fn desk(&mut self) -> Result<&mut PurseDesk> {
        self.desk.as_mut().context("the till is down")
    }

    /// A key for a write.
    pub fn key(&mut self) -> WriteKey {
        self.keys += 1;
        WriteKey {
            key: format!("key-{}", self.keys),
            request: Hash::of(&self.keys.to_le_bytes()),
        }
    }

    pub fn open(&mut self, key: &WriteKey) -> Result<SaleId> {
        let answer = self.desk()?.desk().open_sale(key, anna()?)?;
        let opened = body(&answer)?;
        Ok(opened["sale"].as_str().context("a sale")?.parse()?)
    }

    /// Two coffees.
    pub fn fill(&mut self, key: &WriteKey, sale: SaleId) -> Result<()> {
        let line: LineRequest =
            serde_json::from_value(json!({"item": "sku:COFFEE", "quantity": 2,
            "name": "Coffee", "unit_price": eur(250)?, "tax_class": "reduced",
            "category": "coffee"}))?;
        self.desk()?.desk().put_lines(key, sale, vec![line])?;
        Ok(())
    }

    pub fn customer(&mut self, key: &WriteKey, sale: SaleId) -> Result<()> {
        let card = CardIdentity::new(POINTS_CARD)?;
        self.desk()?.desk().put_customer(key, sale, card)?;
        Ok(())
    }

    pub fn coupon(&mut self, key: &WriteKey, sale: SaleId, number: &CouponNumber) -> Result<()> {
        let desk = self.desk()?.desk();
        let answer = desk.put_coupon(key, sale, anna()?, number.clone())?;
        ensure!(body(&answer)?["valid"] == true, "{}", answer.body);
        Ok(())
    }

    pub fn check_out(&mut self, key: &WriteKey, sale: SaleId) -> Result<()> {
        let cash = serde_json::from_value(json!([{"kind": "cash"}]))?;
        self.desk()?.desk().check_out(key, sale, anna()?, cash)?;
        Ok(())
    }

    pub fn void(&mut self, key: &WriteKey, sale: SaleId) -> Result<()> {
        let request = VoidRequest {
            cashier: anna()?,
            approved_by: PersonId::new("mara")?,
            reason: "Wrong size.".to_owned(),
        };
        self.desk()?.desk().void(key, sale, request)?;
        Ok(())
    }

    /// `open`, `completed` or `voided`.
    pub fn state(&mut self, sale: SaleId) -> Result<String> {
        let view = serde_json::to_value(self.desk()?.desk().sale(sale)?)?;
        Ok(view["state"].as_str().context("a state")?.to_owned())
    }

    /// HQ has confirmed the oldest records that it had not.
    pub fn confirmed(&mut self) -> Result<()> {
        let store = self.desk()?.store();
        let head = store.head().context("enrolled")?;
        let records = store.outbox(4)?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        let at_hq = tillside_core::Head {
            seq: last.seq,
            hash: last.hash,
            ..head
        };
        let seqs: Vec<u64> = records.iter().map(|record| record.seq).collect();
        store.confirm(head.epoch, &seqs, Some(&at_hq))?;
        Ok(())
    }

    /// Nobody wants anything for a moment.
    pub fn rest(&mut self) -> Result<()> {
        Ok(self.desk()?.store().rest()?)
    }

    /// The card is held for a job, or for none; `hook` is called at each durable moment.
    pub fn hold(
        &mut self,
        txid: PurseTx,
        work: Option<Work>,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Tap> {
        self.reader.lift();
        self.reader.lay(&self.card)?;
        let desk = self.desk.as_mut().context("the till is down")?;
        let mut session = self.reader.session()?;
        let tap = match work {
            Some(work) => desk.run(session.as_mut(), &anna()?, txid, work, hook),
            None => desk.tap(session.as_mut(), hook),
        };
        drop(session);
        self.reader.lift();
        Ok(tap?)
    }

    /// The card as it is now.
    pub fn card(&self) -> Option<SavedCard> {
        self.reader.card(&self.card)
    }

    /// Makes the card what it was elsewhere.
    pub fn put_card(&self, card: SavedCard) {
        self.shelf.put(&self.card, card);
    }

    /// What the card's memory says; none before it was issued.
    pub fn memory(&self) -> Result<Option<CardMemory>> {
        self.card().map_or(Ok(None), |card| CardMemory::of(&card))
    }
}

/// Makes the card the first member's.
pub fn issue() -> Result<Work> {
    Ok(Work::Issue {
        member: MEMBERS[0].0.parse()?,
        replaces: None,
    })
}

/// Puts money on the card.
pub fn top_up(cents: i64) -> Result<Work> {
    Ok(Work::TopUp {
        amount: eur(cents)?,
        tender: TenderKind::Cash,
        to: Source::Card,
    })
}

/// Pays a sale with the card.
pub fn pay(sale: SaleId) -> Work {
    Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Card,
    }
}

/// Numbers of the store's coupons, each for one use.
pub fn coupons() -> Result<Vec<CouponNumber>> {
    let number = |n: u32| CouponNumber::new(&format!("CF9B{n:04}"));
    Ok((0..100).map(number).collect::<Result<_, _>>()?)
}

fn anna() -> Result<PersonId> {
    Ok(PersonId::new("anna")?)
}

fn body(answer: &Answer) -> Result<Value> {
    Ok(serde_json::from_str(&answer.body)?)
}

fn terminal() -> TerminalId {
    TerminalId::new(uuid::Uuid::from_u128(0xA001))
}

fn profile() -> Result<TerminalProfile> {
    Ok(serde_json::from_value(
        json!({"terminal": terminal(), "lane": "1",
        "profile": {"store": StoreId::new("S1")?, "name": "Corner Shop Mitte",
            "time_zone": "Europe/Berlin", "currency": "EUR"},
        "epoch": 1, "coupon_holder": true}),
    )?)
}

fn bundle(version: u64) -> Result<Bundle> {
    let rules = std::fs::read(tillside_tests::sample().file("rules.json"))?;
    let rules: RuleDocument = serde_json::from_slice(&rules)?;
    let members = MEMBERS.map(|(member, name)| {
        let cards = if name == MEMBERS[1].1 {
            vec![POINTS_CARD]
        } else {
            Vec::new()
        };
        json!({"member": member, "display_name": name, "tier": "gold", "points": 0, "cards": cards})
    });
    let coupons: Vec<Value> = coupons()?
        .iter()
        .map(|number| json!({"number": number, "plan": "COFFEE-1"}))
        .collect();
    Ok(Bundle {
        version,
        profile: profile()?.profile,
        rules: rules.into(),
        products: Vec::new(),
        members: serde_json::from_value(json!({"as_of": 0, "included": {}, "members": members}))?,
        coupons: serde_json::from_value(json!({"holder": terminal(), "numbers": coupons,
            "revoked": [], "elsewhere": []}))?,
        purse: Some(serde_json::from_value(json!({
            "scheme": {"application": "F54C01", "system": "tillside-test", "currency": "EUR",
                "cap": eur(15_000)?, "key_version": 1, "log_entries": 10, "card_days": 730,
                "replacement_wait_hours": 72},
            "desk": {"top_up": true, "issue": true},
            "blocked": {"as_of": null, "filter": "", "cards": []}}))?),
        member_codes: None,
        allowance_keys: Vec::new(),
    })
}
