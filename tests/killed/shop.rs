//! A store with its HQ, whose agent is killed; and the look into its database while it is dead.

use crate::load::Caller;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tillside_core::SaleId;
use tillside_store::Store;
use tillside_tests::{Headquarters, Person, Terminal, sample, until};

/// Callers at once.
const CALLERS: usize = 3;
/// No agent lives for as many sales.
const MANY: usize = 10_000;

/// What was sold.
#[derive(Clone, Copy, Default)]
pub struct Sold {
    /// Checkouts that were answered.
    pub answered: u64,
    /// Checkouts without an answer, that were recorded.
    pub recorded: u64,
    /// And that were not.
    pub lost: u64,
}

/// The store.
pub struct Shop {
    till: Terminal,
    callers: Vec<Caller>,
    /// How often each sale was completed, and how far the journal was read.
    times: BTreeMap<SaleId, u32>,
    read: u64,
    sold: Sold,
    hq: Headquarters,
    folder: TempDir,
}

impl Shop {
    /// A new chain with a till that has the chain's products.
    pub async fn open() -> Result<Self> {
        let folder = TempDir::new()?;
        let mut hq = Headquarters::found(&folder.path().join("hq"), "Corner Shops")?;
        hq.import(&sample())?;
        hq.run(&["publish"])?;
        hq.start()?;
        let mut till = Terminal::install(&folder.path().join("till"), &hq, "S1", None)?;
        till.start()?;
        let api = till.api()?;
        until("the till has its first bundle", async || {
            let status = api.get("/v1/status").await?;
            Ok((status["bundle"].as_u64() >= Some(1)).then_some(()))
        })
        .await?;
        till.stop()?;
        Ok(Self {
            till,
            callers: (0..CALLERS).map(Caller::new).collect(),
            times: BTreeMap::new(),
            read: 0,
            sold: Sold::default(),
            hq,
            folder,
        })
    }

    /// Starts the agent, has everybody go on selling, and kills it some time later.
    pub async fn sell_until_killed(&mut self, life: Duration) -> Result<()> {
        self.till.start()?;
        let api = self.till.api_for(Person::ANNA).await?;
        let selling: Vec<_> = std::mem::take(&mut self.callers)
            .into_iter()
            .map(|mut caller| {
                let api = api.clone();
                tokio::spawn(async move {
                    let sold = caller.sell(&api, MANY).await;
                    (caller, sold)
                })
            })
            .collect();
        tokio::time::sleep(life).await;
        self.till.kill()?;
        for caller in selling {
            let (caller, sold) = caller.await?;
            self.callers.push(caller);
            sold?;
        }
        Ok(())
    }

    /// A caller takes a sale for recorded.
    pub fn believe(&mut self, sale: SaleId) {
        self.callers[0].answered.push(sale);
    }

    /// Looks up what was answered, in the database of the dead agent.
    pub fn look(&mut self, whole: bool) -> Result<()> {
        let file = self.till.folder().join("tillside.db");
        ensure!(file.is_file(), "{} is gone", file.display());
        let mut store = Store::open(&file)?;
        for record in store.journal(self.read, usize::MAX)? {
            self.read = record.seq;
            let body: Value = serde_json::from_str(&record.body)?;
            let event = &body["event"];
            if event["type"] == "sale_completed" {
                let sale = event["sale"].as_str().context("a sale")?.parse()?;
                *self.times.entry(sale).or_default() += 1;
            }
        }
        for caller in &mut self.callers {
            for sale in std::mem::take(&mut caller.answered) {
                let times = self.times.get(&sale).copied().unwrap_or(0);
                ensure!(
                    times == 1,
                    "sale {sale} was answered, and is recorded {times} times"
                );
                self.sold.answered += 1;
            }
            if let (Some(sale), true) = (caller.open, caller.sent) {
                match self.times.contains_key(&sale) {
                    true => self.sold.recorded += 1,
                    false => self.sold.lost += 1,
                }
            }
        }
        if whole {
            store.verify()?;
            let rebuilt = store.rebuild()?;
            ensure!(rebuilt.differences.is_empty(), "{:?}", rebuilt.differences);
        }
        Ok(())
    }

    /// Everybody finishes their sale; HQ gets everything; nothing was sold twice or made up.
    pub async fn close(mut self) -> Result<Sold> {
        self.till.start()?;
        let api = self.till.api_for(Person::ANNA).await?;
        for caller in &mut self.callers {
            caller.sell(&api, 1).await?;
            ensure!(caller.open.is_none(), "a sale cannot be finished");
        }
        until("HQ confirms everything", async || {
            api.post("/v1/sync", Value::Null).await?;
            let status = api.get("/v1/status").await?;
            Ok((status["unconfirmed"] == 0).then_some(()))
        })
        .await?;
        let cases = self.hq.json(&["cases"])?;
        ensure!(
            cases.as_array().is_some_and(Vec::is_empty),
            "HQ has cases: {cases}"
        );
        self.till.stop()?;
        self.look(true)?;
        let twice = self.times.iter().find(|(_, times)| **times != 1);
        ensure!(twice.is_none(), "{twice:?} is recorded twice");
        ensure!(
            self.times.len() as u64 == self.sold.answered,
            "{} sales are recorded, and {} were answered",
            self.times.len(),
            self.sold.answered
        );
        self.hq.stop()?;
        self.folder.close()?;
        Ok(self.sold)
    }
}
