//! A process and a pcscd for each test, and the events of a service in few words.

use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use tillside_cards::{Identified, identify};
use tillside_drivers::{ReaderEvent, ReaderService, ServiceConfig};
use tillside_sim::{Fault, FaultSetting, ReaderModel, SimConfig, Simulator};

/// Nothing takes this long unless it is broken.
const HOPELESS: Duration = Duration::from_secs(30);
const CHILD: &str = "TILLSIDE_HARDWARE_TEST";
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// Runs the body of a test in a process of its own: this program again, for this one test.
pub fn run(path: &str, readers: &[ReaderModel], body: fn(&Simulator)) {
    let test = path.split_once("::").unwrap().1;
    if std::env::var(CHILD).is_ok_and(|child| child == test) {
        std::thread::spawn(|| {
            std::thread::sleep(2 * HOPELESS);
            eprintln!("the test hangs");
            std::process::exit(101);
        });
        let socket = std::env::var_os(SOCKET).map(PathBuf::from);
        let config = SimConfig {
            readers: readers.to_vec(),
            socket,
        };
        return body(&Simulator::start(&config).unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .env(SOCKET, folder.path().join("pcscd.sock"))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    // A name that matches no test would pass by running none.
    assert!(out.contains("1 passed"), "{test} did not run: {out}");
}

/// A test with a bench of its own: `on_stage! { fn name(sim) on [Acr122] { … } }`.
macro_rules! on_stage {
    ($($(#[$doc:meta])* fn $name:ident($sim:ident) on [$($model:ident),*] $body:block)*) => {
        $($(#[$doc])*
        #[test]
        fn $name() {
            fn body($sim: &tillside_sim::Simulator) $body
            let readers = [$(tillside_sim::ReaderModel::$model),*];
            crate::stage::run(concat!(module_path!(), "::", stringify!($name)), &readers, body);
        })*
    };
}
pub(crate) use on_stage;

/// A running service and its events.
pub struct Till {
    pub service: ReaderService,
    pub events: Receiver<ReaderEvent<Identified>>,
}

/// Leaves the second slot of each simulated reader alone.
pub fn config() -> ServiceConfig {
    ServiceConfig {
        ignore: vec![" 00 01".into()],
        ..ServiceConfig::default()
    }
}

impl Till {
    pub fn start() -> Self {
        Self::start_with(config())
    }

    pub fn start_with(config: ServiceConfig) -> Self {
        let (service, events) = ReaderService::start(config, identify).unwrap();
        Self { service, events }
    }

    /// The next event in few words, after at most [`HOPELESS`].
    pub fn next(&self) -> String {
        let event = self.events.recv_timeout(HOPELESS).expect("no event came");
        // Read only when the test fails.
        eprintln!("{event:?}");
        words(event)
    }

    /// The next events are these.
    pub fn expect(&self, expected: &[&str]) {
        for event in expected {
            assert_eq!(self.next(), *event, "of {expected:?}");
        }
    }

    /// The next events are these, in whatever order (of two readers, none is first).
    pub fn expect_unordered(&self, expected: &[&str]) {
        let mut seen: Vec<String> = expected.iter().map(|_| self.next()).collect();
        let mut expected = expected.to_vec();
        seen.sort();
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }

    pub fn expect_nothing_queued(&self) {
        assert_eq!(self.events.try_recv().err(), Some(TryRecvError::Empty));
    }
}

fn words(event: ReaderEvent<Identified>) -> String {
    match event {
        ReaderEvent::ServiceUp => "up".into(),
        ReaderEvent::ServiceDown { why } => format!("down {:?}", why.code()),
        ReaderEvent::ReaderAdded { reader } => format!("+{}", short(&reader)),
        ReaderEvent::ReaderRemoved { reader } => format!("-{}", short(&reader)),
        ReaderEvent::Card { reader, identity } => {
            format!("{} {:?} {}", short(&reader), identity.kind, identity.uid)
        }
        ReaderEvent::CardUnreadable { reader, error } => {
            format!("{} {:?}", short(&reader), error.code())
        }
        ReaderEvent::CardRemoved { reader } => format!("{} empty", short(&reader)),
        other => format!("{other:?}"),
    }
}

/// `122`, `1252`, `122(2)`: what is enough to tell the readers of one test apart.
fn short(reader: &str) -> String {
    let model = match reader {
        name if name.contains("ACR1252") => "1252",
        name if name.contains("ACR122") => "122",
        _ => "plain",
    };
    let which = reader
        .split_once(" (")
        .and_then(|(_, rest)| rest.split_once(')'));
    which.map_or(model.into(), |(which, _)| format!("{model}({which})"))
}

/// Lays a card down.
pub fn tap(sim: &Simulator, reader: usize, card: &str) {
    sim.tap(reader, &card.parse().unwrap()).unwrap();
}

/// Sets a fault that stays.
pub fn fault(sim: &Simulator, fault: Fault) {
    sim.set_fault(1, Some(FaultSetting { fault, once: false }))
        .unwrap();
}

/// Sets a fault that strikes once.
pub fn fault_once(sim: &Simulator, fault: Fault) {
    sim.set_fault(1, Some(FaultSetting { fault, once: true }))
        .unwrap();
}

/// Waits until `done`, looking often.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + HOPELESS;
    while !done() {
        assert!(Instant::now() < end, "{what} never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The PC/SC name of a reader.
pub fn name_of(sim: &Simulator, reader: usize) -> String {
    sim.reader(reader).unwrap().name
}

/// The models there are, for tests of each.
pub const MODELS: [ReaderModel; 3] = [
    ReaderModel::Acr122,
    ReaderModel::Acr1252,
    ReaderModel::Plain,
];
