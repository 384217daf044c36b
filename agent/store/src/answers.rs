//! Answers kept under a key of the caller's, so that a request sent twice is done once.

use crate::Store;
use crate::columns::HashColumn;
use crate::error::{StoreError, Within};
use crate::unique::or_if_taken;
use rusqlite::{Connection, OptionalExtension, params};
use tillside_core::{Hash, Timestamp};

/// How many of the newest answers are kept (some more between two prunings).
pub const ANSWERS_KEPT: u64 = 20_000;
/// How long an answer is kept at most: two weeks, in milliseconds.
pub const ANSWER_AGE_MS: i64 = 14 * 24 * 3600 * 1000;
/// The longest key, in bytes.
pub const KEY_LIMIT: usize = 200;
/// The longest answer, in bytes.
pub const ANSWER_LIMIT: usize = 1 << 20;
/// Old answers are removed at every so many new ones.
const PRUNE_EVERY: i64 = 256;

/// An answer that was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The key the caller chose.
    pub key: String,
    /// The hash of the request, to tell a repetition from another request under the same key.
    pub request_hash: Hash,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub response_body: String,
}

impl Store {
    /// The answer that was given under a key, if it is still kept.
    pub fn answered(&self, key: &str) -> Result<Option<Answered>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT request_hash, status, response FROM answers WHERE key = ?1",
                )?
                .query_row([key], |row| {
                    Ok(Answered {
                        key: key.to_owned(),
                        request_hash: row.get::<_, HashColumn>(0)?.0,
                        status: row.get(1)?,
                        response_body: row.get(2)?,
                    })
                })
                .optional()?)
        })
    }
}

pub(crate) fn keep(conn: &Connection, answer: &Answered, at: Timestamp) -> Within<()> {
    for (what, found, limit) in [
        ("the key's length in bytes", answer.key.len(), KEY_LIMIT),
        (
            "the answer's length in bytes",
            answer.response_body.len(),
            ANSWER_LIMIT,
        ),
    ] {
        if found > limit {
            let limit = limit as u64;
            return Err(StoreError::Limit { what, limit }.into());
        }
    }
    let done = conn
        .prepare_cached(
            "INSERT INTO answers (key, request_hash, status, response, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![
            answer.key,
            HashColumn(answer.request_hash),
            answer.status,
            answer.response_body,
            at.0
        ]);
    let key = answer.key.clone();
    let number = or_if_taken(done, || StoreError::KeyAnswered { key }.into())?;
    if number % PRUNE_EVERY == 0 {
        prune(conn, number, at)?;
    }
    Ok(())
}

fn prune(conn: &Connection, newest: i64, at: Timestamp) -> Within<()> {
    // Numbers and times rise together, so both reach from the oldest on.
    let oldest_kept: Option<i64> = conn
        .prepare_cached("SELECT min(number) FROM answers WHERE at >= ?1")?
        .query_row([at.0 - ANSWER_AGE_MS], |row| row.get(0))?;
    let by_count = newest - ANSWERS_KEPT as i64 + 1;
    let from = oldest_kept.map_or(by_count, |oldest| oldest.max(by_count));
    conn.prepare_cached("DELETE FROM answers WHERE number < ?1")?
        .execute([from])?;
    Ok(())
}
