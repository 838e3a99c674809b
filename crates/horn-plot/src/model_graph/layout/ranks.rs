//! The ranks of a graph's boxes, and their order in each rank.

use std::collections::BTreeSet;

use super::geometry::Size;

/// The width of a line that passes through a rank.
const LINE: f64 = 10.0;
/// The distance between lines that enter a box.
const PORTS: f64 = 20.0;
const ORDERINGS: usize = 24;
/// The limit for the places at which lines pass through ranks. In a graph with more, the longest lines are drawn straight
/// from box to box: such a drawing is black with lines anyway.
pub(super) const MAX_PASSES: usize = 20_000;

/// The nodes of the layout: the boxes, followed by a virtual node wherever a line passes through a rank.
pub(super) struct Ranks {
    /// The rank of each node.
    pub rank: Vec<usize>,
    pub width: Vec<f64>,
    /// Does each edge lead up?
    pub back: Vec<bool>,
    /// The nodes on each edge's path.
    pub ways: Vec<Vec<usize>>,
    pub above: Vec<Vec<usize>>,
    pub below: Vec<Vec<usize>>,
    /// The nodes in each rank, from left to right.
    pub rows: Vec<Vec<usize>>,
    /// The number of nodes that are boxes.
    pub boxes: usize,
}

impl Ranks {
    pub fn new(sizes: &[Size], edges: &[(usize, usize)]) -> Self {
        // An edge of a cycle, which a layer makes that is called twice, is reversed for the layout.
        let turn = turn_of(sizes.len(), edges);
        let back: Vec<bool> = edges.iter().map(|&(from, to)| turn[from] > turn[to]).collect();
        let on = |(&(from, to), &back): (&(usize, usize), &bool)| if back { (to, from) } else { (from, to) };
        let forward: Vec<(usize, usize)> = edges.iter().zip(&back).map(on).collect();
        let mut rank = vec![0; sizes.len()];
        let mut sorted = forward.clone();
        sorted.sort_unstable_by_key(|&(from, to)| (turn[from], turn[to]));
        for &(from, to) in &sorted {
            rank[to] = rank[to].max(rank[from] + 1);
        }
        // Inputs are placed directly above their first successor.
        let mut first = vec![usize::MAX; sizes.len()];
        let mut is_input = vec![true; sizes.len()];
        for &(from, to) in &sorted {
            first[from] = first[from].min(rank[to]);
            is_input[to] = false;
        }
        for at in (0..sizes.len()).filter(|&at| is_input[at] && first[at] != usize::MAX) {
            rank[at] = first[at] - 1;
        }
        let longest = longest_bent(&forward, &rank);
        let mut width: Vec<f64> = sizes.iter().map(|size| size.width).collect();
        let mut ways = Vec::new();
        for (from, to) in forward {
            let mut way = vec![from];
            let is_bent = rank[to] - rank[from] <= longest;
            for passed in (rank[from] + 1..rank[to]).filter(|_| is_bent) {
                way.push(width.len());
                width.push(LINE);
                rank.push(passed);
            }
            way.push(to);
            ways.push(way);
        }
        let (mut above, mut below) = (vec![Vec::new(); width.len()], vec![Vec::new(); width.len()]);
        // A straight line between distant ranks has no part in the order of a rank.
        let steps = ways.iter().flat_map(|way| way.windows(2)).filter(|step| rank[step[1]] == rank[step[0]] + 1);
        for step in steps {
            below[step[0]].push(step[1]);
            above[step[1]].push(step[0]);
        }
        let mut rows = vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)];
        rank.iter().enumerate().for_each(|(at, &rank)| rows[rank].push(at));
        Self { rank, width, back, ways, above, below, rows, boxes: sizes.len() }
    }

    /// Orders each rank by the mean position of the neighbours, in downward and upward passes, and keeps the order with
    /// the fewest crossings.
    pub fn order(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for turn in 0..ORDERINGS {
            if best.0 == 0 {
                break;
            }
            let down = turn % 2 == 0;
            let count = self.rows.len();
            let mut place = vec![0.0; self.rank.len()];
            for step in 0..count {
                let row = if down { step } else { count - 1 - step };
                let neighbours = if down { &self.above } else { &self.below };
                let mut keyed: Vec<(f64, usize)> = self.rows[row]
                    .iter()
                    .enumerate()
                    .map(|(at, &item)| (mean(neighbours[item].iter().map(|&it| place[it])).unwrap_or(at as f64), item))
                    .collect();
                keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
                self.rows[row] = keyed.into_iter().map(|(_, item)| item).collect();
                for (at, &item) in self.rows[row].iter().enumerate() {
                    place[item] = at as f64;
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    fn crossings(&self) -> usize {
        let place = self.places();
        let crossings = |row: &Vec<usize>| {
            let mut ends: Vec<(usize, usize)> = row
                .iter()
                .flat_map(|&item| self.below[item].iter().map(move |&below| (item, below)))
                .map(|(from, to)| (place[from], place[to]))
                .collect();
            ends.sort_unstable();
            let ends: Vec<usize> = ends.into_iter().map(|(_, to)| to).collect();
            inversions(ends)
        };
        self.rows.iter().map(crossings).sum()
    }

    /// The index of each node in its rank.
    pub fn places(&self) -> Vec<usize> {
        let mut place = vec![0; self.rank.len()];
        self.rows.iter().flat_map(|row| row.iter().enumerate()).for_each(|(at, &item)| place[item] = at);
        place
    }

    /// The horizontal offset from the centre of a box at which a line enters it. Lines enter in the order in which they
    /// come.
    pub fn port(&self, way: &[usize], at: usize, width: f64, place: &[usize]) -> f64 {
        let last = way[way.len() - 2];
        let before = self.above[at].iter().filter(|&&item| (place[item], item) < (place[last], last)).count();
        let own = if self.rank[last] + 1 == self.rank[at] { before as f64 } else { 0.0 };
        let others = self.above[at].len().saturating_sub(1) as f64;
        let apart = PORTS.min((width - 24.0).max(0.0) / others.max(1.0));
        (own - others / 2.0) * apart
    }
}

/// The position of each box in a topological order. Cycles are broken.
fn turn_of(boxes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waits_for = vec![0_usize; boxes];
    let mut next_boxes = vec![Vec::new(); boxes];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        waits_for[to] += 1;
        next_boxes[from].push(to);
    }
    let mut left: BTreeSet<usize> = (0..boxes).collect();
    let mut ready: BTreeSet<usize> = (0..boxes).filter(|&at| waits_for[at] == 0).collect();
    let mut turn = vec![0; boxes];
    for next in 0..boxes {
        let at = ready.pop_first().or_else(|| left.first().copied()).expect("one is left for each turn");
        left.remove(&at);
        turn[at] = next;
        for &to in &next_boxes[at] {
            waits_for[to] = waits_for[to].saturating_sub(1);
            if waits_for[to] == 0 && left.contains(&to) {
                ready.insert(to);
            }
        }
    }
    turn
}

/// The length in ranks of the longest lines that can be bent at each rank that they pass.
fn longest_bent(edges: &[(usize, usize)], rank: &[usize]) -> usize {
    let mut lengths: Vec<usize> = edges.iter().map(|&(from, to)| rank[to] - rank[from]).collect();
    lengths.sort_unstable();
    let mut passes = 0;
    for (at, length) in lengths.iter().enumerate() {
        passes += length.saturating_sub(1);
        if passes > MAX_PASSES {
            // All lines of one length are drawn alike.
            return if at == 0 { 1 } else { (length - 1).max(1) };
        }
    }
    usize::MAX
}

/// How many pairs are in descending order, counted while they are merged.
fn inversions<T: Copy + Ord>(values: Vec<T>) -> usize {
    fn count<T: Copy + Ord>(values: &mut [T], room: &mut Vec<T>) -> usize {
        if values.len() < 2 {
            return 0;
        }
        let middle = values.len() / 2;
        let mut inversions = count(&mut values[..middle], room) + count(&mut values[middle..], room);
        room.clear();
        let (mut left, mut right) = (0, middle);
        while left < middle || right < values.len() {
            let takes_left = right == values.len() || left < middle && values[left] <= values[right];
            if takes_left {
                room.push(values[left]);
                left += 1;
            } else {
                inversions += middle - left;
                room.push(values[right]);
                right += 1;
            }
        }
        values.copy_from_slice(room);
        inversions
    }
    let mut values = values;
    count(&mut values, &mut Vec::new())
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn orders_cross_no_lines_where_that_can_be() {
        let mut ranks = Ranks::new(&[Size { width: 100.0, height: 50.0 }; 6], &[(0, 5), (1, 4), (2, 3)]);
        assert_eq!(ranks.crossings(), 3);
        ranks.order();
        assert_eq!(ranks.crossings(), 0);
    }

    #[test]
    fn crossings_are_counted_as_pairs() {
        for values in [vec![], vec![1], vec![3, 2, 1], vec![2, 2, 1, 5, 0, 1], (0..50).map(|it| it * 7 % 13).collect()]
        {
            let pairs = (0..values.len()).flat_map(|one| (0..one).map(move |other| (other, one)));
            let expected = pairs.filter(|&(other, one)| values[other] > values[one]).count();
            assert_eq!(inversions(values), expected);
        }
    }

    /// A number that counts how often it is compared.
    #[derive(Clone, Copy)]
    struct Counted<'a>(usize, &'a Cell<usize>);

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Counted<'_> {}

    /// Each number is compared once for each time that the numbers can be halved.
    #[test]
    fn crossings_of_many_lines_are_counted_without_looking_at_each_pair() {
        let (halvings, compared) = (12, Cell::new(0));
        let count = 1 << halvings;
        let descending: Vec<Counted> = (0..count).rev().map(|number| Counted(number, &compared)).collect();
        assert_eq!(inversions(descending), count * (count - 1) / 2);
        assert!((1..=count * halvings).contains(&compared.get()), "{} comparisons", compared.get());
    }
}
