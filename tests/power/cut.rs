//! What a power cut leaves: one of the states that the disk may be in at a moment, drawn by chance.
//!
//! Assumed of the disk is what SQLite assumes (powersafe overwrite): bytes that nobody wrote stay as they
//! were. Everything else may be: writes arrive whole, torn, not at all and in any order; a file may have
//! grown before what belongs there arrived, and hold zeros or remains of something else there.

use crate::tape::{Moment, Pending, Platter, put};
use std::collections::BTreeMap;
use tillside_tests::Chance;

/// Files and what they hold.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How the writes that were on their way came out.
#[derive(Clone, Copy, Debug)]
enum Came {
    Nothing,
    Everything,
    /// The first ones, the last of those torn at any byte.
    First,
    /// Some writes, each whole.
    Some,
    /// Some pieces of this many bytes.
    Pieces(usize),
    /// All pieces of this many bytes but one.
    AllButOne(usize),
}

/// Draws a state.
pub fn draw(moment: &Moment, chance: &mut Chance) -> Files {
    let names = match chance.below(2) {
        0 => &moment.certain,
        _ => &moment.present,
    };
    let mut files = Files::new();
    for (name, inode) in names {
        files.insert(name.clone(), file(&moment.files[*inode], chance));
    }
    files
}

fn file(file: &Platter, chance: &mut Chance) -> Vec<u8> {
    let mut content = file.certain.clone();
    if file.pending.is_empty() {
        return content;
    }
    let came = match chance.below(9) {
        0 => Came::Nothing,
        1 => Came::Everything,
        2 | 3 => Came::First,
        4 => Came::Some,
        5 => Came::Pieces(512),
        6 => Came::Pieces(4096),
        7 => Came::AllButOne(512),
        _ => Came::AllButOne(4096),
    };
    // What the file would be if it had grown first.
    let grown = match chance.below(3) {
        0 => None,
        1 => Some(0),
        _ => Some(1 + chance.below(255) as u8),
    };
    if let Some(fill) = grown {
        let end = file.pending.iter().filter_map(end).max().unwrap_or(0);
        if content.len() < end {
            content.resize(end, fill);
        }
    }
    arrive(&file.pending, came, &mut content, chance);
    content
}

fn end(change: &Pending) -> Option<usize> {
    match change {
        Pending::Write { offset, data } => Some(offset + data.len()),
        Pending::Truncate(_) => None,
    }
}

fn arrive(pending: &[Pending], came: Came, content: &mut Vec<u8>, chance: &mut Chance) {
    match came {
        Came::Nothing => {}
        Came::Everything => pending.iter().for_each(|change| change.reach(content)),
        Came::First => {
            let (all, last) = pending.split_at(below(chance, pending.len()));
            all.iter().for_each(|change| change.reach(content));
            if let Some(Pending::Write { offset, data }) = last.first() {
                put(content, *offset, &data[..below(chance, data.len())]);
            }
        }
        Came::Some => {
            for change in pending {
                if chance.below(2) == 1 {
                    change.reach(content);
                }
            }
        }
        Came::Pieces(size) => in_pieces(pending, size, content, |_| chance.below(2) == 1),
        Came::AllButOne(size) => {
            let mut count = 0;
            in_pieces(pending, size, &mut content.clone(), |_| {
                count += 1;
                true
            });
            let missing = below(chance, count);
            in_pieces(pending, size, content, |number| number != missing);
        }
    }
}

/// Pieces as a disk has them: they begin at multiples of their size in the file.
fn in_pieces(
    pending: &[Pending],
    size: usize,
    content: &mut Vec<u8>,
    mut arrives: impl FnMut(usize) -> bool,
) {
    let mut number = 0;
    for change in pending {
        let Pending::Write { offset, data } = change else {
            if arrives(number) {
                change.reach(content);
            }
            number += 1;
            continue;
        };
        let mut at = 0;
        while at < data.len() {
            let end = data.len().min(at + size - (offset + at) % size);
            if arrives(number) {
                put(content, offset + at, &data[at..end]);
            }
            (number, at) = (number + 1, end);
        }
    }
}

fn below(chance: &mut Chance, limit: usize) -> usize {
    usize::try_from(chance.below(limit as u64)).unwrap_or(0)
}
