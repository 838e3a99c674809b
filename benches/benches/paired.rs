//! Compares Horn with plain Burn in alternating runs, so that a machine whose speed changes favours neither. Prints
//! medians.
//!
//! ```text
//! cargo bench -p benches --bench paired
//! ```

use std::hint::black_box;

use benches::{ByHand, Digits, InHorn, Pairs, in_turns};
use ndarray::s;

/// Prints both medians, and the medians of the ratio and the difference of each pair.
fn print(what: &str, rounds: usize, pairs: &Pairs) {
    let (horn, burn) = pairs.medians();
    println!(
        "{what}: horn {:.1} µs, burn {:.1} µs, ratio {:.4}, difference {:.2} µs ({rounds} pairs)",
        1e6 * horn,
        1e6 * burn,
        pairs.ratio(),
        1e6 * pairs.difference()
    );
}

fn main() -> horn::Result<()> {
    let digits = Digits::first(12_800)?;
    let mut in_horn = InHorn::new()?;
    let mut by_hand = ByHand::new()?;
    let pairs = in_turns(21, || in_horn.epoch(&digits), || Ok(by_hand.epoch(&digits)))?;
    print("epoch of 100 steps", 21, &pairs);
    let image = digits.images.slice(s![..1, .., ..]).to_owned();
    let by_hand = by_hand.for_inference();
    let pairs = in_turns(5_001, || in_horn.predict(black_box(&image)), || Ok(by_hand.predict(black_box(&image))))?;
    print("prediction of one image", 5_001, &pairs);
    Ok(())
}
