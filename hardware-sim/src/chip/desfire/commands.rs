//! Which command does what, and what the card says of itself.

use super::{Desfire, Mode, Native, Status, Stop, three};
use crate::chip::desfire::image::Cipher;

impl Desfire {
    /// How long the data of a command is in all, where it may come in several frames.
    pub(super) fn due(&self, code: u8, data: &[u8]) -> usize {
        match (code, data) {
            // File, offset, length, and so much.
            (0x3D | 0x3B, [_, _, _, _, a, b, c, ..]) => {
                let plain = 7 + three(&[*a, *b, *c]);
                self.on_the_way(data[0], plain)
            }
            _ => 0,
        }
    }

    pub(super) fn command(&mut self, code: u8, data: &[u8]) -> Native {
        match code {
            0x0A => self.authenticate_des(data),
            0xAA => self.authenticate_aes(data),
            0x71 => self.authenticate_first(data),
            0x77 => self.authenticate_again(data),
            0x5A => self.select(data),
            0x60 => self.version(data),
            0x51 => self.card_uid(data),
            0x3C => self.signature(data),
            0x6E => self.free_memory(data),
            0x45 => self.key_settings(data),
            0x54 => self.change_key_settings(data),
            0x64 => self.key_version(data),
            0xC4 => self.change_key(data),
            0xC6 => self.change_key_in_set(data),
            0x56 => self.initialise_set(data),
            0x57 => self.finalise_set(data),
            0x55 => self.roll_set(data),
            0x5C => self.set_configuration(data),
            0xFC => self.format(data),
            0xCA => self.create_application(data),
            0xDA => self.delete_application(data),
            0x6A => self.application_ids(data),
            0x6D => self.application_names(data),
            0xCD | 0xCB | 0xCC | 0xC0 | 0xC1 => self.create_file(code, data),
            0xCE => self.create_transaction_mac(data),
            0xDF => self.delete_file(data),
            0x6F => self.file_ids(data),
            0x61 => self.iso_file_ids(data),
            0xF5 => self.file_settings(data),
            0x5F => self.change_file_settings(data),
            0xAD | 0xBD => self.read_data(code, data),
            0x8D | 0x3D => self.write_data(code, data),
            0x8B | 0x3B => self.write_record(code, data),
            0xAB | 0xBB => self.read_records(code, data),
            0xEB => self.clear_records(data),
            0x6C => self.get_value(data),
            0x0C | 0xDC | 0x1C => self.change_value(code, data),
            0xC8 => self.commit_reader(data),
            0xC7 => self.commit(data),
            0xA7 => self.abort(data),
            _ => Err(Status::ILLEGAL_COMMAND.into()),
        }
    }

    /// A command without parameters, in its secure messaging.
    pub(super) fn nothing(&mut self, code: u8, data: &[u8]) -> Result<(), Stop> {
        match self.opened(Mode::Mac, code, data, 0, 0)?.is_empty() {
            true => Ok(()),
            false => Err(Status::LENGTH.into()),
        }
    }

    /// Hardware, software, UID with batch and week; a card with a random UID shows zeros for it.
    fn version(&mut self, data: &[u8]) -> Native {
        self.nothing(0x60, data)?;
        let major = if self.image.ev3 { 0x33 } else { 0x12 };
        let software = if self.image.ev3 {
            [0x03, 0x00]
        } else {
            [0x02, 0x01]
        };
        let uid = match self.image.random_id {
            true => [0; 7],
            false => self.image.uid,
        };
        let answer = [
            &[0x04, 0x01, 0x01, major, 0x00, 0x1A, 0x05][..],
            &[0x04, 0x01, 0x01, software[0], software[1], 0x1A, 0x05],
            &uid,
            &[0xBA, 0x34, 0x12, 0x51, 0x80, 0x21, 0x24],
        ]
        .concat();
        self.closed(Mode::Mac, Status::OK, &answer)
    }

    fn card_uid(&mut self, data: &[u8]) -> Native {
        if self.who().is_none() {
            return Err(Status::AUTHENTICATION.into());
        }
        self.nothing(0x51, data)?;
        let uid = self.image.uid;
        self.closed(Mode::Full, Status::OK, &uid)
    }

    /// NXP signs the UIDs of its cards, and nobody else can: this is no signature of theirs.
    fn signature(&mut self, data: &[u8]) -> Native {
        if self.opened(Mode::Mac, 0x3C, data, 1, 0)? != [0x00] {
            return Err(Status::PARAMETER.into());
        }
        let uid = self.image.uid;
        let answer: Vec<u8> = uid.iter().cycle().take(56).copied().collect();
        self.closed(Mode::Full, Status::SIGNATURE_OK, &answer)
    }

    fn free_memory(&mut self, data: &[u8]) -> Native {
        self.nothing(0x6E, data)?;
        let [a, b, c, ..] = (self.image.free() as u32).to_le_bytes();
        self.closed(Mode::Mac, Status::OK, &[a, b, c])
    }

    /// Option 00: what the card shows of itself. Formatting can be switched off, the random UID on.
    fn set_configuration(&mut self, data: &[u8]) -> Native {
        if self.now.selected.is_some() || self.who() != Some(0) {
            return Err(Status::AUTHENTICATION.into());
        }
        let plain = self.opened(Mode::Full, 0x5C, data, 1, 1)?;
        let [0x00, options] = plain[..] else {
            return Err(Status::PARAMETER.into());
        };
        if self.image.master.cipher != Cipher::Aes {
            return Err(Status::PERMISSION_DENIED.into());
        }
        self.image
            .write(|image| image.random_id |= options & 0x02 != 0)?;
        self.done(Mode::Full)
    }
}
