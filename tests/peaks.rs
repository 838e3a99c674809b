//! What layers take while they compute is within what is estimated before (`memory.rs` of `horn-nn`): where a layer takes
//! so much memory, a limit of so much refuses it. And the estimate is not many times as much.
//!
//! Each case runs in a process of its own, as memory that was freed before would be taken again. What the process takes at
//! most is read from Linux.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use horn::burn::tensor::{Distribution, Tensor};
use horn::layers::Interpolation;
use horn::prelude::*;
use horn::{Batches, CallContext, Data, Signal, memory};
use ndarray::{Array2, s};
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, read};

/// Names the case that a process runs.
const CASE: &str = "HORN_TEST_PEAK";
/// The code and the threads that a process needs for its first layer.
const OF_PROCESS: u64 = 8 << 20;
/// How many times as much as it takes a layer may be estimated to take.
const MOST: u64 = 8;

/// A layer, whether it is trained, and the sizes of its input.
type Case = (&'static str, Mode, &'static [usize], fn(Sequential) -> Sequential);

const IMAGES: &[usize] = &[2, 512, 512, 3];

const CASES: &[Case] = &[
    ("resizing up", Mode::Inference, &[1, 64, 64, 3], |model| model.add(Resizing(1024, 1024))),
    ("resizing down", Mode::Inference, IMAGES, |model| model.add(Resizing(64, 64).antialias(true))),
    ("resizing a long row", Mode::Inference, &[1, 4, 4096, 3], |model| model.add(Resizing(2048, 4))),
    ("resizing a long column", Mode::Inference, &[1, 4096, 4, 3], |model| model.add(Resizing(4, 2048))),
    ("bicubic", Mode::Inference, &[1, 64, 64, 3], |model| {
        model.add(Resizing(1024, 1024).interpolation(Interpolation::Bicubic).antialias(true))
    }),
    ("up sampling", Mode::Inference, &[1, 256, 256, 3], |model| {
        model.add(UpSampling2D(4).interpolation(Interpolation::Bilinear))
    }),
    ("spectrogram", Mode::Inference, &[4, 1 << 18, 1], |model| model.add(STFTSpectrogram())),
    ("mel spectrogram", Mode::Inference, &[1, 1 << 17], |model| model.add(MelSpectrogram().sequence_stride(64))),
    ("perspective", Mode::Training, IMAGES, |model| model.add(RandomPerspective().factor(1.0))),
    ("elastic", Mode::Training, &[2, 256, 256, 3], |model| {
        model.add(RandomElasticTransform().factor(1.0).scale((0.2, 0.2)))
    }),
    ("elastic, a large filter", Mode::Training, &[2, 256, 256, 3], |model| {
        model.add(RandomElasticTransform().factor(1.0).scale((1.0, 1.0)))
    }),
    ("rotation", Mode::Training, IMAGES, |model| model.add(RandomRotation(0.5))),
    ("rotation of grey", Mode::Training, &[2, 1024, 1024, 1], |model| model.add(RandomRotation(0.5))),
    ("blur", Mode::Training, IMAGES, |model| model.add(RandomGaussianBlur().factor(1.0))),
    ("blur, a large filter", Mode::Training, IMAGES, |model| {
        model.add(RandomGaussianBlur().factor(1.0).kernel_size(31))
    }),
    ("rand augment", Mode::Training, IMAGES, |model| model.add(RandAugment().num_ops(6).seed(3))),
    ("aug mix", Mode::Training, IMAGES, |model| model.add(AugMix().seed(3))),
    ("color jitter", Mode::Training, IMAGES, |model| {
        let jitter = RandomColorJitter().brightness_factor(0.5).contrast_factor(0.5);
        model.add(jitter.saturation_factor(0.5).hue_factor(0.5))
    }),
    ("equal histograms", Mode::Inference, IMAGES, |model| model.add(ContrastLimitedAdaptiveHistogramEqualization())),
    ("cut mix", Mode::Training, IMAGES, |model| model.add(CutMix())),
    ("mix up", Mode::Training, IMAGES, |model| model.add(MixUp())),
    ("separable", Mode::Inference, &[2, 1 << 17, 3], |model| {
        model.add(SeparableConv1D(2, 2).depth_multiplier(2).padding(Padding::Same))
    }),
    ("pooling", Mode::Inference, IMAGES, |model| model.add(MaxPooling2D(2).strides(1).padding(Padding::Same))),
];

/// Cases of the fixture of functions on tensors, with more samples.
const FUNCTIONS: &[&str] = &[
    "var all",
    "logsumexp axes",
    "moments",
    "top_k",
    "adaptive_max_pool",
    "sparse_categorical_crossentropy",
    "binary_crossentropy logits",
    "bitwise_and",
    "allclose",
    "nanstd keepdims",
    "quantile",
    "average tensors",
    "bincount",
    "cross",
    "cdist",
    "fft of factors",
    "rfft longer",
    "stft",
    "istft",
    "in_top_k",
    "cholesky",
    "svd",
    "affine_transform wrap",
    "ssim",
];

