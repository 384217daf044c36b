//! The blocks of a FeliCa Lite-S, and what a write leaves of them.
//!
//! From the FeliCa Lite-S user's manual. Blocks are 16 bytes: S_PAD0-13 (00-0D), REG (0E), and the
//! system blocks from 80 on. RC, MAC, MAC_A and STATE live only as long as there is power.

use serde::{Deserialize, Serialize};

/// The bytes of a block.
pub(crate) type Block = [u8; 16];

/// Block numbers.
pub(crate) mod number {
    pub(crate) const REG: u8 = 0x0E;
    pub(crate) const RC: u8 = 0x80;
    pub(crate) const MAC: u8 = 0x81;
    pub(crate) const ID: u8 = 0x82;
    pub(crate) const D_ID: u8 = 0x83;
    pub(crate) const SER_C: u8 = 0x84;
    pub(crate) const SYS_C: u8 = 0x85;
    pub(crate) const CKV: u8 = 0x86;
    pub(crate) const CK: u8 = 0x87;
    pub(crate) const MC: u8 = 0x88;
    pub(crate) const WCNT: u8 = 0x90;
    pub(crate) const MAC_A: u8 = 0x91;
    pub(crate) const STATE: u8 = 0x92;
    pub(crate) const CRC_CHECK: u8 = 0xA0;
}

/// The system code of Lite and Lite-S, and that of NDEF (if SYS_OP allows it).
pub(crate) const LITE: u16 = 0x88B4;
pub(crate) const NDEF: u16 = 0x12FC;

/// Manufacture parameters: IC code F1 is the Lite-S.
pub(crate) const PMM: [u8; 8] = [0x00, 0xF1, 0x00, 0x00, 0x00, 0x01, 0x43, 0x00];

/// Offsets in MC.
const ALL: usize = 2;
const SYS_OP: usize = 3;
const KEY_WITH_MAC: usize = 5;
const READ_AUTHENTICATED: usize = 6;
const WRITE_AUTHENTICATED: usize = 8;
const WRITE_WITH_MAC: usize = 10;
const STATE_WITH_MAC: usize = 12;

/// All that the card remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) idm: [u8; 8],
    /// S_PAD0-13 and REG, one behind the other.
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) user: [u8; 15 * 16],
    /// The user's half of ID: DFC and 6 bytes.
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) id: [u8; 8],
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) service_codes: Block,
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) key_version: Block,
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) key: Block,
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) configuration: Block,
    pub(crate) write_count: u32,
}

