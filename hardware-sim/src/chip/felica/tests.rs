//! The simulated FeliCa Lite-S, held to the published dialogue and the manual's rules.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::chip::vectors::{bytes, hex, of, raw, text};

const IDM: &str = "0102030405060708";

fn fresh() -> Felica {
    Felica::load(Image::fresh(hex(IDM).try_into().unwrap()))
}

fn framed(body: &str) -> String {
    format!("{:02X}{body}", hex(body).len() + 1)
}

/// Reads blocks through the read-only service; the answer from the status flags on.
fn read(card: &mut Felica, blocks: &[u8]) -> String {
    let list: String = blocks
        .iter()
        .map(|block| format!("80{block:02X}"))
        .collect();
    let frame = framed(&format!("06{IDM}010B00{:02X}{list}", blocks.len()));
    let answer = raw(card, &frame);
    assert_eq!(hex(&answer).len(), usize::from(hex(&answer)[0]));
    answer[20..].to_owned()
}

/// Writes a block, with a MAC_A block behind it or without; the status flags.
fn write(card: &mut Felica, block: u8, data: &str, mac: Option<&str>) -> String {
    let (count, list) = match mac {
        Some(_) => ("02", format!("80{block:02X}8091")),
        None => ("01", format!("80{block:02X}")),
    };
    let data = format!("{data:0<32}{}", mac.unwrap_or(""));
    raw(card, &framed(&format!("08{IDM}010900{count}{list}{data}")))[20..].to_owned()
}

/// A MAC_A block as a reader makes it that knows the session key.
fn signed(card: &Felica, block: u8, data: &str) -> String {
    let (challenge, key) = card.now.session.unwrap();
    let data: Block = hex(&format!("{data:0<32}")).try_into().unwrap();
    let counter = card.image.counter();
    let mac = mac::write_mac_a(&key, &challenge, counter, block, &data);
    format!("{}{}0000000000", text(&mac), text(&counter))
}

/// Writes a challenge and proves the key to the card.
fn authenticate(card: &mut Felica) {
    assert_eq!(write(card, number::RC, "0706050403020100", None), "0000");
    let mac = signed(card, number::STATE, "01");
    assert_eq!(write(card, number::STATE, "01", Some(&mac)), "0000");
    assert_eq!(read(card, &[number::STATE])[4..8], *"0101");
}

/// The dialogue in nfcpy's tests, with its challenge 00 01 … 0F.
#[test]
fn the_published_mutual_authentication_runs() {
    let file = of("felica.json");
    let vector = &file["auth_lite_s_external"];
    let mut card = fresh();
    // The card's halves of a key are reversed.
    let mut key = vector["ck_password_ascii"]
        .as_str()
        .unwrap()
        .as_bytes()
        .to_vec();
    key.chunks_mut(8).for_each(<[u8]>::reverse);
    assert_eq!(write(&mut card, number::CK, &text(&key), None), "0000");
    let challenge = "07060504030201000F0E0D0C0B0A0908";
    assert_eq!(write(&mut card, number::RC, challenge, None), "0000");
    let expected = [
        vector["id_block"].as_str().unwrap(),
        vector["id_mac"].as_str().unwrap(),
    ]
    .concat();
    assert_eq!(read(&mut card, &[number::ID, number::MAC])[6..54], expected);
    let counter = bytes(&vector["wcnt"]);
    let count = u32::from_le_bytes([counter[0], counter[1], counter[2], 0]);
    card.image.write(|image| image.write_count = count).unwrap();
    assert_eq!(read(&mut card, &[number::WCNT])[6..12], text(&counter));
    let answer = raw(
        &mut card,
        vector["write_state_with_mac_a"].as_str().unwrap(),
    );
    assert_eq!(answer, format!("0C09{IDM}0000"));
    let state = read(&mut card, &[number::STATE, number::MAC]);
    assert_eq!(state[6..8], *"01");
    assert_eq!(state[38..54], *vector["state_read_mac"].as_str().unwrap());
    let attribute = vector["attr_block"].as_str().unwrap();
    assert_eq!(write(&mut card, 0, attribute, None), "0000");
    let read = read(&mut card, &[0, number::MAC]);
    assert_eq!(read[6..38], *attribute);
    assert_eq!(read[38..54], *vector["attr_mac"].as_str().unwrap());
}

