//! An allowance: what HQ lets one terminal decide by itself, how much of it, and until when.
//!
//! ```text
//! version 1 ‖ id 16 ‖ holder 16 ‖ epoch 4 ‖ serial 8 ‖ subject kind 1 ‖ subject ‖ amount 8
//!   ‖ not before 8 ‖ expires at 8 ‖ clock bound 4 ‖ renew below 4 ‖ renew before 4 ‖ uncovered 1 ‖ HQ's signature 64
//! ```
//!
//! big-endian; moments are milliseconds since 1970; a campaign or plan is its code after one byte of
//! length, a member 16 bytes. There is one encoding of each: whatever else is signed is malformed.
//! Whether it is taken is left to [`crate::authority::Holder`].

mod error;

pub use error::*;

use super::seal::{Cursor, put_text, seal, unseal};
use crate::{CampaignId, CodeKey, MemberId, PlanId, TerminalId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What HQ signs begins with: no other signature can be taken for this one.
const CONTEXT: &[u8] = b"tillside allowance\0";
/// The only version of the layout yet.
const VERSION: u8 = 1;
/// The longest sealed allowance that is read, in bytes; ours have at most 180.
pub const ALLOWANCE_BYTES_LIMIT: usize = 512;
/// The largest amount, 2^53 − 1: exact in any JSON reader.
pub const ALLOWANCE_AMOUNT_LIMIT: u64 = (1 << 53) - 1;
/// The widest clock bound, in seconds: a week.
pub const CLOCK_BOUND_LIMIT_S: u32 = 7 * 86_400;
/// The last moment an allowance may name: the end of the year 9999.
pub const ALLOWANCE_TIME_LIMIT: Timestamp = Timestamp(253_402_300_799_999);
/// The whole, in ten-thousandths.
const WHOLE_BP: u32 = 10_000;

/// One allowance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AllowanceId(Uuid);

impl AllowanceId {
    /// Wraps a UUID (version 7 where Tillside makes it).
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The UUID itself.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl std::fmt::Display for AllowanceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What an allowance is for, and the unit of its amount.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Subject {
    /// Uses out of a campaign's quota.
    CampaignQuota {
        /// The campaign.
        campaign: CampaignId,
    },
    /// Points out of a member's balance.
    MemberPoints {
        /// The member.
        member: MemberId,
    },
    /// Coupons of a plan accepted without proof.
    RiskCap {
        /// The plan.
        plan: PlanId,
    },
}

/// What a terminal does about a use that its allowances do not cover.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Uncovered {
    /// Refuses it.
    Refuse,
    /// Asks HQ, and refuses without a line.
    AskHq,
    /// A manager may take it upon themselves.
    Manager,
}

/// How the holder is to deal with an allowance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowancePolicy {
    /// Asks for more when less than this is left, in ten-thousandths of what it holds.
    pub renew_below_bp: u32,
    /// Asks for more this long before the last one ends, in seconds.
    pub renew_before_s: u32,
    /// What happens past it.
    pub uncovered: Uncovered,
}

/// What an allowance says. HQ seals it; a terminal believes it only as an [`Allowance`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Which.
    pub id: AllowanceId,
    /// The terminal that may spend it.
    pub holder: TerminalId,
    /// The epoch of its journal in which it may.
    pub epoch: u32,
    /// Ascends, from 1, over all allowances of one holder's epoch.
    pub serial: u64,
    /// What it is for.
    pub subject: Subject,
    /// How much of it, 1 to [`ALLOWANCE_AMOUNT_LIMIT`].
    pub amount: u64,
    /// From when it may be spent.
    pub not_before: Timestamp,
    /// When it ends: by the holder's clock it is spent no more from this minus the clock bound on.
    pub expires_at: Timestamp,
    /// How far the holder's clock, and HQ's, may each be from the true time, in seconds.
    pub clock_bound_s: u32,
    /// How to deal with it.
    pub policy: AllowancePolicy,
}

impl Terms {
    /// The first moment, by the holder's clock, at which nothing may be spent any more.
    pub const fn ends(&self) -> Timestamp {
        Timestamp(self.expires_at.0.saturating_sub(bound_ms(self)))
    }

    /// The first moment, by HQ's clock, at which the holder has surely stopped.
    pub const fn surely_over(&self) -> Timestamp {
        Timestamp(self.expires_at.0.saturating_add(bound_ms(self)))
    }

    /// What is wrong with the terms, in words; none if HQ may sign them and a terminal take them.
    pub fn fault(&self) -> Option<TermsFault> {
        let moments = [self.not_before, self.expires_at];
        let in_time = |moment: &Timestamp| (0..=ALLOWANCE_TIME_LIMIT.0).contains(&moment.0);
        if !(1..=ALLOWANCE_AMOUNT_LIMIT).contains(&self.amount) {
            Some(TermsFault::Amount)
        } else if self.epoch == 0 || !(1..=ALLOWANCE_AMOUNT_LIMIT).contains(&self.serial) {
            Some(TermsFault::Counting)
        } else if self.clock_bound_s > CLOCK_BOUND_LIMIT_S {
            Some(TermsFault::ClockBound)
        } else if !moments.iter().all(in_time) || self.not_before >= self.ends() {
            Some(TermsFault::Time)
        } else if self.policy.renew_below_bp > WHOLE_BP {
            Some(TermsFault::Policy)
        } else {
            None
        }
    }

