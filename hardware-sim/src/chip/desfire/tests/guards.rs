//! What a card refuses around its files: to whom, past which bound, and in which state.

use super::super::image::File;
use super::*;
use crate::chip::aes_modes::padded;

pub(super) const OK: u8 = 0x00;
const DENIED: u8 = 0x9D;
pub(super) const PARAMETER: u8 = 0x9E;
pub(super) const AUTHENTICATION: u8 = 0xAE;
const BOUNDARY: u8 = 0xBE;

/// Numbers of the files: value, backup, standard, cyclic and linear records, transaction MAC.
const VALUE: u8 = 2;
const BACKUP: u8 = 5;
const STANDARD: u8 = 1;
const CYCLIC: u8 = 4;
const LINEAR: u8 = 6;
const MAC: u8 = 0x0F;
/// Read 1, write 2, read and write 3, change 0.
const RIGHTS: u16 = 0x1230;

pub(super) fn key(number: u8) -> Key {
    [number; 16]
}

fn file(rights: u16, body: Body) -> (u16, Body) {
    (rights, body)
}

fn value_file() -> Body {
    Body::Value {
        lower: 100,
        upper: 10_000,
        value: 5_000,
        options: 0x01,
        limited: 500,
    }
}

fn records(cyclic: bool) -> Body {
    Body::Records {
        cyclic,
        size: 4,
        most: 3,
        records: Vec::new(),
    }
}

fn bytes_of(size: usize) -> image::Bytes {
    image::Bytes(vec![0; size])
}

/// A card with these files, all in MAC mode, in an application of five keys whose changing settings
/// are `settings`.
pub(super) fn card_with(settings: u8, files: Vec<(u8, (u16, Body))>) -> Desfire {
    let mut card = card();
    ok(&mut card, 0xCA, &[&AID[..], &[settings, 0x85]].concat());
    card.image
        .write(|image| {
            let app = &mut image.applications[0];
            for (number, slot) in app.sets[0].keys.iter_mut().enumerate() {
                slot.key = key(number as u8);
            }
            for (number, (rights, body)) in files {
                let file = File {
                    mode: 0x01,
                    rights,
                    iso: None,
                    body,
                };
                app.files.insert(number, file);
            }
        })
        .unwrap();
    ok(&mut card, 0x5A, &AID);
    card
}

pub(super) fn usual() -> Desfire {
    let standard = Body::Standard { data: bytes_of(64) };
    let backup = Body::Backup { data: bytes_of(32) };
    card_with(
        0x0F,
        vec![
            (VALUE, file(RIGHTS, value_file())),
            (STANDARD, file(RIGHTS, standard)),
            (BACKUP, file(RIGHTS, backup)),
            (CYCLIC, file(RIGHTS, records(true))),
            (LINEAR, file(RIGHTS, records(false))),
        ],
    )
}

fn transaction_mac() -> Body {
    Body::TransactionMac {
        key: [9; 16],
        version: 1,
        tmc: 0,
        tmv: [0; 8],
        reader: [0; 16],
    }
}

fn body_of(card: &Desfire, number: u8) -> &Body {
    &card.image.applications[0].files[&number].body
}

fn amount(file: u8, amount: i32) -> Vec<u8> {
    [&[file][..], &amount.to_le_bytes()].concat()
}

/// File, offset, length, data.
fn at(file: u8, offset: u8, data: &[u8]) -> Vec<u8> {
    let head = [file, offset, 0, 0, data.len() as u8, 0, 0];
    [&head[..], data].concat()
}

impl Terminal {
    /// With key `number`, freshly authenticated.
    pub(super) fn of(card: &mut Desfire, number: u8) -> Self {
        Self::first(card, number, key(number))
    }

    /// A command whose data behind `header` is enciphered; its status.
    pub(super) fn sealed(
        &mut self,
        card: &mut Desfire,
        code: u8,
        header: &[u8],
        data: &[u8],
    ) -> u8 {
        let sealing = self.session.keys().0;
        let mut vector = [0; 16];
        vector[..2].copy_from_slice(&[0xA5, 0x5A]);
        vector[2..6].copy_from_slice(&self.session.name);
        vector[6..8].copy_from_slice(&self.session.counter.to_le_bytes());
        let vector = encrypt_block(&sealing, &vector);
        let body = [header, &encrypt(&sealing, &vector, &padded(data))].concat();
        let mac = self.session.command_mac(code, &body);
        let (_, status) = send(card, code, &[&body[..], &mac].concat());
        self.session.counter += 1;
        status
    }
}

