//! ATRs as the makers' manuals and PC/SC part 3 give them (tests/vectors/pcsc_atrs.json).

use serde_json::Value;
use tillside_cards::AtrHint;

fn example(name: &str) -> Vec<u8> {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/pcsc_atrs.json")).unwrap();
    let text = vectors["examples"][name].as_str().unwrap().to_owned();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn each_published_atr_gives_its_hint() {
    for (name, hint) in [
        ("classic_1k", AtrHint::StorageA { card_name: 0x0001 }),
        ("classic_4k", AtrHint::StorageA { card_name: 0x0002 }),
        (
            "ultralight_or_ntag",
            AtrHint::StorageA { card_name: 0x0003 },
        ),
        ("felica_pcsc", AtrHint::StorageOther),
        ("picopass_iclass", AtrHint::StorageOther),
        ("desfire_ev1_ev2_ev3_ats_hist_80", AtrHint::Iso14443Part4),
        ("desfire_smartmx_like", AtrHint::Iso14443Part4),
    ] {
        assert_eq!(AtrHint::of(&example(name)), hint, "{name}");
    }
    assert_eq!(AtrHint::of(&[]), AtrHint::Iso14443Part4);
}
