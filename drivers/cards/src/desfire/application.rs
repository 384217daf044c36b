//! What a card and an application are made of: looking at it, and making it.

use super::card::{Card, Command};
use super::error::CardError;
use super::secure::Mode;
use super::settings::{AccessRights, ChipVersion, FileSettings, FileShape, three_bytes};

const GET_VERSION: u8 = 0x60;
const GET_KEY_SETTINGS: u8 = 0x45;
const CHANGE_KEY_SETTINGS: u8 = 0x54;
const GET_FILE_IDS: u8 = 0x6F;
const GET_FILE_SETTINGS: u8 = 0xF5;
const CHANGE_FILE_SETTINGS: u8 = 0x5F;
const CREATE_APPLICATION: u8 = 0xCA;
const CREATE_STANDARD: u8 = 0xCD;
const CREATE_BACKUP: u8 = 0xCB;
const CREATE_VALUE: u8 = 0xCC;
const CREATE_CYCLIC: u8 = 0xC0;
const CREATE_TRANSACTION_MAC: u8 = 0xCE;
/// Files are numbered 0 to 1F (DESFire EV2).
const FILES_MOST: usize = 32;
/// A transaction MAC key of AES-128.
const AES_KEY: u8 = 0x02;
const MAKING: &str = "making a file";

/// An application to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewApplication {
    /// Its identifier, as SelectApplication takes it.
    pub aid: [u8; 3],
    /// KeySett1: which key changes keys (high nibble), and what is free.
    pub key_settings: u8,
    /// How many AES keys, at most 14.
    pub keys: u8,
    /// How many sets of them, 1 or 2 to 16.
    pub key_sets: u8,
}

