//! E-money in the bundle in force: the scheme, this store's rights, blocked cards, balances to carry
//! over, and the keys of phones' codes.

use super::Emoney;
use super::fill::wrong;
use crate::columns::{Checked, Text, from_json, money, to_json};
use crate::error::{StoreError, Within, unreadable};
use crate::unique::or_if_taken;
use crate::{Store, Till};
use rusqlite::{Connection, OptionalExtension, params};
use tillside_core::{
    ALLOWANCE_KEY_LIMIT, CardIdentity, CarryOver, CodeKey, DeskRights, HotFilter,
    MEMBER_CODE_KEY_LIMIT, MEMBER_CODE_REVOKED_LIMIT, MemberCodeSheet, PurseScheme, PurseSheet,
    Timestamp,
};

pub(super) fn fill(conn: &Connection, sheet: &PurseSheet) -> Within<()> {
    conn.execute(
        "INSERT INTO purse_sheet (one, scheme, desk, as_of, filter) VALUES (1, ?1, ?2, ?3, ?4)",
        params![
            to_json("the e-money scheme", &sheet.scheme)?,
            to_json("the store's rights", &sheet.desk)?,
            sheet.blocked.as_of.map(|at| at.0),
            sheet.blocked.filter,
        ],
    )?;
    let mut insert = conn.prepare("INSERT INTO hot_cards (card, why) VALUES (?1, ?2)")?;
    for hot in &sheet.blocked.cards {
        let done = insert.execute(params![hot.card.as_str(), hot.why]);
        or_if_taken(done, || {
            wrong(format!("card {} is blocked twice", hot.card))
        })?;
    }
    let mut insert = conn.prepare(
        "INSERT INTO carry_overs (from_card, to_card, minor, currency, from_day)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for over in &sheet.carry_overs {
        let done = insert.execute(params![
            over.from.as_str(),
            over.to.as_str(),
            over.amount.minor(),
            over.amount.currency().code(),
            over.from_day.to_string(),
        ]);
        or_if_taken(done, || {
            wrong(format!(
                "the balance of {} is carried over twice",
                over.from
            ))
        })?;
    }
    Ok(())
}

pub(super) fn fill_allowance_keys(conn: &Connection, keys: &[CodeKey]) -> Within<()> {
    if keys.len() > ALLOWANCE_KEY_LIMIT {
        let (what, limit) = ("keys of allowances in a bundle", ALLOWANCE_KEY_LIMIT as u64);
        return Err(StoreError::Limit { what, limit }.into());
    }
    let mut insert = conn.prepare("INSERT INTO allowance_keys (key) VALUES (?1)")?;
    for key in keys {
        insert.execute([&key.bytes()[..]])?;
    }
    Ok(())
}

pub(super) fn read_allowance_keys(conn: &Connection) -> Within<Vec<CodeKey>> {
    let mut statement = conn.prepare("SELECT key FROM allowance_keys ORDER BY number")?;
    let keys = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
    Ok(keys
        .map(|key| key.map(CodeKey::new))
        .collect::<Result<_, _>>()?)
}

pub(super) fn fill_code_keys(conn: &Connection, sheet: &MemberCodeSheet) -> Within<()> {
    if sheet.code_keys.len() > MEMBER_CODE_KEY_LIMIT {
        let (what, limit) = (
            "keys of phones' codes in a bundle",
            MEMBER_CODE_KEY_LIMIT as u64,
        );
        return Err(StoreError::Limit { what, limit }.into());
    }
    if sheet.revoked.len() > MEMBER_CODE_REVOKED_LIMIT {
        let (what, limit) = (
            "phones in a bundle that do not count any more",
            MEMBER_CODE_REVOKED_LIMIT as u64,
        );
        return Err(StoreError::Limit { what, limit }.into());
    }
    let mut insert =
        conn.prepare("INSERT OR IGNORE INTO member_code_revoked (device) VALUES (?1)")?;
    for device in &sheet.revoked {
        insert.execute([&device.bytes()[..]])?;
    }
    let mut insert = conn.prepare("INSERT INTO member_code_keys (key) VALUES (?1)")?;
    for key in &sheet.code_keys {
        insert.execute([&key.bytes()[..]])?;
    }
    Ok(())
}

