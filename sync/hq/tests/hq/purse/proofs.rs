//! Cards' MACs: genuine ones are booked, and everything else is a case with nothing lost.

use super::card::{ModelCard, last, mac_key};
use super::*;
use tillside_keys::CardKey;
use tillside_keys::transaction_mac::{Frames, Tmi, tmv};

/// S2 tops a card up, and pays 300 with it; `end` says how it tells of that.
async fn told(
    end: impl FnOnce(&ModelCard, &PurseIntended, TerminalId, PurseEvidence) -> PurseEvidence,
    kind: &str,
) -> Chain {
    let chain = Chain::new().await;
    let mut s2 = chain.till("S2", 2).await;
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    s2.told(&chain).await;
    let intended = s2.intent(2, &card, pay(2), 300);
    s2.begin(&intended);
    let before = card.clone();
    let evidence = card.commit(&intended, s2.journal.terminal);
    let evidence = end(&before, &intended, s2.journal.terminal, evidence);
    s2.end(&intended, PurseEnd::Done, evidence);
    s2.quarantined(&chain, kind).await;
    assert_eq!(chain.on_card(&card), 5_000, "nothing of it is booked");
    chain.holds().await;
    assert!(
        s2.settled(&chain).await.is_empty(),
        "the till knows its end"
    );

    // Nothing is lost: the next till that sees the card proves it.
    let mut s1 = chain.till("S1", 1).await;
    s1.sight(&card);
    s1.told(&chain).await;
    assert_eq!(chain.on_card(&card), 4_700);
    chain.holds().await;
    chain
}

fn changed(
    evidence: PurseEvidence,
    change: impl FnOnce(&mut Vec<u8>, &mut [u8; 8]),
) -> PurseEvidence {
    match evidence {
        PurseEvidence::CommitAnswer {
            tmc,
            tmv,
            tmi,
            after,
        } => {
            let (mut bytes, mut value) = (tmi.bytes().to_vec(), *tmv.bytes());
            change(&mut bytes, &mut value);
            PurseEvidence::CommitAnswer {
                tmc,
                tmv: TransactionMacValue::new(value),
                tmi: TransactionMacInput::new(bytes).unwrap(),
                after,
            }
        }
        other => other,
    }
}

/// A genuine MAC over something else than the till says.
fn saying(before: &ModelCard, say: impl FnOnce(&mut Tmi)) -> PurseEvidence {
    let mut tmi = Tmi::new();
    say(&mut tmi);
    let tmi = tmi.into_bytes();
    let tmc = before.tmc + 1;
    PurseEvidence::CommitAnswer {
        tmc,
        tmv: TransactionMacValue::new(tmv(&mac_key(&before.id), &before.uid(), tmc, &tmi)),
        tmi: TransactionMacInput::new(tmi).unwrap(),
        after: before.balance - 300,
    }
}

#[tokio::test]
async fn a_changed_byte_is_a_forgery() {
    told(|_, _, _, e| changed(e, |tmi, _| tmi[40] ^= 1), "tmv_forged").await;
    told(|_, _, _, e| changed(e, |_, tmv| tmv[0] ^= 1), "tmv_forged").await;
}

#[tokio::test]
async fn a_card_with_other_keys_is_a_forgery() {
    let other = |before: &ModelCard, intended: &PurseIntended, by, _| {
        let mut clone = before.clone();
        clone.key = CardKey::new([9; 16]);
        clone.commit(intended, by)
    };
    told(other, "tmv_forged").await;
}

#[tokio::test]
async fn no_mac_is_told_as_such() {
    told(
        |_, _, _, e| changed(e, |_, tmv| *tmv = [0; 8]),
        "tmv_missing",
    )
    .await;
}

/// What the card's words about the payment of 300 are, each part changed once.
struct Words {
    debit: u32,
    credit: bool,
    value: i64,
    txid: PurseTx,
    amount: u32,
    after: i64,
    count: u32,
    by: TerminalId,
    reader: PurseTx,
    more: bool,
    twice: bool,
}

