//! Cards by name or by description.

use std::fmt;
use std::str::FromStr;

use crate::SimError;
use crate::chip::ndef;

/// The chips that are simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChipKind {
    /// NTAG213, UID of 7 bytes.
    Ntag213,
    /// NTAG215, UID of 7 bytes.
    Ntag215,
    /// NTAG216, UID of 7 bytes.
    Ntag216,
    /// MIFARE Ultralight MF0ICU1, UID of 7 bytes.
    Ultralight,
    /// MIFARE Ultralight AES, UID of 7 bytes.
    UltralightAes,
    /// NTAG 424 DNA, UID of 7 bytes.
    Ntag424,
    /// MIFARE DESFire EV2, UID of 7 bytes.
    DesfireEv2,
    /// MIFARE DESFire EV3, UID of 7 bytes.
    DesfireEv3,
    /// FeliCa Lite-S, IDm of 8 bytes.
    FelicaLiteS,
    /// MIFARE Classic without its keys: a UID of 4 or 7 bytes, and a nonce.
    Classic,
    /// A chip that shows a UID of 4, 7 or 10 bytes and answers nothing at all.
    Uid,
}

impl ChipKind {
    const ALL: [(&'static str, ChipKind); 11] = [
        ("ntag213", ChipKind::Ntag213),
        ("ntag215", ChipKind::Ntag215),
        ("ntag216", ChipKind::Ntag216),
        ("ultralight", ChipKind::Ultralight),
        ("ultralight-aes", ChipKind::UltralightAes),
        ("ntag424", ChipKind::Ntag424),
        ("desfire-ev2", ChipKind::DesfireEv2),
        ("desfire-ev3", ChipKind::DesfireEv3),
        ("felica", ChipKind::FelicaLiteS),
        ("classic", ChipKind::Classic),
        ("uid", ChipKind::Uid),
    ];

    /// How many bytes its UID (or IDm) may have.
    fn uid_lengths(self) -> &'static [usize] {
        match self {
            Self::Uid => &[4, 7, 10],
            Self::Classic => &[4, 7],
            Self::FelicaLiteS => &[8],
            _ => &[7],
        }
    }

    fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("uid", |(word, _)| word)
    }
}

/// A card to be laid on a reader: `ntag215:04A1B2C3D4E5F6`, `uid:DEADBEEF`, or a name from the
/// [`catalogue`]. Behind a plus sign, a web address that phones find on it:
/// `ntag215:04A1B2C3D4E5F6+https://shop.example/m/7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardSpec {
    /// The chip.
    pub chip: ChipKind,
    /// Its UID; a FeliCa card's IDm.
    pub uid: Vec<u8>,
    /// A web address in its NDEF message, `http://` or `https://`; a fresh card has none.
    pub address: Option<String>,
}

/// A card with a name.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueEntry {
    /// The name.
    pub name: &'static str,
    /// The card it stands for.
    pub card: &'static str,
    /// What it is good for.
    pub about: &'static str,
}

