//! The layers that change each image by an amount that is drawn from their `factor`.

/// Makes such a layer: its description with Keras's arguments, its checks and its building. After the name come the bounds
/// of the factor; a single number for it does not reach below the first. `impl Augment` says what is drawn and changed.
///
/// ```text
/// random_change! {
///     /// While training, changes images.
///     RandomHue(factor), "RandomHue", 0 to 1
/// }
/// ```
///
/// With `RandomInvert(factor = 1.0)` the factor is an optional argument, and 1 by default. At the end, `, written by
/// "function"` names a function that `serde` writes the factor with.
macro_rules! random_change {
    ($(#[$doc:meta])+ $class:ident(factor), $name:literal, $least:literal to $most:literal $(, written by $with:literal)?) => {
        $crate::layers::augmentation::random_change::random_change! {
            @description $(#[$doc])+ $class, $name, $least to $most $(, $with)?
        }

        #[doc = concat!("`keras.layers.", $name, "(factor)`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class(factor: impl Into<$crate::layers::augmentation::factor::Factor>) -> $class {
            $class::new(factor)
        }

        impl $class {
            /// The layer with Keras's defaults.
            pub fn new(factor: impl Into<$crate::layers::augmentation::factor::Factor>) -> Self {
                Self::of(factor.into())
            }
        }
    };
    ($(#[$doc:meta])+ $class:ident(factor = $default:literal), $name:literal, $least:literal to $most:literal) => {
        $crate::layers::augmentation::random_change::random_change! {
            @description $(#[$doc])+ $class, $name, $least to $most
        }

        #[doc = concat!("`keras.layers.", $name, "()`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class() -> $class {
            $class::new()
        }

        impl $class {
            /// The layer with Keras's defaults.
            pub fn new() -> Self {
                Self::of($default.into())
            }

            #[doc = concat!("The factor; ", $default, " by default.")]
            #[must_use]
            pub fn factor(mut self, factor: impl Into<$crate::layers::augmentation::factor::Factor>) -> Self {
                self.factor = factor.into().into();
                self
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    (@description $(#[$doc:meta])+ $class:ident, $name:literal, $least:literal to $most:literal $(, $with:literal)?) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: $crate::layers::common::Common,
            $(#[serde(serialize_with = $with)])?
            factor: $crate::layers::augmentation::factor::Spread<$least>,
            value_range: [f64; 2],
            seed: Option<u64>,
            data_format: $crate::arguments::options::DataFormat,
        }

        impl $class {
            fn of(factor: $crate::layers::augmentation::factor::Factor) -> Self {
                Self {
                    common: Default::default(),
                    factor: factor.into(),
                    value_range: $crate::images::pixels::BYTES,
                    seed: None,
                    data_format: Default::default(),
                }
            }
        }

        $crate::layers::common::common_arguments!($class);

        $crate::layers::common::arguments!($class {
            /// Seeds the change; by default the seed is drawn when the model is built.
            seed: u64,
            /// The least and the largest value of a pixel; 0 and 255 by default.
            value_range: [f64; 2],
            /// Where the channels are; the last axis by default.
            data_format: $crate::arguments::options::DataFormat,
        });

        impl $crate::layer::description::Layer for $class {
            $crate::layers::common::described!($name; recorded_mode: Some(Mode::Training));

            fn output_shape(
                &self,
                input: &$crate::tensor::shape::Shape,
            ) -> $crate::error::Result<$crate::tensor::shape::Shape> {
                $crate::images::pixels::check_images(input)?;
                $crate::images::pixels::check_value_range(self.value_range)?;
                self.factor.check("factor", $least.into(), $most.into())?;
                $crate::layers::augmentation::augment::Augment::check(self, input)?;
                Ok(input.clone())
            }

            fn build(
                &self,
                _: &$crate::tensor::shape::Shape,
                build: &mut $crate::layer::builder::LayerBuilder,
            ) -> $crate::error::Result<$crate::layer::erased::BuiltLayer> {
                let drawn = build.seed_generator(self.seed)?;
                let module = $crate::layers::augmentation::augment::Augmentation::new(self.clone(), drawn);
                Ok($crate::layer::erased::BuiltLayer::new(module))
            }
        }
    };
}
pub(crate) use random_change;
