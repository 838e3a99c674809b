//! Layers whose inputs Keras rounds to 8 bits whenever it calls them, as they are quantized.
//!
//! Keras multiplies integers then. The same values come out of floats that are rounded to the integers' grid, so the layer
//! itself is as any other. It is written without the rounding.

use std::fmt;

use burn::module::Module;
use burn::tensor::Tensor;
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::given::{Inner, as_inner};
use crate::layer::signal::Signal;
use crate::tensor::any_tensor::AnyTensor;

/// The argument of Keras's layers that says how they are quantized.
const QUANTIZATION: &str = "quantization_config";

/// Keras's quantizer for the inputs of the layer in this configuration, if it has one.
pub(crate) fn quantizer(config: &Value) -> Option<&Value> {
    Some(&config[QUANTIZATION]["config"]["activation_quantizer"]).filter(|quantizer| !quantizer.is_null())
}

/// Reads a layer whose inputs are rounded.
///
/// # Errors
///
/// As `read`, which reads the layer without the quantizer; and if the layer or its quantizer is of another class.
pub(crate) fn read(
    class_name: &str,
    config: &Value,
    read: impl FnOnce(&Value) -> Result<Box<dyn Layer>>,
) -> Result<Box<dyn Layer>> {
    let quantizer = quantizer(config).cloned().unwrap_or_default();
    let unknown = |received: &Value, expected: &str| {
        Error::argument("the inputs of the layer are quantized in a way that Horn does not know")
            .at(format!("class {class_name}"))
            .received(received)
            .expected(expected)
            .hint("save the model before it is quantized")
    };
    let (axes, option) = match class_name {
        "Dense" => (vec![-1], None),
        "EinsumDense" => (axes_of(config["equation"].as_str().unwrap_or_default()), None),
        // Ids are looked up; vectors are multiplied.
        "ReversibleEmbedding" => (vec![-1], Some("reverse")),
        _ => return Err(unknown(&class_name.into(), "Dense, EinsumDense or ReversibleEmbedding")),
    };
    let (class, arguments) = (&quantizer["class_name"], &quantizer["config"]);
    let most = arguments["value_range"][1].as_f64().unwrap_or(127.0);
    let least = arguments["value_range"][0].as_f64().unwrap_or(-127.0);
    if *class != "AbsMaxQuantizer" || most <= 0.0 || least >= most {
        return Err(unknown(class, "AbsMaxQuantizer"));
    }
    let mut plain: Map<String, Value> = config.as_object().cloned().unwrap_or_default();
    plain.remove(QUANTIZATION);
    let grid = Grid { axes, least, most, epsilon: arguments["epsilon"].as_f64().unwrap_or(1e-7) };
    Ok(Box::new(RoundedInputs { layer: read(&plain.into())?, grid, option }))
}

/// The axes of the input that an equation sums over.
fn axes_of(equation: &str) -> Vec<isize> {
    let (inputs, output) = equation.split_once("->").unwrap_or((equation, ""));
    let input = inputs.split(',').next().unwrap_or_default().trim();
    let (before, after) = input.split_once("...").unwrap_or((input, ""));
    let count = after.chars().count() as isize;
    let axes = (0..).zip(before.chars()).chain((-count..).zip(after.chars()));
    axes.filter(|(_, letter)| !output.contains(*letter)).map(|(axis, _)| axis).collect()
}

/// The grid that values are rounded to: so many steps in the largest absolute value along the axes.
#[derive(Debug, Clone)]
struct Grid {
    axes: Vec<isize>,
    least: f64,
    most: f64,
    epsilon: f64,
}

impl Grid {
    fn rounded<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let fixed = x.clone().detach();
        let largest = self.axes.iter().fold(fixed.clone().abs(), |largest, &axis| {
            let axis = if axis < 0 { D.saturating_add_signed(axis) } else { axis.unsigned_abs() };
            if axis < D { largest.max_dim(axis) } else { largest }
        });
        let scale = (largest + self.epsilon).recip() * self.most;
        let rounded = (fixed.clone() * scale.clone()).round().clamp(self.least, self.most) / scale;
        // The gradient is that of the inputs, as in Keras.
        x + (rounded - fixed)
    }
}

/// A layer with inputs that are rounded.
struct RoundedInputs {
    layer: Box<dyn Layer>,
    grid: Grid,
    /// The option of the calls with which inputs are rounded; always without one.
    option: Option<&'static str>,
}

impl fmt::Debug for RoundedInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}

impl Inner for RoundedInputs {
    fn inner(&self) -> &dyn Layer {
        self.layer.as_ref()
    }

    fn finish(&self, layer: BuiltLayer) -> BuiltLayer {
        BuiltLayer::new(RoundedInputsModule { layer, grid: self.grid.clone(), option: self.option })
    }
}

impl Layer for RoundedInputs {
    as_inner!();

    fn name(&self) -> Option<&str> {
        self.layer.name()
    }

    fn trainable(&self) -> bool {
        self.layer.trainable()
    }
}

#[derive(Module, Debug)]
struct RoundedInputsModule {
    layer: BuiltLayer,
    #[module(skip)]
    grid: Grid,
    #[module(skip)]
    option: Option<&'static str>,
}

impl Forward for RoundedInputsModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        if self.option.is_some_and(|option| call.option(option) != Some(true)) {
            return self.layer.call(inputs, call);
        }
        let rounded = |input: Signal| {
            let mask = input.mask().cloned();
            let value: AnyTensor = by_rank!(input.value()?, |x| self.grid.rounded(x).into())?;
            Ok(Signal::new(value).with_mask(mask))
        };
        self.layer.call(inputs.into_iter().map(rounded).collect::<Result<_>>()?, call)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use serde_json::json;

    use super::*;
    use crate::layers::from_config;

    #[test]
    fn axes_that_are_summed_over_share_a_scale() {
        assert_eq!(axes_of("abc,cde->abde"), [2]);
        assert_eq!(axes_of("abde,dec->abc"), [2, 3]);
        assert_eq!(axes_of("...c,cd->...d"), [-1]);
        assert_eq!(axes_of("a...bc,bcd->a...d"), [-2, -1]);
    }

    #[test]
    fn values_are_rounded_to_steps_of_the_largest() {
        let grid = Grid { axes: vec![-1], least: -127.0, most: 127.0, epsilon: 0.0 };
        let x = Tensor::<2>::from_floats([[127.0, 1.4, -0.6], [-12.7, 0.14, 0.06]], &Device::default());
        let rounded = grid.rounded(x).into_data().try_to_vec::<f32>().unwrap();
        for (received, expected) in rounded.iter().zip([127.0, 1.0, -1.0, -12.7, 0.1, 0.1]) {
            assert!((received - expected).abs() < 1e-5, "{rounded:?}");
        }
    }

    #[test]
    fn other_layers_and_quantizers_are_an_error() {
        let quantized = |class: &str| json!({"units": 2, QUANTIZATION: {"config": {"activation_quantizer": {"class_name": class}}}});
        let layer = from_config("Dense", &quantized("AbsMaxQuantizer")).unwrap();
        assert_eq!(layer.config(), from_config("Dense", &json!({"units": 2})).unwrap().config());
        for (class, config) in [("Dense", quantized("Other")), ("Embedding", quantized("AbsMaxQuantizer"))] {
            let error = from_config(class, &config).unwrap_err().to_string();
            assert!(error.contains("quantized in a way that Horn does not know"), "{error}");
        }
    }
}
