//! What a plan may cost at worst, in figures and words, before it is published.
//!
//! "Decided" is how many uses HQ meant to give; "beyond" is how many more the chain may give while
//! stores are cut off. Only a risk cap and signed coupons have any.

use crate::{Money, MoneyError, ProofKind};
use std::fmt;

/// The proof of a plan, with the figures that bound it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PlanProof {
    /// Each of these single-use numbers belongs to one store.
    StoreBound {
        /// How many.
        numbers: u64,
    },
    /// Each use is written to the card in the commit that gives it.
    CardBound {
        /// How many uses all cards have together.
        uses: u64,
    },
    /// Stores hold leases on a quota.
    Lease {
        /// The quota.
        quota: u64,
        /// The most that one till holds at once.
        largest_lease: u64,
    },
    /// Single-use numbers that any store accepts, up to a cap a store while it is cut off. A store keeps
    /// what it accepted itself, so it takes no number twice.
    RiskCap {
        /// How many numbers.
        numbers: u64,
        /// How many a store accepts by itself.
        cap_per_store: u64,
        /// Whether a manager may go past the cap.
        manager: bool,
    },
    /// Coupons that HQ signed, which any till accepts unless it took the same one itself.
    Token {
        /// How many were issued.
        issued: u64,
        /// How many tills there are.
        tills: u64,
    },
    /// HQ is asked each time.
    OnlineOnly {
        /// How many numbers.
        numbers: u64,
    },
}

impl PlanProof {
    /// The figures of a plan, of which HQ has issued so many numbers, in a chain of so many tills.
    pub const fn of(kind: &ProofKind, numbers: u64, tills: u64) -> Self {
        match kind {
            ProofKind::Token { .. } => Self::Token {
                issued: numbers,
                tills,
            },
            ProofKind::StoreBound => Self::StoreBound { numbers },
            // A till that asks alone, again and again, ends with all of it.
            ProofKind::Lease { quota, .. } => Self::Lease {
                quota: *quota,
                largest_lease: *quota,
            },
        }
    }
}

/// What may come of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorstCase {
    /// How many uses HQ decided to give.
    pub decided: u64,
    /// How many more there may be.
    pub beyond: u64,
    /// The most that all of them cost together; none where a use has no fixed value.
    pub cost: Option<Money>,
    /// What of it is beyond.
    pub cost_beyond: Option<Money>,
    proof: PlanProof,
    stores: u64,
}

impl WorstCase {
    /// Computes it for so many stores, each use worth at most `value`.
    ///
    /// # Errors
    /// [`MoneyError`] if the cost is more than an amount can be: such a plan must not be published.
    pub fn of(proof: PlanProof, stores: u64, value: Option<Money>) -> Result<Self, MoneyError> {
        let (decided, beyond) = match proof {
            PlanProof::StoreBound { numbers } | PlanProof::OnlineOnly { numbers } => (numbers, 0),
            PlanProof::CardBound { uses } => (uses, 0),
            PlanProof::Lease { quota, .. } => (quota, 0),
            PlanProof::RiskCap {
                numbers,
                cap_per_store,
                manager,
            } => (numbers, risk(numbers, stores, cap_per_store, manager)),
            PlanProof::Token { issued, tills } => {
                (issued, issued.saturating_mul(tills.saturating_sub(1)))
            }
        };
        let worth = |uses: u64| value.map(|value| times(value, uses)).transpose();
        Ok(Self {
            decided,
            beyond,
            cost: worth(decided.saturating_add(beyond))?,
            cost_beyond: worth(beyond)?,
            proof,
            stores,
        })
    }

    /// How many uses there may be in all.
    pub const fn uses(&self) -> u64 {
        self.decided.saturating_add(self.beyond)
    }
}

/// Every number may be used once with HQ's word, and by each dark store once without it, as far as the
/// cap goes; but no store takes a number twice, in whichever way.
fn risk(numbers: u64, stores: u64, cap: u64, manager: bool) -> u64 {
    let dark = match manager {
        true => numbers,
        false => cap.min(numbers),
    };
    let without_hq = dark.saturating_mul(stores);
    let once_a_store = numbers.saturating_mul(stores.saturating_sub(1));
    without_hq.min(once_a_store)
}

fn times(value: Money, uses: u64) -> Result<Money, MoneyError> {
    let uses = i64::try_from(uses).unwrap_or(i64::MAX);
    let minor = value.minor().saturating_mul(uses);
    Money::new(minor, value.currency())
}

/// In words, for whoever publishes the plan.
impl fmt::Display for WorstCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uses = Counted(self.uses());
        write!(f, "At worst {uses}")?;
        if let Some(cost) = self.cost {
            write!(f, ", {cost}")?;
        }
        if self.beyond > 0 {
            write!(f, "; {} of them beyond what is meant", self.beyond)?;
            if let Some(cost) = self.cost_beyond {
                write!(f, " ({cost})")?;
            }
        }
        f.write_str(". ")?;
        match self.proof {
            PlanProof::StoreBound { .. } => f.write_str(
                "Each number is good in one store, whose till uses it up: none is used twice.",
            ),
            PlanProof::CardBound { .. } => f.write_str(
                "Each use is written to the card together with the sale: none is given twice.",
            ),
            PlanProof::Lease { largest_lease, .. } => write!(
                f,
                "Tills hold parts of the quota, which is never overshot while clocks are right within \
                 the stated bound. A till whose disk is put back without anybody telling it may give \
                 up to {} again.",
                Counted(largest_lease)
            ),
            PlanProof::RiskCap { manager: true, .. } => write!(
                f,
                "While stores are cut off, managers may let every number be used once in each of {} \
                 stores.",
                self.stores
            ),
            PlanProof::RiskCap { cap_per_store, .. } => write!(
                f,
                "While it is cut off, each of {} stores may give {} that were given elsewhere too.",
                self.stores,
                Counted(cap_per_store)
            ),
            PlanProof::Token { tills, .. } => write!(
                f,
                "A till that is cut off knows only its own uses: each coupon may be used once at each of \
                 {tills} tills, and HQ opens a case for every use after the first.",
            ),
            PlanProof::OnlineOnly { .. } => {
                f.write_str("HQ is asked each time: without a line there is no use.")
            }
        }
    }
}

/// `1 use`, `1200 uses`.
struct Counted(u64);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 use"),
            many => write!(f, "{many} uses"),
        }
    }
}
