//! Functions on tensors in graphs, compared with Keras: values, gradients, shapes, and what Keras writes about them.
//!
//! `keras/make_operation_fixtures.py` describes the cases.

use std::collections::BTreeSet;

use horn::prelude::*;
use horn::{CallContext, KerasTensor, Signal, model_from_json, ops};
use serde::Deserialize;
use serde_json::Value;

use super::layers::check;
use crate::fixtures::{Array, assert_close, read, values};
use crate::parity::configs::differences;

#[derive(Deserialize)]
struct Entry {
    case: String,
    model: Value,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
    cotangents: Vec<Array>,
    input_grads: Vec<Option<Array>>,
}

fn entries() -> Vec<Entry> {
    read("operations.json")
}

impl Entry {
    fn build(&self) -> Model {
        let model = Model::deserialize(&self.model, &horn::default_device().unwrap());
        model.unwrap_or_else(|error| panic!("{}: {error}", self.case))
    }

    fn signals(&self, model: &Model) -> Vec<Signal> {
        self.inputs.iter().map(|input| Signal::new(check::tensor(input, model.device()))).collect()
    }
}

/// Functions that the fixture lacks, and why: Keras's function `abs` makes an `Absolute`, and `conj` a `Conjugate`; its `sparsemax` is not the one of the
/// paper, which Horn computes; its `conv_transpose` gives its arguments in the wrong order, and others fail on JAX.
/// `tests/functions.rs` has them.
const NOT_COMPUTED: [&str; 7] = ["Abs", "Sparsemax", "Conj", "Nextafter", "Histogram", "ConvTranspose", "SegmentProd"];

#[test]
fn every_function_is_in_the_fixture() {
    let entries = entries();
    let used = |entry: &Entry| -> Vec<String> {
        let layers = entry.model["config"]["layers"].as_array().unwrap().iter();
        layers.map(|layer| layer["class_name"].as_str().unwrap().to_owned()).collect()
    };
    let given: BTreeSet<String> = entries.iter().flat_map(used).collect();
    let missing: Vec<&str> = ops::classes().filter(|class| !given.contains(*class)).collect();
    assert_eq!(missing, NOT_COMPUTED, "add it to the script that makes the fixture");
}

#[test]
fn values_and_shapes() {
    for entry in entries() {
        let model = entry.build();
        let outputs = model.call(entry.signals(&model), &mut CallContext::new(Mode::Inference)).unwrap();
        assert_eq!(outputs.len(), entry.outputs.len(), "{}", entry.case);
        for ((output, expected), shape) in outputs.into_iter().zip(&entry.outputs).zip(model.output_shapes()) {
            assert_eq!(output.sizes(), expected.shape, "{}", entry.case);
            assert!(shape.accepts(&expected.shape), "{}: {shape} for {:?}", entry.case, expected.shape);
            let received = values(output.value().unwrap());
            assert_close(&entry.case, &received, &expected.values(), 1e-5);
        }
    }
}

#[test]
fn gradients() {
    let mut checked = 0;
    for entry in entries() {
        // Where no gradient flows there is no tensor to ask for one.
        let flows = |grads: &Array| grads.values().iter().any(|&value| value != 0.0);
        if !entry.input_grads.iter().flatten().any(flows) {
            continue;
        }
        let model = entry.build();
        let found = check::gradients_of(&model, entry.signals(&model), &entry.cotangents, Mode::Inference);
        for (received, expected) in found.by_input.iter().zip(&entry.input_grads) {
            let Some(expected) = expected else { continue };
            let zeros = vec![0.0; expected.data.len()];
            assert_close(&entry.case, received.as_ref().unwrap_or(&zeros), &expected.values(), 1e-5);
            checked += 1;
        }
    }
    assert!(checked > 280, "{checked}");
}

