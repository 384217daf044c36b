//! AuthenticateEV2First and -NonFirst (NT4H2421Gx 9.1.5, 9.1.6), AES only.

use super::session::Session;
use super::status::Status;
use super::{Native, Ntag424, Pending};
use crate::chip::aes_modes::{Key, NO_IV, decrypt, encrypt, encrypt_block, turned};

/// An authentication whose second half is awaited.
#[derive(Debug)]
pub(super) struct Challenge {
    key_number: u8,
    ours: Key,
    begins: Begins,
}

#[derive(Debug)]
enum Begins {
    /// A new transaction; what the reader says it can.
    First([u8; 6]),
    /// One that goes on under another key: its name and counter stay.
    NonFirst([u8; 4], u16),
}

impl Ntag424 {
    /// Key number, length of the reader's capabilities, and those.
    pub(super) fn authenticate_first(&mut self, data: &[u8]) -> Native {
        self.now.session = None;
        let [key_number, length, capabilities @ ..] = data else {
            return Err(Status::LENGTH.into());
        };
        if capabilities.len() != usize::from(*length) || capabilities.len() > 6 {
            return Err(Status::LENGTH.into());
        }
        // LRP is asked for in the first byte.
        if capabilities.first().is_some_and(|first| first & 0x02 != 0) {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let capabilities =
            std::array::from_fn(|index| capabilities.get(index).copied().unwrap_or(0));
        self.challenge(*key_number, Begins::First(capabilities))
    }

    pub(super) fn authenticate_again(&mut self, data: &[u8]) -> Native {
        let session = self.now.session.take().ok_or(Status::AUTHENTICATION)?;
        let [key_number] = data else {
            return Err(Status::LENGTH.into());
        };
        self.challenge(*key_number, Begins::NonFirst(session.name, session.counter))
    }

    fn challenge(&mut self, key_number: u8, begins: Begins) -> Native {
        if !self.now.selected {
            return Err(Status::NO_SUCH_KEY.into());
        }
        let slot = self.image.slot(key_number)?;
        if slot.shut() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let key = slot.key;
        let ours = self.chance.draw();
        self.now.pending = Some(Pending::Challenge(Challenge {
            key_number,
            ours,
            begins,
        }));
        Ok((encrypt_block(&key, &ours).to_vec(), Status::MORE))
    }

    pub(super) fn prove(&mut self, challenge: Challenge, data: &[u8]) -> Native {
        let Challenge {
            key_number,
            ours,
            begins,
        } = challenge;
        if data.len() != 32 {
            return Err(Status::LENGTH.into());
        }
        let key = self.image.slot(key_number)?.key;
        let plain = decrypt(&key, &NO_IV, data);
        if plain[16..] != turned(&ours) {
            self.image
                .write(|image| image.keys[usize::from(key_number)].failed())?;
            return Err(Status::AUTHENTICATION.into());
        }
        if self.image.slot(key_number)?.failures > 0 {
            self.image
                .write(|image| image.keys[usize::from(key_number)].proved())?;
        }
        let theirs: Key = std::array::from_fn(|index| plain[index]);
        let (name, counter, answer) = match begins {
            Begins::First(capabilities) => {
                let name: [u8; 4] = self.chance.draw();
                let ours = [
                    0,
                    0,
                    0,
                    0,
                    self.image.capabilities[0],
                    self.image.capabilities[1],
                ];
                let answer = [name.as_slice(), &turned(&theirs), &ours, &capabilities].concat();
                (name, 0, answer)
            }
            Begins::NonFirst(name, counter) => (name, counter, turned(&theirs).to_vec()),
        };
        let session = Session::new((key_number, &key), (&theirs, &ours), name, counter);
        self.now.session = Some(session);
        Ok((encrypt(&key, &NO_IV, &answer), Status::OK))
    }
}
