//! The transcript: every step, what was expected and what was seen.

use anyhow::{Result, bail};
use std::fmt::Display;
use std::time::Instant;

/// Prints the story as it goes, and stops it at the first thing that is wrong.
pub struct Transcript {
    steps: u32,
    checks: u32,
    began: Instant,
}

impl Transcript {
    /// An empty one.
    pub fn begin(title: &str) -> Self {
        println!("\n{title}\n");
        Self {
            steps: 0,
            checks: 0,
            began: Instant::now(),
        }
    }

    /// The next step.
    pub fn step(&mut self, title: &str) {
        self.steps += 1;
        println!("\n{:>2}  {title}", self.steps);
    }

    /// Something worth knowing that is no check.
    pub fn note(&self, words: impl Display) {
        println!("      {words}");
    }

    /// Something a person would read, quoted line by line.
    pub fn quote(&self, text: &str) {
        for line in text.lines() {
            println!("      | {line}");
        }
    }

    /// What was seen must be what was expected.
    pub fn equal<T: PartialEq<U> + Display, U: Display>(
        &mut self,
        what: &str,
        seen: T,
        expected: U,
    ) -> Result<()> {
        let holds = seen == expected;
        self.check(what, holds, &seen.to_string(), &expected.to_string())
    }

    /// A text must contain words.
    pub fn says(&mut self, what: &str, seen: &str, expected: &str) -> Result<()> {
        let holds = seen.to_lowercase().contains(&expected.to_lowercase());
        self.check(
            what,
            holds,
            &format!("\"{seen}\""),
            &format!("… {expected} …"),
        )
    }

    /// A condition on what was seen; `expected` says it in words.
    pub fn holds(
        &mut self,
        what: &str,
        seen: impl Display,
        holds: bool,
        expected: &str,
    ) -> Result<()> {
        self.check(what, holds, &seen.to_string(), expected)
    }

    /// The last line.
    pub fn end(&self) {
        println!(
            "\nThe story holds: {} steps, {} checks, {:.1} s",
            self.steps,
            self.checks,
            self.began.elapsed().as_secs_f64()
        );
    }

    fn check(&mut self, what: &str, holds: bool, seen: &str, expected: &str) -> Result<()> {
        self.checks += 1;
        if holds {
            println!("  ok  {what}: {seen}   (expected {expected})");
            return Ok(());
        }
        println!("  NO  {what}\n        expected  {expected}\n        seen      {seen}");
        bail!("Step {} is wrong: {what}", self.steps)
    }
}
