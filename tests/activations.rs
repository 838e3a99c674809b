//! Activations against Keras: every function, its arguments and axes, with values and gradients.

use horn::burn::tensor::{Device, Tensor};
use horn::{Activation, activations};
use serde_json::Value;

#[test]
fn values_and_gradients_are_those_of_keras() {
    let entries: Vec<Value> = serde_json::from_str(include_str!("keras/fixtures/activations.json")).unwrap();
    let mut checked = 0;
    for entry in &entries {
        checked += usize::from(match entry["x"]["shape"].as_array().unwrap().len() {
            2 => check::<2>(entry),
            3 => check::<3>(entry),
            rank => panic!("no entry has rank {rank}"),
        });
    }
    // A softmax over two axes at once is the Softmax layer's business, not a function's.
    let two_axes = entries.iter().filter(|entry| entry["args"]["axis"].is_array()).count();
    assert_eq!(checked, entries.len() - two_axes);
    assert!(checked >= 100, "{checked}");
}

/// Whether there is such a function; its results are those of the entry.
fn check<const D: usize>(entry: &Value) -> bool {
    let what = format!("{} {} {}", entry["name"], entry["args"], entry["case"]);
    let device = Device::default().autodiff();
    let x = tensor::<D>(&entry["x"], &device).require_grad();
    let Some(y) = apply(entry["name"].as_str().unwrap(), &entry["args"], x.clone()) else {
        return false;
    };
    let gradients = (y.clone() * tensor(&entry["w"], &device)).sum().backward();
    assert_near(&format!("y of {what}"), y, &entry["y"]);
    assert_near(&format!("dx of {what}"), x.grad(&gradients).unwrap(), &entry["dx"]);
    true
}

fn apply<const D: usize>(name: &str, args: &Value, x: Tensor<D>) -> Option<Tensor<D>> {
    let number = |argument: &str| args[argument].as_f64();
    let activation = match (name, args.as_object().unwrap().keys().next().map(String::as_str)) {
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

fn tensor<const D: usize>(value: &Value, device: &Device) -> Tensor<D> {
    Tensor::<1>::from_floats(numbers(value).as_slice(), device).reshape(shape::<D>(value))
}

fn shape<const D: usize>(value: &Value) -> [usize; D] {
    let sizes = value["shape"].as_array().unwrap();
    std::array::from_fn(|axis| sizes[axis].as_u64().unwrap() as usize)
}

/// The data; infinities are text, as JSON has no number for them.
fn numbers(value: &Value) -> Vec<f32> {
    let number = |item: &Value| match item {
        Value::String(text) => text.parse().unwrap(),
        item => item.as_f64().unwrap() as f32,
    };
    value["data"].as_array().unwrap().iter().map(number).collect()
}

/// Equal, infinities too, or as near as `1e-6` of Keras's value.
///
/// The last digits of `exp`, `tanh` and `erf` differ between libraries, and are all that is left of a difference of
/// numbers near 1; the weights of the gradient multiply them by up to 3: hence the `1e-6` that is allowed beside it.
fn assert_near<const D: usize>(what: &str, received: Tensor<D>, expected: &Value) {
    assert_eq!(received.dims(), shape::<D>(expected), "{what}");
    let received = received.into_data().try_to_vec::<f32>().unwrap();
    for (i, (a, b)) in received.into_iter().zip(numbers(expected)).enumerate() {
        assert!(a == b || (a - b).abs() <= 1e-6 + 1e-6 * b.abs(), "{what}, {i}: {a} instead of {b}");
    }
}