    /// The bytes that HQ sends, signed with its secret key.
    ///
    /// # Errors
    /// [`AllowanceError::Malformed`] for terms that no terminal would take.
    pub fn seal(&self, secret: &[u8; 32]) -> Result<Vec<u8>, AllowanceError> {
        match self.fault() {
            Some(fault) => Err(AllowanceError::Malformed { fault }),
            None => Ok(seal(secret, CONTEXT, self.bytes())),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.id.0.as_bytes());
        bytes.extend(self.holder.uuid().as_bytes());
        bytes.extend(self.epoch.to_be_bytes());
        bytes.extend(self.serial.to_be_bytes());
        match &self.subject {
            Subject::CampaignQuota { campaign } => {
                bytes.push(1);
                put_text(&mut bytes, campaign.as_str());
            }
            Subject::MemberPoints { member } => {
                bytes.push(2);
                bytes.extend(member.uuid().as_bytes());
            }
            Subject::RiskCap { plan } => {
                bytes.push(3);
                put_text(&mut bytes, plan.as_str());
            }
        }
        bytes.extend(self.amount.to_be_bytes());
        bytes.extend(self.not_before.0.to_be_bytes());
        bytes.extend(self.expires_at.0.to_be_bytes());
        bytes.extend(self.clock_bound_s.to_be_bytes());
        bytes.extend(self.policy.renew_below_bp.to_be_bytes());
        bytes.extend(self.policy.renew_before_s.to_be_bytes());
        bytes.push(match self.policy.uncovered {
            Uncovered::Refuse => 0,
            Uncovered::AskHq => 1,
            Uncovered::Manager => 2,
        });
        bytes
    }

    /// Reads what comes after the version.
    fn read(from: &mut Cursor<'_>) -> Option<Self> {
        Some(Self {
            id: AllowanceId(Uuid::from_bytes(from.take()?)),
            holder: TerminalId::new(Uuid::from_bytes(from.take()?)),
            epoch: from.u32()?,
            serial: from.u64()?,
            subject: read_subject(from)?,
            amount: from.u64()?,
            not_before: Timestamp(from.take().map(i64::from_be_bytes)?),
            expires_at: Timestamp(from.take().map(i64::from_be_bytes)?),
            clock_bound_s: from.u32()?,
            policy: AllowancePolicy {
                renew_below_bp: from.u32()?,
                renew_before_s: from.u32()?,
                uncovered: match from.byte()? {
                    0 => Uncovered::Refuse,
                    1 => Uncovered::AskHq,
                    2 => Uncovered::Manager,
                    _ => return None,
                },
            },
        })
    }
}

fn read_subject(from: &mut Cursor<'_>) -> Option<Subject> {
    Some(match from.byte()? {
        1 => Subject::CampaignQuota {
            campaign: CampaignId::new(from.text()?).ok()?,
        },
        2 => Subject::MemberPoints {
            member: MemberId::new(Uuid::from_bytes(from.take()?)),
        },
        3 => Subject::RiskCap {
            plan: PlanId::new(from.text()?).ok()?,
        },
        _ => return None,
    })
}

const fn bound_ms(terms: &Terms) -> i64 {
    // At most a week where the terms are sound; a u32 of seconds fits in any case.
    terms.clock_bound_s as i64 * 1_000
}

/// Terms that HQ signed: there is no other way to have one than [`Allowance::open`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance(Terms);

impl Allowance {
    /// Believes the bytes if one of the pinned keys signed them, and only then reads them.
    ///
    /// # Errors
    /// [`AllowanceError::Forged`], [`AllowanceError::UnknownVersion`] or [`AllowanceError::Malformed`].
    pub fn open(bytes: &[u8], keys: &[CodeKey]) -> Result<Self, AllowanceError> {
        if bytes.len() > ALLOWANCE_BYTES_LIMIT {
            return Err(AllowanceError::Forged);
        }
        let body = unseal(bytes, CONTEXT, keys).ok_or(AllowanceError::Forged)?;
        let mut from = Cursor::new(body);
        match from.byte() {
            Some(VERSION) => {}
            version => {
                let version = version.unwrap_or_default();
                return Err(AllowanceError::UnknownVersion { version });
            }
        }
        let unread = AllowanceError::Malformed {
            fault: TermsFault::Layout,
        };
        let terms = Terms::read(&mut from).filter(|_| from.is_done());
        let terms = terms.ok_or(unread)?;
        match terms.fault() {
            Some(fault) => Err(AllowanceError::Malformed { fault }),
            None => Ok(Self(terms)),
        }
    }

    /// What it says.
    pub const fn terms(&self) -> &Terms {
        &self.0
    }
}
