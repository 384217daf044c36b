//! A conversation with one card, in the words of a PC/SC reader with a PN532 inside.
//!
//! | command | does |
//! |---|---|
//! | `FF CA 00 00 Le` | the card's number, from its activation |
//! | `FF B0 00 page Le`, `FF D6 00 page 04 data` | reads up to 16 bytes of an Ultralight or NTAG, writes a page |
//! | `FF 00 00 00 Lc D4 42 frame` | a frame to a card that knows no APDUs; answer `D5 43 status data` |
//! | `FF 00 00 00 Lc D4 4A 01 type …` | activates the card again; answer `D5 4B …` |
//! | anything else | an APDU, for cards of ISO 14443-4 |
//!
//! A card of ISO 14443-4 that did not answer has lost its power when that is known, so the session
//! is over: it sends nothing more and repeats its error.

use super::lying::{Kind, Lying};
use super::reader::LibnfcReader;
use crate::{CardSession, ReaderError};

const STEP: &str = "sending a command";

const DONE: [u8; 2] = [0x90, 0x00];
const FAILED: [u8; 2] = [0x63, 0x00];
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];
const NO_SUCH_FUNCTION: [u8; 2] = [0x6A, 0x81];
const NO_SUCH_COMMAND: [u8; 2] = [0x6D, 0x00];

/// Status bytes of the PN532 (user manual, 7.1): the card did not answer; it said no in four bits.
const TIME_OUT: u8 = 0x01;
const CRC_ERROR: u8 = 0x02;
/// ACK of a MIFARE or NTAG card.
const ACK: u8 = 0x0A;

/// The card of one reader, selected.
pub(super) struct LibnfcSession<'r> {
    reader: &'r mut LibnfcReader,
    card: Lying,
    name: String,
    /// What ended it.
    over: Option<ReaderError>,
}

impl<'r> LibnfcSession<'r> {
    pub(super) fn new(reader: &'r mut LibnfcReader, card: Lying) -> Self {
        let name = reader.air().name().to_owned();
        Self {
            reader,
            card,
            name,
            over: None,
        }
    }

    fn answer(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match command {
            [0xFF, 0xCA, 0x00, 0x00, limit] => Ok(self.number(*limit)),
            [0xFF, 0xCA, ..] => Ok(NO_SUCH_FUNCTION.to_vec()),
            [0xFF, 0xB0, 0x00, page, length @ 0..=16] if self.card.kind == Kind::TypeA => {
                let heard = self.type_a(&[0x30, *page])?;
                let wanted = if *length == 0 {
                    16
                } else {
                    usize::from(*length)
                };
                Ok(match heard.strip_prefix(&[0xD5, 0x43, 0x00]) {
                    Some(data) if data.len() == 16 => [&data[..wanted], &DONE].concat(),
                    _ => FAILED.to_vec(),
                })
            }
            [0xFF, 0xD6, 0x00, page, 0x04, data @ ..]
                if self.card.kind == Kind::TypeA && data.len() == 4 =>
            {
                let heard = self.type_a(&[&[0xA2, *page], data].concat())?;
                Ok(if heard == [0xD5, 0x43, 0x00, ACK] {
                    DONE.to_vec()
                } else {
                    FAILED.to_vec()
                })
            }
            [0xFF, 0x00, 0x00, 0x00, length, data @ ..] => {
                if usize::from(*length) != data.len() {
                    return Ok(WRONG_LENGTH.to_vec());
                }
                self.direct(data)
            }
            [0xFF, ..] => Ok(NO_SUCH_COMMAND.to_vec()),
            _ if self.card.kind == Kind::Part4 => self.apdu(command),
            _ => Ok(NO_SUCH_COMMAND.to_vec()),
        }
    }

    fn number(&self, limit: u8) -> Vec<u8> {
        let number = &self.card.number;
        if limit != 0 && usize::from(limit) < number.len() {
            return vec![0x6C, number.len() as u8];
        }
        [number, DONE.as_slice()].concat()
    }

    /// What an ACR122U hands to the PN532 inside.
    fn direct(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = match (command, self.card.kind) {
            ([0xD4, 0x42, frame @ ..], Kind::TypeA) => self.type_a(frame)?,
            ([0xD4, 0x42, frame @ ..], Kind::FeliCa) => self.felica(0x43, frame)?,
            ([0xD4, 0x40, 0x01, frame @ ..], Kind::FeliCa) => self.felica(0x41, frame)?,
            ([0xD4, 0x4A, 0x01, kind, ..], _) => self.activate(*kind)?,
            // A bare frame would end the block protocol of a card that knows APDUs.
            _ => return Ok(NO_SUCH_FUNCTION.to_vec()),
        };
        Ok([answer.as_slice(), &DONE].concat())
    }

