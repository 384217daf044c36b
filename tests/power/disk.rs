//! The disk under SQLite: a VFS that does what it is asked to with real files and, in folders that are
//! watched, writes down what was asked or fails where it is told to.
//!
//! It is SQLite's default in this process, so that the product is opened as it always is. What was
//! written down is kept on the [`Tape`]; which failures are planted is said by [`Fault`].

use crate::tape::{Op, Tape};
use anyhow::{Result, anyhow};
use sqlite_plugin::flags::{AccessFlags, LockLevel, OpenMode, OpenOpts};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{RegisterOpts, Vfs, VfsHandle, VfsResult, register_static};
use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Calls that can be made to fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Size,
    Delete,
    Access,
}

/// A failure to come.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which calls it is counted in.
    pub call: Call,
    /// The how many-th from now on, from 1.
    pub nth: u64,
    /// SQLite's number of the error.
    pub code: i32,
    /// Whether all calls after it fail too, until it is mended.
    pub lasts: bool,
    /// A write that fails has written its first half, as when the room ends there.
    pub half: bool,
}

/// A folder that is watched.
#[derive(Default)]
pub struct Watched {
    tape: Tape,
    records: bool,
    ignores_syncs: bool,
    fault: Option<(Fault, u64)>,
    mended: bool,
    failed: u64,
}

/// The hand on a folder that is watched. It is no longer watched when this is dropped.
pub struct Watch {
    folder: PathBuf,
    watched: Arc<Mutex<Watched>>,
}

static FOLDERS: Mutex<Vec<(PathBuf, Arc<Mutex<Watched>>)>> = Mutex::new(Vec::new());

fn open_up<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// Watches a folder.
    pub fn over(folder: &Path) -> Result<Self> {
        static REGISTERED: OnceLock<Result<(), i32>> = OnceLock::new();
        let options = RegisterOpts { make_default: true };
        let registered = REGISTERED
            .get_or_init(|| register_static(c"tillside-power".to_owned(), Disk, options).map(drop));
        registered.map_err(|code| anyhow!("SQLite does not take the VFS: {code}"))?;
        let watched = Arc::new(Mutex::new(Watched::default()));
        open_up(&FOLDERS).push((folder.to_owned(), watched.clone()));
        let folder = folder.to_owned();
        Ok(Self { folder, watched })
    }

    /// Writes down what is asked from now on. A disk that ignores syncs says so and does nothing.
    pub fn record(&self, ignores_syncs: bool) {
        let mut watched = open_up(&self.watched);
        watched.records = true;
        watched.ignores_syncs = ignores_syncs;
    }

    /// Marks this moment on the tape, by its number.
    pub fn mark(&self, number: usize) {
        open_up(&self.watched).tape.ops.push(Op::Mark(number));
    }

    /// What was written down.
    pub fn tape(&self) -> Tape {
        std::mem::take(&mut open_up(&self.watched).tape)
    }

    /// Plants a failure, or mends the disk.
    pub fn plant(&self, fault: Option<Fault>) {
        let mut watched = open_up(&self.watched);
        watched.fault = fault.map(|fault| (fault, 0));
        (watched.failed, watched.mended) = (0, false);
    }

    /// The disk works again. What had been counted is still said.
    pub fn mend(&self) {
        open_up(&self.watched).mended = true;
    }

    /// The folder holds a file already, all of it on the platter.
    pub fn begin_with(&self, name: &str, content: &[u8]) {
        let tape = &mut open_up(&self.watched).tape;
        let inode = tape.opened(name, false);
        tape.ops.push(Op::Write {
            inode,
            offset: 0,
            data: content.to_vec(),
        });
        tape.ops.push(Op::Sync(inode));
    }

    /// How many calls have failed since the failure was planted.
    pub fn failed(&self) -> u64 {
        open_up(&self.watched).failed
    }

    /// How many calls have been counted for the failure that is planted.
    pub fn counted(&self) -> u64 {
        open_up(&self.watched).fault.map_or(0, |(_, count)| count)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        open_up(&FOLDERS).retain(|(folder, _)| *folder != self.folder);
    }
}

