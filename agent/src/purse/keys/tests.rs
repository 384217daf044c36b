//! The till's keys: the development file, a token that fails, and one that takes its time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use tillside_keys::{CardKey, Diversification, HeldKey};

fn opened(options: &VaultOptions, data: &DataFolder) -> Keys {
    let keys = Keys::named(options, data);
    keys.look();
    keys
}

fn package(versions: &[u8]) -> KeyPackage {
    let mut package = KeyPackage::new();
    for &version in versions {
        for role in [KeyRole::Identify, KeyRole::Pay] {
            package.add(role, version, [version; 16]).unwrap();
        }
    }
    package
}

#[test]
fn the_first_grant_makes_the_development_vault_and_a_restart_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let options = VaultOptions {
        spec: None,
        secret: None,
    };
    let keys = opened(&options, &data);
    assert_eq!((keys.view(), keys.held()), (KeysView::None, false));
    assert!(keys.takes_grants());
    keys.import(&KeyPackage::new()).unwrap();
    assert!(!data.vault_file().exists(), "an empty grant makes nothing");
    keys.import(&package(&[1])).unwrap();
    assert_eq!(keys.view(), KeysView::Development);
    // A key roll brings newer ones beside the old.
    keys.import(&package(&[1, 2])).unwrap();
    let again = opened(&options, &data);
    let vault = again.vault().unwrap();
    assert_eq!(vault.held().unwrap().len(), 4);
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(2));
    // What HQ does not grant any more is taken out, here and in the file.
    again.import(&package(&[2])).unwrap();
    again.import(&KeyPackage::new()).unwrap();
    let held = |keys: &Keys| keys.vault().unwrap().held().unwrap();
    assert_eq!(held(&again), package(&[2]).held());
    assert_eq!(held(&opened(&options, &data)), package(&[2]).held());
}

#[test]
fn a_vault_that_does_not_open_leaves_a_till_that_sells() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let open = |secret: &str| {
        let options = VaultOptions {
            spec: None,
            secret: Some(secret.to_owned()),
        };
        opened(&options, &data)
    };
    open("right").import(&package(&[1])).unwrap();
    let keys = open("wrong");
    assert_eq!(keys.view(), KeysView::None);
    let problem = keys.problem().unwrap();
    assert!(problem.contains("passphrase or PIN is wrong"), "{problem}");
    assert!(open("right").held());
}

/// A token that answers when it is let, and never on a thread of the runtime.
#[derive(Debug)]
struct Slow {
    let_go: Mutex<Receiver<Result<(), ()>>>,
}

impl Slow {
    fn held_up() -> (Arc<dyn KeyVault>, Sender<Result<(), ()>>) {
        let (hand, let_go) = channel();
        let let_go = Mutex::new(let_go);
        (Arc::new(Self { let_go }), hand)
    }

    fn wait(&self) -> Result<(), VaultError> {
        let let_go = self.let_go.lock().unwrap();
        let answer = let_go.recv_timeout(HOPELESS);
        let hangs = answer == Err(RecvTimeoutError::Timeout);
        assert!(!hangs, "somebody waits for the token who must not");
        answer
            .unwrap_or(Err(()))
            .map_err(|()| VaultError::Unavailable {
                source: "unplugged".into(),
            })
    }
}

impl KeyVault for Slow {
    fn kind(&self) -> VaultKind {
        VaultKind::Pkcs11
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        self.wait()?;
        let (role, version) = (KeyRole::Identify, 1);
        Ok(vec![HeldKey { role, version }])
    }

    fn derive(&self, _: KeyRole, _: u8, _: &Diversification) -> Result<CardKey, VaultError> {
        self.wait()?;
        Ok(CardKey::new([7; 16]))
    }
}

fn token(open: impl Fn() -> Result<Arc<dyn KeyVault>, VaultError> + Send + Sync + 'static) -> Keys {
    Keys::from(Source::Token(Arc::new(open)))
}

const SOON: Duration = Duration::from_millis(5);
const HOPELESS: Duration = Duration::from_secs(20);

/// Waits until the screen says so.
fn until(keys: &Keys, wanted: &KeysView) {
    let began = std::time::Instant::now();
    while keys.view() != *wanted {
        assert!(began.elapsed() < HOPELESS, "it stayed {keys:?}");
        std::thread::sleep(SOON);
    }
}

#[test]
fn whoever_asks_is_answered_while_a_token_takes_its_time() {
    let (slow, hand) = Slow::held_up();
    let keys = token(move || Ok(slow.clone()));
    // What hangs here would hang the till: nobody lets the token go before.
    let watch = keys.watch_every(SOON, SOON).unwrap();
    assert_eq!((keys.view(), keys.held()), (KeysView::None, false));
    assert_eq!(keys.problem().as_deref(), Some(NOT_YET));
    assert!(!keys.takes_grants());
    hand.send(Ok(())).unwrap();
    until(&keys, &KeysView::Token);
    assert!(keys.held() && keys.vault().is_some());
    assert_eq!(keys.problem(), None);
    // The next look hangs: what was seen stays, and is told at once.
    std::thread::sleep(4 * SOON);
    assert_eq!(keys.view(), KeysView::Token);
    hand.send(Err(())).unwrap();
    until(&keys, &KeysView::None);
    let problem = keys.problem().unwrap();
    assert!(problem.contains("does not answer"), "{problem}");
    hand.send(Ok(())).unwrap();
    until(&keys, &KeysView::Token);
    assert_eq!(keys.problem(), None);
    drop(watch);
}

#[test]
fn a_token_that_comes_late_is_found() {
    let plugged = Arc::new(Mutex::new(None));
    let port = plugged.clone();
    let keys = token(move || {
        let token: Option<Arc<dyn KeyVault>> = port.lock().unwrap().clone();
        token.ok_or_else(|| VaultError::NoToken {
            what: "Till 7".into(),
            source: None,
        })
    });
    let _watch = keys.watch_every(SOON, HOPELESS).unwrap();
    let problem = keys.problem().unwrap();
    assert!(problem.contains("Till 7 is not there"), "{problem}");
    let (slow, hand) = Slow::held_up();
    hand.send(Ok(())).unwrap();
    *plugged.lock().unwrap() = Some(slow);
    until(&keys, &KeysView::Token);
}

#[test]
fn a_wrong_pin_is_tried_once() {
    let tried = Arc::new(Mutex::new(0));
    let counted = tried.clone();
    let keys = token(move || {
        *counted.lock().unwrap() += 1;
        Err(VaultError::Locked)
    });
    for _ in 0..3 {
        keys.look();
    }
    assert_eq!(
        *tried.lock().unwrap(),
        1,
        "a token locks itself after a few"
    );
    let problem = keys.problem().unwrap();
    assert!(problem.contains("PIN is wrong"), "{problem}");
}

#[test]
fn the_thread_that_looks_ends_with_its_till() {
    let (slow, hand) = Slow::held_up();
    let keys = token(move || Ok(slow.clone()));
    hand.send(Ok(())).unwrap();
    let watch = keys.watch_every(HOPELESS, HOPELESS).unwrap();
    drop(watch);
    let began = std::time::Instant::now();
    while Arc::strong_count(&keys.0) > 1 {
        assert!(began.elapsed() < HOPELESS / 2, "it goes on");
        std::thread::sleep(SOON);
    }
}
