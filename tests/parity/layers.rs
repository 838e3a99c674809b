//! Every layer with its arguments: outputs, shapes, and the gradients of `Dense`.

use horn::burn::module::{Module, ModuleVisitor, Param};
use horn::burn::tensor::{Device, Gradients, Tensor};
use horn::layers::{Activation, Dense, Dropout, Flatten, Input, ReLU, Rescaling, Reshape, Softmax};
use horn::{Mode, Model, Sequential};
use ndarray::{ArrayD, IxDyn};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::fixtures::{Array, assert_close, read};

/// Arguments of Keras's that no layer of Horn has.
const MISSING: [(&str, &str, &str); 3] = [
    ("Softmax", r#"{"axis":[1,2]}"#, "the axis is one number"),
    ("Flatten", r#"{"data_format":"channels_first"}"#, "data is channels-last"),
    (
        "Rescaling",
        r#"{"offset":[0.0,1.0,-1.0,0.5],"scale":[1.0,0.5,2.0,0.25]}"#,
        "scale and offset are one number each",
    ),
];

/// Arguments that change no output, and that Horn's layers do not have.
const IGNORED: [(&str, &str, &str); 1] = [("Dense", "trainable", "layers can't be frozen yet")];

#[derive(Deserialize)]
struct Entry {
    class_name: String,
    args: Map<String, Value>,
    input: Array,
    weights: Vec<Array>,
    output: Array,
    output_shape: Vec<Option<usize>>,
    w: Option<Array>,
    grads: Option<Vec<Array>>,
    dinput: Option<Array>,
}

/// Adds the layer that Keras makes of these arguments; `None` where Horn has no such argument.
pub fn add(model: Sequential, class_name: &str, args: &Map<String, Value>) -> Option<Sequential> {
    fn get<T: DeserializeOwned>(value: &Value) -> Option<T> {
        serde_json::from_value(value.clone()).ok()
    }
    macro_rules! layer {
        ($first:expr $(, skip $positional:literal)? $(; $($keyword:ident),*)?) => {{
            let mut layer = $first;
            for (keyword, value) in args {
                layer = match keyword.as_str() {
                    $($positional => layer,)?
                    "name" => layer.name(get::<String>(value)?),
                    $($(stringify!($keyword) => layer.$keyword(get(value)?),)*)?
                    _ => return None,
                };
            }
            model.add(layer)
        }};
    }
    Some(match class_name {
        "Activation" => layer!(Activation(get(&args["activation"])?), skip "activation"),
        "Dense" => {
            let mut layer = Dense(get(&args["units"])?);
            for (keyword, value) in args {
                layer = match keyword.as_str() {
                    "units" => layer,
                    "activation" => layer.activation(get(value)?),
                    "use_bias" => layer.use_bias(get(value)?),
                    "kernel_initializer" => layer.kernel_initializer(initializer(value)?),
                    "bias_initializer" => layer.bias_initializer(initializer(value)?),
                    "name" => layer.name(get::<String>(value)?),
                    _ => return None,
                };
            }
            model.add(layer)
        }
        "Dropout" => {
            let mut layer = Dropout(get(&args["rate"])?);
            for (keyword, value) in args {
                layer = match keyword.as_str() {
                    "rate" => layer,
                    "noise_shape" => layer.noise_shape(get::<Vec<Option<usize>>>(value)?),
                    "seed" => layer.seed(get(value)?),
                    "name" => layer.name(get::<String>(value)?),
                    _ => return None,
                };
            }
            model.add(layer)
        }
        "Flatten" => layer!(Flatten()),
        "ReLU" => layer!(ReLU(); max_value, negative_slope, threshold),
        "Rescaling" => layer!(Rescaling(get(&args["scale"])?), skip "scale"; offset),
        "Reshape" => layer!(Reshape(get::<Vec<isize>>(&args["target_shape"])?), skip "target_shape"),
        "Softmax" => layer!(Softmax(); axis),
        _ => panic!("Horn has no layer {class_name}"),
    })
}

fn initializer(value: &Value) -> Option<horn::initializers::Initializer> {
    value.as_str()?.parse().ok()
}

fn build(entry: &Entry) -> Option<Model> {
    let mut args = entry.args.clone();
    for (_, argument, _) in IGNORED.iter().filter(|(class_name, ..)| *class_name == entry.class_name) {
        args.remove(*argument);
    }
    let model = Sequential::new().add(Input(&entry.input.shape[1..]));
    let mut model = add(model, &entry.class_name, &args)?.build(&Device::default()).unwrap();
    let array = |weight: &Array| ArrayD::from_shape_vec(IxDyn(&weight.shape), weight.values()).unwrap();
    model.set_weights(&entry.weights.iter().map(array).collect::<Vec<_>>()).unwrap();
    Some(model)
}

#[test]
fn outputs_and_shapes() {
    let entries: Vec<Entry> = read("layers.json");
    let (mut checked, mut missing) = (0, Vec::new());
    for entry in &entries {
        let args = Value::Object(entry.args.clone()).to_string();
        let Some(model) = build(entry) else {
            missing.push((entry.class_name.as_str(), args));
            continue;
        };
        let what = format!("{} {args}", entry.class_name);
        assert_eq!(model.output_shape().sizes(), entry.output_shape, "{what}");
        let output = model.predict(&entry.input.host(), 32).unwrap();
        assert_eq!(output.shape(), entry.output.shape, "{what}");
        assert_close(&what, output.as_slice().unwrap(), &entry.output.values(), 1e-6);
        checked += 1;
    }
    assert_eq!(missing, MISSING.map(|(class_name, args, _)| (class_name, args.to_owned())));
    assert_eq!(checked, entries.len() - MISSING.len());
    assert!(checked >= 29, "{checked}");
}

#[test]
fn dense_has_the_gradients_of_keras() {
    let mut checked = 0;
    for entry in read::<Vec<Entry>>("layers.json").iter().filter(|entry| entry.class_name == "Dense") {
        match entry.input.shape.len() {
            2 => check_gradients::<2>(entry),
            3 => check_gradients::<3>(entry),
            rank => panic!("no entry has rank {rank}"),
        }
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}

fn check_gradients<const D: usize>(entry: &Entry) {
    let what = Value::Object(entry.args.clone()).to_string();
    let (w, grads, dinput) = match entry {
        Entry { w: Some(w), grads: Some(grads), dinput: Some(dinput), .. } => (w, grads, dinput),
        _ => panic!("{what}: Dense has gradients"),
    };
    let device = Device::default().autodiff();
    let model = build(entry).expect("Dense has all arguments").train();
    let x = entry.input.tensor::<D>(&device).require_grad();
    let y: Tensor<D> = model.forward(x.clone().into(), Mode::Training).unwrap().float().unwrap();
    let gradients = (y * w.tensor(&device)).sum().backward();

    // Keras's own gradients are off by up to 5e-6 here: it loses digits in `1 − tanh²` of outputs near 1.
    let relative = if entry.args.get("activation").is_some_and(|name| name == "tanh") { 1e-5 } else { 1e-6 };
    let by_input: Vec<f32> = x.grad(&gradients).expect("x is tracked").into_data().iter().collect();
    assert_close(&format!("by the input of {what}"), &by_input, &dinput.values(), relative);
    let mut reader = Reader { gradients: &gradients, found: Vec::new() };
    model.visit(&mut reader);
    assert_eq!(reader.found.len(), grads.len(), "{what}");
    for (at, ((shape, received), expected)) in reader.found.iter().zip(grads).enumerate() {
        assert_eq!(shape, &expected.shape, "{what}");
        assert_close(&format!("by weight {at} of {what}"), received, &expected.values(), relative);
    }
}

/// Collects the gradients by the weights, in their order.
struct Reader<'a> {
    gradients: &'a Gradients,
    found: Vec<(Vec<usize>, Vec<f32>)>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every weight is trained");
        self.found.push((gradient.dims().to_vec(), gradient.into_data().iter().collect()));
    }
}
