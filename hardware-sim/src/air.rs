//! Air time: how long exchanges with a card take at a given bit rate, as a model.
//!
//! Counted are the bits both ways with their parity, check sums, and framing, the blocks of ISO
//! 14443-4 with chaining, the gaps that the standards demand, and what the card computes and writes
//! ([`card_time`]). Not counted is what a reader's own firmware and its cable need.
//!
//! All in cycles of the carrier (13.56 MHz), so that sums are exact; rounded to µs at the end.

pub mod card_time;

use serde::{Deserialize, Serialize};

/// Carrier cycles in 1000 µs.
const CYCLES_PER_MS: u64 = 13_560;
/// Type A: reader's last bit to the card's answer, at least (ISO 14443-3, 6.2.1.1: 1236/fc after a
/// last bit of one, which is taken; 1172/fc after a zero).
const READER_TO_CARD: u64 = 1236;
/// Type A: card's last bit to the reader's next frame, at least (ISO 14443-3, 6.2.1.2).
const CARD_TO_READER: u64 = 1172;
/// Above 106 kbit/s a card lets the subcarrier run for 32 of its periods of 16 cycles before it
/// speaks (ISO 14443-2, 8.2.5).
const SUBCARRIER_START: u64 = 32 * 16;
/// What SFGI 0 would be of the frame guard behind an ATS (ISO 14443-4, 5.2.5: SFGT = 256 × 16/fc ×
/// 2^SFGI; 0 itself asks for none).
const FRAME_GUARD: u64 = 256 * 16;
/// Larger ones are not used (the same place).
const FRAME_GUARD_LARGEST: u8 = 14;
/// FeliCa: from a request to its answer, at least (JIS X 6319-4: 2.417 ms in polling's first slot).
const FELICA_GAP: u64 = 32_774;
/// FeliCa: preamble of 6 bytes, sync code of 2, check sum of 2.
const FELICA_FRAME: u64 = 10;
/// PCB and check sum around a block's content.
const BLOCK_OVERHEAD: usize = 3;
/// Largest frame that the reader takes (FSD).
const READER_FRAME: usize = 256;

/// Bit rates of ISO 14443. FeliCa knows two of them: 106 is taken as 212, 848 as 424.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum BitRate {
    /// 106 kbit/s, with which everything begins.
    #[default]
    #[value(name = "106")]
    K106,
    /// 212 kbit/s.
    #[value(name = "212")]
    K212,
    /// 424 kbit/s.
    #[value(name = "424")]
    K424,
    /// 848 kbit/s.
    #[value(name = "848")]
    K848,
}

impl BitRate {
    /// All four, slowest first.
    pub const ALL: [Self; 4] = [Self::K106, Self::K212, Self::K424, Self::K848];

    /// Carrier cycles of one bit.
    fn bit(self) -> u64 {
        match self {
            Self::K106 => 128,
            Self::K212 => 64,
            Self::K424 => 32,
            Self::K848 => 16,
        }
    }
}

/// What went over the air for one step of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AirStep {
    /// In which manner.
    pub kind: AirKind,
    /// Bytes to the card, without check sum and block overhead.
    pub sent: u16,
    /// Bytes back, likewise. A single 0 with `nibble` stands for four bits.
    pub received: u16,
    /// The answer was four bits (ACK or NAK).
    #[serde(default)]
    pub nibble: bool,
    /// SFGI of an activation's ATS: how long the card wants to be left alone behind it.
    #[serde(default)]
    pub guard: u8,
    /// What the card computed and wrote, in µs ([`card_time`]).
    pub card_us: u32,
}

/// The manner of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AirKind {
    /// Type A from REQA to SELECT; with RATS and (above 106 kbit/s) PPS if the card speaks ISO
    /// 14443-4. `sent` is the UID's length, `received` the ATS's, 0 for none.
    Activation,
    /// A frame of ISO 14443-3, always at 106 kbit/s.
    Frame,
    /// A command in blocks of ISO 14443-4; the card takes frames of 64 bytes.
    Block64,
    /// The same; the card takes frames of 256 bytes.
    Block256,
    /// A FeliCa frame, length byte counted in.
    Felica,
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AirTime {
    /// Bits and gaps, in µs.
    pub air_us: u64,
    /// What the card did between them, in µs: an estimate, see [`card_time`].
    pub card_us: u64,
}

impl AirTime {
    /// Both, in µs.
    pub fn total_us(self) -> u64 {
        self.air_us + self.card_us
    }
}

/// The modelled time of some steps at this bit rate.
pub fn time_of<'s>(steps: impl IntoIterator<Item = &'s AirStep>, rate: BitRate) -> AirTime {
    let (mut cycles, mut card_us) = (0, 0);
    for step in steps {
        cycles += step_cycles(step, rate);
        card_us += u64::from(step.card_us);
    }
    AirTime {
        air_us: (cycles * 1000).div_ceil(CYCLES_PER_MS),
        card_us,
    }
}

