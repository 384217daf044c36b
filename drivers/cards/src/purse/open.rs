//! Opening a purse: what the card holds, proven, before anything is written.

use tillside_drivers::CardSession;
use tillside_keys::KeyRole;
use tillside_keys::transaction_mac::{Frames, Tmi};

use super::{CardDay, Last, LogEntry, PurseCard, PurseError};
use crate::Uid;
use crate::desfire::layout::{
    FILE_LAST, FILE_LOG, FILE_TRANSACTION_MAC, FILE_VALUE, LayoutError, RECORD_BYTES,
    TRANSACTION_MAC_BYTES,
};
use crate::desfire::{Card, CardError, FileShape, Mode, Status, TransactionMac};
use crate::scheme::Keys;

/// Records that one read asks for: their answer fits into one short APDU.
const RECORDS_AT_ONCE: usize = 6;

/// What a card holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Standing {
    /// The card's real number.
    pub uid: Uid,
    /// Its balance, minor units.
    pub balance: i64,
    /// How many transactions it committed.
    pub tmc: u32,
    /// The last of them; `None` on a card that was never used.
    pub last: Option<Last>,
}

impl Standing {
    /// Whether balance, last transaction and counter fit together, as every commit leaves them.
    ///
    /// # Errors
    /// `Contradiction`.
    pub fn check(&self) -> Result<(), PurseError> {
        let wrong = |what| Err(PurseError::Contradiction { what });
        match self.last {
            None if self.tmc != 0 => wrong("it counts transactions and shows none"),
            None if self.balance != 0 => wrong("it was never used and holds money"),
            Some(last) if last.seq != self.tmc => wrong("its last transaction is not the last"),
            Some(last) if last.balance_after != self.balance => {
                wrong("its last transaction left another balance")
            }
            _ => Ok(()),
        }
    }
}

/// A purse that was read under the pay key and can be written.
#[derive(Debug)]
pub struct OpenPurse<'s> {
    pub(super) card: Card<'s>,
    pub(super) keys: Keys<'s>,
    pub(super) owner: PurseCard,
    pub(super) standing: Standing,
    pub(super) tmi: Tmi,
    pub(super) spare_random: [u8; 16],
}

impl<'s> OpenPurse<'s> {
    /// Opens the purse of `owner`, which lies on this session's reader: six APDUs. `random` gives 16
    /// bytes that nobody can predict, new at each call.
    ///
    /// # Errors
    /// `NoPurse`; `Currency`, before the card is asked anything: what it holds would be read as money of
    /// this chain; `Card` with `WrongKey` if another card lies there; what the reader and the vault say.
    pub fn open(
        session: &'s mut dyn CardSession,
        keys: Keys<'s>,
        owner: &PurseCard,
        random: &mut dyn FnMut() -> [u8; 16],
    ) -> Result<Self, PurseError> {
        let found = owner.member.currency;
        if found != keys.scheme.currency {
            return Err(PurseError::Currency { found });
        }
        let key = keys.card_key(KeyRole::Pay, owner.key_version, owner.uid.as_bytes())?;
        let mut card = Card::new(session);
        card.select(keys.scheme.aid).map_err(no_purse)?;
        card.authenticate_first(KeyRole::Pay.number(), key, random())?;
        let mut tmi = Tmi::new();
        let last = card.read_data(Mode::Full, FILE_LAST, 0, RECORD_BYTES)?;
        tmi.read_data(Frames::Iso, FILE_LAST, 0, &last)?;
        let mac = card.read_data(Mode::Mac, FILE_TRANSACTION_MAC, 0, TRANSACTION_MAC_BYTES)?;
        let mac = TransactionMac::read(&mac).ok_or(CardError::Garbled {
            step: "the transaction counter",
        })?;
        let balance = card.value(Mode::Full, FILE_VALUE)?;
        tmi.get_value(FILE_VALUE, balance)?;
        let standing = Standing {
            uid: owner.uid,
            balance: i64::from(balance),
            tmc: mac.tmc,
            last: Last::read(&last).map_err(CardError::from)?,
        };
        Ok(Self {
            card,
            keys,
            owner: *owner,
            standing,
            tmi,
            spare_random: random(),
        })
    }

