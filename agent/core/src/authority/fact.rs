//! The version that every fact and report of this module is written with.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of [`crate::authority::HolderFact`], [`crate::authority::LessorFact`] and
/// [`crate::authority::Report`] as they are written.
pub const AUTHORITY_VERSION: u32 = 1;

/// Written as [`AUTHORITY_VERSION`]; reading any other number fails, and says both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AuthorityVersion;

impl Serialize for AuthorityVersion {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(AUTHORITY_VERSION)
    }
}

impl<'de> Deserialize<'de> for AuthorityVersion {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            AUTHORITY_VERSION => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "version {other} of authority facts is not known here, only {AUTHORITY_VERSION}"
            ))),
        }
    }
}

/// A fact as it is written down: `{"v":1,"fact":{…}}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written<F> {
    /// Its version.
    pub v: AuthorityVersion,
    /// The fact.
    pub fact: F,
}

impl<F> From<F> for Written<F> {
    fn from(fact: F) -> Self {
        let v = AuthorityVersion;
        Self { v, fact }
    }
}
