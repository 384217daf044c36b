//! Members at the desk that issues cards: who they are, which cards they have, and which lost card's
//! balance is on its way to its replacement.

use super::{Desk, TillError};
use crate::barcode::Scanned;
use crate::purse::words;
use crate::view::schema;
use serde::Serialize;
use tillside_core::{
    CardIdentity, Command, FreezeCard, Member, MemberId, Money, PersonId, PurseTx, Refusal,
    Timestamp, decide,
};
use utoipa::ToSchema;

/// The shortest part of a name that is looked for: nobody leafs through the members.
const NAME_FROM: usize = 2;
/// The most members one question gives.
pub(crate) const FOUND_LIMIT: usize = 20;
/// How long after its day a balance that HQ does not release is still asked for, in ms: after that there
/// was nothing on the lost card, or another store has carried it over.
const GIVEN_UP_AFTER: i64 = 7 * 24 * 3_600_000;
const HOUR: i64 = 3_600_000;
/// What the journal keeps as the reason, and whoever is shown the lost card reads.
const LOST: &str = "It was reported lost.";

/// A member, as the desk looks for one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct MemberFoundView {
    /// The member.
    #[schema(value_type = String)]
    member: MemberId,
    /// The name.
    display_name: String,
    /// The tier.
    tier: String,
    /// The points.
    points: i64,
    /// The cards, as far as this store knows them.
    cards: Vec<MemberCardView>,
}

/// A card of a member's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct MemberCardView {
    /// The card.
    #[schema(value_type = String)]
    card: CardIdentity,
    /// Its last four characters.
    card_end: String,
    /// Whether it is a printed number only: nothing can be on it.
    printed: bool,
    /// Why it may not be used, if so.
    blocked: Option<String>,
    /// The last four characters of the card that stands in for it already.
    replaced_by: Option<String>,
    /// What it held when this till saw it last; not what it holds now.
    #[schema(value_type = Option<schema::Money>)]
    last_seen: Option<Money>,
}

/// How far a replacement is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplacementStage {
    /// The waiting time lasts, or HQ has not said the amount yet.
    Waiting,
    /// The balance may be put on the new card now.
    Due,
    /// It was tried, and nobody knows what the card did: hold it again.
    Unknown,
}

/// A lost card's balance on its way to the card that stands in for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct ReplacementView {
    /// The lost card.
    #[schema(value_type = String)]
    lost: CardIdentity,
    /// Its last four characters.
    lost_end: String,
    /// The card that stands in for it.
    #[schema(value_type = String)]
    card: CardIdentity,
    /// Its last four characters.
    card_end: String,
    /// The member's name, if this store knows it.
    member: Option<String>,
    /// How far it is.
    stage: ReplacementStage,
    /// When the new card was issued here; none if elsewhere.
    #[schema(value_type = Option<i64>)]
    at: Option<Timestamp>,
    /// Not before this moment: later if HQ heard of it later. None if HQ has released it already.
    #[schema(value_type = Option<i64>)]
    not_before: Option<Timestamp>,
    /// The first day on which it may be put on, as HQ said.
    from_day: Option<String>,
    /// How much, once HQ has said so.
    #[schema(value_type = Option<schema::Money>)]
    amount: Option<Money>,
    /// The movement whose outcome nobody knows.
    #[schema(value_type = Option<String>)]
    txid: Option<PurseTx>,
    /// Whether it can be put on at this till; else at the store's other one that may.
    here: bool,
}

impl Desk {
    /// Members by a part of the name, a number on a card, or a card itself.
    ///
    /// # Errors
    /// If no cards are issued here, or the store fails.
    pub(crate) fn members(
        &mut self,
        text: &str,
        limit: usize,
    ) -> Result<Vec<MemberFoundView>, TillError> {
        self.may_issue()?;
        let text = text.trim();
        let found = match self.member_of_number(text)? {
            Some(member) => vec![member],
            None if text.chars().count() < NAME_FROM => Vec::new(),
            None => self.store.members_like(text, limit.min(FOUND_LIMIT))?,
        };
        found.into_iter().map(|member| self.found(member)).collect()
    }

    fn member_of_number(&mut self, text: &str) -> Result<Option<Member>, TillError> {
        if let Ok(id) = text.parse::<MemberId>() {
            return Ok(self.store.member(&id)?);
        }
        let read = Scanned::read(text).map(|scanned| scanned.text);
        let read = read.unwrap_or_else(|_| text.to_owned());
        for card in [read.clone(), format!("code:{read}")] {
            if let Ok(card) = CardIdentity::new(&card)
                && let Some(member) = self.owner(&card)?
            {
                return Ok(Some(member));
            }
        }
        Ok(None)
    }

    /// A member this store knows.
    pub(crate) fn member_known(&mut self, member: MemberId) -> Result<Option<Member>, TillError> {
        Ok(self.store.member(&member)?)
    }

