//! A terminal: the real till over its real database, the real sync engine, a clock that can be wrong.

use crate::certificates::{YEARS, certificate};
use crate::hq::Hq;
use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tillside::WallClock;
use tillside::purse::{
    Answer, Desk, GoodsRequest, LineRequest, PurseDesk, ReturnRequest, TillError, VoidRequest,
    WriteKey,
};
use tillside_core::{
    CardIdentity, CouponNumber, Hash, Head, PersonId, Points, SaleId, StoreId, TerminalId,
    Timestamp,
};
use tillside_hq::fleet::IssuedCertificate;
use tillside_protocol::{EpochRequest, PushRequest};
use tillside_store::Store;
use tillside_sync::{
    Engine, Failure, LineState, LocalView, Moment, Place, ProblemKind, Report, batch, settle,
};
use tillside_tests::purse::ChainVault;

/// Small, so that a backlog takes many batches.
const BATCH: usize = 4;
const POLL: Duration = Duration::from_secs(15);

/// A terminal.
pub struct Till {
    pub store: StoreId,
    pub terminal: TerminalId,
    pub engine: Engine,
    /// In which of the stores it stands.
    pub home: usize,
    /// As of when its members' balances are, and up to which of its records.
    pub balances: (Timestamp, u64),
    /// The newest records that HQ ever had under its name, by epoch.
    pub at_hq: BTreeMap<u32, u64>,
    file: PathBuf,
    desk: Option<PurseDesk>,
    clock: Arc<AtomicI64>,
    /// How many keys its POS has made.
    pub keys: u64,
    /// Since when the engine counts.
    began: Duration,
    /// What it shows HQ, and how many it has had.
    pub certificate: IssuedCertificate,
    pub certificates: u32,
}

impl Till {
    /// Starts over a database file.
    pub fn start(file: &Path, began: Duration, wall: i64) -> Result<Self> {
        let clock = Arc::new(AtomicI64::new(wall));
        let mut till = Self {
            store: StoreId::new("none")?,
            terminal: TerminalId::new(uuid::Uuid::nil()),
            engine: Engine::new(POLL, LineState::untried(Timestamp(wall))),
            home: 0,
            balances: (Timestamp(0), 0),
            at_hq: BTreeMap::new(),
            file: file.to_owned(),
            desk: None,
            clock,
            keys: 0,
            began,
            certificate: certificate(TerminalId::new(uuid::Uuid::nil()), 0, Timestamp(0)),
            certificates: 0,
        };
        till.crash(began)?;
        let store = till.desk()?.store();
        let profile = store.profile().context("the till is enrolled")?;
        (till.store, till.terminal) = (profile.profile.store.clone(), profile.terminal);
        till.hold(certificate(till.terminal, 0, Timestamp(wall + YEARS)));
        Ok(till)
    }

    /// The program dies, and starts again over what is on the disk.
    pub fn crash(&mut self, elapsed: Duration) -> Result<()> {
        self.desk = None;
        let clock = self.clock.clone();
        let wall = WallClock::new(move || Timestamp(clock.load(Ordering::Relaxed)));
        let store = Store::open(&self.file)?;
        self.desk = Some(PurseDesk::open(store, Arc::new(ChainVault), wall)?);
        let now = self.clock.load(Ordering::Relaxed);
        self.engine = Engine::new(POLL, LineState::untried(Timestamp(now)));
        self.renew_in_time();
        self.began = elapsed;
        Ok(())
    }

    /// The disk is copied while the program does not run.
    pub fn copy(&mut self, to: &Path, elapsed: Duration) -> Result<()> {
        self.desk = None;
        std::fs::copy(&self.file, to)?;
        self.crash(elapsed)
    }

    /// A copy is put in place of the disk.
    pub fn restore(&mut self, from: &Path, elapsed: Duration) -> Result<()> {
        self.desk = None;
        for log in ["-wal", "-shm"] {
            let mut beside = self.file.clone().into_os_string();
            beside.push(log);
            let _ = std::fs::remove_file(beside);
        }
        std::fs::copy(from, &self.file)?;
        self.crash(elapsed)
    }

