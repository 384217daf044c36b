//! E-money over the API: what is refused before anybody is asked for a card, one job at a time, and
//! the manager's ways out. What happens on a card is tested over the flow and over simulated cards.

use crate::events::Stream;
use crate::shop::{CARD, COFFEE, Caller, Shop, cash, count, eur, fresh_key, journal};
use serde_json::{Value, json};
use tillside_core::{
    BeginPurse, CardSeen, Command, Event, LaneId, Money, PurseAction, PurseKind, PurseTx, SaleId,
    Timestamp, decide,
};
use tillside_store::{Need, Store};

const TXID: &str = "0102030405060708";

/// A sale of one coffee, open.
fn sale(caller: &Caller) -> String {
    let sale = caller.open_sale();
    caller.scan(&sale, COFFEE);
    sale
}

/// What an agent leaves that died while a card paid 1.00.
fn cut_short(store: &mut Store) {
    let now = store.now(Timestamp(crate::shop::NOON));
    let card = CARD.to_owned().try_into().unwrap();
    let need = Need {
        cards: vec![card],
        ..Need::default()
    };
    let state = store.load(&need).unwrap();
    let begin = BeginPurse {
        txid: TXID.parse::<PurseTx>().unwrap(),
        kind: PurseKind::OnCard,
        action: PurseAction::Pay {
            sale: "01940000-0000-7000-8000-0000000000cc"
                .parse::<SaleId>()
                .unwrap(),
        },
        card: CARD.to_owned().try_into().unwrap(),
        member: None,
        lane: "1".parse::<LaneId>().unwrap(),
        cashier: "anna".parse().unwrap(),
        amount: serde_json::from_value::<Money>(eur(100)).unwrap(),
        before: Some(CardSeen {
            balance: 500,
            tmc: 4,
            last: None,
        }),
    };
    let events: Vec<Event> = decide(&state, Command::BeginPurse(Box::new(begin)), now).unwrap();
    store.commit(&events, now, None, None).unwrap();
}

#[test]
fn what_cannot_be_done_is_refused_before_a_card_is_asked_for() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = sale(&anna);
    let pay = format!("{sale}/purse");
    anna.post(&pay, &json!({})).refused(409, "readers_off");
    anna.post("/v1/cards/read", &json!({}))
        .refused(409, "readers_off");

    let shop = Shop::with_readers(|_| {});
    let anna = shop.cashier();
    let sale = self::sale(&anna);
    let pay = format!("{sale}/purse");
    anna.post(&pay, &json!({})).refused(409, "no_keys");
    let status = anna.get("/v1/status").good();
    assert_eq!(status["emoney"]["keys"], "none");
    assert_eq!(status["emoney"]["on"], false);
    anna.get("/v1/jobs/current").refused(404, "no_job");

    let shop = Shop::with_keys(|_| {});
    let anna = shop.cashier();
    let status = anna.get("/v1/status").good();
    assert_eq!(status["emoney"]["keys"], "development");
    assert!(
        status["emoney"]["words"]
            .as_str()
            .unwrap()
            .contains("Development keys")
    );
    let sale = self::sale(&anna);
    let pay = format!("{sale}/purse");
    let more = anna.post(&pay, &json!({"amount": eur(430)}));
    assert!(more.refused(422, "more_than_due").contains("4.29 EUR"));
    anna.post(&pay, &json!({"amount": eur(0)}))
        .refused(422, "tender_not_positive");
    let dollars = json!({"amount": {"minor": 100, "currency": "USD"}});
    anna.post(&pay, &dollars).refused(422, "purse_currency");
    let empty = anna.open_sale();
    anna.post(&format!("{empty}/purse"), &json!({}))
        .refused(422, "empty_basket");
    let account = json!({"from": "account"});
    anna.post(&pay, &account).refused(503, "line_needed");
    let unknown = "/v1/sales/01940000-0000-7000-8000-0000000000ff/purse";
    anna.post(unknown, &json!({})).refused(404, "sale_unknown");
    anna.delete(&format!("{pay}/{TXID}"))
        .refused(404, "purse_payment_unknown");
    anna.get("/v1/purses/nonsense")
        .refused(404, "purse_payment_unknown");
    // None of it began anything.
    anna.get("/v1/jobs/current").refused(404, "no_job");
}

