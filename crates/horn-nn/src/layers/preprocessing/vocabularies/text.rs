//! What layers of strings have in common.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::call::CallContext;
use crate::layer::forward::{Forward, signals};
use crate::layer::signal::Signal;
use crate::layers::preprocessing::categories::encode::{OutputMode, to_device};
use crate::tensor::shape::Shape;

/// How strings are written; Rust's are UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
}

/// Makes numbers of texts.
pub(crate) trait OfTexts: fmt::Debug + Send + Sync + 'static {
    /// The numbers for a batch of texts.
    fn numbers(&self, texts: &ArrayD<String>) -> Result<ArrayD<f64>>;

    /// What categories become.
    fn output_mode(&self) -> OutputMode;
}

/// A layer in a model that makes numbers of texts. It does so on the host.
#[derive(Module, Debug)]
pub(crate) struct OfTextsModule {
    #[module(skip)]
    layer: Arc<dyn OfTexts>,
}

impl OfTextsModule {
    pub fn new(layer: impl OfTexts) -> Self {
        Self { layer: Arc::new(layer) }
    }
}

impl Forward for OfTextsModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let strings = input.strings()?;
        let numbers = self.layer.numbers(&strings.values)?;
        Ok(vec![to_device(&numbers, self.layer.output_mode(), &strings.device)?.into()])
    }
}

/// The shape of numbers that have the place of these strings.
///
/// # Errors
///
/// If the values are not strings.
pub(crate) fn shape_of_strings(input: &Shape) -> Result<Shape> {
    if input.is_strings() {
        return Ok(Shape::new(input.sizes()));
    }
    Err(Error::shape("the layer takes strings, not numbers")
        .received(format!("numbers of shape {input}"))
        .expected("strings")
        .hint("make the Input one of strings: `.dtype(InputDtype::String)`"))
}
