//! MIFARE Ultralight AES: pages of four bytes behind an AES authentication, and messages with a
//! CMAC if SEC_MSG_ACT is set.
//!
//! From the data sheet MF0AES(H)20, AN13452 and the examples in `tests/vectors/ultralight_aes.json`.

use super::aes_modes::{
    Key, NO_IV, SHORT_MAC, cmac, decrypt, encrypt, encrypt_block, session_vector, short_mac, turned,
};
use super::chance::Chance;
use super::locks::PAGE;
use super::nonvolatile::{Nonvolatile, PowerLost};
use super::ultralight_aes_memory::{Image, KeyName, PAGES};
use super::{Activation, CardImage, Chip, ChipReply, Tear};

const READ: usize = 16;
const COUNTER_END: u32 = 0x00FF_FFFF;
const VERSION: [u8; 8] = [0x00, 0x04, 0x03, 0x01, 0x04, 0x00, 0x0F, 0x03];

/// What lasts until the card leaves the field or says no.
#[derive(Debug, Default)]
struct Volatile {
    active: bool,
    /// Key 0 was proved: protected pages are open.
    authenticated: bool,
    /// Key 1 was proved: the UID may be read.
    traceable: bool,
    challenge: Option<(KeyName, Key)>,
    messages: Option<Messages>,
    awaits_data_for: Option<u8>,
}

/// Messages with a CMAC: the session key, and the counter that goes into each.
#[derive(Debug)]
struct Messages {
    key: Key,
    counter: u16,
}

impl Messages {
    fn mac(&mut self, body: &[u8]) -> [u8; SHORT_MAC] {
        let input = [&self.counter.to_le_bytes(), body].concat();
        self.counter = self.counter.wrapping_add(1);
        short_mac(&self.key, &input)
    }
}

/// One chip.
#[derive(Debug)]
pub(crate) struct UltralightAes {
    image: Nonvolatile<Image>,
    chance: Chance,
    shown_uid: Vec<u8>,
    powered: bool,
    now: Volatile,
}

enum No {
    Nak,
    Dead,
}

impl From<PowerLost> for No {
    fn from(_: PowerLost) -> Self {
        Self::Dead
    }
}

/// What a command was answered with, before a CMAC is put to it: no bytes stand for an ACK.
type Answer = Result<Vec<u8>, No>;

impl UltralightAes {
    pub(crate) fn load(mut image: Image) -> Self {
        image.pages.resize(PAGES * PAGE, 0);
        let mut chip = Self {
            chance: Chance::of_uid(&image.uid),
            shown_uid: Vec::new(),
            powered: false,
            now: Volatile::default(),
            image: Nonvolatile::new(image),
        };
        chip.power(true);
        chip.now.active = true;
        chip
    }

    fn exchange(&mut self, frame: &[u8]) -> Result<ChipReply, No> {
        if let Some((name, challenge)) = self.now.challenge.take() {
            return self.prove(name, &challenge, frame).map(ChipReply::Data);
        }
        match *frame {
            // The field's own commands carry no CMAC.
            [0x50, 0x00] => return Ok(ChipReply::Silence),
            [0x1A, number] => return self.challenge(number).map(ChipReply::Data),
            _ => {}
        }
        let Some(messages) = &mut self.now.messages else {
            let answer = self.command(frame)?;
            return Ok(if answer.is_empty() {
                ChipReply::Ack
            } else {
                ChipReply::Data(answer)
            });
        };
        let (body, mac) = frame.split_last_chunk::<SHORT_MAC>().ok_or(No::Nak)?;
        if messages.mac(body) != *mac {
            return Err(No::Nak);
        }
        let body = body.to_vec();
        let mut answer = self.command(&body)?;
        if let Some(messages) = &mut self.now.messages {
            let mac = messages.mac(&answer);
            answer.extend(mac);
        }
        Ok(ChipReply::Data(answer))
    }

    fn command(&mut self, frame: &[u8]) -> Answer {
        if let Some(page) = self.now.awaits_data_for.take() {
            let data: &[u8; READ] = frame.try_into().map_err(|_| No::Nak)?;
            return self.write(page, [data[0], data[1], data[2], data[3]]);
        }
        match *frame {
            [0x60] => Ok(VERSION.to_vec()),
            [0x30, page] => self.read(page),
            [0x3A, first, last] => self.fast_read(first, last),
            [0xA2, page, a, b, c, d] => self.write(page, [a, b, c, d]),
            [0xA0, page] if usize::from(page) < PAGES => {
                self.now.awaits_data_for = Some(page);
                Ok(Vec::new())
            }
            [0x39, counter @ 0..=2] => self.read_counter(counter.into()),
            [0xA5, counter @ 0..=2, a, b, c, _] => self.increment(counter.into(), [a, b, c, 0]),
            [0x3C, 0x00] => Ok(self.image.signature().to_vec()),
            [0x4B, ref installation @ ..] if installation.len() == 20 => {
                Ok(vec![self.image.type_identifier()])
            }
            _ => Err(No::Nak),
        }
    }

