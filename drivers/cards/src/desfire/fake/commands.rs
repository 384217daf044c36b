//! What the card does with each command.
#![allow(clippy::unwrap_used)]

use tillside_keys::CardKey;
use tillside_keys::transaction_mac::{Frames, Tmi, session_encryption_key, tmv};

use super::super::secure::Mode;
use super::super::{AccessRights, FileSettings, FileShape};
use super::{App, Fake, File};

type Answer = Result<Vec<u8>, u8>;

impl Fake {
    pub(super) fn command(&mut self, ins: u8, data: &[u8]) -> Answer {
        if ins == 0xAF {
            return match self.pass.take() {
                Some(pass) => self.second_pass(pass, data),
                None => Ok(self.more.pop().ok_or(0x1C_u8)?),
            };
        }
        self.more.clear();
        let secured = self.session.is_some();
        match ins {
            0x5A => self.select(data),
            0x60 if !secured => self.version(),
            0x64 if !secured => self.key_version(*data.first().ok_or(0x7E_u8)?),
            0x71 => self.begin(true, data),
            0x77 => self.begin(false, data),
            0x0A => self.begin_factory(),
            0xC4 if !secured => self.change_factory_key(data),
            0xCA if !secured && self.memory.settings & 4 != 0 => self.create_application(data),
            _ if secured => self.secured(ins, data),
            _ => Err(0xAE),
        }
    }

    fn select(&mut self, aid: &[u8]) -> Answer {
        self.session = None;
        self.drop_transaction();
        let app = self.memory.app.as_ref();
        let there = app.is_some_and(|app| app.aid == aid);
        if aid != [0; 3] && !there {
            return Err(0xA0);
        }
        self.selected = there;
        Ok(Vec::new())
    }

    fn version(&mut self) -> Answer {
        let uid = match self.memory.hidden {
            true => [0; 7],
            false => self.memory.uid,
        };
        self.more = vec![
            [&uid[..], &[1, 2, 3, 4, 5, 0x20, 0x26]].concat(),
            vec![4, 1, 1, 3, 0, 0x1A, 5],
        ];
        // The last frame is popped last, and ends the chain.
        Ok(vec![4, 1, 1, 0x33, 0, 0x1A, 5])
    }

    fn key_version(&self, number: u8) -> Answer {
        let version = match (&self.memory.app, self.selected) {
            (Some(app), true) => app.keys.get(usize::from(number)).ok_or(0x40_u8)?.1,
            _ => self.memory.master.1,
        };
        Ok(vec![version])
    }

    fn create_application(&mut self, data: &[u8]) -> Answer {
        let (aid, rest) = data.split_first_chunk::<3>().ok_or(0x7E_u8)?;
        if self.memory.app.is_some() {
            return Err(0xDE);
        }
        if rest != [0x0B, 0x96, 0x01, 0x00, 0x02, 0x10, 0x00] {
            return Err(0x9E);
        }
        self.memory.app = Some(App {
            aid: *aid,
            keys: vec![(CardKey::new([0; 16]), 0); 6],
            next: None,
            starts_as_active: true,
            files: std::collections::BTreeMap::new(),
        });
        Ok(Vec::new())
    }

