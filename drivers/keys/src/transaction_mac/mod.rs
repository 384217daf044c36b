//! The MAC that a DESFire card puts under a transaction, and that HQ proves it with.
//!
//! The card computes TMV over its transaction MAC input (TMI, see [`Tmi`]) with a session key made
//! from its AppTransactionMACKey, the transaction's counter and its UID (NXP MF2DLHX0 data sheet,
//! 10.3.2). The key is at HQ and at the personalisation desk only: a till passes TMC, TMV and TMI on
//! and cannot check them.

mod entry;
mod read;
mod tmi;

pub use entry::{
    ENTERS_TMI, Frames, RECORD_SIZES, Rule, TRANSACTION_MAC_FILE, TmiEntry, enters_tmi,
};
pub use tmi::{TMI_LONGEST, Tmi, TmiError};

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, KeyInit};

use crate::{CardKey, aes_cmac, truncated};

/// First byte of the session vector for the MAC key (data sheet, 10.3.2.3).
const LABEL_MAC: u8 = 0x5A;
/// First byte of the session vector for the key that hides the previous reader's identity.
const LABEL_ENCRYPTION: u8 = 0xA5;

/// SesTMMACKey for the transaction that has the counter `tmc`: the value that CommitTransaction
/// answers, so one more than the file held before it.
pub fn session_mac_key(key: &CardKey, uid: &[u8; 7], tmc: u32) -> CardKey {
    session_key(LABEL_MAC, key, uid, tmc)
}

/// SesTMENCKey for the transaction that has the counter `tmc`.
pub fn session_encryption_key(key: &CardKey, uid: &[u8; 7], tmc: u32) -> CardKey {
    session_key(LABEL_ENCRYPTION, key, uid, tmc)
}

/// The transaction MAC value (TMV): what the card answers to CommitTransaction beside `tmc`. `key` is
/// the card's AppTransactionMACKey and `tmi` the transaction's input ([`Tmi::as_bytes`]). Compare with
/// [`crate::same_mac`].
pub fn tmv(key: &CardKey, uid: &[u8; 7], tmc: u32, tmi: &[u8]) -> [u8; 8] {
    truncated(aes_cmac(session_mac_key(key, uid, tmc).bytes(), tmi))
}

/// The reader that committed the transaction before this one: EncTMRI of CommitReaderID's answer,
/// decrypted (one block of CBC with IV 0; data sheet, 10.3.2.5). Zeros if there was none before.
pub fn previous_reader_id(
    key: &CardKey,
    uid: &[u8; 7],
    tmc: u32,
    encrypted: &[u8; 16],
) -> [u8; 16] {
    let key = session_encryption_key(key, uid, tmc);
    let mut block = (*encrypted).into();
    Aes128::new(key.bytes().into()).decrypt_block(&mut block);
    block.into()
}

/// CMAC(key, label ‖ 0001 ‖ 0080 ‖ TMC ‖ UID): counter mode of NIST SP 800-108, one block.
fn session_key(label: u8, key: &CardKey, uid: &[u8; 7], tmc: u32) -> CardKey {
    let vector = [
        &[label, 0x00, 0x01, 0x00, 0x80],
        tmc.to_le_bytes().as_slice(),
        uid,
    ]
    .concat();
    CardKey::new(aes_cmac(key.bytes(), &vector))
}

#[cfg(test)]
mod tests;
