//! The vault file against crashes, other hands and other bytes.
#![allow(clippy::unwrap_used)]

use super::*;

const PASSPHRASE: &str = "open sesame";

fn vault_with(path: &Path, keys: &[(KeyRole, u8, u8)]) -> FileVault {
    let mut package = KeyPackage::new();
    for (role, version, fill) in keys {
        package.add(*role, *version, [*fill; 16]).unwrap();
    }
    let mut vault = FileVault::create(path, PASSPHRASE).unwrap();
    vault.import(&package).unwrap();
    vault
}

fn input() -> Diversification {
    Diversification::new(&[4; 7], [1, 2, 3], KeyRole::Pay, b"Tillside").unwrap()
}

#[test]
fn a_till_gets_the_roles_it_may_have_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut hq = FileVault::create(&folder.path().join("hq"), PASSPHRASE).unwrap();
    for role in [KeyRole::Identify, KeyRole::Pay, KeyRole::TopUp] {
        hq.generate(role, 1).unwrap();
    }
    let package = hq.export(&[KeyRole::Identify, KeyRole::Pay]).unwrap();
    let path = folder.path().join("till");
    FileVault::create(&path, "other")
        .unwrap()
        .import(&package)
        .unwrap();
    let till = FileVault::open(&path, "other").unwrap();
    assert_eq!(till.kind(), VaultKind::DevelopmentFile);
    let roles: Vec<_> = till
        .held()
        .unwrap()
        .into_iter()
        .map(|key| key.role)
        .collect();
    assert_eq!(roles, [KeyRole::Identify, KeyRole::Pay]);
    let key = till.derive(KeyRole::Pay, 1, &input()).unwrap();
    assert_eq!(key, hq.derive(KeyRole::Pay, 1, &input()).unwrap());
    let none = till.derive(KeyRole::TopUp, 1, &input());
    assert!(matches!(
        none,
        Err(VaultError::NotHeld {
            role: KeyRole::TopUp,
            version: 1
        })
    ));
    assert!(matches!(
        till.export(&[KeyRole::TopUp]),
        Err(VaultError::NotHeld { .. })
    ));
}

#[test]
fn a_roll_keeps_the_old_version_beside_the_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let mut vault = vault_with(
        &path,
        &[(KeyRole::Pay, 1, 0x11), (KeyRole::Identify, 9, 0x33)],
    );
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(1));
    vault.generate(KeyRole::Pay, 2).unwrap();
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(2));
    assert_eq!(vault.newest(KeyRole::TopUp).unwrap(), None);
    let old = vault.derive(KeyRole::Pay, 1, &input()).unwrap();
    assert_eq!(old, input().under(&[0x11; 16]));
    assert_ne!(old, vault.derive(KeyRole::Pay, 2, &input()).unwrap());
    vault.remove(KeyRole::Pay, 1).unwrap();
    let vault = FileVault::open(&path, PASSPHRASE).unwrap();
    assert!(vault.derive(KeyRole::Pay, 1, &input()).is_err());
    assert!(vault.derive(KeyRole::Pay, 2, &input()).is_ok());
}

#[test]
fn a_held_key_is_never_replaced_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let mut vault = vault_with(&path, &[(KeyRole::Pay, 1, 0x11)]);
    let mut package = KeyPackage::new();
    package.add(KeyRole::Identify, 1, [5; 16]).unwrap();
    package.add(KeyRole::Pay, 1, [0x12; 16]).unwrap();
    let refused = vault.import(&package);
    assert!(matches!(
        refused,
        Err(VaultError::Differs {
            role: KeyRole::Pay,
            version: 1
        })
    ));
    assert!(matches!(
        vault.generate(KeyRole::Pay, 1),
        Err(VaultError::Differs { .. })
    ));
    assert_eq!(vault.held().unwrap().len(), 1);
    assert_eq!(
        FileVault::open(&path, PASSPHRASE)
            .unwrap()
            .held()
            .unwrap()
            .len(),
        1
    );
    // The same once more changes nothing.
    vault
        .import(&vault.export(&[KeyRole::Pay]).unwrap())
        .unwrap();
    assert!(matches!(
        FileVault::create(&path, PASSPHRASE),
        Err(VaultError::Exists { .. })
    ));
}

