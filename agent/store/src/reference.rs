//! What HQ last said: the adopted bundle's rules, products, members and coupon numbers.
//!
//! Whether a bundle is genuine was settled by `tillside-sync` before it came here; whether it may
//! replace the one in force is settled in [`adopt`].

pub(crate) mod adopt;
pub(crate) mod fill;
pub(crate) mod lookup;

use crate::columns::{Id, RecordId, from_json};
use crate::error::{StoreError, Within};
use crate::{HashColumn, meta};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tillside_core::{Hash, Included, RuleBook, StoreProfile, TerminalId, Timestamp};

/// Which set of reference tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Slot {
    A,
    B,
}

impl Slot {
    /// The ending of its tables' names.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// The bundle in force, as far as every decision needs it; the rest stays in its tables.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub slot: Slot,
    /// 0 before the first bundle.
    pub version: u64,
    /// Of the bundle's content; tells an unchanged bundle from a changed one of the same version.
    pub digest: Option<Hash>,
    /// When HQ took the members' balances.
    pub as_of: Option<Timestamp>,
    /// The newest of this terminal's records that those balances include.
    pub included: RecordId,
    /// The terminal that may burn the store's numbers.
    pub holder: Option<TerminalId>,
    pub rules: Arc<RuleBook>,
}

impl InForce {
    fn nothing() -> Self {
        Self {
            slot: Slot::B,
            version: 0,
            digest: None,
            as_of: None,
            included: RecordId(0),
            holder: None,
            rules: Arc::new(RuleBook::empty()),
        }
    }

    /// Reads which bundle is in force, and compiles its rules: once a bundle.
    pub(crate) fn read(conn: &Connection, terminal: TerminalId) -> Within<Self> {
        let Some(slot) = meta::read::<Slot>(conn, meta::SLOT)? else {
            return Ok(Self::nothing());
        };
        let sql = format!(
            "SELECT version, digest, as_of, included, holder, rules FROM bundle_{}",
            slot.suffix()
        );
        let (mut in_force, included, rules) = conn.prepare(&sql)?.query_row([], |row| {
            let in_force = Self {
                slot,
                version: row.get::<_, i64>(0)? as u64,
                digest: Some(row.get::<_, HashColumn>(1)?.0),
                as_of: Some(Timestamp(row.get(2)?)),
                holder: row.get::<_, Option<Id>>(4)?.map(|id| TerminalId::new(id.0)),
                ..Self::nothing()
            };
            Ok((in_force, row.get::<_, String>(3)?, row.get::<_, String>(5)?))
        })?;
        let included: BTreeMap<TerminalId, Included> = from_json("the balances' end", &included)?;
        if let Some(&included) = included.get(&terminal) {
            in_force.included = included.into();
        }
        let document = from_json("the rules in force", &rules)?;
        let rules =
            RuleBook::compile(in_force.version, &document).map_err(StoreError::WrongRules)?;
        in_force.rules = Arc::new(rules);
        Ok(in_force)
    }

    /// The store as the bundle describes it; none before the first bundle.
    pub(crate) fn profile(&self, conn: &Connection) -> Within<Option<StoreProfile>> {
        if self.version == 0 {
            return Ok(None);
        }
        let sql = format!("SELECT profile FROM bundle_{}", self.slot.suffix());
        let text: String = conn.prepare(&sql)?.query_row([], |row| row.get(0))?;
        from_json("the store's profile", &text).map(Some)
    }
}
