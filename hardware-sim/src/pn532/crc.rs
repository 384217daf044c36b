//! The check sum of ISO 14443-3 type A, for hosts that switch the chip's own off.

/// CRC_A of `data`, in the order it goes over the air.
fn crc_a(data: &[u8]) -> [u8; 2] {
    let sum = data.iter().fold(0x6363u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| match sum & 1 {
            1 => (sum >> 1) ^ 0x8408,
            _ => sum >> 1,
        })
    });
    sum.to_le_bytes()
}

/// `data` with its check sum behind it.
pub(super) fn with_crc(data: &[u8]) -> Vec<u8> {
    [data, &crc_a(data)].concat()
}

/// `data` with a check sum that is wrong.
pub(super) fn with_wrong_crc(data: &[u8]) -> Vec<u8> {
    let [low, high] = crc_a(data);
    [data, &[!low, high]].concat()
}

/// `frame` without its check sum, if that is right.
pub(super) fn without_crc(frame: &[u8]) -> Option<&[u8]> {
    let (data, crc) = frame.split_last_chunk::<2>()?;
    (crc_a(data) == *crc).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standards_examples() {
        // ISO 14443-3, annex B.
        assert_eq!(crc_a(&[0x00, 0x00]), [0xA0, 0x1E]);
        assert_eq!(crc_a(&[0x12, 0x34]), [0x26, 0xCF]);
        assert_eq!(
            without_crc(&[0x12, 0x34, 0x26, 0xCF]),
            Some(&[0x12, 0x34][..])
        );
        assert_eq!(without_crc(&[0x12, 0x34, 0x26, 0xCE]), None);
        assert_eq!(without_crc(&[0x12]), None);
        assert_eq!(without_crc(&with_wrong_crc(&[0x12, 0x34])), None);
    }
}
