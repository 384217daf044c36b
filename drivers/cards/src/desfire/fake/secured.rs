//! The card's side of the handshakes and of secure messaging.
#![allow(clippy::unwrap_used)]

use tillside_keys::CardKey;

use super::super::checksum::crc_a;
use super::super::cipher::{decrypt, encrypt, padded, unpadded};
use super::super::factory::tests::{enciphered, received};
use super::super::secure::{Handshake, MAC, Mode, Secure, rotated};
use super::{Fake, Pass};

type Answer = Result<Vec<u8>, u8>;

impl Fake {
    fn draw(&mut self) -> [u8; 16] {
        self.draws = self.draws.wrapping_add(1);
        std::array::from_fn(|at| self.draws.wrapping_mul(91) ^ (at as u8).wrapping_mul(29))
    }

    fn key(&self, number: u8) -> Result<CardKey, u8> {
        let app = self.memory.app.as_ref();
        match (self.selected, app) {
            (true, Some(app)) => {
                let key = app.keys.get(usize::from(number)).ok_or(0x40_u8)?;
                Ok(key.0.clone())
            }
            _ if number == 0 => self.memory.master.0.clone().ok_or(0xAE),
            _ => Err(0x40),
        }
    }

    pub(super) fn begin(&mut self, first: bool, data: &[u8]) -> Answer {
        let number = *data.first().ok_or(0x7E_u8)?;
        let key = self.key(number)?;
        if !first && self.session.is_none() {
            return Err(0xAE);
        }
        let ours = self.draw();
        let sealed = encrypt(&key, &[0; 16], &ours);
        self.pass = Some(Pass::Ev2 {
            first,
            number,
            key,
            ours,
        });
        self.more = vec![Vec::new()];
        Ok(sealed)
    }

    pub(super) fn begin_factory(&mut self) -> Answer {
        if self.selected || self.memory.master.0.is_some() {
            return Err(0xAE);
        }
        let drawn = self.draw();
        let ours = *drawn.first_chunk::<8>().unwrap();
        self.pass = Some(Pass::Des(ours));
        self.more = vec![Vec::new()];
        Ok(enciphered(&[0; 8], ours).to_vec())
    }

    pub(super) fn second_pass(&mut self, pass: Pass, data: &[u8]) -> Answer {
        self.more.clear();
        match pass {
            Pass::Des(ours) => {
                let plain = received(&[0; 8], data);
                let (theirs, echo) = plain.split_first_chunk::<8>().ok_or(0xAE_u8)?;
                let mut due = ours;
                due.rotate_left(1);
                if echo != due {
                    return Err(0xAE);
                }
                let mut proof = *theirs;
                proof.rotate_left(1);
                let session = [&theirs[..4], &ours[..4]].concat();
                self.pass = Some(Pass::Des(session.try_into().unwrap()));
                Ok(enciphered(&[0; 8], proof).to_vec())
            }
            Pass::Ev2 {
                first,
                number,
                key,
                ours,
            } => {
                let plain = decrypt(&key, &[0; 16], data).ok_or(0x1E_u8)?;
                let (theirs, echo) = plain.split_first_chunk::<16>().ok_or(0x1E_u8)?;
                if echo != rotated(&ours) {
                    return Err(0xAE);
                }
                let before = self.session.take().map(|(_, secure)| secure);
                let ti = match (first, &before) {
                    (false, Some(secure)) => secure.ti,
                    _ => [0x51, 0xDE, number, self.draws],
                };
                let echo = rotated(theirs);
                let proof = match first {
                    true => [&ti[..], &echo, &[0; 12]].concat(),
                    false => echo.to_vec(),
                };
                let proof = encrypt(&key, &[0; 16], &proof);
                // The session keys come from the same formula; the public vectors hold it.
                let sealed = encrypt(&key, &[0; 16], &ours);
                let (handshake, _) = Handshake::answer(key, *theirs, &sealed).unwrap();
                let secure = match (first, before) {
                    (false, Some(before)) => handshake.non_first(&proof, &before),
                    _ => handshake.first(&proof),
                };
                self.session = Some((number, secure.unwrap()));
                if first {
                    self.drop_transaction();
                }
                Ok(proof)
            }
        }
    }

    /// What a secured command says: (header, data). The first `header` bytes are readable.
    pub(super) fn opened(
        &mut self,
        mode: Mode,
        ins: u8,
        body: &[u8],
        header: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), u8> {
        let (_, secure) = self.session.as_ref().ok_or(0xAE_u8)?;
        let (content, mac) = body.split_last_chunk::<MAC>().ok_or(0x7E_u8)?;
        if *mac != secure.mac_of(ins, secure.counter, content) {
            return Err(0x1E);
        }
        let (header, data) = content.split_at_checked(header).ok_or(0x7E_u8)?;
        let data = match mode {
            Mode::Full if !data.is_empty() => {
                let iv = secure.iv([0xA5, 0x5A], secure.counter);
                let plain = decrypt(&secure.encryption, &iv, data).ok_or(0x1E_u8)?;
                unpadded(plain).ok_or(0x1E_u8)?
            }
            _ => data.to_vec(),
        };
        Ok((header.to_vec(), data))
    }

    pub(super) fn sealed(&mut self, mode: Mode, data: &[u8]) -> Vec<u8> {
        let (_, secure) = self.session.as_mut().unwrap();
        secure.counter += 1;
        let data = match mode {
            Mode::Full if !data.is_empty() => {
                let iv = secure.iv([0x5A, 0xA5], secure.counter);
                encrypt(&secure.encryption, &iv, &padded(data))
            }
            _ => data.to_vec(),
        };
        let mac = secure.mac_of(0, secure.counter, &data);
        [&data[..], &mac].concat()
    }

    pub(super) fn key_of_session(&self) -> Result<(u8, Secure), u8> {
        self.session.clone().ok_or(0xAE)
    }

    /// The new master key in the oldest secure messaging.
    pub(super) fn change_factory_key(&mut self, data: &[u8]) -> Answer {
        let Some(Pass::Des(session)) = self.pass.take() else {
            return Err(0xAE);
        };
        let [0x80, sealed @ ..] = data else {
            return Err(0x9E);
        };
        let plain = received(&session, sealed);
        let (content, rest) = plain.split_at_checked(17).ok_or(0x7E_u8)?;
        if rest[..2] != crc_a(content).to_le_bytes() {
            return Err(0x1E);
        }
        let (key, version) = content.split_first_chunk::<16>().unwrap();
        self.memory.master = (Some(CardKey::new(*key)), version[0]);
        Ok(Vec::new())
    }
}
