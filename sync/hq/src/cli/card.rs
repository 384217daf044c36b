//! `card`, `account`, `phone`, `store`: what members hold, and what stores may do with it.

use super::say;
use anyhow::{Context, bail};
use clap::Subcommand;
use jiff::ToSpan;
use tillside_core::{CardIdentity, CodeKey, DeskRights, PurseEnd, StoreId};
use tillside_hq::clock::{in_words, now};
use tillside_hq::data::DataDir;
use tillside_hq::emoney::EmoneyStore;
use tillside_hq::emoney::cards::{BlockKind, CardFile, WHY_LIMIT};
use tillside_hq::emoney::codes::certify;
use tillside_hq::store::sqlite::SqliteStore;

const PUBLISH: &str = "Publish, so that the stores hear of it.";

#[derive(Subcommand)]
pub(super) enum Card {
    /// Show whose a card is, what it holds, its transactions, and what of its sequence is missing.
    Show {
        /// The card: uid:04A1B2C3D4E5F6.
        #[arg(value_parser = CardIdentity::new)]
        card: CardIdentity,
    },
    /// Block a card in all stores, from the next bundle on.
    Block {
        /// The card.
        #[arg(value_parser = CardIdentity::new)]
        card: CardIdentity,
        /// Why: a sentence that the cashier reads.
        #[arg(long)]
        why: String,
    },
    /// Let a blocked card be used again, from the next bundle on.
    Unblock {
        /// The card.
        #[arg(value_parser = CardIdentity::new)]
        card: CardIdentity,
    },
    /// Block a card that its holder lost.
    Lost {
        /// The card.
        #[arg(value_parser = CardIdentity::new)]
        card: CardIdentity,
    },
    /// Carry a lost card's balance over to another when the scheme's wait is over; the lost card is blocked
    /// from the next bundle on.
    Replace {
        /// The lost card.
        #[arg(value_parser = CardIdentity::new)]
        old: CardIdentity,
        /// Its replacement.
        #[arg(long = "with", value_parser = CardIdentity::new)]
        new: CardIdentity,
        /// The store that does it: a top-up desk. Without this the member's own, or the first that can.
        #[arg(long)]
        at: Option<StoreId>,
    },
    /// Take what is left on a card past its last day off the books, and block it.
    Expire {
        /// The card.
        #[arg(value_parser = CardIdentity::new)]
        card: CardIdentity,
    },
}

fn sentence(why: &str) -> anyhow::Result<String> {
    let why = why.trim();
    if !(1..=WHY_LIMIT).contains(&why.chars().count()) {
        bail!("--why must have 1 to {WHY_LIMIT} characters: it is what the cashier reads");
    }
    Ok(why.to_owned())
}

impl Card {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Card::Show { card } => say(&words(&store.card_file(card).await?)),
            Card::Block { card, why } => {
                block(store, card, BlockKind::Blocked, &sentence(&why)?).await?;
            }
            Card::Lost { card } => {
                block(store, card, BlockKind::Lost, BlockKind::Lost.words()).await?;
            }
            Card::Unblock { card } => {
                store.unblock_card(card.clone()).await?;
                say(&format!("Card {card} may be used again. {PUBLISH}"));
            }
            Card::Replace { old, new, at } => {
                let done = store.replace_card(old, new, at, now()).await?;
                say(&format!(
                    "Card {} is blocked. What it holds on {} is carried over to card {} in store {}: publish now, and again after that.",
                    done.old,
                    in_words(done.due_at),
                    done.new,
                    done.store
                ));
            }
            Card::Expire { card } => {
                let amount = store.expire_card(card.clone(), now()).await?;
                say(&format!(
                    "{amount} on card {card} expired, and the card is blocked. {PUBLISH}"
                ));
            }
        }
        Ok(())
    }
}

async fn block(
    store: &SqliteStore,
    card: CardIdentity,
    kind: BlockKind,
    why: &str,
) -> anyhow::Result<()> {
    let changed = store
        .block_card(card.clone(), kind, why.to_owned(), now())
        .await?;
    say(&match changed {
        true => format!("Card {card} is blocked. {PUBLISH}"),
        false => format!("Card {card} was blocked before."),
    });
    Ok(())
}

