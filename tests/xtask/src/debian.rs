//! The Debian packages that building, running and testing need.

use crate::run::{self, Failure};
use std::time::Instant;

/// What the packages are for: a demo needs fewer than the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// To build, and to run the demo.
    Demo,
    /// To run all tests too.
    Tests,
}

/// Package, and why.
type Package = (&'static str, &'static str);

const DEMO: &[Package] = &[
    ("gcc", "the linker, SQLite and the cryptography"),
    ("libc6-dev", "the linker"),
    ("pkg-config", "finds the libraries below"),
    ("libpcsclite-dev", "card readers over PC/SC"),
    ("libnfc-dev", "card readers on serial ports"),
    ("libclang-dev", "reads libnfc's headers"),
    ("libwebkit2gtk-4.1-dev", "the till window"),
    ("pcscd", "the card reader service"),
    ("vsmartcard-vpcd", "the simulated reader's driver"),
    ("libfaketime", "thirty days in some seconds, for the story"),
    ("fonts-dejavu-core", "text in the till window"),
];

const TESTS: &[Package] = &[
    ("procps", "ends a program by its id"),
    ("opensc", "another program's view of a simulated card"),
    ("pcsc-tools", "another program's view of a simulated reader"),
    ("libnfc-bin", "other programs at a simulated PN532"),
    (
        "libfreefare-bin",
        "other programs for simulated MIFARE cards",
    ),
    ("softhsm2", "a PKCS#11 token for keys"),
    ("python3-venv", "a place for nfcpy and python-desfire"),
    ("xvfb", "a display for the till window"),
    ("webkit2gtk-driver", "drives the till window"),
    ("dbus", "the till window's accessibility"),
    ("fonts-noto-cjk", "names in Japanese and Chinese"),
    ("chromium", "the same screen in a browser"),
    ("chromium-driver", "drives that browser"),
];

/// Installs the packages that are missing. Without root it says what to type, and fails.
pub fn install(purpose: For) -> Result<(), Failure> {
    let began = Instant::now();
    let wanted = || {
        let tests = if purpose == For::Tests { TESTS } else { &[] };
        DEMO.iter().chain(tests)
    };
    let Some(missing) = missing(wanted()) else {
        return foreign_system(wanted());
    };
    if missing.is_empty() {
        run::done(
            &format!("{} Debian packages are there", wanted().count()),
            began.elapsed(),
        );
        return Ok(());
    }
    let install = [&["install", "-y", "--no-install-recommends"], &missing[..]].concat();
    if run::answer("id", &["-u"]).as_deref() != Some("0") {
        return Err(Failure::new(format!(
            "{} Debian packages are missing, and only root can install them. Type this, then run \
             the same again:\n\n  sudo apt-get update\n  sudo apt-get {}\n",
            missing.len(),
            install.join(" ")
        )));
    }
    run::step("fetch the package list", apt(&["update", "-q"]))?;
    run::step(&format!("install {}", missing.join(" ")), apt(&install))
}

fn apt(arguments: &[&str]) -> std::process::Command {
    let mut command = run::program("apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The packages of `wanted` that are not installed; none if this is no Debian.
fn missing<'a>(wanted: impl Iterator<Item = &'a Package>) -> Option<Vec<&'static str>> {
    let listed = run::program(
        "dpkg-query",
        &["--show", "--showformat=${Package} ${db:Status-Status}\n"],
    )
    .output()
    .ok()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    Some(
        wanted
            .map(|(name, _)| *name)
            .filter(|name| !is_installed(&listed, name))
            .collect(),
    )
}

fn is_installed(listed: &str, name: &str) -> bool {
    let line = format!("{name} installed");
    listed.lines().any(|found| found == line)
}

fn foreign_system<'a>(wanted: impl Iterator<Item = &'a Package>) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        println!("  --           This is no Linux: no packages to install here.");
        return Ok(());
    }
    let list: Vec<String> = wanted
        .map(|(name, why)| format!("  {name:<24} {why}"))
        .collect();
    Err(Failure::new(format!(
        "This set-up knows Debian and its relatives (apt-get), and this system is none. Install \
         what corresponds to these packages:\n\n{}\n",
        list.join("\n")
    )))
}

#[cfg(test)]
mod tests {
    use super::is_installed;

    #[test]
    fn a_removed_package_and_a_longer_name_do_not_count() {
        let listed = "pcscd config-files\nxvfb-extra installed\ndbus installed\n";
        assert!(is_installed(listed, "dbus"));
        assert!(!is_installed(listed, "pcscd"));
        assert!(!is_installed(listed, "xvfb"));
    }
}
