//! Finding cards and letting them go: InListPassiveTarget, InDeselect, InRelease.

use super::blocks::Blocks;
use super::controller::Controller;
use super::exchange::framing_of;
use super::field::{Field, Lying, Shown};
use super::status::{self, Status};

/// Kinds of InListPassiveTarget.
pub(super) const TYPE_A: u8 = 0x00;
pub(super) const FELICA_212: u8 = 0x01;
pub(super) const FELICA_424: u8 = 0x02;

/// Polling request without parameters: any system code, none wanted back.
const ANY_FELICA: [u8; 5] = [0x00, 0xFF, 0xFF, 0x00, 0x00];
/// First byte of an UID that goes on at the next cascade level.
const CASCADE: u8 = 0x88;

/// A logical target.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) card: Lying,
    /// One of the kinds above.
    pub(super) kind: u8,
    /// It was taken to ISO 14443-4.
    pub(super) is_part4: bool,
    /// It knows ISO 14443-4 and was not taken there: the host may do that itself.
    pub(super) blocks: Option<(Vec<u8>, Blocks)>,
    /// Deselected: it is woken up before the next exchange.
    pub(super) sleeps: bool,
}

/// A card that answered: which, its ATS if it has one, and what it showed.
type Candidate = (Lying, Option<Vec<u8>>, Vec<u8>);

/// A card that was found, with its part of the answer.
pub(super) struct Found {
    pub(super) is_part4: bool,
    /// Number of the target, then what the card showed.
    pub(super) data: Vec<u8>,
}

impl Controller {
    /// Looks for cards, and makes at most `most` of them targets. Those before are forgotten.
    pub(super) fn find(
        &mut self,
        field: &mut dyn Field,
        kind: u8,
        most: usize,
        wanted: &[u8],
    ) -> Vec<Found> {
        self.power(field, true);
        self.targets = [None, None];
        self.outgoing.clear();
        self.incoming.clear();
        let cards = field.cards();
        self.halted
            .retain(|halted| cards.iter().any(|(card, _)| card == halted));
        let shown = match kind {
            TYPE_A => self.type_a(cards, wanted),
            FELICA_212 | FELICA_424 => felica(field, cards, wanted),
            // No card of type B, no Jewel tag is simulated.
            _ => Vec::new(),
        };
        self.set_framing(framing_of(kind));
        let mut found = Vec::new();
        for (index, (card, ats, shown)) in shown.into_iter().take(most).enumerate() {
            field.activate(card);
            self.halted.retain(|halted| *halted != card);
            let is_part4 = ats.is_some() && self.takes_to_part4();
            self.targets[index] = Some(Target {
                card,
                kind,
                is_part4,
                blocks: ats
                    .filter(|_| !is_part4)
                    .map(|ats| (ats, Blocks::default())),
                sleeps: false,
            });
            let data = [&[index as u8 + 1], shown.as_slice()].concat();
            found.push(Found { is_part4, data });
        }
        found
    }

    /// Type A cards with what the answer says of each. Those that were not halted come first; if all
    /// were, they are woken up.
    fn type_a(&self, cards: Vec<(Lying, Shown)>, wanted: &[u8]) -> Vec<Candidate> {
        let mut fit: Vec<_> = cards
            .into_iter()
            .filter_map(|(card, shown)| match shown {
                Shown::TypeA {
                    atqa,
                    sak,
                    uid,
                    ats,
                } if wanted.is_empty() || wanted == uid || wanted == cascaded(&uid) => {
                    let mut data = vec![atqa[0], atqa[1], sak, uid.len() as u8];
                    data.extend(&uid);
                    if self.takes_to_part4() {
                        data.extend(ats.iter().flatten());
                    }
                    Some((card, ats, data))
                }
                _ => None,
            })
            .collect();
        if fit.iter().any(|(card, _, _)| !self.halted.contains(card)) {
            fit.retain(|(card, _, _)| !self.halted.contains(card));
        }
        fit
    }

    /// Lets a target go, 0 is all; `forget` it too.
    pub(super) fn deselect(&mut self, number: u8, forget: bool) -> Status {
        let chosen = match number {
            0 => 0..2,
            1 | 2 => usize::from(number) - 1..usize::from(number),
            _ => return status::WRONG_CONTEXT,
        };
        let mut known = number == 0;
        for slot in &mut self.targets[chosen] {
            if let Some(target) = slot {
                known = true;
                target.sleeps = true;
                self.halted.push(target.card);
            }
            if forget {
                *slot = None;
            }
        }
        if known {
            status::OK
        } else {
            status::WRONG_CONTEXT
        }
    }

    /// Whether there is such a target.
    pub(super) fn known(&self, number: u8) -> Status {
        match self.targets.get(usize::from(number).wrapping_sub(1)) {
            Some(Some(_)) => status::OK,
            _ => status::WRONG_CONTEXT,
        }
    }
}

/// FeliCa cards answer a polling themselves: length, response code 01, IDm, PMm, system code.
fn felica(field: &mut dyn Field, cards: Vec<(Lying, Shown)>, wanted: &[u8]) -> Vec<Candidate> {
    let request = if wanted.is_empty() {
        &ANY_FELICA
    } else {
        wanted
    };
    let frame = [&[request.len() as u8 + 1], request].concat();
    cards
        .into_iter()
        .filter(|(_, shown)| *shown == Shown::FeliCa)
        .filter_map(|(card, _)| Some((card, None, field.poll(card, &frame)?)))
        .collect()
}

/// A UID as it goes over the air: levels of four bytes, all but the last begun by [`CASCADE`].
fn cascaded(uid: &[u8]) -> Vec<u8> {
    let mut rest = uid;
    let mut levels = Vec::new();
    while rest.len() > 4 {
        levels.push(CASCADE);
        levels.extend(&rest[..3]);
        rest = &rest[3..];
    }
    levels.extend(rest);
    levels
}
