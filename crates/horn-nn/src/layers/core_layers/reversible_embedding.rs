//! `ReversibleEmbedding`: a vector for each id, and back to a score of each id.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::arguments::dtype_policy::DTypePolicy;
use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::constant::Zeros;
use crate::initializers::initializer::Initializer;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::{Conventions, OutputMask};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::core_layers::embedding::{Embedding, EmbeddingModule};
use crate::layers::family;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// An [`Embedding`](struct@Embedding) that language models also use at their end, called in reverse: `logits = x · embeddingsᵀ`.
///
/// # Shapes
///
/// - input: `[batch, …]`, ids from 0 to `input_dim − 1`; in reverse `[batch, …, output_dim]`
/// - output: `[batch, …, output_dim]`; in reverse `[batch, …, input_dim]`
/// - weights: embeddings `[input_dim, output_dim]`; if they are not tied, reverse_embeddings `[output_dim, input_dim]`
///
/// # Masks
///
/// With [`mask_zero`](Self::mask_zero), timesteps with the id 0 are masked in the output; in reverse there is no mask.
///
/// Source: Press and Wolf, [Using the Output Embedding to Improve Language Models](https://arxiv.org/abs/1608.05859), 2016.
///
/// ```
/// use horn::Apply;
/// use horn::layers::{Input, LSTM, ReversibleEmbedding};
///
/// let words = Input([80]);
/// let embedding = ReversibleEmbedding(10_000, 64);
/// let shared = embedding.clone().shared();
/// let read = LSTM(64).return_sequences(true).apply(shared.apply(&words)?)?;
/// let logits = shared.called_as(embedding.reverse(true)).apply(&read)?;
/// assert_eq!(logits.shape().to_string(), "(None, 80, 10000)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReversibleEmbedding {
    #[serde(flatten)]
    table: Embedding,
    tie_weights: bool,
    reverse_dtype: Option<String>,
    logit_soft_cap: Option<f64>,
    #[serde(default, skip_serializing_if = "is_false")]
    reverse: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// `keras.layers.ReversibleEmbedding(input_dim, output_dim)`. See [`ReversibleEmbedding`](struct@ReversibleEmbedding).
#[allow(non_snake_case)]
pub fn ReversibleEmbedding(input_dim: usize, output_dim: usize) -> ReversibleEmbedding {
    ReversibleEmbedding::new(input_dim, output_dim)
}