    fn secured(&mut self, ins: u8, body: &[u8]) -> Answer {
        let full = |length| (Mode::Full, length);
        let file_mode = |fake: &Self, at: usize| -> Result<Mode, u8> {
            let number = body.get(at).ok_or(0x7E_u8)?;
            let app = fake.memory.app.as_ref().ok_or(0xF0_u8)?;
            Ok(app.files.get(number).ok_or(0xF0_u8)?.settings.mode)
        };
        let (mode, header) = match ins {
            0xC4 | 0x5C | 0x5F => full(1),
            0x54 | 0x51 => full(0),
            0xC6 => full(2),
            0xCE => full(5),
            0x8D | 0x8B | 0xAD | 0xAB => (file_mode(self, 0)?, 7),
            0x6C | 0x0C | 0xDC | 0x1C => (file_mode(self, 0)?, 1),
            _ => (Mode::Mac, 0),
        };
        let (header, data) = self.opened(mode, ins, body, header)?;
        let answer = match ins {
            0xC4 => return self.change_key(&header, &data),
            0xC6 | 0x55..=0x57 => self.key_sets(ins, &header, &data)?,
            0x64 => self.key_version(data[0])?,
            0x45 => vec![self.memory.settings, 0x81],
            0x54 => {
                self.memory.settings = data[0];
                Vec::new()
            }
            0x51 => self.memory.uid.to_vec(),
            0x5C => {
                self.memory.hidden = data == [2];
                Vec::new()
            }
            0xCA => self.create_application(&data)?,
            0x6F => self
                .memory
                .app
                .as_ref()
                .unwrap()
                .files
                .keys()
                .copied()
                .collect(),
            0xF5 => self.settings(data[0])?,
            0x5F => self.change_settings(header[0], &data)?,
            0xCD | 0xCB | 0xCC | 0xC0 => self.create_file(ins, &data)?,
            0xCE => self.create_mac_file(&header, &data)?,
            0xA7 => {
                self.drop_transaction();
                Vec::new()
            }
            0xC8 => self.commit_reader(&data)?,
            0xC7 => self.commit(&data)?,
            _ => self.on_file(ins, &header, &data)?,
        };
        Ok(self.sealed(mode, &answer))
    }

    fn settings(&mut self, number: u8) -> Answer {
        let file = self.memory.app.as_ref().unwrap().files.get(&number);
        let file = file.ok_or(0xF0_u8)?;
        let number = |number: u32| number.to_le_bytes()[..3].to_vec();
        let (kind, rest) = match file.settings.shape {
            FileShape::Standard { size } => (0, number(size)),
            FileShape::Backup { size } => (1, number(size)),
            FileShape::Value { lower, upper, .. } => (
                2,
                [lower, upper, file.limited]
                    .iter()
                    .flat_map(|limit| limit.to_le_bytes())
                    .chain([1])
                    .collect(),
            ),
            FileShape::Cyclic { record, most, .. } => {
                let held = file.records.len() as u32;
                (
                    4,
                    [record, most, held]
                        .iter()
                        .flat_map(|n| number(*n))
                        .collect(),
                )
            }
            FileShape::TransactionMac { key_version } => (5, vec![2, key_version]),
        };
        let rights = file.settings.rights.bytes();
        Ok([&[kind, file.settings.mode.bits()], &rights[..], &rest].concat())
    }

    fn change_settings(&mut self, number: u8, data: &[u8]) -> Answer {
        let [0x03, low, high] = data else {
            return Err(0x9E);
        };
        let (key, _) = self.key_of_session()?;
        let app = self.memory.app.as_mut().unwrap();
        let file = app.files.get_mut(&number).ok_or(0xF0_u8)?;
        if file.settings.rights.change != key {
            return Err(0x9D);
        }
        file.settings.rights = AccessRights::of_bytes([*low, *high]);
        Ok(Vec::new())
    }

    fn new_file(&mut self, number: u8, settings: FileSettings, size: usize) -> Answer {
        let (key, _) = self.key_of_session()?;
        let app = self.memory.app.as_mut().ok_or(0x9D_u8)?;
        if key != 0 || app.files.contains_key(&number) {
            return Err(if key == 0 { 0xDE } else { 0x9D });
        }
        let file = File {
            settings,
            bytes: vec![0; size],
            value: 0,
            limited: 0,
            records: Vec::new(),
            mac_key: None,
            tmc: 0,
        };
        app.files.insert(number, file);
        Ok(Vec::new())
    }

