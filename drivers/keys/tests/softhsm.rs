//! The PKCS#11 vault on a real token: SoftHSM2, in a folder of its own. One test in one process, as
//! the library reads its configuration from the environment once, when it is initialised.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use tillside_keys::file::FileVault;
use tillside_keys::pkcs11::Pkcs11Vault;
use tillside_keys::{
    Diversification, HeldKey, KeyPackage, KeyRole, KeyVault, VaultError, VaultKind, open_vault,
};

const PIN: &str = "4711";
const TOKEN: &str = "Till 7";
/// Set in the child process only; the parent starts it with a configuration of its own.
const CHILD: &str = "TILLSIDE_SOFTHSM_TEST_FOLDER";

/// Debian's places of the library.
fn module() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let found = places.into_iter().map(PathBuf::from).find(|at| at.exists());
    found.expect("SoftHSM2 is not installed: run `cargo xtask setup`")
}

/// The library takes its folder from the environment, and a test must not change the environment of
/// its own process (threads read it): so the test runs itself once more, with the variable set.
#[test]
fn the_token_does_what_the_file_does_and_gives_nothing_out() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return story(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let conf = folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&conf, text).unwrap();
    let init = Command::new("softhsm2-util")
        .args([
            "--init-token",
            "--free",
            "--label",
            TOKEN,
            "--so-pin",
            "12345678",
            "--pin",
            PIN,
        ])
        .env("SOFTHSM2_CONF", &conf)
        .stdout(Stdio::null())
        .status()
        .expect("softhsm2-util is not installed: run `cargo xtask setup`");
    assert!(init.success(), "softhsm2-util could not make a token");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("the_token_does_what_the_file_does_and_gives_nothing_out")
        .env("SOFTHSM2_CONF", &conf)
        .env(CHILD, folder.path())
        .status()
        .unwrap();
    assert!(child.success(), "the story failed, see above");
}

fn input(uid: u8) -> Diversification {
    Diversification::new(&[uid; 7], [1, 2, 3], KeyRole::Pay, b"Tillside").unwrap()
}

fn story(folder: &Path) {
    // First of all: once this process is logged in, a token takes any PIN of it.
    let wrong = Pkcs11Vault::open(&module(), TOKEN, "4712");
    assert!(matches!(wrong, Err(VaultError::Locked)), "{wrong:?}");
    let vault = Pkcs11Vault::open(&module(), TOKEN, PIN).unwrap();
    assert_eq!(vault.kind(), VaultKind::Pkcs11);
    assert_eq!(vault.held().unwrap(), []);
    wrong_doors_stay_shut();
    derives_as_the_file_does(&vault, folder);
    generates_and_rolls(&vault);
    gives_nothing_out(&vault);
    logs_in_again(&vault);
    shown_without_secrets(&vault);
    never_tries_a_refused_pin_again(&vault);
}

fn wrong_doors_stay_shut() {
    let other = Pkcs11Vault::open(&module(), "Till 8", PIN);
    assert!(matches!(other, Err(VaultError::NoToken { .. })));
    let missing = Pkcs11Vault::open(Path::new("/nowhere/p11.so"), TOKEN, PIN);
    assert!(matches!(
        missing,
        Err(VaultError::NoToken {
            source: Some(_),
            ..
        })
    ));
}

fn derives_as_the_file_does(vault: &Pkcs11Vault, folder: &Path) {
    let mut package = KeyPackage::new();
    package.add(KeyRole::Pay, 1, [0x51; 16]).unwrap();
    package.add(KeyRole::Identify, 1, [0x52; 16]).unwrap();
    let path = folder.join("file");
    FileVault::create(&path, "p")
        .unwrap()
        .import(&package)
        .unwrap();
    vault.import(&package).unwrap();
    assert!(matches!(
        vault.import(&package),
        Err(VaultError::Differs { .. })
    ));
    let spec = format!("pkcs11:{}?token={TOKEN}", module().display());
    let token = open_vault(&spec, PIN).unwrap();
    let file = open_vault(&format!("file:{}", path.display()), "p").unwrap();
    assert_eq!(token.held().unwrap(), file.held().unwrap());
    for role in [KeyRole::Pay, KeyRole::Identify] {
        for uid in 1..20 {
            let one = token.derive(role, 1, &input(uid)).unwrap();
            assert!(
                one == file.derive(role, 1, &input(uid)).unwrap(),
                "{role} {uid}"
            );
        }
    }
    let none = vault.derive(KeyRole::TopUp, 1, &input(1));
    assert!(matches!(
        none,
        Err(VaultError::NotHeld {
            role: KeyRole::TopUp,
            version: 1
        })
    ));
}

