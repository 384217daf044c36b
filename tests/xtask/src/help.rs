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
  soak           The hard parts again and again with other seeds, TILLSIDE_SEED=S to repeat one. Some hours on
                 two cores, besides the builds.
      --only story   Sales, with an agent and an HQ that die: TILLSIDE_SOAK_ROUNDS=N (default 20, some
                     seconds each). --data DIR behind it keeps everything in DIR.
      --only torn    Cards torn away over a real card service: TILLSIDE_TORN_CELLS=N (default 1000, two
                     seconds each).
      --only simulation
                     The whole chain in one process, seed after seed, built for release:
                     TILLSIDE_SIMULATED_SEEDS=N (default 10000, some minutes).
      --only power-cuts
                     States that a power cut may leave of the till's database, and a disk that fails at
                     each call, built for release: TILLSIDE_POWER_CUTS=N (default 100000, half
                     an hour).
      --only kills   The real agent killed while it sells: TILLSIDE_KILLS=N (default 5000, half a second
                     each, two at a time).
      --only cards   Damaged answers, built for release: TILLSIDE_DAMAGED_CARDS=N for each protocol
                     (default 10000000, three minutes in all).
      --only journal Attacks on a till's journal and on an exported one: TILLSIDE_JOURNAL_ATTACKS=N of
                     each (default 20000, ten minutes in all).
      --only properties
                     Properties of the core and the store from other seeds: PROPTEST_CASES=N (default
                     20000 of each).
      --only mutants [NAME]
                     The bugs of tests/mutants, each planted in a copy of the tree, where a test must
                     fail; only those with NAME in their names, if it is given. Some minutes each.
  help           This text.
";

/// Prints the help.
pub fn print() {
    print!("{TEXT}");
}
