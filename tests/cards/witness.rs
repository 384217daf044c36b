//! Each kind of card without a purse, from the simulated chip to the till's client, on every reader
//! that can carry it: the client and the chip were written from the public documents by people who did
//! not see each other's work, and neither shares a line of cryptography with the other.

use tillside_cards::ntag424::sdm::{self, Page, PageError, Proven};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_cards::{
    CardAuthority, CardKind, CardNote, IDENTIFY_APDU_LIMIT, Identified, IdentityError,
    identify_with,
};
use tillside_sim::{CardSpec, DirectReader, ReaderModel, SavedCard, Shelf};

use crate::personal::{Desk, MAC_AT, PICC_AT};
use crate::stage::{MEMBER, Vault, random, scheme};

const RAW: &[ReaderModel] = &[ReaderModel::Acr122, ReaderModel::Acr1252];
const ALL: &[ReaderModel] = &[
    ReaderModel::Acr122,
    ReaderModel::Acr1252,
    ReaderModel::Plain,
];

pub type Personalise = fn(&Desk<'_>, &CardSpec, &[u8]) -> SavedCard;

/// A kind of card: its name in the simulator, how it is made, and the readers that carry it.
pub struct Kind {
    pub kind: CardKind,
    pub card: &'static str,
    pub make: Personalise,
    readers: &'static [ReaderModel],
}

pub const KINDS: [Kind; 3] = [
    Kind {
        kind: CardKind::Ntag424,
        card: "ntag424:04D1A2B3C4D5E6",
        make: |desk, spec, uid| desk.ntag424(spec, uid),
        readers: ALL,
    },
    Kind {
        kind: CardKind::UltralightAes,
        card: "ultralight-aes:04E1A2B3C4D5E6",
        make: |desk, spec, uid| desk.ultralight_aes(spec, uid),
        readers: RAW,
    },
    Kind {
        kind: CardKind::FelicaLiteS,
        card: "felica:012E4CF1A2B3C4D5",
        make: |desk, spec, uid| desk.felica(spec, uid),
        readers: RAW,
    },
];

impl Kind {
    pub fn spec(&self) -> CardSpec {
        self.card.parse().unwrap()
    }

    /// Made for `scheme` with the keys of the card `keys_of`, laid on a reader.
    fn lie(&self, model: ReaderModel, scheme: &CardScheme, keys_of: &[u8]) -> DirectReader {
        let spec = self.spec();
        let desk = Desk {
            vault: &Vault,
            scheme,
            version: 1,
        };
        lay(model, &spec, (self.make)(&desk, &spec, keys_of))
    }
}

fn lay(model: ReaderModel, spec: &CardSpec, card: SavedCard) -> DirectReader {
    let shelf = Shelf::default();
    shelf.put(spec, card);
    let reader = DirectReader::new(model, &shelf);
    reader.lay(spec).unwrap();
    reader
}

fn identify(reader: &DirectReader) -> Result<Identified, IdentityError> {
    let scheme = scheme();
    let keys = Keys {
        vault: &Vault,
        scheme: &scheme,
    };
    identify_with(reader.session().unwrap().as_mut(), Some(&keys), &mut random)
}

#[test]
fn a_card_of_the_chain_is_proved_on_every_reader_that_carries_it() {
    for kind in &KINDS {
        for model in kind.readers {
            let reader = kind.lie(*model, &scheme(), &kind.spec().uid);
            let found = identify(&reader).unwrap();
            assert_eq!(found.kind, kind.kind);
            assert_eq!(found.uid.as_bytes(), kind.spec().uid, "{model:?}");
            assert_eq!(found.member, Some(MEMBER), "{} {model:?}", kind.card);
            assert_eq!(found.authority(), CardAuthority::Authenticated);
            let commands = reader.view().commands;
            assert!(
                commands <= IDENTIFY_APDU_LIMIT as u64,
                "{} {model:?}: {commands}",
                kind.card
            );
            // The same card, tapped again.
            reader.lift();
            reader.lay(&kind.spec()).unwrap();
            assert_eq!(identify(&reader).unwrap(), found);
        }
    }
}

#[test]
fn a_reader_that_cannot_carry_it_finds_a_number_only() {
    for kind in KINDS.iter().filter(|kind| kind.readers != ALL) {
        let reader = kind.lie(ReaderModel::Plain, &scheme(), &kind.spec().uid);
        let found = identify(&reader).unwrap();
        assert_eq!(found.authority(), CardAuthority::IdentifierOnly);
        assert_eq!(found.member, None);
        let noted = matches!(found.note, None | Some(CardNote::ReaderCannot));
        assert!(noted, "{:?}", found.note);
    }
}

/// The number is copied, the keys are another card's, those of the factory, or another chain's.
#[test]
fn a_copied_number_without_its_keys_is_not_ours() {
    let elsewhere = CardScheme {
        system_id: b"other chain".to_vec(),
        ..scheme()
    };
    for kind in &KINDS {
        let own = kind.spec().uid;
        let mut neighbour = own.clone();
        *neighbour.last_mut().unwrap() ^= 1;
        for model in kind.readers {
            let copies = [
                kind.lie(*model, &scheme(), &neighbour),
                kind.lie(*model, &elsewhere, &own),
                lay(*model, &kind.spec(), SavedCard::fresh(&kind.spec())),
            ];
            for (number, reader) in copies.iter().enumerate() {
                let found = identify(reader);
                let refused = matches!(found, Err(IdentityError::NotOurs));
                // Version 0 of a factory-fresh FeliCa is one that this till has no key for.
                let unkeyed = matches!(&found, Ok(found)
                    if found.authority() == CardAuthority::IdentifierOnly
                        && found.member.is_none() && found.note.is_some());
                assert!(
                    refused || (number == 2 && unkeyed),
                    "{} {model:?}, copy {number}: {found:?}",
                    kind.card
                );
            }
        }
    }
}

/// The page as a phone opens it: the tag's file, read without a key.
pub fn tapped(reader: &DirectReader, spec: &CardSpec) -> String {
    reader.lift();
    reader.lay(spec).unwrap();
    let mut session = reader.session().unwrap();
    let mut ask = |command: &[u8]| {
        let answer = session.transmit(command).unwrap();
        let (data, status) = answer.split_last_chunk::<2>().unwrap();
        assert_eq!(*status, [0x90, 0x00], "{command:02X?}");
        data.to_vec()
    };
    ask(b"\x00\xA4\x04\x0C\x07\xD2\x76\x00\x00\x85\x01\x01\x00");
    ask(b"\x00\xA4\x00\x0C\x02\xE1\x04");
    String::from_utf8(ask(b"\x00\xB0\x00\x00\x60")).unwrap()
}

fn verify(text: &str) -> Result<Proven, PageError> {
    let scheme = scheme();
    let keys = Keys {
        vault: &Vault,
        scheme: &scheme,
    };
    let page = Page {
        picc: &text[PICC_AT..PICC_AT + 32],
        signed: "",
        mac: &text[MAC_AT..MAC_AT + 16],
    };
    sdm::verify(page, &keys.chain(), 1)
}

#[test]
fn a_page_of_the_tag_is_proved_and_its_counter_goes_up() {
    let kind = &KINDS[0];
    for model in kind.readers {
        let reader = kind.lie(*model, &scheme(), &kind.spec().uid);
        let mut last = None;
        for tap in 1..=3 {
            let proven = verify(&tapped(&reader, &kind.spec())).unwrap();
            assert_eq!(proven.uid.as_slice(), kind.spec().uid);
            assert_eq!(proven.counter, tap);
            assert!(sdm::is_new(last, proven.counter));
            last = Some(proven.counter);
        }
        // The till's own tap proves the card, and is none of the phone's.
        assert_eq!(identify(&reader).unwrap().member, Some(MEMBER));
        let proven = verify(&tapped(&reader, &kind.spec())).unwrap();
        assert_eq!(proven.counter, 4);
    }
}

#[test]
fn a_page_played_back_is_not_new_and_one_of_other_keys_is_not_ours() {
    let kind = &KINDS[0];
    let (spec, model) = (kind.spec(), ReaderModel::Plain);
    let shelf = Shelf::default();
    let desk = Desk {
        vault: &Vault,
        scheme: &scheme(),
        version: 1,
    };
    shelf.put(&spec, desk.ntag424(&spec, &spec.uid));
    let reader = DirectReader::new(model, &shelf);
    reader.lay(&spec).unwrap();
    let first = verify(&tapped(&reader, &spec)).unwrap();
    let old = reader.card(&spec).unwrap();
    let second = verify(&tapped(&reader, &spec)).unwrap();
    assert!(sdm::is_new(Some(first.counter), second.counter));
    // The tag's memory as it was one tap before: a good page, and an old counter.
    shelf.put(&spec, old);
    reader.lift();
    reader.lay(&spec).unwrap();
    let again = verify(&tapped(&reader, &spec)).unwrap();
    assert_eq!(again, second);
    assert!(!sdm::is_new(Some(second.counter), again.counter));
    let mut neighbour = spec.uid.clone();
    neighbour[6] ^= 1;
    for copy in [
        desk.ntag424(&spec, &neighbour),
        desk.ntag424(&spec, &spec.uid)
            .with("/keys/3/key", "00".repeat(16).into())
            .unwrap(),
    ] {
        let page = tapped(&lay(model, &spec, copy), &spec);
        let found = verify(&page);
        assert!(matches!(found, Err(PageError::NotOurs)), "{found:?}");
    }
}
