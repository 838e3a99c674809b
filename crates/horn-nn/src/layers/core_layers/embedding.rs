//! `Embedding`: a vector for each id.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::kind::Ordered;
use ndarray::{Array2, CowArray, Ix2};
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::initializers::uniform::RandomUniform;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described, weight_arguments};
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// `output[…, :] = embeddings[id[…], :]`: a trainable vector for each id.
///
/// Ids may be integers or floats, which are truncated. Floats hold no ids above 2²⁴ exactly: for these, give the
/// [`Input`](struct@crate::layers::Input) a dtype of integers. An id without a row in the table is an error, including −1;
/// Keras on JAX reads −1 as the last row, and returns NaN for an id that is too large.
///
/// # Shapes
///
/// - input: `[batch, …]`, ids from 0 to `input_dim − 1`
/// - output: `[batch, …, output_dim]`
/// - weight: embeddings `[input_dim, output_dim]`
///
/// # Masks
///
/// With [`mask_zero`](Self::mask_zero), timesteps with the id 0 are masked in the output.
///
/// ```
/// use horn::{Layer, Shape, layers::Embedding};
///
/// let layer = Embedding(10_000, 64).mask_zero(true);
/// assert_eq!(layer.output_shape(&Shape::batched([80]))?.to_string(), "(None, 80, 64)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    #[serde(flatten)]
    common: Common,
    input_dim: usize,
    output_dim: usize,
    embeddings_initializer: Initializer,
    embeddings_regularizer: Option<Regularizer>,
    embeddings_constraint: Option<Constraint>,
    mask_zero: bool,
    quantization_config: Option<()>,
    /// Not a part of the configuration: files store them as weights.
    #[serde(skip)]
    weights: Option<Arc<Array2<f32>>>,
}

/// `keras.layers.Embedding(input_dim, output_dim)`. See [`Embedding`](struct@Embedding).
#[allow(non_snake_case)]
pub fn Embedding(input_dim: usize, output_dim: usize) -> Embedding {
    Embedding::new(input_dim, output_dim)
}

impl Embedding {
    /// A table of `input_dim` vectors of `output_dim` values.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            common: Common::default(),
            input_dim,
            output_dim,
            embeddings_initializer: RandomUniform::new().into(),
            embeddings_regularizer: None,
            embeddings_constraint: None,
            mask_zero: false,
            quantization_config: None,
            weights: None,
        }
    }

    /// Sets the initial table instead of an initializer: pretrained vectors, one row for each id. To freeze them, call
    /// [`trainable(false)`](Self::trainable).
    ///
    /// ```
    /// use horn::layers::Embedding;
    /// use ndarray::arr2;
    ///
    /// let vectors = arr2(&[[0.0, 0.0], [0.3, -0.1], [0.2, 0.7]]);
    /// let layer = Embedding(3, 2).weights(&vectors).trainable(false);
    /// ```
    #[must_use]
    pub fn weights<'a>(mut self, matrix: impl Into<CowArray<'a, f32, Ix2>>) -> Self {
        self.weights = Some(Arc::new(matrix.into().into_owned()));
        self
    }
}

common_arguments!(Embedding);

arguments!(Embedding {
    /// Sets whether the id 0 means a masked timestep; `false` by default. The id 0 still counts for `input_dim`.
    mask_zero: bool,
});

weight_arguments!(
    Embedding,
    "table",
    embeddings: embeddings_initializer = "RandomUniform",
    embeddings_regularizer,
    embeddings_constraint
);

/// Ids are integers of 32 bits on some devices.
const MAX_IDS: usize = 1 << 31;

impl Layer for Embedding {
    described!("Embedding", activity; independent_samples: true);

    fn supports_masking(&self) -> bool {
        self.mask_zero
    }

    fn output_mask(&self) -> OutputMask {
        if self.mask_zero { OutputMask::NotEqual(0.into()) } else { OutputMask::None }
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if self.input_dim == 0 || self.output_dim == 0 || self.input_dim > MAX_IDS {
            return Err(Error::argument("the size of the table is invalid")
                .received(format!("input_dim = {}, output_dim = {}", self.input_dim, self.output_dim))
                .expected(format!("an input_dim of 1 to {MAX_IDS}, an output_dim of at least 1"))
                .hint("give the number of ids, and that of the values for each, as in `Embedding(1000, 64)`"));
        }
        if let Some(weights) =
            self.weights.as_ref().filter(|weights| weights.dim() != (self.input_dim, self.output_dim))
        {
            return Err(Error::shape("the weights do not fit the table")
                .received(shape::sizes(weights.shape()))
                .expected(format!("(input_dim, output_dim): {}", shape::sizes(&[self.input_dim, self.output_dim])))
                .hint("give a row for each id, or change input_dim and output_dim"));
        }
        if input.rank() >= MAX_RANK {
            return Err(unsupported_rank(input.rank() + 1));
        }
        Ok(Shape::new([input.sizes(), &[Some(self.output_dim)]].concat()))
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(self.module(build)?.0))
    }
}

