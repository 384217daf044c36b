//! What one command adds to the transaction MAC input.
//!
//! Source: MF2DLHX0 data sheet 10.3.4.2, and NXP's own reader library, which collects the same bytes
//! for DESFire EV2. Both say: every data command on any file of the application but the transaction
//! MAC file itself enters, reads included; the bytes are those of the command with plain data, whatever
//! the communication mode; zeros fill each part up to a multiple of 16 bytes. A command that is sent
//! without authentication can be left out by the card's configuration; ours are all authenticated.
//! On a real card this is (unverified).

/// The number of our layout's transaction MAC file: reading it enters nothing.
pub const TRANSACTION_MAC_FILE: u8 = 0x0F;

/// Files are numbered 0 to 1F (DESFire EV2).
pub(super) const LAST_FILE: u8 = 0x1F;

/// The record sizes of our layout, as (file, bytes): ReadRecords names a count of records, so that
/// its input can be read back only by who knows their size.
pub const RECORD_SIZES: [(u8, u32); 1] = [(0x04, 32)];

/// How a command's frames are chained, which decides its first byte: the card takes both, and each
/// enters as it was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frames {
    /// Native: 3D, BD, 3B, BB, DB.
    Native,
    /// ISO 14443-4 chaining: 8D, AD, 8B, AB, BA.
    Iso,
}

impl Frames {
    const fn pick(self, native: u8, iso: u8) -> u8 {
        match self {
            Frames::Native => native,
            Frames::Iso => iso,
        }
    }
}

/// The shape of a command's input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// Cmd ‖ FileNo ‖ value 4.
    Value,
    /// Cmd ‖ FileNo ‖ offset 3 ‖ length 3 ‖ 0 ‖ data ‖ 0.
    Data,
    /// Cmd ‖ FileNo ‖ first record 3 ‖ count 3 ‖ 0 ‖ data ‖ 0.
    Records,
    /// Cmd ‖ FileNo ‖ record 3 ‖ offset 3 ‖ length 3 ‖ 0 ‖ data ‖ 0.
    Update,
    /// Cmd ‖ FileNo.
    File,
    /// Cmd ‖ TMRICur 16 ‖ EncTMRIPrev 16.
    Reader,
}

/// A command that enters the transaction MAC input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The command's first byte.
    pub command: u8,
    /// Its name in the data sheet.
    pub name: &'static str,
    pub(super) shape: Shape,
}

const fn rule(command: u8, name: &'static str, shape: Shape) -> Rule {
    Rule {
        command,
        name,
        shape,
    }
}

/// The commands that enter the input (data sheet 10.3.4.2). A command that turns out not to enter is
/// one line less here: the builder then adds nothing for it, and the parser refuses it.
pub const ENTERS_TMI: &[Rule] = &[
    rule(0x6C, "GetValue", Shape::Value),
    rule(0x0C, "Credit", Shape::Value),
    rule(0xDC, "Debit", Shape::Value),
    rule(0x1C, "LimitedCredit", Shape::Value),
    rule(0xBD, "ReadData", Shape::Data),
    rule(0xAD, "ReadData (ISO)", Shape::Data),
    rule(0x3D, "WriteData", Shape::Data),
    rule(0x8D, "WriteData (ISO)", Shape::Data),
    rule(0x3B, "WriteRecord", Shape::Data),
    rule(0x8B, "WriteRecord (ISO)", Shape::Data),
    rule(0xBB, "ReadRecords", Shape::Records),
    rule(0xAB, "ReadRecords (ISO)", Shape::Records),
    rule(0xDB, "UpdateRecord", Shape::Update),
    rule(0xBA, "UpdateRecord (ISO)", Shape::Update),
    rule(0xEB, "ClearRecordFile", Shape::File),
    rule(0xC8, "CommitReaderID", Shape::Reader),
];

/// Whether `command` on `file` enters the input. `file` is `None` for CommitReaderID, which has none.
pub fn enters_tmi(command: u8, file: Option<u8>) -> bool {
    file != Some(TRANSACTION_MAC_FILE) && rule_of(command).is_some()
}

pub(super) fn rule_of(command: u8) -> Option<&'static Rule> {
    ENTERS_TMI.iter().find(|rule| rule.command == command)
}

