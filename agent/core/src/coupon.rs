//! Coupons: plans, single numbers, and the verdict on using one.

use crate::authority::{Part, RiskCap, RiskTaken, SpendError, Subject};
use crate::gs1::CompanyPrefix;
use crate::{
    CampaignId, Category, CodeKey, Currency, FunderId, Item, Money, PlanId, SaleId, StoreId,
    TerminalId, Timestamp,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most coupons one sale may use.
pub const BASKET_COUPON_LIMIT: usize = 20;

/// One coupon's number: 4 to 32 capital letters and digits. Blanks and dashes that people type are dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponNumber(String);

/// A text that cannot be a coupon number.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is not a coupon number: it must have 4 to 32 letters or digits")]
pub struct CouponNumberError(pub String);

impl CouponNumber {
    /// Checks and normalises a number as typed or scanned.
    pub fn new(text: &str) -> Result<Self, CouponNumberError> {
        let number: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits =
            (4..=32).contains(&number.len()) && number.chars().all(|c| c.is_ascii_alphanumeric());
        fits.then_some(Self(number))
            .ok_or_else(|| CouponNumberError(text.to_owned()))
    }

    /// A number that the program made itself, in the form that [`CouponNumber::new`] asks for.
    pub(crate) const fn coined(number: String) -> Self {
        Self(number)
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CouponNumber {
    type Error = CouponNumberError;

    fn try_from(text: String) -> Result<Self, CouponNumberError> {
        Self::new(&text)
    }
}

impl From<CouponNumber> for String {
    fn from(number: CouponNumber) -> String {
        number.0
    }
}

impl std::fmt::Display for CouponNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a coupon gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CouponEffect {
    /// An amount off the eligible lines, never more than they cost.
    AmountOff {
        /// How much.
        amount: Money,
    },
    /// A share off the eligible lines, rounded down to the minor unit over their sum.
    PercentOff {
        /// Ten-thousandths; 1000 is 10 %.
        basis_points: u32,
    },
    /// The cheapest single eligible item free.
    ItemFree,
}

/// Which products a plan or rule speaks of. Empty lists mean any product.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProductSet {
    /// These items,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// and every item of these categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
}

/// By which authority a plan's coupons are accepted without HQ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ProofKind {
    /// HQ gave each number to one store; that store's terminal burns it.
    StoreBound,
    /// So many uses of one code in the whole chain. A till gives uses out of the share that HQ leased
    /// to it ([`crate::authority`]), and none without.
    Lease {
        /// What is printed, and typed or scanned: the same for everybody.
        code: CouponNumber,
        /// How many uses there are, 1 to [`crate::authority::ALLOWANCE_AMOUNT_LIMIT`].
        quota: u64,
    },
    /// Each coupon is a text that HQ signed ([`crate::authority::CouponToken`]), read from a QR code. A till
    /// without a line checks the signature and its own journal: a coupon that is shown at two tills while
    /// they are cut off is given at both, and HQ opens a case.
    Token {
        /// The public keys that sign this plan's coupons, HQ's present one and those before it: 1 to
        /// [`PLAN_KEY_LIMIT`].
        #[cfg_attr(test, schemars(with = "Vec<String>"))]
        keys: Vec<CodeKey>,
    },
    /// HQ issued the numbers and gave them to no store: any till takes one that is on its bundle's list and
    /// that it does not know as used, up to this cap. What counts are the uses that HQ has not confirmed
    /// yet. A number that is shown at two tills before HQ told them is given at both, and HQ opens a case.
    RiskCap(RiskCap),
    /// The coupons are manufacturers', printed as GS1 DataBar with AI 8110, which nobody signed.
    Manufacturer(ManufacturerCoupons),
}

/// Which manufacturers' coupons (AI 8110) a plan takes, at the store's risk. What one gives is printed on
/// it: the plan's effect is an `amount_off`, and that is the most that one may give.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ManufacturerCoupons {
    /// Whose: the GS1 Company Prefixes of those that issue them and pay, 1 to [`PLAN_COMPANY_LIMIT`]. No
    /// other plan takes theirs.
    #[cfg_attr(test, schemars(length(min = 1, max = 100)))]
    pub companies: Vec<CompanyPrefix>,
    /// Whether every item of the company counts where a coupon asks for a family of them: tills do not know
    /// families. Otherwise such coupons are not taken.
    #[serde(default)]
    pub any_family: bool,
    /// The chain's own GS1 Company Prefix and GLNs, for coupons that one retailer may take: at most
    /// [`PLAN_RETAILER_LIMIT`], each of 7 to 13 digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 20)))]
    pub retailer: Vec<String>,
    /// How far a till goes before HQ has confirmed what it took. A coupon with a serial number that is shown
    /// at two tills before HQ told them is given at both, and HQ opens a case; one without is not told from
    /// its copies.
    pub cap: RiskCap,
}

