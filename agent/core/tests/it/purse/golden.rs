//! The facts of e-money, byte for byte as they are kept for years, and the sheet a store gets.

use super::tender_refusals::entry;
use super::*;
use insta::assert_json_snapshot;
use jiff::civil::date;
use std::collections::BTreeSet;

fn one(state: &State, command: Command) -> Event {
    decide(state, command, now()).unwrap().remove(0)
}

fn intents() -> Vec<Event> {
    let (of, sale, from) = (tx(9), sale_id(1), card_id(8));
    let mut state = desk();
    done(&mut state, pay(9, 1, 300));
    let amount = eur(300);
    let (to, from_day) = (card_id(1), TODAY);
    let over = CarryOver {
        from: from.clone(),
        to,
        amount,
        from_day,
    };
    state.purse.as_mut().unwrap().carry_overs.push(over);
    let tender = TenderKind::Cash;
    let mut intents: Vec<Event> = [
        PurseAction::Pay { sale: sale_id(2) },
        PurseAction::TopUp { tender },
        PurseAction::Void { of, sale },
        PurseAction::Refund { of },
        PurseAction::Restore { from },
    ]
    .into_iter()
    .map(|action| one(&state, Command::BeginPurse(Box::new(begin(1, action, 300)))))
    .collect();
    let mut account = pay(2, 2, 300);
    (account.kind, account.before) = (PurseKind::Account, None);
    intents.push(one(&state, Command::BeginPurse(Box::new(account))));
    let mut first = pay(3, 2, 300);
    (first.member, first.before) = (None, Some(seen(300, 0, None)));
    intents.push(one(&state, Command::BeginPurse(Box::new(first))));
    intents
}

/// An end by each kind of evidence.
fn ends() -> Vec<Event> {
    let (seen, entry) = (seen(4_700, 4, Some(1)), Some(entry(1)));
    let evidence = [
        committed(&pay(1, 1, 300)),
        PurseEvidence::CardAsked {
            seen: seen.clone(),
            entry,
        },
        PurseEvidence::CardAsked { seen, entry: None },
        PurseEvidence::NeverSent {
            why: "the card left".to_owned(),
        },
        PurseEvidence::Hq,
        PurseEvidence::AccountMoved { after: 4_700 },
        PurseEvidence::AccountRefused {
            why: "Not enough.".to_owned(),
        },
    ];
    let ends = [
        PurseEnd::Done,
        PurseEnd::Done,
        PurseEnd::Done,
        PurseEnd::NotDone,
    ];
    let ends = ends
        .into_iter()
        .chain([PurseEnd::NotDone, PurseEnd::Done, PurseEnd::NotDone]);
    let ended = |(evidence, end)| PurseEnded {
        txid: tx(1),
        card: card_id(1),
        end,
        amount: eur(300),
        evidence,
        date: TODAY,
    };
    let ended = evidence.into_iter().zip(ends).map(ended);
    ended
        .map(|ended| Event::PurseEnded(Box::new(ended)))
        .collect()
}

fn others() -> Vec<Event> {
    let mut state = desk();
    begun(&mut state, pay(1, 1, 300));
    let unknown = leave_unknown(&mut state, 1).unwrap();
    let given_up = one(&state, give_up(1));
    let (card, seen, log) = (
        card_id(1),
        seen(4_700, 4, Some(1)),
        vec![entry(1), entry(9)],
    );
    let sighted = one(
        &state,
        Command::SightPurse {
            card: card.clone(),
            seen,
            log,
        },
    );
    let issue = |replaces| {
        Command::IssueCard(IssueCard {
            card: card_id(1),
            member: member_id(1),
            key_version: 1,
            expires: date(2031, 11, 21),
            replaces,
            cashier: person("anna"),
        })
    };
    let issued = [
        one(&state, issue(None)),
        one(&state, issue(Some(card_id(8)))),
    ];
    let freeze = |by| {
        let why = "It does not agree with this till's journal.".to_owned();
        Command::FreezeCard(FreezeCard {
            card: card_id(1),
            why,
            by,
        })
    };
    let frozen = [
        one(&state, freeze(None)),
        one(&state, freeze(Some(person("boss")))),
    ];
    state.purse.as_mut().unwrap().frozen.insert(card_id(1));
    let (approved_by, reason) = (person("boss"), "mistaken".to_owned());
    let free = UnfreezeCard {
        card,
        approved_by,
        reason,
    };
    let freed = one(&state, Command::UnfreezeCard(free));
    let mut all = vec![unknown, given_up, sighted];
    all.extend(issued);
    all.extend(frozen);
    all.push(freed);
    all
}

