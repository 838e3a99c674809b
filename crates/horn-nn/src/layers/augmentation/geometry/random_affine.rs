//! `RandomRotation`, `RandomZoom`, `RandomTranslation` and `RandomShear`: images that are turned, zoomed, moved and
//! sheared.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::Result;
use crate::images::affine::{Affine, FillMode, Lookup, check_interpolation};
use crate::images::pixels::{check_images, spatial_axes};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layers::augmentation::augment::{Augment, Augmentation};
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// Makes a layer of its factors, their bounds, and the motion that is drawn from them.
macro_rules! random_affine {
    (
        $(#[$doc:meta])+
        $class:ident, $name:literal, ($($factor:ident: $kind:ty),*), $check:expr, $motion:expr
        $(, optional $(#[$optional_doc:meta])+ $optional:ident: $optional_kind:ty)*
    ) => {
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            $($factor: $kind,)*
            $($optional: $optional_kind,)*
            fill_mode: FillMode,
            interpolation: Interpolation,
            seed: Option<u64>,
            fill_value: f64,
            data_format: DataFormat,
        }

        #[doc = concat!("`keras.layers.", $name, "(", stringify!($($factor),*), ")`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class($($factor: impl Into<Factor>),*) -> $class {
            $class::new($($factor),*)
        }

        impl $class {
            /// A layer that moves images by so much at most.
            pub fn new($($factor: impl Into<Factor>),*) -> Self {
                Self {
                    common: Common::default(),
                    $($factor: $factor.into().into(),)*
                    $($optional: Default::default(),)*
                    fill_mode: FillMode::Reflect,
                    interpolation: Interpolation::Bilinear,
                    seed: None,
                    fill_value: 0.0,
                    data_format: DataFormat::default(),
                }
            }

            $(
                $(#[$optional_doc])+
                #[must_use]
                pub fn $optional(mut self, factor: impl Into<Factor>) -> Self {
                    self.$optional = factor.into().into();
                    self
                }
            )*

            /// Seeds the motion; by default the seed is drawn when the model is built.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }
        }

        common_arguments!($class);
        arguments!($class {
            /// What lies beyond the edges of an image; its mirror image by default.
            fill_mode: FillMode,
            /// What lies between the pixels: `Bilinear`, which is the default, or `Nearest`.
            interpolation: Interpolation,
            /// The value beyond the edges with `FillMode::Constant`; 0 by default.
            fill_value: f64,
            /// Where the channels are; the last axis by default.
            data_format: DataFormat,
        });

        impl Layer for $class {
            described!($name; recorded_mode: Some(Mode::Training));

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                check_images(input)?;
                check_interpolation(self.interpolation)?;
                let check: fn(&Self) -> Result<()> = $check;
                check(self)?;
                Ok(input.clone())
            }

            fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(Augmentation::new(self.clone(), build.seed_generator(self.seed)?)))
            }
        }

        impl $class {
            fn motion(&self) -> Motion {
                let motion: fn(&Self) -> Motion = $motion;
                motion(self)
            }
        }

        impl Augment for $class {
            fn augment(&self, images: Tensor<4>, drawn: &SeedGenerator) -> Result<Tensor<4>> {
                let lookup = Lookup {
                    data_format: self.data_format,
                    interpolation: self.interpolation,
                    fill_mode: self.fill_mode,
                    fill_value: self.fill_value,
                };
                let sizes = images.dims();
                let size = spatial_axes(self.data_format).map(|axis| sizes[axis]);
                Ok(lookup.run(images, &self.motion().draw(sizes[0], size, drawn)))
            }

            fn workspace(&self, images: &[usize]) -> u64 {
                Lookup::workspace(self.data_format, images)
            }

            fn draws(&self) -> u32 {
                self.motion().draws()
            }
        }
    };
}

random_affine! {
    /// While training, turns each image around its middle by a random angle. Does nothing otherwise.
    ///
    /// The factor is a fraction of a full turn: 0.1 draws from −36° to 36°. Positive angles turn counter-clockwise.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::{FillMode, RandomRotation};
    ///
    /// let layer = RandomRotation(0.1).fill_mode(FillMode::Constant).seed(1);
    /// ```
    RandomRotation, "RandomRotation", (factor: Spread<-1>),
    |layer| layer.factor.check("factor", -1.0, 1.0),
    |layer| Motion::Turn(layer.factor.range())
}

random_affine! {
    /// While training, zooms each image around its middle by a random factor. Does nothing otherwise.
    ///
    /// The factors are shares of the size: −0.2 zooms in by a fifth, 0.2 zooms out. Without a `width_factor` the width
    /// goes with the height, which keeps the proportions.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomZoom;
    ///
    /// let layer = RandomZoom((-0.2, 0.1)).seed(1);
    /// ```
    RandomZoom, "RandomZoom", (height_factor: Factor),
    |layer| {
        let check = |argument, factor: Factor| factor.check(argument, (-1f64).next_up(), 1.0);
        check("height_factor", layer.height_factor)?;
        layer.width_factor.map_or(Ok(()), |factor| check("width_factor", factor))
    },
    |layer| Motion::Zoom(layer.height_factor.range(), layer.width_factor.map(Factor::range)),
    optional
    /// How much the width is zoomed; as much as the height by default.
    width_factor: Option<Factor>
}

