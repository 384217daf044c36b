//! What the service needs of a family of readers: PC/SC's, and those on ports of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::knocks::Knocks;
use super::stop::Stop;
use crate::libnfc;
use crate::pcsc::{Directory, PcscReader};
use crate::{Cancel, CardReader, ReaderError};

/// How often ports are looked at: nothing says when a plug is pulled.
const LOOK_AT_PORTS: Duration = Duration::from_millis(250);

/// A family of readers.
pub(super) trait Backend: Send + Sync + 'static {
    /// Connects to whatever knows the readers.
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError>;
    /// Opens one reader.
    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError>;
}

/// The list of readers; see [`Directory`].
pub(super) trait ReaderList {
    fn names(&self) -> Result<Vec<String>, ReaderError>;
    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError>;
    fn canceller(&self) -> Arc<dyn Cancel>;
}

/// The operating system's PC/SC service.
pub(super) struct Pcsc;

impl Backend for Pcsc {
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError> {
        Ok(Box::new(Directory::open()?))
    }

    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
        Ok(Box::new(PcscReader::open(name)?))
    }
}

impl ReaderList for Directory {
    fn names(&self) -> Result<Vec<String>, ReaderError> {
        self.list()
    }

    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        Directory::wait_for_change(self, timeout)
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Directory::canceller(self)
    }
}

/// Ports that libnfc drives, by their connection strings.
pub(super) struct Libnfc {
    ports: Vec<String>,
    knocks: Arc<Mutex<Knocks>>,
}

impl Libnfc {
    /// The readers at these ports, whether they are plugged in now or later.
    ///
    /// # Errors
    /// `Other` if this program was built without libnfc.
    pub(super) fn new(ports: Vec<String>) -> Result<Self, ReaderError> {
        if cfg!(feature = "libnfc") {
            return Ok(Self {
                ports,
                knocks: Arc::default(),
            });
        }
        Err(ReaderError::Other {
            step: "opening a reader by libnfc",
            source: Arc::new(std::io::Error::new(
                std::io::ErrorKind::Unsupported,
                "this program was built without libnfc (cargo feature `libnfc`)",
            )),
        })
    }
}

impl Backend for Libnfc {
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError> {
        Ok(Box::new(Ports {
            names: self.ports.clone(),
            seen: Vec::new(),
            knocks: self.knocks.clone(),
            gate: Arc::default(),
        }))
    }

    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
        if !lock(&self.knocks).may_try(name, Instant::now()) {
            return Err(ReaderError::ReaderGone {
                reader: name.to_owned(),
                source: None,
            });
        }
        let opened = open_port(name);
        match &opened {
            Ok(_) => lock(&self.knocks).forget(name),
            // Nothing was opened: another program holds the lock.
            Err(ReaderError::InUse { .. }) => {}
            Err(_) => lock(&self.knocks).failed(name, Instant::now()),
        }
        opened
    }
}

#[cfg(feature = "libnfc")]
fn open_port(name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
    Ok(Box::new(libnfc::LibnfcReader::open(name)?))
}

/// [`Libnfc::new`] has refused already.
#[cfg(not(feature = "libnfc"))]
fn open_port(name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
    Err(ReaderError::ReaderGone {
        reader: name.to_owned(),
        source: None,
    })
}

/// The ports that have something plugged in.
struct Ports {
    names: Vec<String>,
    seen: Vec<String>,
    knocks: Arc<Mutex<Knocks>>,
    gate: Arc<PortsGate>,
}

/// Ends the wait for a change of the ports.
#[derive(Default)]
struct PortsGate(Stop);

impl Cancel for PortsGate {
    fn cancel(&self) {
        self.0.stop();
    }
}

impl Ports {
    fn plugged_in(&self) -> Vec<String> {
        let is_there = |name: &&String| {
            let there = libnfc::is_plugged_in(name);
            if !there {
                lock(&self.knocks).forget(name);
            }
            there
        };
        self.names.iter().filter(is_there).cloned().collect()
    }
}

fn lock(knocks: &Mutex<Knocks>) -> MutexGuard<'_, Knocks> {
    knocks.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReaderList for Ports {
    fn names(&self) -> Result<Vec<String>, ReaderError> {
        Ok(self.plugged_in())
    }

    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        let mut left = timeout;
        while !left.is_zero() {
            let now = self.plugged_in();
            if now != self.seen {
                self.seen = now;
                return Ok(());
            }
            let pause = left.min(LOOK_AT_PORTS);
            if self.gate.0.sleep(pause) {
                return Err(ReaderError::Cancelled);
            }
            left -= pause;
        }
        Ok(())
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        self.gate.clone()
    }
}
