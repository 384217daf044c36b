//! What people at the till read about e-money. All of it is here, so that it stays of one piece:
//! what happened, what to do, nothing about the inside.

use super::view::{JobKind, JobView, MovementStage};
use super::work::Work;
use tillside_core::{Money, PurseAction, PurseKind, PurseState};

pub(crate) const WAITED_TOO_LONG: &str =
    "No card came within three minutes. Nothing was done. Begin again when the card is here.";
pub(crate) const CANCELLED: &str = "Cancelled. Nothing was done.";
pub(crate) const ISSUE_AGAIN: &str = "The card was taken away too soon. Lay the same card on the reader again; it goes on where it stopped.";
/// Said instead of [`CANCELLED`] when something was written on the card.
pub(crate) const ISSUE_LEFT: &str = "The card is not finished, and nobody can use it yet. Issue it again for the same member, with the same card: it goes on where it stopped.";
pub(crate) const LOST_STAYS_BLOCKED: &str = "The lost card stays blocked at this till.";
pub(crate) const SALE_IS_OVER: &str = "The sale is over; no card is needed any more.";
pub(crate) const WORKING: &str = "Leave the card on the reader.";
pub(crate) const HOLD_AGAIN: &str = "It is not known yet whether this went through. Hold the same card on the reader again; it is never taken twice.";
pub(crate) const NOT_KEPT: &str = "The card may have been charged, and the till could not write it down. Free some space on the disk, then hold the same card on the reader again.";
pub(crate) const RESTARTED: &str = "the till was restarted";
pub(crate) const CARD_IDENTIFIES: &str =
    "This card proved who it is. Its money is in the account, if there is one.";
pub(crate) const CARD_PAYS: &str = "Earns points and can pay.";
pub(crate) const CARD_EARNS: &str =
    "Identifier only: earns points; cannot pay, because its number could be a copy.";
pub(crate) const CARD_WITHOUT_KEYS: &str =
    "Identifier only: earns points; cannot pay, because this till has no keys for cards yet.";
pub(crate) const NO_PURSE_ON_IT: &str =
    "There is no money on this kind of card. Ask for another card or another payment.";
pub(crate) const OTHER_CARD: &str =
    "This is another card. Hold the card on the reader that the money came from.";
pub(crate) const ACCOUNT_ASKING: &str = "Asking HQ.";
pub(crate) const ACCOUNT_UNKNOWN: &str = "HQ has not answered, so it is not known yet whether this went through. The till asks again by itself as soon as the line is up; it is never taken twice.";
pub(crate) const FROZE: &str = "This card does not agree with what this till wrote down, so it was blocked here. Keep it aside and call your manager.";
/// What the journal keeps as the reason, and the cashier reads at the next tap.
pub(crate) const FROZEN_WHY: &str = "It does not agree with what this till wrote down.";

/// What is left of a job that nobody comes for: `nothing`, or what stays done all the same.
pub(crate) fn left_undone(work: &Work, view: Option<&JobView>, nothing: &str) -> String {
    let begun = view.is_some_and(|view| view.progress.is_some());
    let words = if begun { ISSUE_LEFT } else { nothing };
    let replaces = matches!(
        work,
        Work::Issue {
            replaces: Some(_),
            ..
        }
    );
    match replaces {
        // What was done is said; that nothing was is not true any more.
        true => {
            let words = words.replace(" Nothing was done.", "");
            format!("{words} {LOST_STAYS_BLOCKED}")
        }
        false => words.to_owned(),
    }
}

/// What a job asks for.
pub(crate) fn waiting(kind: JobKind, amount: Option<Money>) -> String {
    let sum = |what: &str| match amount {
        Some(amount) => format!("Hold the card on the reader to {what} {amount}."),
        None => format!("Hold the card on the reader to {what}."),
    };
    match kind {
        JobKind::Pay => sum("pay"),
        JobKind::TopUp => match amount {
            Some(amount) => format!("Hold the card on the reader to put {amount} on it."),
            None => "Hold the card on the reader to put money on it.".to_owned(),
        },
        JobKind::Void | JobKind::GiveBack => match amount {
            Some(amount) => {
                format!("Hold the card on the reader that paid, to give {amount} back to it.")
            }
            None => {
                "Hold the card on the reader that paid, to give the money back to it.".to_owned()
            }
        },
        JobKind::Restore => {
            "Hold the new card on the reader to put the balance of the lost one on it.".to_owned()
        }
        JobKind::Issue => {
            "Lay the new card on the reader and leave it there until it is done.".to_owned()
        }
        JobKind::Read | JobKind::Settled => "Hold the card on the reader.".to_owned(),
    }
}

