//! `GlobalMaxPooling` and `GlobalAveragePooling` in one, two and three dimensions: one value for each channel.

use burn::module::Module;
use horn_kernels::Pool;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;
use crate::windows::layout::Axes;
use crate::windows::pooling::slide_channels_last;
use crate::windows::window::Window;

/// Defines the global pooling over `n` spatial axes.
macro_rules! global_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $n:literal, $pool:ident $(, $masking:ident $mask:ident)?) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            data_format: DataFormat,
            keepdims: bool,
        }

        #[doc = concat!("`keras.layers.", $name, "()`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class() -> $class {
            $class::new()
        }

        impl $class {
            /// The layer.
            pub fn new() -> Self {
                Self::default()
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// Sets the position of the channels; [`DataFormat::ChannelsLast`] by default.
            data_format: DataFormat,
            /// Sets whether the axes are kept, with size 1; `false` by default.
            keepdims: bool,
        });

        impl Layer for $class {
            described!(
                $name $(, $masking)?;
                built_for: BuiltFor::Nothing, independent_samples: true $(, mask_argument: MaskArgument::$mask)?
            );

            fn output_mask(&self) -> OutputMask {
                OutputMask::None
            }

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let Axes { batch, channels, spatial } = self.data_format.split(input, $n)?;
                if spatial.contains(&Some(0)) {
                    return Err(Error::shape("there is nothing to pool")
                        .received(input)
                        .expected("sizes of at least 1")
                        .hint("give the layer more timesteps, or a larger image"));
                }
                let spatial = if self.keepdims { vec![Some(1); $n] } else { Vec::new() };
                Ok(self.data_format.join(Axes { batch, channels, spatial }))
            }

            fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(GlobalModule {
                    pool: Pool::$pool,
                    data_format: self.data_format,
                    keepdims: self.keepdims,
                }))
            }
        }
    };
}

global_layer! {
    /// The largest value of each channel of a sequence.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, channels]` with `keepdims`
    ///
    /// ```
    /// use horn::layers::GlobalMaxPooling1D;
    ///
    /// let layer = GlobalMaxPooling1D();
    /// ```
    GlobalMaxPooling1D, "GlobalMaxPooling1D", 1, Max
}

global_layer! {
    /// The largest value of each channel of an image.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, 1, channels]` with `keepdims`
    GlobalMaxPooling2D, "GlobalMaxPooling2D", 2, Max
}

global_layer! {
    /// The largest value of each channel of a volume.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, 1, 1, channels]` with `keepdims`
    GlobalMaxPooling3D, "GlobalMaxPooling3D", 3, Max
}

global_layer! {
    /// The mean of each channel of a sequence.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, timesteps, channels]`; `timesteps` may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, channels]` with `keepdims`
    ///
    /// # Masks
    ///
    /// Masked timesteps do not count. The output has no mask.
    GlobalAveragePooling1D, "GlobalAveragePooling1D", 1, Average, masking Steps
}

global_layer! {
    /// The mean of each channel of an image.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`; height and width may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, 1, channels]` with `keepdims`
    ///
    /// ```
    /// use horn::layers::GlobalAveragePooling2D;
    /// use horn::{Layer, Shape};
    ///
    /// let shape = GlobalAveragePooling2D().output_shape(&Shape::batched([7, 7, 1280]))?;
    /// assert_eq!(shape, Shape::batched([1280]));
    /// # Ok::<(), horn::Error>(())
    /// ```
    GlobalAveragePooling2D, "GlobalAveragePooling2D", 2, Average
}

global_layer! {
    /// The mean of each channel of a volume.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`; all but the channels may be unknown
    /// - output: `[batch, channels]`, or `[batch, 1, 1, 1, channels]` with `keepdims`
    GlobalAveragePooling3D, "GlobalAveragePooling3D", 3, Average
}

#[derive(Module, Debug)]
struct GlobalModule {
    #[module(skip)]
    pool: Pool,
    #[module(skip)]
    data_format: DataFormat,
    keepdims: bool,
}

impl GlobalModule {
    /// Pools `[batch, …, channels]`, where the backend has a fast way: the window is the whole image.
    fn pool_channels_last(&self, x: &AnyTensor) -> Result<Option<AnyTensor>> {
        let sizes = x.sizes();
        let spatial = &sizes[1..sizes.len() - 1];
        if spatial.contains(&0) {
            return Ok(None);
        }
        let Some(y) = slide_channels_last(x, self.pool, &Window::of_all(spatial))? else {
            return Ok(None);
        };
        if self.keepdims { Ok(Some(y)) } else { y.reshape(&[sizes[0], sizes[sizes.len() - 1]]).map(Some) }
    }

    /// Pools `[batch, channels, …]`; the mask is for timesteps.
    fn pool(&self, x: AnyTensor, mask: Option<AnyTensor>) -> Result<AnyTensor> {
        let sizes = x.sizes();
        let (ends, spatial) = sizes.split_at(2);
        let x = x.reshape(&[ends[0], ends[1], spatial.iter().product()])?.float::<3>()?;
        let y = match (self.pool, mask) {
            (Pool::Max, _) => x.max_dim(2),
            (Pool::Average, None) => x.mean_dim(2),
            (Pool::Average, Some(mask)) => {
                let mask = mask.bool::<2>()?;
                let [samples, _, steps] = x.dims();
                if mask.dims() != [samples, steps] {
                    // With the channels first, the steps are along another axis than those of the layers before.
                    return Err(Error::shape("the mask does not fit the steps")
                        .received(format!("a mask of {}", shape::sizes(&mask.dims())))
                        .expected(shape::sizes(&[samples, steps]))
                        .hint("pool with the channels last, or without a mask"));
                }
                let mask = mask.unsqueeze_dim::<3>(1);
                let counts = mask.clone().float().sum_dim(2);
                let kept = x.clone().mask_fill(mask.bool_not().expand(x.dims()), 0.0);
                kept.sum_dim(2) / counts
            }
        };
        let kept = if self.keepdims { vec![1; spatial.len()] } else { Vec::new() };
        let y = AnyTensor::from(y).reshape(&[ends, &kept].concat())?;
        if self.keepdims { self.data_format.channels_first_to_own(y) } else { Ok(y) }
    }
}

impl Forward for GlobalModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let mask = input.mask().cloned();
        let x = input.value()?;
        if mask.is_none()
            && self.data_format == DataFormat::ChannelsLast
            && let Some(y) = self.pool_channels_last(&x)?
        {
            return Ok(vec![y.into()]);
        }
        Ok(vec![self.pool(self.data_format.to_channels_first(x)?, mask)?.into()])
    }
}
