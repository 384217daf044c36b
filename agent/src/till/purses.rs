//! Movements of purses as people look at them, and what a card that is tapped has open here.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::settle::Settled;
use super::{Desk, TillError, VoidRequest};
use crate::chance::sale_number;
use crate::purse::{
    EmoneyView, KeysView, MovementKind, MovementStage, PaymentView, PurseView, words,
};
use crate::receipt::{PaidByCard, purse_receipt};
use tillside_core::{
    CardIdentity, CardLogEntry, CardSeen, Command, EndEvidence, FreezeCard, GiveUpPurse, Money,
    PersonId, PurseAction, PurseEvidence, PurseKind, PurseScheme, PurseStage, PurseTx, Refusal,
    SaleCompleted, SaleId, UnfreezeCard, decide,
};
use tillside_store::{PURSE_ROW_LIMIT, PurseRow};

/// What this till has to do with a card that lies there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TapPlan {
    /// Its movements that are not settled here.
    pub unsettled: Vec<PurseTx>,
    /// How this till knows it.
    pub known: Option<CardSeen>,
    /// Why it may not be used, if so.
    pub blocked: Option<String>,
    /// Now by the till's clock: seconds since 1970.
    pub time: u32,
}

/// What came of meeting a card.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Met {
    /// Its movements, settled or still not.
    pub settled: Vec<Settled>,
    /// Whether it contradicted what this till wrote down, and was blocked here.
    pub frozen: bool,
}

impl Desk {
    /// What this till has to do with a card.
    ///
    /// # Errors
    /// If the store fails.
    pub fn tap_plan(&mut self, card: &CardIdentity) -> Result<TapPlan, TillError> {
        let state = self.purse_state(card, &[], &[])?;
        let unsettled = state.purses.values().filter(|purse| {
            purse.intended.card == *card
                && purse.intended.kind == PurseKind::OnCard
                && purse.stage.is_open()
        });
        Ok(TapPlan {
            unsettled: unsettled.map(|purse| purse.intended.txid).collect(),
            known: self.store.seen_last(card)?,
            blocked: self.store.card_blocked(card)?,
            time: u32::try_from(self.now()?.at.0 / 1_000).unwrap_or_default(),
        })
    }

