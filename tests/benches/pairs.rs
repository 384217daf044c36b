//! Pairs of short blocks, subject and peer by turns.

use anyhow::Result;
use std::time::{Duration, Instant};

/// The times of the pairs' blocks, for the same amount of work.
#[derive(Default)]
pub struct Pairs {
    subject: Vec<Duration>,
    peer: Vec<Duration>,
}

impl Pairs {
    /// One more pair. Which of the two goes first changes from pair to pair.
    pub fn pair(
        &mut self,
        mut subject: impl FnMut() -> Result<Duration>,
        mut peer: impl FnMut() -> Result<Duration>,
    ) -> Result<()> {
        let (s, p) = if self.subject.len().is_multiple_of(2) {
            let s = subject()?;
            (s, peer()?)
        } else {
            let p = peer()?;
            (subject()?, p)
        };
        self.add(s, p);
        Ok(())
    }

    /// One more pair that was timed elsewhere.
    pub fn add(&mut self, subject: Duration, peer: Duration) {
        self.subject.push(subject);
        self.peer.push(peer);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.subject.len()
    }

    /// The median over the pairs of the peer's time through the subject's: how fast the subject is
    /// against the peer.
    pub fn median_ratio(&self) -> f64 {
        let both = self.peer.iter().zip(&self.subject);
        median(
            both.map(|(peer, subject)| peer.as_secs_f64() / subject.as_secs_f64())
                .collect(),
        )
    }

    /// The median time of one of `count` pieces of a block, subject and peer, in milliseconds.
    pub fn each_ms(&self, count: usize) -> (f64, f64) {
        let ms = |times: &[Duration]| {
            median(times.iter().map(Duration::as_secs_f64).collect()) * 1000.0 / count as f64
        };
        (ms(&self.subject), ms(&self.peer))
    }
}

/// How long something takes.
pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// The value that `share` of all values do not pass.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}
