//! What a DESFire card remembers: its keys, its applications, their files.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::chip::aes_modes::Key;
use crate::chip::hex_text;

/// Room for files, in bytes (an 8K card).
pub(crate) const MEMORY: usize = 7_936;
/// The most applications.
pub(crate) const APPLICATIONS: usize = 28;

/// A key's cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cipher {
    Des,
    Aes,
}

/// One key and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeySlot {
    pub(crate) cipher: Cipher,
    #[serde(with = "hex_text")]
    pub(crate) key: Key,
    pub(crate) version: u8,
}

impl KeySlot {
    pub(crate) fn zero(cipher: Cipher) -> Self {
        Self {
            cipher,
            key: [0; 16],
            version: 0,
        }
    }
}

/// Bytes in a saved card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Bytes(#[serde(with = "hex_text")] pub(crate) Vec<u8>);

/// A file with its settings and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Two bits: x0 plain, 01 MAC, 11 full.
    pub(crate) mode: u8,
    /// Read, write, read and write, change: a nibble each, from the highest.
    pub(crate) rights: u16,
    pub(crate) iso: Option<u16>,
    #[serde(flatten)]
    pub(crate) body: Body,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Body {
    Standard {
        data: Bytes,
    },
    Backup {
        data: Bytes,
    },
    Value {
        lower: i32,
        upper: i32,
        value: i32,
        options: u8,
        /// What a limited credit may still put back.
        limited: i32,
    },
    Records {
        cyclic: bool,
        size: usize,
        most: usize,
        /// Newest first.
        records: Vec<Bytes>,
    },
    TransactionMac {
        #[serde(with = "hex_text")]
        key: Key,
        version: u8,
        tmc: u32,
        #[serde(with = "hex_text")]
        tmv: [u8; 8],
        /// The reader of the last transaction.
        #[serde(with = "hex_text")]
        reader: Key,
    },
}

impl Body {
    /// Whether it changes only by a commit.
    pub(crate) fn is_committed(&self) -> bool {
        matches!(
            self,
            Self::Backup { .. } | Self::Value { .. } | Self::Records { .. }
        )
    }

    /// Bytes of memory, in blocks of 32.
    pub(crate) fn room(&self) -> usize {
        let bytes = match self {
            Self::Standard { data } => data.0.len(),
            Self::Backup { data } => 2 * data.0.len(),
            Self::Value { .. } | Self::TransactionMac { .. } => 32,
            Self::Records { size, most, .. } => size * most,
        };
        bytes.next_multiple_of(32)
    }
}

/// One set of an application's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeySet {
    pub(crate) version: u8,
    /// Initialised, and finalised.
    pub(crate) ready: bool,
    pub(crate) keys: Vec<KeySlot>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Application {
    #[serde(with = "hex_text")]
    pub(crate) aid: [u8; 3],
    pub(crate) settings: u8,
    /// KeySett2 as it was given.
    pub(crate) kind: u8,
    pub(crate) sets: Vec<KeySet>,
    pub(crate) active: usize,
    pub(crate) iso: Option<u16>,
    #[serde(with = "hex_text")]
    pub(crate) name: Vec<u8>,
    #[serde(deserialize_with = "numbered")]
    pub(crate) files: BTreeMap<u8, File>,
}

/// Files by their numbers, which JSON has as text: serde reads them as such inside of a tagged image.
fn numbered<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<u8, File>, D::Error> {
    let named = BTreeMap::<String, File>::deserialize(from)?.into_iter();
    let numbered = named.map(|(name, file)| Ok((name.parse().map_err(de::Error::custom)?, file)));
    numbered.collect()
}

impl Application {
    pub(crate) fn keys(&self) -> &[KeySlot] {
        self.sets
            .get(self.active)
            .map_or(&[], |set| set.keys.as_slice())
    }

    pub(crate) fn transaction_mac(&self) -> Option<(u8, &File)> {
        let found = self
            .files
            .iter()
            .find(|(_, file)| matches!(file.body, Body::TransactionMac { .. }));
        found.map(|(number, file)| (*number, file))
    }
}

/// The whole card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(with = "hex_text")]
    pub(crate) uid: [u8; 7],
    pub(crate) ev3: bool,
    pub(crate) random_id: bool,
    /// Key settings of the card itself.
    pub(crate) settings: u8,
    /// The card's master key.
    pub(crate) master: KeySlot,
    pub(crate) applications: Vec<Application>,
}

impl Image {
    /// As it leaves the factory: a master key of DES zeros, everything allowed.
    pub(crate) fn fresh(uid: [u8; 7], ev3: bool) -> Self {
        Self {
            uid,
            ev3,
            random_id: false,
            settings: 0x0F,
            master: KeySlot::zero(Cipher::Des),
            applications: Vec::new(),
        }
    }

    pub(crate) fn free(&self) -> usize {
        let files = self.applications.iter().flat_map(|app| app.files.values());
        let used: usize = files.map(|file| file.body.room()).sum();
        MEMORY.saturating_sub(used + 32 * self.applications.len())
    }
}
