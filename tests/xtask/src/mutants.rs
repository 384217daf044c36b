//! The soak's planted bugs: each patch of `tests/mutants` put into a copy of the tree, where the test that
//! it names must fail. None of them is ever in the tree itself.

use crate::run::{self, Failure};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Seeds for a simulated bug, unless the environment says another number.
const SEEDS: (&str, &str) = ("TILLSIDE_SIMULATED_SEEDS", "10000");
/// Seeds that the tree itself plays first: a test that fails anyway finds nothing.
const CONTROL: &str = "40";
/// What a bug's file says beside the change.
const FOUND_BY: &str = "Found-by: ";

/// A bug to be planted.
struct Mutant {
    name: String,
    patch: PathBuf,
    /// Arguments of `cargo test` for what must find it.
    test: Vec<String>,
}

/// Plants one after another, only those whose names have a text if one is given. Goes on after one that
/// was not found, and fails at the end.
pub fn mutants(options: &[&str]) -> Result<(), Failure> {
    let mutants = read(options.first().copied())?;
    let tree = run::target().join("mutants/tree");
    copy(&tree)?;
    control(&tree, &mutants)?;
    let mut missed = Vec::new();
    for mutant in &mutants {
        let began = Instant::now();
        apply(&tree, &mutant.patch, &[])?;
        let found = found(&tree, mutant);
        apply(&tree, &mutant.patch, &["--reverse"])?;
        match found? {
            Some(how) => run::done(&format!("{}: {how}", mutant.name), began.elapsed()),
            None => {
                println!("  NOT FOUND    {}", mutant.name);
                missed.push(mutant.name.as_str());
            }
        }
    }
    match missed.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("Not found: {}.", missed.join(", ")))),
    }
}

fn read(wanted: Option<&str>) -> Result<Vec<Mutant>, Failure> {
    let folder = run::root().join("tests/mutants");
    let mut patches: Vec<PathBuf> = entries(&folder)?;
    patches.retain(|path| path.extension().is_some_and(|kind| kind == "patch"));
    patches.sort();
    let mut mutants = Vec::new();
    for patch in patches {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy();
        if wanted.is_some_and(|wanted| !name.contains(wanted)) {
            continue;
        }
        let text = fs::read_to_string(&patch).map_err(|error| of(&patch, &error))?;
        let test = text.lines().find_map(|line| line.strip_prefix(FOUND_BY));
        let test = test.ok_or_else(|| {
            Failure::new(format!("{} has no line \"{FOUND_BY}…\"", patch.display()))
        })?;
        mutants.push(Mutant {
            name: name.into_owned(),
            test: test.split_whitespace().map(str::to_owned).collect(),
            patch,
        });
    }
    match mutants.is_empty() {
        true => Err(Failure::new("No patch in tests/mutants has that name.")),
        false => Ok(mutants),
    }
}

/// Makes the copy what git tracks and has not been deleted, touching only what differs, so that little is built again.
fn copy(tree: &Path) -> Result<(), Failure> {
    let list = run::answer(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    )
    .ok_or_else(|| Failure::new("git could not list the tree's files: run this in a clone"))?;
    let files: BTreeSet<PathBuf> = list.lines().map(PathBuf::from).collect();
    for file in &files {
        let (from, to) = (run::root().join(file), tree.join(file));
        let Ok(content) = fs::read(&from) else {
            continue;
        };
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        let folder = to.parent().unwrap_or(tree);
        fs::create_dir_all(folder).map_err(|error| of(folder, &error))?;
        fs::write(&to, content).map_err(|error| of(&to, &error))?;
    }
    clear(tree, tree, &files)
}

/// Removes what is in the copy and not in the tree.
fn clear(tree: &Path, folder: &Path, files: &BTreeSet<PathBuf>) -> Result<(), Failure> {
    for path in entries(folder)? {
        let within = path.strip_prefix(tree).unwrap_or(&path);
        if path.is_dir() {
            clear(tree, &path, files)?;
        } else if !files.contains(within) || !run::root().join(within).is_file() {
            fs::remove_file(&path).map_err(|error| of(&path, &error))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| of(folder, &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// Every test that is to find something passes while nothing is planted.
fn control(tree: &Path, mutants: &[Mutant]) -> Result<(), Failure> {
    let tests: BTreeSet<&[String]> = mutants.iter().map(|mutant| &mutant.test[..]).collect();
    for test in tests {
        let mut command = tester(tree, test);
        command.env(SEEDS.0, CONTROL);
        run::step(&format!("without a bug: {}", test.join(" ")), command)?;
    }
    Ok(())
}

fn tester(tree: &Path, test: &[String]) -> Command {
    let mut command = run::cargo(&["test", "--quiet", "--package"]);
    command
        .args(test)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", run::target().join("mutants/build"))
        .env("RUST_BACKTRACE", "0");
    command
}

/// How a planted bug was found, if it was; one that does not build is a failure.
fn found(tree: &Path, mutant: &Mutant) -> Result<Option<String>, Failure> {
    let words = |error: std::io::Error| Failure::new(format!("{}: {error}", mutant.name));
    let mut build = tester(tree, &mutant.test[..3.min(mutant.test.len())]);
    let built = build.args(["--no-run"]).status().map_err(words)?;
    if !built.success() {
        return Err(Failure::new(format!("{}: does not build", mutant.name)));
    }
    let mut command = tester(tree, &mutant.test);
    if std::env::var_os(SEEDS.0).is_none() {
        command.env(SEEDS.0, SEEDS.1);
    }
    let output = command.stdin(Stdio::null()).output().map_err(words)?;
    if output.status.success() {
        return Ok(None);
    }
    let said = [output.stdout, output.stderr].concat();
    Ok(Some(how(&String::from_utf8_lossy(&said))))
}

/// The first seed that found it, or the first words of the test that did.
fn how(said: &str) -> String {
    let seeds = said.split("TILLSIDE_SEED=").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    if let Some(seed) = seeds.min() {
        return format!("found by seed {seed}");
    }
    let error = said.lines().find(|line| line.starts_with("Error: "));
    let words = error.unwrap_or("a test failed");
    format!("found: {}", words.trim_start_matches("Error: "))
}

fn apply(tree: &Path, patch: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut git = Command::new("git");
    // The copy lies inside the tree; to git it shall be a folder of its own.
    git.args(["apply", "--whitespace=nowarn", "--unidiff-zero"])
        .args(options)
        .arg(patch)
        .current_dir(tree)
        .env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    let status = git.status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::new(format!(
            "{} does not apply: the code it changes has changed",
            patch.display()
        ))),
    }
}

fn of(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
