//! Cutting batches, and reading HQ's answer to one.

use super::AnswerError;
use tillside_protocol::tillside_core::{Head, HeadSigner, Sealed, SignedHead, TerminalId};
use tillside_protocol::{BATCH_BYTE_LIMIT, BATCH_RECORD_LIMIT, Outcome, PushRequest, PushResponse};

/// Room for what stands around the records in a [`PushRequest`].
const ENVELOPE_BYTES: usize = 256;

/// What one answered batch settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The first and last position that were sent.
    pub sent: (u64, u64),
    /// Positions that HQ has now, one way or another.
    pub settled: Vec<u64>,
    /// Where HQ's copy ends.
    pub head: Head,
    /// Whether HQ lacks a record before one that was sent.
    pub missing: bool,
    /// The first position at which HQ has another record. Those records are not settled: HQ keeps them
    /// aside and books nothing of them.
    pub conflict: Option<u64>,
    /// Cases that HQ opened because it has another record at the same position.
    pub conflicts: Vec<u64>,
    /// Cases that HQ opened because it could not book a record.
    pub quarantined: Vec<u64>,
}

/// The request for as many of `records` (oldest first) as one batch holds; none if there are none.
pub fn batch(terminal: TerminalId, epoch: u32, mut records: Vec<Sealed>) -> Option<PushRequest> {
    records.truncate(fitting(&records));
    (!records.is_empty()).then_some(PushRequest {
        terminal,
        epoch,
        records,
        signed: None,
    })
}

/// How many of the first records fit both limits; at least one, since no record is past them.
fn fitting(records: &[Sealed]) -> usize {
    let mut bytes = ENVELOPE_BYTES;
    records
        .iter()
        .take(BATCH_RECORD_LIMIT)
        .enumerate()
        .take_while(|(index, record)| {
            bytes += written(record) + 1;
            *index == 0 || bytes <= BATCH_BYTE_LIMIT
        })
        .count()
}

/// The record's length as JSON.
fn written(record: &Sealed) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, record) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX / 2,
    }
}

/// The head that the batch ends with: what the terminal signs.
pub fn head_of(request: &PushRequest) -> Option<Head> {
    let newest = request.records.last()?;
    Some(Head {
        epoch: request.epoch,
        seq: newest.seq,
        hash: newest.hash,
    })
}

/// HQ's signature under its copy, if it is one: for this journal and for the head that HQ answered.
pub fn acknowledgement(request: &PushRequest, response: &PushResponse) -> Option<SignedHead> {
    let fits = |signed: &SignedHead| {
        signed.terminal == request.terminal
            && signed.head() == response.head
            && signed.is_by(HeadSigner::Hq)
    };
    let signed = response.acknowledged?;
    if !fits(&signed) {
        tracing::error!(
            seq = signed.seq,
            "HQ's signature under its copy does not hold"
        );
        return None;
    }
    Some(signed)
}

