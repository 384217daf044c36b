//! The bugs that are kept as patches still fit the code that they change.

use super::tree::Tree;

/// What is wrong with the patches of `tests/mutants`, one line each.
pub fn stale(tree: &Tree) -> Vec<String> {
    let mutants = || {
        let all = tree.ending(&[".patch"]);
        all.filter(|file| file.path.starts_with("tests/mutants/"))
    };
    let mut breaches: Vec<String> = mutants()
        .flat_map(|file| {
            let what = wrong(tree, &file.text);
            what.map(|what| format!("{}: {what}", file.path))
        })
        .collect();
    if mutants().count() < 20 {
        breaches.push("there are fewer than twenty".to_owned());
    }
    breaches
}

fn wrong(tree: &Tree, patch: &str) -> Option<String> {
    let mut changes = patch.split("\n--- a/");
    let says = changes.next()?;
    if !says.contains("\nFound-by: tillside-") {
        return Some("does not say which test finds it (Found-by: …)".to_owned());
    }
    changes.find_map(|change| misfit(tree, change))
}

/// Why the change of one file does not fit it.
fn misfit(tree: &Tree, change: &str) -> Option<String> {
    let (path, rest) = change.split_once('\n')?;
    let Some(file) = tree.files.iter().find(|file| file.path == path) else {
        return Some(format!("{path} is gone"));
    };
    let mut hunks = rest.split("\n@@ ").skip(1);
    hunks.find_map(|hunk| {
        let before = side(hunk, '-');
        let fits = file.text.contains(&before) && before != side(hunk, '+');
        (!fits).then(|| format!("{path} has changed where it changes it"))
    })
}

/// One side of a hunk: what is in both, and the lines with this mark.
fn side(hunk: &str, mark: char) -> String {
    let lines = hunk.lines().skip(1);
    let kept = lines.filter_map(|line| line.strip_prefix([' ', mark]));
    kept.fold(String::new(), |text, line| text + line + "\n")
}
