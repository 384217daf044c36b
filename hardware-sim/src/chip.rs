//! The chip: what it answers to raw frames. It knows no reader.

use crate::card::{CardSpec, ChipKind};

/// Bytes of a page, and of one READ.
const PAGE: usize = 4;
const READ: usize = 16;

/// What a chip says to a raw frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ChipReply {
    /// Bytes, their CRC already taken off by the reader.
    Data(Vec<u8>),
    /// Four bits: A for done.
    Ack,
    /// Four bits that say no. The chip falls back to idle.
    Nak,
    /// Nothing.
    Silence,
}

/// One chip, with its memory and state.
#[derive(Debug)]
pub(crate) struct Chip {
    kind: ChipKind,
    uid: Vec<u8>,
    memory: Vec<u8>,
    /// Selected by an anticollision; an idle chip hears nothing.
    active: bool,
}

impl Chip {
    pub(crate) fn new(spec: &CardSpec) -> Self {
        let memory = match spec.chip {
            ChipKind::Ntag213 => ntag_memory(&spec.uid, 45, 0x12),
            ChipKind::Ntag215 => ntag_memory(&spec.uid, 135, 0x3E),
            ChipKind::Ntag216 => ntag_memory(&spec.uid, 231, 0x6D),
            ChipKind::Uid => Vec::new(),
        };
        Self {
            kind: spec.chip,
            uid: spec.uid.clone(),
            memory,
            active: true,
        }
    }

    pub(crate) fn uid(&self) -> &[u8] {
        &self.uid
    }

    /// The answer to reset that a reader makes up for this chip (PC/SC part 3; tests/vectors).
    pub(crate) fn atr(&self) -> [u8; 20] {
        let (card_name, check) = match self.kind {
            ChipKind::Uid => (0x01, 0x6A),
            _ => (0x03, 0x68),
        };
        let mut atr = [0; 20];
        atr[..13].copy_from_slice(b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06\x03");
        atr[14] = card_name;
        atr[19] = check;
        atr
    }

    /// ATQA and SAK, as an anticollision shows them.
    pub(crate) fn activation(&self) -> ([u8; 2], u8) {
        match self.kind {
            ChipKind::Uid => ([0x00, 0x04], 0x08),
            _ => ([0x00, 0x44], 0x00),
        }
    }

    /// An anticollision selects the chip.
    pub(crate) fn activate(&mut self) {
        self.active = true;
    }

    /// A raw frame, without its CRC.
    pub(crate) fn raw(&mut self, frame: &[u8]) -> ChipReply {
        if !self.active {
            return ChipReply::Silence;
        }
        let reply = match self.kind {
            ChipKind::Uid => ChipReply::Silence,
            _ => self.ntag(frame),
        };
        self.active = !matches!(reply, ChipReply::Nak | ChipReply::Silence);
        reply
    }

    /// Sixteen bytes from `page` on; past the end it begins again at page 0.
    pub(crate) fn read(&self, page: u8) -> Option<Vec<u8>> {
        let start = usize::from(page) * PAGE;
        (start < self.memory.len()).then(|| {
            self.memory
                .iter()
                .cycle()
                .skip(start)
                .take(READ)
                .copied()
                .collect()
        })
    }

    /// Writes one page; those below 4 hold the UID and locks and are refused.
    pub(crate) fn write(&mut self, page: u8, data: [u8; PAGE]) -> bool {
        let start = usize::from(page) * PAGE;
        match self.memory.get_mut(start..start + PAGE) {
            Some(place) if page >= 4 => {
                place.copy_from_slice(&data);
                true
            }
            _ => false,
        }
    }

    fn ntag(&mut self, frame: &[u8]) -> ChipReply {
        let data = |data: Option<Vec<u8>>| data.map_or(ChipReply::Nak, ChipReply::Data);
        match *frame {
            [0x60] => ChipReply::Data(self.version().to_vec()),
            [0x30, page] => data(self.read(page)),
            [0x3A, first, last] => data(self.fast_read(first, last)),
            [0xA2, page, a, b, c, d] if self.write(page, [a, b, c, d]) => ChipReply::Ack,
            [0x50, 0x00] => ChipReply::Silence,
            _ => ChipReply::Nak,
        }
    }

    fn fast_read(&self, first: u8, last: u8) -> Option<Vec<u8>> {
        let range = usize::from(first) * PAGE..(usize::from(last) + 1) * PAGE;
        self.memory
            .get(range)
            .filter(|bytes| !bytes.is_empty())
            .map(<[u8]>::to_vec)
    }

    /// GET_VERSION (NTAG213/215/216 data sheet, 10.1).
    fn version(&self) -> [u8; 8] {
        let size = match self.kind {
            ChipKind::Ntag213 => 0x0F,
            ChipKind::Ntag216 => 0x13,
            _ => 0x11,
        };
        [0x00, 0x04, 0x04, 0x02, 0x01, 0x00, size, 0x03]
    }
}

/// Pages 0-2 hold UID, check bytes and locks, page 3 the capability container.
fn ntag_memory(uid: &[u8], pages: usize, container_size: u8) -> Vec<u8> {
    let mut memory = vec![0; pages * PAGE];
    if let [a, b, c, d, e, f, g] = *uid {
        let first = [a, b, c, 0x88 ^ a ^ b ^ c, d, e, f, g, d ^ e ^ f ^ g, 0x48];
        memory[..first.len()].copy_from_slice(&first);
    }
    memory[12..16].copy_from_slice(&[0xE1, 0x10, container_size, 0x00]);
    memory
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chip(text: &str) -> Chip {
        Chip::new(&text.parse().unwrap())
    }

    #[test]
    fn an_atr_ends_with_its_check_byte() {
        for text in ["anna", "classic"] {
            let atr = chip(text).atr();
            assert_eq!(
                atr[1..].iter().fold(0, |sum, byte| sum ^ byte),
                0,
                "{atr:02X?}"
            );
        }
    }

    #[test]
    fn memory_holds_the_uid_and_rolls_over() {
        let chip = chip("ntag213:04A1B2C3D4E5F6");
        let first = chip.read(0).unwrap();
        assert_eq!(first[..4], [0x04, 0xA1, 0xB2, 0x88 ^ 0x04 ^ 0xA1 ^ 0xB2]);
        assert_eq!(first[4..8], [0xC3, 0xD4, 0xE5, 0xF6]);
        assert_eq!(chip.read(44).unwrap()[4..8], first[..4]);
        assert_eq!(chip.read(45), None);
    }

    #[test]
    fn a_write_stays_and_spares_the_uid() {
        let mut chip = chip("anna");
        assert_eq!(chip.raw(&[0xA2, 4, 1, 2, 3, 4]), ChipReply::Ack);
        assert_eq!(chip.raw(&[0x3A, 4, 4]), ChipReply::Data(vec![1, 2, 3, 4]));
        assert_eq!(chip.raw(&[0xA2, 0, 1, 2, 3, 4]), ChipReply::Nak);
    }

    #[test]
    fn after_a_no_it_hears_nothing_until_it_is_activated() {
        let mut chip = chip("anna");
        assert_eq!(chip.raw(&[0x99]), ChipReply::Nak);
        assert_eq!(chip.raw(&[0x60]), ChipReply::Silence);
        chip.activate();
        assert!(matches!(chip.raw(&[0x60]), ChipReply::Data(_)));
    }
}
