//! The operations against the same ones step by step by Burn's own.

use burn::tensor::{Bool, Tensor, TensorData, activation};
use proptest::prelude::*;

use crate::types::sequence::{Elementwise, Passed, Sequence};

use super::*;
use crate::flex::testing::{follows_its_derivative, numbers, plain_relu, same};

/// A recurrent layer: its sizes and options.
#[derive(Clone, Copy, Debug)]
struct Case {
    layer: Layer,
    sizes: [usize; 4],
    functions: [Elementwise; 2],
    bias: bool,
    states: bool,
    masked: bool,
    go_backwards: bool,
    return_sequences: bool,
    return_states: bool,
}

#[derive(Clone, Copy, Debug)]
enum Layer {
    Long,
    Gated { reset_after: bool },
    Simple,
}

impl Layer {
    fn gates(self) -> usize {
        match self {
            Self::Long => 4,
            Self::Gated { .. } => 3,
            Self::Simple => 1,
        }
    }

    fn biases(self) -> usize {
        match self {
            Self::Gated { reset_after: true } => 6,
            layer => layer.gates(),
        }
    }

    fn states(self) -> usize {
        match self {
            Self::Long => 2,
            Self::Gated { .. } | Self::Simple => 1,
        }
    }
}

const DEFAULT: [Elementwise; 2] = [Elementwise::Tanh, Elementwise::Sigmoid];

fn value(function: Elementwise, x: Tensor<2>) -> Tensor<2> {
    match function {
        Elementwise::Tanh => x.tanh(),
        Elementwise::Sigmoid => activation::sigmoid(x),
        Elementwise::Relu => plain_relu(x),
        Elementwise::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
        Elementwise::Linear => x,
    }
}

/// The operands of a case.
struct Operands {
    x: Tensor<3>,
    kernel: Tensor<2>,
    recurrent_kernel: Tensor<2>,
    bias: Tensor<1>,
    states: Vec<Tensor<2>>,
    mask: Tensor<2, Bool>,
}

impl Case {
    fn lengths(self) -> Vec<usize> {
        let [samples, steps, features, units] = self.sizes;
        let columns = self.layer.gates() * units;
        let mut lengths = vec![samples * steps * features, features * columns, units * columns];
        lengths.push(self.layer.biases() * units);
        lengths.extend(vec![samples * units; self.layer.states()]);
        lengths
    }

    fn operands(self, leaves: &[Tensor<1>]) -> Operands {
        let [samples, steps, features, units] = self.sizes;
        let columns = self.layer.gates() * units;
        // Small weights, so that no function is flat.
        let mask = numbers(samples * steps, 55).into_iter().map(|number| number > -0.3).collect::<Vec<bool>>();
        let device = leaves[0].device().without_autodiff();
        Operands {
            x: leaves[0].clone().reshape([samples, steps, features]),
            kernel: leaves[1].clone().reshape([features, columns]) * 0.3,
            recurrent_kernel: leaves[2].clone().reshape([units, columns]) * 0.2,
            bias: leaves[3].clone(),
            states: leaves[4..].iter().map(|state| state.clone().reshape([samples, units])).collect(),
            mask: Tensor::from_data(TensorData::new(mask, [samples, steps]), &device),
        }
    }

    /// Outputs and states, one after the other.
    fn listed(self, Passed { outputs, states }: Passed) -> Tensor<1> {
        let [samples, steps, _, units] = self.sizes;
        assert_eq!(outputs.dims(), [samples, if self.return_sequences { steps } else { 1 }, units]);
        assert_eq!(states.len(), if self.return_states { self.layer.states() } else { 0 });
        if states.is_empty() {
            return outputs.flatten(0, 2);
        }
        let states = states.into_iter().map(|state| state.reshape([samples * units]));
        Tensor::cat([outputs.flatten(0, 2)].into_iter().chain(states).collect(), 0)
    }

