//! What e-money needs of the database.

use super::accounts::{AccountError, Standing};
use super::card_keys::NoCardKeys;
use super::cards::{BlockKind, CardFile, CardHold, Replacement};
use super::ledger::{Action, Holder};
use super::lots::Pairing;
use crate::store::StoreError;
use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;
use tillside_core::{
    CardIdentity, CodeKey, DeskRights, FunderId, MemberId, Money, PurseEnd, PurseKind, PurseScheme,
    PurseTx, StoreId, TerminalId, Timestamp,
};
use tillside_protocol::{AccountAnswer, AccountRequest, PurseSettlement};

/// The chain's e-money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scheme {
    /// What stores are told.
    pub scheme: PurseScheme,
    /// Who issues the money.
    pub funder: FunderId,
    /// After how many days a movement that nobody knows the end of is a person's to decide.
    pub timeout_days: u16,
}

/// Keeps purses, cards and the ledger of e-money. What journals say of them is booked by `ingest`.
#[async_trait]
pub trait EmoneyStore: Send + Sync {
    /// The scheme; none before it was set up.
    async fn scheme(&self) -> Result<Option<Scheme>, StoreError>;

    /// Keeps the scheme, once.
    async fn found_emoney(&self, scheme: Scheme, now: Timestamp) -> Result<(), StoreError>;

    /// Changes the time-out.
    async fn set_timeout(&self, days: u16) -> Result<(), StoreError>;

    /// New cards get keys of this version, from the next bundle on.
    async fn set_key_version(&self, version: u8) -> Result<(), StoreError>;

    /// What a store may do. Not found: there is no such store.
    async fn desk(&self, store: StoreId) -> Result<DeskRights, StoreError>;

    /// Changes that, from the next bundle on; a right that is taken ends for HQ's routes at once.
    async fn set_desk(&self, store: StoreId, rights: DeskRights) -> Result<(), StoreError>;

    /// Notes that a terminal is given the keys of a card that it makes. Refused where its store makes no
    /// cards, and for a card that was made before.
    async fn give_card_keys(
        &self,
        terminal: TerminalId,
        card: CardIdentity,
        version: u8,
        now: Timestamp,
    ) -> Result<Result<PurseScheme, NoCardKeys>, StoreError>;

    /// How HQ settled movements that this terminal left open and does not know the end of.
    async fn settlements(&self, terminal: TerminalId) -> Result<Vec<PurseSettlement>, StoreError>;

    /// Answers a request to move an account, and moves it, in one transaction; the same request again
    /// is answered as before.
    async fn move_account(
        &self,
        terminal: TerminalId,
        request: AccountRequest,
        now: Timestamp,
    ) -> Result<Result<AccountAnswer, AccountError>, StoreError>;

    /// What the account that a card names holds. Not found: the card is nobody's, or there is no e-money.
    async fn account_standing(&self, card: CardIdentity) -> Result<Standing, StoreError>;

