//! Applications: selecting, making, deleting, listing.

use std::collections::BTreeMap;

use super::image::{APPLICATIONS, Application, Cipher, KeySet, KeySlot};
use super::transaction::Transaction;
use super::{
    Auth, DUPLICATE, Desfire, Mode, NO_SUCH_APPLICATION, Native, OUT_OF_MEMORY, Status, Stop,
    TOO_MANY_APPLICATIONS,
};

/// KeySett2: files have ISO identifiers; KeySett3 follows.
const ISO_IDS: u8 = 0x20;
const MORE_SETTINGS: u8 = 0x10;

impl Desfire {
    pub(super) fn select(&mut self, data: &[u8]) -> Native {
        let aid = <[u8; 3]>::try_from(data).map_err(|_| Status::LENGTH)?;
        let place = match aid {
            [0, 0, 0] => None,
            _ => Some(self.place(aid).ok_or(NO_SUCH_APPLICATION)?),
        };
        self.choose(place);
        Ok((Vec::new(), Status::OK))
    }

    /// The session ends, and what was not committed is gone.
    pub(super) fn choose(&mut self, place: Option<usize>) {
        self.now.selected = place;
        self.now.iso_file = None;
        self.now.auth = Auth::None;
        self.now.transaction = Transaction::default();
    }

    fn place(&self, aid: [u8; 3]) -> Option<usize> {
        self.image
            .applications
            .iter()
            .position(|app| app.aid == aid)
    }

    /// AID, KeySett1, KeySett2, [KeySett3, and what it announces], [ISO identifier, name].
    pub(super) fn create_application(&mut self, data: &[u8]) -> Native {
        if self.now.selected.is_some() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        // Bit 2: without the master key, too.
        if self.image.settings & 0x04 == 0 {
            self.is_master()?;
        }
        let plain = self.opened(Mode::Mac, 0xCA, data, data.len().min(3), 0)?;
        let made = application(&plain)?;
        if made.aid == [0; 3] {
            return Err(Status::PARAMETER.into());
        }
        if self.place(made.aid).is_some() {
            return Err(DUPLICATE.into());
        }
        if self.image.applications.len() >= APPLICATIONS {
            return Err(TOO_MANY_APPLICATIONS.into());
        }
        if self.image.free() < 32 {
            return Err(OUT_OF_MEMORY.into());
        }
        self.image.write(|image| image.applications.push(made))?;
        self.done(Mode::Mac)
    }

    pub(super) fn delete_application(&mut self, data: &[u8]) -> Native {
        let plain = self.opened(Mode::Mac, 0xDA, data, 3, 0)?;
        let aid = <[u8; 3]>::try_from(plain).map_err(|_| Status::LENGTH)?;
        let place = self.place(aid).ok_or(NO_SUCH_APPLICATION)?;
        let own = self.now.selected == Some(place);
        if self.now.selected.is_some() && !own {
            return Err(Status::PERMISSION_DENIED.into());
        }
        self.is_master()?;
        self.image
            .write(|image| drop(image.applications.remove(place)))?;
        let answer = self.done(Mode::Mac);
        if own {
            self.choose(None);
        }
        answer
    }

    /// FormatPICC: all applications go, keys stay.
    pub(super) fn format(&mut self, data: &[u8]) -> Native {
        if self.now.selected.is_some() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        self.is_master()?;
        self.nothing(0xFC, data)?;
        self.image.write(|image| image.applications.clear())?;
        self.done(Mode::Mac)
    }

    /// Lists are free, or the master key's.
    fn may_list_applications(&self) -> Result<(), Stop> {
        match self.now.selected.is_none() && self.image.settings & 0x02 != 0 {
            true => Ok(()),
            false if self.now.selected.is_some() => Err(Status::PERMISSION_DENIED.into()),
            false => self.is_master(),
        }
    }

    pub(super) fn application_ids(&mut self, data: &[u8]) -> Native {
        self.may_list_applications()?;
        self.nothing(0x6A, data)?;
        let ids: Vec<u8> = self
            .image
            .applications
            .iter()
            .flat_map(|app| app.aid)
            .collect();
        self.closed(Mode::Mac, Status::OK, &ids)
    }

    pub(super) fn application_names(&mut self, data: &[u8]) -> Native {
        self.may_list_applications()?;
        self.nothing(0x6D, data)?;
        let named = self
            .image
            .applications
            .iter()
            .filter(|app| !app.name.is_empty());
        let names: Vec<u8> = named
            .flat_map(|app| {
                let iso = app.iso.unwrap_or(0).to_le_bytes();
                [app.aid.as_slice(), &iso, &app.name].concat()
            })
            .collect();
        self.closed(Mode::Mac, Status::OK, &names)
    }
}

fn application(data: &[u8]) -> Result<Application, Stop> {
    let [a, b, c, settings, kind, rest @ ..] = data else {
        return Err(Status::LENGTH.into());
    };
    let cipher = match kind & 0xC0 {
        0x00 => Cipher::Des,
        0x80 => Cipher::Aes,
        _ => return Err(Status::PARAMETER.into()),
    };
    let count = usize::from(kind & 0x0F);
    if count > 14 {
        return Err(Status::PARAMETER.into());
    }
    let (sets, rest) = match (kind & MORE_SETTINGS, rest) {
        (0, rest) => (1, rest),
        // KeySett3 with key sets: version of the first, how many, longest key, the key that rolls.
        (_, [0x01, _, sets @ 2..=16, 0x10 | 0x18, _, rest @ ..]) => (usize::from(*sets), rest),
        (_, [0x00, rest @ ..]) => (1, rest),
        _ => return Err(Status::PARAMETER.into()),
    };
    let (iso, name) = match (kind & ISO_IDS, rest) {
        (_, []) => (None, Vec::new()),
        (_, [low, high, name @ ..]) if name.len() <= 16 => {
            (Some(u16::from_le_bytes([*low, *high])), name.to_vec())
        }
        _ => return Err(Status::LENGTH.into()),
    };
    let set = |index| KeySet {
        version: 0,
        ready: index == 0,
        keys: vec![KeySlot::zero(cipher); count.max(1)],
    };
    Ok(Application {
        aid: [*a, *b, *c],
        settings: *settings,
        kind: *kind,
        sets: (0..sets).map(set).collect(),
        active: 0,
        iso,
        name,
        files: BTreeMap::new(),
    })
}
