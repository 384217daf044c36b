//! The chain's blocked cards, so that a dark till knows them too.
//!
//! A binary fuse filter answers for almost every card with three look-ups in a few hundred kilobytes;
//! it never misses a blocked card, and the few it takes for blocked wrongly (some 1 in 65,536) are
//! looked up in the exact list before anybody is refused. Where the list is kept is left to
//! `tillside-store`.

use crate::{CardIdentity, Hash, Timestamp};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use xorf::{BinaryFuse16, Filter};

/// The most blocked cards a list may have.
pub const HOT_LIST_LIMIT: usize = 1_000_000;
/// The bytes before the fingerprints: seed, segment length, mask and segments' length, little-endian.
const HEAD: usize = 8 + 3 * 4;
/// The longest segment that is ever made.
const LONGEST_SEGMENT: u32 = 1 << 18;

/// The blocked cards of the chain: a filter that never misses one, and the exact list behind it, so
/// that a false hit of the filter refuses nobody.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HotList {
    /// When HQ made it.
    pub as_of: Option<Timestamp>,
    /// The binary fuse filter over 64-bit digests of the cards, as base 64. Empty: no filter, and the
    /// exact list alone counts.
    pub filter: String,
    /// The exact list, ascending, each card once.
    pub cards: Vec<HotCard>,
}

/// One blocked card.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct HotCard {
    /// The card.
    pub card: CardIdentity,
    /// Why, in words for the cashier: a sentence.
    pub why: String,
}

/// Why a list of blocked cards cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HotListError {
    /// The filter is not base 64, or not laid out as one.
    #[error("the filter of blocked cards is not a filter")]
    Malformed,
    /// A card of the list would pass the filter.
    #[error("the filter of blocked cards misses card {index} of its list")]
    Misses {
        /// Which, from 0.
        index: usize,
    },
    /// The cards are not in order, or one is there twice.
    #[error("the blocked cards are not in order at card {index}")]
    Unsorted {
        /// Which, from 0.
        index: usize,
    },
    /// More than [`HOT_LIST_LIMIT`] cards.
    #[error("{cards} blocked cards are too many: {HOT_LIST_LIMIT} is the most")]
    TooMany {
        /// How many.
        cards: usize,
    },
}

impl HotList {
    /// Makes the list and its filter. The same cards, in any order, give the same list; of a card that
    /// is there twice, the reason that sorts first is kept. `as_of` is the caller's to set.
    pub fn build(mut cards: Vec<HotCard>) -> Self {
        cards.sort();
        cards.dedup_by(|later, kept| later.card == kept.card);
        let mut digests: Vec<u64> = cards.iter().map(|hot| digest(&hot.card)).collect();
        digests.sort_unstable();
        digests.dedup();
        let filter = match digests.is_empty() {
            true => String::new(),
            // Should it ever fail, the exact list alone counts.
            false => BinaryFuse16::try_from(&digests).map_or_else(|_| String::new(), |f| write(&f)),
        };
        Self {
            as_of: None,
            filter,
            cards,
        }
    }

    /// Reads the filter, and proves that it misses no card of the list. Once a bundle.
    ///
    /// # Errors
    /// Whatever is wrong with the list: a store must not adopt it.
    pub fn compile(&self) -> Result<HotFilter, HotListError> {
        if self.cards.len() > HOT_LIST_LIMIT {
            let cards = self.cards.len();
            return Err(HotListError::TooMany { cards });
        }
        let sorted = |pair: &[HotCard]| pair[0].card < pair[1].card;
        if let Some(index) = self.cards.windows(2).position(|pair| !sorted(pair)) {
            let index = index + 1;
            return Err(HotListError::Unsorted { index });
        }
        let filter = HotFilter::parse(&self.filter, self.cards.is_empty())?;
        match self
            .cards
            .iter()
            .position(|hot| !filter.may_hold(&hot.card))
        {
            Some(index) => Err(HotListError::Misses { index }),
            None => Ok(filter),
        }
    }

    /// Whether the filter takes a card for blocked. Reads the filter anew: [`HotList::compile`] it to
    /// ask often.
    pub fn may_hold(&self, card: &CardIdentity) -> Result<bool, HotListError> {
        Ok(HotFilter::parse(&self.filter, self.cards.is_empty())?.may_hold(card))
    }

