//! HQ's own vault of card keys, in the folder `emoney` beside the database.
//!
//! A development vault (an encrypted file, its passphrase beside it with mode 600) or a PKCS#11 token,
//! whose PIN comes from the environment ([`PIN_VARIABLE`]) or from the same file. Only a development
//! vault can hand keys to tills over the line; a token gives none out, and tills then have their own.

use crate::data::{DataError, write_private};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tillside_core::DeskRights;
use tillside_keys::file::FileVault;
use tillside_keys::pkcs11::Pkcs11Vault;
use tillside_keys::{HeldKey, KeyPackage, KeyRole, KeyVault, VaultError, VaultKind, VaultSpec};
use tillside_protocol::KeyGrant;

/// The environment variable with a token's PIN.
pub const PIN_VARIABLE: &str = "TILLSIDE_HQ_PIN";

/// Why HQ's keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its files.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No PIN.
    #[error("the PIN of the key token is not given: set {PIN_VARIABLE}")]
    NoPin,
    /// There is no vault.
    #[error("this HQ has no keys for cards: make them with `tillside-hq emoney init`")]
    None,
    /// A token does not hand its keys out.
    #[error("the keys are in a token, which gives none of them out")]
    Kept,
    /// A grant could not be written.
    #[error("the keys cannot be written down")]
    Grant,
    /// No randomness.
    #[error("this computer gives no randomness")]
    NoChance,
}

/// HQ's keys. Opened when first needed, and again when their file changes.
pub struct Keyring {
    folder: PathBuf,
    fixed: Option<Arc<dyn KeyVault>>,
    opened: Mutex<Option<(Option<SystemTime>, Arc<Opened>)>>,
}

enum Opened {
    File(FileVault),
    Token(Pkcs11Vault),
}

impl Opened {
    fn vault(&self) -> &dyn KeyVault {
        match self {
            Opened::File(vault) => vault,
            Opened::Token(vault) => vault,
        }
    }
}

/// The vault of a keyring, for as long as one piece of work needs it.
#[derive(Clone)]
pub struct OpenVault(Inner);

#[derive(Clone)]
enum Inner {
    Opened(Arc<Opened>),
    Fixed(Arc<dyn KeyVault>),
}

