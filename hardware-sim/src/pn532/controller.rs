//! The chip's commands (PN532 user manual, chapter 7), one host, up to two targets.
//!
//! It knows no line and no bench: commands come in, answers go out, cards are behind [`Field`].

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::field::{Field, Lying};
use super::status::{self, Status};
use super::targets::Target;

/// IC 32 (PN532), version 1.6, with ISO 14443 A and B and FeliCa: what boards on sale say.
const FIRMWARE: [u8; 4] = [0x32, 0x01, 0x06, 0x07];
/// The unit of InAutoPoll's period.
const POLL_UNIT: Duration = Duration::from_millis(150);
/// SetParameters: RATS is sent to cards that know it.
const AUTOMATIC_RATS: u8 = 0x10;
/// Parameters after a reset: automatic ATR_RES and RATS.
const RESET_PARAMETERS: u8 = 0x14;

/// What the chip does with a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This answer, after so long: response code and data.
    Answer(Vec<u8>, Duration),
    /// No answer yet: ask again with [`Controller::again`] while nothing else comes.
    Waiting,
    /// The syntax error frame.
    SyntaxError,
}

/// A search for cards that goes on until one comes.
#[derive(Debug)]
struct Search {
    command: Vec<u8>,
    /// `None`: until the host ends it.
    until: Option<Instant>,
}

/// The chip.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) registers: BTreeMap<u16, u8>,
    pub(super) parameters: u8,
    pub(super) is_powered: bool,
    /// How often a passive activation is tried again; FF is without end.
    pub(super) activation_retries: u8,
    /// Logical targets 1 and 2.
    pub(super) targets: [Option<Target>; 2],
    /// Cards that were deselected or released: they answer a wake-up only.
    pub(super) halted: Vec<Lying>,
    /// Data of InDataExchange that is not complete yet.
    pub(super) outgoing: Vec<u8>,
    /// The rest of an answer that was too long for one frame.
    pub(super) incoming: Vec<u8>,
    search: Option<Search>,
}

impl Controller {
    pub(super) fn new() -> Self {
        Self {
            registers: BTreeMap::new(),
            parameters: RESET_PARAMETERS,
            is_powered: false,
            activation_retries: 0xFF,
            targets: [None, None],
            halted: Vec::new(),
            outgoing: Vec::new(),
            incoming: Vec::new(),
            search: None,
        }
    }

    /// One command, without its direction byte.
    pub(super) fn command(
        &mut self,
        field: &mut dyn Field,
        command: &[u8],
        now: Instant,
    ) -> Outcome {
        self.search = None;
        match *command {
            [0x4A, ref what @ ..] => self.list(field, what),
            [0x60, polls, period, ref types @ ..] if !types.is_empty() => {
                self.auto_poll(field, polls, period, types, now)
            }
            [0x40, target, ref data @ ..] => self.data_exchange(field, target, data),
            [0x42, ref frame @ ..] => self.communicate_thru(field, frame),
            _ => match self.at_once(field, command) {
                Some(answer) => Outcome::Answer(answer, Duration::ZERO),
                None => Outcome::SyntaxError,
            },
        }
    }

    /// Goes on with what is [`Outcome::Waiting`].
    pub(super) fn again(&mut self, field: &mut dyn Field, now: Instant) -> Outcome {
        let Some(search) = self.search.take() else {
            return Outcome::SyntaxError;
        };
        let outcome = match *search.command {
            [0x60, _, _, ref types @ ..] if search.until.is_none_or(|end| now < end) => {
                match self.poll_once(field, types) {
                    Some(answer) => Outcome::Answer(answer, Duration::ZERO),
                    None => Outcome::Waiting,
                }
            }
            [0x60, ..] => Outcome::Answer(vec![0x61, 0x00], Duration::ZERO),
            [_, ref what @ ..] => return self.list(field, what),
            [] => Outcome::SyntaxError,
        };
        if outcome == Outcome::Waiting {
            self.search = Some(search);
        }
        outcome
    }

    /// The host ended what is under way.
    pub(super) fn abort(&mut self) {
        self.search = None;
    }

    /// Whether cards that know ISO 14443-4 are taken there.
    pub(super) fn takes_to_part4(&self) -> bool {
        self.parameters & AUTOMATIC_RATS != 0
    }

    /// Switches the carrier. Without it nothing is selected any more.
    pub(super) fn power(&mut self, field: &mut dyn Field, on: bool) {
        if on == self.is_powered {
            return;
        }
        self.is_powered = on;
        field.power(on);
        self.targets = [None, None];
        self.halted.clear();
    }

    fn list(&mut self, field: &mut dyn Field, what: &[u8]) -> Outcome {
        let [most @ 1..=2, kind, ref wanted @ ..] = *what else {
            return Outcome::SyntaxError;
        };
        let found = self.find(field, kind, usize::from(most), wanted);
        if found.is_empty() && self.activation_retries == 0xFF {
            let command = [&[0x4A], what].concat();
            self.search = Some(Search {
                command,
                until: None,
            });
            return Outcome::Waiting;
        }
        let mut answer = vec![0x4B, found.len() as u8];
        found
            .into_iter()
            .for_each(|target| answer.extend(target.data));
        Outcome::Answer(answer, Duration::ZERO)
    }