/// What the process takes now, or has taken at most, in bytes.
fn taken(title: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(title)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

/// A layer, and an input of random numbers.
fn of_layer(&(_, mode, sizes, layer): &Case) -> (Model, Vec<Signal>, Mode) {
    let device = horn::default_device().unwrap();
    let model = layer(Sequential::new().add(Input(&sizes[1..]))).build(&device).unwrap();
    let count: usize = sizes.iter().product();
    let input = Tensor::<1>::random([count], Distribution::Uniform(0.0, 255.0), &device);
    (model, vec![AnyTensor::from(input).reshape(sizes).unwrap().into()], mode)
}

#[derive(Deserialize)]
struct Function {
    case: String,
    model: Value,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
}

/// A function, and its inputs of the fixture again and again, until the largest tensor has two million values.
fn of_function(name: &str) -> (Model, Vec<Signal>, Mode) {
    let device = horn::default_device().unwrap();
    let function = read::<Vec<Function>>("operations.json").into_iter().find(|function| function.case == name);
    let Function { model, inputs, outputs, .. } = function.unwrap_or_else(|| panic!("there is no case {name:?}"));
    let largest = inputs.iter().chain(&outputs).map(|array| array.data.len()).max().unwrap();
    let times = (1 << 21) / largest;
    let grown = |array: &Array| {
        let sizes = [&[array.shape[0] * times], &array.shape[1..]].concat();
        let values = array.flat(&device).repeat_dim(0, times);
        Signal::new(AnyTensor::from(values).reshape(&sizes).unwrap())
    };
    (Model::deserialize(&model, &device).unwrap(), inputs.iter().map(grown).collect(), Mode::Inference)
}

#[test]
#[ignore = "no test of its own: the other starts it for each case"]
fn one_case() {
    let Ok(name) = std::env::var(CASE) else { return };
    let (model, inputs, mode) = CASES.iter().find(|case| case.0 == name).map_or_else(|| of_function(&name), of_layer);
    let call = || model.call(inputs.clone(), &mut CallContext::new(mode)).map(drop);
    let own: u64 = inputs.iter().map(|input| 4 * input.sizes().iter().product::<usize>() as u64).sum();
    memory::set_limit(u64::MAX);
    let before = taken("VmRSS:");
    call().unwrap();
    let peak = (taken("VmHWM:") - before).saturating_sub(OF_PROCESS) + own;
    memory::set_limit(peak);
    let refused = call().expect_err(&format!("{name} takes {} MB, and is estimated to take less", peak >> 20));
    assert!(refused.to_string().contains("would take more memory than is allowed"), "{name}: {refused}");
    memory::set_limit(MOST * peak.max(OF_PROCESS));
    call().unwrap_or_else(|error| panic!("{name} takes {} MB: {error}", peak >> 20));
}

/// Runs a test that is ignored in a process of its own; what it writes, if it fails.
fn alone(test: &str, case: &str) -> Option<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--test-threads=1", "--nocapture"])
        .env(CASE, case)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (!output.status.success() || !text.contains("1 passed")).then_some(text)
}

#[test]
fn what_layers_take_is_estimated() {
    let names = CASES.iter().map(|case| case.0).chain(FUNCTIONS.iter().copied());
    let failed: Vec<String> = names.filter_map(|name| alone("peaks::one_case", name)).collect();
    assert!(failed.is_empty(), "{} cases fail:\n{}", failed.len(), failed.join("\n"));
}

/// A callback that does nothing. With it, batch after batch is predicted.
struct Nothing;

impl Callback for Nothing {}

#[test]
#[ignore = "no test of its own: the next one starts it"]
fn all_outputs() {
    if std::env::var_os(CASE).is_none() {
        return;
    }
    let layers = Sequential::new().add(Input([1])).add(Dense(4096));
    let model = layers.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
    // Of 160 MB; a batch is half a megabyte.
    let x = Array2::<f32>::ones((10_000, 1));
    let batches =
        |count: usize| Batches::new((0..count).map(|_| Data::new(&Array2::<f32>::ones((32, 1)), ()).into_owned()));
    let limit = 64 << 20;
    memory::set_limit(limit);
    let before = taken("VmRSS:");
    for refused in [
        model.model().unwrap().predict(&x, 32).map(drop),
        model.predict(&x).map(drop),
        model.predict_with(&x, Predict::new().callback(Nothing)).map(drop),
        model.predict_source(&mut batches(300), Predict::new()).map(drop),
    ] {
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("the outputs of all samples would take more memory than is allowed"), "{text}");
    }
    let peak = taken("VmHWM:") - before;
    assert!(peak <= limit + OF_PROCESS, "{} MB are taken, and {} MB are allowed", peak >> 20, limit >> 20);
    let few = x.slice(s![..1000, ..]);
    assert_eq!(model.predict(&few).unwrap().shape(), [1000, 4096]);
    assert_eq!(model.predict_with(&few, Predict::new().callback(Nothing)).unwrap().shape(), [1000, 4096]);
    assert_eq!(model.predict_source(&mut batches(30), Predict::new()).unwrap()[0].shape(), [960, 4096]);
}

/// Each batch fits into the memory, and all together do not: that is an error, and the memory is not asked for.
#[test]
fn the_outputs_of_all_samples_are_estimated() {
    assert_eq!(alone("peaks::all_outputs", "all"), None);
}
