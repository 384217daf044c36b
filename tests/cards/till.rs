//! A whole till over simulated cards: issued, topped up, paid with, torn at every command, killed at
//! a durable step (each cell whole, and at one of the steps in turn). What the journal says is what
//! the card's memory says.

use crate::stage::Vault;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tillside::WallClock;
use tillside::purse::{
    Durable, JobEnd, LineRequest, NoTap, PurseDesk, Source, Tap, VoidRequest, Work, WriteKey,
};
use tillside_core::{
    Bundle, Hash, Money, PersonId, PurseEnd, SaleId, TenderKind, TerminalProfile, Timestamp,
};
use tillside_sim::{CardSpec, DirectReader, Fault, FaultSetting, ReaderModel, Shelf};
use tillside_store::Store;

const NOON: i64 = 1_795_348_800_000;
const CARD: &str = "desfire-ev2:04213A8A1B2C80";
const MEMBER: &str = "01940000-0000-7000-8000-0000000000aa";
const MOMENTS: [Durable; 8] = [
    Durable::AfterIntent,
    Durable::AfterStage,
    Durable::AfterCommitBeforeDone,
    Durable::AfterDone,
    Durable::BeforeUnknown,
    Durable::AfterUnknown,
    Durable::BeforeNotDone,
    Durable::AfterMeeting,
];

/// How many cells each has: a generator that shrinks is no proof.
const PAY_CELLS: u32 = 136;
const VOID_CELLS: u32 = 136;
const TOP_UP_CELLS: u32 = 152;
const ISSUE_CELLS: u32 = 220;

struct Till {
    desk: Option<PurseDesk>,
    folder: tempfile::TempDir,
    reader: DirectReader,
    card: CardSpec,
    keys: u64,
}

fn person() -> PersonId {
    "anna".parse().unwrap()
}

fn eur(minor: i64) -> Money {
    Money::new(minor, tillside_core::Currency::EUR).unwrap()
}

impl Till {
    /// A till and a card that was issued here and holds 10.00.
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let reader = DirectReader::new(ReaderModel::Acr122, &Shelf::default());
        let card: CardSpec = CARD.parse().unwrap();
        reader.lay(&card).unwrap();
        begin(folder.path());
        let mut till = Self {
            desk: None,
            folder,
            reader,
            card,
            keys: 0,
        };
        till.start();
        let issue = Work::Issue {
            member: MEMBER.parse().unwrap(),
            replaces: None,
        };
        let issued = till.run(issue, None).unwrap();
        assert!(
            matches!(issued.job, Some(JobEnd::Issued { .. })),
            "{issued:?}"
        );
        let top_up = Work::TopUp {
            amount: eur(1_000),
            tender: TenderKind::Cash,
            to: Source::Card,
        };
        till.run(top_up, None).unwrap();
        assert_eq!(till.balance(), 1_000);
        till
    }

    fn start(&mut self) {
        let store = Store::open(&self.folder.path().join("till.db")).unwrap();
        let clock = WallClock::new(|| Timestamp(NOON));
        self.desk = Some(PurseDesk::open(store, Arc::new(Vault), clock).unwrap());
    }

    fn kill(&mut self) {
        self.desk = None;
        self.start();
    }

    fn desk(&mut self) -> &mut PurseDesk {
        self.desk.as_mut().unwrap()
    }

    fn again(&self) {
        self.reader.lift();
        self.reader.set_fault(None).unwrap();
        self.reader.lay(&self.card).unwrap();
    }

    fn run(&mut self, work: Work, dies: Option<Durable>) -> Result<Tap, NoTap> {
        let mut session = self.reader.session()?;
        let mut hook = |moment| match dies == Some(moment) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let txid = PurseDesk::new_tx().unwrap();
        let desk = self.desk.as_mut().unwrap();
        desk.run(session.as_mut(), &person(), txid, work, &mut hook)
    }

    fn tap(&mut self) -> Tap {
        let mut session = self.reader.session().unwrap();
        let desk = self.desk.as_mut().unwrap();
        let mut on = |_| ControlFlow::Continue(());
        desk.tap(session.as_mut(), &mut on).unwrap()
    }

    fn balance(&mut self) -> i64 {
        self.again();
        self.tap().balance.unwrap()
    }

    fn key(&mut self) -> WriteKey {
        self.keys += 1;
        WriteKey {
            key: format!("k{}", self.keys),
            request: Hash::of(&self.keys.to_le_bytes()),
        }
    }

    fn sale(&mut self, cents: i64) -> SaleId {
        let key = self.key();
        let answer = self.desk().desk().open_sale(&key, person()).unwrap();
        let sale: Value = serde_json::from_str(&answer.body).unwrap();
        let sale: SaleId = sale["sale"].as_str().unwrap().parse().unwrap();
        let line: LineRequest = serde_json::from_value(json!({"item": "sku:BREAD-1",
            "quantity": 1, "name": "Bread", "unit_price": {"minor": cents, "currency": "EUR"},
            "tax_class": "reduced"}))
        .unwrap();
        let key = self.key();
        self.desk()
            .desk()
            .put_lines(&key, sale, vec![line])
            .unwrap();
        sale
    }

    fn state(&mut self, sale: SaleId) -> String {
        let view = self.desk().desk().sale(sale).unwrap();
        let view = serde_json::to_value(view).unwrap();
        view["state"].as_str().unwrap().to_owned()
    }
}

fn pay(sale: SaleId) -> Work {
    Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Card,
    }
}

