//! What an optimizer does around its update rule.

/// What an optimizer does around its rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepOptions {
    /// The limit of the global norm of all gradients.
    pub global_clipnorm: Option<f64>,
    /// By what the loss is multiplied, and its gradients divided.
    pub loss_scale_factor: Option<f64>,
    /// After how many steps the weights are updated, by the mean of the gradients.
    pub accumulation_steps: usize,
    /// The moving averages of the weights.
    pub ema: Option<Ema>,
}

impl Default for StepOptions {
    /// Nothing.
    fn default() -> Self {
        Self { global_clipnorm: None, loss_scale_factor: None, accumulation_steps: 1, ema: None }
    }
}

/// The moving averages of weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ema {
    /// The fraction of an average that is kept at each step.
    pub momentum: f64,
    /// After how many updates the weights are overwritten by their averages, if at all.
    pub overwrite_frequency: Option<usize>,
}
