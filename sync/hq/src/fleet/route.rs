//! The fleet's calls.

use super::NoEpoch;
use super::enrol::{enrol as let_in, renew as sign_again};
use crate::clock::now;
use crate::publish::newest;
use crate::serve::{Answer, Caller, Hq, json};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use std::sync::Arc;
use tillside_core::TerminalId;
use tillside_protocol::{
    EARLIER_EPOCH_LIMIT, EnrolRequest, EnrolResponse, EpochRequest, EpochResponse, ErrorCode,
    RenewRequest, RenewResponse, TerminalStatus,
};
use uuid::Uuid;

/// POST [`tillside_protocol::ENROL`].
pub(crate) async fn enrol(
    State(hq): State<Arc<Hq>>,
    body: Body,
) -> Result<Json<EnrolResponse>, Answer> {
    let request: EnrolRequest = json(body).await?;
    let fresh = TerminalId::new(Uuid::now_v7());
    let root = hq.bundle_root.clone();
    let answer = let_in(&*hq.store, &hq.authority, root, request, fresh, now()).await?;
    tracing::info!(terminal = %answer.terminal.terminal, store = %answer.terminal.profile.store, "enrolled");
    Ok(Json(answer))
}

/// POST [`tillside_protocol::RENEW`].
pub(crate) async fn renew(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    body: Body,
) -> Result<Json<RenewResponse>, Answer> {
    let request: RenewRequest = json(body).await?;
    let answer = sign_again(&*hq.store, &hq.authority, &peer, request, now()).await?;
    Ok(Json(answer))
}

/// GET [`tillside_protocol::STATUS`].
pub(crate) async fn status(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
) -> Result<Json<TerminalStatus>, Answer> {
    let (terminal, now) = (peer.profile.terminal, now());
    hq.store.contact(terminal, now).await?;
    let mut heads = hq.store.heads(terminal, EARLIER_EPOCH_LIMIT + 1).await?;
    let earlier = heads.split_off(heads.len().min(1));
    Ok(Json(TerminalStatus {
        now,
        bundle: newest(&hq.data)?,
        head: heads.pop(),
        earlier,
        certificate_until: peer.certificate_until,
        settled: hq.store.settlements(terminal).await?,
    }))
}

/// POST [`tillside_protocol::EPOCH`].
pub(crate) async fn epoch(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    body: Body,
) -> Result<Json<EpochResponse>, Answer> {
    let request: EpochRequest = json(body).await?;
    let terminal = peer.profile.terminal;
    match hq.store.begin_epoch(terminal, request, now()).await? {
        Ok(answer) => {
            let (epoch, case) = (answer.epoch, answer.case);
            tracing::warn!(%terminal, epoch, case, "a till's journal forked and goes on in a new epoch");
            Ok(Json(answer))
        }
        Err(refused) => {
            let code = match refused {
                NoEpoch::NotInCommon(_) => ErrorCode::RecordMissing,
                _ => ErrorCode::NotAllowed,
            };
            Err(Answer::new(code, refused.to_string()))
        }
    }
}