/// One command of a transaction, as it enters the input. Offsets, counts and lengths are below 2^24;
/// amounts are at most `i32::MAX`, as the card's value files are signed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TmiEntry {
    /// GetValue, with the value that the card answered.
    GetValue {
        /// The file.
        file: u8,
        /// The value, minor units.
        value: i32,
    },
    /// Credit.
    Credit {
        /// The file.
        file: u8,
        /// How much.
        amount: u32,
    },
    /// Debit.
    Debit {
        /// The file.
        file: u8,
        /// How much.
        amount: u32,
    },
    /// LimitedCredit.
    LimitedCredit {
        /// The file.
        file: u8,
        /// How much.
        amount: u32,
    },
    /// ReadData, with the data that the card answered (its length, even where the command said
    /// "all" with 0).
    ReadData {
        /// Which of its two codes it was sent with.
        frames: Frames,
        /// The file.
        file: u8,
        /// The first byte.
        offset: u32,
        /// The bytes, in the clear.
        data: Vec<u8>,
    },
    /// WriteData.
    WriteData {
        /// Which of its two codes it was sent with.
        frames: Frames,
        /// The file.
        file: u8,
        /// The first byte.
        offset: u32,
        /// The bytes, in the clear.
        data: Vec<u8>,
    },
    /// WriteRecord.
    WriteRecord {
        /// Which of its two codes it was sent with.
        frames: Frames,
        /// The file.
        file: u8,
        /// The first byte.
        offset: u32,
        /// The bytes, in the clear.
        data: Vec<u8>,
    },
    /// ReadRecords, with the `count` of records that the card answered (not the 0 of "all").
    ReadRecords {
        /// Which of its two codes it was sent with.
        frames: Frames,
        /// The file.
        file: u8,
        /// The newest record asked for; 0 is the newest of all.
        first: u32,
        /// How many records.
        count: u32,
        /// The bytes, in the clear.
        data: Vec<u8>,
    },
    /// UpdateRecord.
    UpdateRecord {
        /// Which of its two codes it was sent with.
        frames: Frames,
        /// The file.
        file: u8,
        /// Which record.
        record: u32,
        /// The first byte.
        offset: u32,
        /// The bytes, in the clear.
        data: Vec<u8>,
    },
    /// ClearRecordFile.
    ClearRecordFile {
        /// The file.
        file: u8,
    },
    /// CommitReaderID, with the previous reader as the card answered it: encrypted (EncTMRI).
    CommitReaderId {
        /// Who the reader is now.
        reader: [u8; 16],
        /// Who it was before, enciphered.
        encrypted_previous: [u8; 16],
    },
}

impl TmiEntry {
    /// The command's first byte.
    pub const fn command(&self) -> u8 {
        match self {
            TmiEntry::GetValue { .. } => 0x6C,
            TmiEntry::Credit { .. } => 0x0C,
            TmiEntry::Debit { .. } => 0xDC,
            TmiEntry::LimitedCredit { .. } => 0x1C,
            TmiEntry::ReadData { frames, .. } => frames.pick(0xBD, 0xAD),
            TmiEntry::WriteData { frames, .. } => frames.pick(0x3D, 0x8D),
            TmiEntry::WriteRecord { frames, .. } => frames.pick(0x3B, 0x8B),
            TmiEntry::ReadRecords { frames, .. } => frames.pick(0xBB, 0xAB),
            TmiEntry::UpdateRecord { frames, .. } => frames.pick(0xDB, 0xBA),
            TmiEntry::ClearRecordFile { .. } => 0xEB,
            TmiEntry::CommitReaderId { .. } => 0xC8,
        }
    }

    /// The file that the command targets; `None` for CommitReaderID.
    pub const fn file(&self) -> Option<u8> {
        match self {
            TmiEntry::GetValue { file, .. }
            | TmiEntry::Credit { file, .. }
            | TmiEntry::Debit { file, .. }
            | TmiEntry::LimitedCredit { file, .. }
            | TmiEntry::ReadData { file, .. }
            | TmiEntry::WriteData { file, .. }
            | TmiEntry::WriteRecord { file, .. }
            | TmiEntry::ReadRecords { file, .. }
            | TmiEntry::UpdateRecord { file, .. }
            | TmiEntry::ClearRecordFile { file } => Some(*file),
            TmiEntry::CommitReaderId { .. } => None,
        }
    }
}
