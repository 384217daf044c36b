//! The chain's application on a card, as data: its keys, its files, and who may do what.
//!
//! | file | type | size | mode | R/W/RW/Change | content |
//! |---|---|---|---|---|---|
//! | 01 | standard | 64 | full | K1/–/–/K0 | [`MemberFile`] |
//! | 02 | value | – | full | K2/K2/K3/K0 | e-money, minor units |
//! | 04 | cyclic, N+1 | 32 | full | K1/–/K2/K0 | [`LogEntry`] |
//! | 05 | backup | 32 | full | K1/–/K2/K0 | [`Last`] |
//! | 0F | transaction MAC | 12 | MAC | K2/–/K2/K0 | TMC ‖ TMV |
//!
//! Three rights are not those of the card layout's first table, where K2 could write files 04 and 05
//! and not read them, and where the transaction MAC file was K1's: a payment reads the last
//! transaction and the counter before it writes, in one session under K2. So K2 has ReadWrite of 04
//! and 05 (in the place of Write), and Read of 0F. Tills that only identify (K1) still read the log.
//!
//! File 01 is no tear-safe file. It is made with Write = K0, written, and then closed ([`MEMBER_OPEN`],
//! [`MEMBER`]): whoever finds it open knows that it may be torn. File 03 (points) belongs to schemes that
//! spend points offline; there is none yet, and it is not made.
//!
//! Two sets of keys, so that all keys can be rolled in one step. K5 says by its version what it is:
//! the chain's card number key on cards with a random number (its version is the card's key version),
//! else a spare (the same with bit 7 set, [`SPARE_KEY`]). So one GetKeyVersion tells both; and as it is set last, it tells that a card is finished.

mod last;
mod log;
mod member;

pub use last::{BLOCKED, Last};
pub use log::{LogEntry, Movement};
pub use member::{CardDay, MemberFile};

use super::application::NewApplication;
use super::secure::Mode;
use super::settings::{AccessRights, FileSettings, FileShape, NOBODY};
use crate::scheme::CardScheme;

/// The application identifier of a chain that has chosen none: in the range for free use (AN10787 marks
/// F-codes as the MIFARE classic ones; this one names no public function).
pub const DEFAULT_AID: [u8; 3] = [0xF4, 0x84, 0xE0];
/// K0 to K5.
pub const KEYS: u8 = 6;
/// Key sets: the one in use, and the one that a roll fills.
pub const KEY_SETS: u8 = 2;
/// KeySett1: K0 changes keys and settings, makes and deletes files; the lists are free.
pub const KEY_SETTINGS: u8 = 0x0B;
/// The card's own key settings: the same, so that applications are made with its master key only.
pub const CARD_KEY_SETTINGS: u8 = 0x0B;
/// Set in the version of K5 on a card that shows its real number: K5 is a spare there.
pub const SPARE_KEY: u8 = 0x80;
/// The highest key version: bit 7 is taken ([`SPARE_KEY`]), and 0 is the factory's.
pub const KEY_VERSION_HIGHEST: u8 = 0x7F;

/// The member file.
pub const FILE_MEMBER: u8 = 0x01;
/// The e-money.
pub const FILE_VALUE: u8 = 0x02;
/// The log.
pub const FILE_LOG: u8 = 0x04;
/// The last transaction.
pub const FILE_LAST: u8 = 0x05;
/// The transaction MAC.
pub const FILE_TRANSACTION_MAC: u8 = tillside_keys::transaction_mac::TRANSACTION_MAC_FILE;

/// Bytes of the member file.
pub const MEMBER_BYTES: usize = 64;
/// Bytes of a record of the log, and of the last transaction.
pub const RECORD_BYTES: usize = 32;
/// Bytes of the transaction MAC file.
pub const TRANSACTION_MAC_BYTES: usize = 12;

/// Rights of the member file once it is written.
pub const MEMBER: AccessRights = AccessRights::new(1, NOBODY, NOBODY, 0);
/// Rights of the member file until then.
pub const MEMBER_OPEN: AccessRights = AccessRights::new(1, 0, NOBODY, 0);
/// Rights of the e-money.
pub const VALUE: AccessRights = AccessRights::new(2, 2, 3, 0);
/// Rights of log and last transaction.
pub const LOG: AccessRights = AccessRights::new(1, NOBODY, 2, 0);
/// Rights of the transaction MAC file; its ReadWrite is CommitReaderID.
pub const TRANSACTION_MAC: AccessRights = AccessRights::new(2, NOBODY, 2, 0);

/// What is wrong with the content of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// It has another length.
    #[error("the {file} has {found} bytes")]
    Length {
        /// Which file.
        file: &'static str,
        /// Its length.
        found: usize,
    },
    /// It is all zeros: never written.
    #[error("the {file} is blank")]
    Blank {
        /// Which file.
        file: &'static str,
    },
    /// It was written for another version of this layout.
    #[error("the {file} is of version {version}")]
    Version {
        /// Which file.
        file: &'static str,
        /// The version.
        version: u8,
    },
    /// Its check value is wrong, or a field has no value that we write.
    #[error("the {what} of the {file} is wrong")]
    Wrong {
        /// Which file.
        file: &'static str,
        /// Which part.
        what: &'static str,
    },
}

/// The application, as CreateApplication makes it.
pub const fn application(scheme: &CardScheme) -> NewApplication {
    NewApplication {
        aid: scheme.aid,
        key_settings: KEY_SETTINGS,
        keys: KEYS,
        key_sets: KEY_SETS,
    }
}

/// The files but the transaction MAC's, in the order in which they are made.
pub fn files(scheme: &CardScheme) -> [(u8, FileSettings); 4] {
    let full = |rights, shape| FileSettings {
        mode: Mode::Full,
        rights,
        shape,
    };
    let upper = i32::try_from(scheme.cap).unwrap_or(i32::MAX);
    let value = FileShape::Value {
        lower: 0,
        upper,
        limited_credit: true,
    };
    let log = FileShape::Cyclic {
        record: 32,
        // One more than is seen: the place of the record that is being written.
        most: u32::from(scheme.log_records) + 1,
        held: 0,
    };
    [
        (
            FILE_MEMBER,
            full(MEMBER_OPEN, FileShape::Standard { size: 64 }),
        ),
        (FILE_VALUE, full(VALUE, value)),
        (FILE_LOG, full(LOG, log)),
        (FILE_LAST, full(LOG, FileShape::Backup { size: 32 })),
    ]
}

/// Fields of a fixed length, read one after the other. Past the end it gives `None`.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }
}