fn generates_and_rolls(vault: &Pkcs11Vault) {
    vault.generate(KeyRole::Pay, 2).unwrap();
    assert!(matches!(
        vault.generate(KeyRole::Pay, 2),
        Err(VaultError::Differs { .. })
    ));
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(2));
    let (old, new) = (
        vault.derive(KeyRole::Pay, 1, &input(1)).unwrap(),
        vault.derive(KeyRole::Pay, 2, &input(1)).unwrap(),
    );
    assert!(old != new);
    vault.remove(KeyRole::Pay, 1).unwrap();
    assert!(matches!(
        vault.remove(KeyRole::Pay, 1),
        Err(VaultError::NotHeld { .. })
    ));
    let identify = HeldKey {
        role: KeyRole::Identify,
        version: 1,
    };
    let pay = HeldKey {
        role: KeyRole::Pay,
        version: 2,
    };
    assert_eq!(vault.held().unwrap(), [identify, pay]);
}

/// Another program with the PIN, through the token's own interface.
fn outsider() -> Session {
    let module = Pkcs11::new(module()).unwrap();
    let slots = module.get_slots_with_initialized_token().unwrap();
    let session = module.open_rw_session(slots[0]).unwrap();
    // The process is logged in already; in another process this would log in.
    drop(session.login(UserType::User, Some(&AuthPin::new(PIN.into()))));
    session
}

fn gives_nothing_out(vault: &Pkcs11Vault) {
    let session = outsider();
    for label in ["tillside:pay:2", "tillside:identify:1"] {
        let found = session
            .find_objects(&[Attribute::Label(label.into())])
            .unwrap();
        let [key] = found[..] else {
            panic!("{label}: {found:?}")
        };
        let value = session
            .get_attribute_info(key, &[AttributeType::Value])
            .unwrap();
        assert!(
            matches!(value[0], AttributeInfo::Sensitive),
            "{label}: {value:?}"
        );
        assert_eq!(
            session
                .get_attributes(key, &[AttributeType::Value])
                .unwrap(),
            []
        );
        // It may not be made readable afterwards either.
        assert!(
            session
                .update_attributes(key, &[Attribute::Sensitive(false)])
                .is_err()
        );
        assert!(
            session
                .update_attributes(key, &[Attribute::Extractable(true)])
                .is_err()
        );
    }
    // A key that somebody else put there, readable, with our label: not used.
    let planted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Label(b"tillside:top_up:1".to_vec()),
        Attribute::Token(true),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::Sign(true),
        Attribute::Value(vec![1; 16]),
    ];
    let key = session.create_object(&planted).unwrap();
    let refused = vault.derive(KeyRole::TopUp, 1, &input(1));
    assert!(
        matches!(refused, Err(VaultError::Exposed { .. })),
        "{refused:?}"
    );
    // And two of one label: which made the cards, nobody knows.
    session.create_object(&planted).unwrap();
    let refused = vault.derive(KeyRole::TopUp, 1, &input(1));
    assert!(
        matches!(refused, Err(VaultError::Damaged { .. })),
        "{refused:?}"
    );
    session.destroy_object(key).unwrap();
}

fn logs_in_again(vault: &Pkcs11Vault) {
    outsider().logout().unwrap();
    assert!(vault.derive(KeyRole::Pay, 2, &input(1)).is_ok());
    outsider().logout().unwrap();
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(2));
}

fn shown_without_secrets(vault: &Pkcs11Vault) {
    let shown = format!("{vault:?}");
    assert!(shown.contains(TOKEN) && !shown.contains(PIN), "{shown}");
}

/// Each try counts: real tokens lock themselves after a few.
fn never_tries_a_refused_pin_again(vault: &Pkcs11Vault) {
    let pin = |pin: &str| AuthPin::new(pin.into());
    let theirs = outsider();
    theirs.set_pin(&pin(PIN), &pin("4713")).unwrap();
    theirs.logout().unwrap();
    assert!(matches!(vault.held(), Err(VaultError::Locked)));
    theirs.login(UserType::User, Some(&pin("4713"))).unwrap();
    theirs.set_pin(&pin("4713"), &pin(PIN)).unwrap();
    theirs.logout().unwrap();
    // It would be taken now: that it is refused shows that the token was not asked.
    assert!(matches!(vault.held(), Err(VaultError::Locked)));
    assert!(Pkcs11Vault::open(&module(), TOKEN, PIN).is_ok());
}
