//! What is asked of HQ besides sync: moving accounts, and the keys that this till may have.
//!
//! What waits for an account's answer is in the store, so that nothing is forgotten over a restart:
//! [`Accounts`] only wakes whoever asks. Asking again with the same txid is answered by HQ as before,
//! so it is never moved twice.

use crate::purse::{Jobs, Keys, words};
use crate::till::{Settled, Till, TillError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tillside_core::{CardIdentity, EndEvidence, PurseEvidence, PurseTx};
use tillside_keys::{KeyPackage, KeyRole};
use tillside_sync::{AccountAnswer, AccountRequest, CallError, HqClient, Identity, KeyGrant};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

/// How long after an answer that did not come HQ is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(15);

/// Wakes the one that asks HQ.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts(Arc<Notify>);

impl Accounts {
    /// A movement of an account is on the disk, or the line is up: HQ is to be asked.
    pub(crate) fn ask(&self) {
        self.0.notify_one();
    }
}

/// A movement whose account HQ is to move.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) request: AccountRequest,
    /// Whether HQ may have heard of it before.
    pub(crate) asked_before: bool,
}

/// Asks HQ to move accounts.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) till: Till,
    pub(crate) jobs: Jobs,
    pub(crate) accounts: Accounts,
    pub(crate) identity: PathBuf,
}

impl Asking {
    /// Until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let left = self.ask_all().await;
            let again = async {
                match left {
                    true => tokio::time::sleep(ASK_AGAIN).await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.accounts.0.notified() => {}
                () = again => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Asks for each that waits. Whether any is left without an answer.
    async fn ask_all(&self) -> bool {
        let waiting = self.till.run(|desk| desk.accounts_to_ask()).await;
        let waiting = match waiting {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::error!(code = error.code(), "accounts that wait for HQ");
                return true;
            }
        };
        let mut left = false;
        for question in waiting {
            left |= !self.ask(question).await;
        }
        left
    }

    /// Asks for one. Whether it is settled.
    async fn ask(&self, question: Question) -> bool {
        let txid = question.request.txid;
        let answer = match client(&self.identity) {
            Ok(client) => client.account(&question.request).await.map_err(Asked::Call),
            Err(words) => Err(Asked::NoClient(words)),
        };
        let evidence = match answer {
            Ok(AccountAnswer::Moved { after }) => PurseEvidence::AccountMoved {
                after: after.minor(),
            },
            Ok(AccountAnswer::Refused { why }) => PurseEvidence::AccountRefused { why },
            Ok(_) => {
                return self
                    .unknown(txid, "an answer that this program does not know")
                    .await;
            }
            Err(error) => {
                tracing::warn!(%txid, error = error.words(), "HQ did not say");
                if question.asked_before || error.may_have_moved() {
                    return self.unknown(txid, &error.words()).await;
                }
                let why = error.words();
                PurseEvidence::AccountRefused { why }
            }
        };
        let settled = self
            .till
            .run(move |desk| desk.end_purse(txid, EndEvidence::Plain(evidence)))
            .await;
        match settled {
            Ok(settled) => {
                self.tell(&settled).await;
                true
            }
            Err(TillError::Refused(_)) => true,
            Err(error) => {
                tracing::error!(%txid, code = error.code(), "HQ's answer was not written down");
                false
            }
        }
    }

    async fn unknown(&self, txid: PurseTx, why: &str) -> bool {
        let why = why.to_owned();
        let left = self
            .till
            .run(move |desk| {
                let first = desk.leave_unknown(txid, &why);
                let first = !matches!(first, Err(TillError::Refused(_)));
                Ok(first.then(|| desk.nobody_knows(txid, words::ACCOUNT_UNKNOWN)))
            })
            .await;
        if let Ok(Some(Ok(settled))) = left {
            self.tell(&settled).await;
        }
        false
    }

    async fn tell(&self, settled: &Settled) {
        let txid = settled.txid;
        let receipt = self.till.run(move |desk| desk.purse(txid)).await;
        let receipt = receipt.ok().and_then(|view| view.receipt);
        self.jobs.tell_settled(settled, receipt);
    }
}

/// Why HQ gave no answer.
enum Asked {
    Call(CallError),
    NoClient(String),
}

impl Asked {
    fn words(&self) -> String {
        match self {
            Self::Call(error) => error.to_string(),
            Self::NoClient(words) => words.clone(),
        }
    }