    fn create_file(&mut self, ins: u8, data: &[u8]) -> Answer {
        let [number, mode, low, high, rest @ ..] = data else {
            return Err(0x7E);
        };
        let at = |start: usize| {
            let bytes = &rest[start..start + 3];
            u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])
        };
        let long = |start: usize| i32::from_le_bytes(*rest[start..].first_chunk().unwrap());
        let shape = match ins {
            0xCD => FileShape::Standard { size: at(0) },
            0xCB => FileShape::Backup { size: at(0) },
            0xCC => FileShape::Value {
                lower: long(0),
                upper: long(4),
                limited_credit: rest[12] == 1,
            },
            _ => FileShape::Cyclic {
                record: at(0),
                most: at(3),
                held: 0,
            },
        };
        let settings = FileSettings {
            mode: Mode::of_bits(*mode).ok_or(0x9E_u8)?,
            rights: AccessRights::of_bytes([*low, *high]),
            shape,
        };
        let size = match ins {
            0xCD | 0xCB => at(0) as usize,
            _ => 0,
        };
        self.new_file(*number, settings, size)
    }

    fn create_mac_file(&mut self, header: &[u8], data: &[u8]) -> Answer {
        let [number, mode, low, high, 0x02] = header else {
            return Err(0x9E);
        };
        let (key, version) = data.split_first_chunk::<16>().ok_or(0x7E_u8)?;
        let settings = FileSettings {
            mode: Mode::of_bits(*mode).ok_or(0x9E_u8)?,
            rights: AccessRights::of_bytes([*low, *high]),
            shape: FileShape::TransactionMac {
                key_version: version[0],
            },
        };
        self.new_file(*number, settings, 12)?;
        let app = self.memory.app.as_mut().unwrap();
        app.files.get_mut(number).unwrap().mac_key = Some(CardKey::new(*key));
        Ok(Vec::new())
    }

    fn on_file(&mut self, ins: u8, header: &[u8], data: &[u8]) -> Answer {
        let (key, _) = self.key_of_session()?;
        let number = header[0];
        let three = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], 0]) as usize
        };
        let rights = self
            .app()
            .files
            .get(&number)
            .ok_or(0xF0_u8)?
            .settings
            .rights;
        let may = match ins {
            0xAD | 0xAB => [rights.read, rights.read_write, 0xF],
            0x8D | 0x8B => [rights.write, rights.read_write, 0xF],
            0x6C | 0xDC => [rights.read, rights.write, rights.read_write],
            0x1C => [rights.write, rights.read_write, 0xF],
            0x0C => [rights.read_write, 0xF, 0xF],
            _ => return Err(0x1C),
        };
        if !may.contains(&key) {
            return Err(0x9D);
        }
        let mut tmi = std::mem::take(&mut self.tmi);
        let done = self.change_file(ins, number, &mut tmi, [three; 1], data, header);
        self.tmi = tmi;
        done
    }

    fn change_file(
        &mut self,
        ins: u8,
        number: u8,
        tmi: &mut Tmi,
        [three]: [impl Fn(usize) -> usize; 1],
        data: &[u8],
        header: &[u8],
    ) -> Answer {
        let whole = header.len() == 7;
        let (start, length) = if whole { (three(1), three(4)) } else { (0, 0) };
        let amount = || i32::from_le_bytes(*data.first_chunk().unwrap());
        let debited = self.debited;
        let file = self.app().files.get_mut(&number).unwrap();
        let answer = match ins {
            0xAD => {
                let answer = file
                    .bytes
                    .get(start..start + length)
                    .ok_or(0xBE_u8)?
                    .to_vec();
                tmi.read_data(Frames::Iso, number, 0, &answer).unwrap();
                answer
            }
            0x8D => {
                file.bytes
                    .get_mut(start..start + length)
                    .ok_or(0xBE_u8)?
                    .copy_from_slice(data);
                tmi.write_data(Frames::Iso, number, 0, data).unwrap();
                if matches!(file.settings.shape, FileShape::Standard { .. }) {
                    let bytes = file.bytes.clone();
                    let app = self.memory.app.as_mut().unwrap();
                    app.files.get_mut(&number).unwrap().bytes = bytes;
                }
                Vec::new()
            }
            0x8B => {
                file.records.push(data.to_vec());
                let FileShape::Cyclic { most, .. } = file.settings.shape else {
                    return Err(0x9E);
                };
                if file.records.len() >= most as usize {
                    file.records.remove(0);
                }
                tmi.write_record(Frames::Iso, number, 0, data).unwrap();
                Vec::new()
            }
            0xAB => {
                let end = file.records.len().checked_sub(start).ok_or(0xBE_u8)?;
                let begin = end.checked_sub(length).ok_or(0xBE_u8)?;
                let answer = file.records[begin..end].concat();
                let (first, count) = (start as u32, length as u32);
                tmi.read_records(Frames::Iso, number, first, count, &answer)
                    .unwrap();
                answer
            }
            0x6C => {
                tmi.get_value(number, file.value).unwrap();
                file.value.to_le_bytes().to_vec()
            }
            0xDC => {
                file.value = file
                    .value
                    .checked_sub(amount())
                    .filter(|value| *value >= 0)
                    .ok_or(0xBE_u8)?;
                tmi.debit(number, amount() as u32).unwrap();
                self.debited = debited + amount();
                Vec::new()
            }
            _ => {
                let FileShape::Value { upper, .. } = file.settings.shape else {
                    return Err(0x9E);
                };
                if ins == 0x1C {
                    file.limited = file
                        .limited
                        .checked_sub(amount())
                        .filter(|left| *left >= 0)
                        .ok_or(0xBE_u8)?;
                    tmi.limited_credit(number, amount() as u32).unwrap();
                } else {
                    tmi.credit(number, amount() as u32).unwrap();
                }
                file.value = file
                    .value
                    .checked_add(amount())
                    .filter(|value| *value <= upper)
                    .ok_or(0xBE_u8)?;
                Vec::new()
            }
        };
        Ok(answer)
    }

    fn mac_file(&self) -> Option<&File> {
        let files = &self.memory.app.as_ref()?.files;
        files.values().find(|file| file.mac_key.is_some())
    }

    fn commit_reader(&mut self, data: &[u8]) -> Answer {
        let (key, _) = self.key_of_session()?;
        let file = self.mac_file().ok_or(0x9D_u8)?;
        if file.settings.rights.read_write != key {
            return Err(0x9D);
        }
        let mac_key = file.mac_key.clone().unwrap();
        let previous = file.records.last().cloned().unwrap_or(vec![0; 16]);
        let hiding = session_encryption_key(&mac_key, &self.memory.uid, file.tmc + 1);
        let hidden = super::super::cipher::encrypt(&hiding, &[0; 16], &previous);
        let reader: [u8; 16] = data.try_into().map_err(|_| 0x7E_u8)?;
        self.reader = Some(reader);
        let hidden_block: [u8; 16] = hidden.clone().try_into().unwrap();
        self.tmi.commit_reader_id(&reader, &hidden_block).unwrap();
        Ok(hidden)
    }

    fn commit(&mut self, data: &[u8]) -> Answer {
        if data != [1] {
            return Err(0x9E);
        }
        let reader = self.reader.ok_or(0x9D_u8)?;
        let (debited, counts) = (self.debited, self.counts);
        let mut app = self.mirror.take().ok_or(0x0C_u8)?;
        let uid = self.memory.uid;
        let tmi = std::mem::take(&mut self.tmi);
        if debited > 0 {
            for file in app.files.values_mut() {
                file.limited = debited;
            }
        }
        let file = app.files.values_mut().find(|file| file.mac_key.is_some());
        let file = file.ok_or(0x9D_u8)?;
        file.tmc += counts;
        file.records = vec![reader.to_vec()];
        let key = file.mac_key.clone().unwrap();
        let value = tmv(&key, &uid, file.tmc, tmi.as_bytes());
        let answer = [&file.tmc.to_le_bytes()[..], &value].concat();
        file.bytes = answer.clone();
        self.memory.app = Some(app);
        self.drop_transaction();
        Ok(answer)
    }
}
