//! Money on a card, and the making of cards: nothing is called done that the card did not prove, and
//! nothing is called undone once the commit was sent.

use super::damage::{below, plan};
use super::tape::{Plan, Player, Recorder, Tape, Turn};
use super::{Outcome, asked, draws, storm};
use crate::stage::{MEMBER, Stage, TERMINAL, Vault, scheme};
use tillside_cards::issue::{IssueError, IssueOrder, IssuedCard, issue};
use tillside_cards::purse::{
    CardDay, CardTransaction, CommitError, Committed, LogEntry, Movement, OpenPurse, PurseCard,
    PurseError, Standing,
};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_drivers::CardSession;
use tillside_sim::ReaderModel;
use tillside_tests::Chance;

const CARDS: [&str; 2] = ["desfire-ev2:04213A8A1B2C80", "desfire-ev3:04F1A2B3C4D5E6"];
const READERS: [ReaderModel; 2] = [ReaderModel::Acr122, ReaderModel::Plain];
/// What the till draws in the conversation that is damaged.
const DRAWN: u64 = 9;
/// The authentication with the factory's DES key.
const FACTORY_AUTHENTICATION: [u8; 2] = [0x90, 0x0A];

fn keys(scheme: &CardScheme) -> Keys<'_> {
    Keys {
        vault: &Vault,
        scheme,
    }
}

pub fn movement(kind: Movement, number: u64, amount: i64) -> CardTransaction {
    CardTransaction {
        txid: number.to_be_bytes(),
        kind,
        amount,
        points: 3,
        terminal: TERMINAL,
        time: 1_795_000_000,
    }
}

/// A damaged conversation, or now and then an honest one of another tap.
fn player<'a>(tape: &'a Tape, others: &'a [Tape], chance: &mut Chance) -> (Player<'a>, u64) {
    if chance.below(16) == 0 {
        let drawn = DRAWN + 100 + chance.below(1_000);
        return (Player::of(tape, Plan::default()), drawn);
    }
    (Player::of(tape, plan(chance, tape, others)), DRAWN)
}

/// A card with 50 euros, of which 7 were paid.
fn filled(model: ReaderModel, card: &str) -> (Stage, PurseCard) {
    let stage = Stage::new(model, card);
    let owner = stage.issue(false).unwrap().card;
    stage.again();
    stage.moves(&owner, Movement::TopUp, 1, 5_000).unwrap();
    stage.again();
    stage.moves(&owner, Movement::Pay, 2, 700).unwrap();
    (stage, owner)
}

/// What `talk` says to a card as it was before, recorded.
fn record<T>(
    (stage, owner): &(Stage, PurseCard),
    drawn: u64,
    talk: impl Fn(&mut dyn CardSession, &PurseCard, u64) -> T,
) -> (T, Tape) {
    let before = stage.reader.card(&stage.card).unwrap();
    stage.again();
    let mut recorder = Recorder::of(stage.reader.session().unwrap());
    let told = talk(&mut recorder, owner, drawn);
    let tape = recorder.tape;
    stage.shelf.put(&stage.card, before);
    stage.again();
    (told, tape)
}

struct Case<T> {
    owner: PurseCard,
    truth: T,
    tape: Tape,
    /// Other taps of the same card, and a neighbour's.
    others: Vec<Tape>,
}

/// The same on both cards and readers.
fn cases<T>(talk: impl Fn(&mut dyn CardSession, &PurseCard, u64) -> T) -> Vec<Case<T>> {
    let pairs = CARDS.iter().zip(READERS);
    pairs
        .map(|(card, model)| {
            let place = filled(model, card);
            let neighbour = filled(model, &card.replace("04", "05"));
            let (truth, tape) = record(&place, DRAWN, &talk);
            let others = vec![
                record(&place, DRAWN + 1, &talk).1,
                record(&neighbour, DRAWN + 2, &talk).1,
            ];
            let owner = place.1;
            Case {
                owner,
                truth,
                tape,
                others,
            }
        })
        .collect()
}

/// What the till saw of a purse, and what came of a movement.
struct Moved {
    standing: Standing,
    told: Result<Committed, CommitError>,
}

fn moves(
    session: &mut dyn CardSession,
    owner: &PurseCard,
    drawn: u64,
    tx: &CardTransaction,
) -> Result<Moved, PurseError> {
    let scheme = scheme();
    let purse = OpenPurse::open(session, keys(&scheme), owner, &mut draws(drawn))?;
    let standing = *purse.standing();
    let told = purse.stage(tx)?.commit();
    Ok(Moved { standing, told })
}

