//! How the till stands, for `status` and every screen.

use super::{Desk, TillError};
use jiff::civil::Date;
use tillside_core::{Clock, TerminalProfile, Timestamp};

/// How the till stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What this terminal is, if it is enrolled.
    pub profile: Option<TerminalProfile>,
    /// Facts HQ has not confirmed.
    pub unconfirmed: u64,
    /// The bundle in force; 0 before the first.
    pub bundle: u64,
    /// Whether the clock can be trusted.
    pub clock: Clock,
    /// The present.
    pub now: Timestamp,
    /// The store's business day.
    pub date: Date,
    /// How many may sign in.
    pub people: usize,
    /// What the till's sticker says.
    pub sticker: Option<String>,
}

impl Desk {
    /// How the till stands now.
    ///
    /// # Errors
    /// If the store fails.
    pub fn standing(&mut self) -> Result<Standing, TillError> {
        let now = self.now()?;
        Ok(Standing {
            profile: self.store.profile().cloned(),
            unconfirmed: self.store.unconfirmed()?,
            bundle: self.store.bundle_version(),
            clock: now.clock,
            now: now.at,
            date: now.date,
            people: self.store.people()?.len(),
            sticker: self.store.sticker().map(|sticker| sticker.to_string()),
        })
    }
}
