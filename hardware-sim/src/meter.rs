//! A chip with a meter between it and its reader: what went over the air.
//!
//! It changes nothing but one thing: an answer that is not to be heard never reaches the reader.

use std::collections::VecDeque;

use crate::air::{AirKind, AirStep, card_time};
use crate::card::ChipKind;
use crate::chip::{Activation, CardImage, Chip, ChipReply, Tear};

/// What is remembered of a card between two commands.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    steps: VecDeque<AirStep>,
    /// The command before, for what AF goes on with.
    before: u8,
}

impl Reading {
    /// What went over the air since this was asked last.
    pub(crate) fn take(&mut self) -> Vec<AirStep> {
        std::mem::take(&mut self.steps).into()
    }
}

/// The chip as its reader sees it during one command.
#[derive(Debug)]
pub(crate) struct Metered<'c> {
    pub(crate) chip: &'c mut dyn Chip,
    pub(crate) kind: ChipKind,
    pub(crate) reading: &'c mut Reading,
    /// The chip works, and its answers are lost on their way.
    pub(crate) is_unheard: bool,
}

impl Metered<'_> {
    fn heard(&mut self, kind: AirKind, command: &[u8], reply: ChipReply) -> ChipReply {
        let code = match *command {
            [0x90 | 0x00, code, 0x00, 0x00, ..] | [0x00, code, ..] if is_block(kind) => code,
            [_, code, ..] if kind == AirKind::Felica => code,
            [code, ..] => code,
            [] => 0,
        };
        let before = std::mem::replace(&mut self.reading.before, code);
        let received = match &reply {
            ChipReply::Data(data) => data.len(),
            _ => 0,
        };
        self.reading.steps.push_back(AirStep {
            kind,
            sent: bounded(command.len()),
            received: bounded(received),
            nibble: matches!(reply, ChipReply::Ack | ChipReply::Nak),
            guard: 0,
            card_us: card_time::of(self.kind, code, before),
        });
        match reply {
            ChipReply::Dead => ChipReply::Dead,
            _ if self.is_unheard => ChipReply::Silence,
            reply => reply,
        }
    }
}

fn is_block(kind: AirKind) -> bool {
    matches!(kind, AirKind::Block64 | AirKind::Block256)
}

fn bounded(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The card's largest frame is in the low nibble of an ATS' second byte: 8 is 256, 5 is 64. Any
/// other is taken as 64.
fn block_of(activation: &Activation) -> AirKind {
    match activation {
        Activation::TypeA { ats: Some(ats), .. } if ats.get(1).is_some_and(|t0| t0 & 0x0F >= 8) => {
            AirKind::Block256
        }
        _ => AirKind::Block64,
    }
}

/// SFGI: the low nibble of an ATS' TB, which T0 announces, behind TA if there is one.
fn guard_of(ats: &[u8]) -> u8 {
    let t0 = ats.get(1).copied().unwrap_or_default();
    let at = 2 + usize::from(t0 & 0x10 != 0);
    match t0 & 0x20 {
        0 => 0,
        _ => ats.get(at).map_or(0, |tb| tb & 0x0F),
    }
}

impl Chip for Metered<'_> {
    fn activation(&self) -> Activation {
        self.chip.activation()
    }

    fn power(&mut self, on: bool) {
        self.chip.power(on);
    }

    fn activate(&mut self) {
        if let Activation::TypeA { uid, ats, .. } = self.chip.activation() {
            // Of several in a row, for which there was no command, one counts.
            let last = self.reading.steps.back();
            if last.is_some_and(|step| step.kind == AirKind::Activation) {
                self.reading.steps.pop_back();
            }
            self.reading.steps.push_back(AirStep {
                kind: AirKind::Activation,
                sent: bounded(uid.len()),
                received: ats.as_ref().map_or(0, |ats| bounded(ats.len())),
                nibble: false,
                guard: ats.as_deref().map_or(0, guard_of),
                card_us: 0,
            });
        }
        self.chip.activate();
    }

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        let kind = match self.chip.activation() {
            Activation::TypeA { .. } => AirKind::Frame,
            Activation::Felica { .. } => AirKind::Felica,
        };
        let reply = self.chip.raw(frame);
        self.heard(kind, frame, reply)
    }

    fn apdu(&mut self, apdu: &[u8]) -> ChipReply {
        let kind = block_of(&self.chip.activation());
        let reply = self.chip.apdu(apdu);
        self.heard(kind, apdu, reply)
    }

    fn arm(&mut self, tear: Tear) {
        self.chip.arm(tear);
    }

    fn save(&self) -> CardImage {
        self.chip.save()
    }
}

#[cfg(test)]
mod tests {
    use super::guard_of;

    #[test]
    fn the_guard_is_in_tb_if_there_is_one() {
        assert_eq!(guard_of(&[0x06, 0x75, 0x77, 0x81, 0x02, 0x80]), 1);
        assert_eq!(guard_of(&[0x03, 0x25, 0x83]), 3);
        assert_eq!(guard_of(&[0x04, 0x55, 0x77, 0x02]), 0);
        assert_eq!(guard_of(&[0x02, 0x75]), 0);
        assert_eq!(guard_of(&[0x01]), 0);
    }
}
