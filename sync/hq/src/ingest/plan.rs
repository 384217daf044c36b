//! What to write for a whole batch, and what to answer. Pure.

use super::book::{Booking, book};
use super::chain::{Fork, Place};
use super::{Fault, Needs, Working};
use tillside_core::Head;
use tillside_core::{Event, Record, Sealed};

/// A batch whose records were placed.
#[derive(Debug)]
pub struct Batch {
    /// The records as sent.
    pub records: Vec<Sealed>,
    /// Where each stands.
    pub places: Vec<Place>,
    /// HQ's copy ends here when the batch is written.
    pub head: Head,
}

impl Batch {
    /// What must be loaded to decide on it.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for place in &self.places {
            if let Place::Next(Ok(record)) = place {
                needs.add(record);
            }
        }
        needs
    }
}

/// What to do about one record.
#[derive(Debug)]
pub enum Step {
    /// Answer as before: it was booked, or opened this case.
    Known(Option<u64>),
    /// Answer as for the same record earlier in the batch.
    Repeated,
    /// Keep it and book it.
    Book(Box<Booking>),
    /// It is about a purse: booked against what the database has, where it becomes a case if it cannot
    /// stand.
    Purse(Box<Record>),
    /// Keep it, open a case, book nothing.
    Quarantine(Fault),
    /// Keep it aside, in a case of another history.
    Fork(Fork),
    /// Keep nothing: it will come again.
    Missing,
}

/// Decides on every record of a batch, in order; each sees what those before it changed.
pub fn plan(batch: &mut Batch, working: &mut Working) -> Vec<Step> {
    let places = std::mem::take(&mut batch.places);
    let steps = places.into_iter().map(|place| match place {
        Place::Known(case) => Step::Known(case),
        Place::Repeated => Step::Repeated,
        Place::Next(Ok(record)) if is_of_purse(&record.event) => Step::Purse(record),
        Place::Next(Ok(record)) => match book(working, &record) {
            Ok(booking) => Step::Book(Box::new(booking)),
            Err(fault) => Step::Quarantine(fault),
        },
        Place::Next(Err(error)) => Step::Quarantine(Fault::Record(error)),
        Place::Fork(fork) => Step::Fork(fork),
        Place::Missing => Step::Missing,
    });
    steps.collect()
}

/// Whether an event is booked against cards' histories and the ledger of e-money. These are not held in
/// [`Working`]: a batch may touch much of them, and each record needs little.
const fn is_of_purse(event: &Event) -> bool {
    matches!(
        event,
        Event::PurseIntended(_)
            | Event::PurseEnded(_)
            | Event::PurseUnknown(_)
            | Event::PurseGivenUp(_)
            | Event::PurseSighted(_)
            | Event::CardFrozen(_)
            | Event::CardUnfrozen(_)
    )
}
