//! HQ, S1 and S2, and one card; and the same packed, to begin from again and again.

use super::counter::{Counter, issue, top_up, tx};
use super::headquarters::{Books, scheme};
use super::memory::{CardMemory, application};
use super::place::Bench;
use super::{CARD, MEMBER, NOON};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;
use tillside::purse::JobEnd;
use tillside_core::{Bundle, PurseTx, TerminalProfile};
use tillside_sim::{CardSpec, SavedCard, Shelf};
use tillside_store::Store;

/// What the card holds when a scene begins, minor units.
pub const FLOAT: i64 = 1_000;
const FILES: [&str; 3] = ["hq.db", "s1.db", "s2.db"];

/// A chain, running.
pub struct Chain {
    /// HQ.
    pub hq: Books,
    /// Takes payments.
    pub s1: Counter,
    /// Takes payments, tops up and issues.
    pub s2: Counter,
    /// The card.
    pub card: CardSpec,
    shelf: Shelf,
    // Goes last.
    folder: TempDir,
}

/// A chain that stands still: its files and its card.
pub struct Scene {
    folder: TempDir,
    card: SavedCard,
}

impl Chain {
    /// A new chain with a card out of its box.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub fn found() -> Result<Self> {
        let folder = folder()?;
        let hq = Books::found(folder.path())?;
        for (store, number) in [("S1", 1), ("S2", 2)] {
            let terminal = format!("01940000-0000-7000-8000-00000000000{number}");
            let admitted = hq.admit(store, terminal.parse()?)?;
            enrol(folder.path(), &store.to_lowercase(), &admitted)?;
        }
        drop(hq);
        Self::over(folder, &Bench::Direct, Bench::Direct.shelf())
    }

    /// A new chain whose card was issued at S2, holds [`FLOAT`], and is known to HQ.
    ///
    /// # Errors
    /// If it cannot be set up.
    pub fn issued() -> Result<Self> {
        let mut chain = Self::found()?;
        let card = chain.card.clone();
        let tap = chain.s2.hold(&card, Some(issue()?))?;
        ensure!(matches!(tap.job, Some(JobEnd::Issued { .. })), "{tap:?}");
        let tap = chain.s2.hold(&card, Some(top_up(FLOAT)?))?;
        ensure!(tap.balance == Some(FLOAT), "{tap:?}");
        chain.hq.meet(&mut chain.s2)?;
        Ok(chain)
    }

    fn over(folder: TempDir, bench: &Bench, shelf: Shelf) -> Result<Self> {
        let till = |number| {
            let file = folder.path().join(format!("s{number}.db"));
            Counter::start(&file, bench.place(number, &shelf))
        };
        Ok(Self {
            hq: Books::open(folder.path())?,
            s1: till(1)?,
            s2: till(2)?,
            card: CARD.parse()?,
            shelf,
            folder,
        })
    }

    /// Stops everything, to begin from here as often as wanted.
    ///
    /// # Errors
    /// If a card was never laid down.
    pub fn pack(self) -> Result<Scene> {
        let card = self.shelf.card(&self.card);
        let card = card.unwrap_or_else(|| SavedCard::fresh(&self.card));
        let Self { folder, .. } = self;
        Ok(Scene { folder, card })
    }

    /// What the card's memory says; none before its files are all there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn memory(&self) -> Result<Option<CardMemory>> {
        let lying = [&self.s1, &self.s2].map(|till| till.reader.card(&self.card));
        let card = lying.into_iter().flatten().next();
        let card = card.or_else(|| self.shelf.card(&self.card));
        card.map_or(Ok(None), |card| CardMemory::of(&card))
    }

    /// Changes a place in the files of the card's application by hand, such as `2/value`. The card
    /// must not lie on a reader.
    ///
    /// # Errors
    /// If there is no such place.
    pub fn alter(&self, place: &str, value: i64) -> Result<()> {
        let card = self.shelf.card(&self.card).context("the card is away")?;
        let at = application(&card).context("the card was issued")?;
        let path = format!("/applications/{at}/files/{place}");
        self.shelf.put(&self.card, card.with(&path, json!(value))?);
        Ok(())
    }

    /// The purse of the card.
    ///
    /// # Errors
    /// If it has none.
    pub fn purse(&self) -> Result<CardMemory> {
        self.memory()?.context("the card has a purse")
    }

    /// A movement's id that nobody else has.
    pub fn tx(&self) -> PurseTx {
        tx()
    }
}

impl Scene {
    /// Puts a database of the scene in place of what became of it: a disk restored from a backup. The
    /// till must be stopped.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn put_back(&self, name: &str, file: &Path) -> Result<()> {
        for log in ["-wal", "-shm"] {
            let mut beside = file.as_os_str().to_owned();
            beside.push(log);
            match std::fs::remove_file(&beside) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                _ => {}
            }
        }
        std::fs::copy(self.folder.path().join(name), file)?;
        Ok(())
    }

    /// A copy of everything, running on a bench.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub fn play(&self, bench: &Bench) -> Result<Chain> {
        let folder = folder()?;
        for file in FILES {
            let (from, to) = (self.folder.path().join(file), folder.path().join(file));
            std::fs::copy(from, to)?;
        }
        let shelf = bench.shelf();
        shelf.put(&CARD.parse()?, self.card.clone());
        Chain::over(folder, bench, shelf)
    }
}

/// A folder in memory, where the machine has one: thousands of databases are opened. How they are
/// written to is as in a shop.
fn folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(match memory.is_dir() {
        true => TempDir::with_prefix_in("tillside-", memory)?,
        false => TempDir::with_prefix("tillside-")?,
    })
}

fn enrol(folder: &Path, name: &str, profile: &TerminalProfile) -> Result<()> {
    let mut store = Store::open(&folder.join(format!("{name}.db")))?;
    store.enrol(profile)?;
    let now = store.now(NOON);
    store.adopt(&bundle(profile, name == "s2")?, now)?;
    Ok(())
}

fn bundle(profile: &TerminalProfile, desk: bool) -> Result<Bundle> {
    let purse = json!({
        "scheme": serde_json::to_value(scheme()?)?,
        "desk": {"top_up": desk, "issue": desk},
        "blocked": {"as_of": null, "filter": "", "cards": []}});
    Ok(Bundle {
        version: 1,
        profile: profile.profile.clone(),
        rules: serde_json::from_value(json!({"v": 2, "rules": [], "plans": []}))?,
        products: Vec::new(),
        members: serde_json::from_value(json!({"as_of": 0, "included": {}, "members": [
            {"member": MEMBER, "display_name": "Clara M.", "tier": "gold", "points": 0,
                "cards": []}]}))?,
        coupons: serde_json::from_value(
            json!({"holder": null, "numbers": [], "revoked": [], "elsewhere": []}),
        )?,
        purse: Some(serde_json::from_value(purse)?),
        member_codes: None,
        allowance_keys: Vec::new(),
    })
}
