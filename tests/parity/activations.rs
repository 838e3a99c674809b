//! Values and gradients of every activation, with its arguments and axes.
//!
//! For sparsemax, the fixture has corrected values, since the version of Keras that made the others has a bug there.

use horn::burn::tensor::{Device, Tensor};
use horn::{Activation, activations};
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, assert_close, read};

/// Cases for which Horn has no function.
const MISSING: [(&str, &str, &str); 1] =
    [("softmax", r#"{"axis":[-2,-1]}"#, "a softmax over two axes at once is the Softmax layer's business")];

#[derive(Deserialize)]
struct Entry {
    name: String,
    args: Value,
    case: String,
    x: Array,
    w: Array,
    y: Array,
    dx: Array,
}

#[test]
fn values_and_gradients() {
    let entries: Vec<Entry> = read("activations.json");
    let (mut checked, mut missing) = (0, Vec::new());
    for entry in &entries {
        let found = match entry.x.shape.len() {
            2 => check::<2>(entry),
            3 => check::<3>(entry),
            rank => panic!("no entry has rank {rank}"),
        };
        if found {
            checked += 1;
        } else {
            missing.push((entry.name.as_str(), entry.args.to_string()));
        }
    }
    missing.dedup();
    assert_eq!(missing, MISSING.map(|(name, args, _)| (name, args.to_owned())));
    assert!(checked >= 130, "{checked} of {}", entries.len());
}

#[test]
fn every_name_is_checked() {
    let entries: Vec<Entry> = read("activations.json");
    for activation in Activation::ALL {
        assert!(entries.iter().any(|entry| entry.name == activation.as_str()), "{activation}");
    }
}

/// Compares the results with Keras's. Returns `false` if Horn has no such function.
fn check<const D: usize>(entry: &Entry) -> bool {
    let what = format!("{} {} {}", entry.name, entry.args, entry.case);
    let device = Device::default().autodiff();
    let x = entry.x.tensor::<D>(&device).require_grad();
    let Some(y) = apply(&entry.name, &entry.args, x.clone()) else {
        return false;
    };
    let gradients = (y.clone() * entry.w.tensor(&device)).sum().backward();
    let dx = x.grad(&gradients).expect("x is tracked");
    // Keras itself is less exact here: at inputs near 5, it multiplies the rounding error of `1 − tanh²` by 8.
    let least = if what.contains("\"approximate\":true") { 5e-6 } else { 1e-6 };
    for (part, received, expected, relative) in [("y", y, &entry.y, 1e-6), ("dx", dx, &entry.dx, least)] {
        let what = format!("{part} of {what}");
        assert_eq!(received.dims().as_slice(), expected.shape, "{what}");
        assert_close(&what, &received.into_data().iter().collect::<Vec<f32>>(), &expected.values(), relative);
    }
    true
}

fn apply<const D: usize>(name: &str, args: &Value, x: Tensor<D>) -> Option<Tensor<D>> {
    let number = |argument: &str| args[argument].as_f64();
    let keywords = args.as_object().expect("arguments have names");
    let activation = match (name, keywords.keys().next().map(String::as_str)) {
        (name, None) => name.parse().unwrap(),
        (name, Some("axis")) => {
            let axis = args["axis"].as_i64()? as isize;
            return Some(match name {
                "glu" => activations::glu(x, axis),
                "log_softmax" => activations::log_softmax(x, axis),
                "softmax" => activations::softmax(x, axis),
                "sparsemax" => activations::sparsemax(x, axis),
                _ => panic!("{name} has no axis"),
            });
        }
        ("celu", _) => Activation::celu(number("alpha")?),
        ("elu", _) => Activation::elu(number("alpha")?),
        ("gelu", _) => Activation::gelu(args["approximate"].as_bool()?),
        ("hard_shrink", _) => Activation::hard_shrink(number("threshold")?),
        ("leaky_relu", _) => Activation::leaky_relu(number("negative_slope")?),
        ("relu", _) => Activation::relu(
            number("negative_slope").unwrap_or(0.0),
            number("max_value"),
            number("threshold").unwrap_or(0.0),
        ),
        ("soft_shrink", _) => Activation::soft_shrink(number("threshold")?),
        ("squareplus", _) => Activation::squareplus(number("b")?),
        ("threshold", _) => Activation::threshold(number("threshold")?, number("default_value")?),
        (name, _) => panic!("{name} has no arguments"),
    };
    Some(activation.forward(x))
}
