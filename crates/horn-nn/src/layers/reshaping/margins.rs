//! The margins that `Cropping1D` to `Cropping3D` remove and `ZeroPadding1D` to `ZeroPadding3D` add.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::kind::Numeric;
use burn::tensor::ops::PadMode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::arguments::options::DataFormat;
use crate::arguments::or_default::or_default;
use crate::by_rank;
use crate::error::{Error, Result};
use crate::layer::call::Mode;
use crate::layer::forward::Forward;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::layout::along_space;

/// The sizes of the margins before and after each of `N` axes.
///
/// `2` is used on all sides. `(1, 2)` or `[1, 2]` has one size for both sides of each axis, or in one dimension the sizes
/// before and after the axis. `((1, 0), (0, 2))` or `[(1, 0), (0, 2)]` has a size for each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margins<const N: usize>([(usize, usize); N]);

impl<const N: usize> From<usize> for Margins<N> {
    fn from(size: usize) -> Self {
        Self([(size, size); N])
    }
}

impl<const N: usize> From<[usize; N]> for Margins<N> {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes.map(|size| (size, size)))
    }
}

impl<const N: usize> From<[(usize, usize); N]> for Margins<N> {
    fn from(sizes: [(usize, usize); N]) -> Self {
        Self(sizes)
    }
}

impl From<(usize, usize)> for Margins<1> {
    fn from(sizes: (usize, usize)) -> Self {
        Self([sizes])
    }
}

impl From<(usize, usize)> for Margins<2> {
    fn from(sizes: (usize, usize)) -> Self {
        [sizes.0, sizes.1].into()
    }
}

impl From<((usize, usize), (usize, usize))> for Margins<2> {
    fn from((height, width): ((usize, usize), (usize, usize))) -> Self {
        Self([height, width])
    }
}

impl From<((usize, usize), (usize, usize), (usize, usize))> for Margins<3> {
    fn from((depth, height, width): ((usize, usize), (usize, usize), (usize, usize))) -> Self {
        Self([depth, height, width])
    }
}

impl From<(usize, usize, usize)> for Margins<3> {
    fn from(sizes: (usize, usize, usize)) -> Self {
        [sizes.0, sizes.1, sizes.2].into()
    }
}

or_default! {
    {const N: usize} usize => Margins<N>;
    {const N: usize} [usize; N] => Margins<N>;
    {const N: usize} [(usize, usize); N] => Margins<N>;
    {const N: usize} Margins<N> => Margins<N>;
    (usize, usize) => Margins<1>;
    (usize, usize) => Margins<2>;
    (usize, usize, usize) => Margins<3>;
    ((usize, usize), (usize, usize)) => Margins<2>;
    ((usize, usize), (usize, usize), (usize, usize)) => Margins<3>;
}

/// A pair in one dimension and a list of pairs in more, as in Keras's configuration.
impl<const N: usize> Serialize for Margins<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            pairs => pairs.serialize(serializer),
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Margins<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Same(usize),
            Symmetric(Vec<usize>),
            Pairs(Vec<(usize, usize)>),
        }
        let pairs = match Written::deserialize(deserializer)? {
            Written::Same(size) => vec![(size, size); N],
            Written::Symmetric(sizes) if N == 1 && sizes.len() == 2 => vec![(sizes[0], sizes[1])],
            Written::Symmetric(sizes) => sizes.into_iter().map(|size| (size, size)).collect(),
            Written::Pairs(pairs) => pairs,
        };
        let pairs =
            pairs.try_into().map_err(|pairs: Vec<_>| serde::de::Error::invalid_length(pairs.len(), &"sizes"))?;
        Ok(Self(pairs))
    }
}

/// Whether margins are removed or added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Crop,
    Pad,
}

impl Change {
    /// The resulting size of an axis.
    fn size(self, size: usize, (before, after): (usize, usize)) -> Result<usize> {
        match self {
            Self::Pad => Ok(size.saturating_add(before).saturating_add(after)),
            Self::Crop => size.checked_sub(before.saturating_add(after)).filter(|&left| left > 0).ok_or_else(|| {
                Error::shape("nothing is left of an axis")
                    .received(format!("cropping of {before} and {after} for a size of {size}"))
                    .expected(format!("a size above {}", before.saturating_add(after)))
                    .hint("crop less, or give larger inputs")
            }),
        }
    }
}

/// Margins and their axes.
#[derive(Module, Debug)]
pub(crate) struct MarginsModule {
    #[module(skip)]
    change: Change,
    #[module(skip)]
    margins: Vec<(usize, usize)>,
    first_axis: usize,
}

impl MarginsModule {
    pub(super) fn new<const N: usize>(change: Change, margins: Margins<N>, data_format: DataFormat) -> Self {
        Self { change, margins: margins.0.to_vec(), first_axis: data_format.first_spatial_axis() }
    }

    pub(super) fn output_shape(&self, input: &Shape) -> Result<Shape> {
        spatial_rank(input, self.margins.len())?;
        let mut sizes = input.sizes().to_vec();
        for (size, &margin) in sizes[self.first_axis..].iter_mut().zip(&self.margins) {
            *size = size.map(|size| self.change.size(size, margin)).transpose()?;
        }
        Ok(Shape::new(sizes))
    }

    fn change<const D: usize, K: Numeric>(&self, x: Tensor<D, K>, first_axis: usize) -> Result<AnyTensor> {
        if self.margins.iter().all(|&margin| margin == (0, 0)) {
            return Ok(x.into());
        }
        if self.change == Change::Pad {
            let mut pairs = [(0, 0); D];
            pairs[first_axis..][..self.margins.len()].copy_from_slice(&self.margins);
            return Ok(x.pad(pairs, PadMode::Constant(0.0)).into());
        }
        let mut ranges = x.dims().map(|size| 0..size);
        for (range, &margin) in ranges[first_axis..].iter_mut().zip(&self.margins) {
            *range = margin.0..margin.0 + self.change.size(range.end, margin)?;
        }
        Ok(x.slice(ranges).into())
    }
}

impl Forward for MarginsModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        if self.change == Change::Pad && self.first_axis == 1 && !input.is_integer() {
            let padded = by_rank!(input.clone(), |x| horn_kernels::zero_pad(&x, &self.margins).map(AnyTensor::from))?;
            if let Some(padded) = padded {
                return Ok(padded);
            }
        }
        along_space(input, self.first_axis, |x, first_axis| by_rank!(numbers: x, |x| self.change(x, first_axis))?)
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

/// Checks that the input has this number of spatial axes.
pub(crate) fn spatial_rank(input: &Shape, axes: usize) -> Result<()> {
    if input.rank() == axes + 2 {
        return Ok(());
    }
    Err(Error::shape("the layer takes inputs of another rank")
        .received(input)
        .expected(format!("{} axes: the batch, {axes} to work on, and the channels", axes + 2))
        .hint("use the layer for as many dimensions as the data has, or put `Reshape` before it"))
}
