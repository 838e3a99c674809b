//! `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`.

use serde::{Deserialize, Serialize};

use crate::activations::activation::Activation;
use crate::arguments::sizes::Sizes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call_arguments::CallArgument;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::convolution::arguments::{WindowArguments, window_arguments};
use crate::layers::recurrent::arguments::{
    CellArguments, SequenceArguments, cell_arguments, check_size, sequence_arguments, sequence_call,
};
use crate::layers::recurrent::conv_lstm_cell::ConvLongCell;
use crate::layers::recurrent::lstm::gates_bias;
use crate::layers::recurrent::noise::Noise;
use crate::layers::recurrent::sequence::Recurrent;
use crate::tensor::shape::Shape;
use crate::windows::layout::{Axes, known_channels};
use crate::windows::window::Window;

/// Makes the layer for images of `n` spatial axes, whose kernels and states have `rank` axes.
macro_rules! conv_lstm {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $rank:literal) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            filters: usize,
            #[serde(flatten)]
            window: WindowArguments<$n>,
            recurrent_activation: Activation,
            unit_forget_bias: bool,
            #[serde(flatten)]
            cell: CellArguments,
            seed: Option<u64>,
            #[serde(flatten)]
            sequence: SequenceArguments,
        }

        #[doc = concat!("`keras.layers.", $name, "(filters, kernel_size)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(filters: usize, kernel_size: impl Into<Sizes<$n>>) -> $class {
            $class::new(filters, kernel_size)
        }

        impl $class {
            /// A layer with `filters` filters of size `kernel_size`, with Keras's defaults.
            pub fn new(filters: usize, kernel_size: impl Into<Sizes<$n>>) -> Self {
                Self {
                    common: Common::default(),
                    filters,
                    window: WindowArguments::new(kernel_size),
                    recurrent_activation: Activation::Sigmoid,
                    unit_forget_bias: true,
                    cell: CellArguments::default(),
                    seed: None,
                    sequence: SequenceArguments::default(),
                }
            }
        }

        common_arguments!($class);
        window_arguments!($class, $n);
        arguments!($class {
            /// What is applied to the gates; `Sigmoid` by default.
            recurrent_activation: Activation,
            /// Does the bias of the forget gate start at one, whatever `bias_initializer` says? Yes by default.
            unit_forget_bias: bool,
        });
        cell_arguments!($class);
        sequence_arguments!($class);

        impl Layer for $class {
            described!($name, masking, activity; recorded_mode: Some(Mode::Inference), mask_argument: MaskArgument::Steps);
            crate::many_inputs!();

            fn output_mask(&self) -> OutputMask {
                self.sequence.output_mask()
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                self.cell.check(self.filters)?;
                check_size("recurrent_activation", self.recurrent_activation)?;
                let window = self.window.to_window();
                let (axes, _) = checked(&window, inputs)?;
                let state = window.output_shape(&axes, Some(self.filters))?.sample().to_vec();
                self.sequence.output_shapes(inputs, &state, &[state.clone(), state.clone()])
            }

            fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
                sequence_call(inputs)
            }

            fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
                let window = self.window.to_window();
                let (_, channels) = checked(&window, inputs)?;
                let shape = |channels: usize| self.window.kernel_shape([channels, 4 * self.filters]);
                let seed = build.seed_generator(self.seed)?;
                let cell = build.within_group("conv_lstm_cell", "cell", |build| {
                    Ok(ConvLongCell::<$rank> {
                        kernel: build.add_weight("kernel", shape(channels), self.cell.kernel())?,
                        recurrent_kernel: build.add_weight(
                            "recurrent_kernel",
                            shape(self.filters),
                            self.cell.recurrent_kernel(),
                        )?,
                        bias: if self.cell.use_bias {
                            Some(gates_bias(self.filters, self.unit_forget_bias, self.cell.bias(), build)?)
                        } else {
                            None
                        },
                        window: window.clone(),
                        activation: self.cell.activation,
                        recurrent_activation: self.recurrent_activation,
                        noise: Noise::of_each_gate(4, self.cell.dropout, self.cell.recurrent_dropout, seed),
                    })
                })?;
                Ok(BuiltLayer::new(Recurrent::<_, $rank>::new(cell, self.sequence)))
            }
        }
    };
}

