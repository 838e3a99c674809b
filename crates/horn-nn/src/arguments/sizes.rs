//! Arguments with one number for each spatial axis.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::arguments::or_default::or_default;

/// One number for each of `N` spatial axes, such as a kernel's height and width. A single number is used for all axes.
///
/// ```
/// use horn::layers::Sizes;
///
/// assert_eq!(Sizes::<2>::from(3), Sizes::from([3, 3]));
/// assert_eq!(Sizes::from((3, 5)).to_array(), [3, 5]);
/// ```
///
/// The number of sizes is part of the type: `Conv2D(8, (3, 3, 3))` does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes<const N: usize>([usize; N]);

impl<const N: usize> Sizes<N> {
    /// The numbers, axis by axis.
    pub fn to_array(self) -> [usize; N] {
        self.0
    }
}

impl<const N: usize> From<usize> for Sizes<N> {
    fn from(size: usize) -> Self {
        Self([size; N])
    }
}

impl<const N: usize> From<[usize; N]> for Sizes<N> {
    fn from(sizes: [usize; N]) -> Self {
        Self(sizes)
    }
}

impl From<(usize, usize)> for Sizes<2> {
    fn from((height, width): (usize, usize)) -> Self {
        Self([height, width])
    }
}

impl From<(usize, usize, usize)> for Sizes<3> {
    fn from((depth, height, width): (usize, usize, usize)) -> Self {
        Self([depth, height, width])
    }
}

or_default! {
    {const N: usize} usize => Sizes<N>;
    {const N: usize} [usize; N] => Sizes<N>;
    {const N: usize} Sizes<N> => Sizes<N>;
    (usize, usize) => Sizes<2>;
    (usize, usize, usize) => Sizes<3>;
}

impl<const N: usize> fmt::Display for Sizes<N> {
    /// Writes them as Python writes a tuple.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::tensor::shape::sizes(&self.0))
    }
}

impl<const N: usize> Serialize for Sizes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Sizes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            All(usize),
            Each(Vec<usize>),
        }
        match Form::deserialize(deserializer)? {
            Form::All(size) => Ok(size.into()),
            Form::Each(sizes) => {
                let count = sizes.len();
                let sizes = sizes.try_into();
                sizes.map(Self).map_err(|_| serde::de::Error::custom(format!("{count} sizes for {N} axes")))
            }
        }
    }
}
