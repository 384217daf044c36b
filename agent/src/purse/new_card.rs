//! The keys that only a new card needs: this till has none of them, and asks HQ for that card's own.
//!
//! They are asked for before anything is written to the card, and forgotten with it. A vault that holds
//! the chain's keys to them (a desk's own token, a trial) is not asked past.

use crate::account::{OnTheSpot, client};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tillside_cards::scheme::CardScheme;
use tillside_core::CardIdentity;
use tillside_keys::{CardKey, Diversification, HeldKey, KeyRole, KeyVault, VaultError, VaultKind};
use tillside_sync::{CallError, CardKeys, CardKeysRequest};

const NO_LINE: &str = "A new card needs the line to HQ, and there is none right now. The card is as it was. Try again when the line is back.";
const NONE: &str = "HQ gave no keys for this card. The card is as it was. Call HQ.";

fn ask(hq: &OnTheSpot, card: CardIdentity, version: u8) -> Result<CardKeys, String> {
    let client = client(&hq.identity)?;
    let request = CardKeysRequest { card, version };
    let answer = hq.runtime.block_on(client.card_keys(&request));
    answer.map_err(|error| match error {
        CallError::Refused { body } => body.message,
        CallError::Unreachable { .. } => NO_LINE.to_owned(),
        error => error.to_string(),
    })
}

/// A till's vault while one card is being issued.
pub(crate) struct NewCardVault {
    till: Arc<dyn KeyVault>,
    scheme: CardScheme,
    ask: Box<dyn Fn(CardIdentity, u8) -> Result<CardKeys, String> + Send + Sync>,
    card: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    /// The card's keys: number, version, role.
    keys: Vec<([u8; 7], HeldKey, CardKey)>,
    /// Why HQ gave none.
    refused: Option<String>,
}

impl std::fmt::Debug for NewCardVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCardVault")
            .field("till", &self.till)
            .finish_non_exhaustive()
    }
}

impl NewCardVault {
    pub(crate) fn new(till: Arc<dyn KeyVault>, scheme: CardScheme, hq: OnTheSpot) -> Self {
        Self::asking(till, scheme, move |card, version| ask(&hq, card, version))
    }

    fn asking(
        till: Arc<dyn KeyVault>,
        scheme: CardScheme,
        ask: impl Fn(CardIdentity, u8) -> Result<CardKeys, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            till,
            scheme,
            ask: Box::new(ask),
            card: Mutex::default(),
        }
    }

    /// Why HQ gave no keys, in words for the desk.
    pub(crate) fn refused(&self) -> Option<String> {
        self.asked().refused.clone()
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.card.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The card whose key it is: only such are asked for.
    fn card(&self, role: KeyRole, input: &Diversification) -> Option<[u8; 7]> {
        let uid: [u8; 7] = input.message().get(1..8)?.try_into().ok()?;
        let system = &self.scheme.system_id;
        let same = Diversification::new(&uid, self.scheme.aid, role, system).ok()?;
        (same == *input && uid != [0; 7]).then_some(uid)
    }

    fn of_hq(&self, uid: [u8; 7], role: KeyRole, version: u8) -> Option<CardKey> {
        let held = HeldKey { role, version };
        let mut asked = self.asked();
        let known = |asked: &Asked| {
            let mut keys = asked.keys.iter();
            keys.find(|(card, key, _)| *card == uid && *key == held)
                .map(|(_, _, key)| key.clone())
        };
        if let Some(key) = known(&asked) {
            return Some(key);
        }
        let number: String = uid.iter().map(|byte| format!("{byte:02X}")).collect();
        let card = CardIdentity::new(&format!("uid:{number}")).ok()?;
        match (self.ask)(card, version) {
            Ok(given) => asked.take(uid, &given),
            Err(words) => {
                tracing::warn!(words, "HQ gave no keys for a new card");
                asked.refused = Some(words);
                return None;
            }
        }
        let key = known(&asked);
        if key.is_none() {
            asked.refused = Some(NONE.to_owned());
        }
        key
    }
}

impl Asked {
    fn take(&mut self, uid: [u8; 7], given: &CardKeys) {
        self.refused = None;
        for key in &given.keys {
            let bytes = crate::account::hex(&key.key);
            if let (Some(role), Some(bytes)) = (KeyRole::named(&key.role), bytes) {
                let version = key.version;
                let held = HeldKey { role, version };
                self.keys.push((uid, held, CardKey::new(bytes)));
            }
        }
    }
}

