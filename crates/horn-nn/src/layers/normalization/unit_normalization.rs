//! `UnitNormalization`: normalizes each sample to norm 1.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::constraints::axes::Axes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::axes::{places, sums};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `x / √Σx²`, with the sum over one axis or several of each sample. Zeros are not changed.
///
/// # Shapes
///
/// - input: any; the last axis is normalized, or `axis`
/// - output: as the input
///
/// ```
/// use horn::layers::UnitNormalization;
///
/// let layer = UnitNormalization().axis([1, 2]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitNormalization {
    #[serde(flatten)]
    common: Common,
    axis: Axes,
}

/// `keras.layers.UnitNormalization()`. See [`UnitNormalization`](struct@UnitNormalization).
#[allow(non_snake_case)]
pub fn UnitNormalization() -> UnitNormalization {
    UnitNormalization::new()
}

impl UnitNormalization {
    /// A layer over the last axis.
    pub fn new() -> Self {
        Self { common: Common::default(), axis: Axes::One(-1) }
    }
}

impl Default for UnitNormalization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(UnitNormalization);

arguments!(UnitNormalization {
    /// Sets the axes that are normalized, where the batch axis is 0; the last axis by default.
    axis: impl Into<Axes>,
});

impl Layer for UnitNormalization {
    described!("UnitNormalization", masking; built_for: BuiltFor::Nothing, independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        places(&self.axis, input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(UnitNormalizationModule { axes: places(&self.axis, input)? }))
    }
}

#[derive(Module, Debug)]
struct UnitNormalizationModule {
    #[module(skip)]
    axes: Vec<usize>,
}

/// The largest factor, which applies to vectors of almost only zeros.
const LARGEST: f64 = 1e12;

impl Forward for UnitNormalizationModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            let squares = sums(x.clone().square(), self.axes.iter().copied());
            // A sum of 10⁻²⁴ has the largest factor; clamping the sum there keeps the gradient finite.
            (x * squares.clamp_min(LARGEST.powi(-2)).sqrt().recip()).into()
        })
    }
}
