//! Secure dynamic messaging: the file as a phone reads it, with UID, counter and MAC written over it.
//!
//! From NT4H2421Gx 9.3 and AN12196 section 3; held to the SDM examples in the vectors.

use super::memory::{File, Image};
use super::settings::Sdm;
use crate::chip::aes_modes::{BLOCK, Key, NO_IV, cmac, encrypt, encrypt_block, short_mac};

/// The content of `file` as tap number `counter` shows it. `random` pads the encrypted PICC data.
pub(crate) fn shown(
    image: &Image,
    file: &File,
    sdm: &Sdm,
    counter: u32,
    random: [u8; 5],
) -> Vec<u8> {
    let mut out = file.data.clone();
    let counter_bytes = &counter.to_le_bytes()[..3];
    if let Some(at) = sdm.uid_at {
        put(&mut out, at, &image.uid);
    }
    if let Some(at) = sdm.counter_at {
        // In text, the highest byte comes first.
        put(&mut out, at, &counter.to_be_bytes()[1..]);
    }
    if let Some(at) = sdm.picc_at {
        let plain = picc_data(image, sdm, counter_bytes, random);
        put(
            &mut out,
            at,
            &encrypt(&key(image, sdm.meta), &NO_IV, &plain),
        );
    }
    let Some(place) = &sdm.mac else {
        return out;
    };
    let key = key(image, sdm.file);
    if let Some((at, length)) = place.encrypted {
        let session = session_key(&key, [0xC3, 0x3C], image, sdm, counter_bytes);
        let mut vector = [0; BLOCK];
        vector[..3].copy_from_slice(counter_bytes);
        let vector = encrypt_block(&session, &vector);
        let plain = out.get(at..at + length / 2).unwrap_or_default().to_vec();
        put(&mut out, at, &encrypt(&session, &vector, &plain));
    }
    let session = session_key(&key, [0x3C, 0xC3], image, sdm, counter_bytes);
    let covered = out.get(place.input_at..place.at).unwrap_or_default();
    let mac = short_mac(&session, covered);
    put(&mut out, place.at, &mac);
    out
}

/// Tag, UID and counter as far as they are mirrored, random bytes up to a block.
fn picc_data(image: &Image, sdm: &Sdm, counter: &[u8], random: [u8; 5]) -> Vec<u8> {
    let tag = 0x07 | u8::from(sdm.mirror_uid) << 7 | u8::from(sdm.mirror_counter) << 6;
    let tag = if sdm.mirror_uid { tag } else { tag & 0xF0 };
    let mut plain = vec![tag];
    if sdm.mirror_uid {
        plain.extend(image.uid);
    }
    if sdm.mirror_counter {
        plain.extend(counter);
    }
    let missing = BLOCK - plain.len();
    plain.extend(random.iter().cycle().take(missing));
    plain
}

/// SesSDMFileReadENC and -MAC: label, 00 01 00 80, then what is mirrored, zeros up to whole blocks.
fn session_key(key: &Key, label: [u8; 2], image: &Image, sdm: &Sdm, counter: &[u8]) -> Key {
    let mut vector = [label.as_slice(), &[0x00, 0x01, 0x00, 0x80]].concat();
    if sdm.mirror_uid {
        vector.extend(image.uid);
    }
    if sdm.mirror_counter {
        vector.extend(counter);
    }
    vector.resize(vector.len().next_multiple_of(BLOCK), 0);
    cmac(key, &vector)
}

fn key(image: &Image, number: u8) -> Key {
    image.slot(number).map(|slot| slot.key).unwrap_or_default()
}

/// Writes bytes as upper-case hex over a place in the file.
fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    let text: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    if let Some(place) = out.get_mut(at..at + text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::vectors::{bytes, of};

    #[test]
    fn session_keys_are_those_of_table_1() {
        let file = of("ntag424_an12196.json");
        let vector = &file["sdm"][0];
        let image = Image::fresh(bytes(&vector["uid"]).try_into().unwrap());
        let key = bytes(&vector["file_read_key"]).try_into().unwrap();
        let sdm = Sdm {
            mirror_uid: true,
            mirror_counter: true,
            ..Sdm::default()
        };
        let counter = bytes(&vector["ctr_le"]);
        for (label, name) in [([0xC3, 0x3C], "ses_sdm_enc"), ([0x3C, 0xC3], "ses_sdm_mac")] {
            let made = session_key(&key, label, &image, &sdm, &counter);
            assert_eq!(made.to_vec(), bytes(&vector[name]), "{name}");
        }
    }
}