    /// A card showed, authenticated, what it holds: every movement of it that is not settled here is
    /// settled if it can be, and what this till did not know is kept for HQ.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub fn meet_card(
        &mut self,
        card: &CardIdentity,
        seen: &CardSeen,
        log: &[CardLogEntry],
    ) -> Result<Met, TillError> {
        let mut met = Met::default();
        let known = self.store.seen_last(card)?;
        if known.as_ref().is_some_and(|known| plays_back(known, seen)) {
            self.freeze_for(card)?;
            met.frozen = true;
        }
        for txid in self.tap_plan(card)?.unsettled {
            let evidence = EndEvidence::CardAsked {
                seen: seen.clone(),
                log: log.to_vec(),
            };
            match self.end_purse(txid, evidence) {
                Ok(settled) => met.settled.push(settled),
                Err(TillError::Refused(Refusal::PurseContradiction { .. })) => {
                    self.freeze_for(card)?;
                    met.frozen = true;
                    met.settled.push(self.nobody_knows(txid, words::FROZE)?);
                }
                Err(TillError::Refused(refusal @ Refusal::PurseStillUnknown { .. })) => {
                    met.settled
                        .push(self.nobody_knows(txid, &refusal.to_string())?);
                }
                Err(error) => return Err(error),
            }
        }
        if self.store.seen_last(card)?.as_ref() != Some(seen) {
            let now = self.now()?;
            let state = self.purse_state(card, &[], &[])?;
            let (card, seen, log) = (card.clone(), seen.clone(), log.to_vec());
            let events = decide(&state, Command::SightPurse { card, seen, log }, now)?;
            self.commit(&events, &DraftChange::Keep, None, now)?;
        }
        Ok(met)
    }

    fn freeze_for(&mut self, card: &CardIdentity) -> Result<(), TillError> {
        if self.store.card_blocked(card)?.is_some() {
            return Ok(());
        }
        let now = self.now()?;
        let state = self.purse_state(card, &[], &[])?;
        let freeze = FreezeCard {
            card: card.clone(),
            why: words::FROZEN_WHY.to_owned(),
            by: None,
        };
        let events = decide(&state, Command::FreezeCard(freeze), now)?;
        self.commit(&events, &DraftChange::Keep, None, now)
    }

    /// The payments by e-money of a sale that happened or may have, oldest first.
    pub(super) fn payments_of(&self, sale: SaleId) -> Result<Vec<PaymentView>, TillError> {
        let rows = self.store.purses_of_sale(sale)?;
        let paid = rows.iter().filter(|row| {
            row.state.intended.action.takes() && row.state.stage != PurseStage::NotDone
        });
        Ok(paid.map(payment_view).collect())
    }

    /// The payments by e-money of a sale, as its receipt names them.
    pub(super) fn paid_by_cards(&self, sale: &SaleCompleted) -> Result<Vec<PaidByCard>, TillError> {
        let mut paid = Vec::new();
        for txid in sale.tenders.iter().filter_map(|tender| tender.purse) {
            let Some(row) = self.store.purse(txid)? else {
                continue;
            };
            paid.push(PaidByCard {
                txid,
                card_end: words::card_end(&row.state.intended.card),
                balance: balance_after(&row)?,
                account: row.state.intended.kind == PurseKind::Account,
            });
        }
        Ok(paid)
    }

    /// Movements with a card that somebody has to look after here.
    pub fn open_with(&self, card: &CardIdentity) -> Result<Vec<PaymentView>, TillError> {
        let rows = self.store.open_purses_of_card(card, PURSE_ROW_LIMIT)?;
        let open = rows.iter().filter(|row| {
            row.state.stage.is_open()
                || (row.state.stage == PurseStage::Owed
                    && row.given_back.minor() < row.state.intended.amount.minor())
        });
        Ok(open.map(payment_view).collect())
    }

    /// Movements that somebody has to look after, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn open_purses(&mut self) -> Result<Vec<PurseView>, TillError> {
        self.profile()?;
        let rows = self.store.open_purses(PURSE_ROW_LIMIT)?;
        rows.iter().map(|row| self.purse_view(row)).collect()
    }

    /// One movement.
    ///
    /// # Errors
    /// If this till knows no such movement.
    pub fn purse(&mut self, txid: PurseTx) -> Result<PurseView, TillError> {
        let row = self.store.purse(txid)?;
        self.purse_view(&row.ok_or(Refusal::PursePaymentUnknown { txid })?)
    }

    fn purse_view(&self, row: &PurseRow) -> Result<PurseView, TillError> {
        let intended = &row.state.intended;
        let member = intended.member.map(|member| self.store.member(&member));
        let member = member.transpose()?.flatten();
        let sale = intended.action.sale();
        let stage = stage(row);
        let may_give_back =
            intended.action.takes() && matches!(stage, MovementStage::Done | MovementStage::Owed);
        let after = balance_after(row)?;
        let receipt = match (stage, sale) {
            (MovementStage::Done, None) => {
                Some(purse_receipt(&self.profile()?.profile, intended, after))
            }
            _ => None,
        };
        Ok(PurseView {
            txid: intended.txid,
            kind: movement_kind(&intended.action),
            account: intended.kind == PurseKind::Account,
            sale,
            number: sale.map(sale_number),
            of: match intended.action {
                PurseAction::Void { of, .. } | PurseAction::Refund { of } => Some(of),
                _ => None,
            },
            card: intended.card.clone(),
            card_end: words::card_end(&intended.card),
            member: member.map(|member| member.display_name),
            amount: intended.amount,
            given_back: row.given_back,
            stage,
            at: intended.at,
            cashier: intended.cashier.clone(),
            words: words::stands(&row.state, stage),
            unknown_why: row.unknown.as_ref().map(|unknown| unknown.why.clone()),
            given_up_by: row.given_up.as_ref().map(|up| up.approved_by.clone()),
            given_up_reason: row.given_up.as_ref().map(|up| up.reason.clone()),
            consequences: (stage == MovementStage::Unknown)
                .then(|| words::consequences(&row.state)),
            may_give_back,
            balance_after: after,
            receipt,
            confirmed: !row.unconfirmed,
        })
    }

    /// Lets a sale go on without knowing what the card did. A manager allowed it.
    ///
    /// # Errors
    /// If the movement is not unknown.
    pub fn give_up(
        &mut self,
        key: &WriteKey,
        txid: PurseTx,
        request: VoidRequest,
    ) -> Result<Answer, TillError> {
        let answer = self.write(key, |desk, now| {
            let give_up = GiveUpPurse {
                txid,
                cashier: request.cashier,
                approved_by: request.approved_by,
                reason: request.reason,
            };
            let (events, change) = desk.give_up_facts(give_up, now)?;
            let row = desk.store.purse(txid)?;
            let mut row = row.ok_or(Refusal::PursePaymentUnknown { txid })?;
            row.state.stage = PurseStage::GivenUp;
            let given_up = events.iter().find_map(|event| match event {
                tillside_core::Event::PurseGivenUp(given_up) => Some(given_up.clone()),
                _ => None,
            });
            row.given_up = given_up;
            let view = desk.purse_view(&row)?;
            Ok(Deed::new(200, &view, change)?.with_facts(events))
        })?;
        Ok(answer)
    }

    /// Blocks a card at this till. A manager allowed it.
    ///
    /// # Errors
    /// If there is no e-money here, or no reason.
    pub fn freeze(
        &mut self,
        key: &WriteKey,
        card: CardIdentity,
        why: String,
        by: PersonId,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let state = desk.purse_state(&card, &[], &[])?;
            let by = Some(by);
            let events = decide(
                &state,
                Command::FreezeCard(FreezeCard { card, why, by }),
                now,
            )?;
            Ok(Deed::silent(DraftChange::Keep).with_facts(events))
        })
    }

    /// Lets a card that this till blocked be used again. A manager allowed it.
    ///
    /// # Errors
    /// If this till did not block it.
    pub fn unfreeze(
        &mut self,
        key: &WriteKey,
        card: CardIdentity,
        reason: String,
        approved_by: PersonId,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            desk.not_replaced(&card)?;
            let state = desk.purse_state(&card, &[], &[])?;
            let unfreeze = UnfreezeCard {
                card,
                approved_by,
                reason,
            };
            let events = decide(&state, Command::UnfreezeCard(unfreeze), now)?;
            Ok(Deed::silent(DraftChange::Keep).with_facts(events))
        })
    }

    /// The chain's e-money, if it has it.
    pub fn purse_scheme(&self) -> Option<PurseScheme> {
        self.store.purse_scheme().cloned()
    }

    /// The version of the bundle in force, if it has e-money.
    pub(crate) fn emoney_bundle(&self) -> Option<u64> {
        self.store.purse_scheme()?;
        Some(self.store.bundle_version())
    }

    /// How e-money stands here.
    ///
    /// # Errors
    /// If the store fails.
    pub fn emoney(
        &mut self,
        keys: KeysView,
        problem: Option<String>,
    ) -> Result<EmoneyView, TillError> {
        let scheme = self.purse_scheme();
        let desk = self.store.desk_rights();
        let open = match self.store.profile() {
            Some(_) => self.store.open_purses(PURSE_ROW_LIMIT)?.len(),
            None => 0,
        };
        let words = match (&scheme, keys) {
            (None, _) => "This store does not take e-money.".to_owned(),
            (Some(_), KeysView::None) => problem.unwrap_or_else(|| TillError::NoKeys.to_string()),
            (Some(_), KeysView::Development) => {
                "E-money works. Development keys: for trials only, not for real money.".to_owned()
            }
            (Some(_), KeysView::Token) => "E-money works.".to_owned(),
        };
        Ok(EmoneyView {
            on: scheme.is_some() && keys != KeysView::None,
            keys,
            words,
            top_up: desk.top_up,
            issue: desk.issue,
            replacement_wait_hours: scheme.as_ref().map(|scheme| scheme.replacement_wait_hours),
            cap: scheme.map(|scheme| scheme.cap),
            open: open as u64,
        })
    }
}

