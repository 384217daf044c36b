//! Identification against answers that a card or reader should not give. The right ones are tested
//! through a real pcscd, in tests/hardware.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use tillside_drivers::{CardSession, ReaderError, ReaderErrorCode};

use super::{CardKind, IDENTIFY_APDU_LIMIT, Identified, identify};

const NTAG_ATR: &[u8] = b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\0\0\x03\x06\x03\0\x03\0\0\0\0\x68";
const DESFIRE_ATR: &[u8] = b"\x3B\x81\x80\x01\x80\x80";
const UID: &[u8] = b"\x04\xA1\xB2\xC3\xD4\xE5\xF6\x90\0";
const ACR122: &str = "ACS ACR122U PICC Interface 00 00";
const ACR1252: &str = "ACS ACR1252 1S CL Reader PICC 00 00";
const DONE: &[u8] = b"\xC0\x03\0\x90\0\x90\0";

/// Gives prepared answers; past the last one the card is gone.
struct Script {
    reader: &'static str,
    atr: &'static [u8],
    answers: VecDeque<Vec<u8>>,
    commands: Vec<Vec<u8>>,
}

impl CardSession for Script {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.commands.push(command.to_vec());
        let gone = || ReaderError::CardGone {
            reader: self.reader.into(),
            source: None,
        };
        self.answers.pop_front().ok_or_else(gone)
    }
    fn atr(&self) -> &[u8] {
        self.atr
    }
    fn reader(&self) -> &str {
        self.reader
    }
}

fn play(
    reader: &'static str,
    atr: &'static [u8],
    answers: &[&[u8]],
) -> (Result<Identified, ReaderErrorCode>, usize) {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let mut script = Script {
        reader,
        atr,
        answers,
        commands: Vec::new(),
    };
    let found = identify(&mut script).map_err(|error| error.code());
    assert!(
        script.commands.len() <= IDENTIFY_APDU_LIMIT,
        "{:02X?}",
        script.commands
    );
    assert!(
        script.answers.is_empty(),
        "answers left: {:02X?}",
        script.answers
    );
    (found, script.commands.len())
}

fn fails(reader: &'static str, answers: &[&[u8]]) -> ReaderErrorCode {
    play(reader, NTAG_ATR, answers).0.unwrap_err()
}

#[test]
fn a_number_that_is_none_is_refused() {
    assert_eq!(fails(ACR122, &[b"\x90\0"]), ReaderErrorCode::Garbled);
    assert_eq!(
        fails(ACR122, &[b"\0\0\0\0\x90\0"]),
        ReaderErrorCode::Garbled
    );
    assert_eq!(
        fails(ACR122, &[b"\x01\x02\x03\x90\0"]),
        ReaderErrorCode::Garbled
    );
    assert_eq!(
        fails(ACR122, &[b"\x08\x11\x22\x33\x90\0"]),
        ReaderErrorCode::RandomIdentity
    );
    assert_eq!(fails(ACR122, &[b"\x63\0"]), ReaderErrorCode::CardMute);
    assert_eq!(fails(ACR122, &[b"\x6A\x82"]), ReaderErrorCode::CardRefused);
    assert_eq!(fails(ACR122, &[b"\x35\xA5"]), ReaderErrorCode::Garbled);
    assert_eq!(fails(ACR122, &[]), ReaderErrorCode::CardGone);
}

#[test]
fn a_pn532_that_talks_nonsense_is_garbled() {
    for nonsense in [
        &b"\x90\0"[..],
        b"\x7F\x90\0",
        b"\xD5\x41\0\x90\0",
        b"\xD5\x43\0\x01\x02\x90\0",
    ] {
        assert_eq!(
            fails(ACR122, &[UID, nonsense]),
            ReaderErrorCode::Garbled,
            "{nonsense:02X?}"
        );
    }
    let silent: &[u8] = b"\xD5\x43\x01\x90\0";
    assert_eq!(
        fails(ACR122, &[UID, silent, b"\xD5\x4B\0\x90\0"]),
        ReaderErrorCode::CardMute
    );
}

#[test]
fn a_transparent_session_is_ended_whatever_came_before() {
    for nonsense in [
        &b"\x90\0"[..],
        b"\xC0\x09\0\x90\0",
        b"\x97\x02\x01\x02\x90\0",
    ] {
        let (found, commands) = play(ACR1252, NTAG_ATR, &[UID, DONE, nonsense, DONE]);
        assert_eq!(found, Err(ReaderErrorCode::Garbled), "{nonsense:02X?}");
        assert_eq!(commands, 4);
    }
    // Gone is gone: no more commands.
    let (found, commands) = play(ACR1252, NTAG_ATR, &[UID, DONE]);
    assert_eq!((found, commands), (Err(ReaderErrorCode::CardGone), 3));
}

/// What it is does not say whose it is: that takes `ultralight_aes::identify`.
#[test]
fn an_ultralight_aes_is_recognised_and_still_only_a_number() {
    let version = b"\xD5\x43\0\x00\x04\x03\x01\x04\x00\x0F\x03\x90\0";
    let (found, _) = play(ACR122, NTAG_ATR, &[UID, version]);
    let found = found.unwrap();
    assert_eq!(found.kind, CardKind::UltralightAes);
    assert_eq!(found.authority(), super::CardAuthority::IdentifierOnly);
}

#[test]
fn an_unknown_version_is_a_number_and_nothing_more() {
    let answer: &[u8] = b"\xD5\x43\0\0\x04\x03\x01\x01\0\x0B\x03\x90\0";
    let found = play(ACR122, NTAG_ATR, &[UID, answer]).0.unwrap();
    assert_eq!(found.kind, CardKind::UidOnly);
    assert!(found.version.is_some());
}

#[test]
fn a_card_of_iso14443_4_is_not_asked_with_raw_frames() {
    let (found, commands) = play(ACR122, DESFIRE_ATR, &[UID]);
    assert_eq!((found.unwrap().kind, commands), (CardKind::UidOnly, 1));
}
