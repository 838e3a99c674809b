//! `StringLookup`: strings as indices of a vocabulary.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::encode::{Number, OutputMode, to_numbers};
use super::hash::Salt;
use super::lookup::{Lookup, OovMethod, count_batch, count_rows, lookup_arguments, lookup_methods};
use super::text::{Encoding, text_layer};
use super::tokens::{Counts, IntoBatch};
use crate::layers::common::{Common, common_arguments};

/// Gives each string its index in a vocabulary, which is given or learned.
///
/// The indices are those of the mask token, of tokens that are not in the vocabulary, and of the tokens in it, in this
/// order. Devices have no strings: the layer is used before a model, not in it.
///
/// ```
/// use horn_nn::layers::StringLookup;
/// use ndarray::ArrayD;
///
/// let mut layer = StringLookup();
/// layer.adapt(&["red", "blue", "red"])?;
/// assert_eq!(layer.get_vocabulary()?, ["[UNK]", "red", "blue"]);
/// let indices: ArrayD<i64> = layer.call(&["blue", "green"])?;
/// assert_eq!(indices.as_slice(), Some(&[2, 0][..]));
/// # Ok::<(), horn_nn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StringLookup {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    lookup: Lookup<String>,
    encoding: Encoding,
}

/// `keras.layers.StringLookup()`.
#[allow(non_snake_case)]
pub fn StringLookup() -> StringLookup {
    StringLookup::new()
}

impl StringLookup {
    /// A lookup that learns its vocabulary, where it is not given one.
    pub fn new() -> Self {
        Self { common: Common::default(), lookup: Lookup::new("[UNK]".to_owned()), encoding: Encoding::Utf8 }
    }

    fn written(&self) -> Value {
        let mut config = serde_json::to_value(self).expect("a description is plain data");
        config["vocabulary_size"] = json!(self.lookup.known_size());
        config
    }
}

common_arguments!(StringLookup);
lookup_arguments!(StringLookup, String);
lookup_methods!(StringLookup, String);
text_layer!(StringLookup, "StringLookup");

#[cfg(test)]
mod tests {
    use ndarray::ArrayD;

    use super::*;

    fn call(layer: &StringLookup, tokens: &[&str]) -> crate::Result<ArrayD<i64>> {
        layer.call(tokens)
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(call(&StringLookup(), &["a"]).is_err());
        assert!(call(&StringLookup().vocabulary(["a", "a"]), &["a"]).unwrap_err().is_argument());
        assert!(call(&StringLookup().vocabulary(["a"]).max_tokens(1), &["a"]).unwrap_err().is_argument());
        assert!(call(&StringLookup().vocabulary(["a", "b"]).max_tokens(2), &["a"]).unwrap_err().is_argument());
        let weighted = StringLookup().vocabulary(["a"]).output_mode(OutputMode::TfIdf);
        assert!(call(&weighted, &["a"]).unwrap_err().is_argument());
        assert!(call(&weighted.idf_weights([0.5]), &["a"]).unwrap_err().is_argument());
        let known = StringLookup().vocabulary(["a"]).num_oov_indices(0);
        assert!(call(&known, &["b"]).is_err());
        assert!(StringLookup().vocabulary(["a"]).adapt(&["b"]).unwrap_err().is_argument());
    }

    /// `StringLookup(vocabulary=["a", "b"], output_mode=…)(np.array("a"))`, and `adapt(np.array("a"))`
    #[test]
    fn one_token_is_one_sample() {
        let layer = StringLookup().vocabulary(["a", "b"]);
        let call = |mode| layer.clone().output_mode(mode).call::<i64>(&ndarray::arr0("a")).unwrap();
        assert_eq!(call(OutputMode::Int), ndarray::arr0(1).into_dyn());
        assert_eq!(call(OutputMode::OneHot), ndarray::arr2(&[[0, 1, 0]]).into_dyn());
        assert_eq!(call(OutputMode::MultiHot), ndarray::arr1(&[0, 1, 0]).into_dyn());
        assert_eq!(call(OutputMode::Count), ndarray::arr1(&[0, 1, 0]).into_dyn());
        let weighted = layer.clone().output_mode(OutputMode::TfIdf).idf_weights([1.0, 2.0]);
        assert_eq!(weighted.call::<f32>(&ndarray::arr0("a")).unwrap(), ndarray::arr1(&[0.0, 1.0, 0.0]).into_dyn());

        let mut learned = StringLookup();
        learned.adapt(&ndarray::arr0("a")).unwrap();
        assert_eq!(learned.get_vocabulary().unwrap(), ["[UNK]", "a"]);
    }

    #[test]
    fn there_are_no_strings_in_a_model() {
        use crate::{Layer, Shape};
        assert!(StringLookup().output_shape(&Shape::batched([1])).unwrap_err().is_model());
    }
}
