//! Who may do what: tokens, hosts, PINs, roles.

use crate::shop::{Caller, Shop};
use crate::wire;
use serde_json::json;

const MINUTE: i64 = 60_000;

#[test]
fn only_with_the_token() {
    let shop = Shop::open();
    let address = shop.agent().address();
    let get =
        |headers: &[(&str, &str)]| wire::call(address, "GET", "/v1/status", headers, b"").unwrap();
    get(&[]).refused(401, "token");
    get(&[("Authorization", "Bearer wrong")]).refused(401, "token");
    get(&[("Authorization", shop.agent().token())]).refused(401, "token");
    let token = format!("Bearer {}", shop.agent().token());
    get(&[("Authorization", &token)]).good();
    let open = wire::call(address, "GET", "/openapi.json", &[], b"").unwrap();
    assert_eq!(open.good()["openapi"], "3.1.0");
}

#[test]
fn only_from_this_computer_and_its_own_page() {
    let shop = Shop::open();
    let (address, token) = (
        shop.agent().address(),
        format!("Bearer {}", shop.agent().token()),
    );
    let get = |path: &str, extra: (&str, &str)| {
        let headers = [("Authorization", token.as_str()), extra];
        wire::call(address, "GET", path, &headers, b"").unwrap()
    };
    get("/v1/status", ("Host", "till.evil.example")).refused(403, "host_refused");
    get("/", ("Host", "till.evil.example")).refused(403, "host_refused");
    get(
        "/openapi.json",
        ("Host", &format!("evil.example:{}", address.port())),
    )
    .refused(403, "host_refused");
    get(
        "/v1/status",
        ("Host", &format!("localhost:{}", address.port())),
    )
    .good();
    get("/v1/status", ("Origin", "https://evil.example")).refused(403, "origin_refused");
    get("/v1/status", ("Origin", "null")).refused(403, "origin_refused");
    get("/v1/status", ("Origin", "http://127.0.0.1:1")).refused(403, "origin_refused");
    get("/v1/status", ("Origin", &format!("http://{address}"))).good();
}

#[test]
fn only_signed_in() {
    let shop = Shop::open();
    let nobody = shop.caller();
    nobody
        .post("/v1/sales", &json!({}))
        .refused(401, "signed_out");
    nobody.get("/v1/sales/open").refused(401, "signed_out");
    nobody.get("/v1/reports/day").refused(401, "signed_out");
    assert_eq!(
        nobody.get("/v1/people").good(),
        json!([
        {"person": "anna", "name": "Anna", "role": "cashier"},
        {"person": "mara", "name": "Mara", "role": "manager"}])
    );
    let anna = shop.cashier();
    assert_eq!(anna.get("/v1/sessions/current").good()["role"], "cashier");
    assert_eq!(anna.delete("/v1/sessions/current").status, 204);
    anna.get("/v1/sessions/current").refused(401, "signed_out");
    let anna = shop.cashier();
    shop.set_clock(crate::shop::NOON + 12 * 60 * MINUTE);
    anna.get("/v1/sales/open").refused(401, "signed_out");
}

#[test]
fn a_cashier_reads_no_reports() {
    let shop = Shop::open();
    let (anna, mara) = (shop.cashier(), shop.manager());
    for report in ["day", "sales", "redemptions", "voids", "unconfirmed"] {
        let path = format!("/v1/reports/{report}");
        anna.get(&path).refused(403, "manager_only");
        mara.get(&path).good();
    }
}

#[test]
fn wrong_pins_lock_even_across_a_restart() {
    let mut shop = Shop::open();
    let caller = shop.caller();
    for left in [
        "4 more wrong tries",
        "3 more",
        "2 more",
        "1 more wrong try ",
    ] {
        let words = caller.sign_in("anna", "9999").refused(401, "wrong_pin");
        assert!(words.contains(left), "{words}");
    }
    shop.stop();
    shop.start();
    let caller = shop.caller();
    let words = caller.sign_in("anna", "9999").refused(423, "locked");
    assert!(words.contains("13:05"), "{words}");
    caller.sign_in("anna", "1111").refused(423, "locked");
    shop.caller().sign_in("mara", "2222").good();
    shop.set_clock(crate::shop::NOON + 5 * MINUTE + 1);
    lock_again(&caller);
    // Ten wrong ones by now: ten minutes.
    shop.set_clock(crate::shop::NOON + 14 * MINUTE);
    caller.sign_in("anna", "1111").refused(423, "locked");
    shop.set_clock(crate::shop::NOON + 16 * MINUTE);
    caller.sign_in("anna", "1111").good();
    let words = caller.sign_in("anna", "9999").refused(401, "wrong_pin");
    assert!(words.contains("4 more"), "a right PIN begins anew: {words}");
}

fn lock_again(caller: &Caller) {
    for _ in 0..4 {
        caller.sign_in("anna", "9999").refused(401, "wrong_pin");
    }
    caller.sign_in("anna", "9999").refused(423, "locked");
}

#[test]
fn tries_at_the_same_time_are_all_counted() {
    let shop = Shop::open();
    let caller = shop.caller();
    let wrong = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| caller.sign_in("anna", "9999").status))
            .collect();
        tries
            .into_iter()
            .map(|t| t.join().unwrap())
            .filter(|s| *s == 401)
            .count()
    });
    assert_eq!(wrong, 4, "the fifth locks, the others do not get to try");
    caller.sign_in("anna", "1111").refused(423, "locked");
}

#[test]
fn nobody_and_nonsense_are_answered_alike() {
    let shop = Shop::open();
    let caller = shop.caller();
    let nobody = caller.sign_in("nobody", "1111").refused(401, "wrong_pin");
    let nonsense = caller
        .sign_in("no such person at all!", "1111")
        .refused(401, "wrong_pin");
    assert_eq!(nobody, nonsense);
    caller.sign_in("anna", "11").refused(400, "malformed");
    caller
        .post("/v1/sessions", &json!({"person": "anna"}))
        .refused(400, "malformed");
}
