//! What stands behind the screen: HQ with the sample chain, an enrolled till of S1, a simulated reader.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tillside_tests::{Api, Headquarters, Reader, Sample, Terminal, sample, until};

/// A member of the sample chain: gold, 1240 points.
pub const ANNAS_CARD: &str = "ntag215:04A1B2C3D4E5F6";

/// One screen at a time: a scanner is told from a person by its pace, and browsers that start beside it
/// would take that away on a small machine. Hold what this gives for the whole test.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    ONE.lock().await
}

/// The stage; dropping it ends every program on it.
pub struct Stage {
    pub till: Terminal,
    pub reader: Reader,
    pub hq: Headquarters,
    pub chain: Sample,
    // Last, so that it goes when every program has ended.
    pub folder: TempDir,
}

impl Stage {
    /// Everything real, enrolled, and HQ serving. The till's agent is not started yet.
    pub fn set() -> Result<Self> {
        ensure!(
            screen().join("index.html").is_file() && screen().join("assets").is_dir(),
            "the till's screen is not built. Build it: cargo xtask setup"
        );
        tillside_tests::prepare();
        let folder = tempfile::tempdir()?;
        let chain = sample();
        let reader = Reader::start(folder.path(), "reader")?;
        let mut hq = Headquarters::found(&folder.path().join("hq"), "Corner Shops")?;
        hq.import(&chain)?;
        hq.start()?;
        let till = Terminal::install(
            &folder.path().join("till"),
            &hq,
            "S1",
            Some(reader.socket()),
        )?;
        // Now that the store has a terminal, its coupons have somebody who may burn them.
        hq.run(&["publish"])?;
        Ok(Self {
            till,
            reader,
            hq,
            chain,
            folder,
        })
    }

    /// Waits until the agent has HQ's products and its reader.
    pub async fn ready(&self) -> Result<Api> {
        let api = until("the agent answers", async || {
            let api = self.till.api().ok();
            let Some(api) = api else { return Ok(None) };
            Ok(api.get("/v1/status").await.is_ok().then_some(api))
        })
        .await?;
        until("the till has its bundle and its reader", async || {
            let status = api.get("/v1/status").await?;
            let reader = status["readers"][0]["ready"] == true;
            Ok((status["bundle"].as_u64() > Some(0) && reader).then_some(()))
        })
        .await?;
        Ok(api)
    }

    /// The first coupon of a plan that a store holds.
    pub fn coupon(&self, plan: &str, store: &str) -> Result<String> {
        let numbers = self.chain.coupons(plan, store);
        numbers
            .into_iter()
            .next()
            .with_context(|| format!("{store} holds coupons of {plan}"))
    }
}

/// The built screen.
fn screen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/till/dist")
}