    /// The PC's clock jumps.
    pub fn jump(&self, by: i64) {
        self.clock.fetch_add(by, Ordering::Relaxed);
    }

    pub fn desk(&mut self) -> Result<&mut PurseDesk> {
        self.desk.as_mut().context("the till is down")
    }

    /// What the PC's clock says.
    pub fn wall(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    fn till(&mut self) -> Result<&mut Desk> {
        Ok(self.desk()?.desk())
    }

    /// A key for a write, as a POS makes them.
    pub fn key(&mut self) -> WriteKey {
        self.keys += 1;
        WriteKey {
            key: format!("{}-{}", self.terminal, self.keys),
            request: Hash::of(&self.keys.to_le_bytes()),
        }
    }

    /// An open sale with one line.
    pub fn open(&mut self, item: &str, quantity: u32, price: i64) -> Result<SaleId> {
        let (opening, filling) = (self.key(), self.key());
        let desk = self.till()?;
        let opened = body(&desk.open_sale(&opening, anna()?)?)?;
        let sale: SaleId = opened["sale"].as_str().context("a sale")?.parse()?;
        let line: LineRequest = serde_json::from_value(json!({"item": item, "quantity": quantity,
            "name": "Bought", "unit_price": {"minor": price, "currency": "EUR"}, "tax_class": "reduced",
            "category": "coffee"}))?;
        desk.put_lines(&filling, sale, vec![line])?;
        Ok(sale)
    }

    /// Puts a card to a sale.
    pub fn card(&mut self, sale: SaleId, card: &str) -> Result<()> {
        let key = self.key();
        self.till()?
            .put_customer(&key, sale, CardIdentity::new(card)?)?;
        Ok(())
    }

    /// Shows a coupon; whether it is on the sale now.
    pub fn coupon(&mut self, sale: SaleId, number: &str) -> Result<bool> {
        let key = self.key();
        let answer = self
            .till()?
            .put_coupon(&key, sale, anna()?, CouponNumber::new(number)?)?;
        Ok(body(&answer)?["valid"] == true)
    }

    /// Has points pay; false if the till refuses it.
    pub fn pay_with_points(&mut self, sale: SaleId, points: i64) -> Result<bool> {
        let key = self.key();
        match self.till()?.put_points(&key, sale, Points(points)) {
            Ok(_) => Ok(true),
            Err(TillError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes cash. May be asked again with the same key.
    pub fn check_out(&mut self, key: &WriteKey, sale: SaleId) -> Result<Value> {
        let cash = serde_json::from_value(json!([{"kind": "cash"}]))?;
        body(&self.till()?.check_out(key, sale, anna()?, cash)?)
    }

    /// Takes a sale back; false if the till refuses it.
    pub fn void(&mut self, sale: SaleId) -> Result<bool> {
        let key = self.key();
        let request = VoidRequest {
            cashier: anna()?,
            approved_by: PersonId::new("mara")?,
            reason: "Wrong size.".to_owned(),
        };
        match self.till()?.void(&key, sale, request) {
            Ok(_) => Ok(true),
            Err(TillError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes so many goods of a sale's one line back, for cash; false if the till refuses it.
    pub fn take_goods_back(&mut self, sale: SaleId, quantity: u32) -> Result<bool> {
        let key = self.key();
        let request = ReturnRequest {
            cashier: anna()?,
            approved_by: PersonId::new("mara")?,
            reason: "Broken.".to_owned(),
            goods: vec![GoodsRequest { line: 0, quantity }],
            tenders: serde_json::from_value(json!([{"kind": "cash"}]))?,
        };
        match self.till()?.take_goods_back(&key, sale, request) {
            Ok(_) => Ok(true),
            Err(TillError::Refused(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Points of a member's card, as the cashier sees them: to spend, and later.
    pub fn points(&mut self, card: &str) -> Result<(i64, i64)> {
        let member = self.till()?.member_of(&CardIdentity::new(card)?)?;
        let member = member.context("a member of this store")?;
        Ok((member.points.0, member.pending.0))
    }

    pub fn view(&mut self) -> Result<LocalView> {
        let store = self.desk()?.store();
        let oldest = store.outbox(1)?;
        Ok(LocalView {
            head: store.head().context("enrolled")?,
            oldest_unconfirmed: oldest.first().map(|record| record.seq),
            bundle: store.bundle_version(),
        })
    }

    pub fn moment(&self, elapsed: Duration, chance: u32) -> Moment {
        Moment {
            elapsed: elapsed.saturating_sub(self.began),
            wall: Timestamp(self.clock.load(Ordering::Relaxed)),
            chance,
        }
    }

    /// How long until a moment of the engine's own time.
    pub fn until(&self, own: Duration) -> Duration {
        self.began + own
    }

    /// The batch that the engine asks for.
    pub fn batch(&mut self, after: Place) -> Result<PushRequest> {
        let terminal = self.terminal;
        let store = self.desk()?.store();
        let (epoch, records) = store.history((after.epoch, after.seq), BATCH)?;
        batch(terminal, epoch, records).context("there is something to send")
    }

    /// What HQ is asked with for an epoch.
    pub fn epoch_request(&mut self, from: u64, fresh: Hash) -> Result<EpochRequest> {
        let store = self.desk()?.store();
        let head = store.head().context("enrolled")?;
        let from = store.head_at(from)?.context("a record in common")?;
        let key = store.epoch_key(&from, fresh)?;
        Ok(EpochRequest { from, head, key })
    }

    /// Goes on in the epoch that HQ gave.
    pub fn begin_epoch(&mut self, from: &Head, epoch: u32) -> Result<Report> {
        let wall = Timestamp(self.clock.load(Ordering::Relaxed));
        let store = self.desk()?.store();
        let now = store.now(wall);
        store.begin_epoch(from, epoch, now)?;
        Ok(Report::EpochBegun)
    }

    /// HQ answered a batch.
    pub fn pushed(
        &mut self,
        request: &PushRequest,
        answer: &tillside_protocol::PushResponse,
    ) -> Result<Report> {
        let settled = match settle(request, answer) {
            Ok(settled) => settled,
            Err(error) => return Ok(Report::Failed(error.into())),
        };
        let (seqs, head) = (&settled.settled, &settled.head);
        self.desk()?
            .store()
            .confirm(request.epoch, seqs, Some(head))?;
        Ok(Report::Pushed(settled))
    }

    /// Takes HQ's newest bundle.
    pub fn pull(&mut self, hq: &Hq) -> Result<Report> {
        let store = self.store.clone();
        let bundle = hq
            .bundle(&store)
            .ok_or_else(|| anyhow!("no bundle for {store}"))?;
        if bundle.version > self.view()?.bundle {
            let wall = Timestamp(self.clock.load(Ordering::Relaxed));
            let kept = self.desk()?.store();
            let now = kept.now(wall);
            kept.adopt(bundle, now)?;
            let counted = bundle.members.included.get(&self.terminal);
            let counted = counted.map_or(0, |included| included.seq);
            self.balances = (bundle.members.as_of, counted);
        }
        Ok(Report::Pulled)
    }

    /// The journal holds together and its time never runs back, and everything else can be made from it.
    pub fn rebuilds(&mut self) -> Result<()> {
        let store = self.desk()?.store();
        store.verify()?;
        let records = store.journal(0, usize::MAX)?;
        let times: Result<Vec<_>, _> = records
            .iter()
            .map(|record| record.read().map(|record| record.at))
            .collect();
        ensure!(
            times?.is_sorted(),
            "a record is dated before the one before it"
        );
        let rebuilt = store.rebuild()?;
        ensure!(rebuilt.differences.is_empty(), "{:?}", rebuilt.differences);
        Ok(())
    }
}

/// No line.
pub fn lost() -> Report {
    Report::Failed(Failure {
        kind: ProblemKind::Unreachable,
        words: "no line".to_owned(),
        retryable: true,
    })
}

fn anna() -> Result<PersonId> {
    Ok(PersonId::new("anna")?)
}

fn body(answer: &Answer) -> Result<Value> {
    Ok(serde_json::from_str(&answer.body)?)
}
