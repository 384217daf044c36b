//! Keys: their versions, settings, changing them, and rolling a set of them.

use super::image::{Cipher, KeySet, KeySlot};
use super::legacy::{crc16, crc32, d40_received};
use super::{Auth, Desfire, Mode, Native, Status, Stop};
use crate::chip::aes_modes::{Key, xor};

/// AES keys, in a key's number at card level, in KeySett2, and as a set's type.
const AES_AT_CARD: u8 = 0x80;
const AES_IN_SET: u8 = 0x02;

impl Desfire {
    pub(super) fn key_version(&mut self, data: &[u8]) -> Native {
        let header = self.opened(Mode::Mac, 0x64, data, 1, 0)?;
        let [number] = header[..] else {
            return Err(Status::LENGTH.into());
        };
        let version = self.key_at(number)?.version;
        self.closed(Mode::Mac, Status::OK, &[version])
    }

    fn key_at(&self, number: u8) -> Result<&KeySlot, Stop> {
        let slot = match self.now.selected {
            None => (number & 0x3F == 0).then_some(&self.image.master),
            Some(_) => self.application()?.keys().get(usize::from(number & 0x3F)),
        };
        slot.ok_or(Status::NO_SUCH_KEY.into())
    }

    /// KeySett1, number and type of keys.
    pub(super) fn key_settings(&mut self, data: &[u8]) -> Native {
        self.nothing(0x45, data)?;
        let answer = match self.now.selected {
            None => {
                let aes = self.image.master.cipher == Cipher::Aes;
                [self.image.settings, if aes { 0x81 } else { 0x01 }]
            }
            Some(_) => {
                let app = self.application()?;
                if app.settings & 0x02 == 0 && self.who() != Some(0) {
                    return Err(Status::AUTHENTICATION.into());
                }
                [app.settings, app.kind & !0x30]
            }
        };
        self.closed(Mode::Mac, Status::OK, &answer)
    }

    pub(super) fn change_key_settings(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = match &self.now.auth {
            Auth::D40(session) => d40_received(&session.key, data),
            _ => self.opened(Mode::Full, 0x54, data, 0, 1)?,
        };
        let settings = match (&self.now.auth, &plain[..]) {
            (Auth::D40(_), [settings, a, b, ..]) if crc16(&[*settings]) == [*a, *b] => *settings,
            (Auth::D40(_), _) => return Err(Status::INTEGRITY.into()),
            (_, [settings]) => *settings,
            _ => return Err(Status::LENGTH.into()),
        };
        match self.now.selected {
            None if self.image.settings & 0x08 == 0 => {
                return Err(Status::PERMISSION_DENIED.into());
            }
            None => self.image.write(|image| image.settings = settings)?,
            Some(_) if self.application()?.settings & 0x08 == 0 => {
                return Err(Status::PERMISSION_DENIED.into());
            }
            Some(_) => self.change(|app| app.settings = settings)?,
        }
        self.done(Mode::Mac)
    }

    pub(super) fn is_master(&self) -> Result<(), Stop> {
        match self.who() {
            Some(0) => Ok(()),
            _ => Err(Status::AUTHENTICATION.into()),
        }
    }

    /// Who may change key `number`: the key that KeySett1's high nibble names.
    fn may_change(&self, number: u8) -> Result<(), Stop> {
        let who = self.who().ok_or(Status::AUTHENTICATION)?;
        if self.now.selected.is_none() {
            return match self.image.settings & 0x01 == 1 {
                true => self.is_master(),
                false => Err(Status::PERMISSION_DENIED.into()),
            };
        }
        let settings = self.application()?.settings;
        let allowed = match settings >> 4 {
            _ if number == 0 => who == 0 && settings & 0x01 == 1,
            0x0E => who == number,
            0x0F => false,
            changer => who == changer,
        };
        match allowed {
            true => Ok(()),
            false => Err(Status::AUTHENTICATION.into()),
        }
    }

    pub(super) fn change_key(&mut self, data: &[u8]) -> Native {
        let (named, body) = data.split_first().ok_or(Status::LENGTH)?;
        let number = named & 0x3F;
        self.may_change(number)?;
        let old = self.key_at(number)?.clone();
        let own = self.who() == Some(number);
        if let Auth::D40(session) = &self.now.auth {
            let plain = d40_received(&session.key, body);
            return self.change_in_d40(*named, &plain);
        }
        let length = if own { 17 } else { 21 };
        let plain = self.opened(Mode::Full, 0xC4, data, 1, length)?;
        let new = match own {
            true => whole(&plain[1..])?,
            false => exchanged(&plain[1..], &old.key)?,
        };
        self.put_key(number, new)?;
        if own {
            // The key that made the session is gone, and the session with it.
            self.now.auth = Auth::None;
            return Ok((Vec::new(), Status::OK));
        }
        self.done(Mode::Mac)
    }

    fn put_key(&mut self, number: u8, new: KeySlot) -> Result<(), Stop> {
        if self.now.selected.is_none() {
            return Ok(self.image.write(|image| image.master = new)?);
        }
        self.change(|app| {
            let active = app.active;
            let set = app.sets.get_mut(active);
            if let Some(slot) = set.and_then(|set| set.keys.get_mut(usize::from(number))) {
                *slot = new;
            }
        })
    }