/// What happened.
pub(crate) fn done(
    action: &PurseAction,
    amount: Money,
    balance: Option<Money>,
    due: Option<Money>,
) -> String {
    let left = balance.map_or(String::new(), |left| {
        format!(" {left} is left on the card.")
    });
    match action {
        PurseAction::Pay { .. } => match due {
            Some(due) if due.minor() > 0 => {
                format!("{amount} is paid with the card.{left} {due} is left to pay.")
            }
            _ => format!("{amount} is paid with the card.{left}"),
        },
        PurseAction::TopUp { .. } => match balance {
            Some(balance) => format!("{amount} was put on the card. It holds {balance} now."),
            None => format!("{amount} was put on the card."),
        },
        PurseAction::Void { .. } | PurseAction::Refund { .. } => match balance {
            Some(balance) => format!("{amount} is back on the card. It holds {balance} now."),
            None => format!("{amount} is back on the card."),
        },
        // A balance that was carried over.
        _ => {
            format!("The balance of the lost card, {amount}, is on this one now.")
        }
    }
}

/// That nothing happened.
pub(crate) fn not_done(action: &PurseAction) -> &'static str {
    match action {
        PurseAction::Pay { .. } => {
            "Nothing was taken. Begin the payment again, and hold the card until it is done."
        }
        PurseAction::TopUp { .. } => {
            "Nothing was put on the card. Begin the top-up again, and hold the card until it is done."
        }
        PurseAction::Void { .. } | PurseAction::Refund { .. } => {
            "Nothing was given back yet. Begin again, and hold the card until it is done."
        }
        _ => "The balance was not put on the card yet. Begin again.",
    }
}

/// That HQ did not move an account, with its reason.
pub(crate) fn account_not_moved(why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{why} The account was not touched."),
        None => "The account was not touched. Begin again, or ask for another payment.".to_owned(),
    }
}

/// That an earlier movement turned out to have happened after the sale went on without it.
pub(crate) fn owed(amount: Money) -> String {
    format!(
        "{amount} was taken from this card after all, for a payment that was given up. It is owed to the shopper: give it back to the card."
    )
}

/// How a movement stands, for lists and for the sale.
pub(crate) fn stands(state: &PurseState, stage: MovementStage) -> String {
    let action = &state.intended.action;
    let amount = state.intended.amount;
    let account = state.intended.kind == PurseKind::Account;
    match stage {
        MovementStage::Open => "Being tried right now.".to_owned(),
        MovementStage::Unknown if account => ACCOUNT_UNKNOWN.to_owned(),
        MovementStage::Unknown => HOLD_AGAIN.to_owned(),
        MovementStage::Done if account => match action {
            PurseAction::Pay { .. } => format!("{amount} is paid from the account."),
            PurseAction::TopUp { .. } => format!("{amount} was put in the account."),
            _ => format!("{amount} is back in the account."),
        },
        MovementStage::Done => done(action, amount, None, None),
        MovementStage::NotDone => not_done(action).to_owned(),
        MovementStage::GivenUp => {
            "A manager let the sale go on without knowing. If the card was charged, that shows when it is held here again, or when HQ hears of it.".to_owned()
        }
        MovementStage::Owed if action.takes() => owed(amount),
        MovementStage::Owed => format!(
            "{amount} was moved after all, although it was given up. HQ makes it a case; tell your manager."
        ),
        MovementStage::GivenBack => format!("{amount} was given back."),
    }
}

/// What it means to give up a movement whose outcome is unknown.
pub(crate) fn consequences(state: &PurseState) -> String {
    let amount = state.intended.amount;
    match state.intended.action {
        PurseAction::Pay { .. } => format!(
            "If you go on, the sale counts as not paid by this card, and the shopper pays {amount} in another way. If the card was charged all the same, {amount} is owed to the shopper: the till says so when the card is held here again, and HQ sees it as soon as the card is used anywhere. Write down who the shopper is."
        ),
        PurseAction::TopUp { .. } | PurseAction::Restore { .. } => format!(
            "If you go on, {amount} counts as not put on the card. Give the shopper their money back. If it is on the card all the same, HQ sees it as soon as the card is used anywhere, and makes it a case."
        ),
        _ => format!(
            "If you go on, {amount} counts as not given back to the card. If it is on the card all the same, HQ sees it as soon as the card is used anywhere, and makes it a case."
        ),
    }
}

/// That a card which was to be issued is somebody else's.
pub(crate) fn somebodys(end: &str, name: Option<&str>) -> String {
    let whose = match name {
        Some(name) => format!("{name}'s already"),
        None => "another member's already".to_owned(),
    };
    format!("The card ending in {end} is {whose}. Nothing on it was changed. Take a new card.")
}

/// The last four characters of a card.
pub(crate) fn card_end(card: &tillside_core::CardIdentity) -> String {
    let text = card.as_str();
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(4)).collect()
}
