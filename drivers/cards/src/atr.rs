//! What the ATR hints at. A reader makes the ATR of a contactless card up (PC/SC part 3), several
//! cards share one, and some readers get it wrong: it decides what is asked first, never what a
//! card is.

/// Start of the ATR that PC/SC part 3 gives storage cards: 3B 8n 80 01 80 4F 0C, then the RID of
/// the PC/SC workgroup.
const STORAGE_PREFIX: [u8; 12] = [
    0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06,
];

/// Standard bytes (SS): the protocol below a storage card.
const SS_NO_INFORMATION: u8 = 0x00;
const SS_ISO14443_A3: u8 = 0x03;

/// What the ATR says about the way to talk to the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AtrHint {
    /// A storage card of ISO 14443-A part 3, with the card name (NN) of PC/SC part 3.
    StorageA {
        /// 0003 for the Ultralight and NTAG21x family, 0001 for MIFARE Classic 1K, …
        card_name: u16,
    },
    /// A storage card of another kind (FeliCa, ISO 14443-B, ISO 15693).
    StorageOther,
    /// Not a storage card: it speaks ISO 14443-4, where a raw frame has no business.
    Iso14443Part4,
}

impl AtrHint {
    /// Reads the hint in `atr`.
    pub fn of(atr: &[u8]) -> Self {
        match atr.strip_prefix(&STORAGE_PREFIX) {
            Some([SS_NO_INFORMATION | SS_ISO14443_A3, high, low, ..]) => Self::StorageA {
                card_name: u16::from_be_bytes([*high, *low]),
            },
            Some(_) => Self::StorageOther,
            None => Self::Iso14443Part4,
        }
    }

    /// Whether the card may know GET_VERSION of NTAG21x.
    pub(crate) fn allows_raw_frame(self) -> bool {
        matches!(self, Self::StorageA { .. })
    }
}