    fn apdu(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match self.reader.air().apdu(command) {
            Ok(answer) if answer.len() >= 2 => Ok(answer),
            Ok(_) => Err(ReaderError::Garbled { step: STEP }),
            Err(lost) => {
                let still = self.reader.is_still_there(&self.card)?;
                let error = lost.judged(&self.name, still, STEP);
                self.over = Some(error.clone());
                Err(error)
            }
        }
    }

    /// A frame to a type A card. One that falls silent has to be activated again before it hears
    /// anything, so looking whether it is there costs nothing.
    fn type_a(&mut self, frame: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let with_crc = with_crc(frame);
        let heard = match self.reader.air().type_a(&with_crc) {
            Ok(heard) => heard,
            Err(lost) => {
                let still = self.reader.is_still_there(&self.card)?;
                return match lost.judged(&self.name, still, STEP) {
                    ReaderError::CardMute { .. } => Ok(vec![0xD5, 0x43, TIME_OUT]),
                    error => {
                        self.over = Some(error.clone());
                        Err(error)
                    }
                };
            }
        };
        Ok(match heard.as_slice() {
            [ACK] => vec![0xD5, 0x43, 0x00, ACK],
            [_] => vec![0xD5, 0x43, CRC_ERROR],
            _ => match without_crc(&heard) {
                Some(data) => [&[0xD5, 0x43, 0x00], data].concat(),
                None => vec![0xD5, 0x43, CRC_ERROR],
            },
        })
    }

    /// A frame to a FeliCa card, which keeps its state while it has power: silence is an answer (to a
    /// command that it does not know, or a block that is not there).
    fn felica(&mut self, code: u8, frame: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match self.reader.air().felica(frame) {
            Ok(data) => Ok([&[0xD5, code, 0x00], data.as_slice()].concat()),
            Err(lost) => {
                let found = self.reader.air().find()?;
                let still = found.is_some_and(|lying| lying.is_same(&self.card));
                match lost.judged(&self.name, still, STEP) {
                    ReaderError::CardMute { .. } => Ok(vec![0xD5, code, TIME_OUT]),
                    error => {
                        self.reader.forget();
                        self.over = Some(error.clone());
                        Err(error)
                    }
                }
            }
        }
    }

    /// InListPassiveTarget for the card at hand: 00 is type A, 01 and 02 are FeliCa.
    fn activate(&mut self, kind: u8) -> Result<Vec<u8>, ReaderError> {
        let fits = match self.card.kind {
            Kind::FeliCa => matches!(kind, 0x01 | 0x02),
            Kind::TypeA | Kind::Part4 => kind == 0x00,
        };
        let found = self.reader.air().find()?;
        Ok(match found {
            Some(lying) if fits && lying.is_same(&self.card) => {
                [&[0xD5, 0x4B, 0x01, 0x01], lying.listed.as_slice()].concat()
            }
            _ => vec![0xD5, 0x4B, 0x00],
        })
    }
}

impl CardSession for LibnfcSession<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match &self.over {
            Some(error) => Err(error.clone()),
            None => self.answer(command),
        }
    }

    fn atr(&self) -> &[u8] {
        &self.card.atr
    }

    fn reader(&self) -> &str {
        &self.name
    }
}

/// CRC_A (ISO 14443-3, annex B), in the order it goes over the air.
fn crc_a(data: &[u8]) -> [u8; 2] {
    let mut crc = 0x6363u16;
    for byte in data {
        let mut mixed = byte ^ crc as u8;
        mixed ^= mixed << 4;
        let mixed = u16::from(mixed);
        crc = (crc >> 8) ^ (mixed << 8) ^ (mixed << 3) ^ (mixed >> 4);
    }
    crc.to_le_bytes()
}

fn with_crc(frame: &[u8]) -> Vec<u8> {
    [frame, &crc_a(frame)].concat()
}

fn without_crc(heard: &[u8]) -> Option<&[u8]> {
    let (data, crc) = heard.split_last_chunk::<2>()?;
    (crc_a(data) == *crc).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_agrees_with_the_standards_examples() {
        assert_eq!(crc_a(&[0x00, 0x00]), [0xA0, 0x1E]);
        assert_eq!(crc_a(&[0x12, 0x34]), [0x26, 0xCF]);
        assert_eq!(without_crc(&[0x12, 0x34, 0x26, 0xCE]), None);
    }
}
