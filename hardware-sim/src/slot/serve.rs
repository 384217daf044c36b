//! One command to the card on a reader: the fault that strikes it, the work, and what is kept of it.

use std::time::Duration;

use super::{Exchange, Lying, Slot, State, hex};
use crate::air::{self, AirStep, BitRate};
use crate::chip::{Chip, ChipReply, Tear};
use crate::fault::{Strike, garbled, strike};
use crate::meter::Metered;
use crate::reader::Firmware;

/// Exchanges that a reader remembers; older ones are forgotten.
const REMEMBERED: usize = 256;

/// What a card's line gets for one command.
pub(crate) enum Served {
    /// Send this, after the delay.
    Answer(Vec<u8>, Duration),
    /// The card is gone.
    Left,
}

impl Slot {
    /// One command APDU.
    pub(crate) fn serve(&self, line: u64, command: &[u8]) -> Served {
        let mut state = self.state();
        if state.line != line || state.card.is_none() {
            return Served::Left;
        }
        state.commands += 1;
        let strike = strike(&mut state.fault);
        if matches!(strike, Strike::Remove | Strike::PowerCut) {
            state.remember(command, None, Vec::new());
            self.strike_down(&mut state, strike);
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
            self.leave(&mut state);
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
        if matches!(strike, Strike::Remove | Strike::PowerCut) {
            state.remember(command, None, Vec::new());
            self.strike_down(&mut state, strike);
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
            self.leave(&mut state);
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

    /// A fault that strikes before the card hears anything.
    fn strike_down(&self, state: &mut State, strike: Strike) {
        match strike {
            Strike::PowerCut => self.cut_power(state),
            _ => self.leave(state),
        }
    }
}

impl Lying {
    pub(super) fn reset(&mut self) {
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
