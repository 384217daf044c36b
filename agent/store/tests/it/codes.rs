//! Codes of phones at a till: each counts once, over restarts and clocks that are set back.

use crate::emoney::*;
use crate::shop::*;
use jiff::civil::date;
use tillside_core::*;
use tillside_store::{MEMBER_CODE_LIMIT, Store, StoreError};

const PHONE: [u8; 32] = [9; 32];

fn code(store: &Store, issued: i64, nonce: u64) -> MemberCode {
    let device = CodeKey::of_secret(&PHONE);
    let until = date(2027, 1, 31);
    let certificate = DeviceCertificate::issue(&HQ_CODES, member_id(1), device, until).unwrap();
    let sticker = store.sticker().unwrap();
    let nonce = nonce.to_be_bytes();
    MemberCode::issue(&PHONE, certificate, &sticker, Timestamp(issued), nonce).unwrap()
}

fn accept(store: &mut Store, code: &MemberCode, wall: i64) -> Result<MemberId, MemberCodeError> {
    let now = store.now(Timestamp(wall));
    store.accept_member_code(code, &lane(), now).unwrap()
}

const NOW: i64 = AFTERNOON.0;

#[test]
fn a_code_counts_once_even_after_a_restart() {
    let (shop, mut store) = open();
    let first = code(&store, NOW, 1);
    assert_eq!(accept(&mut store, &first, NOW), Ok(member_id(1)));
    assert_eq!(accept(&mut store, &first, NOW), Err(MemberCodeError::Used));
    drop(store);
    let mut store = shop.store();
    assert_eq!(
        accept(&mut store, &first, NOW + 1_000),
        Err(MemberCodeError::Used)
    );
    let second = code(&store, NOW, 2);
    assert_eq!(accept(&mut store, &second, NOW + 1_000), Ok(member_id(1)));
}

#[test]
fn a_refused_code_is_not_used_up() {
    let (_shop, mut store) = open();
    let late = code(&store, NOW + 200_000, 1);
    assert_eq!(
        accept(&mut store, &late, NOW),
        Err(MemberCodeError::TooEarly)
    );
    assert_eq!(accept(&mut store, &late, NOW + 200_000), Ok(member_id(1)));
    let other_lane = LaneId::new("2").unwrap();
    let fresh = code(&store, NOW, 2);
    let now = store.now(AFTERNOON);
    let refused = store.accept_member_code(&fresh, &other_lane, now).unwrap();
    assert_eq!(refused, Err(MemberCodeError::OtherTill));
}

#[test]
fn without_keys_no_code_is_taken() {
    let (_shop, mut store) = Shop::open();
    let code = code(&store, NOW, 1);
    assert_eq!(
        accept(&mut store, &code, NOW),
        Err(MemberCodeError::NotTaken)
    );
}

/// What was forgotten as too old stays too old, whatever the clock says later.
#[test]
fn a_clock_that_is_set_back_brings_no_code_back() {
    let (shop, mut store) = open();
    let first = code(&store, NOW, 1);
    assert_eq!(accept(&mut store, &first, NOW), Ok(member_id(1)));
    let later = NOW + 600_000;
    let second = code(&store, later, 2);
    assert_eq!(accept(&mut store, &second, later), Ok(member_id(1)));
    drop(store);
    let kept: i64 = rusqlite::Connection::open(&shop.file)
        .unwrap()
        .query_row("SELECT count(*) FROM member_code_nonces", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(kept, 1, "the first is forgotten");
    let mut store = shop.store();
    assert_eq!(
        accept(&mut store, &first, NOW + 1_000),
        Err(MemberCodeError::TooOld)
    );
}

#[test]
fn so_many_codes_are_kept_and_no_more() {
    let (shop, store) = open();
    let code = code(&store, NOW, 1);
    drop(store);
    shop.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MEMBER_CODE_LIMIT})
         INSERT INTO member_code_nonces SELECT randomblob(32), {NOW} FROM n"
    ));
    let mut store = shop.store();
    let now = store.now(AFTERNOON);
    let full = store.accept_member_code(&code, &lane(), now).unwrap_err();
    assert!(matches!(full, StoreError::Limit { .. }), "{full}");
    let later = self::code(&store, NOW + 600_000, 2);
    assert_eq!(accept(&mut store, &later, NOW + 600_000), Ok(member_id(1)));
}
