//! Whether a coupon that HQ signed is genuine, was not used here, and is good here, today, for this shopper.
//! Its plan's days and whether it fits the basket are left to [`super`].

use crate::authority::{CouponToken, TokenError, TokenStores};
use crate::{CouponNumber, MemberId, Misfit, Now, Proof, ProofKind, State, Verdict};

/// Believes a scanned text if a key of the very plan that it names signed it, and it was not used here.
pub(super) fn genuine(
    state: &State,
    number: &CouponNumber,
    text: &str,
) -> Result<CouponToken, Verdict> {
    let claimed = CouponToken::claimed(text).map_err(|_| Verdict::NotGenuine)?;
    let plan = state.rules.plan(&claimed.plan).ok_or(Verdict::Unknown)?;
    let ProofKind::Token { keys } = &plan.proof else {
        return Err(Verdict::NotGenuine);
    };
    let token = CouponToken::open(text, keys).map_err(|_| Verdict::NotGenuine)?;
    if token.terms().id.number() != *number {
        return Err(Verdict::NotGenuine);
    }
    let used = state.coupons.get(number).and_then(|one| one.used.clone());
    used.map_or(Ok(token), |used| Err(Verdict::Used(used)))
}

/// The proof of its use, if it is good here, today, for this shopper.
pub(super) fn prove(
    state: &State,
    token: &CouponToken,
    text: &str,
    member: Option<MemberId>,
    now: Now,
) -> Result<Proof, Verdict> {
    let misfit = |misfit| Verdict::NotForThis { misfit };
    let refused = |error| match (error, &token.terms().stores) {
        (TokenError::Expired { on }, _) => Verdict::Expired { on },
        (TokenError::OtherStore, TokenStores::Only(stores)) => match stores.first().cloned() {
            Some(store) => Verdict::OtherStore { store },
            None => Verdict::NotGenuine,
        },
        (TokenError::NeedsMember, _) => misfit(Misfit::NeedsMember),
        (TokenError::OtherMember, _) => misfit(Misfit::OtherMember),
        _ => Verdict::NotGenuine,
    };
    token
        .check(&state.store, now.date, member)
        .map_err(refused)?;
    let token = text.to_owned();
    Ok(Proof::Token { token })
}