#[test]
fn polling_finds_it_under_its_system_codes() {
    let mut card = fresh();
    let found = format!("01{IDM}00F1000000014300");
    for (poll, answer) in [
        ("0088B40000", Some(framed(&found))),
        ("00FFFF0100", Some(framed(&format!("{found}88B4")))),
        ("0012FC0000", None),
        ("0000030000", None),
    ] {
        let expected = answer.unwrap_or("-".into());
        assert_eq!(raw(&mut card, &framed(poll)), expected, "{poll}");
    }
    assert_eq!(write(&mut card, number::MC, "FFFFFF0107", None), "0000");
    assert_eq!(
        raw(&mut card, &framed("0012FC0100")),
        framed(&format!("{found}12FC"))
    );
}

#[test]
fn system_blocks_show_what_the_manual_says_and_no_key() {
    let mut card = fresh();
    write(
        &mut card,
        number::CK,
        "00112233445566778899AABBCCDDEEFF",
        None,
    );
    write(
        &mut card,
        number::RC,
        "00112233445566778899AABBCCDDEEFF",
        None,
    );
    for (block, content) in [
        (number::CK, ""),
        (number::RC, ""),
        (number::D_ID, "010203040506070800F1000000014300"),
        (number::SYS_C, "88B4"),
        (number::MC, "FFFFFF0007"),
        (number::WCNT, "02"),
        (number::CRC_CHECK, ""),
        (number::REG, "FFFFFFFFFFFFFFFF"),
    ] {
        assert_eq!(
            read(&mut card, &[block])[6..],
            format!("{content:0<32}"),
            "{block:02X}"
        );
    }
}

/// The head of a MAC_A names the blocks, so that one block cannot be passed off as another.
#[test]
fn mac_a_of_a_read_covers_the_block_numbers() {
    let mut card = fresh();
    assert_eq!(
        read(&mut card, &[0, number::MAC_A]),
        "02B2",
        "no challenge yet"
    );
    write(&mut card, number::RC, "0706050403020100", None);
    let (challenge, key) = card.now.session.unwrap();
    let mut macs = Vec::new();
    for blocks in [
        &[0, 1, number::MAC_A][..],
        &[1, 0, number::MAC_A],
        &[number::MAC_A],
    ] {
        let answer = read(&mut card, blocks);
        let (data, mac) = answer[6..].split_at(answer.len() - 6 - 32);
        let expected = mac::read_mac_a(&key, &challenge, blocks, &hex(data));
        assert_eq!(mac[..16], text(&expected));
        macs.push(expected);
    }
    assert_ne!(macs[0], macs[1], "the data is the same, its place is not");
    // As the head is built by hand: 00 00 01 00 91 00 FF FF.
    let head = hex(&format!("000001009100FFFF{}", "0".repeat(64)));
    assert_eq!(mac::mac(&key, &challenge, &head), macs[0]);
}

#[test]
fn only_the_right_mac_a_with_the_right_counter_authenticates() {
    for change in 0..4 {
        let mut card = fresh();
        write(&mut card, number::RC, "0706050403020100", None);
        let mut mac = signed(&card, number::STATE, "01");
        match change {
            0 => mac.replace_range(0..2, "00"),
            1 => mac.replace_range(16..18, "99"),
            // Somebody wrote in between: the counter has moved on.
            2 => assert_eq!(write(&mut card, 5, "05", None), "0000"),
            _ => card.power(true),
        }
        assert_eq!(
            write(&mut card, number::STATE, "01", Some(&mac)),
            "02B2",
            "{change}"
        );
        assert_eq!(read(&mut card, &[number::STATE])[6..8], *"00");
    }
    let mut card = fresh();
    write(&mut card, number::RC, "00", None);
    assert_eq!(write(&mut card, number::STATE, "01", None), "0000");
    assert_eq!(
        read(&mut card, &[number::STATE])[6..8],
        *"00",
        "without a MAC it proves nothing"
    );
    authenticate(&mut card);
    write(&mut card, number::RC, "00", None);
    assert_eq!(
        read(&mut card, &[number::STATE])[6..8],
        *"00",
        "a new challenge ends it"
    );
}

