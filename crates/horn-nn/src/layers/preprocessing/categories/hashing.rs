//! `Hashing`: categories as bins, without a vocabulary.

use burn::module::Module;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, DType, common_arguments, described};
use crate::layers::preprocessing::categories::encode::{
    Number, OutputMode, check_bins, check_dense, encode_host, to_device, to_host, to_numbers,
};
use crate::layers::preprocessing::categories::hash::{Salt, bin};
use crate::layers::preprocessing::tokens::{IntoBatch, Token};
use crate::tensor::shape::Shape;

/// Gives each category one of `num_bins` bins by a hash: the same category always the same bin, and different ones by
/// chance the same.
///
/// Without a `salt` the hash is FarmHash's Fingerprint64, with one SipHash-2-4 (Aumasson and Bernstein, 2012). Integers
/// are hashed as decimal digits. In a model the layer takes whole numbers or strings, and hashes on the host.
///
/// # Shapes
///
/// - input: any, of whole numbers or of strings
/// - output: as the input; with another `output_mode` than `Int` a vector for each category (`OneHot`) or sample
///
/// ```
/// use horn::layers::Hashing;
/// use ndarray::ArrayD;
///
/// let bins: ArrayD<i64> = Hashing(3).call(&["A", "B", "A"])?;
/// assert_eq!(bins[[0]], bins[[2]]);
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hashing {
    #[serde(flatten)]
    common: Common,
    num_bins: usize,
    salt: Option<Salt>,
    mask_value: Option<MaskValue>,
    output_mode: OutputMode,
    sparse: bool,
}

/// The category that stands for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MaskValue {
    /// An integer.
    Integer(i64),
    /// A string.
    Text(String),
}

impl From<i64> for MaskValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for MaskValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// `keras.layers.Hashing(num_bins)`. See [`Hashing`](struct@Hashing).
#[allow(non_snake_case)]
pub fn Hashing(num_bins: usize) -> Hashing {
    Hashing::new(num_bins)
}

impl Hashing {
    /// A layer with `num_bins` bins.
    pub fn new(num_bins: usize) -> Self {
        let common = Common { dtype: DType("int64".to_owned()), ..Common::default() };
        Self { common, num_bins, salt: None, mask_value: None, output_mode: OutputMode::Int, sparse: false }
    }

    /// The salt of the hash, two numbers; a single number is used for both.
    #[must_use]
    pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
        self.salt = Some(salt.into());
        self
    }

    /// A category that stands for nothing: it gets bin 0, which no other category gets.
    #[must_use]
    pub fn mask_value(mut self, mask_value: impl Into<MaskValue>) -> Self {
        self.mask_value = Some(mask_value.into());
        self
    }

    /// What categories become; their bins by default.
    #[must_use]
    pub fn output_mode(mut self, output_mode: OutputMode) -> Self {
        let dtype = if output_mode == OutputMode::Int { "int64" } else { "float32" };
        self.common.dtype = DType(dtype.to_owned());
        self.output_mode = output_mode;
        self
    }

    /// Hashes strings or integers, before the model: what `output_mode` says, as integers or floats.
    ///
    /// # Errors
    ///
    /// Where the arguments are impossible.
    pub fn call<T: Token, N: Number>(&self, categories: impl IntoBatch<T>) -> Result<ArrayD<N>> {
        self.check()?;
        to_numbers(self.encoded(&categories.into_batch())?, self.output_mode)
    }

    fn check(&self) -> Result<()> {
        self.output_mode.check_unweighted()?;
        check_bins(self.num_bins)?;
        check_dense(self.sparse)
    }

    /// The categories' bins, or the vectors that `output_mode` makes of these.
    fn encoded<T: Token>(&self, categories: &ArrayD<T>) -> Result<ArrayD<f64>> {
        let is_mask = |category: &T| match &self.mask_value {
            Some(MaskValue::Integer(mask)) => category.integer() == Some(*mask),
            Some(MaskValue::Text(mask)) => category.integer().is_none() && category.text() == *mask,
            None => false,
        };
        let bins = categories.map(|category| Some(self.bin(category.text().as_bytes(), is_mask(category))));
        encode_host(&bins, self.output_mode, self.num_bins)
    }

    /// The bin of a category; the first one is kept for the mask, where there is one.
    fn bin(&self, category: &[u8], is_mask: bool) -> usize {
        match (&self.mask_value, self.num_bins) {
            (None, _) | (_, 1) => bin(category, self.num_bins, self.salt),
            _ if is_mask => 0,
            (Some(_), bins) => 1 + bin(category, bins - 1, self.salt),
        }
    }
}

