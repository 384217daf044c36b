//! The open database: who this terminal is, where its journal stands, and what time it is.

use crate::columns::{HashColumn, RecordId};
use crate::error::{StoreError, Within};
use crate::lock::Lock;
use crate::meta;
use crate::reference::InForce;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use tillside_core::{Clock, Head, Now, TerminalProfile, Timestamp};

/// How far the wall clock may lie behind the newest record before it is called suspect: clocks are
/// corrected by seconds, and a till must not cry over that.
const BEHIND_ALLOWED_MS: i64 = 2 * 60 * 1000;

/// Pages in the write-ahead log that are worth carrying over in a quiet moment: some seven sales.
const REST_PAGES: i64 = 400;

/// A terminal's database. One writer: whoever holds this.
#[derive(Debug)]
pub struct Store {
    // Before the lock: the database closes first.
    pub(crate) conn: Connection,
    pub(crate) file: PathBuf,
    pub(crate) till: Option<Till>,
    _lock: Lock,
}

/// What an enrolled terminal keeps at hand. A copy of what the database says, changed only after a
/// commit.
#[derive(Clone, Debug)]
pub(crate) struct Till {
    pub profile: TerminalProfile,
    pub zone: TimeZone,
    pub head: Head,
    /// When the newest record was written.
    pub newest: Option<Timestamp>,
    pub reference: InForce,
}

impl Store {
    pub(crate) fn assemble(conn: Connection, file: &Path, lock: Lock) -> Result<Self, StoreError> {
        let till = Till::read(&conn).map_err(|fault| fault.at(file))?;
        Ok(Self {
            conn,
            file: file.to_owned(),
            till,
            _lock: lock,
        })
    }

    /// What this terminal is; none before it was enrolled.
    pub fn profile(&self) -> Option<&TerminalProfile> {
        self.till.as_ref().map(|till| &till.profile)
    }

    /// Makes this the database of a terminal, once. The same profile again changes nothing; another
    /// is refused.
    pub fn enrol(&mut self, profile: &TerminalProfile) -> Result<(), StoreError> {
        if let Some(till) = &self.till {
            let enrolled = &till.profile;
            let same = enrolled.terminal == profile.terminal
                && enrolled.epoch == profile.epoch
                && enrolled.profile.store == profile.profile.store;
            let terminal = enrolled.terminal;
            return if same {
                Ok(())
            } else {
                Err(StoreError::AlreadyEnrolled { terminal })
            };
        }
        zone(&profile.profile.time_zone)?;
        self.write(|tx| meta::write(tx, meta::PROFILE, profile))?;
        self.till = self.read(Till::read)?;
        Ok(())
    }

    /// The end of the journal; none before the terminal was enrolled.
    pub fn head(&self) -> Option<Head> {
        self.till.as_ref().map(|till| till.head)
    }

    /// The present, given what the wall clock says (invariant 9).
    ///
    /// Never before the newest record: a clock that was set back does not bring yesterday back. A
    /// clock far ahead is noticed by sync, which knows HQ's. Before enrolment the day is UTC's.
    pub fn now(&self, wall: Timestamp) -> Now {
        let newest = self.till.as_ref().and_then(|till| till.newest);
        let at = newest.map_or(wall, |newest| newest.max(wall));
        let behind =
            newest.is_some_and(|newest| newest.0.saturating_sub(wall.0) > BEHIND_ALLOWED_MS);
        let zone = self
            .till
            .as_ref()
            .map_or(TimeZone::UTC, |till| till.zone.clone());
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        Now {
            at,
            date: zone.to_datetime(moment).date(),
            clock: if behind {
                Clock::Suspect
            } else {
                Clock::Trusted
            },
        }
    }

    /// For a quiet moment: carries what the write-ahead log has gathered over into the database, if that
    /// is worth it, so that no commit somebody waits for has to. Losing it loses nothing.
    pub fn rest(&mut self) -> Result<(), StoreError> {
        self.read(|conn| {
            let gathered = |mode: &str| {
                conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
                    Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)
                })
            };
            if gathered("NOOP")? >= REST_PAGES {
                gathered("PASSIVE")?;
            }
            Ok(())
        })
    }

    /// Where the database is.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn enrolled(&self) -> Result<&Till, StoreError> {
        self.till.as_ref().ok_or(StoreError::NotEnrolled)
    }

    /// Reads, and completes an error with the file's name.
    pub(crate) fn read<T>(
        &self,
        reading: impl FnOnce(&Connection) -> Within<T>,
    ) -> Result<T, StoreError> {
        reading(&self.conn).map_err(|fault| fault.at(&self.file))
    }

    /// Writes in one transaction: all of it or, on any error, nothing.
    pub(crate) fn write<T>(
        &mut self,
        writing: impl FnOnce(&Transaction<'_>) -> Within<T>,
    ) -> Result<T, StoreError> {
        transact(&mut self.conn, writing).map_err(|fault| fault.at(&self.file))
    }
}

impl Till {
    /// What the database says of this terminal; none before it was enrolled.
    pub(crate) fn read(conn: &Connection) -> Within<Option<Self>> {
        let Some(profile) = meta::read::<TerminalProfile>(conn, meta::PROFILE)? else {
            return Ok(None);
        };
        let newest = conn
            .prepare_cached("SELECT id, hash, at FROM journal ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| {
                Ok((
                    row.get::<_, RecordId>(0)?,
                    row.get::<_, HashColumn>(1)?.0,
                    Timestamp(row.get(2)?),
                ))
            })
            .optional()?;
        let head = match newest {
            Some((id, hash, _)) => Head {
                epoch: id.epoch(),
                seq: id.seq(),
                hash,
            },
            None => Head::genesis(profile.terminal, profile.epoch),
        };
        let reference = InForce::read(conn, profile.terminal)?;
        let profile = match InForce::profile(conn)? {
            Some(store) => TerminalProfile {
                profile: store,
                ..profile
            },
            None => profile,
        };
        Ok(Some(Self {
            zone: zone(&profile.profile.time_zone)?,
            newest: newest.map(|(_, _, at)| at),
            profile,
            head,
            reference,
        }))
    }
}

/// Dropping the transaction on an error takes back what was written in it.
fn transact<T>(
    conn: &mut Connection,
    writing: impl FnOnce(&Transaction<'_>) -> Within<T>,
) -> Within<T> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = writing(&tx)?;
    tx.commit()?;
    Ok(done)
}

/// The time zone of that name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, StoreError> {
    TimeZone::get(name).map_err(|source| StoreError::TimeZone {
        name: name.to_owned(),
        source,
    })
}
