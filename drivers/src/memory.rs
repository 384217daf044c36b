//! Readers that are a table in memory: for the tests of this crate, of what a real service cannot
//! be made to do (unplug one reader of a living pcscd), and of the contract itself, by flaws.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Cancel, CardReader, CardSession, Presented, ReaderError};

/// What a backend may get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    SeesAGhost,
    ForgetsTheAtr,
    LosesALyingCard,
    GivesAnEmptyAnswer,
    ReusesTheTap,
    CancelsOnce,
    KeepsTheCard,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) down: bool,
    pub(crate) readers: BTreeMap<String, Option<u64>>,
    pub(crate) leaves_in_next: bool,
    taps: u64,
    changes: u64,
    held: bool,
}

/// The table; clones are the same table.
#[derive(Clone)]
pub(crate) struct Memory {
    world: Arc<(Mutex<World>, Condvar)>,
    flaw: Flaw,
}

const ATR: [u8; 2] = [0x3B, 0x00];

fn unavailable() -> ReaderError {
    ReaderError::ServiceUnavailable {
        source: Arc::new(std::io::Error::other("down")),
    }
}

impl Memory {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self {
            world: Arc::default(),
            flaw,
        }
    }

    /// Changes the table, and wakes whoever waits for that.
    pub(crate) fn change(&self, work: impl FnOnce(&mut World)) {
        let mut world = self.lock();
        work(&mut world);
        world.changes += 1;
        self.world.1.notify_all();
    }

    pub(crate) fn lay(&self, reader: &str) {
        let flaw = self.flaw;
        self.change(|world| {
            if flaw != Flaw::ReusesTheTap {
                world.taps += 1;
            }
            world.readers.insert(reader.to_owned(), Some(world.taps));
        });
    }

    pub(crate) fn lift(&self, reader: &str) {
        self.change(|world| {
            world.readers.insert(reader.to_owned(), None);
        });
    }

    pub(crate) fn open(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
        if self.lock().down {
            return Err(unavailable());
        }
        let (memory, name) = (self.clone(), name.to_owned());
        Ok(Box::new(MemoryReader {
            memory,
            name,
            cancelled: Arc::default(),
            seen: false,
        }))
    }

    pub(crate) fn list(&self) -> Result<MemoryList, ReaderError> {
        if self.lock().down {
            return Err(unavailable());
        }
        Ok(MemoryList {
            memory: self.clone(),
            seen: 0,
            cancelled: Arc::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<T>(
        &self,
        timeout: Duration,
        cancelled: &AtomicBool,
        mut done: impl FnMut(&World) -> Option<T>,
    ) -> Result<Option<T>, ReaderError> {
        let end = Instant::now().checked_add(timeout);
        let mut world = self.lock();
        loop {
            if cancelled.load(Ordering::SeqCst) {
                cancelled.store(self.flaw != Flaw::CancelsOnce, Ordering::SeqCst);
                return Err(ReaderError::Cancelled);
            }
            if world.down {
                return Err(unavailable());
            }
            if let Some(found) = done(&world) {
                return Ok(Some(found));
            }
            let left = end.map_or(Duration::from_secs(3600), |e| {
                e.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(None);
            }
            world = self
                .world
                .1
                .wait_timeout(world, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

struct MemoryReader {
    memory: Memory,
    name: String,
    cancelled: Arc<AtomicBool>,
    seen: bool,
}

impl CardReader for MemoryReader {
    fn name(&self) -> &str {
        &self.name
    }

    fn wait_for_card(&mut self, timeout: Duration) -> Result<Option<Presented>, ReaderError> {
        let flaw = self.memory.flaw;
        // A broken cancel would wait forever; here it ends.
        let timeout = if flaw == Flaw::CancelsOnce {
            timeout.min(Duration::from_millis(50))
        } else {
            timeout
        };
        let (name, seen) = (self.name.clone(), self.seen);
        let found = self.memory.wait(timeout, &self.cancelled, |world| {
            let tap = match world.readers.get(&name).copied().flatten() {
                None if flaw == Flaw::SeesAGhost => 99,
                tap => tap?,
            };
            let atr = if flaw == Flaw::ForgetsTheAtr {
                Vec::new()
            } else {
                ATR.to_vec()
            };
            let tap = if flaw == Flaw::LosesALyingCard && seen {
                tap + 1
            } else {
                tap
            };
            Some(Presented {
                reader: name.clone(),
                atr,
                tap,
            })
        })?;
        self.seen |= found.is_some();
        Ok(found)
    }

    fn wait_for_removal(
        &mut self,
        card: &Presented,
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        let name = self.name.clone();
        let gone = self.memory.wait(timeout, &self.cancelled, |world| {
            let now = world.readers.get(&name).copied().flatten();
            (now != Some(card.tap)).then_some(())
        })?;
        Ok(gone.is_some())
    }

    fn connect(&mut self, card: &Presented) -> Result<Box<dyn CardSession + '_>, ReaderError> {
        let mut world = self.memory.lock();
        if world.held {
            return Err(ReaderError::InUse {
                reader: self.name.clone(),
            });
        }
        if world.readers.get(&self.name).copied().flatten() != Some(card.tap) {
            return Err(ReaderError::CardGone {
                reader: self.name.clone(),
                source: None,
            });
        }
        world.held = true;
        Ok(Box::new(MemorySession {
            memory: self.memory.clone(),
            name: self.name.clone(),
        }))
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(MemoryCancel(self.memory.clone(), self.cancelled.clone()))
    }
}

struct MemorySession {
    memory: Memory,
    name: String,
}

impl CardSession for MemorySession {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let mut world = self.memory.lock();
        if std::mem::take(&mut world.leaves_in_next) {
            world.readers.insert(self.name.clone(), None);
            self.memory.world.1.notify_all();
            if self.memory.flaw == Flaw::GivesAnEmptyAnswer {
                return Ok(Vec::new());
            }
        }
        match world.readers.get(&self.name).copied().flatten() {
            Some(_) => Ok([command, &[0x90, 0x00]].concat()),
            None => Err(ReaderError::CardGone {
                reader: self.name.clone(),
                source: None,
            }),
        }
    }

    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn reader(&self) -> &str {
        &self.name
    }
}

impl Drop for MemorySession {
    fn drop(&mut self) {
        if self.memory.flaw != Flaw::KeepsTheCard {
            self.memory.lock().held = false;
        }
    }
}

struct MemoryCancel(Memory, Arc<AtomicBool>);

impl Cancel for MemoryCancel {
    fn cancel(&self) {
        let _world = self.0.lock();
        self.1.store(true, Ordering::SeqCst);
        self.0.world.1.notify_all();
    }
}

/// The list of the table's readers.
pub(crate) struct MemoryList {
    memory: Memory,
    seen: u64,
    cancelled: Arc<AtomicBool>,
}

impl MemoryList {
    pub(crate) fn names(&self) -> Result<Vec<String>, ReaderError> {
        let world = self.memory.lock();
        if world.down {
            Err(unavailable())
        } else {
            Ok(world.readers.keys().cloned().collect())
        }
    }

    pub(crate) fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        let seen = self.seen;
        let now = self.memory.wait(timeout, &self.cancelled, |world| {
            (world.changes != seen).then_some(world.changes)
        })?;
        self.seen = now.unwrap_or(seen);
        Ok(())
    }

    pub(crate) fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(MemoryCancel(self.memory.clone(), self.cancelled.clone()))
    }
}
