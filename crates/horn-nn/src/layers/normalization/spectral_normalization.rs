//! `SpectralNormalization`: normalizes the kernel of a layer to the spectral norm 1.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::normal::TruncatedNormal;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layer::state::State;
use crate::layer::weight::Weight;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::nested::Nested;
use crate::layers::normalization::kernel_first::KernelFirst;
use crate::tensor::shape::Shape;

/// In training, divides the kernel of a layer by its largest singular value `σ`, which a power iteration estimates:
/// `v = u · Wᵀ / ‖u · Wᵀ‖`, `u = v · W / ‖v · W‖`, `σ = v · W · uᵀ`.
///
/// The vector `u` is kept between steps. As in Keras on JAX, the optimizer updates the kernel before the division, and
/// inference uses the kernel without the division.
///
/// # Shapes
///
/// - input and output: those of the wrapped layer
/// - weights: those of the wrapped layer, and vector_u `[1, units]` after its kernel
///
/// Source: Miyato et al., [Spectral Normalization](https://arxiv.org/abs/1802.05957), 2018.
///
/// ```
/// use horn::layers::{Dense, SpectralNormalization};
///
/// let layer = SpectralNormalization(Dense(4)).power_iterations(2);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpectralNormalization {
    #[serde(flatten)]
    common: Common,
    layer: Nested,
    power_iterations: usize,
}

/// `keras.layers.SpectralNormalization(layer)`. See [`SpectralNormalization`](struct@SpectralNormalization).
#[allow(non_snake_case)]
pub fn SpectralNormalization(layer: impl Into<Nested>) -> SpectralNormalization {
    SpectralNormalization::new(layer)
}

impl SpectralNormalization {
    /// Wraps a layer with a `kernel` or `embeddings`.
    pub fn new(layer: impl Into<Nested>) -> Self {
        Self { common: Common::default(), layer: layer.into(), power_iterations: 1 }
    }
}

common_arguments!(SpectralNormalization);

arguments!(SpectralNormalization {
    /// Sets the number of power iterations at each call; 1 by default.
    power_iterations: usize,
});

impl Layer for SpectralNormalization {
    described!("SpectralNormalization"; recorded_mode: Some(Mode::Inference));
    crate::many_inputs!();

    fn parts(&self) -> Vec<Part> {
        vec![self.layer.part("layer", PartInput::Whole)]
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if self.power_iterations == 0 {
            return Err(Error::argument("there must be at least one power iteration")
                .received("power_iterations = 0")
                .expected("at least 1")
                .hint("leave power_iterations out for the default"));
        }
        self.layer.output_shapes(inputs)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let mut apart = build.apart();
        let layer = self.layer.build("layer", inputs, &mut apart)?;
        let mut weights = apart.into_weights().into_iter();
        let kernel =
            weights.next().filter(|weight| weight.name.ends_with("/kernel") || weight.name.ends_with("/embeddings"));
        let kernel = kernel.ok_or_else(|| {
            Error::argument("the layer has no kernel to normalize")
                .received(self.layer.layer().class_name())
                .expected("a layer whose first weight is its kernel or its embeddings")
                .hint("wrap a layer such as `Dense`, `Conv2D` or `Embedding`")
        })?;
        let units = kernel.sizes.last().copied().unwrap_or(1);
        build.adopt([Weight { also_in: Some(String::new()), ..kernel }]);
        let start = TruncatedNormal::new().stddev(0.02);
        let vector_u = build.add_state("vector_u", [1, units], &start.into())?;
        build.adopt(weights);
        let layer = KernelFirst { layer, next: vector_u };
        Ok(BuiltLayer::new(SpectralNormalizationModule { layer, power_iterations: self.power_iterations }))
    }
}

#[derive(Module, Debug)]
struct SpectralNormalizationModule {
    layer: KernelFirst,
    power_iterations: usize,
}

impl Forward for SpectralNormalizationModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let KernelFirst { layer, next } = &self.layer;
        if !call.is_training() {
            return layer.call(inputs, call);
        }
        let mut normalizer = Normalizer { vector: Some(next), iterations: self.power_iterations };
        layer.clone().map(&mut normalizer).call(inputs, call)
    }
}

/// Replaces the first weight that it visits by the normalized one.
struct Normalizer<'a> {
    vector: Option<&'a State<2>>,
    iterations: usize,
}

impl ModuleMapper for Normalizer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.vector.take() {
            Some(vector) => Param::initialized(param.id, normalized(param.val(), vector, self.iterations)),
            None => param,
        }
    }
}

/// The kernel divided by its spectral norm. A kernel of zeros is not changed, and neither is the vector.
fn normalized<const D: usize>(kernel: Tensor<D>, vector: &State<2>, iterations: usize) -> Tensor<D> {
    let old = vector.get();
    let matrix = kernel.clone().reshape([-1, old.dims()[1] as i64]);
    let fixed = matrix.clone().without_autodiff();
    let zero = fixed.clone().abs().max().equal_elem(0.0);
    let mut u = old.clone();
    let mut v = None;
    for _ in 0..iterations {
        let next = unit(u.matmul(fixed.clone().transpose()));
        u = unit(next.clone().matmul(fixed.clone()));
        v = Some(next);
    }
    let Some(v) = v else { return kernel };
    vector.set(u.clone().mask_where(zero.clone().unsqueeze::<2>().expand(u.dims()), old));
    let norm = v.matmul(matrix).matmul(u.transpose());
    let norm = norm.mask_fill(zero.unsqueeze::<2>(), 1.0);
    kernel / norm.reshape([1; D])
}

/// The vector divided by its norm.
fn unit(vector: Tensor<2>) -> Tensor<2> {
    let length = vector.clone().square().sum().sqrt();
    vector * length.recip().clamp_max(1e7).unsqueeze()
}