fn step_cycles(step: &AirStep, rate: BitRate) -> u64 {
    let (sent, received) = (usize::from(step.sent), usize::from(step.received));
    match step.kind {
        AirKind::Activation => activation(sent, received, step.guard, rate),
        AirKind::Frame if step.nibble => {
            // Start bit and four bits, no parity.
            from_reader(sent + 2, BitRate::K106) + READER_TO_CARD + 5 * 128 + CARD_TO_READER
        }
        AirKind::Frame => pair(sent + 2, received + 2, BitRate::K106),
        AirKind::Block64 => blocks(sent, received, 64, rate),
        AirKind::Block256 => blocks(sent, received, 256, rate),
        AirKind::Felica => {
            let bit = rate.bit().clamp(BitRate::K424.bit(), BitRate::K212.bit());
            let frame = |bytes: usize| (bytes as u64 + FELICA_FRAME) * 8 * bit;
            frame(sent) + FELICA_GAP + frame(received)
        }
    }
}

/// A reader's frame: start, eight bits and parity a byte, and an end of two bits.
fn from_reader(bytes: usize, rate: BitRate) -> u64 {
    (9 * bytes as u64 + 3) * rate.bit()
}

/// A card's frame: its end is one bit.
fn from_card(bytes: usize, rate: BitRate) -> u64 {
    let start = if rate == BitRate::K106 {
        0
    } else {
        SUBCARRIER_START
    };
    start + (9 * bytes as u64 + 2) * rate.bit()
}

/// A frame and its answer, with the gaps behind both.
fn pair(sent: usize, received: usize, rate: BitRate) -> u64 {
    from_reader(sent, rate) + READER_TO_CARD + from_card(received, rate) + CARD_TO_READER
}

/// A command and its answer in as many blocks as they need. Each block but the last of a side is
/// acknowledged by the other one.
fn blocks(sent: usize, received: usize, card_frame: usize, rate: BitRate) -> u64 {
    let (there, last_there) = chain(sent, card_frame);
    let (back, last_back) = chain(received, READER_FRAME);
    let acknowledged_by_card = there * pair(card_frame, BLOCK_OVERHEAD, rate);
    // The card's first full block answers the command; each acknowledgement of the reader brings
    // the next one.
    let first = from_reader(last_there, rate) + READER_TO_CARD;
    let full = from_card(READER_FRAME, rate) + CARD_TO_READER;
    let asked_on = from_reader(BLOCK_OVERHEAD, rate) + READER_TO_CARD;
    let last = from_card(last_back, rate) + CARD_TO_READER;
    acknowledged_by_card + first + back * (full + asked_on) + last
}

/// Full blocks before the last one, and the bytes of the last one's frame.
fn chain(bytes: usize, frame: usize) -> (u64, usize) {
    let room = frame - BLOCK_OVERHEAD;
    let full = bytes.saturating_sub(1) / room;
    (full as u64, bytes - full * room + BLOCK_OVERHEAD)
}

/// REQA, two frames for each four bytes of the UID's levels, RATS, the guard behind it, and PPS.
fn activation(uid: usize, ats: usize, guard: u8, rate: BitRate) -> u64 {
    // REQA: seven bits between start and end; ATQA: two bytes without check sum.
    let request = 10 * 128 + READER_TO_CARD + from_card(2, BitRate::K106) + CARD_TO_READER;
    let levels = match uid {
        0..=4 => 1,
        5..=7 => 2,
        _ => 3,
    };
    let level = pair(2, 5, BitRate::K106) + pair(9, 3, BitRate::K106);
    let answer_to_select = match ats {
        0 => 0,
        ats => pair(4, ats + 2, BitRate::K106) + frame_guard(guard).saturating_sub(CARD_TO_READER),
    };
    let speed = match rate {
        BitRate::K106 => 0,
        _ if ats == 0 => 0,
        _ => pair(5, 3, BitRate::K106),
    };
    request + levels * level + answer_to_select + speed
}

