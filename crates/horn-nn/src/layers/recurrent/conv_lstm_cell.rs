//! The cell of `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::activations::activation::Activation;
use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::layer::call::CallContext;
use crate::layers::recurrent::cell::{Cell, Started, constant_device, of_rank, repeated};
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::windows::convolution::{convolve, swapped_first};
use crate::windows::window::Window;

/// Long short-term memory whose kernels slide over images; its steps and states have `D` axes.
#[derive(Module, Debug)]
pub(crate) struct ConvLongCell<const D: usize> {
    pub kernel: Param<Tensor<D>>,
    pub recurrent_kernel: Param<Tensor<D>>,
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    pub window: Window,
    #[module(skip)]
    pub activation: Activation,
    #[module(skip)]
    pub recurrent_activation: Activation,
    pub noise: Noise,
}

/// How many gates there are: i, f, g and o.
const GATES: usize = 4;

impl<const D: usize> ConvLongCell<D> {
    fn format(&self) -> DataFormat {
        self.window.data_format
    }

    fn filters(&self) -> usize {
        self.recurrent_kernel.dims()[D - 2]
    }

    /// The window of the state: it keeps the sizes.
    fn recurrent_window(&self) -> Window {
        let ones = vec![1; self.window.sizes.len()];
        Window {
            strides: ones.clone(),
            dilation: ones,
            padding: crate::arguments::options::Padding::Same,
            ..self.window.clone()
        }
    }

    /// In Burn's layout: a view.
    fn channels_first(&self, x: Tensor<D>) -> Result<Tensor<D>> {
        self.format().to_channels_first(x.into())?.float()
    }

    /// In the layer's own layout: a view.
    fn own_layout(&self, x: Tensor<D>) -> Result<Tensor<D>> {
        self.format().channels_first_to_own(x.into())?.float()
    }

    /// The convolution for all gates at once. With a mask for each gate, each has its own input.
    fn convolved(
        &self,
        x: Tensor<D>,
        masks: &[Tensor<D>],
        kernel: Tensor<D>,
        bias: Option<Tensor<1>>,
        window: &Window,
    ) -> Result<Tensor<D>> {
        let (x, groups) = if masks.is_empty() {
            (self.channels_first(x)?, 1)
        } else {
            let dropped = masks.iter().map(|mask| self.channels_first(repeated(x.clone(), mask.clone())));
            (Tensor::cat(dropped.collect::<Result<_>>()?, 1), masks.len())
        };
        of_rank(convolve(x.into(), kernel.into(), bias, window, groups)?, "recurrent convolution")
    }

    /// Applies an activation in Burn's layout.
    fn activate(&self, activation: Activation, x: Tensor<D>) -> Result<Tensor<D>> {
        if activation.is_elementwise() {
            return Ok(activation.forward(x));
        }
        self.channels_first(activation.forward(self.own_layout(x)?))
    }

    /// The new states h and c, from the sums of the gates; all in Burn's layout.
    fn remember(&self, z: Tensor<D>, c: Tensor<D>) -> Result<(Tensor<D>, Tensor<D>)> {
        let filters = self.filters();
        let gate = |z: &Tensor<D>, at: usize| z.clone().narrow(1, at * filters, filters);
        let [i, f, o] = match self.recurrent_activation {
            // One call for all; what it makes of g is not used.
            activation if activation.is_elementwise() => {
                let gates = activation.forward(z.clone());
                [0, 1, 3].map(|at| Ok(gate(&gates, at)))
            }
            activation => [0, 1, 3].map(|at| self.activate(activation, gate(&z, at))),
        };
        let c = f? * c + i? * self.activate(self.activation, gate(&z, 2))?;
        Ok((o? * self.activate(self.activation, c.clone())?, c))
    }
}

impl<const D: usize> Cell<D> for ConvLongCell<D> {
    fn states(&self) -> usize {
        2
    }

    fn projected(&self, step: &[usize]) -> u64 {
        self.window.count(&[&[1], step].concat(), GATES * self.filters())
    }

    fn chain(&self) -> Vec<&dyn Cell<D>> {
        vec![self]
    }

    fn start<'a>(&'a self, x: Tensor<D>, batch: usize, pass: Pass, _: &'a mut CallContext) -> Result<Started<'a, D>> {
        let device = constant_device(&x);
        let spatial = x.dims();
        let spatial = match self.format() {
            DataFormat::ChannelsLast => &spatial[1..D - 1],
            DataFormat::ChannelsFirst => &spatial[2..],
        };
        let mut of_state = [batch; D];
        of_state[1] = self.filters();
        for (axis, size) in self.window.outputs(&crate::windows::window::known(spatial))?.into_iter().enumerate() {
            of_state[axis + 2] = size.expect("the sizes of a tensor are known");
        }
        let zeros = self.own_layout(Tensor::zeros(of_state, &device))?;
        let mut of_input = x.dims();
        of_input[0] = batch;
        let (input_noise, state_noise) = self.noise.draw(of_input, zeros.dims(), &device, pass);

        let burn_kernel = |kernel: &Param<Tensor<D>>| kernel.val().permute(swapped_first::<D>());
        let bias = self.bias.as_ref().map(Param::val);
        let projected = self.convolved(x, &input_noise, burn_kernel(&self.kernel), bias, &self.window)?;
        let (kernel, window) = (burn_kernel(&self.recurrent_kernel), self.recurrent_window());
        debug_assert_eq!(kernel.dims()[0], GATES * self.filters());
        let step = move |x: Tensor<D>, states: &[Tensor<D>]| {
            let from_state = self.convolved(states[0].clone(), &state_noise, kernel.clone(), None, &window)?;
            let (h, c) = self.remember(x + from_state, self.channels_first(states[1].clone())?)?;
            let (h, c) = (self.own_layout(h)?, self.own_layout(c)?);
            Ok((h.clone(), vec![h, c]))
        };
        Ok(Started { projected, zeros: vec![zeros.clone(), zeros], step: Box::new(step) })
    }
}
