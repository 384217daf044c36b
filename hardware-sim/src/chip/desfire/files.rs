//! Files: making, deleting, listing, their settings, and who may do what with them.

use super::image::{Body, Bytes, File};
use super::{DUPLICATE, Desfire, Mode, Native, OUT_OF_MEMORY, Status, Stop, three};

/// Nibbles of the access rights.
pub(super) const READ: u32 = 12;
pub(super) const WRITE: u32 = 8;
pub(super) const READ_WRITE: u32 = 4;
const CHANGE: u32 = 0;
/// What stands there beside the number of a key.
pub(super) const FREE: u8 = 0x0E;
pub(super) const NEVER: u8 = 0x0F;
/// Files are numbered below this.
const FILES: u8 = 32;
const AES: u8 = 0x02;

impl File {
    pub(super) fn right(&self, place: u32) -> u8 {
        (self.rights >> place & 0x0F) as u8
    }

    pub(super) fn mode(&self) -> Mode {
        match self.mode & 0x03 {
            0x01 => Mode::Mac,
            0x03 => Mode::Full,
            _ => Mode::Plain,
        }
    }
}

impl Desfire {
    pub(super) fn file(&self, number: u8) -> Result<&File, Stop> {
        let found = self.application()?.files.get(&number);
        found.ok_or(Status::FILE_NOT_FOUND.into())
    }

    /// How a command to the file goes, if one of these rights allows it.
    pub(super) fn granted(&self, file: &File, rights: &[u32]) -> Result<Mode, Stop> {
        let who = self.who();
        let names = |wanted: u8| rights.iter().any(|place| file.right(*place) == wanted);
        match who {
            Some(who) if names(who) => Ok(file.mode()),
            _ if names(FREE) => Ok(Mode::Plain),
            None => Err(Status::AUTHENTICATION.into()),
            Some(_) => Err(Status::PERMISSION_DENIED.into()),
        }
    }

    /// Files are made and deleted by the master key, or by everybody (bit 2 of KeySett1).
    fn may_make(&self) -> Result<(), Stop> {
        match self.application()?.settings & 0x04 != 0 {
            true => Ok(()),
            false => self.is_master(),
        }
    }

    fn may_list(&self) -> Result<(), Stop> {
        match self.application()?.settings & 0x02 != 0 {
            true => Ok(()),
            false => self.is_master(),
        }
    }

    pub(super) fn create_file(&mut self, code: u8, data: &[u8]) -> Native {
        self.may_make()?;
        let plain = self.opened(Mode::Mac, code, data, 0, 0)?;
        let with_iso = self.application()?.kind & 0x20 != 0;
        let (number, file) = described(code, &plain, with_iso)?;
        self.put_file(number, file)?;
        self.done(Mode::Mac)
    }

    fn put_file(&mut self, number: u8, file: File) -> Result<(), Stop> {
        if number >= FILES {
            return Err(Status::PARAMETER.into());
        }
        if self.application()?.files.contains_key(&number) {
            return Err(DUPLICATE.into());
        }
        if file.body.room() > self.image.free() {
            return Err(OUT_OF_MEMORY.into());
        }
        self.change(|app| {
            app.files.insert(number, file);
        })
    }

    /// Number, mode, rights, type of key; key and its version, enciphered.
    pub(super) fn create_transaction_mac(&mut self, data: &[u8]) -> Native {
        self.may_make()?;
        let plain = self.opened(Mode::Full, 0xCE, data, 5, 17)?;
        let (head, content) = plain.split_first_chunk::<5>().ok_or(Status::LENGTH)?;
        let [number, mode, low, high, AES] = *head else {
            return Err(Status::PARAMETER.into());
        };
        let Some((key, [version])) = content.split_first_chunk::<16>() else {
            return Err(Status::LENGTH.into());
        };
        if self.application()?.transaction_mac().is_some() {
            return Err(DUPLICATE.into());
        }
        let body = Body::TransactionMac {
            key: *key,
            version: *version,
            tmc: 0,
            tmv: [0; 8],
            reader: [0; 16],
        };
        let file = File {
            mode,
            rights: u16::from_le_bytes([low, high]),
            iso: None,
            body,
        };
        self.put_file(number, file)?;
        self.done(Mode::Mac)
    }

    pub(super) fn delete_file(&mut self, data: &[u8]) -> Native {
        self.may_make()?;
        let plain = self.opened(Mode::Mac, 0xDF, data, 1, 0)?;
        let [number] = plain[..] else {
            return Err(Status::LENGTH.into());
        };
        self.file(number)?;
        self.change(|app| {
            app.files.remove(&number);
        })?;
        self.done(Mode::Mac)
    }

    pub(super) fn file_ids(&mut self, data: &[u8]) -> Native {
        self.may_list()?;
        self.nothing(0x6F, data)?;
        let ids: Vec<u8> = self.application()?.files.keys().copied().collect();
        self.closed(Mode::Mac, Status::OK, &ids)
    }

