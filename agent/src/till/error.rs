//! Why the till says no, in words for whoever stands before it.

use crate::barcode::ScanError;
use crate::chance::NoChance;
use tillside_core::{GtinError, Money, Refusal, Timestamp};
use tillside_store::StoreError;

/// The most open sales at a time.
pub const OPEN_SALE_LIMIT: usize = 50;
/// The most refused coupon numbers that are recorded for one sale.
pub const REFUSED_COUPON_LIMIT: usize = 100;

/// Why something was not done. Nothing of it was recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TillError {
    /// The core says no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error("{}", .0.advice())]
    Store(#[from] StoreError),
    /// The queue of the till is full.
    #[error("The till has too much to do at once. Wait a moment and try again.")]
    Busy,
    /// The till failed inside, or is stopping.
    #[error(
        "Something went wrong inside the till, and it may not have been done. Try again; if it comes back, restart Tillside and call HQ."
    )]
    Failed,
    /// The terminal is not enrolled.
    #[error(
        "This till is not set up yet, so it cannot sell. Ask HQ for an invitation code and run `tillside enrol`."
    )]
    NotEnrolled,
    /// No open or recorded sale has this id.
    #[error(
        "This till has no such sale. Start a new sale, or look for it on the till that opened it."
    )]
    NoSuchSale,
    /// The sale is open, and the call needs a recorded one.
    #[error("This sale is not paid yet. Finish it first, or throw it away.")]
    StillOpen,
    /// `OPEN_SALE_LIMIT` is reached.
    #[error(
        "{OPEN_SALE_LIMIT} sales are open, which is the most. Finish or throw away one of them first."
    )]
    TooManyOpen,
    /// `REFUSED_COUPON_LIMIT` is reached.
    #[error(
        "{REFUSED_COUPON_LIMIT} coupons were refused for this sale, which is the most. Go on without coupons."
    )]
    TooManyRefused,
    /// A text names no item.
    #[error("Line {line}: {reason}.")]
    BadItem {
        /// Which line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// An item is not in the product list, and the line does not say enough.
    #[error(
        "Line {line}: {item} is not in the product list. Give it a name, a price and a tax class, or check the number."
    )]
    UnknownItem {
        /// Which line, from 1.
        line: usize,
        /// The item.
        item: String,
    },
    /// A barcode was misread.
    #[error("{}", bad_gtin(.0))]
    BadGtin(GtinError),
    /// A quantity is below zero.
    #[error(
        "The quantity {0} is below zero. Enter how many are bought; to take an item off, enter 0."
    )]
    NegativeQuantity(i64),
    /// A quantity is zero where something must be sold.
    #[error("The quantity is 0. Enter how many are bought.")]
    ZeroQuantity,
    /// There is no such line.
    #[error("This sale has no line {0}. Look at the basket again.")]
    NoSuchLine(usize),
    /// The text is not a coupon number.
    #[error(
        "This cannot be a coupon: a coupon number has 4 to 32 letters or digits. Scan it again, or type it."
    )]
    BadCoupon,
    /// The coupon is not on the sale.
    #[error("This coupon is not on the sale.")]
    NoSuchCoupon,
    /// The text is not a card.
    #[error("This is not a card this till can read. Scan or type the number on the card.")]
    BadCard,
    /// The code cannot be looked at.
    #[error("{0}")]
    Scan(#[from] ScanError),
    /// One of several payments has no amount.
    #[error("Say how much is paid with each, or pay everything one way.")]
    TenderWithoutAmount,
    /// The key was used for another request.
    #[error(
        "This request has the key of another one. Use a new key for each request, and the same key only to repeat it."
    )]
    KeyReused,
    /// The PIN or the person is wrong.
    #[error("That PIN is not right. {left} more wrong {} and this name is locked for a while.", if *left == 1 { "try" } else { "tries" })]
    WrongPin {
        /// Tries before the lock.
        left: u32,
    },
    /// Too many wrong PINs.
    #[error("Too many wrong PINs. Wait until {at}, then try again; a manager can help meanwhile.")]
    Locked {
        /// Until when.
        until: Timestamp,
        /// The same in the store's time, for the words.
        at: String,
    },
    /// Only a manager may do this.
    #[error("A manager must allow this. Ask a manager to enter their name and PIN.")]
    ManagerNeeded,
    /// The system gave no randomness.
    #[error(
        "This computer cannot make a new number right now. Restart it, and call HQ if that does not help."
    )]
    Chance(#[from] NoChance),
    /// An answer could not be written as JSON.
    #[error("Something went wrong inside the till. Restart Tillside and call HQ.")]
    Unwritable(#[source] serde_json::Error),
    /// A payment by e-money has begun, so the sale stays as it is.
    #[error(
        "A card is paying for this sale, so it cannot be changed now. Finish paying, or give the card its money back first."
    )]
    SaleFixed,
    /// One thing at a time is done with cards.
    #[error("The till is waiting for a card already. Finish that, or cancel it first.")]
    JobRunning,
    /// Nothing is being done with a card.
    #[error("The till is not waiting for a card.")]
    NoJob,
    /// The card is being written to.
    #[error("The card is being read or written right now. Wait for the outcome.")]
    JobUnderWay,
    /// Card readers are switched off.
    #[error(
        "Card readers are switched off for this till. Start it without `--no-readers` to use cards."
    )]
    ReadersOff,
    /// There are no keys for cards.
    #[error(
        "This till has no keys for cards yet, so cards only say who it is. It gets them when it reaches HQ; ask for another payment meanwhile."
    )]
    NoKeys,
    /// More is to be taken than is left to pay.
    #[error("Only {due} is left to pay. Take that, or less.")]
    MoreThanDue {
        /// What is left.
        due: Money,
    },
    /// The money came from another card.
    #[error("{}", crate::purse::words::OTHER_CARD)]
    OtherCard,
    /// Nothing is left to pay.
    #[error("Nothing is left to pay. Finish the sale.")]
    NothingDue,
    /// Nobody is called so.
    #[error("This store knows no such member. Check the name or number, or ask HQ.")]
    NoSuchMember,
    /// The lost card is another member's.
    #[error("That lost card is not one of this member's. Look the member up again.")]
    NotTheirCard,
    /// Another card stands in for the lost one already.
    #[error(
        "That card was reported lost, and card {0} stands in for it. It stays blocked; use card {0}."
    )]
    ReplacedAlready(String),
    /// Several are called so.
    #[error("{0} members fit that. Say which one by the member id.")]
    SeveralMembers(usize),
    /// The account needs HQ.
    #[error(
        "The account is kept at HQ, and there is no line to HQ right now. Ask for another payment."
    )]
    LineNeeded,
    /// The account needs a proof of who it is.
    #[error(
        "The account needs a card that proves who it is, or a fresh code from the member's phone. Show one of them."
    )]
    ProofNeeded,
    /// A kept open sale cannot be read.
    #[error("An open sale cannot be read by this program. Throw it away and scan the items again.")]
    UnreadableDraft(#[source] serde_json::Error),
}

