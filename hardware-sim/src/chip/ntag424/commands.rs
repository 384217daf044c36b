//! The native commands that are about the chip and its keys.

use super::memory::KEYS;
use super::settings::Mode;
use super::status::Status;
use super::{Native, Ntag424, Pending};
use crate::chip::aes_modes::{Key, xor};

impl Ntag424 {
    pub(super) fn command(&mut self, code: u8, data: &[u8]) -> Native {
        match code {
            0x60 => self.version(data),
            0x3C => self.signature(data),
            0x71 => self.authenticate_first(data),
            0x77 => self.authenticate_again(data),
            0x51 | 0x5C | 0x5F | 0x64 | 0x8D | 0xAD | 0xC4 | 0xF5 | 0xF6 if !self.now.selected => {
                Err(Status::PERMISSION_DENIED.into())
            }
            0x51 => self.card_uid(data),
            0x5C => self.set_configuration(data),
            0x64 => self.key_version(data),
            0xC4 => self.change_key(data),
            0x5F => self.change_file_settings(data),
            0x8D => self.write_data(data),
            0xAD => self.read_data(data),
            0xF5 => self.file_settings(data),
            0xF6 => self.file_counters(data),
            _ => Err(Status::ILLEGAL_COMMAND.into()),
        }
    }

    fn version(&mut self, data: &[u8]) -> Native {
        if !self.opened(Mode::Mac, 0x60, data, 0)?.is_empty() {
            return Err(Status::LENGTH.into());
        }
        self.now.pending = Some(Pending::Version(1));
        let [hardware, ..] = self.image.version();
        Ok((hardware, Status::MORE))
    }

    /// The MAC at the end covers all three parts.
    pub(super) fn version_part(&mut self, part: usize, data: &[u8]) -> Native {
        if !data.is_empty() {
            return Err(Status::LENGTH.into());
        }
        let parts = self.image.version();
        if part == 1 {
            self.now.pending = Some(Pending::Version(2));
            return Ok((parts[1].clone(), Status::MORE));
        }
        let (answer, status) = self.closed(Mode::Mac, Status::OK, &parts.concat())?;
        let sent = parts[0].len() + parts[1].len();
        Ok((answer[sent..].to_vec(), status))
    }

    fn signature(&mut self, data: &[u8]) -> Native {
        // Asked under a MAC, answered encrypted, as a real chip does.
        if self.opened(Mode::Mac, 0x3C, data, 1)? != [0x00] {
            return Err(Status::PARAMETER.into());
        }
        let signature = self.image.signature();
        self.closed(Mode::Full, Status::SIGNATURE_OK, &signature)
    }

    fn card_uid(&mut self, data: &[u8]) -> Native {
        if self.now.session.is_none() {
            return Err(Status::AUTHENTICATION.into());
        }
        if !self.opened(Mode::Full, 0x51, data, 0)?.is_empty() {
            return Err(Status::LENGTH.into());
        }
        let uid = self.image.uid;
        self.closed(Mode::Full, Status::OK, &uid)
    }

    fn key_version(&mut self, data: &[u8]) -> Native {
        let header = self.opened(Mode::Mac, 0x64, data, 1)?;
        let [number] = header[..] else {
            return Err(Status::LENGTH.into());
        };
        let version = self.image.slot(number)?.version;
        self.closed(Mode::Mac, Status::OK, &[version])
    }

    fn is_master(&self) -> Result<(), Status> {
        let session = self.now.session.as_ref().ok_or(Status::AUTHENTICATION)?;
        if session.key_number != 0 {
            return Err(Status::AUTHENTICATION);
        }
        Ok(())
    }

    /// Key 0 changes itself with the new key alone, the others with new XOR old and a check of new.
    fn change_key(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = self.opened(Mode::Full, 0xC4, data, 1)?;
        let (number, body) = plain.split_first().ok_or(Status::LENGTH)?;
        let number = *number;
        let (first, rest) = body.split_first_chunk::<16>().ok_or(Status::LENGTH)?;
        if number >= KEYS {
            return Err(Status::NO_SUCH_KEY.into());
        }
        let slot = usize::from(number);
        let (key, version): (Key, u8) = match (number, rest) {
            (0, [version]) => (*first, *version),
            (1.., [version, check @ ..]) if check.len() == 4 => {
                let key = xor(first, &self.image.keys[slot].key);
                if check != crc32(&key) {
                    return Err(Status::INTEGRITY.into());
                }
                (key, *version)
            }
            _ => return Err(Status::LENGTH.into()),
        };
        self.image.write(|image| {
            image.keys[slot].key = key;
            image.keys[slot].version = version;
        })?;
        if number == 0 {
            // The key that made the session is gone, and the session with it.
            self.now.session = None;
        }
        self.closed(Mode::Full, Status::OK, &[])
    }

    /// Option 00 switches the random UID on, for good; 05 sets the two free capability bytes. The
    /// other options are not simulated.
    fn set_configuration(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = self.opened(Mode::Full, 0x5C, data, 1)?;
        match plain[..] {
            [0x00, bits] => {
                let on = bits & 0x02 != 0;
                self.image.write(|image| image.random_id |= on)?;
            }
            [0x05, _, _, _, _, lrp, _, _, _, five, six] if lrp & 0x02 == 0 => {
                self.image.write(|image| image.capabilities = [five, six])?;
            }
            _ => return Err(Status::PARAMETER.into()),
        }
        self.closed(Mode::Full, Status::OK, &[])
    }
}

/// CRC-32 without its last inversion, lowest byte first (NT4H2421Gx 10.6.1).
fn crc32(data: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    crc.to_le_bytes()
}