impl Image {
    /// As it is delivered, before its first issue: everything may be written, the key is zeros, the
    /// registers are full.
    pub(crate) fn fresh(idm: [u8; 8]) -> Self {
        let mut user = [0; 15 * 16];
        user[14 * 16..14 * 16 + 8].fill(0xFF);
        Self {
            idm,
            user,
            id: [0; 8],
            service_codes: [0; 16],
            key_version: [0; 16],
            key: [0; 16],
            configuration: [0xFF, 0xFF, 0xFF, 0, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            write_count: 0,
        }
    }

    /// Answers polling for NDEF from now on (SYS_OP).
    pub(crate) fn answer_to_ndef(&mut self) {
        self.configuration[SYS_OP] |= 0x01;
    }

    /// Before the first issue the system blocks may be written.
    pub(crate) fn open(&self) -> bool {
        self.configuration[ALL] == 0xFF
    }

    pub(crate) fn systems(&self) -> Vec<u16> {
        let ndef = self.configuration[SYS_OP] & 0x01 != 0;
        [Some(LITE), ndef.then_some(NDEF)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Whether writes are still taken: the counter ends sooner once the card is issued.
    pub(crate) fn writes_left(&self) -> bool {
        self.write_count
            < if self.open() {
                0x00FF_FFFF
            } else {
                0x00FF_FE00
            }
    }

    pub(crate) fn counter(&self) -> [u8; 3] {
        let [a, b, c, _] = self.write_count.to_le_bytes();
        [a, b, c]
    }

    fn bit(&self, offset: usize, block: u8) -> bool {
        let word = u16::from_le_bytes([self.configuration[offset], self.configuration[offset + 1]]);
        block <= number::REG && word >> block & 1 == 1
    }

    pub(crate) fn read_needs_authentication(&self, block: u8) -> bool {
        self.bit(READ_AUTHENTICATED, block)
    }

    pub(crate) fn write_needs_authentication(&self, block: u8) -> bool {
        self.bit(WRITE_AUTHENTICATED, block)
    }

    pub(crate) fn write_needs_mac(&self, block: u8) -> bool {
        match block {
            number::STATE => self.configuration[STATE_WITH_MAC] & 0x01 != 0,
            // Once issued, a new key comes with the MAC of the old one.
            number::CK | number::CKV => !self.open(),
            _ => self.bit(WRITE_WITH_MAC, block),
        }
    }

    /// Whether a block may ever be written, as things are.
    pub(crate) fn writable(&self, block: u8) -> bool {
        let bits_open = self.configuration[1] & 0x80 != 0;
        match block {
            0..=number::REG => self.bit(0, block),
            number::RC | number::STATE => true,
            number::ID | number::SER_C => self.open(),
            number::CK | number::CKV => self.open() || self.configuration[KEY_WITH_MAC] & 0x01 != 0,
            number::MC => self.open() || bits_open,
            _ => false,
        }
    }

    /// What the card holds in a block. Keys and challenges are never shown.
    pub(crate) fn block(&self, block: u8) -> Option<Block> {
        let halves =
            |a: &[u8; 8], b: &[u8; 8]| std::array::from_fn(|i| if i < 8 { a[i] } else { b[i - 8] });
        let short = |bytes: &[u8]| std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0));
        Some(match block {
            0..=number::REG => {
                let start = usize::from(block) * 16;
                std::array::from_fn(|index| self.user[start + index])
            }
            number::RC | number::CK | number::MAC | number::MAC_A | number::STATE => [0; 16],
            number::ID => halves(&self.idm, &self.id),
            number::D_ID => halves(&self.idm, &PMM),
            number::SER_C => self.service_codes,
            number::SYS_C => short(&LITE.to_be_bytes()),
            number::CKV => self.key_version,
            number::MC => self.configuration,
            number::WCNT => short(&self.counter()),
            // 00: what is stored is as it was written.
            number::CRC_CHECK => [0; 16],
            _ => return None,
        })
    }

    /// Whether `data` may replace REG: registers A and B only go down. (unverified: that the card
    /// says no, rather than keep the lower value without a word)
    pub(crate) fn goes_down(&self, data: &Block) -> bool {
        let register = |bytes: &[u8], at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let old = &self.user[14 * 16..];
        [0, 4]
            .iter()
            .all(|at| register(data, *at) <= register(old, *at))
    }

    /// Stores a block that may be written, and counts.
    pub(crate) fn store(&mut self, block: u8, data: &Block) {
        self.write_count += 1;
        match block {
            0..=number::REG => {
                let start = usize::from(block) * 16;
                self.user[start..start + 16].copy_from_slice(data);
            }
            number::ID => self.id.copy_from_slice(&data[8..]),
            number::SER_C => self.service_codes = *data,
            number::CKV => self.key_version = *data,
            number::CK => self.key = *data,
            number::MC => self.configure(data),
            _ => {}
        }
    }

    /// Permissions are only taken away, restrictions only added; the system part is fixed by the
    /// first issue.
    fn configure(&mut self, data: &Block) {
        let open = self.open();
        if self.configuration[1] & 0x80 != 0 {
            for (index, (byte, new)) in self.configuration.iter_mut().zip(data).enumerate() {
                match index {
                    ..ALL => *byte &= new,
                    READ_AUTHENTICATED..=STATE_WITH_MAC => *byte |= new,
                    _ => {}
                }
            }
        }
        if open {
            self.configuration[ALL..=KEY_WITH_MAC].copy_from_slice(&data[ALL..=KEY_WITH_MAC]);
            if !self.open() && self.write_count > 0x00FF_FE00 {
                self.write_count = 0;
            }
        }
    }
}
