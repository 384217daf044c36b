//! A card's keys: their versions, changing them, rolling a whole set of them, and what needs a key to
//! be seen (the real number) or set (the random one).

use tillside_keys::CardKey;
use zeroize::Zeroizing;

use super::card::{Card, Command};
use super::error::CardError;
use super::secure::Mode;

const GET_KEY_VERSION: u8 = 0x64;
const CHANGE_KEY: u8 = 0xC4;
const CHANGE_KEY_IN_SET: u8 = 0xC6;
const ROLL_KEY_SET: u8 = 0x55;
const INITIALISE_KEY_SET: u8 = 0x56;
const FINALISE_KEY_SET: u8 = 0x57;
const CARD_UID: u8 = 0x51;
const SET_CONFIGURATION: u8 = 0x5C;
/// Key type of a set: AES-128.
const AES: u8 = 0x02;
/// SetConfiguration option 00: bit 1 shows a random number from now on. It cannot be undone.
const PICC_OPTIONS: u8 = 0x00;
const RANDOM_ID: u8 = 0x02;
const CHANGING: &str = "changing a key";
const VERSION: &str = "a key's version";

/// A key and its version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionedKey {
    /// The key.
    pub key: CardKey,
    /// What GetKeyVersion shows.
    pub version: u8,
}

/// The key that a new application has in every place.
pub const FACTORY_KEY: CardKey = CardKey::new([0; 16]);

impl Card<'_> {
    /// GetKeyVersion of key `number` in the active set. Outside a session the answer is a hint, and
    /// proves nothing.
    ///
    /// # Errors
    /// `Refused` with `NoSuchKey`, the reader's.
    pub fn key_version(&mut self, number: u8) -> Result<u8, CardError> {
        let header = [number];
        let answer = match self.is_authenticated() {
            true => {
                let command = Command::new(GET_KEY_VERSION, &header);
                self.secure(VERSION, Mode::Mac, command, 1)?
            }
            false => self.plain(VERSION, GET_KEY_VERSION, &header, 1)?,
        };
        let version = answer.first().copied();
        version.ok_or(CardError::Garbled { step: VERSION })
    }

    /// Changes the key that this session was authenticated with (case 2), which ends the session.
    /// The card's answer has no MAC: that the key is changed is known once it authenticates.
    ///
    /// # Errors
    /// `Refused`, the reader's: the card then has the old key or the new one.
    pub fn change_own_key(&mut self, number: u8, new: &VersionedKey) -> Result<(), CardError> {
        let data = Zeroizing::new([&new.key.bytes()[..], &[new.version]].concat());
        let header = [number];
        self.last_of_session(CHANGING, Command::with(CHANGE_KEY, &header, &data))
    }

    /// Changes another key than the session's (case 1).
    ///
    /// # Errors
    /// `Refused` with `Integrity` if `old` is not the card's, `Forged`, the reader's.
    pub fn change_key(
        &mut self,
        number: u8,
        old: &CardKey,
        new: &VersionedKey,
    ) -> Result<(), CardError> {
        let (header, data) = ([number], exchange(old, new));
        let command = Command::with(CHANGE_KEY, &header, &data);
        self.secure(CHANGING, Mode::Full, command, 0).map(|_| ())
    }

    /// Changes a key of another key set than the active one (ChangeKeyEV2, case 1).
    ///
    /// # Errors
    /// As [`Card::change_key`].
    pub fn change_key_in_set(
        &mut self,
        set: u8,
        number: u8,
        old: &CardKey,
        new: &VersionedKey,
    ) -> Result<(), CardError> {
        let (header, data) = ([set, number], exchange(old, new));
        let command = Command::with(CHANGE_KEY_IN_SET, &header, &data);
        self.secure(CHANGING, Mode::Full, command, 0).map(|_| ())
    }

    /// InitializeKeySet: makes key set `set` ready to take AES keys.
    ///
    /// # Errors
    /// `Refused`, `Forged`, the reader's. So do the two that follow.
    pub fn initialise_key_set(&mut self, set: u8) -> Result<(), CardError> {
        let header = [set, AES];
        let command = Command::new(INITIALISE_KEY_SET, &header);
        self.secure("a new key set", Mode::Mac, command, 0)
            .map(|_| ())
    }

    /// FinalizeKeySet: the keys of `set` are complete, and have this version.
    ///
    /// # Errors
    /// As [`Card::initialise_key_set`].
    pub fn finalise_key_set(&mut self, set: u8, version: u8) -> Result<(), CardError> {
        let header = [set, version];
        let command = Command::new(FINALISE_KEY_SET, &header);
        self.secure("a new key set", Mode::Mac, command, 0)
            .map(|_| ())
    }

    /// RollKeySet: `set` becomes the active one, in one step. It ends the session.
    ///
    /// # Errors
    /// As [`Card::initialise_key_set`].
    pub fn roll_key_set(&mut self, set: u8) -> Result<(), CardError> {
        let header = [set];
        let command = Command::new(ROLL_KEY_SET, &header);
        let rolled = self.secure("the roll of a key set", Mode::Mac, command, 0);
        self.end_session();
        rolled.map(|_| ())
    }

    /// GetCardUID: the real number of the card, authenticated, of 7 bytes.
    ///
    /// # Errors
    /// `Refused`, `Forged`, the reader's.
    pub fn real_uid(&mut self) -> Result<[u8; 7], CardError> {
        const STEP: &str = "the card's own number";
        let answer = self.secure(STEP, Mode::Full, Command::new(CARD_UID, &[]), 7)?;
        <[u8; 7]>::try_from(answer).map_err(|_| CardError::Garbled { step: STEP })
    }

    /// Lets the card show another number at each tap, for ever. At card level, with its master key.
    ///
    /// # Errors
    /// `Refused`, `Forged`, the reader's.
    pub fn show_random_number(&mut self) -> Result<(), CardError> {
        let (header, data) = ([PICC_OPTIONS], [RANDOM_ID]);
        let command = Command::with(SET_CONFIGURATION, &header, &data);
        self.secure("hiding the number", Mode::Full, command, 0)
            .map(|_| ())
    }
}

