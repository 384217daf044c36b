//! Who may sign in, and the counting of wrong PINs.
//!
//! A try is counted before the PIN is looked at, so that neither a crash nor two tries at once give
//! more of them than there are; a right PIN takes the count back.

use super::{Desk, TillError};
use crate::people::{Role, locked_until, still_locked, tries_left};
use crate::receipt::local_minute;
use tillside_core::{PersonId, Timestamp};

/// Somebody the till knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Who.
    pub person: PersonId,
    /// As the screen shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A try that has been counted, with the hash to hold the PIN against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// Who it is said to be; none if nobody has this code.
    pub known: Option<(Known, String)>,
    /// What to answer if the PIN is wrong.
    left: u32,
    locked: Option<Timestamp>,
}

impl Desk {
    /// Everybody who may sign in.
    ///
    /// # Errors
    /// If the store fails.
    pub fn people(&mut self) -> Result<Vec<Known>, TillError> {
        let people = self.store.people()?;
        Ok(people.into_iter().map(known).collect())
    }

    /// Counts a try; of nobody, if the name cannot be anybody's.
    ///
    /// # Errors
    /// `Locked` if too many were wrong; then this one is not counted.
    pub fn begin_try(&mut self, person: Option<&PersonId>) -> Result<Try, TillError> {
        let now = self.now()?.at;
        let entry = person.map(|person| self.store.person(person)).transpose()?;
        let Some(entry) = entry.flatten() else {
            return Ok(Try {
                known: None,
                left: tries_left(1),
                locked: None,
            });
        };
        if let Some(until) = still_locked(entry.locked_until, now) {
            return Err(self.locked(until));
        }
        let tries = entry.failed_tries.saturating_add(1);
        let locked = locked_until(tries, now);
        self.store.note_failed_try(&entry.person, locked)?;
        let pin = entry.pin.clone();
        Ok(Try {
            known: Some((known(entry), pin)),
            left: tries_left(tries),
            locked,
        })
    }

    /// Takes the count back after a right PIN.
    ///
    /// # Errors
    /// If the store fails.
    pub fn end_try(&mut self, person: &PersonId) -> Result<(), TillError> {
        Ok(self.store.reset_tries(person)?)
    }

    /// What a wrong PIN is answered with.
    pub fn wrong_pin(&self, tried: &Try) -> TillError {
        match tried.locked {
            Some(until) => self.locked(until),
            None => TillError::WrongPin { left: tried.left },
        }
    }

    fn locked(&self, until: Timestamp) -> TillError {
        // Minutes are cut off, so the next one is named.
        let safe = Timestamp(until.0.saturating_add(59_999));
        let at = local_minute(safe, &self.zone_name());
        let at = at
            .split_once(' ')
            .map_or(at.clone(), |(_, time)| time.to_owned());
        TillError::Locked { until, at }
    }
}

fn known(entry: tillside_store::Person) -> Known {
    Known {
        person: entry.person,
        name: entry.name,
        role: match entry.role {
            tillside_store::Role::Manager => Role::Manager,
            _ => Role::Cashier,
        },
    }
}
