//! The bench: one private pcscd, its readers, and hands for cards and faults.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::SimError;
use crate::card::CardSpec;
use crate::error::During;
use crate::fault::FaultSetting;
use crate::pcscd::{Daemon, Stanza};
use crate::pn532::{Line, Pn532};
use crate::ports;
use crate::reader::ReaderModel;
use crate::shelf::{SavedCard, Shelf};
use crate::slot::{Exchange, ReaderView, Seen, Slot};

/// pcscd takes 16 readers, and each of ours is two for it.
const MOST_READERS: usize = 8;
/// Somebody else may take a port between our look and pcscd's.
const START_TRIES: usize = 3;

/// What the bench looks like at the start.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// The readers, at most 8, numbered from 1. Each has a second slot that stays empty.
    pub readers: Vec<ReaderModel>,
    /// Where pcscd listens; `None` for a socket in a folder of its own. What programs need in
    /// `PCSCLITE_CSOCK_NAME`.
    pub socket: Option<PathBuf>,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            readers: vec![ReaderModel::Acr122],
            socket: None,
        }
    }
}

/// A running bench. Dropping it ends pcscd and takes its files away.
pub struct Simulator {
    folder: TempDir,
    shelf: Shelf,
    socket: PathBuf,
    state: Mutex<State>,
}

struct State {
    daemon: Option<Daemon>,
    slots: Vec<Slot>,
    /// The serial lines of those readers that have one.
    lines: Vec<Pn532>,
}

impl Simulator {
    /// Starts a private pcscd with the readers of `config`; it is ready when this returns.
    ///
    /// # Errors
    /// `Missing` names what is not installed; `PcscdFailed` carries pcscd's own log.
    pub fn start(config: &SimConfig) -> Result<Self, SimError> {
        let folder = tempfile::Builder::new()
            .prefix("tillside-sim-")
            .tempdir()
            .during("making a folder for pcscd")?;
        let socket = config
            .socket
            .clone()
            .unwrap_or_else(|| folder.path().join("pcscd.sock"));
        let state = Mutex::new(State {
            daemon: None,
            slots: Vec::new(),
            lines: Vec::new(),
        });
        let simulator = Self {
            folder,
            shelf: Shelf::default(),
            socket,
            state,
        };
        simulator.start_with(&config.readers)?;
        Ok(simulator)
    }

    /// pcscd's socket: what a PC/SC program needs in `PCSCLITE_CSOCK_NAME`.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// All readers.
    pub fn readers(&self) -> Vec<ReaderView> {
        self.state().slots.iter().map(Slot::view).collect()
    }

    /// One reader.
    ///
    /// # Errors
    /// `NoSuchReader`.
    pub fn reader(&self, reader: usize) -> Result<ReaderView, SimError> {
        Ok(self.slot(reader)?.view())
    }

    /// The last commands that reached a reader, oldest first.
    ///
    /// # Errors
    /// `NoSuchReader`.
    pub fn exchanges(&self, reader: usize) -> Result<Vec<Exchange>, SimError> {
        Ok(self.slot(reader)?.exchanges())
    }

    /// Lays a card on a reader. pcscd looks every 400 ms, so it is noticed a little later.
    ///
    /// # Errors
    /// `NoSuchReader`; `Occupied` if a card lies there.
    pub fn tap(&self, reader: usize, card: &CardSpec) -> Result<(), SimError> {
        self.slot(reader)?.lay(card)
    }

    /// Takes the card from a reader, and gives it back; `None` if there was none.
    ///
    /// # Errors
    /// `NoSuchReader`.
    pub fn remove(&self, reader: usize) -> Result<Option<CardSpec>, SimError> {
        Ok(self.slot(reader)?.lift())
    }

    /// A card as it is now, on a reader or not; none if it was never laid down.
    pub fn card(&self, card: &CardSpec) -> Option<SavedCard> {
        let lying = self.state().slots.iter().find_map(|slot| slot.saved(card));
        lying.or_else(|| self.shelf.card(card))
    }

    /// The cards that lie on no reader.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Lays one more card beside those that lie on a reader.
    ///
    /// # Errors
    /// `NoSuchReader`; `Elsewhere` if it lies on a reader.
    pub fn tap_beside(&self, reader: usize, card: &CardSpec, seen: Seen) -> Result<(), SimError> {
        self.slot(reader)?.lay_beside(card, seen)
    }

    /// Takes one card from a reader; the last one that is left is seen. `false` if it was not there.
    ///
    /// # Errors
    /// `NoSuchReader`.
    pub fn remove_one(&self, reader: usize, card: &CardSpec) -> Result<bool, SimError> {
        Ok(self.slot(reader)?.lift_one(card))
    }

    /// Names the card that lies on a reader as soon as a fault takes away the one that lies there.
    ///
    /// # Errors
    /// `NoSuchReader`.
    pub fn set_next(&self, reader: usize, card: Option<&CardSpec>) -> Result<(), SimError> {
        self.slot(reader)?.set_next(card);
        Ok(())
    }

