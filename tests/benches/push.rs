//! `push_vs_pouchdb`: a till's backlog on its way to HQ, against PouchDB replicating the same to pouchdb-server.
//!
//! Subject: a store with a backlog of sales, and `tillside-hq serve` as a program of its own. What sync does until
//! nothing waits: it reads the outbox, cuts batches, pushes them over TLS 1.3 with the till's certificate (HQ
//! verifies the chain, books the sales in double entry and waits for its disk), and takes HQ's answers into the
//! store, on the disk too. Peer: the same records as documents in a PouchDB on LevelDB, replicated over plain HTTP to
//! pouchdb-server on LevelDB, which waits for no disk, in batches of as many; its documents are told and put outside
//! of the time. A pair is a backlog of 2,000.

use crate::commit_floor::Bench;
use crate::figure::{Better, Figure, Goal};
use crate::ingest::{enrol, members};
use crate::pairs::{Pairs, timed};
use crate::peer::Peer;
use crate::till::runtime;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tillside_protocol::BATCH_RECORD_LIMIT;
use tillside_store::{EVENT_LIMIT, Store};
use tillside_sync::{HqClient, batch, settle};
use tillside_tests::{Headquarters, sample};

/// At least 20 times as fast.
pub const GOAL: Goal = Goal {
    id: "push_vs_pouchdb",
    unit: "x",
    goal: 20.0,
    better: Better::Higher,
    measure,
};

const BACKLOG: usize = 2_000;
const PAIRS: usize = 30;

fn measure(goal: &Goal) -> Result<Figure> {
    // Below the target folder: /tmp may be memory.
    let folder = TempDir::new_in(std::env::current_exe()?.with_file_name(""))?;
    let place = folder.path();
    let mut hq = Headquarters::found(&place.join("hq"), "Corner Shops")?;
    hq.import(&sample())?;
    hq.start()?;
    let runtime = runtime()?;
    let client = runtime.block_on(enrol(&hq, place))?;
    let mut till = Bench::of(place, client.identity().terminal(), members(&hq)?)?;
    let theirs = place.join("pouchdb");
    std::fs::create_dir(&theirs)?;
    let mut peer = Peer::pouchdb(&json!({"folder": theirs}))?;
    // The bundle that was adopted.
    runtime.block_on(push(&mut till.store, &client))?;
    let mut pairs = Pairs::default();
    // Both get to know their work first; Node compiles what is asked often.
    for turn in 0..PAIRS + 3 {
        let documents = sell(&mut till)?;
        let put = peer.ask(&json!({"docs": documents}))?;
        ensure!(put == "put", "PouchDB did not put: {put}");
        let ours = timed(|| runtime.block_on(push(&mut till.store, &client)))?;
        let answer = peer.ask(&json!({"push": BATCH_RECORD_LIMIT}))?;
        if turn >= 3 {
            pairs.add(ours, Duration::from_nanos(answer.parse()?));
        }
    }
    let (ours, theirs) = pairs.each_ms(BACKLOG);
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {BACKLOG}; till to HQ {:.0} records/s, PouchDB {:.0} documents/s",
            pairs.len(),
            1000.0 / ours,
            1000.0 / theirs
        ),
    ))
}

/// Fills the backlog. Its records, as documents.
fn sell(till: &mut Bench) -> Result<Vec<Value>> {
    let mut left = BACKLOG;
    while left > 0 {
        let block = till.prepare(left.min(EVENT_LIMIT))?;
        left -= block.sales().len();
        till.commit_at_once(&block)?;
    }
    till.rest()?;
    let waiting = till.store.outbox(BACKLOG + 1)?;
    ensure!(waiting.len() == BACKLOG, "{} records wait", waiting.len());
    let document = |record: &tillside_core::Sealed| -> Result<Value> {
        let body: Value = serde_json::from_slice(record.body.as_ref())?;
        Ok(json!({"_id": format!("{:010}", record.seq), "hash": record.hash, "record": body}))
    };
    waiting.iter().map(document).collect()
}

/// What sync does until nothing waits.
async fn push(store: &mut Store, client: &HqClient) -> Result<()> {
    let terminal = client.identity().terminal().terminal;
    loop {
        let waiting = store.outbox(BATCH_RECORD_LIMIT)?;
        let epoch = store.head().map_or(1, |head| head.epoch);
        let Some(request) = batch(terminal, epoch, waiting) else {
            return Ok(());
        };
        let response = client.push(&request).await?;
        let settled = settle(&request, &response)?;
        ensure!(
            settled.settled.len() == request.records.len() && settled.quarantined.is_empty(),
            "HQ did not book every record"
        );
        store.confirm(epoch, &settled.settled, Some(&settled.head))?;
    }
}
