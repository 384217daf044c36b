//! NTAG 424 DNA: an ISO 14443-4 chip with one application of three files, EV2 secure messaging,
//! and messages that change with every tap (SDM, also called SUN).
//!
//! From the data sheet NT4H2421Gx and the examples of AN12196. Native commands come wrapped
//! (`90 ins 00 00 …`). Left out: LRP, the tag tamper's loop, and the failed-authentication delay.

mod authenticate;
mod commands;
mod files;
mod iso;
mod memory;
mod sdm;
mod session;
mod settings;
mod status;

pub(crate) use memory::Image;

use authenticate::Challenge;
pub(crate) use session::Session;
pub(crate) use settings::Mode;
pub(crate) use status::{Status, Stop};

use super::chance::Chance;
use super::nonvolatile::Nonvolatile;
use super::{Activation, CardImage, Chip, ChipReply, Tear};

/// Historical byte 80 behind TL, T0, TA, TB and TC.
const ATS: [u8; 6] = [0x06, 0x77, 0x77, 0x71, 0x02, 0x80];
const ISO_OK: [u8; 2] = [0x90, 0x00];
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];
const WRONG_P1_P2: [u8; 2] = [0x6A, 0x86];
const WRONG_CLASS: [u8; 2] = [0x6E, 0x00];

/// A command that takes more than one frame.
#[derive(Debug)]
enum Pending {
    Challenge(Challenge),
    /// GetVersion: the part that comes next.
    Version(usize),
}

/// What lasts until the card leaves the field.
#[derive(Debug, Default)]
struct Volatile {
    /// The application is selected; before, the chip is at its outermost level.
    selected: bool,
    /// The file that ISOSelectFile chose.
    file: Option<u8>,
    session: Option<Session>,
    pending: Option<Pending>,
    /// The file as it is shown during this row of reads: a row counts as one tap.
    shown: Option<Vec<u8>>,
}

/// One chip.
#[derive(Debug)]
pub(crate) struct Ntag424 {
    image: Nonvolatile<Image>,
    chance: Chance,
    shown_uid: Vec<u8>,
    now: Volatile,
    powered: bool,
}

/// Data and status of a native command that went well.
type Native = Result<(Vec<u8>, Status), Stop>;

impl Ntag424 {
    pub(crate) fn load(image: Image) -> Self {
        let mut chip = Self {
            chance: Chance::of_uid(&image.uid),
            image: Nonvolatile::new(image.fitted()),
            shown_uid: Vec::new(),
            now: Volatile::default(),
            powered: false,
        };
        chip.power(true);
        chip
    }

    fn exchange(&mut self, apdu: &[u8]) -> Result<Vec<u8>, Stop> {
        let (head, body) = apdu
            .split_first_chunk::<4>()
            .ok_or(Stop::Iso(WRONG_LENGTH))?;
        match *head {
            [0x90, code, 0x00, 0x00] => {
                let data = data(body).ok_or(Status::LENGTH)?;
                let (answer, status) = self.native(code, data)?;
                Ok([answer.as_slice(), &[0x91, status.0]].concat())
            }
            [0x90, ..] => Err(Stop::Iso(WRONG_P1_P2)),
            [0x00, code, p1, p2] => {
                if self.now.pending.take().is_some() {
                    return Err(Stop::Iso([0x69, 0x85]));
                }
                let answer = self.iso(code, [p1, p2], body)?;
                Ok([answer.as_slice(), &ISO_OK].concat())
            }
            _ => Err(Stop::Iso(WRONG_CLASS)),
        }
    }

    fn native(&mut self, code: u8, data: &[u8]) -> Native {
        // ReadData alone goes on with a row of reads.
        if code != 0xAD {
            self.now.shown = None;
        }
        match (code, self.now.pending.take()) {
            (0xAF, Some(Pending::Challenge(challenge))) => self.prove(challenge, data),
            (0xAF, Some(Pending::Version(part))) => self.version_part(part, data),
            (_, Some(_)) => Err(Status::ABORTED.into()),
            (_, None) => self.command(code, data),
        }
    }

    /// Takes a command out of its secure messaging: `header` bytes are never encrypted.
    fn opened(&self, mode: Mode, code: u8, data: &[u8], header: usize) -> Result<Vec<u8>, Stop> {
        let plain = match &self.now.session {
            Some(session) => session.open(mode, code, data, header)?,
            None => data.to_vec(),
        };
        if plain.len() < header {
            return Err(Status::LENGTH.into());
        }
        Ok(plain)
    }

    /// Puts an answer into secure messaging, if there is any.
    fn closed(&mut self, mode: Mode, status: Status, data: &[u8]) -> Native {
        let answer = match &mut self.now.session {
            Some(session) => session.close(mode, status, data),
            None => data.to_vec(),
        };
        Ok((answer, status))
    }
}

/// The data of an APDU behind its four bytes: Lc, data, and perhaps Le.
fn data(body: &[u8]) -> Option<&[u8]> {
    match body {
        [] | [_] => Some(&[]),
        [length, rest @ ..] => {
            let length = usize::from(*length);
            (rest.len() == length || rest.len() == length + 1).then(|| &rest[..length])
        }
    }
}

impl Chip for Ntag424 {
    fn activation(&self) -> Activation {
        let double = self.shown_uid.len() == 7;
        Activation::TypeA {
            atqa: [0x03, if double { 0x44 } else { 0x04 }],
            sak: 0x20,
            uid: self.shown_uid.clone(),
            ats: Some(ATS.to_vec()),
        }
    }

    fn power(&mut self, on: bool) {
        self.now = Volatile::default();
        self.powered = on;
        if on {
            self.shown_uid = if self.image.random_id {
                [&[0x08], self.chance.draw::<3>().as_slice()].concat()
            } else {
                self.image.uid.to_vec()
            };
        }
    }

    fn activate(&mut self) {
        self.now = Volatile::default();
    }

    /// Behind its activation the chip speaks in the blocks of ISO 14443-4, which its reader makes.
    fn raw(&mut self, _frame: &[u8]) -> ChipReply {
        ChipReply::Silence
    }

    fn apdu(&mut self, apdu: &[u8]) -> ChipReply {
        if !self.powered {
            return ChipReply::Silence;
        }
        let stop = match self.exchange(apdu) {
            Ok(answer) => return ChipReply::Data(answer),
            Err(stop) => stop,
        };
        // Whatever goes wrong ends the session.
        self.now.session = None;
        self.now.pending = None;
        self.now.shown = None;
        match stop {
            Stop::Status(status) => ChipReply::Data(vec![0x91, status.0]),
            Stop::Iso(status) => ChipReply::Data(status.to_vec()),
            Stop::Dead => {
                self.power(false);
                ChipReply::Dead
            }
        }
    }

    fn arm(&mut self, tear: Tear) {
        self.image.arm(tear);
    }

    fn save(&self) -> CardImage {
        CardImage::Ntag424(Box::new((*self.image).clone()))
    }
}

#[cfg(test)]
mod tests;