conv_lstm! {
    /// Long short-term memory for sequences of sequences: the layer [`LSTM`](struct@crate::layers::LSTM) with convolutions in
    /// place of the products with its kernels. `strides` and `padding` are for the input: the state keeps its shape.
    ///
    /// From Shi et al., *Convolutional LSTM Network*, 2015, without the peepholes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, length, channels]`; the initial states h and c may come after it
    /// - output: `[batch, new length, filters]`, of the last step; with an axis of steps with `return_sequences`
    /// - with `return_state` the last states h and c come after it
    /// - weights: kernel `[size, channels, 4 · filters]`, recurrent_kernel `[size, filters, 4 · filters]`, bias
    ///   `[4 · filters]`
    ///
    /// # Masks
    ///
    /// As [`LSTM`](struct@crate::layers::LSTM).
    ///
    /// ```
    /// use horn::layers::ConvLSTM1D;
    ///
    /// let layer = ConvLSTM1D(8, 3).return_sequences(true);
    /// ```
    ConvLSTM1D, "ConvLSTM1D", 1, 3
}

conv_lstm! {
    /// Long short-term memory for films: the layer [`LSTM`](struct@crate::layers::LSTM) with convolutions over images in place
    /// of the products with its kernels. `strides` and `padding` are for the input: the state keeps its shape.
    ///
    /// From Shi et al., *Convolutional LSTM Network*, 2015, without the peepholes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, height, width, channels]`; the initial states h and c may come after it
    /// - output: `[batch, new height, new width, filters]`, of the last step; with an axis of steps with
    ///   `return_sequences`
    /// - with `return_state` the last states h and c come after it
    /// - weights: kernel `[height, width, channels, 4 · filters]`, recurrent_kernel `[height, width, filters, 4 ·
    ///   filters]`, bias `[4 · filters]`
    ///
    /// # Masks
    ///
    /// As [`LSTM`](struct@crate::layers::LSTM).
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{ConvLSTM2D, Input, Padding};
    ///
    /// let film = Input([10, 32, 32, 3]);
    /// let y = ConvLSTM2D(16, 3).padding(Padding::Same).return_sequences(true).apply(&film)?;
    /// assert_eq!(y.shape().to_string(), "(None, 10, 32, 32, 16)");
    /// # Ok::<(), horn::Error>(())
    /// ```
    ConvLSTM2D, "ConvLSTM2D", 2, 4
}

conv_lstm! {
    /// Long short-term memory for sequences of volumes: the layer [`LSTM`](struct@crate::layers::LSTM) with convolutions in
    /// place of the products with its kernels. `strides` and `padding` are for the input: the state keeps its shape.
    ///
    /// From Shi et al., *Convolutional LSTM Network*, 2015, without the peepholes.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, depth, height, width, channels]`; the initial states h and c may come after it
    /// - output: `[batch, new depth, new height, new width, filters]`, of the last step; with an axis of steps with
    ///   `return_sequences`
    /// - with `return_state` the last states h and c come after it
    /// - weights: kernel `[depth, height, width, channels, 4 · filters]`, recurrent_kernel `[depth, height, width,
    ///   filters, 4 · filters]`, bias `[4 · filters]`
    ///
    /// # Masks
    ///
    /// As [`LSTM`](struct@crate::layers::LSTM).
    ///
    /// ```
    /// use horn::layers::ConvLSTM3D;
    ///
    /// let layer = ConvLSTM3D(8, 3);
    /// ```
    ConvLSTM3D, "ConvLSTM3D", 3, 5
}

/// The axes of a step and its channels, where the layer can take them.
fn checked(window: &Window, inputs: &[Shape]) -> Result<(Axes, usize)> {
    window.check(false)?;
    window.check_strides_or_dilation()?;
    let spatial = window.sizes.len();
    let step = SequenceArguments::step_shape(inputs, spatial + 3)?;
    let axes = window.data_format.split(&step, spatial)?;
    let channels = known_channels(&axes, &step)?;
    Ok((axes, channels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_arguments_are_errors() {
        let film = Shape::batched([2, 4, 4, 1]);
        assert!(ConvLSTM2D(0, 3).output_shape(&film).unwrap_err().is_argument());
        assert!(ConvLSTM2D(1, 0).output_shape(&film).unwrap_err().is_argument());
        assert!(ConvLSTM2D(1, 2).strides(2).dilation_rate(2).output_shape(&film).unwrap_err().is_argument());
        assert!(ConvLSTM2D(1, 5).output_shape(&film).unwrap_err().is_shape());
        assert!(ConvLSTM1D(1, 2).output_shape(&film).unwrap_err().is_shape());
    }
}
