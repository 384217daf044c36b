//! What tells NTAG213, 215, 216 and the plain Ultralight apart, as data (their data sheets, memory
//! organisation and GET_VERSION), and what a fresh one holds.

use serde::{Deserialize, Serialize};

use super::locks::{DynamicLocks, PAGE, uid_pages};

/// The members of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Model {
    Ntag213,
    Ntag215,
    Ntag216,
    /// MF0ICU1: 16 pages, no version, no password.
    Ultralight,
}

/// Where a model keeps its configuration: dynamic locks first, then CFG0, CFG1, PWD and PACK.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) pages: usize,
    /// `None` for the plain Ultralight.
    pub(crate) locks: Option<DynamicLocks>,
    /// The size that GET_VERSION shows.
    size: u8,
    /// The capability container's size, in 8 bytes.
    container: u8,
}

impl Layout {
    /// The page of CFG0; its neighbours follow from it.
    pub(crate) fn config(self) -> Option<usize> {
        self.locks.map(|locks| locks.page + 1)
    }
}

impl Model {
    pub(crate) fn layout(self) -> Layout {
        let ntag = |pages, page, pages_per_bit, size, container| Layout {
            pages,
            locks: Some(DynamicLocks {
                page,
                pages_per_bit,
            }),
            size,
            container,
        };
        match self {
            Self::Ntag213 => ntag(45, 0x28, 2, 0x0F, 0x12),
            Self::Ntag215 => ntag(135, 0x82, 16, 0x11, 0x3E),
            Self::Ntag216 => ntag(231, 0xE2, 16, 0x13, 0x6D),
            Self::Ultralight => Layout {
                pages: 16,
                locks: None,
                size: 0,
                container: 0,
            },
        }
    }

    /// GET_VERSION; the plain Ultralight does not know it.
    pub(crate) fn version(self) -> Option<[u8; 8]> {
        let size = self.layout().size;
        (self != Self::Ultralight).then_some([0x00, 0x04, 0x04, 0x02, 0x01, 0x00, size, 0x03])
    }

    /// The memory as the chip leaves the factory: an empty NDEF message (NTAG), no locks, no
    /// password, counter and mirror off.
    pub(crate) fn fresh(self, uid: &[u8]) -> Vec<u8> {
        let layout = self.layout();
        let mut memory = vec![0; layout.pages * PAGE];
        memory[..3 * PAGE].copy_from_slice(&uid_pages(uid, 0x48));
        let Some(config) = layout.config() else {
            return memory;
        };
        memory[12..16].copy_from_slice(&[0xE1, 0x10, layout.container, 0x00]);
        let message: &[u8] = match self {
            // NTAG213 begins with a lock control TLV.
            Self::Ntag213 => &[0x01, 0x03, 0xA0, 0x0C, 0x34, 0x03, 0x00, 0xFE],
            _ => &[0x03, 0x00, 0xFE],
        };
        memory[16..16 + message.len()].copy_from_slice(message);
        let place = config * PAGE;
        memory[place - 1] = 0xBD;
        memory[place..place + 3 * PAGE]
            .copy_from_slice(&[0x04, 0, 0, 0xFF, 0, 0x05, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        memory
    }
}
