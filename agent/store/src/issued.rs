//! Members and their cards at the desk: found by a part of the name, with the cards that this terminal
//! issued beside those of the bundle, and the replacements whose balance is still to be carried over.

use crate::Store;
use crate::columns::{Checked, Id, RecordId, Text, money};
use crate::error::{StoreError, Within};
use crate::journal::Finder;
use crate::load::holder;
use crate::reference::lookup::find_member;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use tillside_core::{CardIdentity, CarryOver, Member, MemberId, PurseTx, Timestamp};

/// The most members, cards or replacements one question gives.
pub const DESK_LIMIT: usize = 200;
/// The most words of a name that are looked for.
const WORDS: usize = 6;

/// A lost card and the one that stands in for it, whose balance was not carried over yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaced {
    /// The lost card.
    pub lost: CardIdentity,
    /// The card that stands in for it.
    pub card: CardIdentity,
    /// Whose they are, if this terminal issued the new one.
    pub member: Option<MemberId>,
    /// When this terminal issued the new one; none if it was done elsewhere.
    pub at: Option<Timestamp>,
    /// What HQ lets carry over; none as long as the wait lasts.
    pub due: Option<CarryOver>,
    /// The movement that carries it over and has no known end.
    pub open: Option<PurseTx>,
}

impl Store {
    /// The members whose name has every word of `text`, by name; at most `limit`. In any case, but of
    /// letters outside ASCII only the first of a word in any case.
    pub fn members_like(&self, text: &str, limit: usize) -> Result<Vec<Member>, StoreError> {
        let Some(till) = &self.till else {
            return Ok(Vec::new());
        };
        let words: Vec<[String; 2]> = text.split_whitespace().take(WORDS).map(cases).collect();
        let each = |n: usize| {
            let (one, two) = (2 * n + 1, 2 * n + 2);
            format!(
                "(instr(lower(display_name), ?{one}) > 0 OR instr(lower(display_name), ?{two}) > 0) AND "
            )
        };
        let has_words: String = (0..words.len()).map(each).collect();
        let limit = limit.min(DESK_LIMIT);
        let sql = format!(
            "SELECT member FROM members WHERE {has_words} 1 ORDER BY display_name, member LIMIT {limit}"
        );
        self.read(|conn| {
            let mut statement = conn.prepare(&sql)?;
            let ids = statement.query_map(params_from_iter(words.iter().flatten()), |row| {
                row.get::<_, Id>(0)
            })?;
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            let members = ids
                .into_iter()
                .map(|id| find_member(conn, &till.reference, MemberId::new(id.0)));
            members.filter_map(Result::transpose).collect()
        })
    }

    /// The cards that this terminal made a member's, newest first.
    pub fn cards_issued_to(&self, member: &MemberId) -> Result<Vec<CardIdentity>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT card FROM issued_cards WHERE member = ?1
                 GROUP BY card ORDER BY max(id) DESC LIMIT 200",
            )?;
            let rows = statement.query_map([Id(member.uuid())], |row| {
                Ok(row.get::<_, Checked<CardIdentity>>(0)?.0)
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The card that this terminal issued in place of a lost one, the newest.
    pub fn stands_in_for(&self, lost: &CardIdentity) -> Result<Option<CardIdentity>, StoreError> {
        self.read(|conn| {
            let card = conn
                .prepare_cached(
                    "SELECT card FROM issued_cards WHERE replaces = ?1 ORDER BY id DESC LIMIT 1",
                )?
                .query_row([lost.as_str()], |row| row.get::<_, Checked<_>>(0))
                .optional()?;
            Ok(card.map(|card| card.0))
        })
    }

    /// Whether this terminal is the one of its store that carries balances over.
    pub fn carries_over(&self) -> bool {
        let till = self.till.as_ref();
        till.is_some_and(|till| holder(till) == Some(till.profile.terminal))
    }

    /// Replacements whose balance was not put on the new card yet, the ones that HQ released first, then
    /// the oldest. At most [`DESK_LIMIT`].
    pub fn replaced(&self) -> Result<Vec<Replaced>, StoreError> {
        self.read(|conn| {
            let mut found = released(conn)?;
            for one in issued(conn)? {
                match found.iter_mut().find(|due| due.lost == one.lost) {
                    Some(due) if due.card == one.card => {
                        (due.member, due.at) = (one.member, one.at);
                    }
                    // HQ released it to another card: this one will get nothing.
                    Some(_) => {}
                    None => found.push(one),
                }
            }
            let mut left = Vec::new();
            for mut one in found.into_iter().take(DESK_LIMIT) {
                let (done, open) = restored(conn, &one.lost)?;
                one.open = open;
                if !done {
                    left.push(one);
                }
            }
            Ok(left)
        })
    }
}

/// A word as it may stand in a name that SQLite lowered: it lowers ASCII only.
fn cases(word: &str) -> [String; 2] {
    let low = word.to_lowercase();
    let mut letters = low.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let high = format!("{first}{}", letters.as_str());
    [low, high.to_ascii_lowercase()]
}

/// What HQ lets carry over, as the bundle in force has it.
fn released(conn: &Connection) -> Within<Vec<Replaced>> {
    let mut statement = conn.prepare_cached(
        "SELECT from_card, to_card, minor, currency, from_day FROM carry_overs
         ORDER BY from_day, from_card LIMIT 200",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let over = CarryOver {
            from: row.get::<_, Checked<_>>(0)?.0,
            to: row.get::<_, Checked<_>>(1)?.0,
            amount: money(row.get(2)?, row.get::<_, Checked<_>>(3)?.0)?,
            from_day: row.get::<_, Text<_>>(4)?.0,
        };
        found.push(Replaced {
            lost: over.from.clone(),
            card: over.to.clone(),
            member: None,
            at: None,
            due: Some(over),
            open: None,
        });
    }
    Ok(found)
}

/// What this terminal issued in place of lost cards.
fn issued(conn: &Connection) -> Within<Vec<Replaced>> {
    let mut statement = conn.prepare_cached(
        "SELECT card, min(id), member, replaces FROM issued_cards WHERE replaces IS NOT NULL
         GROUP BY card, replaces ORDER BY min(id) DESC LIMIT 200",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, Checked<CardIdentity>>(0)?.0,
            row.get::<_, RecordId>(1)?,
            row.get::<_, Id>(2)?,
            row.get::<_, Checked<CardIdentity>>(3)?.0,
        ))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (card, id, member, lost) = row?;
        let at = Finder::new(conn)?.record(id)?.at;
        found.push(Replaced {
            lost,
            card,
            member: Some(MemberId::new(member.0)),
            at: Some(at),
            due: None,
            open: None,
        });
    }
    found.reverse();
    Ok(found)
}

/// Whether a lost card's balance was carried over here; and the movement that nobody knows the end of.
fn restored(conn: &Connection, lost: &CardIdentity) -> Within<(bool, Option<PurseTx>)> {
    let found: Option<(String, [u8; 8])> = conn
        .prepare_cached(
            "SELECT stage, txid FROM purses WHERE from_card = ?1 AND stage <> 'not_done'
             ORDER BY intended DESC LIMIT 1",
        )?
        .query_row([lost.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        None => (false, None),
        Some((stage, txid)) if stage == "open" || stage == "unknown" => {
            (false, Some(PurseTx::new(txid)))
        }
        Some(_) => (true, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_looked_for_as_sqlite_lowers_names() {
        assert_eq!(cases("WEISS"), ["weiss", "weiss"]);
        assert_eq!(cases("čapek"), ["čapek", "Čapek"]);
        assert_eq!(cases("ČAPEK"), ["čapek", "Čapek"]);
    }
}
