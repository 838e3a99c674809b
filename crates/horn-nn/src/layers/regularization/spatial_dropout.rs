//! `SpatialDropout1D`, `2D` and `3D`: dropout of whole channels.

use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::regularization::dropout::DropoutModule;
use crate::layers::regularization::noise::{check_rate, noise_arguments};
use crate::tensor::shape::Shape;

/// Makes the layer for an input of so many axes; with `data_format` the channels can come first.
macro_rules! spatial_dropout {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $rank:literal $(, $data_format:ident)?) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            rate: f64,
            seed: Option<u64>,
            $($data_format: DataFormat,)?
        }

        #[doc = concat!("`keras.layers.", $name, "(rate)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(rate: f64) -> $class {
            $class::new(rate)
        }

        impl $class {
            /// A layer that drops the fraction `rate` of the channels, 0 to 1.
            pub fn new(rate: f64) -> Self {
                Self { common: Common::default(), rate, seed: None $(, $data_format: DataFormat::default())? }
            }

            $(
                /// Where the channels are; last by default.
                #[must_use]
                pub fn $data_format(mut self, $data_format: DataFormat) -> Self {
                    self.$data_format = $data_format;
                    self
                }
            )?
        }

        common_arguments!($class);
        noise_arguments!($class);

        impl Layer for $class {
            described!($name, masking, bare; recorded_mode: Some(Mode::Inference), built_for: BuiltFor::Nothing);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                check_rate("rate", self.rate)?;
                check_rank(input, $rank)?;
                Ok(input.clone())
            }

            fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                #[allow(unused_mut, unused_assignments)]
                let mut channels = $rank - 1;
                $(if self.$data_format == DataFormat::ChannelsFirst {
                    channels = 1;
                })?
                let noise = (0..$rank).map(|axis| if axis == 0 || axis == channels { None } else { Some(1) });
                Ok(BuiltLayer::new(DropoutModule::new(self.rate, Some(noise.collect()), self.seed, build)?))
            }
        }
    };
}

spatial_dropout! {
    /// While training, sets a fraction `rate` of the channels to zero, at all steps alike, and divides the others by
    /// `1 − rate`. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, steps, channels]`
    /// - output: as the input
    ///
    /// Source: Tompson et al., [Efficient Object Localization](https://arxiv.org/abs/1411.4280), 2014.
    ///
    /// ```
    /// use horn::layers::SpatialDropout1D;
    ///
    /// let layer = SpatialDropout1D(0.2).seed(1);
    /// ```
    SpatialDropout1D, "SpatialDropout1D", 3
}

spatial_dropout! {
    /// While training, sets a fraction `rate` of the channels of an image to zero, at all places alike, and divides the
    /// others by `1 − rate`. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels first
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::SpatialDropout2D;
    ///
    /// let layer = SpatialDropout2D(0.2);
    /// ```
    SpatialDropout2D, "SpatialDropout2D", 4, data_format
}

spatial_dropout! {
    /// While training, sets a fraction `rate` of the channels of a volume to zero, at all places alike, and divides the
    /// others by `1 − rate`. Does nothing otherwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, depth, height, width, channels]`, or with the channels first
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::SpatialDropout3D;
    ///
    /// let layer = SpatialDropout3D(0.2);
    /// ```
    SpatialDropout3D, "SpatialDropout3D", 5, data_format
}

fn check_rank(input: &Shape, rank: usize) -> Result<()> {
    if input.rank() == rank {
        return Ok(());
    }
    Err(Error::shape("the layer takes an input of another rank")
        .received(input)
        .expected(format!("{rank} axes"))
        .hint("use the layer for this rank, or `Dropout` with a noise shape"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;
    use crate::layers::check::{infer, run};

    #[test]
    fn drops_channels_as_a_whole() {
        let (_, y) = run(SpatialDropout1D(0.5), &[1.0; 400], &[10, 4, 10], Mode::Training).unwrap();
        for sample in y.chunks(40) {
            assert!((0..10).all(|channel| (0..4).all(|step| sample[step * 10 + channel] == sample[channel])));
        }
        assert!(y.contains(&0.0) && y.contains(&2.0));
    }

    #[test]
    fn other_ranks_are_errors() {
        assert!(infer(SpatialDropout2D(0.5), &[1.0; 4], &[1, 2, 2]).unwrap_err().is_shape());
        assert!(infer(SpatialDropout2D(-0.5), &[1.0; 4], &[1, 1, 2, 2]).unwrap_err().is_argument());
    }
}