/// Reads HQ's answer against what was sent: one ack a record, in order, of the same epoch.
pub fn settle(request: &PushRequest, response: &PushResponse) -> Result<Settled, AnswerError> {
    let seqs = || request.records.iter().map(|record| record.seq);
    let (Some(first), Some(last)) = (seqs().next(), seqs().next_back()) else {
        return Err(AnswerError::Acks);
    };
    if !seqs().eq(response.acks.iter().map(|ack| ack.seq)) {
        return Err(AnswerError::Acks);
    }
    if response.head.epoch != request.epoch {
        return Err(AnswerError::Epoch {
            sent: request.epoch,
            answered: response.head.epoch,
        });
    }
    let mut settled = Settled {
        sent: (first, last),
        settled: Vec::with_capacity(response.acks.len()),
        head: response.head,
        missing: false,
        conflict: None,
        conflicts: Vec::new(),
        quarantined: Vec::new(),
    };
    for ack in &response.acks {
        match &ack.outcome {
            Outcome::Conflict { case, .. } => {
                settled.conflict.get_or_insert(ack.seq);
                settled.conflicts.push(*case);
                continue;
            }
            Outcome::Quarantined { case } => settled.quarantined.push(*case),
            _ => {}
        }
        if ack.outcome.settles() {
            settled.settled.push(ack.seq);
        } else {
            settled.missing = true;
        }
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use tillside_protocol::Ack;
    use tillside_protocol::tillside_core::Hash;
    use tillside_protocol::tillside_core::Timestamp;

    fn head(seq: u64) -> Head {
        Head {
            epoch: 1,
            seq,
            hash: Hash::of(b""),
        }
    }

    fn records(count: u64, bytes: usize) -> Vec<Sealed> {
        let record = |seq| Sealed {
            seq,
            body: "\"".repeat(bytes),
            hash: Hash::of(b""),
        };
        (1..=count).map(record).collect()
    }

    #[test]
    fn batches_keep_both_limits() {
        let terminal = TerminalId::new(uuid::Uuid::from_u128(7));
        let cut = |records| batch(terminal, 1, records).unwrap();
        assert_eq!(cut(records(2_001, 1)).records.len(), BATCH_RECORD_LIMIT);
        // A body of a million quotes is two million bytes as JSON.
        let request = cut(records(9, 1 << 20));
        assert_eq!(request.records.len(), 3);
        assert!(serde_json::to_vec(&request).unwrap().len() <= BATCH_BYTE_LIMIT);
        assert!(batch(terminal, 1, vec![]).is_none());
    }

    #[test]
    fn an_answer_must_fit_the_batch() {
        let terminal = TerminalId::new(uuid::Uuid::from_u128(7));
        let request = batch(terminal, 1, records(3, 1)).unwrap();
        let ack = |seq, outcome| Ack { seq, outcome };
        let answer = |acks| PushResponse {
            acks,
            head: head(3),
            acknowledged: None,
        };
        let good = answer(vec![
            ack(1, Outcome::Accepted),
            ack(2, Outcome::Quarantined { case: 5 }),
            ack(3, Outcome::Missing),
        ]);
        let read = settle(&request, &good).unwrap();
        assert_eq!(
            (read.sent, read.settled, read.missing),
            ((1, 3), vec![1, 2], true)
        );
        assert_eq!(read.quarantined, [5]);
        let short = answer(vec![ack(1, Outcome::Accepted)]);
        assert_eq!(settle(&request, &short), Err(AnswerError::Acks));
        let swapped = answer([2, 1, 3].map(|seq| ack(seq, Outcome::Accepted)).into());
        assert_eq!(settle(&request, &swapped), Err(AnswerError::Acks));
        let other = PushResponse {
            head: Head {
                epoch: 2,
                ..head(3)
            },
            ..good
        };
        assert_eq!(
            settle(&request, &other),
            Err(AnswerError::Epoch {
                sent: 1,
                answered: 2
            })
        );
    }

    #[test]
    fn only_hqs_signature_under_its_answer_acknowledges() {
        let terminal = TerminalId::new(uuid::Uuid::from_u128(7));
        let request = batch(terminal, 1, records(3, 1)).unwrap();
        assert_eq!(head_of(&request).map(|head| head.seq), Some(3));
        let sign =
            |by, terminal, at: Head| SignedHead::sign(by, &[5; 32], terminal, &at, Timestamp(9));
        let told = |acknowledged| PushResponse {
            acks: Vec::new(),
            head: head(3),
            acknowledged,
        };
        let good = sign(HeadSigner::Hq, terminal, head(3));
        assert_eq!(acknowledgement(&request, &told(Some(good))), Some(good));
        assert_eq!(acknowledgement(&request, &told(None)), None);
        let other = TerminalId::new(uuid::Uuid::from_u128(8));
        for wrong in [
            sign(HeadSigner::Terminal, terminal, head(3)),
            sign(HeadSigner::Hq, other, head(3)),
            sign(HeadSigner::Hq, terminal, head(2)),
            SignedHead { seq: 2, ..good },
        ] {
            assert_eq!(acknowledgement(&request, &told(Some(wrong))), None);
        }
    }
}
