//! Transaction MACs against public vectors, and inputs that must not be taken.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::vectors::{bytes, vector};

fn key(value: &Value) -> CardKey {
    CardKey::new(bytes(value).try_into().unwrap())
}

#[test]
fn session_keys_are_those_of_the_public_vectors() {
    let vectors = vector("desfire_transaction_mac.json");
    let cases = vectors["keys"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    for case in cases {
        let uid = bytes(&case["uid"]).try_into().unwrap();
        let tmc = u32::try_from(case["tmc_in_sv"].as_u64().unwrap()).unwrap();
        let master = key(&case["key"]);
        assert_eq!(
            session_mac_key(&master, &uid, tmc),
            key(&case["ses_tm_mac"])
        );
        assert_eq!(
            session_encryption_key(&master, &uid, tmc),
            key(&case["ses_tm_enc"])
        );
    }
}

/// The one public value is over 33 bytes: a WriteData with a zero too many, so its bytes are opaque
/// (and no card's). They prove the key and the truncation.
#[test]
fn the_value_is_that_of_the_public_vector() {
    let vectors = vector("desfire_transaction_mac.json");
    let (case, keys) = (&vectors["tmv"][0], &vectors["keys"][2]);
    let (uid, tmi) = (bytes(&keys["uid"]).try_into().unwrap(), bytes(&case["tmi"]));
    let found = tmv(&key(&keys["key"]), &uid, 1, &tmi);
    assert_eq!(found.as_slice(), bytes(&case["tmv"]));
    assert_ne!(tmv(&key(&keys["key"]), &uid, 2, &tmi), found);
    assert!(Tmi::read(&tmi).is_err());
}

#[test]
fn the_previous_reader_is_decrypted_with_the_session_key() {
    use aes::cipher::BlockCipherEncrypt;
    let (master, uid, reader) = (
        CardKey::new([7; 16]),
        [4, 1, 2, 3, 4, 5, 6],
        *b"terminal 17 of S",
    );
    let mut block = reader.into();
    let session = session_encryption_key(&master, &uid, 9);
    Aes128::new(session.bytes().into()).encrypt_block(&mut block);
    assert_eq!(previous_reader_id(&master, &uid, 9, &block.into()), reader);
}

/// The layout of the data sheet, by hand: a debit as our tills make it.
#[test]
fn a_payment_is_laid_out_as_the_data_sheet_says() {
    let mut tmi = Tmi::new();
    tmi.get_value(0x02, 5000).unwrap();
    tmi.debit(0x02, 299).unwrap();
    tmi.write_record(Frames::Iso, 0x04, 0, &[0xAA; 32]).unwrap();
    tmi.write_data(Frames::Iso, 0x05, 0, &[0xBB; 20]).unwrap();
    tmi.commit_reader_id(&[0x11; 16], &[0x22; 16]).unwrap();
    let hex = [
        "6C0288130000 00000000000000000000",
        "DC022B010000 00000000000000000000",
        "8B04000000200000 0000000000000000",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "8D05000000140000 0000000000000000",
        "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB 000000000000000000000000",
        "C811111111111111111111111111111111 22222222222222222222222222222222",
        "000000000000000000000000000000",
    ];
    let expected = bytes(&Value::String(hex.concat().replace(' ', "")));
    assert_eq!(tmi.as_bytes(), expected);
    assert_eq!(Tmi::read(tmi.as_bytes()).unwrap().len(), 5);
}

#[test]
fn reading_the_transaction_mac_file_enters_nothing() {
    let mut tmi = Tmi::new();
    tmi.read_data(Frames::Iso, TRANSACTION_MAC_FILE, 0, &[1; 12])
        .unwrap();
    assert_eq!(tmi.as_bytes(), b"");
    assert!(!enters_tmi(0xAD, Some(TRANSACTION_MAC_FILE)));
    assert!(enters_tmi(0xAD, Some(0x05)));
    // CommitTransaction, select, authenticate: no data commands.
    assert!(
        [0xC7, 0x5A, 0x71]
            .into_iter()
            .all(|command| !enters_tmi(command, Some(0)))
    );
    let mut bytes = vec![0xAD, TRANSACTION_MAC_FILE];
    bytes.resize(16, 0);
    assert_eq!(Tmi::read(&bytes), Err(TmiError::Command(0xAD)));
}

#[test]
fn what_no_card_writes_is_refused() {
    let mut good = Tmi::new();
    good.debit(2, 5).unwrap();
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = to;
        Tmi::read(&bytes)
    };
    assert_eq!(changed(0, 0xC7), Err(TmiError::Command(0xC7)));
    assert_eq!(changed(1, 0x20), Err(TmiError::Range("file number")));
    assert_eq!(changed(5, 0x80), Err(TmiError::Range("amount")));
    assert_eq!(changed(15, 1), Err(TmiError::Padding));
    assert_eq!(Tmi::read(&good.as_bytes()[..15]), Err(TmiError::Short));
    assert_eq!(Tmi::read(&[0; TMI_LONGEST + 16]), Err(TmiError::TooLong));
    // Records of a file whose record size nobody told, and a length past the end.
    let mut records = vec![0xAB, 0x09, 0, 0, 0, 1, 0, 0];
    records.resize(48, 0);
    assert_eq!(Tmi::read(&records), Err(TmiError::Records(9)));
    assert!(Tmi::read_with(&records, &[(9, 32)]).is_ok());
    records[7] = 0xFF;
    assert_eq!(Tmi::read_with(&records, &[(9, 32)]), Err(TmiError::Short));
    records[5] = 2;
    assert_eq!(
        Tmi::read_with(&records, &[(9, u32::MAX)]),
        Err(TmiError::Short)
    );
}

