//! Points that pay: how many the cashier was asked to take, and what this till may take of them.

use super::deed::{Answer, WriteKey};
use super::{Desk, Draft, TillError};
use crate::view::PointsView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tillside_core::authority::{AllowanceId, Holder, Subject};
use tillside_core::{
    AllowanceChange, Customer, Event, MemberId, Money, Now, Points, Refusal, SaleId, State, Tender,
    TenderKind, points_of, points_tender, quote,
};
use tillside_sync::LeaseWish;

/// Of how many members a till keeps points aside, at most: every report to HQ names them all.
const KEPT_LIMIT: usize = 200;
/// The most members whose points HQ is asked to have kept aside at once.
const SERVED_LIMIT: usize = 50;

/// How many points of a member's are to pay for an open sale. They count only while the member is its customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PointsToPay {
    /// Whose.
    pub member: MemberId,
    /// How many, more than zero.
    pub points: Points,
}

impl Draft {
    /// How many of the customer's points are to pay.
    pub(super) fn points_to_pay(&self, customer: Option<&Customer>) -> Option<Points> {
        let member = customer.and_then(|customer| customer.member)?;
        let points = self.points.filter(|points| points.member == member)?;
        Some(points.points)
    }
}

impl Desk {
    /// Has so many of the customer's points pay for the sale; none takes them off.
    ///
    /// # Errors
    /// If points are no way to pay here, so many cannot pay, or this till may not take them now.
    pub fn put_points(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        points: Points,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let mut draft = desk.draft(sale)?;
            draft.changeable()?;
            draft.points = None;
            if points != Points(0) {
                let (state, customer) = desk.working_set(&draft)?;
                let request = super::view::request(&draft, customer.as_ref(), &state);
                let total = quote(&state, request, now)?.total;
                points_tender(&state, customer.as_ref(), points, total, now)?;
                let member = customer.and_then(|customer| customer.member);
                let member = member.ok_or(Refusal::PointsOfNobody)?;
                draft.points = Some(PointsToPay { member, points });
            }
            let view = desk.open_view(&draft, now)?;
            let draft = super::deed::DraftChange::Save(Box::new(draft));
            super::deed::Deed::new(200, &view, draft)
        })
    }

    /// Has sync ask HQ that so many points can pay for a sale: with what else it tells HQ, so that HQ has all the
    /// facts of this till when it reckons what is free. None while there is no line.
    pub(crate) fn want_points(
        &mut self,
        sale: SaleId,
        points: Points,
    ) -> Result<Option<MemberId>, TillError> {
        let draft = self.draft(sale)?;
        let member = self.customer(&draft)?.and_then(|customer| customer.member);
        let (Some(member), true) = (member, self.board.view().0.up) else {
            return Ok(None);
        };
        let wanted = u64::try_from(points.0).unwrap_or(0);
        if self.asked.wanted.len() < SERVED_LIMIT {
            self.asked.wanted.insert(member, wanted);
        }
        self.bell.try_now();
        Ok(Some(member))
    }

    /// Whether HQ has answered what was wanted of a member's points.
    pub(crate) fn is_answered(&self, member: MemberId) -> bool {
        !self.asked.wanted.contains_key(&member)
    }

    /// Asks no more: the shopper has waited long enough.
    pub(crate) fn want_no_points(&mut self, member: MemberId) -> Result<(), TillError> {
        self.asked.wanted.remove(&member);
        Ok(())
    }

    /// Remembers who was served, where the rules let a till keep points of theirs aside.
    pub(super) fn note_served(&mut self, events: &[Event]) {
        let served = events.iter().filter_map(|event| match event {
            Event::SaleCompleted(sale) => sale.customer.as_ref()?.member,
            _ => None,
        });
        let served: Vec<MemberId> = served.collect();
        let keeps = self
            .store
            .redeem()
            .is_some_and(|redeem| redeem.dark.is_some());
        if keeps && self.asked.served.len() < SERVED_LIMIT {
            self.asked.served.extend(served);
        }
    }

    /// What is asked for of members' points: for a sale, and of those who were served to be kept aside for when the
    /// line is down.
    pub(super) fn points_wishes(&self, holder: &Holder, now: Now) -> Vec<LeaseWish> {
        let wish = |member: &MemberId, want| {
            let subject = points_of(*member);
            let left = holder.left(&subject, now.at);
            LeaseWish {
                subject,
                left,
                want,
            }
        };
        let (served, wanted) = (&self.asked.served, &self.asked.wanted);
        let aside = served.iter().filter(|member| !wanted.contains_key(member));
        let aside = aside.map(|member| wish(member, None));
        let at_once = wanted
            .iter()
            .map(|(member, points)| wish(member, Some(*points)));
        at_once.chain(aside).collect()
    }

    /// Gives back what HQ let this till spend for a sale, once no open sale of that member's is left; and of what is
    /// kept aside the oldest, where that is too much.
    pub(super) fn give_points_back(&mut self, now: Now) -> Result<(), TillError> {
        let (holder, _) = self.store.shares()?;
        let to_give = to_give_back(&holder, KEPT_LIMIT);
        if to_give.is_empty() {
            return Ok(());
        }
        let mut buying = BTreeSet::new();
        // One that this program cannot read may be somebody's: what is let ends by itself.
        let Ok(drafts) = self.drafts() else {
            return Ok(());
        };
        for draft in drafts {
            buying.extend(self.customer(&draft)?.and_then(|customer| customer.member));
        }
        for (id, member) in to_give {
            if !buying.contains(&member) {
                self.change_shares(AllowanceChange::GiveBack(id), now)?;
            }
        }
        Ok(())
    }

    /// How points may pay for an open sale, and do; none where nobody known buys, or points are not taken.
    pub(super) fn points_view(
        &self,
        draft: &Draft,
        (state, customer): (&State, Option<&Customer>),
        total: Money,
        now: Now,
    ) -> Option<PointsView> {
        let redeem = state.rules.rules().redeem()?;
        let member = customer?.member?;
        let has = state.members.get(&member)?.points;
        let due = total;
        let here =
            Points(i64::try_from(state.holder.left(&points_of(member), now.at)).unwrap_or(0));
        let most = |there: Points| redeem.most(due, there).unwrap_or(Points(0));
        let points = draft.points_to_pay(customer);
        let tender = points.map(|points| points_tender(state, customer, points, total, now));
        let (worth, words) = match tender {
            None => (Money::zero(total.currency()), None),
            Some(Ok(tender)) => (tender.amount, None),
            Some(Err(refusal)) => (Money::zero(total.currency()), Some(refusal.to_string())),
        };
        Some(PointsView {
            points: points.unwrap_or(Points(0)),
            worth,
            words,
            step: redeem.points,
            step_worth: redeem.worth,
            least: redeem.least(),
            most: most(has.max(here)),
            here: most(here),
        })
    }
}

