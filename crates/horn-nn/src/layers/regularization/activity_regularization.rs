//! `ActivityRegularization`: a penalty on large values.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::regularizers::norms::L1L2;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::shape::Shape;

/// Adds `(l1 · Σ|x| + l2 · Σx²) / batch` to the loss; the values pass unchanged.
///
/// # Shapes
///
/// - input: any
/// - output: as the input
///
/// ```
/// use horn::layers::ActivityRegularization;
///
/// let sparse = ActivityRegularization().l1(0.01);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ActivityRegularization {
    #[serde(flatten)]
    common: Common,
    l1: f64,
    l2: f64,
}

/// `keras.layers.ActivityRegularization()`. See [`ActivityRegularization`](struct@ActivityRegularization).
#[allow(non_snake_case)]
pub fn ActivityRegularization() -> ActivityRegularization {
    ActivityRegularization::new()
}

impl ActivityRegularization {
    /// A layer that adds nothing until it is given a factor.
    pub fn new() -> Self {
        Self::default()
    }
}

common_arguments!(ActivityRegularization);

arguments!(ActivityRegularization {
    /// The weight of the absolute values; 0 by default.
    l1: f64,
    /// The weight of the squares; 0 by default.
    l2: f64,
});

impl Layer for ActivityRegularization {
    described!("ActivityRegularization", masking; built_for: BuiltFor::Nothing);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ActivityRegularizationModule { regularizer: L1L2::new(self.l1, self.l2).into() }))
    }
}

#[derive(Module, Debug)]
struct ActivityRegularizationModule {
    #[module(skip)]
    regularizer: Regularizer,
}

impl Forward for ActivityRegularizationModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let mask = input.mask().cloned();
        let value = input.value()?;
        let samples = value.sizes()[0] as f64;
        let penalty = by_rank!(value.clone(), |x| self.regularizer.penalty(x) / samples)?;
        call.add_loss(penalty);
        Ok(vec![Signal::new(value).with_mask(mask)])
    }
}
