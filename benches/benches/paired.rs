//! Compares Horn with plain Burn in alternating runs, so that a machine whose speed changes favours neither. Prints
//! medians.
//!
//! ```text
//! cargo bench -p benches --bench paired
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{ByHand, Digits, InHorn};
use ndarray::s;

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs both in turns. Prints both medians, and the median of the ratios of each pair.
fn compare(what: &str, rounds: usize, mut horn: impl FnMut() -> Duration, mut burn: impl FnMut() -> Duration) {
    let _ = (horn(), burn());
    let mut times = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Which one runs first alternates, too.
        let (in_horn, by_hand) = if round % 2 == 0 {
            let first = horn();
            (first, burn())
        } else {
            let first = burn();
            (horn(), first)
        };
        times.0.push(in_horn.as_secs_f64() * 1e6);
        times.1.push(by_hand.as_secs_f64() * 1e6);
    }
    let ratios = times.0.iter().zip(&times.1).map(|(horn, burn)| horn / burn).collect();
    let differences = times.0.iter().zip(&times.1).map(|(horn, burn)| horn - burn).collect();
    println!(
        "{what}: horn {:.1} µs, burn {:.1} µs, ratio {:.4}, difference {:.2} µs ({rounds} pairs)",
        median(times.0),
        median(times.1),
        median(ratios),
        median(differences)
    );
}

fn main() -> horn::Result<()> {
    let digits = Digits::first(12_800)?;
    let mut in_horn = InHorn::new()?;
    let mut by_hand = ByHand::new()?;
    compare("epoch of 100 steps", 21, || time(|| in_horn.epoch(&digits)), || time(|| by_hand.epoch(&digits)));
    let image = digits.images.slice(s![..1, .., ..]).to_owned();
    let by_hand = by_hand.for_inference();
    compare(
        "prediction of one image",
        5_001,
        || time(|| in_horn.predict(black_box(&image))),
        || time(|| by_hand.predict(black_box(&image))),
    );
    Ok(())
}
