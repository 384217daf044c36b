//! Chips that are no more than their UID: MIFARE Classic without its key, and a bare UID.
//!
//! There is no CRYPTO1 here: a Classic answers the first step of an authentication with its nonce,
//! and whatever comes then it does not understand.

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::{Activation, CardImage, Chip, ChipReply, Tear};

/// All that the chip remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(with = "super::hex_text")]
    uid: Vec<u8>,
    /// Answers an authentication with a nonce.
    begins_authentication: bool,
}

impl Image {
    pub(crate) fn classic(uid: &[u8]) -> Self {
        Self {
            uid: uid.to_vec(),
            begins_authentication: true,
        }
    }

    pub(crate) fn bare(uid: &[u8]) -> Self {
        Self {
            uid: uid.to_vec(),
            begins_authentication: false,
        }
    }
}

/// One chip.
#[derive(Debug)]
pub(crate) struct Classic {
    image: Image,
    chance: Chance,
    active: bool,
}

impl Classic {
    pub(crate) fn load(image: Image) -> Self {
        Self {
            chance: Chance::of_uid(&image.uid),
            image,
            active: true,
        }
    }
}

impl Chip for Classic {
    fn activation(&self) -> Activation {
        let double = self.image.begins_authentication && self.image.uid.len() == 7;
        Activation::TypeA {
            atqa: [0x00, if double { 0x44 } else { 0x04 }],
            sak: 0x08,
            uid: self.image.uid.clone(),
            ats: None,
        }
    }

    fn power(&mut self, _on: bool) {
        self.active = false;
    }

    /// It never writes, so it is never torn, and has power whenever a reader selects it.
    fn activate(&mut self) {
        self.active = true;
    }

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        let is_active = std::mem::take(&mut self.active);
        match *frame {
            [0x60 | 0x61, _block] if is_active && self.image.begins_authentication => {
                ChipReply::Data(self.chance.draw::<4>().to_vec())
            }
            _ => ChipReply::Silence,
        }
    }

    fn apdu(&mut self, _apdu: &[u8]) -> ChipReply {
        ChipReply::Silence
    }

    /// It never writes.
    fn arm(&mut self, _tear: Tear) {}

    fn save(&self) -> CardImage {
        CardImage::Classic(self.image.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::vectors::raw;

    #[test]
    fn a_classic_shows_its_number_and_a_nonce() {
        let mut chip = Classic::load(Image::classic(&[0xDE, 0xAD, 0xBE, 0xEF]));
        let Activation::TypeA { atqa, sak, .. } = chip.activation() else {
            panic!("not type A");
        };
        assert_eq!((atqa, sak), ([0x00, 0x04], 0x08));
        let nonce = raw(&mut chip, "6004");
        assert_eq!(nonce.len(), 8);
        assert_eq!(raw(&mut chip, "0011223344556677"), "-");
        chip.activate();
        assert_ne!(raw(&mut chip, "6004"), nonce, "a new one each time");
        for silent in ["60", "3000", "9060000000"] {
            chip.activate();
            assert_eq!(raw(&mut chip, silent), "-");
            assert_eq!(raw(&mut chip, "6004"), "-", "idle after {silent}");
        }
    }

    #[test]
    fn a_bare_uid_says_nothing_at_all() {
        let mut chip = Classic::load(Image::bare(&[0x08, 0xC0, 0xFF, 0xEE]));
        assert_eq!(chip.activation().uid(), [0x08, 0xC0, 0xFF, 0xEE]);
        assert_eq!(raw(&mut chip, "6004"), "-");
    }
}
