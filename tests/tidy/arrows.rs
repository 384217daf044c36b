//! Which crate may depend on which.

use serde_json::Value;

/// The arrows, as data. A crate that is not here may not exist; a name after it may be depended on.
/// Dev-dependencies obey them too. `tillside-tests` may use everything and nobody may use it.
const ARROWS: &[(&str, &[&str])] = &[
    ("tillside-core", &[]),
    ("tillside-store", &["tillside-core"]),
    (
        "tillside",
        &[
            "tillside-core",
            "tillside-store",
            "tillside-drivers",
            "tillside-cards",
            "tillside-keys",
            "tillside-sync",
        ],
    ),
    ("tillside-drivers", &[]),
    ("tillside-keys", &[]),
    ("tillside-cards", &["tillside-drivers", "tillside-keys"]),
    ("tillside-protocol", &["tillside-core"]),
    ("tillside-sync", &["tillside-protocol"]),
    // HQ proves cards' transaction MACs with the chain's keys; it never talks to a card.
    (
        "tillside-hq",
        &["tillside-protocol", "tillside-core", "tillside-keys"],
    ),
    ("tillside-sim", &["tillside-drivers"]),
    // The window talks to the agent's local API; it names the crate to start an agent in its own process.
    ("tillside-till", &["tillside"]),
    ("xtask", &[]),
];

/// The one crate that may use all the others.
const TESTS: &str = "tillside-tests";

/// Each dependency between our crates that is not an arrow, and each crate without a place.
pub fn forbidden(metadata: &Value) -> Vec<String> {
    let ours: Vec<&str> = packages(metadata).map(name).collect();
    let mut breaches = Vec::new();
    for package in packages(metadata).filter(|package| name(package) != TESTS) {
        let Some((from, allowed)) = ARROWS.iter().find(|(from, _)| *from == name(package)) else {
            breaches.push(format!("{} has no place in the house", name(package)));
            continue;
        };
        let named = dependencies(package).map(name);
        breaches.extend(
            named
                .filter(|to| ours.contains(to) && !allowed.contains(to))
                .map(|to| format!("{from} → {to}")),
        );
    }
    breaches
}

/// Each crate but tillside-sync that depends on `backoff`.
pub fn outside_the_seam(metadata: &Value) -> Vec<String> {
    packages(metadata)
        .filter(|package| name(package) != "tillside-sync")
        .filter(|package| dependencies(package).any(|dependency| name(dependency) == "backoff"))
        .map(|package| format!("{} → backoff", name(package)))
        .collect()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().into_iter().flatten()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}