#[test]
fn one_job_waits_at_a_time_and_a_repeated_request_is_the_same_one() {
    let shop = Shop::with_keys(|_| {});
    let anna = shop.cashier();
    let mut stream = Stream::open(&shop);
    stream.next("line");
    let sale = sale(&anna);
    let (pay, key) = (format!("{sale}/purse"), fresh_key());
    let first = anna.keyed("POST", &pay, &key, &json!({}));
    assert_eq!(first.status, 202);
    let job = first.good();
    assert_eq!(
        (&job["kind"], &job["stage"]),
        (&json!("pay"), &json!("waiting"))
    );
    assert_eq!(job["words"], "Hold the card on the reader to pay 4.29 EUR.");
    assert_eq!(job["amount"], eur(429));
    assert_eq!(stream.next("purse"), job);
    let again = anna.keyed("POST", &pay, &key, &json!({}));
    assert!(again.replayed());
    assert_eq!(again.good(), job);
    assert_eq!(anna.get("/v1/jobs/current").good(), job);
    anna.post(&pay, &json!({})).refused(409, "job_running");
    anna.post("/v1/cards/read", &json!({}))
        .refused(409, "job_running");
    // Nothing has begun: the sale may still change, and be paid otherwise.
    anna.scan(&sale, COFFEE);
    let cancelled = anna.delete("/v1/jobs/current").good();
    assert_eq!(cancelled["stage"], "cancelled");
    assert_eq!(stream.next("purse")["stage"], "cancelled");
    anna.delete("/v1/jobs/current").refused(404, "no_job");
    let read = anna.post("/v1/cards/read", &json!({})).good();
    assert_ne!(read["job"], job["job"]);
    anna.delete("/v1/jobs/current").good();
    // Paid in cash while a card was waited for: the next card pays nothing.
    anna.post(&pay, &json!({})).good();
    anna.pay(&sale).good();
    assert_eq!(anna.get("/v1/jobs/current").good()["stage"], "cancelled");
    let other = self::sale(&anna);
    anna.post(&format!("{other}/purse"), &json!({})).good();
    anna.delete(&other).good();
    anna.delete("/v1/jobs/current").refused(404, "no_job");
}

#[test]
fn what_was_cut_short_is_unknown_after_a_start_and_a_manager_lets_it_go() {
    let mut shop = Shop::with_keys(cut_short);
    let anna = shop.cashier();
    assert_eq!(anna.get("/v1/status").good()["emoney"]["open"], 1);
    let open = anna.get("/v1/purses").good();
    assert_eq!(open[0]["txid"], TXID);
    assert_eq!(open[0]["stage"], "unknown");
    assert_eq!(open[0]["unknown_why"], "the till was restarted");
    let words = open[0]["consequences"].as_str().unwrap();
    assert!(words.contains("1.00 EUR is owed"), "{words}");
    let path = format!("/v1/purses/{TXID}");
    assert_eq!(anna.get(&path).good(), open[0]);
    let give_up = format!("{path}/give-up");
    let reason = json!({"reason": "The shopper has left."});
    anna.post(&give_up, &reason).refused(403, "manager_needed");
    let wrong = json!({"reason": "Gone.", "manager": {"person": "mara", "pin": "9999"}});
    anna.post(&give_up, &wrong).refused(401, "wrong_pin");
    let mara = json!({"person": "mara", "pin": "2222"});
    let none = json!({"reason": " ", "manager": mara});
    anna.post(&give_up, &none).refused(422, "reason_missing");
    let (key, body) = (
        fresh_key(),
        json!({"reason": "The shopper has left.", "manager": mara}),
    );
    let given_up = anna.keyed("POST", &give_up, &key, &body).good();
    assert_eq!(given_up["stage"], "given_up");
    assert_eq!(given_up["given_up_by"], "mara");
    assert_eq!(given_up["consequences"], Value::Null);
    assert!(anna.keyed("POST", &give_up, &key, &body).replayed());
    let late = json!({"reason": "Again.", "manager": mara});
    anna.post(&give_up, &late).refused(409, "purse_settled");
    let day = shop.manager().get("/v1/reports/day").good();
    assert_eq!(day["emoney"]["open"], 1);
    assert_eq!(day["emoney"]["open_amount"], eur(100));
    shop.stop();
    let facts = journal(&shop.folder);
    assert_eq!(count(&facts, "purse_unknown"), 1);
    assert_eq!(count(&facts, "purse_given_up"), 1);
}

