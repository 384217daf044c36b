//! The checksums that DESFire cards use.

/// CRC-32 of IEEE 802.3 without the final complement, as ChangeKey wants it (AN12196, 5.16.1).
pub(crate) fn jam_crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0xEDB8_8320,
            _ => crc >> 1,
        })
    })
}

/// CRC_A of ISO 14443-3, as the oldest secure messaging of DESFire uses it.
pub(crate) fn crc_a(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0x6363, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| match crc & 1 {
            1 => (crc >> 1) ^ 0x8408,
            _ => crc >> 1,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_the_known_ones() {
        // The check values of the CRC catalogue, for "123456789".
        assert_eq!(jam_crc32(b"123456789"), 0x340B_C6D9);
        assert_eq!(crc_a(b"123456789"), 0xBF05);
    }
}
