//! The moving averages of the weights, which an optimizer with `use_ema(true)` keeps.

use horn_nn::Model;

use crate::compiling::model::{CompiledModel, Network};

impl CompiledModel {
    /// Replaces the weights by their moving averages, if the optimizer [keeps them](crate::optimizers::Adam::use_ema):
    /// Keras's `finalize_variable_values`. `fit` does this at its end.
    pub fn finalize_variable_values(&mut self) {
        self.use_averages(false);
        let stepper = &self.stepper;
        if let Network::Built(model) = &mut self.network {
            model.update(|model| stepper.averaged(model).following());
        }
    }

    /// Puts the moving averages, if there are any, in the places of the weights, or the weights back. Returns whether the
    /// averages were there before.
    pub(crate) fn use_averages(&mut self, wanted: bool) -> bool {
        let before = self.uses_averages;
        let stepper = &mut self.stepper;
        if let (true, Network::Built(model)) = (wanted != before, &mut self.network) {
            model.update(|model| stepper.swapped(model).following());
            self.uses_averages = wanted;
        }
        before
    }

    /// This model, which has the weights of the compiled one, with the moving averages in their places.
    pub(crate) fn averaged(&self, model: Model) -> Model {
        if self.uses_averages { model } else { self.stepper.averaged(model).following() }
    }
}