#[test]
fn what_keras_writes_comes_out_as_it_went_in() {
    let mut wrong = Vec::new();
    for entry in entries() {
        let written = entry.build().serialize().unwrap();
        let found = differences(&written, &entry.model).into_iter();
        // Keras's own configuration of these classes lacks the name.
        let nameless = ["extract_patches", "fake_quant"].iter().any(|class| entry.case.starts_with(class));
        let found = found.filter(|found| !nameless || !found.contains("/config/name"));
        wrong.extend(found.map(|found| format!("{}: {found}", entry.case)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Deserialize)]
struct NotFinite {
    case: String,
    json: String,
    inputs: Vec<Array>,
    outputs: Vec<Array>,
}

/// Infinities and NaN, as Python writes them into configurations that are no JSON.
#[test]
fn numbers_that_are_not_finite() {
    let as_json = |text: &str| -> Value {
        let quoted = text.replace("NaN", "\"NaN\"").replace("Infinity", "\"Infinity\"").replace("-\"Inf", "\"-Inf");
        serde_json::from_str(&quoted.replace("\"NaN\"ToNum", "NanToNum")).unwrap()
    };
    let entries: Vec<NotFinite> = read("not_finite.json");
    for NotFinite { case, json, inputs, outputs } in &entries {
        let model = model_from_json(json).unwrap_or_else(|error| panic!("{case}: {error}"));
        let given = inputs.iter().map(|input| Signal::new(check::tensor(input, model.device()))).collect();
        let found = model.call(given, &mut CallContext::new(Mode::Inference)).unwrap();
        for (found, expected) in found.into_iter().zip(outputs) {
            for (found, expected) in values(found.value().unwrap()).into_iter().zip(expected.values()) {
                let is_same = found == expected || found.is_nan() && expected.is_nan();
                assert!(is_same || (found - expected).abs() < 1e-6, "{case}: {found} and not {expected}");
            }
        }
        let written = model.to_json().unwrap();
        assert_eq!(differences(&as_json(&written), &as_json(json)), [] as [String; 0], "{case}");
    }
    assert!(entries.len() >= 12);
}

/// A program in Rust makes the same graph as Keras.
#[test]
fn what_a_program_makes_is_written_as_by_keras() {
    type Make = fn(&[KerasTensor]) -> horn::Result<Vec<KerasTensor>>;
    let programs: Vec<(&str, Make)> = vec![
        ("operators", |x| Ok(vec![(2.0 - &x[0]) * &x[1] + 1.0 / (&x[1] + 3) - (-&x[0]) / 2 + ops::power(&x[1], 2)?])),
        ("add", |x| Ok(vec![&x[0] + &x[1]])),
        ("add array", |x| Ok(vec![ops::add(&x[0], ndarray::array![0.25_f32, 0.5, 0.75, 1.0])?])),
        ("mod number", |x| Ok(vec![&x[0] % 3])),
        ("max keepdims", |x| Ok(vec![ops::max(&x[0], 1, true)?])),
        ("mean axes", |x| Ok(vec![ops::mean(&x[0], [1, 2], false)?])),
        ("sum of truths", |x| Ok(vec![ops::sum(ops::greater(&x[0], 0)?, 1, false)?])),
        ("where number", |x| Ok(vec![ops::where_(ops::greater(&x[0], 0)?, &x[0], 0.0)?])),
        ("reshape", |x| Ok(vec![ops::reshape(&x[0], [-1, 2, 10])?])),
        ("transpose", |x| Ok(vec![ops::transpose(&x[0], [0, 2, 1])?])),
        ("concatenate", |x| Ok(vec![ops::concatenate((&x[0], &x[1]), 1)?])),
        ("stack", |x| Ok(vec![ops::stack((&x[0], &x[1]), 1)?])),
        ("split", |x| ops::split(&x[0], 2, -1)),
        ("split places", |x| ops::split(&x[0], [1, 3], 1)),
        ("top_k", |x| ops::top_k(&x[0], 2).map(Vec::from)),
        ("get_item", |x| Ok(vec![ops::get_item(&x[0], ndarray::s![.., 0])?])),
        ("get_item slices", |x| Ok(vec![ops::get_item(&x[0], ndarray::s![.., 1..4, ..;2])?])),
        ("take one", |x| Ok(vec![ops::take(&x[0], 1, -1)?])),
        ("one_hot", |x| Ok(vec![ops::one_hot(&x[0], 3)?])),
        ("cast", |x| Ok(vec![ops::cast(&x[0], "int32")?])),
        ("clip", |x| Ok(vec![ops::clip(&x[0], -0.5, 0.75)?])),
        ("einsum", |x| Ok(vec![ops::einsum("bij,bjk->bik", (&x[0], &x[1]))?])),
        ("matmul", |x| Ok(vec![ops::matmul(&x[0], &x[1])?])),
        ("softmax axes", |x| Ok(vec![ops::softmax(&x[0], [1, 2])?])),
        ("normalize", |x| Ok(vec![ops::normalize(&x[0], 1, 2)?])),
        ("pad number", |x| Ok(vec![ops::pad(&x[0], [[0, 0], [1, 2], [0, 1]], 2.5)?])),
        ("squeeze", |x| Ok(vec![ops::squeeze(&x[0], -1)?])),
        ("leaky_relu", |x| Ok(vec![ops::leaky_relu(&x[0], 0.3)?])),
        ("unstack", |x| ops::unstack(&x[0], 1)),
        ("moments", |x| ops::moments(&x[0], [1, 2], false).map(Vec::from)),
        ("mean of all", |x| Ok(vec![&x[0] - ops::mean(&x[0], None, false)?])),
        ("roll", |x| Ok(vec![ops::roll(&x[0], 2, 1)?])),
        ("celu", |x| Ok(vec![ops::celu(&x[0], 0.5)?])),
        ("hard_shrink", |x| Ok(vec![ops::hard_shrink(&x[0], 0.4)?])),
        ("soft_shrink", |x| Ok(vec![ops::soft_shrink(&x[0], 0.4)?])),
        ("squareplus", |x| Ok(vec![ops::squareplus(&x[0], 2.0)?])),
        ("threshold", |x| Ok(vec![ops::threshold(&x[0], 0.1, -1.0)?])),
        ("mish", |x| Ok(vec![ops::mish(&x[0])?])),
        ("count_nonzero", |x| Ok(vec![ops::count_nonzero(&x[0], 1)?])),
        ("amax", |x| Ok(vec![ops::amax(&x[0], 1, false)?])),
        ("layer_normalization", |x| Ok(vec![ops::layer_normalization(&x[0], -1, None)?])),
        ("rms_normalization", |x| {
            Ok(vec![ops::rms_normalization(&x[0], ndarray::array![0.25_f32, 0.5, 0.75, 1.0], -1, None)?])
        }),
        ("slice", |x| Ok(vec![ops::slice(&x[0], &[0, 1, 2], [3, 2, 2])?])),
        ("slice_update", |x| Ok(vec![ops::slice_update(&x[0], &[0, 1, 2], &x[1])?])),
        ("array_split", |x| ops::array_split(&x[0], 3, 1)),
        ("hsplit", |x| ops::hsplit(&x[0], [1, 3])),
        ("dsplit", |x| ops::dsplit(&x[0], 2)),
        ("dstack", |x| Ok(vec![ops::dstack((&x[0], &x[1]))?])),
        ("diag", |x| Ok(vec![ops::diag(&x[0], 1)?])),
        ("fliplr", |x| Ok(vec![ops::fliplr(&x[0])?])),
        ("geomspace", |x| Ok(vec![ops::geomspace(&x[0], &x[1], 4, 1)?])),
        ("nanquantile", |x| Ok(vec![ops::nanquantile(&x[0], 0.3, 1)?])),
        ("full_like", |x| Ok(vec![ops::full_like(&x[0], 2.5)?])),
        ("saturate_cast", |x| Ok(vec![ops::saturate_cast(&x[0], "int32")?])),
        ("allclose", |x| Ok(vec![ops::where_(ops::allclose(&x[0], &x[1])?, &x[0], &x[1])?])),
        ("correlate full", |x| Ok(vec![ops::correlate(&x[0], &x[1], ops::Margins::Full)?])),
        ("ctc_loss", |x| Ok(vec![ops::ctc_loss(&x[0], &x[1], &x[2], &x[3], 0)?])),
        ("ctc_decode", |x| ops::ctc_decode(&x[0], &x[1], 0).map(Vec::from)),
        ("unique", |x| Ok(vec![ops::unique(&x[0], 7)?])),
        ("elastic_transform bilinear", |x| Ok(vec![ops::elastic_transform(&x[0], 3.0, 0.8, Some(4))?])),
        ("integers hashed", |x| Ok(vec![ops::cast(&x[0], "int32")? * 100_003 % 1000])),
    ];
    let entries = entries();
    for (case, make) in programs {
        let entry = entries.iter().find(|entry| entry.case == case).unwrap_or_else(|| panic!("no case {case}"));
        let read = entry.build();
        let layers = entry.model["config"]["layers"].as_array().unwrap().iter();
        let inputs = layers.filter(|layer| layer["class_name"] == "InputLayer");
        let input = |layer: &Value| serde_json::from_value::<Input>(layer["config"].clone()).unwrap();
        let inputs: Vec<KerasTensor> = inputs.map(|layer| input(layer).tensor()).collect();
        let outputs = make(&inputs).unwrap_or_else(|error| panic!("{case}: {error}"));
        let model = Model::new(inputs, outputs).unwrap().name(read.name()).build(read.device()).unwrap();
        assert_eq!(differences(&model.serialize().unwrap(), &entry.model), [] as [String; 0], "{case}");
    }
}
