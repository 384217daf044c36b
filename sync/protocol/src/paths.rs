//! Where things are at HQ.

/// POST [`crate::EnrolRequest`]: the only call that needs no client certificate.
pub const ENROL: &str = "/v1/enrol";
/// POST [`crate::RenewRequest`]: a new certificate before the old one ends.
pub const RENEW: &str = "/v1/renew";
/// POST [`crate::PushRequest`], gzip-compressed.
pub const JOURNAL: &str = "/v1/journal";
/// GET [`crate::TerminalStatus`].
pub const STATUS: &str = "/v1/status";
/// GET: signed metadata (The Update Framework) under this folder.
pub const METADATA: &str = "/v1/bundle/metadata/";
/// GET: signed targets under this folder.
pub const TARGETS: &str = "/v1/bundle/targets/";
/// GET [`crate::KeyGrant`]: the card keys this terminal may have.
pub const KEYS: &str = "/v1/keys";
/// POST [`crate::CardKeysRequest`]: one new card's own keys, for the issue desk that makes it.
pub const CARD_KEYS: &str = "/v1/keys/card";
/// POST [`crate::AccountRequest`]: move an account purse.
pub const ACCOUNT: &str = "/v1/account";
/// GET [`crate::AccountStanding`], with the card as query `card=`.
pub const ACCOUNT_STANDING: &str = "/v1/account/standing";
/// POST [`crate::EpochRequest`]: HQ has another history of this journal, and is asked for a new epoch.
pub const EPOCH: &str = "/v1/journal/epoch";
