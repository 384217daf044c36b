//! Members' phones in SQLite: whose each is, until when, and which do not count any more.

use super::account::member_numbered;
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, count, failed};
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CodeKey, MEMBER_CODE_REVOKED_LIMIT, MemberId, Timestamp};

/// Keeps that a phone was certified.
pub(super) fn enrol(
    transaction: &Transaction<'_>,
    number: &str,
    device: CodeKey,
    valid_until: jiff::civil::Date,
    now: Timestamp,
) -> Result<MemberId, StoreError> {
    let member = member_numbered(transaction, number)?;
    let known: Option<([u8; 16], bool)> = transaction
        .query_row(
            "SELECT member, revoked_at IS NOT NULL FROM phone WHERE device = ?1",
            [device.to_string()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
        .map_err(failed)?;
    match known {
        Some((owner, _)) if owner != member.bytes() => Err(StoreError::NotFound(
            "this phone is another member's: make a new key on it first".to_owned(),
        )),
        Some((_, true)) => Err(StoreError::NotFound(
            "this phone was taken back: make a new key on it first".to_owned(),
        )),
        _ => keep(transaction, member, device, valid_until, now).map(|()| member),
    }
}

/// A certificate of before counts as long as it says, so the later day stays.
fn keep(
    transaction: &Transaction<'_>,
    member: MemberId,
    device: CodeKey,
    valid_until: jiff::civil::Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO phone (device, member, enrolled_at, valid_until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (device) DO UPDATE SET valid_until = max(valid_until, excluded.valid_until)",
            params![
                device.to_string(),
                member.bytes(),
                now.0,
                valid_until.to_string()
            ],
        )
        .map_err(failed)?;
    Ok(())
}

/// Takes a member's phones back, or one of them. How many.
pub(super) fn revoke(
    transaction: &Transaction<'_>,
    number: &str,
    device: Option<CodeKey>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let member = member_numbered(transaction, number)?;
    let changed = transaction
        .execute(
            "UPDATE phone SET revoked_at = ?2
             WHERE member = ?1 AND revoked_at IS NULL AND (?3 IS NULL OR device = ?3)",
            params![
                member.bytes(),
                now.0,
                device.map(|device| device.to_string())
            ],
        )
        .map_err(failed)?;
    if revoked(transaction, now)?.len() > MEMBER_CODE_REVOKED_LIMIT {
        return Err(StoreError::NotFound(format!(
            "more than {MEMBER_CODE_REVOKED_LIMIT} phones are taken back at a time: change HQ's key for phones"
        )));
    }
    Ok(count(changed as i64))
}

/// The phones that were taken back, as long as a certificate of theirs would count anywhere: until a day
/// after its last in UTC.
pub(in crate::store::sqlite) fn revoked(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<CodeKey>, StoreError> {
    let today = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let yesterday = today.to_zoned(jiff::tz::TimeZone::UTC).date().yesterday();
    let from = yesterday.map(|day| day.to_string()).unwrap_or_default();
    let mut list = transaction
        .prepare_cached(
            "SELECT device FROM phone WHERE revoked_at IS NOT NULL AND valid_until >= ?1
             ORDER BY device",
        )
        .map_err(failed)?;
    let rows = list.query_map([from], |row| row.get::<_, String>(0));
    let mut revoked = Vec::new();
    for device in rows.map_err(failed)? {
        let device = device.map_err(failed)?.parse();
        let what = "phone's key";
        revoked.push(device.map_err(|_| StoreError::Unreadable { what })?);
    }
    Ok(revoked)
}
