//! HQ's own logic over its own database, without a server: what a delivered request does.

use crate::certificates::{YEARS, certificate};
use crate::leases::{CODE, key, with_campaign};
use anyhow::{Context, Result, anyhow, ensure};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tillside_core::engine::{DarkPoints, PointsLife, Redeem};
use tillside_core::{
    Bundle, Currency, Hash, LaneId, MemberId, Money, SaleId, StoreId, TerminalId, TerminalProfile,
    Timestamp,
};
use tillside_hq::cases::CaseStore;
use tillside_hq::catalogue::{CatalogueStore, products, rules, stores};
use tillside_hq::coupons::{CouponStore, import::coupons};
use tillside_hq::fleet::{FleetStore, Invitation, NoEpoch};
use tillside_hq::import::Policy;
use tillside_hq::ingest::take;
use tillside_hq::leases::LeaseStore;
use tillside_hq::members::expiry::{Asked, Expired, expire, unbooked};
use tillside_hq::members::{MemberStore, import::members};
use tillside_hq::publish::PublishStore;
use tillside_hq::replay::{self, ReplayReport, replay};
use tillside_hq::reports::{Counts, ReportStore};
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{EpochRequest, PushRequest, PushResponse, TerminalStatus};
use tokio::runtime::Runtime;

/// HQ, running.
pub struct Hq {
    store: Option<SqliteStore>,
    runtime: Runtime,
    file: PathBuf,
    backup: PathBuf,
    /// Whether backups are of the whole folder, or of the database alone.
    whole_backups: bool,
    /// Whether shares that were given may have been forgotten: a backup of the whole folder was put in place.
    pub forgot_shares: bool,
    /// The newest bundle of each store. Signed files outlive a database that is put back.
    pub bundles: Vec<Bundle>,
}

impl Hq {
    /// Opens the books of a folder.
    pub fn open(folder: &Path, whole_backups: bool) -> Result<Self> {
        let mut hq = Self {
            store: None,
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            file: folder.join("hq.db"),
            backup: folder.join("hq.backup"),
            whole_backups,
            forgot_shares: false,
            bundles: Vec::new(),
        };
        hq.start()?;
        Ok(hq)
    }

    /// `now` only leaves out what is long over, and a simulated week is not long.
    fn start(&mut self) -> Result<()> {
        self.store = Some(SqliteStore::open(&self.file)?);
        self.ask(async |store| Ok(store.recall_shares(Timestamp(0)).await?))?;
        Ok(())
    }

    /// HQ dies and comes back.
    pub fn crash(&mut self) -> Result<()> {
        self.store = None;
        self.start()
    }

    /// The database is copied while nothing is being written.
    pub fn back_up(&mut self) -> Result<()> {
        self.store = None;
        std::fs::copy(&self.file, &self.backup)?;
        let shares = self.file.with_extension("shares");
        match std::fs::read(&shares) {
            Ok(given) => std::fs::write(self.backup.with_extension("shares"), given)?,
            Err(_) => std::fs::write(self.backup.with_extension("shares"), [])?,
        }
        self.start()
    }

    /// The copy is put in place of what was written since. False if there is none.
    pub fn restore(&mut self) -> Result<bool> {
        if !self.backup.is_file() {
            return Ok(false);
        }
        self.store = None;
        for log in ["-wal", "-shm"] {
            let mut beside = self.file.clone().into_os_string();
            beside.push(log);
            let _ = std::fs::remove_file(beside);
        }
        std::fs::copy(&self.backup, &self.file)?;
        if self.whole_backups {
            let shares = self.file.with_extension("shares");
            std::fs::copy(self.backup.with_extension("shares"), shares)?;
            self.forgot_shares = true;
        }
        self.start()?;
        Ok(true)
    }

    pub fn ask<T>(&self, work: impl AsyncFnOnce(&SqliteStore) -> Result<T>) -> Result<T> {
        let store = self.store.as_ref().context("HQ is down")?;
        self.runtime.block_on(work(store))
    }

