//! The disk fails at the nth of each kind of call, for every n of a reference day.
//!
//! Nobody may be told that something is recorded which is not, nothing may be recorded twice or made up,
//! nothing may panic; the till goes on when the disk does, or when it was started again.

use crate::disk::{Call, Fault, Watch};
use crate::judge::{Judge, memory_folder};
use crate::tape::{Moment, Op};
use crate::trouble::{Cashier, Opened};
use anyhow::{Context, Result, ensure};
use sqlite_plugin::vars;
use std::sync::OnceLock;
use std::time::Instant;
use tillside_core::Sealed;

/// A kind of failure.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    call: Call,
    code: i32,
    lasts: bool,
    half: bool,
}

const fn kind(name: &'static str, call: Call, code: i32) -> Kind {
    Kind {
        name,
        call,
        code,
        lasts: false,
        half: false,
    }
}

const KINDS: [Kind; 15] = [
    kind("write fails", Call::Write, vars::SQLITE_IOERR_WRITE),
    Kind {
        lasts: true,
        half: true,
        ..kind("disk is full", Call::Write, vars::SQLITE_FULL)
    },
    Kind {
        half: true,
        ..kind("short write", Call::Write, vars::SQLITE_IOERR_WRITE)
    },
    kind("sync fails", Call::Sync, vars::SQLITE_IOERR_FSYNC),
    Kind {
        lasts: true,
        ..kind("syncs fail", Call::Sync, vars::SQLITE_IOERR_FSYNC)
    },
    kind("open fails", Call::Open, vars::SQLITE_CANTOPEN),
    kind("read fails", Call::Read, vars::SQLITE_IOERR_READ),
    Kind {
        lasts: true,
        ..kind("reads fail", Call::Read, vars::SQLITE_IOERR_READ)
    },
    kind(
        "truncate fails",
        Call::Truncate,
        vars::SQLITE_IOERR_TRUNCATE,
    ),
    kind("size fails", Call::Size, vars::SQLITE_IOERR_FSTAT),
    kind("access fails", Call::Access, vars::SQLITE_IOERR_ACCESS),
    kind("delete fails", Call::Delete, vars::SQLITE_IOERR_DELETE),
    kind("no memory to read", Call::Read, vars::SQLITE_IOERR_NOMEM),
    kind("no memory to write", Call::Write, vars::SQLITE_NOMEM),
    kind("no memory to open", Call::Open, vars::SQLITE_NOMEM),
];

fn shop() -> Result<&'static Opened> {
    static SHOP: OnceLock<Result<Opened>> = OnceLock::new();
    let made = SHOP.get_or_init(Opened::shop);
    made.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))
}

/// What a run came to.
#[derive(Default)]
struct Came {
    /// How often the kind of call was made.
    calls: u64,
    failed: u64,
    failures: u32,
    restarts: u32,
}

fn run(judge: &mut Judge, kind: Kind, nth: u64) -> Result<Came> {
    let folder = memory_folder()?;
    let watch = Watch::over(folder.path())?;
    let mut cashier = shop()?.cashier(folder.path(), &watch)?;
    watch.record(false);
    watch.begin_with("tillside.db", &shop()?.database);
    watch.plant(Some(Fault {
        call: kind.call,
        nth,
        code: kind.code,
        lasts: kind.lasts,
        half: kind.half,
    }));
    cashier.day()?;
    let (calls, failed) = (watch.counted(), watch.failed());
    cashier.close()?;
    let tape = watch.tape();
    let journal = cashier.look_up()?;
    if failed > 0 {
        after_a_cut(judge, &cashier, &tape.ops, &journal)?;
    }
    Ok(Came {
        calls,
        failed,
        failures: cashier.believed.failures,
        restarts: cashier.believed.restarts,
    })
}

/// Had the power gone as well, right after the first word since the failure, or after the last: what
/// was told by then is on the platter. A write whose sync failed never gets there by a later one.
fn after_a_cut(
    judge: &mut Judge,
    cashier: &Cashier<'_>,
    ops: &[Op],
    journal: &[Sealed],
) -> Result<()> {
    let marks = |op: &Op| matches!(op, Op::Mark(_));
    let fault = ops.iter().position(|op| matches!(op, Op::Failed));
    let first = fault.and_then(|fault| Some(fault + ops[fault..].iter().position(marks)?));
    let last = ops.iter().rposition(marks);
    let mut moment = Moment::default();
    for (at, op) in ops.iter().enumerate() {
        moment.play(op);
        if let (Op::Mark(number), true) = (op, Some(at) == first || Some(at) == last) {
            let head = cashier.believed.heads[*number];
            judge
                .holds(&moment.on_the_platter(), head, journal)
                .with_context(|| format!("if the power had gone at word {number}"))?;
        }
    }
    Ok(())
}

/// Every nth call of a kind fails, or as many of them as `limit`, spread evenly.
fn sweep(judge: &mut Judge, kind: Kind, limit: u64) -> Result<()> {
    let began = Instant::now();
    let calls = run(judge, kind, u64::MAX)?.calls;
    let runs = calls.min(limit);
    let mut sum = Came::default();
    for number in 0..runs {
        let nth = 1 + number * calls / runs;
        let came = run(judge, kind, nth)
            .with_context(|| format!("{}: number {nth} of {calls}", kind.name))?;
        // The one before it took another way round, so the last ones may not come.
        ensure!(
            came.failed > 0 || nth + 9 > calls,
            "{}: {nth} never came",
            kind.name
        );
        sum.failed += came.failed;
        sum.failures += came.failures;
        sum.restarts += came.restarts;
    }
    println!(
        "{}: {runs} of {calls} places, {} calls failed, {} asked in vain, {} started again, {:.1} s",
        kind.name,
        sum.failed,
        sum.failures,
        sum.restarts,
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// All places of each kind, unless the environment says how many (TILLSIDE_IO_FAULTS).
fn limit() -> Result<u64> {
    crate::cuts::number("TILLSIDE_IO_FAULTS", 1_000_000).map(|limit| limit as u64)
}

fn half(odd: usize) -> Result<()> {
    let mut judge = Judge::new()?;
    for kind in KINDS.iter().skip(odd).step_by(2) {
        sweep(&mut judge, *kind, limit()?)?;
    }
    Ok(())
}

#[test]
fn a_disk_that_fails_makes_nobody_believe_what_is_not_so() -> Result<()> {
    half(0)
}

#[test]
fn a_disk_that_fails_otherwise_makes_nobody_believe_what_is_not_so() -> Result<()> {
    half(1)
}

/// The test of the test: a disk that loses what it was to sync, and says that it did.
#[test]
fn a_word_that_is_not_on_the_platter_is_found() -> Result<()> {
    let lies = Kind {
        lasts: true,
        ..kind("syncs lie", Call::Sync, vars::SQLITE_OK)
    };
    let found = run(&mut Judge::new()?, lies, 9);
    let words = found.err().context("nobody noticed")?;
    ensure!(
        format!("{words:#}").contains("if the power had gone"),
        "{words:#}"
    );
    Ok(())
}
