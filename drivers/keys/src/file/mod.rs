//! A vault that is one encrypted file: for development and trials, and the screen says so.
//!
//! Master keys come into this program's memory with it; [`crate::pkcs11`] is the vault where they do
//! not. It holds only the roles it was given: a till's file has no key to top up.

mod sealed;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{
    CardKey, Diversification, HeldKey, KeyPackage, KeyRole, KeyVault, VaultError, VaultKind,
};
use sealed::Seal;

/// The longest vault file that is read, in bytes. A full one has about 20,000.
const LONGEST: u64 = 64 * 1024;

/// An opened vault file. See the module.
pub struct FileVault {
    path: PathBuf,
    seal: Seal,
    keys: BTreeMap<HeldKey, CardKey>,
}

impl FileVault {
    /// Makes a new, empty vault file, readable by its owner only.
    ///
    /// # Errors
    /// `Exists` if there is such a file; `Unavailable` if it cannot be written.
    pub fn create(path: &Path, passphrase: &str) -> Result<Self, VaultError> {
        let vault = Self {
            path: path.to_owned(),
            seal: Seal::new(passphrase)?,
            keys: BTreeMap::new(),
        };
        vault.save(&vault.keys, Replace::Never)?;
        Ok(vault)
    }

    /// Opens a vault file.
    ///
    /// # Errors
    /// `Locked` for a wrong passphrase, `Damaged`, `OtherVersion`, `OpenToOthers` (Unix), or
    /// `Unavailable` if it cannot be read.
    pub fn open(path: &Path, passphrase: &str) -> Result<Self, VaultError> {
        let what = path.display().to_string();
        let file = File::open(path).map_err(unavailable)?;
        only_its_owner(&file, &what)?;
        let mut bytes = Vec::new();
        file.take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(unavailable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(VaultError::Damaged { what, source: None });
        }
        let (seal, json) = Seal::open(&bytes, passphrase, &what)?;
        let text = std::str::from_utf8(&json).ok();
        let package = text.and_then(|text| KeyPackage::from_json(text).ok());
        let package = package.ok_or(VaultError::Damaged { what, source: None })?;
        Ok(Self {
            path: path.to_owned(),
            seal,
            keys: package.keys().clone(),
        })
    }

    /// Takes the keys of `package` in and saves them. Keys that are held already stay.
    ///
    /// # Errors
    /// `Differs` if one has the role and version of a held key and another value: nothing is taken
    /// then. `Unavailable` if the file cannot be written: the vault is then as before.
    pub fn import(&mut self, package: &KeyPackage) -> Result<(), VaultError> {
        let mut keys = self.keys.clone();
        for (held, key) in package.keys() {
            if keys
                .insert(*held, key.clone())
                .is_some_and(|old| old != *key)
            {
                return Err(VaultError::Differs {
                    role: held.role,
                    version: held.version,
                });
            }
        }
        self.replace(keys)
    }

    /// Makes a new master key.
    ///
    /// # Errors
    /// `Differs` if role and version are held; `Unavailable` as [`FileVault::import`].
    pub fn generate(&mut self, role: KeyRole, version: u8) -> Result<(), VaultError> {
        let held = HeldKey { role, version };
        if self.keys.contains_key(&held) {
            return Err(VaultError::Differs { role, version });
        }
        let mut key = Zeroizing::new([0; 16]);
        aws_lc_rs::rand::fill(key.as_mut()).map_err(unavailable)?;
        let mut keys = self.keys.clone();
        keys.insert(held, CardKey::new(*key));
        self.replace(keys)
    }

    /// Forgets a master key. Cards that have no newer one cannot be read any more.
    ///
    /// # Errors
    /// `NotHeld`; `Unavailable` as [`FileVault::import`].
    pub fn remove(&mut self, role: KeyRole, version: u8) -> Result<(), VaultError> {
        let mut keys = self.keys.clone();
        keys.remove(&HeldKey { role, version })
            .ok_or(VaultError::NotHeld { role, version })?;
        self.replace(keys)
    }

    /// All versions of the keys to `roles`, to hand to another vault. SECRET: see [`KeyPackage`].
    ///
    /// # Errors
    /// `NotHeld` if a role has no key here (with version 0).
    pub fn export(&self, roles: &[KeyRole]) -> Result<KeyPackage, VaultError> {
        let held = |role: &KeyRole| self.keys.keys().any(|key| key.role == *role);
        if let Some(role) = roles.iter().find(|role| !held(role)) {
            return Err(VaultError::NotHeld {
                role: *role,
                version: 0,
            });
        }
        let keys = self
            .keys
            .iter()
            .filter(|(key, _)| roles.contains(&key.role));
        Ok(KeyPackage::from_keys(
            keys.map(|(held, key)| (*held, key.clone())).collect(),
        ))
    }

    fn replace(&mut self, keys: BTreeMap<HeldKey, CardKey>) -> Result<(), VaultError> {
        if keys.len() > crate::PACKAGE_LIMIT {
            return Err(unavailable(crate::PackageError::TooMany));
        }
        self.save(&keys, Replace::Atomically)?;
        self.keys = keys;
        Ok(())
    }

    /// Writes a new file beside the old one and renames it, so that a crash leaves one or the other.
    fn save(&self, keys: &BTreeMap<HeldKey, CardKey>, how: Replace) -> Result<(), VaultError> {
        let package = KeyPackage::from_keys(keys.clone());
        let sealed = self.seal.close(package.to_json().map_err(unavailable)?)?;
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Made with mode 600 where there are modes.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unavailable)?;
        file.write_all(&sealed).map_err(unavailable)?;
        file.as_file().sync_all().map_err(unavailable)?;
        match how {
            Replace::Atomically => file.persist(&self.path).map_err(|e| unavailable(e.error))?,
            Replace::Never => file
                .persist_noclobber(&self.path)
                .map_err(|e| self.taken(e.error))?,
        };
        #[cfg(unix)]
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(unavailable)?;
        Ok(())
    }

    fn taken(&self, error: std::io::Error) -> VaultError {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let what = self.path.display().to_string();
            return VaultError::Exists { what };
        }
        unavailable(error)
    }
}

#[derive(Clone, Copy)]
enum Replace {
    Never,
    Atomically,
}

impl KeyVault for FileVault {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        Ok(self.keys.keys().copied().collect())
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        self.keys
            .get(&HeldKey { role, version })
            .map(|master| input.under(master.bytes()))
            .ok_or(VaultError::NotHeld { role, version })
    }
}

/// Shows which keys, never the keys.
impl std::fmt::Debug for FileVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileVault")
            .field("path", &self.path)
            .field("held", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> VaultError {
    VaultError::Unavailable {
        source: Box::new(source),
    }
}

#[cfg(unix)]
fn only_its_owner(file: &File, what: &str) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().map_err(unavailable)?.permissions().mode();
    if mode & 0o077 != 0 {
        let what = what.to_owned();
        return Err(VaultError::OpenToOthers { what });
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "the same signature on every system"
)]
fn only_its_owner(_file: &File, _what: &str) -> Result<(), VaultError> {
    Ok(())
}

#[cfg(test)]
mod tests;