    /// What the card holds.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether it may be used on `today` at all, whatever for: for the screen, and before an intent is
    /// written down. [`OpenPurse::stage`] asks again.
    ///
    /// # Errors
    /// `Contradiction`, `Blocked`, `Expired`, `UsedUp`.
    pub fn check(&self, today: CardDay) -> Result<(), PurseError> {
        self.standing.check()?;
        if self.standing.last.is_some_and(|last| last.is_blocked()) {
            return Err(PurseError::Blocked);
        }
        if self.owner.is_expired(today) {
            return Err(PurseError::Expired);
        }
        match self.standing.tmc {
            u32::MAX => Err(PurseError::UsedUp),
            _ => Ok(()),
        }
    }

    /// The card's log, newest first. Three APDUs for ten entries; what is staged afterwards takes the
    /// reading into its transaction MAC.
    ///
    /// # Errors
    /// `Card`: this purse is then closed, and nothing was committed.
    pub fn log(&mut self) -> Result<Vec<LogEntry>, PurseError> {
        const STEP: &str = "log";
        let settings = self.card.file_settings(FILE_LOG)?;
        let wrong = |found| CardError::from(LayoutError::Length { file: STEP, found });
        // The settings are under the card's MAC: a log of another form is no noise.
        let FileShape::Cyclic { record, held, .. } = settings.shape else {
            return Err(wrong(0).into());
        };
        let [record, held] = [record, held].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        if record != RECORD_BYTES {
            return Err(wrong(record).into());
        }
        if held > usize::from(u8::MAX) {
            return Err(wrong(held.saturating_mul(record)).into());
        }
        let mut entries = Vec::with_capacity(held);
        while entries.len() < held {
            let count = RECORDS_AT_ONCE.min(held - entries.len());
            self.read_log(&mut entries, count)?;
        }
        Ok(entries)
    }

    /// What came into the log after transaction `tmc`, newest first, as far as one command gives it: the
    /// newest six at most. One APDU; none if nothing came, or if the purse contradicts itself: then its
    /// counter says nothing about its log. As with [`OpenPurse::log`], what is staged
    /// afterwards takes the reading into its transaction MAC.
    ///
    /// # Errors
    /// As [`OpenPurse::log`].
    pub fn log_since(&mut self, tmc: u32) -> Result<Vec<LogEntry>, PurseError> {
        // Each transaction of a purse left one record, and the log keeps as many as the scheme says.
        let came = usize::try_from(self.standing.tmc.saturating_sub(tmc)).unwrap_or(usize::MAX);
        let kept = usize::from(self.keys.scheme.log_records);
        let mut entries = Vec::new();
        if self.standing.check().is_err() {
            return Ok(entries);
        }
        match came.min(kept).min(RECORDS_AT_ONCE) {
            0 => {}
            count => self.read_log(&mut entries, count)?,
        }
        Ok(entries)
    }

    /// The next older `count` entries behind those that are there.
    fn read_log(&mut self, entries: &mut Vec<LogEntry>, count: usize) -> Result<(), PurseError> {
        let first = entries.len();
        let card = &mut self.card;
        let data = card.read_records(Mode::Full, FILE_LOG, first, count, RECORD_BYTES)?;
        let [first, count] = [first, count].map(|number| number as u32);
        self.tmi
            .read_records(Frames::Iso, FILE_LOG, first, count, &data)?;
        let (records, _) = data.as_chunks::<RECORD_BYTES>();
        for record in records.iter().rev() {
            entries.push(LogEntry::read(record).map_err(CardError::from)?);
        }
        Ok(())
    }
}

/// The card spoke DESFire when it was read, a moment ago: another kind of answer is noise.
fn no_purse(error: CardError) -> PurseError {
    match error {
        CardError::NotDesfire { .. } => CardError::Garbled { step: "selection" }.into(),
        error if error.status() == Some(Status::NoApplication) => PurseError::NoPurse,
        error => error.into(),
    }
}
