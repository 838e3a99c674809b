//! Helpers for the tests of layers.

use burn::tensor::Device;

use crate::data::host_array;
use crate::error::Result;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::model::sequential::Sequential;
use crate::tensor::any_tensor::AnyTensor;

/// Runs the layer on values of the given sizes and returns its output's sizes and values.
///
/// Checks that the output has the shape of the description, and that copies of the module compute the same.
pub fn run(layer: impl Layer, values: &[f32], sizes: &[usize], mode: Mode) -> Result<(Vec<usize>, Vec<f32>)> {
    let device = Device::default();
    let model = Sequential::new().add(crate::graph::input::Input(&sizes[1..])).add(layer).build(&device)?;
    let device = if mode == Mode::Training { device.autodiff() } else { device };
    let forward = |model: &crate::model::model::Model| -> Result<AnyTensor> {
        model.forward(host_array::float_tensor(values.to_vec(), sizes.to_vec(), &device)?, mode)
    };
    let output = forward(&model)?;
    assert!(model.output_shape().accepts(&output.sizes()), "{} announced {}", model.name(), model.output_shape());
    let read = |x: AnyTensor| crate::by_rank!(x, |x| x.into_data().iter::<f32>().collect::<Vec<_>>());
    let (sizes, values) = (output.sizes(), read(output)?);
    if mode == Mode::Inference {
        assert_eq!(read(forward(&model.clone())?)?, values);
    }
    Ok((sizes, values))
}

/// Runs the layer in inference.
pub fn infer(layer: impl Layer, values: &[f32], sizes: &[usize]) -> Result<(Vec<usize>, Vec<f32>)> {
    run(layer, values, sizes, Mode::Inference)
}