/// As who (none is nobody), which command: its status on a fresh card.
fn status(who: Option<u8>, code: u8, body: &[u8]) -> u8 {
    let mut card = usual();
    match who {
        Some(number) => {
            Terminal::of(&mut card, number)
                .maced(&mut card, code, body)
                .1
        }
        None => send(&mut card, code, body).1,
    }
}

#[test]
fn each_right_opens_its_own_commands_only() {
    let read = [STANDARD, 0, 0, 0, 4, 0, 0];
    // Command, and the keys 1 (read), 2 (write), 3 (both) that may.
    let commands: [(u8, Vec<u8>, &[u8]); 9] = [
        (0x6C, vec![VALUE], &[1, 3]),
        (0xDC, amount(VALUE, 1), &[1, 2, 3]),
        (0x1C, amount(VALUE, 1), &[2, 3]),
        (0x0C, amount(VALUE, 1), &[3]),
        (0xAD, read.to_vec(), &[1, 3]),
        (0x8D, at(STANDARD, 0, &[1]), &[2, 3]),
        (0x8D, at(BACKUP, 0, &[1]), &[2, 3]),
        (0x8B, at(CYCLIC, 0, &[1]), &[2, 3]),
        (0xEB, vec![CYCLIC], &[3]),
    ];
    for (code, body, allowed) in commands {
        for who in 0..=4 {
            let due = if allowed.contains(&who) { OK } else { DENIED };
            assert_eq!(
                status(Some(who), code, &body),
                due,
                "{code:02X} by key {who}"
            );
        }
        assert_eq!(
            status(None, code, &body),
            AUTHENTICATION,
            "{code:02X} by nobody"
        );
    }
}

#[test]
fn free_is_for_everybody_and_never_for_nobody() {
    for (rights, nobody, master) in [(0xEEEE, OK, OK), (0xFFFF, AUTHENTICATION, DENIED)] {
        for (code, body) in [
            (0x6C, vec![VALUE]),
            (0xDC, amount(VALUE, 1)),
            (0x0C, amount(VALUE, 1)),
        ] {
            let fresh = || card_with(0x0F, vec![(VALUE, file(rights, value_file()))]);
            assert_eq!(send(&mut fresh(), code, &body).1, nobody, "{code:02X}");
            let mut card = fresh();
            let mut terminal = Terminal::of(&mut card, 0);
            if rights == 0xFFFF {
                assert_eq!(terminal.maced(&mut card, code, &body).1, master);
            }
        }
    }
}

#[test]
fn a_value_stays_between_its_bounds() {
    for (code, amounts, due) in [
        (0xDC, [4_901, 10_000, i32::MAX], BOUNDARY),
        (0x0C, [5_001, 10_000, i32::MAX], BOUNDARY),
        (0x1C, [501, 5_001, i32::MAX], BOUNDARY),
        (0xDC, [-1, -5_000, i32::MIN], PARAMETER),
        (0x0C, [-1, -5_000, i32::MIN], PARAMETER),
        (0x1C, [-1, -5_000, i32::MIN], PARAMETER),
        (0xDC, [0, 1, 4_900], OK),
        (0x0C, [0, 1, 5_000], OK),
        (0x1C, [0, 1, 500], OK),
    ] {
        for change in amounts {
            let body = amount(VALUE, change);
            assert_eq!(status(Some(3), code, &body), due, "{code:02X} of {change}");
        }
    }
    // Two debits of one transaction count together.
    let mut card = usual();
    let mut terminal = Terminal::of(&mut card, 3);
    assert_eq!(terminal.maced(&mut card, 0xDC, &amount(VALUE, 4_000)).1, OK);
    let second = terminal.maced(&mut card, 0xDC, &amount(VALUE, 901)).1;
    assert_eq!(second, BOUNDARY);
}

