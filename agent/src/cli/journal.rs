//! `tillside journal`: proving that it holds together, and taking it along as a file.

use super::{DAMAGED, Failure, Outcome, store};
use clap::Subcommand;
use std::fs::File;
use std::io::{BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tillside::DataFolder;
use tillside::journal::{self, FileProof, ProofError};
use tillside_core::{CodeKey, Head, SignedHead, Timestamp};
use tillside_store::{Store, StoreError};
use tillside_sync::{Identity, wall_clock};

/// After how many records a person is told how far it came.
const TOLD_EVERY: u64 = 100_000;

/// Looks at the journal.
#[derive(Debug, Subcommand)]
pub(super) enum Journal {
    /// Proves that no record was changed, is missing or stands in the wrong place, and that it is what HQ
    /// acknowledged.
    Verify {
        /// An exported journal, instead of this till's own. Needs nothing of HQ or of the till.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// HQ's public key, as `tillside-hq journal key` prints it: HQ's signatures count only under it.
        #[arg(long, value_name = "HEX")]
        key: Vec<CodeKey>,
    },
    /// Writes the journal to a file that proves itself, oldest record first. Of a damaged database: what
    /// can be read.
    Export {
        /// The layout: all records as JSON Lines, or sales, voids and returns as POSLog 6 XML for other programs.
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// The first day, as 2026-11-01.
        #[arg(long, value_name = "DATE")]
        from: Option<jiff::civil::Date>,
        /// The last day.
        #[arg(long, value_name = "DATE")]
        to: Option<jiff::civil::Date>,
        /// Where to; standard output if not said.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// The layouts of an export.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Format {
    /// What proves itself.
    Jsonl,
    /// What an ERP reads.
    Poslog,
}

impl Journal {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        match self {
            Self::Verify {
                file: Some(file),
                key,
            } => verify_file(&file, &key),
            Self::Verify { file: None, key } => verify(data, &key),
            Self::Export {
                format,
                from,
                to,
                out,
            } => export(data, format, (from, to), out.as_deref()),
        }
    }
}

fn verify(data: &DataFolder, keys: &[CodeKey]) -> Outcome {
    let store = store(data)?;
    if store.profile().is_none() {
        println!("This till is not set up yet: it has no journal.");
        return Ok(());
    }
    let verified = store.verify_telling(told)?;
    if !keys.is_empty() {
        let all = store.acknowledgements()?;
        if let Some(foreign) = all.iter().find(|signed| !keys.contains(&signed.key)) {
            return Err(damaged(&ProofError::Acknowledgement { seq: foreign.seq }));
        }
        if all.is_empty() {
            return Err(damaged(&ProofError::NoAcknowledgement));
        }
    }
    good(verified.records, Some(&verified.head));
    acknowledged(verified.acknowledged.as_ref(), Some(&verified.head), keys);
    Ok(())
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

/// Says how far HQ's signature reaches.
fn acknowledged(signed: Option<&SignedHead>, head: Option<&Head>, keys: &[CodeKey]) {
    let Some(signed) = signed else {
        println!("HQ has not signed for any of it yet: only the till itself stands for it.");
        return;
    };
    let reach = match head {
        Some(head) if *head == signed.head() => "all of it".to_owned(),
        Some(head) if head.epoch == signed.epoch => format!(
            "everything up to record {}; the {} after it wait for HQ",
            signed.seq,
            head.seq.saturating_sub(signed.seq)
        ),
        _ => format!(
            "everything up to record {} of epoch {}",
            signed.seq, signed.epoch
        ),
    };
    println!("HQ signed for {reach} (key {}).", signed.key);
    if keys.is_empty() {
        println!("Compare that key with HQ's: `tillside-hq journal key`, or `--key` here.");
    }
}

fn export(
    data: &DataFolder,
    format: Format,
    days: (Option<jiff::civil::Date>, Option<jiff::civil::Date>),
    out: Option<&Path>,
) -> Outcome {
    let store = match store(data) {
        Ok(store) => Ok(store),
        Err(error @ StoreError::InUse { .. }) => return Err(error.into()),
        Err(error) if format == Format::Poslog => return Err(error.into()),
        Err(error) => Err(error),
    };
    let mut to: Box<dyn Write> = match out {
        Some(file) => Box::new(BufWriter::new(File::create(file)?)),
        None => Box::new(BufWriter::new(std::io::stdout().lock())),
    };
    let text = match store {
        Ok(store) => written(data, &store, (format, days), &mut to)?,
        Err(error) => salvage(data, &error, &mut to)?,
    };
    to.flush()?;
    eprintln!("{text}");
    Ok(())
}

fn written(
    data: &DataFolder,
    store: &Store,
    (format, (from, to)): (
        Format,
        (Option<jiff::civil::Date>, Option<jiff::civil::Date>),
    ),
    out: &mut dyn Write,
) -> Result<String, Failure> {
    let profile = store.profile().ok_or(StoreError::NotEnrolled)?;
    let zone = jiff::tz::TimeZone::get(&profile.profile.time_zone)?;
    let begin = |day: jiff::civil::Date| -> Result<Timestamp, Failure> {
        let moment = day.to_zoned(zone.clone())?.timestamp();
        Ok(Timestamp(moment.as_millisecond()))
    };
    let from = from.map(begin).transpose()?;
    let until = match to {
        Some(day) => Some(begin(day.tomorrow()?)?),
        None => None,
    };
    let stretch = store.stretch(from, until)?;
    if format == Format::Poslog {
        let sales = journal::write_poslog(store, stretch, out)?;
        return Ok(format!("{sales} sales, voids and returns written."));
    }
    let identity = Identity::load(&data.hq()).ok();
    let sign = |head: &Head| identity.as_ref()?.sign_head(head, wall_clock());
    let records = journal::write(store, stretch, sign, out)?;
    Ok(format!("{records} records written."))
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

fn verify_file(file: &Path, keys: &[CodeKey]) -> Outcome {
    let mut lines = BufReader::new(File::open(file)?);
    let proof = journal::prove(&mut lines, keys, &mut told).map_err(|error| damaged(&error))?;
    let FileProof {
        terminal,
        records,
        begins_at,
        head,
        signed,
        acknowledged: by_hq,
    } = proof;
    println!("This is the journal of till {terminal}.");
    if let Some(seq) = begins_at {
        println!("It begins at record {seq}: what came before is not in this file.");
    }
    good(records, head.as_ref());
    match signed {
        Some(signed) => println!("The till signed for its end (key {}).", signed.key),
        None => println!("The till did not sign for its end: records after it may be missing."),
    }
    acknowledged(by_hq.as_ref(), head.as_ref(), keys);
    Ok(())
}

fn damaged(error: &ProofError) -> Failure {
    let text = format!(
        "The journal does not hold together: {error}. If it is an exported file, export it again; if that does not help, keep everything as it is and call HQ."
    );
    Failure::Said(text, DAMAGED)
}

/// Tells a person who waits how far it came.
fn told(records: u64) {
    if records.is_multiple_of(TOLD_EVERY) && std::io::stderr().is_terminal() {
        eprintln!("{records} records so far …");
    }
}
