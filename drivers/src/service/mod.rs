//! Keeps every reader alive and turns taps into events.
//!
//! One supervisor thread watches the PC/SC service and its list of readers, another one the ports
//! that libnfc drives; one owner thread a reader waits for cards and identifies each inside one
//! exclusive transaction. When the service dies all of its readers let go and come back by
//! themselves. What an identity is, and what else is done on a card, is the caller's business: an
//! [`Attendant`] is passed in.

mod attendant;
mod backend;
mod delay;
mod events;
mod knocks;
mod owner;
mod stop;
mod supervisor;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use crate::ReaderError;
pub use attendant::Attendant;
use backend::{Backend, Libnfc, Pcsc};
use events::Sender;
use stop::{Stop, Worker};

/// How the service behaves. `Default` is right for a till.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// Whether the readers of the PC/SC service are watched.
    pub pcsc: bool,
    /// Ports with readers that libnfc drives, as its connection strings
    /// (`pn532_uart:/dev/ttyUSB0`). A port may be plugged in later. Needs the cargo feature `libnfc`.
    pub libnfc: Vec<String>,
    /// Events that wait for the receiver, at most. When the queue is full, the thread that has the
    /// next event waits (its reader reads no further card); no event is dropped.
    pub queue: usize,
    /// First pause before something failed is tried again; it doubles.
    pub retry_first: Duration,
    /// Longest pause before something failed is tried again.
    pub retry_cap: Duration,
    /// How long another program may hold a card before the cashier hears of it.
    pub busy_patience: Duration,
    /// How long `stop` waits for a thread that is inside a call which PC/SC cannot cancel (a card
    /// that answers slowly, a card that another program has locked). After that the thread is left
    /// to end by itself.
    pub stop_patience: Duration,
    /// Readers whose name contains one of these are left alone. By default the SAM slots that
    /// some contactless readers list beside themselves.
    pub ignore: Vec<String>,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            pcsc: true,
            libnfc: Vec::new(),
            queue: 64,
            retry_first: Duration::from_millis(10),
            retry_cap: Duration::from_secs(1),
            busy_patience: Duration::from_secs(1),
            stop_patience: Duration::from_secs(2),
            ignore: vec![" SAM".to_owned()],
        }
    }
}

/// What happens at the readers. `T` is what the attendant takes a card for.
///
/// From each reader, in this order: `ReaderAdded`, then for each tap any number of `CardUnreadable`,
/// at most one `Card`, and `CardRemoved`; at the end `ReaderRemoved`. Before `ServiceDown` every
/// reader of PC/SC has been removed; readers on ports of their own go on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReaderEvent<T> {
    /// The PC/SC service answers (or, where PC/SC is not watched, the ports are).
    ServiceUp,
    /// The PC/SC service does not answer; it is tried again for as long as it takes. Also the first
    /// event when it did not run at the start. Said again only when the reason changes.
    ServiceDown {
        /// Why.
        why: ReaderError,
    },
    /// A reader is ready for a tap.
    ReaderAdded {
        /// Its name.
        reader: String,
    },
    /// A reader is there, and another program holds it. It is taken when that lets go: `ReaderAdded`
    /// follows then.
    ReaderHeld {
        /// Its name.
        reader: String,
    },
    /// A reader is no longer there.
    ReaderRemoved {
        /// Its name.
        reader: String,
    },
    /// A card was identified.
    Card {
        /// The reader it lies on.
        reader: String,
        /// Who it is.
        identity: T,
    },
    /// A card was not identified. If that may change it is tried again while the card lies there,
    /// so that a `Card` may follow; said again only when the kind of error changes.
    CardUnreadable {
        /// The reader it lies (or lay) on.
        reader: String,
        /// Why.
        error: ReaderError,
    },
    /// The card, read or not, has left.
    CardRemoved {
        /// The reader it lay on.
        reader: String,
    },
}

/// The running service. Dropping it stops it.
#[derive(Debug)]
pub struct ReaderService {
    supervisors: Vec<Worker>,
    left_behind: Arc<AtomicBool>,
    patience: Duration,
}

impl ReaderService {
    /// Starts watching. The first event that is not of one reader is `ServiceUp` or `ServiceDown`.
    ///
    /// # Errors
    /// `Other` if the operating system gives no thread, or if ports are named and this program was
    /// built without libnfc.
    pub fn start<T, A>(
        config: ServiceConfig,
        attendant: A,
    ) -> Result<(Self, Receiver<ReaderEvent<T>>), ReaderError>
    where
        T: Send + 'static,
        A: Attendant<T> + 'static,
    {
        let mut families: Vec<Arc<dyn Backend>> = Vec::new();
        if config.pcsc {
            families.push(Arc::new(Pcsc));
        }
        if !config.libnfc.is_empty() || !config.pcsc {
            families.push(Arc::new(Libnfc::new(config.libnfc.clone())?));
        }
        Self::start_on(families, config, attendant)
    }

    /// Watches families of readers side by side; the first of them says whether the service is up.
    fn start_on<T, A>(
        families: Vec<Arc<dyn Backend>>,
        config: ServiceConfig,
        attendant: A,
    ) -> Result<(Self, Receiver<ReaderEvent<T>>), ReaderError>
    where
        T: Send + 'static,
        A: Attendant<T> + 'static,
    {
        let (sender, receiver) = sync_channel(config.queue);
        let attendant: Arc<dyn Attendant<T>> = Arc::new(attendant);
        let mut service = Self {
            supervisors: Vec::new(),
            left_behind: Arc::new(AtomicBool::new(false)),
            // The owners are waited for first, so the supervisor itself may take a little longer.
            patience: config.stop_patience + Duration::from_millis(500),
        };
        for (index, backend) in families.into_iter().enumerate() {
            let stop = Arc::new(Stop::default());
            let watched = supervisor::Service {
                backend,
                config: config.clone(),
                attendant: attendant.clone(),
                events: Sender::new(sender.clone(), stop.clone()),
                left_behind: service.left_behind.clone(),
                is_spokesman: index == 0,
            };
            let supervisor = Worker::spawn("readers", stop, move |stop| {
                supervisor::run(&watched, stop);
            })?;
            service.supervisors.push(supervisor);
        }
        Ok((service, receiver))
    }

    /// Ends every wait, lets every card go and joins all threads. Events that were not received
    /// by then are lost, except those already in the queue.
    ///
    /// Returns `false` if a thread was inside a call that PC/SC cannot cancel for longer than
    /// [`ServiceConfig::stop_patience`], now or earlier; it sends no further command and ends by
    /// itself.
    pub fn stop(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        self.supervisors.iter().for_each(Worker::tell);
        let mut ended = true;
        for supervisor in self.supervisors.drain(..) {
            ended &= supervisor.stop(self.patience);
        }
        ended && !self.left_behind.load(Ordering::SeqCst)
    }
}

impl Drop for ReaderService {
    fn drop(&mut self) {
        self.end();
    }
}
