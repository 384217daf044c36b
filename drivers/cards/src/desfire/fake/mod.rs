//! A small DESFire card in memory, for this crate's own tests: what issue, identify and purse send, and no
//! more. The simulator's card, written from the documents alone, is the judge; this one is quick.
#![allow(clippy::unwrap_used)]

mod commands;
mod keys;
mod secured;

use std::collections::BTreeMap;

use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::transaction_mac::Tmi;
use tillside_keys::{CardKey, HeldKey, KeyRole};

use super::FileSettings;
use super::secure::Secure;
use crate::scheme::CardScheme;
use crate::script::{ACR122, Masters, Seed};

pub(crate) const UID: [u8; 7] = [0x04, 0x7A, 0x11, 0x51, 0xDE, 0x5F, 0x80];

/// What survives without power.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) uid: [u8; 7],
    pub(crate) hidden: bool,
    pub(crate) master: (Option<CardKey>, u8),
    pub(crate) settings: u8,
    pub(crate) app: Option<App>,
}

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) aid: [u8; 3],
    pub(crate) keys: Vec<(CardKey, u8)>,
    /// The other key set, and whether it is complete.
    pub(crate) next: Option<(Vec<(CardKey, u8)>, bool)>,
    /// What an initialised set holds: the active keys, or the factory's.
    pub(crate) starts_as_active: bool,
    pub(crate) files: BTreeMap<u8, File>,
}

#[derive(Clone, PartialEq)]
pub(crate) struct File {
    pub(crate) settings: FileSettings,
    pub(crate) bytes: Vec<u8>,
    pub(crate) value: i32,
    pub(crate) limited: i32,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) mac_key: Option<CardKey>,
    pub(crate) tmc: u32,
}

/// When the power goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Tear {
    /// The command of that number does not reach the card.
    Before(usize),
    /// Its answer is lost.
    After(usize),
}

pub(crate) struct Fake {
    pub(crate) memory: Memory,
    /// What the commands of a transaction did, until they are committed.
    mirror: Option<App>,
    selected: bool,
    session: Option<(u8, Secure)>,
    pass: Option<Pass>,
    tmi: Tmi,
    reader: Option<[u8; 16]>,
    debited: i32,
    more: Vec<Vec<u8>>,
    draws: u8,
    pub(crate) tear: Option<Tear>,
    pub(crate) commands: usize,
    pub(crate) sent: Vec<u8>,
    /// The answer of that number is damaged on its way.
    pub(crate) damaged: Option<(usize, Seed)>,
    /// How far a commit moves the counter: 1 on a card that is well.
    pub(crate) counts: u32,
    gone: bool,
}

enum Pass {
    Ev2 {
        first: bool,
        number: u8,
        key: CardKey,
        ours: [u8; 16],
    },
    Des([u8; 8]),
}

impl Fake {
    /// As it leaves the factory.
    pub(crate) fn new() -> Self {
        Self::of(Memory {
            uid: UID,
            hidden: false,
            master: (None, 0),
            settings: 0x0F,
            app: None,
        })
    }

    pub(crate) fn of(memory: Memory) -> Self {
        Self {
            memory,
            mirror: None,
            selected: false,
            session: None,
            pass: None,
            tmi: Tmi::new(),
            reader: None,
            debited: 0,
            more: Vec::new(),
            draws: 0,
            tear: None,
            commands: 0,
            sent: Vec::new(),
            damaged: None,
            counts: 1,
            gone: false,
        }
    }

    /// Held to the reader again.
    pub(crate) fn again(&mut self) {
        let memory = self.memory.clone();
        *self = Self::of(memory);
    }

    fn app(&mut self) -> &mut App {
        let stored = self.memory.app.as_ref().unwrap();
        self.mirror.get_or_insert_with(|| stored.clone())
    }

    fn drop_transaction(&mut self) {
        self.mirror = None;
        self.tmi = Tmi::new();
        self.reader = None;
        self.debited = 0;
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        match command {
            [0xFF, 0xCA, 0, 0, 0] if self.memory.hidden => vec![0x08, 1, 2, 3, 0x90, 0],
            [0xFF, 0xCA, 0, 0, 0] => [&self.memory.uid[..], &[0x90, 0]].concat(),
            [0x90, ins, 0, 0, 0] => self.status(*ins, &[]),
            [0x90, ins, 0, 0, length, data @ .., 0] if data.len() == usize::from(*length) => {
                self.status(*ins, data)
            }
            _ => vec![0x67, 0x00],
        }
    }

    fn status(&mut self, ins: u8, data: &[u8]) -> Vec<u8> {
        self.sent.push(ins);
        match self.command(ins, data) {
            Ok(mut answer) => {
                answer.extend([0x91, if self.more.is_empty() { 0 } else { 0xAF }]);
                answer
            }
            Err(0xAF) => Vec::new(),
            Err(status) => {
                self.drop_transaction();
                self.session = None;
                vec![0x91, status]
            }
        }
    }
}

impl CardSession for Fake {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let gone = || ReaderError::CardGone {
            reader: ACR122.into(),
            source: None,
        };
        if self.gone || self.tear == Some(Tear::Before(self.commands)) {
            self.gone = true;
            return Err(gone());
        }
        let mut answer = self.answer(command);
        let commands = self.commands;
        if let Some((_, seed)) = self.damaged.as_mut().filter(|(at, _)| *at == commands) {
            seed.damage(&mut answer);
        }
        self.gone = self.tear == Some(Tear::After(self.commands));
        self.commands += 1;
        match self.gone {
            true => Err(gone()),
            false => Ok(answer),
        }
    }
    fn atr(&self) -> &[u8] {
        &[0x3B, 0x81, 0x80, 0x01, 0x80, 0x80]
    }
    fn reader(&self) -> &str {
        ACR122
    }
}

pub(crate) fn scheme() -> CardScheme {
    CardScheme {
        aid: [0xF4, 0x84, 0xE0],
        system_id: b"Tillside".to_vec(),
        currency: *b"EUR",
        cap: 50_000,
        log_records: 10,
        key_version: 3,
    }
}

/// A vault with every role, in these versions.
pub(crate) fn desk(versions: &[u8]) -> Masters {
    of_roles(&KeyRole::ALL, versions)
}

pub(crate) fn of_roles(roles: &[KeyRole], versions: &[u8]) -> Masters {
    let held = |role: &KeyRole| {
        versions
            .iter()
            .map(|version| (*role, *version))
            .collect::<Vec<_>>()
    };
    let held = roles.iter().flat_map(held);
    Masters(
        held.map(|(role, version)| HeldKey { role, version })
            .collect(),
    )
}

/// Numbers that are new at each call, and the same in every run.
pub(crate) fn randoms(seed: u8) -> impl FnMut() -> [u8; 16] {
    let mut draw = 0_u8;
    move || {
        draw = draw.wrapping_add(1);
        std::array::from_fn(|at| seed ^ draw.wrapping_mul(37).wrapping_add(at as u8 * 11))
    }
}
