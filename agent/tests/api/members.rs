//! The desk that issues cards, over the API: members are found, and a lost card is replaced.

use crate::shop::{CARD, NOON, Shop, count};
use serde_json::{Value, json};
use tillside_core::Timestamp;
use tillside_store::Store;

const CLARA: &str = "01940000-0000-7000-8000-0000000000aa";
const DORA: &str = "01940000-0000-7000-8000-0000000000bb";
const DORAS: &str = "uid:04D0D0D0D0D0D0";
const NEW: &str = "uid:04112233445566";

/// Another member, and the balance of Dora's lost card on its way to `NEW` from that day on.
fn more(store: &mut Store, from_day: &str, issue: bool) {
    let mut bundle = crate::shop::bundle();
    bundle.version = 90;
    bundle.members.members.push(of(json!({
        "member": DORA, "display_name": "Dora Weiss", "tier": "gold", "points": 12,
        "cards": [DORAS]})));
    let sheet = bundle.purse.as_mut().unwrap();
    sheet.desk = of(json!({"top_up": true, "issue": issue}));
    sheet.carry_overs = of(json!([{"from": DORAS, "to": NEW,
        "amount": {"minor": 700, "currency": "EUR"}, "from_day": from_day}]));
    store.adopt(&bundle, store.now(Timestamp(NOON))).unwrap();
}

fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn names(found: &Value) -> Vec<&str> {
    let found = found.as_array().unwrap().iter();
    found
        .map(|one| one["display_name"].as_str().unwrap())
        .collect()
}

#[test]
fn members_are_found_by_name_number_and_card_where_cards_are_issued() {
    let shop = Shop::with_keys(|store| more(store, "2026-11-25", true));
    let anna = shop.cashier();
    let found = |text: &str| anna.get(&format!("/v1/members?search={text}")).good();
    assert_eq!(names(&found("cla")), ["Clara"]);
    assert_eq!(names(&found("900000001")), ["Clara"]);
    assert_eq!(names(&found(DORAS)), ["Dora Weiss"]);
    assert_eq!(
        names(&found("c")),
        Vec::<&str>::new(),
        "nobody leafs through the members"
    );
    assert_eq!(names(&found("")), Vec::<&str>::new());
    let dora = found("weiss");
    let card = &dora[0]["cards"][0];
    assert_eq!(
        (&card["card_end"], &card["printed"]),
        (&json!("D0D0"), &json!(false))
    );
    assert_eq!(card["replaced_by"], "5566");
    let clara = found(CLARA);
    let cards = clara[0]["cards"].as_array().unwrap();
    let printed = cards.iter().find(|card| card["printed"] == true).unwrap();
    assert_eq!(printed["card_end"], "0001");
}

#[test]
fn where_no_cards_are_issued_nobody_is_looked_up() {
    let shop = Shop::with_keys(|store| more(store, "2026-11-25", false));
    let anna = shop.cashier();
    anna.get("/v1/members?search=clara")
        .refused(409, "no_issue_desk");
}

#[test]
fn a_lost_card_is_blocked_as_soon_as_its_replacement_is_begun() {
    let mut shop = Shop::with_keys(|store| more(store, "2026-11-25", true));
    let mara = shop.manager();
    let order = |member: &str, lost: &str| json!({"member": member, "replaces": lost});
    mara.post("/v1/cards/issue", &order(DORA, CARD))
        .refused(422, "not_their_card");
    mara.post("/v1/cards/issue", &order(DORA, DORAS))
        .refused(422, "replaced_already");
    let blocked = || {
        let clara = mara.get(&format!("/v1/members?search={CLARA}")).good();
        let cards = clara[0]["cards"].as_array().unwrap().clone();
        let card = cards.into_iter().find(|card| card["card"] == CARD).unwrap();
        card["blocked"].clone()
    };
    assert_eq!(blocked(), Value::Null, "what was refused blocks nothing");
    mara.post("/v1/cards/issue", &order(CLARA, CARD)).good();
    assert!(blocked().as_str().unwrap().contains("reported lost"));
    let cancelled = mara.delete("/v1/jobs/current").good();
    assert!(
        cancelled["words"]
            .as_str()
            .unwrap()
            .contains("stays blocked"),
        "{cancelled}"
    );
    let free = json!({"card": CARD, "reason": "Found again."});
    mara.post("/v1/cards/unfreeze", &free).good();
    assert_eq!(blocked(), Value::Null, "nothing stands in for it");
    mara.post("/v1/cards/issue", &order(CLARA, CARD)).good();
    mara.delete("/v1/jobs/current").good();
    // Once is enough, however often it is tried.
    mara.post("/v1/cards/issue", &order(CLARA, CARD)).good();
    mara.delete("/v1/jobs/current").good();
    shop.stop();
    assert_eq!(count(&shop.journal(), "card_frozen"), 2);
}

#[test]
fn a_replaced_card_is_not_freed_any_more() {
    let shop = Shop::with_keys(|store| more(store, "2026-11-25", true));
    let mara = shop.manager();
    let freeze = json!({"card": DORAS, "reason": "Found in the shop."});
    mara.post("/v1/cards/freeze", &freeze).good();
    mara.post("/v1/cards/unfreeze", &freeze)
        .refused(422, "replaced_already");
}

#[test]
fn a_balance_waits_for_its_day() {
    for (day, stage) in [("2026-11-22", "due"), ("2026-11-25", "waiting")] {
        let shop = Shop::with_keys(|store| more(store, day, true));
        let list = shop.cashier().get("/v1/cards/replacements").good();
        let one = &list[0];
        assert_eq!(one["stage"], stage, "{list}");
        assert_eq!(
            (&one["lost_end"], &one["card_end"]),
            (&json!("D0D0"), &json!("5566"))
        );
        assert_eq!(
            (&one["amount"]["minor"], &one["from_day"]),
            (&json!(700), &json!(day))
        );
        assert_eq!(
            (&one["not_before"], &one["at"]),
            (&Value::Null, &Value::Null)
        );
    }
}
