//! `Normalization`: normalizes input data to mean 0 and variance 1.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use ndarray::ArrayViewD;
use serde::{Deserialize, Deserializer, Serialize};

use crate::arguments::numbers::Numbers;
use crate::by_rank;
use crate::constraints::axes::Axes;
use crate::data::host_array::HostArray;
use crate::error::{Error, Result};
use crate::initializers::constant::{Ones, Zeros};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::state::State;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::normalization::axes::{along, by_count, place, size};
use crate::layers::normalization::statistics::Statistics;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `(x − mean) / max(√variance, 10⁻⁷)`, with a mean and a variance that are given or [computed from data](Self::adapt).
///
/// # Shapes
///
/// - input: any; each index of the last axis, or of `axis`, has its own mean and variance
/// - output: as the input
/// - weights, if mean and variance are not given: mean and variance, with the kept axes, and count, for compatibility with
///   older files
///
/// ```
/// use horn::HostArray;
/// use horn::layers::Normalization;
///
/// let data = HostArray::new(vec![1.0_f32, 10.0, 3.0, 30.0], [2, 2])?;
/// let mut found = Normalization();
/// found.adapt(&data)?;
/// let given = Normalization().mean([2.0, 20.0]).variance([1.0, 100.0]);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    #[serde(flatten)]
    common: Common,
    #[serde(deserialize_with = "axes")]
    axis: Vec<isize>,
    invert: bool,
    mean: Option<Numbers>,
    variance: Option<Numbers>,
    #[serde(skip)]
    adapted: Option<Statistics>,
}

/// `keras.layers.Normalization()`. See [`Normalization`](struct@Normalization).
#[allow(non_snake_case)]
pub fn Normalization() -> Normalization {
    Normalization::new()
}

impl Normalization {
    /// A layer with statistics for each index of the last axis, without a mean or variance yet.
    pub fn new() -> Self {
        let common = Common::default();
        Self { common, axis: vec![-1], invert: false, mean: None, variance: None, adapted: None }
    }

    /// Sets the axes that are kept, for whose indices there are separate statistics. The batch axis is 0; the last axis is
    /// kept by default.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = listed(axis.into());
        self
    }

    /// Sets the mean: one number, or an array for the kept axes. Requires [`variance`](Self::variance).
    #[must_use]
    pub fn mean(mut self, mean: impl Into<Numbers>) -> Self {
        self.mean = Some(mean.into());
        self
    }

    /// Sets the variance: one number, or an array for the kept axes. Requires [`mean`](Self::mean).
    #[must_use]
    pub fn variance(mut self, variance: impl Into<Numbers>) -> Self {
        self.variance = Some(variance.into());
        self
    }

    /// Computes mean and variance from data, whose first axis is the samples. They become weights of the built model.
    ///
    /// # Errors
    ///
    /// If the data does not have the axes or has no samples, or mean and variance were given.
    pub fn adapt<'a>(&mut self, data: impl Into<HostArray<'a>>) -> Result<()> {
        if self.mean.is_some() {
            return Err(Error::argument("mean and variance were given, so there is nothing to adapt")
                .hint("leave out `mean` and `variance`, or `adapt`"));
        }
        let data = data.into();
        let shape = Shape::new(data.sizes().iter().copied().map(Some).collect::<Vec<_>>());
        let kept = self.kept(&shape)?;
        self.adapted = Some(Statistics::of(&data, &kept)?);
        Ok(())
    }

    /// The non-negative indices of the kept axes, in ascending order.
    fn kept(&self, input: &Shape) -> Result<Vec<usize>> {
        let mut kept = self.axis.iter().map(|&axis| place(axis, input)).collect::<Result<Vec<_>>>()?;
        kept.sort_unstable();
        kept.dedup();
        Ok(kept)
    }

    fn kept_sizes(&self, input: &Shape) -> Result<Vec<usize>> {
        self.kept(input)?.into_iter().map(|place| size(place, input)).collect()
    }

    /// The given mean or variance, broadcast to the kept axes.
    fn given(&self, numbers: &Numbers, sizes: &[usize]) -> Result<Vec<f32>> {
        self.fitted(numbers, sizes).map(|array| array.iter().map(|&x| x as f32).collect())
    }

    /// As [`given`](Self::given), checked but not yet created.
    fn fitted<'a>(&self, numbers: &'a Numbers, sizes: &[usize]) -> Result<ArrayViewD<'a, f64>> {
        numbers.array().broadcast(sizes).ok_or_else(|| {
            Error::shape("mean or variance do not fit the axes")
                .received(format!("an array of shape {:?}", numbers.array().shape()))
                .expected(format!("one number, or an array of shape {sizes:?}"))
                .hint("give one number for each index of the kept axes")
        })
    }
}

