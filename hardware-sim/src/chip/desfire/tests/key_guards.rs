//! What a card refuses around its keys: proofs that are none, changes, and the roll of a set.

use super::super::image::KeySlot;
use super::guards::{AUTHENTICATION, OK, PARAMETER, card_with, key, usual};
use super::*;
use crate::chip::aes_modes::padded;

const INTEGRITY: u8 = 0x1E;
const NO_KEY: u8 = 0x40;

#[test]
fn a_proof_that_is_none_authenticates_nobody() {
    let mut card = usual();
    for (code, opens) in [(0x71, &[1, 0][..]), (0xAA, &[1][..]), (0x77, &[1][..])] {
        if code == 0x77 {
            Terminal::of(&mut card, 0);
        }
        let (sealed, status) = send(&mut card, code, opens);
        assert_eq!((sealed.len(), status), (16, 0xAF));
        let guess = encrypt(&key(1), &NO_IV, &[[1; 16], [2; 16]].concat());
        assert_eq!(
            send(&mut card, 0xAF, &guess).1,
            AUTHENTICATION,
            "{code:02X}"
        );
        assert_eq!(card.who(), None);
    }
    assert_eq!(
        send(&mut card, 0x77, &[1]).1,
        AUTHENTICATION,
        "nothing goes on"
    );
    assert_eq!(send(&mut card, 0x71, &[5, 0]).1, NO_KEY);
    assert_eq!(send(&mut card, 0x0A, &[1]).1, AUTHENTICATION, "an AES key");
}

/// New XOR old, version, and the check of new, as ChangeKey wants another key's.
fn exchanged(new: &Key, old: &Key) -> Vec<u8> {
    let mixed: Vec<u8> = new.iter().zip(old).map(|(new, old)| new ^ old).collect();
    [&mixed[..], &[7], &super::super::legacy::crc32(new)].concat()
}

fn slot(card: &Desfire, number: usize) -> KeySlot {
    card.image.applications[0].sets[0].keys[number].clone()
}

#[test]
fn keys_are_changed_by_whom_the_settings_name() {
    // High nibble of the settings: which key changes the others; E each its own, F nobody.
    for (settings, by, number, due) in [
        (0x0F, 0, 2, OK),
        (0x0F, 1, 2, AUTHENTICATION),
        (0x4F, 4, 2, OK),
        (0x4F, 0, 2, AUTHENTICATION),
        (0xFF, 0, 2, AUTHENTICATION),
        (0xEF, 0, 2, AUTHENTICATION),
    ] {
        let mut card = card_with(settings, Vec::new());
        let mut terminal = Terminal::of(&mut card, by);
        let content = exchanged(&[0x77; 16], &key(number));
        let said = terminal.sealed(&mut card, 0xC4, &[number], &content);
        assert_eq!(said, due, "settings {settings:02X}, key {number} by {by}");
        let now = slot(&card, usize::from(number));
        let changed = (now.key, now.version) == ([0x77; 16], 7);
        assert_eq!(changed, due == OK, "settings {settings:02X}");
    }
    let own = |settings| {
        let mut card = card_with(settings, Vec::new());
        let mut terminal = Terminal::of(&mut card, 2);
        let content = [&[0x77; 16][..], &[7]].concat();
        terminal.sealed(&mut card, 0xC4, &[2], &content)
    };
    assert_eq!((own(0xEF), own(0xFF)), (OK, AUTHENTICATION));
}

#[test]
fn a_changed_key_is_checked_and_its_own_session_ends() {
    let mut card = usual();
    let mut terminal = Terminal::of(&mut card, 0);
    // Mixed with another key than the old one: the check is of another new key.
    let content = exchanged(&[0x77; 16], &key(3));
    assert_eq!(terminal.sealed(&mut card, 0xC4, &[2], &content), INTEGRITY);
    assert_eq!(slot(&card, 2).key, key(2));
    let mut terminal = Terminal::of(&mut card, 0);
    let content = [&[0x77; 16][..], &[7]].concat();
    assert_eq!(terminal.sealed(&mut card, 0xC4, &[0], &content), OK);
    assert_eq!(card.who(), None);
    Terminal::first(&mut card, 0, [0x77; 16]);
}

#[test]
fn a_change_of_key_is_torn_before_or_after() {
    for (tear, changed) in [(Tear::BeforeWrite, false), (Tear::AfterWrite, true)] {
        let mut card = usual();
        let terminal = Terminal::of(&mut card, 0);
        let number = 2_u8;
        let content = exchanged(&[0x77; 16], &key(number));
        let sealing = terminal.session.keys().0;
        let name = terminal.session.name;
        let vector = [&[0xA5, 0x5A][..], &name, &[0; 10]].concat();
        let vector = encrypt_block(&sealing, &vector.try_into().unwrap());
        let body = [
            &[number][..],
            &encrypt(&sealing, &vector, &padded(&content)),
        ]
        .concat();
        let mac = terminal.session.command_mac(0xC4, &body);
        card.arm(tear);
        let apdu = [&[0x90, 0xC4, 0, 0, 0x29][..], &body, &mac, &[0]].concat();
        assert_eq!(card.apdu(&apdu), ChipReply::Dead);
        card.power(true);
        assert_eq!(slot(&card, 2).key == [0x77; 16], changed, "{tear:?}");
    }
}

#[test]
fn a_set_of_keys_rolls_when_it_is_final_and_not_before() {
    let mut card = card();
    // KeySett3: two sets of AES keys, key 0 rolls.
    let sets = [0x0F, 0x95, 0x01, 0x01, 0x02, 0x10, 0x00];
    ok(&mut card, 0xCA, &[&AID[..], &sets].concat());
    ok(&mut card, 0x5A, &AID);
    let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
    assert_eq!(terminal.maced(&mut card, 0x56, &[1, 2]).1, OK);
    let content = exchanged(&[0x55; 16], &[0; 16]);
    assert_eq!(terminal.sealed(&mut card, 0xC6, &[1, 0], &content), OK);
    for (set, due) in [(1, PARAMETER), (0, PARAMETER), (2, PARAMETER)] {
        let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
        assert_eq!(terminal.maced(&mut card, 0x55, &[set]).1, due, "set {set}");
    }
    let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
    assert_eq!(terminal.maced(&mut card, 0x57, &[1, 3]).1, OK);
    assert_eq!(terminal.maced(&mut card, 0x55, &[1]).1, OK);
    assert_eq!(card.who(), None);
    Terminal::first(&mut card, 0, [0x55; 16]);
}
