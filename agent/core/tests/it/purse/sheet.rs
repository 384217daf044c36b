//! What a store refuses to adopt of e-money.

use super::*;

fn sheet() -> PurseSheet {
    let (from, to, amount, from_day) = (card_id(9), card_id(1), eur(1), TODAY);
    PurseSheet {
        scheme: scheme(),
        desk: DeskRights::default(),
        blocked: HotList::default(),
        carry_overs: vec![CarryOver {
            from,
            to,
            amount,
            from_day,
        }],
    }
}

fn wrong(plant: impl FnOnce(&mut PurseSheet)) -> PurseSheetError {
    let mut sheet = sheet();
    sheet.check().unwrap();
    plant(&mut sheet);
    sheet.check().unwrap_err()
}

#[test]
fn schemes_no_card_can_have() {
    for application in ["", "F5415", "F541533", "F5415G", "000000", "ÄÄÄ"] {
        let found = wrong(|sheet| sheet.scheme.application = application.to_owned());
        assert_eq!(found, PurseSheetError::Application(application.to_owned()));
    }
    for system in ["", "FOUR", "EIGHTEEN--LETTERS-", "TILLSIDÄ", "TILL\nSIDE"] {
        let found = wrong(|sheet| sheet.scheme.system = system.to_owned());
        assert_eq!(found, PurseSheetError::System(system.to_owned()));
    }
    for cap in [eur(0), eur(-1), eur(CARD_VALUE_LIMIT + 1), usd(100)] {
        let found = wrong(|sheet| sheet.scheme.cap = cap);
        assert_eq!(found, PurseSheetError::Cap(cap));
    }
    for entries in [0, LOG_ENTRY_LIMIT + 1] {
        let found = wrong(|sheet| sheet.scheme.log_entries = entries);
        assert_eq!(found, PurseSheetError::LogEntries(entries));
    }
    for days in [0, CARD_DAY_LIMIT + 1] {
        let found = wrong(|sheet| sheet.scheme.card_days = days);
        assert_eq!(found, PurseSheetError::CardDays(days));
    }
}

#[test]
fn schemes_at_their_edges_pass() {
    let mut edge = scheme();
    (edge.system, edge.application) = ("FIVE5".to_owned(), "00000a".to_owned());
    (edge.cap, edge.log_entries, edge.card_days) = (eur(CARD_VALUE_LIMIT), LOG_ENTRY_LIMIT, 1);
    edge.check().unwrap();
    edge.system = "SEVENTEEN LETTERS".to_owned();
    (edge.cap, edge.log_entries, edge.card_days) = (eur(1), 1, CARD_DAY_LIMIT);
    edge.check().unwrap();
}

#[test]
fn balances_that_cannot_be_carried_over() {
    let plants: [fn(&mut CarryOver); 5] = [
        |over| over.to = card_id(9),
        |over| over.amount = eur(0),
        |over| over.amount = eur(-1),
        |over| over.amount = eur(15_001),
        |over| over.amount = usd(1),
    ];
    for plant in plants {
        let found = wrong(|sheet| plant(&mut sheet.carry_overs[0]));
        assert!(
            matches!(found, PurseSheetError::CarryOver { .. }),
            "{found:?}"
        );
    }
    let many =
        wrong(|sheet| sheet.carry_overs = vec![sheet.carry_overs[0].clone(); CARRY_OVER_LIMIT + 1]);
    assert_eq!(many, PurseSheetError::CarryOvers(CARRY_OVER_LIMIT + 1));
}

#[test]
fn a_wrong_list_of_blocked_cards() {
    let found = wrong(|sheet| sheet.blocked.filter = "no filter".to_owned());
    assert_eq!(found, PurseSheetError::HotList(HotListError::Malformed));
}
