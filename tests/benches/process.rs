//! What the kernel knows of another process. Linux only.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;

/// CPU time of each thread of a process, in nanoseconds, by thread id.
///
/// From `/proc/PID/task/*/schedstat`, whose first field counts nanoseconds on a CPU; `/proc/PID/stat`
/// counts in hundredths of a second, too coarse for one tap.
pub struct CpuTime(BTreeMap<String, u64>);

impl CpuTime {
    /// As of now.
    pub fn of(process: u32) -> Result<Self> {
        let mut threads = BTreeMap::new();
        let folder = format!("/proc/{process}/task");
        for entry in fs::read_dir(&folder).with_context(|| format!("{folder} cannot be read"))? {
            let entry = entry?;
            // A thread may end between the two reads.
            let Ok(text) = fs::read_to_string(entry.path().join("schedstat")) else {
                continue;
            };
            let first = text
                .split_whitespace()
                .next()
                .and_then(|word| word.parse().ok());
            threads.insert(
                entry.file_name().to_string_lossy().into_owned(),
                first.context("schedstat begins with a number")?,
            );
        }
        Ok(Self(threads))
    }

    /// Milliseconds on a CPU since `earlier`, over all threads there are now.
    pub fn ms_since(&self, earlier: &Self) -> f64 {
        let spent = self.0.iter().map(|(thread, now)| {
            let before = earlier.0.get(thread).copied().unwrap_or(0);
            now.saturating_sub(before)
        });
        spent.sum::<u64>() as f64 / 1e6
    }
}

/// Resident memory of a process, in MB of 10^6 bytes.
pub fn resident_mb(process: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|rest| rest.split_whitespace().next())
        .context("status has VmRSS")?
        .parse()?;
    Ok(kib * 1024.0 / 1e6)
}
