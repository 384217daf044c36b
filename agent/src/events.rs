//! What the screen hears as it happens: taps, readers, the line, sales.
//!
//! A bounded broadcast. Who listens too slowly is dropped, connects again, and asks for the state.

use crate::purse::{JobView, PaymentView};
use crate::view::{MemberView, SaleView, schema};
use serde::Serialize;
use tillside_core::{CardIdentity, Money};
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// Events that wait for a slow listener, at most.
pub const EVENT_QUEUE: usize = 128;

/// Something that happened.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Happening {
    /// A card was identified.
    Card(CardShown),
    /// A card was taken away.
    CardRemoved {
        /// From which reader.
        reader: String,
    },
    /// A card could not be read.
    CardUnreadable {
        /// At which reader.
        reader: String,
        /// What to do.
        message: String,
    },
    /// The readers or their service changed.
    Readers(ReadersView),
    /// The line to HQ or what waits for it changed.
    Line {
        /// The line.
        line: LineStateView,
        /// Facts HQ has not confirmed.
        unconfirmed: u64,
    },
    /// A sale was completed or voided.
    Sale {
        /// The sale.
        sale: Box<SaleView>,
    },
    /// A job with a card went on, or an earlier movement of a purse came out.
    Purse(Box<JobView>),
    /// New rules and prices are in force.
    Bundle {
        /// Their version.
        version: u64,
    },
}

/// A card on a reader.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardShown {
    /// The reader.
    pub reader: String,
    /// Its identity: `uid:…`.
    #[schema(value_type = String)]
    pub card: CardIdentity,
    /// What kind of card.
    pub kind: String,
    /// The member it names, if this store knows it.
    pub member: Option<MemberView>,
    /// Whether it proved that it is the card it says it is; if not it may earn, and never pay.
    pub authenticated: bool,
    /// Whether it can pay here with what it holds: not blocked, not refused, and with a purse.
    pub pays: bool,
    /// The same in words: what the card may do here.
    pub may: String,
    /// What it holds, if it has a purse and said so.
    #[schema(value_type = Option<schema::Money>)]
    pub balance: Option<Money>,
    /// Movements with it that this till has to look after: unknown, given up, owed.
    pub open: Vec<PaymentView>,
    /// What the cashier reads.
    pub message: String,
}

/// The readers and their service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct ReadersView {
    /// The readers.
    pub readers: Vec<ReaderView>,
    /// The service they come through.
    pub card_service: ServiceView,
}

/// One reader.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReaderView {
    /// Its name.
    pub name: String,
    /// Whether it waits for a tap.
    pub ready: bool,
}

/// The card reader service.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, ToSchema)]
pub struct ServiceView {
    /// Whether it answers.
    pub up: bool,
    /// The same in words.
    pub words: String,
}

/// The line to HQ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineStateView {
    /// Whether HQ is reached.
    pub up: bool,
    /// Since when it is so, in milliseconds since 1970.
    pub since: i64,
    /// When HQ last answered.
    pub last_contact: Option<i64>,
    /// The same in words, with what waits.
    pub words: String,
}

impl Happening {
    /// The event's name on the stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Card(_) => "card",
            Self::CardRemoved { .. } => "card_removed",
            Self::CardUnreadable { .. } => "card_unreadable",
            Self::Readers(_) => "readers",
            Self::Line { .. } => "line",
            Self::Sale { .. } => "sale",
            Self::Purse(_) => "purse",
            Self::Bundle { .. } => "bundle",
        }
    }
}

/// Where things that happen are told, and heard.
#[derive(Clone, Debug)]
pub struct Hub(broadcast::Sender<Happening>);

impl Default for Hub {
    fn default() -> Self {
        Self(broadcast::Sender::new(EVENT_QUEUE))
    }
}

impl Hub {
    /// Tells everybody who listens; nobody is fine.
    pub fn tell(&self, happening: Happening) {
        let _ = self.0.send(happening);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Happening> {
        self.0.subscribe()
    }
}
