//! A movement of a purse begins: the sale is fixed, the amount is decided, and the intent is on the
//! disk before the card can have done anything.

use super::deed::DraftChange;
use super::settle::{apply_all, is_given_back, left, paid_so_far, payments};
use super::{Desk, Draft, PendingVoid, TillError};
use crate::purse::{Source, Work};
use tillside_core::{
    BeginPurse, CardIdentity, CardSeen, CheckOut, Command, Customer, Event, Money, Now, PersonId,
    PurseAction, PurseKind, PurseStage, PurseState, PurseTx, Refusal, SaleId, State, TerminalMark,
    decide, fix_sale,
};
use tillside_store::Need;

/// A movement that is on the disk, for the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Begun {
    /// Which.
    pub txid: PurseTx,
    /// On the card, or in the account.
    pub kind: PurseKind,
    /// What for.
    pub action: PurseAction,
    /// The card.
    pub card: CardIdentity,
    /// Whose it is, as far as this store knows.
    pub member: Option<tillside_core::MemberId>,
    /// How much.
    pub amount: Money,
    /// How the card names this terminal.
    pub mark: TerminalMark,
    /// Seconds since 1970, for the card's log.
    pub time: u32,
    /// The sale, and its total, for the words.
    pub sale: Option<SaleId>,
}

/// Who is to be charged: a card that lies there, with what it showed; or an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The card.
    pub card: CardIdentity,
    /// Whose it is, as the card says.
    pub member: Option<tillside_core::MemberId>,
    /// What it showed; none for an account.
    pub seen: Option<CardSeen>,
    /// What an account holds, as HQ said just now.
    pub account: Option<i64>,
}

/// What is to be begun, decided from the job and the card.
struct Plan {
    kind: PurseKind,
    action: PurseAction,
    amount: Money,
    draft: DraftChange,
}

impl Desk {
    /// Begins a movement: when this returns, its intent is on the disk.
    ///
    /// # Errors
    /// If it may not be; nothing is written down then.
    pub fn begin_purse(
        &mut self,
        txid: PurseTx,
        work: &Work,
        person: &PersonId,
        holder: &Holder,
    ) -> Result<Begun, TillError> {
        let now = self.now()?;
        let profile = self.profile()?;
        let member = match holder.member {
            Some(member) => Some(member),
            None => self.member_of(&holder.card)?.map(|member| member.member),
        };
        let (plan, state) = self.plan(work, person, holder, now)?;
        if plan.kind == PurseKind::Account {
            // Before the intent: what HQ has surely not heard of needs no settling.
            self.needs_line()?;
            member.ok_or(TillError::NoSuchMember)?;
        }
        let begin = BeginPurse {
            txid,
            kind: plan.kind,
            action: plan.action.clone(),
            card: holder.card.clone(),
            member,
            lane: profile.lane.clone(),
            cashier: person.clone(),
            amount: plan.amount,
            before: holder
                .seen
                .clone()
                .filter(|_| plan.kind == PurseKind::OnCard),
        };
        let events = decide(&state, Command::BeginPurse(Box::new(begin)), now)?;
        self.commit(&events, &plan.draft, None, now)?;
        Ok(Begun {
            txid,
            kind: plan.kind,
            sale: plan.action.sale(),
            action: plan.action,
            card: holder.card.clone(),
            member,
            amount: plan.amount,
            mark: TerminalMark::of(profile.terminal),
            time: u32::try_from(now.at.0 / 1_000).unwrap_or_default(),
        })
    }

    pub(super) fn needs_line(&self) -> Result<(), TillError> {
        match self.board.view().0.up {
            true => Ok(()),
            false => Err(TillError::LineNeeded),
        }
    }

