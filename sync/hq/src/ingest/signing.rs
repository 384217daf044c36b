//! Signatures under journals: a till's is checked, and HQ's own stands under what it keeps.
//!
//! HQ's key is made when HQ first serves. Its public half (`tillside-hq journal key`) is what an exported
//! journal is checked with, by somebody who has nothing else of HQ. Keeping a till's newest signature is
//! the database's.

use crate::data::{DataDir, DataError, write_private};
use tillside_core::{CodeKey, Head, HeadSigner, SignedHead, TerminalId, Timestamp};
use tillside_protocol::PushRequest;

/// Why HQ cannot sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalKeyError {
    /// The key's file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The key's file holds something else.
    #[error(
        "the key for acknowledged journals (keys/journal.key) is damaged: restore it from a backup"
    )]
    Damaged,
    /// No randomness.
    #[error("this computer gives no randomness")]
    NoChance,
}

/// HQ's key for acknowledgements.
pub struct JournalKey([u8; 32]);

impl JournalKey {
    /// The key in HQ's folder; made if there is none.
    ///
    /// # Errors
    /// If it cannot be read or made.
    pub fn of(data: &DataDir) -> Result<Self, JournalKeyError> {
        let path = data.journal_key();
        match std::fs::read(&path) {
            Ok(bytes) => {
                let secret = bytes.try_into().map_err(|_| JournalKeyError::Damaged)?;
                Ok(Self(secret))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut secret = [0; 32];
                getrandom::fill(&mut secret).map_err(|_| JournalKeyError::NoChance)?;
                write_private(&path, &secret)?;
                Ok(Self(secret))
            }
            Err(source) => Err(DataError::Read { path, source }.into()),
        }
    }

    /// What acknowledgements are checked with.
    pub fn public(&self) -> CodeKey {
        CodeKey::of_secret(&self.0)
    }

    /// HQ's signature under its copy of `terminal`'s journal, which was kept before.
    pub fn acknowledge(&self, terminal: TerminalId, head: &Head, at: Timestamp) -> SignedHead {
        SignedHead::sign(HeadSigner::Hq, &self.0, terminal, head, at)
    }
}

/// Never shows the key.
impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JournalKey({})", self.public())
    }
}

/// Whether the till's signature, if there is one, is its own and stands under the newest record of the batch.
pub fn holds(request: &PushRequest) -> bool {
    let Some(signed) = &request.signed else {
        return true;
    };
    let newest = request.records.last();
    let fits = newest.is_some_and(|newest| {
        (signed.epoch, signed.seq, signed.hash) == (request.epoch, newest.seq, newest.hash)
    });
    fits && signed.terminal == request.terminal && signed.is_by(HeadSigner::Terminal)
}
