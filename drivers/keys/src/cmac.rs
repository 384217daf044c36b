//! AES-CMAC (RFC 4493, NIST SP 800-38B), and the half of it that cards send.

use aes::Aes128;
use cmac::{Cmac, KeyInit, Mac};

/// The AES-CMAC of `message`.
pub fn aes_cmac(key: &[u8; 16], message: &[u8]) -> [u8; 16] {
    let mut mac = Cmac::<Aes128>::new(key.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The bytes 1, 3, … 15 of a CMAC: what NXP's EV2 secure messaging calls MACt (AN12343, 4.1.2).
pub fn truncated(mac: [u8; 16]) -> [u8; 8] {
    std::array::from_fn(|index| mac[2 * index + 1])
}

/// Whether two MACs are the same, in a time that does not tell where they differ.
pub fn same_mac(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}
