//! Why a command is refused, in words a cashier can act on.

use crate::authority::AllowanceError;
use crate::{
    BASKET_COUPON_LIMIT, BASKET_LINE_LIMIT, CouponNumber, Currency, LINE_NAME_LIMIT,
    LINE_QUANTITY_LIMIT, Money, MoneyError, Points, PurseTx, REASON_LIMIT, RETURN_LIMIT, SaleId,
    TENDER_LIMIT, Verdict,
};
use jiff::civil::Date;

/// Why the core says no. Nothing happened; the same command with the same state is refused again.
///
/// Lines are counted from 1, as they stand on the screen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is nothing to sell.
    #[error("There is nothing in the basket. Scan an item first.")]
    EmptyBasket,
    /// More than [`BASKET_LINE_LIMIT`] lines.
    #[error(
        "The basket has {lines} lines, and {BASKET_LINE_LIMIT} is the most. Finish this sale and put the rest into another."
    )]
    TooManyLines {
        /// How many there are.
        lines: usize,
    },
    /// More than [`BASKET_COUPON_LIMIT`] coupons.
    #[error(
        "{coupons} coupons were shown, and {BASKET_COUPON_LIMIT} is the most for one sale. Take some off."
    )]
    TooManyCoupons {
        /// How many there are.
        coupons: usize,
    },
    /// A line sells none of its item.
    #[error("Line {line} has the quantity 0. Enter how many, or take the line off.")]
    QuantityZero {
        /// Which line.
        line: usize,
    },
    /// More than [`LINE_QUANTITY_LIMIT`] on one line.
    #[error(
        "Line {line} has the quantity {quantity}, and {LINE_QUANTITY_LIMIT} is the most. Check the number."
    )]
    QuantityTooLarge {
        /// Which line.
        line: usize,
        /// How many it has.
        quantity: u32,
    },
    /// A name is empty or longer than [`LINE_NAME_LIMIT`] characters.
    #[error("The item's name on line {line} must have 1 to {LINE_NAME_LIMIT} characters.")]
    LineName {
        /// Which line.
        line: usize,
    },
    /// A price or a tender is in another currency than the basket.
    #[error("This sale is in {expected}, but an amount in {found} was given. Use one currency.")]
    MixedCurrency {
        /// The basket's.
        expected: Currency,
        /// The other.
        found: Currency,
    },
    /// A price is below zero.
    #[error("The price on line {line} is below zero. Check the price.")]
    NegativePrice {
        /// Which line.
        line: usize,
    },
    /// A sum leaves the range of [`Money`].
    #[error("The amount is too large for one sale. Check prices and quantities.")]
    AmountTooLarge,
    /// The points leave the range of [`crate::POINTS_LIMIT`].
    #[error(
        "This sale would give more points than can be counted. Check prices and quantities, or split the sale."
    )]
    PointsTooMany,
    /// The record would be longer than a journal takes.
    #[error("This sale is too long to be recorded in one piece. Split it into two sales.")]
    SaleTooLong,
    /// More than [`TENDER_LIMIT`] ways of paying.
    #[error("{tenders} payments were given, and {TENDER_LIMIT} is the most for one sale.")]
    TooManyTenders {
        /// How many there are.
        tenders: usize,
    },
    /// A payment is zero or less.
    #[error("A payment of {amount} was given. Each payment must be more than zero.")]
    TenderNotPositive {
        /// The amount.
        amount: Money,
    },
    /// The payments do not come to the total.
    #[error("{total} is to pay, but {tendered} was given. Correct the payment.")]
    TenderMismatch {
        /// What is to pay.
        total: Money,
        /// What the tenders sum to.
        tendered: Money,
    },
    /// A coupon of the sale may not be used.
    #[error("Coupon {number} cannot be used: {verdict}. Take it off and go on.")]
    Coupon {
        /// Which.
        number: CouponNumber,
        /// Why not.
        verdict: Verdict,
    },
    /// The sale was completed before; it stands as it was recorded.
    #[error("This sale was completed already. Print its receipt, or start a new sale.")]
    AlreadyCompleted {
        /// Which sale.
        sale: SaleId,
    },
    /// This terminal has no such sale.
    #[error("This till has no such sale. Look for it on the till that sold it.")]
    SaleUnknown {
        /// Which sale.
        sale: SaleId,
    },
    /// The sale was voided before.
    #[error("This sale was voided already. There is nothing left to take back.")]
    AlreadyVoided {
        /// Which sale.
        sale: SaleId,
    },
    /// A sale is voided on its own business day only.
    #[error("This sale is from {sold}. A sale can be voided only on its own day; use a return.")]
    NotSameDay {
        /// The sale's business day.
        sold: Date,
    },
    /// A sale of which goods came back is not voided any more.
    #[error(
        "Goods of this sale came back already, so it cannot be voided. Take the rest back as a return."
    )]
    GoodsWereReturned {
        /// Which sale.
        sale: SaleId,
    },
    /// Nothing was named.
    #[error("Choose what comes back, and how many.")]
    NothingReturned,
    /// A line that the sale does not have, or that is named twice.
    #[error("This sale has no line {line}, or it was chosen twice. Choose from its lines.")]
    NoSuchLine {
        /// Which.
        line: usize,
    },
    /// More comes back than was sold and is not back yet.
    #[error("Of line {line} only {left} can still come back. Check the number.")]
    MoreThanSold {
        /// Which line.
        line: usize,
        /// How many are left.
        left: u32,
    },
    /// More than [`RETURN_LIMIT`] returns of one sale.
    #[error(
        "Goods of this sale came back {RETURN_LIMIT} times, which is the most. Call the office."
    )]
    TooManyReturns,
    /// Goods are paid back in cash or to a bank card.
    #[error(
        "Pay this back in cash or to the bank card. To put it on a member card, top the card up."
    )]
    ReturnTender,
    /// The rules have no worth for points, or in another currency.
    #[error("Points cannot be paid with here.")]
    PointsNotTaken,
    /// Nobody known is there to whom points would belong.
    #[error("To pay with points, scan the member's card first.")]
    PointsOfNobody,
    /// A number of points that cannot be paid with.
    #[error(
        "Points pay in steps of {step}, and not fewer than {least} at once. Choose another number."
    )]
    PointsStep {
        /// The fewest.
        least: Points,
        /// The step.
        step: i64,
    },
    /// The points are worth more than there is to pay.
    #[error("That is more than there is to pay. At most {most} can pay for this sale.")]
    PointsMoreThanDue {
        /// The most that can.
        most: Points,
    },
    /// HQ has not given so many of the member's points to this till.
    #[error(
        "Only {left} of these points can be used here now. Use fewer, or try again when there is a line to HQ."
    )]
    PointsNotCovered {
        /// What may be spent here now.
        left: u64,
    },
    /// Points are no tender that anybody names.
    #[error("Say how many points pay; what they are worth is worked out here.")]
    PointsTender,
    /// A void needs a reason.
    #[error("Say why.")]
    ReasonMissing,
    /// The reason is longer than [`REASON_LIMIT`] characters.
    #[error("The reason is too long. {REASON_LIMIT} characters is the most.")]
    ReasonTooLong,
    /// A refusal was to be kept for a coupon that is valid.
    #[error("Coupon {number} is valid. Use it, or take it off.")]
    CouponValid {
        /// Which.
        number: CouponNumber,
    },
    /// A newer bundle is in force (invariant 8).
    #[error("Rules version {offered} is older than version {in_force}, which stays in force.")]
    OlderBundle {
        /// The version offered.
        offered: u64,
        /// The version in force.
        in_force: u64,
    },
    /// The chain has no e-money, or this store has not heard of it yet.
    #[error("This store does not take e-money. Ask for another payment.")]
    NoPurse,
    /// A card was to stand in for itself.
    #[error("A card cannot replace itself. Hold the new card on the reader.")]
    CardReplacesItself,
    /// The card was not frozen at this till.
    #[error("This till did not block that card. If it is blocked, only HQ can free it.")]
    CardNotFrozen,
    /// The txid was used before.
    #[error("This payment was begun before. Look at its outcome.")]
    PurseTxUsed {
        /// Which.
        txid: PurseTx,
    },
    /// The amount is in another currency than the purse.
    #[error("This card holds {expected}, and the amount is in {found}. Ask for another payment.")]
    PurseCurrency {
        /// The scheme's.
        expected: Currency,
        /// The amount's.
        found: Currency,
    },
    /// The card is blocked.
    #[error("This card may not be used: {why} Ask for another card or another payment.")]
    PurseBlocked {
        /// Why, a sentence.
        why: String,
    },
    /// An earlier movement of this card (or sale) is not settled.
    #[error("An earlier card payment is not settled yet. Hold the same card on the reader again.")]
    PurseUnresolved {
        /// Which.
        txid: PurseTx,
    },
    /// The card's own purse needs the card on the reader; an account does not.
    #[error("Hold the card on the reader.")]
    PurseCardNeeded,
    /// An account belongs to a member, and nobody knows whose this card is.
    #[error("This till does not know whose card this is. Ask for another payment.")]
    PurseMemberNeeded,
    /// Not enough on it.
    #[error(
        "There is only {balance} on this card. Take a part of the sum from it, or ask for another payment."
    )]
    PurseTooLow {
        /// What there is.
        balance: Money,
    },
    /// It would hold more than it may.
    #[error("A card can hold {cap} at most, and this one holds {balance}. {}", room(*balance, *cap))]
    PurseFull {
        /// What there is.
        balance: Money,
        /// The most there may be.
        cap: Money,
    },
    /// Money is put on cards at top-up desks only.
    #[error(
        "Cards are not topped up in this store. Send the shopper to a store with a top-up desk."
    )]
    PurseNoDesk,
    /// A top-up was to be paid with e-money.
    #[error("A top-up is paid in cash or with a bank card. Choose one of them.")]
    PurseTopUpTender,
    /// Cards are issued at desks that may.
    #[error("Cards are not issued in this store. Send the shopper to a store that issues them.")]
    NoIssueDesk,
    /// This terminal knows no such movement, or it is another card's.
    #[error(
        "This till knows no such payment with this card. Look for it on the till that took it."
    )]
    PursePaymentUnknown {
        /// Which.
        txid: PurseTx,
    },
    /// There is nothing left to give back.
    #[error("This was given back already, or less of it is left. Look at the payment.")]
    PurseTakenBack,
    /// No balance is to be carried over to this card.
    #[error("No balance is waiting for this card. Ask HQ.")]
    PurseNoCarryOver,
    /// The waiting time is not over.
    #[error("The balance of the lost card can be put on this one from {day} on.")]
    PurseCarryOverWaits {
        /// From when.
        day: Date,
    },
    /// Another terminal of the store carries balances over.
    #[error(
        "Balances of lost cards are put on new ones at another till of this store. Use that one."
    )]
    PurseOtherTill,
    /// The movement is being tried.
    #[error("The card is still being worked on. Wait a moment, then look again.")]
    PurseBusy,
    /// Only a payment holds up a sale, so only a payment is given up.
    #[error(
        "Only a payment can be given up. Hold the same card on the reader again, or wait until HQ settles it."
    )]
    PurseNotAPayment,
    /// The movement is settled; there is nothing to decide.
    #[error("This payment is dealt with already. Look at its outcome.")]
    PurseSettled {
        /// Which.
        txid: PurseTx,
    },
    /// Card and journal cannot both be right.
    #[error(
        "This card does not agree with what this till recorded. Keep the card aside and call your manager."
    )]
    PurseContradiction {
        /// Which movement.
        txid: PurseTx,
    },
    /// The card was used elsewhere since, and does not show it any more: HQ will know.
    #[error(
        "This card was used elsewhere since. HQ settles the earlier payment as soon as all tills have reported."
    )]
    PurseStillUnknown {
        /// Which.
        txid: PurseTx,
    },
    /// A purse tender does not name a payment of this sale that went through.
    #[error("The payment by card does not belong to this sale. Pay again.")]
    PurseTender,
    /// A card has paid, and the tenders leave it out.
    #[error("A card has already paid {amount} for this sale. Count it, or give it back first.")]
    PursePaymentForgotten {
        /// How much.
        amount: Money,
    },
    /// A card paid, and has not got its money back.
    #[error(
        "{amount} of this sale was paid with a card. Hold that card on the reader to give it back first."
    )]
    PurseNotReturned {
        /// How much.
        amount: Money,
    },
    /// HQ leased something that this terminal may not take.
    #[error("What head office sent cannot be given out here: {0}.")]
    Allowance(#[from] AllowanceError),
}

