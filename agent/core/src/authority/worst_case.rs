//! What a plan may cost at worst, in figures and words, before it is published.
//!
//! "Decided" is how many uses HQ meant to give; "beyond" is how many more the chain may give while
//! stores are cut off. Only a risk cap, signed and manufacturers' coupons have any.

use super::Uncovered;
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
    /// Single-use numbers that any till accepts, up to a cap a till before HQ hears of it. A till keeps
    /// what it accepted itself, so it takes no number twice.
    RiskCap {
        /// How many numbers.
        numbers: u64,
        /// How many tills there are.
        tills: u64,
        /// How many a till accepts before HQ has confirmed any.
        cap_per_till: u64,
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
    /// Manufacturers' coupons, which nobody signed and HQ does not count, up to a cap a till before HQ
    /// hears of it.
    Manufacturer {
        /// How many tills there are.
        tills: u64,
        /// How many a till accepts before HQ has confirmed any.
        cap_per_till: u64,
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
            ProofKind::Manufacturer(terms) => Self::Manufacturer {
                tills,
                cap_per_till: terms.cap.uses,
            },
            ProofKind::RiskCap(cap) => Self::RiskCap {
                numbers,
                tills,
                cap_per_till: cap.uses,
                manager: matches!(cap.past, Uncovered::Manager),
            },
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
}

impl WorstCase {
    /// Computes it, each use worth at most `value`.
    ///
    /// # Errors
    /// [`MoneyError`] if the cost is more than an amount can be: such a plan must not be published.
    pub fn of(proof: PlanProof, value: Option<Money>) -> Result<Self, MoneyError> {
        let (decided, beyond) = match proof {
            PlanProof::StoreBound { numbers } | PlanProof::OnlineOnly { numbers } => (numbers, 0),
            PlanProof::CardBound { uses } => (uses, 0),
            PlanProof::Lease { quota, .. } => (quota, 0),
            // HQ decided nothing: what may be forged until HQ has heard of all of it, and then again.
            PlanProof::Manufacturer {
                tills,
                cap_per_till,
            } => (0, cap_per_till.saturating_mul(tills)),
            // A till hears of the others' uses with a bundle only; the cap says how many it accepts
            // meanwhile before HQ hears, not how often that happens.
            PlanProof::RiskCap {
                numbers: issued,
                tills,
                ..
            }
            | PlanProof::Token { issued, tills } => {
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
        })
    }

    /// How many uses there may be, of a risk cap that no manager may go past, before HQ hears of any.
    pub fn before_hq_hears(&self) -> Option<u64> {
        match self.proof {
            PlanProof::RiskCap {
                numbers,
                tills,
                cap_per_till,
                manager: false,
            } => Some(cap_per_till.min(numbers).saturating_mul(tills)),
            PlanProof::Manufacturer {
                tills,
                cap_per_till,
            } => Some(cap_per_till.saturating_mul(tills)),
            _ => None,
        }
    }

    /// How many uses there may be in all.
    pub const fn uses(&self) -> u64 {
        self.decided.saturating_add(self.beyond)
    }
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
        if let PlanProof::Manufacturer { cap_per_till, .. } = self.proof {
            let cap = Counted(cap_per_till);
            return write!(
                f,
                " before HQ hears of any, and as much again each time after. Nobody signed these coupons: \
                 whether one is genuine the manufacturer says when it pays, or does not. A till takes at \
                 most {cap} before HQ has confirmed them. A coupon with a serial number is taken once at \
                 each till that has not heard of it, and HQ opens a case for every use after the first; \
                 one without is not told from a copy."
            );
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
            PlanProof::RiskCap {
                tills,
                cap_per_till,
                manager,
                ..
            } => {
                write!(
                    f,
                    "A till hears of other tills' uses with the next bundle: each number may be used once \
                     at each of {tills} tills, and HQ opens a case for every use after the first. "
                )?;
                match self.before_hq_hears() {
                    Some(uses) if !manager => write!(
                        f,
                        "Before HQ hears of it a till accepts at most {}; all tills together, {}.",
                        Counted(cap_per_till),
                        Counted(uses)
                    ),
                    _ => f.write_str("Managers may go past the cap."),
                }
            }
            // Said above.
            PlanProof::Manufacturer { .. } => Ok(()),
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