    fn fast(self, leaves: &[Tensor<1>]) -> Tensor<1> {
        let operands = self.operands(leaves);
        let sequence = Sequence {
            x: &operands.x,
            kernel: &operands.kernel,
            recurrent_kernel: &operands.recurrent_kernel,
            bias: self.bias.then_some(&operands.bias),
            states: if self.states { &operands.states } else { &[] },
            mask: self.masked.then_some(&operands.mask),
            activation: self.functions[0],
            go_backwards: self.go_backwards,
            return_sequences: self.return_sequences,
            return_states: self.return_states,
        };
        let passed = match self.layer {
            Layer::Long => lstm(&sequence, self.functions[1]),
            Layer::Gated { reset_after } => gru(&sequence, self.functions[1], reset_after),
            Layer::Simple => simple_rnn(&sequence),
        };
        self.listed(passed.expect("there is a fast way"))
    }

    fn plain(self, leaves: &[Tensor<1>]) -> Tensor<1> {
        let Operands { x, kernel, recurrent_kernel, bias, mut states, mask } = self.operands(leaves);
        let [samples, steps, features, units] = self.sizes;
        let bias = if self.bias { bias } else { bias.zeros_like() };
        if !self.states {
            states = states.iter().map(Tensor::zeros_like).collect();
        }
        let mut outputs = Vec::new();
        for step in 0..steps {
            let time = if self.go_backwards { steps - 1 - step } else { step };
            let x = x.clone().narrow(1, time, 1).reshape([samples, features]).matmul(kernel.clone());
            let new = self.step(x, &recurrent_kernel, &bias, &states);
            states = if self.masked {
                let counts = mask.clone().narrow(1, time, 1).expand([samples, units]);
                let both = states.into_iter().zip(new);
                both.map(|(old, new)| old.mask_where(counts.clone(), new)).collect()
            } else {
                new
            };
            outputs.push(states[0].clone());
        }
        if !self.return_sequences {
            outputs.drain(..steps - 1);
        }
        let states = if self.return_states { states } else { Vec::new() };
        self.listed(Passed { outputs: Tensor::stack(outputs, 1), states })
    }

    fn step(self, x: Tensor<2>, kernel: &Tensor<2>, bias: &Tensor<1>, states: &[Tensor<2>]) -> Vec<Tensor<2>> {
        let units = self.sizes[3];
        let gate = |gates: &Tensor<2>, at: usize| gates.clone().narrow(1, at * units, units);
        let [activation, recurrent] = self.functions;
        let h = states[0].clone();
        match self.layer {
            Layer::Long => {
                let gates = x + bias.clone().unsqueeze() + h.matmul(kernel.clone());
                let [i, f, o] = [0, 1, 3].map(|at| value(recurrent, gate(&gates, at)));
                let c = f * states[1].clone() + i * value(activation, gate(&gates, 2));
                vec![o * value(activation, c.clone()), c]
            }
            Layer::Gated { reset_after } => {
                let (input, state) = match reset_after {
                    true => (bias.clone().narrow(0, 0, 3 * units), bias.clone().narrow(0, 3 * units, 3 * units)),
                    false => (bias.clone(), bias.clone().zeros_like()),
                };
                let (x, from_h) = (x + input.unsqueeze(), h.clone().matmul(kernel.clone()) + state.unsqueeze());
                let [z, r] = [0, 1].map(|at| value(recurrent, gate(&x, at) + gate(&from_h, at)));
                let renewed = match reset_after {
                    true => r * gate(&from_h, 2),
                    false => (r * h.clone()).matmul(gate(kernel, 2)),
                };
                let n = value(activation, gate(&x, 2) + renewed);
                vec![z.clone() * h + (-z + 1.0) * n]
            }
            Layer::Simple => vec![value(activation, x + bias.clone().unsqueeze() + h.matmul(kernel.clone()))],
        }
    }

    fn check(self) {
        same(&self.lengths(), |leaves| self.fast(leaves), |leaves| self.plain(leaves));
    }
}

fn layers() -> impl Strategy<Value = Layer> {
    prop::sample::select(&LAYERS[..])
}

