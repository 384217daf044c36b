//! What is read from and written to files, and the transaction around it.
//!
//! The commands are the ones with ISO 14443-4 chaining (AD, 8D, AB, 8B): one APDU each, and the first
//! byte that the transaction MAC input then has is theirs.

use super::card::{Card, Command, expect};
use super::error::CardError;
use super::frame;
use super::secure::{Mode, Secure};
use super::settings::three_bytes;
use super::status::Status;

const READ_DATA: u8 = 0xAD;
const WRITE_DATA: u8 = 0x8D;
const READ_RECORDS: u8 = 0xAB;
const WRITE_RECORD: u8 = 0x8B;
const GET_VALUE: u8 = 0x6C;
const CREDIT: u8 = 0x0C;
const DEBIT: u8 = 0xDC;
const LIMITED_CREDIT: u8 = 0x1C;
const COMMIT_READER_ID: u8 = 0xC8;
const COMMIT: u8 = 0xC7;
const ABORT: u8 = 0xA7;
/// CommitTransaction's option: answer TMC and TMV.
const WITH_TRANSACTION_MAC: u8 = 0x01;

/// The steps' names, in errors.
const READING: &str = "reading a file";
const WRITING: &str = "writing a file";
const VALUE: &str = "the balance";
pub(crate) const COMMITTING: &str = "the commit";

/// What a value file is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueChange {
    /// Takes off.
    Debit,
    /// Puts on.
    Credit,
    /// Puts back what the last debit took, at most.
    LimitedCredit,
}

impl Card<'_> {
    /// ReadData: `length` bytes from `offset` on.
    ///
    /// # Errors
    /// `Refused`, `Forged`, `Garbled` if the card gives another length, the reader's. So do all that
    /// follow; the session is over then.
    pub fn read_data(
        &mut self,
        mode: Mode,
        file: u8,
        offset: usize,
        length: usize,
    ) -> Result<Vec<u8>, CardError> {
        let header = header(READING, file, offset, length)?;
        self.secure(READING, mode, Command::new(READ_DATA, &header), length)
    }

    /// WriteData from `offset` on.
    ///
    /// # Errors
    /// As [`Card::read_data`].
    pub fn write_data(
        &mut self,
        mode: Mode,
        file: u8,
        offset: usize,
        data: &[u8],
    ) -> Result<(), CardError> {
        let header = header(WRITING, file, offset, data.len())?;
        let command = Command::with(WRITE_DATA, &header, data);
        self.secure(WRITING, mode, command, 0).map(|_| ())
    }

    /// ReadRecords: `count` records of `size` bytes, oldest first, the newest of which is number
    /// `first` (0 is the newest of all).
    ///
    /// # Errors
    /// As [`Card::read_data`]; `Refused` with `Boundary` if there are not so many.
    pub fn read_records(
        &mut self,
        mode: Mode,
        file: u8,
        first: usize,
        count: usize,
        size: usize,
    ) -> Result<Vec<u8>, CardError> {
        let header = header(READING, file, first, count)?;
        let due = count.saturating_mul(size);
        self.secure(READING, mode, Command::new(READ_RECORDS, &header), due)
    }

    /// WriteRecord: a new newest record, when committed.
    ///
    /// # Errors
    /// As [`Card::read_data`].
    pub fn write_record(&mut self, mode: Mode, file: u8, data: &[u8]) -> Result<(), CardError> {
        let header = header(WRITING, file, 0, data.len())?;
        let command = Command::with(WRITE_RECORD, &header, data);
        self.secure(WRITING, mode, command, 0).map(|_| ())
    }

    /// GetValue.
    ///
    /// # Errors
    /// As [`Card::read_data`].
    pub fn value(&mut self, mode: Mode, file: u8) -> Result<i32, CardError> {
        let answer = self.secure(VALUE, mode, Command::new(GET_VALUE, &[file]), 4)?;
        let bytes = <[u8; 4]>::try_from(answer);
        bytes
            .map(i32::from_le_bytes)
            .map_err(|_| CardError::Garbled { step: VALUE })
    }

    /// Debit, Credit or LimitedCredit, when committed.
    ///
    /// # Errors
    /// As [`Card::read_data`]; `Refused` with `Boundary` past a limit.
    pub fn change_value(
        &mut self,
        mode: Mode,
        file: u8,
        change: ValueChange,
        amount: u32,
    ) -> Result<(), CardError> {
        let (ins, step) = match change {
            ValueChange::Debit => (DEBIT, "the debit"),
            ValueChange::Credit => (CREDIT, "the credit"),
            ValueChange::LimitedCredit => (LIMITED_CREDIT, "the limited credit"),
        };
        // The card's numbers are signed.
        let amount = i32::try_from(amount).map_err(|_| CardError::Unsendable { step })?;
        let data = amount.to_le_bytes();
        let command = Command::with(ins, std::slice::from_ref(&file), &data);
        self.secure(step, mode, command, 0).map(|_| ())
    }

    /// CommitReaderID: says whose reader this is. Gives the reader of the transaction before,
    /// enciphered for who has the transaction MAC key.
    ///
    /// # Errors
    /// As [`Card::read_data`].
    pub fn commit_reader_id(&mut self, reader: &[u8; 16]) -> Result<[u8; 16], CardError> {
        const STEP: &str = "the reader's number";
        let command = Command::new(COMMIT_READER_ID, reader);
        let answer = self.secure(STEP, Mode::Mac, command, 16)?;
        <[u8; 16]>::try_from(answer).map_err(|_| CardError::Garbled { step: STEP })
    }

    /// Drops what was not committed; the session goes on.
    ///
    /// # Errors
    /// As [`Card::read_data`].
    pub fn abort(&mut self) -> Result<(), CardError> {
        const STEP: &str = "dropping a transaction";
        self.secure(STEP, Mode::Mac, Command::new(ABORT, &[]), 0)
            .map(|_| ())
    }
}

