//! The calls of e-money: keys, of the chain and of one card, accounts, and what an account holds.

use super::accounts::AccountError;
use super::card_keys::{NoCardKeys, derive};
use crate::clock::now;
use crate::serve::{Answer, Caller, Hq, json};
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use serde::Deserialize;
use std::sync::Arc;
use tillside_core::CardIdentity;
use tillside_protocol::{
    AccountAnswer, AccountRequest, AccountStanding, CardKeys, CardKeysRequest, ErrorCode, KeyGrant,
};

/// GET [`tillside_protocol::KEYS`]: what the rights of the caller's store allow, now.
pub(crate) async fn keys(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
) -> Result<Json<KeyGrant>, Answer> {
    let rights = hq.store.desk(peer.profile.profile.store.clone()).await?;
    let terminal = peer.profile.terminal;
    let keyring = hq.keyring.clone();
    let grant = tokio::task::spawn_blocking(move || keyring.grant(rights)).await;
    match grant {
        Ok(Ok(grant)) => {
            tracing::info!(%terminal, keys = ?grant, "granted keys");
            Ok(Json(grant))
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "the key vault did not open");
            let words = "HQ's key vault does not open. Call HQ.";
            Err(Answer::new(ErrorCode::Internal, words))
        }
        Err(_) => Err(Answer::new(ErrorCode::Busy, "HQ is stopping. Ask again.")),
    }
}

/// POST [`tillside_protocol::CARD_KEYS`]: written down before it is answered.
pub(crate) async fn card_keys(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    body: Body,
) -> Result<Json<CardKeys>, Answer> {
    let CardKeysRequest { card, version } = json(body).await?;
    let terminal = peer.profile.terminal;
    let given = hq
        .store
        .give_card_keys(terminal, card.clone(), version, now());
    let scheme = given.await?.map_err(|why| not_given(&why))?;
    tracing::info!(%terminal, %card, "gave a new card's keys to the desk that makes it");
    let keyring = hq.keyring.clone();
    let keys = move || derive(&keyring, &scheme, &card, version);
    match tokio::task::spawn_blocking(keys).await {
        Ok(Ok(keys)) => Ok(Json(CardKeys { keys })),
        Ok(Err(why)) => Err(not_given(&why)),
        Err(_) => Err(Answer::new(ErrorCode::Busy, "HQ is stopping. Ask again.")),
    }
}

fn not_given(why: &NoCardKeys) -> Answer {
    if let NoCardKeys::Keyring(error) = why {
        tracing::error!(%error, "the key vault did not open");
    }
    Answer::new(why.code(), why.to_string())
}

/// POST [`tillside_protocol::ACCOUNT`].
pub(crate) async fn account(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    body: Body,
) -> Result<Json<AccountAnswer>, Answer> {
    let request: AccountRequest = json(body).await?;
    let certified = peer.profile.profile.store;
    if request.store != certified {
        let claimed = request.store;
        return Err(Answer::malformed(AccountError::OtherStore {
            claimed,
            certified,
        }));
    }
    let answer = hq.store.move_account(peer.profile.terminal, request, now());
    match answer.await? {
        Ok(answer) => Ok(Json(answer)),
        Err(error) => Err(Answer::malformed(error)),
    }
}

/// The query of [`standing`].
#[derive(Deserialize)]
pub(crate) struct Asked {
    card: CardIdentity,
}

/// GET [`tillside_protocol::ACCOUNT_STANDING`].
pub(crate) async fn standing(
    State(hq): State<Arc<Hq>>,
    Caller(_): Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<AccountStanding>, Answer> {
    let standing = hq.store.account_standing(asked.card).await?;
    Ok(Json(AccountStanding {
        balance: standing.balance,
        frozen: standing.frozen,
    }))
}