impl Watched {
    /// Whether this call is to fail, and how.
    fn fails(&mut self, call: Call) -> Option<Fault> {
        let (fault, count) = self
            .fault
            .as_mut()
            .filter(|(fault, _)| fault.call == call)?;
        *count += 1;
        let lasts = fault.lasts && !self.mended;
        let now = *count == fault.nth || (lasts && *count > fault.nth);
        let fault = now.then_some(*fault)?;
        self.failed += 1;
        self.tape.ops.push(Op::Failed);
        Some(fault)
    }
}

/// The VFS.
struct Disk;

/// An open file.
pub struct Handle {
    file: File,
    path: PathBuf,
    inode: usize,
    watched: Option<Arc<Mutex<Watched>>>,
    delete_on_close: bool,
}

impl VfsHandle for Handle {
    fn readonly(&self) -> bool {
        false
    }

    fn in_memory(&self) -> bool {
        false
    }
}

impl Handle {
    fn fails(&self, call: Call) -> Option<Fault> {
        open_up(self.watched.as_ref()?).fails(call)
    }

    fn tell(&self, op: impl FnOnce(usize) -> Op) {
        if let Some(watched) = &self.watched {
            let mut watched = open_up(watched);
            if watched.records {
                watched.tape.ops.push(op(self.inode));
            }
        }
    }
}

/// Who watches the folder of a file.
fn watched(path: &Path) -> Option<Arc<Mutex<Watched>>> {
    let folders = open_up(&FOLDERS);
    let found = folders.iter().find(|(folder, _)| path.starts_with(folder));
    found.map(|(_, watched)| watched.clone())
}

fn refuse(watched: Option<&Arc<Mutex<Watched>>>, call: Call) -> VfsResult<()> {
    let fault = watched.and_then(|watched| open_up(watched).fails(call));
    fault.map_or(Ok(()), |fault| Err(fault.code))
}

