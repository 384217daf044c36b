//! What was asked of the disk, in order, and what of it had reached the platter at each moment.
//!
//! A write reaches the platter for certain when its file is synced; before that any part of it may have
//! arrived, in any order. A name in the folder is certain once a file that is new there was synced
//! (SQLite syncs the folder with it). Which of the possible states is looked at is left to `cut`.

use std::collections::BTreeMap;

/// One thing that was asked.
#[derive(Clone, Debug)]
pub enum Op {
    /// A file was made under a name.
    Create { inode: usize, name: String },
    /// Bytes were written.
    Write {
        inode: usize,
        offset: usize,
        data: Vec<u8>,
    },
    /// A file was cut short.
    Truncate { inode: usize, size: usize },
    /// A file was synced.
    Sync(usize),
    /// A sync failed: the system takes what was to be synced for written, and it may never be.
    Lost(usize),
    /// A call failed.
    Failed,
    /// A name was removed.
    Delete(String),
    /// The program told somebody something.
    Mark(usize),
}

/// All that was asked.
#[derive(Clone, Default, Debug)]
pub struct Tape {
    pub ops: Vec<Op>,
    names: BTreeMap<String, usize>,
    inodes: usize,
}

impl Tape {
    /// A file was opened: which one it is.
    pub fn opened(&mut self, name: &str, was_there: bool) -> usize {
        if let (Some(inode), true) = (self.names.get(name), was_there) {
            return *inode;
        }
        let inode = self.inodes;
        self.inodes += 1;
        self.names.insert(name.to_owned(), inode);
        let name = name.to_owned();
        self.ops.push(Op::Create { inode, name });
        inode
    }
}

/// A change of a file that may not have reached the platter.
#[derive(Clone, Debug)]
pub enum Pending {
    Write { offset: usize, data: Vec<u8> },
    Truncate(usize),
}

/// A file as it is on the platter, and what is on its way there.
#[derive(Clone, Default, Debug)]
pub struct Platter {
    pub certain: Vec<u8>,
    pub pending: Vec<Pending>,
    /// Whether its name is in the folder for certain.
    named: bool,
}

/// The folder at one moment.
#[derive(Clone, Default, Debug)]
pub struct Moment {
    pub files: Vec<Platter>,
    /// What is in the folder for certain, and what will be if all of it arrives.
    pub certain: BTreeMap<String, usize>,
    pub present: BTreeMap<String, usize>,
}

impl Moment {
    /// Does the next thing that was asked.
    pub fn play(&mut self, op: &Op) {
        match op {
            Op::Create { inode, name } => {
                self.files.resize(inode + 1, Platter::default());
                self.present.insert(name.clone(), *inode);
            }
            Op::Write {
                inode,
                offset,
                data,
            } => self.files[*inode].pending.push(Pending::Write {
                offset: *offset,
                data: data.clone(),
            }),
            Op::Truncate { inode, size } => {
                self.files[*inode].pending.push(Pending::Truncate(*size));
            }
            Op::Sync(inode) => self.sync(*inode),
            Op::Lost(inode) => self.files[*inode].pending.clear(),
            Op::Delete(name) => drop(self.present.remove(name)),
            Op::Mark(_) | Op::Failed => {}
        }
    }

    fn sync(&mut self, inode: usize) {
        let file = &mut self.files[inode];
        for change in std::mem::take(&mut file.pending) {
            change.reach(&mut file.certain);
        }
        if !file.named {
            file.named = true;
            self.certain = self.present.clone();
        }
    }

    /// Every file as the program sees it.
    pub fn whole(&self) -> BTreeMap<String, Vec<u8>> {
        let whole = |inode: &usize| {
            let mut content = self.files[*inode].certain.clone();
            for change in &self.files[*inode].pending {
                change.reach(&mut content);
            }
            content
        };
        let files = self.present.iter();
        files
            .map(|(name, inode)| (name.clone(), whole(inode)))
            .collect()
    }

    /// Every file as it is for certain.
    pub fn on_the_platter(&self) -> BTreeMap<String, Vec<u8>> {
        let file = |inode: &usize| self.files[*inode].certain.clone();
        let files = self.certain.iter();
        files
            .map(|(name, inode)| (name.clone(), file(inode)))
            .collect()
    }

    /// Whether anything is on its way.
    pub fn is_uncertain(&self) -> bool {
        self.certain != self.present || self.files.iter().any(|file| !file.pending.is_empty())
    }
}

impl Pending {
    /// The change arrives whole.
    pub fn reach(&self, content: &mut Vec<u8>) {
        match self {
            Pending::Write { offset, data } => put(content, *offset, data),
            Pending::Truncate(size) => content.resize(*size, 0),
        }
    }
}

/// Writes into a file, which grows as needed.
pub fn put(content: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(data);
}
