//! The few ISO 7816-4 commands that NDEF needs: select by name or identifier, read and write binary.

use super::image::Body;
use super::{Desfire, Stop};

const NOT_FOUND: Stop = Stop::Iso([0x6A, 0x82]);
const WRONG_PARAMETERS: Stop = Stop::Iso([0x6A, 0x86]);
const WRONG_LENGTH: Stop = Stop::Iso([0x67, 0x00]);
const NOT_ALLOWED: Stop = Stop::Iso([0x69, 0x82]);
const NO_FILE: Stop = Stop::Iso([0x69, 0x85]);
const FREE: u16 = 0x0E;

impl Desfire {
    pub(super) fn iso(&mut self, code: u8, place: [u8; 2], body: &[u8]) -> Result<Vec<u8>, Stop> {
        self.now.pending = None;
        match (code, place) {
            (0xA4, [0x04, _]) => self.iso_application(body),
            (0xA4, [0x00 | 0x02, _]) => self.iso_file(body),
            (0xB0, [high, low]) if high & 0x80 == 0 => {
                self.iso_read(usize::from(u16::from_be_bytes([high, low])), body)
            }
            (0xD6, [high, low]) if high & 0x80 == 0 => {
                self.iso_write(usize::from(u16::from_be_bytes([high, low])), body)
            }
            _ => Err(WRONG_PARAMETERS),
        }
    }

    /// By its name. The card's own is D2760000850100.
    fn iso_application(&mut self, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let name = super::unwrapped(body).ok_or(WRONG_LENGTH)?;
        if name == b"\xD2\x76\x00\x00\x85\x01\x00" {
            self.choose(None);
            return Ok(Vec::new());
        }
        let mut apps = self.image.applications.iter();
        let place = apps.position(|app| !name.is_empty() && app.name == name);
        let place = place.ok_or(NOT_FOUND)?;
        self.choose(Some(place));
        Ok(Vec::new())
    }

    fn iso_file(&mut self, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let id = <[u8; 2]>::try_from(super::unwrapped(body).ok_or(WRONG_LENGTH)?);
        let id = u16::from_be_bytes(id.map_err(|_| WRONG_LENGTH)?);
        if id == 0x3F00 {
            self.choose(None);
            return Ok(Vec::new());
        }
        let files = &self.application().map_err(|_| NOT_FOUND)?.files;
        let found = files.iter().find(|(_, file)| file.iso == Some(id));
        let number = found.map(|(number, _)| *number).ok_or(NOT_FOUND)?;
        self.now.iso_file = Some(number);
        Ok(Vec::new())
    }

    fn iso_content(&self, rights: [u32; 2]) -> Result<(u8, &[u8]), Stop> {
        let number = self.now.iso_file.ok_or(NO_FILE)?;
        let files = &self.application().map_err(|_| NOT_FOUND)?.files;
        let file = files.get(&number).ok_or(NO_FILE)?;
        let free = rights
            .iter()
            .any(|place| file.rights >> place & 0x0F == FREE);
        match (&file.body, free) {
            (Body::Standard { data }, true) => Ok((number, &data.0)),
            (Body::Standard { .. }, false) => Err(NOT_ALLOWED),
            _ => Err(NO_FILE),
        }
    }

    fn iso_read(&mut self, offset: usize, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let (_, data) = self.iso_content([12, 4])?;
        let wanted = match body {
            [] | [0] => 256,
            [length] => usize::from(*length),
            _ => return Err(WRONG_LENGTH),
        };
        let rest = data.get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Stop::Iso([0x6B, 0x00]))?;
        Ok(rest[..wanted.min(rest.len())].to_vec())
    }

    fn iso_write(&mut self, offset: usize, body: &[u8]) -> Result<Vec<u8>, Stop> {
        let new = super::unwrapped(body).ok_or(WRONG_LENGTH)?.to_vec();
        let (number, data) = self.iso_content([8, 4])?;
        if offset + new.len() > data.len() {
            return Err(Stop::Iso([0x6B, 0x00]));
        }
        self.write_standard(number, offset, &new)?;
        Ok(Vec::new())
    }
}
