//! One reader's place: the card on it, the fault set for it, and what was said.

use std::collections::VecDeque;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::air::{self, AirStep, BitRate};
use crate::card::CardSpec;
use crate::chip::{Chip, ChipReply, Tear};
use crate::fault::{FaultSetting, Strike, garbled, strike};
use crate::meter::{Metered, Reading};
use crate::reader::{Firmware, ReaderModel};
use crate::shelf::{Shelf, Taken};
use crate::{SimError, atr, vpcd};

/// Exchanges that a reader remembers; older ones are forgotten.
const REMEMBERED: usize = 256;

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

/// What a card's line gets for one command.
pub(crate) enum Served {
    /// Send this, after the delay.
    Answer(Vec<u8>, Duration),
    /// The card is gone.
    Left,
}

struct State {
    card: Option<Lying>,
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
        {
            let mut state = self.state();
            if state.card.is_some() {
                return Err(SimError::Occupied {
                    reader: self.number,
                });
            }
            let chip = Taken::from(&self.shelf, spec)?;
            let mut card = Lying {
                chip,
                reading: Reading::default(),
                firmware: Firmware::new(self.model),
                line: None,
            };
            // Others reset it when they find it.
            if self.port.is_none() {
                card.reset();
            }
            state.card = Some(card);
        }
        self.connect();
        Ok(())
    }

    /// Takes the card away, and gives its description back.
    pub(crate) fn lift(&self) -> Option<CardSpec> {
        let card = self.state().card.take()?;
        Some(card.chip.spec().clone())
    }

    /// Puts the line of a card that lies here through to (a new) pcscd.
    pub(crate) fn connect(&self) {
        let (leave, left) = channel();
        let line = {
            let mut state = self.state();
            state.line += 1;
            let number = state.line;
            let Some(card) = state.card.as_mut() else {
                return;
            };
            let Some(port) = self.port.filter(|_| self.is_behind_pcsc()) else {
                return;
            };
            card.line = Some(Line {
                _leave: leave,
                stream: None,
            });
            (number, port)
        };
        let (line, port) = line;
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

    /// One command APDU.
    pub(crate) fn serve(&self, line: u64, command: &[u8]) -> Served {
        let mut state = self.state();
        if state.line != line || state.card.is_none() {
            return Served::Left;
        }
        state.commands += 1;
        let strike = strike(&mut state.fault);
        if strike == Strike::Remove {
            state.remember(command, None, Vec::new());
            state.card = None;
            return Served::Left;
        }
        let Some(card) = state.card.as_mut() else {
            return Served::Left;
        };
        let mute = strike == Strike::Mute;
        let mut answer = card.work(strike, |firmware, chip| {
            firmware.answer(chip, mute, command)
        });
        let steps = card.reading.take();
        if strike == Strike::LoseAnswer || card.chip.died() {
            state.remember(command, None, steps);
            state.card = None;
            return Served::Left;
        }
        let mut delay = Duration::ZERO;
        match strike {
            Strike::Garble(how) => answer = garbled(how, answer),
            Strike::Delay(by) => delay = by,
            _ => {}
        }
        state.remember(command, Some(&answer), steps);
        Served::Answer(answer, delay)
    }

    /// Looks at the card that lies here, with the number of this laying. No fault strikes.
    pub(crate) fn look<T>(&self, work: impl FnOnce(u64, &mut dyn Chip) -> T) -> Option<T> {
        let mut state = self.state();
        let number = state.line;
        state.card.as_mut().map(|card| work(number, &mut card.chip))
    }

    /// One command over the air to the card of laying `line`, from a reader that is no PC/SC reader:
    /// the reply, how late it comes, and whether it was spoilt.
    pub(crate) fn over_the_air(
        &self,
        line: u64,
        command: &[u8],
        work: impl FnOnce(&mut dyn Chip) -> ChipReply,
    ) -> (ChipReply, Duration, bool) {
        let mut state = self.state();
        if state.line != line || state.card.is_none() {
            return (ChipReply::Silence, Duration::ZERO, false);
        }
        state.commands += 1;
        let strike = strike(&mut state.fault);
        if strike == Strike::Remove {
            state.remember(command, None, Vec::new());
            state.card = None;
            return (ChipReply::Silence, Duration::ZERO, false);
        }
        let Some(card) = state.card.as_mut() else {
            return (ChipReply::Silence, Duration::ZERO, false);
        };
        let mut reply = match strike {
            Strike::Mute => ChipReply::Silence,
            _ => card.work(strike, |_, chip| work(chip)),
        };
        let steps = card.reading.take();
        if strike == Strike::LoseAnswer || card.chip.died() {
            state.remember(command, None, steps);
            state.card = None;
            return (ChipReply::Silence, Duration::ZERO, false);
        }
        let mut delay = Duration::ZERO;
        match (strike, &mut reply) {
            (Strike::Garble(how), ChipReply::Data(data)) => {
                *data = garbled(how, std::mem::take(data));
            }
            (Strike::Delay(by), _) => delay = by,
            _ => {}
        }
        let answer = match &reply {
            ChipReply::Data(data) => data.as_slice(),
            ChipReply::Ack => &[0x0A],
            _ => &[],
        };
        state.remember(command, Some(answer), steps);
        (reply, delay, matches!(strike, Strike::Garble(_)))
    }

    /// The card that lies here, as it is now.
    pub(crate) fn saved(&self, spec: &CardSpec) -> Option<crate::SavedCard> {
        let state = self.state();
        let card = state.card.as_ref().filter(|card| card.chip.spec() == spec);
        card.map(|card| card.chip.saved())
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

impl Lying {
    fn reset(&mut self) {
        self.work(Strike::None, |firmware, chip| firmware.reset(chip));
    }

    /// One work of the reader with the chip, metered, and with what a fault does to the card itself.
    fn work<T>(
        &mut self,
        strike: Strike,
        work: impl FnOnce(&mut Firmware, &mut dyn Chip) -> T,
    ) -> T {
        if let Strike::TearWrite { after } = strike {
            self.chip.arm(if after {
                Tear::AfterWrite
            } else {
                Tear::BeforeWrite
            });
        }
        let mut metered = Metered {
            kind: self.chip.spec().chip,
            chip: &mut self.chip,
            reading: &mut self.reading,
            is_unheard: strike == Strike::Unheard,
        };
        work(&mut self.firmware, &mut metered)
    }
}

impl State {
    fn remember(&mut self, command: &[u8], answer: Option<&[u8]>, steps: Vec<AirStep>) {
        let time = air::time_of(&steps, BitRate::K106);
        if self.log.len() == REMEMBERED {
            self.log.pop_front();
        }
        self.log.push_back(Exchange {
            command: hex(command),
            answer: answer.map(hex),
            air_us: time.air_us,
            card_us: time.card_us,
            steps,
        });
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