/// The named cards.
pub fn catalogue() -> &'static [CatalogueEntry] {
    const fn entry(name: &'static str, card: &'static str, about: &'static str) -> CatalogueEntry {
        CatalogueEntry { name, card, about }
    }
    const ENTRIES: &[CatalogueEntry] = &[
        entry("anna", "ntag215:04A1B2C3D4E5F6", "a member's card"),
        entry(
            "ben",
            "ntag213:0451C2D3E4F5A6",
            "another member's card, the smaller chip",
        ),
        entry(
            "clara",
            "ntag216:04916273849506",
            "a third member's card, the larger chip",
        ),
        entry(
            "classic",
            "uid:DEADBEEF",
            "an old card that shows its number and nothing else",
        ),
        entry(
            "stranger",
            "ntag215:04FFEEDDCCBBAA",
            "a card that nobody registered",
        ),
        entry(
            "dina",
            "ntag424:04D1A2B3C4D5E6",
            "a key tag whose message changes with every tap",
        ),
        entry(
            "emil",
            "ultralight-aes:04E1A2B3C4D5E6",
            "a paper card that can prove its key",
        ),
        entry("fumi", "felica:012E4CF1A2B3C4D5", "a FeliCa Lite-S card"),
        entry(
            "gita",
            "classic:04C1A2B3C4D5E6",
            "an old card with a longer number, and keys nobody has",
        ),
        entry(
            "ivy",
            "desfire-ev3:04F1A2B3C4D5E6",
            "an e-money card as it leaves the factory: issue it first",
        ),
        entry(
            "jan",
            "desfire-ev2:04213A8A1B2C80",
            "another one, of the generation before",
        ),
        entry(
            "hugo",
            "ultralight:04B1A2B3C4D5E6",
            "a plain ticket: pages, and no more",
        ),
        entry(
            "phone",
            "uid:08C0FFEE",
            "a phone: a random number, to be refused",
        ),
    ];
    ENTRIES
}

impl FromStr for CardSpec {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, SimError> {
        if let Some(entry) = catalogue().iter().find(|entry| entry.name == text) {
            return parse_description(entry.card);
        }
        parse_description(text)
    }
}

fn parse_description(text: &str) -> Result<CardSpec, SimError> {
    let bad = |why: String| SimError::BadCard {
        text: text.to_owned(),
        why,
    };
    let Some((word, rest)) = text.split_once(':') else {
        let names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        return Err(bad(format!(
            "give a name ({}) or a description such as ntag215:04A1B2C3D4E5F6 or uid:DEADBEEF",
            names.join(", ")
        )));
    };
    let Some((_, chip)) = ChipKind::ALL.iter().find(|(known, _)| *known == word) else {
        let words: Vec<&str> = ChipKind::ALL.iter().map(|(word, _)| *word).collect();
        return Err(bad(format!(
            "before the colon goes one of {}",
            words.join(", ")
        )));
    };
    let (digits, address) = match rest.split_once('+') {
        Some((digits, address)) => (digits, Some(address.to_owned())),
        None => (rest, None),
    };
    let uid = hex(digits).ok_or_else(|| bad("after the colon go pairs of hex digits".into()))?;
    let lengths = chip.uid_lengths();
    if !lengths.contains(&uid.len()) {
        return Err(bad(format!(
            "its UID has {} bytes, and may have {lengths:?}",
            uid.len()
        )));
    }
    if let Some(address) = &address {
        let room = ndef::room(*chip);
        if ndef::message(address).is_none_or(|message| message.len() > room) {
            return Err(bad(format!(
                "behind the plus sign goes a web address (http:// or https://) of a message that \
                 fits into {room} bytes"
            )));
        }
    }
    Ok(CardSpec {
        chip: *chip,
        uid,
        address,
    })
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

impl fmt::Display for CardSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.chip.word())?;
        self.uid
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))?;
        match &self.address {
            Some(address) => write!(f, "+{address}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_named_card_is_a_card() {
        for entry in catalogue() {
            assert_eq!(
                entry.name.parse::<CardSpec>().unwrap().to_string(),
                entry.card
            );
        }
    }

    #[test]
    fn an_address_stays_in_the_description() {
        let text = "ntag215:04A1B2C3D4E5F6+https://shop.example/m/7";
        assert_eq!(text.parse::<CardSpec>().unwrap().to_string(), text);
    }

    #[test]
    fn what_is_no_card_says_what_would_be() {
        for (text, part) in [
            ("nobody", "give a name (anna"),
            ("ntag999:04", "before the colon"),
            ("ntag215:04A1", "has 2 bytes"),
            ("uid:XYZ", "hex digits"),
            ("uid:123", "hex digits"),
            ("felica:04A1B2C3D4E5F6", "has 7 bytes"),
            ("classic:04112233445566778899", "has 10 bytes"),
        ] {
            let error = text.parse::<CardSpec>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
