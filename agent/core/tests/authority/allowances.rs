//! Allowances as bytes: only what HQ signed, in its one form, for this terminal, now, and not again.

use crate::world::*;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use tillside_core::authority::*;
use tillside_core::*;

const CONTEXT: &[u8] = b"tillside allowance\0";

fn sealed() -> Vec<u8> {
    terms(1, 10).seal(&SECRET).unwrap()
}

/// What HQ's key says of any body, in any context.
fn signed(context: &[u8], body: &[u8]) -> Vec<u8> {
    let key = SigningKey::from_bytes(&SECRET);
    let signature = key.sign(&[context, body].concat());
    [body, &signature.to_bytes()[..]].concat()
}

fn opened(body: &[u8]) -> Result<Allowance, AllowanceError> {
    Allowance::open(&signed(CONTEXT, body), &keys())
}

#[test]
fn every_subject_reads_back_as_it_was_sealed() {
    for subject in [
        campaign(),
        Subject::MemberPoints { member: member(3) },
        Subject::RiskCap {
            plan: PlanId::new("SPRING-5").unwrap(),
        },
    ] {
        for uncovered in [Uncovered::Refuse, Uncovered::AskHq, Uncovered::Manager] {
            let mut terms = terms(7, ALLOWANCE_AMOUNT_LIMIT);
            terms.subject = subject.clone();
            terms.policy.uncovered = uncovered;
            assert_eq!(arrived(&terms).terms(), &terms);
        }
    }
}

#[test]
fn the_bytes_stay_as_they_are() {
    let hex: String = sealed().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex.len(), 2 * 159);
    assert!(
        hex.starts_with(concat!(
            "01",
            "01920000000070008000000000040001",
            "01920000000070008000000000010001",
            "00000001",
            "0000000000000001",
            "01",
            "0b617574756d6e2d32303236",
            "000000000000000a",
            "000001a203596540",
            "000001a2039053c0",
            "0000003c",
            "000009c4",
            "00000258",
            "01",
        )),
        "{hex}"
    );
}

#[test]
fn only_hq_is_believed_and_only_about_allowances() {
    let forged = Err(AllowanceError::Forged);
    assert_eq!(Allowance::open(&sealed(), &[]), forged);
    assert_eq!(
        Allowance::open(&sealed(), &[CodeKey::of_secret(&[9; 32])]),
        forged
    );
    let bytes = sealed();
    let body = &bytes[..bytes.len() - 64];
    assert!(opened(body).is_ok());
    // Signed by HQ's key, for another purpose.
    for context in [
        &b""[..],
        b"tillside coupon token\0",
        b"tillside device certificate 1\0",
    ] {
        assert_eq!(Allowance::open(&signed(context, body), &keys()), forged);
    }
    // A point of small order as a key signs anything, for anybody.
    let mut zero = [0; 32];
    zero[0] = 1;
    let mut weak = body.to_vec();
    weak.extend(zero);
    weak.extend([0; 32]);
    assert_eq!(Allowance::open(&weak, &[CodeKey::new(zero)]), forged);
    // Nobody reads what no allowance can be as long as, whoever signed it.
    assert_eq!(opened(&[1; ALLOWANCE_BYTES_LIMIT]), forged);
}

#[test]
fn what_hq_signed_is_still_checked() {
    let bytes = sealed();
    let body = &bytes[..bytes.len() - 64];
    let mut newer = body.to_vec();
    newer[0] = 2;
    assert_eq!(
        opened(&newer),
        Err(AllowanceError::UnknownVersion { version: 2 })
    );
    assert_eq!(
        opened(&[]),
        Err(AllowanceError::UnknownVersion { version: 0 })
    );
    let layout = Err(AllowanceError::Malformed {
        fault: TermsFault::Layout,
    });
    assert_eq!(opened(&[body, &[0]].concat()), layout);
    assert_eq!(opened(&body[..body.len() - 1]), layout);
    let mut kind = body.to_vec();
    kind[45] = 4;
    assert_eq!(opened(&kind), layout);
    let mut policy = body.to_vec();
    *policy.last_mut().unwrap() = 3;
    assert_eq!(opened(&policy), layout);
    // The amount, eight bytes after the subject.
    let mut nothing = body.to_vec();
    nothing[58..66].fill(0);
    let fault = TermsFault::Amount;
    assert_eq!(opened(&nothing), Err(AllowanceError::Malformed { fault }));
}

