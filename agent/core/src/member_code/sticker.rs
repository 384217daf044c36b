//! What a till's sticker says, for phones.

use crate::{Hash, LaneId, StoreId, TerminalId, TerminalMark};

/// One till of the chain, as its sticker names it: `S1/1/0A1B2C3D`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TillSticker {
    /// The store.
    pub store: StoreId,
    /// The lane.
    pub lane: LaneId,
    /// The terminal.
    pub terminal: TerminalMark,
}

/// A text that no till's sticker has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is not what a till's sticker says: store/lane/8 hex digits, as S1/1/0A1B2C3D")]
pub struct TillStickerError(pub String);

impl TillSticker {
    /// The sticker of a terminal's lane.
    pub fn new(store: StoreId, lane: LaneId, terminal: TerminalId) -> Self {
        Self {
            store,
            lane,
            terminal: TerminalMark::of(terminal),
        }
    }

    /// What a code names its till by: the first 16 bytes of a SHA-256 over the sticker.
    pub(super) fn audience(&self) -> [u8; 16] {
        let hash = Hash::of(format!("tillside till {self}").as_bytes());
        std::array::from_fn(|at| hash.bytes()[at])
    }
}

impl std::fmt::Display for TillSticker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.store, self.lane, self.terminal)
    }
}

impl std::str::FromStr for TillSticker {
    type Err = TillStickerError;

    fn from_str(text: &str) -> Result<Self, TillStickerError> {
        let read = || {
            let (store, rest) = text.split_once('/')?;
            let (lane, terminal) = rest.split_once('/')?;
            Some(Self {
                store: StoreId::new(store).ok()?,
                lane: LaneId::new(lane).ok()?,
                terminal: terminal.parse().ok()?,
            })
        };
        read().ok_or_else(|| TillStickerError(text.chars().take(80).collect()))
    }
}
