//! The stage, left to a person: prints where everything is and what to try, and obeys typed words.

mod words;

use crate::cast::{Cast, PURSE};
use crate::options::Options;
use anyhow::Result;
use std::process::Command;
use tillside_tests::{Person, Running, program};
use tokio::sync::mpsc::{Receiver, channel};

/// Sets the stage and stays until it is told to end.
pub async fn demo(options: &Options) -> Result<()> {
    println!("\nHQ, two stores and their card readers are being set up …");
    let mut cast = Cast::assemble(options).await?;
    let mut window = open_window(options, &cast)?;
    introduce(options, &cast, window.is_some()).await?;
    let mut typed = typed_lines();
    let mut watch = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            line = typed.recv() => match line {
                Some(line) => match words::obey(&mut cast, line.trim()).await {
                    Ok(words::Next::Stay) => {}
                    Ok(words::Next::End) => return Ok(()),
                    Err(error) => println!("That did not work: {error:#}"),
                },
                // Nobody types here: stay until a signal comes.
                None => std::future::pending().await,
            },
            _ = watch.tick() => {
                if options.data.is_some() && let Err(error) = cast.keep(PURSE) {
                    println!("The card with a purse was not kept: {error:#}");
                }
                if window.as_mut().is_some_and(|window| !window.is_alive()) {
                    println!("The till window was closed. The same screen is at the address above.");
                    window = None;
                }
            }
        }
    }
}

/// The till window of S1, where there is a display.
fn open_window(options: &Options, cast: &Cast) -> Result<Option<Running>> {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if !options.window || !(display || cfg!(windows)) {
        return Ok(None);
    }
    let mut command = Command::new(program("tillside-till")?);
    command.arg("--data").arg(cast.s1.folder()).arg("--attach");
    let log = cast.place().join("window.log");
    Ok(Some(Running::start("tillside-till", command, &log)?))
}

async fn introduce(options: &Options, cast: &Cast, window: bool) -> Result<()> {
    let at_s1 = cast.s1.api()?.browser_address();
    let at_s2 = cast.s2.api()?.browser_address();
    println!("\nTillside runs.\n");
    if window {
        println!("  The till of S1 is in the window. In a browser it is here too:");
    } else if options.window {
        println!("  There is no display for the till window. Open the same screen in a browser:");
    } else {
        println!("  The till's screen, for a browser:");
    }
    println!("    S1  {at_s1}\n    S2  {at_s2}");
    println!(
        "  HQ is at {}; what they keep is {} {}",
        cast.hq.address(),
        if options.data.is_some() {
            "in"
        } else {
            "until the end in"
        },
        cast.place().display()
    );
    let Person { pin: cashier, .. } = Person::ANNA;
    let Person { pin: manager, .. } = Person::MARA;
    println!("\n  Sign in as Anna (cashier, PIN {cashier}) or Mara (manager, PIN {manager}).\n");
    words::print(cast)
}

/// Lines typed at the terminal; ends when nobody can type any more.
fn typed_lines() -> Receiver<String> {
    let (sender, lines) = channel(8);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}