/// What a commit answers, and what the transaction MAC file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionMac {
    /// How many transactions were committed.
    pub tmc: u32,
    /// The MAC of the last one, for HQ.
    pub tmv: [u8; 8],
}

impl TransactionMac {
    /// TMC (least significant byte first) ‖ TMV.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (tmc, tmv) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            tmc: u32::from_le_bytes(*tmc),
            tmv: <[u8; 8]>::try_from(tmv).ok()?,
        })
    }
}

/// A commit (CommitTransaction, option 01) that is ready to be sent: what fails before the first byte
/// leaves is another thing than what fails after.
pub(crate) struct PreparedCommit<'s> {
    card: Card<'s>,
    secure: Secure,
    apdu: Vec<u8>,
}

impl<'s> PreparedCommit<'s> {
    /// Sends nothing.
    pub(crate) fn new(mut card: Card<'s>) -> Result<Self, CardError> {
        let command = Command::new(COMMIT, &[WITH_TRANSACTION_MAC]);
        let (apdu, secure) = card.prepared(COMMITTING, Mode::Mac, &command)?;
        Ok(Self { card, secure, apdu })
    }

    /// Sends it. After an error nobody knows whether the card committed.
    pub(crate) fn send(self) -> Result<TransactionMac, CardError> {
        let step = COMMITTING;
        let Self {
            card,
            mut secure,
            apdu,
        } = self;
        let answer = card.session.transmit(&apdu)?;
        let (status, answer) = frame::split(step, &answer)?;
        expect(step, status, Status::Ok)?;
        let proven = secure.response(Mode::Mac, answer);
        let proven = proven.ok_or(CardError::Forged { step })?;
        TransactionMac::read(&proven).ok_or(CardError::Garbled { step })
    }
}

/// File ‖ offset ‖ length, or file ‖ first record ‖ count.
fn header(
    step: &'static str,
    file: u8,
    offset: usize,
    length: usize,
) -> Result<[u8; 7], CardError> {
    let mut header = [0; 7];
    header[0] = file;
    header[1..4].copy_from_slice(&three_bytes(step, offset)?);
    header[4..].copy_from_slice(&three_bytes(step, length)?);
    Ok(header)
}
