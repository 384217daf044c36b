//! Authentication: AuthenticateEV2First and -NonFirst, AuthenticateAES (EV1), Authenticate (D40, DES).

use super::legacy::{D40, Ev1, d40_received, des_encrypt};
use super::transaction::Transaction;
use super::{Auth, Desfire, Native, Pending, Session, Status, Stop};
use crate::chip::aes_modes::{Key, NO_IV, decrypt, encrypt, encrypt_block, turned};
use crate::chip::desfire::image::{Cipher, KeySlot};

/// An authentication whose second half is awaited.
#[derive(Debug)]
pub(super) struct Challenge {
    key_number: u8,
    begins: Begins,
}

#[derive(Debug)]
enum Begins {
    Des([u8; 8]),
    Aes(Key),
    /// A new transaction; what the reader says it can.
    First(Key, [u8; 6]),
    /// The transaction goes on under another key: its name and counter stay.
    NonFirst(Key, [u8; 4], u16),
}

impl Desfire {
    fn slot(&self, number: u8) -> Result<&KeySlot, Stop> {
        let slot = match self.now.selected {
            None => (number == 0).then_some(&self.image.master),
            Some(_) => self.application()?.keys().get(usize::from(number)),
        };
        slot.ok_or(Status::NO_SUCH_KEY.into())
    }

    fn of_cipher(&self, number: u8, cipher: Cipher) -> Result<(), Stop> {
        match self.slot(number)?.cipher == cipher {
            true => Ok(()),
            false => Err(Status::AUTHENTICATION.into()),
        }
    }

    pub(super) fn authenticate_des(&mut self, data: &[u8]) -> Native {
        let key_number = self.begin(data)?;
        self.of_cipher(key_number, Cipher::Des)?;
        let ours: [u8; 8] = self.chance.draw();
        let key = first_half(&self.slot(key_number)?.key);
        self.ask(key_number, Begins::Des(ours));
        Ok((des_encrypt(&key, ours).to_vec(), Status::MORE))
    }

    pub(super) fn authenticate_aes(&mut self, data: &[u8]) -> Native {
        let key_number = self.begin(data)?;
        let ours = self.chance.draw();
        self.challenge(key_number, Begins::Aes(ours), &ours)
    }

    /// Key number, length of the reader's capabilities, and those.
    pub(super) fn authenticate_first(&mut self, data: &[u8]) -> Native {
        let [key_number, length, capabilities @ ..] = data else {
            return Err(Status::LENGTH.into());
        };
        if capabilities.len() != usize::from(*length) || capabilities.len() > 6 {
            return Err(Status::LENGTH.into());
        }
        self.begin(&[*key_number])?;
        let capabilities =
            std::array::from_fn(|index| capabilities.get(index).copied().unwrap_or(0));
        let ours = self.chance.draw();
        self.challenge(*key_number, Begins::First(ours, capabilities), &ours)
    }

    /// It goes on with the transaction under another key (MF2DLHX0, 9.1.6).
    pub(super) fn authenticate_again(&mut self, data: &[u8]) -> Native {
        let Auth::Ev2(session) = std::mem::take(&mut self.now.auth) else {
            return Err(Status::AUTHENTICATION.into());
        };
        let [key_number] = *data else {
            return Err(Status::LENGTH.into());
        };
        let ours = self.chance.draw();
        let begins = Begins::NonFirst(ours, session.name, session.counter);
        self.challenge(key_number, begins, &ours)
    }

    /// An authentication from the beginning drops the session and the transaction.
    fn begin(&mut self, data: &[u8]) -> Result<u8, Stop> {
        self.now.auth = Auth::None;
        self.now.transaction = Transaction::default();
        match *data {
            [key_number] => Ok(key_number & 0x3F),
            _ => Err(Status::LENGTH.into()),
        }
    }

    fn ask(&mut self, key_number: u8, begins: Begins) {
        self.now.pending = Some(Pending::Challenge(Challenge { key_number, begins }));
    }

    fn challenge(&mut self, key_number: u8, begins: Begins, ours: &Key) -> Native {
        self.of_cipher(key_number, Cipher::Aes)?;
        let key = self.slot(key_number)?.key;
        self.ask(key_number, begins);
        Ok((encrypt_block(&key, ours).to_vec(), Status::MORE))
    }

    pub(super) fn prove(&mut self, challenge: Challenge, data: &[u8]) -> Native {
        let Challenge { key_number, begins } = challenge;
        let key = self.slot(key_number)?.key;
        match begins {
            Begins::Des(ours) => self.prove_des(key_number, &first_half(&key), ours, data),
            Begins::Aes(ours) => {
                // One chain through all three messages.
                let first = encrypt_block(&key, &ours);
                let theirs = proof(&key, &first, &ours, data)?;
                self.now.auth = Auth::Ev1(Ev1::new(key_number, &theirs, &ours));
                let vector = data.last_chunk().copied().unwrap_or(NO_IV);
                Ok((encrypt(&key, &vector, &turned(&theirs)), Status::OK))
            }
            Begins::First(ours, capabilities) => {
                let theirs = proof(&key, &NO_IV, &ours, data)?;
                let name: [u8; 4] = self.chance.draw();
                let answer = [name.as_slice(), &turned(&theirs), &[0; 6], &capabilities].concat();
                self.now.auth =
                    Auth::Ev2(Session::new((key_number, &key), (&theirs, &ours), name, 0));
                Ok((encrypt(&key, &NO_IV, &answer), Status::OK))
            }
            Begins::NonFirst(ours, name, counter) => {
                let theirs = proof(&key, &NO_IV, &ours, data)?;
                let session = Session::new((key_number, &key), (&theirs, &ours), name, counter);
                self.now.auth = Auth::Ev2(session);
                Ok((encrypt(&key, &NO_IV, &turned(&theirs)), Status::OK))
            }
        }
    }

    fn prove_des(&mut self, key_number: u8, key: &[u8; 8], ours: [u8; 8], data: &[u8]) -> Native {
        if data.len() != 16 {
            return Err(Status::LENGTH.into());
        }
        let plain = d40_received(key, data);
        let mut due = ours;
        due.rotate_left(1);
        if plain[8..] != due {
            return Err(Status::AUTHENTICATION.into());
        }
        let theirs: [u8; 8] = std::array::from_fn(|index| plain[index]);
        let mut answer = theirs;
        answer.rotate_left(1);
        let mut session = [0; 8];
        session[..4].copy_from_slice(&theirs[..4]);
        session[4..].copy_from_slice(&ours[..4]);
        self.now.auth = Auth::D40(D40 {
            key_number,
            key: session,
        });
        Ok((des_encrypt(key, answer).to_vec(), Status::OK))
    }
}

/// The terminal's challenge, if it read ours.
fn proof(key: &Key, vector: &Key, ours: &Key, data: &[u8]) -> Result<Key, Stop> {
    if data.len() != 32 {
        return Err(Status::LENGTH.into());
    }
    let plain = decrypt(key, vector, data);
    match plain[16..] == turned(ours) {
        true => Ok(std::array::from_fn(|index| plain[index])),
        false => Err(Status::AUTHENTICATION.into()),
    }
}

fn first_half(key: &Key) -> [u8; 8] {
    std::array::from_fn(|index| key[index])
}