#[test]
fn hq_does_not_sign_nonsense() {
    let faulty = |change: fn(&mut Terms), fault| {
        let mut terms = terms(1, 10);
        change(&mut terms);
        assert_eq!(
            terms.seal(&SECRET),
            Err(AllowanceError::Malformed { fault }),
            "{fault}"
        );
    };
    faulty(|terms| terms.amount = 0, TermsFault::Amount);
    faulty(|terms| terms.amount = 1 << 53, TermsFault::Amount);
    faulty(|terms| terms.epoch = 0, TermsFault::Counting);
    faulty(|terms| terms.serial = 0, TermsFault::Counting);
    faulty(|terms| terms.serial = u64::MAX, TermsFault::Counting);
    faulty(
        |terms| terms.clock_bound_s = CLOCK_BOUND_LIMIT_S + 1,
        TermsFault::ClockBound,
    );
    faulty(|terms| terms.not_before = Timestamp(-1), TermsFault::Time);
    faulty(
        |terms| terms.expires_at = Timestamp(i64::MAX),
        TermsFault::Time,
    );
    faulty(
        |terms| terms.expires_at = Timestamp(i64::MIN),
        TermsFault::Time,
    );
    // Never good: the bound eats all its time.
    faulty(|terms| terms.expires_at = after(60), TermsFault::Time);
    faulty(
        |terms| terms.policy.renew_below_bp = 10_001,
        TermsFault::Policy,
    );
}

#[test]
fn a_till_takes_what_is_for_it_now_and_once() {
    let till = holding(&[terms(5, 10)]);
    let accept = |terms: &Terms, now| till.accept(&arrived(terms), now).unwrap_err();
    let mut theirs = terms(6, 10);
    theirs.holder = crate::world::till(2);
    let holder = theirs.holder;
    assert_eq!(
        accept(&theirs, START),
        AllowanceError::WrongHolder { holder }
    );
    let mut epoch = terms(6, 10);
    epoch.epoch = 2;
    let wrong = AllowanceError::WrongEpoch { theirs: 2, ours: 1 };
    assert_eq!(accept(&epoch, START), wrong);
    assert_eq!(accept(&terms(5, 10), START), AllowanceError::AlreadyHeld);
    let older = AllowanceError::Older {
        serial: 4,
        newest: 5,
    };
    assert_eq!(accept(&terms(4, 10), START), older);
    // Another id does not make it newer.
    let mut same = terms(5, 10);
    same.id = id(99);
    assert_eq!(
        accept(&same, START),
        AllowanceError::Older {
            serial: 5,
            newest: 5
        }
    );
    let ended = terms(6, 10).ends();
    assert_eq!(
        accept(&terms(6, 10), ended),
        AllowanceError::Expired { ended }
    );
    assert!(
        till.accept(&arrived(&terms(6, 10)), Timestamp(ended.0 - 1))
            .is_ok()
    );
    for error in [wrong, older, AllowanceError::Forged] {
        assert!(!error.is_retryable() && error.code().starts_with("allowance_"));
    }
}

#[test]
fn a_till_holds_so_many_and_no_more() {
    let mut till = Holder::new(crate::world::till(1), 1);
    for n in 1..=HOLDER_LIMIT as u64 {
        let at = START;
        till.apply(&HolderFact::Accepted {
            terms: terms(n, 1),
            at,
        });
    }
    let one_more = arrived(&terms(HOLDER_LIMIT as u64 + 1, 1));
    let full = till.accept(&one_more, START).unwrap_err();
    assert_eq!(
        full,
        AllowanceError::Full {
            limit: HOLDER_LIMIT
        }
    );
    assert!(full.is_retryable());
}

/// Each bit of an allowance matters.
#[test]
fn no_bit_can_be_turned() {
    let bytes = sealed();
    for bit in 0..8 * bytes.len() {
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            Allowance::open(&turned, &keys()),
            Err(AllowanceError::Forged),
            "{bit}"
        );
    }
    for length in 0..bytes.len() {
        assert_eq!(
            Allowance::open(&bytes[..length], &keys()),
            Err(AllowanceError::Forged)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever HQ's key signed: it is read as what it says, in one form, or refused; nothing panics.
    #[test]
    fn signed_noise_is_refused_or_canonical(
        cut in 0..110_usize, noise in proptest::collection::vec(any::<u8>(), 0..40), at in 0..110_usize,
    ) {
        let bytes = sealed();
        let mut body = bytes[..bytes.len() - 64].to_vec();
        body.truncate(body.len().min(cut.max(30)));
        let at = at.min(body.len());
        let end = (at + noise.len()).min(body.len());
        body.splice(at..end, noise);
        if let Ok(allowance) = opened(&body) {
            prop_assert_eq!(allowance.terms().seal(&SECRET).unwrap(), signed(CONTEXT, &body));
        }
    }
}
