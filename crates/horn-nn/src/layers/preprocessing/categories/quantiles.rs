//! Quantiles of numbers that come in batches, as Keras estimates them.

/// A summary of numbers: some of them in order, and how many each stands for. Both are in single precision, as Keras's.
#[derive(Debug)]
pub(crate) struct Quantiles {
    epsilon: f64,
    summary: Vec<(f32, f32)>,
}

impl Quantiles {
    /// A summary as exact as this fraction of the numbers.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon, summary: Vec::new() }
    }

    /// Takes in a batch.
    pub fn add(&mut self, mut values: Vec<f32>) {
        values.sort_by(f32::total_cmp);
        let step = (values.len() as f64 * self.epsilon).max(1.0);
        let chosen = values.into_iter().skip((step - 1.0) as usize).step_by(step as usize);
        let mut merged: Vec<(f32, f32)> = chosen.map(|value| (value, step as f32)).collect();
        merged.append(&mut self.summary);
        merged.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        self.summary = compress(merged, self.epsilon);
    }

    /// The edges between so many bins; fewer where there are fewer numbers, and none at all without numbers.
    pub fn edges(self, bins: usize) -> Option<Vec<f32>> {
        if self.summary.is_empty() || self.summary.iter().any(|(value, _)| value.is_nan()) {
            return None;
        }
        let mut summary = compress(self.summary, 1.0 / bins as f64);
        summary.pop();
        Some(summary.into_iter().map(|(edge, _)| edge).collect())
    }
}

/// A summary of about `1 / epsilon` numbers, that lie where so large a fraction of all are below.
fn compress(summary: Vec<(f32, f32)>, epsilon: f64) -> Vec<(f32, f32)> {
    if (summary.len() as f64) * epsilon < 1.0 {
        return summary;
    }
    let mut sums: Vec<f32> = Vec::with_capacity(summary.len());
    for (_, weight) in &summary {
        sums.push(sums.last().map_or(*weight, |sum| sum + weight));
    }
    let total = sums.last().copied().unwrap_or(1.0);
    let shares: Vec<f64> = sums.iter().map(|sum| f64::from(sum / total)).collect();
    let values: Vec<f64> = summary.iter().map(|(value, _)| f64::from(*value)).collect();
    let sums: Vec<f64> = sums.into_iter().map(f64::from).collect();
    let mut below = 0.0;
    let mut compressed = Vec::new();
    for at in 0..(1.0 / epsilon).ceil() as usize {
        let share = epsilon + at as f64 * epsilon;
        let sum = interpolate(share, &shares, &sums);
        compressed.push((interpolate(share, &shares, &values) as f32, (sum - below) as f32));
        below = sum;
    }
    compressed
}

/// The height at `x` of the line through these points.
fn interpolate(x: f64, xs: &[f64], ys: &[f64]) -> f64 {
    let above = xs.partition_point(|known| *known <= x);
    if above == 0 {
        return ys[0];
    }
    let below = above - 1;
    if above == xs.len() || xs[below] == x {
        return ys[below];
    }
    let slope = (ys[above] - ys[below]) / (xs[above] - xs[below]);
    slope * (x - xs[below]) + ys[below]
}
