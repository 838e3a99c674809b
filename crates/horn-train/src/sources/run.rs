//! What a source of batches is read for.

use burn::tensor::Device;
use horn_nn::{Model, Result};

use crate::compiling::model::CompiledModel;
use crate::compiling::objective::OutputObjective;
use crate::sources::batch::Batch;
use crate::sources::class_weight::ClassWeight;
use crate::sources::data::Data;
use crate::sources::samples::Samples;

/// What a [`BatchSource`](crate::BatchSource) is read for: the options of `fit` that concern it, and what the model does
/// with the batches.
#[derive(Debug, Clone)]
pub struct Run {
    shuffle: bool,
    is_first: bool,
    class_weight: Option<ClassWeight>,
    inputs: Vec<String>,
    outputs: Vec<OutputObjective>,
}

impl Run {
    /// A run that evaluates the outputs of a model.
    ///
    /// # Errors
    ///
    /// If losses and metrics do not fit the model's outputs, or the model waits for data to be built.
    pub(crate) fn of(compiled: &CompiledModel) -> Result<Self> {
        let model = compiled.model()?;
        Ok(Self { outputs: compiled.objective.outputs_of(model)?, ..Self::to_predict(model) })
    }

    /// A run that only needs the inputs of a model.
    pub(crate) fn to_predict(model: &Model) -> Self {
        let inputs = model.names_of_inputs().into_iter().map(str::to_owned).collect();
        Self { shuffle: false, is_first: false, class_weight: None, inputs, outputs: Vec::new() }
    }

    /// The same as a training run. `is_first` if the model has seen no data yet.
    pub(crate) fn training(self, shuffle: bool, class_weight: Option<ClassWeight>, is_first: bool) -> Self {
        Self { shuffle, class_weight, is_first, ..self }
    }

    /// Whether samples or batches are shuffled before each epoch.
    pub fn shuffle(&self) -> bool {
        self.shuffle
    }

    /// Whether the losses and metrics of the model see their first data. Keras then looks at a batch before the first
    /// epoch, and a source that shuffles draws one more order.
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// How much the samples of each class count.
    pub fn class_weight(&self) -> Option<&ClassWeight> {
        self.class_weight.as_ref()
    }

    /// What is computed of each output.
    pub(crate) fn outputs(&self) -> &[OutputObjective] {
        &self.outputs
    }

    /// Checks a batch in host memory as `fit` checks arrays, and copies it to the device.
    ///
    /// # Errors
    ///
    /// If arrays are missing or of different lengths, numbers are not finite, or targets and weights do not fit the
    /// outputs and their losses.
    pub fn batch(&self, data: Data<'_>, device: &Device) -> Result<Batch> {
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        let mut data = data;
        if self.outputs.is_empty() {
            data = Data { y: Vec::new(), sample_weight: Vec::new(), ..data };
        }
        let samples = Samples::new(data, &inputs, &self.outputs)?;
        samples.check()?;
        if let Some(class_weight) = &self.class_weight {
            samples.check_class_weight(class_weight, &self.outputs)?;
        }
        samples.into_batch(self.class_weight.as_ref(), device)
    }
}
