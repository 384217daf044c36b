//! Values, commits, and the MAC that a card puts under a transaction (MF2DLHX0, 10.3).

use std::collections::{BTreeMap, BTreeSet};

use super::files::{FREE, NEVER, READ, READ_WRITE, WRITE};
use super::image::Body;
use super::{Auth, Desfire, Mode, NO_CHANGES, Native, Status, Stop};
use crate::chip::aes_modes::{BLOCK, Key, cmac, encrypt_block, short_mac};

/// What waits for the commit. Dropped by a select, an authentication, an error, or power lost.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// Files as they will be.
    files: BTreeMap<u8, Body>,
    /// Record files that have their new record.
    pub(super) fresh: BTreeSet<u8>,
    /// What was debited from each value file.
    debited: BTreeMap<u8, i32>,
    /// Value files that had a limited credit.
    limited: BTreeSet<u8>,
    /// What the MAC will be over.
    input: Vec<u8>,
    reader: Option<Key>,
}

impl Desfire {
    /// The file as it will be after the commit.
    pub(super) fn mirror(&mut self, number: u8) -> Result<&mut Body, Stop> {
        let body = self.file(number)?.body.clone();
        Ok(self.now.transaction.files.entry(number).or_insert(body))
    }

    /// Adds a command to what the transaction's MAC is over: its head and its data, each filled with
    /// zeros to whole blocks. Only in an EV2 session, and only where there is such a MAC.
    pub(super) fn note(&mut self, head: &[u8], data: &[u8]) {
        let has_mac = self
            .application()
            .is_ok_and(|app| app.transaction_mac().is_some());
        if !has_mac || !matches!(self.now.auth, Auth::Ev2(_)) {
            return;
        }
        let input = &mut self.now.transaction.input;
        for part in [head, data] {
            input.extend_from_slice(part);
            input.resize(input.len().next_multiple_of(BLOCK), 0);
        }
    }

    /// Whether a commit needs CommitReaderID before it.
    pub(super) fn wants_reader(&self) -> Result<bool, Stop> {
        let found = self.application()?.transaction_mac();
        Ok(found.is_some_and(|(_, file)| !matches!(file.right(READ_WRITE), FREE | NEVER)))
    }

    pub(super) fn get_value(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let file = self.file(number)?;
        let Body::Value { value, options, .. } = file.body else {
            return Err(Status::PARAMETER.into());
        };
        let mode = match self.granted(file, &[READ, READ_WRITE]) {
            Err(_) if options & 0x02 != 0 => Mode::Plain,
            granted => granted?,
        };
        let asked = if mode == Mode::Plain { mode } else { Mode::Mac };
        if self.opened(asked, 0x6C, data, 1, 0)?.len() != 1 {
            return Err(Status::LENGTH.into());
        }
        let value = value.to_le_bytes();
        self.note(&[&[0x6C, number][..], &value].concat(), &[]);
        self.closed(mode, Status::OK, &value)
    }

