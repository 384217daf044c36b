//! Coupons that HQ signed: believed by their plan's key, used once here, good where and for whom they say.

use crate::fixtures::*;
use jiff::civil::Date;
use tillside_core::authority::*;
use tillside_core::*;

const SECRET: [u8; 32] = [5; 32];
const OTHER: [u8; 32] = [6; 32];

fn key(secret: &[u8; 32]) -> CodeKey {
    CodeKey::of_secret(secret)
}

fn signed(code: &str, keys: Vec<CodeKey>) -> CouponPlan {
    CouponPlan {
        proof: ProofKind::Token { keys },
        ..plan(code, off(100))
    }
}

fn shop() -> State {
    let (own, other) = (key(&SECRET), key(&OTHER));
    state(
        &[],
        &[signed("SPRING", vec![own]), signed("AUTUMN", vec![other])],
    )
}

fn terms(plan: &str, serial: u64) -> TokenTerms {
    TokenTerms {
        id: TokenId {
            plan: PlanId::new(plan).unwrap(),
            serial,
        },
        valid_until: now().date,
        stores: TokenStores::All,
        holder: TokenHolder::Bearer,
    }
}

/// Puts a token into what the state knows, as the store does; gives what stands for it.
fn show(state: &mut State, text: &str) -> CouponNumber {
    let number = CouponToken::claimed(text).unwrap().number();
    state.tokens.insert(number.clone(), text.to_owned());
    number
}

fn verdict(state: &mut State, text: &str, member: Option<MemberId>, now: Now) -> Verdict {
    let number = show(state, text);
    let basket = basket(&[line("bread", 1, 300)]);
    let request = QuoteRequest {
        basket: &basket,
        customer: member.is_some(),
        member,
        coupons: &[number],
        redeemed: None,
    };
    quote(state, request, now).unwrap().coupons[0]
        .verdict
        .clone()
}

fn check_out(n: u128, coupons: Vec<CouponNumber>) -> Command {
    let total = 300 - 100 * i64::try_from(coupons.len()).unwrap();
    Command::CheckOut(CheckOut {
        sale: sale_id(n),
        lane: LaneId::new("1").unwrap(),
        cashier: person("anna"),
        basket: basket(&[line("bread", 1, 300)]),
        customer: None,
        coupons,
        points: None,
        tenders: cash(total),
    })
}

fn do_it(state: &mut State, command: Command) -> Result<Vec<Event>, Refusal> {
    let events = decide(state, command, now())?;
    for event in &events {
        let read: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
        assert_eq!(&read, event);
        apply(state, &read);
    }
    Ok(events)
}

#[test]
fn a_signed_coupon_is_used_once_its_proof_in_the_sale_and_again_after_a_void() {
    let mut state = shop();
    let text = terms("SPRING", 1).seal(&SECRET).unwrap();
    let number = show(&mut state, &text);
    assert_eq!(CouponNumber::new(number.as_str()).unwrap(), number);
    let events = do_it(&mut state, check_out(1, vec![number.clone()])).unwrap();
    let Event::SaleCompleted(sale) = &events[0] else {
        panic!("a sale")
    };
    let proof = Proof::Token {
        token: text.clone(),
    };
    assert_eq!(sale.coupons[0].proof, proof);
    assert_eq!(sale.coupons[0].number, number);
    let again = do_it(&mut state, check_out(2, vec![number.clone()])).unwrap_err();
    let used = matches!(&again, Refusal::Coupon { verdict: Verdict::Used(used), .. } if used.sale == sale_id(1));
    assert!(used, "{again}");
    let void = Void {
        sale: sale_id(1),
        cashier: person("anna"),
        approved_by: person("max"),
        reason: "wrong".to_owned(),
    };
    do_it(&mut state, Command::Void(void)).unwrap();
    do_it(&mut state, check_out(2, vec![number])).unwrap();
}