#[test]
fn a_limited_credit_is_once_and_only_where_it_is_on() {
    let mut off = value_file();
    if let Body::Value { options, .. } = &mut off {
        *options = 0;
    }
    let mut card = card_with(0x0F, vec![(VALUE, file(RIGHTS, off))]);
    let mut terminal = Terminal::of(&mut card, 2);
    assert_eq!(terminal.maced(&mut card, 0x1C, &amount(VALUE, 1)).1, DENIED);
    let mut card = usual();
    let mut terminal = Terminal::of(&mut card, 2);
    assert_eq!(terminal.maced(&mut card, 0x1C, &amount(VALUE, 200)).1, OK);
    assert_eq!(terminal.maced(&mut card, 0xC7, &[0x00]).1, OK);
    let mut terminal = Terminal::of(&mut card, 2);
    let again = terminal.maced(&mut card, 0x1C, &amount(VALUE, 1)).1;
    assert_eq!(again, BOUNDARY, "what was left of it is forfeit");
}

#[test]
fn whatever_goes_wrong_drops_the_transaction() {
    type Way = fn(&mut Desfire, &mut Terminal);
    let ways: [(&str, Way); 5] = [
        ("abort", |card, terminal| {
            assert_eq!(terminal.maced(card, 0xA7, &[]).1, OK);
        }),
        ("select", |card, _| {
            ok(card, 0x5A, &AID);
        }),
        ("error", |card, terminal| {
            assert_eq!(terminal.maced(card, 0x6C, &[9]).1, 0xF0);
        }),
        ("power", |card, _| {
            card.power(false);
            card.power(true);
            ok(card, 0x5A, &AID);
        }),
        ("authentication", |card, _| {
            Terminal::of(card, 1);
        }),
    ];
    for (name, way) in ways {
        let mut card = usual();
        let mut terminal = Terminal::of(&mut card, 3);
        assert_eq!(terminal.maced(&mut card, 0xDC, &amount(VALUE, 1)).1, OK);
        assert_eq!(terminal.maced(&mut card, 0x8D, &at(BACKUP, 0, &[1])).1, OK);
        let before = card.save();
        way(&mut card, &mut terminal);
        let mut terminal = Terminal::of(&mut card, 3);
        assert_eq!(terminal.maced(&mut card, 0xC7, &[0x00]).1, 0x0C, "{name}");
        assert!(card.save() == before, "{name}");
    }
}

#[test]
fn writes_end_where_their_file_ends() {
    for (code, number, size) in [(0x8D, STANDARD, 64), (0x8D, BACKUP, 32), (0x8B, LINEAR, 4)] {
        for (offset, length, due) in [
            (0, size, OK),
            (size - 1, 1, OK),
            (size - 1, 2, BOUNDARY),
            (size, 1, BOUNDARY),
            (255, 1, BOUNDARY),
        ] {
            let data = vec![7; usize::from(length)];
            let body = at(number, offset, &data);
            let said = status(Some(2), code, &body);
            assert_eq!(said, due, "file {number} from {offset}, {length} bytes");
        }
    }
    for (offset, length, due) in [(0, 64, OK), (63, 2, BOUNDARY), (65, 0, BOUNDARY)] {
        let read = [STANDARD, offset, 0, 0, length, 0, 0];
        assert_eq!(status(Some(1), 0xAD, &read), due, "{offset} {length}");
    }
}

#[test]
fn a_cyclic_file_forgets_the_oldest_and_a_linear_one_is_full() {
    for (number, last) in [(CYCLIC, OK), (LINEAR, BOUNDARY)] {
        let mut card = usual();
        for (index, due) in [OK, OK, OK, last].into_iter().enumerate() {
            let mut terminal = Terminal::of(&mut card, 2);
            let body = at(number, 0, &[index as u8; 4]);
            let said = terminal.maced(&mut card, 0x8B, &body).1;
            assert_eq!(said, due, "record {index} of file {number}");
            if due == OK {
                assert_eq!(terminal.maced(&mut card, 0xC7, &[0x00]).1, OK);
            }
        }
        let Body::Records { records, .. } = body_of(&card, number) else {
            unreachable!();
        };
        // Of three places of a cyclic file, one is for the record that is being written.
        let kept: Vec<u8> = records.iter().map(|record| record.0[0]).collect();
        let due: &[u8] = if number == CYCLIC {
            &[3, 2]
        } else {
            &[2, 1, 0]
        };
        assert_eq!(kept, due);
    }
}

