//! Who is this? Every kind of card, on every reader that carries it.

use super::damage::{below, plan};
use super::tape::{Plan, Player, Recorder, Tape};
use super::{Outcome, asked, draws, storm};
use crate::personal::Desk;
use crate::stage::{Stage, Vault, scheme};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_cards::{CardAuthority, Identified, IdentityError, identify_with};
use tillside_drivers::CardSession;
use tillside_sim::{CardSpec, ReaderModel, SavedCard};
use tillside_tests::Chance;

const RAW: &[ReaderModel] = &[ReaderModel::Acr122, ReaderModel::Acr1252];
const ALL: &[ReaderModel] = &[
    ReaderModel::Acr122,
    ReaderModel::Acr1252,
    ReaderModel::Plain,
];
/// What the till draws in the conversation that is damaged.
const DRAWN: u64 = 7;

/// One card on one reader.
struct Case {
    tape: Tape,
    /// The same card at other taps, and a neighbour's.
    others: Vec<Tape>,
    truth: Identified,
}

fn identify(
    session: &mut dyn CardSession,
    scheme: &CardScheme,
    drawn: u64,
) -> Result<Identified, IdentityError> {
    let keys = Keys {
        vault: &Vault,
        scheme,
    };
    identify_with(session, Some(&keys), &mut draws(drawn))
}

fn record(stage: &Stage, drawn: u64) -> (Identified, Tape) {
    stage.again();
    let mut recorder = Recorder::of(stage.reader.session().unwrap());
    let found = identify(&mut recorder, &stage.scheme, drawn).unwrap();
    (found, recorder.tape)
}

/// The card `name` and its neighbour, each as `made` leaves it.
fn case(model: ReaderModel, name: &str, made: impl Fn(&Stage)) -> Case {
    let stage = Stage::new(model, name);
    made(&stage);
    let (truth, tape) = record(&stage, DRAWN);
    let mut other: CardSpec = name.parse().unwrap();
    *other.uid.last_mut().unwrap() ^= 1;
    let neighbour = Stage::new(model, &other.to_string());
    made(&neighbour);
    Case {
        others: vec![
            record(&stage, DRAWN + 1).1,
            record(&stage, DRAWN + 2).1,
            record(&neighbour, DRAWN + 3).1,
        ],
        tape,
        truth,
    }
}

/// Made from the chip's memory.
fn personal(make: fn(&Desk<'_>, &CardSpec, &[u8]) -> SavedCard) -> impl Fn(&Stage) {
    move |stage| {
        let desk = Desk {
            vault: &Vault,
            scheme: &stage.scheme,
            version: 1,
        };
        stage
            .shelf
            .put(&stage.card, make(&desk, &stage.card, &stage.card.uid));
        stage.again();
    }
}

/// One damaged conversation; a part of them honest answers of another tap.
fn play(case: &Case, scheme: &CardScheme, chance: &mut Chance) -> Outcome {
    let old = chance.below(16) == 0;
    let (plan, drawn) = match old {
        true => (Plan::default(), DRAWN + 100 + chance.below(1_000)),
        false => (plan(chance, &case.tape, &case.others), DRAWN),
    };
    let mut player = Player::of(&case.tape, plan);
    let found = identify(&mut player, scheme, drawn);
    let truth = &case.truth;
    let same = |found: &Identified| {
        (found.kind, found.uid, found.member, found.purse)
            == (truth.kind, truth.uid, truth.member, truth.purse)
    };
    match found {
        Ok(found) if found.authority() == CardAuthority::Authenticated => {
            assert!(
                same(&found),
                "another card was made up: {found:?} {player:?}"
            );
            assert!(!old, "an old conversation was believed: {found:?}");
            Outcome::Harmless
        }
        Ok(found) => {
            assert!(
                found.member.is_none() && found.purse.is_none(),
                "{found:?} {player:?}"
            );
            let number = found.uid == truth.uid || !player.true_number;
            assert!(number, "another number was made up: {found:?} {player:?}");
            match truth.authority() == found.authority() && same(&found) {
                true => Outcome::Harmless,
                false => Outcome::Number,
            }
        }
        Err(_) => Outcome::Refused,
    }
}

fn damaged(protocol: &str, times: u64, cases: &[Case]) {
    let scheme = scheme();
    storm(protocol, asked(times, 1), |chance| {
        play(&cases[below(chance, cases.len())], &scheme, chance)
    });
}

fn proven(readers: &[ReaderModel], name: &str, made: impl Fn(&Stage)) -> Vec<Case> {
    let cases: Vec<Case> = readers
        .iter()
        .map(|model| case(*model, name, &made))
        .collect();
    for case in &cases {
        assert_eq!(case.truth.authority(), CardAuthority::Authenticated);
    }
    cases
}

#[test]
fn a_desfire_card_is_nobody_else() {
    let mut cases = Vec::new();
    for (name, hidden) in [
        ("desfire-ev2:04213A8A1B2C80", false),
        ("desfire-ev3:04F1A2B3C4D5E6", true),
    ] {
        cases.extend(proven(ALL, name, |stage| {
            stage.issue(hidden).unwrap();
        }));
    }
    damaged("DESFire, identify", 60_000, &cases);
}

#[test]
fn an_ntag424_is_nobody_else() {
    let made = personal(|desk, spec, uid| desk.ntag424(spec, uid));
    let cases = proven(ALL, "ntag424:04D1A2B3C4D5E6", made);
    damaged("NTAG 424 DNA", 100_000, &cases);
}

#[test]
fn an_ultralight_aes_is_nobody_else() {
    let made = personal(|desk, spec, uid| desk.ultralight_aes(spec, uid));
    let cases = proven(RAW, "ultralight-aes:04E1A2B3C4D5E6", made);
    damaged("Ultralight AES", 100_000, &cases);
}

#[test]
fn a_felica_card_is_nobody_else() {
    let made = personal(|desk, spec, uid| desk.felica(spec, uid));
    let cases = proven(RAW, "felica:012E4CF1A2B3C4D5", made);
    damaged("FeliCa Lite-S", 100_000, &cases);
}

/// They have no key: whatever they say, they are a number that may spend nothing.
#[test]
fn a_tag_without_keys_stays_a_number() {
    let mut cases = Vec::new();
    for name in ["ntag213", "ntag215", "ntag216", "ultralight", "classic"] {
        let name = format!("{name}:04A1B2C3D4E5F6");
        cases.extend(ALL.iter().map(|model| case(*model, &name, |_| {})));
    }
    damaged("NTAG21x, Ultralight, Classic", 100_000, &cases);
}
