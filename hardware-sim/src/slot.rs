//! One reader's place: the cards on it, the fault set for it, and what was said.

mod serve;

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::air::AirStep;
use crate::card::CardSpec;
use crate::chip::Chip;
use crate::fault::FaultSetting;
use crate::meter::Reading;
use crate::reader::{Firmware, ReaderModel};
use crate::shelf::{Shelf, Taken};
use crate::{SimError, atr, vpcd};

pub(crate) use serve::Served;

/// What a reader makes of two cards in its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// They drown each other out: it sees no card.
    Neither,
    /// It picks the one that came last.
    New,
}

/// What one reader looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderView {
    /// Its number on the bench, from 1.
    pub reader: usize,
    /// What it imitates.
    pub model: ReaderModel,
    /// The name that PC/SC gives it.
    pub name: String,
    /// The card that lies on it, as [`CardSpec`] is written.
    pub card: Option<String>,
    /// Cards that lie there too and that the reader does not see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
    /// The card that lies there as soon as the one that lies there leaves in a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The fault that is set.
    pub fault: Option<FaultSetting>,
    /// Commands that reached it since it was made.
    pub commands: u64,
    /// Times that PC/SC reset a card on it (powering up not counted).
    pub resets: u64,
}

/// One command and what came back, in upper-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The command APDU.
    pub command: String,
    /// The answer; `None` if the card left instead.
    pub answer: Option<String>,
    /// Modelled time on the air at 106 kbit/s, in µs ([`crate::air`]).
    #[serde(default)]
    pub air_us: u64,
    /// Modelled time that the card took beside that, in µs: an estimate.
    #[serde(default)]
    pub card_us: u64,
    /// What went over the air, to be modelled at other bit rates; with the activation, if this was
    /// the first command after it.
    #[serde(default)]
    pub steps: Vec<AirStep>,
}

struct State {
    /// The card that the reader sees.
    card: Option<Lying>,
    /// Cards that lie there too and that it does not see.
    unseen: Vec<Taken>,
    /// Lies there as soon as the one that lies there leaves.
    next: Option<CardSpec>,
    /// A reader without pcscd that lost its power.
    is_unplugged: bool,
    fault: Option<FaultSetting>,
    commands: u64,
    resets: u64,
    log: VecDeque<Exchange>,
    /// Counts lines, so that an old one cannot speak for a new card.
    line: u64,
}

struct Lying {
    chip: Taken,
    reading: Reading,
    firmware: Firmware,
    line: Option<Line>,
}

