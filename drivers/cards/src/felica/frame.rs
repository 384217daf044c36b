//! FeliCa's frames: length, command, the card's number (IDm), and what follows (JIS X 6319-4).

use tillside_drivers::ReaderError;

const READ: u8 = 0x06;
const WRITE: u8 = 0x08;
/// Service codes, little endian: of all blocks, to read only, and to read and write.
const READ_ONLY: [u8; 2] = [0x0B, 0x00];
const READ_WRITE: [u8; 2] = [0x09, 0x00];
const STEP: &str = "a FeliCa command";

/// Read Without Encryption of up to four blocks.
pub(super) fn read(number: &[u8; 8], blocks: &[u8]) -> Vec<u8> {
    let mut body = vec![count(blocks)];
    body.extend(blocks.iter().flat_map(|block| [0x80, *block]));
    command(READ, number, READ_ONLY, &body)
}

/// Write Without Encryption of one block.
pub(super) fn write(number: &[u8; 8], block: u8, data: &[u8; 16]) -> Vec<u8> {
    let body = [&[1, 0x80, block], data.as_slice()].concat();
    command(WRITE, number, READ_WRITE, &body)
}

/// Checks the answer to a write.
pub(super) fn written(number: &[u8; 8], answer: &[u8]) -> Result<(), ReaderError> {
    match status(WRITE, number, answer)? {
        [] => Ok(()),
        _ => Err(garbled()),
    }
}

/// The data of the answer to a read of `count` blocks.
pub(super) fn data(number: &[u8; 8], count: usize, answer: &[u8]) -> Result<Vec<u8>, ReaderError> {
    match status(READ, number, answer)? {
        [blocks, data @ ..] if usize::from(*blocks) == count && data.len() == 16 * count => {
            Ok(data.to_vec())
        }
        _ => Err(garbled()),
    }
}

fn command(code: u8, number: &[u8; 8], service: [u8; 2], body: &[u8]) -> Vec<u8> {
    let frame = [&[0, code], number.as_slice(), &[1], &service, body].concat();
    with_length(frame)
}

/// Puts the frame's length, which counts itself, in its first byte. Ours are under 50 bytes.
fn with_length(mut frame: Vec<u8>) -> Vec<u8> {
    let length = u8::try_from(frame.len()).unwrap_or(u8::MAX);
    if let Some(first) = frame.first_mut() {
        *first = length;
    }
    frame
}

fn count(blocks: &[u8]) -> u8 {
    u8::try_from(blocks.len()).unwrap_or(u8::MAX)
}

/// What follows two good status flags. A frame of another card, command or length is refused.
fn status<'a>(code: u8, number: &[u8; 8], answer: &'a [u8]) -> Result<&'a [u8], ReaderError> {
    let (head, rest) = answer.split_first_chunk::<10>().ok_or_else(garbled)?;
    let whole = usize::from(head[0]) == answer.len();
    if !whole || head[1] != code + 1 || head[2..] != number[..] {
        return Err(garbled());
    }
    match rest {
        [0, 0, rest @ ..] => Ok(rest),
        [first, second, ..] => Err(ReaderError::CardRefused {
            step: STEP,
            status: u16::from_be_bytes([*first, *second]),
        }),
        _ => Err(garbled()),
    }
}

fn garbled() -> ReaderError {
    ReaderError::Garbled { step: STEP }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::script::{bytes, vector};

    const NUMBER: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    #[test]
    fn a_write_has_the_head_of_the_public_vector() {
        let vectors = vector("felica.json");
        let case = bytes(&vectors["auth_lite_s_external"]["write_state_with_mac_a"]);
        // The vector writes two blocks, 92 and 91; ours writes one.
        let ours = write(&NUMBER, 0x92, &[0; 16]);
        assert_eq!(ours[1..13], case[1..13]);
        assert_eq!(ours[13..16], [1, 0x80, 0x92]);
        assert_eq!((case[0], usize::from(ours[0])), (0x32, ours.len()));
        assert_eq!(case[13..16], [2, 0x80, 0x92]);
    }

    #[test]
    fn a_read_names_its_blocks() {
        let frame = read(&NUMBER, &[0x82, 0x91]);
        let expected = b"\x12\x06\x01\x02\x03\x04\x05\x06\x07\x08\x01\x0B\0\x02\x80\x82\x80\x91";
        assert_eq!(frame, expected);
    }

    #[test]
    fn answers_of_another_card_command_or_length_are_refused() {
        let good = [&[0x1D, 0x07], &NUMBER[..], &[0, 0, 1], &[9; 16]].concat();
        assert_eq!(data(&NUMBER, 1, &good).unwrap(), [9; 16]);
        for at in 0..13 {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(data(&NUMBER, 1, &bad).is_err(), "byte {at}");
        }
        assert!(data(&NUMBER, 2, &good).is_err());
        assert!(data(&NUMBER, 1, &good[..28]).is_err());
        let refused = [&[0x0C, 0x09], &NUMBER[..], &[0x01, 0xB1]].concat();
        let error = written(&NUMBER, &refused).unwrap_err();
        assert!(matches!(
            error,
            ReaderError::CardRefused { status: 0x01B1, .. }
        ));
    }
}
