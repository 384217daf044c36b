//! What is to be done with the next card.

use super::view::JobKind;
use crate::till::VoidRequest;
use tillside_core::{CardIdentity, MemberId, Money, PersonId, PurseTx, SaleId, TenderKind};

/// What is to be done with a card.
#[derive(Clone, Debug)]
pub struct Job {
    /// The movement it makes, if it makes one; made before anything happens.
    pub txid: PurseTx,
    /// Who is signed in.
    pub person: PersonId,
    /// What.
    pub work: Work,
}

/// What is to be done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Work {
    /// Pay for an open sale.
    Pay {
        /// The sale.
        sale: SaleId,
        /// How much; none is all that is left to pay.
        amount: Option<Money>,
        /// Whether less may be taken, if the card holds less.
        partly: bool,
        /// From where.
        from: Source,
    },
    /// Put money on.
    TopUp {
        /// How much.
        amount: Money,
        /// How the shopper pays for it.
        tender: TenderKind,
        /// To where.
        to: Source,
    },
    /// Give all cards of a recorded sale their money back, and void it then.
    Void {
        /// The sale.
        sale: SaleId,
        /// Who asked, who allowed it, why.
        request: VoidRequest,
    },
    /// Give a payment back: of an open sale, or what is owed, or a refund.
    GiveBack {
        /// The payment.
        of: PurseTx,
        /// How much; none is all that is left of it.
        amount: Option<Money>,
    },
    /// Put the balance of a lost card on its replacement.
    Restore,
    /// Read what is on a card.
    Read,
    /// Make a card the programme's.
    Issue {
        /// Whose it is to be.
        member: MemberId,
        /// The lost card it stands in for.
        replaces: Option<CardIdentity>,
    },
}

/// Where the money is.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// On the card itself.
    #[default]
    Card,
    /// In the member's account at HQ; needs the line, and a card that proves who it is.
    Account,
}

impl Work {
    /// What kind of job it is.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Pay { .. } => JobKind::Pay,
            Self::TopUp { .. } => JobKind::TopUp,
            Self::Void { .. } => JobKind::Void,
            Self::GiveBack { .. } => JobKind::GiveBack,
            Self::Restore => JobKind::Restore,
            Self::Read => JobKind::Read,
            Self::Issue { .. } => JobKind::Issue,
        }
    }

    /// Whether it moves an account at HQ.
    pub fn asks_hq(&self) -> bool {
        match self {
            Self::Pay { from, .. } => *from == Source::Account,
            Self::TopUp { to, .. } => *to == Source::Account,
            _ => false,
        }
    }

    /// Whether it takes what an account holds, where that is less.
    pub fn takes_what_an_account_holds(&self) -> bool {
        let partly = matches!(self, Self::Pay { partly: true, .. });
        partly && self.asks_hq()
    }

    /// Whether it moves the value on the card itself.
    pub fn moves_the_card(&self) -> bool {
        match self {
            Self::Pay { from, .. } => *from == Source::Card,
            Self::TopUp { to, .. } => *to == Source::Card,
            Self::Void { .. } | Self::GiveBack { .. } | Self::Restore => true,
            Self::Read | Self::Issue { .. } => false,
        }
    }
}
