//! NTAG213/215/216 and the plain Ultralight: pages of four bytes, lock bits, a password, a counter.
//!
//! From the NXP data sheets NTAG213_215_216 and MF0ICU1. A page write is one step: before it the old
//! page, after it the new one. The signature is made up and fails NXP's public key.

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::locks::{PAGE, static_locked, write_static};
use super::nonvolatile::{Nonvolatile, PowerLost};
use super::ntag21x_model::{Layout, Model};
use super::{Activation, CardImage, Chip, ChipReply, Tear};

/// Bytes of one READ.
const READ: usize = 16;
const COUNTER_END: u32 = 0x00FF_FFFF;
/// Bits of ACCESS, byte 0 of CFG1.
const PROTECT_READS: u8 = 0x80;
const CONFIG_LOCK: u8 = 0x40;
const COUNTER_ON: u8 = 0x10;
const COUNTER_NEEDS_PASSWORD: u8 = 0x08;
const FAILURE_LIMIT: u8 = 0x07;

/// All that the chip remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) model: Model,
    #[serde(with = "super::hex_text")]
    pub(crate) uid: Vec<u8>,
    #[serde(with = "super::hex_text")]
    pub(crate) pages: Vec<u8>,
    /// Taps that were counted, if the counter is on.
    #[serde(default)]
    pub(crate) counter: u32,
    /// Wrong passwords since the last right one.
    #[serde(default)]
    pub(crate) failures: u8,
}

impl Image {
    pub(crate) fn fresh(model: Model, uid: &[u8]) -> Self {
        Self {
            model,
            uid: uid.to_vec(),
            pages: model.fresh(uid),
            counter: 0,
            failures: 0,
        }
    }
}

#[derive(Debug, Default)]
struct Volatile {
    /// Selected by an anticollision; an idle chip hears nothing.
    active: bool,
    authenticated: bool,
    counted: bool,
    /// A compatibility write waits for its data.
    awaits_data_for: Option<u8>,
}

/// One chip.
#[derive(Debug)]
pub(crate) struct Ntag21x {
    image: Nonvolatile<Image>,
    powered: bool,
    now: Volatile,
}

/// Why a frame gets no data.
enum No {
    Nak,
    Dead,
}

impl From<PowerLost> for No {
    fn from(_: PowerLost) -> Self {
        Self::Dead
    }
}

impl Ntag21x {
    /// A saved image whose memory has not the model's size is made to fit.
    pub(crate) fn load(mut image: Image) -> Self {
        image.pages.resize(image.model.layout().pages * PAGE, 0);
        Self {
            image: Nonvolatile::new(image),
            powered: true,
            now: Volatile {
                active: true,
                ..Volatile::default()
            },
        }
    }

    fn layout(&self) -> Layout {
        self.image.model.layout()
    }

    /// Byte `offset` of CFG0 and CFG1; none of their bits are set in a chip without them.
    fn config(&self, offset: usize) -> u8 {
        let place = self.layout().config().map(|page| page * PAGE + offset);
        place.map_or(0, |place| self.image.pages[place])
    }

    fn access(&self) -> u8 {
        self.config(4)
    }

    fn protected(&self, page: usize) -> bool {
        let first = usize::from(self.config(3));
        self.layout().config().is_some() && !self.now.authenticated && page >= first
    }

    fn unreadable(&self, page: usize) -> bool {
        self.access() & PROTECT_READS != 0 && self.protected(page)
    }

    fn frame(&mut self, frame: &[u8]) -> Result<ChipReply, No> {
        if let Some(page) = self.now.awaits_data_for.take() {
            let [a, b, c, d, ..] = *frame else {
                return Err(No::Nak);
            };
            if frame.len() != READ {
                return Err(No::Nak);
            }
            return self.write(page, [a, b, c, d]);
        }
        let ntag = self.image.model != Model::Ultralight;
        match *frame {
            [0x30, page] => self.read(page),
            [0xA2, page, a, b, c, d] => self.write(page, [a, b, c, d]),
            [0xA0, page] if usize::from(page) < self.layout().pages => {
                self.now.awaits_data_for = Some(page);
                Ok(ChipReply::Ack)
            }
            [0x60] if ntag => self
                .image
                .model
                .version()
                .map_or(Err(No::Nak), |version| data(&version)),
            [0x3A, first, last] if ntag => self.fast_read(first, last),
            [0x39, 0x02] if ntag => self.read_counter(),
            [0x3C, 0x00] if ntag => data(&Chance::of_uid(&self.image.uid).draw::<32>()),
            [0x1B, a, b, c, d] if ntag => self.password([a, b, c, d]),
            [0x50, 0x00] => Ok(ChipReply::Silence),
            // By this silence tools tell it from an Ultralight C or EV1.
            _ if !ntag => Ok(ChipReply::Silence),
            _ => Err(No::Nak),
        }
    }

    /// Sixteen bytes from `page` on; behind the last readable page it begins again at page 0.
    fn read(&mut self, page: u8) -> Result<ChipReply, No> {
        let page = usize::from(page);
        if page >= self.layout().pages || self.unreadable(page) {
            return Err(No::Nak);
        }
        self.count()?;
        let shown = self.shown();
        let end = (0..self.layout().pages)
            .find(|page| self.unreadable(*page))
            .unwrap_or(self.layout().pages);
        let bytes: Vec<u8> = shown[..end * PAGE]
            .iter()
            .cycle()
            .skip(page * PAGE)
            .take(READ)
            .copied()
            .collect();
        data(&bytes)
    }

