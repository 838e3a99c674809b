//! What all recurrent cells are to the loop that runs them.

use burn::module::{Module, ModuleDisplay, Param};
use burn::tensor::{Device, Tensor};
use horn_kernels::Passed;

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::signal::Signal;
use crate::layers::recurrent::arguments::CellArguments;
use crate::layers::recurrent::noise::{Noise, Pass};
use crate::layers::recurrent::whole::Whole;
use crate::tensor::any_tensor::AnyTensor;

/// A built recurrent cell whose steps and states have `D` axes, the batch among them.
pub(crate) trait Cell<const D: usize> {
    /// How many states the cell has.
    fn states(&self) -> usize;

    /// The cells that follow each other in every step; only one for all but a stack.
    fn chain(&self) -> Vec<&dyn Cell<D>>;

    /// How many values the cell holds for each step of each sample, before it goes through the steps; the sizes are those of a step.
    fn projected(&self, _step: &[usize]) -> u64 {
        0
    }

    /// Goes through all steps at once, where there is a kernel for it.
    fn at_once(&self, _: &Whole<'_>, _: Pass) -> Option<Passed> {
        None
    }

    /// Does for all steps at once what needs no state, and says how a step goes. The input has the steps one after the
    /// other along the batch axis, and so has what is returned.
    ///
    /// # Errors
    ///
    /// Where the input does not fit the cell.
    fn start<'a>(&'a self, x: Tensor<D>, batch: usize, pass: Pass, call: &'a mut CallContext)
    -> Result<Started<'a, D>>;
}

/// A cell that can be part of a module.
pub(crate) trait CellModule<const D: usize>: Cell<D> + Module + ModuleDisplay + Sync + 'static {}

impl<C: Cell<D> + Module + ModuleDisplay + Sync + 'static, const D: usize> CellModule<D> for C {}

/// A cell at the beginning of a sequence.
pub(crate) struct Started<'a, const D: usize> {
    /// The input, as the steps take it.
    pub projected: Tensor<D>,
    /// States of zeros.
    pub zeros: Vec<Tensor<D>>,
    pub step: Step<'a, D>,
}

/// From the input of a step and the states to the output and the new states.
pub(super) type Step<'a, const D: usize> =
    Box<dyn FnMut(Tensor<D>, &[Tensor<D>]) -> Result<(Tensor<D>, Vec<Tensor<D>>)> + 'a>;

/// Runs one step of a cell that is called as a layer, with its states after the input.
pub(super) fn call_alone(cell: &dyn Cell<2>, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
    let mut tensors = inputs.into_iter().map(|input| input.value()?.float::<2>()).collect::<Result<Vec<_>>>()?;
    let count = cell.states();
    if tensors.len() != count + 1 {
        return Err(Error::shape("the cell takes another number of inputs")
            .received(tensors.len())
            .expected(count + 1)
            .hint("give the input of the step and then each state"));
    }
    let mut states = tensors.split_off(1);
    let mut x = tensors.remove(0);
    let mut after = Vec::new();
    for cell in cell.chain() {
        let later = states.split_off(cell.states());
        let batch = x.dims()[0];
        let pass = Pass { training: call.is_training(), alone: true };
        let Started { projected, mut step, .. } = cell.start(x, batch, pass, call)?;
        let (output, new) = step(projected, &states)?;
        x = output;
        after.extend(new);
        states = later;
    }
    Ok([x].into_iter().chain(after).map(Signal::new).collect())
}

/// The methods of [`Forward`](crate::Forward) for the module of a cell.
macro_rules! cell_calls {
    () => {
        crate::many_signals!();

        fn call(
            &self,
            inputs: Vec<crate::layer::signal::Signal>,
            call: &mut crate::layer::call::CallContext,
        ) -> crate::error::Result<Vec<crate::layer::signal::Signal>> {
            crate::layers::recurrent::cell::call_alone(self, inputs, call)
        }
    };
}
pub(super) use cell_calls;

/// The kernels of a cell that multiplies by matrices, the gates side by side.
#[derive(Module, Debug)]
pub(crate) struct Kernels {
    pub kernel: Param<Tensor<2>>,
    pub recurrent_kernel: Param<Tensor<2>>,
}

impl Kernels {
    /// The kernels of a cell with so many gates.
    pub fn build(
        gates: usize,
        features: usize,
        units: usize,
        cell: &CellArguments,
        build: &mut LayerBuilder,
    ) -> Result<Self> {
        Ok(Self {
            kernel: build.add_weight("kernel", [features, gates * units], cell.kernel())?,
            recurrent_kernel: build.add_weight("recurrent_kernel", [units, gates * units], cell.recurrent_kernel())?,
        })
    }

    pub fn units(&self) -> usize {
        self.recurrent_kernel.dims()[0]
    }

