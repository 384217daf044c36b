//! Many ranges, and quickly which of them hold a number.

use super::Found;

/// Ranges of numbers, each with the rule that it belongs to: a segment tree over the ranges' ends, so
/// that a question costs the depth of the tree and one step for each range that holds the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ranges {
    /// Where a segment begins, ascending. One more segment is before the first of these.
    starts: Vec<i64>,
    /// The rules of each node; the children of node `n` are `2n` and `2n + 1`, the segments are last.
    nodes: Vec<Vec<u32>>,
}

impl Ranges {
    /// From ranges with both ends included.
    pub(super) fn new(ranges: &[(i64, i64, u32)]) -> Self {
        let after = |most: &i64| most.checked_add(1);
        let firsts = ranges.iter().map(|(least, _, _)| *least);
        let ends = ranges.iter().filter_map(|(_, most, _)| after(most));
        let mut starts: Vec<i64> = firsts.chain(ends).collect();
        starts.sort_unstable();
        starts.dedup();
        let segments = starts.len() + 1;
        let mut all = Self {
            starts,
            nodes: vec![Vec::new(); 2 * segments],
        };
        for (least, most, rule) in ranges {
            let end = after(most).map_or(segments, |after| all.segment(after));
            all.file(all.segment(*least) + segments, end + segments, *rule);
        }
        all
    }

    /// Files a rule under the fewest nodes that come to the leaves from `low` to before `high`.
    fn file(&mut self, mut low: usize, mut high: usize, rule: u32) {
        while low < high {
            if low % 2 == 1 {
                self.nodes[low].push(rule);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                self.nodes[high].push(rule);
            }
            low /= 2;
            high /= 2;
        }
    }

    /// The segment that a number is in.
    fn segment(&self, number: i64) -> usize {
        self.starts.partition_point(|start| *start <= number)
    }

    /// Adds the rules of all ranges that hold a number.
    pub(super) fn holding(&self, number: i64, found: &mut Found) {
        let mut node = self.segment(number) + self.starts.len() + 1;
        while node > 0 {
            if let Some(rules) = self.nodes.get(node) {
                found.add_all(rules);
            }
            node /= 2;
        }
    }
}
