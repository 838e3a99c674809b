//! `CutMix`: images with a part of another one.

use burn::module::Module;
use burn::tensor::{Bool, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::images::pixels::spatial_axes;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::augmentation::factor::{Factor, Spread};
use crate::layers::augmentation::mixing::shares::{Mix, mixed_shapes};
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::random::seed_generator::SeedGenerator;
use crate::random::threefry;
use crate::tensor::shape::Shape;

/// While training, puts a part of another image of the batch into each image, at the same place, and blends their
/// labels by the areas. Does nothing otherwise.
///
/// The part's area comes from a beta distribution of the shape `(a, a)`, where `a` is drawn from the range of the
/// factor, once for the batch (Yun et al., 2019). A single number `f` stands for the range from 0 to `f`.
///
/// # Shapes
///
/// - inputs: images `[batch, height, width, channels]`, or with the channels second; and labels `[batch, classes]`,
///   where Keras takes a dict of both. Without labels the images are the only input
/// - outputs: as the inputs
///
/// ```
/// use horn::Apply;
/// use horn::layers::{CutMix, Input};
///
/// let mixed = CutMix().factor((0.5, 1.0)).seed(1).apply_all((Input([32, 32, 3]), Input([10])))?;
/// assert_eq!(mixed[0].shape().to_string(), "(None, 32, 32, 3)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutMix {
    #[serde(flatten)]
    common: Common,
    factor: Spread<0>,
    seed: Option<u64>,
    data_format: DataFormat,
}

/// `keras.layers.CutMix()`. See [`CutMix`](struct@CutMix).
#[allow(non_snake_case)]
pub fn CutMix() -> CutMix {
    CutMix::new()
}

impl CutMix {
    /// A layer that cuts with Keras's defaults.
    pub fn new() -> Self {
        let factor = Factor::from(1.0).into();
        Self { common: Common::default(), factor, seed: None, data_format: DataFormat::default() }
    }

    /// From where to where the shape of the distribution is drawn, from 0 to 1 by default: the larger it is, the nearer
    /// the areas are to one half.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().into();
        self
    }
}

impl Default for CutMix {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(CutMix);

arguments!(CutMix {
    /// Seeds the choice; by default the seed is drawn when the model is built.
    seed: u64,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
});

impl Layer for CutMix {
    described!("CutMix"; recorded_mode: Some(Mode::Training));
    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.factor.check("factor", 0.0, 1.0)?;
        mixed_shapes(inputs)
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(CutMixModule {
            shapes: self.factor.range().map(|end| end as f32),
            axes: spatial_axes(self.data_format),
            drawn: build.seed_generator(self.seed)?,
        }))
    }
}

#[derive(Module, Debug)]
struct CutMixModule {
    #[module(skip)]
    shapes: [f32; 2],
    #[module(skip)]
    axes: [usize; 2],
    drawn: SeedGenerator,
}

/// From where to where a part goes along an axis.
type Span = [f32; 2];

impl CutMixModule {
    /// Where the parts begin and end along an axis, given which part of it they take.
    fn spans(&self, size: usize, shares: &[f32]) -> Vec<Span> {
        let size = size as f32;
        let drawn = threefry::uniform(self.drawn.next_key(), shares.len(), 0.0, 1.0);
        let span = |(share, at): (&f32, f32)| {
            let len = share * size;
            let start = at * (size - len);
            [start, start + len]
        };
        shares.iter().zip(drawn).map(span).collect()
    }
}

/// Which pixels lie in the parts: for each image its rows, and in each row its columns.
fn pixels(rows: &[Span], columns: &[Span], [height, width]: [usize; 2]) -> Vec<bool> {
    let lies = |[start, end]: Span, at: usize| start <= at as f32 && (at as f32) < end;
    let mut pixels = Vec::with_capacity(rows.len() * height * width);
    for (rows, columns) in rows.iter().zip(columns) {
        for row in 0..height {
            pixels.extend((0..width).map(|column| lies(*rows, row) && lies(*columns, column)));
        }
    }
    pixels
}

impl Forward for CutMixModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        if !call.is_training() {
            return Ok(inputs);
        }
        let mut inputs = inputs.into_iter();
        let Some(images) = inputs.next() else { return Ok(Vec::new()) };
        let images = images.value()?.float::<4>()?;
        let (sizes, device) = (images.dims(), images.device().without_autodiff());
        let [height, width] = self.axes.map(|axis| sizes[axis]);

        let [low, high] = self.shapes;
        let shape = threefry::uniform(self.drawn.next_key(), 1, low, high)[0] + 1e-6;
        let shares: Vec<f32> =
            self.drawn.beta(sizes[0], shape, shape).into_iter().map(|kept| (1.0 - kept).sqrt()).collect();
        let columns = self.spans(width, &shares);
        let rows = self.spans(height, &shares);
        let area = |([top, bottom], [left, right]): (&Span, &Span)| (right - left) * (bottom - top);
        let kept = rows.iter().zip(&columns).map(|spans| 1.0 - area(spans) / (width * height) as f32).collect();
        let mix = Mix::new(&self.drawn.permutation(sizes[0]), kept, &device);

        let mut along = [1; 4];
        (along[0], along[self.axes[0]], along[self.axes[1]]) = (sizes[0], height, width);
        let inside = TensorData::new(pixels(&rows, &columns, [height, width]), along);
        let inside = Tensor::<4, Bool>::from_data(inside, &device).expand(sizes);
        let mixed = images.clone().mask_where(inside, mix.partners(images));
        mix.outputs(mixed, inputs.next())
    }
}