/// The most companies whose coupons one plan takes.
pub const PLAN_COMPANY_LIMIT: usize = 100;
/// The most numbers of its own that a chain gives for coupons of one retailer.
pub const PLAN_RETAILER_LIMIT: usize = 20;

/// The most keys that a plan of signed coupons may have.
pub const PLAN_KEY_LIMIT: usize = 4;

/// Numbers and rules issued together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CouponPlan {
    /// Its code.
    pub plan: PlanId,
    /// As the cashier and the receipt read it.
    pub name: String,
    /// What it gives.
    pub effect: CouponEffect,
    /// The least the eligible lines must come to before any discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_spend: Option<Money>,
    /// The products it is for.
    #[serde(default)]
    pub products: ProductSet,
    /// The first day.
    pub valid_from: Date,
    /// The last day.
    pub valid_until: Date,
    /// Whether only one coupon of this plan may be in a basket.
    #[serde(default)]
    pub one_per_basket: bool,
    /// Of plans that share a group only one coupon may be in a basket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacking_group: Option<String>,
    /// Who pays.
    pub funder: FunderId,
    /// Its offline authority.
    pub proof: ProofKind,
}

impl CouponPlan {
    /// The code that everybody uses, where the plan has one.
    pub const fn shared_code(&self) -> Option<&CouponNumber> {
        match &self.proof {
            ProofKind::Lease { code, .. } => Some(code),
            ProofKind::StoreBound | ProofKind::Token { .. } | ProofKind::RiskCap(_) => None,
            ProofKind::Manufacturer(_) => None,
        }
    }

    /// The manufacturers whose coupons it takes.
    pub fn companies(&self) -> &[CompanyPrefix] {
        match &self.proof {
            ProofKind::Manufacturer(terms) => &terms.companies,
            _ => &[],
        }
    }

    /// The currency its own amounts are in, if it has any. A compiled plan has at most one.
    pub fn currency(&self) -> Option<Currency> {
        let amount = match &self.effect {
            CouponEffect::AmountOff { amount } => Some(*amount),
            CouponEffect::PercentOff { .. } | CouponEffect::ItemFree => self.minimum_spend,
        };
        amount.map(Money::currency)
    }

    /// How far a till goes by itself, where the plan is proved by that alone.
    pub const fn risk_cap(&self) -> Option<&RiskCap> {
        match &self.proof {
            ProofKind::RiskCap(cap) => Some(cap),
            ProofKind::Manufacturer(terms) => Some(&terms.cap),
            ProofKind::StoreBound | ProofKind::Lease { .. } | ProofKind::Token { .. } => None,
        }
    }
}

/// What the allowances for a plan with a quota are for: the campaign has the plan's own code. None for a
/// code that no campaign can have; the two kinds of code have the same form.
pub fn quota_of(plan: &PlanId) -> Option<Subject> {
    let campaign = CampaignId::new(plan.as_str()).ok()?;
    Some(Subject::CampaignQuota { campaign })
}

/// What a terminal knows of one number before it decides: HQ's assignment and its own journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponStanding {
    /// To whom HQ gave it.
    pub assignment: Assignment,
    /// Its use at this terminal, unless that was voided.
    pub used: Option<CouponUsed>,
}

/// To whom HQ gave a number.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Assignment {
    /// To this terminal: it may burn it.
    Here {
        /// The plan it belongs to.
        plan: PlanId,
    },
    /// To no store: any till may take it at its own risk.
    Anywhere {
        /// The plan it belongs to.
        plan: PlanId,
    },
    /// To another till of this store, which alone may burn it.
    OtherTill {
        /// The terminal that holds the store's numbers.
        terminal: TerminalId,
    },
    /// To another store.
    OtherStore {
        /// Which.
        store: StoreId,
    },
    /// It was issued and taken back.
    Revoked,
    /// No plan has it.
    NotIssued,
}

/// Where and when a coupon was used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CouponUsed {
    /// When.
    pub at: Timestamp,
    /// In which store.
    pub store: StoreId,
    /// At which terminal.
    pub terminal: TerminalId,
    /// In which sale.
    pub sale: SaleId,
}

