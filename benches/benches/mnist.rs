//! An epoch and a prediction of the README's model, written with Horn and with plain Burn.
//!
//! ```text
//! cargo bench -p benches --features criterion --bench mnist
//! ```

use std::hint::black_box;

use benches::{ByHand, Digits, InHorn};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::s;

fn benchmark(criterion: &mut Criterion) {
    let digits = Digits::first(12_800).expect("MNIST is in the repository");
    let mut in_horn = InHorn::new().expect("a device");
    let mut by_hand = ByHand::new().expect("a device");

    let mut group = criterion.benchmark_group("epoch of 100 steps");
    group.sample_size(20);
    group.bench_function("horn", |bencher| bencher.iter(|| in_horn.epoch(&digits).expect("data that fits")));
    group.bench_function("burn", |bencher| bencher.iter(|| by_hand.epoch(&digits)));
    group.finish();

    let image = digits.images.slice(s![..1, .., ..]).to_owned();
    let by_hand = by_hand.for_inference();
    let mut group = criterion.benchmark_group("prediction of one image");
    group
        .bench_function("horn", |bencher| bencher.iter(|| in_horn.predict(black_box(&image)).expect("data that fits")));
    group.bench_function("burn", |bencher| bencher.iter(|| by_hand.predict(black_box(&image))));
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
