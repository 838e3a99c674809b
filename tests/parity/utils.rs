//! `keras.utils` that prepare data, compared with Keras.

use horn::utils::{End, Padding, TimeseriesDataset, normalize, pad_sequences, to_categorical};
use horn::{HostArray, PyDataset};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;

use crate::fixtures::{Array, Number, assert_close, read};

/// A function with its arguments, and what it returns.
#[derive(Deserialize)]
#[serde(tag = "function", rename_all = "snake_case", deny_unknown_fields)]
enum Entry {
    ToCategorical {
        x: Array,
        num_classes: Option<usize>,
        expected: Array,
    },
    PadSequences {
        sequences: Vec<Vec<i32>>,
        maxlen: Option<usize>,
        padding: Option<String>,
        truncating: Option<String>,
        value: Option<i32>,
        expected: Array,
    },
    Normalize {
        x: Array,
        axis: isize,
        order: Number,
        expected: Array,
    },
    Timeseries {
        data: Array,
        targets: Option<Array>,
        sequence_length: usize,
        sequence_stride: Option<usize>,
        sampling_rate: Option<usize>,
        batch_size: Option<usize>,
        start_index: Option<usize>,
        end_index: Option<usize>,
        expected: Vec<(Array, Option<Array>)>,
    },
}

fn array(of: &Array) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(&of.shape), of.values()).unwrap()
}

fn check(what: &str, received: &ArrayD<f32>, expected: &Array) {
    assert_eq!(received.shape(), expected.shape, "{what}");
    assert_close(what, &received.iter().copied().collect::<Vec<_>>(), &expected.values(), 1e-6);
}

fn values(array: &HostArray<'_>) -> ArrayD<f32> {
    let all: Vec<usize> = (0..array.len()).collect();
    ArrayD::from_shape_vec(IxDyn(array.sizes()), array.floats(&all).unwrap()).unwrap()
}

fn end(name: &str) -> End {
    match name {
        "pre" => End::Pre,
        "post" => End::Post,
        other => panic!("an end {other}"),
    }
}

#[test]
fn they_return_what_keras_returns() {
    let entries: Vec<Entry> = read("utils.json");
    assert!(entries.len() > 15, "{}", entries.len());
    for (number, entry) in entries.iter().enumerate() {
        let what = format!("entry {number}");
        match entry {
            Entry::ToCategorical { x, num_classes, expected } => {
                check(&what, &to_categorical(x.host(), *num_classes).unwrap(), expected);
            }
            Entry::PadSequences { sequences, maxlen, padding, truncating, value, expected } => {
                let mut options = Padding::new();
                options = maxlen.iter().fold(options, |options, maxlen| options.maxlen(*maxlen));
                options = padding.iter().fold(options, |options, padding| options.padding(end(padding)));
                options = truncating.iter().fold(options, |options, truncating| options.truncating(end(truncating)));
                options = value.iter().fold(options, |options, value| options.value(*value));
                let padded = pad_sequences(sequences, options).unwrap().mapv(|value| value as f32).into_dyn();
                check(&what, &padded, expected);
            }
            Entry::Normalize { x, axis, order, expected } => {
                check(&what, &normalize(&array(x), *axis, order.0 as f32), expected);
            }
            Entry::Timeseries {
                data,
                targets,
                sequence_length,
                sequence_stride,
                sampling_rate,
                batch_size,
                start_index,
                end_index,
                expected,
            } => {
                let mut dataset = match targets {
                    Some(targets) => TimeseriesDataset::new(data.host(), targets.host(), *sequence_length).unwrap(),
                    None => TimeseriesDataset::without_targets(data.host(), *sequence_length).unwrap(),
                };
                if let Some(stride) = sequence_stride {
                    dataset = dataset.sequence_stride(*stride).unwrap();
                }
                if let Some(rate) = sampling_rate {
                    dataset = dataset.sampling_rate(*rate).unwrap();
                }
                if let Some(size) = batch_size {
                    dataset = dataset.batch_size(*size).unwrap();
                }
                if start_index.is_some() || end_index.is_some() {
                    let steps = start_index.unwrap_or(0)..end_index.unwrap_or(data.shape[0]);
                    dataset = dataset.steps(steps).unwrap();
                }
                assert_eq!(dataset.len(), Some(expected.len()), "{what}");
                for (number, (x, y)) in expected.iter().enumerate() {
                    let batch = dataset.get(number).unwrap();
                    check(&format!("{what}, batch {number}: x"), &values(&batch.x()[0]), x);
                    assert_eq!(batch.y().len(), usize::from(y.is_some()), "{what}");
                    for (received, expected) in batch.y().iter().zip(y) {
                        check(&format!("{what}, batch {number}: y"), &values(received), expected);
                    }
                }
            }
        }
    }
}
