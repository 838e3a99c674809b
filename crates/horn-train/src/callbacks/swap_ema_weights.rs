//! Evaluates with the averages of the weights.

use horn_nn::{Error, Result};

use super::callback::Callback;
use super::prediction::Prediction;
use super::training::Training;
use crate::history::Scores;
use crate::optimizers::{Composition, Optimizer};

/// Puts the moving averages of the weights, which an optimizer with `use_ema(true)` keeps, in the places of the weights
/// while the model is evaluated or predicts, and the weights back afterwards, even after an error or a panic. A custom
/// training step with several models has those of all that have averages.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::SwapEMAWeights;
///
/// let fit = Fit::epochs(10).callback(SwapEMAWeights::new());
/// ```
///
/// # Errors
///
/// `fit`, `evaluate` and `predict` fail before they compute anything if no optimizer keeps averages.
#[derive(Debug, Clone, Default)]
pub struct SwapEMAWeights {
    swap_on_epoch: bool,
}

impl SwapEMAWeights {
    /// Swaps for evaluations only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the averages are in place from the end of each epoch to the beginning of the next, too, so that callbacks
    /// after this one, such as `ModelCheckpoint`, save them; no by default. Where the training stops before its last epoch, the
    /// averages end up in the model as otherwise; Keras then leaves the weights themselves.
    #[must_use]
    pub fn swap_on_epoch(mut self, swap_on_epoch: bool) -> Self {
        self.swap_on_epoch = swap_on_epoch;
        self
    }
}

/// Whether the optimizer, or one that it is made of, keeps averages of the weights.
fn keeps_averages(optimizer: &dyn Optimizer) -> bool {
    match optimizer.composition() {
        Composition::Rule => optimizer.step_options().ema.is_some(),
        Composition::LossScaled { inner, .. } => keeps_averages(inner.as_ref()),
        Composition::Several(map, _) => map.optimizers().iter().any(|optimizer| keeps_averages(optimizer.as_ref())),
    }
}

fn check(training: &mut Training<'_>) -> Result<()> {
    let mut keeps = false;
    training.each_model(|model| keeps |= keeps_averages(model.optimizer()));
    if keeps { Ok(()) } else { Err(no_averages(training.model().optimizer())) }
}

fn no_averages(optimizer: &dyn Optimizer) -> Error {
    Error::argument("the optimizer keeps no averages of the weights")
        .at("SwapEMAWeights")
        .received(optimizer.class_name())
        .expected("an optimizer with `use_ema(true)`")
        .hint("compile the model with `use_ema(true)`, or leave the callback out")
}

