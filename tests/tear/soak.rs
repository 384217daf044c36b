//! Draws cells, and plays them.

use anyhow::{Context, Result};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use tillside_sim::{ReaderModel, SimConfig, Simulator};
use tillside_tests::Chance;
use tillside_tests::purse::Bench;
use tillside_tests::torn::{Cell, Operation, Player, Setting, Tally, every_cell};

const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
const OPERATIONS: [Operation; 5] = [
    Operation::Identify,
    Operation::Pay,
    Operation::TopUp,
    Operation::Void,
    Operation::Issue,
];
/// How often it says how far it is.
const LINES: usize = 20;

/// Finds all cells in this process, and plays some of them over a service.
///
/// # Errors
/// The first cell that is not as it must be, with what plays it again.
pub fn soak() -> Result<()> {
    let Some(socket) = std::env::var_os(SOCKET) else {
        return again_with_a_socket();
    };
    let (cells, seed) = (
        number("TILLSIDE_TORN_CELLS", 1_000)?,
        number("TILLSIDE_SEED", 1)?,
    );
    println!("{cells} torn taps from seed {seed} (TILLSIDE_TORN_CELLS, TILLSIDE_SEED)");
    let mut settings = Vec::new();
    let mut all = Vec::new();
    for operation in OPERATIONS {
        let setting = operation.setting()?;
        let mut tally = Tally::default();
        every_cell(&setting, |cell, played| {
            tally.add(cell, played.outcome);
            all.push(*cell);
        })?;
        println!("  ok  {operation:?} in this process: {tally}");
        settings.push(setting);
    }
    let sim = Simulator::start(&SimConfig {
        readers: vec![ReaderModel::Acr122, ReaderModel::Acr122],
        socket: Some(socket.into()),
    })?;
    let bench = Bench::Service(Arc::new(sim));
    let drawn = draw(&all, usize::try_from(cells)?, seed);
    let (began, mut tally) = (Instant::now(), Tally::default());
    for (number, cell) in drawn.iter().enumerate() {
        play(&settings, &bench, cell, &mut tally)
            .with_context(|| format!("tap {number}: {cell:?}"))?;
        if (number + 1) % (drawn.len() / LINES).max(1) == 0 {
            let seconds = began.elapsed().as_secs();
            println!(
                "  ok  {} of {} over the service, {seconds} s",
                number + 1,
                drawn.len()
            );
        }
    }
    println!("  ok  over the service: {tally}");
    println!(
        "\nThe torn taps hold: {} cells over the service, {} in this process",
        drawn.len(),
        all.len()
    );
    Ok(())
}

fn play(settings: &[Setting], bench: &Bench, cell: &Cell, tally: &mut Tally) -> Result<()> {
    let setting = settings.iter().find(|one| one.operation == cell.operation);
    let player = Player {
        setting: setting.context("a setting")?,
        bench: bench.clone(),
        plant: None,
    };
    tally.add(cell, player.play(cell)?.outcome);
    Ok(())
}

/// So many of all, without putting back; the same for the same seed.
fn draw(all: &[Cell], count: usize, seed: u64) -> Vec<Cell> {
    let (mut left, mut chance) = (all.to_vec(), Chance::new(seed));
    let mut drawn = Vec::new();
    while drawn.len() < count && !left.is_empty() {
        let at = chance.below(left.len() as u64);
        drawn.push(left.swap_remove(usize::try_from(at).unwrap_or(0)));
    }
    drawn
}

fn number(name: &str, otherwise: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .with_context(|| format!("{name} is no number: {value:?}")),
        Err(_) => Ok(otherwise),
    }
}

/// The PC/SC library reads where its service is when it is first used: this program once more, told.
fn again_with_a_socket() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.env(SOCKET, folder.path().join("pcscd.sock"));
    let ended = command.status()?;
    anyhow::ensure!(ended.success(), "the torn taps do not hold");
    Ok(())
}