fn words(file: &CardFile) -> String {
    let mut lines = vec![format!("Card {}", file.card)];
    match &file.owner {
        Some((_, number, name)) => lines.push(format!("  member {number}, {name}")),
        None => lines.push("  nobody's".to_owned()),
    }
    lines.extend(file.expires.map(|day| format!("  may be used until {day}")));
    lines.extend(file.balance.map(|balance| format!("  booked: {balance}")));
    if let Some(newest) = file.newest {
        let shown = newest
            .balance
            .map_or("unknown".to_owned(), |minor| minor.to_string());
        lines.push(format!(
            "  newest transaction {}, after it {shown} minor units",
            newest.tmc
        ));
    }
    if let Some(hold) = &file.hold {
        lines.push(format!(
            "  {} since {}: {}",
            hold.kind,
            in_words(hold.since),
            hold.why
        ));
    }
    for over in &file.replacements {
        let state = match (&over.restored, &over.amount) {
            (Some(txid), _) => format!("done by movement {txid}"),
            (None, Some(amount)) => format!("{amount} waits in store {}", over.store),
            (None, None) => format!("waits until {}", in_words(over.due_at)),
        };
        lines.push(format!(
            "  card {} stands in for {}: {state}",
            over.new, over.old
        ));
    }
    for (first, last) in &file.gaps {
        lines.push(format!("  missing: transactions {first} to {last}"));
    }
    for lot in file.lots.iter().filter(|lot| lot.left > 0) {
        lines.push(format!(
            "  {} minor units left of {} by {}",
            lot.left, lot.minor, lot.funder
        ));
    }
    for m in &file.movements {
        let tmc = m.tmc.map_or(String::new(), |tmc| format!("{tmc} "));
        let end = match m.end {
            Some(PurseEnd::Done) => "done",
            Some(_) => "not done",
            None => "unknown",
        };
        let by = m
            .ended_by
            .as_deref()
            .map_or(String::new(), |by| format!(" ({by})"));
        lines.push(format!(
            "  {tmc}{} {} {} in {} on {}: {end}{by}",
            m.txid,
            m.action.as_str(),
            m.amount,
            m.store,
            in_words(m.at)
        ));
    }
    lines.join("\n")
}

#[derive(Subcommand)]
pub(super) enum Account {
    /// Let nobody pay from a member's account, at once.
    Freeze {
        /// The member's number.
        #[arg(long)]
        member: String,
        /// Why: a sentence that the cashier reads.
        #[arg(long)]
        why: String,
    },
    /// Let it be used again.
    Unfreeze {
        /// The member's number.
        #[arg(long)]
        member: String,
    },
}

impl Account {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        let (member, why) = match self {
            Account::Freeze { member, why } => (member, Some(sentence(&why)?)),
            Account::Unfreeze { member } => (member, None),
        };
        let frozen = why.is_some();
        let changed = store.freeze_account(member.clone(), why, now()).await?;
        say(&match (frozen, changed) {
            (true, true) => format!("The account of member {member} is frozen."),
            (false, true) => format!("The account of member {member} may be used again."),
            (_, false) => "It was so before.".to_owned(),
        });
        Ok(())
    }
}

#[derive(Subcommand)]
pub(super) enum Phone {
    /// Certify a member's phone, so that tills take its codes: prints the certificate for the phone.
    Enrol {
        /// The member's number.
        #[arg(long)]
        member: String,
        /// The phone's public key, 64 hex digits.
        #[arg(long)]
        device_key: CodeKey,
        /// How long it counts.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
    },
    /// Take a member's phones back: tills take no code of theirs from the next bundle on.
    ///
    /// The phone makes a new key when it is to be certified again.
    Revoke {
        /// The member's number.
        #[arg(long)]
        member: String,
        /// Only the phone with this public key, 64 hex digits.
        #[arg(long)]
        device_key: Option<CodeKey>,
    },
}

impl Phone {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        let now = now();
        let (member, device_key, days) = match self {
            Phone::Enrol {
                member,
                device_key,
                days,
            } => (member, device_key, days),
            Phone::Revoke { member, device_key } => {
                let taken = store.revoke_phones(member, device_key, now).await?;
                say(&match taken {
                    0 => "No phone of this member counted. Nothing was changed.".to_owned(),
                    taken => format!("Phones taken back: {taken}. {PUBLISH}"),
                });
                return Ok(());
            }
        };
        let today = jiff::Timestamp::from_millisecond(now.0)?;
        let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
        let until = today
            .checked_add(i64::from(days).days())
            .context("the days are too many")?;
        let id = store.enrol_phone(member, device_key, until, now).await?;
        say(&certify(data, id, device_key, until)?.to_string());
        Ok(())
    }
}

#[derive(Subcommand)]
pub(super) enum Store {
    /// Say what a store may do with e-money beside taking it; without any it may only take it.
    ///
    /// A right brings its keys: a top-up desk's tills get the key that puts money on. An issue desk asks HQ
    /// for each new card's keys, and needs the line for it; it is always a top-up desk.
    Desk {
        /// The store.
        store: StoreId,
        /// Put money on cards and accounts, give payments of other days back, carry balances over.
        #[arg(long)]
        top_up: bool,
        /// Make cards the programme's.
        #[arg(long, requires = "top_up")]
        issue: bool,
    },
}

impl Store {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        let Store::Desk {
            store: at,
            top_up,
            issue,
        } = self;
        store
            .set_desk(at.clone(), DeskRights { top_up, issue })
            .await?;
        let rights = match (top_up, issue) {
            (_, true) => "takes e-money, puts it on, and issues cards",
            (true, _) => "takes e-money and puts it on",
            _ => "takes e-money",
        };
        say(&format!("Store {at} {rights}. {PUBLISH}"));
        Ok(())
    }
}
