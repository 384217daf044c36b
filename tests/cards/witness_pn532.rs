//! The same witnesses through a bare PN532 on a serial line: libnfc, and the till's backend over it.

use std::time::Duration;
use tillside_cards::scheme::Keys;
use tillside_cards::{CardAuthority, IdentityError, identify_with};
use tillside_drivers::CardReader;
use tillside_drivers::libnfc::LibnfcReader;
use tillside_sim::{ReaderModel, SavedCard, SimConfig, Simulator};

use crate::personal::Desk;
use crate::stage::{MEMBER, Vault, random, scheme};
use crate::witness::KINDS;

/// Nothing takes this long unless it is broken.
const HOPELESS: Duration = Duration::from_secs(30);

#[test]
fn a_card_of_the_chain_is_proved_through_libnfc_and_a_copied_number_is_not() {
    let config = SimConfig {
        readers: vec![ReaderModel::Pn532],
        socket: None,
    };
    let sim = Simulator::start(&config).unwrap();
    let mut reader = LibnfcReader::open(&sim.reader(1).unwrap().name).unwrap();
    let scheme = scheme();
    let desk = Desk {
        vault: &Vault,
        scheme: &scheme,
        version: 1,
    };
    let keys = Keys {
        vault: &Vault,
        scheme: &scheme,
    };
    for kind in &KINDS {
        let spec = kind.spec();
        let mut neighbour = spec.uid.clone();
        *neighbour.last_mut().unwrap() ^= 1;
        let mut tap = |card: SavedCard| {
            sim.shelf().put(&spec, card);
            sim.tap(1, &spec).unwrap();
            let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
            let found = identify_with(
                reader.connect(&lying).unwrap().as_mut(),
                Some(&keys),
                &mut random,
            );
            sim.remove(1).unwrap();
            assert!(reader.wait_for_removal(&lying, HOPELESS).unwrap());
            found
        };
        let found = tap((kind.make)(&desk, &spec, &spec.uid)).unwrap();
        assert_eq!(found.kind, kind.kind);
        assert_eq!(found.uid.as_bytes(), spec.uid);
        assert_eq!(found.member, Some(MEMBER), "{}", kind.card);
        assert_eq!(found.authority(), CardAuthority::Authenticated);
        let copied = tap((kind.make)(&desk, &spec, &neighbour));
        assert!(
            matches!(copied, Err(IdentityError::NotOurs)),
            "{}: {copied:?}",
            kind.card
        );
    }
}
