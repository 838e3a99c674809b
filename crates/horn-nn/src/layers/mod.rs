//! Layers, one file each: the description with Keras's arguments, and the Burn module that it builds.
//!
//! Each has a struct (`Dense`, with `Dense::new` and a method for every optional argument) and a function of the same
//! name, so that a model reads as in Keras: `Dense(128).activation(Activation::Relu)`.

mod activation;
mod burn_module;
mod dense;
mod dropout;
mod flatten;
mod input;
mod relu;
mod rescaling;
mod reshape;
mod softmax;

pub use activation::{Activation, ActivationLayer};
pub use burn_module::BurnModule;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use input::Input;
pub use relu::ReLU;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use softmax::Softmax;

/// The methods that every layer's description has: its name, and the name's part in [`Layer`](crate::Layer).
macro_rules! named {
    ($layer:ident) => {
        impl $layer {
            /// Names the layer; the default is the class in snake case, numbered within the model.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = Some(name.into());
                self
            }
        }
    };
}
pub(crate) use named;

#[cfg(test)]
pub(crate) mod check {
    //! What every layer's test runs.

    use burn::tensor::Device;

    use crate::{AnyTensor, Layer, Mode, Result, Sequential, host};

    /// Runs the layer on values of the given sizes and returns its output's sizes and values.
    ///
    /// The output must have the announced shape, and copies of the module must compute the same.
    pub fn run(layer: impl Layer, values: &[f32], sizes: &[usize], mode: Mode) -> Result<(Vec<usize>, Vec<f32>)> {
        let device = Device::default();
        let model = Sequential::new().add(crate::layers::Input(&sizes[1..])).add(layer).build(&device)?;
        let device = if mode == Mode::Training { device.autodiff() } else { device };
        let forward = |model: &crate::Model| -> Result<AnyTensor> {
            model.forward(host::float_tensor(values.to_vec(), sizes.to_vec(), &device)?, mode)
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
}
