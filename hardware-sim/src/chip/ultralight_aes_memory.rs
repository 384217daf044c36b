//! The memory of an Ultralight AES: 60 pages, three counters, three keys, and who may do what.
//!
//! From the data sheet MF0AES(H)20 and AN13452. What they leave open here is marked (unverified).

use serde::{Deserialize, Serialize};

use super::aes_modes::Key;
use super::chance::Chance;
use super::locks::{DynamicLocks, PAGE, static_locked, uid_pages, write_static};

/// All pages; the last eight hold keys 0 and 1 and read as zeros.
pub(crate) const PAGES: usize = 0x3C;
const LOCKS: DynamicLocks = DynamicLocks {
    page: 0x28,
    pages_per_bit: 2,
};
/// RID_ACT, SEC_MSG_ACT in byte 0; AUTH0 in byte 3.
const CFG0: usize = 0x29;
/// PROT, CFGLCK, CNT_INC_EN, CNT_RD_EN in byte 0; VCTID in byte 1; AUTH_LIM in bytes 2 and 3.
const CFG1: usize = 0x2A;
/// Bit 7 locks key 1, bit 6 key 0, bit 5 these two bits.
const KEY_LOCKS: usize = 0x2D;
const KEYS: usize = 0x30;
const FREE: u8 = 0x3C;

/// Which key a reader may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// 00: opens protected pages.
    DataProtection,
    /// 01: shows the UID of a card that shows a random one.
    UidRetrieval,
    /// 02: NXP's secret. A simulated card has one of its own, drawn from its UID.
    Originality,
}

impl KeyName {
    pub(crate) fn numbered(number: u8) -> Option<Self> {
        [Self::DataProtection, Self::UidRetrieval, Self::Originality]
            .get(usize::from(number))
            .copied()
    }
}

/// All that the chip remembers without power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    #[serde(with = "super::hex_text")]
    pub(crate) uid: Vec<u8>,
    #[serde(with = "super::hex_text")]
    pub(crate) pages: Vec<u8>,
    pub(crate) counters: [u32; 3],
    /// Failed authentications since the last good one.
    pub(crate) failures: u16,
}

impl Image {
    /// As it leaves the factory: keys of zeros, nothing protected.
    pub(crate) fn fresh(uid: &[u8]) -> Self {
        let mut pages = vec![0; PAGES * PAGE];
        pages[..3 * PAGE].copy_from_slice(&uid_pages(uid, 0x48));
        pages[12..16].copy_from_slice(&[0xE1, 0x10, 0x12, 0x00]);
        pages[16..19].copy_from_slice(&[0x03, 0x00, 0xFE]);
        pages[CFG0 * PAGE + 3] = FREE;
        pages[CFG1 * PAGE + 1] = 0x05;
        Self {
            uid: uid.to_vec(),
            pages,
            counters: [0; 3],
            failures: 0,
        }
    }

    /// Keys lie in memory with their last byte first.
    pub(crate) fn key(&self, name: KeyName) -> Key {
        let at = |page: usize| {
            let mut key: Key = std::array::from_fn(|index| self.pages[page * PAGE + index]);
            key.reverse();
            key
        };
        match name {
            KeyName::DataProtection => at(KEYS),
            KeyName::UidRetrieval => at(KEYS + 4),
            KeyName::Originality => {
                let mut chance = Chance::of_uid(&self.uid);
                let _signature: [u8; 48] = chance.draw();
                chance.draw()
            }
        }
    }

    /// READ_SIG: made up, and no signature of NXP's.
    pub(crate) fn signature(&self) -> [u8; 48] {
        Chance::of_uid(&self.uid).draw()
    }

    pub(crate) fn random_id(&self) -> bool {
        self.pages[CFG0 * PAGE] & 0x01 != 0
    }

    pub(crate) fn messages_are_maced(&self) -> bool {
        self.pages[CFG0 * PAGE] & 0x02 != 0
    }

    pub(crate) fn type_identifier(&self) -> u8 {
        self.pages[CFG1 * PAGE + 1]
    }

    /// No more authentications with key 0 (unverified: whether key 1 has the same limit).
    pub(crate) fn spent(&self, name: KeyName) -> bool {
        let place = CFG1 * PAGE + 2;
        let limit = u16::from_le_bytes([self.pages[place], self.pages[place + 1] & 0x03]);
        name == KeyName::DataProtection && limit != 0 && self.failures >= limit
    }

    pub(crate) fn unreadable(&self, page: usize, authenticated: bool) -> bool {
        self.pages[CFG1 * PAGE] & 0x80 != 0 && self.protected(page, authenticated)
    }

    fn protected(&self, page: usize, authenticated: bool) -> bool {
        !authenticated && page >= usize::from(self.pages[CFG0 * PAGE + 3])
    }

    pub(crate) fn may_write(&self, page: usize, authenticated: bool) -> bool {
        let locks = self.pages[KEY_LOCKS * PAGE];
        let frozen = match page {
            CFG0 | CFG1 => self.pages[CFG1 * PAGE] & 0x40 != 0,
            KEY_LOCKS => locks & 0x20 != 0,
            0x30..=0x33 => locks & 0x40 != 0,
            0x34..=0x37 => locks & 0x80 != 0,
            // Nothing is kept in the pages between and behind.
            0x2B | 0x2C | 0x2E | 0x2F | 0x38.. => true,
            _ => static_locked(&self.pages, page) || LOCKS.locked(&self.pages, page),
        };
        (2..PAGES).contains(&page) && !frozen && !self.protected(page, authenticated)
    }

    pub(crate) fn write(&mut self, page: usize, data: [u8; PAGE]) {
        match page {
            2 => write_static(&mut self.pages, data),
            3 => (0..PAGE).for_each(|index| self.pages[12 + index] |= data[index]),
            KEY_LOCKS => self.pages[KEY_LOCKS * PAGE] |= data[0] & 0xE0,
            _ if page == LOCKS.page => LOCKS.write(&mut self.pages, data),
            _ => self.pages[page * PAGE..(page + 1) * PAGE].copy_from_slice(&data),
        }
    }

    /// The memory as a read shows it: no keys, and no UID on a card that hides it.
    pub(crate) fn shown(&self, uid_too: bool) -> Vec<u8> {
        let mut shown = self.pages.clone();
        shown[KEYS * PAGE..].fill(0);
        if self.random_id() && !uid_too {
            shown[..9].fill(0);
        }
        shown
    }

    /// Counter 2 belongs to key 0, unless CNT_INC_EN or CNT_RD_EN opens it.
    pub(crate) fn counter_open(
        &self,
        counter: usize,
        increment: bool,
        authenticated: bool,
    ) -> bool {
        let bit = if increment { 0x08 } else { 0x04 };
        counter < 2 || authenticated || self.pages[CFG1 * PAGE] & bit != 0
    }
}
