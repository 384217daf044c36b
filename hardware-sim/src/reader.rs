//! The reader: what it makes of a pseudo-APDU, model by model. It knows the chip's raw frames only.

use serde::{Deserialize, Serialize};

use crate::chip::{Chip, ChipReply};

/// The reader models that are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReaderModel {
    /// Like an ACS ACR122U: a PN532 inside, raw frames by direct transmit.
    Acr122,
    /// Like an ACS ACR1252U: raw frames in a transparent session.
    Acr1252,
    /// A reader nobody has heard of: pseudo-APDUs of PC/SC part 3, no raw frames.
    Plain,
    /// A bare PN532 on a serial line, for libnfc and its like: PC/SC does not see it.
    Pn532,
}

impl ReaderModel {
    /// The name that pcscd gives it, without the two numbers behind it.
    pub fn friendly_name(self) -> &'static str {
        match self {
            Self::Acr122 => "ACS ACR122U PICC Interface",
            Self::Acr1252 => "ACS ACR1252 1S CL Reader PICC",
            Self::Plain => "Contactless Reader",
            Self::Pn532 => "pn532_uart",
        }
    }
}

const DONE: [u8; 2] = [0x90, 0x00];
const FAILED: [u8; 2] = [0x63, 0x00];
const NO_SUCH_FUNCTION: [u8; 2] = [0x6A, 0x81];
const NO_SUCH_COMMAND: [u8; 2] = [0x6D, 0x00];
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// A reader's firmware, with the one card in its field.
#[derive(Debug)]
pub(crate) struct Firmware {
    model: ReaderModel,
    transparent: bool,
}

impl Firmware {
    pub(crate) fn new(model: ReaderModel) -> Self {
        Self {
            model,
            transparent: false,
        }
    }

    /// A power cycle or reset of the card's side.
    pub(crate) fn reset(&mut self, chip: &mut Chip) {
        self.transparent = false;
        chip.activate();
    }

    /// Answers one APDU. A `mute` chip is in the field and says nothing.
    pub(crate) fn answer(&mut self, chip: &mut Chip, mute: bool, apdu: &[u8]) -> Vec<u8> {
        match *apdu {
            [0xFF, 0xCA | 0xB0 | 0xD6, ..] if mute => FAILED.to_vec(),
            [0xFF, 0xCA, 0x00, 0x00, limit] => uid(chip, limit),
            [0xFF, 0xCA, ..] => NO_SUCH_FUNCTION.to_vec(),
            [0xFF, 0xB0, 0x00, page, length] => read(chip, page, length),
            [0xFF, 0xD6, 0x00, page, 0x04, a, b, c, d] => {
                status(if chip.write(page, [a, b, c, d]) {
                    DONE
                } else {
                    FAILED
                })
            }
            [0xFF, 0x00, 0x00, 0x00, length, ref data @ ..]
                if self.model == ReaderModel::Acr122 =>
            {
                if usize::from(length) == data.len() {
                    pn532(chip, mute, data)
                } else {
                    WRONG_LENGTH.to_vec()
                }
            }
            [0xFF, 0x00, 0x48, 0x00, 0x00] if self.model == ReaderModel::Acr122 => {
                b"ACR122U214".to_vec()
            }
            [0xFF, 0xC2, 0x00, p2, length, ref data @ ..] if self.model == ReaderModel::Acr1252 => {
                // A trailing Le may follow.
                match data.get(..usize::from(length)) {
                    Some(data) => self.transparent(chip, mute, p2, data),
                    None => WRONG_LENGTH.to_vec(),
                }
            }
            [0xFF, ..] => NO_SUCH_COMMAND.to_vec(),
            _ => NO_SUCH_COMMAND.to_vec(),
        }
    }

    /// PC/SC part 3, supplement 2.02: manage session (P2 00) and transparent exchange (P2 01).
    fn transparent(&mut self, chip: &mut Chip, mute: bool, p2: u8, data: &[u8]) -> Vec<u8> {
        match (p2, data) {
            (0x00, [0x81, 0x00]) => {
                self.transparent = true;
                [&[0xC0, 0x03, 0x00, 0x90, 0x00], DONE.as_slice()].concat()
            }
            (0x00, [0x82, 0x00]) => {
                self.reset(chip);
                [&[0xC0, 0x03, 0x00, 0x90, 0x00], DONE.as_slice()].concat()
            }
            (0x01, [0x95, length, frame @ ..])
                if self.transparent && usize::from(*length) == frame.len() =>
            {
                exchange(if mute {
                    ChipReply::Silence
                } else {
                    chip.raw(frame)
                })
            }
            // The first data object failed: 6A81, not supported (here).
            _ => [&[0xC0, 0x03, 0x01, 0x6A, 0x81], DONE.as_slice()].concat(),
        }
    }
}

fn status(status: [u8; 2]) -> Vec<u8> {
    status.to_vec()
}

