//! HQ's key for the codes of members' phones: it certifies a phone's own key ([`DeviceCertificate`]).
//!
//! The public half goes to every store with the bundle. What a till makes of a code is the core's.

use crate::data::{DataDir, DataError, write_private};
use jiff::civil::Date;
use tillside_core::{CodeKey, DeviceCertificate, MemberCodeError, MemberCodeSheet, MemberId};

/// Why no phone can be certified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The key's file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The key's file holds something else.
    #[error(
        "the key for phones' codes (keys/member-code.key) is damaged: restore it from a backup"
    )]
    Damaged,
    /// No randomness.
    #[error("this computer gives no randomness")]
    NoChance,
    /// The phone cannot be certified.
    #[error(transparent)]
    Certificate(#[from] MemberCodeError),
}

/// Certifies a phone of `member` until a day. HQ's key is made when first needed.
///
/// # Errors
/// If the key cannot be read or made.
pub fn certify(
    data: &DataDir,
    member: MemberId,
    device: CodeKey,
    valid_until: Date,
) -> Result<DeviceCertificate, CodeError> {
    let secret = match secret(data)? {
        Some(secret) => secret,
        None => make(data)?,
    };
    Ok(DeviceCertificate::issue(
        &secret,
        member,
        device,
        valid_until,
    )?)
}

/// What stores are told; none before the first phone. `revoked` do not count any more.
///
/// # Errors
/// If the key cannot be read.
pub fn sheet(data: &DataDir, revoked: Vec<CodeKey>) -> Result<Option<MemberCodeSheet>, CodeError> {
    let secret = secret(data)?;
    Ok(secret.map(|secret| MemberCodeSheet {
        code_keys: vec![CodeKey::of_secret(&secret)],
        revoked,
    }))
}

fn secret(data: &DataDir) -> Result<Option<[u8; 32]>, CodeError> {
    let path = data.member_code_key();
    match std::fs::read(&path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(secret) => Ok(Some(secret)),
            Err(_) => Err(CodeError::Damaged),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataError::Read { path, source }.into()),
    }
}

fn make(data: &DataDir) -> Result<[u8; 32], CodeError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| CodeError::NoChance)?;
    write_private(&data.member_code_key(), &secret)?;
    Ok(secret)
}
