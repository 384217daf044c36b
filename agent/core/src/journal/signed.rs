//! Signed heads: what makes the end of a chain binding for whoever signed it.
//!
//! A terminal signs the head of what it sends; HQ signs where its own copy ends, once it is kept. Both
//! sign the same bytes under a context of their own, so that neither can stand for the other:
//!
//! ```text
//! context ‖ terminal 16 ‖ epoch 4 ‖ seq 8 ‖ hash 32 ‖ at 8 ‖ public key 32        (numbers big-endian)
//! ```
//!
//! Since each record holds the hash of the one before, one signature stands for all records up to it.
//! Whose a key is, and keeping it, is left to the two programs.

use crate::member_code::{signed, verified};
use crate::{CodeKey, Hash, Head, HeadSignature, TerminalId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who signs a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadSigner {
    /// The terminal whose journal it is.
    Terminal,
    /// HQ, for its copy: an acknowledgement.
    Hq,
}

impl HeadSigner {
    const fn context(self) -> &'static [u8] {
        match self {
            Self::Terminal => b"tillside journal head 1\0",
            Self::Hq => b"tillside journal acknowledgement 1\0",
        }
    }
}

/// A head with a signature, not yet believed: see [`SignedHead::is_by`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedHead {
    /// Whose journal.
    pub terminal: TerminalId,
    /// The epoch.
    pub epoch: u32,
    /// The newest record's position.
    pub seq: u64,
    /// The newest record's hash.
    pub hash: Hash,
    /// When it was signed, by the signer's clock.
    pub at: Timestamp,
    /// The signer's public key.
    pub key: CodeKey,
    /// The signature.
    pub signature: HeadSignature,
}

impl SignedHead {
    /// Signs `head` of `terminal`'s journal with an Ed25519 secret.
    pub fn sign(
        by: HeadSigner,
        secret: &[u8; 32],
        terminal: TerminalId,
        head: &Head,
        at: Timestamp,
    ) -> Self {
        let mut made = Self {
            terminal,
            epoch: head.epoch,
            seq: head.seq,
            hash: head.hash,
            at,
            key: CodeKey::of_secret(secret),
            signature: HeadSignature::new([0; 64]),
        };
        made.signature = HeadSignature::new(signed(secret, by.context(), &made.bytes()));
        made
    }

    /// Whether [`SignedHead::key`] signed exactly this, as `by` does. Whose the key is, the caller knows.
    pub fn is_by(&self, by: HeadSigner) -> bool {
        let signature = self.signature.bytes();
        verified(self.key, by.context(), &self.bytes(), signature)
    }

    /// The head that was signed.
    pub const fn head(&self) -> Head {
        Head {
            epoch: self.epoch,
            seq: self.seq,
            hash: self.hash,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(100);
        bytes.extend(self.terminal.uuid().as_bytes());
        bytes.extend(self.epoch.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.hash.bytes());
        bytes.extend(self.at.0.to_be_bytes());
        bytes.extend(self.key.bytes());
        bytes
    }
}
