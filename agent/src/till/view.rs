//! Sales as the screen sees them: open ones quoted afresh, recorded ones as they were recorded.

use super::settle::{left, paid_so_far};
use super::{Desk, Draft, TillError};
use crate::chance::{opened, sale_number};
use crate::view::{
    AwardView, CouponView, CustomerView, DiscountView, LineView, MemberView, ReturnView, SaleStage,
    SaleView,
};
use tillside_core::authority::CouponToken;
use tillside_core::gs1::ShownCoupon;
use tillside_core::{
    Assignment, Award, Clock, CouponAnswer, CouponRedeemed, Customer, Discount, Line, Money, Now,
    PlanId, Promotion, Quantities, Quote, QuoteRequest, SaleCompleted, State, Verdict, quantities,
    quote,
};
use tillside_store::Need;

/// What an open sale asks the core.
pub(super) fn request<'a>(
    draft: &'a Draft,
    customer: Option<&Customer>,
    state: &State,
) -> QuoteRequest<'a> {
    let points = draft.points_to_pay(customer);
    let redeem = state.rules.rules().redeem();
    let worth = points
        .zip(redeem)
        .map(|(points, redeem)| redeem.worth_of(points));
    QuoteRequest {
        basket: &draft.basket,
        customer: customer.is_some(),
        member: customer.and_then(|customer| customer.member),
        coupons: &draft.coupons,
        // Points that cannot pay are refused when the sale is completed.
        redeemed: worth.and_then(Result::ok),
    }
}

impl Desk {
    /// What deciding on an open sale needs, and its customer.
    pub(super) fn working_set(
        &mut self,
        draft: &Draft,
    ) -> Result<(State, Option<Customer>), TillError> {
        let customer = self.customer(draft)?;
        let member = customer.as_ref().and_then(|customer| customer.member);
        let need = Need {
            members: member.into_iter().collect(),
            coupons: draft.coupons.clone(),
            tokens: draft.tokens.values().cloned().collect(),
            sales: vec![draft.sale],
            ..Need::default()
        };
        Ok((self.store.load(&need)?, customer))
    }

    /// An open sale as it stands now; as it was fixed, once a card has begun to pay for it.
    pub(super) fn open_view(&mut self, draft: &Draft, now: Now) -> Result<SaleView, TillError> {
        if let Some(fixed) = &draft.fixed {
            return self.fixed_view(draft, fixed, now);
        }
        let (state, customer) = self.working_set(draft)?;
        let quote = quote(&state, request(draft, customer.as_ref(), &state), now)?;
        let paying = self.points_view(draft, (&state, customer.as_ref()), quote.total, now);
        let paid = paying.as_ref().map(|points| points.worth);
        let coupons = quote.coupons.iter();
        let coupons = coupons.map(|answer| self.open_coupon(&state, answer));
        Ok(SaleView {
            sale: draft.sale,
            state: SaleStage::Open,
            number: sale_number(draft.sale),
            lane: draft.lane.clone(),
            cashier: draft.cashier.clone(),
            opened: draft.opened,
            completed: None,
            currency: draft.basket.currency,
            lines: open_lines(draft, &quote),
            returns: Vec::new(),
            customer: customer_view(customer.as_ref(), &state),
            coupons: coupons.collect(),
            discounts: discount_views(&quote.discounts, &quote.promotions),
            awards: quote.awards.iter().map(award_view).collect(),
            points: quote.points,
            discount_total: difference(quote.subtotal, quote.total),
            subtotal: quote.subtotal,
            total: quote.total,
            tenders: Vec::new(),
            payments: self.payments_of(draft.sale)?,
            due: paid.map_or(quote.total, |paid| difference(quote.total, paid)),
            paying,
            fixed: false,
            rules: quote.rules,
            clock: now.clock,
            confirmed: false,
        })
    }

    fn fixed_view(
        &mut self,
        draft: &Draft,
        fixed: &SaleCompleted,
        now: Now,
    ) -> Result<SaleView, TillError> {
        let state = self.fixed_state(fixed, None)?;
        let recorded = Recorded {
            voided: false,
            confirmed: false,
            clock: now.clock,
        };
        let view = self.recorded_view(fixed, &recorded, &state)?;
        Ok(SaleView {
            state: SaleStage::Open,
            opened: draft.opened,
            completed: None,
            due: left(fixed.total, &paid_so_far(&state, fixed)?)?,
            fixed: true,
            ..view
        })
    }

    fn open_coupon(&self, state: &State, answer: &CouponAnswer) -> CouponView {
        let standing = state.coupons.get(&answer.number);
        let plan = standing.and_then(|standing| match &standing.assignment {
            Assignment::Here { plan } | Assignment::Anywhere { plan } => Some(plan.clone()),
            _ => None,
        });
        // Only of a signed or a manufacturer's coupon that was found good the plan is known.
        let text = state.tokens.get(&answer.number);
        let good = text.filter(|_| answer.verdict.is_valid());
        let plan = plan.or(good.and_then(|text| plan_of(text, state)));
        let named = plan.as_ref().and_then(|plan| state.rules.plan(plan));
        CouponView {
            number: answer.number.clone(),
            name: named.map(|plan| plan.name.clone()),
            plan,
            valid: answer.verdict.is_valid(),
            words: answer.verdict.words(&self.zone()),
            verdict: answer.verdict.clone(),
        }
    }