    fn read(&self, page: u8) -> Answer {
        let page = usize::from(page);
        let hidden = |page| self.image.unreadable(page, self.now.authenticated);
        if page >= PAGES || hidden(page) {
            return Err(No::Nak);
        }
        let end = (0..PAGES).find(|page| hidden(*page)).unwrap_or(PAGES);
        let shown = self.image.shown(self.now.traceable);
        let cycle = shown[..end * PAGE].iter().cycle();
        Ok(cycle.skip(page * PAGE).take(READ).copied().collect())
    }

    fn fast_read(&self, first: u8, last: u8) -> Answer {
        let (first, last) = (usize::from(first), usize::from(last));
        let hidden = self.image.unreadable(last, self.now.authenticated);
        if first > last || last >= PAGES || hidden {
            return Err(No::Nak);
        }
        Ok(self.image.shown(self.now.traceable)[first * PAGE..(last + 1) * PAGE].to_vec())
    }

    fn write(&mut self, page: u8, data: [u8; PAGE]) -> Answer {
        let page = usize::from(page);
        if !self.image.may_write(page, self.now.authenticated) {
            return Err(No::Nak);
        }
        self.image.write(|image| image.write(page, data))?;
        Ok(Vec::new())
    }

    fn read_counter(&self, counter: usize) -> Answer {
        if !self
            .image
            .counter_open(counter, false, self.now.authenticated)
        {
            return Err(No::Nak);
        }
        Ok(self.image.counters[counter].to_le_bytes()[..3].to_vec())
    }

    fn increment(&mut self, counter: usize, by: [u8; 4]) -> Answer {
        let sum = self.image.counters[counter].saturating_add(u32::from_le_bytes(by));
        if sum > COUNTER_END
            || !self
                .image
                .counter_open(counter, true, self.now.authenticated)
        {
            return Err(No::Nak);
        }
        self.image.write(|image| image.counters[counter] = sum)?;
        Ok(Vec::new())
    }

    /// The first half of an authentication: our challenge, encrypted.
    fn challenge(&mut self, number: u8) -> Answer {
        self.forget();
        let name = KeyName::numbered(number).ok_or(No::Nak)?;
        if self.image.spent(name) {
            return Err(No::Nak);
        }
        let challenge = self.chance.draw();
        self.now.challenge = Some((name, challenge));
        let sealed = encrypt_block(&self.image.key(name), &challenge);
        Ok([&[0xAF], sealed.as_slice()].concat())
    }

    /// The second half: theirs and ours came back; theirs goes back turned.
    fn prove(&mut self, name: KeyName, ours: &Key, frame: &[u8]) -> Answer {
        let [0xAF, sealed @ ..] = frame else {
            return Err(No::Nak);
        };
        let key = self.image.key(name);
        let plain = decrypt(&key, &NO_IV, sealed);
        let right = sealed.len() == 32 && plain[16..] == turned(ours);
        if !right {
            if name == KeyName::DataProtection {
                self.image
                    .write(|image| image.failures = image.failures.saturating_add(1))?;
            }
            return Err(No::Nak);
        }
        if name == KeyName::DataProtection && self.image.failures != 0 {
            self.image.write(|image| image.failures = 0)?;
        }
        let theirs: Key = std::array::from_fn(|index| plain[index]);
        self.now.authenticated = name == KeyName::DataProtection;
        self.now.traceable = name == KeyName::UidRetrieval;
        // A proof of originality opens nothing, so there is nothing to protect behind it.
        if self.image.messages_are_maced() && name != KeyName::Originality {
            let vector = session_vector([0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80], &theirs, ours);
            self.now.messages = Some(Messages {
                key: cmac(&key, &vector),
                counter: 0,
            });
        }
        let proof = encrypt(&key, &NO_IV, &turned(&theirs));
        Ok([&[0x00], proof.as_slice()].concat())
    }

    /// Whatever was proved is proved no longer.
    fn forget(&mut self) {
        self.now = Volatile {
            active: self.now.active,
            ..Volatile::default()
        };
    }
}

impl Chip for UltralightAes {
    fn activation(&self) -> Activation {
        let double = self.shown_uid.len() == 7;
        Activation::TypeA {
            atqa: [0x00, if double { 0x44 } else { 0x04 }],
            sak: 0x00,
            uid: self.shown_uid.clone(),
            ats: None,
        }
    }

    fn power(&mut self, on: bool) {
        self.powered = on;
        self.now = Volatile::default();
        if on {
            self.shown_uid = if self.image.random_id() {
                [&[0x08], self.chance.draw::<3>().as_slice()].concat()
            } else {
                self.image.uid.clone()
            };
        }
    }

    fn activate(&mut self) {
        self.forget();
        self.now.active = true;
    }

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        if !(self.powered && self.now.active) {
            return ChipReply::Silence;
        }
        let reply = self.exchange(frame).unwrap_or_else(|no| match no {
            No::Nak => ChipReply::Nak,
            No::Dead => {
                self.power(false);
                ChipReply::Dead
            }
        });
        if !matches!(reply, ChipReply::Data(_) | ChipReply::Ack) {
            self.now = Volatile::default();
        }
        reply
    }

    fn apdu(&mut self, _apdu: &[u8]) -> ChipReply {
        ChipReply::Silence
    }

    fn arm(&mut self, tear: Tear) {
        self.image.arm(tear);
    }

    fn save(&self) -> CardImage {
        CardImage::UltralightAes((*self.image).clone())
    }
}

#[cfg(test)]
#[path = "ultralight_aes_tests.rs"]
mod tests;