/// Not relu and the like: near a bend two roundings have different slopes.
fn functions() -> impl Strategy<Value = [Elementwise; 2]> {
    prop_oneof![
        3 => Just(DEFAULT),
        1 => Just([Elementwise::Linear, Elementwise::Sigmoid]),
        1 => Just([Elementwise::Sigmoid, Elementwise::Tanh]),
    ]
}

prop_compose! {
    fn cases()(
        layer in layers(),
        functions in functions(),
        sizes in [1..20_usize, 1..9_usize, 1..40_usize, 1..40_usize],
        [bias, states, masked, go_backwards, return_sequences, return_states] in any::<[bool; 6]>(),
    ) -> Case {
        Case { layer, sizes, functions, bias, states, masked, go_backwards, return_sequences, return_states }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn equals_the_plain_path(case in cases()) {
        case.check();
    }
}

fn case(layer: Layer, sizes: [usize; 4]) -> Case {
    Case {
        layer,
        sizes,
        functions: DEFAULT,
        bias: true,
        states: true,
        masked: true,
        go_backwards: false,
        return_sequences: true,
        return_states: true,
    }
}

const LAYERS: [Layer; 4] =
    [Layer::Long, Layer::Gated { reset_after: true }, Layer::Gated { reset_after: false }, Layer::Simple];

#[test]
fn many_samples_are_split_over_the_threads() {
    for layer in LAYERS {
        for sizes in [[33, 20, 24, 64], [2, 150, 5, 17], [1, 300, 3, 33], [130, 3, 70, 48]] {
            case(layer, sizes).check();
            Case { masked: false, return_sequences: false, ..case(layer, sizes) }.check();
        }
    }
}

/// Burn's own operations can't be asked.
#[test]
fn no_samples_are_no_mistake() {
    for layer in LAYERS {
        let case = Case { return_states: false, ..case(layer, [0, 4, 3, 2]) };
        let device = burn::tensor::Device::flex().autodiff();
        let leaf = |len: usize| Tensor::<1>::zeros([len], &device).require_grad();
        let leaves: Vec<Tensor<1>> = case.lengths().into_iter().map(leaf).collect();
        let gradients = (case.fast(&leaves).sum() + leaves[1].clone().sum()).backward();
        let by_kernel = leaves[1].grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
        assert!(by_kernel.iter().all(|&by| by == 1.0), "{by_kernel:?}");
    }
}

#[test]
fn functions_with_bends_have_their_slopes() {
    for layer in LAYERS {
        for functions in [[Elementwise::Relu, Elementwise::HardSigmoid], [Elementwise::Relu, Elementwise::Sigmoid]] {
            Case { functions, ..case(layer, [3, 4, 5, 6]) }.check();
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for layer in LAYERS {
        let case = case(layer, [2, 5, 3, 4]);
        follows_its_derivative(&case.lengths(), |leaves| case.fast(leaves));
    }
}

#[test]
fn what_does_not_fit_has_no_fast_way() {
    let device = burn::tensor::Device::flex();
    let (x, kernel) = (Tensor::<3>::zeros([2, 3, 4], &device), Tensor::<2>::zeros([4, 20], &device));
    let (recurrent_kernel, states) = (
        Tensor::<2>::zeros([5, 20], &device),
        [Tensor::<2>::zeros([1, 5], &device), Tensor::<2>::zeros([1, 5], &device)],
    );
    let sequence = Sequence {
        x: &x,
        kernel: &kernel,
        recurrent_kernel: &recurrent_kernel,
        bias: None,
        states: &[],
        mask: None,
        activation: Elementwise::Tanh,
        go_backwards: false,
        return_sequences: false,
        return_states: false,
    };
    let fast = |sequence: &Sequence| lstm(sequence, Elementwise::Sigmoid).is_some();
    assert!(fast(&sequence));
    assert!(!fast(&Sequence { states: &states, ..sequence }));
    assert!(!fast(&Sequence { recurrent_kernel: &kernel, ..sequence }));
    assert!(!fast(&Sequence { x: &Tensor::zeros([2, 0, 4], &device), ..sequence }));
}
