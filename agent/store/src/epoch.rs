//! Going on in a later epoch, after HQ said that it has another history of this one.
//!
//! A disk that was restored from a backup, or copied, brings back an old journal under the same name. What
//! HQ has of the epoch stays as it is there; what this journal recorded after the last record in common is
//! told again in the new epoch, in one transaction, so that HQ books it once. The old records stay in the
//! journal as they were written, and count no more ([`crate::history`]).

use crate::columns::RecordId;
use crate::error::{StoreError, Within, unreadable};
use crate::history::History;
use crate::journal::{append, each};
use crate::projection::{Place, TABLES, apply};
use crate::{Store, Till, meta};
use rusqlite::Transaction;
use tillside_core::{Clock, Event, Hash, Head, Now, Record};

impl Store {
    /// The key of the question for an epoch after `from`: `fresh` unless one was kept for the same question.
    pub fn epoch_key(&mut self, from: &Head, fresh: Hash) -> Result<Hash, StoreError> {
        self.write(|tx| {
            let kept: Option<(Head, Hash)> = meta::read(tx, meta::EPOCH_KEY)?;
            if let Some((_, key)) = kept.filter(|(of, _)| of == from) {
                return Ok(key);
            }
            meta::write(tx, meta::EPOCH_KEY, &(from, fresh))?;
            Ok(fresh)
        })
    }

    /// Begins `epoch`, which HQ gave, after `from`, the newest record in common. Returns how many records
    /// are told again; none if the journal is in this epoch already, which changes nothing.
    ///
    /// Refused, with nothing changed: an epoch that is not later than the present one, and a `from` that
    /// the present epoch does not have.
    pub fn begin_epoch(
        &mut self,
        from: &Head,
        epoch: u32,
        now: Now,
    ) -> Result<Option<u64>, StoreError> {
        let before = self.enrolled()?.clone();
        let present = before.head.epoch;
        if present == epoch {
            return Ok(None);
        }
        let place = if from.epoch == present { from.seq } else { 0 };
        if epoch < present || self.head_at(place)? != Some(*from) {
            return Err(StoreError::WrongEpoch { epoch, present });
        }
        let (till, told) = self.write(|tx| {
            let mut till = before.clone();
            let told = go_on(tx, &mut till, from, epoch, now)?;
            Ok((till, told))
        })?;
        self.till = Some(till);
        tracing::warn!(
            epoch,
            from = from.seq,
            told,
            "the journal goes on in a new epoch"
        );
        Ok(Some(told))
    }
}

fn go_on(tx: &Transaction<'_>, till: &mut Till, from: &Head, epoch: u32, now: Now) -> Within<u64> {
    let after = RecordId::new(from.epoch, from.seq);
    let new = RecordId::new(epoch, 0);
    let history = History::read(tx)?;
    let mut tail: Vec<RecordId> = tx
        .prepare("SELECT id FROM journal WHERE id > ?1 AND id < ?2 ORDER BY id")?
        .query_map((after, new), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // An epoch of which HQ has nothing is left out itself; what it told again is told once more.
    tail.retain(|id| history.counts(*id) && (id.epoch() == from.epoch || id.seq() > 1));
    let read = |id: &RecordId| -> Within<Record> {
        let body: String = tx
            .prepare_cached("SELECT body FROM journal WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?;
        serde_json::from_str(&body).map_err(|e| unreadable(format!("record {}", id.seq()), e))
    };
    // The new epoch's records are dated as the old ones, so that no record is before the one it follows.
    let newest = till.newest.map_or(now.at, |newest| newest.max(now.at));
    let (at, clock) = match tail.first() {
        Some(first) => (read(first)?.at, Clock::Trusted),
        None => (newest, now.clock),
    };
    let (from, closed) = (*from, till.head);
    till.head = Head::genesis(till.profile.terminal, epoch);
    append(tx, till, at, clock, &Event::EpochBegan { from, closed })?;
    for id in &tail {
        let record = read(id)?;
        append(tx, till, record.at, record.clock, &record.event)?;
    }
    // HQ has everything up to `from`, or it could not have it in common.
    tx.execute("DELETE FROM outbox WHERE id < ?1", [new])?;
    tx.execute(
        "DELETE FROM acknowledgement WHERE id > ?1 AND id < ?2",
        (after, new),
    )?;
    // A copy of this disk is to ask by itself.
    tx.execute("DELETE FROM meta WHERE name = ?1", [meta::EPOCH_KEY])?;
    meta::write(tx, meta::HQ_HEAD, &from)?;
    if !tail.is_empty() {
        project_again(tx, till)?;
    }
    Ok(tail.len() as u64)
}

/// The projections name records by their place: they are made again.
fn project_again(tx: &Transaction<'_>, till: &Till) -> Within<()> {
    for table in TABLES {
        tx.execute(&format!("DELETE FROM main.{table}"), [])?;
    }
    each(tx, &till.profile, |id, record, counts| match counts {
        true => apply(tx, Place::Live, id, &record.event),
        false => Ok(()),
    })?;
    Ok(())
}
