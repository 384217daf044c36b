//! Codes of phones that this till accepted, so that each counts once.

use crate::columns::HashColumn;
use crate::error::{StoreError, Within};
use crate::{Store, meta};
use rusqlite::{Connection, params};
use tillside_core::{
    LaneId, MEMBER_CODE_LIFE_S, MEMBER_CODE_SKEW_S, MemberCode, MemberCodeError, MemberId, Now,
    TillSticker,
};

/// The most codes that are kept at a time: those of the last three minutes, as a rule.
pub const MEMBER_CODE_LIMIT: u64 = 10_000;

impl Store {
    /// What the sticker of this terminal's till says; none before it was enrolled.
    pub fn sticker(&self) -> Option<TillSticker> {
        let lane = &self.profile()?.lane;
        self.sticker_of(lane).ok()
    }

    /// Takes a code that a phone showed at `lane`, now: whose it is, or why it does not count. An
    /// accepted code is on the disk, as used, before this returns.
    ///
    /// A clock that is set back brings no code back: what is older than everything that was forgotten
    /// is too old.
    pub fn accept_member_code(
        &mut self,
        code: &MemberCode,
        lane: &LaneId,
        now: Now,
    ) -> Result<Result<MemberId, MemberCodeError>, StoreError> {
        let sticker = self.sticker_of(lane)?;
        let sheet = self.enrolled()?.reference.member_codes.clone();
        self.write(|tx| {
            let floor: i64 = meta::read(tx, meta::CODES_FLOOR)?.unwrap_or(i64::MIN);
            let seen = tx
                .prepare_cached("SELECT 1 FROM member_code_nonces WHERE nonce = ?1")?
                .exists([HashColumn(code.nonce())])?;
            match code.check(&sheet, &sticker, now, seen) {
                Ok(_) if code.issued().0 < floor => Ok(Err(MemberCodeError::TooOld)),
                Ok(member) => keep(tx, code, floor, now).map(|()| Ok(member)),
                Err(why) => Ok(Err(why)),
            }
        })
    }

    fn sticker_of(&self, lane: &LaneId) -> Result<TillSticker, StoreError> {
        let profile = &self.enrolled()?.profile;
        let store = profile.profile.store.clone();
        Ok(TillSticker::new(store, lane.clone(), profile.terminal))
    }
}

/// Forgets what is too old to be shown again, and keeps a code as used.
fn keep(conn: &Connection, code: &MemberCode, floor: i64, now: Now) -> Within<()> {
    let oldest = now.at.0 - (MEMBER_CODE_LIFE_S + MEMBER_CODE_SKEW_S + 1) * 1_000;
    if oldest > floor {
        conn.prepare_cached("DELETE FROM member_code_nonces WHERE issued < ?1")?
            .execute([oldest])?;
        meta::write(conn, meta::CODES_FLOOR, &oldest)?;
    }
    let kept: i64 = conn
        .prepare_cached("SELECT count(*) FROM member_code_nonces")?
        .query_row([], |row| row.get(0))?;
    if kept as u64 >= MEMBER_CODE_LIMIT {
        let (what, limit) = ("codes of phones within three minutes", MEMBER_CODE_LIMIT);
        return Err(StoreError::Limit { what, limit }.into());
    }
    conn.prepare_cached("INSERT INTO member_code_nonces (nonce, issued) VALUES (?1, ?2)")?
        .execute(params![HashColumn(code.nonce()), code.issued().0])?;
    Ok(())
}