/// SQLite's number for what the system said, unless it is about room.
fn code(otherwise: i32) -> impl Fn(std::io::Error) -> i32 {
    move |error| match error.kind() {
        ErrorKind::StorageFull => vars::SQLITE_FULL,
        _ => otherwise,
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

impl Vfs for Disk {
    type Handle = Handle;

    fn canonical_path<'a>(&self, path: Cow<'a, str>) -> VfsResult<Cow<'a, str>> {
        Ok(path)
    }

    fn open(&self, path: Option<&str>, opts: OpenOpts) -> VfsResult<Handle> {
        let Some(path) = path.map(PathBuf::from) else {
            let file = tempfile::tempfile().map_err(code(vars::SQLITE_CANTOPEN))?;
            return Ok(Handle {
                file,
                path: PathBuf::new(),
                inode: 0,
                watched: None,
                delete_on_close: false,
            });
        };
        let watched = watched(&path);
        refuse(watched.as_ref(), Call::Open)?;
        let creates = matches!(opts.mode(), OpenMode::ReadWrite { create } if create != sqlite_plugin::flags::CreateMode::None);
        let was_there = path.exists();
        let file = OpenOptions::new()
            .read(true)
            .write(!opts.mode().is_readonly())
            .create(creates)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(code(vars::SQLITE_CANTOPEN))?;
        let mut inode = 0;
        if let Some(watched) = &watched {
            let mut watched = open_up(watched);
            if watched.records {
                inode = watched.tape.opened(&name(&path), was_there);
            }
        }
        Ok(Handle {
            file,
            path,
            inode,
            watched,
            delete_on_close: opts.delete_on_close(),
        })
    }

    fn delete(&self, path: &str) -> VfsResult<()> {
        let path = Path::new(path);
        let watched = watched(path);
        refuse(watched.as_ref(), Call::Delete)?;
        match std::fs::remove_file(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(vars::SQLITE_IOERR_DELETE_NOENT);
            }
            done => done.map_err(code(vars::SQLITE_IOERR_DELETE))?,
        }
        if let Some(watched) = watched {
            let mut watched = open_up(&watched);
            if watched.records {
                watched.tape.ops.push(Op::Delete(name(path)));
            }
        }
        Ok(())
    }

    fn access(&self, path: &str, flags: AccessFlags) -> VfsResult<bool> {
        let path = Path::new(path);
        refuse(watched(path).as_ref(), Call::Access)?;
        // As SQLite's own: a log or a journal without content is as none.
        let found = std::fs::metadata(path);
        Ok(found.is_ok_and(|file| flags != AccessFlags::Exists || file.len() > 0))
    }

    fn file_size(&self, handle: &mut Handle) -> VfsResult<usize> {
        refuse(handle.watched.as_ref(), Call::Size)?;
        let found = handle.file.metadata();
        let found = found.map_err(code(vars::SQLITE_IOERR_FSTAT))?;
        usize::try_from(found.len()).map_err(|_| vars::SQLITE_IOERR_FSTAT)
    }

    fn truncate(&self, handle: &mut Handle, size: usize) -> VfsResult<()> {
        refuse(handle.watched.as_ref(), Call::Truncate)?;
        let cut = handle.file.set_len(size as u64);
        cut.map_err(code(vars::SQLITE_IOERR_TRUNCATE))?;
        handle.tell(|inode| Op::Truncate { inode, size });
        Ok(())
    }

    fn write(&self, handle: &mut Handle, offset: usize, data: &[u8]) -> VfsResult<usize> {
        let fault = handle.fails(Call::Write);
        let written = match fault {
            None => data,
            Some(fault) if fault.half => &data[..data.len() / 2],
            Some(fault) => return Err(fault.code),
        };
        let done = handle.file.write_all_at(written, offset as u64);
        done.map_err(code(vars::SQLITE_IOERR_WRITE))?;
        handle.tell(|inode| Op::Write {
            inode,
            offset,
            data: written.to_vec(),
        });
        fault.map_or(Ok(written.len()), |fault| Err(fault.code))
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        refuse(handle.watched.as_ref(), Call::Read)?;
        let mut done = 0;
        while done < data.len() {
            let at = (offset + done) as u64;
            match handle.file.read_at(&mut data[done..], at) {
                Ok(0) => break,
                Ok(read) => done += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(vars::SQLITE_IOERR_READ),
            }
        }
        Ok(done)
    }

    fn lock(&self, _: &mut Handle, _: LockLevel) -> VfsResult<()> {
        Ok(())
    }

    fn unlock(&self, _: &mut Handle, _: LockLevel) -> VfsResult<()> {
        Ok(())
    }

    fn check_reserved_lock(&self, _: &mut Handle) -> VfsResult<bool> {
        Ok(false)
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        if let Some(fault) = handle.fails(Call::Sync) {
            handle.tell(Op::Lost);
            // A disk may also lie about it.
            return match fault.code {
                vars::SQLITE_OK => Ok(()),
                code => Err(code),
            };
        }
        // The files lie in memory: only what is on the tape is lost at a cut.
        let ignores = |watched: &Arc<Mutex<Watched>>| open_up(watched).ignores_syncs;
        if !handle.watched.as_ref().is_some_and(ignores) {
            handle.tell(Op::Sync);
        }
        Ok(())
    }

    fn close(&self, handle: Handle) -> VfsResult<()> {
        if handle.delete_on_close {
            // Best effort, as SQLite's own.
            let _ = std::fs::remove_file(&handle.path);
        }
        Ok(())
    }

    fn sector_size(&self, _: &mut Handle) -> VfsResult<i32> {
        Ok(4096)
    }

    fn device_characteristics(&self, _: &mut Handle) -> VfsResult<i32> {
        // As SQLite assumes of disks by itself, and nothing more.
        Ok(vars::SQLITE_IOCAP_POWERSAFE_OVERWRITE)
    }
}
