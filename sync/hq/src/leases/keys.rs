//! HQ's key for allowances. It is made when a plan with a quota is first published.
//!
//! The public half goes to every store with the bundle, so that what an allowance is worth rests on the
//! bundle's own keys. What a till makes of an allowance is the core's.

use crate::data::{DataDir, DataError, write_private};
use tillside_core::CodeKey;

/// Why there is no key for allowances.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseKeyError {
    /// The key's file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The key's file holds something else.
    #[error(
        "the key for shares of quotas (keys/allowance.key) is damaged: restore it from a backup"
    )]
    Damaged,
    /// No randomness.
    #[error("this computer gives no randomness")]
    NoChance,
}

/// What stores are told: the keys whose allowances count. `needed` has one made where there is none.
///
/// # Errors
/// If the key cannot be read or made.
pub fn told(data: &DataDir, needed: bool) -> Result<Vec<CodeKey>, LeaseKeyError> {
    let secret = match secret(data)? {
        None if needed => Some(make(data)?),
        found => found,
    };
    Ok(secret.iter().map(CodeKey::of_secret).collect())
}

/// The key, once it was made.
///
/// # Errors
/// If it cannot be read.
pub fn secret(data: &DataDir) -> Result<Option<[u8; 32]>, LeaseKeyError> {
    let path = data.allowance_key();
    match std::fs::read(&path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(secret) => Ok(Some(secret)),
            Err(_) => Err(LeaseKeyError::Damaged),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataError::Read { path, source }.into()),
    }
}

/// Called under the lock of publishing, so that no two are made.
fn make(data: &DataDir) -> Result<[u8; 32], LeaseKeyError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| LeaseKeyError::NoChance)?;
    write_private(&data.allowance_key(), &secret)?;
    Ok(secret)
}
