//! Purses as the screen and the POS see them: payments of a sale, movements, jobs, what is on a card.

use super::words;
use super::work::Job;
use crate::till::Settled;
use crate::view::schema;
use serde::Serialize;
use tillside_core::{CardIdentity, Money, PersonId, PurseEnd, PurseTx, SaleId, Timestamp};
use utoipa::ToSchema;

/// How far a movement of a purse is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MovementStage {
    /// Being tried right now.
    Open,
    /// Nobody knows what the card did: hold the same card again.
    Unknown,
    /// It happened.
    Done,
    /// It did not happen.
    NotDone,
    /// A manager let the sale go on without knowing.
    GivenUp,
    /// Given up, and then it turned out to have happened: the money is owed to the holder.
    Owed,
    /// It happened, and was given back.
    GivenBack,
}

/// A payment by e-money for a sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PaymentView {
    /// The movement.
    #[schema(value_type = String)]
    pub txid: PurseTx,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// How far it is.
    pub stage: MovementStage,
    /// The last four characters of the card.
    pub card_end: String,
    /// Whether it is from the account at HQ rather than the card.
    pub account: bool,
    /// What the cashier reads.
    pub words: String,
}

/// What a movement of a purse is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Pays for a sale.
    Pay,
    /// Puts money on.
    TopUp,
    /// Gives a payment of the same day back.
    Void,
    /// Gives money back for a payment of another day.
    Refund,
    /// Puts the balance of a lost card on its replacement.
    Restore,
}

/// A movement of a purse, with everything this till knows of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PurseView {
    /// The movement.
    #[schema(value_type = String)]
    pub txid: PurseTx,
    /// What it is for.
    pub kind: MovementKind,
    /// Whether it is of the account at HQ rather than of the card.
    pub account: bool,
    /// The sale it belongs to.
    #[schema(value_type = Option<String>)]
    pub sale: Option<SaleId>,
    /// The sale's number for people.
    pub number: Option<String>,
    /// The payment that it gives back.
    #[schema(value_type = Option<String>)]
    pub of: Option<PurseTx>,
    /// The card.
    #[schema(value_type = String)]
    pub card: CardIdentity,
    /// The last four characters of the card.
    pub card_end: String,
    /// The member's name, if this store knows it.
    pub member: Option<String>,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// What was given back of it.
    #[schema(value_type = schema::Money)]
    pub given_back: Money,
    /// How far it is.
    pub stage: MovementStage,
    /// When it was tried.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Who was signed in.
    #[schema(value_type = String)]
    pub cashier: PersonId,
    /// What happened and what to do.
    pub words: String,
    /// Why nobody knew, for a technician.
    pub unknown_why: Option<String>,
    /// The manager who gave it up.
    #[schema(value_type = Option<String>)]
    pub given_up_by: Option<PersonId>,
    /// Why they did.
    pub given_up_reason: Option<String>,
    /// What giving it up would mean; only while it may be given up.
    pub consequences: Option<String>,
    /// Whether its money may be given back at this till: `POST …/give-back`.
    pub may_give_back: bool,
    /// What the card held afterwards, if the card said so.
    #[schema(value_type = Option<schema::Money>)]
    pub balance_after: Option<Money>,
    /// The receipt of a top-up, a refund or a restored balance that happened.
    pub receipt: Option<String>,
    /// Whether HQ has all of it.
    pub confirmed: bool,
}

/// What a job does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Pays for a sale.
    Pay,
    /// Puts money on.
    TopUp,
    /// Gives all cards of a recorded sale their money back and voids it.
    Void,
    /// Gives one payment back.
    GiveBack,
    /// Puts the balance of a lost card on its replacement.
    Restore,
    /// Reads a card.
    Read,
    /// Makes a card the programme's.
    Issue,
    /// No job: an earlier movement came out by itself, at a tap or through HQ.
    Settled,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStage {
    /// Waits for a card.
    Waiting,
    /// A card lies there and is being read or written: it must stay.
    Working,
    /// Done.
    Done,
    /// Tried, and nothing happened.
    NotDone,
    /// Nobody knows what the card did: hold the same card again.
    Unknown,
    /// Not tried; the words say why.
    Refused,
    /// Taken back while it waited, or nobody came.
    Cancelled,
}

impl JobStage {
    /// Whether the job is over.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Working)
    }
}

