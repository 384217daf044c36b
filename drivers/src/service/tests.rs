//! The service over readers in memory: what no pcscd without a real reader can be made to do.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::backend::{Backend, ReaderList};
use super::delay::Delay;
use super::{ReaderEvent, ReaderService, ServiceConfig};
use crate::memory::{Flaw, Memory, MemoryList};
use crate::{Cancel, CardReader, CardSession, ReaderError, ReaderErrorCode};

impl Backend for Memory {
    fn open_list(&self) -> Result<Box<dyn ReaderList>, ReaderError> {
        Ok(Box::new(self.list()?))
    }
    fn open_reader(&self, name: &str) -> Result<Box<dyn CardReader>, ReaderError> {
        self.open(name)
    }
}

impl ReaderList for MemoryList {
    fn names(&self) -> Result<Vec<String>, ReaderError> {
        MemoryList::names(self)
    }
    fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        MemoryList::wait_for_change(self, timeout)
    }
    fn canceller(&self) -> Arc<dyn Cancel> {
        MemoryList::canceller(self)
    }
}

type Events = Receiver<ReaderEvent<Vec<u8>>>;

fn start(memory: &Memory, config: ServiceConfig) -> (ReaderService, Events) {
    let identify = |session: &mut dyn CardSession| session.transmit(&[0xCA]);
    ReaderService::start_on(vec![Arc::new(memory.clone())], config, identify).unwrap()
}

/// The next event in few words.
fn next(events: &Events) -> String {
    match events.recv_timeout(Duration::from_secs(20)).unwrap() {
        ReaderEvent::ServiceUp => "up".into(),
        ReaderEvent::ServiceDown { .. } => "down".into(),
        ReaderEvent::ReaderAdded { reader } => format!("+{reader}"),
        ReaderEvent::ReaderHeld { reader } => format!("{reader} held"),
        ReaderEvent::ReaderRemoved { reader } => format!("-{reader}"),
        ReaderEvent::Card { reader, .. } => format!("{reader} card"),
        ReaderEvent::CardUnreadable { reader, error } => format!("{reader} {:?}", error.code()),
        ReaderEvent::CardRemoved { reader } => format!("{reader} empty"),
    }
}

fn expect(events: &Events, expected: &[&str]) {
    for words in expected {
        assert_eq!(next(events), *words);
    }
}

#[test]
fn readers_come_and_go_under_a_living_service() {
    let memory = Memory::new(Flaw::None);
    let (service, events) = start(&memory, ServiceConfig::default());
    expect(&events, &["up"]);
    memory.lift("A");
    expect(&events, &["+A"]);
    memory.lay("A");
    expect(&events, &["A card"]);
    memory.lay("B");
    expect(&events, &["+B", "B card"]);
    // Unplugged with its card on it.
    memory.change(|world| {
        world.readers.remove("A");
    });
    expect(&events, &["A empty", "-A"]);
    // Plugged in elsewhere: another name.
    memory.lay("A 2");
    expect(&events, &["+A 2", "A 2 card"]);
    memory.lift("B");
    expect(&events, &["B empty"]);
    assert!(service.stop());
}

#[test]
fn a_service_that_dies_takes_all_readers_with_it_and_brings_them_back() {
    let memory = Memory::new(Flaw::None);
    memory.lay("A");
    let (service, events) = start(&memory, ServiceConfig::default());
    expect(&events, &["up", "+A", "A card"]);
    memory.change(|world| world.down = true);
    expect(&events, &["A empty", "-A", "down"]);
    memory.change(|world| world.down = false);
    expect(&events, &["up", "+A", "A card"]);
    assert!(service.stop());
}

#[test]
fn a_full_queue_loses_nothing_and_does_not_hinder_the_end() {
    let memory = Memory::new(Flaw::None);
    let config = ServiceConfig {
        queue: 1,
        ..ServiceConfig::default()
    };
    let (service, events) = start(&memory, config.clone());
    for reader in ["A", "B", "C"] {
        memory.lay(reader);
    }
    let mut seen: Vec<String> = (0..7).map(|_| next(&events)).collect();
    seen.sort();
    assert_eq!(seen, ["+A", "+B", "+C", "A card", "B card", "C card", "up"]);
    assert!(service.stop());
    // Nobody takes anything: every thread stands before the full queue, and ends all the same.
    let (service, _events) = start(&memory, config);
    assert!(service.stop());
}

#[test]
fn a_receiver_that_is_gone_ends_the_service() {
    let memory = Memory::new(Flaw::None);
    let (service, events) = start(&memory, ServiceConfig::default());
    expect(&events, &["up"]);
    drop(events);
    memory.lay("A");
    assert!(service.stop());
}