impl Embedding {
    /// The number of ids and of the values for each.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.input_dim, self.output_dim)
    }

    pub(super) fn initializer(&self) -> &Initializer {
        &self.embeddings_initializer
    }

    /// The module with its table, and the seed that the table was made with.
    pub(super) fn module(&self, build: &mut LayerBuilder) -> Result<(EmbeddingModule, u64)> {
        let sizes = [self.input_dim, self.output_dim];
        let mut drawn = 0;
        // As in Keras, the seed of the initializer is drawn even if weights are given.
        let embeddings = build.add_weight_of("embeddings", sizes, self.embeddings(), |initializer, seed| {
            drawn = seed;
            match &self.weights {
                Some(weights) => Ok(weights.iter().copied().collect()),
                None => initializer.sample(&sizes, seed),
            }
        })?;
        Ok((EmbeddingModule { embeddings, mask_zero: self.mask_zero }, drawn))
    }
}

#[derive(Module, Debug)]
pub(super) struct EmbeddingModule {
    pub embeddings: Param<Tensor<2>>,
    mask_zero: bool,
}

impl EmbeddingModule {
    /// The vectors of ids, and their mask.
    pub fn embed(&self, input: Signal) -> Result<Signal> {
        let ids = input.numbers()?;
        let mask = match self.mask_zero {
            true => Some(by_rank!(numbers: ids.clone(), |ids| AnyTensor::from(ids.not_equal_elem(0)))?),
            false => None,
        };
        let [rows, features] = self.embeddings.dims();
        let sizes = ids.sizes();
        let ids = ids.reshape(&[sizes.iter().product()])?;
        let check = || check(by_rank!(numbers: ids.clone(), |ids| lies_inside(ids, rows))?, &ids, rows);
        // A NaN would become an integer. Integers are checked by the kernel, or else below.
        if !ids.is_integer() {
            check()?;
        }
        let whole = ids.clone().integers()?.int::<1>()?;
        let vectors = match horn_kernels::embedding(&self.embeddings.val(), &whole) {
            Some(vectors) => vectors,
            None => {
                if ids.is_integer() {
                    check()?;
                }
                self.embeddings.val().select(0, whole)
            }
        };
        let vectors = AnyTensor::from(vectors).reshape(&[&sizes[..], &[features]].concat())?;
        Ok(Signal::new(vectors).with_mask(mask))
    }
}

impl Forward for EmbeddingModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        Ok(vec![self.embed(input)?])
    }
}

/// Is there a row in the table for each of the ids?
fn lies_inside<const D: usize, K: Ordered>(ids: Tensor<D, K>, rows: usize) -> bool {
    let inside = ids.clone().greater_elem(-1).bool_and(ids.lower_elem(rows as i64));
    inside.all().into_scalar::<bool>()
}

fn check(lies_inside: bool, ids: &AnyTensor, rows: usize) -> Result<()> {
    if lies_inside {
        return Ok(());
    }
    let ids = by_rank!(numbers: ids.clone(), |ids| ids.into_data().iter::<f64>().collect::<Vec<_>>())?;
    let wrong = ids.into_iter().find(|id| !(*id > -1.0 && *id < rows as f64));
    Err(Error::data("an id has no row in the table")
        .received(format!("the id {}", wrong.unwrap_or(f64::NAN)))
        .expected(format!("ids from 0 to {}: the table has {rows} rows", rows - 1))
        .hint("make input_dim larger than the largest id, or look at how the ids are made"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn an_id_without_a_row_is_an_error() {
        let error = infer(Embedding(5, 2), &[1.0, 5.0], &[1, 2]).unwrap_err();
        assert!(
            error.to_string().ends_with(
                "an id has no row in the table; received the id 5, expected ids from 0 to 4: the table has 5 rows. \
                 Hint: make input_dim larger than the largest id, or look at how the ids are made."
            ),
            "{error}"
        );
        for id in [-1.0, 7.0, f32::NAN, f32::INFINITY] {
            assert!(infer(Embedding(5, 2), &[1.0, id], &[1, 2]).is_err(), "{id}");
        }
    }

    #[test]
    fn starts_with_given_weights_which_no_configuration_holds() {
        let vectors = ndarray::arr2(&[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
        let layer = Embedding(3, 2).weights(&vectors);
        assert_eq!(infer(layer.clone(), &[0.0, 2.0], &[1, 2]).unwrap().1, [0.0, 1.0, 4.0, 5.0]);
        assert_eq!(layer.config(), Embedding(3, 2).config());

        let error = Embedding(4, 2).weights(vectors).output_shape(&Shape::batched([2])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the weights do not fit the table; received (3, 2), expected (input_dim, output_dim): (4, 2). \
             Hint: give a row for each id, or change input_dim and output_dim."
        );
    }

    #[test]
    fn given_weights_draw_the_seed_all_the_same() {
        let next = |layer: Embedding| {
            crate::random::set_random_seed(7);
            infer(layer, &[0.0], &[1, 1]).unwrap();
            crate::random::next_seed()
        };
        assert_eq!(next(Embedding(3, 2)), next(Embedding(3, 2).weights(Array2::zeros((3, 2)))));
    }

    #[test]
    fn a_table_has_rows_and_columns() {
        for layer in [Embedding(0, 2), Embedding(2, 0), Embedding(MAX_IDS + 1, 1)] {
            assert!(layer.output_shape(&Shape::batched([3])).unwrap_err().is_argument());
        }
    }
}
