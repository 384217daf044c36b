//! The thread that owns one reader: waits for a card, has it attended, waits until it leaves.

use std::time::Instant;

use super::backend::Backend;
use super::delay::Delay;
use super::events::Sender;
use super::stop::Stop;
use super::{Attendant, ReaderEvent, ServiceConfig};
use crate::{CardReader, CardSession, FOREVER, Presented, ReaderError, ReaderErrorCode};

/// Serves the reader called `name` until `stop`. A reader that fails is opened anew.
pub(super) fn run<T>(
    name: &str,
    backend: &dyn Backend,
    config: &ServiceConfig,
    attendant: &dyn Attendant<T>,
    events: &Sender<T>,
    stop: &Stop,
) {
    let mut delay = Delay::new(config.retry_first, config.retry_cap);
    let mut announced = false;
    let mut held = false;
    while !stop.is_stopped() {
        let since = Instant::now();
        let ended = backend.open_reader(name).and_then(|mut reader| {
            stop.arm(reader.canceller());
            if !announced {
                events.send(ReaderEvent::ReaderAdded {
                    reader: name.to_owned(),
                });
                announced = true;
            }
            held = false;
            let mut owner = Owner {
                stop,
                reader: reader.as_mut(),
                name,
                config,
                attendant,
                events,
            };
            owner.serve()
        });
        if let Err(error) = ended {
            tracing::debug!(%error, reader = name, "the reader is opened anew");
            if error.code() == ReaderErrorCode::InUse && !announced && !held {
                held = true;
                let reader = name.to_owned();
                events.send(ReaderEvent::ReaderHeld { reader });
            }
        }
        if since.elapsed() > config.retry_cap {
            delay.reset();
        }
        stop.sleep(delay.next());
    }
    if announced || held {
        events.send(ReaderEvent::ReaderRemoved {
            reader: name.to_owned(),
        });
    }
}

struct Owner<'o, T> {
    reader: &'o mut dyn CardReader,
    name: &'o str,
    stop: &'o Stop,
    config: &'o ServiceConfig,
    attendant: &'o dyn Attendant<T>,
    events: &'o Sender<T>,
}

impl<T> Owner<'_, T> {
    /// Serves taps until the reader fails.
    fn serve(&mut self) -> Result<(), ReaderError> {
        loop {
            if let Some(card) = self.reader.wait_for_card(FOREVER)? {
                let end = self.serve_tap(&card);
                self.events.send(ReaderEvent::CardRemoved {
                    reader: self.name.to_owned(),
                });
                end?;
            }
        }
    }

    /// Has the card attended, again for whatever comes to wait for it, until it has left.
    fn serve_tap(&mut self, card: &Presented) -> Result<(), ReaderError> {
        let mut shown = false;
        loop {
            let served = self.attendant.waiting();
            if self.attend(card, &mut shown)? {
                return Ok(());
            }
            loop {
                if self.reader.wait_for_removal(card, self.attendant.look())? {
                    return Ok(());
                }
                let waiting = self.attendant.waiting();
                if waiting.is_some() && waiting != served {
                    break;
                }
            }
        }
    }

    /// Has the card attended, again and again where that may help. `true` if it left meanwhile.
    /// It is shown once a tap.
    fn attend(&mut self, card: &Presented, shown: &mut bool) -> Result<bool, ReaderError> {
        let mut delay = Delay::new(self.config.retry_first, self.config.retry_cap);
        let mut said: Option<ReaderErrorCode> = None;
        let since = Instant::now();
        for attempt in 1.. {
            let error = match self.attend_once(card) {
                Ok(identity) => {
                    if !std::mem::replace(shown, true) {
                        let reader = self.name.to_owned();
                        self.events.send(ReaderEvent::Card { reader, identity });
                    }
                    break;
                }
                Err(error) if error.ends_reader() => return Err(error),
                Err(error) => error,
            };
            tracing::debug!(%error, attempt, reader = self.name, "the card was not identified");
            let again = error.is_retryable();
            if !self.is_quiet(&error, attempt, since) && said != Some(error.code()) {
                said = Some(error.code());
                let reader = self.name.to_owned();
                self.events
                    .send(ReaderEvent::CardUnreadable { reader, error });
            }
            if !again {
                break;
            }
            if self.reader.wait_for_removal(card, delay.next())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn attend_once(&mut self, card: &Presented) -> Result<T, ReaderError> {
        let session = self.reader.connect(card)?;
        let mut session = UntilStopped {
            session,
            stop: self.stop,
        };
        self.attendant.attend(&mut session)
    }

    /// What a second try usually mends is not worth a word to the cashier.
    fn is_quiet(&self, error: &ReaderError, attempt: u32, since: Instant) -> bool {
        match error.code() {
            ReaderErrorCode::InUse => since.elapsed() < self.config.busy_patience,
            ReaderErrorCode::CardReset | ReaderErrorCode::Garbled | ReaderErrorCode::CardMute => {
                attempt == 1
            }
            _ => false,
        }
    }
}

/// A session that sends nothing any more once its owner was told to end.
struct UntilStopped<'s> {
    session: Box<dyn CardSession + 's>,
    stop: &'s Stop,
}

impl CardSession for UntilStopped<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        if self.stop.is_stopped() {
            return Err(ReaderError::Cancelled);
        }
        self.session.transmit(command)
    }

    fn atr(&self) -> &[u8] {
        self.session.atr()
    }

    fn reader(&self) -> &str {
        self.session.reader()
    }
}
