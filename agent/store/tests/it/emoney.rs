//! The shop with e-money: a till that takes it, and movements as the agent makes them.

use crate::shop::*;
use jiff::civil::{Date, date};
use tillside_core::*;
use tillside_store::{Need, Store, StoreError};

pub const TODAY: Date = date(2026, 11, 22);
pub const HQ_CODES: [u8; 32] = [7; 32];

pub fn uid(n: u32) -> CardIdentity {
    card(&format!("uid:04A1B2C3D4{n:04X}"))
}

pub fn tx(n: u64) -> PurseTx {
    PurseTx::new(n.to_be_bytes())
}

pub fn seen(balance: i64, tmc: u32, last: Option<u64>) -> CardSeen {
    let last = last.map(tx);
    CardSeen { balance, tmc, last }
}

/// A top-up and issue desk; card 9 is blocked, and its balance goes to card 8.
pub fn sheet() -> PurseSheet {
    let why = "It was reported lost.".to_owned();
    let mut blocked = HotList::build(vec![HotCard { card: uid(9), why }]);
    blocked.as_of = Some(AFTERNOON);
    PurseSheet {
        scheme: PurseScheme {
            application: "F54153".to_owned(),
            system: "TILLSIDE".to_owned(),
            currency: Currency::EUR,
            cap: eur(15_000),
            key_version: 1,
            log_entries: 10,
            card_days: 1_825,
            replacement_wait_hours: 48,
        },
        desk: DeskRights {
            top_up: true,
            issue: true,
        },
        blocked,
        carry_overs: vec![CarryOver {
            from: uid(9),
            to: uid(8),
            amount: eur(1_234),
            from_day: TODAY,
        }],
    }
}

pub fn emoney_bundle(version: u64) -> Bundle {
    Bundle {
        purse: Some(sheet()),
        allowance_keys: Vec::new(),
        member_codes: Some(MemberCodeSheet {
            code_keys: vec![CodeKey::of_secret(&HQ_CODES)],
            ..MemberCodeSheet::default()
        }),
        ..bundle(version)
    }
}

/// An enrolled terminal that takes e-money.
pub fn open() -> (Shop, Store) {
    let (shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    store.adopt(&emoney_bundle(2), now).unwrap();
    (shop, store)
}

/// Movement `n` of card `of`.
pub fn begin(n: u64, of: u32, action: PurseAction, minor: i64, before: CardSeen) -> BeginPurse {
    BeginPurse {
        txid: tx(n),
        kind: PurseKind::OnCard,
        action,
        card: uid(of),
        member: Some(member_id(1)),
        lane: lane(),
        cashier: anna(),
        amount: eur(minor),
        before: Some(before),
    }
}

/// Movement `n` pays for sale `sale` with card `of`, which holds 50.00 after 3 movements.
pub fn pay(n: u64, of: u32, sale: u128, minor: i64) -> BeginPurse {
    let sale = sale_id(sale);
    let before = seen(5_000, 3, Some(900));
    begin(n, of, PurseAction::Pay { sale }, minor, before)
}

/// The card's own answer to the commit of `begin`.
pub fn committed(begin: &BeginPurse) -> PurseEvidence {
    let before = begin.before.clone().unwrap();
    let minor = begin.amount.minor();
    PurseEvidence::CommitAnswer {
        tmc: before.tmc + 1,
        tmv: TransactionMacValue::new([0xAA; 8]),
        tmi: TransactionMacInput::new(vec![0xDC, 0x02]).unwrap(),
        after: match begin.action.takes() {
            true => before.balance - minor,
            false => before.balance + minor,
        },
    }
}

/// What the agent loads for a movement of this card, and what it belongs to.
pub fn need_for(command: &BeginPurse) -> Need {
    let mut purses = vec![command.txid];
    if let PurseAction::Void { of, .. } | PurseAction::Refund { of } = command.action {
        purses.push(of);
    }
    Need {
        purses,
        cards: vec![command.card.clone()],
        sales: command.action.sale().into_iter().collect(),
        ..Need::default()
    }
}

/// Decides as the agent does: on what the store says.
pub fn decided(
    store: &Store,
    need: &Need,
    command: Command,
    now: Now,
) -> Result<Vec<Event>, Refusal> {
    decide(&store.load(need).unwrap(), command, now)
}

pub fn intent(store: &Store, command: BeginPurse, now: Now) -> Result<Vec<Event>, Refusal> {
    let need = need_for(&command);
    decided(store, &need, Command::BeginPurse(Box::new(command)), now)
}

pub fn end_of(
    store: &Store,
    txid: PurseTx,
    evidence: EndEvidence,
    now: Now,
) -> Result<Vec<Event>, Refusal> {
    let need = Need {
        purses: vec![txid],
        ..Need::default()
    };
    let command = EndPurse { txid, evidence };
    decided(store, &need, Command::EndPurse(Box::new(command)), now)
}

pub fn keep(store: &mut Store, events: &[Event]) -> Result<Vec<Sealed>, StoreError> {
    let now = store.now(AFTERNOON);
    store.commit(events, now, None, None)
}

/// Writes an intent down.
pub fn begun(store: &mut Store, command: BeginPurse) {
    let now = store.now(AFTERNOON);
    let events = intent(store, command, now).unwrap();
    keep(store, &events).unwrap();
}

/// Writes an end down.
pub fn ended(store: &mut Store, n: u64, evidence: EndEvidence) {
    let now = store.now(AFTERNOON);
    let events = end_of(store, tx(n), evidence, now).unwrap();
    keep(store, &events).unwrap();
}

/// Begins a movement and ends it by the card's answer.
pub fn done(store: &mut Store, command: BeginPurse) {
    let (txid, evidence) = (command.txid, committed(&command));
    begun(store, command);
    let now = store.now(AFTERNOON);
    let events = end_of(store, txid, EndEvidence::Plain(evidence), now).unwrap();
    keep(store, &events).unwrap();
}

pub fn unknown(store: &mut Store, n: u64) {
    let need = Need {
        purses: vec![tx(n)],
        ..Need::default()
    };
    let why = "the till was restarted".to_owned();
    let command = Command::LeavePurseUnknown { txid: tx(n), why };
    let events = decided(store, &need, command, store.now(AFTERNOON)).unwrap();
    keep(store, &events).unwrap();
}

pub fn given_up(store: &mut Store, n: u64) {
    let need = Need {
        purses: vec![tx(n)],
        ..Need::default()
    };
    let command = Command::GiveUpPurse(GiveUpPurse {
        txid: tx(n),
        cashier: anna(),
        approved_by: PersonId::new("maria").unwrap(),
        reason: "the shopper has to leave".to_owned(),
    });
    let events = decided(store, &need, command, store.now(AFTERNOON)).unwrap();
    keep(store, &events).unwrap();
}

/// Sale `n` of one item at 10.00, paid by movements of purses and the rest in cash.
pub fn sale_paid_by(n: u128, purses: &[(u64, i64)]) -> CheckOut {
    let mut sale = check_out(n, 1, Some(1), &[]);
    let by_card: i64 = purses.iter().map(|(_, minor)| minor).sum();
    if by_card < 1_000 {
        sale.tenders
            .push(Tender::new(TenderKind::Cash, eur(1_000 - by_card)));
    }
    let tenders = purses
        .iter()
        .map(|&(n, minor)| Tender::purse(tx(n), eur(minor)));
    sale.tenders.extend(tenders);
    sale
}

pub fn stage(store: &Store, n: u64) -> Option<PurseStage> {
    store.purse(tx(n)).unwrap().map(|row| row.state.stage)
}
