//! What sync reads and writes of the store, and what the screens hear of it.

use super::{Desk, TillError};
use crate::events::Happening;
use tillside_core::{Bundle, Head, Sealed};
use tillside_store::LineState;
use tillside_sync::LocalView;

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

    /// Journal records after a position.
    pub(crate) fn journal(&self, after: u64, limit: usize) -> Result<Vec<Sealed>, TillError> {
        Ok(self.store.journal(after, limit)?)
    }

    /// HQ has these.
    pub(crate) fn confirm(
        &mut self,
        epoch: u32,
        seqs: &[u64],
        head: &Head,
    ) -> Result<(), TillError> {
        self.store.confirm(epoch, seqs, Some(head))?;
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

    /// Keeps the line's state for the next start.
    pub(crate) fn note_line(&mut self, line: &LineState) -> Result<(), TillError> {
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
