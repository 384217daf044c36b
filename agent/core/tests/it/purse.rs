//! E-money: a model of a card as the oracle, every refusal, golden files, blocked cards, phones' codes.

mod begin_refusals;
mod blocked;
mod card;
mod codes;
mod fixed;
mod golden;
mod recovery;
mod sheet;
mod steps;
mod tender_refusals;
mod world;

use crate::fixtures::*;
use tillside_core::*;

pub fn card_id(n: u32) -> CardIdentity {
    CardIdentity::new(&format!("uid:04A1B2C3D4{n:04X}")).unwrap()
}

pub fn tx(n: u64) -> PurseTx {
    PurseTx::new(n.to_be_bytes())
}

pub fn scheme() -> PurseScheme {
    PurseScheme {
        application: "F54153".to_owned(),
        system: "TILLSIDE".to_owned(),
        currency: Currency::EUR,
        cap: eur(15_000),
        key_version: 1,
        log_entries: 10,
        card_days: 1_825,
        replacement_wait_hours: 48,
    }
}

/// A top-up and issue desk that carries balances over.
pub fn terms() -> PurseTerms {
    PurseTerms {
        scheme: scheme(),
        desk: DeskRights {
            top_up: true,
            issue: true,
        },
        blocked: Default::default(),
        frozen: Default::default(),
        known: Default::default(),
        carry_overs: Vec::new(),
        restores: true,
    }
}

/// A till that takes e-money.
pub fn desk() -> State {
    let mut state = state(&[], &[]);
    state.purse = Some(terms());
    state
}

pub fn seen(balance: i64, tmc: u32, last: Option<u64>) -> CardSeen {
    CardSeen {
        balance,
        tmc,
        last: last.map(tx),
    }
}

/// Movement `n` of card 1, which holds 50.00 after 3 movements.
pub fn begin(n: u64, action: PurseAction, minor: i64) -> BeginPurse {
    BeginPurse {
        txid: tx(n),
        kind: PurseKind::OnCard,
        action,
        card: card_id(1),
        member: Some(member_id(1)),
        lane: LaneId::new("1").unwrap(),
        cashier: person("anna"),
        amount: eur(minor),
        before: Some(seen(5_000, 3, Some(900))),
    }
}

/// Pays for sale `sale`.
pub fn pay(n: u64, sale: u128, minor: i64) -> BeginPurse {
    let sale = sale_id(sale);
    begin(n, PurseAction::Pay { sale }, minor)
}

/// The card's own answer to the commit of what `begin` begins.
pub fn committed(begin: &BeginPurse) -> PurseEvidence {
    let before = begin.before.clone().unwrap();
    let amount = begin.amount.minor();
    PurseEvidence::CommitAnswer {
        tmc: before.tmc + 1,
        tmv: TransactionMacValue::new(*b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        tmi: TransactionMacInput::new(vec![0xDC, 0x02, 0x80]).unwrap(),
        after: match begin.action.takes() {
            true => before.balance - amount,
            false => before.balance + amount,
        },
    }
}

pub fn begun(state: &mut State, command: BeginPurse) -> PurseIntended {
    match carry_out(state, Command::BeginPurse(Box::new(command)), now()).unwrap() {
        Event::PurseIntended(intended) => *intended,
        other => panic!("a begin made {other:?}"),
    }
}

pub fn end(state: &mut State, txid: PurseTx, evidence: EndEvidence) -> Result<Event, Refusal> {
    let command = EndPurse { txid, evidence };
    carry_out(state, Command::EndPurse(Box::new(command)), now())
}

pub fn leave_unknown(state: &mut State, n: u64) -> Result<Event, Refusal> {
    let why = "no answer to the commit".to_owned();
    let command = Command::LeavePurseUnknown { txid: tx(n), why };
    carry_out(state, command, now())
}

pub fn give_up(n: u64) -> Command {
    Command::GiveUpPurse(GiveUpPurse {
        txid: tx(n),
        cashier: person("anna"),
        approved_by: person("boss"),
        reason: "the shopper has to leave".to_owned(),
    })
}

/// Begins and ends a movement by the card's own answer.
pub fn done(state: &mut State, command: BeginPurse) {
    let (txid, evidence) = (command.txid, committed(&command));
    begun(state, command);
    end(state, txid, EndEvidence::Plain(evidence)).unwrap();
}

pub fn stage(state: &State, n: u64) -> PurseStage {
    state.purses[&tx(n)].stage
}

pub fn refusal(state: &State, command: BeginPurse) -> Refusal {
    let refusal = decide(state, Command::BeginPurse(Box::new(command)), now()).unwrap_err();
    readable(&refusal);
    refusal
}

/// What a cashier can read: sentences, and none of our words for the inside.
pub fn readable(refusal: &Refusal) {
    let words = refusal.to_string();
    assert!(words.ends_with('.') && words.len() > 20, "{words}");
    let first = words.chars().next().unwrap();
    assert!(first.is_uppercase() || first.is_ascii_digit(), "{words}");
    for jargon in [
        "txid", "TMC", "commit", "purse", "intent", "movement", "sheet", "UID",
    ] {
        assert!(!words.contains(jargon), "{words}");
    }
}
