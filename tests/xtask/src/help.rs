//! What `cargo xtask help` says.

const TEXT: &str = "\
cargo xtask COMMAND

  setup          Installs what is missing to build, run and test: Debian packages (needs root),
                 the screen's npm packages, two Python packages below target. Does nothing that was done already.
  demo           Starts HQ with a sample chain, a simulated card reader, the tills of two stores,
                 and opens the till window. Without a display: prints an address for a browser.
      --script       Plays the story without a person and prints it step by step.
      --data DIR     Keeps everything in DIR (default: a temporary folder that is removed).
      --no-window    Opens no window even if there is a display.
  test           Sets up, builds, and runs every test: Rust, the screen, and the story.
  ci             What has to be green: formatting, lints, documentation, licences and advisories,
                 the screen's checks, then `test`.
      --only PART    format, screen, lints, docs, licences or tests.
  bench          Measures, built for release, and prints a table of figures with their goals.
      --only ID      One figure (`--list` names them).
      --json         One JSON object a line.
  soak           Plays the hard parts of the story again and again with other seeds.
                 TILLSIDE_SOAK_ROUNDS=N (default 20), TILLSIDE_SEED=S to repeat one round.
  help           This text.
";

/// Prints the help.
pub fn print() {
    print!("{TEXT}");
}