    pub(super) fn iso_file_ids(&mut self, data: &[u8]) -> Native {
        self.may_list()?;
        self.nothing(0x61, data)?;
        let files = self.application()?.files.values();
        let ids: Vec<u8> = files
            .filter_map(|file| file.iso)
            .flat_map(u16::to_le_bytes)
            .collect();
        self.closed(Mode::Mac, Status::OK, &ids)
    }

    pub(super) fn file_settings(&mut self, data: &[u8]) -> Native {
        self.may_list()?;
        let plain = self.opened(Mode::Mac, 0xF5, data, 1, 0)?;
        let [number] = plain[..] else {
            return Err(Status::LENGTH.into());
        };
        let file = self.file(number)?;
        let size = |bytes: usize| {
            let [a, b, c, _] = (bytes as u32).to_le_bytes();
            [a, b, c]
        };
        let (kind, rest) = match &file.body {
            Body::Standard { data } => (0x00, size(data.0.len()).to_vec()),
            Body::Backup { data } => (0x01, size(data.0.len()).to_vec()),
            Body::Value {
                lower,
                upper,
                options,
                limited,
                ..
            } => (
                0x02,
                [
                    lower.to_le_bytes().as_slice(),
                    &upper.to_le_bytes(),
                    &limited.to_le_bytes(),
                    &[*options],
                ]
                .concat(),
            ),
            Body::Records {
                cyclic,
                size: record,
                most,
                records,
            } => (
                if *cyclic { 0x04 } else { 0x03 },
                [size(*record), size(*most), size(records.len())].concat(),
            ),
            Body::TransactionMac { version, .. } => (0x05, vec![AES, *version]),
        };
        let [low, high] = file.rights.to_le_bytes();
        let answer = [&[kind, file.mode, low, high], rest.as_slice()].concat();
        self.closed(Mode::Mac, Status::OK, &answer)
    }

    pub(super) fn change_file_settings(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let file = self.file(number)?;
        let mode = match (file.right(CHANGE), self.who()) {
            (FREE, _) => Mode::Plain,
            (NEVER, _) => return Err(Status::PERMISSION_DENIED.into()),
            (key, Some(who)) if key == who => Mode::Full,
            _ => return Err(Status::AUTHENTICATION.into()),
        };
        let plain = self.opened(mode, 0x5F, data, 1, 3)?;
        let [_, new, low, high] = plain[..] else {
            return Err(Status::LENGTH.into());
        };
        self.change(|app| {
            if let Some(file) = app.files.get_mut(&number) {
                file.mode = new;
                file.rights = u16::from_le_bytes([low, high]);
            }
        })?;
        self.done(mode)
    }
}

/// What a Create command describes.
fn described(code: u8, data: &[u8], with_iso: bool) -> Result<(u8, File), Stop> {
    let (number, rest) = data.split_first().ok_or(Status::LENGTH)?;
    // Behind the number: ISO identifier (perhaps), mode, rights, and what the kind needs.
    let length = match code {
        0xCD | 0xCB => 6,
        0xC0 | 0xC1 => 9,
        _ => 16,
    };
    let (iso, rest) = match rest.split_first_chunk::<2>() {
        Some((id, after)) if with_iso && after.len() == length => {
            (Some(u16::from_le_bytes(*id)), after)
        }
        _ => (None, rest),
    };
    if rest.len() != length {
        return Err(Status::LENGTH.into());
    }
    let number_at = |at: usize| {
        let bytes = std::array::from_fn(|index| rest[at + index]);
        i32::from_le_bytes(bytes)
    };
    let zeros = |size: usize| Bytes(vec![0; size]);
    let body = match code {
        0xCD => Body::Standard {
            data: zeros(three(&rest[3..])),
        },
        0xCB => Body::Backup {
            data: zeros(three(&rest[3..])),
        },
        0xCC => Body::Value {
            lower: number_at(3),
            upper: number_at(7),
            value: number_at(11),
            options: rest[15],
            limited: 0,
        },
        _ => Body::Records {
            cyclic: code == 0xC0,
            size: three(&rest[3..]),
            most: three(&rest[6..]),
            records: Vec::new(),
        },
    };
    let sound = match &body {
        Body::Standard { data } | Body::Backup { data } => !data.0.is_empty(),
        Body::Value {
            lower,
            upper,
            value,
            ..
        } => lower <= value && value <= upper,
        Body::Records {
            cyclic, size, most, ..
        } => *size > 0 && *most > usize::from(*cyclic),
        Body::TransactionMac { .. } => true,
    };
    if !sound {
        return Err(Status::PARAMETER.into());
    }
    let file = File {
        mode: rest[0],
        rights: u16::from_le_bytes([rest[1], rest[2]]),
        iso,
        body,
    };
    Ok((*number, file))
}