macro_rules! of_the_table {
    ($($(#[$doc:meta])+ $argument:ident: $type:ty;)+) => {$(
        $(#[$doc])+
        #[must_use]
        pub fn $argument(mut self, $argument: $type) -> Self {
            self.table = self.table.$argument($argument);
            self
        }
    )+};
}

impl ReversibleEmbedding {
    /// A table of `input_dim` vectors of `output_dim` values.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        let table = Embedding::new(input_dim, output_dim);
        Self { table, tie_weights: true, reverse_dtype: None, logit_soft_cap: None, reverse: false }
    }

    of_the_table! {
        /// Names the layer; the default is the class in snake case, numbered within the model.
        name: impl Into<String>;
        /// Sets whether the layer's weights are trainable; `true` by default.
        trainable: bool;
        /// Sets the regularizer for the outputs, whose penalty is divided by the batch size; none by default.
        activity_regularizer: impl Into<Regularizer>;
        /// Sets whether the id 0 means a masked timestep; `false` by default. The id 0 still counts for `input_dim`.
        mask_zero: bool;
        /// Sets the initializer of both tables; `RandomUniform` by default.
        embeddings_initializer: impl Into<Initializer>;
        /// Sets the regularizer of the table; none by default.
        embeddings_regularizer: impl Into<Regularizer>;
        /// Sets the constraint of the table; none by default.
        embeddings_constraint: impl Into<Constraint>;
    }

    /// Is the table also that of the way back? Yes by default; if not, the way back has one of its own.
    #[must_use]
    pub fn tie_weights(mut self, tie_weights: bool) -> Self {
        self.tie_weights = tie_weights;
        self
    }

    /// Bounds what the way back gives to ±`cap`, by `cap · tanh(logits / cap)`; not bounded by default.
    #[must_use]
    pub fn logit_soft_cap(mut self, cap: f64) -> Self {
        self.logit_soft_cap = Some(cap);
        self
    }

    /// Is the layer called in reverse? In Keras an argument of the call: use it with
    /// [`called_as`](crate::SharedLayer::called_as).
    #[must_use]
    pub fn reverse(mut self, reverse: bool) -> Self {
        self.reverse = reverse;
        self
    }

    fn check(&self) -> Result<()> {
        match self.logit_soft_cap {
            Some(0.0) => Err(Error::argument("logit_soft_cap must not be 0")
                .received("logit_soft_cap = 0")
                .expected("a number that is not 0, such as 30.0")
                .hint("leave logit_soft_cap out")),
            _ => Ok(()),
        }
    }
}

impl Layer for ReversibleEmbedding {
    fn class_name(&self) -> &str {
        "ReversibleEmbedding"
    }

    fn name(&self) -> Option<&str> {
        Layer::name(&self.table)
    }

    fn trainable(&self) -> bool {
        Layer::trainable(&self.table)
    }

    fn dtype_policy(&self) -> Option<DTypePolicy> {
        self.table.dtype_policy()
    }

    fn activity_regularizer(&self) -> Option<&Regularizer> {
        Layer::activity_regularizer(&self.table)
    }

    fn supports_masking(&self) -> bool {
        self.table.supports_masking()
    }

    fn conventions(&self) -> Conventions {
        // In reverse, what a sample is depends on the call.
        self.table.conventions().independent_samples(false)
    }

    /// In Keras, the layer's graph has no mask; the call itself makes one.
    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    fn call_options(&self) -> &'static [&'static str] {
        &["reverse"]
    }

    fn config(&self) -> Value {
        let mut config = serde_json::to_value(self).expect("a description is plain data");
        if config.get("activity_regularizer").is_none() {
            config["activity_regularizer"] = Value::Null;
        }
        config
    }

    fn with_arguments(&self, arguments: &Map<String, Value>) -> Result<Box<dyn Layer>> {
        family::changed(self, arguments)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        let (ids, width) = self.table.sizes();
        if !self.reverse {
            return self.table.output_shape(input);
        }
        match input.sizes() {
            [leading @ .., last] if !leading.is_empty() && last.is_none_or(|last| last == width) => {
                self.table.output_shape(&Shape::new(leading.to_vec()))?;
                Ok(Shape::new([leading, &[Some(ids)]].concat()))
            }
            _ => Err(Error::shape("the vectors are of another width than the table")
                .received(input)
                .expected(format!("a last axis of {width}, the output_dim"))
                .hint("bring them to this width by `Dense`")),
        }
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (ids, width) = self.table.sizes();
        let sizes = [width, ids];
        let (table, seed) = self.table.module(build)?;
        let initializer = self.table.initializer();
        // Both tables have one initializer, and with it one seed.
        let zeros: Initializer = Zeros::new().into();
        let sample = |_: &Initializer, _| initializer.sample(&sizes, seed);
        let reverse = match self.tie_weights {
            true => None,
            false => Some(build.add_weight_of("reverse_embeddings", sizes, (&zeros).into(), sample)?),
        };
        let Self { logit_soft_cap, reverse: is_reverse, .. } = *self;
        Ok(BuiltLayer::new(ReversibleModule { table, reverse, logit_soft_cap, is_reverse }))
    }
}

#[derive(Module, Debug)]
struct ReversibleModule {
    table: EmbeddingModule,
    reverse: Option<Param<Tensor<2>>>,
    #[module(skip)]
    logit_soft_cap: Option<f64>,
    is_reverse: bool,
}

impl ReversibleModule {
    /// `[…, output_dim]` to `[…, input_dim]`.
    fn logits(&self, x: AnyTensor) -> Result<AnyTensor> {
        let kernel = match &self.reverse {
            Some(kernel) => kernel.val(),
            None => self.table.embeddings.val().transpose(),
        };
        let sizes = x.sizes();
        let ids = kernel.dims()[1];
        let logits = x.rows()?.matmul(kernel);
        let logits = match self.logit_soft_cap {
            Some(cap) => (logits / cap).tanh() * cap,
            None => logits,
        };
        AnyTensor::from(logits).reshape(&[&sizes[..sizes.len() - 1], &[ids]].concat())
    }
}

impl Forward for ReversibleModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        match call.option("reverse").unwrap_or(self.is_reverse) {
            true => Ok(vec![Signal::new(self.logits(input.value()?)?)]),
            false => Ok(vec![self.table.embed(input)?]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Apply;
    use crate::layers::Input;

    #[test]
    fn a_wrong_width_and_a_cap_of_zero_are_errors() {
        let back = ReversibleEmbedding(10, 4).reverse(true);
        let error = back.apply(Input([5, 3])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer ReversibleEmbedding: the vectors are of another width than the table; received (None, 5, 3), expected a \
             last axis of 4, the output_dim. Hint: bring them to this width by `Dense`."
        );
        assert!(ReversibleEmbedding(10, 4).logit_soft_cap(0.0).apply(Input([5])).unwrap_err().is_argument());
        assert!(ReversibleEmbedding(0, 4).reverse(true).apply(Input([5, 4])).unwrap_err().is_argument());
    }
}
