//! A campaign, its tills, and HQ's key, to tell stories with.

use tillside_core::authority::*;
use tillside_core::*;
use uuid::Uuid;

pub const SECRET: [u8; 32] = [42; 32];
/// How far each clock may be off, in seconds and milliseconds.
pub const BOUND_S: u32 = 60;
pub const BOUND: i64 = 60_000;
/// When stories begin.
pub const START: Timestamp = Timestamp(1_795_352_520_000);

pub fn keys() -> Vec<CodeKey> {
    vec![CodeKey::of_secret(&[1; 32]), CodeKey::of_secret(&SECRET)]
}

pub fn till(n: u128) -> TerminalId {
    TerminalId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0001_0000 + n,
    ))
}

pub fn member(n: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0003_0000 + n,
    ))
}

pub fn id(n: u64) -> AllowanceId {
    AllowanceId::new(Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0004_0000 + u128::from(n),
    ))
}

pub fn campaign() -> Subject {
    let campaign = CampaignId::new("autumn-2026").unwrap();
    Subject::CampaignQuota { campaign }
}

pub fn after(seconds: i64) -> Timestamp {
    Timestamp(START.0 + seconds * 1_000)
}

/// A lease of till 1 for an hour; its id and serial are `n`.
pub fn terms(n: u64, amount: u64) -> Terms {
    Terms {
        id: id(n),
        holder: till(1),
        epoch: 1,
        serial: n,
        subject: campaign(),
        amount,
        not_before: START,
        expires_at: after(3_600),
        clock_bound_s: BOUND_S,
        policy: AllowancePolicy {
            renew_below_bp: 2_500,
            renew_before_s: 600,
            uncovered: Uncovered::AskHq,
        },
    }
}

/// Terms as they arrive: signed and opened.
pub fn arrived(terms: &Terms) -> Allowance {
    Allowance::open(&terms.seal(&SECRET).unwrap(), &keys()).unwrap()
}

/// Keeps a fact: through its text, as a journal does.
pub fn keep(holder: &mut Holder, fact: &HolderFact) {
    holder.apply(&through_text(fact));
}

/// Keeps what HQ decided, through its text.
pub fn note(lessor: &mut Lessor, facts: &[LessorFact]) {
    for fact in facts {
        lessor.apply(&through_text(fact));
    }
}

fn through_text<F>(fact: &F) -> F
where
    F: Clone + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    let text = serde_json::to_string(&Written::from(fact.clone())).unwrap();
    let read: Written<F> = serde_json::from_str(&text).unwrap();
    assert_eq!(&read.fact, fact);
    read.fact
}

/// Till 1 with these leases.
pub fn holding(leases: &[Terms]) -> Holder {
    let mut holder = Holder::new(till(1), 1);
    for terms in leases {
        let fact = holder.accept(&arrived(terms), START).unwrap();
        keep(&mut holder, &fact);
    }
    holder
}
