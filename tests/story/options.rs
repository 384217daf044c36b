//! What to play, as the command line says it.

use std::path::PathBuf;

/// What to play.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// The steps, checked.
    Script,
    /// The stage, left to a person.
    Demo,
    /// The hard parts, over and over.
    Soak,
}

/// What to play, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// What.
    pub command: Command,
    /// Keep everything here; otherwise in a temporary folder.
    pub data: Option<PathBuf>,
    /// Whether to open the till window if there is a display.
    pub window: bool,
    /// Chance begins here.
    pub seed: u64,
    /// How many rounds of the soak.
    pub rounds: u32,
}

impl Options {
    /// Reads the words of the command line, and the two environment variables.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let command = match words.next().as_deref() {
            Some("script") => Command::Script,
            Some("demo") => Command::Demo,
            Some("soak") => Command::Soak,
            _ => {
                return Err(
                    "usage: tillside-story script|demo|soak [--data DIR] [--no-window]".into(),
                );
            }
        };
        let mut options = Self {
            command,
            data: None,
            window: true,
            seed: number("TILLSIDE_SEED")?.unwrap_or(20),
            rounds: number("TILLSIDE_SOAK_ROUNDS")?.unwrap_or(20),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--data" => {
                    let folder = words.next().ok_or("--data needs a folder")?;
                    options.data = Some(folder.into());
                }
                "--no-window" => options.window = false,
                other => {
                    return Err(format!(
                        "\"{other}\" is no option of this. See cargo xtask help"
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn number<N: std::str::FromStr>(variable: &str) -> Result<Option<N>, String> {
    let Ok(text) = std::env::var(variable) else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| format!("{variable} must be a number, and is \"{text}\""))
}
