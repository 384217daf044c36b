//! A till over a real database, and what a test does with it.

use crate::clock::WallClock;
use crate::events::Hub;
use crate::line_board::{Known, LineBoard};
use crate::purse::card::Cards;
use crate::purse::double::{Card, NoSession};
use crate::purse::flow::Flow;
use crate::purse::outcome::{Attended, FlowError};
use crate::purse::{Durable, Job, JobEnd, Source, Work};
use crate::till::{Answer, Desk, Flags, LineRequest, Settled, TillError, WriteKey};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tempfile::TempDir;
use tillside_core::{
    Bundle, Hash, Money, PersonId, PurseSheet, PurseStage, PurseTx, SaleId, TerminalProfile,
    Timestamp,
};
use tillside_store::Store;

pub(super) const CLARA: &str = "01940000-0000-7000-8000-0000000000aa";
pub(super) const NOON: i64 = 1_795_348_800_000;

pub(super) struct Shop {
    pub(super) desk: Desk,
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    /// What HQ says that an account holds.
    pub(super) account: Option<i64>,
    _kept: TempDir,
}

impl Shop {
    pub(super) fn open() -> Self {
        Self::with(|_| {})
    }

    /// With another e-money sheet than usual.
    pub(super) fn with(change: impl FnOnce(&mut PurseSheet)) -> Self {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().to_owned();
        let mut store = Store::open(&folder.join("till.db")).unwrap();
        let mut bundle = bundle();
        bundle.purse.as_mut().map(change);
        store
            .enrol(&TerminalProfile {
                terminal: "01940000-0000-7000-8000-000000000001".parse().unwrap(),
                lane: "1".parse().unwrap(),
                profile: bundle.profile.clone(),
                epoch: 1,
                coupon_holder: true,
            })
            .unwrap();
        store.adopt(&bundle, store.now(Timestamp(NOON))).unwrap();
        let clock = Arc::new(AtomicI64::new(NOON));
        Self {
            desk: desk(store, &clock),
            folder,
            clock,
            account: None,
            _kept: kept,
        }
    }

    /// The agent dies and starts again: only what is on the disk is left.
    pub(super) fn killed(self) -> Self {
        let Self {
            desk,
            folder,
            clock,
            account,
            _kept,
        } = self;
        drop(desk);
        let mut desk = self::desk(Store::open(&folder.join("till.db")).unwrap(), &clock);
        desk.purses_after_start().unwrap();
        Self {
            desk,
            folder,
            clock,
            account,
            _kept,
        }
    }

    /// It is the next day.
    pub(super) fn next_day(&self) {
        self.clock.fetch_add(24 * 3_600_000, Ordering::Relaxed);
    }

    /// The line to HQ is up.
    pub(super) fn line_up(&self) {
        self.desk.board.change(|known| known.up = true);
    }

    /// An open sale of so many cents.
    pub(super) fn sale(&mut self, cents: i64) -> SaleId {
        let answer = self.desk.open_sale(&key(), person()).unwrap();
        let sale: Value = serde_json::from_str(&answer.body).unwrap();
        let sale: SaleId = sale["sale"].as_str().unwrap().parse().unwrap();
        self.put(sale, cents).unwrap();
        sale
    }

    pub(super) fn put(&mut self, sale: SaleId, cents: i64) -> Result<Answer, TillError> {
        let line: LineRequest = serde_json::from_value(json!({"item": "sku:BREAD-1",
            "quantity": 1, "name": "Bread", "unit_price": {"minor": cents, "currency": "EUR"},
            "tax_class": "reduced"}))
        .unwrap();
        self.desk.put_lines(&key(), sale, vec![line])
    }

    pub(super) fn attend(
        &mut self,
        card: &Card,
        work: Option<Work>,
    ) -> Result<Attended, FlowError> {
        self.attend_until(card, work, None)
    }