    /// The sample chain; points wait a day and expire after two.
    pub fn found(&self, now: Timestamp) -> Result<()> {
        let sample = tillside_tests::sample();
        let read = |name: &str| std::fs::read(sample.file(name));
        let next = Cell::new(0_u128);
        let fresh = || {
            next.set(next.get() + 1);
            uuid::Uuid::from_u128(next.get())
        };
        let all = Policy::AllOrNothing;
        let (shops, goods) = (
            stores(&read("stores.csv")?)?,
            products(&read("products.csv")?)?,
        );
        let (people, numbers) = (
            members(&read("members.csv")?, fresh)?,
            coupons(&read("coupons.csv")?)?,
        );
        let mut document = rules(&with_campaign(&read("rules.json")?)?)?;
        document.points = PointsLife {
            pending_days: 1,
            last_days: Some(2),
            redeem: None,
        };
        self.ask(async |store| {
            store.import_stores(shops, all).await?;
            store.import_products(goods, all).await?;
            store.import_members(people, all, now).await?;
            store.import_rules(document, now).await?;
            store.import_coupons(numbers, all).await?;
            Ok(())
        })
    }

    /// From now on points pay, a cent each, at once and for ever: how uses and expiry go together is tested beside
    /// HQ's books.
    pub fn let_points_pay(&self, now: Timestamp) -> Result<()> {
        let read = std::fs::read(tillside_tests::sample().file("rules.json"))?;
        let mut document = rules(&with_campaign(&read)?)?;
        document.points.redeem = Some(Redeem {
            points: 1,
            worth: Money::new(1, Currency::EUR)?,
            minimum: 0,
            dark: Some(DarkPoints {
                points: 60,
                days: 3,
            }),
        });
        self.ask(async |store| Ok(store.import_rules(document, now).await.map(drop)?))
    }

    /// Who has a number.
    pub fn member(&self, number: &str) -> Result<MemberId> {
        let rows = self.ask(async |store| Ok(store.balances(Timestamp(0)).await?))?;
        let row = rows.into_iter().find(|row| row.number == number);
        Ok(row.context("a member")?.member)
    }

    /// Lets a terminal into a store.
    pub fn admit(
        &self,
        store: &str,
        terminal: TerminalId,
        now: Timestamp,
    ) -> Result<TerminalProfile> {
        let secret_hash = Hash::of(terminal.to_string().as_bytes());
        let until = Timestamp(now.0 + YEARS);
        let invitation = Invitation {
            secret_hash,
            store: StoreId::new(store)?,
            made_at: now,
            valid_until: until,
            certificate_seconds: 3_600,
            terminal: None,
        };
        let certificate = certificate(terminal, 0, until);
        let lane = LaneId::new("1")?;
        self.ask(async |store| {
            store.invite(invitation).await?;
            let admitted = store.admit(secret_hash, lane, certificate, now).await?;
            admitted.map_err(|error| anyhow!("{error:?}"))
        })
    }

    /// Publishes what HQ has now. Signing is left out: TUF's part is tested by itself.
    pub fn publish(&mut self, now: Timestamp) -> Result<()> {
        let edition = self.ask(async |store| Ok(store.edition(now).await?))?;
        let version = self.newest() + 1;
        edition.check(version)?;
        let (note, told) = (edition.note(version, now), edition.told());
        self.ask(async |store| Ok(store.note_bundle(note, told).await?))?;
        let bundle = |target: tillside_protocol::StoreTarget| Bundle {
            version,
            profile: target.profile,
            rules: edition.rules.clone(),
            products: edition.products.clone(),
            members: target.members,
            coupons: target.coupons,
            purse: target.purse,
            member_codes: target.member_codes,
            allowance_keys: vec![key()],
        };
        self.bundles = edition.stores.into_iter().map(bundle).collect();
        Ok(())
    }

    /// The newest bundle's version.
    pub fn newest(&self) -> u64 {
        self.bundles.first().map_or(0, |bundle| bundle.version)
    }

    /// The newest bundle of a store.
    pub fn bundle(&self, store: &StoreId) -> Option<&Bundle> {
        self.bundles
            .iter()
            .find(|bundle| bundle.profile.store == *store)
    }

    /// POST of a batch.
    pub fn push(
        &self,
        terminal: TerminalId,
        request: PushRequest,
        now: Timestamp,
    ) -> Result<PushResponse> {
        self.ask(async |store| Ok(take(store, terminal, request, now).await?))
    }

    /// GET of the status.
    pub fn status(&self, terminal: TerminalId, now: Timestamp) -> Result<TerminalStatus> {
        let mut heads = self.ask(async |store| Ok(store.heads(terminal, 9).await?))?;
        let earlier = heads.split_off(heads.len().min(1));
        Ok(TerminalStatus {
            now,
            bundle: self.newest(),
            head: heads.pop(),
            earlier,
            certificate_until: Timestamp(now.0 + YEARS),
            settled: Vec::new(),
        })
    }

