//! A till in a process of its own, killed from outside at a durable moment, over a real PC/SC service.

use super::operation::{Operation, Setting};
use crate::purse::{Counter, Place, Ran};
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tillside::purse::{Durable, NoTap};
use tillside_core::{PurseTx, SaleId};

/// What the process says when it has come to its moment.
const HERE: &str = "here";
/// It ends by itself if nobody kills it.
const ORPHANED: Duration = Duration::from_secs(60);

/// What a till that is to die is sent to do: the only argument of `tillside-tear die`.
#[derive(Serialize, Deserialize)]
pub struct Errand {
    file: PathBuf,
    reader: String,
    txid: PurseTx,
    operation: Operation,
    sale: Option<SaleId>,
    /// As [`Durable`] is written.
    dies: String,
}

/// Sends a process of its own to the card that lies at `here`, and kills it at `dies`. The till's
/// database is closed then.
///
/// # Errors
/// If it does not come to that moment.
pub fn die(here: &mut Counter, setting: &Setting, txid: PurseTx, dies: Durable) -> Result<Ran> {
    let errand = Errand {
        file: here.file().to_owned(),
        reader: here.reader.on_service().context("a card")?.to_owned(),
        txid,
        operation: setting.operation,
        sale: setting.sale,
        dies: format!("{dies:?}"),
    };
    here.stop();
    let mut child = Command::new(std::env::current_exe()?)
        .arg("die")
        .arg(serde_json::to_string(&errand)?)
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().context("its words")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    here.reader.wait_if_gone()?;
    // SIGKILL: nothing of it runs after this.
    child.kill()?;
    child.wait()?;
    here.reader.wait_if_held()?;
    ensure!(
        line.trim() == HERE,
        "it was to die at {dies:?}, and said {line:?}"
    );
    Ok(Ran {
        end: Err(NoTap::Ended(dies)),
        moments: vec![dies],
    })
}

impl Errand {
    /// What the process does that is to die. It comes back only if it never came to its moment.
    ///
    /// # Errors
    /// Always.
    pub fn run(self) -> Result<()> {
        let mut till = Counter::start(&self.file, Place::attached(&self.reader)?)?;
        let work = self.operation.work(self.sale)?;
        let end = till.attend_with(self.txid, work, &mut |moment| {
            if format!("{moment:?}") != self.dies {
                return ControlFlow::Continue(());
            }
            let told = writeln!(std::io::stdout(), "{HERE}");
            if told.is_ok() {
                std::thread::sleep(ORPHANED);
            }
            std::process::abort()
        })?;
        bail!("it never came to {}: {end:?}", self.dies)
    }
}
