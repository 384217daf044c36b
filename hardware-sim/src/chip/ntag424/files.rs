//! The native commands that are about files, and who may read and write them.

use super::settings::{Bytes, FREE, Mode, NEVER, Settings};
use super::status::{Status, Stop};
use super::{Native, Ntag424, sdm};

/// The longest answer without its status.
const LONGEST: usize = 256;
const COUNTER_END: u32 = 0x00FF_FFFF;
const NDEF_FILE: u8 = 2;

impl Ntag424 {
    /// How a command is sent that needs one of `conditions`: as the file says if a key opened it, in
    /// the clear if it is free.
    fn access(&self, conditions: &[u8], by_key: Mode) -> Result<Mode, Status> {
        let proved = self.now.session.as_ref().map(|session| session.key_number);
        if proved.is_some_and(|key| conditions.contains(&key)) {
            Ok(by_key)
        } else if conditions.contains(&FREE) {
            Ok(Mode::Plain)
        } else if conditions.iter().all(|condition| *condition == NEVER) {
            Err(Status::PERMISSION_DENIED)
        } else {
            Err(Status::AUTHENTICATION)
        }
    }

    pub(super) fn read_data(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let settings = &self.image.file(number)?.settings;
        let mode = match self.access(&[settings.read(), settings.read_write()], settings.mode()) {
            Ok(mode) => mode,
            Err(_) if self.shows_dynamically(settings) => Mode::Plain,
            Err(status) => return Err(status.into()),
        };
        let header = self.opened(mode, 0xAD, data, 7)?;
        let (offset, length) = range(&header, 7)?;
        let content = self.content(number, Status::AUTHENTICATION.into())?;
        let end = if length == 0 {
            content.len()
        } else {
            offset + length
        };
        let part = content.get(offset..end).ok_or(Status::BOUNDARY)?.to_vec();
        if part.is_empty() {
            return Err(Status::BOUNDARY.into());
        }
        let sent = match (mode, &self.now.session) {
            (Mode::Mac, Some(_)) => part.len() + 8,
            (Mode::Full, Some(_)) => (part.len() + 1).next_multiple_of(16) + 8,
            _ => part.len(),
        };
        if sent > LONGEST {
            return Err(Status::LENGTH.into());
        }
        self.closed(mode, Status::OK, &part)
    }

    /// Read without an authentication, a file with SDM opens to its SDM key too.
    pub(super) fn shows_dynamically(&self, settings: &Settings) -> bool {
        let opens = settings.sdm.as_ref().is_some_and(|sdm| sdm.file < 5);
        opens && self.now.session.is_none()
    }

    /// A file as it reads now. The first read of a row, without an authentication, counts as a tap;
    /// `full` is what is said when the counter has come to its end.
    pub(super) fn content(&mut self, number: u8, full: Stop) -> Result<Vec<u8>, Stop> {
        let file = self.image.file(number)?;
        let Some(sdm) = file
            .settings
            .sdm
            .clone()
            .filter(|_| self.now.session.is_none())
        else {
            return Ok(file.data.clone());
        };
        if let Some(shown) = &self.now.shown {
            return Ok(shown.clone());
        }
        let counter = file.read_counter;
        if counter >= sdm.limit.unwrap_or(COUNTER_END).min(COUNTER_END) {
            return Err(full);
        }
        self.image.write(|image| {
            if let Some(file) = image.file_mut(number) {
                file.read_counter += 1;
            }
        })?;
        let random = self.chance.draw();
        let file = self.image.file(number)?;
        let shown = sdm::shown(&self.image, file, &sdm, counter + 1, random);
        self.now.shown = Some(shown.clone());
        Ok(shown)
    }

    pub(super) fn write_data(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let file = self.image.file(number)?;
        let (settings, size) = (&file.settings, file.data.len());
        let mode = self.access(&[settings.write(), settings.read_write()], settings.mode())?;
        let plain = self.opened(mode, 0x8D, data, 7)?;
        let (head, content) = plain.split_at(7);
        let (offset, length) = range(head, 7)?;
        if content.is_empty() || content.len() != length {
            return Err(Status::LENGTH.into());
        }
        if offset + length > size {
            return Err(Status::BOUNDARY.into());
        }
        self.store(number, offset, content)?;
        self.closed(mode, Status::OK, &[])
    }

    pub(super) fn store(&mut self, number: u8, offset: usize, content: &[u8]) -> Result<(), Stop> {
        self.image.write(|image| {
            let place = image.file_mut(number).map(|file| &mut file.data);
            if let Some(place) = place.and_then(|d| d.get_mut(offset..offset + content.len())) {
                place.copy_from_slice(content);
            }
        })?;
        Ok(())
    }

    pub(super) fn file_settings(&mut self, data: &[u8]) -> Native {
        let header = self.opened(Mode::Mac, 0xF5, data, 1)?;
        let [number] = header[..] else {
            return Err(Status::LENGTH.into());
        };
        let file = self.image.file(number)?;
        let described = file.settings.describe(file.data.len());
        self.closed(Mode::Mac, Status::OK, &described)
    }

    pub(super) fn change_file_settings(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let change = self.image.file(number)?.settings.change();
        let mode = self.access(&[change], Mode::Full)?;
        let plain = self.opened(mode, 0x5F, data, 1)?;
        let settings = Settings::parse(&plain[1..], self.image.file(number)?.data.len())?;
        let names_keys = (0..4).all(|place| {
            let nibble = settings.rights >> (4 * place) & 0x0F;
            nibble < 5 || nibble >= FREE.into()
        });
        if !names_keys || (settings.sdm.is_some() && number != NDEF_FILE) {
            return Err(Status::PARAMETER.into());
        }
        self.image.write(|image| {
            if let Some(file) = image.file_mut(number) {
                if file.settings.sdm.is_none() {
                    file.read_counter = 0;
                }
                file.settings = settings;
            }
        })?;
        self.closed(mode, Status::OK, &[])
    }

    /// The SDM counter and two reserved bytes.
    pub(super) fn file_counters(&mut self, data: &[u8]) -> Native {
        let header = self.opened(Mode::Mac, 0xF6, data, 1)?;
        let [number] = header[..] else {
            return Err(Status::LENGTH.into());
        };
        let file = self.image.file(number)?;
        let sdm = file
            .settings
            .sdm
            .as_ref()
            .ok_or(Status::PERMISSION_DENIED)?;
        let mode = match self.access(&[sdm.counter_access], Mode::Full)? {
            Mode::Full => Mode::Full,
            _ => Mode::Mac,
        };
        let [a, b, c, _] = file.read_counter.to_le_bytes();
        self.closed(mode, Status::OK, &[a, b, c, 0, 0])
    }
}

/// Offset and length behind the file number; the header has exactly `size` bytes.
fn range(header: &[u8], size: usize) -> Result<(usize, usize), Status> {
    if header.len() != size {
        return Err(Status::LENGTH);
    }
    let mut bytes = Bytes(header);
    bytes.one()?;
    Ok((bytes.three()?, bytes.three()?))
}