fn bad_gtin(error: &GtinError) -> String {
    match error {
        GtinError::CheckDigit { text, .. } => format!(
            "The barcode {text} was misread or mistyped: its last digit does not fit the others. Scan it again."
        ),
        other => format!("{other}. Scan it again."),
    }
}

impl TillError {
    /// The kind of error, for programs: stable, snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Store(error) => store_code(error),
            Self::Busy => "busy",
            Self::Failed | Self::Unwritable(_) | Self::Chance(_) => "failed",
            Self::NotEnrolled => "not_enrolled",
            Self::NoSuchSale => "sale_unknown",
            Self::StillOpen => "still_open",
            Self::TooManyOpen => "too_many_open",
            Self::TooManyRefused => "too_many_refused",
            Self::BadItem { .. } => "bad_item",
            Self::UnknownItem { .. } => "unknown_item",
            Self::BadGtin(_) => "bad_gtin",
            Self::NegativeQuantity(_) => "negative_quantity",
            Self::ZeroQuantity => "quantity_zero",
            Self::NoSuchLine(_) => "no_such_line",
            Self::BadCoupon => "bad_coupon",
            Self::NoSuchCoupon => "no_such_coupon",
            Self::BadCard => "bad_card",
            Self::Scan(ScanError::Empty) => "nothing_scanned",
            Self::Scan(ScanError::TooLong) => "code_too_long",
            Self::TenderWithoutAmount => "tender_without_amount",
            Self::KeyReused => "key_reused",
            Self::WrongPin { .. } => "wrong_pin",
            Self::Locked { .. } => "locked",
            Self::ManagerNeeded => "manager_needed",
            Self::UnreadableDraft(_) => "unreadable_sale",
            Self::SaleFixed => "sale_fixed",
            Self::JobRunning => "job_running",
            Self::NoJob => "no_job",
            Self::JobUnderWay => "job_under_way",
            Self::ReadersOff => "readers_off",
            Self::NoKeys => "no_keys",
            Self::MoreThanDue { .. } => "more_than_due",
            Self::OtherCard => "other_card",
            Self::NothingDue => "nothing_due",
            Self::NoSuchMember => "no_such_member",
            Self::NotTheirCard => "not_their_card",
            Self::ReplacedAlready(_) => "replaced_already",
            Self::SeveralMembers(_) => "several_members",
            Self::LineNeeded => "line_needed",
            Self::ProofNeeded => "proof_needed",
        }
    }

    /// Whether the same call can succeed later without being changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Busy | Self::Failed | Self::Locked { .. } | Self::LineNeeded => true,
            _ => false,
        }
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::DiskFull { .. } => "disk_full",
        StoreError::Damaged { .. } => "database_damaged",
        StoreError::InUse { .. } => "database_in_use",
        StoreError::NotEnrolled => "not_enrolled",
        StoreError::CouponUsed { .. } | StoreError::ShareSpent { .. } => "coupon",
        StoreError::PointsSpent => "points_not_covered",
        StoreError::SaleRecorded { .. } => "already_completed",
        StoreError::NothingToVoid { .. } => "already_voided",
        StoreError::NothingToReturn { .. } => "already_returned",
        StoreError::KeyAnswered { .. } => "key_reused",
        StoreError::Limit { .. } => "limit",
        StoreError::NoSuchPerson { .. } => "no_such_person",
        _ => "store_failed",
    }
}
