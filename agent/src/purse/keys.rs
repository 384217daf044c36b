//! Where this till's keys for cards are: none, an encrypted file for development, or a token.
//!
//! A till without keys goes on selling; cards are identifiers then, and the screen says so.

use super::view::KeysView;
use crate::folder::DataFolder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tillside_keys::file::FileVault;
use tillside_keys::{KeyPackage, KeyRole, KeyVault, VaultError, VaultKind, VaultSpec, open_vault};

/// Which vault, and what opens it.
#[derive(Clone)]
pub struct VaultOptions {
    /// `file:PATH` or `pkcs11:LIBRARY?token=NAME`; none is the development file in the data folder.
    pub spec: Option<String>,
    /// The passphrase or PIN; none is the one kept beside the development file.
    pub secret: Option<String>,
}

impl std::fmt::Debug for VaultOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultOptions")
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
}

/// The keys, shared between the readers' threads, sync and whoever asks.
#[derive(Clone, Default)]
pub struct Keys(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    vault: Option<Arc<dyn KeyVault>>,
    source: Option<Source>,
    problem: Option<String>,
}

#[derive(Clone)]
enum Source {
    /// A file, made when the first keys come.
    Development {
        path: PathBuf,
        secret: String,
    },
    Token {
        spec: String,
        secret: String,
    },
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keys").field(&self.view()).finish()
    }
}

impl Keys {
    /// The keys of a vault that is open already.
    pub fn of(vault: Arc<dyn KeyVault>) -> Self {
        let vault = Some(vault);
        Self(Arc::new(Mutex::new(Held {
            vault,
            ..Held::default()
        })))
    }

    /// The keys that the options name. What cannot be opened now is tried again by
    /// [`Keys::try_again`]; the words say why.
    pub(crate) fn open(options: &VaultOptions, data: &DataFolder) -> Self {
        let keys = Self::default();
        match source(options, data) {
            Ok(source) => keys.held_mut().source = Some(source),
            Err(words) => keys.held_mut().problem = Some(words),
        }
        keys.try_again();
        keys
    }

    /// Opens the vault, if it is not open.
    pub(crate) fn try_again(&self) {
        let mut held = self.held_mut();
        if held.vault.is_some() {
            return;
        }
        let opened = match &held.source {
            None => return,
            Some(Source::Development { path, .. }) if !path.exists() => return,
            Some(Source::Development { path, secret }) => {
                FileVault::open(path, secret).map(|vault| Arc::new(vault) as Arc<dyn KeyVault>)
            }
            Some(Source::Token { spec, secret }) => open_vault(spec, secret).map(Arc::from),
        };
        match opened {
            Ok(vault) => {
                tracing::info!(kind = ?vault.kind(), "the key vault is open");
                (held.vault, held.problem) = (Some(vault), None);
            }
            Err(error) => {
                if held.problem.is_none() {
                    tracing::error!(error = super::card::causes(&error), "no keys for cards");
                }
                held.problem = Some(format!("Cards only say who they are: {error}."));
            }
        }
    }

    /// Whether HQ's grant of keys is to be asked for and kept here: the development file takes it.
    pub(crate) fn takes_grants(&self) -> bool {
        matches!(self.held_mut().source, Some(Source::Development { .. }))
    }

    /// Puts keys that HQ granted in the development file, and takes those out that it does not grant any
    /// more. An empty grant changes nothing: HQ's keys are in a token then, and this till has its own.
    ///
    /// # Errors
    /// The vault's.
    pub(crate) fn import(&self, package: &KeyPackage) -> Result<(), VaultError> {
        let mut held = self.held_mut();
        let Some(Source::Development { path, secret }) = held.source.clone() else {
            return Ok(());
        };
        let granted = package.held();
        if granted.is_empty() {
            return Ok(());
        }
        if let Some(vault) = &held.vault
            && vault.held()? == granted
        {
            return Ok(());
        }
        let mut vault = open_or_create(&path, &secret)?;
        vault.import(package)?;
        for key in vault.held()? {
            if !granted.contains(&key) {
                vault.remove(key.role, key.version)?;
                tracing::info!(role = key.role.as_str(), "a key for cards was taken back");
            }
        }
        tracing::info!(keys = granted.len(), "keys for cards were taken in");
        held.vault = Some(Arc::new(vault));
        held.problem = None;
        Ok(())
    }

