//! Talking to a card: InDataExchange, which knows MIFARE and ISO 14443-4, and InCommunicateThru,
//! which sends what it is given.

use std::time::Duration;

use super::blocks::Step;
use super::controller::{Controller, Outcome};
use super::crc;
use super::field::{Field, Heard, Lying, Way};
use super::status::{self, Status};
use super::targets::{FELICA_212, FELICA_424, Target};
use crate::chip::ChipReply;

/// Registers of the contactless interface: modes of sending and receiving (bit 7: check sum; bits
/// 4-6: speed; bits 0-1: framing), the bits of the last byte sent, and of the last one received.
pub(super) const TX_MODE: u16 = 0x6302;
pub(super) const RX_MODE: u16 = 0x6303;
const BIT_FRAMING: u16 = 0x633D;
const CONTROL: u16 = 0x633C;
const WITH_CRC: u8 = 0x80;
const FRAMING: u8 = 0x03;

/// The most that one answer carries behind its status.
const LONGEST_ANSWER: usize = 262;
/// Or-ed to the number of a target: more data follows.
const MORE_FOLLOWS: u8 = 0x40;

/// What TX_MODE and RX_MODE hold after cards of this kind were looked for.
pub(super) fn framing_of(kind: u8) -> u8 {
    match kind {
        FELICA_212 => WITH_CRC | 0x12,
        FELICA_424 => WITH_CRC | 0x22,
        _ => WITH_CRC,
    }
}

impl Controller {
    pub(super) fn set_framing(&mut self, mode: u8) {
        self.registers.insert(TX_MODE, mode);
        self.registers.insert(RX_MODE, mode);
        self.registers.insert(BIT_FRAMING, 0);
        self.registers.insert(CONTROL, 0);
    }

    fn register(&self, address: u16) -> u8 {
        self.registers.get(&address).copied().unwrap_or(0)
    }

    /// InDataExchange with a logical target.
    pub(super) fn data_exchange(
        &mut self,
        field: &mut dyn Field,
        number: u8,
        data: &[u8],
    ) -> Outcome {
        let index = usize::from(number & !MORE_FOLLOWS).wrapping_sub(1);
        let Some(Some(target)) = self.targets.get(index).cloned() else {
            return said(0x41, status::WRONG_CONTEXT, &[], Duration::ZERO);
        };
        self.outgoing.extend_from_slice(data);
        if number & MORE_FOLLOWS != 0 {
            return said(0x41, status::OK, &[], Duration::ZERO);
        }
        let whole = std::mem::take(&mut self.outgoing);
        if whole.is_empty() && !self.incoming.is_empty() {
            return self.rest(Duration::ZERO);
        }
        self.wake(field, index);
        let (status, answer, delay) = if target.is_part4 {
            part4(field.exchange(target.card, Way::Part4, &whole))
        } else if target.kind == super::targets::TYPE_A {
            mifare(field, &target, &whole)
        } else {
            frame(field.exchange(target.card, Way::Frame, &whole))
        };
        if status != status::OK {
            return said(0x41, status, &[], delay);
        }
        self.incoming = answer;
        self.rest(delay)
    }

    /// The next part of a long answer.
    fn rest(&mut self, delay: Duration) -> Outcome {
        let length = self.incoming.len().min(LONGEST_ANSWER);
        let part: Vec<u8> = self.incoming.drain(..length).collect();
        let more = if self.incoming.is_empty() {
            0
        } else {
            status::MORE
        };
        said(0x41, Status(status::OK.0 | more), &part, delay)
    }

    /// A target that was deselected hears nothing until it is selected again.
    fn wake(&mut self, field: &mut dyn Field, index: usize) {
        if let Some(Some(target)) = self.targets.get_mut(index)
            && target.sleeps
        {
            target.sleeps = false;
            let card = target.card;
            self.halted.retain(|halted| *halted != card);
            field.activate(card);
        }
    }

    /// InCommunicateThru with the card that was activated last.
    pub(super) fn communicate_thru(&mut self, field: &mut dyn Field, sent: &[u8]) -> Outcome {
        let silence = said(0x43, status::TIME_OUT, &[], Duration::ZERO);
        let active = self.targets.iter().flatten().last().cloned();
        let Some(target) = active.filter(|target| !target.sleeps && self.is_powered) else {
            return silence;
        };
        let (tx, rx) = (self.register(TX_MODE), self.register(RX_MODE));
        // A card hears its own kind of frames only, and whole bytes.
        if (tx ^ framing_of(target.kind)) & FRAMING != 0 || self.register(BIT_FRAMING) & 0x07 != 0 {
            return silence;
        }
        let is_type_a = target.kind == super::targets::TYPE_A;
        let frame = match tx & WITH_CRC {
            0 if is_type_a => match crc::without_crc(sent) {
                Some(frame) => frame,
                None => return silence,
            },
            _ => sent,
        };
        let heard = self.through(field, &target, frame);
        self.receive(heard, is_type_a && rx & WITH_CRC == 0)
    }