    fn plan(
        &mut self,
        work: &Work,
        person: &PersonId,
        holder: &Holder,
        now: Now,
    ) -> Result<(Plan, State), TillError> {
        match work {
            Work::Pay {
                sale,
                amount,
                partly,
                from,
            } => {
                let asked = Asked {
                    amount: *amount,
                    partly: *partly,
                    from: *from,
                };
                let (mut plan, state) = self.plan_payment(*sale, asked, person, holder, now)?;
                plan.kind = kind(*from);
                Ok((plan, state))
            }
            Work::TopUp { amount, tender, to } => {
                let action = PurseAction::TopUp { tender: *tender };
                let state = self.purse_state(&holder.card, &[], &[])?;
                Ok((Plan::of(kind(*to), action, *amount), state))
            }
            Work::Void { sale, request } => {
                let state = self.purse_state(&holder.card, &[], &[*sale])?;
                let known = state.sales.get(sale).ok_or(TillError::NoSuchSale)?;
                let tenders = known.sale.tenders.iter();
                let of = tenders
                    .filter_map(|tender| tender.purse)
                    .filter_map(|txid| state.purses.get(&txid))
                    .find(|paid| {
                        paid.intended.card == holder.card
                            && !is_given_back(&state, paid.intended.txid)
                    });
                let of = of.ok_or(TillError::OtherCard)?;
                let pending = PendingVoid {
                    sale: *sale,
                    lane: known.sale.lane.clone(),
                    voiding: request.clone(),
                };
                let action = PurseAction::Void {
                    of: of.intended.txid,
                    sale: *sale,
                };
                let plan = Plan {
                    kind: of.intended.kind,
                    action,
                    amount: of.intended.amount,
                    draft: DraftChange::SaveVoid(Box::new(pending)),
                };
                Ok((plan, state))
            }
            Work::GiveBack { of, amount } => {
                let state = self.purse_state(&holder.card, &[*of], &[])?;
                let paid = state.purses.get(of);
                let paid = paid.ok_or(Refusal::PursePaymentUnknown { txid: *of })?;
                if paid.intended.card != holder.card {
                    return Err(TillError::OtherCard);
                }
                let sale = paid.intended.action.sale();
                let recorded = sale
                    .map(|sale| self.store.sale(sale))
                    .transpose()?
                    .flatten();
                let (action, amount) = give_back(&state, paid, *amount, recorded.is_some(), now)?;
                Ok((Plan::of(paid.intended.kind, action, amount), state))
            }
            Work::Restore => {
                let state = self.purse_state(&holder.card, &[], &[])?;
                let terms = state.purse.as_ref().ok_or(Refusal::NoPurse)?;
                let overs = terms.carry_overs.iter();
                let over = overs
                    .filter(|over| over.to == holder.card)
                    .min_by_key(|over| (over.from_day > now.date, over.from_day));
                let over = over.ok_or(Refusal::PurseNoCarryOver)?;
                let action = PurseAction::Restore {
                    from: over.from.clone(),
                };
                Ok((Plan::of(PurseKind::OnCard, action, over.amount), state))
            }
            Work::Read | Work::Issue { .. } => Err(TillError::Failed),
        }
    }

    /// The payment of an open sale, which is fixed with it.
    fn plan_payment(
        &mut self,
        sale: SaleId,
        asked: Asked,
        person: &PersonId,
        holder: &Holder,
        now: Now,
    ) -> Result<(Plan, State), TillError> {
        let mut draft = self.draft(sale)?;
        let (state, fixed) = self.fixed(&draft, person, Some(&holder.card), now)?;
        let due = left(fixed.total, &paid_so_far(&state, &fixed)?)?;
        let holds = match asked.from {
            Source::Card => holder.seen.as_ref().map(|seen| seen.balance),
            Source::Account => holder.account,
        };
        let amount = asked.of(due, holds)?;
        draft.fixed = Some(Box::new(fixed));
        let plan = Plan {
            kind: PurseKind::OnCard,
            action: PurseAction::Pay { sale },
            amount,
            draft: DraftChange::Save(Box::new(draft)),
        };
        Ok((plan, state))
    }

    /// The sale as it is fixed, or would be now, and what deciding on it needs. Without a customer,
    /// the card that pays is it.
    pub(super) fn fixed(
        &mut self,
        draft: &Draft,
        person: &PersonId,
        paying: Option<&CardIdentity>,
        now: Now,
    ) -> Result<(State, tillside_core::SaleCompleted), TillError> {
        let mut draft = draft.clone();
        if let Some(fixed) = draft.fixed.take() {
            let state = self.fixed_state(&fixed, paying)?;
            return Ok((state, *fixed));
        }
        if draft.card.is_none() {
            draft.card = paying.cloned();
        }
        let customer = self.customer(&draft)?;
        let member = customer.as_ref().and_then(|customer| customer.member);
        let need = Need {
            members: member.into_iter().collect(),
            coupons: draft.coupons.clone(),
            tokens: draft.tokens.values().cloned().collect(),
            sales: vec![draft.sale],
            cards: paying.cloned().into_iter().collect(),
            ..Need::default()
        };
        let state = self.store.load(&need)?;
        let points = draft.points_to_pay(customer.as_ref());
        let check_out = CheckOut {
            sale: draft.sale,
            lane: draft.lane,
            cashier: person.clone(),
            basket: draft.basket,
            customer,
            coupons: draft.coupons,
            points,
            tenders: Vec::new(),
        };
        let fixed = fix_sale(&state, check_out, now)?;
        Ok((state, fixed))
    }

