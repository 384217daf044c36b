//! The frames between a host and a PN532 on a serial line (PN532 user manual, 6.2).
//!
//! It knows start codes, lengths and check sums; what a command means is left to the chip.

/// A direct acknowledgement; from the host it also ends a command that is under way.
pub(super) const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
/// The chip did not understand the last frame's content.
const SYNTAX_ERROR: [u8; 8] = [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00];

/// First byte of the data, host to chip and chip to host.
const TO_CHIP: u8 = 0xD4;
const TO_HOST: u8 = 0xD5;

/// A normal frame holds so many bytes, direction byte counted; longer ones are extended frames.
const NORMAL: usize = 255;
/// The longest data the chip takes, direction byte counted.
const LONGEST: usize = 265;

/// What the host sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FromHost {
    /// Command code and parameters, without the direction byte.
    Command(Vec<u8>),
    /// An acknowledgement: whatever is under way ends without an answer.
    Ack,
    /// The last answer did not arrive; it is wanted again.
    Nack,
    /// A frame whose content is no command to the chip.
    Unclear,
}

/// Cuts what arrives into frames. Bytes outside frames (the wake-up preamble), and frames with a
/// wrong check sum, are dropped as the chip drops them.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: Vec<u8>,
}

/// What stands at a start code.
enum Cut {
    /// Bytes are missing.
    Short,
    /// No frame: go on behind the start code.
    Wrong,
    /// A frame of so many bytes behind the start code.
    Frame(usize, FromHost),
}

impl Inbox {
    /// Takes bytes in.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Whether a frame has begun to arrive.
    pub(super) fn holds_a_start(&self) -> bool {
        self.waiting.windows(2).any(|two| two == [0x00, 0xFF])
    }

    /// The next whole frame.
    pub(super) fn next(&mut self) -> Option<FromHost> {
        loop {
            let start = self.waiting.windows(2).position(|two| two == [0x00, 0xFF]);
            let Some(start) = start else {
                // A start code may be half there.
                let keep = usize::from(self.waiting.last() == Some(&0x00));
                self.waiting.drain(..self.waiting.len() - keep);
                return None;
            };
            let body = start + 2;
            match cut(&self.waiting[body..]) {
                Cut::Short => {
                    self.waiting.drain(..start);
                    return None;
                }
                Cut::Wrong => drop(self.waiting.drain(..body)),
                Cut::Frame(length, frame) => {
                    self.waiting.drain(..body + length);
                    return Some(frame);
                }
            }
        }
    }
}

/// Reads what stands behind a start code.
fn cut(bytes: &[u8]) -> Cut {
    match *bytes {
        [] | [_] => Cut::Short,
        [0x00, 0xFF, ..] => Cut::Frame(2, FromHost::Ack),
        [0xFF, 0x00, ..] => Cut::Frame(2, FromHost::Nack),
        [0xFF, 0xFF, high, low, check, ..] => {
            if high.wrapping_add(low).wrapping_add(check) != 0 {
                return Cut::Wrong;
            }
            data(bytes, 5, usize::from(u16::from_be_bytes([high, low])))
        }
        [0xFF, 0xFF, ..] => Cut::Short,
        [length, check, ..] if length.wrapping_add(check) == 0 => {
            data(bytes, 2, usize::from(length))
        }
        _ => Cut::Wrong,
    }
}

/// Reads `length` bytes of data from `at` on, their check sum and the last byte.
fn data(bytes: &[u8], at: usize, length: usize) -> Cut {
    if length == 0 || length > LONGEST {
        return Cut::Wrong;
    }
    let Some(rest) = bytes.get(at..at + length + 1) else {
        return Cut::Short;
    };
    if rest.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) != 0 {
        return Cut::Wrong;
    }
    let frame = match rest[..length] {
        [TO_CHIP, ref command @ ..] if !command.is_empty() => FromHost::Command(command.to_vec()),
        _ => FromHost::Unclear,
    };
    // The postamble may be left out by the host; if it comes it is dropped as a byte between frames.
    Cut::Frame(at + length + 1, frame)
}