/// What ChangeKey sends for another key than the session's: (new ⊕ old) ‖ version ‖ CRC(new).
fn exchange(old: &CardKey, new: &VersionedKey) -> Zeroizing<Vec<u8>> {
    let pairs = new.key.bytes().iter().zip(old.bytes());
    let mut data = Zeroizing::new(Vec::with_capacity(32));
    data.extend(pairs.map(|(new, old)| new ^ old));
    data.push(new.version);
    data.extend(super::checksum::jam_crc32(new.key.bytes()).to_le_bytes());
    data
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::desfire::secure::Secure;
    use crate::script::{bytes, vector};

    #[test]
    fn changing_another_key_is_that_of_an12196() {
        let vectors = vector("ntag424_an12196.json");
        let case = &vectors["change_key_case1_5.16.1"];
        let key = |name: &str| CardKey::new(bytes(&case[name]).try_into().unwrap());
        let new = VersionedKey {
            key: key("new"),
            version: 1,
        };
        let mut data = exchange(&key("old"), &new);
        assert_eq!(data[17..], bytes(&case["crc32"]));
        let mut secure = Secure {
            encryption: key("ses_enc"),
            mac: key("ses_mac"),
            ti: bytes(&case["ti"]).try_into().unwrap(),
            counter: 2,
        };
        let sent = secure.command(Mode::Full, CHANGE_KEY, &[2], &data).unwrap();
        let apdu = bytes(&case["apdu"]);
        assert_eq!(sent, apdu[5..apdu.len() - 1]);
        let answer = bytes(&case["rapdu"]);
        let answer = secure.response(Mode::Full, &answer[..8]);
        assert_eq!(answer, Some(vec![]));
        data.clear();
    }
}
