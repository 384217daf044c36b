//! `hq_ingest_sqlite_ratio`: how fast HQ takes a backlog of 100,000 records.
//!
//! Subject: `tillside-hq serve` as a program of its own, to which one terminal pushes its journal over TLS
//! 1.3 with its client certificate, in batches of 2,000, through `tillside_sync::HqClient`: JSON and gzip
//! on both ends, chain verification, booking, commit, acks. Peer: the rows that the same batch became at HQ
//! (records, sales, movements of points) inserted into a copy of HQ's database made before the first batch: same
//! schema, same pragmas, prepared statements, one transaction a batch. A pair is one batch, subject first,
//! because the peer's rows are read from the subject (outside of the peer's time). Records are sales of five
//! lines by 200 members, sealed beforehand.

use crate::figure::{Better, Figure, Goal};
use crate::pairs::{Pairs, timed};
use crate::sales;
use crate::till::runtime;
use anyhow::{Context, Result, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tillside_core::{
    Clock, Head, MemberId, Product, RECORD_VERSION, Record, RuleBook, Sealed, State,
    TerminalProfile, Timestamp,
};
use tillside_protocol::{Outcome, PushRequest};
use tillside_sync::{HqClient, Replacing};
use tillside_tests::{Headquarters, sample};

/// At least 0.3 of plain inserts.
pub const GOAL: Goal = Goal {
    id: "hq_ingest_sqlite_ratio",
    unit: "x",
    goal: 0.3,
    better: Better::Higher,
    measure,
};

const RECORDS: usize = 100_000;
const BATCH: usize = 2_000;
/// What an ingested sale adds rows to, in an order that foreign keys allow, each with a column that grows.
const TABLES: [(&str, &str); 4] = [
    ("account", "id"),
    ("record", "id"),
    ("sale", "record"),
    ("movement", "id"),
];
/// When the sales happened: one a second from here.
const START: i64 = 1_763_800_000_000;

fn measure(goal: &Goal) -> Result<Figure> {
    // Below the target folder: /tmp may be memory.
    let folder = TempDir::new_in(std::env::current_exe()?.with_file_name(""))?;
    let place = folder.path();
    let mut hq = Headquarters::found(&place.join("hq"), "Corner Shops")?;
    hq.import(&sample())?;
    hq.start()?;
    let runtime = runtime()?;
    let client = runtime.block_on(enrol(&hq, place))?;
    let mut till = Backlog::of(client.identity().terminal(), members(&hq)?)?;
    let database = hq.folder().join("hq.db");
    let mut peer = Peer::copy(&database, &place.join("peer.db"))?;
    let mut pairs = Pairs::default();
    for _ in 0..RECORDS / BATCH {
        let request = till.next(BATCH)?;
        let subject = timed(|| runtime.block_on(push(&client, &request)))?;
        let rows = peer.new_rows()?;
        let plain = timed(|| peer.insert(&rows))?;
        pairs.add(subject, plain);
    }
    let (subject, plain) = pairs.each_ms(BATCH);
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {BATCH}; HQ {:.0} records/s, plain inserts {:.0} records/s",
            pairs.len(),
            1000.0 / subject,
            1000.0 / plain
        ),
    ))
}

/// A terminal of HQ's first store.
pub async fn enrol(hq: &Headquarters, place: &Path) -> Result<HqClient> {
    let code = hq.invite("S1")?;
    let identity = tillside_sync::enrol(
        &place.join("identity"),
        &hq.address(),
        &code,
        "1".parse()?,
        Replacing::Never,
    )
    .await?;
    Ok(HqClient::new(identity)?)
}

/// HQ's members.
pub fn members(hq: &Headquarters) -> Result<Vec<MemberId>> {
    let balances = hq.json(&["report", "balances"])?;
    let rows = balances.as_array().context("the report is a list")?;
    let ids = rows.iter().filter_map(|row| row["member"].as_str());
    Ok(ids.map(str::parse).collect::<Result<_, _>>()?)
}

async fn push(client: &HqClient, request: &PushRequest) -> Result<()> {
    let response = client.push(request).await?;
    let booked = response
        .acks
        .iter()
        .filter(|ack| ack.outcome == Outcome::Accepted);
    ensure!(
        booked.count() == request.records.len(),
        "HQ did not book every record"
    );
    Ok(())
}

/// A terminal's journal, made as it is needed.
struct Backlog {
    state: State,
    products: Vec<Product>,
    members: Vec<MemberId>,
    profile: TerminalProfile,
    head: Head,
}

