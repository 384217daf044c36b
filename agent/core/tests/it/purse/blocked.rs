//! Blocked cards: none is missed, nobody is refused by a false hit, and no text makes it panic.

use super::*;
use proptest::prelude::*;

fn hot(n: u32) -> HotCard {
    let why = "It was reported lost.".to_owned();
    HotCard {
        card: numbered(n),
        why,
    }
}

/// Spread over uids and codes, so that members and strangers look alike.
fn numbered(n: u32) -> CardIdentity {
    let mixed = u64::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let text = match n % 3 {
        0 => format!("code:{mixed:020}"),
        _ => format!("uid:04{:012X}", mixed & 0xFFFF_FFFF_FFFF),
    };
    CardIdentity::new(&text).unwrap()
}

#[test]
fn a_hundred_thousand_blocked_cards_are_all_found_and_strangers_pass() {
    const MANY: u32 = 100_000;
    let list = HotList::build((0..MANY).map(hot).collect());
    assert_eq!(list.cards.len(), MANY as usize);
    assert!(
        list.filter.len() < MANY as usize * 4,
        "{} bytes",
        list.filter.len()
    );
    // Compiling proves that the filter misses none.
    let filter = list.compile().unwrap();
    for n in (0..MANY).step_by(997) {
        assert!(filter.may_hold(&numbered(n)));
        assert_eq!(list.find(&numbered(n)), Some(&hot(n)));
    }
    let strangers = MANY..3 * MANY;
    let hits: Vec<u32> = strangers
        .filter(|&n| filter.may_hold(&numbered(n)))
        .collect();
    // 200,000 / 65,536 is 3; thirty would be a fault.
    assert!(hits.len() < 30, "{} false hits", hits.len());
    assert!(hits.iter().all(|&n| list.find(&numbered(n)).is_none()));
}

#[test]
fn a_list_is_the_same_in_any_order_and_has_each_card_once() {
    let mut cards: Vec<HotCard> = (0..50).map(hot).collect();
    let list = HotList::build(cards.clone());
    cards.reverse();
    cards.extend((10..20).map(hot));
    cards.push(HotCard {
        why: "Zzz.".to_owned(),
        ..hot(3)
    });
    assert_eq!(HotList::build(cards), list);
    let blocked = list.blocked(&numbered(3)).unwrap().unwrap();
    assert_eq!(blocked.why, "It was reported lost.");
    assert_eq!(list.blocked(&numbered(99)).unwrap(), None);
}

#[test]
fn small_lists_work_too() {
    let none = HotList::build(Vec::new());
    assert_eq!(none, HotList::default());
    assert!(!none.compile().unwrap().may_hold(&numbered(1)));
    assert!(!HotFilter::empty().may_hold(&numbered(1)));
    for many in 1..40 {
        let list = HotList::build((0..many).map(hot).collect());
        assert!(!list.filter.is_empty(), "{many}");
        list.compile().unwrap();
    }
}

/// Should HQ ever send cards without a filter, each card is looked up.
#[test]
fn a_list_without_a_filter_still_blocks() {
    let mut list = HotList::build((0..5).map(hot).collect());
    list.filter.clear();
    assert!(list.compile().unwrap().may_hold(&numbered(77)));
    assert_eq!(list.blocked(&numbered(2)).unwrap(), Some(&hot(2)));
    assert_eq!(list.blocked(&numbered(77)).unwrap(), None);
}

/// The worst fault of such a list: a blocked card that passes.
#[test]
fn a_filter_of_other_cards_is_refused() {
    let mut list = HotList::build((0..100).map(hot).collect());
    list.filter = HotList::build((100..200).map(hot).collect()).filter;
    let found = list.compile().unwrap_err();
    assert!(matches!(found, HotListError::Misses { .. }), "{found}");
}

#[test]
fn a_list_out_of_order_is_refused() {
    let mut list = HotList::build((0..100).map(hot).collect());
    list.cards.swap(4, 5);
    assert_eq!(
        list.compile().unwrap_err(),
        HotListError::Unsorted { index: 5 }
    );
    list.cards.swap(4, 5);
    list.cards.insert(9, list.cards[9].clone());
    assert_eq!(
        list.compile().unwrap_err(),
        HotListError::Unsorted { index: 10 }
    );
}

#[test]
fn a_filter_that_was_changed_is_refused_or_harmless() {
    let list = HotList::build((0..100).map(hot).collect());
    let bytes = data_encoding::BASE64
        .decode(list.filter.as_bytes())
        .unwrap();
    for at in 0..20 {
        for value in [0, 1, 0x7F, 0x80, 0xFF, bytes[at] ^ 1] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let filter = data_encoding::BASE64.encode(&changed);
            let list = HotList {
                filter,
                ..list.clone()
            };
            // Whatever was let in finds all of its cards.
            if list.compile().is_ok() {
                assert!((0..100).all(|n| list.blocked(&numbered(n)).unwrap().is_some()));
            }
        }
    }
    for length in 0..bytes.len() {
        let filter = data_encoding::BASE64.encode(&bytes[..length]);
        let empty = filter.is_empty();
        assert_eq!(HotFilter::parse(&filter, false).is_ok(), empty, "{length}");
    }
}

proptest! {
    /// Never a panic, whatever the head of the filter claims.
    #[test]
    fn no_text_makes_it_panic(
        seed in any::<u64>(),
        head in prop::array::uniform3(prop_oneof![
            Just(0u32), Just(4), Just(3), Just(8), Just(1 << 18), Just(u32::MAX), 0..64u32, any::<u32>()
        ]),
        prints in prop::collection::vec(any::<u8>(), 0..200),
        text in ".{0,40}",
    ) {
        let _ = HotFilter::parse(&text, false).map(|filter| filter.may_hold(&numbered(1)));
        let mut bytes = seed.to_le_bytes().to_vec();
        bytes.extend(head.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(prints);
        let text = data_encoding::BASE64.encode(&bytes);
        if let Ok(filter) = HotFilter::parse(&text, false) {
            for n in 0..20 {
                filter.may_hold(&numbered(n));
            }
        }
    }

    /// Well laid out, with any seed and any fingerprints.
    #[test]
    fn no_fingerprints_make_it_panic(
        seed in any::<u64>(),
        power in 0..5u32,
        segments in 1..5u32,
        fill in any::<u8>(),
    ) {
        let length = 1u32 << power;
        let mut bytes = seed.to_le_bytes().to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend((length - 1).to_le_bytes());
        bytes.extend((segments * length).to_le_bytes());
        bytes.extend(vec![fill; 2 * ((segments + 2) * length) as usize]);
        let text = data_encoding::BASE64.encode(&bytes);
        let filter = HotFilter::parse(&text, false).unwrap();
        for n in 0..50 {
            filter.may_hold(&numbered(n));
        }
    }
}
