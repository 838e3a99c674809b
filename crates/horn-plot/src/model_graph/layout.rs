//! The positions of a graph's boxes: in ranks from top to bottom. A box's rank is the length of its longest path from
//! an input.
//!
//! Follows Sugiyama, Tagawa and Toda (1981): assign ranks, order each rank to reduce crossings, then choose positions
//! that make chains straight.

mod geometry;
mod middles;
mod ranks;

use ranks::Ranks;

pub use geometry::{Point, Size};

/// The distance between ranks.
const ABOVE: f64 = 40.0;

/// The upper left corners of the boxes, and the lines between them.
#[derive(Debug)]
pub struct Layout {
    pub places: Vec<Point>,
    /// A line for each edge, from the upper box to the lower one. Lines bend between ranks and are straight inside a
    /// rank.
    pub lines: Vec<Vec<Point>>,
    pub size: Size,
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

#[cfg(test)]
mod tests {
    use super::middles::BESIDE;
    use super::ranks::MAX_PASSES;
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
    fn a_graph_of_many_lines_bends_only_so_many() {
        let count = 300;
        let edges: Vec<_> = (0..count).flat_map(|to| (0..to).map(move |from| (from, to))).collect();
        let layout = Layout::new(&boxes(count), &edges);
        assert_eq!(layout.lines.len(), edges.len());
        let ranks = Ranks::new(&boxes(count), &edges);
        assert!(ranks.width.len() <= count + MAX_PASSES, "{}", ranks.width.len());
        // Each box still has a rank of its own.
        assert!(layout.places.windows(2).all(|pair| pair[0].y < pair[1].y));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Layout::new(&[], &[]).size, Size::default());
    }
}
