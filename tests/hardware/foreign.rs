//! Programs that are not ours see the same reader and the same card, also while a till runs.

use std::process::Command;

use crate::stage::{Till, name_of, on_stage, tap};

/// Runs OpenSC's tool against the same pcscd (the environment names it).
fn opensc(arguments: &[&str]) -> String {
    let output = Command::new("opensc-tool")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("opensc-tool does not run ({error}): install it with `cargo xtask setup`")
        });
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    out
}

on_stage! {
    fn opensc_lists_the_readers_and_reads_atr_and_uid(sim) on [Acr122, Acr1252] {
        let listed = opensc(&["--list-readers"]);
        let name = name_of(sim, 2);
        assert!(listed.contains(&name_of(sim, 1)) && listed.contains(&name), "{listed}");
        let till = Till::start();
        till.expect(&["up"]);
        till.expect_unordered(&["+122", "+1252"]);
        tap(sim, 2, "anna");
        till.expect(&["1252 Ntag215 04A1B2C3D4E5F6"]);
        let atr = opensc(&["--reader", &name, "--atr"]);
        assert!(atr.contains("3b:8f:80:01:80:4f:0c:a0:00:00:03:06:03:00:03:00:00:00:00:68"), "{atr}");
        let uid = opensc(&["--reader", &name, "--send-apdu", "FF:CA:00:00:00"]);
        assert!(uid.contains("SW1=0x90, SW2=0x00") && uid.contains("04 A1 B2 C3 D4 E5 F6"), "{uid}");
        // It resets the card as it goes, and holds it while it works; our next tap does not care.
        sim.remove(2).unwrap();
        till.expect(&["1252 empty"]);
        tap(sim, 2, "ben");
        till.expect(&["1252 Ntag213 0451C2D3E4F5A6"]);
    }
}
