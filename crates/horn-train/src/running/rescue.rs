//! A training step that fails, by an error or a panic, leaves no trace in the models.
//!
//! The optimizer changes the weights at the end of a step, all or none. What is left are the values that layers change in
//! the forward pass, such as moving statistics.

use horn_nn::{Result, States};

use crate::compiling::model::{CompiledModel, Network};
use crate::sources::batch::Batch;
use crate::train_step::TrainStep;

/// Trains on a batch. If that fails, the layers' own values are put back.
///
/// # Errors
///
/// Those of the step.
pub(crate) fn train_step(step: &mut dyn TrainStep, batch: Batch) -> Result<()> {
    let (own, others) = (states(step.model()), step.other_models().into_iter().map(|model| states(model)).collect());
    let mut rescue = Rescue { step, before: Some((own, others)) };
    rescue.step.train_step(batch)?;
    rescue.before = None;
    Ok(())
}

/// Puts the values back, unless they were taken out before.
struct Rescue<'a> {
    step: &'a mut dyn TrainStep,
    before: Option<(Option<States>, Vec<Option<States>>)>,
}

impl Drop for Rescue<'_> {
    fn drop(&mut self) {
        let Some((own, others)) = self.before.take() else { return };
        put_back(self.step.model(), own);
        self.step.other_models().into_iter().zip(others).for_each(|(model, states)| put_back(model, states));
    }
}

fn states(model: &CompiledModel) -> Option<States> {
    model.model().ok()?.states()
}

fn put_back(model: &mut CompiledModel, states: Option<States>) {
    if let (Network::Built(model), Some(states)) = (&mut model.network, states) {
        model.set_states(states);
    }
}
