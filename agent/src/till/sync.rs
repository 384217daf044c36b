//! What sync reads and writes of the store, and what the screens hear of it.

use super::{Desk, TillError};
use crate::chance;
use crate::events::Happening;
use tillside_core::{Bundle, Hash, Head, Sealed, SignedHead};
use tillside_store::{LineState, StoreError};
use tillside_sync::{EpochRequest, LocalView, Place};

impl Desk {
    /// Where journal and bundle stand.
    pub(crate) fn local_view(&self) -> Result<LocalView, TillError> {
        let head = self.store.head().ok_or(TillError::NotEnrolled)?;
        let oldest = self.store.outbox(1)?;
        Ok(LocalView {
            head,
            oldest_unconfirmed: oldest.first().map(|record| record.seq),
            bundle: self.store.bundle_version(),
        })
    }

    /// Records of the history after a place, with their epoch.
    pub(crate) fn history(
        &self,
        after: Place,
        limit: usize,
    ) -> Result<(u32, Vec<Sealed>), TillError> {
        Ok(self.store.history((after.epoch, after.seq), limit)?)
    }

    /// What HQ is asked with for an epoch to go on in.
    pub(crate) fn epoch_request(&mut self, from: u64) -> Result<EpochRequest, TillError> {
        let head = self.store.head().ok_or(TillError::NotEnrolled)?;
        let (epoch, present) = (head.epoch, head.epoch);
        let from = self.store.head_at(from)?;
        let from = from.ok_or(StoreError::WrongEpoch { epoch, present })?;
        let key = self
            .store
            .epoch_key(&from, Hash::from_bytes(chance::thirty_two()?))?;
        Ok(EpochRequest { from, head, key })
    }

    /// Goes on in the epoch that HQ gave.
    pub(crate) fn begin_epoch(&mut self, from: &Head, epoch: u32) -> Result<(), TillError> {
        let now = self.now()?;
        self.store.begin_epoch(from, epoch, now)?;
        self.show_unconfirmed()
    }

    /// HQ has these.
    pub(crate) fn confirm(
        &mut self,
        epoch: u32,
        seqs: &[u64],
        head: &Head,
        acknowledged: Option<&SignedHead>,
    ) -> Result<(), TillError> {
        let store = &mut self.store;
        store.confirm_signed(epoch, seqs, Some(head), acknowledged)?;
        self.show_unconfirmed()
    }

    /// Puts a verified bundle in force.
    pub(crate) fn adopt(&mut self, bundle: &Bundle) -> Result<(), TillError> {
        let now = self.now()?;
        self.store.adopt(bundle, now)?;
        let version = bundle.version;
        tracing::info!(version, "a bundle is in force");
        self.hub.tell(Happening::Bundle { version });
        self.show_unconfirmed()
    }

    /// Keeps the line's state for the next start; a newer contact alone only once a minute, so that
    /// a quiet till does not write to its disk at every poll.
    pub(crate) fn note_line(&mut self, line: &LineState) -> Result<(), TillError> {
        let kept = self.store.line_state()?;
        if kept.is_some_and(|kept| says_the_same(&kept, line)) {
            return Ok(());
        }
        Ok(self.store.set_line_state(line)?)
    }

    /// Shows how many facts HQ lacks.
    fn show_unconfirmed(&self) -> Result<(), TillError> {
        let (unconfirmed, zone) = (self.store.unconfirmed()?, self.zone_name());
        self.board.change(|known| {
            known.unconfirmed = unconfirmed;
            known.zone = zone;
        });
        Ok(())
    }
}

/// How old the kept time of the last contact may be, in milliseconds.
const CONTACT_KEPT_MS: i64 = 60_000;

fn says_the_same(kept: &LineState, line: &LineState) -> bool {
    let since = match (kept.last_contact, line.last_contact) {
        (Some(kept), Some(now)) => (now.0 - kept.0).abs() < CONTACT_KEPT_MS,
        (kept, now) => kept == now,
    };
    since && (kept.up, kept.since, &kept.problem) == (line.up, line.since, &line.problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tillside_core::Timestamp;

    #[test]
    fn a_newer_contact_alone_is_written_once_a_minute() {
        let line = |up, contact| LineState {
            up,
            since: Timestamp(1),
            last_contact: Some(Timestamp(contact)),
            problem: None,
        };
        assert!(says_the_same(&line(true, 1_000), &line(true, 60_999)));
        assert!(!says_the_same(&line(true, 1_000), &line(true, 61_000)));
        assert!(!says_the_same(&line(true, 1_000), &line(false, 1_000)));
    }
}
