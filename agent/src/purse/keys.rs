//! Where this till's keys for cards are: none, an encrypted file for development, or a token.
//!
//! A till without keys goes on selling; cards are identifiers then, and the screen says so. A token may
//! take long for anything, so whoever asks how things stand is told what was seen last: only [`watch`],
//! the readers' threads and the import of a grant use the vault itself, and none of them is a thread of
//! the runtime.

mod source;
mod watch;

pub(crate) use watch::Watch;

use super::view::KeysView;
use crate::folder::DataFolder;
use source::{Source, open_or_create};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tillside_keys::{KeyPackage, KeyRole, KeyVault, VaultError, VaultKind};

/// What is said of a vault before it was looked at.
const NOT_YET: &str = "Cards only say who they are: the key vault does not answer yet.";

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
pub struct Keys(Arc<Shared>);

#[derive(Default)]
struct Shared {
    source: Option<Source>,
    /// Held while the vault is opened, looked at or written: for as long as a token takes.
    work: Mutex<()>,
    /// Held for a moment, never while the vault is asked anything.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    vault: Option<Arc<dyn KeyVault>>,
    /// Whether it has the keys that a till needs, when it was looked at last.
    identifies: bool,
    problem: Option<String>,
    /// Its PIN was refused: a token locks itself after a few wrong ones, so no other is tried.
    given_up: bool,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Keys").field(&self.view()).finish()
    }
}

impl Keys {
    /// The keys of a vault that is open already.
    pub fn of(vault: Arc<dyn KeyVault>) -> Self {
        let keys = Self::default();
        keys.known().vault = Some(vault);
        keys.look();
        keys
    }

    /// The keys that the options name. They are not opened yet: [`Keys::watch`] does.
    pub(crate) fn named(options: &VaultOptions, data: &DataFolder) -> Self {
        match Source::named(options, data) {
            Ok(source) => Self::from(source),
            Err(words) => {
                let keys = Self::default();
                keys.known().problem = Some(words);
                keys
            }
        }
    }

    fn from(source: Source) -> Self {
        let problem = matches!(source, Source::Token(_)).then(|| NOT_YET.to_owned());
        Self(Arc::new(Shared {
            source: Some(source),
            work: Mutex::default(),
            known: Mutex::new(Known {
                problem,
                ..Known::default()
            }),
        }))
    }

    /// Opens the vault if it is not open, and sees which keys it has. Takes as long as a token takes.
    pub(crate) fn look(&self) {
        let _work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
        let (vault, given_up) = {
            let known = self.known();
            (known.vault.clone(), known.given_up)
        };
        let opened = match (vault, &self.0.source) {
            (Some(vault), _) => Ok(Some(vault)),
            (None, Some(source)) if !given_up => source.open(),
            (None, _) => return,
        };
        match opened {
            Ok(None) => {}
            Ok(Some(vault)) => self.see(vault),
            Err(error) => {
                self.known().given_up = matches!(error, VaultError::Locked);
                self.trouble(&error);
            }
        }
    }

    /// Notes which keys an open vault has.
    fn see(&self, vault: Arc<dyn KeyVault>) {
        let (kind, newest) = (vault.kind(), vault.newest(KeyRole::Identify));
        let is_new = self.known().vault.replace(vault).is_none();
        if is_new {
            tracing::info!(?kind, "the key vault is open");
        }
        match newest {
            Ok(newest) => {
                let mut known = self.known();
                if known.problem.take().is_some() && !is_new {
                    tracing::info!("the key vault answers again");
                }
                known.identifies = newest.is_some();
            }
            Err(error) => self.trouble(&error),
        }
    }

    fn trouble(&self, error: &VaultError) {
        let words = format!("Cards only say who they are: {error}.");
        let mut known = self.known();
        known.identifies = false;
        if known.problem.as_ref() != Some(&words) {
            tracing::error!(error = super::card::causes(error), "no keys for cards");
        }
        known.problem = Some(words);
    }

    /// Whether HQ's grant of keys is to be asked for and kept here: the development file takes it.
    pub(crate) fn takes_grants(&self) -> bool {
        matches!(self.0.source, Some(Source::Development { .. }))
    }

    /// Puts keys that HQ granted in the development file, and takes those out that it does not grant any
    /// more. An empty grant changes nothing: HQ's keys are in a token then, and this till has its own.
    ///
    /// # Errors
    /// The vault's.
    pub(crate) fn import(&self, package: &KeyPackage) -> Result<(), VaultError> {
        let _work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Source::Development { path, secret }) = &self.0.source else {
            return Ok(());
        };
        let granted = package.held();
        if granted.is_empty() {
            return Ok(());
        }
        if let Some(vault) = self.vault()
            && vault.held()? == granted
        {
            return Ok(());
        }
        let mut vault = open_or_create(path, secret)?;
        vault.import(package)?;
        for key in vault.held()? {
            if !granted.contains(&key) {
                vault.remove(key.role, key.version)?;
                tracing::info!(role = key.role.as_str(), "a key for cards was taken back");
            }
        }
        tracing::info!(keys = granted.len(), "keys for cards were taken in");
        self.see(Arc::new(vault));
        Ok(())
    }

    /// Whether cards can be asked to prove who they are, as far as was seen.
    pub fn held(&self) -> bool {
        self.known().identifies
    }

    /// The vault. Asking it anything takes as long as a token takes.
    pub(crate) fn vault(&self) -> Option<Arc<dyn KeyVault>> {
        self.known().vault.clone()
    }

    /// For the screen.
    pub fn view(&self) -> KeysView {
        let (identifies, vault) = {
            let known = self.known();
            (known.identifies, known.vault.clone())
        };
        match (identifies, vault.map(|vault| vault.kind())) {
            (true, Some(VaultKind::DevelopmentFile)) => KeysView::Development,
            (true, Some(_)) => KeysView::Token,
            _ => KeysView::None,
        }
    }

    /// Why there are none, if something is wrong.
    pub(crate) fn problem(&self) -> Option<String> {
        self.known().problem.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
