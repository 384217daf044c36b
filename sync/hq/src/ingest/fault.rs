//! Why a record is kept but not booked: the kinds of cases.

use crate::coupons::CouponFault;
use crate::emoney::PurseFault;
use crate::ledger::LedgerError;
use tillside_core::authority::AllowanceId;
use tillside_core::{ChainError, CouponNumber, MemberId, PlanId, ReturnId, SaleId};

/// Why HQ cannot book a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The record itself cannot be read or is not what was hashed.
    #[error("{0}")]
    Record(#[source] ChainError),
    /// A coupon's use does not stand.
    #[error("coupon {number} cannot have been used here: {fault}")]
    Coupon {
        /// Which.
        number: CouponNumber,
        /// Why.
        #[source]
        fault: CouponFault,
    },
    /// A use out of a share that this terminal was not granted for its plan.
    #[error(
        "a use of {plan} is out of share {allowance}, which HQ did not lease to this till for it"
    )]
    NotLeased {
        /// Of which plan.
        plan: PlanId,
        /// Which share.
        allowance: AllowanceId,
    },
    /// Points out of an allowance that this terminal was not granted for this member.
    #[error(
        "points of member {member} are out of allowance {allowance}, which HQ did not give this till for them"
    )]
    PointsNotLeased {
        /// Whose points.
        member: MemberId,
        /// Which allowance.
        allowance: AllowanceId,
    },
    /// One sale uses one number twice.
    #[error("coupon {0} stands twice in one sale")]
    CouponTwice(CouponNumber),
    /// HQ has no such member.
    #[error("HQ has no member {0}")]
    MemberUnknown(MemberId),
    /// Points without anybody to give them to.
    #[error("the sale gives points to nobody")]
    NobodyEarns,
    /// Its figures contradict each other.
    #[error("the sale does not add up: {0}")]
    DoesNotAddUp(&'static str),
    /// The sale was recorded before.
    #[error("sale {0} was recorded before")]
    SaleTwice(SaleId),
    /// A void of a sale HQ has not booked from this terminal.
    #[error("it voids sale {0}, which HQ has not booked from this terminal")]
    VoidUnknown(SaleId),
    /// A void of a voided sale.
    #[error("sale {0} was voided before")]
    VoidTwice(SaleId),
    /// A void that gives back something else than the sale took.
    #[error("the void of sale {sale} gives back other {what} than the sale took")]
    VoidDiffers {
        /// Which sale.
        sale: SaleId,
        /// What differs.
        what: &'static str,
    },
    /// Goods of a sale that HQ has not booked came back.
    #[error("goods of sale {0} came back, which HQ has not booked")]
    ReturnUnknown(SaleId),
    /// The return was recorded before.
    #[error("return {0} was recorded before")]
    ReturnTwice(ReturnId),
    /// Goods of a voided sale came back.
    #[error("goods of sale {0} came back, which was voided before")]
    ReturnOfVoided(SaleId),
    /// Goods came back that are back already: two tills took them, each while it did not know of the other.
    #[error(
        "more of line {line} of sale {sale} came back than was sold: {left} could still come back"
    )]
    ReturnedBefore {
        /// Which sale.
        sale: SaleId,
        /// Which line, from 1.
        line: usize,
        /// How many were not back.
        left: u32,
    },
    /// A void of a sale of which goods came back.
    #[error("it voids sale {0}, of which goods came back before")]
    VoidReturned(SaleId),
    /// The points cannot be moved.
    #[error("{0}")]
    Ledger(#[source] LedgerError),
    /// What it says of a purse.
    #[error(transparent)]
    Purse(#[from] PurseFault),
    /// An event this program does not book.
    #[error("this HQ does not know this kind of event: update it")]
    NewerEvent,
}

impl Fault {
    /// The kind of case, for programs and filters: stable, snake case.
    pub const fn kind(&self) -> &'static str {
        match self {
            Fault::Record(ChainError::Altered { .. }) => "record_altered",
            Fault::Record(ChainError::Version { .. }) => "record_version",
            Fault::Record(ChainError::Foreign { .. }) => "record_foreign",
            Fault::Record(_) => "record_unreadable",
            Fault::Coupon {
                fault: CouponFault::UsedBefore(_),
                ..
            } => "coupon_used_before",
            Fault::Coupon {
                fault: CouponFault::NotIssued,
                ..
            } => "coupon_unknown",
            Fault::Coupon {
                fault: CouponFault::NotGenuine | CouponFault::NotRead,
                ..
            } => "coupon_not_genuine",
            Fault::Coupon { .. } => "coupon_not_here",
            Fault::NotLeased { .. } | Fault::PointsNotLeased { .. } => "share_unknown",
            Fault::CouponTwice(_) => "coupon_twice",
            Fault::MemberUnknown(_) => "member_unknown",
            Fault::NobodyEarns => "nobody_earns",
            Fault::DoesNotAddUp(_) => "does_not_add_up",
            Fault::SaleTwice(_) => "sale_twice",
            Fault::VoidUnknown(_) => "void_unknown",
            Fault::VoidTwice(_) => "void_twice",
            Fault::VoidDiffers { .. } => "void_differs",
            Fault::ReturnUnknown(_) => "return_unknown",
            Fault::ReturnTwice(_) => "return_twice",
            Fault::ReturnOfVoided(_) => "return_of_voided",
            Fault::ReturnedBefore { .. } => "returned_before",
            Fault::VoidReturned(_) => "void_returned",
            Fault::Ledger(_) => "points_overflow",
            Fault::Purse(fault) => fault.kind(),
            Fault::NewerEvent => "event_unknown",
        }
    }

    /// What HQ held against the record, for the case's evidence.
    pub fn evidence(&self) -> serde_json::Value {
        match self {
            Fault::Coupon {
                number,
                fault: CouponFault::UsedBefore(used),
            } => serde_json::json!({ "coupon": number, "used_before": used }),
            Fault::Coupon { number, fault } => {
                serde_json::json!({ "coupon": number, "fault": fault.to_string() })
            }
            Fault::Purse(fault) => {
                serde_json::json!({ "fault": fault.to_string(), "txid": fault.txid() })
            }
            Fault::Record(error) => serde_json::json!({
                "error": error.to_string(),
                "cause": std::error::Error::source(error).map(ToString::to_string),
            }),
            other => serde_json::json!({ "fault": other.to_string() }),
        }
    }
}
