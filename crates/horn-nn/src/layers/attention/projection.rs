//! The projections to heads and back.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::linear;

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::weight::WeightSpec;
use crate::layers::attention::options::Options;

/// A product over the kernel's first axes, all but those of the bias: `[d, heads, width]` takes a vector of `d` to the
/// heads, `[heads, width, d]` takes the heads back.
#[derive(Module, Debug)]
pub(crate) struct Projection<const K: usize, const B: usize> {
    kernel: Param<Tensor<K>>,
    bias: Option<Param<Tensor<B>>>,
}

impl<const K: usize, const B: usize> Projection<K, B> {
    /// Makes the weights, under the name of the projection; Keras's files keep them in the group.
    pub fn build(
        name: &str,
        group: &str,
        sizes: [usize; K],
        options: &Options,
        build: &mut LayerBuilder,
    ) -> Result<Self> {
        let axes: Vec<isize> = (0..K as isize).collect();
        let (inputs, outputs) = axes.split_at(K - B);
        let initializer = options.kernel_initializer.for_axes(inputs, outputs);
        let kernel = WeightSpec {
            initializer: &initializer,
            regularizer: options.kernel_regularizer.as_ref(),
            constraint: options.kernel_constraint.as_ref(),
        };
        let bias = WeightSpec {
            initializer: &options.bias_initializer,
            regularizer: options.bias_regularizer.as_ref(),
            constraint: options.bias_constraint.as_ref(),
        };
        let outputs: [usize; B] = std::array::from_fn(|axis| sizes[K - B + axis]);
        build.within_group(name, group, |build| {
            let kernel = build.add_weight("kernel", sizes, kernel)?;
            let bias = options.use_bias.then(|| build.add_weight("bias", outputs, bias)).transpose()?;
            Ok(Self { kernel, bias })
        })
    }

    /// `[rows, inputs]` to `[rows, outputs]`, as one product.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        let sizes = self.kernel.dims();
        let outputs = sizes[K - B..].iter().product();
        let kernel = self.kernel.val().reshape([rows.dims()[1], outputs]);
        linear(rows, kernel, self.bias.as_ref().map(|bias| bias.val().reshape([outputs])))
    }

    /// The sizes of the first axes.
    pub fn inputs(&self) -> Vec<usize> {
        self.kernel.dims()[..K - B].to_vec()
    }

    /// The sizes of the last axes.
    pub fn outputs(&self) -> Vec<usize> {
        self.kernel.dims()[K - B..].to_vec()
    }
}
