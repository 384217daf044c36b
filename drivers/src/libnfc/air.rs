//! One open port, in the few things that are asked of it. All of libnfc is behind this.

use std::sync::Arc;
use std::time::Duration;

use nfc1::{BaudRate, Context, Device, Error, Modulation, ModulationType, Property, Timeout};

use super::lying::Lying;
use super::port::PortLock;
use super::words::{is_of_the_card, translate};
use crate::ReaderError;

/// Longest answer that is taken, in bytes: the PN532 holds no more in one frame.
const LONGEST_ANSWER: usize = 264;
/// How long a card may work on one command. ISO 14443-4 lets it ask for more time again and again.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What is looked for, in this order. FeliCa cards answer at both speeds.
const SOUGHT: [Modulation; 2] = [
    Modulation {
        modulation_type: ModulationType::Iso14443a,
        baud_rate: BaudRate::Baud106,
    },
    Modulation {
        modulation_type: ModulationType::Felica,
        baud_rate: BaudRate::Baud212,
    },
];

/// How the chip sends what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// By its own knowledge of the card: InDataExchange.
    Framed,
    /// As it is: InCommunicateThru; the chip adds and checks the check sum.
    Thru,
    /// As it is; nobody adds or checks a check sum.
    ThruBare,
}

/// Why an exchange brought no answer.
pub(super) enum Lost {
    /// The card left, or is silent: only another look tells.
    OnAir(Error),
    /// The reader failed.
    Reader(ReaderError),
}

/// The open port. Its fields are dropped in order: libnfc's device before its context, and the lock
/// when nobody uses the port any more.
pub(super) struct Air {
    device: Device,
    _context: Context,
    _lock: PortLock,
    name: String,
    mode: Mode,
    has_target: bool,
}

impl Air {
    /// Opens the port, and the field of its reader.
    pub(super) fn open(name: &str) -> Result<Self, ReaderError> {
        let lock = PortLock::take(name)?;
        let step = "opening the port";
        let said = |error| translate(error, name, step);
        let mut context = Context::new().map_err(said)?;
        let mut device = context.open_with_connstring(name).map_err(said)?;
        device.initiator_init().map_err(said)?;
        // One search ends when nothing is there; an infinite one would end as an error.
        device
            .set_property_bool(Property::InfiniteSelect, false)
            .map_err(said)?;
        Ok(Self {
            device,
            _context: context,
            _lock: lock,
            name: name.to_owned(),
            mode: Mode::Framed,
            has_target: false,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Looks for a card and selects it. One that was selected is let go before.
    pub(super) fn find(&mut self) -> Result<Option<Lying>, ReaderError> {
        self.set_mode(Mode::Framed)?;
        if std::mem::take(&mut self.has_target) {
            match self.device.initiator_deselect_target() {
                Err(error) if !is_of_the_card(error) => return Err(self.said(error)),
                _ => {}
            }
        }
        for sought in &SOUGHT {
            match self.device.initiator_select_passive_target(sought) {
                Ok(target) => {
                    if let Some(lying) = Lying::of(&target) {
                        self.has_target = true;
                        return Ok(Some(lying));
                    }
                }
                // Two cards that speak at once, or one that stops half-way: nothing that can be read.
                Err(Error::RfTransmissionError | Error::TargetReleased) => {}
                Err(error) => return Err(self.said(error)),
            }
        }
        Ok(None)
    }

    /// Takes the field away and gives it back: every card forgets what it was doing.
    pub(super) fn power_cycle(&mut self) -> Result<(), ReaderError> {
        for on in [false, true] {
            self.device
                .set_property_bool(Property::ActivateField, on)
                .map_err(|error| self.said(error))?;
        }
        self.has_target = false;
        Ok(())
    }

    /// One APDU to the selected card of ISO 14443-4.
    pub(super) fn apdu(&mut self, command: &[u8]) -> Result<Vec<u8>, Lost> {
        self.exchange(Mode::Framed, command)
    }

    /// One frame to the selected FeliCa card; it begins with its length.
    pub(super) fn felica(&mut self, frame: &[u8]) -> Result<Vec<u8>, Lost> {
        self.exchange(Mode::Thru, frame)
    }

    /// One frame of ISO 14443-3 type A to the selected card, with its check sum; so four bits (ACK and
    /// NAK have no check sum) can be told from silence.
    pub(super) fn type_a(&mut self, frame: &[u8]) -> Result<Vec<u8>, Lost> {
        self.exchange(Mode::ThruBare, frame)
    }

    fn exchange(&mut self, mode: Mode, bytes: &[u8]) -> Result<Vec<u8>, Lost> {
        self.set_mode(mode).map_err(Lost::Reader)?;
        let timeout = Timeout::Duration(PATIENCE);
        self.device
            .initiator_transceive_bytes(bytes, LONGEST_ANSWER, timeout)
            .map_err(|error| {
                if is_of_the_card(error) {
                    Lost::OnAir(error)
                } else {
                    Lost::Reader(self.said(error))
                }
            })
    }

    /// A search sets the chip up for check sums behind libnfc's back, so `find` goes back to that first.
    fn set_mode(&mut self, mode: Mode) -> Result<(), ReaderError> {
        if self.mode == mode {
            return Ok(());
        }
        let wanted = [
            (Property::EasyFraming, mode == Mode::Framed),
            (Property::HandleCrc, mode != Mode::ThruBare),
        ];
        for (property, on) in wanted {
            self.device
                .set_property_bool(property, on)
                .map_err(|error| self.said(error))?;
        }
        self.mode = mode;
        Ok(())
    }

    fn said(&self, error: Error) -> ReaderError {
        translate(error, &self.name, "talking to the reader")
    }
}

impl Lost {
    /// The error for a card that is `still_there`, or is not.
    pub(super) fn judged(self, reader: &str, still_there: bool, step: &'static str) -> ReaderError {
        match self {
            Self::Reader(error) => error,
            Self::OnAir(_) if still_there => ReaderError::CardMute { step },
            Self::OnAir(error) => ReaderError::CardGone {
                reader: reader.to_owned(),
                source: Some(Arc::new(error)),
            },
        }
    }
}
