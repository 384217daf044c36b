//! Ports for the virtual readers: pairs that are free now, and the proof that pcscd got them.
//!
//! vpcd opens a port and the one after it; if either is taken the reader vanishes without a word.

use std::collections::HashSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::SimError;
use crate::error::During;

/// Below the ports that the kernel gives outgoing connections, which could take one from us.
const FIRST: u16 = 20_000;
const PAIRS: u16 = 6_000;
const TRIES: u64 = 500;

/// `count` ports whose next one is free too.
pub(crate) fn free_pairs(count: usize) -> Result<Vec<u16>, SimError> {
    let chance = RandomState::new();
    let mut found = Vec::new();
    for try_ in 0..TRIES {
        if found.len() == count {
            break;
        }
        // The remainder is below PAIRS.
        let port = FIRST + 2 * (chance.hash_one(try_) % u64::from(PAIRS)) as u16;
        if !found.contains(&port) && is_free(port) && is_free(port + 1) {
            found.push(port);
        }
    }
    if found.len() < count {
        return Err(SimError::PcscdFailed {
            why: "no free ports for its readers".into(),
        });
    }
    Ok(found)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Whether process `pid` listens on all of `ports`.
pub(crate) fn all_open(pid: u32, ports: &[u16]) -> Result<bool, SimError> {
    let own = sockets_of(pid)?;
    let table = fs::read_to_string("/proc/net/tcp").during("reading /proc/net/tcp")?;
    let open: HashSet<u16> = table
        .lines()
        .skip(1)
        .filter_map(listening)
        .filter(|(_, inode)| own.contains(inode))
        .map(|(port, _)| port)
        .collect();
    Ok(ports.iter().all(|port| open.contains(port)))
}

/// Port and inode of a line of /proc/net/tcp in state 0A (LISTEN).
fn listening(line: &str) -> Option<(u16, String)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    if *fields.get(3)? != "0A" {
        return None;
    }
    Some((
        u16::from_str_radix(port, 16).ok()?,
        (*fields.get(9)?).to_owned(),
    ))
}

fn sockets_of(pid: u32) -> Result<HashSet<String>, SimError> {
    let folder = format!("/proc/{pid}/fd");
    let entries = fs::read_dir(Path::new(&folder)).during(format!("reading {folder}"))?;
    Ok(entries
        .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| {
            let text = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(text.to_owned())
        })
        .collect())
}
