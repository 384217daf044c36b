//! Master keys on their way from one vault to another: HQ hands a till the roles it may have.
//!
//! A package is SECRET: it holds master keys in the clear. It goes over an encrypted line or a medium
//! that is destroyed, and straight into a vault; it is never logged and never kept.

use std::collections::BTreeMap;

use data_encoding::HEXUPPER_PERMISSIVE;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::{CardKey, HeldKey, KeyRole};

/// Keys in one package or vault, at most: 14 roles in 18 versions.
pub const PACKAGE_LIMIT: usize = 256;
const FORMAT: u8 = 1;

/// Why a package is refused. It never says what the package held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Not the JSON of a package, or of another format.
    #[error("this is no key package of format {FORMAT}")]
    Format,
    /// More than [`PACKAGE_LIMIT`] keys.
    #[error("a key package has at most {PACKAGE_LIMIT} keys")]
    TooMany,
    /// One role and version twice.
    #[error("the key to {role} with key version {version} is in the package twice")]
    Twice {
        /// What the key does.
        role: KeyRole,
        /// Its version.
        version: u8,
    },
}

/// Master keys by role and version. SECRET (see the module); wiped when dropped.
#[derive(Clone, Default)]
pub struct KeyPackage {
    keys: BTreeMap<HeldKey, CardKey>,
}

impl KeyPackage {
    /// An empty package.
    pub const fn new() -> Self {
        Self {
            keys: BTreeMap::new(),
        }
    }

    /// Adds a master key.
    ///
    /// # Errors
    /// If role and version are there already, or the package is full.
    pub fn add(&mut self, role: KeyRole, version: u8, key: [u8; 16]) -> Result<(), PackageError> {
        let held = HeldKey { role, version };
        if self.keys.contains_key(&held) {
            return Err(PackageError::Twice { role, version });
        }
        if self.keys.len() >= PACKAGE_LIMIT {
            return Err(PackageError::TooMany);
        }
        self.keys.insert(held, CardKey::new(key));
        Ok(())
    }

    /// Which keys it holds, sorted.
    pub fn held(&self) -> Vec<HeldKey> {
        self.keys.keys().copied().collect()
    }

    /// Reads the JSON of a package.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_json(json: &str) -> Result<Self, PackageError> {
        // serde's message may quote the input, so it is not kept as a cause.
        serde_json::from_str(json).map_err(|_| PackageError::Format)
    }

    /// The JSON of the package: SECRET, wiped when dropped.
    ///
    /// # Errors
    /// None that can happen; the type says what serde says.
    pub fn to_json(&self) -> Result<Zeroizing<String>, PackageError> {
        serde_json::to_string(self)
            .map(Zeroizing::new)
            .map_err(|_| PackageError::Format)
    }

    pub(crate) fn keys(&self) -> &BTreeMap<HeldKey, CardKey> {
        &self.keys
    }

    pub(crate) fn from_keys(keys: BTreeMap<HeldKey, CardKey>) -> Self {
        Self { keys }
    }
}

/// Shows which keys, never the keys.
impl std::fmt::Debug for KeyPackage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPackage")
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: u8,
    keys: Vec<WireKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    role: String,
    version: u8,
    key: Hex,
}

/// A key, in hex on the wire.
struct Hex(CardKey);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(HEXUPPER_PERMISSIVE.encode(self.0.bytes())))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = Zeroizing::new(String::deserialize(deserializer)?);
        let bytes = key_bytes(&hex).ok_or_else(|| de::Error::custom("not a key"))?;
        Ok(Self(CardKey::new(*bytes)))
    }
}

impl Serialize for KeyPackage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.keys.iter().map(|(held, key)| WireKey {
            role: held.role.as_str().to_owned(),
            version: held.version,
            key: Hex(key.clone()),
        });
        Wire {
            format: FORMAT,
            keys: keys.collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeyPackage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        if wire.format != FORMAT {
            return Err(de::Error::custom(PackageError::Format));
        }
        let mut package = KeyPackage::new();
        for key in wire.keys {
            let role =
                KeyRole::named(&key.role).ok_or_else(|| de::Error::custom("unknown key role"))?;
            package
                .add(role, key.version, *key.key.0.bytes())
                .map_err(de::Error::custom)?;
        }
        Ok(package)
    }
}

fn key_bytes(hex: &str) -> Option<Zeroizing<[u8; 16]>> {
    let mut bytes = Zeroizing::new([0; 16]);
    (hex.len() == 32).then_some(())?;
    HEXUPPER_PERMISSIVE
        .decode_mut(hex.as_bytes(), bytes.as_mut())
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> KeyPackage {
        let mut package = KeyPackage::new();
        package.add(KeyRole::Pay, 2, [0xAB; 16]).unwrap();
        package.add(KeyRole::Identify, 1, [0xCD; 16]).unwrap();
        package
    }

    #[test]
    fn comes_back_from_its_json() {
        let json = sample().to_json().unwrap();
        let again = KeyPackage::from_json(&json).unwrap();
        assert_eq!(again.keys(), sample().keys());
        assert_eq!(
            json.as_str(),
            r#"{"format":1,"keys":[{"role":"identify","version":1,"key":"CDCDCDCDCDCDCDCDCDCDCDCDCDCDCDCD"},{"role":"pay","version":2,"key":"ABABABABABABABABABABABABABABABAB"}]}"#
        );
    }

    #[test]
    fn never_shows_its_keys() {
        let shown = format!("{:?} {:#?}", sample(), sample());
        for secret in ["AB", "CD", "ab", "cd", "171", "205"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("Pay"));
    }

    #[test]
    fn what_is_no_package_is_refused_without_repeating_it() {
        let good = sample().to_json().unwrap();
        let bad = [
            good.replace("\"format\":1", "\"format\":2"),
            good.replace("\"version\":2", "\"version\":256"),
            good.replace("pay", "spend"),
            good.replace("identify\",\"version\":1", "pay\",\"version\":2"),
            good.replace("CDCD", "CD"),
            good.replace("CDCD", "CDCX"),
            good.replace("\"format\":1,", "\"format\":1,\"more\":1,"),
            String::new(),
        ];
        for json in bad {
            let error = KeyPackage::from_json(&json).unwrap_err();
            assert_eq!(error, PackageError::Format, "{json}");
            assert!(!format!("{error} {error:?}").contains("CDCD"));
        }
    }

    #[test]
    fn has_a_limit() {
        let mut package = KeyPackage::new();
        let roles = [KeyRole::Pay, KeyRole::TopUp];
        let mut all = roles
            .into_iter()
            .flat_map(|role| (0..=255).map(move |v| (role, v)));
        for (role, version) in all.by_ref().take(PACKAGE_LIMIT) {
            package.add(role, version, [1; 16]).unwrap();
        }
        let (role, version) = all.next().unwrap();
        assert_eq!(
            package.add(role, version, [1; 16]),
            Err(PackageError::TooMany)
        );
    }
}