#[test]
fn a_reader_names_itself_once_and_nothing_goes_in_the_clear_then() {
    let named = || {
        let mut card = usual();
        card.image
            .write(|image| {
                let files = &mut image.applications[0].files;
                let file = File {
                    mode: 0x01,
                    rights: 0x1F30,
                    iso: None,
                    body: transaction_mac(),
                };
                files.insert(MAC, file);
                // In the clear, for everybody.
                for number in [VALUE, BACKUP] {
                    let file = files.get_mut(&number).unwrap();
                    (file.mode, file.rights) = (0x00, 0xEEEE);
                }
            })
            .unwrap();
        card
    };
    let mut card = named();
    let mut terminal = Terminal::of(&mut card, 3);
    assert_eq!(terminal.maced(&mut card, 0xC8, &[1; 16]).1, OK);
    assert_eq!(terminal.maced(&mut card, 0xC8, &[2; 16]).1, DENIED);
    for who in [0, 1, 2, 4] {
        let mut card = named();
        let mut terminal = Terminal::of(&mut card, who);
        assert_eq!(
            terminal.maced(&mut card, 0xC8, &[1; 16]).1,
            DENIED,
            "key {who}"
        );
    }
    for (code, body) in [(0xDC, amount(VALUE, 1)), (0x8D, at(BACKUP, 0, &[1]))] {
        assert_eq!(send(&mut named(), code, &body).1, DENIED, "{code:02X}");
    }
}

#[test]
fn a_standard_file_can_be_torn_in_its_middle() {
    let mut card = usual();
    let terminal = Terminal::of(&mut card, 2);
    let body = at(STANDARD, 0, &[7; 44]);
    let mac = terminal.session.command_mac(0x8D, &body);
    card.arm(Tear::AfterWrite);
    let length = (body.len() + mac.len()) as u8;
    let apdu = [&[0x90, 0x8D, 0, 0, length][..], &body, &mac, &[0]].concat();
    assert_eq!(card.apdu(&apdu), ChipReply::Dead);
    let Body::Standard { data } = body_of(&card, STANDARD) else {
        unreachable!();
    };
    assert_eq!(data.0.iter().filter(|byte| **byte == 7).count(), 32);
}

#[test]
fn only_the_master_makes_and_destroys_where_the_settings_say_so() {
    for (settings, by, due) in [(0x09, 0, OK), (0x09, 1, AUTHENTICATION), (0x0F, 1, OK)] {
        let mut card = card_with(settings, vec![(VALUE, file(RIGHTS, value_file()))]);
        let mut terminal = Terminal::of(&mut card, by);
        let backup = [0x07, 0x01, 0x00, 0x00, 0x20, 0, 0];
        assert_eq!(
            terminal.maced(&mut card, 0xCB, &backup).1,
            due,
            "make by {by}"
        );
        let mut terminal = Terminal::of(&mut card, by);
        assert_eq!(
            terminal.maced(&mut card, 0xDF, &[VALUE]).1,
            due,
            "delete by {by}"
        );
    }
    let mut card = usual();
    assert_eq!(send(&mut card, 0xFC, &[]).1, DENIED, "in an application");
    ok(&mut card, 0x5A, &[0, 0, 0]);
    assert_eq!(send(&mut card, 0xFC, &[]).1, AUTHENTICATION);
    assert_eq!(card.image.applications.len(), 1);
}

/// With free files there is no session whose end would drop the transaction as well.
#[test]
fn an_error_drops_the_transaction_of_nobody_too() {
    for (wrong, due, left) in [(None, OK, 4_999), (Some(9), 0x0C, 5_000)] {
        let mut card = card_with(0x0F, vec![(VALUE, file(0xEEEE, value_file()))]);
        ok(&mut card, 0xDC, &amount(VALUE, 1));
        if let Some(number) = wrong {
            assert_eq!(send(&mut card, 0x6C, &[number]).1, 0xF0);
        }
        assert_eq!(send(&mut card, 0xC7, &[]).1, due);
        assert_eq!(value(&card), left);
    }
}
