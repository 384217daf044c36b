//! Real cards, through `tillside-cards`, with this till's keys.

use super::card::{Cards, Movement, NoProof, Proof, Purse, Reading, Staged, Trouble, causes};
use super::new_card::NewCardVault;
use crate::account::OnTheSpot;
use std::sync::Arc;
use std::sync::Mutex;
use tillside_cards::desfire::CardError;
use tillside_cards::issue::{IssueError, IssueOrder, IssueStep, IssuedCard, issue};
use tillside_cards::purse::{
    CardDay, CardTransaction, CommitError, LogEntry, Movement as CardMovement, OpenPurse,
    PurseCard, PurseError, Standing,
};
use tillside_cards::scheme::{CardScheme, Keys};
use tillside_cards::{
    CardAuthority, CardKind, CardNote, Identified, IdentityError, identify, identify_with,
};
use tillside_core::{
    CardIdentity, CardLogEntry, CardSeen, MemberId, PurseScheme, PurseTx, TerminalMark,
    TransactionMacInput, TransactionMacValue,
};
use tillside_drivers::CardSession;
use tillside_keys::KeyVault;

const BAD_NUMBER: &str = "This card's number cannot be used. Ask for the member card or the code.";

/// Cards with the keys of this till, or without any.
pub(crate) struct Chip {
    keys: Option<(Arc<dyn KeyVault>, CardScheme)>,
    /// The purse of the card that was read last: only reading it makes one.
    read: Mutex<Option<PurseCard>>,
    random: fn() -> Option<[u8; 16]>,
    /// Where the keys of a card that is being made come from, if not from this till.
    new_card: Option<Arc<NewCardVault>>,
}

impl Chip {
    /// Cards of the chain whose scheme it is.
    pub(crate) fn new(
        vault: Option<Arc<dyn KeyVault>>,
        scheme: Option<&PurseScheme>,
        random: fn() -> Option<[u8; 16]>,
    ) -> Self {
        let scheme = scheme.and_then(card_scheme);
        Self {
            keys: vault.zip(scheme),
            read: Mutex::default(),
            random,
            new_card: None,
        }
    }

    /// The same while a card is being made: what this till has no keys to, HQ is asked for.
    pub(crate) fn asking(mut self, hq: &OnTheSpot) -> Self {
        self.keys = self.keys.map(|(till, scheme)| {
            let vault = Arc::new(NewCardVault::new(till, scheme.clone(), hq.clone()));
            self.new_card = Some(vault.clone());
            (vault as Arc<dyn KeyVault>, scheme)
        });
        self
    }

    fn keys(&self) -> Option<Keys<'_>> {
        let (vault, scheme) = self.keys.as_ref()?;
        Some(Keys {
            vault: vault.as_ref(),
            scheme,
        })
    }

    /// A challenge must not be guessed: what was done while the system gave no randomness is not
    /// believed.
    fn with_random<T>(
        &self,
        work: impl FnOnce(&mut dyn FnMut() -> [u8; 16]) -> T,
    ) -> Result<T, Trouble> {
        let mut dry = false;
        let done = work(&mut || {
            (self.random)().unwrap_or_else(|| {
                dry = true;
                [0; 16]
            })
        });
        match dry {
            true => {
                let words = crate::till::TillError::Failed.to_string();
                Err(Trouble::lasting(words, "no randomness"))
            }
            false => Ok(done),
        }
    }

    /// Makes the card that lies there the chain's, or finishes it.
    pub(crate) fn issue(
        &self,
        session: &mut dyn CardSession,
        order: &IssueOrder,
        progress: &mut dyn FnMut(IssueStep),
    ) -> Result<IssuedCard, Trouble> {
        let Some(keys) = self.keys() else {
            let error = crate::till::TillError::NoKeys;
            return Err(Trouble::lasting(error.to_string(), "no keys"));
        };
        let issued = self.with_random(|random| issue(session, keys, order, random, progress))?;
        issued.map_err(|error| {
            let why = causes(&error);
            let refused = self.new_card.as_ref().and_then(|hq| hq.refused());
            if let (Some(words), IssueError::Card(CardError::Keys(_))) = (refused, &error) {
                return Trouble::lasting(words, why);
            }
            Trouble {
                words: error.cashier_words().to_owned(),
                why,
                again: error.is_retryable(),
                reader: match error {
                    IssueError::Card(CardError::Reader(error)) => Some(error),
                    _ => None,
                },
            }
        })
    }
}

impl Cards for Chip {
    fn read(&self, session: &mut dyn CardSession) -> Result<Reading, Trouble> {
        let keys = self.keys();
        let found = match &keys {
            None => identify(session).map_err(Trouble::reader)?,
            Some(keys) => {
                let found =
                    self.with_random(|random| identify_with(session, Some(keys), random))?;
                found.map_err(identity_trouble)?
            }
        };
        *self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = found.purse;
        reading(&found)
    }

    fn open<'s>(
        &'s self,
        session: &'s mut dyn CardSession,
        _reading: &Reading,
    ) -> Result<Box<dyn Purse + 's>, Trouble> {
        let card = *self
            .read
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let (Some(keys), Some(card)) = (self.keys(), card) else {
            return Err(Trouble::lasting(super::words::NO_PURSE_ON_IT, "no purse"));
        };
        let purse = self.with_random(|random| OpenPurse::open(session, keys, &card, random))?;
        Ok(Box::new(purse.map_err(trouble)?))
    }
}

