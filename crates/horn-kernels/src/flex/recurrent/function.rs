//! Functions of single numbers, and their slopes.

use crate::recurrent::Elementwise;

use super::super::math;

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