#[test]
fn it_is_good_where_when_and_for_whom_it_says() {
    let mut state = shop();
    let one = |change: fn(&mut TokenTerms)| {
        let mut terms = terms("SPRING", 1);
        change(&mut terms);
        terms.seal(&SECRET).unwrap()
    };
    let plain = one(|_| {});
    assert!(verdict(&mut state, &plain, None, now()).is_valid());
    let tomorrow = Now {
        date: now().date.tomorrow().unwrap(),
        ..now()
    };
    let on: Date = now().date;
    assert_eq!(
        verdict(&mut state, &plain, None, tomorrow),
        Verdict::Expired { on }
    );
    let elsewhere = one(|terms| terms.stores = TokenStores::Only(vec![store("S2")]));
    let store = store("S2");
    assert_eq!(
        verdict(&mut state, &elsewhere, None, now()),
        Verdict::OtherStore { store }
    );
    let personal = one(|terms| terms.holder = TokenHolder::Member(member_id(1)));
    let mut of = |member| verdict(&mut state, &personal, member, now());
    assert!(of(Some(member_id(1))).is_valid());
    let misfit = |misfit| Verdict::NotForThis { misfit };
    assert_eq!(of(None), misfit(Misfit::NeedsMember));
    assert_eq!(of(Some(member_id(2))), misfit(Misfit::OtherMember));
}

#[test]
fn only_the_key_of_the_plan_that_it_names_counts() {
    let mut state = shop();
    for (plan, secret) in [("SPRING", OTHER), ("AUTUMN", SECRET)] {
        let swapped = terms(plan, 1).seal(&secret).unwrap();
        let said = verdict(&mut state, &swapped, None, now());
        assert_eq!(said, Verdict::NotGenuine);
    }
    let nobody = terms("WINTER", 1).seal(&SECRET).unwrap();
    assert_eq!(verdict(&mut state, &nobody, None, now()), Verdict::Unknown);
    // A genuine text under another coupon's number proves nothing.
    let (one, two) = (terms("SPRING", 1), terms("SPRING", 2));
    let number = show(&mut state, &one.seal(&SECRET).unwrap());
    state
        .tokens
        .insert(number.clone(), two.seal(&SECRET).unwrap());
    let refused = do_it(&mut state, check_out(1, vec![number.clone()])).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Coupon {
            number: number.clone(),
            verdict: Verdict::NotGenuine
        }
    );
    // Its number alone is no coupon either.
    state.tokens.clear();
    let refused = do_it(&mut state, check_out(1, vec![number.clone()])).unwrap_err();
    let verdict = Verdict::Unknown;
    assert_eq!(refused, Refusal::Coupon { number, verdict });
}

#[test]
fn a_plan_may_change_its_key_and_keep_the_old_one() {
    let plan = signed("SPRING", vec![key(&OTHER), key(&SECRET)]);
    let mut state = state(&[], &[plan]);
    for (serial, secret) in [(1, SECRET), (2, OTHER)] {
        let text = terms("SPRING", serial).seal(&secret).unwrap();
        assert!(verdict(&mut state, &text, None, now()).is_valid());
    }
    for keys in [0, PLAN_KEY_LIMIT + 1] {
        let plan = signed("SPRING", vec![key(&SECRET); keys]);
        let error = RuleBook::compile(1, &document(&[], &[plan])).unwrap_err();
        let words = error.to_string();
        assert!(words.contains(&format!("it has {keys} keys")), "{words}");
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the soak shows how many there were")]
fn changed_coupons_are_refused() {
    let asked = std::env::var("TILLSIDE_CHANGED_TOKENS").ok();
    let tries: u64 = asked.map_or(10_000, |number| number.parse().unwrap());
    let mut state = shop();
    let good = terms("SPRING", 1).seal(&SECRET).unwrap();
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let mut seed = 0x5EED_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut judged = 0;
    for _ in 0..tries {
        let mut changed = good.clone().into_bytes();
        match draw(8) {
            0 => changed.truncate(draw(changed.len())),
            1 => changed.push(alphabet[draw(32)]),
            _ => {
                for _ in 0..=draw(3) {
                    let place = draw(changed.len());
                    changed[place] = alphabet[draw(32)];
                }
            }
        }
        let changed = String::from_utf8(changed).unwrap();
        if changed == good || CouponToken::claimed(&changed).is_err() {
            continue;
        }
        judged += 1;
        let said = verdict(&mut state, &changed, None, now());
        assert!(!said.is_valid(), "{changed}: {said}");
        state.tokens.clear();
    }
    assert!(judged > tries / 2, "{judged}");
    println!("{tries} changed coupons, {judged} of them read and judged: 0 accepted");
}
