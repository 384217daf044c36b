//! Whether a database is as it must be after a cut.
//!
//! Two oracles: what had been told (from the mouth of the program), and what the database holds at
//! each commit when nothing is lost. After a cut it must hold exactly what it held at one of the
//! commits between the last word and the one under way: every row of every table.

use crate::cut::Files;
use crate::day::{Day, Told};
use crate::tape::{Moment, Op};
use anyhow::{Context, Result, bail, ensure};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tillside_core::{Head, Sealed};
use tillside_store::Store;

/// A digest of every row of every table.
pub type Print = [u8; 32];

/// Someone who looks at databases, in a folder of their own.
pub struct Judge {
    folder: TempDir,
    /// Contents that have been looked at in full.
    known: HashSet<Print>,
}

/// What a day's database held at each commit: after which thing that was asked, and what.
pub struct Course(Vec<(usize, Print)>);

impl Judge {
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: memory_folder()?,
            known: HashSet::new(),
        })
    }

    /// Looks at the day without a cut.
    pub fn course(&mut self, day: &Day) -> Result<Course> {
        let (mut moment, mut course) = (Moment::default(), Vec::new());
        let mut changed = true;
        for (at, op) in day.tape.ops.iter().enumerate() {
            moment.play(op);
            match op {
                Op::Sync(_) | Op::Mark(_) => {}
                _ => {
                    changed = true;
                    continue;
                }
            }
            if changed {
                let told = last_told(day, at);
                let print = self.look(&moment.whole(), &told, &day.journal);
                course.push((at, print.with_context(|| format!("without a cut, {at}"))?));
            }
            changed = false;
        }
        Ok(Course(course))
    }

    /// Judges what a cut after the thing number `at` left.
    pub fn judge(&mut self, day: &Day, course: &Course, at: usize, left: &Files) -> Result<()> {
        let told = last_told(day, at);
        let print = self.look(left, &told, &day.journal)?;
        let allowed = course.allowed(day, at);
        ensure!(
            allowed.iter().any(|(_, other)| *other == print),
            "the database holds what it held at none of the {} commits since the last word",
            allowed.len()
        );
        Ok(())
    }

    /// Whether what was left holds the journal up to a record that was told.
    pub fn holds(&mut self, left: &Files, head: Option<Head>, journal: &[Sealed]) -> Result<()> {
        let told = Told {
            head,
            ..Told::default()
        };
        self.look(left, &told, journal).map(drop)
    }

    fn look(&mut self, files: &Files, told: &Told, journal: &[Sealed]) -> Result<Print> {
        let file = self.write(files)?;
        let store = Store::open(&file).context("the till does not start")?;
        let head = store.head();
        let records = store.journal(0, journal.len() + 1)?;
        ensure!(records.len() <= journal.len(), "a record was made up");
        for (found, written) in records.iter().zip(journal) {
            ensure!(found == written, "record {} is another", found.seq);
        }
        let promised = told.head.map_or(0, |head| head.seq);
        ensure!(
            records.len() as u64 >= promised,
            "{} records, and {promised} were told to be recorded",
            records.len()
        );
        ensure!(
            told.head.is_none() || head.is_some(),
            "the till forgot who it is"
        );
        let at_hq = store.hq_head()?.map_or(0, |head| head.seq);
        ensure!(at_hq >= told.at_hq, "what HQ confirmed was forgotten");
        for txid in &told.begun {
            let row = store.purse(*txid)?;
            ensure!(
                row.is_some(),
                "the card was written to, and {txid} is not known"
            );
        }
        drop(store);
        let print = print(&file)?;
        if self.known.insert(print) {
            self.in_full(&file)?;
        }
        Ok(print)
    }

    /// What costs time, once for each content.
    fn in_full(&self, file: &Path) -> Result<()> {
        let mut store = Store::open(file)?;
        if store.profile().is_none() {
            return Ok(());
        }
        store.verify()?;
        let rebuilt = store.rebuild()?;
        ensure!(rebuilt.differences.is_empty(), "{:?}", rebuilt.differences);
        Ok(())
    }

    fn write(&self, files: &Files) -> Result<PathBuf> {
        for old in std::fs::read_dir(self.folder.path())? {
            std::fs::remove_file(old?.path())?;
        }
        for (name, content) in files {
            std::fs::write(self.folder.path().join(name), content)?;
        }
        Ok(self.folder.path().join("tillside.db"))
    }
}

impl Course {
    /// What may be there after a cut: from what held at the last word to the commit under way.
    fn allowed(&self, day: &Day, at: usize) -> &[(usize, Print)] {
        let word = day.tape.ops[..=at]
            .iter()
            .rposition(|op| matches!(op, Op::Mark(_)));
        let from = self
            .0
            .iter()
            .rposition(|(point, _)| word.is_some_and(|word| *point <= word));
        let to = self.0.iter().position(|(point, _)| *point >= at);
        let to = to.map_or(self.0.len(), |to| to + 1);
        &self.0[from.unwrap_or(0)..to]
    }

    /// How many different contents there were.
    pub fn len(&self) -> usize {
        let prints: HashSet<&Print> = self.0.iter().map(|(_, print)| print).collect();
        prints.len()
    }
}

fn last_told(day: &Day, at: usize) -> Told {
    let marks = day.tape.ops[..=at].iter().rev();
    let last = marks.filter_map(|op| match op {
        Op::Mark(number) => Some(*number),
        _ => None,
    });
    last.map(|number| day.told[number].clone())
        .next()
        .unwrap_or_default()
}

/// SQLite's own check, and every row, by SQLite's own VFS.
fn print(file: &Path) -> Result<Print> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags_and_vfs(file, flags, "unix")?;
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let check: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if check != "ok" {
        bail!("the database is damaged: {check}");
    }
    let mut tables =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?;
    let mut digest = Sha256::new();
    for name in names {
        let name = name?;
        digest.update(&name);
        let mut rows = conn.prepare(&format!("SELECT * FROM {name}"))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                feed(&mut digest, row.get_ref(column)?);
            }
        }
    }
    Ok(digest.finalize().into())
}

fn feed(digest: &mut Sha256, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (0_u8, Vec::new()),
        ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
        ValueRef::Real(number) => (2, number.to_le_bytes().to_vec()),
        ValueRef::Text(text) => (3, text.to_vec()),
        ValueRef::Blob(bytes) => (4, bytes.to_vec()),
    };
    digest.update([kind]);
    digest.update((bytes.len() as u64).to_le_bytes());
    digest.update(&bytes);
}

/// In memory, where the machine has that: a cut is played on the tape, not on the machine.
pub fn memory_folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(match memory.is_dir() {
        true => TempDir::with_prefix_in("tillside-", memory)?,
        false => TempDir::with_prefix("tillside-")?,
    })
}
