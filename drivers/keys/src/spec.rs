//! Which vault: the words of a settings file, and the one place that opens either kind.

use std::path::PathBuf;
use std::str::FromStr;

use crate::file::FileVault;
use crate::pkcs11::Pkcs11Vault;
use crate::{KeyVault, VaultError};

/// Where a vault is. Its secret (passphrase or PIN) is never part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultSpec {
    /// `file:PATH`: an encrypted file, for development.
    File {
        /// The file.
        path: PathBuf,
    },
    /// `pkcs11:LIBRARY?token=NAME`: a token of a PKCS#11 library.
    Pkcs11 {
        /// The library to load.
        module: PathBuf,
        /// The token's label.
        token: String,
    },
}

impl FromStr for VaultSpec {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        let wrong = || VaultError::Specification(text.to_owned());
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(VaultSpec::File { path: path.into() }),
            Some(("pkcs11", rest)) => match rest.split_once("?token=") {
                // A label has at most 32 bytes (PKCS#11, CK_TOKEN_INFO).
                Some((module, token)) if !module.is_empty() && (1..=32).contains(&token.len()) => {
                    Ok(VaultSpec::Pkcs11 {
                        module: module.into(),
                        token: token.to_owned(),
                    })
                }
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

/// Opens the vault that `spec` names (see [`VaultSpec`]) with its passphrase or PIN.
///
/// # Errors
/// `Specification` for words that name none; else as [`FileVault::open`] and [`Pkcs11Vault::open`].
pub fn open_vault(spec: &str, secret: &str) -> Result<Box<dyn KeyVault>, VaultError> {
    Ok(match spec.parse()? {
        VaultSpec::File { path } => Box::new(FileVault::open(&path, secret)?),
        VaultSpec::Pkcs11 { module, token } => {
            Box::new(Pkcs11Vault::open(&module, &token, secret)?)
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_one_vault_or_none() {
        let file: VaultSpec = "file:C:\\keys.vault".parse().unwrap();
        let path = PathBuf::from("C:\\keys.vault");
        assert_eq!(file, VaultSpec::File { path });
        let token: VaultSpec = "pkcs11:/usr/lib/p11.so?token=Till 7".parse().unwrap();
        let (module, name) = (PathBuf::from("/usr/lib/p11.so"), "Till 7".to_owned());
        assert_eq!(
            token,
            VaultSpec::Pkcs11 {
                module,
                token: name
            }
        );
        let long = format!("pkcs11:m?token={}", "x".repeat(33));
        for wrong in [
            "",
            "file:",
            "/keys",
            "pkcs11:m",
            "pkcs11:?token=a",
            "pkcs11:m?token=",
            &long,
        ] {
            let error = wrong.parse::<VaultSpec>().unwrap_err();
            assert!(matches!(error, VaultError::Specification(_)), "{wrong}");
        }
    }
}
