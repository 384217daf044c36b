//! Which codes were issued, and which were taken back: ten million of them in a few megabytes.
//!
//! A binary fuse filter has about 9 bits a code. It never misses a code that is in the set, and takes
//! about 1 in 256 others for one that is. So its "no" is certain and its "maybe" says nothing final: the
//! types here cannot turn a "maybe" into a "yes" without the exact list, and where that cannot be
//! asked the answer is [`Ruling::Unsure`]. All of it is as of when the filter was made: a code that was
//! issued or taken back later is not in it, and how old a filter may be is the caller's to decide. So is
//! where the exact list is kept.

use crate::Hash;
use xorf::{BinaryFuse8, Filter};

/// The most codes of one set.
pub const CODE_SET_LIMIT: usize = 100_000_000;
/// What the bytes of a filter begin with.
const MARK: &[u8; 4] = b"TSF1";
/// Bytes before the fingerprints: mark, codes 8, seed 8, and segment length, mask and segments' length 4
/// each, little-endian.
const HEAD: usize = 4 + 8 + 8 + 3 * 4;
/// The longest segment that is ever made.
const LONGEST_SEGMENT: u32 = 1 << 18;

/// What a filter can say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hint {
    /// The code is certainly not in the set.
    No,
    /// It is, or the filter takes it for another: only the exact list knows.
    Maybe,
}

/// What a set says of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// Certainly not in the set.
    No,
    /// In the set: the exact list has it.
    Yes,
    /// The filter says maybe and the exact list could not be asked: refuse nothing for good on this.
    Unsure,
}

/// The list behind a filter.
pub trait ExactCodes {
    /// Whether the code is in the list; none if the list cannot be asked now.
    fn holds(&self, code: &[u8]) -> Option<bool>;
}

/// Codes in ascending order, in memory.
impl ExactCodes for std::collections::BTreeSet<Vec<u8>> {
    fn holds(&self, code: &[u8]) -> Option<bool> {
        Some(self.contains(code))
    }
}

/// No list at hand: the filter's "maybe" stays [`Ruling::Unsure`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoList;

impl ExactCodes for NoList {
    fn holds(&self, _: &[u8]) -> Option<bool> {
        None
    }
}

/// Why a filter cannot be made or read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeFilterError {
    /// The bytes are not a filter.
    #[error("these bytes are not a filter of codes")]
    Malformed,
    /// More codes than a set may have.
    #[error("{codes} codes are too many for one set: {CODE_SET_LIMIT} is the most")]
    TooMany {
        /// How many.
        codes: usize,
    },
    /// The construction gave up, which a thousand seeds in a row make all but impossible.
    #[error("no filter could be made of these codes")]
    Unbuildable,
    /// A code of the exact list is not in the filter.
    #[error("the filter misses code {index} of its list")]
    Misses {
        /// Which, from 0.
        index: usize,
    },
}

/// The filter of a set of codes.
#[derive(Clone, Debug)]
pub struct CodeFilter {
    codes: u64,
    /// None for the empty set.
    filter: Option<BinaryFuse8>,
}

impl CodeFilter {
    /// Makes a filter. The same codes, in any order and any number of times, give the same one.
    ///
    /// # Errors
    /// [`CodeFilterError::TooMany`] or [`CodeFilterError::Unbuildable`].
    pub fn build<C: AsRef<[u8]>>(
        codes: impl IntoIterator<Item = C>,
    ) -> Result<Self, CodeFilterError> {
        let digests = codes.into_iter().map(|code| digest(code.as_ref()));
        let mut digests: Vec<u64> = digests.take(CODE_SET_LIMIT + 1).collect();
        if digests.len() > CODE_SET_LIMIT {
            let codes = digests.len();
            return Err(CodeFilterError::TooMany { codes });
        }
        digests.sort_unstable();
        digests.dedup();
        let filter = match digests.is_empty() {
            true => None,
            false => {
                let made = BinaryFuse8::try_from(&digests);
                Some(made.map_err(|_| CodeFilterError::Unbuildable)?)
            }
        };
        let codes = u64::try_from(digests.len()).unwrap_or(u64::MAX);
        Ok(Self { codes, filter })
    }

    /// How many different codes it was made of.
    pub const fn codes(&self) -> u64 {
        self.codes
    }

    /// What the filter knows of a code.
    pub fn ask(&self, code: &[u8]) -> Hint {
        match &self.filter {
            Some(filter) if filter.contains(&digest(code)) => Hint::Maybe,
            _ => Hint::No,
        }
    }

    /// Proves that the filter misses none of these codes. A store does so before it adopts one that came
    /// with its list.
    ///
    /// # Errors
    /// [`CodeFilterError::Misses`]: it must not be adopted.
    pub fn covers<C: AsRef<[u8]>>(
        &self,
        codes: impl IntoIterator<Item = C>,
    ) -> Result<(), CodeFilterError> {
        let mut asked = codes.into_iter();
        match asked.position(|code| self.ask(code.as_ref()) == Hint::No) {
            Some(index) => Err(CodeFilterError::Misses { index }),
            None => Ok(()),
        }
    }

