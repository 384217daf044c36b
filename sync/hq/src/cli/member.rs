//! `member`: what a member has, and changes by hand.

use super::say;
use anyhow::bail;
use clap::Subcommand;
use jiff::civil::Date;
use tillside_core::{FunderId, Points, REASON_LIMIT};
use tillside_hq::clock::{in_words, now};
use tillside_hq::leases::{LeaseStore, SetAside};
use tillside_hq::members::MemberStore;
use tillside_hq::members::adjust::Adjustment;
use tillside_hq::members::expiry::end_of;
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Subcommand)]
pub(super) enum Member {
    /// Show a member's points: what may be spent, what later, what expired, by who pays for them.
    Show {
        /// The printed number.
        number: String,
    },
    /// Give a member points or, with a number below zero, take them.
    Adjust {
        /// The printed number.
        number: String,
        /// How many; below zero to take them.
        #[arg(allow_negative_numbers = true)]
        points: i64,
        /// Why, for whoever looks at it later.
        #[arg(long)]
        reason: String,
        /// Who pays for what is given, or gets back what is taken.
        #[arg(long)]
        funder: FunderId,
        /// The last day on which points that are given may be spent [default: they never expire].
        #[arg(long, value_name = "DATE")]
        last_day: Option<Date>,
    },
    /// Free points that a till had set aside and will never tell of, because it is gone for good. Only once its
    /// time is surely over; should the till come back and have spent them, the member owes them.
    Free {
        /// The printed number.
        number: String,
        /// Why, for whoever looks at it later.
        #[arg(long)]
        reason: String,
    },
}

impl Member {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Member::Show { number } => show(store, &number).await,
            Member::Free { number, reason } => free(store, &number, &reason).await,
            Member::Adjust {
                number,
                points,
                reason,
                funder,
                last_day,
            } => {
                if last_day.is_some() && points < 0 {
                    bail!("--last-day is for points that are given: leave it out");
                }
                if let Some(day) = last_day
                    && end_of(day).is_some_and(|end| end <= now())
                {
                    bail!("{day} is over: give a day that is ahead, or none if they never expire");
                }
                let adjustment = Adjustment {
                    points: Points(points),
                    funder,
                    reason,
                    last_day,
                };
                let has = store.adjust(&number, adjustment, now()).await??;
                say(&format!(
                    "Done. Member {number} has {} active, {} pending, {} negative.",
                    has.active.0, has.pending.0, has.negative.0
                ));
                Ok(())
            }
        }
    }
}

async fn free(store: &SqliteStore, number: &str, reason: &str) -> anyhow::Result<()> {
    if reason.trim().is_empty() || reason.chars().count() > REASON_LIMIT {
        bail!("say why, in 1 to {REASON_LIMIT} characters");
    }
    match store.free_points(number, reason, now()).await? {
        None => bail!("no member has the number {number}: look at `report balances`"),
        Some(0) => bail!(
            "nothing is set aside of member {number} whose time is surely over: look at `member show {number}`"
        ),
        Some(points) => say(&format!(
            "Done. {points} points of member {number} can be spent again anywhere."
        )),
    }
    Ok(())
}

async fn show(store: &SqliteStore, number: &str) -> anyhow::Result<()> {
    let at = now();
    let Some(account) = store.member_account(number, at).await? else {
        bail!("no member has the number {number}: look at `report balances`");
    };
    say(&format!("Member {number} ({})", account.member));
    let lots = &account.lots;
    let has = lots.balance(at);
    for (what, points) in [
        ("active", has.active),
        ("pending", has.pending),
        ("spent", has.used.spent),
        ("sent", has.used.sent),
        ("withdrawn", has.used.withdrawn),
        ("expired", has.expired),
        ("returned", has.returned),
        ("negative", has.negative),
    ] {
        say(&format!("  {what:<10}{:>12}", points.0));
    }
    for funder in lots.funders() {
        let part = lots.balance_of(funder, at);
        say(&format!(
            "Paid by {funder}: {} active, {} pending, {} expired.",
            part.active.0, part.pending.0, part.expired.0
        ));
    }
    let next = lots.lots().filter(|held| held.left.0 > 0);
    if let Some(held) = next
        .filter(|h| h.lot.expires_at.is_some())
        .min_by_key(|h| h.lot.turn())
        && let Some(end) = held.lot.expires_at
    {
        say(&format!("Next, {} expire at {}.", held.left, in_words(end)));
    }
    for aside in store.set_aside(number).await?.unwrap_or_default() {
        let SetAside {
            points,
            store,
            terminal,
            until,
            over,
        } = aside;
        say(&match at < over {
            true => format!(
                "Set aside at store {store} (till {terminal}): {points}, until {}.",
                in_words(until)
            ),
            false => format!(
                "Set aside at store {store} (till {terminal}): {points}, until {}, and the till was not heard since. \
                 If it is gone for good: `member free`.",
                in_words(until)
            ),
        });
    }
    if !account.agrees(at) {
        bail!(
            "the lots differ from the ledger, which says {}: prove it with `report ledger`, and call whoever looks after HQ",
            account.in_book
        );
    }
    Ok(())
}