#[test]
fn a_manager_blocks_a_card_here_and_frees_it() {
    let mut shop = Shop::with_keys(|_| {});
    let anna = shop.cashier();
    let body = json!({"card": CARD, "reason": "Reported stolen."});
    anna.post("/v1/cards/freeze", &body)
        .refused(403, "manager_needed");
    let mara = shop.manager();
    let free = json!({"card": CARD, "reason": "Found again."});
    mara.post("/v1/cards/unfreeze", &free)
        .refused(409, "card_not_frozen");
    let key = fresh_key();
    mara.keyed("POST", "/v1/cards/freeze", &key, &body).good();
    assert!(
        mara.keyed("POST", "/v1/cards/freeze", &key, &body)
            .replayed()
    );
    let nobody = json!({"card": "nothing", "reason": "x"});
    mara.post("/v1/cards/freeze", &nobody)
        .refused(422, "bad_card");
    mara.post("/v1/cards/unfreeze", &free).good();
    shop.stop();
    let facts = journal(&shop.folder);
    assert_eq!(
        (count(&facts, "card_frozen"), count(&facts, "card_unfrozen")),
        (1, 1)
    );
}

#[test]
fn cards_are_issued_for_members_this_store_knows() {
    let shop = Shop::with_keys(|_| {});
    let anna = shop.cashier();
    let to = |member: &str| json!({ "member": member });
    anna.post("/v1/cards/issue", &to("Clara"))
        .refused(403, "manager_needed");
    let mara = shop.manager();
    mara.post("/v1/cards/issue", &to("Nobody"))
        .refused(404, "no_such_member");
    for member in [
        "clara",
        "900000001",
        CARD,
        "01940000-0000-7000-8000-0000000000aa",
    ] {
        let job = mara.post("/v1/cards/issue", &to(member)).good();
        assert_eq!(job["kind"], "issue", "{member}");
        mara.delete("/v1/jobs/current").good();
    }
}

#[test]
fn a_void_of_a_sale_without_e_money_needs_no_card() {
    let shop = Shop::with_keys(|_| {});
    let mara = shop.manager();
    let sale = mara.sold();
    let voided = mara.post(&format!("{sale}/void"), &json!({"reason": "Wrong size."}));
    assert_eq!(voided.status, 200);
    let again = mara.post(&format!("{sale}/void"), &json!({"reason": "Again."}));
    again.refused(409, "already_voided");
    let open = mara.open_sale();
    mara.post(&format!("{open}/void"), &json!({"reason": "Too soon."}))
        .refused(409, "still_open");
}

#[test]
fn nobody_pays_with_a_purse_that_paid_nothing() {
    let shop = Shop::with_keys(|_| {});
    let anna = shop.cashier();
    let sale = sale(&anna);
    let forged = json!({"tenders": [{"kind": "purse", "amount": eur(429)}]});
    anna.post(&format!("{sale}/checkout"), &forged)
        .refused(422, "purse_tender");
    let view = anna.get(&sale).good();
    assert_eq!(
        (&view["payments"], &view["fixed"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(view["due"], eur(429));
    anna.post(&format!("{sale}/checkout"), &cash()).good();
    assert_eq!(anna.get(&sale).good()["due"], eur(0));
}
