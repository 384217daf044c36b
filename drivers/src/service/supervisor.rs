//! The thread that watches one family of readers and starts and ends their owners.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::backend::{Backend, ReaderList};
use super::delay::Delay;
use super::events::Sender;
use super::stop::{Stop, Worker};
use super::{Attendant, ReaderEvent, ServiceConfig, owner};
use crate::{ReaderError, ReaderErrorCode};

/// The list of readers is looked at anew after so long, should a notice have been missed (a reader
/// that is swapped for another between two looks leaves the number of readers as it was). Each such
/// wait costs a millisecond of CPU: pcsclite spins through the last one.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Owners by the name of their reader.
type Owners = BTreeMap<String, Worker>;

/// What every thread of the service shares.
pub(super) struct Service<T> {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) config: ServiceConfig,
    pub(super) attendant: Arc<dyn Attendant<T>>,
    pub(super) events: Sender<T>,
    /// Whether a reader's thread was left behind in a call that cannot be cancelled.
    pub(super) left_behind: Arc<AtomicBool>,
    /// Whether this family says that the service is up or down.
    pub(super) is_spokesman: bool,
}

impl<T> Service<T> {
    fn say(&self, event: ReaderEvent<T>) {
        if self.is_spokesman {
            self.events.send(event);
        }
    }
}

/// Runs until `stop`.
pub(super) fn run<T: Send + 'static>(service: &Service<T>, stop: &Stop) {
    let config = &service.config;
    let mut delay = Delay::new(config.retry_first, config.retry_cap);
    let mut said: Option<ReaderErrorCode> = None;
    while !stop.is_stopped() {
        let since = Instant::now();
        let why = match greet(service, stop) {
            Ok((mut list, names)) => {
                service.say(ReaderEvent::ServiceUp);
                said = None;
                let why = attend(service, list.as_mut(), names);
                if since.elapsed() > config.retry_cap {
                    delay.reset();
                }
                why
            }
            Err(why) => why,
        };
        if stop.is_stopped() {
            return;
        }
        if said != Some(why.code()) {
            said = Some(why.code());
            service.say(ReaderEvent::ServiceDown { why });
        }
        stop.sleep(delay.next());
    }
}

/// The service counts as up when it has listed its readers once.
fn greet<T>(
    service: &Service<T>,
    stop: &Stop,
) -> Result<(Box<dyn ReaderList>, Vec<String>), ReaderError> {
    let list = service.backend.open_list()?;
    stop.arm(list.canceller());
    let names = list.names()?;
    Ok((list, names))
}

/// Serves the readers until the service fails, and says why it did.
fn attend<T: Send + 'static>(
    service: &Service<T>,
    list: &mut dyn ReaderList,
    mut names: Vec<String>,
) -> ReaderError {
    let config = &service.config;
    let mut owners = Owners::new();
    let why = loop {
        names.retain(|name| !config.ignore.iter().any(|part| name.contains(part)));
        end_owners(service, &mut owners, |name| {
            !names.iter().any(|n| n == name)
        });
        for name in &names {
            if !owners.contains_key(name) {
                match start_owner(service, name) {
                    Ok(owner) => drop(owners.insert(name.clone(), owner)),
                    Err(error) => tracing::error!(%error, reader = name, "no thread for a reader"),
                }
            }
        }
        match list.wait_for_change(LOOK_AGAIN).and_then(|()| list.names()) {
            Ok(now) => names = now,
            Err(error) => break error,
        }
    };
    end_owners(service, &mut owners, |_| true);
    why
}

fn start_owner<T: Send + 'static>(service: &Service<T>, name: &str) -> Result<Worker, ReaderError> {
    let reader = name.to_owned();
    let backend = service.backend.clone();
    let config = service.config.clone();
    let attendant = service.attendant.clone();
    let events = service.events.clone();
    Worker::spawn(name, Arc::new(Stop::default()), move |stop| {
        owner::run(&reader, &*backend, &config, &*attendant, &events, stop);
    })
}

/// Ends the owners of the readers that `chosen` names (and those that ended by themselves): all
/// are told first, so that they end side by side.
fn end_owners<T>(service: &Service<T>, owners: &mut Owners, chosen: impl Fn(&str) -> bool) {
    let ending: Vec<(String, Worker)> = owners
        .extract_if(.., |name, owner| owner.has_ended() || chosen(name))
        .collect();
    for (_, owner) in &ending {
        owner.tell();
    }
    let patience = service.config.stop_patience;
    let since = Instant::now();
    for (_, owner) in ending {
        if !owner.stop(patience.saturating_sub(since.elapsed())) {
            service.left_behind.store(true, Ordering::SeqCst);
        }
    }
}
