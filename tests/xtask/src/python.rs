//! Python programs that talk to a simulated reader, in a place of their own below `target`.

use crate::run::{self, Failure};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

/// What is installed, each with its exact version. nfcpy drives a PN532 by itself; python-desfire
/// authenticates to DESFire cards, over a PN532 too.
const PACKAGES: &[&str] = &[
    "nfcpy==1.0.4",
    "ndeflib==0.3.3",
    "pyserial==3.5",
    "pyDes==2.0.1",
    "libusb1==3.4.0",
    "python-desfire==0.1.5",
    "pycryptodome==3.24.1",
];

fn folder() -> PathBuf {
    run::target().join("tools/python")
}

/// Installs the packages, unless these very ones are there. Where pip cannot (no network, an index
/// without them) it says so and the set-up goes on: the tests that need them fail and say the same.
pub fn install() -> Result<(), Failure> {
    let began = Instant::now();
    let mark = folder().join(".installed");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        run::done("Python packages are there", began.elapsed());
        return Ok(());
    }
    let place = folder().to_string_lossy().into_owned();
    run::step(
        "make a place for Python packages below target",
        run::program("python3", &["-m", "venv", "--clear", &place]),
    )?;
    let mut pip = run::program(
        folder().join("bin/python"),
        &["-m", "pip", "install", "--quiet", "--no-deps"],
    );
    pip.arg("--disable-pip-version-check").args(PACKAGES);
    if run::step(&format!("pip install {}", PACKAGES.join(" ")), pip).is_err() {
        println!(
            "  --           pip could not install them: the tests of tests/foreign/python.rs will \
             fail. Give pip a package index that it reaches (pip config), then run cargo xtask setup \
             again."
        );
        return Ok(());
    }
    fs::write(&mark, wanted)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", mark.display())))
}