/// The frame for an answer: response code and data, without the direction byte.
pub(super) fn answer(content: &[u8]) -> Vec<u8> {
    let length = content.len() + 1;
    let mut frame = vec![0x00, 0x00, 0xFF];
    if length <= NORMAL {
        let length = length as u8;
        frame.extend([length, length.wrapping_neg()]);
    } else {
        let [high, low] = (length as u16).to_be_bytes();
        frame.extend([0xFF, 0xFF, high, low]);
        frame.push(high.wrapping_add(low).wrapping_neg());
    }
    let sum = content
        .iter()
        .fold(TO_HOST, |sum, byte| sum.wrapping_add(*byte));
    frame.push(TO_HOST);
    frame.extend_from_slice(content);
    frame.extend([sum.wrapping_neg(), 0x00]);
    frame
}

/// The frame that says: syntax error.
pub(super) fn syntax_error() -> Vec<u8> {
    SYNTAX_ERROR.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GetFirmwareVersion and its answer, as the PN532 user manual prints them (7.2.2).
    const FIRMWARE: &[u8] = b"\x00\x00\xFF\x02\xFE\xD4\x02\x2A\x00";
    const VERSION: &[u8] = b"\x00\x00\xFF\x06\xFA\xD5\x03\x32\x01\x06\x07\xE8\x00";

    fn frames(bytes: &[u8]) -> Vec<FromHost> {
        let mut inbox = Inbox::default();
        let mut found = Vec::new();
        // One byte at a time: a frame may arrive in any pieces.
        for byte in bytes {
            inbox.push(&[*byte]);
            found.extend(std::iter::from_fn(|| inbox.next()));
        }
        found
    }

    #[test]
    fn a_command_behind_a_wake_up_is_found() {
        let wake = [0x55, 0x55, 0, 0, 0, 0, 0, 0, 0, 0];
        let bytes = [&wake, FIRMWARE, &ACK, FIRMWARE].concat();
        let command = FromHost::Command(vec![0x02]);
        assert_eq!(
            frames(&bytes),
            [command.clone(), FromHost::Ack, command.clone()]
        );
    }

    #[test]
    fn an_answer_is_framed_as_in_the_manual() {
        assert_eq!(answer(&[0x03, 0x32, 0x01, 0x06, 0x07]), VERSION);
    }

    #[test]
    fn wrong_check_sums_are_dropped_and_the_next_frame_is_read() {
        for (at, wrong) in [(4, 0xFF), (7, 0x2B)] {
            let mut broken = FIRMWARE.to_vec();
            broken[at] = wrong;
            let bytes = [&broken, FIRMWARE].concat();
            assert_eq!(frames(&bytes), [FromHost::Command(vec![0x02])]);
        }
    }

    #[test]
    fn a_long_answer_is_an_extended_frame_that_reads_back() {
        for length in [254, 255, 263] {
            let mut frame = answer(&vec![0xAB; length]);
            // As the host would have sent it.
            let start = if length == 254 { 5 } else { 8 };
            assert_eq!(frame[start], TO_HOST);
            frame[start] = TO_CHIP;
            let sum = frame.len() - 2;
            frame[sum] = frame[sum].wrapping_add(1);
            assert_eq!(
                frames(&frame),
                [FromHost::Command(vec![0xAB; length])],
                "{length}"
            );
        }
    }

    #[test]
    fn what_is_no_command_is_unclear() {
        assert_eq!(frames(b"\x00\xFF\x01\xFF\xD4\x2C\x00"), [FromHost::Unclear]);
        assert_eq!(frames(b"\x00\xFF\x02\xFE\xD5\x02\x29"), [FromHost::Unclear]);
    }

    #[test]
    fn noise_never_fills_the_inbox() {
        let mut inbox = Inbox::default();
        for _ in 0..1000 {
            inbox.push(&[0x55; 64]);
            assert_eq!(inbox.next(), None);
        }
        assert!(inbox.waiting.is_empty());
    }
}
