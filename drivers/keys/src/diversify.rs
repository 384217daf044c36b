//! What makes a key one card's own: the input of NXP AN10922, section 2.2 (AES-128).

use crate::{KeyRole, aes_cmac};

/// First byte of the message for an AES-128 key (AN10922, 2.2.1).
const AES128: u8 = 0x01;
/// The shortest system identifier: with UID, AID and key number the message is then longer than one
/// block, where AN10922's padding (always to 32 bytes) and plain CMAC are the same.
pub const SYSTEM_ID_SHORTEST: usize = 5;
/// The longest system identifier: 31 bytes less UID (10), AID and key number.
pub const SYSTEM_ID_LONGEST: usize = 17;

/// Why an input cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiversificationError {
    /// The UID has another length than 7, 8 or 10 bytes: too short ones collide.
    #[error("a key is made from a UID of 7, 8 or 10 bytes, not of {0}")]
    Uid(usize),
    /// The system identifier is too short or too long.
    #[error(
        "the system identifier has {0} bytes, and must have {SYSTEM_ID_SHORTEST} to {SYSTEM_ID_LONGEST}"
    )]
    SystemId(usize),
}

/// UID ‖ AID ‖ key number ‖ system identifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diversification {
    message: Vec<u8>,
}

impl Diversification {
    /// For the card `uid`, the application `aid` and the chain `system_id`.
    ///
    /// # Errors
    /// A UID or system identifier of a length that could make two cards share a key.
    pub fn new(
        uid: &[u8],
        aid: [u8; 3],
        role: KeyRole,
        system_id: &[u8],
    ) -> Result<Self, DiversificationError> {
        if !matches!(uid.len(), 7 | 8 | 10) {
            return Err(DiversificationError::Uid(uid.len()));
        }
        if !(SYSTEM_ID_SHORTEST..=SYSTEM_ID_LONGEST).contains(&system_id.len()) {
            return Err(DiversificationError::SystemId(system_id.len()));
        }
        let message = [&[AES128], uid, &aid, &[role.number()], system_id].concat();
        Ok(Self { message })
    }

    /// For a key that the whole chain shares: a UID of zeros.
    ///
    /// # Errors
    /// As [`Diversification::new`].
    pub fn chain_wide(
        aid: [u8; 3],
        role: KeyRole,
        system_id: &[u8],
    ) -> Result<Self, DiversificationError> {
        Self::new(&[0; 7], aid, role, system_id)
    }

    /// The message whose CMAC under the master key is the card's key: 17 to 32 bytes.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The card's key under a master key that is at hand.
    pub(crate) fn under(&self, master: &[u8; 16]) -> crate::CardKey {
        crate::CardKey::new(aes_cmac(master, &self.message))
    }
}