/// Whether only a new card needs a key to it.
const fn of_new_cards(role: KeyRole) -> bool {
    matches!(
        role,
        KeyRole::Master
            | KeyRole::Administer
            | KeyRole::Spare
            | KeyRole::Picc
            | KeyRole::TransactionMac
    )
}

impl KeyVault for NewCardVault {
    fn kind(&self) -> VaultKind {
        self.till.kind()
    }

    fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
        self.till.held()
    }

    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError> {
        match self.till.derive(role, version, input) {
            Err(VaultError::NotHeld { .. }) if of_new_cards(role) => self
                .card(role, input)
                .and_then(|uid| self.of_hq(uid, role, version))
                .ok_or(VaultError::NotHeld { role, version }),
            key => key,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tillside_sync::GrantedKey;

    const UID: [u8; 7] = [4, 1, 2, 3, 4, 5, 6];

    /// A till that holds the key to pay, and nothing else.
    #[derive(Debug)]
    struct Poor;

    impl KeyVault for Poor {
        fn kind(&self) -> VaultKind {
            VaultKind::DevelopmentFile
        }

        fn held(&self) -> Result<Vec<HeldKey>, VaultError> {
            let (role, version) = (KeyRole::Pay, 1);
            Ok(vec![HeldKey { role, version }])
        }

        fn derive(
            &self,
            role: KeyRole,
            version: u8,
            _: &Diversification,
        ) -> Result<CardKey, VaultError> {
            match role {
                KeyRole::Pay => Ok(CardKey::new([7; 16])),
                _ => Err(VaultError::NotHeld { role, version }),
            }
        }
    }

    fn scheme() -> CardScheme {
        let scheme = serde_json::json!({"application": "F54C01", "system": "tillside-test",
            "currency": "EUR", "cap": {"minor": 15_000, "currency": "EUR"}, "key_version": 1,
            "log_entries": 10, "card_days": 730, "replacement_wait_hours": 72});
        super::super::chip::card_scheme(&serde_json::from_value(scheme).unwrap()).unwrap()
    }

    fn input(role: KeyRole) -> Diversification {
        let scheme = scheme();
        Diversification::new(&UID, scheme.aid, role, &scheme.system_id).unwrap()
    }

    #[test]
    fn hq_is_asked_once_for_what_only_a_new_card_needs() {
        let times = Arc::new(AtomicU32::new(0));
        let counted = times.clone();
        let vault = NewCardVault::asking(Arc::new(Poor), scheme(), move |card, version| {
            assert_eq!((card.as_str(), version), ("uid:04010203040506", 1));
            counted.fetch_add(1, Ordering::Relaxed);
            let key = |role: KeyRole, byte: &str| GrantedKey {
                role: role.as_str().to_owned(),
                version: 1,
                key: byte.repeat(16),
            };
            Ok(CardKeys {
                keys: vec![key(KeyRole::Master, "0A"), key(KeyRole::Spare, "0B")],
            })
        });
        let derive = |role| vault.derive(role, 1, &input(role));
        assert_eq!(derive(KeyRole::Pay).unwrap(), CardKey::new([7; 16]));
        assert!(derive(KeyRole::TopUp).is_err(), "it is no new card's");
        assert_eq!(times.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert_eq!(derive(KeyRole::Master).unwrap(), CardKey::new([10; 16]));
            assert_eq!(derive(KeyRole::Spare).unwrap(), CardKey::new([11; 16]));
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert_eq!(vault.refused(), None);
        // What HQ left out is said.
        assert!(derive(KeyRole::Picc).is_err());
        assert_eq!(vault.refused().as_deref(), Some(NONE));
    }

    #[test]
    fn hqs_words_are_kept_and_the_chains_own_keys_never_asked_for() {
        let no = "This card was issued already.";
        let vault = NewCardVault::asking(Arc::new(Poor), scheme(), |card, _| {
            assert_eq!(card.as_str(), "uid:04010203040506");
            Err(no.to_owned())
        });
        let role = KeyRole::TransactionMac;
        let scheme = scheme();
        let chain = Diversification::chain_wide(scheme.aid, role, &scheme.system_id).unwrap();
        let other = Diversification::new(&UID, [9; 3], role, &scheme.system_id).unwrap();
        let refused = vault.derive(role, 1, &other).unwrap_err();
        assert!(matches!(refused, VaultError::NotHeld { .. }));
        assert_eq!(vault.refused(), None, "another application's");
        vault.derive(role, 1, &input(role)).unwrap_err();
        assert_eq!(vault.refused().as_deref(), Some(no));
        assert!(vault.derive(role, 1, &chain).is_err());
    }
}
