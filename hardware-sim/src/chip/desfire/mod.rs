//! MIFARE DESFire EV2 and EV3: applications, keys, files with backup, and commits with a MAC.
//!
//! From public sources: the DESFire Light data sheet (MF2DLHX0; the same secure messaging, files and
//! transaction MACs), AN12343, the EV1 short data sheet, and open client sources for what EV1 left
//! behind. Native frames and ISO-wrapped ones (`90 ins 00 00 Lc data 00`). Left out: 3K3DES and 2K3DES
//! keys, delegated applications, proximity check, virtual cards, shared applications, SDM.
//!
//! A commit is one write to memory; a write to a standard file is one write a block of 32 bytes.

mod applications;
mod authenticate;
mod commands;
mod data;
mod files;
mod image;
mod iso;
mod keys;
mod legacy;
#[cfg(test)]
mod tests;
mod transaction;
#[cfg(test)]
mod vector_tests;

pub(crate) use image::Image;

use std::collections::VecDeque;

use super::chance::Chance;
use super::nonvolatile::Nonvolatile;
use super::ntag424::{Mode, Session, Status, Stop};
use super::{Activation, CardImage, Chip, ChipReply, Tear};
use authenticate::Challenge;
use image::Application;
use legacy::{D40, Ev1};
use transaction::Transaction;

/// Historical byte 80 behind TL, T0, TA, TB and TC: frames of 64 bytes, 106 to 848 kbit/s.
const ATS: [u8; 6] = [0x06, 0x75, 0x77, 0x81, 0x02, 0x80];
/// Data bytes of one native frame.
const FRAME: usize = 59;

const NO_CHANGES: Status = Status(0x0C);
const OUT_OF_MEMORY: Status = Status(0x0E);
const NO_SUCH_APPLICATION: Status = Status(0xA0);
const TOO_MANY_APPLICATIONS: Status = Status(0xCE);
const DUPLICATE: Status = Status(0xDE);

/// Who is authenticated, and how messages are secured since.
#[derive(Debug, Default)]
enum Auth {
    #[default]
    None,
    D40(D40),
    Ev1(Ev1),
    Ev2(Session),
}

/// A command that takes more than one frame.
#[derive(Debug)]
enum Pending {
    Challenge(Challenge),
    /// An answer whose rest is still to be asked for.
    Answer {
        rest: VecDeque<Vec<u8>>,
        last: Status,
    },
    /// A command whose rest is still to come.
    Command {
        code: u8,
        data: Vec<u8>,
        due: usize,
    },
}

/// What lasts until the card leaves the field.
#[derive(Debug, Default)]
struct Volatile {
    /// Place of the selected application; none is the card itself.
    selected: Option<usize>,
    /// The file that ISOSelectFile chose.
    iso_file: Option<u8>,
    auth: Auth,
    pending: Option<Pending>,
    transaction: Transaction,
}

/// One chip.
#[derive(Debug)]
pub(crate) struct Desfire {
    image: Nonvolatile<Image>,
    chance: Chance,
    shown_uid: Vec<u8>,
    now: Volatile,
    powered: bool,
}

/// Data and status of a command that went well.
type Native = Result<(Vec<u8>, Status), Stop>;

impl Desfire {
    pub(crate) fn load(image: Image) -> Self {
        let mut chip = Self {
            chance: Chance::of_uid(&image.uid),
            image: Nonvolatile::new(image),
            shown_uid: Vec::new(),
            now: Volatile::default(),
            powered: false,
        };
        chip.power(true);
        chip
    }

    fn exchange(&mut self, frame: &[u8]) -> Result<Vec<u8>, Stop> {
        match *frame {
            [0x90, code, 0x00, 0x00, ref body @ ..] => {
                let data = unwrapped(body).ok_or(Status::LENGTH)?;
                let (answer, status) = self.native(code, data)?;
                Ok([answer.as_slice(), &[0x91, status.0]].concat())
            }
            [0x00, code @ (0xA4 | 0xB0 | 0xD6), p1, p2, ref body @ ..] => {
                let answer = self.iso(code, [p1, p2], body)?;
                Ok([answer.as_slice(), &[0x90, 0x00]].concat())
            }
            [0x00 | 0x90, ..] => Err(Stop::Iso([0x6E, 0x00])),
            [code, ref data @ ..] => {
                let (answer, status) = self.native(code, data)?;
                Ok([&[status.0], answer.as_slice()].concat())
            }
            [] => Err(Stop::Iso([0x67, 0x00])),
        }
    }

    fn native(&mut self, code: u8, data: &[u8]) -> Native {
        match (code, self.now.pending.take()) {
            (0xAF, Some(Pending::Challenge(challenge))) => self.prove(challenge, data),
            (0xAF, Some(Pending::Answer { rest, last })) if data.is_empty() => {
                Ok(self.next_frame(rest, last))
            }
            (
                0xAF,
                Some(Pending::Command {
                    code,
                    data: mut whole,
                    due,
                }),
            ) => {
                whole.extend_from_slice(data);
                self.gathered(code, whole, due)
            }
            (0xAF, _) | (_, Some(_)) => Err(Status::ABORTED.into()),
            (_, None) => {
                let due = self.due(code, data);
                self.gathered(code, data.to_vec(), due)
            }
        }
    }

