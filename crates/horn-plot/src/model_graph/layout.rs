//! The positions of a graph's boxes: in ranks from top to bottom. A box's rank is the length of its longest path from
//! an input.
//!
//! Follows Sugiyama, Tagawa and Toda (1981): assign ranks, order each rank to reduce crossings, then choose positions
//! that make chains straight.

use std::collections::BTreeSet;

/// The distance between boxes, horizontally and vertically.
const BESIDE: f64 = 28.0;
const ABOVE: f64 = 40.0;
/// The width of a line that passes through a rank.
const LINE: f64 = 10.0;
/// The distance between lines that enter a box.
const PORTS: f64 = 20.0;
const ORDERINGS: usize = 24;
/// The limit for the places at which lines pass through ranks. In a graph with more, the longest lines are drawn straight
/// from box to box: such a drawing is black with lines anyway.
const MAX_PASSES: usize = 20_000;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// The upper left corners of the boxes, and the lines between them.
#[derive(Debug)]
pub struct Layout {
    pub places: Vec<Point>,
    /// A line for each edge, from the upper box to the lower one. Lines bend between ranks and are straight inside a
    /// rank.
    pub lines: Vec<Vec<Point>>,
    pub size: Size,
}

/// The nodes of the layout: the boxes, followed by a virtual node wherever a line passes through a rank.
struct Ranks {
    /// The rank of each node.
    rank: Vec<usize>,
    width: Vec<f64>,
    /// Does each edge lead up?
    back: Vec<bool>,
    /// The nodes on each edge's path.
    ways: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// The nodes in each rank, from left to right.
    rows: Vec<Vec<usize>>,
    /// The number of nodes that are boxes.
    boxes: usize,
}