impl Default for Normalization {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads axes as a list, as Keras stores them.
fn listed(axes: Axes) -> Vec<isize> {
    match axes {
        Axes::One(axis) => vec![axis],
        Axes::Several(axes) => axes,
        Axes::All => Vec::new(),
    }
}

fn axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<isize>, D::Error> {
    Axes::deserialize(deserializer).map(listed)
}

common_arguments!(Normalization);

arguments!(Normalization {
    /// Sets whether the layer inverts the normalization, from normalized values to data; `false` by default.
    invert: bool,
});

impl Layer for Normalization {
    described!("Normalization", masking);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let sizes = self.kept_sizes(input)?;
        match (&self.mean, &self.variance) {
            (None, None) => {}
            (Some(mean), Some(variance)) => {
                self.fitted(mean, &sizes)?;
                self.fitted(variance, &sizes)?;
            }
            (mean, _) => {
                return Err(Error::argument("mean and variance must be given together")
                    .received(if mean.is_some() { "a mean only" } else { "a variance only" })
                    .expected("both, or neither")
                    .hint("give both, or call `adapt`"));
            }
        }
        match &self.adapted {
            Some(adapted) if adapted.sizes != sizes => Err(Error::shape("the layer was adapted to other data")
                .received(format!("{input}, whose kept axes have the sizes {sizes:?}"))
                .expected(format!("kept axes of the sizes {:?}", adapted.sizes))
                .hint("adapt it to data of the model's input")),
            _ => Ok(input.clone()),
        }
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (kept, sizes) = (self.kept(input)?, self.kept_sizes(input)?);
        if let (Some(mean), Some(variance)) = (&self.mean, &self.variance) {
            build.take_constants(sizes.iter().fold(2, |all, &size| all.saturating_mul(size)))?;
            let (mean, variance) = (self.given(mean, &sizes)?, self.given(variance, &sizes)?);
            let divisor = variance.into_iter().map(|variance| variance.sqrt().max(SMALLEST)).collect();
            return Ok(BuiltLayer::new(GivenModule { mean, divisor, kept, invert: self.invert }));
        }
        let adapted = self.adapted.as_ref();
        if sizes.is_empty() {
            let mean = build.add_state_number("mean", &Zeros::new().into())?;
            let variance = build.add_state_number("variance", &Ones::new().into())?;
            return FoundModule { mean, variance, count: count(build)?, kept, invert: self.invert }.built(adapted, [1]);
        }
        by_count!(sizes, |sizes| {
            let mean = build.add_state("mean", sizes, &Zeros::new().into())?;
            let variance = build.add_state("variance", sizes, &Ones::new().into())?;
            FoundModule { mean, variance, count: count(build)?, kept, invert: self.invert }.built(adapted, sizes)
        })
    }
}

fn count(build: &mut LayerBuilder) -> Result<State<1>> {
    let count = build.add_state_number("count", &Zeros::new().into())?;
    build.record_as_integer();
    Ok(count)
}

/// The smallest divisor.
const SMALLEST: f32 = 1e-7;

/// Normalizes, or inverts the normalization.
fn apply<const D: usize>(x: Tensor<D>, mean: Tensor<D>, divisor: Tensor<D>, invert: bool) -> Tensor<D> {
    if invert { x * divisor + mean } else { (x - mean) / divisor }
}

/// With constants that are not weights.
#[derive(Module, Debug)]
struct GivenModule {
    #[module(skip)]
    mean: Vec<f32>,
    #[module(skip)]
    divisor: Vec<f32>,
    #[module(skip)]
    kept: Vec<usize>,
    invert: bool,
}

impl Forward for GivenModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            let device = x.device().without_autodiff();
            let numbers = |values: &[f32]| {
                let data = TensorData::new(values.to_vec(), [values.len()]);
                along(Tensor::<1>::from_data(data, &device), &self.kept, x.dims())
            };
            let (mean, divisor) = (numbers(&self.mean), numbers(&self.divisor));
            apply(x, mean, divisor, self.invert).into()
        })
    }
}

/// With weights.
#[derive(Module, Debug)]
struct FoundModule<const A: usize> {
    mean: State<A>,
    variance: State<A>,
    count: State<1>,
    #[module(skip)]
    kept: Vec<usize>,
    invert: bool,
}

impl<const A: usize> FoundModule<A> {
    fn built(self, adapted: Option<&Statistics>, sizes: [usize; A]) -> Result<BuiltLayer> {
        if let Some(Statistics { mean, variance, .. }) = adapted {
            for (state, found) in [(&self.mean, mean), (&self.variance, variance)] {
                let device = state.get().device();
                state.set(Tensor::from_data(TensorData::new(found.clone(), sizes), &device));
            }
        }
        Ok(BuiltLayer::new(self))
    }
}

impl<const A: usize> Forward for FoundModule<A> {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        by_rank!(input, |x| {
            let mean = along(self.mean.get(), &self.kept, x.dims());
            let variance = along(self.variance.get(), &self.kept, x.dims());
            apply(x, mean, variance.sqrt().clamp_min(SMALLEST), self.invert).into()
        })
    }
}