impl Card<'_> {
    /// GetVersion, outside a session.
    ///
    /// # Errors
    /// `NotDesfire` from other kinds of cards, `Garbled`, the reader's.
    pub fn version(&mut self) -> Result<ChipVersion, CardError> {
        const STEP: &str = "the card's version";
        let answer = self.plain_any(STEP, GET_VERSION, &[])?;
        ChipVersion::read(&answer).ok_or(CardError::Garbled { step: STEP })
    }

    /// GetKeySettings: KeySett1, and the number of keys with their type.
    ///
    /// # Errors
    /// `Refused` if it is not free, the reader's.
    pub fn key_settings(&mut self) -> Result<[u8; 2], CardError> {
        const STEP: &str = "the key settings";
        let command = Command::new(GET_KEY_SETTINGS, &[]);
        let answer = match self.is_authenticated() {
            true => self.secure_any(STEP, Mode::Mac, command)?,
            false => self.plain_any(STEP, GET_KEY_SETTINGS, &[])?,
        };
        // With several key sets, what follows is about them.
        let settings = answer.first_chunk::<2>().copied();
        settings.ok_or(CardError::Garbled { step: STEP })
    }

    /// ChangeKeySettings.
    ///
    /// # Errors
    /// `Refused`, `Forged`, the reader's.
    pub fn change_key_settings(&mut self, settings: u8) -> Result<(), CardError> {
        const STEP: &str = "the key settings";
        let data = [settings];
        let command = Command::with(CHANGE_KEY_SETTINGS, &[], &data);
        self.secure(STEP, Mode::Full, command, 0).map(|_| ())
    }

    /// GetFileIDs, in a session.
    ///
    /// # Errors
    /// `Garbled` for more files than a card can have, the reader's.
    pub fn file_ids(&mut self) -> Result<Vec<u8>, CardError> {
        const STEP: &str = "the list of files";
        let files = self.secure_any(STEP, Mode::Mac, Command::new(GET_FILE_IDS, &[]))?;
        match files.len() <= FILES_MOST {
            true => Ok(files),
            false => Err(CardError::Garbled { step: STEP }),
        }
    }

    /// GetFileSettings, in a session.
    ///
    /// # Errors
    /// `Garbled` for a kind of file that our layout has not, the reader's.
    pub fn file_settings(&mut self, file: u8) -> Result<FileSettings, CardError> {
        const STEP: &str = "the file's settings";
        let header = [file];
        let command = Command::new(GET_FILE_SETTINGS, &header);
        let answer = self.secure_any(STEP, Mode::Mac, command)?;
        let settings = FileSettings::read(&answer);
        settings.inspect_err(|_| self.end_session())
    }

    /// ChangeFileSettings.
    ///
    /// # Errors
    /// `Refused`, `Forged`, the reader's.
    pub fn change_file_settings(
        &mut self,
        file: u8,
        mode: Mode,
        rights: AccessRights,
    ) -> Result<(), CardError> {
        const STEP: &str = "the file's settings";
        let [low, high] = rights.bytes();
        let (header, data) = ([file], [mode.bits(), low, high]);
        let command = Command::with(CHANGE_FILE_SETTINGS, &header, &data);
        self.secure(STEP, Mode::Full, command, 0).map(|_| ())
    }

    /// CreateApplication. Where the card does not want an authentication for it, there need be none.
    ///
    /// # Errors
    /// `Refused` with `Duplicate`, `OutOfMemory`, or without the right to; the reader's.
    pub fn create_application(&mut self, new: NewApplication) -> Result<(), CardError> {
        const STEP: &str = "making the application";
        let mut data = new.aid.to_vec();
        data.push(new.key_settings);
        match new.key_sets {
            // KeySett2: AES (bits 7-6 are 10), number of keys.
            0 | 1 => data.push(0x80 | new.keys),
            // Bit 4: KeySett3 follows, whose bit 0 says: key sets. First set's version, number of
            // sets, longest key, the key that rolls them.
            sets => data.extend([0x90 | new.keys, 0x01, 0x00, sets, 0x10, 0x00]),
        }
        match self.is_authenticated() {
            true => {
                let command = Command::new(CREATE_APPLICATION, &data);
                self.secure(STEP, Mode::Mac, command, 0).map(|_| ())
            }
            false => self.plain(STEP, CREATE_APPLICATION, &data, 0).map(|_| ()),
        }
    }

    /// Makes file `number`, in a session. For a transaction MAC file see
    /// [`Card::create_transaction_mac_file`].
    ///
    /// # Errors
    /// `Refused` with `Duplicate` or `OutOfMemory`, `Unsendable` for a transaction MAC file, the
    /// reader's.
    pub fn create_file(&mut self, number: u8, file: FileSettings) -> Result<(), CardError> {
        let step = MAKING;
        let size = |size: u32| {
            let size = usize::try_from(size).map_err(|_| CardError::Unsendable { step })?;
            three_bytes(step, size)
        };
        let mut data = vec![number, file.mode.bits()];
        data.extend(file.rights.bytes());
        let ins = match file.shape {
            FileShape::Standard { size: bytes } => {
                data.extend(size(bytes)?);
                CREATE_STANDARD
            }
            FileShape::Backup { size: bytes } => {
                data.extend(size(bytes)?);
                CREATE_BACKUP
            }
            FileShape::Value {
                lower,
                upper,
                limited_credit,
            } => {
                data.extend(lower.to_le_bytes());
                data.extend(upper.to_le_bytes());
                // The value it starts with: nothing.
                data.extend(0_i32.to_le_bytes());
                data.push(u8::from(limited_credit));
                CREATE_VALUE
            }
            FileShape::Cyclic { record, most, .. } => {
                data.extend(size(record)?);
                data.extend(size(most)?);
                CREATE_CYCLIC
            }
            FileShape::TransactionMac { .. } => return Err(CardError::Unsendable { step }),
        };
        self.secure(step, Mode::Mac, Command::new(ins, &data), 0)
            .map(|_| ())
    }

    /// Makes the transaction MAC file `number` with the key under the transaction MACs.
    ///
    /// # Errors
    /// As [`Card::create_file`].
    pub fn create_transaction_mac_file(
        &mut self,
        number: u8,
        mode: Mode,
        rights: AccessRights,
        key: &tillside_keys::CardKey,
        key_version: u8,
    ) -> Result<(), CardError> {
        let [low, high] = rights.bytes();
        let header = [number, mode.bits(), low, high, AES_KEY];
        let data = zeroize::Zeroizing::new([&key.bytes()[..], &[key_version]].concat());
        let command = Command::with(CREATE_TRANSACTION_MAC, &header, &data);
        self.secure(MAKING, Mode::Full, command, 0).map(|_| ())
    }
}
