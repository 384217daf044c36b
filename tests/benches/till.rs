//! `agent_rss_mb` and `agent_ready_s`: what an agent without a window costs.
//!
//! The real program with the sample chain (40 products, 200 members), a reader through the real pcscd,
//! and HQ reachable. Memory: VmRSS after 100 sales with a card, the largest of ten looks. Ready for a tap:
//! from the start of the process until its status says that the reader is ready, the median of ten starts,
//! with 100 sales in its journal.

use crate::figure::{Better, Figure, Goal};
use crate::pairs::median;
use crate::process::resident_mb;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tillside_tests::{Api, Headquarters, Person, Reader, Terminal, sample, until};

/// At most 60 MB.
pub const RSS_GOAL: Goal = Goal {
    id: "agent_rss_mb",
    unit: "MB",
    goal: 60.0,
    better: Better::Lower,
    measure: memory,
};
/// At most a second.
pub const READY_GOAL: Goal = Goal {
    id: "agent_ready_s",
    unit: "s",
    goal: 1.0,
    better: Better::Lower,
    measure: ready,
};

const SALES: usize = 100;
const LOOKS: usize = 10;

/// HQ, a reader and a till of S1, enrolled and with a bundle.
pub struct Shop {
    /// The till.
    pub till: Terminal,
    /// Its reader.
    pub reader: Reader,
    // HQ serves as long as the shop is open; the folder goes last.
    _hq: Headquarters,
    _folder: TempDir,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Emoney {
    Off,
    On,
}

impl Shop {
    /// Sets it up and starts it.
    pub async fn open() -> Result<Self> {
        Self::open_as(Emoney::Off).await
    }

    /// The same in a chain with e-money; it issues cards and tops them up.
    pub async fn with_emoney() -> Result<Self> {
        let shop = Self::open_as(Emoney::On).await?;
        crate::pay_cpu::has_keys(&shop.till.api()?).await?;
        Ok(shop)
    }

    async fn open_as(emoney: Emoney) -> Result<Self> {
        let folder = TempDir::with_prefix("tillside-bench-")?;
        let place: &Path = folder.path();
        let mut hq = Headquarters::found(&place.join("hq"), "Corner Shops")?;
        hq.import(&sample())?;
        if emoney == Emoney::On {
            hq.run(&["emoney", "init", "--currency", "EUR", "--cap", "5000.00"])?;
            hq.run(&["store", "desk", "S1", "--top-up", "--issue"])?;
        }
        hq.start()?;
        let reader = Reader::start(place, "reader")?;
        let mut till = Terminal::install(&place.join("s1"), &hq, "S1", Some(reader.socket()))?;
        hq.run(&["publish"])?;
        // As in a shop.
        till.poll_every(15);
        till.start()?;
        let api = till.api()?;
        until("the first bundle", async || {
            let status = api.get("/v1/status").await?;
            Ok((status["bundle"].as_u64() > Some(0)).then_some(()))
        })
        .await?;
        Ok(Self {
            till,
            reader,
            _hq: hq,
            _folder: folder,
        })
    }

    /// The agent's process id.
    pub fn process(&self) -> Result<u32> {
        self.till.id().context("the agent runs")
    }

    /// Rings up sales with a member's number.
    pub async fn sell(&self, count: usize) -> Result<()> {
        let api = self.till.api_for(Person::ANNA).await?;
        for _ in 0..count {
            let sale = open_sale(&api).await?;
            let path = format!("/v1/sales/{sale}/customer");
            api.put(&path, json!({"card": "code:900000001"})).await?;
            let path = format!("/v1/sales/{sale}/checkout");
            api.post(&path, json!({"tenders": [{"kind": "cash"}]}))
                .await?;
        }
        Ok(())
    }
}

/// An open sale with two lines.
pub async fn open_sale(api: &Api) -> Result<String> {
    let view = api.post("/v1/sales", json!({})).await?;
    let sale = view["sale"]
        .as_str()
        .context("a sale has an id")?
        .to_owned();
    for code in ["4012345010008", "4012345011852"] {
        let path = format!("/v1/sales/{sale}/scan");
        api.post(&path, json!({"code": code})).await?;
    }
    Ok(sale)
}

fn memory(goal: &Goal) -> Result<Figure> {
    runtime()?.block_on(async {
        let shop = Shop::open().await?;
        shop.sell(SALES).await?;
        let mut largest = 0.0_f64;
        for _ in 0..LOOKS {
            tokio::time::sleep(Duration::from_millis(200)).await;
            largest = largest.max(resident_mb(shop.process()?)?);
        }
        Ok(goal.reached(
            largest,
            format!("VmRSS after {SALES} sales, the largest of {LOOKS} looks"),
        ))
    })
}

fn ready(goal: &Goal) -> Result<Figure> {
    runtime()?.block_on(async {
        let mut shop = Shop::open().await?;
        shop.sell(SALES).await?;
        let mut times = Vec::new();
        for _ in 0..LOOKS {
            shop.till.stop()?;
            let began = Instant::now();
            shop.till.start()?;
            let api = shop.till.api()?;
            while !reader_ready(&api.get("/v1/status").await?) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            times.push(began.elapsed().as_secs_f64());
        }
        let slowest = times.iter().copied().fold(0.0, f64::max);
        Ok(goal.reached(
            median(times),
            format!("median of {LOOKS} starts, the slowest {slowest:.3} s"),
        ))
    })
}

fn reader_ready(status: &Value) -> bool {
    let readers = status["readers"].as_array();
    readers.is_some_and(|readers| readers.iter().any(|reader| reader["ready"] == true))
}

/// A runtime for one figure.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Runtime::new()?)
}