    /// The number of values that go to all gates.
    pub fn projected(&self) -> usize {
        self.kernel.dims()[1]
    }

    fn gates(&self) -> usize {
        self.projected() / self.units()
    }

    /// Draws the noise of a sequence.
    pub fn noise(&self, noise: &Noise, x: &Tensor<2>, batch: usize, pass: Pass) -> (Vec<Tensor<2>>, Vec<Tensor<2>>) {
        noise.draw([batch, x.dims()[1]], [batch, self.units()], &constant_device(x), pass)
    }

    /// States of zeros.
    pub fn zeros(&self, x: &Tensor<2>, batch: usize) -> Tensor<2> {
        Tensor::zeros([batch, self.units()], &constant_device(x))
    }

    /// The input of all gates in all steps, `[steps · batch, gates · units]`.
    pub fn project(&self, x: Tensor<2>, masks: Vec<Tensor<2>>, bias: Option<Tensor<1>>) -> Tensor<2> {
        let kernel = self.kernel.val();
        let projected = match masks.as_slice() {
            [] => x.matmul(kernel),
            [mask] => repeated(x, mask.clone()).matmul(kernel),
            masks => {
                let dropped = masks.iter().map(|mask| repeated(x.clone(), mask.clone())).collect();
                side_by_side(Tensor::stack::<3>(dropped, 0).matmul(by_gate(kernel, masks.len())))
            }
        };
        match bias {
            Some(bias) => projected + bias.unsqueeze(),
            None => projected,
        }
    }

    /// What the gates get from the state, for these gates.
    pub fn recurrence(&self, gates: std::ops::Range<usize>, masks: &[Tensor<2>]) -> Recurrence {
        let units = self.units();
        let all = gates.len() == self.gates();
        let kernel = self.recurrent_kernel.val();
        let kernel = if all { kernel } else { kernel.narrow(1, gates.start * units, gates.len() * units) };
        match masks {
            [] => Recurrence::Plain(kernel),
            [mask] => Recurrence::Masked(kernel, mask.clone()),
            masks => Recurrence::ByGate(by_gate(kernel, gates.len()), Tensor::stack(masks[gates].to_vec(), 0)),
        }
    }
}

/// The product of the state with a recurrent kernel: one multiplication for all gates.
pub(crate) enum Recurrence {
    Plain(Tensor<2>),
    Masked(Tensor<2>, Tensor<2>),
    /// The kernels and masks of the gates, one after the other.
    ByGate(Tensor<3>, Tensor<3>),
}

impl Recurrence {
    /// `[batch, gates · units]`.
    pub fn of(&self, state: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Plain(kernel) => state.matmul(kernel.clone()),
            Self::Masked(kernel, mask) => (state * mask.clone()).matmul(kernel.clone()),
            Self::ByGate(kernels, masks) => {
                side_by_side((state.unsqueeze::<3>() * masks.clone()).matmul(kernels.clone()))
            }
        }
    }
}

/// A kernel of gates side by side, with an axis of gates in front.
fn by_gate(kernel: Tensor<2>, gates: usize) -> Tensor<3> {
    let [rows, columns] = kernel.dims();
    kernel.reshape([rows, gates, columns / gates]).swap_dims(0, 1)
}

/// The opposite, for products.
fn side_by_side(product: Tensor<3>) -> Tensor<2> {
    let [gates, rows, units] = product.dims();
    product.swap_dims(0, 1).reshape([rows, gates * units])
}

/// Multiplies every step by the same mask.
pub(crate) fn repeated<const D: usize>(x: Tensor<D>, mask: Tensor<D>) -> Tensor<D> {
    let steps = x.dims()[0] / mask.dims()[0];
    x * if steps == 1 { mask } else { mask.repeat_dim(0, steps) }
}

/// A gate of several side by side.
pub(crate) fn gate(gates: &Tensor<2>, at: usize, units: usize) -> Tensor<2> {
    gates.clone().narrow(1, at * units, units)
}

/// The activation of gates side by side, each for itself.
pub(crate) fn activate(activation: Activation, gates: Tensor<2>, units: usize) -> Tensor<2> {
    if activation.is_elementwise() {
        return activation.forward(gates);
    }
    let [batch, columns] = gates.dims();
    activation.forward(gates.reshape([batch, columns / units, units])).reshape([batch, columns])
}

/// Where constants that go with the tensor lie.
pub(crate) fn constant_device<const D: usize>(x: &Tensor<D>) -> Device {
    x.device().without_autodiff()
}

/// The tensor as one of the rank that the cell takes.
pub(crate) fn of_rank<const D: usize>(tensor: AnyTensor, what: &str) -> Result<Tensor<D>> {
    tensor.float().map_err(|error| error.at(what))
}