common_arguments!(Hashing);

impl Layer for Hashing {
    described!("Hashing"; gives_integers: true);

    fn takes_strings(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        Ok(self.output_mode.output_shape(&Shape::new(input.sizes()), self.num_bins))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(HashingModule { layer: self.clone() }))
    }
}

#[derive(Module, Debug)]
struct HashingModule {
    #[module(skip)]
    layer: Hashing,
}

impl Forward for HashingModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let (encoded, device) = if input.is_strings() {
            let strings = input.strings()?;
            (self.layer.encoded(&strings.values)?, strings.device)
        } else {
            let numbers = input.numbers()?;
            let device = numbers.device();
            (self.layer.encoded(&to_host(numbers)?)?, device)
        };
        Ok(vec![to_device(&encoded, self.layer.output_mode, &device)?.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn a_model_hashes_integers() {
        // keras.layers.Hashing(5, ...)(np.array([[0, 1, -1, 12, 100, 7]])), and the same with salt=[1, 2], mask_value=0
        let hash = |layer| infer(layer, &[0.0, 1.0, -1.0, 12.0, 100.0, 7.0], &[1, 6]).unwrap().1;
        assert_eq!(hash(Hashing(5)), [0.0, 4.0, 0.0, 3.0, 0.0, 3.0]);
        assert_eq!(hash(Hashing(5).salt([1, 2])), [3.0, 4.0, 0.0, 2.0, 4.0, 1.0]);
        assert_eq!(hash(Hashing(5).mask_value(0)), [0.0, 2.0, 3.0, 1.0, 4.0, 1.0]);
    }

    #[test]
    fn the_bins_of_a_graph_are_integers_that_functions_keep() {
        use crate::Apply;
        use crate::layers::{Input, InputDtype};
        use crate::tensor::shape::Values;

        let bins = Hashing(4).apply(Input([1]).dtype(InputDtype::Int64)).unwrap();
        let floats = Hashing(4).output_mode(OutputMode::MultiHot).apply(Input([1]).dtype(InputDtype::Int64)).unwrap();
        assert_ne!(bins.shape().values(), Values::Floats);
        assert_eq!(floats.shape().values(), Values::Floats);
    }

    #[test]
    fn large_integers_are_hashed_as_they_are() {
        use crate::layers::{Input, InputDtype};
        // keras.layers.Hashing(1000)(np.array([[5, 2**31 + 7, 2**40 + 5, 16777217, 16777216, -1]]))
        let ids = ndarray::array![[5_i64, (1 << 31) + 7, (1 << 40) + 5, 16_777_217, 16_777_216, -1]];
        let model = crate::Sequential::new().add(Input([6]).dtype(InputDtype::Int64)).add(Hashing(1000));
        let bins = model.build(&burn::tensor::Device::default()).unwrap().predict(&ids, 1).unwrap();
        assert_eq!(bins, ndarray::array![[971.0, 101.0, 208.0, 145.0, 638.0, 430.0]].into_dyn());
    }

    #[test]
    fn a_model_hashes_strings() {
        use crate::layers::{Input, InputDtype};
        // keras.layers.Hashing(7, ...)(np.array([["a", ""], ["12", "snow"]])), by TensorFlow
        let texts = ndarray::array![["a", ""], ["12", "snow"]];
        let hash = |layer: Hashing| {
            let model = crate::Sequential::new().add(Input([2]).dtype(InputDtype::String)).add(layer);
            model.build(&burn::tensor::Device::default()).unwrap().predict(&texts, 2).unwrap()
        };
        assert_eq!(hash(Hashing(7)), ndarray::array![[5.0, 6.0], [3.0, 4.0]].into_dyn());
        assert_eq!(hash(Hashing(7).salt(5).mask_value("")), ndarray::array![[3.0, 0.0], [1.0, 5.0]].into_dyn());
        assert_eq!(
            hash(Hashing(3).output_mode(OutputMode::MultiHot)),
            ndarray::array![[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]].into_dyn()
        );
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(infer(Hashing(0), &[0.0], &[1, 1]).unwrap_err().is_argument());
        assert!(Hashing(1).output_mode(OutputMode::TfIdf).call::<i64, f32>(&[1]).unwrap_err().is_argument());
    }
}