async fn mismatch(change: impl FnOnce(&mut Words)) {
    let end = |before: &ModelCard, intended: &PurseIntended, by: TerminalId, _| {
        let mut words = Words {
            debit: 300,
            credit: false,
            value: before.balance,
            txid: intended.txid,
            amount: 300,
            after: before.balance - 300,
            count: before.tmc + 1,
            by,
            reader: intended.txid,
            more: false,
            twice: false,
        };
        change(&mut words);
        saying(before, |tmi| {
            tmi.get_value(2, i32::try_from(words.value).unwrap())
                .unwrap();
            match words.credit {
                true => tmi.credit(2, words.debit).unwrap(),
                false => tmi.debit(2, words.debit).unwrap(),
            }
            if words.twice {
                tmi.debit(2, words.debit).unwrap();
            }
            if words.more {
                tmi.write_data(Frames::Iso, 1, 0, &[1; 16]).unwrap();
            }
            let last = last(words.txid, words.amount, words.after, words.count, words.by);
            tmi.write_data(Frames::Iso, 5, 0, &last).unwrap();
            let mark = TerminalMark::of(words.by);
            let reader = [&mark.bytes()[..], words.reader.bytes(), &[0; 4]].concat();
            tmi.commit_reader_id(&reader.try_into().unwrap(), &[0; 16])
                .unwrap();
        })
    };
    told(end, "tmv_mismatch").await;
}

#[tokio::test]
async fn a_mac_under_anything_else_is_a_mismatch() {
    mismatch(|words| words.debit = 299).await;
    mismatch(|words| words.credit = true).await;
    mismatch(|words| words.twice = true).await;
    mismatch(|words| words.more = true).await;
    mismatch(|words| words.value = 4_999).await;
    mismatch(|words| words.txid = txid(9)).await;
    mismatch(|words| words.amount = 299).await;
    mismatch(|words| words.after -= 1).await;
    mismatch(|words| words.count += 1).await;
    mismatch(|words| words.by = TerminalId::new(uuid(99))).await;
    mismatch(|words| words.reader = txid(9)).await;
}

#[tokio::test]
async fn a_genuine_mac_of_another_transaction_is_a_mismatch() {
    let other = |before: &ModelCard, _: &PurseIntended, by, _| {
        let mut card = before.clone();
        let mut other = Till::other_intent(&card);
        other.txid = txid(77);
        card.commit(&other, by)
    };
    told(other, "tmv_mismatch").await;
}

impl Till {
    fn other_intent(card: &ModelCard) -> PurseIntended {
        PurseIntended {
            txid: txid(77),
            kind: PurseKind::OnCard,
            action: pay(77),
            card: card.id.clone(),
            member: None,
            lane: LaneId::new("1").unwrap(),
            cashier: PersonId::new("anna").unwrap(),
            at: NOON,
            date: day(),
            amount: eur(300),
            before: Some(card.seen()),
        }
    }
}

#[tokio::test]
async fn without_keys_a_proof_waits_in_a_case_for_a_person() {
    let chain = Chain::new().await;
    let mut s2 = chain.till("S2", 2).await;
    let mut card = ModelCard::new(1);
    s2.moves(1, &mut card, top_up(), 5_000);
    let keyless = Chain {
        store: chain.folder.reopened(),
        folder: chain.folder,
    };
    s2.quarantined(&keyless, "tmv_unchecked").await;
    assert_eq!(keyless.on_card(&card), 0);
    use tillside_hq::cases::CaseStore;
    let case = keyless.store.cases(false).await.unwrap()[0].case;
    let note = "the shopper has the receipt".to_owned();
    let decided = keyless.store.decide(case, PurseEnd::Done, note, NOON).await;
    assert_eq!(decided.unwrap(), txid(1));
    assert_eq!(keyless.on_card(&card), 5_000);
    assert!(keyless.cases().await.is_empty());
    keyless.holds().await;
}
