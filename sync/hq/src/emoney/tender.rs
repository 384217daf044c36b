//! Whether the movement that a sale names as its payment did pay for it: the same sale, till and amount,
//! done, not given back, and counted nowhere else.
//!
//! The sale is booked whatever comes out: it is a fact of its store. What does not fit is a case beside
//! it. A sale may be told before HQ knows how its movement ended; it waits for that then. Keeping what
//! sales count, and since when they wait, is left to the store.

use super::ledger::Action;
use tillside_core::{Money, PurseEnd, PurseTx, SaleId};

/// What is left to say of a movement that a sale counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paid {
    /// What was done.
    pub action: Action,
    /// How much.
    pub amount: Money,
    /// For which sale.
    pub sale: Option<SaleId>,
    /// Whether the till that tells of the sale began it.
    pub same_terminal: bool,
    /// How it ended, as far as HQ knows.
    pub ended: Option<PurseEnd>,
    /// Whether a manager let the sale go on without it.
    pub given_up: bool,
    /// Whether the till had begun to give it back before it told of the sale.
    pub given_back: bool,
}

/// What the movement is to the sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// It paid.
    Stands,
    /// Nobody knows yet.
    Waits,
    /// It did not.
    Wrong(TenderFault),
}

/// Why a sale's e-money is not what the sale says.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenderFault {
    /// It names no movement, or names one for what is no e-money.
    #[error("a payment of sale {0} does not say which movement of a purse it was")]
    Unnamed(SaleId),
    /// There is no e-money.
    #[error("sale {0} was paid with e-money, and this HQ has none")]
    NoScheme(SaleId),
    /// The movement is something else.
    #[error("sale {sale} counts movement {txid} as its payment: {what}")]
    Differs {
        /// Which sale.
        sale: SaleId,
        /// Which movement.
        txid: PurseTx,
        /// What does not fit.
        what: &'static str,
    },
    /// It is another amount.
    #[error("sale {sale} counts movement {txid} as {told}, and it moved {moved}")]
    Amount {
        /// Which sale.
        sale: SaleId,
        /// Which movement.
        txid: PurseTx,
        /// What the sale says.
        told: Money,
        /// What was moved.
        moved: Money,
    },
    /// The movement did not happen.
    #[error("sale {sale} counts movement {txid} as its payment, which did not happen")]
    NotDone {
        /// Which sale.
        sale: SaleId,
        /// Which movement.
        txid: PurseTx,
    },
    /// The movement was counted before.
    #[error("sale {sale} counts movement {txid}, which sale {before} counted before")]
    Twice {
        /// Which sale.
        sale: SaleId,
        /// Which movement.
        txid: PurseTx,
        /// Which sale counted it.
        before: SaleId,
    },
    /// Nobody could say for too long.
    #[error(
        "sale {sale} counts movement {txid}, and nobody knows since {days} days whether it happened"
    )]
    TimedOut {
        /// Which sale.
        sale: SaleId,
        /// Which movement.
        txid: PurseTx,
        /// How long.
        days: u16,
    },
}

impl TenderFault {
    /// The kind of case: stable, snake case.
    pub const fn kind(&self) -> &'static str {
        match self {
            TenderFault::Unnamed(_) => "tender_unnamed",
            TenderFault::NoScheme(_) => "purse_no_scheme",
            TenderFault::Differs { .. } | TenderFault::Amount { .. } => "tender_differs",
            TenderFault::NotDone { .. } => "tender_not_paid",
            TenderFault::Twice { .. } => "tender_twice",
            TenderFault::TimedOut { .. } => "tender_timed_out",
        }
    }
}

/// Judges what a sale counts as `told`; `paid` is the movement, if HQ heard of it.
pub fn judge(sale: SaleId, txid: PurseTx, told: Money, paid: Option<&Paid>) -> Judgement {
    let Some(paid) = paid else {
        return Judgement::Waits;
    };
    let differs = |what| Judgement::Wrong(TenderFault::Differs { sale, txid, what });
    if paid.action != Action::Pay {
        return differs("it is no payment");
    }
    if !paid.same_terminal {
        return differs("another till made it");
    }
    if paid.sale != Some(sale) {
        return differs("it was for another sale");
    }
    if paid.amount != told {
        let moved = paid.amount;
        return Judgement::Wrong(TenderFault::Amount {
            sale,
            txid,
            told,
            moved,
        });
    }
    if paid.given_up {
        return differs("a manager gave it up, and its money is owed to the holder");
    }
    if paid.given_back {
        return differs("it was given back before");
    }
    match paid.ended {
        Some(PurseEnd::Done) => Judgement::Stands,
        Some(_) => Judgement::Wrong(TenderFault::NotDone { sale, txid }),
        None => Judgement::Waits,
    }
}
