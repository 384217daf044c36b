//! What every chip with a memory must stand: any bytes at all, and being put away and taken out.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::chance::Chance;
use super::vectors::hex;
use super::{
    CardImage, Chip, ChipReply, felica, ntag21x, ntag21x_model, ntag424, ultralight_aes,
    ultralight_aes_memory,
};

const FRAMES: u32 = 100_000;
const UID: &str = "04A1B2C3D4E5F6";
const IDM: &str = "0102030405060708";

type Guarded = (Box<dyn Chip>, Vec<String>, fn(CardImage) -> CardImage);

/// A guarded card of each kind, and good frames to begin with. What a reader without keys can reach
/// is little; `secret` takes that away and leaves what must stay.
fn cards() -> Vec<Guarded> {
    let mut tag = ntag21x::Image::fresh(ntag21x_model::Model::Ntag213, &hex(UID));
    // Password 11223344 from page 4 on, for reads too; locked otherwise.
    tag.pages[0x29 * 4 + 3] = 4;
    tag.pages[0x2A * 4] = 0xC0;
    tag.pages[0x2B * 4..0x2C * 4].copy_from_slice(&[0x11, 0x22, 0x33, 0x44]);
    let mut ticket = ultralight_aes_memory::Image::fresh(&hex(UID));
    ticket.pages[0x29 * 4] = 0x02;
    ticket.pages[0x29 * 4 + 3] = 4;
    ticket.pages[0x2A * 4] = 0x80;
    ticket.pages[0x30 * 4..].fill(0x5A);
    let mut dna = ntag424::Image::fresh(hex(UID).try_into().unwrap());
    dna.keys.iter_mut().for_each(|slot| slot.key = [0x5A; 16]);
    dna.files[1].settings.rights = 0xE000;
    let mut lite = felica::Image::fresh(hex(IDM).try_into().unwrap());
    lite.key = [0x5A; 16];
    lite.configuration[2] = 0;
    // Everything needs an authentication to be written.
    lite.configuration[8..12].copy_from_slice(&[0xFF, 0x7F, 0xFF, 0x7F]);
    lite.configuration[12] = 1;
    vec![
        (
            Box::new(ntag21x::Ntag21x::load(tag)),
            texts(&[
                "60",
                "3000",
                "3A0010",
                "A20401020304",
                "A204",
                "1B00000000",
                "3C00",
                "3902",
                "A20200000000",
            ]),
            |image| match image {
                CardImage::Ntag21x(mut image) => {
                    // Lock and one-time bits are for everybody.
                    image.pages[8..16].fill(0);
                    CardImage::Ntag21x(image)
                }
                other => other,
            },
        ),
        (
            Box::new(ultralight_aes::UltralightAes::load(ticket)),
            texts(&[
                "60",
                "3000",
                "A20401020304",
                "1A00",
                &format!("AF{}", "00".repeat(32)),
                "3902",
                "A50001000000",
                "3A0027",
            ]),
            |image| match image {
                CardImage::UltralightAes(mut image) => {
                    image.pages[8..16].fill(0);
                    image.counters[..2].fill(0);
                    image.failures = 0;
                    CardImage::UltralightAes(image)
                }
                other => other,
            },
        ),
        (
            Box::new(ntag424::Ntag424::load(dna)),
            texts(&[
                "00A4040007D276000085010100",
                "00A4000C02E104",
                "00B0000010",
                "00D6000002AABB",
                "9071000002000000",
                &format!("90AF000020{}00", "11".repeat(32)),
                "9060000000",
                "90AF000000",
                "90AD0000070200000010000000",
                "908D00000802000000010000AA00",
                "90F50000010200",
                &format!(
                    "905F00000F02{}00",
                    "4000E0C1FF12200000430000430000".get(..28).unwrap()
                ),
                &format!("90C4000029 02{}00", "AB".repeat(40)),
            ]),
            |image| match image {
                CardImage::Ntag424(mut image) => {
                    image.keys.iter_mut().for_each(|slot| slot.failures = 0);
                    CardImage::Ntag424(image)
                }
                other => other,
            },
        ),
        (
            Box::new(felica::Felica::load(lite)),
            texts(&[
                "0600FFFF0000",
                &format!("1006{IDM}010B00018000"),
                &format!("1206{IDM}010B0002808280 91"),
                &format!("2008{IDM}010900018000{}", "AB".repeat(16)),
                &format!("2008{IDM}010900018080{}", "AB".repeat(16)),
                &format!("3208{IDM}01090002809280 91{}", "AB".repeat(32)),
            ]),
            |image| match image {
                CardImage::Felica(mut image) => {
                    // Challenges are for everybody, and writing one counts; so are bits of MC.
                    image.write_count = 0;
                    image.configuration[..2].fill(0);
                    image.configuration[6..].fill(0);
                    CardImage::Felica(image)
                }
                other => other,
            },
        ),
    ]
}

fn texts(frames: &[&str]) -> Vec<String> {
    frames.iter().map(|frame| (*frame).to_owned()).collect()
}

/// A good frame with bytes changed, put in, taken out, or repeated.
fn mutated(chance: &mut Chance, good: &[Vec<u8>]) -> Vec<u8> {
    let mut frame = good[usize::from(chance.byte()) % good.len()].clone();
    for _ in 0..chance.byte() % 4 {
        let [kind, at, byte] = chance.draw();
        let at = usize::from(at) % (frame.len() + 1);
        match kind % 5 {
            0 => frame.insert(at, byte),
            1 => frame.truncate(at),
            2 if at < frame.len() => drop(frame.remove(at)),
            3 => frame.extend(std::iter::repeat_n(byte, usize::from(kind) / 8)),
            _ if at < frame.len() => frame[at] = byte,
            _ => {}
        }
    }
    // FeliCa frames carry their length: sometimes it is right.
    if chance.byte() < 128 && !frame.is_empty() {
        let length = u8::try_from(frame.len()).unwrap_or(0);
        if [0x06, 0x10, 0x12, 0x20, 0x32].contains(&frame[0]) {
            frame[0] = length;
        }
    }
    frame
}

#[test]
fn no_frame_makes_a_chip_panic_or_change_what_is_guarded() {
    for (mut chip, good, secret) in cards() {
        let good: Vec<Vec<u8>> = good.iter().map(|frame| hex(frame)).collect();
        let mut chance = Chance::of_uid(b"mutated frames");
        let before = secret(chip.save());
        let mut answered = 0;
        for round in 0..FRAMES {
            if round % 7 == 0 {
                chip.activate();
            }
            if round % 97 == 0 {
                chip.power(false);
                chip.power(true);
                chip.activate();
            }
            let frame = mutated(&mut chance, &good);
            let replies = [chip.raw(&frame), chip.apdu(&frame)];
            answered += replies
                .iter()
                .filter(|reply| matches!(reply, ChipReply::Data(_)))
                .count();
        }
        assert_eq!(secret(chip.save()), before);
        assert!(
            answered > 1_000,
            "{answered}: the frames do not reach {chip:?}"
        );
    }
}

#[test]
fn a_saved_card_is_the_same_card() {
    for (chip, ..) in cards() {
        let image = chip.save();
        let text = serde_json::to_string(&image).unwrap();
        assert_eq!(
            serde_json::from_str::<CardImage>(&text).unwrap(),
            image,
            "{text}"
        );
    }
    let bad = r#"{"chip":"ntag21x","model":"ntag213","uid":"04A","pages":""}"#;
    assert!(serde_json::from_str::<CardImage>(bad).is_err());
}
