//! What a flow needs of a card: who it is, its purse opened, a movement staged, the commit.
//!
//! The one product behind it is `tillside-cards` ([`super::chip`]); tests of the flows put a script in
//! its place.

use super::outcome::FlowError;
use tillside_core::{
    CardIdentity, CardLogEntry, CardSeen, MemberId, TransactionMacInput, TransactionMacValue,
};
use tillside_drivers::{CardSession, ReaderError};

/// A card that said who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// Who.
    pub(crate) card: CardIdentity,
    /// What kind of card, for the screen.
    pub(crate) kind: &'static str,
    /// Whether it proved it.
    pub(crate) authenticated: bool,
    /// Whose it is, as it says under that proof.
    pub(crate) member: Option<MemberId>,
    /// The last day it may be used, if it says so.
    pub(crate) expires: Option<jiff::civil::Date>,
    /// Whether it has a purse that can be opened.
    pub(crate) purse: bool,
    /// Why it may not be used for anything but its number, if so: words for the cashier.
    pub(crate) refused: Option<String>,
}

/// A movement for a card, as its log will have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Movement {
    /// Which.
    pub(crate) txid: [u8; 8],
    /// [`tillside_core::PurseAction::number`].
    pub(crate) kind: u8,
    /// How much, minor units, more than zero.
    pub(crate) amount: i64,
    /// The till.
    pub(crate) terminal: [u8; 4],
    /// Seconds since 1970.
    pub(crate) time: u32,
}

/// What the card proved after the commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Proof {
    pub(crate) tmc: u32,
    pub(crate) tmv: TransactionMacValue,
    pub(crate) tmi: TransactionMacInput,
    pub(crate) after: i64,
}

/// Why a card did not do what was asked, before anything of it can have counted.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// For the cashier: what happened, and what to do.
    pub(crate) words: String,
    /// For a technician.
    pub(crate) why: String,
    /// The reader's error, if it was one.
    pub(crate) reader: Option<ReaderError>,
    /// Whether holding the card again may help.
    pub(crate) again: bool,
}

impl Trouble {
    /// What a reader says.
    pub(crate) fn reader(error: ReaderError) -> Self {
        Self {
            words: error.cashier_words().to_owned(),
            why: causes(&error),
            again: error.is_retryable(),
            reader: Some(error),
        }
    }

    /// Something that holding the card again does not mend.
    pub(crate) fn lasting(words: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            why: why.into(),
            reader: None,
            again: false,
        }
    }
}

/// A trouble before anything was begun: the card may be held again, or it is not taken.
pub(crate) fn failed(trouble: Trouble) -> FlowError {
    match (trouble.reader, trouble.again) {
        (Some(error), _) => FlowError::Reader(error),
        (None, true) => FlowError::Reader(ReaderError::Garbled { step: "the card" }),
        (None, false) => FlowError::Refused(trouble.words),
    }
}

/// Why a commit gave no proof.
#[derive(Debug)]
pub(crate) enum NoProof {
    /// No byte of it was handed to the reader: nothing happened.
    NeverSent(Trouble),
    /// Anything else: nobody knows.
    Unknown(String),
}

/// Cards as a flow meets them.
pub(crate) trait Cards {
    /// Who lies there.
    fn read(&self, session: &mut dyn CardSession) -> Result<Reading, Trouble>;

    /// Opens the purse of the card that was read.
    fn open<'s>(
        &'s self,
        session: &'s mut dyn CardSession,
        reading: &Reading,
    ) -> Result<Box<dyn Purse + 's>, Trouble>;
}

/// An opened purse.
pub(crate) trait Purse {
    /// What it shows.
    fn seen(&self) -> CardSeen;

    /// Why it may not be used at `time` (seconds since 1970), whatever for, if so. `returns`: money
    /// that was taken goes back even to a card whose last day is over.
    fn unfit(&self, time: u32, returns: bool) -> Option<Trouble>;

    /// Its log, newest first.
    fn log(&mut self) -> Result<Vec<CardLogEntry>, Trouble>;

    /// What came into it after transaction `tmc`, newest first, as far as one command gives it.
    fn log_since(&mut self, tmc: u32) -> Result<Vec<CardLogEntry>, Trouble>;

    /// Writes everything but the commit. An error means: not committed.
    fn stage<'s>(self: Box<Self>, movement: &Movement) -> Result<Box<dyn Staged + 's>, Trouble>
    where
        Self: 's;
}

/// A movement that lacks only its commit.
pub(crate) trait Staged {
    /// Commits it.
    fn commit(self: Box<Self>) -> Result<Proof, NoProof>;
}

/// An error and what lies behind it, in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
