//! What a card needs between hearing a command and answering it, beyond the gap of the standard.
//!
//! NXP and Sony publish no such table for commands. Where a data sheet gives a bound, it is named and
//! the value taken lies below it; everything else is an **estimate**: an AES block or a MAC some tenths
//! of a millisecond with the card's way through its program, one write to EEPROM some 2.5 ms (the
//! NTAG21x data sheet lets a page write take 5 ms, and most of that is the memory), a commit several
//! writes. One real card and an oscilloscope would make each a line to correct.

use crate::card::ChipKind;

/// One row: commands, µs, and where the figure comes from.
type Row = (&'static [u8], u32, &'static str);

/// DESFire EV2 and EV3, and what NTAG 424 DNA shares with them.
pub const DESFIRE: &[Row] = &[
    (
        &[0x60, 0x6A, 0x6D, 0x6E, 0x6F, 0x61, 0x45, 0x64, 0xF5],
        1_000,
        "estimate: looks up",
    ),
    (&[0x5A, 0xA4], 1_500, "estimate: looks up"),
    (
        &[0x0A, 0x1A, 0xAA, 0x71, 0x77],
        2_500,
        "estimate: random number and one block",
    ),
    (&[0x51, 0x6C], 2_000, "estimate: MAC and cipher"),
    (
        &[0xBD, 0xAD, 0xBB, 0xAB, 0xB0],
        2_500,
        "estimate: MAC and cipher of a few blocks",
    ),
    (
        &[0x0C, 0x1C, 0xDC],
        4_500,
        "estimate: MAC, cipher and a mirror's write",
    ),
    (
        &[0x3D, 0x8D, 0x3B, 0x8B, 0xDB, 0xBA, 0xD6, 0xEB],
        5_000,
        "estimate: MAC, cipher and a mirror's write",
    ),
    (&[0xC8], 4_000, "estimate: two MACs and a block"),
    (&[0xC7], 12_000, "estimate: two MACs and four writes"),
    (&[0xA7], 1_500, "estimate: MAC"),
    (
        &[0xC4, 0xC6, 0x54, 0x5C, 0x5F, 0x55, 0x56, 0x57],
        8_000,
        "estimate: MAC, cipher and two writes",
    ),
    (
        &[0xCA, 0xCD, 0xCB, 0xCC, 0xC0, 0xC1, 0xCE, 0xDF],
        12_000,
        "estimate: several writes",
    ),
    (&[0xDA], 15_000, "estimate: several writes"),
    (&[0xFC], 60_000, "estimate: many writes"),
    (&[0x3C], 2_000, "estimate: MAC and cipher"),
];

/// The second half of an authentication: deciphering, enciphering, four MACs for the keys.
const PROOF_US: u32 = 4_000;
/// Any other command of these chips, and a further frame of one.
const OTHER_US: u32 = 1_000;

/// NTAG21x and the Ultralights.
pub const PAGES: &[Row] = &[
    (
        &[0xA2, 0xA0],
        4_100,
        "NTAG213/215/216 data sheet: at most 5 ms (T_TimeOut); the value is an estimate",
    ),
    (
        &[0xA5],
        4_100,
        "Ultralight data sheets: at most 5 ms; the value is an estimate",
    ),
    (
        &[0x1A, 0xAF],
        2_000,
        "estimate: random number and blocks; Ultralight AES data sheet: at most 10 ms",
    ),
    (
        &[0x30, 0x3A, 0x60, 0x39, 0x3C, 0x1B],
        0,
        "NTAG213/215/216 data sheet: answers at the earliest gap",
    ),
];

/// FeliCa Lite-S, by command code.
pub const FELICA: &[Row] = &[
    (
        &[0x00],
        0,
        "JIS X 6319-4: polling's first slot is in the gap",
    ),
    (&[0x06], 700, "estimate; its PMm allows more"),
    (&[0x08], 5_000, "estimate: one write; its PMm allows more"),
];

/// µs for a command to this chip; `before` is the one before it, which says what AF goes on with.
pub(crate) fn of(chip: ChipKind, command: u8, before: u8) -> u32 {
    match chip {
        ChipKind::DesfireEv2 | ChipKind::DesfireEv3 | ChipKind::Ntag424 => {
            match (command, before) {
                (0xAF, 0x0A | 0x1A | 0xAA | 0x71 | 0x77) => PROOF_US,
                _ => row(DESFIRE, command).unwrap_or(OTHER_US),
            }
        }
        ChipKind::FelicaLiteS => row(FELICA, command).unwrap_or(0),
        _ => row(PAGES, command).unwrap_or(0),
    }
}

fn row(table: &[Row], command: u8) -> Option<u32> {
    let found = table.iter().find(|(codes, ..)| codes.contains(&command));
    found.map(|(_, micros, _)| *micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_stands_twice_and_each_names_its_source() {
        for table in [DESFIRE, PAGES, FELICA] {
            let mut codes: Vec<u8> = table.iter().flat_map(|row| row.0).copied().collect();
            let all = codes.len();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), all);
            assert!(table.iter().all(|row| !row.2.is_empty()));
        }
    }

    #[test]
    fn the_second_half_of_an_authentication_is_no_further_frame() {
        let after = |before| of(ChipKind::DesfireEv3, 0xAF, before);
        assert_eq!((after(0x71), after(0x60)), (PROOF_US, OTHER_US));
        assert!(of(ChipKind::DesfireEv3, 0xC7, 0) > of(ChipKind::DesfireEv3, 0xDC, 0));
        assert_eq!(of(ChipKind::Ntag215, 0x60, 0), 0);
    }
}