    /// What deciding on a fixed sale needs.
    pub(super) fn fixed_state(
        &mut self,
        fixed: &tillside_core::SaleCompleted,
        paying: Option<&CardIdentity>,
    ) -> Result<State, TillError> {
        let customer: Option<&Customer> = fixed.customer.as_ref();
        let need = Need {
            members: customer.and_then(|c| c.member).into_iter().collect(),
            coupons: fixed.coupons.iter().map(|c| c.number.clone()).collect(),
            sales: vec![fixed.sale],
            cards: paying.cloned().into_iter().collect(),
            ..Need::default()
        };
        Ok(self.store.load(&need)?)
    }

    pub(super) fn purse_state(
        &self,
        card: &CardIdentity,
        purses: &[PurseTx],
        sales: &[SaleId],
    ) -> Result<State, TillError> {
        let need = Need {
            cards: vec![card.clone()],
            purses: purses.to_vec(),
            sales: sales.to_vec(),
            ..Need::default()
        };
        Ok(self.store.load(&need)?)
    }

    /// Lets a sale go on without knowing what the card did. If no card has paid anything of it, it may
    /// be changed again.
    pub(super) fn give_up_facts(
        &mut self,
        give_up: tillside_core::GiveUpPurse,
        now: Now,
    ) -> Result<(Vec<Event>, DraftChange), TillError> {
        let txid = give_up.txid;
        let row = self.store.purse(txid)?;
        let row = row.ok_or(Refusal::PursePaymentUnknown { txid })?;
        let sale = row.state.intended.action.sale();
        let sales: Vec<SaleId> = sale.into_iter().collect();
        let mut state = self.purse_state(&row.state.intended.card, &[txid], &sales)?;
        let events = decide(&state, Command::GiveUpPurse(give_up), now)?;
        apply_all(&mut state, &events);
        let Some(sale) = sale else {
            return Ok((events, DraftChange::Keep));
        };
        if self.pending_void(sale)?.is_some() {
            return Ok((events, DraftChange::Drop(sale)));
        }
        let change = match self.open_draft(sale)? {
            Some(mut draft) if payments(&state, sale)?.is_empty() => {
                draft.fixed = None;
                DraftChange::Save(Box::new(draft))
            }
            _ => DraftChange::Keep,
        };
        Ok((events, change))
    }
}

impl Plan {
    fn of(kind: PurseKind, action: PurseAction, amount: Money) -> Self {
        Self {
            kind,
            action,
            amount,
            draft: DraftChange::Keep,
        }
    }
}

/// How much was asked for.
#[derive(Clone, Copy)]
struct Asked {
    amount: Option<Money>,
    partly: bool,
    from: Source,
}

impl Asked {
    /// How much is to be taken from a purse that holds so much.
    fn of(self, due: Money, holds: Option<i64>) -> Result<Money, TillError> {
        if due.minor() <= 0 {
            return Err(TillError::NothingDue);
        }
        let wanted = self.amount.unwrap_or(due);
        if wanted.currency() == due.currency() && wanted.minor() > due.minor() {
            return Err(TillError::MoreThanDue { due });
        }
        match holds {
            Some(holds) if self.partly && (1..wanted.minor()).contains(&holds) => {
                Ok(Money::new(holds, wanted.currency()).map_err(Refusal::from)?)
            }
            _ => Ok(wanted),
        }
    }
}

fn kind(source: Source) -> PurseKind {
    match source {
        Source::Card => PurseKind::OnCard,
        Source::Account => PurseKind::Account,
    }
}

/// How a payment is given back: whole, on its own day, and where no recorded sale counts it, by a
/// void, which every till may; else by a refund, which needs a desk.
fn give_back(
    state: &State,
    paid: &PurseState,
    amount: Option<Money>,
    recorded: bool,
    now: Now,
) -> Result<(PurseAction, Money), TillError> {
    let (of, whole) = (paid.intended.txid, paid.intended.amount);
    if !matches!(paid.stage, PurseStage::Done | PurseStage::Owed) {
        return Err(Refusal::PursePaymentUnknown { txid: of }.into());
    }
    let mut left = whole;
    for back in state.purses.values() {
        let gives = matches!(back.intended.action,
            PurseAction::Void { of: other, .. } | PurseAction::Refund { of: other } if other == of);
        if gives && back.stage != PurseStage::NotDone {
            left = left
                .checked_sub(back.intended.amount)
                .map_err(Refusal::from)?;
        }
    }
    let amount = amount.unwrap_or(left);
    let same_day = paid.intended.date == now.date;
    let counted = recorded && paid.stage == PurseStage::Done;
    match paid.intended.action.sale() {
        Some(sale) if same_day && !counted && amount == whole && left == whole => {
            Ok((PurseAction::Void { of, sale }, amount))
        }
        _ => Ok((PurseAction::Refund { of }, amount)),
    }
}
