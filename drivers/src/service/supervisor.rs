//! The thread that watches the PC/SC service and starts and ends the readers' owners.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delay::Delay;
use super::events::Sender;
use super::stop::{Stop, Worker};
use super::{Identify, ReaderEvent, ServiceConfig, owner};
use crate::pcsc::{Directory, PcscReader};
use crate::{CardReader, ReaderError, ReaderErrorCode};

/// The list of readers is looked at anew after so long, should a notice have been missed (a reader
/// that is swapped for another between two looks leaves the number of readers as it was).
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Owners by the name of their reader.
type Owners = BTreeMap<String, Worker>;

/// Runs until `stop`.
pub(super) fn run<T: Send + 'static>(
    config: &ServiceConfig,
    identify: &Arc<Identify<T>>,
    events: &Sender<T>,
    stop: &Arc<Stop>,
) {
    let mut delay = Delay::new(config.retry_first, config.retry_cap);
    let mut said: Option<ReaderErrorCode> = None;
    while !stop.is_stopped() {
        let since = Instant::now();
        let why = match Directory::open().and_then(|directory| greet(directory, stop)) {
            Ok((mut directory, names)) => {
                events.send(ReaderEvent::ServiceUp);
                said = None;
                let why = attend(&mut directory, names, config, identify, events);
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
            events.send(ReaderEvent::ServiceDown { why });
        }
        stop.sleep(delay.next());
    }
}

/// The service counts as up when it has listed its readers once.
fn greet(directory: Directory, stop: &Stop) -> Result<(Directory, Vec<String>), ReaderError> {
    stop.arm(directory.canceller());
    let names = directory.list()?;
    Ok((directory, names))
}

/// Serves the readers until the service fails, and says why it did.
fn attend<T: Send + 'static>(
    directory: &mut Directory,
    mut names: Vec<String>,
    config: &ServiceConfig,
    identify: &Arc<Identify<T>>,
    events: &Sender<T>,
) -> ReaderError {
    let mut owners = Owners::new();
    let why = loop {
        names.retain(|name| !config.ignore.iter().any(|part| name.contains(part)));
        end_owners(&mut owners, config.stop_patience, |name| {
            !names.iter().any(|n| n == name)
        });
        for name in &names {
            if !owners.contains_key(name) {
                match start_owner(name, config, identify, events) {
                    Ok(owner) => drop(owners.insert(name.clone(), owner)),
                    Err(error) => tracing::error!(%error, reader = name, "no thread for a reader"),
                }
            }
        }
        match directory
            .wait_for_change(LOOK_AGAIN)
            .and_then(|()| directory.list())
        {
            Ok(now) => names = now,
            Err(error) => break error,
        }
    };
    end_owners(&mut owners, config.stop_patience, |_| true);
    why
}

fn start_owner<T: Send + 'static>(
    name: &str,
    config: &ServiceConfig,
    identify: &Arc<Identify<T>>,
    events: &Sender<T>,
) -> Result<Worker, ReaderError> {
    let reader = name.to_owned();
    let config = config.clone();
    let identify = identify.clone();
    let events = events.clone();
    Worker::spawn(name, Arc::new(Stop::default()), move |stop| {
        let open =
            || PcscReader::open(&reader).map(|reader| Box::new(reader) as Box<dyn CardReader>);
        owner::run(&reader, &open, &config, &*identify, &events, stop);
    })
}

/// Ends the owners of the readers that `chosen` names (and those that ended by themselves): all
/// are told first, so that they end side by side.
fn end_owners(owners: &mut Owners, patience: Duration, chosen: impl Fn(&str) -> bool) {
    let ending: Vec<(String, Worker)> = owners
        .extract_if(.., |name, owner| owner.has_ended() || chosen(name))
        .collect();
    for (_, owner) in &ending {
        owner.tell();
    }
    for (_, owner) in ending {
        owner.stop(patience);
    }
}
