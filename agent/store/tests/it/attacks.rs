//! Attacks on a journal that HQ has signed for, by somebody who holds the file and no key: none stays unseen.
//!
//! What nobody can see in the file alone is left out: a journal that was cut together with HQ's newest
//! signatures. HQ has both.

use crate::journal::UNLOCKED;
use crate::shop::*;
use rusqlite::{Connection, params};
use tillside_core::*;
use tillside_store::Store;

const HQ: [u8; 32] = [9; 32];
const ATTACKER: [u8; 32] = [66; 32];
/// More than are looked at when the database is opened.
const RECORDS: u128 = 80;

/// How many attacks; the soak takes more.
fn attacks() -> u64 {
    let said = std::env::var("TILLSIDE_JOURNAL_ATTACKS").ok();
    said.map_or(1_000, |said| said.parse().unwrap())
}

/// The journal's rows, as a thief reads and writes them.
#[derive(Clone, PartialEq, Debug)]
struct Rows {
    /// `id, at, hash, body`.
    records: Vec<(i64, i64, Vec<u8>, String)>,
    /// `id, signed`.
    signatures: Vec<(i64, String)>,
}

/// SplitMix64 (Steele, Lea and Flood 2014): chance that a seed repeats.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

fn signed_for(shop: &mut Store) {
    let head = shop.head().unwrap();
    let signed = SignedHead::sign(HeadSigner::Hq, &HQ, terminal(1), &head, AFTERNOON);
    let seqs: Vec<u64> = (1..=head.seq).collect();
    shop.confirm_signed(1, &seqs, Some(&head), Some(&signed))
        .unwrap();
}

/// A till whose whole journal HQ has acknowledged, twice; and another one, to take records from.
fn shop() -> (Shop, Rows, Rows) {
    let (shop, mut store) = Shop::open();
    for n in 1..=RECORDS {
        sell(&mut store, n, (n % 3 > 0).then_some(1), &[]);
        if n == RECORDS / 2 || n == RECORDS {
            signed_for(&mut store);
        }
    }
    drop(store);
    let (other, mut store) = Shop::open();
    for n in 1..=RECORDS {
        sell(&mut store, n + 1_000, Some(2), &[]);
    }
    drop(store);
    let (rows, others) = (read(&shop), read(&other));
    shop.sql(UNLOCKED);
    (shop, rows, others)
}

fn read(shop: &Shop) -> Rows {
    let conn = Connection::open(&shop.file).unwrap();
    let mut records = conn
        .prepare("SELECT id, at, hash, body FROM journal ORDER BY id")
        .unwrap();
    let records = records
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    let mut signatures = conn
        .prepare("SELECT id, signed FROM acknowledgement ORDER BY id")
        .unwrap();
    let signatures = signatures
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    Rows {
        records: records.map(Result::unwrap).collect(),
        signatures: signatures.map(Result::unwrap).collect(),
    }
}

fn write(shop: &Shop, rows: &Rows) {
    let mut conn = Connection::open(&shop.file).unwrap();
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")
        .unwrap();
    let changes = conn.transaction().unwrap();
    changes
        .execute_batch("DELETE FROM journal; DELETE FROM acknowledgement;")
        .unwrap();
    for (id, at, hash, body) in &rows.records {
        changes
            .execute(
                "INSERT INTO journal VALUES (?1, ?2, ?3, ?4)",
                params![id, at, hash, body],
            )
            .unwrap();
    }
    for (id, signed) in &rows.signatures {
        changes
            .execute(
                "INSERT INTO acknowledgement (id, at, signed) VALUES (?1, 0, ?2)",
                params![id, signed],
            )
            .unwrap();
    }
    // The thief has the till forget what else it knows of the journal's length.
    changes
        .execute_batch("DELETE FROM outbox; DELETE FROM meta WHERE name = 'hq_head';")
        .unwrap();
    changes.commit().unwrap();
    conn.close().map_err(|(_, error)| error).unwrap();
}

/// Makes ids, places, hashes and times fit again from record `from` on, as far as that goes without a key.
fn mend(rows: &mut Rows, from: usize) {
    let mut before = match from.checked_sub(1) {
        Some(last) => Some(rows.records[last].2.clone()),
        None => None,
    };
    let epoch = rows.records.first().map_or(1, |record| record.0 >> 40);
    for (place, (id, at, hash, body)) in rows.records.iter_mut().enumerate().skip(from) {
        let Ok(mut record) = serde_json::from_str::<Record>(body) else {
            return;
        };
        record.terminal = terminal(1);
        record.seq = place as u64 + 1;
        if let Some(before) = &before {
            let before: [u8; 32] = before.clone().try_into().unwrap();
            record.prev = Hash::from_bytes(before);
        } else {
            record.prev = Hash::genesis(terminal(1), record.epoch);
        }
        let sealed = record.seal().unwrap();
        (*id, *at) = ((epoch << 40) + place as i64 + 1, record.at.0);
        *hash = sealed.hash.bytes().to_vec();
        *body = sealed.body;
        before = Some(hash.clone());
    }
}

