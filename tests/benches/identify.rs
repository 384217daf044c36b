//! Commands of an identification with the chain's keys, on readers of this process and on libnfc.
//!
//! Every kind of card that the simulator has, as the chain's personalisation desk leaves it and as it
//! comes out of its box, on each kind of reader. Counted at the reader: what it was sent, its own
//! pseudo-commands too; through libnfc, what the till's backend was asked to send.

use crate::personal::Desk;
use crate::stage::{Stage, Vault, random, scheme};
use anyhow::{Context, Result, anyhow, ensure};
use tillside_cards::scheme::Keys;
use tillside_cards::{CardAuthority, CardNote, Identified, IdentityError, identify_with};
use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::{CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind};
use tillside_sim::{CardSpec, DirectReader, ReaderModel, SavedCard, Shelf, catalogue};

/// The readers that PC/SC sees.
pub const MODELS: [ReaderModel; 3] = [
    ReaderModel::Acr122,
    ReaderModel::Acr1252,
    ReaderModel::Plain,
];
/// The cards that a purse can be on.
pub const PURSES: [&str; 2] = ["desfire-ev2:04213A8A1B2C80", "desfire-ev3:04F1A2B3C4D5E6"];
/// What a [`CardSpec`] is called whose chip shows another number at each tap.
const RANDOM: &str = "random number";

/// The most commands of one identification.
#[derive(Default)]
pub struct Most {
    /// How many.
    pub commands: usize,
    /// For which card on which reader.
    pub whose: String,
}

impl Most {
    /// One identification more.
    pub fn add(&mut self, commands: usize, whose: impl FnOnce() -> String) {
        if commands > self.commands {
            *self = Self {
                commands,
                whose: whose(),
            };
        }
    }
}

/// A card with what it remembers.
struct Made {
    name: String,
    spec: CardSpec,
    memory: SavedCard,
    /// The chain's, and to be proved where the reader can carry it.
    ours: bool,
}

/// The most over everything; and the most while the chain's keys are being replaced.
pub fn most() -> Result<(Most, Most)> {
    let cards = cards()?;
    let (mut now, mut rolling) = (Most::default(), Most::default());
    for card in &cards {
        for model in MODELS {
            let commands = on_reader(card, model, &Vault)?;
            now.add(commands, || format!("{} on {model:?}", card.name));
            let commands = on_reader(card, model, &Rolling)?;
            rolling.add(commands, || format!("{} on {model:?}", card.name));
        }
    }
    #[cfg(feature = "libnfc")]
    through_libnfc(&cards, &mut now)?;
    Ok((now, rolling))
}

/// Each kind of card as the chain makes it, and each of the catalogue out of its box.
fn cards() -> Result<Vec<Made>> {
    let scheme = scheme();
    let desk = Desk {
        vault: &Vault,
        scheme: &scheme,
        version: 1,
    };
    let mut cards = Vec::new();
    let mut add = |name: String, spec: &CardSpec, memory, ours| {
        let spec = spec.clone();
        cards.push(Made {
            name,
            spec,
            memory,
            ours,
        });
    };
    for card in PURSES {
        for random_id in [false, true] {
            let stage = Stage::new(ReaderModel::Acr122, card);
            stage
                .issue(random_id)
                .map_err(|error| anyhow!("{card}: {error}"))?;
            let memory = stage.reader.card(&stage.card).context("it lies there")?;
            let kind = if random_id { RANDOM } else { "issued" };
            add(format!("{card}, {kind}"), &stage.card, memory, true);
        }
    }
    for entry in catalogue() {
        let spec: CardSpec = entry.card.parse()?;
        let kind = entry.card.split(':').next().unwrap_or_default();
        let made = match kind {
            "ntag424" => Some(desk.ntag424(&spec, &spec.uid)),
            "ultralight-aes" => Some(desk.ultralight_aes(&spec, &spec.uid)),
            "felica" => Some(desk.felica(&spec, &spec.uid)),
            _ => None,
        };
        if let Some(memory) = made {
            add(format!("{kind}, the chain's"), &spec, memory, true);
        }
        add(
            format!("{kind}, out of its box"),
            &spec,
            SavedCard::fresh(&spec),
            false,
        );
    }
    Ok(cards)
}