    /// A recorded sale. `state` holds its customer, if this store knows them.
    pub(super) fn recorded_view(
        &self,
        sale: &SaleCompleted,
        recorded: &Recorded,
        state: &State,
    ) -> Result<SaleView, TillError> {
        let points = sale.awards.iter().map(|award| award.points.0).sum();
        let stage = match recorded.voided {
            true => SaleStage::Voided,
            false => SaleStage::Completed,
        };
        let coupons = sale.coupons.iter();
        let coupons = coupons.map(|coupon| self.recorded_coupon(state, coupon));
        let returns = state.sales.get(&sale.sale).map(|known| &known.returns[..]);
        let returns = returns.unwrap_or_default();
        Ok(SaleView {
            sale: sale.sale,
            state: stage,
            number: sale_number(sale.sale),
            lane: sale.lane.clone(),
            cashier: sale.cashier.clone(),
            opened: opened(sale.sale),
            completed: Some(sale.at),
            currency: sale.currency,
            lines: recorded_lines(sale, &quantities(returns)),
            returns: returns.iter().map(ReturnView::from).collect(),
            customer: customer_view(sale.customer.as_ref(), state),
            coupons: coupons.collect(),
            discounts: discount_views(&sale.discounts, &sale.promotions),
            awards: sale.awards.iter().map(award_view).collect(),
            points: tillside_core::Points(points),
            subtotal: sale.subtotal,
            discount_total: difference(sale.subtotal, sale.total),
            total: sale.total,
            tenders: sale.tenders.clone(),
            payments: self.payments_of(sale.sale)?,
            due: Money::zero(sale.currency),
            paying: None,
            fixed: true,
            rules: sale.rules,
            clock: recorded.clock,
            confirmed: recorded.confirmed,
        })
    }

    fn recorded_coupon(&self, state: &State, coupon: &CouponRedeemed) -> CouponView {
        let verdict = Verdict::Valid {
            proof: coupon.proof.clone(),
        };
        CouponView {
            number: coupon.number.clone(),
            plan: Some(coupon.plan.clone()),
            name: state.rules.plan(&coupon.plan).map(|plan| plan.name.clone()),
            valid: true,
            words: verdict.words(&self.zone()),
            verdict,
        }
    }
}

/// What is known of a recorded sale beside the sale itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Recorded {
    pub(super) voided: bool,
    pub(super) confirmed: bool,
    pub(super) clock: Clock,
}

fn open_lines(draft: &Draft, quote: &Quote) -> Vec<LineView> {
    let lines = draft.basket.lines.iter().zip(&quote.lines).enumerate();
    lines
        .map(|(index, (line, quoted))| line_view(index, line, quoted.subtotal, quoted.discount))
        .collect()
}

fn recorded_lines(sale: &SaleCompleted, back: &Quantities) -> Vec<LineView> {
    let lines = sale.lines.iter().enumerate();
    lines
        .map(|(index, line)| {
            let coupons = sale.discounts.iter().flat_map(|discount| &discount.spread);
            let rules = sale.promotions.iter().flat_map(|off| &off.spread);
            let spread = coupons.chain(rules);
            let off = spread.filter(|(at, _)| *at as usize == index);
            let off = off.map(|(_, minor)| minor).sum();
            // Both were checked when the sale was decided; a sum that left the range shows as zero.
            let zero = Money::zero(sale.currency);
            let discount = Money::new(off, sale.currency).unwrap_or(zero);
            // At most `BASKET_LINE_LIMIT`.
            let returned = back.get(&(index as u32)).copied().unwrap_or(0);
            let subtotal = line.subtotal().unwrap_or(zero);
            LineView {
                returned,
                ..line_view(index, line, subtotal, discount)
            }
        })
        .collect()
}

fn line_view(index: usize, line: &Line, subtotal: Money, discount: Money) -> LineView {
    LineView {
        index,
        item: line.item.clone(),
        name: line.name.clone(),
        quantity: line.quantity,
        returned: 0,
        unit_price: line.unit_price,
        category: line.category.clone(),
        tax_class: line.tax_class.clone(),
        subtotal,
        discount,
        total: difference(subtotal, discount),
    }
}

/// `from` less `less`, of amounts whose difference was checked when they were decided.
/// The plan of a coupon that was scanned and found good.
fn plan_of(text: &str, state: &State) -> Option<PlanId> {
    if let Some(shown) = ShownCoupon::read(text) {
        let plan = state.rules.plan_of_company(&shown.coupon().issuer);
        return plan.map(|plan| plan.plan.clone());
    }
    CouponToken::claimed(text).ok().map(|id| id.plan)
}

fn difference(from: Money, less: Money) -> Money {
    from.checked_sub(less)
        .unwrap_or(Money::zero(from.currency()))
}

fn customer_view(customer: Option<&Customer>, state: &State) -> Option<CustomerView> {
    let customer = customer?;
    let member = customer
        .member
        .and_then(|member| state.members.get(&member));
    Some(CustomerView {
        card: customer.card.clone(),
        member: member.map(MemberView::from),
    })
}

/// What was taken off: by coupons, then by rules.
fn discount_views(discounts: &[Discount], promotions: &[Promotion]) -> Vec<DiscountView> {
    let coupons = discounts.iter().map(|discount| DiscountView {
        plan: Some(discount.plan.clone()),
        coupon: Some(discount.coupon.clone()),
        rule: None,
        amount: discount.amount,
        why: discount.why.clone(),
    });
    let rules = promotions.iter().map(|promotion| DiscountView {
        plan: None,
        coupon: None,
        rule: Some(promotion.rule.clone()),
        amount: promotion.amount,
        why: promotion.why.clone(),
    });
    coupons.chain(rules).collect()
}

fn award_view(award: &Award) -> AwardView {
    AwardView {
        rule: award.rule.clone(),
        version: award.version,
        points: award.points,
        why: award.why.clone(),
    }
}
