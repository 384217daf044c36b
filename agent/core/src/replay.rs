//! A recorded sale decided again: by the rules of its day, to prove what its store decided, or by
//! others, to see what they would have given.
//!
//! Coupons stay as they were: who showed one, and what it took off, is the sale's own. Finding the
//! records, the rules of a bundle and the tier a till was told of is left to HQ.

mod risks;

pub use risks::*;

use crate::authority::Holder;
use crate::engine::Used;
use crate::quote::OpenLines;
use crate::quote::rules::{ask, sum};
use crate::{
    Award, Basket, Clock, Counted, CouponEffect, LaneId, Member, MemberId, Now, Points, Promotion,
    QuoteRequest, Refusal, RuleBook, SaleCompleted, Setting, State, StoreId, TerminalId, TierId,
    paid_with_points,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One terminal, as far as rules look at it, while its sales are decided again in their order.
#[derive(Clone, Debug)]
pub struct Replay {
    state: State,
}

/// What rules give a recorded sale.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// What they take off, in rule order.
    pub promotions: Vec<Promotion>,
    /// Points, in rule order.
    pub awards: Vec<Award>,
    /// How far caps are used up.
    pub counted: Vec<Counted>,
}

impl Given {
    /// What was given when the sale was recorded.
    pub fn recorded(sale: &SaleCompleted) -> Self {
        Self {
            promotions: sale.promotions.clone(),
            awards: sale.awards.clone(),
            counted: sale.counted.clone(),
        }
    }

    /// All points.
    pub fn points(&self) -> Points {
        sum(&self.awards)
    }

    /// Minor units taken off, in the sale's currency.
    pub fn off(&self) -> i64 {
        self.promotions.iter().map(|off| off.amount.minor()).sum()
    }

    /// Whether both give the same: everything but the sentences that say why, which a later version
    /// may word in another way.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let plain = |given: &Self| {
            let mut given = given.clone();
            given.promotions.iter_mut().for_each(|off| off.why.clear());
            given.awards.iter_mut().for_each(|award| award.why.clear());
            given
        };
        plain(self) == plain(other)
    }
}

impl Replay {
    /// A terminal that has sold nothing yet.
    pub fn new(store: StoreId, terminal: TerminalId, lane: LaneId, zone: TimeZone) -> Self {
        Self {
            state: State {
                store,
                terminal,
                rules: Arc::new(RuleBook::empty()),
                setting: Setting::new(lane, zone),
                members: BTreeMap::new(),
                coupons: BTreeMap::new(),
                tokens: BTreeMap::new(),
                sales: BTreeMap::new(),
                purses: BTreeMap::new(),
                purse: None,
                holder: Holder::new(terminal, 1),
                risk: BTreeMap::new(),
            },
        }
    }

    /// What `rules` give the sale after what was counted so far. `plans` are those that its coupons
    /// came in, and `tier` is the standing its till knew the member by; none if it knew none.
    ///
    /// # Errors
    /// What rules could not be asked about: amounts out of range.
    pub fn decide(
        &mut self,
        sale: &SaleCompleted,
        rules: &Arc<RuleBook>,
        plans: &RuleBook,
        tier: Option<TierId>,
    ) -> Result<Given, Refusal> {
        let member = sale.customer.as_ref().and_then(|customer| customer.member);
        self.state.rules = rules.clone();
        self.state.members = member.zip(tier).map(known).into_iter().collect();
        self.state.setting.lane = sale.lane.clone();
        let basket = Basket {
            currency: sale.currency,
            lines: sale.lines.clone(),
        };
        let mut open = OpenLines::new(&basket)?;
        take_coupons(sale, plans, &mut open);
        let request = QuoteRequest {
            basket: &basket,
            customer: sale.customer.is_some(),
            member,
            coupons: &[],
            redeemed: paid_with_points(sale).map(|(tender, _)| tender.amount),
        };
        let now = Now {
            at: sale.at,
            date: sale.date,
            clock: Clock::Trusted,
        };
        let ruled = ask(&self.state, &request, &mut open, now, &mut Vec::new())?;
        Ok(Given {
            promotions: ruled.promotions,
            awards: ruled.awards,
            counted: ruled.counted,
        })
    }

    /// A sale of this member and day used caps up.
    pub fn count(&mut self, member: Option<MemberId>, day: Date, counted: &[Counted]) {
        self.state.setting.count(counted, member, day, Used::and);
    }

    /// It was voided.
    pub fn count_back(&mut self, member: Option<MemberId>, day: Date, counted: &[Counted]) {
        self.state
            .setting
            .count(counted, member, day, Used::without);
    }
}

/// A member of whom only the standing counts.
fn known((member, tier): (MemberId, TierId)) -> (MemberId, Member) {
    let known = Member {
        member,
        display_name: String::new(),
        tier,
        points: Points(0),
        pending: Points(0),
    };
    (member, known)
}

/// What the sale's coupons took, taken again.
fn take_coupons(sale: &SaleCompleted, plans: &RuleBook, open: &mut OpenLines<'_>) {
    for discount in &sale.discounts {
        let plan = plans.plan(&discount.plan);
        let frees = plan.is_some_and(|plan| matches!(plan.effect, CouponEffect::ItemFree));
        for (index, minor) in &discount.spread {
            if let Some(line) = open.line(*index as usize) {
                line.left -= minor;
                line.free += u32::from(frees);
            }
        }
    }
}
