//! Initializers and seeds: the numbers are Keras's, bit for bit if they are drawn one by one.

use horn::burn::tensor::{Device, Tensor};
use horn::initializers::{Identity, Initializer};
use horn::layers::{Dense, Dropout, Input};
use horn::random::{next_seed, permutation, set_random_seed};
use horn::{AnyTensor, Mode, Sequential};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{Array, Number, assert_close, read, values};

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    config: Value,
    shape: Vec<usize>,
    data: Option<Vec<Number>>,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Stats {
    mean: f64,
    std: f64,
    min: f64,
    max: f64,
}

impl Entry {
    fn initializer(&self) -> Initializer {
        // Keras does not write the gain, so the gain of this entry must be set here.
        if self.class_name == "Identity" && self.shape == [7, 5] {
            return Identity::new().gain(2.5).into();
        }
        serde_json::from_value(json!({"class_name": self.class_name, "config": self.config})).unwrap()
    }

    /// The tolerance, relative to values, or to 1 if they are smaller.
    fn tolerance(&self) -> f64 {
        match self.class_name.as_str() {
            // Computed by a factorisation, whose order of additions is that of LAPACK in Keras.
            "Orthogonal" => 1e-6,
            // Computed from sines and cosines, whose last digit depends on the library.
            "STFT" => 1e-6,
            _ => 0.0,
        }
    }
}

fn assert_same_bits(what: &str, received: &[f32], expected: &[f32]) {
    assert_eq!(received.len(), expected.len(), "{what}");
    for (at, (received, expected)) in received.iter().zip(expected).enumerate() {
        assert_eq!(received.to_bits(), expected.to_bits(), "{what}: value {at} is {received}, Keras has {expected}");
    }
}

#[test]
fn draws() {
    let (mut exact, mut near) = (0, 0);
    for entry in read::<Vec<Entry>>("initializers.json") {
        let what = format!("{} {} {:?}", entry.class_name, entry.config, entry.shape);
        let received = entry.initializer().sample(&entry.shape, 0).unwrap();
        match (&entry.data, &entry.stats, entry.tolerance()) {
            (Some(data), None, tolerance) => {
                let expected: Vec<f32> = data.iter().map(|number| number.0 as f32).collect();
                if tolerance > 0.0 {
                    assert_close(&what, &received, &expected, tolerance);
                    near += 1;
                } else {
                    assert_same_bits(&what, &received, &expected);
                    exact += 1;
                }
            }
            (None, Some(stats), tolerance) => {
                check_stats(&what, &received, stats, tolerance);
                near += 1;
            }
            _ => panic!("{what}: data or stats"),
        }
    }
    assert!(exact >= 60 && near >= 20, "{exact} exact, {near} near");
}

