//! What an NTAG 424 DNA remembers without power: five keys, three files, its configuration.
//!
//! From the data sheet NT4H2421Gx (8.2, 10.5) and AN12196.

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::status::Status;
use crate::chip::aes_modes::Key;
use crate::chip::chance::Chance;

/// Application keys 0 to 4; key 0 is the master.
pub(crate) const KEYS: u8 = 5;
/// Failed authentications after which a key is shut, and how many a good one takes off.
const FAILURE_LIMIT: u16 = 1000;
const FAILURE_DECREMENT: u16 = 10;

/// A key and its version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeySlot {
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) key: Key,
    pub(crate) version: u8,
    pub(crate) failures: u16,
}

/// A standard data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) settings: Settings,
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) data: Vec<u8>,
    /// Taps that were read in a dynamic message; 24 bits.
    pub(crate) read_counter: u32,
}

/// All that the chip remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) uid: [u8; 7],
    pub(crate) keys: [KeySlot; KEYS as usize],
    /// Files 1 (capability container), 2 (NDEF) and 3 (proprietary).
    pub(crate) files: [File; 3],
    pub(crate) random_id: bool,
    /// PDCap2.5 and PDCap2.6, which the user may set.
    #[serde(with = "crate::chip::hex_text")]
    pub(crate) capabilities: [u8; 2],
}

impl Image {
    /// As it leaves the factory: keys of zeros, an empty NDEF file.
    pub(crate) fn fresh(uid: [u8; 7]) -> Self {
        let container = [
            0x00, 0x17, 0x20, 0x01, 0x00, 0x00, 0xFF, 0x04, 0x06, 0xE1, 0x04, 0x01, 0x00, 0x00,
            0x00, 0x05, 0x06, 0xE1, 0x05, 0x00, 0x80, 0x82, 0x83,
        ];
        let file = |size, mode, rights, content: &[u8]| {
            let mut data = content.to_vec();
            data.resize(size, 0);
            File {
                settings: Settings::plain(mode, rights),
                data,
                read_counter: 0,
            }
        };
        Self {
            uid,
            keys: Default::default(),
            files: [
                file(32, 0, 0xE000, &container),
                file(256, 0, 0xEEE0, &[]),
                file(128, 3, 0x2330, &[0x00, 0x7E]),
            ],
            random_id: false,
            capabilities: [0; 2],
        }
    }

    pub(crate) fn file(&self, number: u8) -> Result<&File, Status> {
        index(number)
            .and_then(|index| self.files.get(index))
            .ok_or(Status::FILE_NOT_FOUND)
    }

    pub(crate) fn file_mut(&mut self, number: u8) -> Option<&mut File> {
        index(number).and_then(|index| self.files.get_mut(index))
    }

    pub(crate) fn slot(&self, number: u8) -> Result<&KeySlot, Status> {
        self.keys
            .get(usize::from(number))
            .ok_or(Status::NO_SUCH_KEY)
    }

    /// Made up, and no signature of NXP's.
    pub(crate) fn signature(&self) -> [u8; 56] {
        Chance::of_uid(&self.uid).draw()
    }

    /// GetVersion's three parts: hardware, software, production.
    pub(crate) fn version(&self) -> [Vec<u8>; 3] {
        let production = [0xCF, 0x39, 0xD4, 0x49, 0x80, 0x34, 0x20];
        [
            vec![0x04, 0x04, 0x02, 0x30, 0x00, 0x11, 0x05],
            vec![0x04, 0x04, 0x02, 0x01, 0x02, 0x11, 0x05],
            [self.uid.as_slice(), &production].concat(),
        ]
    }

    /// A saved image whose files have not their size is made to fit.
    pub(crate) fn fitted(mut self) -> Self {
        for (file, size) in self.files.iter_mut().zip([32, 256, 128]) {
            file.data.resize(size, 0);
        }
        self
    }
}

impl KeySlot {
    pub(crate) fn shut(&self) -> bool {
        self.failures >= FAILURE_LIMIT
    }

    pub(crate) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(crate) fn proved(&mut self) {
        self.failures = self.failures.saturating_sub(FAILURE_DECREMENT);
    }
}

fn index(number: u8) -> Option<usize> {
    usize::from(number).checked_sub(1)
}
