//! The learning rates of a compiled model.

use horn_nn::{Error, Result};

use crate::compiling::model::CompiledModel;
use crate::stepping::check_rate;

impl CompiledModel {
    /// The learning rate of the next step; of a [`MultiOptimizer`](crate::optimizers::MultiOptimizer), that of its default
    /// optimizer.
    pub fn learning_rate(&self) -> f64 {
        // The default optimizer comes last.
        self.learning_rates().pop().map_or(0.0, |(_, rate)| rate)
    }

    /// The learning rate of the next step of each optimizer, with the optimizer's name: those of a
    /// [`MultiOptimizer`](crate::optimizers::MultiOptimizer) in the order of its patterns, the default last.
    ///
    /// ```
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::{Adam, MultiOptimizer, OptimizerMap, SGD};
    /// use horn::{Compile, Sequential};
    ///
    /// let map = OptimizerMap::new(Adam::new(0.001)).with("dense/.*", SGD::new(0.1));
    /// let model = Sequential::new().add(Input([1])).add(Dense(1));
    /// let mut model = model.compile(MultiOptimizer::new(map), MeanSquaredError::new(), ())?;
    /// model.set_learning_rate_of(0, 0.5)?;
    /// assert_eq!(model.learning_rates(), [("sgd".to_owned(), 0.5), ("adam".to_owned(), 0.001)]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn learning_rates(&self) -> Vec<(String, f64)> {
        let rates = self.stepper.rates().into_iter();
        rates.map(|rate| (rate.name, rate.learning_rate.at(rate.step))).collect()
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    ///
    /// If the learning rate is negative or not finite, or follows a schedule, or there are several optimizers.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<()> {
        check_rate(learning_rate)?;
        let optimizers = self.stepper.rates().len();
        if optimizers > 1 {
            return Err(Error::argument("each optimizer of a MultiOptimizer has a learning rate of its own")
                .at("learning_rate")
                .received(learning_rate)
                .expected(format!("a rate for each of {optimizers} optimizers"))
                .hint("call `set_learning_rate_of` with the number of the optimizer"));
        }
        self.stepper.set_rate(0, learning_rate)
    }

    /// Sets the learning rate of one of several optimizers, in the order of [`learning_rates`](Self::learning_rates).
    ///
    /// # Errors
    ///
    /// If there is no such optimizer, or the learning rate is negative or not finite, or follows a schedule.
    pub fn set_learning_rate_of(&mut self, optimizer: usize, learning_rate: f64) -> Result<()> {
        check_rate(learning_rate)?;
        let optimizers = self.stepper.rates().len();
        if optimizer >= optimizers {
            return Err(Error::argument("there is no such optimizer")
                .at("optimizer")
                .received(optimizer)
                .expected(format!("a number below {optimizers}"))
                .hint("count the optimizers from 0, as in `learning_rates`"));
        }
        self.stepper.set_rate(optimizer, learning_rate)
    }
}
