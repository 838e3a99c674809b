//! The dropout of recurrent cells.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::random::seed_generator::SeedGenerator;

/// What a cell drops of its input and of its state. It is drawn once for a sequence, and the same in all its steps.
#[derive(Module, Debug)]
pub(crate) struct Noise {
    dropout: f64,
    recurrent_dropout: f64,
    /// How many masks are drawn of either kind: one, or one for each gate.
    masks: usize,
    /// Does the cell drop all where a rate is 1? Keras's cells with gates drop nothing then.
    drops_all: bool,
    /// Does the cell draw outside of training, too, when it is called alone?
    always_draws: bool,
    seed: SeedGenerator,
}

impl Noise {
    /// For a cell of one gate.
    pub fn of_one(dropout: f64, recurrent_dropout: f64, seed: SeedGenerator) -> Self {
        Self { dropout, recurrent_dropout, masks: 1, drops_all: true, always_draws: true, seed }
    }

    /// For a cell of several gates; each has its own noise where the state is dropped.
    pub fn of_gates(gates: usize, dropout: f64, recurrent_dropout: f64, seed: SeedGenerator) -> Self {
        let masks = if recurrent_dropout == 0.0 { 1 } else { gates };
        Self::of_each_gate(masks, dropout, recurrent_dropout, seed)
    }

    /// For a cell of several gates, each of which always has its own noise.
    pub fn of_each_gate(masks: usize, dropout: f64, recurrent_dropout: f64, seed: SeedGenerator) -> Self {
        Self { dropout, recurrent_dropout, masks, drops_all: false, always_draws: false, seed }
    }

    /// Is the state dropped in training? If it is not, there is one mask of the input at most.
    pub fn drops_state(&self) -> bool {
        self.recurrent_dropout != 0.0
    }

    /// Draws for a sequence: the masks of the input, and those of the state; none where nothing is dropped.
    pub fn draw<const D: usize>(
        &self,
        input: [usize; D],
        state: [usize; D],
        device: &Device,
        pass: Pass,
    ) -> (Vec<Tensor<D>>, Vec<Tensor<D>>) {
        (self.masks(self.dropout, input, device, pass), self.masks(self.recurrent_dropout, state, device, pass))
    }

    fn masks<const D: usize>(&self, rate: f64, sizes: [usize; D], device: &Device, pass: Pass) -> Vec<Tensor<D>> {
        if rate == 0.0 {
            return Vec::new();
        }
        let acts = rate < 1.0 || self.drops_all;
        if !pass.training || !acts {
            // Keras draws all the same, and so the next draw is another.
            if pass.training || !pass.alone || self.always_draws {
                self.seed.skip(self.masks as u32);
            }
            return Vec::new();
        }
        let keep = 1.0 - rate;
        let draw = |_| {
            let kept = self.seed.bernoulli(sizes, keep, device);
            if rate < 1.0 { kept / keep } else { kept }
        };
        (0..self.masks).map(draw).collect()
    }
}

/// How a cell is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass {
    pub training: bool,
    /// By itself, and not by a recurrent layer.
    pub alone: bool,
}