/// Whether a card shows an older state than this till knows, or another one under the same count.
fn plays_back(known: &CardSeen, seen: &CardSeen) -> bool {
    seen.tmc < known.tmc || (seen.tmc == known.tmc && seen != known)
}

fn payment_view(row: &PurseRow) -> PaymentView {
    let intended = &row.state.intended;
    let stage = stage(row);
    PaymentView {
        txid: intended.txid,
        amount: intended.amount,
        stage,
        card_end: words::card_end(&intended.card),
        account: intended.kind == PurseKind::Account,
        words: words::stands(&row.state, stage),
    }
}

fn stage(row: &PurseRow) -> MovementStage {
    let whole = row.given_back.minor() >= row.state.intended.amount.minor();
    match row.state.stage {
        PurseStage::Open => MovementStage::Open,
        PurseStage::Unknown => MovementStage::Unknown,
        PurseStage::Done | PurseStage::Owed if whole => MovementStage::GivenBack,
        PurseStage::Done => MovementStage::Done,
        PurseStage::NotDone => MovementStage::NotDone,
        PurseStage::GivenUp => MovementStage::GivenUp,
        // Owed, and whatever a later version knows: somebody has to look at it.
        _ => MovementStage::Owed,
    }
}

/// The kind of a movement.
pub(crate) fn movement_kind(action: &PurseAction) -> MovementKind {
    match action {
        PurseAction::Pay { .. } => MovementKind::Pay,
        PurseAction::TopUp { .. } => MovementKind::TopUp,
        PurseAction::Void { .. } => MovementKind::Void,
        PurseAction::Refund { .. } => MovementKind::Refund,
        _ => MovementKind::Restore,
    }
}

/// What the purse held after a movement, as its evidence says.
pub(super) fn balance_after(row: &PurseRow) -> Result<Option<Money>, TillError> {
    let Some(ended) = &row.ended else {
        return Ok(None);
    };
    let minor = match &ended.evidence {
        PurseEvidence::CommitAnswer { after, .. } | PurseEvidence::AccountMoved { after } => {
            Some(*after)
        }
        PurseEvidence::CardAsked { entry, .. } => entry
            .as_ref()
            .filter(|entry| entry.txid == ended.txid)
            .map(|entry| entry.after),
        _ => None,
    };
    let money = minor.map(|minor| Money::new(minor, ended.amount.currency()));
    Ok(money.transpose().map_err(Refusal::from)?)
}
