//! A web address on a card, as a phone finds it: one NDEF record, and each kind of card's own way to
//! hold it (NFC Forum: URI record type, type 2, 3 and 4 tags).

use super::CardImage;
use super::ntag21x_model::Model;
use crate::card::ChipKind;

/// How the record begins: a short one of a well-known type, one byte of type, U.
const PREFIXES: [(&str, u8); 2] = [("https://", 0x04), ("http://", 0x03)];

/// The message with this address; `None` if it begins otherwise, or is too long for a short record.
pub(crate) fn message(address: &str) -> Option<Vec<u8>> {
    let (prefix, code) = PREFIXES
        .iter()
        .find(|(prefix, _)| address.starts_with(prefix))?;
    let rest = &address.as_bytes()[prefix.len()..];
    let length = u8::try_from(rest.len() + 1).ok()?;
    Some([&[0xD1, 0x01, length, b'U', *code], rest].concat())
}

/// The longest message that a fresh card of this kind holds.
pub(crate) fn room(chip: ChipKind) -> usize {
    match chip {
        // Memory behind the lock control TLV, less tag, length and terminator.
        ChipKind::Ntag213 => 144 - 5 - 3,
        // What a length of one byte can say.
        ChipKind::Ntag215 | ChipKind::Ntag216 => 254,
        ChipKind::Ultralight => 48 - 3,
        ChipKind::UltralightAes => 144 - 3,
        ChipKind::Ntag424 => 256 - 2,
        ChipKind::FelicaLiteS => 13 * 16,
        // Nothing to hold one in, or (DESFire) files that are first made.
        _ => 0,
    }
}

/// Puts a message that fits on a fresh card.
pub(crate) fn put(image: &mut CardImage, message: &[u8]) {
    let length = message.len() as u8;
    let tlv = [&[0x03, length], message, &[0xFE]].concat();
    match image {
        CardImage::Ntag21x(image) => {
            if image.model == Model::Ultralight {
                // Its capability container is not written in the factory: 48 bytes.
                lay(&mut image.pages, 12, &[0xE1, 0x10, 0x06, 0x00]);
            }
            let start = if image.model == Model::Ntag213 {
                21
            } else {
                16
            };
            lay(&mut image.pages, start, &tlv);
        }
        CardImage::UltralightAes(image) => lay(&mut image.pages, 16, &tlv),
        CardImage::Ntag424(image) => {
            let whole = [&[0x00, length], message].concat();
            lay(&mut image.files[1].data, 0, &whole);
        }
        CardImage::Felica(image) => {
            // Version 1.0, 4 blocks a read, 1 a write, 13 in all, writable.
            let mut attribute = [0x10, 4, 1, 0, 13, 0, 0, 0, 0, 0, 1, 0, 0, length, 0, 0];
            let sum: u16 = attribute.iter().copied().map(u16::from).sum();
            attribute[14..].copy_from_slice(&sum.to_be_bytes());
            lay(&mut image.user, 0, &attribute);
            lay(&mut image.user, 16, message);
            image.answer_to_ndef();
        }
        _ => {}
    }
}

fn lay(memory: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = memory.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::make;
    use crate::chip::vectors::{apdu, raw};

    const ADDRESS: &str = "https://shop.example/m/7";
    const MESSAGE: &str = "D10111550473686F702E6578616D706C652F6D2F37";

    fn card(text: &str) -> Box<dyn crate::chip::Chip> {
        make(&format!("{text}+{ADDRESS}").parse().unwrap())
    }

    #[test]
    fn a_phone_finds_the_address_on_every_kind_of_card() {
        for (text, first, head) in [
            ("ntag213:04A1B2C3D4E5F6", "3A040F", "0103A00C340315"),
            ("ntag215:04A1B2C3D4E5F6", "3A040F", "0315"),
            ("ntag216:04A1B2C3D4E5F6", "3A040F", "0315"),
            ("ultralight-aes:04A1B2C3D4E5F6", "3A040F", "0315"),
            ("ultralight:04A1B2C3D4E5F6", "3004", "0315"),
        ] {
            let mut card = card(text);
            let shown = raw(card.as_mut(), first);
            let whole = format!("{head}{MESSAGE}FE");
            let part = whole.len().min(shown.len());
            assert_eq!(shown[..part], whole[..part], "{text}");
            assert_eq!(raw(card.as_mut(), "3003")[..4], *"E110", "{text}");
        }
        let mut key_tag = card("ntag424:04A1B2C3D4E5F6");
        apdu(key_tag.as_mut(), "00A4040007D276000085010100");
        let shown = apdu(key_tag.as_mut(), "00B0840017");
        assert_eq!(shown, format!("0015{MESSAGE}9000"));
        let mut lite = card("felica:012E4CF1A2B3C4D5");
        assert_ne!(raw(lite.as_mut(), "060012FC0000"), "-");
        let shown = raw(lite.as_mut(), "1406012E4CF1A2B3C4D5010B0003800080018002");
        assert_eq!(shown[26..58], *"100401000D0000000000010000150038");
        assert_eq!(shown[58..58 + MESSAGE.len()], *MESSAGE);
    }

    #[test]
    fn the_longest_address_fits_and_one_more_letter_does_not() {
        for kind in [
            "ntag213",
            "ntag215",
            "ultralight",
            "ultralight-aes",
            "ntag424",
        ] {
            let fits = |letters: usize| {
                let address = format!("https://{}", "a".repeat(letters));
                format!("{kind}:04A1B2C3D4E5F6+{address}").parse::<crate::CardSpec>()
            };
            let longest = (1..400)
                .rev()
                .find(|letters| fits(*letters).is_ok())
                .unwrap();
            let spec = fits(longest).unwrap();
            assert_eq!(longest + 5, room(spec.chip), "{kind}");
            let image = make(&spec).save();
            assert_ne!(
                image,
                make(&format!("{kind}:04A1B2C3D4E5F6").parse().unwrap()).save()
            );
        }
        // The terminator is the last byte of the user's memory, and the locks behind it are untouched.
        let address = format!("https://{}", "a".repeat(room(ChipKind::Ntag213) - 5));
        let spec = format!("ntag213:04A1B2C3D4E5F6+{address}");
        let mut full = make(&spec.parse().unwrap());
        assert_eq!(raw(full.as_mut(), "3A2728"), "616161FE000000BD");
        for no in ["uid:DEADBEEF+https://a", "ntag213:04A1B2C3D4E5F6+ftp://a"] {
            let error = no.parse::<crate::CardSpec>().unwrap_err().to_string();
            assert!(error.contains("web address"), "{error}");
        }
    }
}