    /// Whose a card is: as the bundle in force says, or as it was issued here since.
    pub(crate) fn owner(&mut self, card: &CardIdentity) -> Result<Option<Member>, TillError> {
        if let Some(member) = self.member_of(card)? {
            return Ok(Some(member));
        }
        match self.store.card_issued(card)? {
            Some(issued) => Ok(self.store.member(&issued.member)?),
            None => Ok(None),
        }
    }

    fn found(&mut self, member: Member) -> Result<MemberFoundView, TillError> {
        let mut cards = self.store.cards_issued_to(&member.member)?;
        for card in self.store.cards_of_member(&member.member)? {
            if !cards.contains(&card) {
                cards.push(card);
            }
        }
        let cards = cards.into_iter().map(|card| self.card_found(card));
        Ok(MemberFoundView {
            cards: cards.collect::<Result<_, _>>()?,
            member: member.member,
            display_name: member.display_name,
            tier: member.tier.to_string(),
            points: member.points.0,
        })
    }

    fn card_found(&self, card: CardIdentity) -> Result<MemberCardView, TillError> {
        let seen = self.store.seen_last(&card)?;
        let scheme = self.store.purse_scheme();
        let last_seen = seen
            .zip(scheme)
            .map(|(seen, scheme)| Money::new(seen.balance, scheme.currency).map_err(Refusal::from));
        let by = self.stand_in(&card)?;
        Ok(MemberCardView {
            card_end: words::card_end(&card),
            printed: card.as_str().starts_with("code:"),
            blocked: self.store.card_blocked(&card)?,
            replaced_by: by.as_ref().map(words::card_end),
            last_seen: last_seen.transpose()?,
            card,
        })
    }

    /// Replacements whose balance is not on the new card yet: those that are due first.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn replacements(&mut self) -> Result<Vec<ReplacementView>, TillError> {
        let Some(scheme) = self.purse_scheme() else {
            return Ok(Vec::new());
        };
        let now = self.now()?;
        let wait = i64::from(scheme.replacement_wait_hours) * HOUR;
        let mut views = Vec::new();
        for one in self.store.replaced()? {
            let not_before = match one.due {
                Some(_) => None,
                None => one.at.map(|at| Timestamp(at.0.saturating_add(wait))),
            };
            let over = |at: Timestamp| now.at.0 > at.0.saturating_add(GIVEN_UP_AFTER);
            if not_before.is_some_and(over) && one.open.is_none() {
                continue;
            }
            let due = one.due.as_ref();
            let stage = match (one.open, due) {
                (Some(_), _) => ReplacementStage::Unknown,
                (None, Some(due)) if due.from_day <= now.date => ReplacementStage::Due,
                _ => ReplacementStage::Waiting,
            };
            let member = match one.member {
                Some(member) => self.store.member(&member)?,
                None => self.owner(&one.card)?,
            };
            views.push(ReplacementView {
                lost_end: words::card_end(&one.lost),
                card_end: words::card_end(&one.card),
                member: member.map(|member| member.display_name),
                stage,
                at: one.at,
                not_before,
                from_day: due.map(|due| due.from_day.to_string()),
                amount: due.map(|due| due.amount),
                txid: one.open,
                here: self.store.carries_over() && self.store.desk_rights().top_up,
                lost: one.lost,
                card: one.card,
            });
        }
        Ok(views)
    }

    /// Whether a new card of a member's may stand in for that lost one.
    pub(super) fn may_replace(
        &mut self,
        member: MemberId,
        lost: &CardIdentity,
    ) -> Result<(), TillError> {
        let owner = self.owner(lost)?;
        if owner.is_some_and(|owner| owner.member != member) {
            return Err(TillError::NotTheirCard);
        }
        self.not_replaced(lost)
    }

    /// That no card stands in for this one: a replaced card is never used or replaced again.
    pub(super) fn not_replaced(&self, lost: &CardIdentity) -> Result<(), TillError> {
        match self.stand_in(lost)? {
            Some(card) => Err(TillError::ReplacedAlready(words::card_end(&card))),
            None => Ok(()),
        }
    }

    /// The card that stands in for a lost one: as it was issued here, or as HQ said.
    pub(super) fn stand_in(&self, lost: &CardIdentity) -> Result<Option<CardIdentity>, TillError> {
        if let Some(card) = self.store.stands_in_for(lost)? {
            return Ok(Some(card));
        }
        let overs = self.store.carry_overs(lost)?.into_iter();
        Ok(overs
            .filter(|over| over.from == *lost)
            .map(|over| over.to)
            .next())
    }

    /// A lost card is blocked at this till at once, whatever becomes of the new one; HQ hears of it.
    pub(super) fn block_lost(
        &mut self,
        lost: &CardIdentity,
        by: &PersonId,
    ) -> Result<(), TillError> {
        if self.store.card_blocked(lost)?.is_some() {
            return Ok(());
        }
        let now = self.now()?;
        let state = self.purse_state(lost, &[], &[])?;
        let freeze = FreezeCard {
            card: lost.clone(),
            why: LOST.to_owned(),
            by: Some(by.clone()),
        };
        let events = decide(&state, Command::FreezeCard(freeze), now)?;
        self.commit(&events, &super::deed::DraftChange::Keep, None, now)
    }
}