    /// Whether cards can be asked to prove who they are.
    pub fn held(&self) -> bool {
        let vault = self.vault();
        let newest = vault.map(|vault| vault.newest(KeyRole::Identify));
        matches!(newest, Some(Ok(Some(_))))
    }

    /// The vault.
    pub(crate) fn vault(&self) -> Option<Arc<dyn KeyVault>> {
        self.held_mut().vault.clone()
    }

    /// For the screen.
    pub fn view(&self) -> KeysView {
        match (self.held(), self.vault().map(|vault| vault.kind())) {
            (true, Some(VaultKind::DevelopmentFile)) => KeysView::Development,
            (true, Some(_)) => KeysView::Token,
            _ => KeysView::None,
        }
    }

    /// Why there are none, if something is wrong.
    pub(crate) fn problem(&self) -> Option<String> {
        self.held_mut().problem.clone()
    }

    fn held_mut(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_or_create(path: &Path, secret: &str) -> Result<FileVault, VaultError> {
    match path.exists() {
        true => FileVault::open(path, secret),
        false => FileVault::create(path, secret),
    }
}

fn source(options: &VaultOptions, data: &DataFolder) -> Result<Source, String> {
    let spec = options.spec.as_deref().map(str::parse::<VaultSpec>);
    let spec = spec.transpose().map_err(|error| error.to_string())?;
    let given = options.secret.clone();
    match (spec, &options.spec) {
        (Some(VaultSpec::Pkcs11 { .. }), Some(spec)) => Ok(Source::Token {
            spec: spec.clone(),
            secret: given.ok_or(
                "The PIN of the key token is not given: set TILLSIDE_VAULT_PASSPHRASE before you start the till.",
            )?,
        }),
        (Some(VaultSpec::File { path }), _) => development(path, given, data),
        _ => development(data.vault_file(), given, data),
    }
}

fn development(path: PathBuf, given: Option<String>, data: &DataFolder) -> Result<Source, String> {
    let secret = match given {
        Some(secret) => secret,
        None => data
            .vault_passphrase()
            .map_err(|error| format!("The passphrase of the key vault cannot be kept: {error}."))?,
    };
    Ok(Source::Development { path, secret })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

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
        let keys = Keys::open(&options, &data);
        assert_eq!((keys.view(), keys.held()), (KeysView::None, false));
        assert!(keys.takes_grants());
        keys.import(&KeyPackage::new()).unwrap();
        assert!(!data.vault_file().exists(), "an empty grant makes nothing");
        keys.import(&package(&[1])).unwrap();
        assert_eq!(keys.view(), KeysView::Development);
        // A key roll brings newer ones beside the old.
        keys.import(&package(&[1, 2])).unwrap();
        let again = Keys::open(&options, &data);
        let vault = again.vault().unwrap();
        assert_eq!(vault.held().unwrap().len(), 4);
        assert_eq!(vault.newest(KeyRole::Pay).unwrap(), Some(2));
        // What HQ does not grant any more is taken out, here and in the file.
        again.import(&package(&[2])).unwrap();
        again.import(&KeyPackage::new()).unwrap();
        let held = |keys: &Keys| keys.vault().unwrap().held().unwrap();
        assert_eq!(held(&again), package(&[2]).held());
        assert_eq!(held(&Keys::open(&options, &data)), package(&[2]).held());
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
            Keys::open(&options, &data)
        };
        open("right").import(&package(&[1])).unwrap();
        let keys = open("wrong");
        assert_eq!(keys.view(), KeysView::None);
        let problem = keys.problem().unwrap();
        assert!(problem.contains("passphrase or PIN is wrong"), "{problem}");
        assert!(open("right").held());
    }
}
