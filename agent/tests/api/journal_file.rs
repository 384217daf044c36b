//! Attacks on an exported journal, by somebody who holds the file and no key: none stays unseen.

use std::io::BufReader;
use tillside::journal::{FILE_VERSION, FileEnd, FileHeader, prove};
use tillside_core::*;
use uuid::Uuid;

const HQ: [u8; 32] = [9; 32];
const TILL: [u8; 32] = [7; 32];
const ATTACKER: [u8; 32] = [66; 32];
const RECORDS: u64 = 60;
/// Up to here HQ has signed; for the rest the till stands alone.
const AT_HQ: u64 = 45;
const AT: i64 = 1_795_352_520_000;

/// How many attacks; the soak takes more.
fn attacks() -> u64 {
    let said = std::env::var("TILLSIDE_JOURNAL_ATTACKS").ok();
    said.map_or(9_000, |said| said.parse().unwrap())
}

/// A journal as whoever has the file takes it apart.
#[derive(Clone)]
struct Parts {
    header: FileHeader,
    records: Vec<Sealed>,
}

/// SplitMix64 (Steele, Lea and Flood 2014): chance that a seed repeats.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

fn terminal(n: u128) -> TerminalId {
    TerminalId::new(Uuid::from_u128(0x0192_7000_8000_0001_0000 + n))
}

fn chained(terminal: TerminalId, records: impl Iterator<Item = Record>) -> Vec<Sealed> {
    let mut head = Head::genesis(terminal, 1);
    let seal = |mut record: Record| {
        (record.terminal, record.epoch) = (terminal, 1);
        (record.seq, record.prev) = (head.seq + 1, head.hash);
        let sealed = record.seal().unwrap();
        (head.seq, head.hash) = (record.seq, sealed.hash);
        sealed
    };
    records.map(seal).collect()
}

/// Records that only count: what is in them is nothing to the proof.
fn facts(from: u64) -> impl Iterator<Item = Record> {
    (from..from + RECORDS).map(|n| Record {
        v: RECORD_VERSION,
        terminal: terminal(0),
        epoch: 1,
        seq: 0,
        prev: Hash::of(b""),
        at: Timestamp(AT + i64::try_from(n).unwrap() * 1000),
        clock: Clock::Trusted,
        event: Event::BundleAdopted { version: n },
    })
}

fn head(records: &[Sealed], seq: u64) -> Head {
    let place = usize::try_from(seq - 1).unwrap().min(records.len() - 1);
    Head {
        epoch: 1,
        seq: place as u64 + 1,
        hash: records[place].hash,
    }
}

/// HQ has signed twice, the till at the end.
fn signatures(records: &[Sealed], hq: &[u8; 32], till: &[u8; 32]) -> (SignedHead, Vec<SignedHead>) {
    let sign = |by, secret, seq| {
        SignedHead::sign(by, secret, terminal(1), &head(records, seq), Timestamp(AT))
    };
    let acknowledged = [AT_HQ / 2, AT_HQ].map(|seq| sign(HeadSigner::Hq, hq, seq));
    let by_till = sign(HeadSigner::Terminal, till, RECORDS);
    (by_till, acknowledged.to_vec())
}

fn journal() -> Parts {
    let records = chained(terminal(1), facts(100));
    let (by_till, acknowledged) = signatures(&records, &HQ, &TILL);
    let header = FileHeader {
        tillside_journal: FILE_VERSION,
        terminal: terminal(1),
        after: Some(Head::genesis(terminal(1), 1)),
        head: Some(by_till),
        acknowledged,
    };
    Parts { header, records }
}

/// The file, with a sum that fits whatever is in it.
fn file(parts: &Parts) -> Vec<u8> {
    let mut text = serde_json::to_string(&parts.header).unwrap() + "\n";
    for record in &parts.records {
        text += &(serde_json::to_string(record).unwrap() + "\n");
    }
    let end = FileEnd {
        records: parts.records.len() as u64,
        sha256: Hash::of(text.as_bytes()),
    };
    (text + &serde_json::to_string(&end).unwrap() + "\n").into_bytes()
}

/// Chains all records anew, whatever they were.
fn mend(parts: &mut Parts) {
    let read = |sealed: &Sealed| serde_json::from_str(&sealed.body).unwrap();
    let records: Vec<Record> = parts.records.iter().map(read).collect();
    parts.records = chained(terminal(1), records.into_iter());
}

/// Changes something; what it was, and the file that it makes.
fn attack(chance: &mut Chance, parts: &mut Parts, whole: &[u8]) -> (&'static str, Vec<u8>) {
    // Without the till's signature, only what HQ has signed for can be proven.
    let unsigned = chance.below(2) == 0;
    let len = if unsigned { AT_HQ } else { RECORDS } as usize;
    let (at, other) = (chance.below(len), chance.below(len));
    let mends = chance.below(2) == 0;
    let what = match chance.below(11) {
        0 => {
            let mut bytes = whole.to_vec();
            let place = chance.below(bytes.len());
            bytes[place] ^= 1 << chance.below(8);
            return ("one bit", bytes);
        }
        1 => return ("cut off", whole[..chance.below(whole.len())].to_vec()),
        2 => {
            let more = &whole[chance.below(whole.len())..];
            return ("something after the end", [whole, more].concat());
        }
        3 => {
            let mut lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
            match chance.below(3) {
                0 => drop(lines.remove(at)),
                1 => lines.swap(at, other),
                _ => lines.insert(at, lines[other]),
            }
            return ("a line out of place, and the sum left", lines.concat());
        }
        4 => {
            parts.records.truncate(at.max(1));
            "cut off, with a new sum"
        }
        5 => {
            parts.records.remove(at);
            "one record taken out"
        }
        6 => {
            parts.records.swap(at, other);
            "two records in each other's place"
        }
        7 => {
            let copied = parts.records[other].clone();
            parts.records.insert(at, copied);
            "one record twice"
        }
        8 => {
            let mut record: Record = serde_json::from_str(&parts.records[at].body).unwrap();
            record.at.0 += 1 + i64::try_from(other).unwrap();
            parts.records[at] = record.seal().unwrap();
            "another time in a record, with its hash"
        }
        9 => {
            parts.records[at] = chained(terminal(2), facts(900))[other].clone();
            "another till's record"
        }
        _ => {
            parts.records.remove(at);
            mend(parts);
            let (by_till, acknowledged) = signatures(&parts.records, &ATTACKER, &ATTACKER);
            parts.header.head = Some(by_till);
            parts.header.acknowledged = acknowledged;
            "one record taken out, and all signed with other keys"
        }
    };
    if mends {
        mend(parts);
    }
    if unsigned {
        parts.header.head = None;
    }
    (what, file(parts))
}

fn is_found(bytes: &[u8]) -> bool {
    let hq = [CodeKey::of_secret(&HQ)];
    prove(&mut BufReader::new(bytes), &hq, &mut |_| {}).is_err()
}

#[test]
fn no_attack_on_an_exported_journal_stays_unseen() {
    let journal = journal();
    let whole = file(&journal);
    assert!(!is_found(&whole), "nothing was done to it yet");
    let (mut done, mut seed) = (0, 0);
    while done < attacks() {
        seed += 1;
        let mut parts = journal.clone();
        let (what, attacked) = attack(&mut Chance(seed), &mut parts, &whole);
        let other = parts.records != journal.records || parts.header.head == journal.header.head;
        if other && attacked != whole {
            assert!(is_found(&attacked), "seed {seed}: {what}");
            done += 1;
        }
    }
    println!("{done} attacks on an exported journal, each one found");
}
