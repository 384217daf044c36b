//! Which vault the till's options name, and how it is opened.

use super::VaultOptions;
use crate::folder::DataFolder;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tillside_keys::file::FileVault;
use tillside_keys::{KeyVault, VaultError, VaultSpec, open_vault};

/// Opens a token.
pub(super) type Opener = Arc<dyn Fn() -> Result<Arc<dyn KeyVault>, VaultError> + Send + Sync>;

/// Where the keys are.
#[derive(Clone)]
pub(super) enum Source {
    /// A file, made when the first keys come.
    Development { path: PathBuf, secret: String },
    /// A token.
    Token(Opener),
}

impl Source {
    /// The source that the options name; the words say why there is none.
    pub(super) fn named(options: &VaultOptions, data: &DataFolder) -> Result<Self, String> {
        let spec = options.spec.as_deref().map(str::parse::<VaultSpec>);
        let spec = spec.transpose().map_err(|error| error.to_string())?;
        let given = options.secret.clone();
        match (spec, options.spec.clone()) {
            (Some(VaultSpec::Pkcs11 { .. }), Some(spec)) => {
                let secret = given.ok_or(
                    "The PIN of the key token is not given: set TILLSIDE_VAULT_PASSPHRASE before you start the till.",
                )?;
                Ok(Self::Token(Arc::new(move || {
                    open_vault(&spec, &secret).map(Arc::from)
                })))
            }
            (Some(VaultSpec::File { path }), _) => Self::development(path, given, data),
            _ => Self::development(data.vault_file(), given, data),
        }
    }

    fn development(
        path: PathBuf,
        given: Option<String>,
        data: &DataFolder,
    ) -> Result<Self, String> {
        let secret = match given {
            Some(secret) => secret,
            None => data.vault_passphrase().map_err(|error| {
                format!("The passphrase of the key vault cannot be kept: {error}.")
            })?,
        };
        Ok(Self::Development { path, secret })
    }

    /// Opens it; none if there is no file yet.
    pub(super) fn open(&self) -> Result<Option<Arc<dyn KeyVault>>, VaultError> {
        match self {
            Self::Development { path, .. } if !path.exists() => Ok(None),
            Self::Development { path, secret } => {
                Ok(Some(Arc::new(FileVault::open(path, secret)?)))
            }
            Self::Token(open) => open().map(Some),
        }
    }
}

/// The development file, made if there is none.
pub(super) fn open_or_create(path: &Path, secret: &str) -> Result<FileVault, VaultError> {
    match path.exists() {
        true => FileVault::open(path, secret),
        false => FileVault::create(path, secret),
    }
}
