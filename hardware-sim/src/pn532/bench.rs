//! The bench's place as the PN532's antenna sees it.

use super::field::{Field, Heard, Lying, Shown, Way};
use super::port::{Line, Port};
use crate::SimError;
use crate::chip::{Activation, Chip, ChipReply};
use crate::slot::Slot;

/// A PN532 over one place of the bench. Dropping it pulls its plug.
#[derive(Debug)]
pub(crate) struct Pn532 {
    _port: Port,
}

impl Pn532 {
    /// Puts a chip between a line and a place.
    pub(crate) fn start(line: Line, slot: Slot) -> Result<Self, SimError> {
        let antenna = Antenna { slot, is_on: false };
        Ok(Self {
            _port: Port::start(line, antenna)?,
        })
    }
}

struct Antenna {
    slot: Slot,
    is_on: bool,
}

fn shown(chip: &dyn Chip) -> Shown {
    match chip.activation() {
        Activation::TypeA {
            atqa,
            sak,
            uid,
            ats,
        } => Shown::TypeA {
            atqa,
            sak,
            uid,
            ats,
        },
        Activation::Felica { .. } => Shown::FeliCa,
    }
}

impl Field for Antenna {
    fn power(&mut self, on: bool) {
        if self.is_on != on {
            self.slot.look(|_, chip| chip.power(on));
        }
        self.is_on = on;
    }

    fn cards(&mut self) -> Vec<(Lying, Shown)> {
        self.slot
            .look(|number, chip| (number, shown(chip)))
            .into_iter()
            .collect()
    }

    fn activate(&mut self, card: Lying) {
        self.slot.look(|number, chip| {
            if number == card {
                chip.activate();
            }
        });
    }

    fn poll(&mut self, card: Lying, frame: &[u8]) -> Option<Vec<u8>> {
        let reply = self
            .slot
            .look(|number, chip| (number == card).then(|| chip.raw(frame)))?;
        match reply? {
            ChipReply::Data(data) => Some(data),
            _ => None,
        }
    }

    fn exchange(&mut self, card: Lying, way: Way, frame: &[u8]) -> Heard {
        let (reply, delay, is_spoilt) = self.slot.over_the_air(card, frame, |chip| match way {
            Way::Frame => chip.raw(frame),
            Way::Part4 => chip.apdu(frame),
        });
        Heard {
            reply,
            delay,
            is_spoilt: is_spoilt && way == Way::Frame,
        }
    }
}
