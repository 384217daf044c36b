//! HQ's books over their database, without a server: journals in, settlements out.

use super::counter::Counter;
use super::vault::ChainVault;
use super::{MEMBER, NOON, eur};
use anyhow::{Context, Result, ensure};
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tillside::purse::TillError;
use tillside_core::{
    Currency, DeskRights, EndEvidence, FunderId, Hash, LaneId, MemberId, PurseScheme, PurseTx,
    Refusal, StoreId, TerminalId, TerminalProfile, Timestamp,
};
use tillside_hq::cases::CaseStore;
use tillside_hq::catalogue::{CatalogueStore, stores};
use tillside_hq::emoney::{EmoneyCheck, EmoneyStore, Keyring, OpenMovement, Scheme};
use tillside_hq::fleet::{FleetStore, Invitation, IssuedCertificate};
use tillside_hq::import::Policy;
use tillside_hq::ingest::take;
use tillside_hq::members::MemberStore;
use tillside_hq::members::import::members;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{Outcome, PushRequest};
use tokio::runtime::Runtime;

const STORES: &str = "store,name,time_zone,currency
S1,Corner Shop Mitte,Europe/Berlin,EUR
S2,Corner Shop Nord,Europe/Berlin,EUR
";
const MEMBERS: &str = "number,display_name,tier,points,store,cards
900000003,Clara M.,gold,0,S1,
";
/// After so many days a movement that nobody knows the end of is in doubt.
const TIMEOUT_DAYS: i64 = 30;
/// Past that.
const LATER: Timestamp = Timestamp(NOON.0 + (TIMEOUT_DAYS + 1) * 86_400_000);

/// HQ's books.
pub struct Books {
    store: SqliteStore,
}

fn wait<T>(work: impl Future<Output = T>) -> Result<T> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Runtime::new().ok());
    Ok(runtime.as_ref().context("no runtime")?.block_on(work))
}

/// The chain's e-money.
pub(super) fn scheme() -> Result<PurseScheme> {
    Ok(PurseScheme {
        application: "F54C01".to_owned(),
        system: "tillside-test".to_owned(),
        currency: Currency::EUR,
        cap: eur(15_000)?,
        key_version: 1,
        log_entries: 10,
        card_days: 730,
        replacement_wait_hours: 72,
    })
}

impl Books {
    /// Opens the books of a folder.
    ///
    /// # Errors
    /// If they cannot be opened.
    pub fn open(folder: &Path) -> Result<Self> {
        let store = SqliteStore::open(&folder.join("hq.db"))?;
        let keyring = Arc::new(Keyring::holding(Arc::new(ChainVault)));
        Ok(Self {
            store: store.with_keyring(keyring),
        })
    }

    /// Two stores, of which S2 tops up and issues, one member, and e-money.
    pub(super) fn found(folder: &Path) -> Result<Self> {
        let books = Self::open(folder)?;
        let member: MemberId = MEMBER.parse()?;
        let founded = Scheme {
            scheme: scheme()?,
            funder: FunderId::new("chain")?,
            timeout_days: u16::try_from(TIMEOUT_DAYS)?,
        };
        let rights = DeskRights {
            top_up: true,
            issue: true,
        };
        let store = &books.store;
        let all = Policy::AllOrNothing;
        wait(async {
            store.import_stores(stores(STORES.as_bytes())?, all).await?;
            let parsed = members(MEMBERS.as_bytes(), || member.uuid())?;
            let imported = store.import_members(parsed, all, NOON).await?;
            ensure!(imported.applied, "{imported:?}");
            store.found_emoney(founded, NOON).await?;
            store.set_desk(StoreId::new("S2")?, rights).await?;
            anyhow::Ok(())
        })??;
        Ok(books)
    }

    /// Lets a terminal into a store.
    pub(super) fn admit(&self, store: &str, terminal: TerminalId) -> Result<TerminalProfile> {
        let secret_hash = Hash::of(store.as_bytes());
        let invitation = Invitation {
            secret_hash,
            store: StoreId::new(store)?,
            made_at: NOON,
            valid_until: NOON,
            certificate_seconds: 3_600,
            terminal: None,
        };
        let certificate = IssuedCertificate {
            terminal,
            serial: terminal.uuid().simple().to_string(),
            not_after: Timestamp(NOON.0 + 3_600_000),
            key_hash: secret_hash,
            pem: String::new(),
        };
        let lane = LaneId::new("1")?;
        wait(async {
            self.store.invite(invitation).await?;
            let admitted = self
                .store
                .admit(secret_hash, lane, certificate, NOON)
                .await?;
            admitted.map_err(|error| anyhow::anyhow!("{error:?}"))
        })?
    }

    /// A till's line is up: HQ takes what it has not, and the till hears what HQ settled. How many
    /// movements that ended here.
    ///
    /// # Errors
    /// If HQ has a case about a record, or the till about a settlement.
    pub fn meet(&self, till: &mut Counter) -> Result<usize> {
        self.take(till)?;
        let mut ended = 0;
        let terminal = till.terminal();
        for settled in wait(self.store.settlements(terminal))?? {
            let evidence = EndEvidence::Hq(settled.end);
            match till.desk()?.desk().end_purse(settled.txid, evidence) {
                Ok(_) => ended += 1,
                // As the agent does.
                Err(TillError::Refused(
                    Refusal::PurseSettled { .. } | Refusal::PursePaymentUnknown { .. },
                )) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.take(till)?;
        Ok(ended)
    }

    fn take(&self, till: &mut Counter) -> Result<()> {
        let terminal = till.terminal();
        let store = till.desk()?.store();
        let records = store.outbox(500)?;
        if records.is_empty() {
            return Ok(());
        }
        let request = PushRequest {
            terminal,
            epoch: 1,
            records,
            signed: None,
        };
        let answer = wait(take(&self.store, terminal, request, NOON))??;
        for ack in &answer.acks {
            let fine = matches!(ack.outcome, Outcome::Accepted | Outcome::AlreadyAccepted);
            ensure!(fine, "{ack:?}: HQ's cases {:?}", self.cases()?);
        }
        let seqs: Vec<u64> = answer.acks.iter().map(|ack| ack.seq).collect();
        store.confirm(1, &seqs, Some(&answer.head))?;
        Ok(())
    }

    /// The proof of the ledger.
    ///
    /// # Errors
    /// If the books cannot be read.
    pub fn check(&self) -> Result<EmoneyCheck> {
        Ok(wait(self.store.check_emoney())??)
    }

    /// The kinds of the cases that are open.
    ///
    /// # Errors
    /// If the books cannot be read.
    pub fn cases(&self) -> Result<Vec<String>> {
        let cases = wait(self.store.cases(false))??;
        Ok(cases.into_iter().map(|case| case.kind).collect())
    }

    /// The movements whose end HQ does not know.
    ///
    /// # Errors
    /// If the books cannot be read.
    pub fn open_movements(&self) -> Result<Vec<PurseTx>> {
        let open = wait(self.store.open_movements(NOON))??;
        Ok(open.into_iter().map(|movement| movement.txid).collect())
    }

    /// What is in doubt when the scheme's time-out is over: each is a case then, and no money moved.
    ///
    /// # Errors
    /// If the books cannot be read.
    pub fn in_doubt_later(&self) -> Result<Vec<PurseTx>> {
        wait(self.store.sweep(LATER))??;
        let open = wait(self.store.open_movements(LATER))??;
        let doubtful = |movement: &OpenMovement| movement.in_doubt && movement.case.is_some();
        let open = open.into_iter().filter(doubtful);
        Ok(open.map(|movement| movement.txid).collect())
    }
}