fn paid_by_purse() -> Event {
    let mut state = desk();
    done(&mut state, pay(1, 1, 300));
    let mut sale = check_out(1, &[line("tea", 1, 1_000)], &[], 700);
    sale.tenders.push(Tender::purse(tx(1), eur(300)));
    one(&state, Command::CheckOut(sale))
}

#[test]
fn intended_movements() {
    assert_json_snapshot!(intents());
}

#[test]
fn ended_movements() {
    assert_json_snapshot!(ends());
}

#[test]
fn what_else_happens_to_purses_and_cards() {
    assert_json_snapshot!(others());
}

#[test]
fn a_sale_paid_in_part_by_card() {
    let Event::SaleCompleted(sale) = paid_by_purse() else {
        panic!()
    };
    assert_json_snapshot!(sale.tenders);
}

#[test]
fn a_stores_sheet() {
    let mut blocked = HotList::build(vec![
        HotCard {
            card: card_id(9),
            why: "It was reported lost.".to_owned(),
        },
        HotCard {
            card: card_id(7),
            why: "It was copied.".to_owned(),
        },
    ]);
    blocked.as_of = Some(now().at);
    let (from, to, amount, from_day) = (card_id(9), card_id(1), eur(1_234), date(2026, 11, 24));
    let sheet = PurseSheet {
        scheme: scheme(),
        desk: DeskRights {
            top_up: true,
            issue: false,
        },
        blocked,
        carry_overs: vec![CarryOver {
            from,
            to,
            amount,
            from_day,
        }],
    };
    let text = serde_json::to_string(&sheet).unwrap();
    assert_eq!(serde_json::from_str::<PurseSheet>(&text).unwrap(), sheet);
    sheet.check().unwrap();
    assert_json_snapshot!(sheet);
}

/// The reading by hand knows every kind the enum has, reads it as it was written, and names them all
/// when it meets another.
#[test]
fn every_kind_of_event_reads_back() {
    let (epoch, at) = (2, now().at);
    let fact = tillside_core::authority::HolderFact::EpochBegun { epoch, at };
    let mut all = vec![
        Event::BundleAdopted { version: 1 },
        Event::Allowance { fact },
        Event::EpochBegan {
            from: Head::genesis(terminal(1), 1),
            closed: Head::genesis(terminal(1), 1),
        },
        paid_by_purse(),
    ];
    let mut state = state(&[], &[]);
    sell(&mut state, check_out(1, &[line("tea", 1, 100)], &[], 100));
    all.push(one(&state, Command::Void(void(1))));
    let bread = back(1, &[(0, 1)], 100);
    all.push(one(&state, Command::TakeGoodsBack(bread)));
    all.push(one(
        &state,
        Command::RefuseCoupon(RefuseCoupon {
            sale: sale_id(1),
            lane: LaneId::new("1").unwrap(),
            cashier: person("anna"),
            number: number("AAAA"),
            verdict: Verdict::Unknown,
        }),
    ));
    for events in [intents(), ends(), others()] {
        all.extend(events);
    }
    let mut written = BTreeSet::new();
    for event in &all {
        let text = serde_json::to_string(event).unwrap();
        let kind = serde_json::from_str::<serde_json::Value>(&text).unwrap()["type"].clone();
        written.insert(kind.as_str().unwrap().to_owned());
        assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), event);
    }
    let error = serde_json::from_str::<Event>(r#"{"type":"other"}"#).unwrap_err();
    let names = error.to_string();
    let named: BTreeSet<String> = names
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(named, written, "{names}");
    assert_eq!(
        written.len(),
        all.iter()
            .map(std::mem::discriminant)
            .collect::<std::collections::HashSet<_>>()
            .len()
    );
}

/// Texts that are no figures of a card are refused, not read as something else.
#[test]
fn figures_of_cards_are_read_strictly() {
    assert_eq!(
        "0A1B2C3D".parse::<TerminalMark>().unwrap().to_string(),
        "0A1B2C3D"
    );
    assert_eq!(
        "00ff00ff00FF00ff".parse::<PurseTx>().unwrap().to_string(),
        "00FF00FF00FF00FF"
    );
    for text in [
        "",
        "00",
        "0011223344556677 ",
        "+011223344556677",
        "00112233445566778",
        "ÄÄÄÄÄÄÄÄ",
    ] {
        assert!(text.parse::<PurseTx>().is_err(), "{text}");
    }
    let input = |text: &str| serde_json::from_value::<TransactionMacInput>(text.into());
    assert_eq!(input("dc02").unwrap().bytes(), [0xDC, 0x02]);
    for text in [
        "",
        "0",
        "0Ä",
        "xx",
        &"00".repeat(TransactionMacInput::LONGEST + 1),
    ] {
        assert!(input(text).is_err(), "{text}");
    }
    assert!(input(&"00".repeat(TransactionMacInput::LONGEST)).is_ok());
}
