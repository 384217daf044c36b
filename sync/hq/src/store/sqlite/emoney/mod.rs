//! E-money in SQLite.

mod account;
mod card_keys;
mod cards;
mod check;
mod ingest;
mod money;
mod movement;
mod phones;
mod points;
mod report;
mod settle;
mod sheet;
mod show;
mod tenders;

pub(super) use card_keys::made_elsewhere;
pub(super) use cards::issued;
pub(super) use ingest::{Purses, SideCase};
pub(super) use phones::revoked as revoked_phones;
pub(super) use settle::scheme;
pub(super) use sheet::Sheets;
pub(super) use tenders::Counting;

use super::SqliteStore;
use super::codec::failed;
use crate::emoney::accounts::{AccountError, Standing};
use crate::emoney::card_keys::NoCardKeys;
use crate::emoney::cards::{BlockKind, CardFile, CardHold, Replacement};
use crate::emoney::{EmoneyCheck, EmoneyStore, Gap, OpenMovement, PurseRow, Scheme};
use crate::store::StoreError;
use async_trait::async_trait;
use jiff::civil::Date;
use rusqlite::params;
use tillside_core::{
    CardIdentity, CodeKey, DeskRights, MemberId, Money, PurseEnd, PurseScheme, PurseTx, StoreId,
    TerminalId, Timestamp,
};
use tillside_protocol::{AccountAnswer, AccountRequest, PurseSettlement, SETTLEMENT_LIMIT};

fn no_scheme() -> StoreError {
    StoreError::NotFound(
        "this HQ has no e-money: set it up with `tillside-hq emoney init`".to_owned(),
    )
}

#[async_trait]
impl EmoneyStore for SqliteStore {
    async fn scheme(&self) -> Result<Option<Scheme>, StoreError> {
        self.read(scheme).await
    }

    async fn found_emoney(&self, scheme: Scheme, now: Timestamp) -> Result<(), StoreError> {
        let body = serde_json::to_string(&scheme.scheme).map_err(account::json)?;
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO purse_scheme (only_row, body, funder, timeout_days, made_at)
                     VALUES (1, ?1, ?2, ?3, ?4)",
                    params![body, scheme.funder.as_str(), scheme.timeout_days, now.0],
                )
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn set_timeout(&self, days: u16) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let changed = transaction
                .execute("UPDATE purse_scheme SET timeout_days = ?1", [days])
                .map_err(failed)?;
            if changed == 1 {
                Ok(())
            } else {
                Err(no_scheme())
            }
        })
        .await
    }

    async fn set_key_version(&self, version: u8) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let changed = transaction
                .execute(
                    "UPDATE purse_scheme SET body = json_set(body, '$.key_version', ?1)",
                    [version],
                )
                .map_err(failed)?;
            if changed == 1 {
                Ok(())
            } else {
                Err(no_scheme())
            }
        })
        .await
    }

    async fn desk(&self, store: StoreId) -> Result<DeskRights, StoreError> {
        self.read(move |transaction| account::desk(transaction, &store))
            .await
    }

    async fn set_desk(&self, store: StoreId, rights: DeskRights) -> Result<(), StoreError> {
        self.write(move |transaction| {
            account::desk(transaction, &store)?;
            transaction
                .execute(
                    "UPDATE store SET desk_top_up = ?2, desk_issue = ?3 WHERE store = ?1",
                    params![store.as_str(), rights.top_up, rights.issue],
                )
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    async fn give_card_keys(
        &self,
        terminal: TerminalId,
        card: CardIdentity,
        version: u8,
        now: Timestamp,
    ) -> Result<Result<PurseScheme, NoCardKeys>, StoreError> {
        self.write(move |transaction| card_keys::give(transaction, terminal, &card, version, now))
            .await
    }

    async fn settlements(&self, terminal: TerminalId) -> Result<Vec<PurseSettlement>, StoreError> {
        self.read(move |transaction| {
            let untold = report::untold(transaction, terminal, SETTLEMENT_LIMIT)?;
            let told = untold.into_iter().filter_map(|movement| {
                let (txid, end) = (movement.txid, movement.ended?);
                Some(PurseSettlement { txid, end })
            });
            Ok(told.collect())
        })
        .await
    }

    async fn move_account(
        &self,
        terminal: TerminalId,
        request: AccountRequest,
        now: Timestamp,
    ) -> Result<Result<AccountAnswer, AccountError>, StoreError> {
        self.write(move |transaction| account::move_account(transaction, terminal, &request, now))
            .await
    }

    async fn account_standing(&self, card: CardIdentity) -> Result<Standing, StoreError> {
        self.read(move |transaction| account::standing(transaction, &card))
            .await
    }

    async fn freeze_account(
        &self,
        member_number: String,
        why: Option<String>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            account::freeze(transaction, &member_number, why.as_deref(), now)
        })
        .await
    }

    async fn block_card(
        &self,
        card: CardIdentity,
        kind: BlockKind,
        why: String,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |transaction| cards::block(transaction, &card, kind, &why, now))
            .await
    }

    async fn unblock_card(&self, card: CardIdentity) -> Result<(), StoreError> {
        self.write(move |transaction| cards::unblock(transaction, &card))
            .await
    }

    async fn replace_card(
        &self,
        old: CardIdentity,
        new: CardIdentity,
        at: Option<StoreId>,
        now: Timestamp,
    ) -> Result<Replacement, StoreError> {
        self.write(move |transaction| {
            let scheme = scheme(transaction)?.ok_or_else(no_scheme)?;
            let done = cards::replace(transaction, &scheme, &old, &new, at.as_ref(), now)?;
            done.map_err(StoreError::NotFound)
        })
        .await
    }

    async fn card_file(&self, card: CardIdentity) -> Result<CardFile, StoreError> {
        self.read(move |transaction| show::card_file(transaction, &card))
            .await
    }

    async fn expire_card(&self, card: CardIdentity, now: Timestamp) -> Result<Money, StoreError> {
        self.write(move |transaction| cards::expire(transaction, &card, now))
            .await
    }

    async fn card_holds(&self) -> Result<Vec<CardHold>, StoreError> {
        self.read(cards::holds).await
    }

    async fn gaps(&self, now: Timestamp) -> Result<Vec<Gap>, StoreError> {
        self.read(move |transaction| report::all_gaps(transaction, now))
            .await
    }

    async fn open_movements(&self, now: Timestamp) -> Result<Vec<OpenMovement>, StoreError> {
        self.read(move |transaction| report::open(transaction, now))
            .await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |transaction| show::sweep(transaction, now))
            .await
    }

    async fn decide(
        &self,
        case: u64,
        end: PurseEnd,
        note: String,
        now: Timestamp,
    ) -> Result<PurseTx, StoreError> {
        self.write(move |transaction| show::decide(transaction, case, end, &note, now))
            .await
    }

    async fn check_emoney(&self) -> Result<EmoneyCheck, StoreError> {
        self.read(check::check).await
    }

    async fn emoney_rows(&self) -> Result<Vec<PurseRow>, StoreError> {
        self.read(report::rows).await
    }

    async fn revoke_phones(
        &self,
        member_number: String,
        device: Option<CodeKey>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(move |transaction| phones::revoke(transaction, &member_number, device, now))
            .await
    }

    async fn enrol_phone(
        &self,
        member_number: String,
        device: CodeKey,
        valid_until: Date,
        now: Timestamp,
    ) -> Result<MemberId, StoreError> {
        self.write(move |transaction| {
            phones::enrol(transaction, &member_number, device, valid_until, now)
        })
        .await
    }
}