    /// A frame to the active card, or a block of one that the host itself took to ISO 14443-4.
    fn through(&mut self, field: &mut dyn Field, target: &Target, frame: &[u8]) -> Heard {
        let said = |reply| Heard {
            reply,
            delay: Duration::ZERO,
            is_spoilt: false,
        };
        let ours = self.targets.iter_mut().flatten();
        let Some((ats, blocks)) = ours
            .filter(|known| known.card == target.card)
            .find_map(|known| known.blocks.as_mut())
        else {
            return field.exchange(target.card, Way::Frame, frame);
        };
        match blocks.frame(frame, ats) {
            Step::NotOurs => field.exchange(target.card, Way::Frame, frame),
            Step::Silence => said(ChipReply::Silence),
            Step::Reply(reply) => said(ChipReply::Data(reply)),
            Step::Deselected(reply) => {
                self.halt(target.card);
                said(ChipReply::Data(reply))
            }
            Step::Command(command) => {
                let mut heard = field.exchange(target.card, Way::Part4, &command);
                if let ChipReply::Data(data) = &mut heard.reply {
                    *data = blocks.answer(data);
                }
                heard
            }
        }
    }

    /// The card hears nothing until it is woken up.
    fn halt(&mut self, card: Lying) {
        let ours = self.targets.iter_mut().flatten();
        ours.filter(|target| target.card == card)
            .for_each(|target| target.sleeps = true);
        self.halted.push(card);
    }

    /// What the host gets of the card's answer; `with_crc` if the chip was told not to look at it.
    fn receive(&mut self, heard: Heard, with_crc: bool) -> Outcome {
        let bits = u8::from(matches!(heard.reply, ChipReply::Ack | ChipReply::Nak)) * 4;
        self.registers.insert(CONTROL, bits);
        let (status, content) = match heard.reply {
            ChipReply::Data(data) if with_crc && heard.is_spoilt => {
                (status::OK, crc::with_wrong_crc(&data))
            }
            ChipReply::Data(data) if with_crc => (status::OK, crc::with_crc(&data)),
            ChipReply::Data(_) if heard.is_spoilt => (status::CRC_ERROR, Vec::new()),
            ChipReply::Data(data) => (status::OK, data),
            ChipReply::Ack if with_crc => (status::OK, vec![0x0A]),
            ChipReply::Nak if with_crc => (status::OK, vec![0x00]),
            // Four bits have no check sum, so the chip finds it wrong.
            ChipReply::Ack | ChipReply::Nak => (status::CRC_ERROR, Vec::new()),
            _ => (status::TIME_OUT, Vec::new()),
        };
        said(0x43, status, &content, heard.delay)
    }
}

fn said(code: u8, status: Status, content: &[u8], delay: Duration) -> Outcome {
    Outcome::Answer([&[code, status.0], content].concat(), delay)
}

type Told = (Status, Vec<u8>, Duration);

fn part4(heard: Heard) -> Told {
    match heard.reply {
        ChipReply::Data(data) => (status::OK, data, heard.delay),
        _ => (status::TIME_OUT, Vec::new(), heard.delay),
    }
}

fn frame(heard: Heard) -> Told {
    match heard.reply {
        ChipReply::Data(_) if heard.is_spoilt => (status::CRC_ERROR, Vec::new(), heard.delay),
        ChipReply::Data(data) => (status::OK, data, heard.delay),
        ChipReply::Ack => (status::OK, Vec::new(), heard.delay),
        ChipReply::Nak => (status::INVALID_FRAME, Vec::new(), heard.delay),
        _ => (status::TIME_OUT, Vec::new(), heard.delay),
    }
}

/// The MIFARE commands that the chip knows by itself.
fn mifare(field: &mut dyn Field, target: &Target, data: &[u8]) -> Told {
    match data {
        // Authentication needs CRYPTO1, which no simulated card has.
        [0x60 | 0x61, ..] => (status::AUTHENTICATION, Vec::new(), Duration::ZERO),
        // A write of 16 bytes goes over in two steps.
        [0xA0, page, content @ ..] if content.len() == 16 => {
            let first = field.exchange(target.card, Way::Frame, &[0xA0, *page]);
            match first.reply {
                ChipReply::Ack => frame(field.exchange(target.card, Way::Frame, content)),
                _ => frame(first),
            }
        }
        _ => frame(field.exchange(target.card, Way::Frame, data)),
    }
}
