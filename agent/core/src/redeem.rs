//! Points that pay for a sale.
//!
//! **Where they come from.** A till lets a member spend points only out of an allowance for that member's
//! points ([`Subject::MemberPoints`]): HQ granted it out of the balance and gives the same points to nobody else
//! meanwhile. So they cannot be spent twice, with the line up or down.
//!
//! **What they do.** They are a way of paying, not a discount: the price stays. Whether the part that they pay
//! earns again is the document's ([`crate::engine::Exclusions::no_earning_on_redeemed`]).
//!
//! **Back.** A void gives all of them back. Of goods that come back, the part of the price that points paid
//! comes back as points, in proportion: exact once everything is back ([`points_back`]).

use crate::authority::{Part, Subject};
use crate::engine::Redeem;
use crate::{MemberId, Money, Points, Refusal, SaleCompleted, Tender, TenderKind};
use serde::{Deserialize, Serialize};

/// The points behind a tender of [`TenderKind::Points`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PointsSpent {
    /// How many, more than zero.
    pub points: Points,
    /// Out of which allowances; none where points came back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// What a till may spend of a member's points is an allowance for this.
pub const fn points_of(member: MemberId) -> Subject {
    Subject::MemberPoints { member }
}

impl Redeem {
    /// What so many points are worth.
    ///
    /// # Errors
    /// If so many cannot be paid with: none, fewer than the least, no multiple of the step.
    pub fn worth_of(&self, points: Points) -> Result<Money, Refusal> {
        let least = self.least();
        let step = self.points.max(1);
        if points.0 < least.0 || points.0 % step != 0 {
            return Err(Refusal::PointsStep { least, step });
        }
        Ok(self.worth.checked_mul(points.0 / step)?)
    }

    /// The most points that pay no more than an amount, of those that are there; none where not even the least do.
    pub fn most(&self, due: Money, there: Points) -> Option<Points> {
        if due.currency() != self.worth.currency() {
            return None;
        }
        let step = self.points.max(1);
        let steps = (due.minor() / self.worth.minor().max(1)).min(there.0 / step);
        let most = Points(steps.checked_mul(step)?);
        (most.0 >= self.least().0).then_some(most)
    }

    /// The fewest that may be paid with: the minimum, in whole steps.
    pub fn least(&self) -> Points {
        let step = self.points.max(1);
        let steps = self.minimum.max(1).saturating_add(step - 1) / step;
        Points(steps.max(1).saturating_mul(step))
    }
}

/// What points paid of a sale; at most one tender does.
pub fn paid_with_points(sale: &SaleCompleted) -> Option<(&Tender, &PointsSpent)> {
    let mut tenders = sale.tenders.iter();
    tenders.find_map(|tender| Some((tender, tender.points.as_ref()?)))
}

/// What of the points that paid a sale is back, in points and in the minor units that these paid, once goods
/// worth `back` of its total are. The minor units are rounded down and the points up, so that nobody gets less than
/// they paid; exact once all of it is back.
pub fn points_back(sale: &SaleCompleted, back: i64) -> (i64, i64) {
    let Some((tender, spent)) = paid_with_points(sale) else {
        return (0, 0);
    };
    let (points, worth) = (
        i128::from(spent.points.0),
        i128::from(tender.amount.minor()),
    );
    let total = i128::from(sale.total.minor()).max(1);
    let worth_back = worth * i128::from(back).clamp(0, total) / total;
    let points_back = (points * worth_back + worth - 1) / worth.max(1);
    // At most what the tender says.
    (points_back as i64, worth_back as i64)
}

impl Tender {
    /// Points that pay.
    pub const fn points(spent: PointsSpent, worth: Money) -> Self {
        Self {
            kind: TenderKind::Points,
            amount: worth,
            purse: None,
            points: Some(spent),
        }
    }
}
