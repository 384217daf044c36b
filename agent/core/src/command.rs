//! What the edges may ask the core to decide.

use crate::authority::{Allowance, AllowanceId};
use crate::{
    Basket, CardIdentity, CardLogEntry, CardSeen, CouponNumber, Customer, LaneId, MemberId, Money,
    PersonId, Points, PurseAction, PurseEnd, PurseEvidence, PurseKind, PurseTx, ReturnId,
    SaleCompleted, SaleId, Tender, Verdict,
};
use jiff::civil::Date;

/// The longest reason for a void, in characters.
pub const REASON_LIMIT: usize = 200;

/// A request that ends in facts or in a refusal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Command {
    /// Complete a sale.
    CheckOut(CheckOut),
    /// Take a whole sale back.
    Void(Void),
    /// Take goods of a sale back.
    TakeGoodsBack(TakeGoodsBack),
    /// Keep that a coupon was refused.
    RefuseCoupon(RefuseCoupon),
    /// Keep that a verified bundle is in force from here on.
    AdoptBundle {
        /// Its version.
        version: u64,
    },
    /// Complete a sale as it was fixed when its purse payment began ([`crate::fix_sale`]).
    CompleteFixed(Box<CompleteFixed>),
    /// Begin to move a purse.
    BeginPurse(Box<BeginPurse>),
    /// Settle a movement by evidence.
    EndPurse(Box<EndPurse>),
    /// Keep that nobody knows what the card did.
    LeavePurseUnknown {
        /// Which movement.
        txid: PurseTx,
        /// Why, for a technician.
        why: String,
    },
    /// Let a sale go on without knowing.
    GiveUpPurse(GiveUpPurse),
    /// Keep that a card showed what this terminal did not know.
    SightPurse {
        /// The card.
        card: CardIdentity,
        /// What it showed.
        seen: CardSeen,
        /// Its log, newest first.
        log: Vec<CardLogEntry>,
    },
    /// Keep that a card was made the programme's.
    IssueCard(IssueCard),
    /// Let a card not be used at this terminal any more.
    FreezeCard(FreezeCard),
    /// Let a card that this terminal froze be used again.
    UnfreezeCard(UnfreezeCard),
    /// Change what this terminal may give by itself; nothing to change is no fact and no refusal.
    ChangeAllowances(AllowanceChange),
}

/// A change in what this terminal may give by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllowanceChange {
    /// Take what HQ signed.
    Take(Box<Allowance>),
    /// Give the rest of an allowance back to HQ, for good.
    GiveBack(AllowanceId),
    /// Close what has ended: before each report, so that HQ learns it.
    CloseEnded,
    /// Forget closed allowances that HQ has settled.
    Settle(Vec<AllowanceId>),
}

/// Let a card not be used at this terminal any more.
#[derive(Clone, Debug)]
pub struct FreezeCard {
    /// The card.
    pub card: CardIdentity,
    /// Why: a sentence that the cashier reads, 1 to [`REASON_LIMIT`] characters.
    pub why: String,
    /// Who asks; none where the till does it by itself.
    pub by: Option<PersonId>,
}

/// Let a card that this terminal froze be used again.
#[derive(Clone, Debug)]
pub struct UnfreezeCard {
    /// The card.
    pub card: CardIdentity,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why, 1 to [`REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
}

/// Complete a sale as it was fixed.
#[derive(Clone, Debug)]
pub struct CompleteFixed {
    /// The sale as [`crate::fix_sale`] gave it, with no tender but its points.
    pub fixed: SaleCompleted,
    /// How the rest is paid; purse tenders name movements that are done, of this sale, each once.
    pub tenders: Vec<Tender>,
}

/// Begin to move a purse.
#[derive(Clone, Debug)]
pub struct BeginPurse {
    /// The movement, made by the caller before this is tried.
    pub txid: PurseTx,
    /// Where the value is kept.
    pub kind: PurseKind,
    /// What is to be done.
    pub action: PurseAction,
    /// The card.
    pub card: CardIdentity,
    /// Whose it is, as far as this store knows.
    pub member: Option<MemberId>,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// How much, more than zero.
    pub amount: Money,
    /// What the card showed; none for an account.
    pub before: Option<CardSeen>,
}

/// Settle a movement by evidence.
#[derive(Clone, Debug)]
pub struct EndPurse {
    /// Which movement.
    pub txid: PurseTx,
    /// What proves it.
    pub evidence: EndEvidence,
}

/// Evidence as the edge has it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EndEvidence {
    /// As it is kept, for what proves itself: a commit's answer, an account's, a failure before the commit.
    Plain(PurseEvidence),
    /// The card came back: judged by [`crate::recover`].
    CardAsked {
        /// What it showed.
        seen: CardSeen,
        /// Its log, in any order.
        log: Vec<CardLogEntry>,
    },
    /// HQ settled it.
    Hq(PurseEnd),
}

/// Let a sale go on without knowing what the card did.
#[derive(Clone, Debug)]
pub struct GiveUpPurse {
    /// Which movement.
    pub txid: PurseTx,
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why, 1 to [`REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
}

/// Keep that a card was made the programme's.
#[derive(Clone, Debug)]
pub struct IssueCard {
    /// The card.
    pub card: CardIdentity,
    /// Whose.
    pub member: MemberId,
    /// The version of the keys on it.
    pub key_version: u8,
    /// The last day on which it may be used.
    pub expires: Date,
    /// The lost card it stands in for.
    pub replaces: Option<CardIdentity>,
    /// Who did it.
    pub cashier: PersonId,
}

/// Complete a sale.
#[derive(Clone, Debug)]
pub struct CheckOut {
    /// Its id, made by the caller before this is tried: the same sale is never completed twice.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// What is bought.
    pub basket: Basket,
    /// Who buys.
    pub customer: Option<Customer>,
    /// Coupons, in the order they were shown.
    pub coupons: Vec<CouponNumber>,
    /// How many of the customer's points pay, if any do.
    pub points: Option<Points>,
    /// How the rest is paid.
    pub tenders: Vec<Tender>,
}

/// Take a whole sale back, on its own business day.
#[derive(Clone, Debug)]
pub struct Void {
    /// The sale.
    pub sale: SaleId,
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why, 1 to [`REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
}

/// Take goods of a sale back, on its day or later.
#[derive(Clone, Debug)]
pub struct TakeGoodsBack {
    /// The return's id, made by the caller before this is tried: the same goods are never taken back twice.
    pub id: ReturnId,
    /// The sale.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why, 1 to [`REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
    /// `(line index, quantity)`: what comes back, each line once.
    pub goods: Vec<(u32, u32)>,
    /// How it is paid back, in cash or to a bank card; what [`crate::price_return`] says, in all.
    pub tenders: Vec<Tender>,
}

/// Keep that a coupon was shown and refused.
#[derive(Clone, Debug)]
pub struct RefuseCoupon {
    /// The sale it was shown for.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// The number.
    pub number: CouponNumber,
    /// The verdict the shopper was told.
    pub verdict: Verdict,
}

/// What a basket would come to.
#[derive(Clone, Copy, Debug)]
pub struct QuoteRequest<'a> {
    /// What is in it.
    pub basket: &'a Basket,
    /// Whether anybody earns: a card was shown, known or not.
    pub customer: bool,
    /// The member it names, if the store knows it.
    pub member: Option<MemberId>,
    /// Coupons, in the order they were shown.
    pub coupons: &'a [CouponNumber],
    /// What points pay of it, if they do.
    pub redeemed: Option<Money>,
}
