//! What the protocols' tests share: a reader with a chip on it that is a function, the chain's keys,
//! and answers that are damaged in every way a line can.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::{
    CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind, aes_cmac,
};

use crate::{AuthenticatedIdentity, ChainKeys, IdentityError};

pub(crate) const ACR122: &str = "ACS ACR122U PICC Interface 00 00";
pub(crate) const ACR1252: &str = "ACS ACR1252 1S CL Reader PICC 00 00";

/// A reader whose card answers as `chip` says.
pub(crate) struct Bench<F> {
    pub(crate) reader: &'static str,
    pub(crate) chip: F,
    pub(crate) commands: usize,
}

impl<F: FnMut(&[u8]) -> Vec<u8>> Bench<F> {
    pub(crate) fn new(reader: &'static str, chip: F) -> Self {
        Self {
            reader,
            chip,
            commands: 0,
        }
    }
}

impl<F: FnMut(&[u8]) -> Vec<u8>> CardSession for Bench<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.commands += 1;
        let answer = (self.chip)(command);
        if answer.len() < 2 {
            return Err(ReaderError::CardGone {
                reader: self.reader.into(),
                source: None,
            });
        }
        Ok(answer)
    }
    fn atr(&self) -> &[u8] {
        &[]
    }
    fn reader(&self) -> &str {
        self.reader
    }
}

/// How the readers carry raw frames: their commands unwrapped, the chip's answers wrapped. A chip that
/// said no (nothing, or a NAK of one byte) is deaf until it is activated again.
pub(crate) fn raw(
    mut chip: impl FnMut(&[u8]) -> Vec<u8>,
    uid: Vec<u8>,
) -> impl FnMut(&[u8]) -> Vec<u8> {
    let mut deaf = false;
    let mut hear = move |frame: &[u8], activated: bool| {
        if activated {
            deaf = false;
            return Vec::new();
        }
        let answer = if deaf { Vec::new() } else { chip(frame) };
        deaf = answer.len() < 2;
        answer
    };
    move |command| match command {
        [0xFF, 0xCA, ..] => [&uid, &[0x90, 0][..]].concat(),
        [0xFF, 0x00, 0, 0, _, 0xD4, 0x42, frame @ ..] => match hear(frame, false).as_slice() {
            [] => vec![0xD5, 0x43, 0x01, 0x90, 0],
            data => [&[0xD5, 0x43, 0], data, &[0x90, 0]].concat(),
        },
        [0xFF, 0x00, 0, 0, _, 0xD4, 0x4A, ..] => {
            hear(&[], true);
            vec![0xD5, 0x4B, 1, 1, 0x90, 0]
        }
        [0xFF, 0xC2, 0, 0, ..] => {
            hear(&[], true);
            vec![0xC0, 3, 0, 0x90, 0, 0x90, 0]
        }
        [0xFF, 0xC2, 0, 1, _, 0x95, _, frame @ ..] => match hear(frame, false).as_slice() {
            [] => vec![0xC0, 3, 1, 0x64, 1, 0x90, 0],
            data => {
                let length = u8::try_from(data.len()).unwrap();
                [&[0xC0, 3, 0, 0x90, 0, 0x97, length], data, &[0x90, 0]].concat()
            }
        },
        _ => vec![0x6D, 0x00],
    }
}

/// A vault whose master key of version n is n in all 16 bytes, for every role of `roles`.
#[derive(Debug)]
pub(crate) struct Masters(pub(crate) Vec<HeldKey>);

impl Masters {
    pub(crate) fn of(role: KeyRole, versions: &[u8]) -> Self {
        let held = |version: &u8| HeldKey {
            role,
            version: *version,
        };
        Self(versions.iter().map(held).collect())
    }
}

impl KeyVault for Masters {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }
    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        Ok(self.0.clone())
    }
    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        if !self.0.contains(&HeldKey { role, version }) {
            return Err(VaultError::NotHeld { role, version });
        }
        Ok(CardKey::new(aes_cmac(&[version; 16], input.message())))
    }
}

pub(crate) fn chain(vault: &Masters) -> ChainKeys<'_> {
    ChainKeys {
        vault,
        aid: [0xF4, 0x84, 0xE0],
        system_id: b"Tillside",
    }
}

/// The key that the card with `uid` has, as the personalisation desk computes it.
pub(crate) fn issued(role: KeyRole, version: u8, uid: &[u8]) -> [u8; 16] {
    let vault = Masters::of(role, &[version]);
    *chain(&vault).card_key(role, version, uid).unwrap().bytes()
}

/// A small generator (xorshift64*): the same seed, the same damage.
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap() % limit
    }

    pub(crate) fn damage(&mut self, answer: &mut Vec<u8>) {
        let byte = u8::try_from(self.below(256)).unwrap();
        let at = self.below(answer.len().max(1));
        match self.below(8) {
            0..=2 if !answer.is_empty() => answer[at] ^= 1 << (byte & 7),
            3 if !answer.is_empty() => answer[at] = byte,
            4 => answer.truncate(at),
            5 => answer.insert(at.min(answer.len()), byte),
            6 => answer.extend(std::iter::repeat_n(byte, self.below(300))),
            _ => answer.drain(..at.min(answer.len())).for_each(drop),
        }
    }
}

/// Runs `identify` on chips whose answers are damaged, `times` times. It may fail, or find what the
/// whole card is: never anything else, and never panic. See [`rounds`].
pub(crate) fn survives_damage<C: FnMut(&[u8]) -> Vec<u8>>(
    times: usize,
    reader: &'static str,
    mut chip: impl FnMut() -> C,
    mut identify: impl FnMut(&mut dyn CardSession) -> Result<AuthenticatedIdentity, IdentityError>,
) {
    let true_identity = identify(&mut Bench::new(reader, chip())).unwrap();
    let (times, chosen, mut seed) = rounds(times);
    let (mut refused, mut found) = (0, 0);
    for round in 0..times {
        let mut whole = chip();
        let (hit, mut count) = (seed.below(7), 0);
        let mut bench = Bench::new(reader, |command: &[u8]| {
            let mut answer = whole(command);
            if count == hit {
                seed.damage(&mut answer);
            }
            count += 1;
            answer
        });
        match identify(&mut bench) {
            Ok(identity) => {
                assert_eq!(
                    identity, true_identity,
                    "round {round} of seed {chosen}: a forgery was accepted"
                );
                found += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        refused > times / 3,
        "{refused} of {times} refused: nothing was damaged"
    );
    assert!(found > 0, "nothing was found at all: the chip is broken");
}

/// How often to damage answers, and with which seed: `TILLSIDE_DAMAGED_CARDS` in the environment asks for
/// another number of times, `TILLSIDE_SEED` for other damage.
pub(crate) fn rounds(times: usize) -> (usize, u64, Seed) {
    let asked = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().expect("a number"))
    };
    let times = asked("TILLSIDE_DAMAGED_CARDS").map_or(times, |times| times.try_into().unwrap());
    let chosen = asked("TILLSIDE_SEED").unwrap_or(20);
    (times, chosen, Seed(0x7111_51DE ^ (chosen << 32)))
}

/// One file of public vectors.
pub(crate) fn vector(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The bytes of a hex string.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap().as_bytes();
    data_encoding::HEXUPPER_PERMISSIVE.decode(text).unwrap()
}
