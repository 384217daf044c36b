//! The one place randomness comes from: tokens, session ids, sale ids, movements of
//! purses, challenges to cards.

use tillside_core::{ReturnId, SaleId, Timestamp};
use uuid::{Builder, Uuid};

/// The system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("this computer gives no random numbers: restart it")]
pub struct NoChance(#[source] getrandom::Error);

/// 64 hex digits that nobody can guess.
///
/// # Errors
/// If the system gives no randomness.
pub fn secret() -> Result<String, NoChance> {
    Ok(tillside_core::Hash::from_bytes(thirty_two()?).to_string())
}

/// Thirty-two random bytes.
///
/// # Errors
/// If the system gives no randomness.
pub fn thirty_two() -> Result<[u8; 32], NoChance> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(NoChance)?;
    Ok(bytes)
}

/// Eight bytes that were not there before: the id of a movement of a purse.
///
/// # Errors
/// If the system gives no randomness.
pub fn eight() -> Result<[u8; 8], NoChance> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(NoChance)?;
    Ok(bytes)
}

/// Sixteen random bytes, for one authentication with a card.
///
/// # Errors
/// If the system gives no randomness.
pub fn sixteen() -> Result<[u8; 16], NoChance> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(NoChance)?;
    Ok(bytes)
}

/// A new key for a write: nobody has used it.
///
/// # Errors
/// If the system gives no randomness.
pub fn fresh_key() -> Result<String, NoChance> {
    let mut key = secret()?;
    key.truncate(32);
    Ok(key)
}

/// A new sale's id (UUIDv7): its time is the sale's opening.
///
/// # Errors
/// If the system gives no randomness.
pub fn sale_id(now: Timestamp) -> Result<SaleId, NoChance> {
    let mut bytes = [0u8; 10];
    getrandom::fill(&mut bytes).map_err(NoChance)?;
    let ms = u64::try_from(now.0).unwrap_or_default();
    Ok(SaleId::new(
        Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid(),
    ))
}

/// A new return's id (UUIDv7).
///
/// # Errors
/// If the system gives no randomness.
pub fn return_id(now: Timestamp) -> Result<ReturnId, NoChance> {
    sale_id(now).map(|id| ReturnId::new(id.uuid()))
}

/// When a sale was opened, as its id says.
pub fn opened(sale: SaleId) -> Timestamp {
    let uuid: Uuid = sale.uuid();
    let bytes = uuid.as_bytes();
    let ms = bytes[..6]
        .iter()
        .fold(0i64, |ms, byte| ms << 8 | i64::from(*byte));
    Timestamp(ms)
}

/// A sale's number as people say it: six letters and digits (Crockford base 32) of its id's random
/// end. Two sales of one day share a number once in a billion pairs; programs use the id.
pub fn sale_number(sale: SaleId) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let end = sale.uuid().as_u128();
    let digit = |n: u32| char::from(DIGITS[(end >> (5 * n) & 31) as usize]);
    let digits: String = (0..6).rev().map(digit).collect();
    format!("{}-{}", &digits[..3], &digits[3..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_sale_id_tells_its_opening_and_a_short_number() {
        let id = sale_id(Timestamp(1_795_356_120_123)).unwrap();
        assert_eq!(opened(id), Timestamp(1_795_356_120_123));
        assert_eq!(id.uuid().get_version_num(), 7);
        let fixed: SaleId = "01940000-0000-7000-8000-0000075bcd15".parse().unwrap();
        assert_eq!(sale_number(fixed), "3NQ-K8N");
        assert_ne!(secret().unwrap(), secret().unwrap());
    }
}
