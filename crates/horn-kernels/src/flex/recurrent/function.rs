//! Functions of single numbers, and their slopes.

use crate::types::sequence::Elementwise;

use crate::flex::math;
use crate::flex::simd::vectorize;

impl Elementwise {
    #[inline(always)]
    pub(super) fn value(self, x: f32) -> f32 {
        match self {
            Self::Tanh => math::tanh(x),
            Self::Sigmoid => math::sigmoid(x),
            Self::Relu => x.max(0.0),
            Self::HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Linear => x,
        }
    }

    /// The slope where the function has this value. Where it has a bend it is 0, as in JAX.
    #[inline(always)]
    pub(super) fn slope(self, y: f32) -> f32 {
        match self {
            Self::Tanh => y.mul_add(-y, 1.0),
            Self::Sigmoid => y * (1.0 - y),
            Self::Relu => f32::from(y > 0.0),
            Self::HardSigmoid => {
                if y > 0.0 && y < 1.0 {
                    1.0 / 6.0
                } else {
                    0.0
                }
            }
            Self::Linear => 1.0,
        }
    }
}

/// The functions of a cell: of the new state, and of the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Functions {
    pub activation: Elementwise,
    pub recurrent: Elementwise,
}

impl Functions {
    /// Keras's own.
    const DEFAULT: Self = Self { activation: Elementwise::Tanh, recurrent: Elementwise::Sigmoid };

    /// Runs a loop with these functions and the best instruction set. Keras's own get code of their own.
    #[inline(always)]
    pub(super) fn vectorize(self, mut run: impl FnMut(Self)) {
        if self == Self::DEFAULT {
            vectorize(
                #[inline(always)]
                || run(Self::DEFAULT),
            );
        } else {
            vectorize(
                #[inline(always)]
                || run(self),
            );
        }
    }
}
