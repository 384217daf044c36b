//! `commit_floor_ratio`: a sale committed against a bare write of the same bytes.
//!
//! Subject: `Store::commit` of one sale as the agent does it, with record, projections, outbox and the
//! answer kept for the POS, in one transaction on the store's own SQLite file. Peer: the record's and the
//! answer's bytes appended to a file on the same disk, and fdatasync. The sales are decided beforehand.
//! A pair is a block of 16 commits and a block of 16 writes; the ratio is the peer's time through the
//! subject's.

use crate::figure::{Better, Figure, Goal};
use crate::pairs::{Pairs, timed};
use crate::sales;
use anyhow::Result;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use tillside_core::{
    Event, Hash, MemberId, Product, State, StoreProfile, TerminalProfile, Timestamp,
};
use tillside_store::{Answered, Need, Store};

/// At least 0.7 of the bare write's speed.
pub const GOAL: Goal = Goal {
    id: "commit_floor_ratio",
    unit: "x",
    goal: 0.7,
    better: Better::Higher,
    measure,
};

const BLOCK: usize = 16;
const PAIRS: usize = 60;
const WARM_UP: usize = 64;
/// When the first sale is.
const START: i64 = 1_763_800_000_000;

fn measure(goal: &Goal) -> Result<Figure> {
    // Below the target folder: /tmp may be memory.
    let folder = tempfile::tempdir_in(std::env::current_exe()?.with_file_name(""))?;
    let mut bench = Bench::open(folder.path())?;
    let mut floor = File::create(folder.path().join("floor"))?;
    bench.commit(&bench.prepare(WARM_UP)?)?;
    let mut pairs = Pairs::default();
    for _ in 0..PAIRS {
        let block = bench.prepare(BLOCK)?;
        let bytes = block.bytes()?;
        pairs.pair(
            || timed(|| bench.commit(&block)),
            || {
                timed(|| {
                    bytes.iter().try_for_each(|bytes| {
                        floor.write_all(bytes)?;
                        Ok(floor.sync_data()?)
                    })
                })
            },
        )?;
    }
    let (commit, write) = pairs.each_ms(BLOCK);
    Ok(goal.reached(
        pairs.median_ratio(),
        format!(
            "{} pairs of {BLOCK}; commit {commit:.2} ms, bare write {write:.2} ms",
            pairs.len()
        ),
    ))
}

/// A store with the sample chain's rules and 200 members.
pub struct Bench {
    /// The store.
    pub store: Store,
    products: Vec<Product>,
    members: Vec<MemberId>,
    /// What deciding a sale of each member looks at.
    states: Vec<State>,
    prepared: std::cell::Cell<u64>,
}

/// Sales that are decided, and the answers kept with them.
pub struct Block(Vec<(Event, Answered)>);

impl Block {
    /// The sales.
    pub fn sales(&self) -> &[(Event, Answered)] {
        &self.0
    }

    /// What each commit has to write at the least.
    fn bytes(&self) -> Result<Vec<Vec<u8>>> {
        let both = |(event, answer): &(Event, Answered)| {
            let mut bytes = serde_json::to_vec(event)?;
            bytes.extend_from_slice(answer.response_body.as_bytes());
            Ok(bytes)
        };
        self.0.iter().map(both).collect()
    }
}

impl Bench {
    /// A new one in a folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let profile = StoreProfile {
            store: "S1".parse()?,
            name: "Corner Shop".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            currency: sales::products()?[0].unit_price.currency(),
        };
        let profile = TerminalProfile {
            terminal: "01900000-0000-7000-8000-00000000000a".parse()?,
            lane: "1".parse()?,
            profile,
            epoch: 1,
            coupon_holder: true,
        };
        let member =
            |number: u32| Ok(format!("01900000-0000-7000-8000-00000001{number:04x}").parse()?);
        let members = (0..200).map(member).collect::<Result<_>>()?;
        Self::of(folder, &profile, members)
    }

    /// A new one of a terminal that was enrolled.
    pub fn of(folder: &Path, profile: &TerminalProfile, members: Vec<MemberId>) -> Result<Self> {
        let mut store = Store::open(&folder.join("till.db"))?;
        store.enrol(profile)?;
        let now = store.now(Timestamp(START));
        store.adopt(&sales::bundle(&profile.profile, &members)?, now)?;
        let states = members.iter().map(|member| {
            store.load(&Need {
                members: vec![*member],
                ..Need::default()
            })
        });
        Ok(Self {
            states: states.collect::<Result<_, _>>()?,
            store,
            products: sales::products()?,
            members,
            prepared: std::cell::Cell::new(0),
        })
    }

    /// Decides the next so many sales.
    pub fn prepare(&self, count: usize) -> Result<Block> {
        let one = |_| {
            let number = self.prepared.replace(self.prepared.get() + 1);
            let turn = number as usize % self.members.len();
            let (member, state) = (self.members[turn], &self.states[turn]);
            let now = self.store.now(Timestamp(START + number as i64 * 1000));
            let event = sales::sale(state, &self.products, member, number, now)?;
            let body = serde_json::to_string(&event)?;
            let answer = Answered {
                key: format!("bench-{number}"),
                request_hash: Hash::of(body.as_bytes()),
                status: 200,
                response_body: body,
            };
            Ok((event, answer))
        };
        (0..count).map(one).collect::<Result<_>>().map(Block)
    }

    /// Commits each sale by itself.
    pub fn commit(&mut self, block: &Block) -> Result<()> {
        block.0.iter().try_for_each(|sale| self.commit_one(sale))
    }

    /// Commits one sale with its answer.
    pub fn commit_one(&mut self, (event, answer): &(Event, Answered)) -> Result<()> {
        let now = self.store.now(Timestamp(START));
        self.store
            .commit(std::slice::from_ref(event), now, Some(answer), None)?;
        Ok(())
    }

    /// Commits all sales in one transaction, without answers: to fill a journal.
    pub fn commit_at_once(&mut self, block: &Block) -> Result<()> {
        let now = self.store.now(Timestamp(START));
        let events: Vec<Event> = block.0.iter().map(|(event, _)| event.clone()).collect();
        self.store.commit(&events, now, None, None)?;
        Ok(())
    }

    /// Lets the store rest, as the till does between two sales.
    pub fn rest(&mut self) -> Result<()> {
        Ok(self.store.rest()?)
    }
}
