//! One write: answered before, or done and answered in one transaction.
//!
//! Everything that changes the till goes through [`Desk::write`], so that a repeated request finds
//! its first answer, after a crash too (invariants 1 and 6).

use super::{Desk, Draft, PendingVoid, TillError};
use crate::events::Happening;
use crate::view::SaleView;
use serde::Serialize;
use tillside_core::{Event, Hash, Now, SaleId};

/// What a request is known again by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WriteKey {
    /// The key the POS chose.
    pub key: String,
    /// The hash of method, path and body (without PINs).
    pub request: Hash,
}

/// The answer to a write, now or again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON or empty.
    pub body: String,
    /// Whether this was answered before and nothing was done now.
    pub replayed: bool,
}

/// What a write comes to, before any of it is kept.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) events: Vec<Event>,
    pub(super) draft: DraftChange,
    pub(super) status: u16,
    pub(super) body: String,
    tell: Option<SaleView>,
}

/// What becomes of an open sale.
#[derive(Debug)]
pub(super) enum DraftChange {
    /// Nothing.
    Keep,
    /// It is kept as it is now.
    Save(Box<Draft>),
    /// The void of a recorded sale is kept, until its cards have their money back.
    SaveVoid(Box<PendingVoid>),
    /// It is gone: paid, or thrown away.
    Drop(SaleId),
}

impl Deed {
    /// An answer, and what happens to the open sale.
    pub(super) fn new(
        status: u16,
        body: &impl Serialize,
        draft: DraftChange,
    ) -> Result<Self, TillError> {
        Ok(Self {
            events: Vec::new(),
            draft,
            status,
            body: serde_json::to_string(body).map_err(TillError::Unwritable)?,
            tell: None,
        })
    }

    /// An answer without a body.
    pub(super) fn silent(draft: DraftChange) -> Self {
        Self {
            events: Vec::new(),
            draft,
            status: 204,
            body: String::new(),
            tell: None,
        }
    }

    /// With facts.
    pub(super) fn with_facts(mut self, events: Vec<Event>) -> Self {
        self.events = events;
        self
    }

    /// With a sale that the screens hear of once it is kept.
    pub(super) fn telling(mut self, sale: SaleView) -> Self {
        self.tell = Some(sale);
        self
    }
}

impl Desk {
    /// The answer a request got before, if it did.
    ///
    /// # Errors
    /// `KeyReused` if the key belongs to another request.
    pub fn answered(&mut self, key: &WriteKey) -> Result<Option<Answer>, TillError> {
        let Some(before) = self.store.answered(&key.key)? else {
            return Ok(None);
        };
        if before.request_hash != key.request {
            return Err(TillError::KeyReused);
        }
        Ok(Some(Answer {
            status: before.status,
            body: before.response_body,
            replayed: true,
        }))
    }

    /// Does a write, unless it was answered before: facts, open sale and answer in one transaction.
    pub(super) fn write(
        &mut self,
        key: &WriteKey,
        work: impl FnOnce(&mut Self, Now) -> Result<Deed, TillError>,
    ) -> Result<Answer, TillError> {
        if let Some(before) = self.answered(key)? {
            return Ok(before);
        }
        let now = self.now()?;
        let deed = work(self, now)?;
        self.keep(key, &deed, now)?;
        if let Some(sale) = deed.tell {
            let sale = Box::new(sale);
            self.hub.tell(Happening::Sale { sale });
        }
        Ok(Answer {
            status: deed.status,
            body: deed.body,
            replayed: false,
        })
    }
}