    /// Sets a reader's fault in place of the one before, or takes it away.
    ///
    /// # Errors
    /// `NoSuchReader`, `BadFault`.
    pub fn set_fault(&self, reader: usize, fault: Option<FaultSetting>) -> Result<(), SimError> {
        let fault = fault.map(FaultSetting::checked).transpose()?;
        self.slot(reader)?.set_fault(fault);
        Ok(())
    }

    /// Process id of pcscd, if it runs.
    pub fn pcscd_id(&self) -> Option<u32> {
        self.state().daemon.as_ref().map(Daemon::id)
    }

    /// Ends pcscd as `kill -9` does. Cards stay where they lie.
    ///
    /// # Errors
    /// `PcscdState` if it does not run.
    pub fn kill_pcscd(&self) -> Result<(), SimError> {
        let daemon = self.state().daemon.take();
        daemon.map(drop).ok_or(SimError::PcscdState {
            state: "does not run",
        })
    }

    /// Asks pcscd to end, as a shutdown of the computer does. Cards stay where they lie.
    ///
    /// # Errors
    /// `PcscdState` if it does not run; `PcscdFailed` if it does not end.
    pub fn end_pcscd(&self) -> Result<(), SimError> {
        let daemon = self.state().daemon.take();
        daemon
            .ok_or(SimError::PcscdState {
                state: "does not run",
            })?
            .end_gently()
    }

    /// Starts pcscd again, with the same readers; cards that lie there are there again.
    ///
    /// # Errors
    /// `PcscdState` if it runs; as [`Simulator::start`].
    pub fn start_pcscd(&self) -> Result<(), SimError> {
        let mut state = self.state();
        if state.daemon.is_some() {
            return Err(SimError::PcscdState {
                state: "runs already",
            });
        }
        state.daemon = self.launch(&state.slots)?;
        state.slots.iter().for_each(Slot::connect);
        Ok(())
    }

    /// Starts pcscd with other readers (all of them new and empty), as if somebody had replugged
    /// them while it was down.
    ///
    /// # Errors
    /// `PcscdState` if it runs; as [`Simulator::start`].
    pub fn start_with(&self, readers: &[ReaderModel]) -> Result<(), SimError> {
        if readers.len() > MOST_READERS {
            return Err(SimError::TooManyReaders {
                asked: readers.len(),
                limit: MOST_READERS,
            });
        }
        let mut state = self.state();
        if state.daemon.is_some() {
            return Err(SimError::PcscdState {
                state: "runs already",
            });
        }
        let mut tries = 0;
        (state.daemon, state.slots, state.lines) = loop {
            tries += 1;
            let (slots, lines) = slots(readers, &self.shelf)?;
            match self.launch(&slots) {
                Ok(daemon) => break (daemon, slots, lines),
                Err(SimError::PcscdFailed { why }) if tries < START_TRIES => {
                    tracing::debug!(why, tries, "pcscd is started with other ports");
                }
                Err(error) => return Err(error),
            }
        };
        Ok(())
    }

    /// Starts pcscd with those readers that it knows; `None` if there is none of them.
    fn launch(&self, slots: &[Slot]) -> Result<Option<Daemon>, SimError> {
        let stanzas: Vec<Stanza> = slots
            .iter()
            .filter(|slot| slot.is_behind_pcsc())
            .filter_map(|slot| {
                Some(Stanza {
                    name: slot.base_name().to_owned(),
                    port: slot.port()?,
                })
            })
            .collect();
        if stanzas.is_empty() && !slots.is_empty() {
            return Ok(None);
        }
        Daemon::start(self.folder.path(), &self.socket, &stanzas).map(Some)
    }

    fn slot(&self, reader: usize) -> Result<Slot, SimError> {
        let state = self.state();
        reader
            .checked_sub(1)
            .and_then(|index| state.slots.get(index))
            .cloned()
            .ok_or(SimError::NoSuchReader {
                reader,
                count: state.slots.len(),
            })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places for these readers, and the serial lines of those that have one.
fn slots(readers: &[ReaderModel], shelf: &Shelf) -> Result<(Vec<Slot>, Vec<Pn532>), SimError> {
    let ports = ports::free_pairs(readers.len())?;
    let (mut slots, mut lines) = (Vec::new(), Vec::new());
    for (index, (model, port)) in readers.iter().zip(ports).enumerate() {
        let line = match model {
            ReaderModel::Pn532 => Some(Line::open()?),
            _ => None,
        };
        let name = match &line {
            // What libnfc calls it.
            Some(line) => format!("{}:{}", model.friendly_name(), line.path().display()),
            None => pcsc_name(readers, index),
        };
        let slot = Slot::new(index + 1, *model, &name, Some(port), shelf);
        if let Some(line) = line {
            lines.push(Pn532::start(line, slot.clone())?);
        }
        slots.push(slot);
    }
    Ok((slots, lines))
}

/// Two readers of one model need two names: pcscd numbers only those that share a driver file.
fn pcsc_name(readers: &[ReaderModel], index: usize) -> String {
    let model = readers[index];
    let before = readers[..index].iter().filter(|other| **other == model);
    match before.count() {
        0 => model.friendly_name().to_owned(),
        before => format!("{} ({})", model.friendly_name(), before + 1),
    }
}
