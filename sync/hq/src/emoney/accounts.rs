//! Account purses: whether HQ moves one. The answer to one txid never changes: it is kept with what was
//! asked, in the transaction that moves the money.

use super::ledger::Action;
use tillside_core::{
    CardIdentity, DeskRights, MemberId, Money, PurseAction, PurseScheme, PurseTx, StoreId,
};
use tillside_protocol::{AccountAnswer, AccountRequest};

/// What HQ knows that bears on one request.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The scheme.
    pub scheme: PurseScheme,
    /// The store of the terminal that asks.
    pub store: StoreId,
    /// What it may do.
    pub desk: DeskRights,
    /// Whose the card that was shown is.
    pub owner: Option<MemberId>,
    /// Why the card is blocked, if it is.
    pub blocked: Option<String>,
    /// Why the account is frozen, if it is.
    pub frozen: Option<String>,
    /// What the account holds, minor units.
    pub balance: i64,
    /// The payment that is to be given back, if HQ has it.
    pub payment: Option<Payment>,
}

/// A payment from an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payment {
    /// Which.
    pub txid: PurseTx,
    /// Whose account.
    pub member: MemberId,
    /// How much, minor units.
    pub minor: i64,
    /// How much of it was given back.
    pub given_back: i64,
    /// Whether it was made by the terminal that asks.
    pub same_terminal: bool,
}

/// Why a request is no request: nothing is kept of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no e-money.
    #[error("this chain has no e-money")]
    NoScheme,
    /// The amount is none of this chain's e-money.
    #[error("{0} is no amount of this chain's e-money")]
    Amount(Money),
    /// It names another store than the caller's.
    #[error("it is from store {claimed}, and the caller is in store {certified}")]
    OtherStore {
        /// What it says.
        claimed: StoreId,
        /// What the certificate says.
        certified: StoreId,
    },
    /// The same txid was used for something else.
    #[error("movement {0} was asked for before, with other contents")]
    OtherContents(PurseTx),
}

/// What was done to the account, by its number in a card's log.
pub const fn action(action: &PurseAction) -> Option<Action> {
    Action::numbered(action.number())
}

/// Whether a request is one at all.
///
/// # Errors
/// For an amount that no till of this chain asks for.
pub fn check(request: &AccountRequest, scheme: &PurseScheme) -> Result<(), AccountError> {
    let amount = request.amount;
    match amount.currency() == scheme.currency && amount.minor() > 0 {
        true => Ok(()),
        false => Err(AccountError::Amount(amount)),
    }
}

/// Decides on a request that HQ sees for the first time.
pub fn decide(request: &AccountRequest, facts: &Facts) -> AccountAnswer {
    match allowed(request, facts) {
        Ok(after) => AccountAnswer::Moved { after },
        Err(why) => AccountAnswer::Refused { why },
    }
}

fn allowed(request: &AccountRequest, facts: &Facts) -> Result<Money, String> {
    if facts.owner != Some(request.member) {
        return Err("This card does not belong to that member. Read it again.".to_owned());
    }
    if let Some(why) = &facts.blocked {
        return Err(why.clone());
    }
    if let (Some(why), true) = (&facts.frozen, request.action.takes()) {
        return Err(format!("The account is frozen. {why}"));
    }
    match &request.action {
        PurseAction::Pay { .. } => {}
        PurseAction::TopUp { .. } if !facts.desk.top_up => {
            return Err("Money is put on at top-up desks only.".to_owned());
        }
        PurseAction::TopUp { .. } => {}
        PurseAction::Void { .. } => payment(request, facts, true)?,
        PurseAction::Refund { .. } if !facts.desk.top_up => {
            return Err("Payments of other days are given back at top-up desks only.".to_owned());
        }
        PurseAction::Refund { .. } => payment(request, facts, false)?,
        _ => return Err("This cannot be done with an account.".to_owned()),
    }
    after(request, facts)
}

/// Whether so much of the payment is left to give back.
fn payment(request: &AccountRequest, facts: &Facts, whole: bool) -> Result<(), String> {
    let unknown = "HQ does not have the payment that is to be given back. Look for it at the till that took it.";
    let payment = facts
        .payment
        .filter(|p| p.member == request.member && p.same_terminal);
    let payment = payment.ok_or(unknown)?;
    let left = payment.minor - payment.given_back;
    let minor = request.amount.minor();
    match minor <= left && (!whole || minor == payment.minor) {
        true => Ok(()),
        false => Err("So much of that payment is not left to give back.".to_owned()),
    }
}

fn after(request: &AccountRequest, facts: &Facts) -> Result<Money, String> {
    let minor = request.amount.minor();
    let money = |minor| Money::new(minor, facts.scheme.currency).map_err(|error| error.to_string());
    let balance = money(facts.balance)?;
    if request.action.takes() {
        let after = facts.balance.saturating_sub(minor);
        return match after >= 0 {
            true => money(after),
            false => Err(format!(
                "The account holds {balance}. Pay the rest in another way."
            )),
        };
    }
    let after = facts.balance.saturating_add(minor);
    match after <= facts.scheme.cap.minor() {
        true => money(after),
        false => Err(format!(
            "The account holds {balance}, and {} is the most.",
            facts.scheme.cap
        )),
    }
}

/// The card that was shown, and what its account holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The card.
    pub card: CardIdentity,
    /// Whose it is.
    pub member: MemberId,
    /// What the account holds.
    pub balance: Money,
    /// Why it may not be used, if so.
    pub frozen: Option<String>,
}