/// The authority that one offline redemption used up (invariant 4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Proof {
    /// HQ gave the number to this store alone, in a bundle of this version.
    StoreBound {
        /// The store.
        store: StoreId,
        /// The bundle that assigned it.
        bundle: u64,
    },
    /// A use out of what HQ leased to this terminal.
    Lease {
        /// The allowances, and how much of each: one in all.
        parts: Vec<Part>,
    },
    /// HQ signed the coupon itself, and it was not used at this terminal before.
    Token {
        /// What HQ signed, as it was scanned.
        token: String,
    },
    /// The number is on HQ's list, and was not used at this terminal before: elsewhere it may have been.
    Risk {
        /// The bundle whose rules said how far to go.
        bundle: u64,
        /// How many uses that is.
        cap: u64,
        /// What the terminal had taken of the plan with this use, of what HQ had not confirmed.
        taken: RiskTaken,
        /// Of a manufacturer's coupon, what was scanned ([`crate::gs1::ShownCoupon::text`]): no number is
        /// on HQ's list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupon: Option<String>,
    },
}

impl Proof {
    /// The same, of a manufacturer's coupon as it was scanned.
    #[must_use]
    pub(crate) fn of_manufacturer(mut self, text: &str) -> Self {
        if let Self::Risk { coupon, .. } = &mut self {
            *coupon = Some(text.to_owned());
        }
        self
    }

    /// The manufacturer's coupon that was taken, as it was scanned.
    pub fn manufacturers(&self) -> Option<&str> {
        match self {
            Self::Risk { coupon, .. } => coupon.as_deref(),
            _ => None,
        }
    }
}

/// Why a good coupon does not fit this basket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Misfit {
    /// The eligible lines come to less than the plan asks.
    MinimumSpend {
        /// What the plan asks.
        minimum: Money,
        /// What is still missing.
        missing: Money,
    },
    /// No line is one of the plan's products.
    NoProduct,
    /// What a manufacturer's coupon asks for is not in the basket, or another one was given for it.
    NotBought {
        /// What it asks for, in words.
        asks: String,
    },
    /// The plan allows one coupon in a basket and one is there, or the very same number is there already.
    OnePerBasket,
    /// A coupon of the same stacking group is there.
    Stacking {
        /// The number that is there already.
        with: CouponNumber,
    },
    /// There is nothing left to take a discount from.
    NothingLeft,
    /// The plan's amounts are in another currency than the basket.
    OtherCurrency {
        /// The plan's.
        currency: Currency,
    },
    /// It is a member's, and nobody was identified.
    NeedsMember,
    /// It is another member's.
    OtherMember,
}

/// The answer to "may this coupon be used?".
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Yes.
    Valid {
        /// By which authority.
        proof: Proof,
    },
    /// It has been used.
    Used(CouponUsed),
    /// Its last day is over.
    Expired {
        /// The last day.
        on: Date,
    },
    /// Its first day has not come.
    NotYet {
        /// The first day.
        from: Date,
    },
    /// It is good in another store.
    OtherStore {
        /// Which.
        store: StoreId,
    },
    /// It is good at another till of this store.
    OtherTill {
        /// The terminal that holds it.
        terminal: TerminalId,
    },
    /// It is good, but not for this basket.
    NotForThis {
        /// Why.
        misfit: Misfit,
    },
    /// This till has none left to give of what HQ leased to it, or lets it take at its own risk.
    NoneLeft {
        /// Why.
        why: NoShare,
    },
    /// It is a manufacturer's, and this chain does not take it, or no till can judge it.
    NotTaken {
        /// Why.
        why: NotTaken,
    },
    /// It was taken back.
    Revoked,
    /// It says that HQ signed it, and HQ did not, or it was changed since.
    NotGenuine,
    /// No plan has this number.
    Unknown,
}

/// Why a manufacturer's coupon is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotTaken {
    /// No plan takes coupons of its issuer.
    Company,
    /// It is a store's own coupon.
    StoreCoupon,
    /// It is for another retailer.
    OtherRetailer,
    /// It gives more than the plan lets one give.
    TooMuch {
        /// The most.
        most: Money,
    },
    /// It asks for a family of items, which tills do not know.
    Family,
    /// It says in words what must be bought.
    MustBeRead,
    /// What is printed on it cannot be meant.
    PrintedWrong,
}

/// Why a till has nothing to give of a plan with a quota.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoShare {
    /// It used up its share, or never had one.
    Out,
    /// The time of its share is over.
    Ended {
        /// Since when, by its own clock.
        at: Timestamp,
    },
    /// The time of its share has not come.
    NotYet {
        /// When it comes.
        from: Timestamp,
    },
    /// It took as many at its own risk as the plan allows before HQ confirms them.
    AtRisk,
}

impl From<SpendError> for NoShare {
    fn from(error: SpendError) -> Self {
        match error {
            SpendError::Expired { ended, .. } => Self::Ended { at: ended },
            SpendError::NotYet { from, .. } => Self::NotYet { from },
            SpendError::Nothing | SpendError::NotEnough { .. } => Self::Out,
        }
    }
}