impl Layout {
    /// Lays out boxes of these sizes.
    pub fn new(sizes: &[Size], edges: &[(usize, usize)]) -> Self {
        let mut ranks = Ranks::new(sizes, edges);
        ranks.order();
        let middles = ranks.middles();
        let heights: Vec<f64> = ranks
            .rows
            .iter()
            .map(|row| row.iter().filter_map(|&at| sizes.get(at)).map(|size| size.height).fold(0.0, f64::max))
            .collect();
        let tops: Vec<f64> = heights
            .iter()
            .scan(0.0, |top, height| {
                let own = *top;
                *top += height + ABOVE;
                Some(own)
            })
            .collect();
        let left = (0..middles.len()).map(|at| middles[at] - ranks.width[at] / 2.0).fold(f64::INFINITY, f64::min);
        let right = (0..middles.len()).map(|at| middles[at] + ranks.width[at] / 2.0).fold(f64::NEG_INFINITY, f64::max);
        let middle = |at: usize| middles[at] - left;
        let places: Vec<Point> = (0..sizes.len())
            .map(|at| {
                let (rank, Size { width, height }) = (ranks.rank[at], sizes[at]);
                Point { x: middle(at) - width / 2.0, y: tops[rank] + (heights[rank] - height) / 2.0 }
            })
            .collect();
        let place = ranks.places();
        let lines = ranks.back.iter().zip(&ranks.ways).map(|(&back, way)| {
            let mut line = Vec::new();
            for (step, &at) in way.iter().enumerate() {
                let top = tops[ranks.rank[at]];
                let bottom = top + heights[ranks.rank[at]];
                let x = middle(at);
                if at >= sizes.len() {
                    line.extend([Point { x, y: top }, Point { x, y: bottom }]);
                } else if step == 0 {
                    // Out of the box, and straight on to the end of its rank.
                    let y = places[at].y + sizes[at].height;
                    line.push(Point { x, y });
                    line.extend((bottom - y > 1.0).then_some(Point { x, y: bottom }));
                } else {
                    let x = x + ranks.port(way, at, sizes[at].width, &place);
                    line.extend((places[at].y - top > 1.0).then_some(Point { x, y: top }));
                    line.push(Point { x, y: places[at].y });
                }
            }
            if back {
                line.reverse();
            }
            line
        });
        let bottom = tops.last().zip(heights.last()).map_or(0.0, |(top, height)| top + height);
        let width = if middles.is_empty() { 0.0 } else { right - left };
        Self { lines: lines.collect(), size: Size { width, height: bottom }, places }
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

impl Ranks {
    fn new(sizes: &[Size], edges: &[(usize, usize)]) -> Self {
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
    fn order(&mut self) {
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

    /// The centre of each node, after Brandes and Köpf (2001). Each node is aligned with its median neighbour, above or
    /// below, packed to the left or to the right. The results of these four passes are combined, so that chains are
    /// straight.
    fn middles(&self) -> Vec<f64> {
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

    /// The index of each node in its rank.
    fn places(&self) -> Vec<usize> {
        let mut place = vec![0; self.rank.len()];
        self.rows.iter().flat_map(|row| row.iter().enumerate()).for_each(|(at, &item)| place[item] = at);
        place
    }

    /// The horizontal offset from the centre of a box at which a line enters it. Lines enter in the order in which they
    /// come.
    fn port(&self, way: &[usize], at: usize, width: f64, place: &[usize]) -> f64 {
        let last = way[way.len() - 2];
        let before = self.above[at].iter().filter(|&&item| (place[item], item) < (place[last], last)).count();
        let own = if self.rank[last] + 1 == self.rank[at] { before as f64 } else { 0.0 };
        let others = self.above[at].len().saturating_sub(1) as f64;
        let apart = PORTS.min((width - 24.0).max(0.0) / others.max(1.0));
        (own - others / 2.0) * apart
    }
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
fn inversions(values: Vec<usize>) -> usize {
    fn count(values: &mut [usize], room: &mut Vec<usize>) -> usize {
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

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(count: usize) -> Vec<Size> {
        vec![Size { width: 100.0, height: 50.0 }; count]
    }

    #[test]
    fn a_chain_is_straight() {
        let layout = Layout::new(&boxes(3), &[(0, 1), (1, 2)]);
        assert_eq!(
            layout.places.iter().map(|place| (place.x, place.y)).collect::<Vec<_>>(),
            [(0.0, 0.0), (0.0, 90.0), (0.0, 180.0)]
        );
        assert_eq!(layout.lines[0], [Point { x: 50.0, y: 50.0 }, Point { x: 50.0, y: 90.0 }]);
        assert_eq!(layout.size, Size { width: 100.0, height: 230.0 });
    }

    #[test]
    fn boxes_do_not_overlap_and_lines_pass_beside_them() {
        let layout = Layout::new(&boxes(6), &[(0, 1), (0, 2), (0, 5), (1, 3), (2, 4), (3, 5), (4, 5)]);
        for (one, other) in (0..6).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let (one, other) = (layout.places[one], layout.places[other]);
            assert!((one.x - other.x).abs() >= 100.0 + BESIDE - 1e-6 || (one.y - other.y).abs() >= 50.0, "{one:?}");
        }
        for point in &layout.lines[2][1..layout.lines[2].len() - 1] {
            let inside = |place: &Point| {
                (place.x..place.x + 100.0).contains(&point.x) && (place.y + 1.0..place.y + 49.0).contains(&point.y)
            };
            assert!(!layout.places.iter().any(inside), "{point:?}");
        }
    }

    #[test]
    fn what_leads_to_a_box_is_above_it_in_whatever_order_they_come() {
        let layout = Layout::new(&boxes(4), &[(0, 1), (2, 1), (1, 3)]);
        let tops: Vec<f64> = layout.places.iter().map(|place| place.y).collect();
        assert_eq!(tops, [0.0, 90.0, 0.0, 180.0]);
        // A cycle, which a layer makes that is called twice, has one line that leads up.
        let layout = Layout::new(&boxes(3), &[(0, 1), (1, 2), (2, 1)]);
        let leads_up = |line: &Vec<Point>| line[0].y > line[line.len() - 1].y;
        assert_eq!(layout.lines.iter().map(leads_up).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn orders_cross_no_lines_where_that_can_be() {
        let mut ranks = Ranks::new(&boxes(6), &[(0, 5), (1, 4), (2, 3)]);
        assert_eq!(ranks.crossings(), 3);
        ranks.order();
        assert_eq!(ranks.crossings(), 0);
    }

    #[test]
    fn a_graph_of_many_lines_is_drawn_soon() {
        let count = 300;
        let edges: Vec<_> = (0..count).flat_map(|to| (0..to).map(move |from| (from, to))).collect();
        let start = std::time::Instant::now();
        let layout = Layout::new(&boxes(count), &edges);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
        assert_eq!(layout.lines.len(), edges.len());
        let ranks = Ranks::new(&boxes(count), &edges);
        assert!(ranks.width.len() <= count + MAX_PASSES, "{}", ranks.width.len());
        // Each box still has a rank of its own.
        assert!(layout.places.windows(2).all(|pair| pair[0].y < pair[1].y));
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

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Layout::new(&[], &[]).size, Size::default());
    }
}
