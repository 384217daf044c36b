//! What a fact changes in the working set.

use crate::authority::{HolderFact, RiskUse};
use crate::engine::Used;
use crate::shares::{released_by, spent_by};
use crate::{
    Assignment, CouponNumber, CouponStanding, CouponUsed, Customer, Event, GoodsReturned, MemberId,
    Proof, PurseEnd, PurseStage, PurseState, PurseTx, SaleCompleted, SaleId, SaleState, SaleVoided,
    State, paid_with_points,
};

/// Applies a fact. Facts are past: nothing is refused here. What the state does not hold (a member
/// or coupon that was not loaded) is passed over, and applying a fact twice changes nothing more.
///
/// A bundle's rules are not in its event, so [`Event::BundleAdopted`] changes nothing here: the edge
/// loads the new [`crate::RuleBook`] with the next state.
pub fn apply(state: &mut State, event: &Event) {
    match event {
        Event::SaleCompleted(sale) => complete(state, sale),
        Event::SaleVoided(void) => take_back(state, void),
        Event::GoodsReturned(goods) => take_goods_back(state, goods),
        Event::PurseIntended(intended) => {
            let kept = PurseState {
                intended: (**intended).clone(),
                stage: PurseStage::Open,
            };
            state.purses.entry(intended.txid).or_insert(kept);
        }
        Event::PurseEnded(ended) => {
            let end = ended.end;
            move_purse(state, ended.txid, |stage| stage_after(stage, end));
        }
        Event::PurseUnknown(unknown) => move_purse(state, unknown.txid, |stage| match stage {
            PurseStage::Open => PurseStage::Unknown,
            other => other,
        }),
        Event::PurseGivenUp(given_up) => move_purse(state, given_up.txid, |stage| match stage {
            PurseStage::Open | PurseStage::Unknown => PurseStage::GivenUp,
            other => other,
        }),
        Event::CouponRefused(_)
        | Event::BundleAdopted { .. }
        | Event::EpochBegan { .. }
        | Event::PurseSighted(_)
        | Event::CardIssued(_)
        | Event::CardFrozen(_)
        | Event::CardUnfrozen(_) => {}
        Event::Allowance { fact } => state.holder.apply(fact),
    }
}

fn change_shares(state: &mut State, facts: &[HolderFact]) {
    for fact in facts {
        state.holder.apply(fact);
    }
}

fn move_purse(state: &mut State, txid: PurseTx, to: impl FnOnce(PurseStage) -> PurseStage) {
    if let Some(purse) = state.purses.get_mut(&txid) {
        purse.stage = to(purse.stage);
    }
}

/// Where evidence of the end leads from a stage: what was given up and then turns out to have
/// happened is owed. A settled movement stays as it is.
pub const fn stage_after(stage: PurseStage, end: PurseEnd) -> PurseStage {
    match (stage, end) {
        (PurseStage::GivenUp, PurseEnd::Done) => PurseStage::Owed,
        (PurseStage::Open | PurseStage::Unknown, PurseEnd::Done) => PurseStage::Done,
        (PurseStage::Open | PurseStage::Unknown | PurseStage::GivenUp, PurseEnd::NotDone) => {
            PurseStage::NotDone
        }
        (settled, _) => settled,
    }
}

fn complete(state: &mut State, sale: &SaleCompleted) {
    if state.sales.contains_key(&sale.sale) {
        return;
    }
    change_shares(state, &spent_by(sale));
    let member = member_of(sale.customer.as_ref());
    (state.setting).count(&sale.counted, member, sale.date, Used::and);
    for coupon in &sale.coupons {
        let used = CouponUsed {
            at: sale.at,
            store: state.store.clone(),
            terminal: state.terminal,
            sale: sale.sale,
        };
        if let (Proof::Risk { .. }, Some(amount)) = (&coupon.proof, sale.taken_off(&coupon.number))
        {
            let sale = sale.sale;
            let uses = state.risk.entry(coupon.plan.clone()).or_default();
            uses.push(RiskUse { sale, amount });
        }
        match state.coupons.get_mut(&coupon.number) {
            Some(standing) => standing.used = Some(used),
            // Nothing is known of a signed or a manufacturer's coupon before its first use.
            None if matches!(coupon.proof, Proof::Token { .. })
                || coupon.proof.manufacturers().is_some() =>
            {
                let assignment = Assignment::NotIssued;
                let used = Some(used);
                let standing = CouponStanding { assignment, used };
                state.coupons.insert(coupon.number.clone(), standing);
            }
            None => {}
        }
    }
    if let Some((_, spent)) = paid_with_points(sale) {
        add_points(state, sale.customer.as_ref(), -spent.points.0, false);
    }
    for lot in &sale.lots {
        let waits = lot.waits(sale.at);
        add_points(state, sale.customer.as_ref(), lot.amount.0, waits);
    }
    let kept = SaleState {
        sale: sale.clone(),
        voided: false,
        returns: Vec::new(),
    };
    state.sales.insert(sale.sale, kept);
}

fn take_back(state: &mut State, void: &SaleVoided) {
    let Some(known) = state.sales.get_mut(&void.sale).filter(|sale| !sale.voided) else {
        return;
    };
    known.voided = true;
    let sold = known.sale.at;
    let spent = paid_with_points(&known.sale).map_or(0, |(_, spent)| spent.points.0);
    add_points(state, void.customer.as_ref(), spent, false);
    change_shares(state, &released_by(void));
    for uses in state.risk.values_mut() {
        uses.retain(|one| one.sale != void.sale);
    }
    // A sale is voided on its own day: it is the day of its caps too.
    let member = member_of(void.customer.as_ref());
    (state.setting).count(&void.counted, member, void.date, Used::without);
    for number in &void.coupons {
        give_back(state, number, void.sale);
    }
    for lot in &void.lots {
        add_points(
            state,
            void.customer.as_ref(),
            -lot.amount.0,
            lot.waits(sold),
        );
    }
}

fn take_goods_back(state: &mut State, goods: &GoodsReturned) {
    let Some(known) = state.sales.get_mut(&goods.sale) else {
        return;
    };
    if known.returns.iter().any(|before| before.id == goods.id) {
        return;
    }
    known.returns.push(goods.clone());
    let back = goods.tenders.iter().filter_map(|paid| paid.points.as_ref());
    let back = back
        .map(|spent| spent.points.0)
        .fold(0, i64::saturating_add);
    add_points(state, goods.customer.as_ref(), back, false);
    for lot in &goods.lots {
        let waits = lot.pending_until.is_some();
        add_points(state, goods.customer.as_ref(), -lot.points.0, waits);
    }
}

/// A coupon may be used again, if it was this sale that used it.
fn give_back(state: &mut State, number: &CouponNumber, sale: SaleId) {
    if let Some(standing) = state.coupons.get_mut(number) {
        standing.used.take_if(|used| used.sale == sale);
    }
}

/// Adds to what a member may spend or, where the points wait, to what they may spend later.
fn add_points(state: &mut State, customer: Option<&Customer>, points: i64, waits: bool) {
    if let Some(member) = member_of(customer).and_then(|member| state.members.get_mut(&member)) {
        let balance = match waits {
            true => &mut member.pending,
            false => &mut member.points,
        };
        // No chain of real sales comes near, and a fact is never refused.
        balance.0 = balance.0.saturating_add(points);
    }
}

fn member_of(customer: Option<&Customer>) -> Option<MemberId> {
    customer.and_then(|customer| customer.member)
}
