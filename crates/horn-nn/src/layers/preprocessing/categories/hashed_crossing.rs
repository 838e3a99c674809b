//! `HashedCrossing`: combinations of categories as bins.

use burn::module::Module;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, DType, common_arguments, described};
use crate::layers::preprocessing::categories::encode::{
    OutputMode, check_bins, check_dense, encode_host, to_device, to_host,
};
use crate::layers::preprocessing::categories::hash::{CROSSING, crossed, fingerprint64};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Gives each combination of categories one of `num_bins` bins by a hash, as TensorFlow does: the same combination always
/// the same bin, and different ones by chance the same. The hash is made on the host.
///
/// # Shapes
///
/// - inputs: two or more, all `[batch]` or all `[batch, 1]`, of whole numbers or of strings
/// - output: as an input; with `OutputMode::OneHot` `[batch, num_bins]`
///
/// ```
/// use horn::Apply;
/// use horn::layers::{HashedCrossing, Input, InputDtype};
///
/// let (city, age) = (Input([1]).dtype(InputDtype::String), Input([1]).dtype(InputDtype::Int64));
/// let bins = HashedCrossing(100).apply((&city, &age))?;
/// assert_eq!(bins.shape().to_string(), "(None, 1)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HashedCrossing {
    #[serde(flatten)]
    common: Common,
    num_bins: usize,
    output_mode: OutputMode,
    sparse: bool,
}

/// `keras.layers.HashedCrossing(num_bins)`. See [`HashedCrossing`](struct@HashedCrossing).
#[allow(non_snake_case)]
pub fn HashedCrossing(num_bins: usize) -> HashedCrossing {
    HashedCrossing::new(num_bins)
}

impl HashedCrossing {
    /// A layer with `num_bins` bins.
    pub fn new(num_bins: usize) -> Self {
        let common = Common { dtype: DType("int64".to_owned()), ..Common::default() };
        Self { common, num_bins, output_mode: OutputMode::Int, sparse: false }
    }

    /// What combinations become: their bins, which is the default, or vectors with a one, by `OneHot`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: OutputMode) -> Self {
        let dtype = if output_mode == OutputMode::Int { "int64" } else { "float32" };
        self.common.dtype = DType(dtype.to_owned());
        self.output_mode = output_mode;
        self
    }
}

common_arguments!(HashedCrossing);

impl Layer for HashedCrossing {
    described!("HashedCrossing", bare; gives_integers: true);
    crate::many_inputs!();

    fn takes_strings(&self) -> bool {
        true
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        check_bins(self.num_bins)?;
        check_dense(self.sparse)?;
        if !matches!(self.output_mode, OutputMode::Int | OutputMode::OneHot) {
            return Err(Error::argument("the layer has no such output")
                .received(format!("output_mode = {:?}", self.output_mode))
                .expected("Int or OneHot")
                .hint("put `CategoryEncoding` after the layer for the others"));
        }
        let is_column = |input: &Shape| matches!(input.sample(), [] | [Some(1)]);
        match inputs {
            [first, rest @ ..]
                if !rest.is_empty()
                    && is_column(first)
                    && rest.iter().all(|input| input.sample() == first.sample()) =>
            {
                Ok(vec![self.output_mode.output_shape(&Shape::new(first.sizes()), self.num_bins)])
            }
            _ => Err(Error::shape("the layer combines columns")
                .received(shape::list(inputs))
                .expected("two or more inputs, all (None,) or all (None, 1)")
                .hint("give it one category of each kind for a sample")),
        }
    }

    fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(HashedCrossingModule { num_bins: self.num_bins, output_mode: self.output_mode }))
    }
}

#[derive(Module, Debug)]
struct HashedCrossingModule {
    num_bins: usize,
    #[module(skip)]
    output_mode: OutputMode,
}

impl Forward for HashedCrossingModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let mut device = None;
        let mut hashes: Option<ArrayD<u64>> = None;
        for input in inputs {
            let features = if input.is_strings() {
                let strings = input.strings()?;
                device = Some(strings.device);
                strings.values.map(|text| fingerprint64(text.as_bytes()))
            } else {
                let numbers = input.numbers()?;
                device = Some(numbers.device());
                to_host(numbers)?.map(|number| *number as u64)
            };
            let mut all = hashes.unwrap_or_else(|| ArrayD::from_elem(features.raw_dim(), CROSSING));
            all.zip_mut_with(&features, |hash, feature| *hash = crossed(*hash, *feature));
            hashes = Some(all);
        }
        let (device, hashes) = (device.expect("there are inputs"), hashes.expect("there are inputs"));
        let bins = hashes.map(|hash| Some((hash % self.num_bins as u64) as usize));
        let encoded = encode_host(&bins, self.output_mode, self.num_bins)?;
        Ok(vec![to_device(&encoded, self.output_mode, &device)?.into()])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ndarray::array;

    use super::*;
    use crate::layers::{Input, InputDtype};
    use crate::{Apply, Model};

    fn bins(layer: HashedCrossing) -> Vec<f32> {
        let (text, number) = (Input([1]).dtype(InputDtype::String), Input([1]).dtype(InputDtype::Int64));
        let y = layer.apply((&text, &number)).unwrap();
        let model = Model::new((&text, &number), &y).unwrap().build(&Device::default()).unwrap();
        let texts = array![["A"], ["B"], ["A"], ["B"], ["A"]];
        let numbers = array![[101_i64], [101], [101], [102], [(1 << 40) + 102]];
        model.predict((&texts, &numbers), 5).unwrap().into_iter().collect()
    }

    #[test]
    fn bins_are_those_of_tensorflow() {
        // keras.layers.HashedCrossing(5)((texts, numbers)), and with 1000 bins
        assert_eq!(bins(HashedCrossing(5)), [1.0, 4.0, 1.0, 1.0, 0.0]);
        assert_eq!(bins(HashedCrossing(1000)), [891.0, 754.0, 891.0, 576.0, 165.0]);
        let hot = bins(HashedCrossing(5).output_mode(OutputMode::OneHot));
        let places: Vec<f32> = (0..25).filter(|at| hot[*at] == 1.0).map(|at| (at % 5) as f32).collect();
        assert_eq!(places, [1.0, 4.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn what_is_not_a_column_is_an_error() {
        let (a, b) = (Input([2]), Input([1]));
        assert!(HashedCrossing(5).apply((&a, &a)).unwrap_err().is_shape());
        assert!(HashedCrossing(5).apply(&b).unwrap_err().is_shape());
        assert!(HashedCrossing(0).apply((&b, &b)).unwrap_err().is_argument());
        assert!(HashedCrossing(5).output_mode(OutputMode::Count).apply((&b, &b)).unwrap_err().is_argument());
    }
}
