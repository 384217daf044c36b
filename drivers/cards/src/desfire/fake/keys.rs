//! The card's keys: changed one by one, or a set of them at once.
#![allow(clippy::unwrap_used)]

use tillside_keys::CardKey;

use super::super::checksum::jam_crc32;
use super::super::secure::Mode;
use super::Fake;

type Answer = Result<Vec<u8>, u8>;

impl Fake {
    pub(super) fn change_key(&mut self, header: &[u8], data: &[u8]) -> Answer {
        let (session_key, _) = self.key_of_session()?;
        if session_key != 0 {
            return Err(0x9D);
        }
        let number = header[0];
        let (mixed, rest) = data.split_first_chunk::<16>().ok_or(0x7E_u8)?;
        if number & 0x3F == session_key {
            let new = (CardKey::new(*mixed), rest[0]);
            match (self.selected, number) {
                (true, _) => self.memory.app.as_mut().unwrap().keys[0] = new,
                (false, 0x80) => self.memory.master = (Some(new.0), new.1),
                (false, _) => return Err(0x9E),
            }
            self.session = None;
            return Ok(Vec::new());
        }
        let app = self.memory.app.as_mut().unwrap();
        let place = app.keys.get_mut(usize::from(number)).ok_or(0x40_u8)?;
        let new: [u8; 16] = std::array::from_fn(|at| mixed[at] ^ place.0.bytes()[at]);
        if rest[1..] != jam_crc32(&new).to_le_bytes() {
            return Err(0x1E);
        }
        *place = (CardKey::new(new), rest[0]);
        Ok(self.sealed(Mode::Full, &[]))
    }

    pub(super) fn key_sets(&mut self, ins: u8, header: &[u8], data: &[u8]) -> Answer {
        let app = self.memory.app.as_mut().unwrap();
        match (ins, header, data) {
            (0x56, [], [1, 2]) => {
                let start = match app.starts_as_active {
                    true => app.keys.clone(),
                    false => vec![(CardKey::new([0; 16]), 0); 6],
                };
                app.next = Some((start, false));
            }
            (0xC6, [1, number], [mixed @ .., version, _, _, _, _]) if mixed.len() == 16 => {
                let (keys, _) = app.next.as_mut().ok_or(0x9E_u8)?;
                let place = keys.get_mut(usize::from(*number)).ok_or(0x40_u8)?;
                let new: [u8; 16] = std::array::from_fn(|at| mixed[at] ^ place.0.bytes()[at]);
                if data[17..] != jam_crc32(&new).to_le_bytes() {
                    return Err(0x1E);
                }
                *place = (CardKey::new(new), *version);
            }
            (0x57, [], [1, _]) => app.next.as_mut().ok_or(0x9E_u8)?.1 = true,
            (0x55, [], [1]) => {
                let (keys, complete) = app.next.clone().ok_or(0x9E_u8)?;
                if !complete {
                    return Err(0x9E);
                }
                (app.keys, app.next) = (keys, None);
            }
            _ => return Err(0x9E),
        }
        Ok(Vec::new())
    }
}