/// The values are the same, so only the order of summation can make a difference.
fn check_stats(what: &str, received: &[f32], stats: &Stats, tolerance: f64) {
    let count = received.len() as f64;
    let wide = || received.iter().map(|&value| f64::from(value));
    let mean = wide().sum::<f64>() / count;
    let std = (wide().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    let (min, max) = (wide().fold(f64::INFINITY, f64::min), wide().fold(f64::NEG_INFINITY, f64::max));
    for (name, received, expected) in
        [("mean", mean, stats.mean), ("std", std, stats.std), ("min", min, stats.min), ("max", max, stats.max)]
    {
        let allowed = tolerance.max(1e-12);
        assert!((received - expected).abs() <= allowed, "{what}: {name} is {received}, Keras has {expected}");
    }
}

#[derive(Deserialize)]
struct Seeds {
    dense: Vec<DenseSeeds>,
    permutations: Vec<FitOrders>,
    randint: Vec<Randint>,
    np_permutation: Vec<Orders>,
    dropout: Vec<Masks>,
}

#[derive(Deserialize)]
struct DenseSeeds {
    seed: u32,
    initializer_seeds: Vec<u64>,
    kernels: Vec<Array>,
}

#[derive(Deserialize)]
struct FitOrders {
    seed: u32,
    n: usize,
    draws: Vec<Vec<usize>>,
    again: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Randint {
    seed: u64,
    low: u64,
    high: u64,
    draws: Vec<u64>,
}

#[derive(Deserialize)]
struct Orders {
    seed: u32,
    n: usize,
    draws: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Masks {
    rate: f64,
    seed: u64,
    calls: Vec<Array>,
}

#[test]
fn a_seed_gives_the_weights_of_keras() {
    let entries = read::<Seeds>("seeds.json").dense;
    assert_eq!(entries.len(), 2);
    for entry in entries {
        set_random_seed(entry.seed);
        let drawn: Vec<u64> = entry.initializer_seeds.iter().map(|_| next_seed()).collect();
        assert_eq!(drawn, entry.initializer_seeds);

        set_random_seed(entry.seed);
        let model = Sequential::new().add(Input([6])).add(Dense(4)).add(Dense(4)).add(Dense(4));
        let weights = model.build(&Device::default()).unwrap().get_weights();
        assert_eq!((weights.len(), entry.kernels.len()), (6, 3));
        for (kernel, expected) in weights.iter().step_by(2).zip(&entry.kernels) {
            assert_eq!(kernel.shape(), expected.shape);
            assert_same_bits("kernel", kernel.as_slice().unwrap(), &expected.values());
        }
    }
}

#[test]
fn a_seed_gives_the_orders_of_keras() {
    let Seeds { permutations, np_permutation, .. } = read("seeds.json");
    assert_eq!((permutations.len(), np_permutation.len()), (2, 4));
    for entry in permutations {
        set_random_seed(entry.seed);
        // Seeds of weights come from another stream, so drawing one must not change the orders.
        next_seed();
        assert_eq!((entry.draws.len(), entry.again.len()), (3, 1));
        for expected in entry.draws.iter().chain(&entry.again) {
            assert_eq!(permutation(entry.n)[..expected.len()], *expected, "{} of {}", entry.seed, entry.n);
        }
    }
    for entry in np_permutation {
        set_random_seed(entry.seed);
        for expected in entry.draws {
            assert_eq!(permutation(entry.n), expected, "{}", entry.seed);
        }
    }
}

#[test]
fn a_seed_gives_the_integers_of_python() {
    /// A seed that only Python accepts. `set_random_seed` accepts 32 bits, as NumPy does.
    const TOO_LARGE: [u64; 1] = [1 << 40];

    let mut too_large = Vec::new();
    for entry in read::<Seeds>("seeds.json").randint {
        assert_eq!((entry.low, entry.high), (1, 1_000_000_000));
        let Ok(seed) = u32::try_from(entry.seed) else {
            too_large.push(entry.seed);
            continue;
        };
        set_random_seed(seed);
        let drawn: Vec<u64> = entry.draws.iter().map(|_| next_seed()).collect();
        assert_eq!(drawn, entry.draws, "{seed}");
    }
    assert_eq!(too_large, TOO_LARGE);
}

#[test]
fn dropout_drops_what_keras_drops() {
    let entries = read::<Seeds>("seeds.json").dropout;
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let layer = Dropout(entry.rate).seed(entry.seed);
        let sizes = &entry.calls[0].shape;
        let model = Sequential::new().add(Input(&sizes[1..])).add(layer).build(&Device::default()).unwrap();
        assert_eq!(entry.calls.len(), 2);
        for (at, expected) in entry.calls.iter().enumerate() {
            let ones: AnyTensor = Tensor::<2>::ones([sizes[0], sizes[1]], &Device::default()).into();
            let received = values(model.forward(ones, Mode::Training).unwrap());
            assert_same_bits(&format!("call {at} with seed {}", entry.seed), &received, &expected.values());
        }
    }
}