#[test]
fn readers_to_be_ignored_are() {
    let memory = Memory::new(Flaw::None);
    memory.lay("ACR1252 SAM 00 00");
    memory.lay("ACR1252 PICC 00 00");
    let (service, events) = start(&memory, ServiceConfig::default());
    expect(
        &events,
        &["up", "+ACR1252 PICC 00 00", "ACR1252 PICC 00 00 card"],
    );
    memory.lift("ACR1252 PICC 00 00");
    expect(&events, &["ACR1252 PICC 00 00 empty"]);
    assert!(service.stop());
}

#[test]
fn pauses_double_up_to_the_cap() {
    let mut delay = Delay::new(Duration::from_millis(10), Duration::from_millis(50));
    let pauses: Vec<u128> = (0..5).map(|_| delay.next().as_millis()).collect();
    assert_eq!(pauses, [10, 20, 40, 50, 50]);
    delay.reset();
    assert_eq!(delay.next().as_millis(), 10);
}

#[test]
fn a_thread_that_was_left_behind_sends_no_further_command() {
    let memory = Memory::new(Flaw::None);
    memory.lay("A");
    let (in_the_middle, middle) = std::sync::mpsc::channel();
    let (go_on, going_on) = std::sync::mpsc::channel::<()>();
    let (after, outcome) = std::sync::mpsc::channel();
    let going_on = std::sync::Mutex::new(going_on);
    let identify = move |session: &mut dyn CardSession| {
        session.transmit(&[1])?;
        in_the_middle.send(()).unwrap();
        going_on.lock().unwrap().recv().unwrap();
        let second = session.transmit(&[2]);
        after
            .send(second.as_ref().map_err(ReaderError::code).cloned())
            .unwrap();
        second
    };
    let config = ServiceConfig {
        stop_patience: Duration::from_millis(1),
        ..ServiceConfig::default()
    };
    let (service, _events) =
        ReaderService::start_on(vec![Arc::new(memory)], config, identify).unwrap();
    middle.recv().unwrap();
    assert!(!service.stop(), "it was inside the identify function");
    go_on.send(()).unwrap();
    assert_eq!(outcome.recv().unwrap(), Err(ReaderErrorCode::Cancelled));
}

/// Identifies, and does one thing on a card for each number that comes to wait.
#[derive(Clone, Default)]
struct Jobs {
    waiting: Arc<std::sync::atomic::AtomicU64>,
    attended: Arc<std::sync::Mutex<Vec<u64>>>,
}

impl super::Attendant<Vec<u8>> for Jobs {
    fn attend(&self, session: &mut dyn CardSession) -> Result<Vec<u8>, ReaderError> {
        let number = self.waiting.load(std::sync::atomic::Ordering::SeqCst);
        self.attended.lock().unwrap().push(number);
        session.transmit(&[0xCA])
    }

    fn waiting(&self) -> Option<u64> {
        match self.waiting.load(std::sync::atomic::Ordering::SeqCst) {
            0 => None,
            number => Some(number),
        }
    }

    fn look(&self) -> Duration {
        Duration::from_millis(1)
    }
}

impl Jobs {
    fn wait(&self, number: u64) {
        let waiting = &self.waiting;
        waiting.store(number, std::sync::atomic::Ordering::SeqCst);
    }

    /// The numbers that cards were attended for, once there are so many.
    fn attended(&self, many: usize) -> Vec<u64> {
        for _ in 0..2_000 {
            if self.attended.lock().unwrap().len() >= many {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Time for one too many.
        std::thread::sleep(Duration::from_millis(30));
        self.attended.lock().unwrap().clone()
    }
}

#[test]
fn what_comes_to_wait_is_done_once_on_the_card_that_lies_there() {
    let (memory, jobs) = (Memory::new(Flaw::None), Jobs::default());
    let (service, events) = ReaderService::start_on(
        vec![Arc::new(memory.clone())],
        ServiceConfig::default(),
        jobs.clone(),
    )
    .unwrap();
    expect(&events, &["up"]);
    memory.lay("A");
    expect(&events, &["+A", "A card"]);
    assert_eq!(jobs.attended(1), [0]);
    jobs.wait(7);
    assert_eq!(jobs.attended(2), [0, 7], "and shown no second time");
    jobs.wait(8);
    assert_eq!(jobs.attended(3), [0, 7, 8]);
    memory.lift("A");
    expect(&events, &["A empty"]);
    // Still there: the next tap is attended for it, once.
    memory.lay("A");
    expect(&events, &["A card"]);
    assert_eq!(jobs.attended(4), [0, 7, 8, 8]);
    assert!(service.stop());
}
