//! The networks of `keras.applications`: every layer and weight, and their outputs with weights from a formula.

use horn::applications::{self, EfficientNetB0, MobileNetV2, Pooling, ResNet50, VGG16, imagenet_utils};
use horn::burn::tensor::Device;
use horn::layers::{DataFormat, Input, from_config};
use horn::{Activation, Apply, Functional, Layer, Model, Shape};
use ndarray::{Array4, ArrayD, IxDyn};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fixtures::{Array, assert_close, read};

#[derive(Deserialize)]
struct Fixture {
    image: Array,
    apps: Vec<App>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct App {
    name: String,
    model_name: String,
    #[serde(flatten)]
    counts: Counts,
    number_of_weights: usize,
    preprocess_input: Array,
    preprocess_input_channels_first: Array,
    layers: Vec<LayerLine>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Counts {
    params: usize,
    trainable_params: usize,
    non_trainable_params: usize,
}

/// The class, the name, the output shape without the batch axis, the input layers, and the paths and shapes of the
/// weights.
type LayerLine = (String, String, Vec<usize>, Vec<String>, Vec<(String, Vec<usize>)>);

#[derive(Deserialize)]
struct Run {
    name: String,
    arguments: Map<String, Value>,
    gain: f64,
    top_gain: f64,
    input_scale: f32,
    input_offset: f32,
    #[serde(flatten)]
    counts: Counts,
    outputs: Array,
    size: usize,
    sum: f64,
    sum_abs: f64,
    sum_squares: f64,
    argmax: usize,
    inner: Vec<(String, f64, f64)>,
}

/// The network with these keyword arguments of Keras.
fn network(name: &str, arguments: &Map<String, Value>) -> Functional {
    macro_rules! with_arguments {
        ($network:expr $(, $own:ident)?) => {{
            let mut network = $network;
            for (argument, value) in arguments {
                network = match argument.as_str() {
                    "include_top" => network.include_top(value.as_bool().unwrap()),
                    "input_shape" => network.input_shape(serde_json::from_value::<[usize; 3]>(value.clone()).unwrap()),
                    "pooling" if value == "avg" => network.pooling(Pooling::Avg),
                    "pooling" if value == "max" => network.pooling(Pooling::Max),
                    "classes" => network.classes(value.as_u64().unwrap() as usize),
                    "classifier_activation" if value.is_null() => network.classifier_activation(Activation::Linear),
                    $(stringify!($own) => network.$own(value.as_f64().unwrap()),)?
                    argument => panic!("{argument} = {value}"),
                };
            }
            network.model().unwrap()
        }};
    }
    match name {
        "VGG16" => with_arguments!(VGG16()),
        "ResNet50" => with_arguments!(ResNet50()),
        "MobileNetV2" => with_arguments!(MobileNetV2(), alpha),
        "EfficientNetB0" => with_arguments!(EfficientNetB0()),
        name => panic!("{name}"),
    }
}

fn counts(model: &Model) -> Counts {
    let totals = model.to_summary().totals;
    Counts {
        params: model.count_params(),
        trainable_params: totals.trainable,
        non_trainable_params: totals.non_trainable,
    }
}

/// Compares the layers of a model with those of the default network in the fixture, except for shapes that depend on
/// the size of the images.
#[track_caller]
fn check_layers(model: &Model, app: &App, resized: &[&str]) {
    let rows = model.to_summary().rows;
    for ((layer, row), expected) in model.layers().zip(rows).zip(&app.layers) {
        let (class, name, shape, from, weights) = expected;
        assert_eq!((layer.layer().class_name(), layer.name()), (class.as_str(), name.as_str()));
        assert_eq!(row.connected_to.into_iter().map(|c| c.layer).collect::<Vec<_>>(), *from, "inputs of {name}");
        let paths = |weights: &mut dyn Iterator<Item = &String>| weights.cloned().collect::<Vec<_>>();
        let received = paths(&mut layer.weights().iter().map(|weight| &weight.name));
        assert_eq!(received, paths(&mut weights.iter().map(|(path, _)| path)), "weights of {name}");
        if resized.contains(&name.as_str()) {
            continue;
        }
        let sizes: Vec<_> = layer.weights().iter().map(|weight| weight.sizes.clone()).collect();
        assert_eq!(sizes, weights.iter().map(|(_, sizes)| sizes.clone()).collect::<Vec<_>>(), "weights of {name}");
        if resized.is_empty() {
            assert_eq!(layer.output_shape().to_string(), Shape::batched(shape).to_string(), "output of {name}");
        }
    }
    assert_eq!(model.layers().len(), app.layers.len());
    assert_eq!(model.weights().count(), app.number_of_weights);
}

/// Two to the power of -23.
const EXACT: f32 = 1.0 / 8_388_608.0;

/// The numbers of the fixture's formula. They are from -1 to 1, and exact in float32.
fn hashed(number: usize, count: usize) -> Vec<f32> {
    let start = (number as u32).wrapping_mul(0x85EB_CA77).wrapping_add(0x1656_67B1);
    let hash = |at: usize| {
        let mut h = (at as u32).wrapping_mul(0x9E37_79B1).wrapping_add(start);
        h ^= h >> 15;
        h = h.wrapping_mul(0x2C1B_3C6D);
        h ^= h >> 12;
        h = h.wrapping_mul(0x297A_2D39);
        h ^= h >> 15;
        (h >> 8) as f32 * EXACT - 1.0
    };
    (0..count).map(hash).collect()
}

/// All weights, computed by the fixture's formula.
fn formula_weights(model: &Model, run: &Run) -> Vec<ArrayD<f32>> {
    let mut values = Vec::new();
    for layer in model.layers() {
        let inputs = if layer.layer().class_name() == "DepthwiseConv2D" { 2 } else { 1 };
        for weight in layer.weights() {
            let sizes = &weight.sizes;
            let u = hashed(values.len(), sizes.iter().product());
            let scaled = |offset: f32, factor: f32| u.iter().map(|u| offset + u * factor).collect();
            let value: Vec<f32> = match weight.name.rsplit('/').next().unwrap() {
                "kernel" => {
                    let fan_in: usize = match inputs {
                        2 => sizes[..2].iter().product(),
                        _ => sizes[..sizes.len() - 1].iter().product(),
                    };
                    let gain = if layer.name() == "predictions" { run.top_gain } else { run.gain };
                    scaled(0.0, (gain / fan_in as f64).sqrt() as f32)
                }
                "gamma" => scaled(1.0, 0.25),
                "moving_variance" => scaled(1.0, 0.5),
                // Keras's `Normalization` uses new values only if they come from a file, and not after `set_weights`.
                "variance" => vec![1.0; u.len()],
                "mean" | "count" => vec![0.0; u.len()],
                _ => scaled(0.0, 0.1),
            };
            values.push(ArrayD::from_shape_vec(IxDyn(sizes), value).unwrap());
        }
    }
    values
}

/// Runs a network as the fixture did. Compares its layers, its outputs, and sums of the outputs of inner layers.
#[track_caller]
fn check(name: &str, left_out: &[&str], resized: &[&str]) {
    let fixture: Fixture = read("applications.json");
    let app = fixture.apps.iter().find(|app| app.name == name).unwrap();
    let mut outputs = [0, 0];
    for run in fixture.runs.iter().filter(|run| run.name == name) {
        let arguments = Value::from(run.arguments.clone()).to_string();
        outputs[usize::from(left_out.contains(&arguments.as_str()))] += 1;
        if !left_out.contains(&arguments.as_str()) {
            check_run(run, app, resized);
        }
    }
    assert!(outputs[0] >= 2 && outputs[1] == left_out.len(), "{outputs:?}");
}

fn check_run(run: &Run, app: &App, resized: &[&str]) {
    let what = format!("{} {:?}", run.name, run.arguments);
    let mut model = network(&run.name, &run.arguments).build(&Device::default()).unwrap();
    assert_eq!(counts(&model), run.counts, "{what}");
    if run.arguments.is_empty() {
        assert_eq!((model.name(), counts(&model)), (app.model_name.as_str(), app.counts));
    }
    let with_top = !run.arguments.contains_key("include_top");
    if run.arguments.is_empty() || with_top && !resized.is_empty() {
        check_layers(&model, app, resized);
    }
    let weights = formula_weights(&model, run);
    model.set_weights(&weights).unwrap();

    let sizes = [&[1], &model.input_shape().sample().iter().flatten().copied().collect::<Vec<_>>()[..]].concat();
    let x = hashed(1_000_000, sizes.iter().product());
    let x = x.into_iter().map(|u| u * run.input_scale + run.input_offset).collect();
    let x: ArrayD<f32> = ArrayD::from_shape_vec(sizes, x).unwrap();

    let last = model.layers().last().unwrap().name().to_owned();
    let watched: Vec<&str> = run.inner.iter().map(|(name, ..)| name.as_str()).chain([last.as_str()]).collect();
    let mut outputs = model.submodel(&[], &watched).unwrap().predict_all(&x, 1).unwrap();
    let output = outputs.pop().unwrap();

    for ((name, sum, sum_abs), values) in run.inner.iter().zip(&outputs) {
        let received: f64 = values.iter().map(|&value| f64::from(value)).sum();
        let received_abs: f64 = values.iter().map(|&value| f64::from(value.abs())).sum();
        let near = |received: f64, expected: f64| (received - expected).abs() <= 1e-4 * sum_abs;
        assert!(near(received, *sum) && near(received_abs, *sum_abs), "{what}, {name}: {received}, Keras has {sum}");
    }

    let output: Vec<f64> = output.iter().map(|&value| f64::from(value)).collect();
    assert_eq!(output.len(), run.size, "{what}");
    // Relative to the largest output, as the outputs of a softmax over 1000 classes are small.
    let scale = output.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let relative = |values: Vec<f64>| values.iter().map(|value| (value / scale) as f32).collect::<Vec<_>>();
    let expected = run.outputs.data.iter().map(|number| number.0).collect::<Vec<_>>();
    assert_close(&what, &relative(output[..expected.len()].to_vec()), &relative(expected), 1e-4);
    let sums = [
        output.iter().sum::<f64>() / run.sum_abs,
        output.iter().map(|value| value.abs()).sum::<f64>() / run.sum_abs,
        output.iter().map(|value| value * value).sum::<f64>() / run.sum_squares,
    ];
    assert_close(&what, &sums.map(|sum| sum as f32), &[(run.sum / run.sum_abs) as f32, 1.0, 1.0], 1e-4);
    let argmax = (0..output.len()).max_by(|&a, &b| output[a].total_cmp(&output[b]));
    assert_eq!(argmax, Some(run.argmax), "{what}");
}

/// A model of a single layer with inputs of these shapes, and with zeros as weights, which are fast to make.
fn alone(layer: &dyn Layer, inputs: &[&Vec<usize>]) -> Model {
    let mut config = layer.config();
    for (key, value) in config.as_object_mut().unwrap() {
        if key.ends_with("kernel_initializer") {
            *value = json!({"class_name": "Zeros", "config": {}});
        }
    }
    let inputs: Vec<_> = inputs.iter().map(|shape| Input(shape.as_slice()).tensor()).collect();
    let output = from_config(layer.class_name(), &config).unwrap().apply(inputs.as_slice()).unwrap();
    Model::new(inputs.as_slice(), &output).unwrap().build(&Device::default()).unwrap()
}

/// The networks with Keras's default arguments. The tests below don't run the default VGG16, which has 0.5 GB of
/// weights. Here, each layer is built and dropped before the next one.
#[test]
fn default_networks_have_all_weights() {
    let fixture: Fixture = read("applications.json");
    assert_eq!(fixture.apps.len(), 4);
    for app in &fixture.apps {
        let network = network(&app.name, &Map::new());
        assert_eq!(network.layers().len(), app.layers.len(), "{}", app.name);
        let shape_of =
            |from: &String| app.layers.iter().find(|(_, name, ..)| name == from).map(|line| &line.2).unwrap();
        let (mut number, mut trainable, mut non_trainable) = (0, 0, 0);
        for ((name, layer), (class, expected_name, shape, from, weights)) in network.layers().zip(&app.layers) {
            assert_eq!((layer.class_name(), name), (class.as_str(), expected_name.as_str()));
            if from.is_empty() {
                assert_eq!(layer.input_shape(), Some(&Shape::batched(shape)), "{name}");
                continue;
            }
            let model = alone(layer, &from.iter().map(shape_of).collect::<Vec<_>>());
            assert_eq!(*model.output_shape(), Shape::batched(shape), "output of {name}");
            let received: Vec<_> = model.weights().map(|w| (w.name.clone(), w.sizes.clone())).collect();
            assert_eq!(received, *weights, "weights of {name}");
            number += received.len();
            trainable += counts(&model).trainable_params;
            non_trainable += counts(&model).non_trainable_params;
        }
        let counts = Counts {
            params: trainable + non_trainable,
            trainable_params: trainable,
            non_trainable_params: non_trainable,
        };
        assert_eq!((counts, number), (app.counts, app.number_of_weights), "{}", app.name);
    }
}

#[test]
fn vgg16() {
    // The default classes on images of 96 by 96 pixels would need many more weights of the same kind.
    check("VGG16", &[r#"{"input_shape":[96,96,3]}"#], &["fc1", "predictions"]);
}

#[test]
fn resnet50() {
    // Ten classes and 64 by 64 pixels need 24 million weights, which the other two runs have, too.
    check("ResNet50", &[r#"{"classes":10,"input_shape":[64,64,3]}"#], &[]);
}

#[test]
fn mobilenet_v2() {
    check("MobileNetV2", &[], &[]);
}

#[test]
fn efficientnet_b0() {
    check("EfficientNetB0", &[], &[]);
}

#[test]
fn images_are_prepared_as_keras_does() {
    let fixture: Fixture = read("applications.json");
    let image = Array4::from_shape_vec((2, 2, 2, 3), fixture.image.values()).unwrap();
    let first = image.view().permuted_axes([0, 3, 1, 2]);
    for app in &fixture.apps {
        let (prepared, mode) = match app.name.as_str() {
            "VGG16" => (applications::vgg16::preprocess_input(&image).unwrap(), Some(imagenet_utils::Mode::Caffe)),
            "ResNet50" => {
                (applications::resnet50::preprocess_input(&image).unwrap(), Some(imagenet_utils::Mode::Caffe))
            }
            "MobileNetV2" => {
                (applications::mobilenet_v2::preprocess_input(&image).unwrap(), Some(imagenet_utils::Mode::Tf))
            }
            _ => (applications::efficientnet::preprocess_input(&image).unwrap(), None),
        };
        let values = |array: &Array4<f32>| array.iter().copied().collect::<Vec<_>>();
        assert_close(&app.name, &values(&prepared), &app.preprocess_input.values(), 1e-6);
        let transposed = match mode {
            Some(mode) => imagenet_utils::preprocess_input(&first, mode, DataFormat::ChannelsFirst).unwrap(),
            None => applications::efficientnet::preprocess_input(&first).unwrap(),
        };
        assert_eq!(transposed.shape(), app.preprocess_input_channels_first.shape);
        assert_close(&app.name, &values(&transposed), &app.preprocess_input_channels_first.values(), 1e-6);
    }
}
