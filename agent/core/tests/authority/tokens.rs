//! Coupon tokens: as a QR code holds them, believed only from HQ, good where, when and for whom they say.

use crate::world::*;
use data_encoding::BASE32HEX_NOPAD;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use tillside_core::authority::*;
use tillside_core::*;

const LAST: Date = date(2026, 12, 24);

fn store(code: &str) -> StoreId {
    StoreId::new(code).unwrap()
}

fn token_terms() -> TokenTerms {
    TokenTerms {
        id: TokenId {
            plan: PlanId::new("SPRING-5").unwrap(),
            serial: 12_345,
        },
        valid_until: LAST,
        stores: TokenStores::All,
        holder: TokenHolder::Bearer,
    }
}

fn open(text: &str) -> Result<CouponToken, TokenError> {
    CouponToken::open(text, &keys())
}

fn token(change: impl FnOnce(&mut TokenTerms)) -> CouponToken {
    let mut terms = token_terms();
    change(&mut terms);
    let token = open(&terms.seal(&SECRET).unwrap()).unwrap();
    assert_eq!(token.terms(), &terms);
    token
}

#[test]
fn a_token_fits_a_qr_code_and_reads_back() {
    let text = token_terms().seal(&SECRET).unwrap();
    assert_eq!(text.len(), 145);
    assert!(
        text.bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    );
    assert!(CouponToken::is_meant(&text) && !CouponToken::is_meant("SPRING5"));
    assert!(text.starts_with("TSC1"));
    let start: String = BASE32HEX_NOPAD.encode(b"\x01\0\0\0\0\0\0\x30\x39\0\0\x51");
    assert!(text[4..].starts_with(&start[..start.len() - 1]), "{text}");
    assert_eq!(open(&text).unwrap().terms(), &token_terms());
    let largest = token(|terms| {
        let code = |n: usize| store(&format!("STORE-OF-NR-{n:04}"));
        terms.stores = TokenStores::Only((0..TOKEN_STORES_LIMIT).map(code).collect());
        terms.id.plan = PlanId::new(&"P".repeat(32)).unwrap();
        terms.holder = TokenHolder::Member(member(1));
    });
    let text = largest.terms().seal(&SECRET).unwrap();
    assert!(text.len() <= COUPON_TOKEN_LIMIT, "{}", text.len());
}

#[test]
fn it_is_good_until_its_last_day() {
    let token = token(|_| {});
    assert_eq!(token.check(&store("S1"), LAST, None), Ok(()));
    let over = token.check(&store("S1"), LAST.tomorrow().unwrap(), None);
    assert_eq!(over, Err(TokenError::Expired { on: LAST }));
}

#[test]
fn it_is_good_in_its_stores() {
    let token = token(|terms| terms.stores = TokenStores::Only(vec![store("S1"), store("S3")]));
    let check = |code| token.check(&store(code), LAST, None);
    assert_eq!((check("S1"), check("S3")), (Ok(()), Ok(())));
    assert_eq!(check("S2"), Err(TokenError::OtherStore));
}

#[test]
fn a_personal_one_needs_its_member() {
    let token = token(|terms| terms.holder = TokenHolder::Member(member(1)));
    let check = |member| token.check(&store("S1"), LAST, member);
    assert_eq!(check(Some(member(1))), Ok(()));
    assert_eq!(check(Some(member(2))), Err(TokenError::OtherMember));
    let nobody = check(None).unwrap_err();
    assert_eq!(nobody, TokenError::NeedsMember);
    assert!(nobody.is_retryable() && !TokenError::Forged.is_retryable());
}