    /// Freezes a member's account, or with no reason lets it go again. False: it was so before.
    async fn freeze_account(
        &self,
        member_number: String,
        why: Option<String>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Blocks a card, or changes why. False: it was blocked just so.
    async fn block_card(
        &self,
        card: CardIdentity,
        kind: BlockKind,
        why: String,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Lets a card be used again. Not found: it is not blocked, or its balance goes to another.
    async fn unblock_card(&self, card: CardIdentity) -> Result<(), StoreError>;

    /// Has a lost card's balance carried over to another, when the scheme's wait is over. The lost card
    /// is blocked at once. `at` is the store that does it; none is the member's own, or the first that can.
    async fn replace_card(
        &self,
        old: CardIdentity,
        new: CardIdentity,
        at: Option<StoreId>,
        now: Timestamp,
    ) -> Result<Replacement, StoreError>;

    /// Everything on a card. Not found: HQ never heard of it.
    async fn card_file(&self, card: CardIdentity) -> Result<CardFile, StoreError>;

    /// Takes what is left on a card past its last day off the books. Not found: there is nothing to take.
    async fn expire_card(&self, card: CardIdentity, now: Timestamp) -> Result<Money, StoreError>;

    /// Cards with blocks, by number.
    async fn card_holds(&self) -> Result<Vec<CardHold>, StoreError>;

    /// Cards of which HQ lacks transactions for longer than the time-out.
    async fn gaps(&self, now: Timestamp) -> Result<Vec<Gap>, StoreError>;

    /// Movements whose end nobody knows, oldest first.
    async fn open_movements(&self, now: Timestamp) -> Result<Vec<OpenMovement>, StoreError>;

    /// Opens a case for each movement that is open past the time-out. How many it opened.
    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// A person's word on the movement that a case is about. Not found: the case is not open, or names no
    /// movement that is.
    async fn decide(
        &self,
        case: u64,
        end: PurseEnd,
        note: String,
        now: Timestamp,
    ) -> Result<PurseTx, StoreError>;

    /// Proves the whole ledger of e-money.
    async fn check_emoney(&self) -> Result<EmoneyCheck, StoreError>;

    /// Every purse's balance.
    async fn emoney_rows(&self) -> Result<Vec<PurseRow>, StoreError>;

    /// Takes the certificates of a member's phones back, or of one of them, from the next bundle on. How
    /// many counted until now. Not found: there is no such member, or too many phones are taken back.
    async fn revoke_phones(
        &self,
        member_number: String,
        device: Option<CodeKey>,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Certifies a member's phone: whose it is. Not found: there is no such member, or the phone was taken
    /// back.
    async fn enrol_phone(
        &self,
        member_number: String,
        device: CodeKey,
        valid_until: Date,
        now: Timestamp,
    ) -> Result<MemberId, StoreError>;
}

/// Transactions of a card that HQ has not booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
    /// The card.
    pub card: CardIdentity,
    /// The first count that is missing.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// The newest count that anybody told of.
    pub newest: u32,
    /// Since when HQ knows that it lacks them.
    pub since: Timestamp,
}

/// A movement whose end nobody knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenMovement {
    /// Which.
    pub txid: PurseTx,
    /// At which terminal.
    pub terminal: TerminalId,
    /// In which store.
    pub store: StoreId,
    /// Where the value is.
    pub kind: PurseKind,
    /// What was to be done.
    pub action: Action,
    /// The card.
    pub card: CardIdentity,
    /// How much.
    pub amount: Money,
    /// When it was begun.
    pub at: Timestamp,
    /// Whether a manager let the sale go on without knowing.
    pub given_up: bool,
    /// Whether it is past the time-out: a liability in doubt.
    pub in_doubt: bool,
    /// The case about it.
    pub case: Option<u64>,
}

/// One purse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurseRow {
    /// Whose.
    pub holder: Holder,
    /// What it holds, as HQ has booked.
    pub balance: Money,
    /// What is owed to its holder.
    pub owed: Money,
    /// What movements that nobody knows the end of may have taken, past the time-out or not.
    pub in_doubt: Money,
}

/// What a proof of e-money's ledger found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EmoneyCheck {
    /// How many accounts there are.
    pub accounts: u64,
    /// The sum of every entry; zero, or the ledger is broken.
    pub sum: i64,
    /// Accounts whose running balance is not the sum of their entries.
    pub differing: Vec<String>,
    /// Movements that are done and not booked once, or booked and not done.
    pub misbooked: Vec<PurseTx>,
    /// Cards whose newest known balance is not what is booked, although every transaction is.
    pub cards: Vec<CardIdentity>,
    /// Cards of which transactions are missing: their balance cannot be compared.
    pub incomplete: u64,
    /// Totals by kind of account: issued, held, spent, owed, expired.
    pub totals: Totals,
    /// The pairing of debits with lots.
    pub pairing: Pairing,
    /// What of the pairing does not agree with the ledger, in words.
    pub unpaired: Vec<String>,
}

/// Sums of the ledger, minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
    /// Issued.
    pub issued: i64,
    /// On cards and in accounts.
    pub held: i64,
    /// Spent.
    pub spent: i64,
    /// Owed to holders.
    pub owed: i64,
    /// Expired.
    pub expired: i64,
}

impl EmoneyCheck {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        let t = &self.totals;
        self.sum == 0
            && t.issued == t.held + t.spent + t.owed + t.expired
            && self.differing.is_empty()
            && self.misbooked.is_empty()
            && self.cards.is_empty()
            && self.unpaired.is_empty()
    }
}