/// E-money as the bundle in force has it.
pub(super) fn read(conn: &Connection) -> Within<Option<Emoney>> {
    let found: Option<(String, String, Option<i64>, String)> = conn
        .prepare("SELECT scheme, desk, as_of, filter FROM purse_sheet")?
        .query_row([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((scheme, desk, as_of, filter)) = found else {
        return Ok(None);
    };
    let empty: bool = conn.query_row("SELECT count(*) = 0 FROM hot_cards", [], |row| row.get(0))?;
    let filter = HotFilter::parse(&filter, empty)
        .map_err(|source| unreadable("the list of blocked cards", source))?;
    Ok(Some(Emoney {
        scheme: from_json("the e-money scheme", &scheme)?,
        desk: from_json("the store's rights", &desk)?,
        as_of: as_of.map(Timestamp),
        filter,
    }))
}

pub(super) fn read_code_keys(conn: &Connection) -> Within<MemberCodeSheet> {
    let mut statement = conn.prepare("SELECT key FROM member_code_keys ORDER BY number")?;
    let keys = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
    let keys = keys.map(|key| key.map(CodeKey::new));
    let mut statement = conn.prepare("SELECT device FROM member_code_revoked")?;
    let revoked = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
    let revoked = revoked.map(|device| device.map(CodeKey::new));
    Ok(MemberCodeSheet {
        code_keys: keys.collect::<Result<_, _>>()?,
        revoked: revoked.collect::<Result<_, _>>()?,
    })
}

/// Why HQ blocks a card, if it does: the filter first, then the exact list.
pub(crate) fn hot(conn: &Connection, till: &Till, card: &CardIdentity) -> Within<Option<String>> {
    let purse = till.reference.purse.as_ref();
    if !purse.is_some_and(|purse| purse.filter.may_hold(card)) {
        return Ok(None);
    }
    let why = conn
        .prepare_cached("SELECT why FROM hot_cards WHERE card = ?1")?
        .query_row([card.as_str()], |row| row.get(0))
        .optional()?;
    Ok(why)
}

/// Balances to carry over from or to a card.
pub(crate) fn carry_overs(conn: &Connection, card: &CardIdentity) -> Within<Vec<CarryOver>> {
    let mut statement = conn.prepare_cached(
        "SELECT from_card, to_card, minor, currency, from_day FROM carry_overs
         WHERE from_card = ?1 OR to_card = ?1 ORDER BY from_card",
    )?;
    let mut rows = statement.query([card.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(CarryOver {
            from: row.get::<_, Checked<_>>(0)?.0,
            to: row.get::<_, Checked<_>>(1)?.0,
            amount: money(row.get(2)?, row.get::<_, Checked<_>>(3)?.0)?,
            from_day: row.get::<_, Text<_>>(4)?.0,
        });
    }
    Ok(found)
}

impl Store {
    /// The chain's e-money; none where it has none, or this store has not heard of it yet.
    pub fn purse_scheme(&self) -> Option<&PurseScheme> {
        let purse = self.till.as_ref()?.reference.purse.as_ref()?;
        Some(&purse.scheme)
    }

    /// What this store may do beside taking payments.
    pub fn desk_rights(&self) -> DeskRights {
        let till = self.till.as_ref();
        let purse = till.and_then(|till| till.reference.purse.as_ref());
        purse.map(|purse| purse.desk).unwrap_or_default()
    }

    /// When HQ made the list of blocked cards.
    pub fn blocked_as_of(&self) -> Option<Timestamp> {
        self.till.as_ref()?.reference.purse.as_ref()?.as_of
    }

    /// The keys that certify members' phones.
    pub fn member_code_sheet(&self) -> MemberCodeSheet {
        let till = self.till.as_ref();
        till.map(|till| (*till.reference.member_codes).clone())
            .unwrap_or_default()
    }
}
