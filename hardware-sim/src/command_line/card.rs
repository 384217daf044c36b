//! `tillside-sim card`: cards looked at, kept in files, put back, made new.
//!
//! Keys are shown when they are asked for, and are always in a file: without them the card could not
//! be put back.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};
use tillside_sim::SavedCard;
use tillside_sim::client::SimClient;
use tillside_sim::control::CardView;

/// Bytes of a page.
const PAGE: usize = 4;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum CardAction {
    /// The cards that were laid down, loaded or made, and where they lie
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// What a card remembers: applications, files, values, key versions, pages
    Show {
        /// A name (see `cards`) or a description, as for `tap`
        card: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
        /// Keys and passwords too
        #[arg(long)]
        keys: bool,
    },
    /// Keep a card in a file, keys too
    Save {
        /// A name or a description
        card: String,
        /// Where
        file: PathBuf,
    },
    /// Put a card back as it was kept: counters are played back
    Load {
        /// What `save` wrote
        file: PathBuf,
        /// Put it into this card instead, which is how a clone is made
        #[arg(long = "as", value_name = "CARD")]
        other: Option<String>,
    },
    /// A new card in place of the one before: the same number, the factory's keys, nothing on it
    New {
        /// A name or a description
        card: String,
        /// It shows another number at each tap (DESFire, NTAG 424)
        #[arg(long)]
        random_id: bool,
    },
}

pub(super) fn act(action: CardAction, bench: &SimClient) -> anyhow::Result<()> {
    match action {
        CardAction::List { json } => list(&bench.cards()?, json)?,
        CardAction::Show { card, json, keys } => show(&bench.card(&card)?, json, keys)?,
        CardAction::Save { card, file } => {
            let view = bench.card(&card)?;
            let kept = json!({ "card": view.card, "memory": view.memory });
            fs::write(&file, format!("{kept:#}\n"))
                .with_context(|| format!("writing {}", file.display()))?;
            println!("{} is in {}, keys too", view.card, file.display());
        }
        CardAction::Load { file, other } => {
            let (card, memory) = kept(&file)?;
            let view = bench.load_card(other.as_deref().unwrap_or(&card), &memory)?;
            println!("{} is as in {}", view.card, file.display());
        }
        CardAction::New { card, random_id } => {
            let view = bench.new_card(&card)?;
            if let Some(memory) = view.memory.filter(|_| random_id) {
                let hidden = memory.with("/random_id", json!(true));
                let hidden = hidden.with_context(|| format!("{card} cannot hide its number"))?;
                bench.load_card(&card, &hidden)?;
            }
            println!("{} is new", view.card);
        }
    }
    Ok(())
}

fn kept(file: &PathBuf) -> anyhow::Result<(String, SavedCard)> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let strange = || format!("{} holds no card that `card save` wrote", file.display());
    let mut value: Value = serde_json::from_str(&text).with_context(strange)?;
    let memory = serde_json::from_value(value["memory"].take()).with_context(strange)?;
    let card = value["card"].as_str().with_context(strange)?;
    Ok((card.to_owned(), memory))
}

fn list(cards: &[CardView], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(cards)?);
        return Ok(());
    }
    for card in cards {
        match card.reader {
            Some(reader) => println!("{:<34} on reader {reader}", card.card),
            None => println!("{:<34} on no reader", card.card),
        }
    }
    Ok(())
}

fn show(view: &CardView, json: bool, keys: bool) -> anyhow::Result<()> {
    let saved = view
        .memory
        .as_ref()
        .context("the simulator sent no memory")?;
    let mut memory = saved.memory();
    let hidden = if keys { None } else { hide_pages(&mut memory)? };
    if json {
        if !keys {
            hide_fields(&mut memory);
        }
        let view = json!({ "card": view.card, "reader": view.reader, "is_new": view.is_new, "memory": memory });
        println!("{view}");
        return Ok(());
    }
    println!("{}", view.card);
    if view.is_new {
        println!("never laid down: as it comes out of its box");
    }
    print!(
        "{}",
        serde_json::from_value::<SavedCard>(memory.clone())?.describe()
    );
    if let Some((first, last)) = hidden {
        println!("secrets in pages {first:02X} to {last:02X}: (shown as zeros)");
    }
    if keys {
        each_key(&memory, String::new(), &mut |place, key| {
            println!("{place}: {key}")
        });
    }
    Ok(())
}

/// Where chips with pages keep what is secret, first and last (their data sheets): PWD and PACK of
/// an NTAG21x, both keys of an Ultralight AES.
fn secret_pages(memory: &Value) -> Option<(usize, usize)> {
    match (memory["chip"].as_str()?, memory["model"].as_str()) {
        ("ultralight-aes", _) => Some((0x30, 0x37)),
        ("ntag21x", Some("ntag213")) => Some((0x2B, 0x2C)),
        ("ntag21x", Some("ntag215")) => Some((0x85, 0x86)),
        ("ntag21x", Some("ntag216")) => Some((0xE5, 0xE6)),
        _ => None,
    }
}

/// Writes zeros over secret pages.
fn hide_pages(memory: &mut Value) -> anyhow::Result<Option<(usize, usize)>> {
    let Some((first, last)) = secret_pages(memory) else {
        return Ok(None);
    };
    let mut text = memory["pages"].as_str().unwrap_or_default().to_owned();
    let range = 2 * PAGE * first..2 * PAGE * (last + 1);
    let zeros = "0".repeat(range.len());
    if !text.is_char_boundary(range.start) || !text.is_char_boundary(range.end) {
        anyhow::bail!("the card's pages are not what such a card has");
    }
    text.replace_range(range, &zeros);
    memory["pages"] = text.into();
    Ok(Some((first, last)))
}

fn hide_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "key" && field.is_string() {
                    *field = "(not shown)".into();
                }
                hide_fields(field);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_fields),
        _ => {}
    }
}

/// Every key with its place (RFC 6901).
fn each_key(value: &Value, place: String, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let place = format!("{place}/{name}");
                match field.as_str() {
                    Some(key) if name == "key" => found(&place, key),
                    _ => each_key(field, place, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                each_key(item, format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}
