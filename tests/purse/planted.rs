//! The judge is judged: tills, cards and books that go wrong behind a cell's back are found.

use anyhow::{Context, Result, ensure};
use tillside_core::{EndEvidence, PurseEnd, PurseStage, PurseTx};
use tillside_tests::purse::{Chain, pay};
use tillside_tests::torn::{Cell, Fate, Operation, Plant, Player, Setting, every_fault};

/// Whether a fault planted in payments is found in some cell of this fate, and in what words.
fn found(fate: Fate, plant: Plant<'_>) -> Result<Vec<String>> {
    let setting = Operation::Pay.setting()?;
    let mut player = Player::in_process(&setting);
    player.plant = Some(plant);
    let mut words = Vec::new();
    for fault in every_fault(&setting) {
        let cell = Cell::whole(Operation::Pay, fault, fate);
        words.extend(player.play(&cell).err().map(|error| format!("{error:#}")));
    }
    Ok(words)
}

fn finds(fate: Fate, said: &str, plant: Plant<'_>) -> Result<()> {
    let words = found(fate, plant)?;
    let fits = words.iter().any(|words| words.contains(said));
    ensure!(fits, "no cell says {said:?}, but {words:?}");
    Ok(())
}

/// The till ends what nobody knows the end of.
fn guesses(chain: &mut Chain, txid: PurseTx, end: PurseEnd) -> Result<()> {
    if chain.s1.stage(txid)? == Some(PurseStage::Unknown) {
        let desk = chain.s1.desk()?.desk();
        desk.end_purse(txid, EndEvidence::Hq(end))?;
    }
    Ok(())
}

#[test]
fn nothing_is_found_where_nothing_is_planted() -> Result<()> {
    let nothing = |_: &mut Chain, _, _: &Setting| Ok(());
    let words = found(Fate::Here, &nothing)?;
    ensure!(words.is_empty(), "{words:?}");
    Ok(())
}

#[test]
fn a_till_that_believes_in_an_unheard_commit_is_found() -> Result<()> {
    finds(
        Fate::Here,
        "the card did not, and the till says so",
        &|chain, txid, _| guesses(chain, txid, PurseEnd::Done),
    )
}

#[test]
fn a_till_that_takes_silence_for_a_no_is_found() -> Result<()> {
    finds(
        Fate::Here,
        "the card did it, and the till says",
        &|chain, txid, _| guesses(chain, txid, PurseEnd::NotDone),
    )
}

#[test]
fn a_till_that_forgets_its_intent_is_found() -> Result<()> {
    finds(
        Fate::Never,
        "the card did it, and the till says None",
        &|chain, _, setting| {
            let file = chain.s1.file().to_owned();
            chain.s1.stop();
            setting.scene.put_back("s1.db", &file)?;
            chain.s1.restart()
        },
    )
}

#[test]
fn a_debit_that_no_till_wrote_down_is_found() -> Result<()> {
    finds(Fate::Here, "is due", &|chain, _, setting| {
        let (card, sale) = (chain.card.clone(), chain.s2.sale(100)?);
        chain.s2.hold(&card, Some(pay(sale)))?;
        let file = chain.s2.file().to_owned();
        chain.s2.stop();
        setting.scene.put_back("s2.db", &file)?;
        chain.s2.restart()
    })
}

#[test]
fn money_out_of_nothing_is_found() -> Result<()> {
    finds(Fate::Here, "log and value differ", &|chain, _, setting| {
        let before = setting.before.context("the card held something")?;
        chain.alter("2/value", before + 1)
    })
}

#[test]
fn a_counter_played_back_is_found() -> Result<()> {
    finds(Fate::Here, "the counter is", &|chain, _, _| {
        chain.alter("15/tmc", 0)
    })
}