/// From the ATS to the next frame, at least.
fn frame_guard(sfgi: u8) -> u64 {
    match sfgi {
        1..=FRAME_GUARD_LARGEST => FRAME_GUARD << sfgi,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: AirKind, sent: u16, received: u16) -> AirStep {
        AirStep {
            kind,
            sent,
            received,
            nibble: false,
            guard: 0,
            card_us: 0,
        }
    }

    fn micros(kind: AirKind, sent: u16, received: u16, rate: BitRate) -> u64 {
        time_of(&[step(kind, sent, received)], rate).air_us
    }

    /// By hand: READ is 30 04 and check sum: 4 bytes, 39 bits; 16 bytes and check sum come back: 18
    /// bytes, 164 bits. 203 bits of 128 cycles and gaps of 1236 and 1172: 28392 cycles, 2093.8 µs.
    #[test]
    fn a_read_of_four_pages_by_hand() {
        for rate in BitRate::ALL {
            assert_eq!(micros(AirKind::Frame, 2, 16, rate), 2094);
        }
    }

    /// By hand: WRITE is A2 04 and four bytes, with check sum 8 bytes, 75 bits; ACK is five bits.
    /// 80 bits and gaps: 12648 cycles, 932.7 µs.
    #[test]
    fn four_bits_are_no_byte() {
        let write = AirStep {
            nibble: true,
            ..step(AirKind::Frame, 6, 0)
        };
        assert_eq!(time_of(&[write], BitRate::K106).air_us, 933);
    }

    /// By hand: GetVersion is 90 60 00 00 00: block of 8, 75 bits; 9 bytes back: block of 12, 110
    /// bits. At 106: 185 × 128 + 2408 = 26088 cycles, 1923.9 µs. At 424: 185 × 32 + 2408 + 512 = 8840
    /// cycles, 651.9 µs.
    #[test]
    fn a_short_block_by_hand() {
        assert_eq!(micros(AirKind::Block64, 5, 9, BitRate::K106), 1924);
        assert_eq!(micros(AirKind::Block64, 5, 9, BitRate::K424), 652);
    }

    /// By hand: 62 bytes do not fit into a frame of 64 (61 do). 64 bytes, 579 bits; acknowledged by
    /// 3 bytes, 29 bits; then the last byte in a block of 4, 39 bits; the answer of 2 in a block of 5,
    /// 47 bits. 694 bits and two pairs of gaps: 93648 cycles, 6906.2 µs.
    #[test]
    fn a_command_longer_than_a_frame_goes_in_two() {
        assert_eq!(micros(AirKind::Block64, 62, 2, BitRate::K106), 6907);
        let whole = micros(AirKind::Block256, 62, 2, BitRate::K106);
        let fits = micros(AirKind::Block64, 61, 2, BitRate::K106);
        // Nine bits more: 85 µs.
        assert_eq!(whole - fits, 85);
    }

    /// By hand: 254 bytes back do not fit into a frame of 256 (253 do). Command of 5: 75 bits; full
    /// block of 256: 2306 bits; asked on by 3 bytes, 30 bits; last block of 4: 38 bits. 2449 bits and
    /// two pairs of gaps: 318288 cycles, 23472.6 µs.
    #[test]
    fn an_answer_longer_than_a_frame_comes_in_two() {
        assert_eq!(micros(AirKind::Block64, 5, 254, BitRate::K106), 23473);
    }

    /// By hand, a UID of 7 and an ATS of 6: REQA 10 bits and 20 bits; each level 21 + 47 + 84 + 29 =
    /// 181 bits; RATS 39 and 74 bits. 505 bits; six pairs of gaps: 79088 cycles, 5832.4 µs. PPS
    /// above 106: 48 and 29 bits, one pair more: 91352 cycles, 6736.9 µs.
    #[test]
    fn an_activation_by_hand() {
        assert_eq!(micros(AirKind::Activation, 7, 6, BitRate::K106), 5833);
        assert_eq!(micros(AirKind::Activation, 7, 6, BitRate::K848), 6737);
        assert_eq!(
            micros(AirKind::Activation, 7, 0, BitRate::K848),
            micros(AirKind::Activation, 7, 0, BitRate::K106)
        );
    }

    /// By hand: SFGI 1 (DESFire's ATS has it) is 8192 cycles, of which 1172 are the gap that was counted:
    /// 79088 + 7020 = 86108 cycles, 6350.1 µs. SFGI 0 and 15 ask for none.
    #[test]
    fn a_card_is_left_alone_behind_its_ats() {
        let guarded = |guard| {
            let activation = step(AirKind::Activation, 7, 6);
            let steps = [AirStep {
                guard,
                ..activation
            }];
            time_of(&steps, BitRate::K106).air_us
        };
        assert_eq!([0, 1, 15].map(guarded), [5833, 6351, 5833]);
        assert_eq!(
            guarded(14),
            (79_088 - 1172 + (4096 << 14)) * 1000 / 13_560 + 1
        );
    }

    /// By hand: 16 bytes of request and 29 of answer, each with 10 more, 65 × 8 = 520 bits. At 212 of
    /// 64 cycles: 33280 + 32774 = 66054, 4871.3 µs. At 424: 49414 cycles, 3644.2 µs.
    #[test]
    fn a_felica_read_by_hand() {
        for (rate, expected) in [
            (BitRate::K106, 4872),
            (BitRate::K212, 4872),
            (BitRate::K424, 3645),
            (BitRate::K848, 3645),
        ] {
            assert_eq!(micros(AirKind::Felica, 16, 29, rate), expected);
        }
    }

    #[test]
    fn steps_add_up_and_the_card_counts_apart() {
        let mut steps = vec![step(AirKind::Block64, 5, 9); 3];
        steps[1].card_us = 700;
        let time = time_of(&steps, BitRate::K106);
        // 78264 cycles.
        assert_eq!((time.air_us, time.card_us), (5772, 700));
        assert_eq!(time.total_us(), 6472);
    }
}
