//! The answer to reset that a PC/SC reader makes up for a contactless card (PC/SC part 3, 3.1.3.2.3).
//!
//! A hint and never proof: every NTAG and every Ultralight gets the same one.

use crate::chip::Activation;

/// Registered application provider of PC/SC, behind the tag and length that announce it.
const HEAD: [u8; 12] = [
    0x3B, 0x8F, 0x80, 0x01, 0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06,
];

/// The standard byte, and the two of the card's name.
const CLASSIC: [u8; 3] = [0x03, 0x00, 0x01];
const ULTRALIGHT: [u8; 3] = [0x03, 0x00, 0x03];
const FELICA: [u8; 3] = [0x11, 0x00, 0x3B];

/// The answer to reset for a card that shows itself like this.
pub(crate) fn of(activation: &Activation) -> Vec<u8> {
    match activation {
        Activation::TypeA { ats: Some(ats), .. } => part4(historical(ats)),
        Activation::TypeA { sak: 0x08, .. } => storage(CLASSIC),
        Activation::TypeA { .. } => storage(ULTRALIGHT),
        Activation::Felica { .. } => storage(FELICA),
    }
}

fn storage(name: [u8; 3]) -> Vec<u8> {
    checked([HEAD.as_slice(), &name, &[0; 4]].concat())
}

/// 3B 8n 80 01, and the historical bytes, at most 15.
fn part4(historical: &[u8]) -> Vec<u8> {
    let historical = &historical[..historical.len().min(15)];
    let count = historical.len() as u8;
    checked([&[0x3B, 0x80 | count, 0x80, 0x01], historical].concat())
}

/// What stands in an ATS behind TL, T0 and those of TA, TB, TC that T0 announces.
fn historical(ats: &[u8]) -> &[u8] {
    let interface = ats.get(1).map_or(0, |t0| (t0 >> 4 & 0b111).count_ones());
    ats.get(2 + interface as usize..).unwrap_or_default()
}

/// With the check byte at the end.
fn checked(mut atr: Vec<u8>) -> Vec<u8> {
    let check = atr[1..].iter().fold(0, |sum, byte| sum ^ byte);
    atr.push(check);
    atr
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::make;
    use crate::chip::vectors::{bytes, of as vectors};

    #[test]
    fn atrs_are_those_of_the_manuals() {
        let file = vectors("pcsc_atrs.json");
        for (card, name) in [
            ("anna", "ultralight_or_ntag"),
            ("classic", "classic_1k"),
            ("classic:04112233445566", "classic_1k"),
            ("ultralight-aes:04112233445566", "ultralight_or_ntag"),
            ("felica:012E4CE112233445", "felica_pcsc"),
            ("ntag424:04112233445566", "desfire_ev1_ev2_ev3_ats_hist_80"),
        ] {
            let atr = of(&make(&card.parse().unwrap()).activation());
            assert_eq!(atr, bytes(&file["examples"][name]), "{card}");
        }
    }
}
