//! What HQ last said: the adopted bundle's rules, products, members and coupon numbers.
//!
//! Whether a bundle is genuine was settled by `tillside-sync` before it came here; whether it may
//! replace the one in force is settled in [`adopt`].

pub(crate) mod adopt;
pub(crate) mod fill;
pub(crate) mod lookup;
pub(crate) mod purse;

use crate::HashColumn;
use crate::columns::{Id, RecordId, from_json};
use crate::error::{StoreError, Within};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use std::sync::Arc;
use tillside_core::engine::Document;
use tillside_core::{
    CodeKey, DeskRights, Hash, HotFilter, Included, MemberCodeSheet, PurseScheme, RuleBook,
    StoreProfile, TerminalId, Timestamp,
};

/// The bundle in force, as far as every decision needs it; the rest stays in its tables.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
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
    /// E-money, where the chain has it.
    pub purse: Option<Arc<Emoney>>,
    /// The keys that certify members' phones.
    pub member_codes: Arc<MemberCodeSheet>,
    /// The keys whose allowances count.
    pub allowance_keys: Arc<[CodeKey]>,
}

/// What every tap looks at; the lists stay in their tables.
#[derive(Debug)]
pub(crate) struct Emoney {
    pub scheme: PurseScheme,
    pub desk: DeskRights,
    /// When HQ made the list of blocked cards.
    pub as_of: Option<Timestamp>,
    /// That list's filter, read once a bundle.
    pub filter: HotFilter,
}

impl InForce {
    fn nothing() -> Self {
        Self {
            version: 0,
            digest: None,
            as_of: None,
            included: RecordId(0),
            holder: None,
            rules: Arc::new(RuleBook::empty()),
            purse: None,
            member_codes: Arc::default(),
            allowance_keys: Arc::default(),
        }
    }

    /// Reads which bundle is in force, and compiles its rules: once a bundle.
    pub(crate) fn read(conn: &Connection, terminal: TerminalId) -> Within<Self> {
        let mut statement =
            conn.prepare("SELECT version, digest, as_of, included, holder, rules FROM bundle")?;
        let found = statement.query_row([], |row| {
            let in_force = Self {
                version: row.get::<_, i64>(0)? as u64,
                digest: Some(row.get::<_, HashColumn>(1)?.0),
                as_of: Some(Timestamp(row.get(2)?)),
                holder: row.get::<_, Option<Id>>(4)?.map(|id| TerminalId::new(id.0)),
                ..Self::nothing()
            };
            Ok((in_force, row.get::<_, String>(3)?, row.get::<_, String>(5)?))
        });
        let Some((mut in_force, included, rules)) = found.optional()? else {
            return Ok(Self::nothing());
        };
        let included: BTreeMap<TerminalId, Included> = from_json("the balances' end", &included)?;
        if let Some(&included) = included.get(&terminal) {
            in_force.included = included.into();
        }
        let document = Document::read(rules.as_bytes());
        let rules = document.and_then(|document| RuleBook::of(in_force.version, &document));
        let rules = rules.map_err(StoreError::WrongRules)?;
        in_force.rules = Arc::new(rules);
        in_force.purse = purse::read(conn)?.map(Arc::new);
        in_force.member_codes = Arc::new(purse::read_code_keys(conn)?);
        in_force.allowance_keys = purse::read_allowance_keys(conn)?.into();
        Ok(in_force)
    }

    /// The store as the bundle describes it; none before the first bundle.
    pub(crate) fn profile(conn: &Connection) -> Within<Option<StoreProfile>> {
        let text: Option<String> = conn
            .prepare("SELECT profile FROM bundle")?
            .query_row([], |row| row.get(0))
            .optional()?;
        text.map(|text| from_json("the store's profile", &text))
            .transpose()
    }
}
