//! Purses at the till: what happens while a card lies on the reader.
//!
//! `flow` is the one order in which a card and the disk hear of a movement; `job` is what waits
//! for the next card; `attendant` is the reader's thread doing both; [`PurseDesk`] is the same
//! without threads, for whoever has a card in hand. What a movement means is decided by
//! `tillside-core`, what it does to its sale by the till's thread (`till::settle`), and how a card is
//! spoken to is left to `tillside-cards`.

mod attendant;
mod card;
mod chip;
mod desk;
#[cfg(test)]
mod double;
mod flow;
mod issue;
mod job;
mod keys;
mod new_card;
mod outcome;
mod view;
pub(crate) mod words;
mod work;

pub use crate::till::{
    Answer, Begun, Desk, GoodsRequest, LineRequest, Met, ReturnRequest, Settled, TenderRequest,
    TillError, VoidRequest, WriteKey,
};
pub(crate) use attendant::{CardTapped, Tapped, TillAttendant};
pub(crate) use card::Reading;
pub use desk::{NoTap, PurseDesk, Tap};
pub use flow::Steps;
pub use job::{JOB_PATIENCE, Jobs};
pub(crate) use keys::Watch as KeysWatch;
pub use keys::{Keys, VaultOptions};
pub use outcome::{Durable, Ended, JobEnd};
pub use view::{
    CardReport, CardTransactionView, EmoneyView, JobKind, JobProgress, JobStage, JobView, KeysView,
    MovementKind, MovementStage, PaymentView, PurseView,
};
pub use work::{Job, Source, Work};

#[cfg(test)]
mod tests;