    /// POST for an epoch.
    pub fn begin_epoch(
        &self,
        terminal: TerminalId,
        request: EpochRequest,
        now: Timestamp,
    ) -> Result<Result<u32, NoEpoch>> {
        let given =
            self.ask(async |store| Ok(store.begin_epoch(terminal, request, now).await?))?;
        Ok(given.map(|given| given.epoch))
    }

    /// How many open cases there are of a kind.
    pub fn cases(&self, kind: &str) -> Result<usize> {
        let cases = self.ask(async |store| Ok(store.cases(false).await?))?;
        Ok(cases.iter().filter(|case| case.kind == kind).count())
    }

    /// Every sale that is booked, and whether it is voided.
    pub fn sales(&self) -> Result<BTreeMap<SaleId, bool>> {
        let books = rusqlite::Connection::open(&self.file)?;
        let mut list = books.prepare("SELECT sale, voided_by IS NOT NULL FROM sale")?;
        let rows = list.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?)))?;
        let sale = |(bytes, voided)| (SaleId::new(uuid::Uuid::from_bytes(bytes)), voided);
        Ok(rows.map(|row| row.map(sale)).collect::<Result<_, _>>()?)
    }

    /// Every sale decided again, by the rules of its day.
    pub fn replay(&self) -> Result<ReplayReport> {
        self.ask(async |store| Ok(replay(store, replay::Asked::default(), |_| {}).await?))
    }

    /// What HQ counts.
    pub fn counts(&self) -> Result<Counts> {
        self.ask(async |store| Ok(store.counts().await?))
    }

    /// Every member's points, by number.
    pub fn balances(&self) -> Result<BTreeMap<String, i64>> {
        let rows = self.ask(async |store| Ok(store.balances(Timestamp(0)).await?))?;
        Ok(rows
            .into_iter()
            .map(|row| (row.number, row.points.0))
            .collect())
    }

    /// Books what has expired.
    pub fn expire(&self, now: Timestamp) -> Result<Expired> {
        let done = self.ask(async |store| Ok(expire(store, Asked::all(now), |_| {}).await?))?;
        ensure!(done.failed == 0, "{:?}", done.failures);
        Ok(done)
    }

    /// Books some of it, as a run that is cut off.
    pub fn expire_some(&self, now: Timestamp) -> Result<()> {
        let asked = Asked {
            most: 1,
            ..Asked::all(now)
        };
        let (_, last) = self.ask(async |store| Ok(store.expire_batch(0, asked).await?))?;
        if let Some(last) = last {
            self.ask(async |store| Ok(store.expire_batch(last, asked).await?))?;
        }
        Ok(())
    }

    /// Whether the ledger booked as expired what has expired, and what it says is what is left.
    pub fn is_booked(&self, number: &str, now: Timestamp) -> Result<bool> {
        let account = self.ask(async |store| Ok(store.member_account(number, now).await?))?;
        let account = account.context("a member")?;
        let has = account.lots.balance(now);
        let all = unbooked(&account, now).is_some_and(|open| open.is_empty());
        Ok(all && account.in_book == has.available() + has.pending)
    }

    /// A member's points as lots, and whether they come to what the ledger says.
    pub fn lots_agree(&self, number: &str, now: Timestamp) -> Result<bool> {
        let account = self.ask(async |store| Ok(store.member_account(number, now).await?))?;
        Ok(account.context("a member")?.agrees(now))
    }

    /// How many uses of the campaign's code stand.
    pub fn shared_uses(&self) -> Result<usize> {
        let rows = self.ask(async |store| Ok(store.redemptions().await?))?;
        let standing = rows.iter().filter(|row| !row.voided);
        Ok(standing.filter(|row| row.number.as_str() == CODE).count())
    }

    /// The printed coupons whose use stands, each as often as HQ has it.
    pub fn used(&self) -> Result<Vec<String>> {
        let rows = self.ask(async |store| Ok(store.redemptions().await?))?;
        let printed = rows.into_iter().filter(|row| row.number.as_str() != CODE);
        let standing = printed.filter(|row| !row.voided);
        let mut used: Vec<String> = standing.map(|row| row.number.to_string()).collect();
        used.sort();
        Ok(used)
    }

    /// Whether every entry has its counterpart, and every balance is the sum of its entries.
    pub fn ledger_holds(&self) -> Result<bool> {
        self.ask(async |store| Ok(store.check_ledger().await?.holds()))
    }
}
