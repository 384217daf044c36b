//! Who may sign in at this terminal. Checking a PIN, and when tries lock somebody out, is left to the
//! agent.

use crate::Store;
use crate::columns::Text;
use crate::error::{Fault, StoreError};
use rusqlite::{OptionalExtension, Row, params};
use tillside_core::{PersonId, Timestamp};

/// The most people on one terminal's list.
pub const PEOPLE_LIMIT: u64 = 1_000;

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Sell.
    Cashier,
    /// Sell, review, allow voids and overrides.
    Manager,
}

impl Role {
    /// As it is written in the database and the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cashier => "cashier",
            Self::Manager => "manager",
        }
    }
}

/// A text that names no role.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is not a role: use cashier or manager")]
pub struct RoleError(pub String);

impl std::str::FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        [Self::Cashier, Self::Manager]
            .into_iter()
            .find(|role| role.code() == text)
            .ok_or_else(|| RoleError(text.to_owned()))
    }
}

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub person: PersonId,
    /// As the screen shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The PIN, as an argon2 PHC string.
    pub pin: String,
    /// Wrong PINs in a row.
    pub failed_tries: u32,
    /// No sign-in before this.
    pub locked_until: Option<Timestamp>,
}

/// Without the PIN's hash: a log is no place for it.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("person", &self.person)
            .field("name", &self.name)
            .field("role", &self.role)
            .field("failed_tries", &self.failed_tries)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Puts somebody on the list, or in the place of who had the code before.
    pub fn put_person(&mut self, person: &Person) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO people (person, name, role, pin, failed_tries, locked_until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                person.person.as_str(),
                person.name,
                person.role.code(),
                person.pin,
                person.failed_tries,
                person.locked_until.map(|at| at.0),
            ])?;
            let count: i64 = tx.query_row("SELECT count(*) FROM people", [], |row| row.get(0))?;
            if count as u64 > PEOPLE_LIMIT {
                let (what, limit) = ("the list of staff", PEOPLE_LIMIT);
                return Err(StoreError::Limit { what, limit }.into());
            }
            Ok(())
        })
    }

    /// Takes somebody off the list. Whether they were on it.
    pub fn remove_person(&mut self, person: &PersonId) -> Result<bool, StoreError> {
        self.write(|tx| {
            let sql = "DELETE FROM people WHERE person = ?1";
            Ok(tx.prepare_cached(sql)?.execute([person.as_str()])? > 0)
        })
    }

    /// Everybody on the list, by name.
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT person, name, role, pin, failed_tries, locked_until FROM people
                 ORDER BY name, person",
            )?;
            let rows = statement.query_map([], read_person)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Somebody on the list.
    pub fn person(&self, person: &PersonId) -> Result<Option<Person>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT person, name, role, pin, failed_tries, locked_until FROM people
                     WHERE person = ?1",
                )?
                .query_row([person.as_str()], read_person)
                .optional()?)
        })
    }

    /// Counts a wrong PIN, and locks until a moment if the agent says so. Returns the wrong ones in a
    /// row.
    pub fn note_failed_try(
        &mut self,
        person: &PersonId,
        locked_until: Option<Timestamp>,
    ) -> Result<u32, StoreError> {
        self.write(|tx| {
            let not_there = || -> Fault {
                let person = person.clone();
                StoreError::NoSuchPerson { person }.into()
            };
            tx.prepare_cached(
                "UPDATE people SET failed_tries = failed_tries + 1,
                        locked_until = coalesce(?2, locked_until)
                 WHERE person = ?1 RETURNING failed_tries",
            )?
            .query_row(
                params![person.as_str(), locked_until.map(|at| at.0)],
                |row| row.get(0),
            )
            .optional()?
            .ok_or_else(not_there)
        })
    }

    /// Forgets wrong PINs and the lock.
    pub fn reset_tries(&mut self, person: &PersonId) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.prepare_cached(
                "UPDATE people SET failed_tries = 0, locked_until = NULL WHERE person = ?1",
            )?
            .execute([person.as_str()])?;
            Ok(())
        })
    }
}

fn read_person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        person: row.get::<_, Text<_>>(0)?.0,
        name: row.get(1)?,
        role: row.get::<_, Text<_>>(2)?.0,
        pin: row.get(3)?,
        failed_tries: row.get(4)?,
        locked_until: row.get::<_, Option<i64>>(5)?.map(Timestamp),
    })
}