/// A job, and the event `purse`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobView {
    /// Names the job; the events of one job have the same.
    pub job: String,
    /// What it does.
    pub kind: JobKind,
    /// How far it is.
    pub stage: JobStage,
    /// What the cashier reads: what happened, and what to do.
    pub words: String,
    /// The movement it makes or made.
    #[schema(value_type = Option<String>)]
    pub txid: Option<PurseTx>,
    /// The sale it is for.
    #[schema(value_type = Option<String>)]
    pub sale: Option<SaleId>,
    /// How much is or was to be moved.
    #[schema(value_type = Option<schema::Money>)]
    pub amount: Option<Money>,
    /// What the card holds, as far as it was read.
    #[schema(value_type = Option<schema::Money>)]
    pub balance: Option<Money>,
    /// The last four characters of the card: of the one that lay there, or of the one that is waited for.
    pub card_end: Option<String>,
    /// Whether the sale is completed (or voided) now; its receipt is then at `/v1/sales/{id}/receipt`.
    pub completed: bool,
    /// The card holds too little: this much could be taken from it (`partly`).
    #[schema(value_type = Option<schema::Money>)]
    pub could_take: Option<Money>,
    /// The receipt of a top-up, a refund or a restored balance.
    pub receipt: Option<String>,
    /// What is on the card; of a job that reads.
    pub card: Option<CardReport>,
    /// How far a card is that is being issued; none before its first step.
    pub progress: Option<JobProgress>,
}

/// How far a card is that is being issued. The steps stay done when the card is taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct JobProgress {
    /// The step that is being done, from 1.
    pub step: u8,
    /// How many there are.
    pub of: u8,
}

impl JobView {
    /// A job that begins to wait for its card.
    pub fn waiting(job: &Job, words: &str) -> Self {
        let moves = !matches!(job.work.kind(), JobKind::Read | JobKind::Issue);
        Self {
            job: job.txid.to_string(),
            kind: job.work.kind(),
            stage: JobStage::Waiting,
            words: words.to_owned(),
            txid: moves.then_some(job.txid),
            sale: None,
            amount: None,
            balance: None,
            card_end: None,
            completed: false,
            could_take: None,
            receipt: None,
            card: None,
            progress: None,
        }
    }
}

impl JobView {
    /// How a movement came out.
    pub(crate) fn show_settled(&mut self, settled: &Settled) {
        self.stage = match settled.end {
            Some(PurseEnd::Done) => JobStage::Done,
            Some(_) => JobStage::NotDone,
            None => JobStage::Unknown,
        };
        self.words.clone_from(&settled.words);
        self.txid = Some(settled.txid);
        self.sale = settled.action.sale();
        self.amount = Some(settled.amount);
        self.balance = settled.balance;
        self.card_end = Some(words::card_end(&settled.card));
        self.completed = settled.completed;
    }

    /// The event of a movement that came out without a job.
    pub(crate) fn of_settled(settled: &Settled) -> Self {
        let mut view = Self {
            job: settled.txid.to_string(),
            kind: JobKind::Settled,
            stage: JobStage::Unknown,
            words: String::new(),
            txid: None,
            sale: None,
            amount: None,
            balance: None,
            card_end: None,
            completed: false,
            could_take: None,
            receipt: None,
            card: None,
            progress: None,
        };
        view.show_settled(settled);
        view
    }
}

/// What is on a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CardReport {
    /// The card.
    #[schema(value_type = String)]
    pub card: CardIdentity,
    /// Its last four characters.
    pub card_end: String,
    /// What kind of card.
    pub kind: String,
    /// Whether it proved who it is; if not it may earn, and never pay.
    pub authenticated: bool,
    /// The member's name, if this store knows it.
    pub member: Option<String>,
    /// The last day it may be used.
    pub expires: Option<String>,
    /// Why it may not be used, if so: blocked by HQ, or frozen here.
    pub blocked: Option<String>,
    /// Whether this till froze it, and a manager may free it.
    pub frozen_here: bool,
    /// What it holds; none without a purse.
    #[schema(value_type = Option<schema::Money>)]
    pub balance: Option<Money>,
    /// Its last transactions, newest first.
    pub transactions: Vec<CardTransactionView>,
    /// Movements that this till has open with it.
    pub open: Vec<PaymentView>,
    /// What the cashier reads.
    pub words: String,
}

/// A transaction, as a card's own log has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CardTransactionView {
    /// The movement.
    #[schema(value_type = String)]
    pub txid: PurseTx,
    /// What it was; none if this program does not know its number.
    pub kind: Option<MovementKind>,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// What the card held afterwards.
    #[schema(value_type = schema::Money)]
    pub after: Money,
    /// When, by the clock of the till that did it.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Whether it was at this till.
    pub here: bool,
}

/// How e-money stands at this till.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct EmoneyView {
    /// Whether the chain has e-money and this till its keys.
    pub on: bool,
    /// Where the keys are.
    pub keys: KeysView,
    /// The same in words.
    pub words: String,
    /// Whether money may be put on cards here.
    pub top_up: bool,
    /// Whether cards are issued here.
    pub issue: bool,
    /// The most a card may hold.
    #[schema(value_type = Option<schema::Money>)]
    pub cap: Option<Money>,
    /// How long after a card was reported lost its balance is carried over, in hours.
    pub replacement_wait_hours: Option<u16>,
    /// Movements that somebody has to look after.
    pub open: u64,
}

/// Where the keys for cards are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeysView {
    /// There are none: cards are identifiers only.
    None,
    /// In an encrypted file, for development and trials.
    Development,
    /// In a security token.
    Token,
}
