//! Everybody and everything on the stage: HQ, the tills of S1 and S2, a reader at each.

use crate::carried::Place;
use crate::options::{Command, Options};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tillside_tests::{Headquarters, Reader, Sample, Terminal, sample, until};

/// The card with a purse, by its name on the bench; it comes blank from the factory.
pub const PURSE: &str = "ivy";

/// The stage, set. Dropping it ends every program.
pub struct Cast {
    /// The till of S1.
    pub s1: Terminal,
    /// The till of S2.
    pub s2: Terminal,
    /// The reader of S1.
    pub reader: Reader,
    /// The reader of S2.
    pub reader_2: Reader,
    /// HQ.
    pub hq: Headquarters,
    /// What HQ imported.
    pub chain: Sample,
    /// What HQ's program said to the imports and the publishing.
    pub said: String,
    /// Where each card was laid down last.
    pub carried: BTreeMap<String, Place>,
    // Last, so that it goes when every program has ended.
    folder: Folder,
}

/// Where everything is kept.
enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Cast {
    /// HQ with the sample chain and a first bundle, and two enrolled tills that have pulled it. In a
    /// folder where that was done before, it goes on from there.
    pub async fn assemble(options: &Options) -> Result<Self> {
        let folder = Folder::open(options)?;
        let place = folder.path();
        let again = place.join("hq").is_dir();
        let chain = sample();
        let reader = Reader::start(place, "reader-s1")?;
        let reader_2 = Reader::start(place, "reader-s2")?;
        let mut said = String::new();
        let (hq, mut s1, mut s2) = if again {
            ensure!(
                options.command == Command::Demo,
                "{} is not empty",
                place.display()
            );
            let mut hq = Headquarters::again(&place.join("hq"))?;
            hq.start()?;
            let till = |name: &str, reader: &Reader| {
                Terminal::bare(&place.join(name), Some(reader.socket()))
            };
            (hq, till("s1", &reader), till("s2", &reader_2))
        } else {
            let mut hq = Headquarters::found(&place.join("hq"), "Corner Shops")?;
            said.push_str(&hq.import(&chain)?);
            said.push_str(&turn_on_emoney(&hq)?);
            said.push_str(&hq.run(&["publish"])?);
            hq.start()?;
            let s1 = Terminal::install(&place.join("s1"), &hq, "S1", Some(reader.socket()))?;
            let s2 = Terminal::install(&place.join("s2"), &hq, "S2", Some(reader_2.socket()))?;
            (hq, s1, s2)
        };
        s1.start()?;
        s2.start()?;
        let mut cast = Self {
            s1,
            s2,
            reader,
            reader_2,
            hq,
            chain,
            said,
            carried: BTreeMap::new(),
            folder,
        };
        cast.in_force(1).await?;
        match again {
            true => cast.bring_back(PURSE)?,
            false => cast.has_keys().await?,
        }
        Ok(cast)
    }

    /// Where everything is kept.
    pub fn place(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until both tills decide by this bundle, or a newer one.
    pub async fn in_force(&self, version: u64) -> Result<()> {
        for till in [&self.s1, &self.s2] {
            let api = till.api()?;
            until(
                &format!("bundle {version} at {}", till.folder().display()),
                async || {
                    let status = api.get("/v1/status").await?;
                    Ok((status["bundle"].as_u64() >= Some(version)).then_some(()))
                },
            )
            .await?;
        }
        Ok(())
    }

    /// Waits until both tills have the keys that HQ grants them.
    async fn has_keys(&self) -> Result<()> {
        for till in [&self.s1, &self.s2] {
            let api = till.api()?;
            until("the till takes e-money", async || {
                let status = api.get("/v1/status").await?;
                Ok((status["emoney"]["on"] == true).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// The last lines that every program said, for somebody who looks for what went wrong.
    pub fn logs(&self) -> String {
        let logs = [self.hq.log(), self.s1.log(), self.s2.log()];
        let tails =
            logs.map(|log| format!("--- {}\n{}", log.display(), tillside_tests::tail(log, 15)));
        tails.join("\n")
    }
}

/// Purses of 150 euros at most; S1 issues cards and puts money on, S2 only takes it.
fn turn_on_emoney(hq: &Headquarters) -> Result<String> {
    let scheme = ["emoney", "init", "--currency", "EUR", "--cap", "150.00"];
    let desk = ["store", "desk", "S1", "--top-up", "--issue"];
    Ok(format!("{}{}", hq.run(&scheme)?, hq.run(&desk)?))
}

impl Folder {
    fn open(options: &Options) -> Result<Self> {
        match &options.data {
            None => Ok(Self::Temporary(TempDir::with_prefix("tillside-")?)),
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("{} cannot be made", folder.display()))?;
                Ok(Self::Kept(std::fs::canonicalize(folder)?))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}
