//! The reader: what it makes of an APDU, model by model. It knows the chip's frames only.
//!
//! How an ACR1252 takes FeliCa frames into its transparent session is from PC/SC part 3 and measured
//! on none (unverified).

use serde::{Deserialize, Serialize};

use crate::chip::{Activation, Chip, ChipReply};

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
    pub(crate) fn reset(&mut self, chip: &mut dyn Chip) {
        self.transparent = false;
        chip.power(false);
        chip.power(true);
        chip.activate();
    }

    /// Answers one APDU. A `mute` chip is in the field and says nothing.
    pub(crate) fn answer(&mut self, chip: &mut dyn Chip, mute: bool, apdu: &[u8]) -> Vec<u8> {
        match *apdu {
            [0xFF, 0xCA | 0xB0 | 0xD6, ..] if mute => FAILED.to_vec(),
            [0xFF, 0xCA, 0x00, 0x00, limit] => uid(chip, limit),
            [0xFF, 0xCA, ..] => NO_SUCH_FUNCTION.to_vec(),
            [0xFF, 0xB0, 0x00, page, length] => read(chip, page, length),
            [0xFF, 0xD6, 0x00, page, 0x04, a, b, c, d] => {
                match storage(chip, &[0xA2, page, a, b, c, d]) {
                    ChipReply::Ack => DONE.to_vec(),
                    _ => FAILED.to_vec(),
                }
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
            _ if !speaks_part4(chip) => NO_SUCH_COMMAND.to_vec(),
            _ if mute => FAILED.to_vec(),
            _ => match chip.apdu(apdu) {
                ChipReply::Data(answer) => answer,
                _ => FAILED.to_vec(),
            },
        }
    }

    /// PC/SC part 3, supplement 2.02: manage session (P2 00) and transparent exchange (P2 01).
    fn transparent(&mut self, chip: &mut dyn Chip, mute: bool, p2: u8, data: &[u8]) -> Vec<u8> {
        match (p2, data) {
            (0x00, [0x81, 0x00]) => {
                self.transparent = true;
                [&[0xC0, 0x03, 0x00, 0x90, 0x00], DONE.as_slice()].concat()
            }
            (0x00, [0x82, 0x00]) => {
                self.transparent = false;
                chip.activate();
                [&[0xC0, 0x03, 0x00, 0x90, 0x00], DONE.as_slice()].concat()
            }
            // Switch protocol: 00 type A, 03 FeliCa; layer 3.
            (0x02, [0x8F, 0x02, standard @ (0x00 | 0x03), _]) if self.transparent => {
                let is_felica = matches!(chip.activation(), Activation::Felica { .. });
                if mute || is_felica != (*standard == 0x03) {
                    return exchange(ChipReply::Silence);
                }
                chip.activate();
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

/// Whether APDUs go through to the card.
fn speaks_part4(chip: &dyn Chip) -> bool {
    matches!(chip.activation(), Activation::TypeA { ats: Some(_), .. })
}

/// A command of the reader's own to a chip with pages: one that fell idle is selected again.
fn storage(chip: &mut dyn Chip, frame: &[u8]) -> ChipReply {
    match chip.raw(frame) {
        ChipReply::Silence => {
            chip.activate();
            chip.raw(frame)
        }
        reply => reply,
    }
}

/// UID, or the IDm of a FeliCa card.
fn uid(chip: &dyn Chip, limit: u8) -> Vec<u8> {
    let activation = chip.activation();
    let uid = activation.uid();
    if limit != 0 && usize::from(limit) < uid.len() {
        return vec![0x6C, uid.len() as u8];
    }
    [uid, &DONE].concat()
}

fn read(chip: &mut dyn Chip, page: u8, length: u8) -> Vec<u8> {
    match (storage(chip, &[0x30, page]), length) {
        (ChipReply::Data(data), 0..=16) => {
            let wanted = match length {
                0 => data.len(),
                length => data.len().min(length.into()),
            };
            [&data[..wanted], &DONE].concat()
        }
        (ChipReply::Data(_), _) => WRONG_LENGTH.to_vec(),
        _ => FAILED.to_vec(),
    }
}

/// The PN532's answer behind `FF 00 00 00`.
fn pn532(chip: &mut dyn Chip, mute: bool, command: &[u8]) -> Vec<u8> {
    let answer = match command {
        [0xD4, 0x42, frame @ ..] if mute => heard(0x43, silenced(frame)),
        [0xD4, 0x42, frame @ ..] => heard(0x43, chip.raw(frame)),
        // Data exchange: the PN532 makes the blocks of ISO 14443-4 itself.
        [0xD4, 0x40, 0x01, data @ ..] if mute => heard(0x41, silenced(data)),
        [0xD4, 0x40, 0x01, data @ ..] if speaks_part4(chip) => heard(0x41, chip.apdu(data)),
        [0xD4, 0x40, 0x01, data @ ..] => heard(0x41, chip.raw(data)),
        [0xD4, 0x4A, 0x01, kind @ 0x00..=0x02, wanted @ ..] => {
            match found(chip, *kind, wanted).filter(|_| !mute) {
                Some(target) => [&[0xD5, 0x4B, 0x01, 0x01], target.as_slice()].concat(),
                None => vec![0xD5, 0x4B, 0x00],
            }
        }
        [0xD4, 0x02] => vec![0xD5, 0x03, 0x32, 0x01, 0x06, 0x07],
        // The PN532's syntax error frame.
        _ => vec![0x7F],
    };
    [answer.as_slice(), &DONE].concat()
}

fn silenced(_: &[u8]) -> ChipReply {
    ChipReply::Silence
}

/// What came back, behind the PN532's status.
fn heard(code: u8, reply: ChipReply) -> Vec<u8> {
    const TIME_OUT: u8 = 0x01;
    match reply {
        ChipReply::Data(data) => [&[0xD5, code, 0x00], data.as_slice()].concat(),
        ChipReply::Ack => vec![0xD5, code, 0x00, 0x0A],
        // Four bits have no CRC: the PN532 sees a CRC error.
        ChipReply::Nak => vec![0xD5, code, 0x02],
        ChipReply::Silence | ChipReply::Dead => vec![0xD5, code, TIME_OUT],
    }
}

/// A target of the kind looked for: 00 type A at 106 kbit/s; 01 and 02 FeliCa at 212 and 424, with
/// the polling to send.
fn found(chip: &mut dyn Chip, kind: u8, wanted: &[u8]) -> Option<Vec<u8>> {
    match (kind, chip.activation()) {
        (
            0x00,
            Activation::TypeA {
                atqa,
                sak,
                uid,
                ats,
            },
        ) => {
            chip.activate();
            let head = [atqa[0], atqa[1], sak, uid.len() as u8];
            Some([&head, uid.as_slice(), &ats.unwrap_or_default()].concat())
        }
        (0x01 | 0x02, Activation::Felica { .. }) => {
            let length = u8::try_from(wanted.len() + 1).ok()?;
            match chip.raw(&[&[length], wanted].concat()) {
                ChipReply::Data(answer) => Some(answer),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The data objects behind a transceive: C0 outcome, 92 bits in the last byte, 96 status, 97 data.
fn exchange(reply: ChipReply) -> Vec<u8> {
    let data = match reply {
        ChipReply::Data(data) => data,
        ChipReply::Ack => vec![0x0A],
        ChipReply::Nak => vec![0x00],
        // 6401: the first object failed, no answer from the card.
        ChipReply::Silence | ChipReply::Dead => {
            return [&[0xC0, 0x03, 0x01, 0x64, 0x01], DONE.as_slice()].concat();
        }
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
    use crate::chip::make;

    fn ask(model: ReaderModel, card: &str, apdus: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut chip = make(&card.parse().unwrap());
        let mut firmware = Firmware::new(model);
        apdus
            .iter()
            .map(|apdu| firmware.answer(chip.as_mut(), false, apdu))
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

    #[test]
    fn pages_are_read_and_written_also_after_the_card_said_no() {
        let answers = ask(
            ReaderModel::Plain,
            "anna",
            &[
                b"\xFF\xB0\x00\xF0\x04",
                b"\xFF\xD6\x00\x04\x04\x01\x02\x03\x04",
                b"\xFF\xD6\x00\x00\x04\x01\x02\x03\x04",
                b"\xFF\xB0\x00\x04\x04",
                b"\xFF\xB0\x00\x04\x11",
            ],
        );
        let read = [1, 2, 3, 4, 0x90, 0x00];
        assert_eq!(answers[..3], [FAILED, DONE, FAILED]);
        assert_eq!(answers[3], read);
        assert_eq!(answers[4], WRONG_LENGTH);
    }

    const IDM: [u8; 8] = [0x01, 0x2E, 0x4C, 0xF1, 0xA2, 0xB3, 0xC4, 0xD5];
    /// Read without encryption: service 000B, block 82 (ID).
    const READ_ID: &[u8] = b"\x10\x06\x01\x2E\x4C\xF1\xA2\xB3\xC4\xD5\x01\x0B\x00\x01\x80\x82";

    fn with_length(head: &[u8], data: &[u8]) -> Vec<u8> {
        [head, &[data.len() as u8], data].concat()
    }

    #[test]
    fn a_felica_card_is_reached_through_the_acr122() {
        let poll = |kind, system: [u8; 2]| {
            let poll = [
                0xD4, 0x4A, 0x01, kind, 0x00, system[0], system[1], 0x01, 0x00,
            ];
            with_length(&[0xFF, 0x00, 0x00, 0x00], &poll)
        };
        let read = with_length(
            &[0xFF, 0x00, 0x00, 0x00],
            &[&[0xD4, 0x42], READ_ID].concat(),
        );
        let answers = ask(
            ReaderModel::Acr122,
            "fumi",
            &[
                b"\xFF\xCA\x00\x00\x00",
                &poll(0x01, [0xFF, 0xFF]),
                &poll(0x02, [0x12, 0xFC]),
                &poll(0x00, [0xFF, 0xFF]),
                &read,
                b"\x90\x60\x00\x00\x00",
                b"\xFF\xB0\x00\x04\x04",
            ],
        );
        assert_eq!(answers[0], [&IDM[..], &DONE].concat());
        let target = [&[0xD5, 0x4B, 0x01, 0x01, 0x14, 0x01], &IDM[..]].concat();
        assert!(answers[1].starts_with(&target) && answers[1].ends_with(b"\x88\xB4\x90\x00"));
        assert_eq!(answers[2], b"\xD5\x4B\x00\x90\x00", "NDEF is off");
        assert_eq!(answers[3], b"\xD5\x4B\x00\x90\x00", "it is no type A card");
        assert!(
            answers[4].starts_with(b"\xD5\x43\x00\x1D\x07"),
            "{:02X?}",
            answers[4]
        );
        assert_eq!(answers[5], NO_SUCH_COMMAND);
        assert_eq!(answers[6], FAILED);
    }

    #[test]
    fn a_felica_card_is_reached_in_a_transparent_session_and_not_by_a_plain_reader() {
        let read = with_length(&[0xFF, 0xC2, 0x00, 0x01], &with_length(&[0x95], READ_ID));
        let apdus: &[&[u8]] = &[
            b"\xFF\xC2\x00\x00\x02\x81\x00",
            b"\xFF\xC2\x00\x02\x04\x8F\x02\x03\x00",
            b"\xFF\xC2\x00\x02\x04\x8F\x02\x00\x03",
            &read,
        ];
        let fine = b"\xC0\x03\x00\x90\x00\x90\x00";
        let answers = ask(ReaderModel::Acr1252, "fumi", apdus);
        assert_eq!(answers[..2], [fine, fine]);
        assert_eq!(
            answers[2], b"\xC0\x03\x01\x64\x01\x90\x00",
            "no type A card"
        );
        let block = [&[0x97, 0x1D, 0x1D, 0x07], &IDM[..], &[0, 0, 1]].concat();
        let has_block = answers[3].windows(block.len()).any(|part| part == block);
        assert!(has_block, "{:02X?}", answers[3]);
        let plain = ask(ReaderModel::Plain, "fumi", apdus);
        assert!(plain.iter().all(|answer| answer == &NO_SUCH_COMMAND));
        let uid = ask(ReaderModel::Plain, "fumi", &[b"\xFF\xCA\x00\x00\x00"]);
        assert_eq!(uid[0], [&IDM[..], &DONE].concat());
    }

    #[test]
    fn apdus_go_through_to_a_card_that_speaks_iso_14443_4() {
        let select = b"\x00\xA4\x04\x00\x07\xD2\x76\x00\x00\x85\x01\x01\x00";
        for model in [
            ReaderModel::Acr122,
            ReaderModel::Acr1252,
            ReaderModel::Plain,
        ] {
            let answers = ask(model, "dina", &[select, b"\x90\x60\x00\x00\x00"]);
            assert_eq!(answers[0], DONE);
            assert_eq!(answers[1], b"\x04\x04\x02\x30\x00\x11\x05\x91\xAF");
        }
        let exchange = with_length(
            &[0xFF, 0x00, 0x00, 0x00],
            b"\xD4\x40\x01\x90\x60\x00\x00\x00",
        );
        let answers = ask(ReaderModel::Acr122, "dina", &[&exchange]);
        assert!(answers[0].starts_with(b"\xD5\x41\x00\x04\x04"));
    }
}
