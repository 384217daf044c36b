//! The ledger of points: accounts, and movements between two of them.
//!
//! A movement takes points out of one account and puts the same into another, so no transaction can
//! fail to sum to zero. Deciding which movements a fact causes is left to `ingest` and `members`,
//! keeping them to the store.

use std::collections::{BTreeMap, HashMap};
use tillside_core::{CardIdentity, FunderId, MemberId};

/// The largest magnitude of a balance, 2^53 − 1: exact in any JSON reader.
pub const BALANCE_LIMIT: i64 = (1 << 53) - 1;

/// Where points can be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Account {
    /// A member's.
    Member(MemberId),
    /// Of a card that HQ does not know yet: kept until somebody owns the card.
    Card(CardIdentity),
    /// Of who pays for points; negative by what was given.
    Funder(FunderId),
    /// The other side of balances that were brought in at a member's first import.
    Opening,
    /// Points of a funder that expired: given, and never to be honoured.
    Expired(FunderId),
    /// Points that paid for sales.
    Spent,
}

/// The account's name in the database: `member:ID`, `card:IDENTITY`, `funder:CODE`, `opening`, `expired:CODE`, `spent`.
impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Account::Member(member) => write!(f, "member:{member}"),
            Account::Card(card) => write!(f, "card:{card}"),
            Account::Funder(funder) => write!(f, "funder:{funder}"),
            Account::Opening => f.write_str("opening"),
            Account::Expired(funder) => write!(f, "expired:{funder}"),
            Account::Spent => f.write_str("spent"),
        }
    }
}

/// Why points moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MovementKind {
    /// A sale gave them.
    Earn,
    /// A void took them back.
    Void,
    /// A member came with them.
    Opening,
    /// A card that had earned them found its owner.
    Resolve,
    /// Goods that had earned them came back.
    Return,
    /// They expired or, the other way, had not.
    Expire,
    /// A person gave or took them.
    Adjust,
    /// They paid for a sale.
    Spend,
    /// What they paid for came back.
    Unspend,
}

impl MovementKind {
    /// As the database keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            MovementKind::Earn => "earn",
            MovementKind::Void => "void",
            MovementKind::Opening => "opening",
            MovementKind::Resolve => "resolve",
            MovementKind::Return => "return",
            MovementKind::Expire => "expire",
            MovementKind::Adjust => "adjust",
            MovementKind::Spend => "spend",
            MovementKind::Unspend => "unspend",
        }
    }
}

/// Points on their way from one account to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    kind: MovementKind,
    from: Account,
    to: Account,
    points: i64,
}

/// Why points cannot move.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Zero or less, or past [`BALANCE_LIMIT`].
    #[error("{0} points cannot be moved")]
    Amount(i64),
    /// Both sides are one account.
    #[error("points cannot move within one account")]
    SameAccount,
    /// A balance would leave ±[`BALANCE_LIMIT`].
    #[error("the balance of {0} would grow beyond what can be counted")]
    Overflow(Account),
}

impl Movement {
    /// Moves `points`, more than zero, from one account to another.
    pub fn new(
        kind: MovementKind,
        from: Account,
        to: Account,
        points: i64,
    ) -> Result<Self, LedgerError> {
        if points <= 0 || points > BALANCE_LIMIT {
            return Err(LedgerError::Amount(points));
        }
        if from == to {
            return Err(LedgerError::SameAccount);
        }
        Ok(Self {
            kind,
            from,
            to,
            points,
        })
    }

    /// Why.
    pub const fn kind(&self) -> MovementKind {
        self.kind
    }

    /// Where they leave.
    pub const fn from(&self) -> &Account {
        &self.from
    }

    /// Where they arrive.
    pub const fn to(&self) -> &Account {
        &self.to
    }

    /// How many, more than zero.
    pub const fn points(&self) -> i64 {
        self.points
    }

    /// The two entries of this movement; they sum to zero.
    pub fn entries(&self) -> [(&Account, i64); 2] {
        [(&self.from, -self.points), (&self.to, self.points)]
    }
}

/// Balances of the accounts that one database transaction touches.
#[derive(Debug, Default)]
pub struct Balances {
    known: HashMap<Account, i64>,
}

impl Balances {
    /// Whether the account's balance was put here.
    pub fn knows(&self, account: &Account) -> bool {
        self.known.contains_key(account)
    }

    /// Puts a balance as the database has it.
    pub fn put(&mut self, account: Account, points: i64) {
        self.known.insert(account, points);
    }

    /// The balance; zero for an account that was never used.
    pub fn of(&self, account: &Account) -> i64 {
        self.known.get(account).copied().unwrap_or(0)
    }

    /// Books all movements, or none where a balance would leave its range.
    pub fn book(&mut self, movements: &[Movement]) -> Result<(), LedgerError> {
        let mut changed: BTreeMap<&Account, i64> = BTreeMap::new();
        for (account, points) in movements.iter().flat_map(Movement::entries) {
            let balance = changed.entry(account).or_insert_with(|| self.of(account));
            *balance = balance
                .checked_add(points)
                .filter(|sum| sum.unsigned_abs() <= BALANCE_LIMIT.unsigned_abs())
                .ok_or_else(|| LedgerError::Overflow(account.clone()))?;
        }
        for (account, points) in changed {
            self.known.insert(account.clone(), points);
        }
        Ok(())
    }
}

/// What a proof of the whole ledger found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerCheck {
    /// How many accounts there are.
    pub accounts: u64,
    /// The sum of every entry; zero, or the ledger is broken.
    pub sum: i64,
    /// Accounts whose running balance is not the sum of their entries.
    pub differing: Vec<String>,
}

impl LedgerCheck {
    /// Whether the ledger is whole.
    pub fn holds(&self) -> bool {
        self.sum == 0 && self.differing.is_empty()
    }
}