fn on_reader(card: &Made, model: ReaderModel, vault: &dyn KeyVault) -> Result<usize> {
    let shelf = Shelf::default();
    shelf.put(&card.spec, card.memory.clone());
    let reader = DirectReader::new(model, &shelf);
    reader.lay(&card.spec)?;
    let found = identify(reader.session()?.as_mut(), vault);
    if model != ReaderModel::Plain {
        expected(card, &found)?;
    }
    Ok(usize::try_from(reader.view().commands)?)
}

fn identify(
    session: &mut dyn CardSession,
    vault: &dyn KeyVault,
) -> Result<Identified, IdentityError> {
    let scheme = scheme();
    let keys = Keys {
        vault,
        scheme: &scheme,
    };
    identify_with(session, Some(&keys), &mut random)
}

/// A short count is worth nothing if the card was not proved.
fn expected(card: &Made, found: &Result<Identified, IdentityError>) -> Result<()> {
    let proved = matches!(found, Ok(found) if found.authority() == CardAuthority::Authenticated);
    let noted = matches!(found, Ok(found) if found.note == Some(CardNote::ReaderCannot));
    ensure!(
        proved == card.ours && !noted,
        "{}: {found:?}, which was not expected",
        card.name
    );
    Ok(())
}

/// The chain's keys in two versions: every card still has the older one.
#[derive(Debug)]
struct Rolling;

impl KeyVault for Rolling {
    fn kind(&self) -> VaultKind {
        Vault.kind()
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        let both = |role| [1, 2].map(|version| HeldKey { role, version });
        Ok(KeyRole::ALL.into_iter().flat_map(both).collect())
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        match version {
            2 => Ok(CardKey::new(tillside_keys::aes_cmac(
                b"the keys to come",
                input.message(),
            ))),
            version => Vault.derive(role, version, input),
        }
    }
}

/// What is asked of a session, counted.
struct Counted<'s> {
    inner: &'s mut dyn CardSession,
    commands: usize,
}

impl CardSession for Counted<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.commands += 1;
        self.inner.transmit(command)
    }

    fn atr(&self) -> &[u8] {
        self.inner.atr()
    }

    fn reader(&self) -> &str {
        self.inner.reader()
    }
}

#[cfg(feature = "libnfc")]
fn through_libnfc(cards: &[Made], most: &mut Most) -> Result<()> {
    use tillside_drivers::CardReader;
    use tillside_drivers::libnfc::LibnfcReader;
    use tillside_sim::{SimConfig, Simulator};

    const HOPELESS: std::time::Duration = std::time::Duration::from_secs(30);
    let sim = Simulator::start(&SimConfig {
        readers: vec![ReaderModel::Pn532],
        socket: None,
    })?;
    let mut reader = LibnfcReader::open(&sim.reader(1)?.name)?;
    for card in cards {
        sim.shelf().put(&card.spec, card.memory.clone());
        sim.tap(1, &card.spec)?;
        let lying = reader.wait_for_card(HOPELESS)?.context("no card is seen")?;
        let mut session = reader.connect(&lying)?;
        let mut counted = Counted {
            inner: session.as_mut(),
            commands: 0,
        };
        expected(card, &identify(&mut counted, &Vault))?;
        most.add(counted.commands, || {
            format!("{} on a PN532 (libnfc)", card.name)
        });
        drop(session);
        sim.remove(1)?;
        ensure!(
            reader.wait_for_removal(&lying, HOPELESS)?,
            "the card is still seen"
        );
    }
    Ok(())
}
