//! The page that a tag makes for a phone (SUN), damaged on its way through the phone.

use super::damage::{below, spoilt};
use super::{Outcome, asked, storm};
use crate::personal::{Desk, MAC_AT, PICC_AT};
use crate::stage::{Stage, Vault, scheme};
use crate::witness::tapped;
use tillside_cards::ntag424::sdm::{Page, Proven, verify};
use tillside_cards::scheme::Keys;
use tillside_sim::ReaderModel;

/// The parts that are proved, of the page of one tap.
struct Made {
    picc: String,
    mac: String,
    truth: Proven,
}

fn proven(picc: &str, mac: &str) -> Option<Proven> {
    let scheme = scheme();
    let keys = Keys {
        vault: &Vault,
        scheme: &scheme,
    };
    let page = Page {
        picc,
        signed: "",
        mac,
    };
    verify(page, &keys.chain(), 1).ok()
}

/// The pages of three taps.
fn pages() -> Vec<Made> {
    let stage = Stage::new(ReaderModel::Plain, "ntag424:04D1A2B3C4D5E6");
    let desk = Desk {
        vault: &Vault,
        scheme: &stage.scheme,
        version: 1,
    };
    let card = desk.ntag424(&stage.card, &stage.card.uid);
    stage.shelf.put(&stage.card, card);
    stage.again();
    let page = |_| {
        let text = tapped(&stage.reader, &stage.card);
        let (picc, mac) = (&text[PICC_AT..][..32], &text[MAC_AT..][..16]);
        Made {
            picc: picc.to_owned(),
            mac: mac.to_owned(),
            truth: proven(picc, mac).unwrap(),
        }
    };
    (0..3).map(page).collect()
}

#[test]
fn a_damaged_page_is_no_tap() {
    let pages = pages();
    storm("NTAG 424 DNA, pages", asked(100_000, 1), |chance| {
        let made = &pages[below(chance, pages.len())];
        let other = &pages[below(chance, pages.len())];
        let mut parts = [made.picc.clone(), made.mac.clone()];
        match chance.below(8) {
            // The MAC of another tap.
            0 => parts[1].clone_from(&other.mac),
            _ => {
                for _ in 0..=chance.below(3) {
                    let part = &mut parts[below(chance, 2)];
                    let bytes = spoilt(chance, part.clone().into_bytes());
                    *part = String::from_utf8_lossy(&bytes).into_owned();
                }
            }
        }
        let [picc, mac] = &parts;
        match proven(picc, mac) {
            Some(found) => {
                let same =
                    picc.eq_ignore_ascii_case(&made.picc) && mac.eq_ignore_ascii_case(&made.mac);
                assert!(same && found == made.truth, "{picc} {mac}: {found:?}");
                Outcome::Harmless
            }
            None => Outcome::Refused,
        }
    });
}