impl Callback for SwapEMAWeights {
    fn on_train_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        check(training)
    }

    fn on_epoch_begin(&mut self, _epoch: usize, training: &mut Training<'_>) -> Result<()> {
        if self.swap_on_epoch {
            training.use_averages(false);
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        if self.swap_on_epoch && epoch + 1 == training.epochs() {
            // At the end, the weights are replaced by the averages, so these are to stay what they are.
            training.finalize_variable_values();
        } else if self.swap_on_epoch {
            training.use_averages(true);
        }
        Ok(())
    }

    fn on_test_begin(&mut self, training: &mut Training<'_>) -> Result<()> {
        check(training)?;
        training.use_averages(true);
        Ok(())
    }

    fn on_test_end(&mut self, _logs: &mut Scores, training: &mut Training<'_>) -> Result<()> {
        training.use_averages(false);
        Ok(())
    }

    /// Keras leaves the averages in the model here, by a condition that is never true; Horn does not.
    fn on_predict_begin(&mut self, prediction: &mut Prediction<'_>) -> Result<()> {
        let optimizer = prediction.model().optimizer();
        if !keeps_averages(optimizer) {
            return Err(no_averages(optimizer));
        }
        prediction.use_averages();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::initializers::Zeros;
    use horn_nn::layers::{Dense, Input};
    use horn_nn::{HostArray, Sequential};

    use super::*;
    use crate::callbacks::LambdaCallback;
    use crate::compiling::model::CompiledModel;
    use crate::losses::MeanSquaredError;
    use crate::optimizers::SGD;
    use crate::{Compile, Evaluate, Fit, Predict, Verbose};

    /// One weight, of which the gradient is -2 at first.
    fn model(use_ema: bool) -> CompiledModel {
        let layer = Dense(1).use_bias(false).kernel_initializer(Zeros::new());
        let optimizer = SGD::new(0.25).use_ema(use_ema).ema_momentum(0.5);
        Sequential::new().add(Input([1])).add(layer).compile(optimizer, MeanSquaredError::new(), ()).unwrap()
    }

    fn one() -> HostArray<'static> {
        HostArray::new(vec![1.0_f32], [1, 1]).unwrap()
    }

    fn weight(model: &CompiledModel) -> f32 {
        model.model().unwrap().get_weights().iter().map(|array| array.sum()).sum()
    }

    /// Notes the weight in validations and after epochs.
    #[derive(Default)]
    struct Note {
        validated: Vec<f32>,
        ended: Vec<f32>,
    }

    impl Callback for Note {
        fn on_test_batch_end(&mut self, _: usize, training: &mut Training<'_>) -> Result<()> {
            self.validated.push(weight(training.model()));
            Ok(())
        }
        fn on_epoch_end(&mut self, _: usize, _: &mut Scores, training: &mut Training<'_>) -> Result<()> {
            self.ended.push(weight(training.model()));
            Ok(())
        }
    }

    fn fit(swap_on_epoch: bool) -> (Note, f32) {
        let (mut model, mut note) = (model(true), Note::default());
        let swap = SwapEMAWeights::new().swap_on_epoch(swap_on_epoch);
        let fit = Fit::epochs(3).verbose(Verbose::Silent).validation_data(one(), one());
        model.fit(one(), one(), fit.callback(swap).callback(&mut note)).unwrap();
        (note, weight(&model))
    }

    // By w + 0.25 · 2 (1 - w) the weights are 0.5, 0.75, 0.875. The averages are the first weight, then halfway to the next.
    const AVERAGES: [f32; 3] = [0.5, 0.625, 0.75];

    #[test]
    fn validations_see_the_averages() {
        let (note, last) = fit(false);
        assert_eq!(note.validated, AVERAGES);
        assert_eq!(note.ended, [0.5, 0.75, 0.875]);
        assert_eq!(last, 0.75, "the averages replace the weights at the end");
    }

    #[test]
    fn callbacks_at_the_end_of_an_epoch_see_them_if_wanted() {
        let (note, last) = fit(true);
        assert_eq!((note.validated.as_slice(), note.ended.as_slice()), (&AVERAGES[..], &AVERAGES[..]));
        assert_eq!(last, 0.75);
    }

    /// Fails at the end of the second epoch, or in its validation.
    struct Fails {
        in_validation: bool,
        epoch: usize,
    }

    impl Callback for Fails {
        fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
            self.epoch = epoch;
            Ok(())
        }
        fn on_test_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
            if self.in_validation && self.epoch == 1 { Err(Error::argument("no")) } else { Ok(()) }
        }
        fn on_epoch_end(&mut self, epoch: usize, _: &mut Scores, _: &mut Training<'_>) -> Result<()> {
            if epoch == 1 { Err(Error::argument("no")) } else { Ok(()) }
        }
    }

    /// The weights are those of the last step, and not their averages, and the training goes on from them.
    #[test]
    fn an_error_leaves_the_weights_and_their_averages() {
        for (swaps, in_validation) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut model = model(true);
            let fit = || Fit::epochs(3).verbose(Verbose::Silent).validation_data(one(), one());
            let with = |fit: Fit<'static>| if swaps { fit.callback(SwapEMAWeights::new()) } else { fit };
            let error = model.fit(one(), one(), with(fit()).callback(Fails { in_validation, epoch: 0 }));
            assert_eq!(error.unwrap_err().to_string(), "no.");
            assert_eq!(weight(&model), 0.75, "swaps: {swaps}, in validation: {in_validation}");
            let mut note = Note::default();
            model.fit(one(), one(), Fit::epochs(1).verbose(Verbose::Silent).callback(&mut note)).unwrap();
            assert_eq!((note.ended.as_slice(), weight(&model)), (&[0.875][..], AVERAGES[2]));
        }
    }

    #[test]
    fn predictions_are_those_of_the_averages() {
        let mut model = model(true);
        let fit = |epochs| Fit::epochs(epochs).verbose(Verbose::Silent);
        // Fails after its second step, and so leaves the weights.
        let fails = LambdaCallback::new().on_epoch_end(|epoch, _, _| match epoch {
            0 => Ok(()),
            _ => Err(Error::argument("enough")),
        });
        assert!(model.fit(one(), one(), fit(3).callback(fails)).is_err());
        let predict = || Predict::new().callback(SwapEMAWeights::new());
        for _ in 0..2 {
            assert_eq!(model.predict_with(one(), predict()).unwrap()[[0, 0]], AVERAGES[1]);
            assert_eq!((weight(&model), model.predict(one()).unwrap()[[0, 0]]), (0.75, 0.75));
        }
    }

    #[test]
    fn a_callback_is_used_again() {
        let (mut model, mut swap) = (model(true), SwapEMAWeights::new().swap_on_epoch(true));
        let stop = LambdaCallback::new().on_epoch_end(|_, _, training| {
            training.stop();
            Ok(())
        });
        let options = || Fit::epochs(3).verbose(Verbose::Silent).validation_data(one(), one());
        model.fit(one(), one(), options().callback(&mut swap).callback(stop)).unwrap();
        assert_eq!(weight(&model), AVERAGES[0]);
        let mut note = Note::default();
        model.fit(one(), one(), options().callback(&mut swap).callback(&mut note)).unwrap();
        // From 0.5 for both, the weights are 0.75, 0.875, 0.9375.
        assert_eq!(note.validated, [0.625, 0.75, 0.84375]);
    }

    #[test]
    fn an_optimizer_without_averages_is_an_error() {
        let mut model = model(false);
        let fit = Fit::epochs(1).verbose(Verbose::Silent).callback(SwapEMAWeights::new());
        let error = model.fit(one(), one(), fit).unwrap_err();
        assert_eq!(error.location(), Some("SwapEMAWeights"));
        let evaluate = Evaluate::new().verbose(Verbose::Silent).callback(SwapEMAWeights::new());
        assert!(model.evaluate_with(one(), one(), evaluate).is_err());
        assert!(model.predict_with(one(), Predict::new().callback(SwapEMAWeights::new())).is_err());
        assert_eq!(weight(&model), 0.0);
    }
}
