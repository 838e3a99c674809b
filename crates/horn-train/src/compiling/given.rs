//! What `compile` is given for the outputs of a model: in their order, or by their names.

use horn_nn::{Error, Model, Result, by_name};

/// One value for each output, with or without the output's name.
#[derive(Debug, Clone)]
pub(crate) struct Given<T>(pub Vec<(Option<String>, T)>);

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Given<T> {
    /// Values in the order of the outputs.
    pub fn in_order(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().map(|value| (None, value)).collect())
    }

    pub fn is_named(&self) -> bool {
        self.0.iter().any(|(name, _)| name.is_some())
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The value of each output. Outputs that were not named have none.
    ///
    /// # Errors
    ///
    /// If the names are not those of outputs, or there is not one value for each output.
    pub fn of(&self, argument: &str, model: &Model) -> Result<Vec<Option<T>>> {
        let names = output_names(model);
        if self.is_named() {
            return by_name(argument, self.0.clone(), &names);
        }
        if self.0.len() == names.len() {
            return Ok(self.values().cloned().map(Some).collect());
        }
        Err(Error::argument(format!("{argument} has not an entry for each output"))
            .at(argument)
            .received(format!("{} entries", self.0.len()))
            .expected(format!("{}: {}", names.len(), names.join(", ")))
            .hint("give one for each output of the model, in this order"))
    }
}

/// The names of the outputs in scores and in errors: the keys, if the Keras program returned a dictionary, or else the
/// names of the layers.
pub(crate) fn output_names(model: &Model) -> Vec<&str> {
    match model.output_keys() {
        [] => model.output_names().collect(),
        keys => keys.iter().map(String::as_str).collect(),
    }
}
