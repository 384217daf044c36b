//! `cases`: what waits for a person.

use super::say;
use super::table::{Format, Table};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use tillside_core::PurseEnd;
use tillside_hq::cases::{CaseFile, CaseStore, NOTE_LIMIT};
use tillside_hq::clock::{in_words, now};
use tillside_hq::emoney::EmoneyStore;
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Cases {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Args)]
struct List {
    /// Closed cases too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// List the open cases.
    List(List),
    /// Show one case with its evidence.
    Show {
        /// Its number.
        case: u64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Close a case.
    Close {
        /// Its number.
        case: u64,
        /// What was found and done.
        #[arg(long)]
        note: String,
    },
    /// Say how the movement of a purse ended that a case is about, and close the case.
    ///
    /// HQ books your word as it would evidence, and tells the till. Look at the card first if you can:
    /// what is said here cannot be taken back.
    Decide {
        /// Its number.
        case: u64,
        /// It happened: the money moved.
        #[arg(
            long,
            conflicts_with = "not_done",
            required_unless_present = "not_done"
        )]
        done: bool,
        /// It did not happen.
        #[arg(long)]
        not_done: bool,
        /// What that is known from.
        #[arg(long)]
        note: String,
    },
}

impl Cases {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        match self.action.unwrap_or(Action::List(self.list)) {
            Action::List(list) => print(store, &list).await,
            Action::Show { case, json } => show(store, case, json).await,
            Action::Close { case, note } => {
                store.close_case(case, checked(&note)?, now()).await?;
                say(&format!("Case {case} is closed."));
                Ok(())
            }
            Action::Decide {
                case, done, note, ..
            } => {
                let end = if done {
                    PurseEnd::Done
                } else {
                    PurseEnd::NotDone
                };
                let txid = store.decide(case, end, checked(&note)?, now()).await?;
                say(&format!(
                    "Movement {txid} is decided, and case {case} is closed."
                ));
                Ok(())
            }
        }
    }
}

fn checked(note: &str) -> anyhow::Result<String> {
    let note = note.trim();
    if !(1..=NOTE_LIMIT).contains(&note.chars().count()) {
        bail!("the note must have 1 to {NOTE_LIMIT} characters: say what was found");
    }
    Ok(note.to_owned())
}

async fn print(store: &SqliteStore, list: &List) -> anyhow::Result<()> {
    let mut table = Table::new(&[
        "case", "kind", "store", "terminal", "epoch", "seq", "opened", "words", "closed",
    ]);
    for case in store.cases(list.all).await? {
        table.row([
            Value::from(case.case),
            case.kind.into(),
            case.store.as_str().into(),
            case.terminal.to_string().into(),
            case.epoch.into(),
            case.seq.into(),
            in_words(case.opened_at).into(),
            case.words.into(),
            case.closed_at.map(in_words).unwrap_or_default().into(),
        ]);
    }
    table.print(&list.format)
}

async fn show(store: &SqliteStore, case: u64, json: bool) -> anyhow::Result<()> {
    let file = store.case(case).await?;
    let file = file.with_context(|| format!("there is no case {case}"))?;
    if json {
        say(&serde_json::to_string_pretty(&file)?);
    } else {
        say(&words(&file));
    }
    Ok(())
}

fn words(file: &CaseFile) -> String {
    let case = &file.case;
    let mut lines = vec![
        format!("Case {} ({})", case.case, case.kind),
        format!("  {}", case.words),
        format!(
            "  record {} of epoch {} from terminal {} in store {}",
            case.seq, case.epoch, case.terminal, case.store
        ),
        format!("  opened {}", in_words(case.opened_at)),
        format!("  evidence {}", file.evidence),
    ];
    if let (Some(at), Some(note)) = (case.closed_at, &case.note) {
        lines.push(format!("  closed {}: {note}", in_words(at)));
    }
    lines.extend(file.records.iter().map(|body| format!("  record {body}")));
    lines.extend(
        file.hq_record
            .iter()
            .map(|body| format!("  HQ's record {body}")),
    );
    lines.join("\n")
}
