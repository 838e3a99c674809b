//! Two pieces of work in turns, so that a machine whose speed changes favours neither.

use std::hint::black_box;
use std::time::Instant;

/// The times of two pieces of work, in seconds.
pub struct Pairs {
    first: Vec<f64>,
    second: Vec<f64>,
}

/// Runs both in turns, after once without a measurement.
///
/// # Errors
///
/// The first error of one of them.
pub fn in_turns<T, U>(
    rounds: usize,
    mut first: impl FnMut() -> horn::Result<T>,
    mut second: impl FnMut() -> horn::Result<U>,
) -> horn::Result<Pairs> {
    first()?;
    second()?;
    let mut pairs = Pairs { first: Vec::new(), second: Vec::new() };
    for round in 0..rounds {
        // Which one runs first alternates, too.
        if round % 2 == 0 {
            pairs.first.push(seconds(&mut first)?);
            pairs.second.push(seconds(&mut second)?);
        } else {
            pairs.second.push(seconds(&mut second)?);
            pairs.first.push(seconds(&mut first)?);
        }
    }
    Ok(pairs)
}

fn seconds<T>(work: impl FnOnce() -> horn::Result<T>) -> horn::Result<f64> {
    let start = Instant::now();
    black_box(work()?);
    Ok(start.elapsed().as_secs_f64())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Pairs {
    /// The medians of both, in seconds.
    pub fn medians(&self) -> (f64, f64) {
        (median(self.first.iter().copied()), median(self.second.iter().copied()))
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.first.iter().copied().zip(self.second.iter().copied())
    }

    /// The median of how often the second fits into the first.
    pub fn ratio(&self) -> f64 {
        median(self.pairs().map(|(first, second)| first / second))
    }

    /// The median of how many seconds longer the first takes.
    pub fn difference(&self) -> f64 {
        median(self.pairs().map(|(first, second)| first - second))
    }

    /// One line with the figures, and whether the ratio is within what is allowed.
    pub fn verdict(&self, what: &str, allowed: Option<f64>) -> (String, bool) {
        let ((first, second), ratio) = (self.medians(), self.ratio());
        let limit = allowed.map_or_else(String::new, |allowed| format!(", allowed {allowed:.2}"));
        let line = format!(
            "{what}: {:.1} ms to {:.1} ms, ratio {ratio:.3}{limit} ({} pairs)",
            1e3 * first,
            1e3 * second,
            self.first.len()
        );
        (line, allowed.is_none_or(|allowed| ratio <= allowed))
    }
}

/// Lines of a benchmark, of which each may have a limit.
#[derive(Default)]
pub struct Verdicts {
    lines: Vec<String>,
    exceeded: bool,
}

impl Verdicts {
    /// Adds a comparison. The ratio of the first to the second may be as high as `allowed`.
    pub fn add(&mut self, what: &str, pairs: &Pairs, allowed: impl Into<Option<f64>>) {
        let (line, fits) = pairs.verdict(what, allowed.into());
        self.lines.push(if fits { line } else { format!("{line}: TOO MUCH") });
        self.exceeded |= !fits;
    }

    /// Prints all lines.
    ///
    /// # Errors
    ///
    /// If a ratio is higher than what is allowed, which ends the benchmark as a failure.
    pub fn finish(self) -> Result<(), String> {
        println!("\n{}", self.lines.join("\n"));
        if self.exceeded { Err("a cost is above what is allowed".to_owned()) } else { Ok(()) }
    }
}