#[test]
fn what_the_command_has_no_room_for_changes_nothing() {
    let mut tmi = Tmi::new();
    tmi.debit(2, 5).unwrap();
    let before = tmi.clone();
    assert_eq!(tmi.debit(2, 1 << 31), Err(TmiError::Range("amount")));
    assert_eq!(tmi.debit(0x20, 1), Err(TmiError::Range("file number")));
    let far = tmi.write_data(Frames::Iso, 5, 1 << 24, &[]);
    assert_eq!(far, Err(TmiError::Range("position or length")));
    let torn = tmi.read_records(Frames::Iso, 4, 0, 3, &[0; 64]);
    assert_eq!(torn, Err(TmiError::Records(4)));
    let long = tmi.write_data(Frames::Iso, 5, 0, &[0; TMI_LONGEST]);
    assert_eq!(long, Err(TmiError::TooLong));
    assert_eq!(tmi, before);
}

fn any_entry() -> impl Strategy<Value = TmiEntry> {
    let frames = prop_oneof![Just(Frames::Native), Just(Frames::Iso)];
    let data = prop::collection::vec(any::<u8>(), 0..70);
    let parts = (
        0u8..15,
        frames,
        0u8..0x0F,
        0u32..1 << 24,
        data,
        any::<[u8; 16]>(),
    );
    parts.prop_map(|(kind, frames, file, offset, data, block)| match kind {
        0 => TmiEntry::GetValue {
            file,
            value: -1 - offset.cast_signed(),
        },
        1 => TmiEntry::Credit {
            file,
            amount: offset,
        },
        2 => TmiEntry::Debit {
            file,
            amount: offset,
        },
        3 => TmiEntry::LimitedCredit {
            file,
            amount: offset,
        },
        4 | 5 => TmiEntry::ReadData {
            frames,
            file,
            offset,
            data,
        },
        6 | 7 => TmiEntry::WriteData {
            frames,
            file,
            offset,
            data,
        },
        8 | 9 => TmiEntry::WriteRecord {
            frames,
            file,
            offset,
            data,
        },
        10 => {
            let count = u32::from(block[0] % 3);
            let data = data
                .repeat(32)
                .into_iter()
                .chain([0; 96])
                .take(32 * count as usize);
            let (file, data) = (0x04, data.collect());
            TmiEntry::ReadRecords {
                frames,
                file,
                first: offset,
                count,
                data,
            }
        }
        11 | 12 => TmiEntry::UpdateRecord {
            frames,
            file,
            record: offset,
            offset: 7,
            data,
        },
        13 => TmiEntry::ClearRecordFile { file },
        _ => TmiEntry::CommitReaderId {
            reader: block,
            encrypted_previous: block,
        },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_is_written_is_read_back(entries in prop::collection::vec(any_entry(), 0..12)) {
        let mut tmi = Tmi::new();
        for entry in &entries {
            tmi.push(entry).unwrap();
        }
        prop_assert_eq!(tmi.as_bytes().len() % 16, 0);
        prop_assert_eq!(Tmi::read(tmi.as_bytes()).unwrap(), entries);
    }

    #[test]
    fn what_is_read_is_written_again(
        entries in prop::collection::vec(any_entry(), 1..6),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut tmi = Tmi::new();
        for entry in &entries {
            tmi.push(entry).unwrap();
        }
        let mut bytes = tmi.into_bytes();
        for (at, to) in flips {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        if let Ok(read) = Tmi::read(&bytes) {
            let mut again = Tmi::new();
            for entry in &read {
                again.push(entry).unwrap();
            }
            prop_assert_eq!(again.as_bytes(), bytes);
        }
    }
}
