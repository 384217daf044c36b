//! What may come of a card that lies on a reader, and the moments at which the agent could die.

use super::card::Reading;
use super::view::CardReport;
use crate::till::{Begun, Met, Settled};
use tillside_core::Money;
use tillside_drivers::ReaderError;

/// A moment at which everything before it is on the disk or on the card, and nothing after it is: the
/// places where the agent could die. A test ends the flow there and drops everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Durable {
    /// The intent is on the disk; the card was not written to.
    AfterIntent,
    /// The card has everything but the commit.
    AfterStage,
    /// The card gave its proof, and the disk does not know.
    AfterCommitBeforeDone,
    /// The outcome is on the disk.
    AfterDone,
    /// Nobody knows the outcome, and the disk does not know that yet.
    BeforeUnknown,
    /// That nobody knows is on the disk.
    AfterUnknown,
    /// The card is known not to have heard of it, and the disk does not know.
    BeforeNotDone,
    /// An earlier movement of this card was settled, or its state kept.
    AfterMeeting,
    /// The card is issued, and the disk does not know.
    AfterIssueBeforeFact,
}

/// The flow was ended from outside at a [`Durable`] moment: nothing more was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended(pub Durable);

/// Why a flow did not come to its end.
#[derive(Debug)]
pub(crate) enum FlowError {
    /// The reader or the card failed before anything was begun: the job waits on.
    Reader(ReaderError),
    /// This card is not taken, and holding it again does not help; the words say why.
    Refused(String),
    /// The flow was ended from outside.
    Ended(Ended),
}

/// How a job ended, as far as this card could end it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum JobEnd {
    /// A movement came out, one way or the other; or nobody knows ([`Settled::end`] is none).
    Moved(Settled),
    /// Not tried; the words say why.
    Refused {
        /// For the cashier.
        words: String,
        /// The card holds too little: this much could be taken.
        could_take: Option<Money>,
    },
    /// The card was read.
    Read(Box<CardReport>),
    /// The card is the programme's now, or was already.
    Issued {
        /// For the cashier.
        words: String,
    },
    /// It was another card than the one the money came from: the job waits on.
    OtherCard,
    /// The account is to be moved, now that the card proved who it is: ask HQ.
    AskHq(Begun),
}

/// What came of a card that lay on the reader.
#[derive(Clone, Debug)]
pub(crate) struct Attended {
    pub(crate) reading: Reading,
    pub(crate) met: Met,
    /// What it holds, if its purse was opened or identifying it said so.
    pub(crate) balance: Option<i64>,
    pub(crate) blocked: Option<String>,
    pub(crate) job: Option<JobEnd>,
}
