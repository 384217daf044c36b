//! What lies on the reader, in the words of PC/SC.

use nfc1::Target;
use nfc1::target_info::{Iso14443a, TargetInfo};

/// Bit of the SAK: the card speaks ISO 14443-4 (ISO 14443-3, 6.5.3.4).
const SAK_PART4: u8 = 0x20;
/// Standard bytes (SS) and card names of storage cards (PC/SC part 3, supplemental document).
const SS_ISO14443_A3: u8 = 0x03;
const SS_FELICA: u8 = 0x11;
const NAME_FELICA: u16 = 0x003B;

/// How a card is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// ISO 14443-4: APDUs.
    Part4,
    /// ISO 14443-3 type A: frames.
    TypeA,
    /// JIS X 6319-4: frames that begin with their length.
    FeliCa,
}

/// A card as its activation showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lying {
    pub(super) kind: Kind,
    /// UID, or IDm.
    pub(super) number: Vec<u8>,
    /// What a PC/SC reader would answer to a reset.
    pub(super) atr: Vec<u8>,
    /// The card's part of InListPassiveTarget's answer, behind the number of the target.
    pub(super) listed: Vec<u8>,
}

impl Lying {
    /// The card that libnfc found; `None` for its empty target, and for cards of other kinds.
    pub(super) fn of(target: &Target) -> Option<Self> {
        match &target.target_info {
            TargetInfo::Iso14443a(info) if info.uid_len > 0 => Some(type_a(info)),
            TargetInfo::Felica(info) if info.id != [0; 8] => {
                let with_code = info.len >= 20;
                let mut listed = vec![if with_code { 20 } else { 18 }, info.res_code];
                listed.extend(info.id);
                listed.extend(info.pad);
                if with_code {
                    listed.extend(info.sys_code);
                }
                Some(Self {
                    kind: Kind::FeliCa,
                    number: info.id.to_vec(),
                    atr: storage_atr(SS_FELICA, NAME_FELICA),
                    listed,
                })
            }
            _ => None,
        }
    }

    /// Whether this is the same card, as far as a number can say.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.number == other.number
    }

    /// The card's number is new each time it gets power (ISO 14443-3).
    pub(super) fn is_random(&self) -> bool {
        self.kind != Kind::FeliCa && self.number.len() == 4 && self.number[0] == 0x08
    }
}

fn type_a(info: &Iso14443a) -> Lying {
    // libnfc leaves out the ATS's first byte, its length.
    let ats = &info.ats[..info.ats_len.min(info.ats.len())];
    let number = info.uid[..info.uid_len.min(info.uid.len())].to_vec();
    let mut listed = vec![info.atqa[0], info.atqa[1], info.sak, number.len() as u8];
    listed.extend(&number);
    let is_part4 = info.sak & SAK_PART4 != 0 && !ats.is_empty();
    if is_part4 {
        listed.push(ats.len() as u8 + 1);
        listed.extend(ats);
    }
    Lying {
        kind: if is_part4 { Kind::Part4 } else { Kind::TypeA },
        number,
        atr: if is_part4 {
            part4_atr(historical_bytes(ats))
        } else {
            storage_atr(SS_ISO14443_A3, card_name(info.sak))
        },
        listed,
    }
}

/// Names of PC/SC part 3 for what a SAK may be (NXP AN10833); 0000 is no information.
fn card_name(sak: u8) -> u16 {
    match sak {
        0x00 => 0x0003,
        0x08 => 0x0001,
        0x18 => 0x0002,
        0x09 => 0x0026,
        _ => 0x0000,
    }
}

/// The bytes behind T0 and the interface bytes that it announces (ISO 14443-4, 5.2).
fn historical_bytes(ats: &[u8]) -> &[u8] {
    let Some((t0, rest)) = ats.split_first() else {
        return &[];
    };
    let announced = (t0 >> 4 & 0x07).count_ones() as usize;
    rest.get(announced..).unwrap_or(&[])
}

/// 3B 8n 80 01, historical bytes, TCK (PC/SC part 3, 3.1.3.2.3.1). An ATR has room for 15.
fn part4_atr(historical: &[u8]) -> Vec<u8> {
    let historical = &historical[..historical.len().min(15)];
    let mut atr = vec![0x3B, 0x80 | historical.len() as u8, 0x80, 0x01];
    atr.extend(historical);
    with_check(atr)
}

/// The ATR of a storage card (PC/SC part 3, 3.1.3.2.3.2).
fn storage_atr(standard: u8, name: u16) -> Vec<u8> {
    let mut atr = b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\x00\x00\x03\x06".to_vec();
    atr.push(standard);
    atr.extend(name.to_be_bytes());
    atr.extend([0; 4]);
    with_check(atr)
}

fn with_check(mut atr: Vec<u8>) -> Vec<u8> {
    atr.push(atr[1..].iter().fold(0, |sum, byte| sum ^ byte));
    atr
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(sak: u8, uid: &[u8], ats: &[u8]) -> Target {
        let mut target = Target::new_iso14443a();
        let mut info = Iso14443a {
            atqa: [0x00, 0x44],
            sak,
            uid: [0; 10],
            uid_len: uid.len(),
            ats: [0; 254],
            ats_len: ats.len(),
        };
        info.uid[..uid.len()].copy_from_slice(uid);
        info.ats[..ats.len()].copy_from_slice(ats);
        target.target_info = TargetInfo::Iso14443a(info);
        target
    }

    #[test]
    fn an_empty_target_is_no_card() {
        assert_eq!(Lying::of(&Target::new_iso14443a()), None);
        assert_eq!(Lying::of(&Target::new_felica()), None);
    }

    #[test]
    fn atrs_are_those_of_pcsc_readers() {
        // An NTAG, as an ACR122U shows it.
        let ntag = Lying::of(&info(0x00, &[4, 1, 2, 3, 4, 5, 6], &[]));
        let atr = b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\0\0\x03\x06\x03\x00\x03\0\0\0\0\x68";
        assert_eq!(ntag.map(|ntag| ntag.atr), Some(atr.to_vec()));
        // A DESFire: historical byte 80.
        let ats = [0x75, 0x77, 0x81, 0x02, 0x80];
        let desfire = Lying::of(&info(0x20, &[4, 1, 2, 3, 4, 5, 6], &ats));
        let desfire = desfire.map(|desfire| (desfire.kind, desfire.atr));
        let atr = vec![0x3B, 0x81, 0x80, 0x01, 0x80, 0x80];
        assert_eq!(desfire, Some((Kind::Part4, atr)));
    }

    #[test]
    fn an_ats_that_promises_more_than_it_holds_does_no_harm() {
        for ats in [&[0x75u8][..], &[0x75, 0x77], &[0x00]] {
            let card = Lying::of(&info(0x20, &[4, 1, 2, 3], ats));
            let atr = vec![0x3B, 0x80, 0x80, 0x01, 0x01];
            assert_eq!(card.map(|card| card.atr), Some(atr), "{ats:02X?}");
        }
    }
}
