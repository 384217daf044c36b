//! Whether a card really committed what a terminal says: its transaction MAC, and what that is over.
//!
//! Only HQ has the key, so no till can make or check one. The MAC's input
//! is the card's own record of the commands it took: what was read and written, in plain bytes. Numbers
//! of files and the layout of the last transaction are those of the chain's cards.

use tillside_core::{
    CardIdentity, PurseIntended, PurseScheme, PurseTx, TerminalId, TerminalMark,
    TransactionMacValue,
};
use tillside_keys::transaction_mac::{Tmi, TmiEntry, previous_reader_id, tmv};
use tillside_keys::{Diversification, KeyRole, KeyVault, same_mac};

/// The value file.
const VALUE_FILE: u8 = 0x02;
/// The file of the last transaction.
const LAST_FILE: u8 = 0x05;
/// Bytes of the last transaction: txid 8 ‖ amount 4 ‖ balance after 4 ‖ count 4 ‖ terminal 4 ‖ more.
const LAST_BYTES: usize = 32;

/// What became of a card's MAC.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Proof {
    /// The card put it there, and this is what it is over.
    Genuine(Said),
    /// It is all zeros, or the card's number is not one of a card that has MACs.
    Missing,
    /// Nobody with the card's key made it.
    Forged,
    /// The card put it there, under something that no card of ours does.
    Unreadable,
    /// There is no key to check it with.
    Unchecked,
}

/// What a card says of a transaction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// Changes of the value file.
    changes: Vec<Change>,
    /// What the value file was read as, before.
    values: Vec<i32>,
    /// What was written as the last transaction.
    last: Vec<Vec<u8>>,
    /// The reader's number: terminal 4 ‖ txid 8 ‖ zeros 4.
    readers: Vec<[u8; 16]>,
    /// The movement before this one, as the card kept it.
    pub previous: Option<PurseTx>,
    /// Anything else that writes.
    strange: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    Debit(u32),
    Credit(u32),
    LimitedCredit(u32),
}

/// The value and what it is over, as a terminal's journal has them.
#[derive(Clone, Copy, Debug)]
pub struct Mac<'a> {
    /// The transaction's count on its card.
    pub tmc: u32,
    /// The MAC.
    pub tmv: TransactionMacValue,
    /// What it is over.
    pub tmi: &'a [u8],
}

/// Checks a MAC with the keys of `vault`, whichever version the card has.
pub fn prove(
    vault: Option<&dyn KeyVault>,
    scheme: &PurseScheme,
    card: &CardIdentity,
    mac: &Mac<'_>,
) -> Proof {
    let Some(uid) = uid(card) else {
        return Proof::Missing;
    };
    if mac.tmv.bytes() == &[0; 8] {
        return Proof::Missing;
    }
    let held = vault.and_then(|vault| Some((vault, vault.held().ok()?)));
    let (Some((vault, held)), Some(aid)) = (held, application(scheme)) else {
        return Proof::Unchecked;
    };
    let role = KeyRole::TransactionMac;
    let Ok(input) = Diversification::new(&uid, aid, role, scheme.system.as_bytes()) else {
        return Proof::Unchecked;
    };
    let mut versions: Vec<u8> = held
        .iter()
        .filter(|k| k.role == role)
        .map(|k| k.version)
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    let mut tried = false;
    for version in versions {
        let Ok(key) = vault.derive(role, version, &input) else {
            return Proof::Unchecked;
        };
        tried = true;
        if same_mac(&tmv(&key, &uid, mac.tmc, mac.tmi), mac.tmv.bytes()) {
            return match Tmi::read(mac.tmi) {
                Ok(entries) => Proof::Genuine(said(&entries, |encrypted| {
                    previous_reader_id(&key, &uid, mac.tmc, encrypted)
                })),
                Err(_) => Proof::Unreadable,
            };
        }
    }
    match tried {
        true => Proof::Forged,
        false => Proof::Unchecked,
    }
}