random_affine! {
    /// While training, moves each image by a random part of its height and of its width. Does nothing otherwise.
    ///
    /// The factors are shares of the size: (0.1, 0.2) moves down, or to the right, by a tenth to a fifth.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomTranslation;
    ///
    /// let layer = RandomTranslation(0.1, 0.1).seed(1);
    /// ```
    RandomTranslation, "RandomTranslation", (height_factor: Factor, width_factor: Factor),
    |layer| {
        layer.height_factor.check("height_factor", -1.0, 1.0)?;
        layer.width_factor.check("width_factor", -1.0, 1.0)
    },
    |layer| Motion::Shift(layer.height_factor.range(), layer.width_factor.range())
}

random_affine! {
    /// While training, shears each image by a random part of its size. Does nothing otherwise.
    ///
    /// The factors are shares of the size: each row moves along by `x_factor` of its distance from the top, each
    /// column down by `y_factor` of its distance from the left. Half of the images are sheared the other way. A single
    /// number `f` stands for the range from −f to f, as in Keras.
    ///
    /// # Shapes
    ///
    /// - input: `[batch, height, width, channels]`, or with the channels second by `data_format`
    /// - output: as the input
    ///
    /// ```
    /// use horn::layers::RandomShear;
    ///
    /// let layer = RandomShear().x_factor(0.3).y_factor((0.1, 0.2)).seed(1);
    /// ```
    RandomShear, "RandomShear", (),
    |layer| {
        layer.x_factor.check("x_factor", -1.0, 1.0)?;
        layer.y_factor.check("y_factor", -1.0, 1.0)
    },
    |layer| Motion::Shear(layer.x_factor.range(), layer.y_factor.range()),
    optional
    /// How much the rows move along; not at all by default.
    x_factor: Spread<-1>,
    optional
    /// How much the columns move down; not at all by default.
    y_factor: Spread<-1>
}

impl Default for RandomShear {
    fn default() -> Self {
        Self::new()
    }
}

/// What is drawn for each image.
#[derive(Debug, Clone, Copy)]
enum Motion {
    /// An angle, in turns.
    Turn([f64; 2]),
    /// The change of the height and of the width.
    Zoom([f64; 2], Option<[f64; 2]>),
    /// The way down and the way to the right, as shares of the size.
    Shift([f64; 2], [f64; 2]),
    /// The way along for a step down, and the way down for a step along.
    Shear([f64; 2], [f64; 2]),
}

impl Motion {
    /// How many times it draws for a batch.
    fn draws(self) -> u32 {
        match self {
            Self::Turn(_) | Self::Zoom(_, None) => 1,
            Self::Zoom(_, Some(_)) | Self::Shift(..) => 2,
            Self::Shear(..) => 3,
        }
    }

    /// Draws for each image of a batch.
    fn draw(self, batch: usize, [height, width]: [usize; 2], generator: &SeedGenerator) -> Vec<Affine> {
        let draw = |low: f64, high: f64| threefry::uniform(generator.next_key(), batch, low as f32, high as f32);
        let [height, width] = [height as f32, width as f32];
        match self {
            Self::Turn([low, high]) => {
                let angles = draw(low * 360.0, high * 360.0);
                angles.into_iter().map(|angle| turn(angle, height, width)).collect()
            }
            Self::Zoom([low, high], widths) => {
                let heights = draw(1.0 + low, 1.0 + high);
                let widths = widths.map_or_else(|| heights.clone(), |[low, high]| draw(1.0 + low, 1.0 + high));
                let middle = |size: f32, zoom: f32| (size - 1.0) / 2.0 * (1.0 - zoom);
                let zoom =
                    |(y, x): (f32, f32)| Affine { x: [x, 0.0, middle(width, x)], y: [0.0, y, middle(height, y)] };
                heights.into_iter().zip(widths).map(zoom).collect()
            }
            Self::Shift([low, high], [left, right]) => {
                let (downs, rights) = (draw(low, high), draw(left, right));
                let shift = |(y, x): (f32, f32)| Affine { x: [1.0, 0.0, -(x * width)], y: [0.0, 1.0, -(y * height)] };
                downs.into_iter().zip(rights).map(shift).collect()
            }
            Self::Shear([left, right], [low, high]) => {
                let ways = draw(0.0, 1.0).into_iter().map(|drawn| if drawn > 0.5 { -1.0 } else { 1.0 });
                let downs = draw(low, high);
                let alongs = draw(left, right);
                let shear =
                    |(way, (y, x)): (f32, (f32, f32))| Affine { x: [1.0, x * way, 0.0], y: [y * way, 1.0, 0.0] };
                ways.zip(downs.into_iter().zip(alongs)).map(shear).collect()
            }
        }
    }
}

/// Turns around the middle by an angle in degrees.
fn turn(angle: f32, height: f32, width: f32) -> Affine {
    let (sin, cos) = (angle * std::f32::consts::PI / 180.0).sin_cos();
    let (x, y) = (0.5 * (width - 1.0), 0.5 * (height - 1.0));
    Affine { x: [cos, -sin, x - x * cos + y * sin], y: [sin, cos, y - x * sin - y * cos] }
}