impl OpenVault {
    /// The vault.
    pub fn vault(&self) -> &dyn KeyVault {
        match &self.0 {
            Inner::Opened(opened) => opened.vault(),
            Inner::Fixed(vault) => vault.as_ref(),
        }
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// The keys of the HQ whose data folder this is, whether there are any or not.
    pub fn beside(data: &Path) -> Self {
        Self {
            folder: data.join("emoney"),
            fixed: None,
            opened: Mutex::default(),
        }
    }

    /// The keys of a vault that is open already. It hands none of them out.
    pub fn holding(vault: Arc<dyn KeyVault>) -> Self {
        Self {
            folder: PathBuf::new(),
            fixed: Some(vault),
            opened: Mutex::default(),
        }
    }

    /// Makes the chain's master keys of `version`: in a new development vault, or in the token that
    /// `spec` names.
    ///
    /// # Errors
    /// If there is a vault with these keys already, or it cannot be written.
    pub fn create(&self, spec: Option<&str>, version: u8) -> Result<Vec<HeldKey>, KeyringError> {
        std::fs::create_dir_all(&self.folder).map_err(|source| DataError::Write {
            path: self.folder.clone(),
            source,
        })?;
        match spec.map(str::parse::<VaultSpec>).transpose()? {
            Some(VaultSpec::Pkcs11 { module, token }) => {
                let vault = Pkcs11Vault::open(&module, &token, &self.pin()?)?;
                for role in KeyRole::ALL {
                    vault.generate(role, version)?;
                }
            }
            Some(VaultSpec::File { path }) => self.create_file(&path, version)?,
            _ => self.create_file(&self.file(), version)?,
        }
        if let Some(spec) = spec {
            write_private(&self.spec(), spec.as_bytes())?;
        }
        let vault = self.open()?.ok_or(KeyringError::None)?;
        Ok(vault.vault().held()?)
    }

    fn create_file(&self, path: &Path, version: u8) -> Result<(), KeyringError> {
        let passphrase = self.passphrase()?;
        let mut vault = FileVault::create(path, &passphrase)?;
        for role in KeyRole::ALL {
            vault.generate(role, version)?;
        }
        Ok(())
    }

    /// Makes newer master keys beside the present ones, for a key roll. New cards get the newest.
    ///
    /// # Errors
    /// As [`Keyring::create`].
    pub fn generate(&self, version: u8) -> Result<(), KeyringError> {
        match self.source()? {
            None => return Err(KeyringError::None),
            Some(VaultSpec::Pkcs11 { module, token }) => {
                let vault = Pkcs11Vault::open(&module, &token, &self.pin()?)?;
                for role in KeyRole::ALL {
                    vault.generate(role, version)?;
                }
            }
            Some(VaultSpec::File { path }) => {
                let mut vault = FileVault::open(&path, &self.passphrase()?)?;
                for role in KeyRole::ALL {
                    vault.generate(role, version)?;
                }
            }
            Some(_) => return Err(KeyringError::None),
        }
        Ok(())
    }

    /// The vault; none where the chain has no e-money.
    ///
    /// # Errors
    /// If there is one and it does not open.
    pub fn open(&self) -> Result<Option<OpenVault>, KeyringError> {
        if let Some(vault) = &self.fixed {
            return Ok(Some(OpenVault(Inner::Fixed(vault.clone()))));
        }
        Ok(self
            .opened()?
            .map(|opened| OpenVault(Inner::Opened(opened))))
    }

    fn opened(&self) -> Result<Option<Arc<Opened>>, KeyringError> {
        let Some(spec) = self.source()? else {
            return Ok(None);
        };
        let changed = match &spec {
            VaultSpec::File { path } => std::fs::metadata(path).and_then(|m| m.modified()).ok(),
            _ => None,
        };
        let mut slot = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, opened)) = &*slot
            && *at == changed
        {
            return Ok(Some(opened.clone()));
        }
        let opened = match spec {
            VaultSpec::File { path } => Opened::File(FileVault::open(&path, &self.passphrase()?)?),
            VaultSpec::Pkcs11 { module, token } => {
                Opened::Token(Pkcs11Vault::open(&module, &token, &self.pin()?)?)
            }
            _ => return Err(KeyringError::None),
        };
        let opened = Arc::new(opened);
        *slot = Some((changed, opened.clone()));
        Ok(Some(opened))
    }

    /// What kind of vault it is, and which keys it holds.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn held(&self) -> Result<Option<(VaultKind, Vec<HeldKey>)>, KeyringError> {
        let Some(vault) = self.open()? else {
            return Ok(None);
        };
        let vault = vault.vault();
        Ok(Some((vault.kind(), vault.held()?)))
    }

    /// The keys to these roles. SECRET: see [`KeyPackage`].
    ///
    /// # Errors
    /// `Kept` for a token; as [`Keyring::open`].
    pub fn export(&self, roles: &[KeyRole]) -> Result<KeyPackage, KeyringError> {
        match self.opened()?.as_deref() {
            Some(Opened::File(vault)) => Ok(vault.export(roles)?),
            _ if self.fixed.is_none() && self.source()?.is_none() => Err(KeyringError::None),
            _ => Err(KeyringError::Kept),
        }
    }

    /// What a till of a store with these rights may have: nothing, where there is no e-money or the
    /// keys are in a token.
    ///
    /// # Errors
    /// If the vault does not open.
    pub fn grant(&self, rights: DeskRights) -> Result<KeyGrant, KeyringError> {
        match self.export(&roles_of(rights)) {
            Ok(package) => {
                let json = package.to_json().map_err(|_| KeyringError::Grant)?;
                serde_json::from_str(&json).map_err(|_| KeyringError::Grant)
            }
            Err(KeyringError::Kept | KeyringError::None) => Ok(KeyGrant { keys: Vec::new() }),
            Err(error) => Err(error),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("keys.vault")
    }

    fn spec(&self) -> PathBuf {
        self.folder.join("vault")
    }

    /// Where the keys are; none if there are none.
    fn source(&self) -> Result<Option<VaultSpec>, KeyringError> {
        match std::fs::read_to_string(self.spec()) {
            Ok(text) => Ok(Some(text.trim().parse()?)),
            Err(_) if self.file().is_file() => Ok(Some(VaultSpec::File { path: self.file() })),
            Err(_) => Ok(None),
        }
    }

    fn pin(&self) -> Result<String, KeyringError> {
        match std::env::var(PIN_VARIABLE) {
            Ok(pin) if !pin.is_empty() => Ok(pin),
            _ => read_secret(&self.folder.join("pin")).ok_or(KeyringError::NoPin),
        }
    }

    /// The development vault's passphrase: made when first needed, for its owner's eyes only.
    fn passphrase(&self) -> Result<String, KeyringError> {
        let path = self.folder.join("passphrase");
        if let Some(passphrase) = read_secret(&path) {
            return Ok(passphrase);
        }
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(|_| KeyringError::NoChance)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        write_private(&path, text.as_bytes())?;
        Ok(text)
    }
}

fn read_secret(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Which of the chain's keys a till of a store with these rights may have: one that only takes payments
/// has none that puts money on.
///
/// What only the making of a card needs, no till has: an issue desk asks for it card by card
/// ([`super::card_keys`]).
pub fn roles_of(rights: DeskRights) -> Vec<KeyRole> {
    let mut roles = vec![
        KeyRole::Identify,
        KeyRole::Pay,
        KeyRole::CardNumber,
        KeyRole::UltralightData,
        KeyRole::NtagIdentify,
        KeyRole::SdmMeta,
        KeyRole::SdmFile,
        KeyRole::FelicaCard,
    ];
    if rights.top_up {
        roles.push(KeyRole::TopUp);
    }
    roles
}