impl Purse for OpenPurse<'_> {
    fn seen(&self) -> CardSeen {
        seen(self.standing())
    }

    fn unfit(&self, time: u32, returns: bool) -> Option<Trouble> {
        match self.check(CardDay::of_unix(i64::from(time))) {
            Ok(()) => None,
            Err(PurseError::Expired) if returns => None,
            Err(error) => Some(trouble(error)),
        }
    }

    fn log(&mut self) -> Result<Vec<CardLogEntry>, Trouble> {
        let log = OpenPurse::log(self).map_err(trouble)?;
        Ok(log.iter().map(log_entry).collect())
    }

    fn log_since(&mut self, tmc: u32) -> Result<Vec<CardLogEntry>, Trouble> {
        let log = OpenPurse::log_since(self, tmc).map_err(trouble)?;
        Ok(log.iter().map(log_entry).collect())
    }

    fn stage<'s>(self: Box<Self>, movement: &Movement) -> Result<Box<dyn Staged + 's>, Trouble>
    where
        Self: 's,
    {
        let kind = CardMovement::numbered(movement.kind).ok_or_else(|| {
            Trouble::lasting(
                crate::till::TillError::Failed.to_string(),
                "no movement of this number",
            )
        })?;
        let transaction = CardTransaction {
            txid: movement.txid,
            kind,
            amount: movement.amount,
            points: 0,
            terminal: movement.terminal,
            time: movement.time,
        };
        let staged = OpenPurse::stage(*self, &transaction).map_err(trouble)?;
        Ok(Box::new(staged))
    }
}

impl Staged for tillside_cards::purse::Staged<'_> {
    fn commit(self: Box<Self>) -> Result<Proof, NoProof> {
        let committed = match tillside_cards::purse::Staged::commit(*self) {
            Ok(committed) => committed,
            Err(CommitError::NotSent(error)) => {
                let words = error.cashier_words();
                return Err(NoProof::NeverSent(Trouble::lasting(words, causes(&error))));
            }
            Err(error) => return Err(NoProof::Unknown(causes(&error))),
        };
        // A proof that the journal cannot hold is none; the card is asked again.
        let tmi = TransactionMacInput::new(committed.tmi);
        let tmi = tmi.map_err(|error| NoProof::Unknown(causes(&error)))?;
        Ok(Proof {
            tmc: committed.tmc,
            tmv: TransactionMacValue::new(committed.tmv),
            tmi,
            after: committed.balance_after,
        })
    }
}

/// HQ's scheme as cards have it; none for one that no card can have.
pub(crate) fn card_scheme(scheme: &PurseScheme) -> Option<CardScheme> {
    let hex = &scheme.application;
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let currency: [u8; 3] = scheme.currency.code().as_bytes().try_into().ok()?;
    Some(CardScheme {
        aid: [byte(0)?, byte(2)?, byte(4)?],
        system_id: scheme.system.as_bytes().to_vec(),
        currency,
        cap: scheme.cap.minor(),
        log_records: scheme.log_entries,
        key_version: scheme.key_version,
    })
}

fn reading(found: &Identified) -> Result<Reading, Trouble> {
    let card = CardIdentity::new(&format!("uid:{}", found.uid));
    let card = card.map_err(|error| Trouble::lasting(BAD_NUMBER, error.to_string()))?;
    let member = found.member.map(uuid::Uuid::from_bytes).map(MemberId::new);
    let expires = found.purse.as_ref().map(|purse| day(purse.member.expires));
    Ok(Reading {
        card,
        kind: kind(found.kind),
        authenticated: found.authority() == CardAuthority::Authenticated,
        member,
        expires: expires.flatten(),
        purse: found.purse.is_some(),
        refused: found
            .note
            .map(|note: CardNote| note.cashier_words().to_owned()),
    })
}

/// A day of a card as a date.
pub(crate) fn day(day: CardDay) -> Option<jiff::civil::Date> {
    let first = jiff::civil::date(1970, 1, 1);
    let days = jiff::Span::new().days(i64::from(day.0));
    first.checked_add(days).ok()
}

fn kind(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Ntag213 => "ntag213",
        CardKind::Ntag215 => "ntag215",
        CardKind::Ntag216 => "ntag216",
        CardKind::Ntag424 => "ntag424",
        CardKind::UltralightAes => "ultralight_aes",
        CardKind::FelicaLiteS => "felica_lite_s",
        CardKind::Desfire => "desfire",
        _ => "uid_only",
    }
}

fn seen(standing: &Standing) -> CardSeen {
    CardSeen {
        balance: standing.balance,
        tmc: standing.tmc,
        last: standing.last.map(|last| PurseTx::new(last.txid)),
    }
}

fn log_entry(entry: &LogEntry) -> CardLogEntry {
    CardLogEntry {
        txid: PurseTx::new(entry.txid),
        kind: entry.kind.number(),
        amount: entry.amount,
        after: entry.balance_after,
        seq: entry.seq,
        terminal: TerminalMark::new(entry.terminal),
        time: entry.time,
    }
}

fn identity_trouble(error: IdentityError) -> Trouble {
    match error {
        IdentityError::Reader(error) => Trouble::reader(error),
        error => Trouble {
            words: error.cashier_words().to_owned(),
            why: causes(&error),
            again: error.is_retryable(),
            reader: None,
        },
    }
}

fn trouble(error: PurseError) -> Trouble {
    Trouble {
        words: error.cashier_words().to_owned(),
        why: causes(&error),
        again: error.is_retryable(),
        reader: match error {
            PurseError::Card(CardError::Reader(error)) => Some(error),
            _ => None,
        },
    }
}
