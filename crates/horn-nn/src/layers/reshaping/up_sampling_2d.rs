//! `UpSampling2D`: enlarges images by whole factors.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::arguments::or_default::OrDefault;
use crate::arguments::sizes::Sizes;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::reading::reads_keras_2;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::reshaping::repeat::{enlarged, repeat};
use crate::layers::resize::resize_axis;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::along_space;

/// Enlarges images by whole factors, with repeated or interpolated pixels.
///
/// Pixels are squares: the centre of the first one is half a pixel from the edge, in the small and in the large image.
///
/// # Shapes
///
/// - input: `[batch, height, width, channels]`
/// - output: `[batch, height · size, width · size, channels]`
///
/// ```
/// use horn::layers::{Interpolation, UpSampling2D};
/// use horn::{Layer, Shape};
///
/// let layer = UpSampling2D((2, 3)).interpolation(Interpolation::Bilinear);
/// assert_eq!(layer.output_shape(&Shape::batched([7, 7, 64]))?.to_string(), "(None, 14, 21, 64)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpSampling2D {
    #[serde(flatten)]
    common: Common,
    size: Sizes<2>,
    data_format: DataFormat,
    interpolation: Interpolation,
    /// Are the weights of a cubic convolution those of TensorFlow's table?
    #[serde(skip, default = "reads_keras_2")]
    in_steps: bool,
}

/// `keras.layers.UpSampling2D(size)`; `()` for a size of 2. See [`UpSampling2D`](struct@UpSampling2D).
#[allow(non_snake_case)]
pub fn UpSampling2D(size: impl Into<OrDefault<Sizes<2>>>) -> UpSampling2D {
    UpSampling2D::new(size)
}

impl UpSampling2D {
    /// A layer that enlarges height and width by these factors, 2 by default, by repeating pixels.
    pub fn new(size: impl Into<OrDefault<Sizes<2>>>) -> Self {
        Self {
            common: Common::default(),
            size: size.into().unwrap_or(2),
            data_format: DataFormat::default(),
            interpolation: Interpolation::default(),
            in_steps: false,
        }
    }
}

impl Default for UpSampling2D {
    fn default() -> Self {
        Self::new(())
    }
}

common_arguments!(UpSampling2D);

arguments!(UpSampling2D {
    /// Sets the factors for height and width; 2 by default.
    size: impl Into<Sizes<2>>,
    /// Sets the position of the channels; the last axis by default.
    data_format: DataFormat,
    /// Sets the interpolation; [`Interpolation::Nearest`] by default.
    interpolation: Interpolation,
});

impl Layer for UpSampling2D {
    described!("UpSampling2D"; independent_samples: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        enlarged(&self.size.to_array(), input, self.data_format)
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let first_axis = self.data_format.first_spatial_axis();
        Ok(BuiltLayer::new(UpSamplingModule {
            factors: self.size.to_array(),
            first_axis,
            interpolation: self.interpolation,
            in_steps: self.in_steps,
        }))
    }
}

#[derive(Module, Debug)]
struct UpSamplingModule {
    #[module(skip)]
    factors: [usize; 2],
    first_axis: usize,
    #[module(skip)]
    interpolation: Interpolation,
    in_steps: bool,
}

impl Forward for UpSamplingModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let sizes = inputs.first().map(Signal::sizes).unwrap_or_default();
        if self.interpolation == Interpolation::Nearest {
            return 0;
        }
        // A matrix for each axis, with some others of its size from which it is computed.
        let matrix = |(&size, factor): (&usize, usize)| memory::values(&[size, size, factor, 6]);
        sizes.iter().skip(self.first_axis).zip(self.factors).map(matrix).fold(0, u64::saturating_add)
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let enlarge = |x: AnyTensor, (axis, factor)| match self.interpolation {
            Interpolation::Nearest => repeat(x, axis, factor),
            interpolation => {
                let size = x.sizes()[axis] * factor;
                resize_axis(x, axis, size, interpolation, self.in_steps)
            }
        };
        along_space(input, self.first_axis, |x, first_axis| (first_axis..).zip(self.factors).try_fold(x, enlarge))
    }
}
