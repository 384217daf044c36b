//! Writing facts down: record, projections, outbox, answer and draft in one transaction (invariant 1).

use crate::answers::{self, Answered};
use crate::error::{StoreError, Within};
use crate::projection::{Place, apply};
use crate::{Draft, Store, Till, drafts, journal};
use rusqlite::Connection;
use tillside_core::{Event, Now, SaleId, Sealed};

/// The most events one decision may bring.
pub const EVENT_LIMIT: usize = 64;

/// What becomes of an open sale when something is written down.
#[derive(Clone, Copy, Debug)]
pub enum OpenSale<'a> {
    /// It is kept as it is now.
    Save(&'a Draft),
    /// It is gone: completed, or thrown away.
    Drop(SaleId),
}

impl Store {
    /// Writes down what was decided, all of it or nothing, and waits until it is on the disk.
    ///
    /// `answer` is kept under its key so that the same request asked again, even after a restart,
    /// gets it from [`Store::answered`]. `drop_draft` is the open sale that this completes. Without
    /// events only these are written.
    ///
    /// What is refused here although it was decided ([`StoreError::CouponUsed`], [`StoreError::ShareSpent`],
    /// [`StoreError::SaleRecorded`], [`StoreError::NothingToVoid`], [`StoreError::NothingToReturn`]) was decided on a stale state.
    pub fn commit(
        &mut self,
        events: &[Event],
        now: Now,
        answer: Option<&Answered>,
        drop_draft: Option<SaleId>,
    ) -> Result<Vec<Sealed>, StoreError> {
        self.commit_with(events, now, answer, drop_draft.map(OpenSale::Drop))
    }

    /// [`Store::commit`], with any change of an open sale in the same transaction: a request that is
    /// sent twice then changes its open sale once.
    pub fn commit_with(
        &mut self,
        events: &[Event],
        now: Now,
        answer: Option<&Answered>,
        open: Option<OpenSale<'_>>,
    ) -> Result<Vec<Sealed>, StoreError> {
        if events.len() > EVENT_LIMIT {
            let (what, limit) = ("facts at once", EVENT_LIMIT as u64);
            return Err(StoreError::Limit { what, limit });
        }
        let before = self.enrolled()?.clone();
        let (till, written) = self.write(|tx| {
            let mut till = before.clone();
            let records = events
                .iter()
                .map(|event| record(tx, &mut till, now, event))
                .collect::<Within<Vec<_>>>()?;
            if let Some(answer) = answer {
                answers::keep(tx, answer, now.at)?;
            }
            match open {
                Some(OpenSale::Save(draft)) => drafts::save(tx, draft)?,
                Some(OpenSale::Drop(sale)) => drop(drafts::remove(tx, sale)?),
                None => {}
            }
            Ok((till, records))
        })?;
        self.till = Some(till);
        Ok(written)
    }
}

/// Adds one record and its effect. It is never dated before the newest, even where `now` was asked
/// for before that was written.
pub(crate) fn record(
    conn: &Connection,
    till: &mut Till,
    now: Now,
    event: &Event,
) -> Within<Sealed> {
    let at = till.newest.map_or(now.at, |newest| newest.max(now.at));
    let (id, sealed) = journal::append(conn, till, at, now.clock, event)?;
    apply(conn, Place::Live, id, event)?;
    Ok(sealed)
}
