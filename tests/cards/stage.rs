//! A vault, a scheme, a reader and a card.

use std::sync::atomic::{AtomicU64, Ordering};
use tillside_cards::issue::{IssueOrder, IssuedCard, issue};
use tillside_cards::purse::{
    CardDay, CardTransaction, CommitError, Committed, Movement, OpenPurse, PurseCard, PurseError,
    Standing,
};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_keys::{
    CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind, aes_cmac,
};
use tillside_sim::{CardSpec, DirectReader, Fault, FaultSetting, ReaderModel, Shelf};

pub const MEMBER: [u8; 16] = *b"member no. 00001";
pub const TERMINAL: [u8; 4] = *b"till";

/// A vault that holds every role, each with a master key of its own.
#[derive(Debug)]
pub struct Vault;

impl KeyVault for Vault {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        let held = KeyRole::ALL.map(|role| HeldKey { role, version: 1 });
        Ok(held.to_vec())
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        if version != 1 {
            return Err(VaultError::NotHeld { role, version });
        }
        let mut master = *b"a master key of ";
        master[15] = role.number();
        Ok(CardKey::new(aes_cmac(&master, input.message())))
    }
}

pub fn scheme() -> CardScheme {
    CardScheme {
        aid: tillside_cards::desfire::layout::DEFAULT_AID,
        system_id: b"tillside".to_vec(),
        currency: *b"EUR",
        cap: 15_000,
        log_records: 10,
        key_version: 1,
    }
}

/// Sixteen bytes that differ at each call.
pub fn random() -> [u8; 16] {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0x5A; 16];
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    bytes[..8].copy_from_slice(&call.to_le_bytes());
    bytes
}

/// One card on one reader.
pub struct Stage {
    pub shelf: Shelf,
    pub reader: DirectReader,
    pub card: CardSpec,
    pub scheme: CardScheme,
}

impl Stage {
    pub fn new(model: ReaderModel, card: &str) -> Self {
        let shelf = Shelf::default();
        let reader = DirectReader::new(model, &shelf);
        let card = card.parse().unwrap();
        reader.lay(&card).unwrap();
        let scheme = scheme();
        Self {
            shelf,
            reader,
            card,
            scheme,
        }
    }

    /// Off, and on again.
    pub fn again(&self) {
        self.reader.lift();
        self.reader.set_fault(None).unwrap();
        self.reader.lay(&self.card).unwrap();
    }

    pub fn fault(&self, fault: Fault) {
        let setting = FaultSetting { fault, once: true };
        self.reader.set_fault(Some(setting)).unwrap();
    }

    pub fn keys(&self) -> Keys<'_> {
        Keys {
            vault: &Vault,
            scheme: &self.scheme,
        }
    }

    pub fn issue(&self, random_id: bool) -> Result<IssuedCard, String> {
        let order = IssueOrder {
            member: MEMBER,
            issued: CardDay::of_unix(1_790_000_000),
            expires: CardDay::of_unix(1_890_000_000),
            random_id,
        };
        let mut session = self.reader.session().map_err(|error| error.to_string())?;
        let issued = issue(
            session.as_mut(),
            self.keys(),
            &order,
            &mut random,
            &mut |_| {},
        );
        issued.map_err(|error| format!("{error:?}"))
    }

    pub fn identify(&self) -> Result<tillside_cards::Identified, String> {
        let mut session = self.reader.session().map_err(|error| error.to_string())?;
        let keys = self.keys();
        let found = tillside_cards::identify_with(session.as_mut(), Some(&keys), &mut random);
        found.map_err(|error| format!("{error:?}"))
    }

    pub fn standing(&self, owner: &PurseCard) -> Standing {
        let mut session = self.reader.session().unwrap();
        let purse = OpenPurse::open(session.as_mut(), self.keys(), owner, &mut random);
        *purse.unwrap().standing()
    }

    pub fn log(&self, owner: &PurseCard) -> Vec<tillside_cards::purse::LogEntry> {
        let mut session = self.reader.session().unwrap();
        let mut purse = OpenPurse::open(session.as_mut(), self.keys(), owner, &mut random).unwrap();
        purse.log().unwrap()
    }

    /// One movement, from the selection to the commit.
    pub fn moves(
        &self,
        owner: &PurseCard,
        kind: Movement,
        txid: u64,
        amount: i64,
    ) -> Result<Committed, Stopped> {
        let mut session = self.reader.session().map_err(|_| Stopped::Before)?;
        let purse = OpenPurse::open(session.as_mut(), self.keys(), owner, &mut random)
            .map_err(Stopped::from)?;
        let staged = purse.stage(&CardTransaction {
            txid: txid.to_be_bytes(),
            kind,
            amount,
            points: 0,
            terminal: TERMINAL,
            time: 1_795_000_000,
        });
        match staged.map_err(Stopped::from)?.commit() {
            Ok(committed) => Ok(committed),
            Err(CommitError::NotSent { .. }) => Err(Stopped::Before),
            Err(_) => Err(Stopped::Unknown),
        }
    }

    /// How many commands reached the card.
    pub fn commands(&self) -> u64 {
        self.reader.view().commands
    }
}

/// Where a movement stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Before the commit was sent: nothing happened.
    Before,
    /// Nobody knows.
    Unknown,
}

impl From<PurseError> for Stopped {
    fn from(_: PurseError) -> Self {
        Self::Before
    }
}