    /// Credit 0C, Debit DC, LimitedCredit 1C.
    pub(super) fn change_value(&mut self, code: u8, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let rights: &[u32] = match code {
            0xDC => &[READ, WRITE, READ_WRITE],
            0x1C => &[WRITE, READ_WRITE],
            _ => &[READ_WRITE],
        };
        let mode = self.granted(self.file(number)?, rights)?;
        if mode == Mode::Plain && self.wants_reader()? {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let plain = self.opened(mode, code, data, 1, 4)?;
        let amount = plain[1..].try_into().map_err(|_| Status::LENGTH)?;
        let amount = i32::from_le_bytes(amount);
        if amount < 0 {
            return Err(Status::PARAMETER.into());
        }
        let Body::Value {
            lower,
            upper,
            value,
            options,
            limited,
        } = self.mirror(number)?
        else {
            return Err(Status::PARAMETER.into());
        };
        if code == 0x1C && *options & 0x01 == 0 {
            return Err(Status::PERMISSION_DENIED.into());
        }
        if code == 0x1C && amount > *limited {
            return Err(Status::BOUNDARY.into());
        }
        let new = match code {
            0xDC => value.checked_sub(amount).filter(|new| *new >= *lower),
            _ => value.checked_add(amount).filter(|new| *new <= *upper),
        };
        *value = new.ok_or(Status::BOUNDARY)?;
        let transaction = &mut self.now.transaction;
        match code {
            0xDC => *transaction.debited.entry(number).or_default() += amount,
            0x1C => {
                transaction.limited.insert(number);
            }
            _ => {}
        }
        let head = [&[code, number][..], &amount.to_le_bytes()].concat();
        self.note(&head, &[]);
        self.done(mode)
    }

    /// Takes who the reader is, and gives who it was, enciphered for who has the MAC's key.
    pub(super) fn commit_reader(&mut self, data: &[u8]) -> Native {
        let app = self.application()?;
        let (_, file) = app.transaction_mac().ok_or(Status::PERMISSION_DENIED)?;
        self.granted(file, &[READ_WRITE])?;
        let Body::TransactionMac {
            key, tmc, reader, ..
        } = file.body
        else {
            return Err(Status::PERMISSION_DENIED.into());
        };
        if !matches!(self.now.auth, Auth::Ev2(_)) || self.now.transaction.reader.is_some() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let plain = self.opened(Mode::Mac, 0xC8, data, 16, 0)?;
        let now: Key = plain.try_into().map_err(|_| Status::LENGTH)?;
        let before = encrypt_block(&self.session_key(&key, tmc, 0xA5), &reader);
        self.note(&[&[0xC8][..], &now, &before].concat(), &[]);
        self.now.transaction.reader = Some(now);
        self.closed(Mode::Mac, Status::OK, &before)
    }

    /// The key of the transaction that would be number `tmc` + 1, for its MAC (5A) or its reader (A5).
    pub(super) fn session_key(&self, key: &Key, tmc: u32, label: u8) -> Key {
        let next = tmc.wrapping_add(1).to_le_bytes();
        let vector = [&[label, 0x00, 0x01, 0x00, 0x80][..], &next, &self.image.uid].concat();
        cmac(key, &vector)
    }

    /// CommitTransaction: everything in one write to memory. Option 01 answers TMC and TMV.
    pub(super) fn commit(&mut self, data: &[u8]) -> Native {
        let plain = self.opened(Mode::Mac, 0xC7, data, 0, 0)?;
        let with_mac = match plain[..] {
            [] | [0x00] => false,
            [0x01] => true,
            _ => return Err(Status::PARAMETER.into()),
        };
        if self.now.transaction.files.is_empty() {
            return Err(NO_CHANGES.into());
        }
        if self.wants_reader()? && self.now.transaction.reader.is_none() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let mac = self.next_mac();
        let done = std::mem::take(&mut self.now.transaction);
        self.change(|app| {
            for (number, mut body) in done.files {
                if let Body::Value { limited, .. } = &mut body {
                    match done.debited.get(&number) {
                        Some(debited) if *debited > 0 => *limited = *debited,
                        _ if done.limited.contains(&number) => *limited = 0,
                        _ => {}
                    }
                }
                if let Some(file) = app.files.get_mut(&number) {
                    file.body = body;
                }
            }
            let Some((number, next, value)) = mac else {
                return;
            };
            if let Some(Body::TransactionMac {
                tmc, tmv, reader, ..
            }) = app.files.get_mut(&number).map(|file| &mut file.body)
            {
                (*tmc, *tmv) = (next, value);
                if let Some(now) = done.reader {
                    *reader = now;
                }
            }
        })?;
        match mac {
            Some((_, tmc, tmv)) if with_mac => {
                let answer = [&tmc.to_le_bytes()[..], &tmv].concat();
                self.closed(Mode::Mac, Status::OK, &answer)
            }
            _ => self.done(Mode::Mac),
        }
    }

    fn next_mac(&self) -> Option<(u8, u32, [u8; 8])> {
        let (number, file) = self.application().ok()?.transaction_mac()?;
        let Body::TransactionMac { key, tmc, .. } = file.body else {
            return None;
        };
        let session = self.session_key(&key, tmc, 0x5A);
        let tmv = short_mac(&session, &self.now.transaction.input);
        Some((number, tmc.wrapping_add(1), tmv))
    }

    pub(super) fn abort(&mut self, data: &[u8]) -> Native {
        self.nothing(0xA7, data)?;
        self.now.transaction = Transaction::default();
        self.done(Mode::Mac)
    }
}