fn damaged_movement(protocol: &str, times: u64, tx: &CardTransaction) {
    let cases = cases(|session, owner, drawn| {
        let moved = moves(session, owner, drawn, tx).unwrap();
        (moved.standing, moved.told.unwrap())
    });
    let (mut unknown, mut played) = (0, 0);
    storm(protocol, asked(times, 1), |chance| {
        let case = &cases[below(chance, cases.len())];
        let (mut player, drawn) = player(&case.tape, &case.others, chance);
        played += 1;
        match moves(&mut player, &case.owner, drawn, tx) {
            Err(_) => {
                assert!(!player.committed, "called undone: {player:?}");
                Outcome::Refused
            }
            Ok(moved) => {
                assert_eq!(moved.standing, case.truth.0, "another balance: {player:?}");
                match moved.told {
                    Ok(done) => {
                        assert_eq!(done, case.truth.1, "made up: {player:?}");
                        assert!(player.committed && player.strayed.is_empty(), "{player:?}");
                        assert_eq!(drawn, DRAWN, "an old conversation: {player:?}");
                        Outcome::Harmless
                    }
                    Err(CommitError::NotSent(_)) => {
                        assert!(!player.committed, "called undone: {player:?}");
                        Outcome::Refused
                    }
                    Err(_) => {
                        assert!(player.committed, "nothing was sent: {player:?}");
                        unknown += 1;
                        Outcome::Unknown
                    }
                }
            }
        }
    });
    assert!(
        unknown * 60 > played,
        "{protocol}: {unknown} of {played} unknown"
    );
}

#[test]
fn a_damaged_payment_is_never_called_what_it_is_not() {
    damaged_movement("DESFire, pay", 30_000, &movement(Movement::Pay, 3, 250));
}

#[test]
fn a_damaged_top_up_is_never_called_what_it_is_not() {
    damaged_movement(
        "DESFire, top up",
        10_000,
        &movement(Movement::TopUp, 3, 900),
    );
}

#[test]
fn a_damaged_void_is_never_called_what_it_is_not() {
    damaged_movement("DESFire, void", 15_000, &movement(Movement::Void, 3, 700));
}

fn looks(
    session: &mut dyn CardSession,
    owner: &PurseCard,
    drawn: u64,
) -> Result<(Standing, Vec<LogEntry>), PurseError> {
    let scheme = scheme();
    let mut purse = OpenPurse::open(session, keys(&scheme), owner, &mut draws(drawn))?;
    let log = purse.log()?;
    Ok((*purse.standing(), log))
}

#[test]
fn a_damaged_look_shows_no_other_balance_and_no_other_movements() {
    let cases = cases(|session, owner, drawn| looks(session, owner, drawn).unwrap());
    storm(
        "DESFire, balance and movements",
        asked(10_000, 1),
        |chance| {
            let case = &cases[below(chance, cases.len())];
            let (mut player, drawn) = player(&case.tape, &case.others, chance);
            match looks(&mut player, &case.owner, drawn) {
                Ok(seen) => {
                    assert_eq!(seen, case.truth, "made up: {player:?}");
                    assert_eq!(drawn, DRAWN, "an old conversation: {player:?}");
                    Outcome::Harmless
                }
                Err(_) => Outcome::Refused,
            }
        },
    );
}

fn makes(session: &mut dyn CardSession, drawn: u64) -> Result<IssuedCard, IssueError> {
    let order = IssueOrder {
        member: MEMBER,
        issued: CardDay::of_unix(1_790_000_000),
        expires: CardDay::of_unix(1_890_000_000),
        random_id: false,
    };
    let scheme = scheme();
    issue(
        session,
        keys(&scheme),
        &order,
        &mut draws(drawn),
        &mut |_| {},
    )
}

#[test]
fn a_damaged_issue_makes_no_card_that_is_not_one() {
    let record = |card: &str, drawn| {
        let stage = Stage::new(ReaderModel::Plain, card);
        let mut recorder = Recorder::of(stage.reader.session().unwrap());
        let issued = makes(&mut recorder, drawn).unwrap();
        (issued, recorder.tape)
    };
    let (truth, tape) = record(CARDS[0], DRAWN);
    let others = [
        record(CARDS[0], DRAWN + 1).1,
        record(&CARDS[0].replace("04", "05"), DRAWN + 2).1,
    ];
    // What the till says under the factory's key, which proves nothing: the new key is proved right behind
    // it, and only one that draws the same twice, as here, does not see that the card took another.
    let first = |turn: &Turn| turn.command.starts_with(&FACTORY_AUTHENTICATION);
    let first = tape.turns.iter().position(first).unwrap();
    let old_key = first + 1..first + 3;
    storm("DESFire, issue", asked(5_000, 10), |chance| {
        let (mut player, drawn) = player(&tape, &others, chance);
        match makes(&mut player, drawn) {
            Ok(issued) => {
                let told = (issued.card, issued.changes);
                assert_eq!(told, (truth.card, truth.changes), "made up: {player:?}");
                let strayed = player.strayed.iter();
                let strange = strayed.clone().any(|at| !old_key.contains(at));
                assert!(!strange, "a step was left out: {player:?}");
                assert_eq!(drawn, DRAWN, "an old conversation: {player:?}");
                Outcome::Harmless
            }
            Err(_) => Outcome::Refused,
        }
    });
}
