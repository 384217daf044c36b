//! Setting e-money up: the scheme, and the chain's master keys.

use super::{EmoneyStore, Keyring, KeyringError, Scheme};
use crate::store::StoreError;
use tillside_core::{Currency, FunderId, Money, PurseScheme, PurseSheetError, Timestamp};
use tillside_keys::HeldKey;

/// What is chosen when e-money is set up.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The currency of every purse.
    pub currency: Currency,
    /// The most a purse may hold.
    pub cap: Money,
    /// What the chain's keys are made with.
    pub system: String,
    /// The application on the card, 6 hex digits.
    pub application: String,
    /// Entries of a card's log.
    pub log_entries: u8,
    /// How long a new card may be used, in days.
    pub card_days: u16,
    /// How long a lost card's balance waits, in hours.
    pub replacement_wait_hours: u16,
    /// Who issues the money.
    pub funder: FunderId,
    /// After how many days an unknown movement is a person's to decide.
    pub timeout_days: u16,
    /// Where the keys are to be: none is a development vault in HQ's folder.
    pub vault: Option<String>,
}

/// The version of the first master keys.
pub const FIRST_KEY_VERSION: u8 = 1;

/// Why e-money was not set up. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// There is e-money already.
    #[error("this HQ has e-money already, and nothing was changed: `tillside-hq emoney show`")]
    Exists,
    /// The scheme cannot be.
    #[error(transparent)]
    Scheme(#[from] PurseSheetError),
    /// A time-out of no day.
    #[error("the time-out must be at least one day")]
    Timeout,
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyringError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets e-money up: keys first, so that a scheme is never without.
///
/// # Errors
/// If it is there, or cannot be.
pub async fn set_up(
    store: &(impl EmoneyStore + ?Sized),
    keyring: &Keyring,
    chosen: SetUp,
    now: Timestamp,
) -> Result<Vec<HeldKey>, SetUpError> {
    if store.scheme().await?.is_some() {
        return Err(SetUpError::Exists);
    }
    let scheme = PurseScheme {
        application: chosen.application.to_ascii_uppercase(),
        system: chosen.system,
        currency: chosen.currency,
        cap: chosen.cap,
        key_version: FIRST_KEY_VERSION,
        log_entries: chosen.log_entries,
        card_days: chosen.card_days,
        replacement_wait_hours: chosen.replacement_wait_hours,
    };
    scheme.check()?;
    if chosen.timeout_days == 0 {
        return Err(SetUpError::Timeout);
    }
    let held = match keyring.held()? {
        // A set-up that was cut short between the keys and the scheme goes on with its keys.
        Some((_, held)) if !held.is_empty() => held,
        _ => keyring.create(chosen.vault.as_deref(), FIRST_KEY_VERSION)?,
    };
    let scheme = Scheme {
        scheme,
        funder: chosen.funder,
        timeout_days: chosen.timeout_days,
    };
    store.found_emoney(scheme, now).await?;
    Ok(held)
}
