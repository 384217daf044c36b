//! Why a coupon token does not count. The words are the cashier's.

use jiff::civil::Date;

/// Why a coupon token does not count here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a token, or not whole.
    #[error("This coupon cannot be read. Scan it again.")]
    Unreadable,
    /// None of HQ's keys signed it.
    #[error("This coupon is not genuine.")]
    Forged,
    /// HQ signed it in a layout that this program does not know.
    #[error("This coupon is newer than this till. Ask HQ to update the till.")]
    UnknownVersion,
    /// HQ signed something that is no token, or would have.
    #[error("This coupon was made wrongly. Tell HQ.")]
    Malformed,
    /// Its last day is over.
    #[error("This coupon expired on {on}.")]
    Expired {
        /// The last day.
        on: Date,
    },
    /// It is good in other stores.
    #[error("This coupon is good in other stores, not here.")]
    OtherStore,
    /// It is a member's, and nobody was identified.
    #[error("This coupon is personal. Ask for the member's card first.")]
    NeedsMember,
    /// It is another member's.
    #[error("This coupon is another member's.")]
    OtherMember,
}

impl TokenError {
    /// The kind, for programs: stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "token_unreadable",
            Self::Forged => "token_forged",
            Self::UnknownVersion => "token_unknown_version",
            Self::Malformed => "token_malformed",
            Self::Expired { .. } => "token_expired",
            Self::OtherStore => "token_other_store",
            Self::NeedsMember => "token_needs_member",
            Self::OtherMember => "token_other_member",
        }
    }

    /// Whether the same coupon can count in this sale: scanned again, or after the card.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreadable | Self::NeedsMember)
    }
}
