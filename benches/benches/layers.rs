//! One case for each family of layers, inference and a training step, compared with Keras.
//!
//! ```text
//! HORN_BENCH_KERAS="jax=/path/to/python tensorflow=/path/to/python" cargo bench -p benches --bench layers
//! ```
//!
//! Each Keras runs in its own process, which waits while the others are measured. Horn and each Keras take turns, one
//! run at a time. The output is a table of medians. Without the variable, only Horn is measured.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use horn::prelude::*;
use horn::{Functional, HostArray};
use ndarray::{ArrayD, IxDyn};

const ROUNDS: usize = 15;

/// The name, the model, the shape of a batch, and the exclusive upper bound of the ids, or 0 if the values are floats.
type Case = (&'static str, fn() -> horn::Result<Functional>, &'static [usize], usize);

/// The same cases with the same sizes as in keras_layers.py.
const CASES: [Case; 7] = [
    (
        "Conv2D",
        || one(Conv2D(64, 3).padding(Padding::Same).activation(Activation::Relu), &[32, 32, 32]),
        &[32, 32, 32, 32],
        0,
    ),
    ("DepthwiseConv2D", || one(DepthwiseConv2D(3).padding(Padding::Same), &[32, 32, 64]), &[32, 32, 32, 64], 0),
    ("LSTM", || one(LSTM(128), &[100, 64]), &[32, 100, 64], 0),
    ("GRU", || one(GRU(128), &[100, 64]), &[32, 100, 64], 0),
    ("MultiHeadAttention", attention, &[16, 64, 128], 0),
    ("BatchNormalization", || one(BatchNormalization(), &[32, 32, 64]), &[32, 32, 32, 64], 0),
    ("Embedding", || one(Embedding(20_000, 128), &[200]), &[64, 200], 20_000),
];

fn one(layer: impl Layer, shape: &[usize]) -> horn::Result<Functional> {
    let x = Input(shape);
    let y = layer.apply(&x)?;
    Model::new(x, y)
}

fn attention() -> horn::Result<Functional> {
    let x = Input([64, 128]);
    let y = MultiHeadAttention(8, 16).apply((&x, &x))?;
    Model::new(x, y)
}

/// A Keras in its own process.
struct Keras {
    name: String,
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Keras {
    fn start(backend: &str, python: &str) -> std::io::Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/keras_layers.py");
        let mut process = Command::new(python)
            .arg(script)
            .env("KERAS_BACKEND", backend)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let ask = process.stdin.take().expect("stdin is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut name = String::new();
        answers.read_line(&mut name)?;
        Ok(Self { name: name.trim().to_owned(), process, ask, answers })
    }

    /// Runs a case once. Returns the time in milliseconds.
    fn run(&mut self, case: &str, what: &str) -> f64 {
        writeln!(self.ask, "{case} {what}").expect("Keras listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Keras answers");
        let seconds: f64 = answer.trim().parse().expect("Keras answers with a time");
        seconds * 1e3
    }
}

impl Drop for Keras {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn main() -> horn::Result<()> {
    let given = std::env::var("HORN_BENCH_KERAS").unwrap_or_default();
    let mut rivals: Vec<Keras> = given
        .split_whitespace()
        .filter_map(|entry| entry.split_once('='))
        .map(|(backend, python)| Keras::start(backend, python).expect("Keras starts"))
        .collect();
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));

    let names: Vec<&str> = rivals.iter().map(|keras| keras.name.as_str()).collect();
    println!("| case | what | Horn (ms) | {} | fastest Keras / Horn |", names.join(" (ms) | "));
    println!("|---|---|{}---|---|", "---|".repeat(names.len()));
    for (name, model, sizes, below) in CASES {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let count: usize = sizes.iter().product();
        // Any numbers will do, but an `Embedding` needs valid ids.
        let value = |at: usize| if below > 0 { (at * 7_919 % below) as f32 } else { (at * 7_919 % 1_000) as f32 / 1e3 };
        let x = ArrayD::from_shape_vec(IxDyn(sizes), (0..count).map(value).collect()).expect("as many values as that");
        let x = HostArray::from(&x);
        let batch = sizes[0];
        let mut model = model()?.compile(SGD::default(), MeanSquaredError::new(), ())?;
        let y = ArrayD::<f32>::zeros(model.predict_with(&x, Predict::new().batch_size(batch))?.shape());
        for what in ["forward", "step"] {
            let mut horn = || {
                milliseconds(|| match what {
                    "forward" => drop(model.predict_with(&x, Predict::new().batch_size(batch)).expect("the data fits")),
                    _ => {
                        let fit = Fit::epochs(1).batch_size(batch).shuffle(false).verbose(Verbose::Silent);
                        drop(model.fit(&x, &y, fit).expect("the data fits"));
                    }
                })
            };
            let (_, _) = (horn(), horn());
            let mut times = vec![Vec::new(); rivals.len() + 1];
            for _ in 0..ROUNDS {
                times[0].push(horn());
                for (times, keras) in times[1..].iter_mut().zip(&mut rivals) {
                    times.push(keras.run(name, what));
                }
            }
            let medians: Vec<f64> = times.into_iter().map(median).collect();
            let shown: Vec<String> = medians.iter().map(|time| format!("{time:.2}")).collect();
            let best = medians[1..].iter().copied().fold(f64::INFINITY, f64::min);
            let ratio = if best.is_finite() { format!("{:.2}", best / medians[0]) } else { "".to_owned() };
            println!("| {name} | {what} | {} | {ratio} |", shown.join(" | "));
        }
    }
    Ok(())
}