/// Changes something; what it was.
fn attack(chance: &mut Chance, rows: &mut Rows, others: &Rows) -> &'static str {
    let len = rows.records.len();
    let (at, other) = (chance.below(len), chance.below(len));
    match chance.below(12) {
        0 => {
            let body = &mut rows.records[at].3;
            let place = chance.below(body.len());
            let new = char::from(b' ' + chance.below(95) as u8);
            body.replace_range(place..=place, &new.to_string());
            "one letter"
        }
        1 => {
            let body = &mut rows.records[at].3;
            *body = body.replacen(":1000", ":9000", 1 + chance.below(3));
            rows.records[at].2 = Hash::of(rows.records[at].3.as_bytes()).bytes().to_vec();
            "an amount and its hash"
        }
        2 => {
            rows.records[at].3 = rows.records[at].3.replacen(":1000", ":9000", 9);
            mend(rows, at);
            "an amount, and everything after it made to fit"
        }
        3 => {
            let bit = chance.below(256);
            rows.records[at].2[bit / 8] ^= 1 << (bit % 8);
            "one bit of a hash"
        }
        4 => {
            rows.records.remove(at);
            "one record taken out"
        }
        5 => {
            rows.records.remove(at);
            mend(rows, at);
            "one record taken out, and the rest made to fit"
        }
        6 => {
            let (low, high) = (at.min(other), at.max(other));
            rows.records.swap(low, high);
            if chance.below(2) == 0 {
                mend(rows, low);
            } else {
                let ids = (rows.records[low].0, rows.records[high].0);
                (rows.records[low].0, rows.records[high].0) = (ids.1, ids.0);
            }
            "two records in each other's place"
        }
        7 => {
            rows.records.truncate(at.max(1));
            "cut off"
        }
        8 => {
            let copied = rows.records[other].clone();
            rows.records.insert(at, copied);
            mend(rows, at);
            "one record twice"
        }
        9 => {
            rows.records[at].1 -= 1 + chance.below(100_000_000) as i64;
            "the time beside a record"
        }
        10 => {
            rows.records[at].3 = others.records[other].3.clone();
            mend(rows, at);
            "another till's record"
        }
        _ => {
            rows.records[at].3 = rows.records[at].3.replacen(":1000", ":9000", 9);
            mend(rows, at);
            for (id, signed) in &mut rows.signatures {
                let place = (*id & ((1 << 40) - 1)) as usize;
                let (_, _, hash, _) = &rows.records[place - 1];
                let head = Head {
                    epoch: 1,
                    seq: place as u64,
                    hash: Hash::from_bytes(hash.clone().try_into().unwrap()),
                };
                let forged =
                    SignedHead::sign(HeadSigner::Hq, &ATTACKER, terminal(1), &head, AFTERNOON);
                *signed = serde_json::to_string(&forged).unwrap();
            }
            "all made to fit and signed with a key that is not HQ's"
        }
    }
}

/// As `tillside journal verify --key`: whether it finds something.
fn is_found(shop: &Shop) -> bool {
    let Ok(store) = Store::open(&shop.file) else {
        return true;
    };
    let kept = store.acknowledgements().unwrap_or_default();
    let hqs = CodeKey::of_secret(&HQ);
    store.verify().is_err() || kept.is_empty() || kept.iter().any(|signed| signed.key != hqs)
}

#[test]
fn no_attack_on_what_hq_has_signed_for_stays_unseen() {
    let (shop, rows, others) = shop();
    write(&shop, &rows);
    assert!(!is_found(&shop), "nothing was done to it yet");
    let mut done = 0;
    let mut seed = 0;
    while done < attacks() {
        seed += 1;
        let mut attacked = rows.clone();
        let what = attack(&mut Chance(seed), &mut attacked, &others);
        if attacked == rows {
            continue;
        }
        write(&shop, &attacked);
        assert!(is_found(&shop), "seed {seed}: {what}");
        done += 1;
    }
    write(&shop, &rows);
    assert!(!is_found(&shop), "as it was, it is sound again");
}
