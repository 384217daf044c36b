//! `members.csv`.

use crate::import::{BadCell, FileError, Line, Parsed, Row, parse, whole_number};
use std::collections::HashMap;
use tillside_core::{CardIdentity, MemberId, StoreId, TierId};
use uuid::Uuid;

/// The columns of `members.csv`; `cards` are card identities with blanks between them, or empty.
pub const MEMBER_COLUMNS: &[&str] = &["number", "display_name", "tier", "points", "store", "cards"];
const NAME_LIMIT: usize = 60;
/// The most cards one member may have, beside the printed number.
pub const CARD_LIMIT: usize = 20;

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberRow {
    /// The id the member gets, if new.
    pub fresh: MemberId,
    /// The printed number.
    pub number: String,
    /// The name the cashier sees.
    pub display_name: String,
    /// Standing.
    pub tier: TierId,
    /// The balance a new member comes with.
    pub points: i64,
    /// The home store.
    pub store: StoreId,
    /// What names the member: `code:NUMBER` first, then the cards.
    pub cards: Vec<CardIdentity>,
}

/// Reads `members.csv`; `fresh` makes ids for those who are new.
pub fn members(bytes: &[u8], fresh: impl Fn() -> Uuid) -> Result<Parsed<MemberRow>, FileError> {
    let key = |member: &MemberRow| ("number", format!("member number {}", member.number));
    let mut parsed = parse(bytes, MEMBER_COLUMNS, key, |row| {
        member(row, MemberId::new(fresh()))
    })?;
    let mut owners: HashMap<CardIdentity, (String, u64)> = HashMap::new();
    let rows = std::mem::take(&mut parsed.rows);
    for Line { line, row } in rows {
        let other = row.cards.iter().find_map(|card| {
            let (number, line) = owners.get(card)?;
            Some(format!(
                "card {card} is member {number}'s on line {line} already: a card names one member"
            ))
        });
        match other {
            Some(reason) => parsed.bad.push(BadCell::new("cards", reason).on(line)),
            None => {
                let number = &row.number;
                let cards = row.cards.iter();
                owners.extend(cards.map(|card| (card.clone(), (number.clone(), line))));
                parsed.rows.push(Line { line, row });
            }
        }
    }
    parsed.bad.sort_by_key(|bad| bad.line);
    Ok(parsed)
}

fn member(row: &Row<'_>, fresh: MemberId) -> Result<MemberRow, BadCell> {
    let number = row.cell("number");
    let code = number.parse(|text| {
        CardIdentity::new(&format!("code:{text}"))
            .map_err(|_| format!("{text:?} is not a member number: use 4 to 32 letters or digits"))
    })?;
    let cell = row.cell("cards");
    let mut cards = vec![code.clone()];
    for text in cell.text().split_whitespace() {
        let card = CardIdentity::new(text).map_err(|error| cell.wrong(error))?;
        if !cards.contains(&card) {
            cards.push(card);
        }
    }
    if cards.len() > CARD_LIMIT + 1 {
        return Err(cell.wrong(format!("{CARD_LIMIT} cards is the most for one member")));
    }
    Ok(MemberRow {
        fresh,
        number: code.as_str().trim_start_matches("code:").to_owned(),
        display_name: row.cell("display_name").text_up_to(NAME_LIMIT)?,
        tier: row.cell("tier").parse(TierId::new)?,
        points: whole_number(row.cell("points"))?,
        store: row.cell("store").parse(StoreId::new)?,
        cards,
    })
}