impl Backlog {
    fn of(profile: &TerminalProfile, members: Vec<MemberId>) -> Result<Self> {
        let known = sales::bundle(&profile.profile, &members)?.members.members;
        let state = State {
            store: profile.profile.store.clone(),
            terminal: profile.terminal,
            holder: tillside_core::authority::Holder::new(profile.terminal, profile.epoch),
            risk: std::collections::BTreeMap::new(),
            rules: Arc::new(RuleBook::compile(1, &sales::rules()?)?),
            setting: tillside_core::Setting::new(profile.lane.clone(), jiff::tz::TimeZone::UTC),
            members: known
                .into_iter()
                .map(|entry| {
                    let member = tillside_core::Member {
                        member: entry.member,
                        display_name: entry.display_name,
                        tier: entry.tier,
                        points: entry.points,
                        pending: entry.pending,
                    };
                    (entry.member, member)
                })
                .collect(),
            coupons: Default::default(),
            tokens: Default::default(),
            sales: Default::default(),
            purses: Default::default(),
            purse: None,
        };
        Ok(Self {
            state,
            products: sales::products()?,
            members,
            head: Head::genesis(profile.terminal, profile.epoch),
            profile: profile.clone(),
        })
    }

    fn next(&mut self, count: usize) -> Result<PushRequest> {
        let records = (0..count).map(|_| self.record()).collect::<Result<_>>()?;
        Ok(PushRequest {
            terminal: self.profile.terminal,
            epoch: self.profile.epoch,
            records,
            signed: None,
        })
    }

    fn record(&mut self) -> Result<Sealed> {
        let seq = self.head.seq + 1;
        let at = Timestamp(START + seq as i64 * 1000);
        let now = tillside_core::Now {
            at,
            date: "2025-11-22".parse()?,
            clock: Clock::Trusted,
        };
        let member = self.members[seq as usize % self.members.len()];
        let record = Record {
            v: RECORD_VERSION,
            terminal: self.profile.terminal,
            epoch: self.profile.epoch,
            seq,
            prev: self.head.hash,
            at,
            clock: Clock::Trusted,
            event: sales::sale(&self.state, &self.products, member, seq, now)?,
        };
        let sealed = record.seal()?;
        self.head.seq = seq;
        self.head.hash = sealed.hash;
        Ok(sealed)
    }
}

/// A copy of HQ's database, and a look into HQ's own.
struct Peer {
    hq: Connection,
    copy: Connection,
    columns: Vec<usize>,
    seen: [i64; TABLES.len()],
}

/// The new rows of each of [`TABLES`].
type Rows = Vec<Vec<Vec<Value>>>;

impl Peer {
    fn copy(database: &Path, to: &Path) -> Result<Self> {
        let hq = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        hq.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        let copy = Connection::open(to)?;
        copy.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;",
        )?;
        let mut columns = Vec::new();
        let mut seen = [0; TABLES.len()];
        for ((table, key), seen) in TABLES.iter().zip(&mut seen) {
            columns.push(
                hq.prepare(&format!("SELECT * FROM {table}"))?
                    .column_count(),
            );
            *seen = newest(&hq, table, key)?;
        }
        Ok(Self {
            columns,
            hq,
            copy,
            seen,
        })
    }

    /// What HQ added since the last time.
    fn new_rows(&mut self) -> Result<Rows> {
        let mut rows = Vec::new();
        let tables = TABLES.iter().zip(&self.columns).zip(&mut self.seen);
        for (((table, key), columns), seen) in tables {
            let query = format!("SELECT * FROM {table} WHERE {key} > ?1 ORDER BY {key}");
            let mut found = self.hq.prepare_cached(&query)?;
            let cells = found.query_map([*seen], |row| {
                (0..*columns).map(|column| row.get(column)).collect()
            })?;
            rows.push(cells.collect::<Result<Vec<Vec<Value>>, _>>()?);
            *seen = newest(&self.hq, table, key)?;
        }
        Ok(rows)
    }

    fn insert(&mut self, rows: &Rows) -> Result<()> {
        let transaction = self.copy.transaction()?;
        for (((table, _), columns), rows) in TABLES.iter().zip(&self.columns).zip(rows) {
            let marks = vec!["?"; *columns].join(", ");
            let mut insert =
                transaction.prepare_cached(&format!("INSERT INTO {table} VALUES ({marks})"))?;
            for row in rows {
                insert.execute(params_from_iter(row))?;
            }
        }
        Ok(transaction.commit()?)
    }
}

/// The largest value of a growing column; 0 in an empty table.
fn newest(database: &Connection, table: &str, key: &str) -> Result<i64> {
    let query = format!("SELECT coalesce(max({key}), 0) FROM {table}");
    Ok(database.query_row(&query, [], |row| row.get(0))?)
}
