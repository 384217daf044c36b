//! Lock bits of the chips with pages of four bytes (NFC Forum type 2): which page is read-only, and
//! what a write to lock bits leaves. Lock bits are only ever set, never cleared.

/// Bytes of a page.
pub(crate) const PAGE: usize = 4;

/// The static lock bytes lie at bytes 2 and 3 of page 2 and lock pages 3 to 15.
pub(crate) fn static_locked(memory: &[u8], page: usize) -> bool {
    let bits = static_bits(memory);
    (3..=15).contains(&page) && bits >> page & 1 == 1
}

/// A write to page 2: only its lock bytes are reached, and a block-locking bit (0 for page 3, 1 for
/// pages 4-9, 2 for 10-15) freezes those it is for.
pub(crate) fn write_static(memory: &mut [u8], data: [u8; PAGE]) {
    let old = static_bits(memory);
    let mut frozen = 0_u16;
    for (bit, pages) in [(0, 0x0008), (1, 0x03F0), (2, 0xFC00)] {
        if old >> bit & 1 == 1 {
            frozen |= pages;
        }
    }
    let new = old | (u16::from_le_bytes([data[2], data[3]]) & !frozen);
    memory[2 * PAGE + 2..3 * PAGE].copy_from_slice(&new.to_le_bytes());
}

fn static_bits(memory: &[u8]) -> u16 {
    u16::from_le_bytes([memory[2 * PAGE + 2], memory[2 * PAGE + 3]])
}

/// The dynamic lock bytes, for the pages from 16 on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DynamicLocks {
    /// The page they lie in: two bytes of lock bits, one of block-locking bits.
    pub(crate) page: usize,
    /// How many pages one bit locks.
    pub(crate) pages_per_bit: usize,
}

impl DynamicLocks {
    pub(crate) fn locked(self, memory: &[u8], page: usize) -> bool {
        (16..self.page).contains(&page) && {
            let bit = (page - 16) / self.pages_per_bit;
            bit < 16 && self.bits(memory) >> bit & 1 == 1
        }
    }

    /// A block-locking bit freezes two lock bits.
    pub(crate) fn write(self, memory: &mut [u8], data: [u8; PAGE]) {
        let place = self.page * PAGE;
        let old = self.bits(memory);
        let frozen = (0..8)
            .filter(|bit| memory[place + 2] >> bit & 1 == 1)
            .fold(0_u16, |sum, bit| sum | 0b11 << (2 * bit));
        let new = old | (u16::from_le_bytes([data[0], data[1]]) & !frozen);
        memory[place..place + 2].copy_from_slice(&new.to_le_bytes());
        memory[place + 2] |= data[2];
    }

    fn bits(self, memory: &[u8]) -> u16 {
        u16::from_le_bytes([memory[self.page * PAGE], memory[self.page * PAGE + 1]])
    }
}

/// Pages 0 to 2 of a chip with a UID of 7 bytes: UID, check bytes, one internal byte, no locks.
pub(crate) fn uid_pages(uid: &[u8], internal: u8) -> [u8; 3 * PAGE] {
    let mut pages = [0; 3 * PAGE];
    if let [a, b, c, d, e, f, g] = *uid {
        let first = [
            a,
            b,
            c,
            0x88 ^ a ^ b ^ c,
            d,
            e,
            f,
            g,
            d ^ e ^ f ^ g,
            internal,
        ];
        pages[..first.len()].copy_from_slice(&first);
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_locks_are_set_once_and_frozen_by_their_block() {
        let mut memory = vec![0; 64];
        assert!(!static_locked(&memory, 4));
        write_static(&mut memory, [9, 9, 0x10, 0x80]);
        assert_eq!(memory[8..12], [0, 0, 0x10, 0x80]);
        assert!(static_locked(&memory, 4) && static_locked(&memory, 15));
        assert!(!static_locked(&memory, 3) && !static_locked(&memory, 5));
        write_static(&mut memory, [0; 4]);
        assert!(static_locked(&memory, 4), "never cleared");
        write_static(&mut memory, [0, 0, 0x02, 0]);
        write_static(&mut memory, [0, 0, 0x20, 0x04]);
        assert!(!static_locked(&memory, 5), "pages 4 to 9 are frozen");
        assert!(static_locked(&memory, 10));
    }

    #[test]
    fn dynamic_locks_cover_their_pages_and_no_others() {
        let locks = DynamicLocks {
            page: 0x28,
            pages_per_bit: 2,
        };
        let mut memory = vec![0; 45 * PAGE];
        locks.write(&mut memory, [0x01, 0x08, 0x02, 0xFF]);
        let locked: Vec<usize> = (0..45)
            .filter(|page| locks.locked(&memory, *page))
            .collect();
        assert_eq!(locked, [16, 17, 38, 39]);
        locks.write(&mut memory, [0x04 | 0x10, 0, 0, 0]);
        assert!(!locks.locked(&memory, 20), "bits 2 and 3 are frozen");
        assert!(locks.locked(&memory, 24));
        assert!(locks.locked(&memory, 16), "never cleared");
        assert_eq!(memory[0x28 * PAGE + 3], 0);
    }
}