/// What goes back unless its member is buying: what was let for a sale, and the oldest of what is kept aside beyond
/// a limit. What is kept aside is known by its policy, which asks for more whatever is left; that of the others never.
fn to_give_back(holder: &Holder, limit: usize) -> Vec<(AllowanceId, MemberId)> {
    let open = holder.all().filter_map(|held| match held.terms.subject {
        Subject::MemberPoints { member } if held.closed.is_none() => Some((&held.terms, member)),
        _ => None,
    });
    let (for_a_sale, mut aside): (Vec<_>, Vec<_>) =
        open.partition(|(terms, _)| terms.policy.renew_below_bp == 0);
    aside.sort_by_key(|(terms, _)| terms.serial);
    let beyond = aside.len().saturating_sub(limit);
    let all = for_a_sale.into_iter().chain(aside.into_iter().take(beyond));
    all.map(|(terms, member)| (terms.id, member)).collect()
}

/// What points pay of a sale that is fixed.
pub(super) fn points_paid(tenders: &[Tender]) -> impl Iterator<Item = &Tender> {
    let points = |tender: &&Tender| tender.kind == TenderKind::Points;
    tenders.iter().filter(points)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use tillside_core::authority::{AllowancePolicy, HolderFact, Terms, Uncovered};
    use tillside_core::{TerminalId, Timestamp};
    use uuid::Uuid;

    #[test]
    fn what_was_for_a_sale_and_the_oldest_of_too_many_go_back() {
        let terminal = TerminalId::new(Uuid::from_u128(9));
        let mut holder = Holder::new(terminal, 1);
        for (serial, renew_below_bp) in [(1, 10_000), (2, 0), (3, 10_000), (4, 10_000)] {
            let id = Uuid::from_u128(u128::from(100 - serial));
            let terms = Terms {
                id: AllowanceId::new(id),
                holder: terminal,
                epoch: 1,
                serial,
                subject: points_of(MemberId::new(Uuid::from_u128(serial.into()))),
                amount: 5,
                not_before: Timestamp(0),
                expires_at: Timestamp(10),
                clock_bound_s: 0,
                policy: AllowancePolicy {
                    renew_below_bp,
                    renew_before_s: 0,
                    uncovered: Uncovered::AskHq,
                },
            };
            let at = Timestamp(1);
            holder.apply(&HolderFact::Accepted { terms, at });
        }
        let back = |limit| -> Vec<u128> {
            let back = to_give_back(&holder, limit).into_iter();
            back.map(|(_, member)| member.uuid().as_u128()).collect()
        };
        assert_eq!(back(3), [2]);
        assert_eq!(back(2), [2, 1]);
        assert_eq!(back(0), [2, 1, 3, 4]);
    }
}
