//! How a conversation is damaged: what a bad line does, and what somebody does who holds a card of the
//! chain, its old conversations and its neighbours', and no key.

use super::tape::{Heard, Plan, Tape};
use tillside_tests::Chance;

/// Status words that mean something to one of the protocols.
const STATUS: [[u8; 2]; 12] = [
    [0x91, 0x00],
    [0x91, 0xAF],
    [0x91, 0xAE],
    [0x91, 0x9D],
    [0x91, 0xEE],
    [0x91, 0xF0],
    [0x91, 0x40],
    [0x90, 0x00],
    [0x90, 0xAF],
    [0x63, 0x00],
    [0x69, 0x82],
    [0x6A, 0x82],
];
/// The longest that is put behind an answer.
const LONG: u64 = 300;

/// A number below `limit`.
pub fn below(chance: &mut Chance, limit: usize) -> usize {
    usize::try_from(chance.below(limit.max(1) as u64)).unwrap()
}

fn byte(chance: &mut Chance) -> u8 {
    u8::try_from(chance.below(256)).unwrap()
}

/// A plan that changes at least one answer of `tape`. `others` are conversations from which whole
/// answers can be taken.
pub fn plan<'a>(chance: &mut Chance, tape: &Tape, others: &'a [Tape]) -> Plan<'a> {
    loop {
        let plan = drawn(chance, tape, others);
        if plan.alters(tape) {
            return plan;
        }
    }
}

fn drawn<'a>(chance: &mut Chance, tape: &Tape, others: &'a [Tape]) -> Plan<'a> {
    let mut plan = Plan::default();
    let turns = tape.turns.len();
    match chance.below(16) {
        // Two places at once.
        0 => {
            for _ in 0..2 {
                let at = below(chance, turns);
                plan.changed.push((at, changed(chance, tape, at)));
            }
        }
        // From here on, another conversation.
        1 | 2 if !others.is_empty() => {
            let other = &others[below(chance, others.len())];
            let from = below(chance, turns);
            plan.spliced = Some((from, other));
        }
        // One answer of another conversation.
        3 | 4 if !others.is_empty() => {
            let other = &others[below(chance, others.len())];
            let at = below(chance, turns);
            let from = other.turns.get(at).or(other.turns.last()).unwrap();
            plan.changed.push((at, Heard::Bytes(from.answer.clone())));
        }
        // Two answers change places.
        5 => {
            let (one, two) = (below(chance, turns), below(chance, turns));
            for (at, from) in [(one, two), (two, one)] {
                let answer = tape.turns[from].answer.clone();
                plan.changed.push((at, Heard::Bytes(answer)));
            }
        }
        _ => {
            let at = below(chance, turns);
            plan.changed.push((at, changed(chance, tape, at)));
        }
    }
    plan
}

/// Another answer than the one at `at`.
fn changed(chance: &mut Chance, tape: &Tape, at: usize) -> Heard {
    let answer = &tape.turns[at].answer;
    let end = answer.len() - 2;
    match chance.below(24) {
        0 => Heard::Nothing,
        1 => Heard::Bytes(Vec::new()),
        // The answer before it, again.
        2 => Heard::Bytes(tape.turns[at.saturating_sub(1)].answer.clone()),
        // A status alone, or another one behind the same data.
        3 | 4 => Heard::Bytes(status(chance).to_vec()),
        5 | 6 => Heard::Bytes([&answer[..end], &status(chance)].concat()),
        // The data cut or extended, the status as it was.
        7 | 8 => Heard::Bytes([&answer[..below(chance, end)], &answer[end..]].concat()),
        9 | 10 => {
            let more = vec![byte(chance); below(chance, 40)];
            Heard::Bytes([&answer[..end], &more, &answer[end..]].concat())
        }
        _ => Heard::Bytes(spoilt(chance, answer.clone())),
    }
}

fn status(chance: &mut Chance) -> [u8; 2] {
    match chance.below(4) {
        0 => [byte(chance), byte(chance)],
        _ => STATUS[below(chance, STATUS.len())],
    }
}

/// Bytes as a bad line leaves them.
pub fn spoilt(chance: &mut Chance, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = below(chance, bytes.len());
    match chance.below(8) {
        0..=3 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
        4 if !bytes.is_empty() => bytes[at] = byte(chance),
        5 => bytes.truncate(at),
        6 => bytes.insert(at, byte(chance)),
        _ => {
            let more = usize::try_from(chance.below(LONG)).unwrap();
            bytes.extend(std::iter::repeat_n(byte(chance), more));
        }
    }
    bytes
}
