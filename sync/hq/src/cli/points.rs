//! `points`: what time does to members' points.

use super::say;
use anyhow::bail;
use clap::Subcommand;
use jiff::civil::Date;
use std::time::{Duration, Instant};
use tillside_core::{Points as Amount, Timestamp};
use tillside_hq::clock::{in_words, now};
use tillside_hq::members::expiry::{Asked, Expired, end_of, expire};
use tillside_hq::store::sqlite::SqliteStore;

/// A line of progress at most this often.
const TELL_EVERY: Duration = Duration::from_secs(5);

#[derive(Subcommand)]
pub(super) enum Points {
    /// Book what has expired, each lot once. May be stopped and begun again at any time; `serve` does it by
    /// itself every day.
    Expire {
        /// Only what had this day, or an earlier one, as its last.
        #[arg(long, value_name = "DATE")]
        at: Option<Date>,
        /// Book nothing, only say what would be booked; then the day may be ahead.
        #[arg(long)]
        dry_run: bool,
    },
}

impl Points {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        let Points::Expire { at, dry_run } = self;
        let now = now();
        let asked = Asked {
            ended: ended(at, now)?,
            book: !dry_run,
            ..Asked::all(now)
        };
        if asked.book && asked.ended > now {
            bail!(
                "that day is not over everywhere before {}: see with --dry-run what will expire, and book it then",
                in_words(asked.ended)
            );
        }
        let mut told = Instant::now();
        let done = expire(store, asked, |so_far| {
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                say(&format!("{} members looked at …", so_far.accounts));
            }
        });
        report(&done.await?, dry_run)
    }
}

/// When the day was over everywhere.
fn ended(day: Option<Date>, now: Timestamp) -> anyhow::Result<Timestamp> {
    match day {
        None => Ok(now),
        Some(day) => match end_of(day) {
            Some(end) => Ok(end),
            None => bail!("{day} is past the end of the calendar: give an earlier day"),
        },
    }
}

fn report(done: &Expired, dry_run: bool) -> anyhow::Result<()> {
    let (expired, taken_back) = match dry_run {
        true => ("would expire", "would be taken back"),
        false => ("expired", "were taken back"),
    };
    say(&format!(
        "{} {expired}, in {} lots (members looked at: {}).",
        Amount(done.points),
        done.lots,
        done.accounts
    ));
    if done.taken_back > 0 {
        say(&format!(
            "{} that were booked as expired {taken_back}: facts came later that say otherwise.",
            Amount(done.taken_back)
        ));
    }
    for (member, why) in &done.failures {
        say(&format!("Member {member}: {why}"));
    }
    if done.failed > 0 {
        bail!(
            "members who could not be worked out: {}; nothing of theirs was booked, all others are done. Call whoever looks after HQ",
            done.failed
        );
    }
    Ok(())
}