    /// The filter as bytes, for a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MARK.to_vec();
        bytes.extend(self.codes.to_le_bytes());
        if let Some(filter) = &self.filter {
            let head = &filter.descriptor;
            bytes.extend(head.seed.to_le_bytes());
            bytes.extend(head.segment_length.to_le_bytes());
            bytes.extend(head.segment_length_mask.to_le_bytes());
            bytes.extend(head.segment_count_length.to_le_bytes());
            bytes.extend(&filter.fingerprints);
        }
        bytes
    }

    /// Reads what [`CodeFilter::to_bytes`] wrote. HQ's signature over the file is checked before, by the
    /// caller.
    ///
    /// # Errors
    /// [`CodeFilterError::Malformed`]; whatever the bytes, nothing panics, here or when a code is asked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodeFilterError> {
        read(bytes).ok_or(CodeFilterError::Malformed)
    }
}

/// None for anything whose look-ups could fall outside its fingerprints.
fn read(bytes: &[u8]) -> Option<CodeFilter> {
    let rest = bytes.strip_prefix(MARK)?;
    let (codes, rest) = rest.split_first_chunk::<8>()?;
    let codes = u64::from_le_bytes(*codes);
    if codes == 0 {
        let filter = None;
        return rest.is_empty().then_some(CodeFilter { codes, filter });
    }
    let (seed, rest) = rest.split_first_chunk::<8>()?;
    let (segment, rest) = rest.split_first_chunk::<4>()?;
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (segments, prints) = rest.split_first_chunk::<4>()?;
    let segment_length = u32::from_le_bytes(*segment);
    let segment_length_mask = u32::from_le_bytes(*mask);
    let segment_count_length = u32::from_le_bytes(*segments);
    let laid_out = segment_length.is_power_of_two()
        && segment_length <= LONGEST_SEGMENT
        && segment_length_mask == segment_length - 1
        && segment_count_length > 0
        && segment_count_length % segment_length == 0;
    let needed = u64::from(segment_count_length) + 2 * u64::from(segment_length);
    if !laid_out || u64::try_from(prints.len()) != Ok(needed) {
        return None;
    }
    debug_assert_eq!(bytes.len(), HEAD + prints.len());
    // Its descriptor's type has no name outside its crate: an empty filter lends one.
    let mut filter = BinaryFuse8::try_from(&[][..]).ok()?;
    filter.descriptor.seed = u64::from_le_bytes(*seed);
    filter.descriptor.segment_length = segment_length;
    filter.descriptor.segment_length_mask = segment_length_mask;
    filter.descriptor.segment_count_length = segment_count_length;
    filter.fingerprints = prints.into();
    let filter = Some(filter);
    Some(CodeFilter { codes, filter })
}

/// A set of codes: the filter, and the exact list that has the last word.
#[derive(Clone, Debug)]
pub struct CodeSet<X> {
    filter: CodeFilter,
    exact: X,
}

impl<X: ExactCodes> CodeSet<X> {
    /// Joins the two.
    pub const fn new(filter: CodeFilter, exact: X) -> Self {
        Self { filter, exact }
    }

    /// Whether a code is in the set: the filter's "no" is final, a "yes" is the exact list's alone.
    pub fn ask(&self, code: &[u8]) -> Ruling {
        match self.filter.ask(code) {
            Hint::No => Ruling::No,
            Hint::Maybe => match self.exact.holds(code) {
                Some(true) => Ruling::Yes,
                Some(false) => Ruling::No,
                None => Ruling::Unsure,
            },
        }
    }
}

/// The codes that were issued. `No` means "unknown"; [`Ruling::Unsure`] means that it looks issued, which
/// 1 forged code in 256 does.
#[derive(Clone, Debug)]
pub struct IssuedSet<X>(pub CodeSet<X>);

/// The codes that were taken back. [`Ruling::Unsure`] refuses nobody: the plan's policy decides, or HQ.
#[derive(Clone, Debug)]
pub struct RevokedSet<X>(pub CodeSet<X>);

/// What the two sets together say of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeStanding {
    /// It was issued, and not taken back.
    Good,
    /// It was never issued: final.
    NotIssued,
    /// It was taken back: final, the exact list has it.
    Revoked,
    /// It may well be good; an exact list could not be asked. Never a final refusal: ask HQ, or
    /// go by the plan's policy.
    Unsure,
}

/// What the two sets together say of a code.
pub fn standing<X: ExactCodes, Y: ExactCodes>(
    code: &[u8],
    issued: &IssuedSet<X>,
    revoked: &RevokedSet<Y>,
) -> CodeStanding {
    match (issued.0.ask(code), revoked.0.ask(code)) {
        (Ruling::No, _) => CodeStanding::NotIssued,
        (_, Ruling::Yes) => CodeStanding::Revoked,
        (Ruling::Yes, Ruling::No) => CodeStanding::Good,
        (Ruling::Unsure, _) | (_, Ruling::Unsure) => CodeStanding::Unsure,
    }
}

/// What the filter knows of a code: the first 8 bytes of its SHA-256.
fn digest(code: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *Hash::of(code).bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
