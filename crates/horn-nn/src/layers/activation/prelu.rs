//! `PReLU`: a rectifier with a trainable slope.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::activations::functions;
use crate::arguments::options::Axes;
use crate::by_rank;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::layer::any_weight::AnyWeight;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, common_arguments, described, weight_arguments};
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::value_by_value;

/// `f(x) = x` where `x > 0`, and `alpha · x` elsewhere, with a trainable `alpha` for each value of a sample (He et al.,
/// 2015).
///
/// # Shapes
///
/// - input: any; the sizes of a sample must be known, except for shared axes
/// - output: as the input
/// - weight: alpha, of the shape of a sample, 1 along the shared axes
///
/// ```
/// use horn::layers::PReLU;
///
/// // One slope for each channel of an image.
/// let layer = PReLU().shared_axes([1, 2]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PReLU {
    #[serde(flatten)]
    common: Common,
    alpha_initializer: Initializer,
    alpha_regularizer: Option<Regularizer>,
    alpha_constraint: Option<Constraint>,
    shared_axes: Option<Axes>,
}

/// `keras.layers.PReLU()`. See [`PReLU`](struct@PReLU).
#[allow(non_snake_case)]
pub fn PReLU() -> PReLU {
    PReLU::new()
}

impl PReLU {
    /// A layer with a slope for each value of a sample, initially 0.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            alpha_initializer: Zeros::new().into(),
            alpha_regularizer: None,
            alpha_constraint: None,
            shared_axes: None,
        }
    }

    /// Sets the axes along which the slope is shared, where the batch axis is 0; none by default.
    ///
    /// Prefer positive axes: as in Keras, −1 means the last axis but one.
    #[must_use]
    pub fn shared_axes(mut self, axes: impl Into<Axes>) -> Self {
        self.shared_axes = Some(Axes::Several(axes.into().as_ref().to_vec()));
        self
    }

    fn sizes(&self, input: &Shape) -> Result<Vec<usize>> {
        let misfit = || {
            Error::shape("the shape of the slopes can't be determined")
                .received(format!("{input} with shared_axes {:?}", self.shared_axes.iter().collect::<Vec<_>>()))
                .expected("an input with axes besides the batch axis, and known sizes of those that are not shared")
                .hint("share the axes of unknown size, or give `Input` the sizes of all axes")
        };
        let mut sizes = input.sample().to_vec();
        for &axis in self.shared_axes.iter().flat_map(|axes| axes.as_ref()) {
            let place = if axis > 0 { Some(axis as usize - 1) } else { sizes.len().checked_add_signed(axis - 1) };
            *place.and_then(|place| sizes.get_mut(place)).ok_or_else(misfit)? = Some(1);
        }
        match sizes.into_iter().collect::<Option<Vec<_>>>() {
            Some(sizes) if !sizes.is_empty() => Ok(sizes),
            _ => Err(misfit()),
        }
    }
}

impl Default for PReLU {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(PReLU);

weight_arguments!(PReLU, "slope", alpha: alpha_initializer = "Zeros", alpha_regularizer, alpha_constraint);

impl Layer for PReLU {
    described!("PReLU", masking; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.sizes(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let alpha = AnyWeight::new(build, "alpha", &self.sizes(input)?, self.alpha())?;
        Ok(BuiltLayer::new(PReLUModule { alpha }))
    }
}

#[derive(Module, Debug)]
struct PReLUModule {
    alpha: AnyWeight,
}

impl Forward for PReLUModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let alpha = self.alpha.with_rank(input.rank())?;
        value_by_value([input, alpha], |[x, alpha]| {
            by_rank!(x, |x| {
                let alpha = alpha.float()?;
                Ok(AnyTensor::from(functions::relu(x.clone()) - alpha * functions::relu(x.neg())))
            })?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initializers::constant::Constant;
    use crate::layers::check::infer;

    #[test]
    fn learns_the_slope_below_zero() {
        let layer = PReLU().alpha_initializer(Constant::new(0.5)).shared_axes(1);
        assert_eq!(infer(layer, &[-2.0, 3.0], &[1, 2]).unwrap().1, [-1.0, 3.0]);
    }

    #[test]
    fn slopes_need_a_shape() {
        assert!(PReLU().output_shape(&Shape::batched([])).unwrap_err().is_shape());
        assert!(PReLU().shared_axes(3).output_shape(&Shape::batched([4, 4])).unwrap_err().is_shape());
        let unknown = Shape::new([None, None, Some(4)]);
        assert!(PReLU().output_shape(&unknown).unwrap_err().is_shape());
        assert!(PReLU().shared_axes([1]).output_shape(&unknown).is_ok());
    }
}