#[test]
fn a_wrong_passphrase_damage_and_another_version_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    vault_with(&path, &[(KeyRole::Pay, 1, 0x11)]);
    assert!(matches!(
        FileVault::open(&path, "open sesamE"),
        Err(VaultError::Locked)
    ));
    assert!(matches!(
        FileVault::open(&path, ""),
        Err(VaultError::Locked)
    ));
    let good = std::fs::read(&path).unwrap();
    let with = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        FileVault::open(&path, PASSPHRASE)
    };
    for at in (0..good.len()).filter(|at| *at != 13) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert!(
            matches!(with(&bytes), Err(VaultError::Damaged { .. })),
            "byte {at}"
        );
    }
    for length in 0..good.len() {
        assert!(
            matches!(with(&good[..length]), Err(VaultError::Damaged { .. })),
            "{length} bytes"
        );
    }
    let mut newer = good.clone();
    newer[13] = 2;
    let found = with(&newer);
    assert!(matches!(
        found,
        Err(VaultError::OtherVersion {
            found: 2,
            known: 1,
            ..
        })
    ));
    let long = [good.as_slice(), &[0; 70_000]].concat();
    assert!(matches!(with(&long), Err(VaultError::Damaged { .. })));
    assert!(with(&good).is_ok());
}

/// Whoever can write the file can also make its digest right: then the seal must hold, and a cost
/// that would take all memory is refused before it is paid.
#[test]
fn a_forger_who_mends_the_digest_gets_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    vault_with(&path, &[(KeyRole::Pay, 1, 0x11)]);
    let good = std::fs::read(&path).unwrap();
    let forged = |at: usize, flip: u8| {
        let mut body = good[..good.len() - 32].to_vec();
        body[at] ^= flip;
        let check = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
        std::fs::write(&path, [body.as_slice(), check.as_ref()].concat()).unwrap();
        FileVault::open(&path, PASSPHRASE)
    };
    for at in [18, 26, 40, 45, 60, good.len() - 33] {
        assert!(
            matches!(forged(at, 1), Err(VaultError::Locked)),
            "byte {at}"
        );
    }
    // 19 MiB turned into terabytes.
    assert!(matches!(forged(17, 0x80), Err(VaultError::Damaged { .. })));
}

#[test]
fn never_shows_its_keys_and_writes_none_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let vault = vault_with(&path, &[(KeyRole::Pay, 1, 0xAB)]);
    let shown = format!("{vault:?} {vault:#?}");
    assert!(shown.contains("Pay") && !shown.contains("171"), "{shown}");
    let bytes = std::fs::read(&path).unwrap();
    assert!(
        !bytes
            .windows(4)
            .any(|part| part == [0xAB; 4] || part == b"ABAB" || part == b"role")
    );
}

#[test]
fn a_vault_that_cannot_be_written_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let mut vault = vault_with(&home.join("keys"), &[(KeyRole::Pay, 1, 1)]);
    std::fs::rename(&home, folder.path().join("away")).unwrap();
    let error = vault.generate(KeyRole::Pay, 2).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(1));
    std::fs::rename(folder.path().join("away"), &home).unwrap();
    vault.generate(KeyRole::Pay, 2).unwrap();
    // No half-written file is left beside it.
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn others_cannot_read_it_and_one_that_they_can_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    vault_with(&path, &[(KeyRole::Pay, 1, 1)]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for open in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(open)).unwrap();
        let refused = FileVault::open(&path, PASSPHRASE);
        assert!(
            matches!(refused, Err(VaultError::OpenToOthers { .. })),
            "{open:o}"
        );
    }
}
