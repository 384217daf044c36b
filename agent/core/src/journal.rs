//! Journal records: how a fact is written down, and how each is chained to the one before.
//!
//! A record's body is the exact text that was hashed; nobody re-serialises it, so the chain holds
//! across versions of the program. Keeping records is left to `tillside-store`, and to HQ.

mod signed;

pub use signed::{HeadSigner, SignedHead};

use crate::{Clock, Event, TerminalId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the record layout.
pub const RECORD_VERSION: u32 = 1;
/// The longest body, in bytes.
pub const RECORD_BODY_LIMIT: usize = 1 << 20;

/// A SHA-256 hash, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

/// A text that is not 64 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a hash is 64 hex digits")]
pub struct HashError;

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What the first record of a terminal's epoch names as the one before it.
    pub fn genesis(terminal: TerminalId, epoch: u32) -> Self {
        Self::of(format!("tillside journal {RECORD_VERSION} {terminal} {epoch}").as_bytes())
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes 32 bytes that are a hash already, as a database keeps them.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(HashError),
        };
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| HashError)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// One entry of a terminal's journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// Whose journal.
    pub terminal: TerminalId,
    /// Which life of that journal, from 1; a restored disk begins a new one.
    pub epoch: u32,
    /// Position in the epoch, from 1, without gaps.
    pub seq: u64,
    /// Hash of the record before, or [`Hash::genesis`].
    pub prev: Hash,
    /// When.
    pub at: Timestamp,
    /// Whether the clock could be trusted.
    pub clock: Clock,
    /// What.
    pub event: Event,
}

/// The end of a chain: position and hash of its newest record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// The epoch.
    pub epoch: u32,
    /// The newest record's position; 0 before the first.
    pub seq: u64,
    /// The newest record's hash; the genesis hash before the first.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty epoch.
    pub fn genesis(terminal: TerminalId, epoch: u32) -> Self {
        Self {
            epoch,
            seq: 0,
            hash: Hash::genesis(terminal, epoch),
        }
    }
}

/// A record as it is kept and sent: its text, and that text's hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// Position in the epoch.
    pub seq: u64,
    /// The record as JSON, byte for byte as it was hashed.
    pub body: String,
    /// SHA-256 of `body`.
    pub hash: Hash,
}

/// Why a record does not continue a chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The text is not what was hashed.
    #[error("record {seq} was changed: its text does not match its hash")]
    Altered {
        /// Which record.
        seq: u64,
    },
    /// A record is missing or out of place.
    #[error("record {found} stands where record {expected} should")]
    Gap {
        /// The position that was due.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// It names another record as the one before.
    #[error("record {seq} does not continue the one before it")]
    Unlinked {
        /// Which record.
        seq: u64,
    },
    /// It belongs to another terminal or epoch.
    #[error("record {seq} belongs to another journal")]
    Foreign {
        /// Which record.
        seq: u64,
    },
    /// The text is longer than [`RECORD_BODY_LIMIT`].
    #[error("record {seq} is longer than a record may be")]
    TooLong {
        /// Which record.
        seq: u64,
    },
    /// It is laid out for another version of the program.
    #[error("record {seq} has layout {found}, and this program reads {RECORD_VERSION}: update it")]
    Version {
        /// Which record.
        seq: u64,
        /// Its layout.
        found: u32,
    },
    /// The text is not a record this program can read.
    #[error("record {seq} cannot be read")]
    Unreadable {
        /// Which record.
        seq: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Record {
    /// Writes the record down. Fails only if JSON cannot say it, which no valid event causes.
    pub fn seal(&self) -> Result<Sealed, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        Ok(Sealed {
            seq: self.seq,
            hash: Hash::of(body.as_bytes()),
            body,
        })
    }

    /// Checks that this record, kept as number `seq`, continues `head` in `terminal`'s journal.
    pub fn continues(&self, seq: u64, terminal: TerminalId, head: &Head) -> Result<(), ChainError> {
        if self.terminal != terminal || self.epoch != head.epoch {
            return Err(ChainError::Foreign { seq });
        }
        let expected = head.seq.saturating_add(1);
        if self.seq != seq || seq != expected {
            return Err(ChainError::Gap {
                expected,
                found: self.seq,
            });
        }
        if self.prev != head.hash {
            return Err(ChainError::Unlinked { seq });
        }
        Ok(())
    }
}

impl Sealed {
    /// Checks that this record continues `head` in `terminal`'s journal, and reads it.
    pub fn open(&self, terminal: TerminalId, head: &Head) -> Result<Record, ChainError> {
        let record = self.read()?;
        record.continues(self.seq, terminal, head)?;
        Ok(record)
    }

    /// Reads this record, whatever journal it belongs to: its text is what was hashed.
    pub fn read(&self) -> Result<Record, ChainError> {
        let seq = self.seq;
        if self.body.len() > RECORD_BODY_LIMIT {
            return Err(ChainError::TooLong { seq });
        }
        if Hash::of(self.body.as_bytes()) != self.hash {
            return Err(ChainError::Altered { seq });
        }
        let record: Record = serde_json::from_str(&self.body)
            .map_err(|source| ChainError::Unreadable { seq, source })?;
        if record.v != RECORD_VERSION {
            let found = record.v;
            return Err(ChainError::Version { seq, found });
        }
        Ok(record)
    }
}