fn uid(chip: &Chip, limit: u8) -> Vec<u8> {
    if limit != 0 && usize::from(limit) < chip.uid().len() {
        return vec![0x6C, chip.uid().len() as u8];
    }
    [chip.uid(), &DONE].concat()
}

fn read(chip: &Chip, page: u8, length: u8) -> Vec<u8> {
    match (chip.read(page), length) {
        (Some(data), 0..=16) => {
            let wanted = if length == 0 {
                data.len()
            } else {
                usize::from(length)
            };
            [&data[..wanted], &DONE].concat()
        }
        (Some(_), _) => WRONG_LENGTH.to_vec(),
        (None, _) => FAILED.to_vec(),
    }
}

/// The PN532's answer behind `FF 00 00 00`.
fn pn532(chip: &mut Chip, mute: bool, command: &[u8]) -> Vec<u8> {
    const TIME_OUT: u8 = 0x01;
    let answer = match command {
        [0xD4, 0x42, frame @ ..] => match if mute {
            ChipReply::Silence
        } else {
            chip.raw(frame)
        } {
            ChipReply::Data(data) => [&[0xD5, 0x43, 0x00], data.as_slice()].concat(),
            ChipReply::Ack => vec![0xD5, 0x43, 0x00, 0x0A],
            // Four bits have no CRC: the PN532 sees a CRC error.
            ChipReply::Nak => vec![0xD5, 0x43, 0x02],
            ChipReply::Silence => vec![0xD5, 0x43, TIME_OUT],
        },
        [0xD4, 0x4A, 0x01, 0x00] if mute => vec![0xD5, 0x4B, 0x00],
        [0xD4, 0x4A, 0x01, 0x00] => {
            chip.activate();
            let (atqa, sak) = chip.activation();
            let head = [
                0xD5,
                0x4B,
                0x01,
                0x01,
                atqa[0],
                atqa[1],
                sak,
                chip.uid().len() as u8,
            ];
            [&head, chip.uid()].concat()
        }
        [0xD4, 0x02] => vec![0xD5, 0x03, 0x32, 0x01, 0x06, 0x07],
        // The PN532's syntax error frame.
        _ => vec![0x7F],
    };
    [answer.as_slice(), &DONE].concat()
}

/// The data objects behind a transceive: C0 outcome, 92 bits in the last byte, 96 status, 97 data.
fn exchange(reply: ChipReply) -> Vec<u8> {
    let data = match reply {
        ChipReply::Data(data) => data,
        ChipReply::Ack => vec![0x0A],
        ChipReply::Nak => vec![0x00],
        // 6401: the first object failed, no answer from the card.
        ChipReply::Silence => return [&[0xC0, 0x03, 0x01, 0x64, 0x01], DONE.as_slice()].concat(),
    };
    let head = [
        0xC0, 0x03, 0x00, 0x90, 0x00, 0x92, 0x01, 0x00, 0x96, 0x02, 0x00, 0x00, 0x97,
    ];
    let length = if data.len() < 0x80 {
        vec![data.len() as u8]
    } else {
        vec![0x81, data.len() as u8]
    };
    [&head, length.as_slice(), &data, &DONE].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(model: ReaderModel, card: &str, apdus: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut chip = Chip::new(&card.parse().unwrap());
        let mut firmware = Firmware::new(model);
        apdus
            .iter()
            .map(|apdu| firmware.answer(&mut chip, false, apdu))
            .collect()
    }

    #[test]
    fn each_model_has_its_own_way_to_the_version() {
        let version = [0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x11, 0x03];
        let acr122 = ask(
            ReaderModel::Acr122,
            "anna",
            &[b"\xFF\x00\x00\x00\x03\xD4\x42\x60"],
        );
        assert_eq!(
            acr122[0],
            [&[0xD5, 0x43, 0x00], &version[..], &DONE].concat()
        );
        let apdus: &[&[u8]] = &[
            b"\xFF\xC2\x00\x00\x02\x81\x00",
            b"\xFF\xC2\x00\x01\x03\x95\x01\x60",
        ];
        let acr1252 = ask(ReaderModel::Acr1252, "anna", apdus);
        assert!(acr1252[1].ends_with(&[&[0x97, 0x08], &version[..], &DONE].concat()));
        let plain = ask(ReaderModel::Plain, "anna", apdus);
        assert_eq!(plain, [NO_SUCH_COMMAND, NO_SUCH_COMMAND]);
    }

    #[test]
    fn a_transceive_outside_a_session_fails() {
        let answers = ask(
            ReaderModel::Acr1252,
            "anna",
            &[b"\xFF\xC2\x00\x01\x03\x95\x01\x60"],
        );
        assert_eq!(answers[0], [0xC0, 0x03, 0x01, 0x6A, 0x81, 0x90, 0x00]);
    }
}
