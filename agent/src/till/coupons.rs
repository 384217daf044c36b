//! Coupons shown at the till: judged at once, kept if valid, recorded once if refused.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::find::SignedCoupon;
use super::{Desk, Draft, REFUSED_COUPON_LIMIT, TillError};
use crate::view::SaleView;
use serde::Serialize;
use tillside_core::{
    Assignment, Command, CouponAnswer, CouponNumber, Event, Now, PersonId, RefuseCoupon, SaleId,
    Verdict, decide, quote,
};

/// What came of showing a coupon.
pub(super) struct Shown {
    pub(super) number: CouponNumber,
    pub(super) verdict: Verdict,
    pub(super) words: String,
    pub(super) events: Vec<Event>,
}

/// The answer to a coupon.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CouponAnswerView {
    /// The answer.
    #[schema(value_type = Object)]
    verdict: Verdict,
    /// Whether it is on the sale now.
    valid: bool,
    /// The answer in words.
    words: String,
    /// How the sale stands.
    sale: SaleView,
}

impl Desk {
    /// Shows a coupon for the sale.
    ///
    /// # Errors
    /// If the sale is not open or a limit is reached. A refused coupon is an answer, not an error.
    pub fn put_coupon(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        person: PersonId,
        number: CouponNumber,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let mut draft = desk.draft(sale)?;
            draft.changeable()?;
            let shown = desk.show_coupon(&mut draft, &number, person, now)?;
            let answer = CouponAnswerView {
                valid: shown.verdict.is_valid(),
                verdict: shown.verdict,
                words: shown.words,
                sale: desk.open_view(&draft, now)?,
            };
            let draft = DraftChange::Save(Box::new(draft));
            Ok(Deed::new(200, &answer, draft)?.with_facts(shown.events))
        })
    }

    /// Takes a coupon off the sale.
    ///
    /// # Errors
    /// If it is not there.
    pub fn remove_coupon(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        number: &CouponNumber,
    ) -> Result<Answer, TillError> {
        self.change(key, sale, |_, draft| {
            let place = draft.coupons.iter().position(|there| there == number);
            draft.coupons.remove(place.ok_or(TillError::NoSuchCoupon)?);
            draft.tokens.remove(number);
            Ok(())
        })
    }

    /// Whether HQ issued a number, to this store or another, or a plan has it as everybody's.
    pub(super) fn knows_coupon(&mut self, number: &CouponNumber) -> Result<bool, TillError> {
        let state = self.load(&[], std::slice::from_ref(number), &[])?;
        let standing = state.coupons.get(number);
        let issued = standing.is_some_and(|one| one.assignment != Assignment::NotIssued);
        Ok(issued || state.rules.plan_of_code(number).is_some())
    }

    pub(super) fn show_coupon(
        &mut self,
        draft: &mut Draft,
        number: &CouponNumber,
        person: PersonId,
        now: Now,
    ) -> Result<Shown, TillError> {
        if draft.coupons.contains(number) {
            let answer = self.judge(draft, number, now)?;
            return Ok(self.shown(answer, Vec::new()));
        }
        draft.coupons.push(number.clone());
        let answer = self.judge(draft, number, now)?;
        if answer.verdict.is_valid() {
            return Ok(self.shown(answer, Vec::new()));
        }
        draft.coupons.pop();
        let events = self.refuse(draft, &answer, person, now)?;
        Ok(self.shown(answer, events))
    }

    /// As [`Desk::show_coupon`], of a coupon that says HQ signed it.
    pub(super) fn show_token(
        &mut self,
        draft: &mut Draft,
        token: &SignedCoupon,
        person: PersonId,
        now: Now,
    ) -> Result<Shown, TillError> {
        let SignedCoupon { number, text } = token;
        // A changed copy of what is on the sale already must not take its place.
        let there = draft.coupons.contains(number);
        if !there {
            draft.tokens.insert(number.clone(), text.clone());
        }
        let shown = self.show_coupon(draft, number, person, now);
        if !draft.coupons.contains(number) {
            draft.tokens.remove(number);
        }
        shown
    }

    /// The verdict on a coupon of the sale, as the basket stands.
    fn judge(
        &mut self,
        draft: &Draft,
        number: &CouponNumber,
        now: Now,
    ) -> Result<CouponAnswer, TillError> {
        let (state, customer) = self.working_set(draft)?;
        let request = super::view::request(draft, customer.as_ref(), &state);
        let quote = quote(&state, request, now)?;
        let answer = quote
            .coupons
            .into_iter()
            .find(|answer| answer.number == *number);
        answer.ok_or(TillError::NoSuchCoupon)
    }

    /// The fact that a coupon was refused, unless this sale has it already.
    fn refuse(
        &mut self,
        draft: &mut Draft,
        answer: &CouponAnswer,
        person: PersonId,
        now: Now,
    ) -> Result<Vec<Event>, TillError> {
        if draft.refused.contains(&answer.number) {
            return Ok(Vec::new());
        }
        if draft.refused.len() >= REFUSED_COUPON_LIMIT {
            return Err(TillError::TooManyRefused);
        }
        draft.refused.push(answer.number.clone());
        let refuse = RefuseCoupon {
            sale: draft.sale,
            lane: draft.lane.clone(),
            cashier: person,
            number: answer.number.clone(),
            verdict: answer.verdict.clone(),
        };
        let state = self.load(&[], &[], &[])?;
        Ok(decide(&state, Command::RefuseCoupon(refuse), now)?)
    }

    fn shown(&mut self, answer: CouponAnswer, events: Vec<Event>) -> Shown {
        Shown {
            words: answer.verdict.words(&self.zone()),
            number: answer.number,
            verdict: answer.verdict,
            events,
        }
    }
}
