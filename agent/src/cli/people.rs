//! `tillside people`: who may sign in at this till.

use super::{Failure, Outcome, store};
use clap::{Args, Subcommand, ValueEnum};
use std::io::{BufRead, IsTerminal, Write};
use std::process::Command;
use tillside::{DataFolder, Pin};
use tillside_core::PersonId;
use tillside_store::{Person, Role};

/// Who may sign in.
#[derive(Debug, Args)]
pub(super) struct People {
    #[command(subcommand)]
    command: PeopleCommand,
}

#[derive(Debug, Subcommand)]
enum PeopleCommand {
    /// Adds somebody, or gives them a new name, role and PIN.
    Add(Add),
    /// Lists everybody.
    List,
    /// Takes somebody off the list.
    Remove {
        /// Who, as `list` shows them.
        person: PersonId,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// A short code, such as anna.
    person: PersonId,
    /// The name as the screen shows it.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long, value_enum)]
    role: RoleName,
    /// Read the PIN (4 to 8 digits) as one line of standard input instead of asking for it.
    #[arg(long)]
    pin_stdin: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Sells.
    Cashier,
    /// Sells, voids, reads the reports.
    Manager,
}

impl People {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        match self.command {
            PeopleCommand::Add(add) => add.run(data),
            PeopleCommand::List => list(data),
            PeopleCommand::Remove { person } => remove(data, &person),
        }
    }
}

impl Add {
    fn run(self, data: &DataFolder) -> Outcome {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 60 {
            return Err(Failure::said("A name has 1 to 60 characters."));
        }
        let mut store = store(data)?;
        let pin = if self.pin_stdin { line()? } else { asked()? };
        let pin = Pin::new(pin.trim())?.hash()?;
        let role = match self.role {
            RoleName::Cashier => Role::Cashier,
            RoleName::Manager => Role::Manager,
        };
        store.put_person(&Person {
            person: self.person.clone(),
            name: name.to_owned(),
            role,
            pin,
            failed_tries: 0,
            locked_until: None,
        })?;
        println!("{} ({name}) may sign in as {}.", self.person, role.code());
        Ok(())
    }
}

fn list(data: &DataFolder) -> Outcome {
    let people = store(data)?.people()?;
    if people.is_empty() {
        println!(
            "Nobody may sign in yet. Add somebody: tillside people add anna --name Anna --role cashier"
        );
    }
    for person in people {
        println!("{}\t{}\t{}", person.person, person.role.code(), person.name);
    }
    Ok(())
}

fn remove(data: &DataFolder, person: &PersonId) -> Outcome {
    if store(data)?.remove_person(person)? {
        println!("{person} may not sign in any more.");
        Ok(())
    } else {
        let text = format!("{person} is not on the list. `tillside people list` shows who is.");
        Err(Failure::said(text))
    }
}

/// A PIN typed twice at the terminal, unseen where the terminal can do that.
fn asked() -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::said(
            "There is no terminal to ask for the PIN. Use --pin-stdin and send it as one line.",
        ));
    }
    let _unseen = Unseen::begin();
    let first = prompt("PIN (4 to 8 digits): ")?;
    let second = prompt("The same again: ")?;
    if first.trim() != second.trim() {
        return Err(Failure::said(
            "The two are not the same. Nothing was changed; try again.",
        ));
    }
    Ok(first)
}

/// A PIN that is known already, typed once.
pub(super) fn asked_once(stdin: bool) -> Result<String, Failure> {
    if stdin {
        return line();
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::said(
            "There is no terminal to ask for the PIN. Use --pin-stdin and send it as one line.",
        ));
    }
    let _unseen = Unseen::begin();
    prompt("PIN: ")
}

fn prompt(text: &str) -> Result<String, Failure> {
    eprint!("{text}");
    std::io::stderr().flush()?;
    let typed = line();
    eprintln!();
    typed
}

fn line() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text)?;
    Ok(text)
}

/// Typing is not shown until this is dropped.
struct Unseen;

impl Unseen {
    fn begin() -> Self {
        echo("-echo");
        Self
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        echo("echo");
    }
}

/// Best effort: where there is no `stty`, typing is seen.
fn echo(how: &str) {
    let _ = Command::new("stty").arg(how).status();
}
