//! Whether the line to HQ is up, and since when: what `status` and every screen say.

use crate::error::StoreError;
use crate::{Store, meta};
use serde::{Deserialize, Serialize};
use tillside_core::Timestamp;

/// The line to HQ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineState {
    /// Whether HQ answers.
    pub up: bool,
    /// Since when it is so.
    pub since: Timestamp,
    /// When HQ last answered.
    pub last_contact: Option<Timestamp>,
    /// What was last wrong, in plain words.
    pub problem: Option<String>,
}

impl Store {
    /// The line as it was last noted; none before the first try.
    pub fn line_state(&self) -> Result<Option<LineState>, StoreError> {
        self.read(|conn| meta::read(conn, meta::LINE))
    }

    /// Notes the line's state.
    pub fn set_line_state(&mut self, line: &LineState) -> Result<(), StoreError> {
        self.write(|tx| meta::write(tx, meta::LINE, line))
    }
}