fn said(entries: &[TmiEntry], previous: impl Fn(&[u8; 16]) -> [u8; 16]) -> Said {
    let mut said = Said::default();
    for entry in entries {
        match entry {
            TmiEntry::Debit {
                file: VALUE_FILE,
                amount,
            } => said.changes.push(Change::Debit(*amount)),
            TmiEntry::Credit {
                file: VALUE_FILE,
                amount,
            } => said.changes.push(Change::Credit(*amount)),
            TmiEntry::LimitedCredit {
                file: VALUE_FILE,
                amount,
            } => {
                said.changes.push(Change::LimitedCredit(*amount));
            }
            TmiEntry::GetValue {
                file: VALUE_FILE,
                value,
            } => said.values.push(*value),
            TmiEntry::WriteData {
                file: LAST_FILE,
                offset: 0,
                data,
                ..
            } => {
                said.last.push(data.clone());
            }
            TmiEntry::CommitReaderId {
                reader,
                encrypted_previous,
            } => {
                said.readers.push(*reader);
                said.previous = movement_of(&previous(encrypted_previous));
            }
            TmiEntry::WriteData { .. }
            | TmiEntry::UpdateRecord { .. }
            | TmiEntry::ClearRecordFile { .. }
            | TmiEntry::Debit { .. }
            | TmiEntry::Credit { .. }
            | TmiEntry::LimitedCredit { .. } => said.strange = true,
            _ => {}
        }
    }
    said
}

/// The movement in a reader's number; none in one that we never write, or of a card's first.
fn movement_of(reader: &[u8; 16]) -> Option<PurseTx> {
    let txid: [u8; 8] = *reader.get(4..12)?.first_chunk()?;
    (reader[12..] == [0; 4] && txid != [0; 8]).then(|| PurseTx::new(txid))
}

impl Said {
    /// Whether this is what the terminal says it did.
    ///
    /// # Errors
    /// What differs, in words.
    pub fn agrees(
        &self,
        intended: &PurseIntended,
        terminal: TerminalId,
        tmc: u32,
        after: i64,
    ) -> Result<(), &'static str> {
        use tillside_core::PurseAction::{Pay, Void};
        let amount = u32::try_from(intended.amount.minor()).map_err(|_| "its amount")?;
        let change = match &intended.action {
            Pay { .. } => Change::Debit(amount),
            Void { .. } => Change::LimitedCredit(amount),
            _ => Change::Credit(amount),
        };
        if self.changes != [change] {
            return Err("the card changed its value by another amount, or in another way");
        }
        if self.strange {
            return Err("the card did more than that");
        }
        let before = intended.before.as_ref().map(|before| before.balance);
        if self
            .values
            .iter()
            .any(|value| Some(i64::from(*value)) != before)
        {
            return Err("the card held another balance before");
        }
        let mark = TerminalMark::of(terminal);
        let [last] = self.last.as_slice() else {
            return Err("the card's last transaction was not written once");
        };
        let fields = Last::read(last).ok_or("the card's last transaction has another layout")?;
        if fields.txid != *intended.txid.bytes() {
            return Err("the card's last transaction is another movement");
        }
        if fields.amount != amount || i64::from(fields.after) != after || fields.count != tmc {
            return Err("the card's last transaction has other figures");
        }
        if fields.terminal != *mark.bytes() {
            return Err("the card's last transaction names another terminal");
        }
        let [reader] = self.readers.as_slice() else {
            return Err("no terminal named itself to the card");
        };
        let named = [&mark.bytes()[..], intended.txid.bytes(), &[0; 4]].concat();
        match reader[..] == named[..] {
            true => Ok(()),
            false => Err("another terminal or movement named itself to the card"),
        }
    }
}

struct Last {
    txid: [u8; 8],
    amount: u32,
    after: u32,
    count: u32,
    terminal: [u8; 4],
}

impl Last {
    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != LAST_BYTES {
            return None;
        }
        let (txid, rest) = bytes.split_first_chunk()?;
        let (amount, rest) = rest.split_first_chunk()?;
        let (after, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (terminal, _) = rest.split_first_chunk()?;
        Some(Self {
            txid: *txid,
            amount: u32::from_le_bytes(*amount),
            after: u32::from_le_bytes(*after),
            count: u32::from_le_bytes(*count),
            terminal: *terminal,
        })
    }
}

/// The application on the chain's cards, as keys are made with it.
pub fn application(scheme: &PurseScheme) -> Option<[u8; 3]> {
    bytes_of(&scheme.application)
}

/// The 7 bytes of a card's number: only such cards have purses.
pub fn uid(card: &CardIdentity) -> Option<[u8; 7]> {
    bytes_of(card.as_str().strip_prefix("uid:")?)
}

fn bytes_of<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if hex.len() != 2 * N || !hex.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