/// What to do with a card that has no room for so much.
fn room(balance: Money, cap: Money) -> String {
    match cap.checked_sub(balance) {
        Ok(room) if room.minor() > 0 => format!(
            "There is room for {room} more: choose that or less, or give the money back in cash."
        ),
        _ => "There is no room for more: take another card, or give the money back in cash."
            .to_owned(),
    }
}

impl Refusal {
    /// The kind of refusal, for programs: stable, snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyBasket => "empty_basket",
            Self::TooManyLines { .. } => "too_many_lines",
            Self::TooManyCoupons { .. } => "too_many_coupons",
            Self::QuantityZero { .. } => "quantity_zero",
            Self::QuantityTooLarge { .. } => "quantity_too_large",
            Self::LineName { .. } => "line_name",
            Self::MixedCurrency { .. } => "mixed_currency",
            Self::NegativePrice { .. } => "negative_price",
            Self::AmountTooLarge => "amount_too_large",
            Self::PointsTooMany => "points_too_many",
            Self::SaleTooLong => "sale_too_long",
            Self::TooManyTenders { .. } => "too_many_tenders",
            Self::TenderNotPositive { .. } => "tender_not_positive",
            Self::TenderMismatch { .. } => "tender_mismatch",
            Self::Coupon { .. } => "coupon",
            Self::AlreadyCompleted { .. } => "already_completed",
            Self::SaleUnknown { .. } => "sale_unknown",
            Self::AlreadyVoided { .. } => "already_voided",
            Self::NotSameDay { .. } => "not_same_day",
            Self::GoodsWereReturned { .. } => "goods_were_returned",
            Self::NothingReturned => "nothing_returned",
            Self::NoSuchLine { .. } => "no_such_line",
            Self::MoreThanSold { .. } => "more_than_sold",
            Self::TooManyReturns => "too_many_returns",
            Self::ReturnTender => "return_tender",
            Self::PointsNotTaken => "points_not_taken",
            Self::PointsOfNobody => "points_of_nobody",
            Self::PointsStep { .. } => "points_step",
            Self::PointsMoreThanDue { .. } => "points_more_than_due",
            Self::PointsNotCovered { .. } => "points_not_covered",
            Self::PointsTender => "points_tender",
            Self::ReasonMissing => "reason_missing",
            Self::ReasonTooLong => "reason_too_long",
            Self::CouponValid { .. } => "coupon_valid",
            Self::OlderBundle { .. } => "older_bundle",
            Self::NoPurse => "no_purse",
            Self::CardReplacesItself => "card_replaces_itself",
            Self::CardNotFrozen => "card_not_frozen",
            Self::PurseTxUsed { .. } => "purse_tx_used",
            Self::PurseCurrency { .. } => "purse_currency",
            Self::PurseBlocked { .. } => "purse_blocked",
            Self::PurseUnresolved { .. } => "purse_unresolved",
            Self::PurseCardNeeded => "purse_card_needed",
            Self::PurseMemberNeeded => "purse_member_needed",
            Self::PurseTooLow { .. } => "purse_too_low",
            Self::PurseFull { .. } => "purse_full",
            Self::PurseNoDesk => "purse_no_desk",
            Self::PurseTopUpTender => "purse_top_up_tender",
            Self::NoIssueDesk => "no_issue_desk",
            Self::PursePaymentUnknown { .. } => "purse_payment_unknown",
            Self::PurseTakenBack => "purse_taken_back",
            Self::PurseNoCarryOver => "purse_no_carry_over",
            Self::PurseCarryOverWaits { .. } => "purse_carry_over_waits",
            Self::PurseOtherTill => "purse_other_till",
            Self::PurseBusy => "purse_busy",
            Self::PurseNotAPayment => "purse_not_a_payment",
            Self::PurseSettled { .. } => "purse_settled",
            Self::PurseContradiction { .. } => "purse_contradiction",
            Self::PurseStillUnknown { .. } => "purse_still_unknown",
            Self::PurseTender => "purse_tender",
            Self::PursePaymentForgotten { .. } => "purse_payment_forgotten",
            Self::PurseNotReturned { .. } => "purse_not_returned",
            Self::Allowance(error) => error.code(),
        }
    }
}

impl From<MoneyError> for Refusal {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::MixedCurrencies(expected, found) => Self::MixedCurrency { expected, found },
            MoneyError::OutOfRange | MoneyError::NotACurrency(_) => Self::AmountTooLarge,
        }
    }
}