    fn auto_poll(
        &mut self,
        field: &mut dyn Field,
        polls: u8,
        period: u8,
        types: &[u8],
        now: Instant,
    ) -> Outcome {
        if let Some(answer) = self.poll_once(field, types) {
            return Outcome::Answer(answer, Duration::ZERO);
        }
        let turns = u32::from(polls) * u32::from(period) * types.len() as u32;
        let until = (polls != 0xFF).then(|| now + POLL_UNIT * turns);
        let command = [&[0x60, polls, period], types].concat();
        self.search = Some(Search { command, until });
        Outcome::Waiting
    }

    /// One round of InAutoPoll: all targets of the first type that has some.
    fn poll_once(&mut self, field: &mut dyn Field, types: &[u8]) -> Option<Vec<u8>> {
        types.iter().find_map(|wanted| {
            let found = self.find(field, wanted & 0x0F, 2, &[]);
            let fits = |is_part4: bool| match wanted {
                0x10 => !is_part4,
                0x20 => is_part4,
                _ => true,
            };
            if found.is_empty() || !found.iter().all(|target| fits(target.is_part4)) {
                return None;
            }
            let mut answer = vec![0x61, found.len() as u8];
            for target in found {
                let kind = match (wanted & 0x0F, target.is_part4) {
                    (0x00, true) => 0x20,
                    (speed, _) => 0x10 | speed,
                };
                answer.extend([kind, target.data.len() as u8]);
                answer.extend(target.data);
            }
            Some(answer)
        })
    }

    /// Commands that are answered at once. `None` is a syntax error.
    fn at_once(&mut self, field: &mut dyn Field, command: &[u8]) -> Option<Vec<u8>> {
        let (code, data) = command.split_first()?;
        let content = match (*code, data) {
            (0x00, test) => self.diagnose(field, test)?,
            (0x02, []) => FIRMWARE.to_vec(),
            (0x04, []) => self.general_status(),
            (0x06, addresses) => self.read_registers(addresses)?,
            (0x08, triples) => self.write_registers(triples)?,
            // The pins of a board with nothing on them.
            (0x0C, []) => vec![0x3F, 0x07, 0x03],
            // GPIO, baud rate (a pseudo terminal has none), SAM: nothing to be done for them.
            (0x0E, [_, _]) | (0x10, [_]) | (0x14, [_, ..]) => Vec::new(),
            (0x12, [parameters]) => {
                self.parameters = *parameters;
                Vec::new()
            }
            (0x16, [_, ..]) => {
                self.power(field, false);
                vec![status::OK.0]
            }
            (0x32, [item, values @ ..]) => {
                self.configure(field, *item, values);
                Vec::new()
            }
            (0x44, [target]) => vec![self.deselect(*target, false).0],
            (0x52, [target]) => vec![self.deselect(*target, true).0],
            (0x54 | 0x4E, [target, ..]) => vec![self.known(*target).0],
            // NFCIP-1: no other device is near.
            (0x50 | 0x56 | 0x46, _) => vec![status::TIME_OUT.0],
            _ => return None,
        };
        Some([&[code + 1], content.as_slice()].concat())
    }

    fn diagnose(&mut self, field: &mut dyn Field, test: &[u8]) -> Option<Vec<u8>> {
        match test {
            // The line: whatever was sent comes back.
            [0x00, ..] => Some(test.to_vec()),
            [0x01 | 0x02 | 0x07, ..] => Some(vec![status::OK.0]),
            // Whether the first target is still there.
            [0x06] => Some(vec![self.is_present(field).0]),
            _ => None,
        }
    }

    fn is_present(&mut self, field: &mut dyn Field) -> Status {
        match &self.targets[0] {
            Some(target) if field.cards().iter().any(|(card, _)| *card == target.card) => {
                status::OK
            }
            Some(_) => status::TIME_OUT,
            None => status::WRONG_CONTEXT,
        }
    }

    fn general_status(&self) -> Vec<u8> {
        let mut content = vec![0x00, u8::from(self.is_powered)];
        let targets: Vec<u8> = (1u8..=2)
            .zip(&self.targets)
            .filter_map(|(number, target)| {
                let kind = target.as_ref()?.kind;
                Some([number, kind, kind, if kind == 0 { 0x00 } else { 0x10 }])
            })
            .flatten()
            .collect();
        content.push((targets.len() / 4) as u8);
        content.extend(targets);
        content.push(0x80);
        content
    }

    fn read_registers(&self, addresses: &[u8]) -> Option<Vec<u8>> {
        let pairs = addresses.chunks(2).map(|pair| {
            let address = u16::from_be_bytes(pair.try_into().ok()?);
            Some(self.registers.get(&address).copied().unwrap_or(0))
        });
        pairs.collect()
    }

    fn write_registers(&mut self, triples: &[u8]) -> Option<Vec<u8>> {
        for triple in triples.chunks(3) {
            let [high, low, value] = <[u8; 3]>::try_from(triple).ok()?;
            self.registers
                .insert(u16::from_be_bytes([high, low]), value);
        }
        Some(Vec::new())
    }

    fn configure(&mut self, field: &mut dyn Field, item: u8, values: &[u8]) {
        match (item, values) {
            (0x01, [switch]) => self.power(field, switch & 0x01 != 0),
            (0x05, [_, _, activations]) => self.activation_retries = *activations,
            // Time-outs and analogue settings change nothing that can be seen here.
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "controller_tests.rs"]
mod tests;
