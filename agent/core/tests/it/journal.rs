//! A chain of records: what continues it, and every way to break it.

use crate::fixtures::*;
use tillside_core::*;

fn record(seq: u64, prev: Hash) -> Record {
    Record {
        v: RECORD_VERSION,
        terminal: terminal(1),
        epoch: 1,
        seq,
        prev,
        at: now().at,
        clock: Clock::Trusted,
        event: Event::BundleAdopted { version: seq },
    }
}

/// A head after one record, and the second, sealed.
fn second() -> (Head, Record) {
    let first = record(1, Head::genesis(terminal(1), 1).hash);
    let hash = first.seal().unwrap().hash;
    let head = Head {
        epoch: 1,
        seq: 1,
        hash,
    };
    (head, record(2, hash))
}

fn opened(change: impl FnOnce(&mut Record)) -> Result<Record, ChainError> {
    let (head, mut record) = second();
    change(&mut record);
    record.seal().unwrap().open(terminal(1), &head)
}

#[test]
fn a_chain_reads_back_from_its_genesis() {
    let mut head = Head::genesis(terminal(1), 1);
    for seq in 1..=5 {
        let written = record(seq, head.hash);
        let sealed = written.seal().unwrap();
        assert_eq!(sealed.open(terminal(1), &head).unwrap(), written);
        let hash = sealed.hash;
        head = Head {
            epoch: 1,
            seq,
            hash,
        };
    }
    assert_ne!(Hash::genesis(terminal(1), 1), Hash::genesis(terminal(1), 2));
    assert_ne!(Hash::genesis(terminal(1), 1), Hash::genesis(terminal(2), 1));
}

#[test]
fn a_changed_text_is_altered() {
    let (head, record) = second();
    let mut sealed = record.seal().unwrap();
    sealed.body = sealed.body.replace("\"version\":2", "\"version\":3");
    let broken = sealed.open(terminal(1), &head);
    assert!(
        matches!(broken, Err(ChainError::Altered { seq: 2 })),
        "{broken:?}"
    );
}

#[test]
fn a_missing_or_repeated_record_is_a_gap() {
    let gap = |seq| {
        let broken = opened(|record| record.seq = seq);
        assert!(
            matches!(broken, Err(ChainError::Gap { expected: 2, found }) if found == seq),
            "{broken:?}"
        );
    };
    gap(1);
    gap(3);
    let (head, record) = second();
    let mut relabelled = record.seal().unwrap();
    relabelled.seq = 3;
    let broken = relabelled.open(terminal(1), &head);
    assert!(matches!(broken, Err(ChainError::Gap { .. })), "{broken:?}");
    let mut misplaced = super::journal::record(3, record.prev).seal().unwrap();
    misplaced.seq = 2;
    let broken = misplaced.open(terminal(1), &head);
    assert!(matches!(broken, Err(ChainError::Gap { .. })), "{broken:?}");
}

#[test]
fn a_record_after_another_history_is_unlinked() {
    let broken = opened(|record| record.prev = Hash::of(b"another"));
    assert!(
        matches!(broken, Err(ChainError::Unlinked { seq: 2 })),
        "{broken:?}"
    );
}

#[test]
fn a_record_of_another_journal_is_foreign() {
    for broken in [
        opened(|record| record.terminal = terminal(2)),
        opened(|record| record.epoch = 2),
    ] {
        assert!(
            matches!(broken, Err(ChainError::Foreign { seq: 2 })),
            "{broken:?}"
        );
    }
}

#[test]
fn a_record_of_a_later_program_is_named() {
    let broken = opened(|record| record.v = 2);
    assert!(
        matches!(broken, Err(ChainError::Version { seq: 2, found: 2 })),
        "{broken:?}"
    );
}

#[test]
fn a_text_that_is_no_record_is_unreadable_and_keeps_the_cause() {
    let (head, _) = second();
    for body in ["", "{}", "not json", r#"{"v":1}"#] {
        let sealed = Sealed {
            seq: 2,
            body: body.to_owned(),
            hash: Hash::of(body.as_bytes()),
        };
        let broken = sealed.open(terminal(1), &head).unwrap_err();
        assert!(
            matches!(broken, ChainError::Unreadable { seq: 2, .. }),
            "{broken:?}"
        );
        assert!(std::error::Error::source(&broken).is_some());
    }
}

#[test]
fn a_text_past_the_limit_is_not_even_hashed() {
    let (head, _) = second();
    let body = " ".repeat(RECORD_BODY_LIMIT + 1);
    let hash = Hash::of(body.as_bytes());
    let sealed = Sealed { seq: 2, body, hash };
    let broken = sealed.open(terminal(1), &head);
    assert!(
        matches!(broken, Err(ChainError::TooLong { seq: 2 })),
        "{broken:?}"
    );
}

mod signing {
    use super::*;

    const TILL: [u8; 32] = [7; 32];

    fn signed(by: HeadSigner) -> SignedHead {
        let (head, _) = second();
        SignedHead::sign(by, &TILL, terminal(1), &head, now().at)
    }

    #[test]
    fn a_signed_head_is_its_signers_and_nobody_elses() {
        for (by, other) in [
            (HeadSigner::Terminal, HeadSigner::Hq),
            (HeadSigner::Hq, HeadSigner::Terminal),
        ] {
            let signed = signed(by);
            assert!(signed.is_by(by));
            assert!(!signed.is_by(other), "an acknowledgement is no head");
            assert_eq!(signed.head(), second().0);
        }
    }

    #[test]
    fn each_field_of_a_signed_head_is_under_the_signature() {
        let good = signed(HeadSigner::Hq);
        let changes: [fn(&mut SignedHead); 7] = [
            |s| s.terminal = terminal(2),
            |s| s.epoch += 1,
            |s| s.seq += 1,
            |s| s.hash = Hash::of(b"another"),
            |s| s.at.0 += 1,
            |s| s.key = CodeKey::of_secret(&[8; 32]),
            |s| {
                let mut bytes = *s.signature.bytes();
                bytes[40] ^= 1;
                s.signature = HeadSignature::new(bytes);
            },
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = good;
            change(&mut changed);
            assert!(!changed.is_by(HeadSigner::Hq), "change {index}");
        }
    }

    #[test]
    fn a_signed_head_survives_being_written_down() {
        let good = signed(HeadSigner::Terminal);
        let text = serde_json::to_string(&good).unwrap();
        let read: SignedHead = serde_json::from_str(&text).unwrap();
        assert_eq!(read, good);
        assert!(read.is_by(HeadSigner::Terminal));
    }
}
