//! Why a record about a purse is kept but not booked.

use super::sequence::Clash;
use tillside_core::{CardIdentity, MemberId, PurseTx};

/// Why HQ cannot book what a terminal says of a purse.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurseFault {
    /// HQ has no e-money.
    #[error("this HQ has no e-money: set it up with `tillside-hq emoney init`")]
    NoScheme,
    /// Another movement has this number.
    #[error("movement {0} was begun before: its number is used twice")]
    Twice(PurseTx),
    /// A movement that this terminal never began.
    #[error("movement {0} was not begun by this terminal")]
    NotBegun(PurseTx),
    /// It says something else than when it began, or something that cannot be.
    #[error("movement {txid} does not fit: {what}")]
    Differs {
        /// Which.
        txid: PurseTx,
        /// What does not fit.
        what: &'static str,
    },
    /// Its end was told before.
    #[error("movement {0} ended before")]
    EndedTwice(PurseTx),
    /// The terminal says one end, and HQ has evidence of the other.
    #[error(
        "the terminal says that movement {txid} {}, and HQ has evidence that it {}",
        ended(*told),
        ended(!*told)
    )]
    Contradiction {
        /// Which.
        txid: PurseTx,
        /// Whether the terminal says that it was done.
        told: bool,
    },
    /// The card's MAC is not right.
    #[error("the card did not put its MAC under movement {0}: the proof is forged or damaged")]
    TmvForged(PurseTx),
    /// There is no MAC.
    #[error("movement {0} came without the card's MAC")]
    TmvMissing(PurseTx),
    /// The card's MAC is right, and is under something else.
    #[error("the card's MAC is not under movement {txid}: {what}")]
    TmvMismatch {
        /// Which.
        txid: PurseTx,
        /// What the card's words differ in.
        what: &'static str,
    },
    /// HQ had no key to check it with.
    #[error("the card's MAC under movement {0} could not be checked: HQ's key vault did not open")]
    TmvUnchecked(PurseTx),
    /// Two histories of one card.
    #[error("card {card} has two histories: {}", clash_words(.clash))]
    Card {
        /// Which card.
        card: CardIdentity,
        /// Where they part.
        clash: Clash,
    },
    /// A balance was carried over that HQ did not order, or not so.
    #[error("the balance of card {0} was not to be carried over like this")]
    CarryOver(CardIdentity),
    /// HQ has not moved the account, and the terminal says it has.
    #[error("the terminal says that HQ moved an account by {0}, and HQ did not")]
    AccountNotMoved(PurseTx),
    /// A card was issued to one member and is another's.
    #[error("card {card} was issued, and is member {owner}'s already")]
    CardOwned {
        /// The card.
        card: CardIdentity,
        /// Whose it is.
        owner: MemberId,
    },
    /// The ledger cannot take it.
    #[error("the money of movement {0} is more than can be counted")]
    Overflow(PurseTx),
}

const fn ended(done: bool) -> &'static str {
    match done {
        true => "happened",
        false => "did not happen",
    }
}

fn clash_words(clash: &Clash) -> String {
    match clash {
        Clash::Txid { tmc, known, told } => {
            format!("its transaction {tmc} is movement {known}, and now also {told}")
        }
        Clash::Balance { tmc, known, told } => {
            format!(
                "after its transaction {tmc} it held {known}, and now also {told} (minor units)"
            )
        }
    }
}

impl PurseFault {
    /// The kind of case: stable, snake case.
    pub const fn kind(&self) -> &'static str {
        match self {
            PurseFault::NoScheme => "purse_no_scheme",
            PurseFault::Twice(_) => "purse_txid_twice",
            PurseFault::NotBegun(_) => "purse_not_begun",
            PurseFault::Differs { .. } => "purse_differs",
            PurseFault::EndedTwice(_) => "purse_ended_twice",
            PurseFault::Contradiction { .. } => "purse_contradiction",
            PurseFault::TmvForged(_) => "tmv_forged",
            PurseFault::TmvMissing(_) => "tmv_missing",
            PurseFault::TmvMismatch { .. } => "tmv_mismatch",
            PurseFault::TmvUnchecked(_) => "tmv_unchecked",
            PurseFault::Card {
                clash: Clash::Txid { .. },
                ..
            } => "card_cloned",
            PurseFault::Card { .. } => "card_balance",
            PurseFault::CarryOver(_) => "carry_over",
            PurseFault::AccountNotMoved(_) => "account_not_moved",
            PurseFault::CardOwned { .. } => "card_owned",
            PurseFault::Overflow(_) => "emoney_overflow",
        }
    }

    /// The movement it is about, if a person can decide on that.
    pub const fn txid(&self) -> Option<PurseTx> {
        match self {
            PurseFault::Twice(txid)
            | PurseFault::NotBegun(txid)
            | PurseFault::Differs { txid, .. }
            | PurseFault::EndedTwice(txid)
            | PurseFault::Contradiction { txid, .. }
            | PurseFault::TmvForged(txid)
            | PurseFault::TmvMissing(txid)
            | PurseFault::TmvMismatch { txid, .. }
            | PurseFault::TmvUnchecked(txid)
            | PurseFault::AccountNotMoved(txid)
            | PurseFault::Overflow(txid) => Some(*txid),
            _ => None,
        }
    }
}
