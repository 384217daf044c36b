//! The chips: what a card answers, and what it remembers. They know no reader and no fault but the
//! loss of power.
//!
//! Each kind is a module that implements [`Chip`] and has an image of its memory, from which it can
//! be made again. A kind is added in three lines: its module, its image, its way to be made.

mod aes_modes;
#[cfg(test)]
mod card_tests;
mod chance;
mod classic;
mod desfire;
mod felica;
mod hex_text;
mod locks;
pub(crate) mod ndef;
mod nonvolatile;
mod ntag21x;
mod ntag21x_model;
mod ntag424;
mod ultralight_aes;
mod ultralight_aes_memory;
#[cfg(test)]
pub(crate) mod vectors;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::card::{CardSpec, ChipKind};
use ntag21x_model::Model;

/// What a chip says to a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ChipReply {
    /// Bytes, their CRC already taken off by the reader.
    Data(Vec<u8>),
    /// Four bits: A for done.
    Ack,
    /// Four bits that say no. The chip falls back to idle.
    Nak,
    /// Nothing.
    Silence,
    /// Power was lost while it worked: nothing now, and nothing until it has power again.
    Dead,
}

/// How a chip shows itself to a reader that looks for cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Activation {
    /// ISO 14443 type A.
    TypeA {
        /// The higher byte first.
        atqa: [u8; 2],
        sak: u8,
        /// The real one, or a random one of 4 bytes.
        uid: Vec<u8>,
        /// With its length in front; a chip that has none speaks no ISO 14443-4.
        ats: Option<Vec<u8>>,
    },
    /// JIS X 6319-4.
    Felica {
        idm: [u8; 8],
        pmm: [u8; 8],
        systems: Vec<u16>,
    },
}

impl Activation {
    /// The number that a reader names the card by.
    pub(crate) fn uid(&self) -> &[u8] {
        match self {
            Self::TypeA { uid, .. } => uid,
            Self::Felica { idm, .. } => idm,
        }
    }
}

/// Where power is lost at the next write to memory that outlives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "faults and saved cards of the bench come next")]
pub(crate) enum Tear {
    BeforeWrite,
    AfterWrite,
}

/// A chip with its memory and its state.
#[allow(dead_code, reason = "faults and saved cards of the bench come next")]
pub(crate) trait Chip: Send + Debug {
    /// What an anticollision or a polling shows.
    fn activation(&self) -> Activation;
    /// Field on or off: what is not remembered is gone. A random UID is drawn anew at each power-on.
    fn power(&mut self, on: bool);
    /// It is selected (again).
    fn activate(&mut self);
    /// A frame of ISO 14443-3 without its CRC, or of FeliCa with its length.
    fn raw(&mut self, frame: &[u8]) -> ChipReply;
    /// What a block of ISO 14443-4 carries; silence from chips that do not speak it.
    fn apdu(&mut self, apdu: &[u8]) -> ChipReply;
    /// One-shot: power is lost at the next write.
    fn arm(&mut self, tear: Tear);
    /// All that it remembers without power, keys too.
    fn save(&self) -> CardImage;
}

/// What a card remembers without power: enough to make it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "chip", rename_all = "kebab-case")]
pub(crate) enum CardImage {
    Classic(classic::Image),
    Desfire(Box<desfire::Image>),
    Felica(Box<felica::Image>),
    Ntag21x(ntag21x::Image),
    Ntag424(Box<ntag424::Image>),
    UltralightAes(ultralight_aes_memory::Image),
}

/// A card as it comes out of its box, in the field.
pub(crate) fn make(spec: &CardSpec) -> Box<dyn Chip> {
    let mut image = fresh(spec);
    if let Some(message) = spec.address.as_deref().and_then(ndef::message) {
        ndef::put(&mut image, &message);
    }
    load(image)
}

/// The card that was saved, in the field.
pub(crate) fn load(image: CardImage) -> Box<dyn Chip> {
    match image {
        CardImage::Classic(image) => Box::new(classic::Classic::load(image)),
        CardImage::Desfire(image) => Box::new(desfire::Desfire::load(*image)),
        CardImage::Felica(image) => Box::new(felica::Felica::load(*image)),
        CardImage::Ntag21x(image) => Box::new(ntag21x::Ntag21x::load(image)),
        CardImage::Ntag424(image) => Box::new(ntag424::Ntag424::load(*image)),
        CardImage::UltralightAes(image) => Box::new(ultralight_aes::UltralightAes::load(image)),
    }
}

fn fresh(spec: &CardSpec) -> CardImage {
    let uid = spec.uid.as_slice();
    let pages = |model| CardImage::Ntag21x(ntag21x::Image::fresh(model, uid));
    match spec.chip {
        ChipKind::Ntag213 => pages(Model::Ntag213),
        ChipKind::Ntag215 => pages(Model::Ntag215),
        ChipKind::Ntag216 => pages(Model::Ntag216),
        ChipKind::Ultralight => pages(Model::Ultralight),
        ChipKind::UltralightAes => {
            CardImage::UltralightAes(ultralight_aes_memory::Image::fresh(uid))
        }
        ChipKind::Ntag424 => CardImage::Ntag424(Box::new(ntag424::Image::fresh(sized(uid)))),
        ChipKind::FelicaLiteS => CardImage::Felica(Box::new(felica::Image::fresh(sized(uid)))),
        ChipKind::DesfireEv2 => {
            CardImage::Desfire(Box::new(desfire::Image::fresh(sized(uid), false)))
        }
        ChipKind::DesfireEv3 => {
            CardImage::Desfire(Box::new(desfire::Image::fresh(sized(uid), true)))
        }
        ChipKind::Classic => CardImage::Classic(classic::Image::classic(uid)),
        ChipKind::Uid => CardImage::Classic(classic::Image::bare(uid)),
    }
}

/// A UID of exactly this length; a [`CardSpec`] was checked for it when it was read.
fn sized<const N: usize>(uid: &[u8]) -> [u8; N] {
    std::array::from_fn(|index| uid.get(index).copied().unwrap_or(0))
}
