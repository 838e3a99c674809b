//! The horizontal positions of a graph's boxes.

use std::collections::BTreeSet;

use super::ranks::Ranks;

/// The distance between boxes of a rank.
pub(super) const BESIDE: f64 = 28.0;

impl Ranks {
    /// The centre of each node, after Brandes and Köpf (2001). Each node is aligned with its median neighbour, above or
    /// below, packed to the left or to the right. The results of these four passes are combined, so that chains are
    /// straight.
    pub fn middles(&self) -> Vec<f64> {
        let conflicts = self.conflicts();
        let ways = [(false, false), (false, true), (true, false), (true, true)];
        let all = ways.map(|(up, right)| self.packed(up, right, &conflicts));
        let ends = |places: &Vec<f64>| {
            let ends = |(left, right): (f64, f64), (at, x): (usize, &f64)| {
                (left.min(x - self.width[at] / 2.0), right.max(x + self.width[at] / 2.0))
            };
            places.iter().enumerate().fold((f64::INFINITY, f64::NEG_INFINITY), ends)
        };
        let narrowest = all.iter().map(ends).min_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)));
        let Some(narrowest) = narrowest else { return Vec::new() };
        let shifts = [0, 1, 2, 3].map(|at| {
            let own = ends(&all[at]);
            if ways[at].1 { narrowest.1 - own.1 } else { narrowest.0 - own.0 }
        });
        let between = |item: usize| {
            let mut places = [0, 1, 2, 3].map(|at| all[at][item] + shifts[at]);
            places.sort_by(f64::total_cmp);
            (places[1] + places[2]) / 2.0
        };
        (0..self.rank.len()).map(between).collect()
    }

    /// The segments that cross a long line and would bend it. They are not aligned.
    fn conflicts(&self) -> BTreeSet<(usize, usize)> {
        let place = self.places();
        let is_line = |item: usize| item >= self.boxes;
        let mut conflicts = BTreeSet::new();
        for row in &self.rows {
            let steps: Vec<(usize, usize)> =
                row.iter().flat_map(|&from| self.below[from].iter().map(move |&to| (from, to))).collect();
            // The long lines from left to right, with the rightmost end up to each, and the leftmost end from each on.
            let is_long = |step: &&(usize, usize)| is_line(step.0) && is_line(step.1);
            let mut long: Vec<(usize, usize)> =
                steps.iter().filter(is_long).map(|&(from, to)| (place[from], place[to])).collect();
            long.sort_unstable();
            let rightmost: Vec<usize> = running(long.iter().map(|end| end.1), usize::max);
            let mut leftmost: Vec<usize> = running(long.iter().rev().map(|end| end.1), usize::min);
            leftmost.reverse();
            let crosses = |&&(from, to): &&(usize, usize)| {
                let before = long.partition_point(|line| line.0 < place[from]);
                let after = long.partition_point(|line| line.0 <= place[from]);
                let from_left = before > 0 && rightmost[before - 1] > place[to];
                from_left || leftmost.get(after).is_some_and(|&end| end < place[to])
            };
            conflicts.extend(steps.iter().filter(|step| !is_long(step)).filter(crosses));
        }
        conflicts
    }

    /// Packs all nodes to one side, each aligned with its median neighbour above or below.
    fn packed(&self, up: bool, right: bool, conflicts: &BTreeSet<(usize, usize)>) -> Vec<f64> {
        let mut rows = self.rows.clone();
        if right {
            rows.iter_mut().for_each(|row| row.reverse());
        }
        let count = self.rank.len();
        let mut place = vec![0; count];
        rows.iter().flat_map(|row| row.iter().enumerate()).for_each(|(at, &item)| place[item] = at);
        // The first node of each node's block. The nodes of a block are aligned.
        let mut block: Vec<usize> = (0..count).collect();
        let mut taken = vec![false; count];
        let order: Vec<usize> = if up { (0..rows.len()).rev().collect() } else { (0..rows.len()).collect() };
        for row in order {
            let mut next = 0;
            for &item in &rows[row] {
                let mut neighbours = if up { self.below[item].clone() } else { self.above[item].clone() };
                neighbours.sort_by_key(|&it| place[it]);
                let Some(last) = neighbours.len().checked_sub(1) else { continue };
                for &neighbour in &neighbours[last / 2..=last.div_ceil(2)] {
                    let step = if up { (item, neighbour) } else { (neighbour, item) };
                    let is_free = block[item] == item && !taken[neighbour] && place[neighbour] >= next;
                    if is_free && !conflicts.contains(&step) {
                        block[item] = block[neighbour];
                        taken[neighbour] = true;
                        next = place[neighbour] + 1;
                    }
                }
            }
        }
        let places = self.compacted(&rows, &block);
        if right { places.into_iter().map(|x| -x).collect() } else { places }
    }

    /// Moves blocks as far to the left as possible, and then those with free space back to the right.
    fn compacted(&self, rows: &[Vec<usize>], block: &[usize]) -> Vec<f64> {
        let count = block.len();
        let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for pair in rows.iter().flat_map(|row| row.windows(2)) {
            let apart = (self.width[pair[0]] + self.width[pair[1]]) / 2.0 + BESIDE;
            before[block[pair[1]]].push((block[pair[0]], apart));
            after[block[pair[0]]].push((block[pair[1]], apart));
        }
        let order = sorted(&before, &after);
        let mut x = vec![0.0; count];
        for &item in &order {
            x[item] = before[item].iter().map(|&(other, apart)| x[other] + apart).fold(0.0, f64::max);
        }
        for &item in order.iter().rev() {
            let most = after[item].iter().map(|&(other, apart)| x[other] - apart).fold(f64::INFINITY, f64::min);
            if most.is_finite() {
                x[item] = f64::max(x[item], most);
            }
        }
        block.iter().map(|&block| x[block]).collect()
    }
}

/// The largest or smallest value up to each.
fn running(values: impl Iterator<Item = usize>, better: fn(usize, usize) -> usize) -> Vec<usize> {
    let step = |best: &mut Option<usize>, value: usize| {
        *best = Some(best.map_or(value, |best| better(best, value)));
        *best
    };
    values.scan(None, step).collect()
}

/// A topological order: nodes before their successors.
fn sorted(before: &[Vec<(usize, f64)>], after: &[Vec<(usize, f64)>]) -> Vec<usize> {
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..before.len()).filter(|&item| waits[item] == 0).collect();
    let mut next = 0;
    while let Some(&item) = order.get(next) {
        next += 1;
        for &(other, _) in &after[item] {
            waits[other] -= 1;
            if waits[other] == 0 {
                order.push(other);
            }
        }
    }
    order
}