    /// In D40 only the key that is authenticated, here the card's own: DES to AES, or DES to DES.
    fn change_in_d40(&mut self, named: u8, plain: &[u8]) -> Native {
        let new = match (self.now.selected, named & 0xC0) {
            (None, AES_AT_CARD) => {
                let (content, rest) = plain.split_at_checked(17).ok_or(Status::LENGTH)?;
                if !rest.starts_with(&crc16(content)) {
                    return Err(Status::INTEGRITY.into());
                }
                whole(content)?
            }
            (_, 0x00) => {
                let (content, rest) = plain.split_at_checked(16).ok_or(Status::LENGTH)?;
                if !rest.starts_with(&crc16(content)) {
                    return Err(Status::INTEGRITY.into());
                }
                KeySlot {
                    cipher: Cipher::Des,
                    key: std::array::from_fn(|index| content[index]),
                    version: 0,
                }
            }
            _ => return Err(Status::PARAMETER.into()),
        };
        self.put_key(named & 0x3F, new)?;
        self.now.auth = Auth::None;
        Ok((Vec::new(), Status::OK))
    }

    /// ChangeKeyEV2: set and number; new XOR old, version, check.
    pub(super) fn change_key_in_set(&mut self, data: &[u8]) -> Native {
        let [set, number, ..] = *data else {
            return Err(Status::LENGTH.into());
        };
        self.may_change(number)?;
        let active = self.application()?.active;
        let place = usize::from(set);
        if place == active && self.who() == Some(number) {
            return Err(Status::PARAMETER.into());
        }
        let found = self.application()?.sets.get(place);
        let old = found.and_then(|set| set.keys.get(usize::from(number)));
        let old = old.ok_or(Status::NO_SUCH_KEY)?.key;
        let plain = self.opened(Mode::Full, 0xC6, data, 2, 21)?;
        let new = exchanged(&plain[2..], &old)?;
        self.change(|app| {
            let set = app.sets.get_mut(place);
            if let Some(slot) = set.and_then(|set| set.keys.get_mut(usize::from(number))) {
                *slot = new;
            }
        })?;
        self.done(Mode::Mac)
    }

    pub(super) fn initialise_set(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = self.opened(Mode::Mac, 0x56, data, 2, 0)?;
        let [set, AES_IN_SET] = plain[..] else {
            return Err(Status::PARAMETER.into());
        };
        let app = self.application()?;
        let place = usize::from(set);
        if place == app.active || place >= app.sets.len() {
            return Err(Status::PARAMETER.into());
        }
        let keys = app.keys().len();
        self.change(|app| {
            app.sets[place] = KeySet {
                version: 0,
                ready: false,
                keys: vec![KeySlot::zero(Cipher::Aes); keys],
            };
        })?;
        self.done(Mode::Mac)
    }

    pub(super) fn finalise_set(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = self.opened(Mode::Mac, 0x57, data, 2, 0)?;
        let [set, version] = plain[..] else {
            return Err(Status::LENGTH.into());
        };
        let place = usize::from(set);
        if place >= self.application()?.sets.len() {
            return Err(Status::PARAMETER.into());
        }
        self.change(|app| {
            app.sets[place].version = version;
            app.sets[place].ready = true;
        })?;
        self.done(Mode::Mac)
    }

    /// One write makes another set the active one; the answer still belongs to the old session.
    pub(super) fn roll_set(&mut self, data: &[u8]) -> Native {
        self.is_master()?;
        let plain = self.opened(Mode::Mac, 0x55, data, 1, 0)?;
        let [set] = plain[..] else {
            return Err(Status::LENGTH.into());
        };
        let place = usize::from(set);
        let app = self.application()?;
        let ready = app.sets.get(place).is_some_and(|set| set.ready);
        if place == app.active || !ready {
            return Err(Status::PARAMETER.into());
        }
        self.change(|app| app.active = place)?;
        let answer = self.done(Mode::Mac);
        self.now.auth = Auth::None;
        answer
    }
}

/// A new key with its version.
fn whole(content: &[u8]) -> Result<KeySlot, Stop> {
    match content.split_first_chunk::<16>() {
        Some((key, [version])) => Ok(KeySlot {
            cipher: Cipher::Aes,
            key: *key,
            version: *version,
        }),
        _ => Err(Status::LENGTH.into()),
    }
}

/// New XOR old, version, and the check of new.
fn exchanged(content: &[u8], old: &Key) -> Result<KeySlot, Stop> {
    let (first, rest) = content.split_first_chunk::<16>().ok_or(Status::LENGTH)?;
    let [version, check @ ..] = rest else {
        return Err(Status::LENGTH.into());
    };
    let key = xor(first, old);
    match *check == crc32(&key) {
        true => Ok(KeySlot {
            cipher: Cipher::Aes,
            key,
            version: *version,
        }),
        false => Err(Status::INTEGRITY.into()),
    }
}
