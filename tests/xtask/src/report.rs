//! Reads what the test runners said last.

/// Whether a line of `cargo test` closes one test program.
pub fn closes_cargo(line: &str) -> bool {
    line.starts_with("test result: ")
}

/// Whether a line of the screen's test runner belongs to its closing summary.
pub fn closes_npm(line: &str) -> bool {
    let line = plain(line);
    let line = line.trim_start();
    [
        "Test Files",
        "Tests ",
        "# tests",
        "# pass",
        "# fail",
        "ℹ tests",
        "ℹ pass",
        "ℹ fail",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// Whether a line closes the story.
pub fn closes_story(line: &str) -> bool {
    line.starts_with("The story ")
}

/// The line with which a kind of card ends its damaged conversations.
pub fn closes_damage(line: &str) -> bool {
    line.contains(" damaged conversations held ")
}

/// Adds up what `cargo test` said of its test programs.
pub fn sum(lines: &[String]) -> String {
    let total = |word: &str| -> u64 { lines.iter().map(|line| count(line, word)).sum() };
    format!(
        "cargo test: {} passed; {} failed; {} ignored; in {} test programs",
        total("passed"),
        total("failed"),
        total("ignored"),
        lines.len()
    )
}

/// The number before `word` in `test result: ok. 12 passed; 0 failed; …`.
fn count(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

/// A line without a terminal's colours.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in line.chars() {
        match letter {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if inside => {}
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{closes_damage, closes_npm, sum};

    #[test]
    fn results_add_up() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ]
        .map(str::to_owned);
        assert_eq!(
            sum(&lines),
            "cargo test: 15 passed; 2 failed; 1 ignored; in 2 test programs"
        );
    }

    #[test]
    fn damaged_cards_end_with_a_line_that_is_no_progress() {
        let line = "  ok  FeliCa Lite-S: 10 damaged conversations held (9 refused), 5 a second";
        assert!(closes_damage(line));
        assert!(!closes_damage("  ..  FeliCa Lite-S: 5 of 10, 1 s"));
    }

    #[test]
    fn a_coloured_summary_is_known() {
        assert!(closes_npm("\u{1b}[2m      Tests \u{1b}[22m 12 passed"));
        assert!(!closes_npm("some other line"));
    }
}
