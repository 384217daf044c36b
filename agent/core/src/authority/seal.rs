//! Bytes with HQ's signature behind them, and a reader for what is inside.
//!
//! The signature is checked before anything is read (invariant 8).

use crate::CodeKey;
use crate::member_code::{signed, verified};

/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;

/// The body and HQ's signature under `context ‖ body`.
pub(super) fn seal(secret: &[u8; 32], context: &[u8], mut body: Vec<u8>) -> Vec<u8> {
    let signature = signed(secret, context, &body);
    body.extend(signature);
    body
}

/// The body, if one of the keys signed it under this context.
pub(super) fn unseal<'a>(bytes: &'a [u8], context: &[u8], keys: &[CodeKey]) -> Option<&'a [u8]> {
    let (body, signature) = bytes.split_last_chunk::<SIGNATURE>()?;
    keys.iter()
        .any(|key| verified(*key, context, body, signature))
        .then_some(body)
}

/// Reads fields one after the other; none where the bytes end too early.
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    /// A text after its length in one byte.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.byte()?);
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Whether everything was read.
    pub(super) const fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a code after its length in one byte; codes have at most 32 characters.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend(text.as_bytes());
}