    /// Carries a command out once all of it is there.
    fn gathered(&mut self, code: u8, data: Vec<u8>, due: usize) -> Native {
        if data.len() < due {
            self.now.pending = Some(Pending::Command { code, data, due });
            return Ok((Vec::new(), Status::MORE));
        }
        let (answer, status) = self.command(code, &data)?;
        // AD and AB leave it to ISO 14443-4 to cut long answers.
        match code {
            0xAD | 0xAB => Ok((answer, status)),
            0x60 => Ok(self.version_frames(&answer, status)),
            _ => Ok(self.in_frames(&answer, status)),
        }
    }

    /// The first frame of an answer; the others wait to be asked for.
    fn in_frames(&mut self, answer: &[u8], last: Status) -> (Vec<u8>, Status) {
        self.next_frame(answer.chunks(FRAME).map(<[u8]>::to_vec).collect(), last)
    }

    /// Hardware, software, and the rest: a frame each.
    fn version_frames(&mut self, answer: &[u8], last: Status) -> (Vec<u8>, Status) {
        let (hardware, rest) = answer.split_at(7.min(answer.len()));
        let (software, rest) = rest.split_at(7.min(rest.len()));
        let frames = [hardware, software, rest].map(<[u8]>::to_vec);
        self.next_frame(frames.into(), last)
    }

    fn next_frame(&mut self, mut frames: VecDeque<Vec<u8>>, last: Status) -> (Vec<u8>, Status) {
        let first = frames.pop_front().unwrap_or_default();
        if frames.is_empty() {
            return (first, last);
        }
        self.now.pending = Some(Pending::Answer { rest: frames, last });
        (first, Status::MORE)
    }

    /// Takes a command out of its secure messaging: `header` bytes are never enciphered. `expected` is
    /// how many bytes are behind it, which only EV1's padding needs to know.
    fn opened(
        &mut self,
        mode: Mode,
        code: u8,
        data: &[u8],
        header: usize,
        expected: usize,
    ) -> Result<Vec<u8>, Stop> {
        let plain = match &mut self.now.auth {
            Auth::None | Auth::D40(_) => data.to_vec(),
            Auth::Ev1(session) if mode == Mode::Full && data.len() > header => {
                let (head, sealed) = data.split_at(header);
                let open = session.open(code, head, sealed, expected);
                [head, &open.ok_or(Status::INTEGRITY)?].concat()
            }
            Auth::Ev1(session) => {
                session.heard(code, data);
                data.to_vec()
            }
            Auth::Ev2(session) => session.open(mode, code, data, header)?,
        };
        match plain.len() < header {
            true => Err(Status::LENGTH.into()),
            false => Ok(plain),
        }
    }

    /// Puts an answer into secure messaging, if there is any.
    fn closed(&mut self, mode: Mode, status: Status, data: &[u8]) -> Native {
        let answer = match &mut self.now.auth {
            Auth::None | Auth::D40(_) => data.to_vec(),
            Auth::Ev1(session) if mode == Mode::Full && !data.is_empty() => {
                session.close(status.0, data)
            }
            Auth::Ev1(session) => session.said(status.0, data),
            Auth::Ev2(session) => session.close(mode, status, data),
        };
        Ok((answer, status))
    }

    fn done(&mut self, mode: Mode) -> Native {
        self.closed(mode, Status::OK, &[])
    }

    /// The key that is authenticated.
    fn who(&self) -> Option<u8> {
        match &self.now.auth {
            Auth::None => None,
            Auth::D40(session) => Some(session.key_number),
            Auth::Ev1(session) => Some(session.key_number),
            Auth::Ev2(session) => Some(session.key_number),
        }
    }

    fn application(&self) -> Result<&Application, Stop> {
        let place = self.now.selected.ok_or(Status::PERMISSION_DENIED)?;
        let found = self.image.applications.get(place);
        found.ok_or(NO_SUCH_APPLICATION.into())
    }

    /// One atomic change of the selected application.
    fn change(&mut self, change: impl FnOnce(&mut Application)) -> Result<(), Stop> {
        let place = self.now.selected.ok_or(Status::PERMISSION_DENIED)?;
        self.image.write(|image| {
            if let Some(application) = image.applications.get_mut(place) {
                change(application);
            }
        })?;
        Ok(())
    }
}

/// The data of a wrapped command behind its four bytes: Lc, data, and perhaps Le.
fn unwrapped(body: &[u8]) -> Option<&[u8]> {
    match body {
        [] | [_] => Some(&[]),
        [length, rest @ ..] => {
            let length = usize::from(*length);
            (rest.len() == length || rest.len() == length + 1).then(|| &rest[..length])
        }
    }
}

/// A number of three bytes, least significant first.
fn three(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take(3)
        .rev()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

impl Chip for Desfire {
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
        self.now.pending = None;
        if matches!(stop, Stop::Status(status) if status == NO_CHANGES) {
            return ChipReply::Data(spoken(apdu, NO_CHANGES));
        }
        // Whatever goes wrong ends the session, and drops what was not committed.
        self.now.auth = Auth::None;
        self.now.transaction = Transaction::default();
        match stop {
            Stop::Status(status) => ChipReply::Data(spoken(apdu, status)),
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
        CardImage::Desfire(Box::new((*self.image).clone()))
    }
}

/// A status in the manner in which it was asked.
fn spoken(frame: &[u8], status: Status) -> Vec<u8> {
    match frame.first() {
        Some(0x90) => vec![0x91, status.0],
        _ => vec![status.0],
    }
}
