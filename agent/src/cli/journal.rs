//! `tillside journal`: proving that it holds together, and taking it along as JSON Lines.

use super::{DAMAGED, Failure, Outcome, store};
use clap::Subcommand;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tillside::DataFolder;
use tillside_core::{Head, Record, Sealed};
use tillside_store::StoreError;

/// Looks at the journal.
#[derive(Debug, Subcommand)]
pub(super) enum Journal {
    /// Proves that no record was changed, is missing or stands in the wrong place.
    Verify {
        /// An exported journal, instead of this till's own.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Writes every record as one line of JSON, oldest first. Of a damaged database: what can be read.
    Export {
        /// Where to; standard output if not said.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

impl Journal {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        match self {
            Self::Verify { file: Some(file) } => verify_file(&file),
            Self::Verify { file: None } => {
                let store = store(data)?;
                if store.profile().is_none() {
                    println!("This till is not set up yet: it has no journal.");
                    return Ok(());
                }
                let verified = store.verify()?;
                good(verified.records, Some(&verified.head));
                Ok(())
            }
            Self::Export { out } => export(data, out.as_deref()),
        }
    }
}

fn good(records: u64, head: Option<&Head>) {
    let end = head.map(|head| {
        format!(
            " Its end is record {} of epoch {}, {}.",
            head.seq, head.epoch, head.hash
        )
    });
    println!(
        "The journal holds together: {records} records.{}",
        end.unwrap_or_default()
    );
}

fn export(data: &DataFolder, out: Option<&Path>) -> Outcome {
    let mut to: Box<dyn Write> = match out {
        Some(file) => Box::new(BufWriter::new(File::create(file)?)),
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    let text = match store(data) {
        Ok(store) => format!("{} records written.", store.export(&mut to)?),
        Err(error @ StoreError::InUse { .. }) => return Err(error.into()),
        Err(error) => salvage(data, &error, &mut to)?,
    };
    to.flush()?;
    eprintln!("{text}");
    Ok(())
}

fn salvage(data: &DataFolder, error: &StoreError, to: &mut dyn Write) -> Result<String, Failure> {
    eprintln!("{}\n({error})", error.advice());
    let scratch = data.path().join("salvage");
    std::fs::create_dir_all(&scratch)?;
    let salvaged = tillside_store::salvage(&data.database(), &scratch, to);
    std::fs::remove_dir_all(&scratch)?;
    let salvaged = salvaged.map_err(|error| {
        let text =
            format!("Nothing could be read out of it ({error}). The file was left untouched.");
        Failure::Said(text, DAMAGED)
    })?;
    Ok(format!(
        "{} records could be read and were written; {} could not. The database itself was left untouched.",
        salvaged.records, salvaged.unreadable
    ))
}

/// Walks an exported journal, each record checked against the one before.
fn verify_file(file: &Path) -> Outcome {
    let lines = BufReader::new(File::open(file)?).lines();
    let mut head: Option<(tillside_core::TerminalId, Head)> = None;
    let mut records = 0u64;
    for line in lines {
        let line = line?;
        let number = records + 1;
        let broken = |why: String| {
            let text = format!(
                "The exported journal does not hold together at line {number}: {why}. Export it again; if that does not help, call HQ."
            );
            Failure::Said(text, DAMAGED)
        };
        let sealed: Sealed = serde_json::from_str(&line).map_err(|e| broken(e.to_string()))?;
        let record: Record =
            serde_json::from_str(&sealed.body).map_err(|e| broken(e.to_string()))?;
        let (terminal, before) = match head {
            Some((terminal, before)) if before.epoch == record.epoch => (terminal, before),
            Some((terminal, _)) => (terminal, Head::genesis(terminal, record.epoch)),
            None => (
                record.terminal,
                Head::genesis(record.terminal, record.epoch),
            ),
        };
        sealed
            .open(terminal, &before)
            .map_err(|e| broken(e.to_string()))?;
        let after = Head {
            epoch: record.epoch,
            seq: sealed.seq,
            hash: sealed.hash,
        };
        head = Some((terminal, after));
        records = number;
    }
    good(records, head.as_ref().map(|(_, head)| head));
    Ok(())
}