/// The connection to vpcd. Dropping it is how vpcd sees that the card left.
struct Line {
    _leave: Sender<()>,
    stream: Option<TcpStream>,
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// A reader's place on the bench; clones are the same place.
#[derive(Clone)]
pub(crate) struct Slot {
    number: usize,
    model: ReaderModel,
    base_name: Arc<str>,
    /// Where its vpcd listens; none for a reader without pcscd.
    port: Option<u16>,
    shelf: Shelf,
    state: Arc<Mutex<State>>,
}

impl Slot {
    pub(crate) fn new(
        number: usize,
        model: ReaderModel,
        base_name: &str,
        port: Option<u16>,
        shelf: &Shelf,
    ) -> Self {
        let state = State {
            card: None,
            unseen: Vec::new(),
            next: None,
            is_unplugged: false,
            fault: None,
            commands: 0,
            resets: 0,
            log: VecDeque::new(),
            line: 0,
        };
        Self {
            number,
            model,
            base_name: base_name.into(),
            port,
            shelf: shelf.clone(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The name without the numbers of reader and slot that pcscd puts behind it.
    pub(crate) fn base_name(&self) -> &str {
        &self.base_name
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether pcscd knows this reader.
    pub(crate) fn is_behind_pcsc(&self) -> bool {
        self.model != ReaderModel::Pn532
    }

    /// Lays a card down. pcscd sees it at its next look, up to 400 ms later.
    pub(crate) fn lay(&self, spec: &CardSpec) -> Result<(), SimError> {
        let mut state = self.state();
        if state.card.is_some() || !state.unseen.is_empty() {
            return Err(SimError::Occupied {
                reader: self.number,
            });
        }
        let chip = Taken::from(&self.shelf, spec)?;
        self.put(&mut state, chip);
        Ok(())
    }

    /// Lays one more card beside those that lie there; the reader sees one of them, or none.
    pub(crate) fn lay_beside(&self, spec: &CardSpec, seen: Seen) -> Result<(), SimError> {
        let mut state = self.state();
        let mut chip = Taken::from(&self.shelf, spec)?;
        if let Some(mut lying) = state.card.take().map(|card| card.chip) {
            lying.power(false);
            state.unseen.push(lying);
        }
        match seen {
            Seen::New => self.put(&mut state, chip),
            Seen::Neither => {
                chip.power(false);
                state.unseen.push(chip);
                self.renew(&mut state);
            }
        }
        Ok(())
    }

    /// Takes all cards away, and gives the description of one back.
    pub(crate) fn lift(&self) -> Option<CardSpec> {
        let mut state = self.state();
        state.next = None;
        let unseen = std::mem::take(&mut state.unseen);
        let seen = state.card.take().map(|card| card.chip);
        let first = seen.iter().chain(&unseen).next();
        first.map(|chip| chip.spec().clone())
    }

    /// Takes one card away. If one is left, the reader sees it. `false` if it was not there.
    pub(crate) fn lift_one(&self, spec: &CardSpec) -> bool {
        let mut state = self.state();
        let before = state.unseen.len();
        state.unseen.retain(|chip| chip.spec() != spec);
        let mut found = state.unseen.len() < before;
        if state
            .card
            .as_ref()
            .is_some_and(|card| card.chip.spec() == spec)
        {
            state.card = None;
            found = true;
        }
        if found {
            self.see_the_last(&mut state);
        }
        found
    }

    /// Names the card that lies there as soon as the one that lies there leaves in a command; the
    /// same card is one that slips and is back.
    pub(crate) fn set_next(&self, spec: Option<&CardSpec>) {
        self.state().next = spec.cloned();
    }

    /// The card leaves in a command, and perhaps another one comes.
    fn leave(&self, state: &mut State) {
        state.card = None;
        let next = state.next.take();
        match next.map(|spec| Taken::from(&self.shelf, &spec)) {
            Some(Ok(chip)) => self.put(state, chip),
            // It is on another reader by now, or there is none.
            Some(Err(_)) | None => self.see_the_last(state),
        }
    }

    /// A card that lay unseen is seen when it is alone.
    fn see_the_last(&self, state: &mut State) {
        if state.card.is_none()
            && state.unseen.len() == 1
            && let Some(mut chip) = state.unseen.pop()
        {
            chip.power(true);
            self.put(state, chip);
        }
    }

    /// The reader loses its power. One behind pcscd has it back at once; another one when it is
    /// plugged in.
    fn cut_power(&self, state: &mut State) {
        let Some(card) = state.card.take() else {
            return;
        };
        let mut chip = card.chip;
        chip.power(false);
        state.is_unplugged = self.port.is_none();
        if state.is_unplugged {
            state.unseen.push(chip);
            self.renew(state);
        } else {
            chip.power(true);
            self.put(state, chip);
        }
    }

    /// Gives the reader its power back.
    pub(crate) fn plug_in(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_unplugged) {
            self.see_the_last(&mut state);
        }
    }

    pub(crate) fn is_unplugged(&self) -> bool {
        self.state().is_unplugged
    }

    /// A card comes into the reader's sight.
    fn put(&self, state: &mut State, chip: Taken) {
        let mut card = Lying {
            chip,
            reading: Reading::default(),
            firmware: Firmware::new(self.model),
            line: None,
        };
        // A reader that did not notice that a card was away uses this one without a reset.
        card.reset();
        state.card = Some(card);
        self.renew(state);
    }

    /// Puts the line of a card that lies here through to (a new) pcscd.
    pub(crate) fn connect(&self) {
        self.renew(&mut self.state());
    }

    /// What was said of the card before is of no card now. A card that lies here gets a line of its own.
    fn renew(&self, state: &mut State) {
        state.line += 1;
        let line = state.line;
        let Some(port) = self.port.filter(|_| self.is_behind_pcsc()) else {
            return;
        };
        let Some(card) = state.card.as_mut() else {
            return;
        };
        let (leave, left) = channel();
        card.line = Some(Line {
            _leave: leave,
            stream: None,
        });
        let slot = self.clone();
        std::thread::spawn(move || vpcd::run(&slot, line, port, &left));
    }

    /// Gives a line its stream. `false` if its card has left meanwhile.
    pub(crate) fn attach(&self, line: u64, stream: TcpStream) -> bool {
        let mut state = self.state();
        if state.line != line {
            return false;
        }
        match state.card.as_mut().and_then(|card| card.line.as_mut()) {
            Some(place) => {
                place.stream = Some(stream);
                true
            }
            None => false,
        }
    }

    pub(crate) fn atr(&self, line: u64) -> Option<Vec<u8>> {
        self.with_card(line, |card| atr::of(&card.chip.activation()))
    }

    /// A power-up or a reset.
    pub(crate) fn power(&self, line: u64, is_reset: bool) {
        self.with_card(line, Lying::reset);
        if is_reset {
            self.state().resets += 1;
        }
    }

    /// Looks at the card that lies here, with the number of this laying. No fault strikes.
    pub(crate) fn look<T>(&self, work: impl FnOnce(u64, &mut dyn Chip) -> T) -> Option<T> {
        let mut state = self.state();
        let number = state.line;
        state.card.as_mut().map(|card| work(number, &mut card.chip))
    }

    /// The card that lies here, as it is now.
    pub(crate) fn saved(&self, spec: &CardSpec) -> Option<crate::SavedCard> {
        let state = self.state();
        let seen = state.card.as_ref().map(|card| &card.chip);
        let mut all = seen.into_iter().chain(&state.unseen);
        all.find(|chip| chip.spec() == spec).map(Taken::saved)
    }

    /// The number of the card's laying, and its answer to reset.
    pub(crate) fn lying(&self) -> Option<(u64, Vec<u8>)> {
        let state = self.state();
        let card = state.card.as_ref()?;
        Some((state.line, atr::of(&card.chip.activation())))
    }

    pub(crate) fn set_fault(&self, fault: Option<FaultSetting>) {
        self.state().fault = fault;
    }

    pub(crate) fn view(&self) -> ReaderView {
        let state = self.state();
        ReaderView {
            reader: self.number,
            model: self.model,
            name: match self.model {
                ReaderModel::Pn532 => self.base_name.to_string(),
                _ => format!("{} 00 00", self.base_name),
            },
            card: state.card.as_ref().map(|card| card.chip.spec().to_string()),
            unseen: (state.unseen.iter())
                .map(|chip| chip.spec().to_string())
                .collect(),
            next: state.next.as_ref().map(ToString::to_string),
            fault: state.fault,
            commands: state.commands,
            resets: state.resets,
        }
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.state().log.iter().cloned().collect()
    }

    fn with_card<T>(&self, line: u64, work: impl FnOnce(&mut Lying) -> T) -> Option<T> {
        let mut state = self.state();
        if state.line != line {
            return None;
        }
        state.card.as_mut().map(work)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Waits `delay`, unless the card leaves first. `false` if it left.
pub(crate) fn still_there_after(delay: Duration, left: &Receiver<()>) -> bool {
    use std::sync::mpsc::RecvTimeoutError;
    delay.is_zero() || left.recv_timeout(delay) == Err(RecvTimeoutError::Timeout)
}
