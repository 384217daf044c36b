//! PINs: checked, hashed with argon2id, never shown.

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// A PIN as somebody typed it: 4 to 8 digits. Its text never leaves this type, not even into JSON
/// or the hash that knows a repeated request again.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pin(String);

/// A text that cannot be a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("A PIN has 4 to 8 digits.")]
pub struct PinError;

/// A PIN could not be hashed: the system gave no randomness or no memory.
#[derive(Debug, thiserror::Error)]
#[error("the PIN could not be hashed ({0})")]
pub struct PinHashError(String);

impl Pin {
    /// Checks a text.
    ///
    /// # Errors
    /// If it is not 4 to 8 digits.
    pub fn new(text: &str) -> Result<Self, PinError> {
        let fits = (4..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned())).ok_or(PinError)
    }

    /// The PIN as it is kept: an argon2id PHC string with a fresh salt.
    ///
    /// # Errors
    /// If the system gives no randomness or memory.
    pub fn hash(&self) -> Result<String, PinHashError> {
        let hash: PasswordHash = argon2id()?
            .hash_password(self.0.as_bytes())
            .map_err(|error| PinHashError(error.to_string()))?;
        Ok(hash.to_string())
    }

    /// Whether this is the PIN that was hashed. Without a hash it takes as long, and says no:
    /// the time does not tell whether a person exists.
    pub fn matches(&self, kept: Option<&str>, memory: &mut PinMemory) -> bool {
        const NOBODY: &str = "$argon2id$v=19$m=7168,t=5,p=1$dGlsbHNpZGUtbm9ib2R5$xTP+m5oqUfTtRRgRPWlScB7oWQ1oH9lLcNZ7WRPHNqs";
        let right = self.fits(kept.unwrap_or(NOBODY), memory);
        right == Some(true) && kept.is_some()
    }

    /// None if the hash is not one that [`Pin::hash`] could have made.
    fn fits(&self, kept: &str, memory: &mut PinMemory) -> Option<bool> {
        let kept = PasswordHash::new(kept).ok()?;
        let (salt, expected) = (kept.salt?, kept.hash?);
        let params = Params::try_from(&kept).ok()?;
        if kept.algorithm != ARGON2ID_IDENT || params.m_cost() > MEMORY_KIB_LIMIT {
            return None;
        }
        memory.0.resize(params.block_count(), Block::new());
        let mut found = vec![0; expected.len()];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                self.0.as_bytes(),
                salt.as_ref(),
                &mut found,
                memory.0.as_mut_slice(),
            )
            .ok()?;
        // Compared in constant time.
        Some(Output::new(&found).ok()? == expected)
    }
}

/// The working memory of looking at PINs, used again and again: taken anew for each PIN, it would be
/// scattered over ever more of the allocator's.
#[derive(Default)]
pub struct PinMemory(Vec<Block>);

/// The most memory a kept hash may ask for.
const MEMORY_KIB_LIMIT: u32 = 64 * 1024;

/// 7 MiB and 5 passes: of the settings that OWASP's password storage cheat sheet holds equal, the one
/// with the least memory, which a small till PC has little of.
fn argon2id() -> Result<Argon2<'static>, PinHashError> {
    let params = Params::new(7 * 1024, 5, 1, None);
    let params = params.map_err(|error| PinHashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl TryFrom<String> for Pin {
    type Error = PinError;

    fn try_from(text: String) -> Result<Self, PinError> {
        Self::new(&text)
    }
}

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("****")
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(****)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::time::Instant;

    #[test]
    fn only_the_right_pin_matches_and_salts_differ() {
        let pin = Pin::new("1111").unwrap();
        let (one, two) = (pin.hash().unwrap(), pin.hash().unwrap());
        assert_ne!(one, two);
        assert!(one.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"), "{one}");
        let memory = &mut PinMemory::default();
        let other = Pin::new("1112").unwrap();
        for _ in 0..2 {
            assert!(pin.matches(Some(&one), memory) && pin.matches(Some(&two), memory));
            assert!(!other.matches(Some(&one), memory));
            assert!(!pin.matches(None, memory));
            assert!(!pin.matches(Some("not a hash"), memory));
        }
    }

    #[test]
    fn a_pin_never_shows() {
        let pin = Pin::new("13572468").unwrap();
        assert_eq!(serde_json::to_string(&pin).unwrap(), "\"****\"");
        assert_eq!(format!("{pin:?}"), "Pin(****)");
    }

    #[test]
    fn a_pin_has_four_to_eight_digits() {
        for bad in ["", "123", "123456789", "12a4", "१२३४", " 1234"] {
            assert_eq!(Pin::new(bad).unwrap_err(), PinError, "{bad:?}");
        }
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let pin = Pin::new("1111").unwrap();
        let kept = pin.hash().unwrap();
        let time = |kept: Option<&str>| {
            let begin = Instant::now();
            pin.matches(kept, &mut PinMemory::default());
            begin.elapsed()
        };
        let (somebody, nobody) = (time(Some(&kept)), time(None));
        // The guard is that the work is done at all (without it: a thousandth), not how long it takes.
        assert!(nobody * 20 > somebody, "{nobody:?} against {somebody:?}");
    }
}
