//! A dense layer with its weights.

use burn::tensor::Tensor;

/// A dense layer of a [stack](crate::dense_stack): `relu?(x · kernel + bias)`.
#[derive(Clone, Debug)]
pub struct DenseLayer {
    /// `[features, units]`
    pub kernel: Tensor<2>,
    /// `[units]`
    pub bias: Tensor<1>,
    /// Whether relu is applied to the sum.
    pub relu: bool,
}

impl DenseLayer {
    /// The most layers of a stack.
    pub const MAX_LAYERS: usize = 4;

    /// Is the kernel so small that each thread can keep all of it in its cache? A larger one is better split over the threads
    /// itself, by [`dense`](crate::dense).
    pub fn is_small(&self) -> bool {
        self.kernel.dims().iter().product::<usize>() <= 1 << 18
    }
}
