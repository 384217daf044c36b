//! An exported journal that goes on in a later epoch: what is cut off between the two is missed.

use std::io::BufReader;
use tillside::journal::{FILE_VERSION, FileEnd, FileHeader, prove};
use tillside_core::*;
use uuid::Uuid;

fn terminal() -> TerminalId {
    TerminalId::new(Uuid::from_u128(7))
}

fn add(records: &mut Vec<Sealed>, head: &mut Head, event: Event) {
    let record = Record {
        v: RECORD_VERSION,
        terminal: terminal(),
        epoch: head.epoch,
        seq: head.seq + 1,
        prev: head.hash,
        at: Timestamp(1_795_352_520_000),
        clock: Clock::Trusted,
        event,
    };
    let sealed = record.seal().unwrap();
    (head.seq, head.hash) = (record.seq, sealed.hash);
    records.push(sealed);
}

/// Four records, and then two of epoch 2 that tell the third and fourth again.
fn journal() -> Vec<Sealed> {
    let (mut records, mut head) = (Vec::new(), Head::genesis(terminal(), 1));
    let mut from = head;
    for version in 1..=4 {
        add(&mut records, &mut head, Event::BundleAdopted { version });
        if version == 2 {
            from = head;
        }
    }
    let closed = head;
    head = Head::genesis(terminal(), 2);
    add(&mut records, &mut head, Event::EpochBegan { from, closed });
    for version in 3..=4 {
        add(&mut records, &mut head, Event::BundleAdopted { version });
    }
    records
}

fn file(records: &[Sealed]) -> Vec<u8> {
    let header = FileHeader {
        tillside_journal: FILE_VERSION,
        terminal: terminal(),
        after: Some(Head::genesis(terminal(), 1)),
        head: None,
        acknowledged: Vec::new(),
    };
    let mut text = serde_json::to_string(&header).unwrap() + "\n";
    for record in records {
        text += &(serde_json::to_string(record).unwrap() + "\n");
    }
    let end = FileEnd {
        records: records.len() as u64,
        sha256: Hash::of(text.as_bytes()),
    };
    (text + &serde_json::to_string(&end).unwrap() + "\n").into_bytes()
}

fn proves(records: &[Sealed]) -> bool {
    let bytes = file(records);
    prove(&mut BufReader::new(&bytes[..]), &[], &mut |_| {}).is_ok()
}

#[test]
fn a_later_epoch_names_where_the_one_before_ended() {
    let whole = journal();
    assert!(proves(&whole));
    for cut in 1..=4 {
        let mut records = whole.clone();
        records.drain(cut - 1..4);
        assert!(!proves(&records), "cut off from record {cut}");
    }
    // An epoch that begins with anything else.
    let mut records = whole[..4].to_vec();
    let mut head = Head::genesis(terminal(), 2);
    add(&mut records, &mut head, Event::BundleAdopted { version: 5 });
    assert!(!proves(&records));
}