#[test]
fn hq_does_not_sign_nonsense() {
    let refused = |change: &dyn Fn(&mut TokenTerms)| {
        let mut terms = token_terms();
        change(&mut terms);
        assert_eq!(terms.seal(&SECRET), Err(TokenError::Malformed), "{terms:?}");
    };
    refused(&|terms| terms.valid_until = date(1969, 12, 31));
    refused(&|terms| terms.stores = TokenStores::Only(vec![]));
    refused(&|terms| terms.stores = TokenStores::Only(vec![store("S2"), store("S1")]));
    refused(&|terms| terms.stores = TokenStores::Only(vec![store("S1"), store("S1")]));
    let many = (0..=TOKEN_STORES_LIMIT).map(|n| store(&format!("S{n:03}")));
    let many: Vec<StoreId> = many.collect();
    refused(&|terms| terms.stores = TokenStores::Only(many.clone()));
    assert_eq!(
        token(|terms| terms.valid_until = date(9999, 12, 31))
            .terms()
            .valid_until
            .year(),
        9999
    );
}

/// A token with a swapped plan, and every other bit.
#[test]
fn no_character_can_be_changed() {
    let text = token_terms().seal(&SECRET).unwrap();
    let bytes = BASE32HEX_NOPAD.decode(&text.as_bytes()[4..]).unwrap();
    for bit in 0..8 * bytes.len() {
        let mut turned = bytes.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        let turned = format!("TSC1{}", BASE32HEX_NOPAD.encode(&turned));
        assert_eq!(open(&turned), Err(TokenError::Forged), "{bit}");
    }
    for end in 0..text.len() {
        assert!(open(&text[..end]).is_err(), "{end}");
    }
    // One text a token: neither small letters, padding nor more after it.
    for other in [
        text.to_lowercase(),
        format!("{text}="),
        format!("{text}0"),
        format!(" {text}"),
    ] {
        assert!(open(&other).is_err(), "{other}");
    }
    assert_eq!(
        open(&format!("TSC1{}", "0".repeat(5_000))),
        Err(TokenError::Unreadable)
    );
    assert_eq!(
        CouponToken::open(&text, &[CodeKey::of_secret(&[5; 32])]),
        Err(TokenError::Forged)
    );
}

#[test]
fn what_hq_signed_is_still_checked() {
    let text = token_terms().seal(&SECRET).unwrap();
    let bytes = BASE32HEX_NOPAD.decode(&text.as_bytes()[4..]).unwrap();
    let body = &bytes[..bytes.len() - 64];
    let sealed = |context: &[u8], body: &[u8]| {
        use ed25519_dalek::{Signer, SigningKey};
        let key = SigningKey::from_bytes(&SECRET);
        let signature = key.sign(&[context, body].concat()).to_bytes();
        format!(
            "TSC1{}",
            BASE32HEX_NOPAD.encode(&[body, &signature[..]].concat())
        )
    };
    let context = b"tillside coupon token\0";
    assert!(open(&sealed(context, body)).is_ok());
    assert_eq!(
        open(&sealed(b"tillside allowance\0", body)),
        Err(TokenError::Forged)
    );
    let mut newer = body.to_vec();
    newer[0] = 2;
    assert_eq!(
        open(&sealed(context, &newer)),
        Err(TokenError::UnknownVersion)
    );
    let longer = [body, &[0]].concat();
    assert_eq!(open(&sealed(context, &longer)), Err(TokenError::Malformed));
    // Its last two bytes: the count of stores, and whose it is.
    for (back, value) in [(1, 2), (2, 21), (2, 1)] {
        let mut wrong = body.to_vec();
        let at = wrong.len() - back;
        wrong[at] = value;
        assert_eq!(open(&sealed(context, &wrong)), Err(TokenError::Malformed));
    }
    // Stores out of order are a second form of the same token.
    let stores = |list: &[u8]| {
        let head = &body[..body.len() - 2];
        open(&sealed(context, &[head, &[2], list, &[0]].concat()))
    };
    assert!(stores(b"\x02S1\x02S2").is_ok());
    assert_eq!(stores(b"\x02S2\x02S1"), Err(TokenError::Malformed));
    assert_eq!(stores(b"\x02S1\x02S1"), Err(TokenError::Malformed));
    let mut absurd = body.to_vec();
    absurd[9..13].fill(0xFF);
    assert_eq!(open(&sealed(context, &absurd)), Err(TokenError::Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_is_never_a_token(text in "(TSC1)?[0-9A-V]{0,200}|.{0,40}") {
        prop_assert!(open(&text).is_err());
    }
}