    /// Attends a card; the agent dies at a moment.
    pub(super) fn attend_until(
        &mut self,
        card: &impl Cards,
        work: Option<Work>,
        dies: Option<Durable>,
    ) -> Result<Attended, FlowError> {
        let job = work.map(|work| Job {
            txid: new_tx(),
            person: person(),
            work,
        });
        let mut flow = Flow {
            steps: &mut self.desk,
            cards: card,
            new_tx: &mut || Ok(new_tx()),
            hook: &mut |moment| match dies == Some(moment) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            },
            account: &mut |_| self.account,
            working: &mut |_| {},
        };
        flow.attend(&mut NoSession, job.as_ref())
    }

    pub(super) fn tap(&mut self, card: &Card) -> Vec<Settled> {
        self.attend(card, None).unwrap().met.settled
    }

    pub(super) fn job(&mut self, card: &Card, work: Work) -> JobEnd {
        self.attend(card, Some(work)).unwrap().job.unwrap()
    }

    pub(super) fn moved(&mut self, card: &Card, work: Work) -> Settled {
        match self.job(card, work) {
            JobEnd::Moved(settled) => settled,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn refused(&mut self, card: &Card, work: Work) -> String {
        match self.job(card, work) {
            JobEnd::Refused { words, .. } => words,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn check_out(&mut self, sale: SaleId) -> Result<Answer, TillError> {
        let cash = serde_json::from_value(json!([{"kind": "cash"}])).unwrap();
        self.desk.check_out(&key(), sale, person(), cash)
    }

    pub(super) fn view(&mut self, sale: SaleId) -> Value {
        serde_json::to_value(self.desk.sale(sale).unwrap()).unwrap()
    }

    /// The types of the journal's records about sales and purses, in order.
    pub(super) fn facts(&self) -> Vec<String> {
        let records = self.desk.store.journal(0, 10_000).unwrap();
        let types = records.iter().map(|sealed| {
            let record: Value = serde_json::from_str(&sealed.body).unwrap();
            record["event"]["type"].as_str().unwrap().to_owned()
        });
        types.filter(|kind| kind != "bundle_adopted").collect()
    }

    pub(super) fn stage(&mut self, txid: PurseTx) -> PurseStage {
        self.desk.store.purse(txid).unwrap().unwrap().state.stage
    }
}

pub(super) fn pay(sale: SaleId) -> Work {
    Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Card,
    }
}

pub(super) fn person() -> PersonId {
    PersonId::new("anna").unwrap()
}

pub(super) fn eur(minor: i64) -> Money {
    Money::new(minor, tillside_core::Currency::EUR).unwrap()
}

pub(super) fn key() -> WriteKey {
    let number = next();
    WriteKey {
        key: format!("k{number}"),
        request: Hash::of(&number.to_le_bytes()),
    }
}

fn new_tx() -> PurseTx {
    PurseTx::new(next().to_be_bytes())
}

fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn desk(store: Store, clock: &Arc<AtomicI64>) -> Desk {
    let hub = Hub::default();
    let known = Known {
        enrolled: true,
        up: false,
        since: Timestamp(0),
        last_contact: None,
        problem: None,
        unconfirmed: 0,
        zone: "UTC".to_owned(),
    };
    let board = LineBoard::new(known, hub.clone());
    let clock = clock.clone();
    let clock = WallClock::new(move || Timestamp(clock.load(Ordering::Relaxed)));
    Desk::new(
        store,
        clock,
        hub,
        board,
        Default::default(),
        Flags::default(),
    )
}

fn bundle() -> Bundle {
    let of = |value: Value| value;
    Bundle {
        version: 7,
        profile: serde_json::from_value(of(
            json!({"store": "S1", "name": "Corner Shop", "time_zone": "Europe/Berlin", "currency": "EUR"}),
        ))
        .unwrap(),
        rules: tillside_core::engine::Document::empty(),
        products: Vec::new(),
        members: serde_json::from_value(json!({"as_of": 0, "included": {}, "members": [
            {"member": CLARA, "display_name": "Clara", "tier": "gold", "points": 0,
                "cards": ["code:900000001", "uid:04999999999999"]}]}))
        .unwrap(),
        coupons: serde_json::from_value(
            json!({"holder": null, "numbers": [], "revoked": [], "elsewhere": []}),
        )
        .unwrap(),
        purse: Some(
            serde_json::from_value(json!({
                "scheme": {"application": "F54C01", "system": "tillside-test", "currency": "EUR",
                    "cap": {"minor": 15_000, "currency": "EUR"}, "key_version": 1,
                    "log_entries": 10, "card_days": 730, "replacement_wait_hours": 72},
                "desk": {"top_up": true, "issue": true},
                "blocked": {"as_of": null, "filter": "", "cards": []}}))
            .unwrap(),
        ),
        member_codes: None,
        allowance_keys: Vec::new(),
    }
}