    /// The exact entry of a card.
    pub fn find(&self, card: &CardIdentity) -> Option<&HotCard> {
        let place = self.cards.binary_search_by(|hot| hot.card.cmp(card));
        place.ok().and_then(|index| self.cards.get(index))
    }

    /// Whether a card is blocked: the filter first, then the exact list.
    pub fn blocked(&self, card: &CardIdentity) -> Result<Option<&HotCard>, HotListError> {
        Ok(match self.may_hold(card)? {
            true => self.find(card),
            false => None,
        })
    }
}

/// A filter that was read.
#[derive(Clone, Debug)]
pub struct HotFilter(Answer);

#[derive(Clone, Debug)]
enum Answer {
    /// No card is blocked.
    Nothing,
    /// There is no filter: each card is looked up.
    Everything,
    Filter(BinaryFuse16),
}

impl HotFilter {
    /// Blocks nothing.
    pub const fn empty() -> Self {
        Self(Answer::Nothing)
    }

    /// Reads a filter of a list that is `empty` or not.
    ///
    /// # Errors
    /// [`HotListError::Malformed`]; whatever the text, nothing panics, here or when a card is looked up.
    pub fn parse(text: &str, empty: bool) -> Result<Self, HotListError> {
        Ok(Self(match (text.is_empty(), empty) {
            (true, true) => Answer::Nothing,
            (true, false) => Answer::Everything,
            (false, _) => Answer::Filter(read(text).ok_or(HotListError::Malformed)?),
        }))
    }

    /// Whether the card may be blocked. False is certain; true is looked up in the exact list.
    pub fn may_hold(&self, card: &CardIdentity) -> bool {
        match &self.0 {
            Answer::Nothing => false,
            Answer::Everything => true,
            Answer::Filter(filter) => filter.contains(&digest(card)),
        }
    }
}

/// What the filter knows of a card: the first 8 bytes of the SHA-256 of its identity.
fn digest(card: &CardIdentity) -> u64 {
    let hash = Hash::of(card.as_str().as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hash.bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn write(filter: &BinaryFuse16) -> String {
    let head = &filter.descriptor;
    let mut bytes = Vec::with_capacity(HEAD + 2 * filter.fingerprints.len());
    bytes.extend(head.seed.to_le_bytes());
    bytes.extend(head.segment_length.to_le_bytes());
    bytes.extend(head.segment_length_mask.to_le_bytes());
    bytes.extend(head.segment_count_length.to_le_bytes());
    let prints = filter.fingerprints.iter();
    bytes.extend(prints.flat_map(|print| print.to_le_bytes()));
    BASE64.encode(&bytes)
}

/// None for anything whose look-ups could fall outside its fingerprints.
fn read(text: &str) -> Option<BinaryFuse16> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    let (seed, rest) = bytes.split_first_chunk::<8>()?;
    let (segment, rest) = rest.split_first_chunk::<4>()?;
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (segments, rest) = rest.split_first_chunk::<4>()?;
    let segment_length = u32::from_le_bytes(*segment);
    let segment_length_mask = u32::from_le_bytes(*mask);
    let segment_count_length = u32::from_le_bytes(*segments);
    let laid_out = segment_length.is_power_of_two()
        && segment_length <= LONGEST_SEGMENT
        && segment_length_mask == segment_length - 1
        && segment_count_length > 0
        && segment_count_length % segment_length == 0;
    let prints = u64::from(segment_count_length) + 2 * u64::from(segment_length);
    if !laid_out || u64::try_from(rest.len()) != Ok(2 * prints) {
        return None;
    }
    // Its descriptor's type has no name outside its crate: an empty filter lends one.
    let mut filter = BinaryFuse16::try_from(&[][..]).ok()?;
    filter.descriptor.seed = u64::from_le_bytes(*seed);
    filter.descriptor.segment_length = segment_length;
    filter.descriptor.segment_length_mask = segment_length_mask;
    filter.descriptor.segment_count_length = segment_count_length;
    let pairs = rest.chunks_exact(2);
    filter.fingerprints = pairs.map(|p| u16::from_le_bytes([p[0], p[1]])).collect();
    Some(filter)
}
