//! The ledger of e-money: its accounts, and which two of them a movement of a purse concerns.
//!
//! A transfer takes money out of one account and puts the same into another, so that nothing can fail to
//! sum to zero. It is in the scheme's one currency. Keeping it is left to the store.

use tillside_core::{CardIdentity, FunderId, MemberId, PurseKind, StoreId};

/// The largest magnitude of a balance, minor units: 2^53 − 1, exact in any JSON reader.
pub const MONEY_LIMIT: i64 = (1 << 53) - 1;

/// Where money can be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Account {
    /// Where it comes from; negative by what this funder issued.
    Issued(FunderId),
    /// On a card.
    OnCard(CardIdentity),
    /// In a member's account.
    Member(MemberId),
    /// Paid in a store.
    Spent(StoreId),
    /// Taken for a sale that was then paid in another way: its holder is to get it back.
    Owed(Holder),
    /// Left on cards past their time.
    Expired,
}

/// Who holds a purse.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holder {
    /// Whoever has the card.
    Card(CardIdentity),
    /// The member.
    Member(MemberId),
}

impl Holder {
    /// Where the purse's money is.
    pub fn account(&self) -> Account {
        match self {
            Holder::Card(card) => Account::OnCard(card.clone()),
            Holder::Member(member) => Account::Member(*member),
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Holder::Card(card) => write!(f, "card:{card}"),
            Holder::Member(member) => write!(f, "member:{member}"),
        }
    }
}

/// The account's name in the database.
impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Account::Issued(funder) => write!(f, "issued:{funder}"),
            Account::OnCard(card) => write!(f, "on_card:{card}"),
            Account::Member(member) => write!(f, "account:{member}"),
            Account::Spent(store) => write!(f, "spent:{store}"),
            Account::Owed(holder) => write!(f, "owed:{holder}"),
            Account::Expired => f.write_str("expired"),
        }
    }
}

/// What was done to a purse: its number in a card's log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Action {
    /// 1.
    Pay,
    /// 2.
    TopUp,
    /// 3.
    Void,
    /// 4.
    Refund,
    /// 5.
    Restore,
}

impl Action {
    /// The action of that number.
    pub const fn numbered(number: u8) -> Option<Self> {
        Some(match number {
            1 => Action::Pay,
            2 => Action::TopUp,
            3 => Action::Void,
            4 => Action::Refund,
            5 => Action::Restore,
            _ => return None,
        })
    }

    /// As the ledger keeps it, and as reports say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Pay => "pay",
            Action::TopUp => "top_up",
            Action::Void => "void",
            Action::Refund => "refund",
            Action::Restore => "restore",
        }
    }
}

/// What of a movement decides where its money goes.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What was done.
    pub action: Action,
    /// Whose purse.
    pub holder: Holder,
    /// Where; for what gives back, where it was paid.
    pub store: StoreId,
    /// For a payment: its sale was paid in another way. For what gives back: the payment's was.
    pub owed: bool,
    /// For what carries over: the lost card.
    pub from: Option<CardIdentity>,
}

impl Moved {
    /// Out of which account, into which. None for a carry-over from nowhere.
    pub fn legs(&self, funder: &FunderId) -> Option<(Account, Account)> {
        let purse = self.holder.account();
        let sink = match self.owed {
            true => Account::Owed(self.holder.clone()),
            false => Account::Spent(self.store.clone()),
        };
        Some(match self.action {
            Action::Pay => (purse, sink),
            Action::TopUp => (Account::Issued(funder.clone()), purse),
            Action::Void | Action::Refund => (sink, purse),
            Action::Restore => (Account::OnCard(self.from.clone()?), purse),
        })
    }
}

/// Whose purse a movement concerns. None: an account without its member.
pub fn holder(kind: PurseKind, card: &CardIdentity, member: Option<MemberId>) -> Option<Holder> {
    match kind {
        PurseKind::Account => member.map(Holder::Member),
        _ => Some(Holder::Card(card.clone())),
    }
}
