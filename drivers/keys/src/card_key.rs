//! One AES-128 key of one card.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// An AES-128 key that belongs to one card (or, for [`crate::KeyRole::CardNumber`], to the chain). It
/// is wiped when it is dropped, and never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CardKey([u8; 16]);

/// In a time that does not tell where two keys differ.
impl PartialEq for CardKey {
    fn eq(&self, other: &Self) -> bool {
        crate::same_mac(&self.0, &other.0)
    }
}

impl Eq for CardKey {}

impl CardKey {
    /// Wraps 16 bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the cipher.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for CardKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardKey(…)")
    }
}
