//! A card, as simply as it can be said, but with the MACs a real one makes.

use super::{card_id, scheme};
use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use tillside_core::*;
use tillside_keys::transaction_mac::{Frames, Tmi, session_encryption_key, tmv};
use tillside_keys::*;

/// A vault that makes no secret of its keys.
#[derive(Debug)]
pub(crate) struct TestVault;

impl KeyVault for TestVault {
    fn kind(&self) -> VaultKind {
        VaultKind::DevelopmentFile
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        let held = |role| HeldKey { role, version: 1 };
        Ok(KeyRole::ALL.map(held).to_vec())
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
        Ok(CardKey::new(aes_cmac(&[7; 16], input.message())))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ModelCard {
    pub(crate) id: CardIdentity,
    pub(crate) balance: i64,
    pub(crate) tmc: u32,
    /// Entries its log has room for.
    pub(crate) room: usize,
    /// Everything that was committed, oldest first.
    pub(crate) history: Vec<CardLogEntry>,
    /// Who committed last: terminal 4 ‖ txid 8 ‖ zeros 4.
    reader: [u8; 16],
    pub(crate) key: CardKey,
}

impl ModelCard {
    pub(crate) fn new(number: u8) -> Self {
        let id = card_id(number);
        Self {
            key: mac_key(&id),
            id,
            balance: 0,
            tmc: 0,
            room: 10,
            history: Vec::new(),
            reader: [0; 16],
        }
    }

    pub(crate) fn seen(&self) -> CardSeen {
        CardSeen {
            balance: self.balance,
            tmc: self.tmc,
            last: self.history.last().map(|entry| entry.txid),
        }
    }

    pub(crate) fn log(&self) -> Vec<CardLogEntry> {
        self.history.iter().rev().take(self.room).cloned().collect()
    }

    pub(crate) fn did(&self, txid: PurseTx) -> bool {
        self.history.iter().any(|entry| entry.txid == txid)
    }

    /// Does it, in one piece, and answers.
    pub(crate) fn commit(&mut self, intended: &PurseIntended, by: TerminalId) -> PurseEvidence {
        let (said, after) = (self.says(intended, by), intended.balance_after().unwrap());
        self.balance = after;
        self.tmc += 1;
        self.reader = reader(intended.txid, by);
        self.history.push(CardLogEntry {
            txid: intended.txid,
            kind: intended.action.number(),
            amount: intended.amount.minor(),
            after,
            seq: self.tmc & CardLogEntry::SEQ_MASK,
            terminal: TerminalMark::of(by),
            time: 0,
        });
        self.answer(said)
    }

    /// What it would compute its MAC over.
    pub(crate) fn says(&self, intended: &PurseIntended, by: TerminalId) -> Tmi {
        let (mut tmi, tmc) = (Tmi::new(), self.tmc + 1);
        let minor = u32::try_from(intended.amount.minor()).unwrap();
        let after = intended.balance_after().unwrap();
        tmi.read_data(Frames::Iso, 5, 0, &[0; 32]).unwrap();
        tmi.get_value(2, i32::try_from(self.balance).unwrap())
            .unwrap();
        match intended.action {
            PurseAction::Pay { .. } => tmi.debit(2, minor).unwrap(),
            PurseAction::Void { .. } => tmi.limited_credit(2, minor).unwrap(),
            _ => tmi.credit(2, minor).unwrap(),
        }
        tmi.write_record(Frames::Iso, 4, 0, &[1; 32]).unwrap();
        let last = last(intended.txid, minor, after, tmc, by);
        tmi.write_data(Frames::Iso, 5, 0, &last).unwrap();
        let uid = self.uid();
        let hidden = session_encryption_key(&self.key, &uid, tmc);
        let mut block = self.reader.into();
        Aes128::new(hidden.bytes().into()).encrypt_block(&mut block);
        tmi.commit_reader_id(&reader(intended.txid, by), &block.into())
            .unwrap();
        tmi
    }

    /// Its answer to the commit that it just did.
    pub(crate) fn answer(&self, said: Tmi) -> PurseEvidence {
        let tmi = said.into_bytes();
        PurseEvidence::CommitAnswer {
            tmc: self.tmc,
            tmv: TransactionMacValue::new(tmv(&self.key, &self.uid(), self.tmc, &tmi)),
            tmi: TransactionMacInput::new(tmi).unwrap(),
            after: self.balance,
        }
    }

    pub(crate) fn uid(&self) -> [u8; 7] {
        uid(&self.id)
    }
}

fn uid(card: &CardIdentity) -> [u8; 7] {
    let hex = card.as_str().trim_start_matches("uid:");
    let byte = |at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// The key under a card's MACs.
pub(crate) fn mac_key(card: &CardIdentity) -> CardKey {
    let (aid, system) = ([0xF4, 0x84, 0xE0], scheme().system);
    let role = KeyRole::TransactionMac;
    let input = Diversification::new(&uid(card), aid, role, system.as_bytes());
    TestVault.derive(role, 1, &input.unwrap()).unwrap()
}

fn reader(txid: PurseTx, by: TerminalId) -> [u8; 16] {
    let whole = [&TerminalMark::of(by).bytes()[..], txid.bytes(), &[0; 4]].concat();
    whole.try_into().unwrap()
}

/// The bytes of the last transaction.
pub(crate) fn last(txid: PurseTx, minor: u32, after: i64, tmc: u32, by: TerminalId) -> [u8; 32] {
    let mark = TerminalMark::of(by);
    let fields = [
        &txid.bytes()[..],
        &minor.to_le_bytes(),
        &u32::try_from(after).unwrap().to_le_bytes(),
        &tmc.to_le_bytes(),
        mark.bytes(),
        &[0; 8],
    ];
    fields.concat().try_into().unwrap()
}
