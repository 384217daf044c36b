//! What this till knows of a card that was read, and the fact that one was issued.

use super::deed::DraftChange;
use super::{Desk, TillError};
use crate::purse::{CardReport, CardTransactionView, MovementKind, Reading, words};
use tillside_core::{
    CardIdentity, CardLogEntry, CardSeen, Command, Currency, IssueCard, Member, MemberId, Money,
    PurseTx, Refusal, TerminalMark, Timestamp, decide,
};

/// The most members of one name that are told apart.
const MEMBERS_LOOKED_AT: usize = 20;

impl Desk {
    /// Whether a movement was begun here under this txid.
    ///
    /// # Errors
    /// If the store fails.
    pub fn knows_purse(&mut self, txid: PurseTx) -> Result<bool, TillError> {
        Ok(self.store.purse_state(txid)?.is_some())
    }

    /// What is on a card, with what this till knows of it.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn card_report(
        &mut self,
        reading: &Reading,
        seen: Option<&CardSeen>,
        log: &[CardLogEntry],
    ) -> Result<CardReport, TillError> {
        let member = match reading.member {
            Some(member) => self.store.member(&member)?,
            None => None,
        };
        let member = match member {
            Some(member) => Some(member),
            None => self.member_of(&reading.card)?,
        };
        let scheme = self.purse_scheme();
        let blocked = self.store.card_blocked(&reading.card)?;
        let frozen = self.store.frozen_cards()?;
        let money = |minor| scheme.as_ref().map(|s| Money::new(minor, s.currency));
        let balance = seen.and_then(|seen| money(seen.balance));
        let balance = balance.transpose().map_err(Refusal::from)?;
        let currency = scheme.as_ref().map(|scheme| scheme.currency);
        let transactions = currency.map(|currency| self.transactions(log, currency));
        Ok(CardReport {
            card: reading.card.clone(),
            card_end: words::card_end(&reading.card),
            kind: reading.kind.to_owned(),
            authenticated: reading.authenticated,
            member: member.map(|member| member.display_name),
            expires: reading.expires.map(|date| date.to_string()),
            frozen_here: frozen.iter().any(|frozen| frozen.card == reading.card)
                && self.stand_in(&reading.card)?.is_none(),
            words: report_words(reading, blocked.as_deref(), balance),
            blocked,
            balance,
            transactions: transactions.transpose()?.unwrap_or_default(),
            open: self.open_with(&reading.card)?,
        })
    }

    fn transactions(
        &self,
        log: &[CardLogEntry],
        currency: Currency,
    ) -> Result<Vec<CardTransactionView>, TillError> {
        let here = self.profile()?.terminal;
        let here = TerminalMark::of(here);
        let money = |minor| Money::new(minor, currency).map_err(Refusal::from);
        let view = |entry: &CardLogEntry| {
            Ok(CardTransactionView {
                txid: entry.txid,
                kind: numbered(entry.kind),
                amount: money(entry.amount)?,
                after: money(entry.after)?,
                at: Timestamp(i64::from(entry.time) * 1_000),
                here: entry.terminal == here,
            })
        };
        log.iter().map(view).collect()
    }

    /// The one member that is called so: by id, by a card's number, or by name.
    ///
    /// # Errors
    /// If there is none, or there are several.
    pub fn member_called(&mut self, text: &str) -> Result<Member, TillError> {
        let text = text.trim();
        if let Ok(id) = text.parse::<MemberId>() {
            return self.store.member(&id)?.ok_or(TillError::NoSuchMember);
        }
        for card in [text.to_owned(), format!("code:{text}")] {
            if let Ok(card) = CardIdentity::new(&card)
                && let Some(member) = self.member_of(&card)?
            {
                return Ok(member);
            }
        }
        let mut found = self.store.members_named(text, MEMBERS_LOOKED_AT)?;
        match found.len() {
            0 => Err(TillError::NoSuchMember),
            1 => Ok(found.remove(0)),
            several => Err(TillError::SeveralMembers(several)),
        }
    }

    /// Whether cards may be issued here.
    ///
    /// # Errors
    /// If not.
    pub fn may_issue(&mut self) -> Result<(), TillError> {
        if self.store.purse_scheme().is_none() {
            return Err(Refusal::NoPurse.into());
        }
        match self.store.desk_rights().issue {
            true => Ok(()),
            false => Err(Refusal::NoIssueDesk.into()),
        }
    }

    /// What the cashier reads about a card that was issued with so many changes.
    ///
    /// # Errors
    /// If the store fails.
    pub fn issue_words(&mut self, issued: &IssueCard, changes: u32) -> Result<String, TillError> {
        let member = self.store.member(&issued.member)?;
        let name = member.map_or_else(
            || "a member this store does not know".to_owned(),
            |member| member.display_name,
        );
        let end = words::card_end(&issued.card);
        Ok(match changes {
            0 => format!("Card {end} is {name}'s already; nothing was changed."),
            _ => format!(
                "Card {end} is {name}'s now, and may be used until {}.",
                issued.expires
            ),
        })
    }

    /// Keeps that a card was made the programme's; once for each card and member.
    ///
    /// # Errors
    /// If it may not be, or cannot be written down.
    pub fn card_was_issued(&mut self, issued: IssueCard) -> Result<(), TillError> {
        let before = self.store.card_issued(&issued.card)?;
        let same = |before: &tillside_core::CardIssued| {
            before.member == issued.member
                && before.key_version == issued.key_version
                && before.expires == issued.expires
                && before.replaces == issued.replaces
        };
        if before.as_ref().is_some_and(same) {
            return Ok(());
        }
        let now = self.now()?;
        let state = self.purse_state(&issued.card, &[], &[])?;
        let events = decide(&state, Command::IssueCard(issued), now)?;
        self.commit(&events, &DraftChange::Keep, None, now)
    }
}

fn numbered(kind: u8) -> Option<MovementKind> {
    use MovementKind::{Pay, Refund, Restore, TopUp, Void};
    let kinds = [Pay, TopUp, Void, Refund, Restore];
    kinds.get(usize::from(kind).checked_sub(1)?).copied()
}

fn report_words(reading: &Reading, blocked: Option<&str>, balance: Option<Money>) -> String {
    if let Some(why) = blocked {
        return format!("This card may not be used: {why}");
    }
    if let Some(words) = &reading.refused {
        return words.clone();
    }
    match balance {
        Some(balance) => format!("There is {balance} on this card."),
        None if reading.authenticated => words::CARD_IDENTIFIES.to_owned(),
        None => words::CARD_EARNS.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::purses::movement_kind;
    use super::*;
    use tillside_core::PurseAction;

    #[test]
    fn a_cards_numbers_are_the_cores() {
        let tender = tillside_core::TenderKind::Cash;
        let top_up = PurseAction::TopUp { tender };
        assert_eq!(numbered(top_up.number()), Some(movement_kind(&top_up)));
        let of = PurseTx::new([1; 8]);
        let refund = PurseAction::Refund { of };
        assert_eq!(numbered(refund.number()), Some(movement_kind(&refund)));
        assert_eq!((numbered(0), numbered(6)), (None, None));
    }
}
