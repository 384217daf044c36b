//! Bytes of a fixed length, written as hex.

use serde::{Deserialize, Serialize};

/// A text that is not the hex of so many bytes.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} is not {bytes} bytes in hex")]
pub struct HexError {
    /// How many bytes it should be.
    pub bytes: usize,
    /// The text as it came.
    pub text: String,
}

fn read<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let error = || HexError {
        bytes: N,
        text: text.chars().take(80).collect(),
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return Err(error());
    }
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(error());
        };
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

macro_rules! hex_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $length]);

        impl $name {
            /// Wraps the bytes.
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                read(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = HexError;

            fn try_from(text: String) -> Result<Self, HexError> {
                read(&text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

hex_bytes!(
    /// One movement of a purse: made by the till before anything happens, and the same in the journal,
    /// on the card and at HQ. It is never used for another movement.
    PurseTx, 8
);
hex_bytes!(
    /// What a card puts under a transaction (TMV: DESFire's transaction MAC value).
    TransactionMacValue, 8
);
hex_bytes!(
    /// An Ed25519 public key: HQ's, for the certificates of members' phones, or a phone's own.
    CodeKey, 32
);
hex_bytes!(
    /// An Ed25519 signature over the head of a journal.
    HeadSignature, 64
);
hex_bytes!(
    /// How a card names a terminal: the first bytes of the SHA-256 of its id.
    TerminalMark, 4
);

/// What a card computed its transaction MAC over (TMI), 1 to [`TransactionMacInput::LONGEST`] bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TransactionMacInput(Vec<u8>);

impl TransactionMacInput {
    /// The most bytes it may have; ours have some 300.
    pub const LONGEST: usize = 1_024;

    /// Checks the length.
    pub fn new(bytes: Vec<u8>) -> Result<Self, HexError> {
        match bytes.len() {
            1..=Self::LONGEST => Ok(Self(bytes)),
            length => Err(HexError {
                bytes: Self::LONGEST,
                text: format!("({length} bytes)"),
            }),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for TransactionMacInput {
    type Error = HexError;

    fn try_from(text: String) -> Result<Self, HexError> {
        let pairs = text.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            read::<1>(pair).map(|[byte]| byte)
        });
        Self::new(bytes.collect::<Result<_, _>>()?)
    }
}

impl From<TransactionMacInput> for String {
    fn from(input: TransactionMacInput) -> String {
        input.0.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

impl TerminalMark {
    /// The mark of a terminal.
    pub fn of(terminal: crate::TerminalId) -> Self {
        let hash = crate::Hash::of(terminal.to_string().as_bytes());
        let [a, b, c, d, ..] = *hash.bytes();
        Self([a, b, c, d])
    }
}