#[test]
fn restrictions_in_mc_hold_and_are_never_taken_back() {
    let mut card = fresh();
    // Block 0 read-only; 1 read after authentication; 2 written after it; 3 written with MAC_A.
    let restricted = "FEFF000007010200040008000000";
    assert_eq!(write(&mut card, number::MC, restricted, None), "0000");
    assert_eq!(
        write(&mut card, number::MC, "FFFFFFFF07", None),
        "0000",
        "not refused, but"
    );
    assert_eq!(read(&mut card, &[number::MC])[6..34], *restricted);
    assert_eq!(write(&mut card, 0, "01", None), "01A8");
    assert_eq!(read(&mut card, &[1]), "01B1");
    assert_eq!(read(&mut card, &[4, 1]), "02B1");
    assert_eq!(write(&mut card, 2, "01", None), "01B1");
    assert_eq!(write(&mut card, 3, "01", None), "01A8");
    for system in [
        number::ID,
        number::SER_C,
        number::D_ID,
        number::CK,
        number::WCNT,
    ] {
        assert_eq!(write(&mut card, system, "01", None), "01A8", "{system:02X}");
    }
    authenticate(&mut card);
    assert_eq!(read(&mut card, &[1])[..4], *"0000");
    assert_eq!(write(&mut card, 2, "01", None), "0000");
    let mac = signed(&card, 3, "03");
    assert_eq!(write(&mut card, 3, "03", Some(&mac)), "0000");
    assert_eq!(
        write(&mut card, 3, "03", Some(&mac)),
        "02B2",
        "a MAC counts once"
    );
    // MC[5] = 01: a new key under the MAC of the old one.
    let key = "00112233445566778899AABBCCDDEEFF";
    let mac = signed(&card, number::CK, key);
    assert_eq!(write(&mut card, number::CK, key, Some(&mac)), "0000");
    assert_eq!(text(&card.image.key), key);
}

#[test]
fn registers_only_go_down() {
    let mut card = fresh();
    assert_eq!(
        write(&mut card, number::REG, "6400000005000000", None),
        "0000"
    );
    assert_eq!(
        write(&mut card, number::REG, "6300000005000000AA", None),
        "0000"
    );
    for higher in ["6400000005000000", "6300000006000000", "0001000000000000"] {
        assert_eq!(
            write(&mut card, number::REG, higher, None),
            "01A8",
            "{higher}"
        );
    }
    assert_eq!(
        read(&mut card, &[number::REG])[6..24],
        *"6300000005000000AA"
    );
}

#[test]
fn what_is_malformed_is_refused_as_the_manual_says_or_not_heard() {
    let mut card = fresh();
    for (body, flags) in [
        ("020B000B00018000", "FFA1"),
        ("010B00058000800180028003", "FFA2"),
        ("010B0000", "FFA2"),
        ("010F00018000", "01A6"),
        ("010B00018020", "01A8"),
        ("010B00028000810A", "02A7"),
        ("010B0001000001", "01A8"),
        ("010B000280818091", "01B0"),
    ] {
        let answer = raw(&mut card, &framed(&format!("06{IDM}{body}")));
        assert_eq!(answer, format!("0C07{IDM}{flags}"), "{body}");
    }
    for silent in ["", "10", "0606", "0706010203040506", "05000000"] {
        assert_eq!(raw(&mut card, silent), "-", "{silent}");
    }
    let other = framed("060102030405060709010B00018000");
    assert_eq!(raw(&mut card, &other), "-", "meant for another card");
    let three = raw(&mut card, &framed(&format!("06{IDM}010B0001000100")));
    assert!(
        three.starts_with("1D07"),
        "a block number of two bytes: {three}"
    );
}

#[test]
fn the_write_counter_ends_writing() {
    let mut card = fresh();
    card.image
        .write(|image| image.write_count = 0x00FF_FFFF)
        .unwrap();
    assert_eq!(write(&mut card, 0, "01", None), "FF70");
}

#[test]
fn a_torn_write_is_old_or_new_and_ends_the_session() {
    for (tear, kept) in [(Tear::BeforeWrite, "00"), (Tear::AfterWrite, "AA")] {
        let mut card = fresh();
        authenticate(&mut card);
        card.arm(tear);
        let frame = framed(&format!("08{IDM}010900018005AA{}", "0".repeat(30)));
        assert_eq!(raw(&mut card, &frame), "dead");
        assert_eq!(raw(&mut card, &framed("00FFFF0000")), "-");
        card.power(true);
        assert_eq!(read(&mut card, &[5])[6..8], *kept);
        assert_eq!(read(&mut card, &[number::STATE])[6..8], *"00");
    }
}