    /// Whether HQ may have moved it all the same.
    fn may_have_moved(&self) -> bool {
        match self {
            Self::Call(error) => error.is_retryable(),
            Self::NoClient(_) => false,
        }
    }
}

/// HQ, for whoever has a shopper before them: asked on the spot, with an answer in seconds or none.
#[derive(Clone, Debug)]
pub(crate) struct OnTheSpot {
    pub(crate) identity: PathBuf,
    pub(crate) runtime: Handle,
}

impl OnTheSpot {
    /// What the account that a card names holds, minor units; none if HQ does not say. HQ looks again
    /// when it moves it.
    pub(crate) async fn balance(&self, card: &CardIdentity) -> Option<i64> {
        let client = client(&self.identity).ok()?;
        match client.account_standing(card).await {
            Ok(standing) => Some(standing.balance.minor()),
            Err(error) => {
                tracing::info!(%error, "HQ did not say what an account holds");
                None
            }
        }
    }

    /// The same for a reader's thread.
    pub(crate) fn balance_now(&self, card: &CardIdentity) -> Option<i64> {
        self.runtime.block_on(self.balance(card))
    }
}

/// Read anew each time: the certificate is renewed now and then.
pub(crate) fn client(identity: &Path) -> Result<HqClient, String> {
    let identity = Identity::load(identity).map_err(|error| error.to_string())?;
    HqClient::new(identity).map_err(|error| error.to_string())
}

/// Asks HQ for the keys that this till may have, and keeps them in the development vault. Whether it
/// need not be asked again before the next bundle.
pub(crate) async fn fetch_keys(identity: &Path, keys: &Keys) -> bool {
    let grant = match client(identity) {
        Ok(client) => client.keys().await.map_err(|error| error.to_string()),
        Err(words) => Err(words),
    };
    let package = match grant.and_then(|grant| package(&grant)) {
        Ok(package) => package,
        Err(words) => {
            tracing::warn!(words, "no keys for cards came from HQ");
            return false;
        }
    };
    let taken = keys.clone();
    // Opening the vault takes a fraction of a second of work.
    let imported = tokio::task::spawn_blocking(move || taken.import(&package)).await;
    match imported {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::error!(%error, "keys for cards were not taken in");
            false
        }
        Err(_) => false,
    }
}

/// HQ's grant as a vault takes it. A role that this program does not know is left out.
fn package(grant: &KeyGrant) -> Result<KeyPackage, String> {
    let mut package = KeyPackage::new();
    for granted in &grant.keys {
        let Some(role) = KeyRole::named(&granted.role) else {
            tracing::warn!(
                role = granted.role,
                "a key of a kind that is not known here"
            );
            continue;
        };
        let key = hex(&granted.key).ok_or("HQ granted a key that is none")?;
        let added = package.add(role, granted.version, key);
        added.map_err(|error| error.to_string())?;
    }
    Ok(package)
}

/// The bytes of a key.
pub(crate) fn hex(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 16];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use tillside_sync::GrantedKey;

    fn grant(role: &str, key: &str) -> KeyGrant {
        KeyGrant {
            keys: vec![GrantedKey {
                role: role.to_owned(),
                version: 1,
                key: key.to_owned(),
            }],
        }
    }

    #[test]
    fn a_grant_becomes_a_package_and_a_bad_key_none() {
        let good = "00112233445566778899AABBCCDDEEFF";
        let held = package(&grant("pay", good)).unwrap().held();
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].role, KeyRole::Pay);
        assert!(
            package(&grant("of_a_later_version", good))
                .unwrap()
                .held()
                .is_empty()
        );
        for bad in [
            "",
            "0011",
            "00112233445566778899AABBCCDDEEFG",
            "+0112233445566778899AABBCCDDEEFF",
        ] {
            assert!(package(&grant("pay", bad)).is_err(), "{bad}");
        }
    }
}
