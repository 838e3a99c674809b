//! `Discretization`: numbers as the bins that they fall into.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::data::host_array::HostArray;
use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::categories::encode::{OutputMode, check_dense, encode};
use crate::layers::preprocessing::categories::quantiles::Quantiles;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Gives each number the index of its bin: how many of the edges between the bins are at most the number.
///
/// The edges are given, or learned such that all bins hold about as many numbers.
///
/// # Shapes
///
/// - input: any
/// - output: as the input; with another `output_mode` than `Int` a vector for each number (`OneHot`) or sample
///
/// ```
/// use horn::HostArray;
/// use horn::layers::Discretization;
///
/// let by_hand = Discretization().bin_boundaries([0.0, 1.0, 2.0]);
/// let mut learned = Discretization().num_bins(2);
/// learned.adapt(&HostArray::new(vec![1.0_f32, 2.0, 3.0, 4.0], [4])?)?;
/// assert_eq!(learned.get_bin_boundaries(), Some(&[2.0][..]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discretization {
    #[serde(flatten)]
    common: Common,
    bin_boundaries: Option<Vec<f64>>,
    num_bins: Option<usize>,
    epsilon: f64,
    output_mode: OutputMode,
    sparse: bool,
}

/// `keras.layers.Discretization()`. See [`Discretization`](struct@Discretization).
#[allow(non_snake_case)]
pub fn Discretization() -> Discretization {
    Discretization::new()
}

impl Discretization {
    /// A layer that needs `bin_boundaries`, or `num_bins` and data to learn them from.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            bin_boundaries: None,
            num_bins: None,
            epsilon: 0.01,
            output_mode: OutputMode::Int,
            sparse: false,
        }
    }

    /// The edges between the bins, in order.
    #[must_use]
    pub fn bin_boundaries(mut self, bin_boundaries: impl Into<Vec<f64>>) -> Self {
        self.bin_boundaries = Some(bin_boundaries.into());
        self
    }

    /// How many bins there are, where the edges are learned.
    #[must_use]
    pub fn num_bins(mut self, num_bins: usize) -> Self {
        self.num_bins = Some(num_bins);
        self
    }

    /// The edges, where they are known.
    pub fn get_bin_boundaries(&self) -> Option<&[f64]> {
        self.bin_boundaries.as_deref()
    }

    /// Learns the edges from numbers.
    ///
    /// # Errors
    ///
    /// Where the layer was given edges, or there are no numbers.
    pub fn adapt<'a>(&mut self, data: impl Into<HostArray<'a>>) -> Result<()> {
        self.adapt_batches([data])
    }

    /// Learns the edges from numbers that come in batches.
    ///
    /// # Errors
    ///
    /// As [`adapt`](Self::adapt).
    pub fn adapt_batches<'a, B: Into<HostArray<'a>>>(&mut self, batches: impl IntoIterator<Item = B>) -> Result<()> {
        let bins = self.num_bins.filter(|bins| *bins > 0).ok_or_else(|| {
            Error::argument("the number of bins is unknown")
                .received(format!("num_bins = {:?}", self.num_bins))
                .expected("1 or more")
                .hint("set num_bins, and leave out bin_boundaries")
        })?;
        if !(self.epsilon > 0.0 && self.epsilon <= 1.0) {
            return Err(Error::argument("the precision is not a fraction")
                .received(format!("epsilon = {}", self.epsilon))
                .expected("a number above 0 and up to 1")
                .hint("leave epsilon out for Keras's 0.01"));
        }
        let mut quantiles = Quantiles::new(self.epsilon);
        for batch in batches {
            let batch = batch.into();
            let all: Vec<usize> = (0..batch.len()).collect();
            quantiles.add(batch.floats(&all)?);
        }
        let edges = quantiles.edges(bins).ok_or_else(|| {
            Error::data("there are no numbers to learn the bins from")
                .expected("at least one number, and no NaN")
                .hint("check how the data was loaded or filtered")
        })?;
        self.bin_boundaries = Some(edges.into_iter().map(f64::from).collect());
        Ok(())
    }
}

impl Default for Discretization {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(Discretization);

arguments!(Discretization {
    /// How exact the learned edges are, as a fraction of the numbers; 0.01 by default.
    epsilon: f64,
    /// What bins become; their indices by default.
    output_mode: OutputMode,
});

impl Layer for Discretization {
    described!("Discretization", bare; index_dtype: Some("int32"), gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.output_mode.check_unweighted()?;
        let edges = self.bin_boundaries.as_ref().ok_or_else(|| {
            Error::model("the edges of the bins are unknown").hint("give them, or call `adapt` on the layer with data")
        })?;
        check_dense(self.sparse)?;
        if edges.is_sorted() {
            return Ok(self.output_mode.output_shape(input, edges.len() + 1));
        }
        Err(Error::argument("bin_boundaries are not in ascending order")
            .received(format!("bin_boundaries = {edges:?}"))
            .expected("ascending numbers")
            .hint("sort bin_boundaries, and leave NaN out"))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let edges = self.bin_boundaries.iter().flatten().map(|edge| *edge as f32).collect();
        Ok(BuiltLayer::new(DiscretizationModule { edges, output_mode: self.output_mode }))
    }
}

#[derive(Module, Debug)]
struct DiscretizationModule {
    #[module(skip)]
    edges: Vec<f32>,
    #[module(skip)]
    output_mode: OutputMode,
}

impl Forward for DiscretizationModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // Each value is compared with each edge.
        let values = inputs.first().map_or(0, Signal::count);
        values.saturating_mul(memory::values(&[self.edges.len(), 3]))
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let (sizes, device) = (input.sizes(), input.device());
        let (count, bins) = (sizes.iter().product::<usize>(), self.edges.len());
        let indices: AnyTensor = if bins == 0 {
            Tensor::<2>::zeros([count, 1], &device).into()
        } else {
            let data = TensorData::new(self.edges.clone(), [1, bins]);
            let edges = Tensor::<2>::from_data(data, &device.without_autodiff()).expand([count, bins]);
            let values = input.reshape(&[count, 1])?.float::<2>()?.expand([count, bins]);
            // NaN is below no edge, so it comes into the last bin, where Keras sorts it.
            values.lower(edges).bool_not().float().sum_dim(1).into()
        };
        encode(indices.reshape(&sizes)?, self.output_mode, bins + 1, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn infinities_and_nan_have_a_bin() {
        // np.digitize([-inf, inf, nan, 1.0], [0.0, 1.0, 2.0]), which Keras calls.
        let bins = infer(
            Discretization().bin_boundaries([0.0, 1.0, 2.0]),
            &[-f32::INFINITY, f32::INFINITY, f32::NAN, 1.0],
            &[1, 4],
        );
        assert_eq!(bins.unwrap().1, [0.0, 3.0, 3.0, 2.0]);
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(Discretization().num_bins(2), &[0.0], &[1, 1]).is_err());
        assert!(infer(Discretization().bin_boundaries([1.0, 0.0]), &[0.0], &[1, 1]).unwrap_err().is_argument());
        let nothing = HostArray::new(Vec::<f32>::new(), [0]).unwrap();
        assert!(Discretization().num_bins(2).adapt(nothing.clone()).unwrap_err().is_data());
        assert!(Discretization().bin_boundaries([1.0]).adapt(nothing).unwrap_err().is_argument());
    }
}
