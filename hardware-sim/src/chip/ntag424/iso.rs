//! The ISO 7816-4 commands that a phone uses: select, read, update (NT4H2421Gx 10.9).

use super::settings::FREE;
use super::status::Stop;
use super::{Ntag424, WRONG_LENGTH, WRONG_P1_P2, data};

const NDEF_APPLICATION: [u8; 7] = [0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01];
const NOT_SATISFIED: Stop = Stop::Iso([0x69, 0x82]);
const NOT_NOW: Stop = Stop::Iso([0x69, 0x85]);
const NOT_FOUND: Stop = Stop::Iso([0x6A, 0x82]);
const UNKNOWN: Stop = Stop::Iso([0x6D, 0x00]);

impl Ntag424 {
    pub(super) fn iso(&mut self, code: u8, p: [u8; 2], body: &[u8]) -> Result<Vec<u8>, Stop> {
        if code != 0xB0 {
            self.now.shown = None;
        }
        match code {
            0xA4 => self.select(p, data(body).ok_or(Stop::Iso(WRONG_LENGTH))?),
            0xB0 => self.read_binary(p, body),
            0xD6 => self.update_binary(p, data(body).ok_or(Stop::Iso(WRONG_LENGTH))?),
            _ => Err(UNKNOWN),
        }
    }

    /// By name, or by file identifier; an application ends what was authenticated before.
    fn select(&mut self, [p1, p2]: [u8; 2], name: &[u8]) -> Result<Vec<u8>, Stop> {
        if ![0x00, 0x0C].contains(&p2) {
            return Err(Stop::Iso(WRONG_P1_P2));
        }
        let application = match (p1, name) {
            (0x04, name) if name == NDEF_APPLICATION => true,
            (0x00, [0xE1, 0x10]) => true,
            (0x00, [] | [0x3F, 0x00]) => false,
            (0x00 | 0x02, [0xE1, low @ 0x03..=0x05]) if self.now.selected => {
                self.now.file = Some(low - 2);
                return Ok(Vec::new());
            }
            (0x00 | 0x02 | 0x04, _) => return Err(NOT_FOUND),
            _ => return Err(Stop::Iso(WRONG_P1_P2)),
        };
        self.now.session = None;
        self.now.file = None;
        self.now.selected = application;
        Ok(Vec::new())
    }

    /// The file and offset that P1 and P2 mean; a short identifier selects its file too.
    fn place(&mut self, [p1, p2]: [u8; 2]) -> Result<(u8, usize), Stop> {
        // Under EV2 there is no ISO access.
        if self.now.session.is_some() {
            return Err(NOT_SATISFIED);
        }
        if !self.now.selected {
            return Err(NOT_NOW);
        }
        if p1 & 0x80 == 0 {
            let offset = u16::from_be_bytes([p1, p2]).into();
            return self.now.file.map(|file| (file, offset)).ok_or(NOT_NOW);
        }
        match p1 & 0x7F {
            short @ 0x03..=0x05 => {
                self.now.file = Some(short - 2);
                Ok((short - 2, p2.into()))
            }
            _ => Err(NOT_FOUND),
        }
    }

    /// As many bytes as there are, up to Le (0: 256).
    fn read_binary(&mut self, p: [u8; 2], body: &[u8]) -> Result<Vec<u8>, Stop> {
        let [limit] = body[..] else {
            return Err(Stop::Iso(WRONG_LENGTH));
        };
        let (number, offset) = self.place(p)?;
        let settings = &self.image.file(number)?.settings;
        let free = [settings.read(), settings.read_write()].contains(&FREE);
        if !free && !self.shows_dynamically(settings) {
            return Err(NOT_SATISFIED);
        }
        let content = self.content(number, NOT_SATISFIED)?;
        let limit = if limit == 0 { 256 } else { usize::from(limit) };
        let rest = content.get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Stop::Iso(WRONG_P1_P2))?;
        Ok(rest[..limit.min(rest.len())].to_vec())
    }

    fn update_binary(&mut self, p: [u8; 2], content: &[u8]) -> Result<Vec<u8>, Stop> {
        if content.is_empty() {
            return Err(Stop::Iso(WRONG_LENGTH));
        }
        let (number, offset) = self.place(p)?;
        let file = self.image.file(number)?;
        if ![file.settings.write(), file.settings.read_write()].contains(&FREE) {
            return Err(NOT_SATISFIED);
        }
        if offset + content.len() > file.data.len() {
            return Err(NOT_NOW);
        }
        self.store(number, offset, content)?;
        Ok(Vec::new())
    }
}
