//! What sales used up of the caps of rules: written as records are applied, read for a decision.
//!
//! Only this terminal's own sales are counted here.

use crate::Till;
use crate::columns::{from_json, to_json};
use crate::error::Within;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tillside_core::engine::{CapSpan, CapSubject, CounterKey, Used};
use tillside_core::{Counted, Counter, MemberId};

/// Adds what a sale used up (`sign` 1), or takes it back (−1).
pub(crate) fn count(
    conn: &Connection,
    schema: &str,
    counter: &Counter,
    counted: &Counted,
    sign: i64,
) -> Within<()> {
    conn.prepare_cached(&format!(
        "INSERT INTO {schema}.counters (member, day, subject, span, times, points, amount)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (member, day, subject, span) DO UPDATE SET times = times + excluded.times,
             points = points + excluded.points, amount = amount + excluded.amount"
    ))?
    .execute(params![
        counter.member.map(|id| id.to_string()).unwrap_or_default(),
        counter.day.map(|day| day.to_string()).unwrap_or_default(),
        to_json("a cap", &counter.key.subject)?,
        to_json("a cap's span", &counter.key.over)?,
        sign * i64::from(counted.used.times),
        sign * counted.used.points,
        sign * counted.used.amount,
    ])?;
    Ok(())
}

/// The counters that a sale today of one of these members, or of nobody, looks at.
pub(crate) fn used(
    conn: &Connection,
    till: &Till,
    members: &[MemberId],
) -> Within<BTreeMap<Counter, Used>> {
    // No sale is of a day before the newest record's.
    let newest = till.newest.map(|newest| newest.0).unwrap_or_default();
    let newest = jiff::Timestamp::from_millisecond(newest).unwrap_or_default();
    let today = till.zone.to_datetime(newest).date().to_string();
    let mut found = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT day, subject, span, times, points, amount FROM counters
         WHERE member = ?1 AND (day = '' OR day >= ?2)
           AND (times, points, amount) IS NOT (0, 0, 0)",
    )?;
    let owners = members.iter().copied().map(Some);
    for member in owners.chain([None]) {
        let owner = member.map(|id| id.to_string()).unwrap_or_default();
        let mut rows = statement.query((owner, &today))?;
        while let Some(row) = rows.next()? {
            let day: String = row.get(0)?;
            let subject: CapSubject = from_json("a cap", &row.get::<_, String>(1)?)?;
            let over: CapSpan = from_json("a cap's span", &row.get::<_, String>(2)?)?;
            let counter = Counter {
                key: CounterKey { subject, over },
                member,
                day: day.parse().ok(),
            };
            let used = Used {
                times: row.get(3)?,
                points: row.get(4)?,
                amount: row.get(5)?,
            };
            found.insert(counter, used);
        }
    }
    Ok(found)
}