fn void(sale: SaleId) -> Work {
    Work::Void {
        sale,
        request: VoidRequest {
            cashier: person(),
            approved_by: "mara".parse().unwrap(),
            reason: "Wrong size.".to_owned(),
        },
    }
}

fn faults(apdu: u32) -> [Fault; 4] {
    [
        Fault::RemoveAt { apdu },
        Fault::LoseAnswer { apdu },
        Fault::TearWrite { apdu, after: false },
        Fault::TearWrite { apdu, after: true },
    ]
}

/// What `work` takes and gives, torn at every command and killed at every moment.
fn torn(prepare: impl Fn(&mut Till) -> Work, settled: impl Fn(&mut Till, i64)) -> (u32, u32) {
    let mut till = Till::open();
    let work = prepare(&mut till);
    till.again();
    let before = till.reader.view().commands;
    till.run(work, None).unwrap();
    let commands = u32::try_from(till.reader.view().commands - before).unwrap();
    let mut cells = 0;
    for apdu in 1..=commands {
        for fault in faults(apdu) {
            for dies in [
                None,
                Some(MOMENTS[(apdu as usize + cells as usize) % MOMENTS.len()]),
            ] {
                let mut till = Till::open();
                let work = prepare(&mut till);
                till.again();
                let setting = FaultSetting { fault, once: true };
                till.reader.set_fault(Some(setting)).unwrap();
                let ended = till.run(work, dies);
                if matches!(ended, Err(NoTap::Ended(_))) {
                    till.kill();
                }
                let balance = till.balance();
                settled(&mut till, balance);
                let open = till.desk().desk().open_purses().unwrap();
                assert!(open.is_empty(), "{fault:?} {dies:?}: {open:?}");
                cells += 1;
            }
        }
    }
    (commands, cells)
}

#[test]
fn a_payment_torn_anywhere_is_what_the_card_says() {
    let sale = std::cell::Cell::new(None);
    let (_, cells) = torn(
        |till| {
            let new = till.sale(429);
            sale.set(Some(new));
            pay(new)
        },
        |till, balance| {
            let state = till.state(sale.get().unwrap());
            match balance {
                571 => assert_eq!(state, "completed"),
                1_000 => assert_eq!(state, "open"),
                other => panic!("{other} on the card"),
            }
        },
    );
    assert_eq!(cells, PAY_CELLS);
}

#[test]
fn a_void_torn_anywhere_is_what_the_card_says() {
    let sale = std::cell::Cell::new(None);
    let (_, cells) = torn(
        |till| {
            let new = till.sale(429);
            sale.set(Some(new));
            let paid = till.run(pay(new), None).unwrap();
            assert!(
                matches!(paid.job, Some(JobEnd::Moved(ref s)) if s.end == Some(PurseEnd::Done))
            );
            void(new)
        },
        |till, balance| {
            let state = till.state(sale.get().unwrap());
            match balance {
                571 => assert_eq!(state, "completed"),
                1_000 => assert_eq!(state, "voided"),
                other => panic!("{other} on the card"),
            }
        },
    );
    assert_eq!(cells, VOID_CELLS);
}

fn begin(folder: &Path) {
    let mut store = Store::open(&folder.join("till.db")).unwrap();
    let profile = json!({"store": "S1", "name": "Corner Shop", "time_zone": "Europe/Berlin", "currency": "EUR"});
    let bundle = Bundle {
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
    };
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
}

#[test]
fn a_top_up_torn_anywhere_is_what_the_card_says() {
    let (_, cells) = torn(
        |_| Work::TopUp {
            amount: eur(500),
            tender: TenderKind::Cash,
            to: Source::Card,
        },
        |till, balance| {
            let today = "2026-11-22".parse().unwrap();
            let totals = till.desk().store().purse_totals_on(today).unwrap();
            assert_eq!(totals[0].topped_up.minor(), balance);
        },
    );
    assert_eq!(cells, TOP_UP_CELLS);
}

#[test]
fn an_issue_torn_anywhere_is_finished_by_the_next_one() {
    let issue = || Work::Issue {
        member: MEMBER.parse().unwrap(),
        replaces: None,
    };
    let fresh = || {
        let folder = tempfile::tempdir().unwrap();
        let reader = DirectReader::new(ReaderModel::Acr122, &Shelf::default());
        let card: CardSpec = CARD.parse().unwrap();
        reader.lay(&card).unwrap();
        begin(folder.path());
        let mut till = Till {
            desk: None,
            folder,
            reader,
            card,
            keys: 0,
        };
        till.start();
        till
    };
    let mut till = fresh();
    till.run(issue(), None).unwrap();
    let commands = u32::try_from(till.reader.view().commands).unwrap();
    let mut cells = 0;
    for apdu in 1..=commands {
        for fault in faults(apdu) {
            let mut till = fresh();
            till.reader
                .set_fault(Some(FaultSetting { fault, once: true }))
                .unwrap();
            let dies = (apdu % 2 == 0).then_some(Durable::AfterIssueBeforeFact);
            let ended = till.run(issue(), dies);
            if matches!(ended, Err(NoTap::Ended(_))) {
                till.kill();
            }
            till.again();
            let done = till.run(issue(), None).unwrap();
            assert!(
                matches!(done.job, Some(JobEnd::Issued { .. })),
                "{fault:?} {done:?}"
            );
            let card = done.card.clone();
            assert!(till.desk().store().card_issued(&card).unwrap().is_some());
            till.again();
            let tap = till.tap();
            assert_eq!(tap.balance, Some(0));
            cells += 1;
        }
    }
    assert_eq!(cells, ISSUE_CELLS);
}