    fn fast_read(&mut self, first: u8, last: u8) -> Result<ChipReply, No> {
        let (first, last) = (usize::from(first), usize::from(last));
        if first > last || last >= self.layout().pages || self.unreadable(last) {
            return Err(No::Nak);
        }
        self.count()?;
        data(&self.shown()[first * PAGE..(last + 1) * PAGE])
    }

    /// The memory as a read shows it: no password, and the mirrors written over it.
    fn shown(&self) -> Vec<u8> {
        let mut shown = self.image.pages.clone();
        let Some(config) = self.layout().config() else {
            return shown;
        };
        shown[(config + 2) * PAGE..].fill(0);
        let mirror = self.config(0);
        let uid: String = self.image.uid.iter().map(|b| format!("{b:02X}")).collect();
        let counter = format!("{:06X}", self.image.counter);
        let text = match mirror >> 6 {
            0b01 => uid,
            0b10 => counter,
            0b11 => format!("{uid}x{counter}"),
            _ => return shown,
        };
        let start = usize::from(self.config(2)) * PAGE + usize::from(mirror >> 4 & 0b11);
        let user = 4 * PAGE..(config - 1) * PAGE;
        if user.contains(&start) && start + text.len() <= user.end {
            shown[start..start + text.len()].copy_from_slice(text.as_bytes());
        }
        shown
    }

    /// The first read after power-on counts.
    fn count(&mut self) -> Result<(), PowerLost> {
        if self.access() & COUNTER_ON == 0 || self.now.counted {
            return Ok(());
        }
        self.now.counted = true;
        self.image
            .write(|image| image.counter = (image.counter + 1).min(COUNTER_END))
    }

    fn read_counter(&self) -> Result<ChipReply, No> {
        let access = self.access();
        let allowed = access & COUNTER_NEEDS_PASSWORD == 0 || self.now.authenticated;
        if access & COUNTER_ON == 0 || !allowed {
            return Err(No::Nak);
        }
        data(&self.image.counter.to_le_bytes()[..3])
    }

    fn password(&mut self, given: [u8; 4]) -> Result<ChipReply, No> {
        let limit = self.access() & FAILURE_LIMIT;
        let Some(config) = self.layout().config() else {
            return Err(No::Nak);
        };
        if limit != 0 && self.image.failures >= limit {
            return Err(No::Nak);
        }
        let place = (config + 2) * PAGE;
        if self.image.pages[place..place + PAGE] != given {
            if limit != 0 {
                self.image.write(|image| image.failures += 1)?;
            }
            return Err(No::Nak);
        }
        if self.image.failures != 0 {
            self.image.write(|image| image.failures = 0)?;
        }
        self.now.authenticated = true;
        let answer: [u8; 2] = [self.image.pages[place + 4], self.image.pages[place + 5]];
        data(&answer)
    }

    fn write(&mut self, page: u8, data: [u8; PAGE]) -> Result<ChipReply, No> {
        let page = usize::from(page);
        let layout = self.layout();
        let config_page = layout.config();
        let frozen = self.access() & CONFIG_LOCK != 0
            && config_page.is_some_and(|first| (first..first + 2).contains(&page));
        let locked = static_locked(&self.image.pages, page)
            || layout
                .locks
                .is_some_and(|locks| locks.locked(&self.image.pages, page));
        if !(2..layout.pages).contains(&page) || self.protected(page) || locked || frozen {
            return Err(No::Nak);
        }
        self.image.write(|image| match page {
            2 => write_static(&mut image.pages, data),
            // One-time programmable: bits are only set.
            3 => (0..PAGE).for_each(|index| image.pages[12 + index] |= data[index]),
            _ => match layout.locks {
                Some(locks) if locks.page == page => locks.write(&mut image.pages, data),
                _ => image.pages[page * PAGE..(page + 1) * PAGE].copy_from_slice(&data),
            },
        })?;
        Ok(ChipReply::Ack)
    }
}

fn data(bytes: &[u8]) -> Result<ChipReply, No> {
    Ok(ChipReply::Data(bytes.to_vec()))
}

impl Chip for Ntag21x {
    fn activation(&self) -> Activation {
        Activation::TypeA {
            atqa: [0x00, 0x44],
            sak: 0x00,
            uid: self.image.uid.clone(),
            ats: None,
        }
    }

    fn power(&mut self, on: bool) {
        self.powered = on;
        self.now = Volatile::default();
    }

    fn activate(&mut self) {
        self.now.active = true;
        self.now.authenticated = false;
        self.now.awaits_data_for = None;
    }

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        if !(self.powered && self.now.active) {
            return ChipReply::Silence;
        }
        let reply = self.frame(frame).unwrap_or_else(|no| match no {
            No::Nak => ChipReply::Nak,
            No::Dead => {
                self.power(false);
                ChipReply::Dead
            }
        });
        if !matches!(reply, ChipReply::Data(_) | ChipReply::Ack) {
            self.now.active = false;
            self.now.authenticated = false;
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
        CardImage::Ntag21x(self.image.clone())
    }
}

#[cfg(test)]
#[path = "ntag21x_tests.rs"]
mod tests;
