//! The variables of an optimizer, in the order of Keras's files.

use std::ops::Range;

use horn_nn::Result;

use crate::compiling::model::CompiledModel;
use crate::optimizers::{OptimizerValue, OptimizerVariable};
use crate::stepping::{ADDED_VARIABLES, Learning, Stepper, Values, learning, loss_scaled, misfit, stepper};

impl CompiledModel {
    /// The variables of the optimizer, with Keras's names and in Keras's order: the number of steps, the learning rate
    /// unless it follows a schedule, and the slots of each trainable weight, which most optimizers start with zeros. Those
    /// of [an optimizer that Horn lacks](Self::missing_optimizer) are the values from the file.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::Compile;
    /// use horn::losses::MeanSquaredError;
    /// use horn::optimizers::Adam;
    ///
    /// let model = Sequential::new().add(Input([4])).add(Dense(2));
    /// let mut model = model.compile(Adam::new(0.1), MeanSquaredError::new(), ())?;
    /// let variables = model.optimizer_variables()?;
    /// let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    /// assert_eq!(names[..4], ["iteration", "learning_rate", "dense_kernel_momentum", "dense_kernel_velocity"]);
    ///
    /// let values: Vec<_> = variables.into_iter().map(|variable| variable.value).collect();
    /// model.set_optimizer_variables(&values)?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the model is not built, or the optimizer does not say [what it keeps](crate::optimizers::Optimizer::slots).
    pub fn optimizer_variables(&self) -> Result<Vec<OptimizerVariable>> {
        let model = self.model()?;
        if self.missing_optimizer().is_some() {
            let kept = self.kept_variables.iter().cloned().enumerate();
            let named = |(at, value)| OptimizerVariable { name: format!("variable_{at}"), weight: None, value };
            return Ok(kept.map(named).collect());
        }
        self.stepper.variables(model, &learning(model))
    }

    /// The groups of inner optimizers in Keras's files, below that of the optimizer: their paths, and which of its variables
    /// they have, too.
    ///
    /// # Errors
    ///
    /// As [`optimizer_variables`](Self::optimizer_variables).
    #[doc(hidden)]
    pub fn optimizer_groups(&self) -> Result<Vec<(String, Range<usize>)>> {
        match self.missing_optimizer() {
            Some(_) => Ok(Vec::new()),
            None => self.stepper.groups(&learning(self.model()?)),
        }
    }

    /// Replaces the variables of the optimizer by values in the order and of the shapes of
    /// [`optimizer_variables`](Self::optimizer_variables), so that training continues from where they were taken.
    ///
    /// # Errors
    ///
    /// If there are more or fewer values than variables, or a value has another shape or type; and as
    /// [`optimizer_variables`](Self::optimizer_variables). The optimizer is then unchanged.
    pub fn set_optimizer_variables(&mut self, values: &[OptimizerValue]) -> Result<()> {
        let model = self.model()?;
        if self.missing_optimizer().is_some() {
            self.kept_variables = values.to_vec();
            return Ok(());
        }
        let weights = learning(model);
        let expected = self.stepper.lengths(&weights)?.len();
        if !matches!(values.first(), Some(OptimizerValue::Int(_))) {
            return Err(misfit("optimizer", "the first is not a number of steps").expected("an integer"));
        }
        let other = self.for_variables(values, expected);
        let stepper = other.as_deref().unwrap_or(self.stepper.as_ref());
        if values.len() != stepper.lengths(&weights)?.len() {
            return Err(misfit("optimizer", "there are more or fewer than the optimizer has")
                .received(format!("{} variables", values.len()))
                .expected(expected));
        }
        let prepared_for = weights.iter().map(Learning::id).collect();
        self.stepper = stepper.restored(model, &weights, &mut Values::new(values))?;
        self.prepared_for = prepared_for;
        self.optimizer_is_built = true;
        Ok(())
    }

    /// [`set_optimizer_variables`](Self::set_optimizer_variables) to values that are in the order of a file of Keras. There,
    /// the optimizers of a `MultiOptimizer` come in the order of its map; Horn sorts them.
    #[doc(hidden)]
    pub fn set_optimizer_variables_of_file(&mut self, values: Vec<OptimizerValue>) -> Result<()> {
        let ordered = match self.missing_optimizer() {
            Some(_) => values,
            None => self.stepper.in_own_order(&learning(self.model()?), values)?,
        };
        self.set_optimizer_variables(&ordered)
    }

    /// The optimizer with or without a loss scale around it, if these values are those of such a one. For a model in
    /// `mixed_float16`, Keras puts the loss scale there by itself, and a file does not say so.
    fn for_variables(&self, values: &[OptimizerValue], expected: usize) -> Option<Box<dyn Stepper>> {
        let is_scaled = matches!(
            values,
            [OptimizerValue::Int(0), OptimizerValue::Float(rate), OptimizerValue::Int(_), OptimizerValue::Float(_), ..]
                if rate.len() == 1 && rate.sum() == 0.0
        );
        let optimizer = || self.optimizer.clone();
        if is_scaled && values.len() == expected + ADDED_VARIABLES {
            return Some(loss_scaled(optimizer()));
        }
        (values.len() + ADDED_VARIABLES == expected).then(|| stepper(optimizer()))
    }
}

#[cfg(test)]
mod tests {
    use burn::Tensor;
    use burn::optim::ModuleOptimizer;
    use burn::tensor::Device;
    use horn_nn::layers::{BatchNormalization, Dense, Input};
    use horn_nn::{HostArray, Sequential, Weight};
    use ndarray::{ArrayD, IxDyn};
    use serde_json::{Value, json};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::optimizers::{Adam, BurnOptimizer, LearningRate, Optimizer, RuleState, SGD, SlotNames, SlotSpec};
    use crate::{Compile, Fit, Verbose};

    fn model(optimizer: impl Optimizer + 'static) -> CompiledModel {
        Sequential::new()
            .add(Input([2]))
            .add(Dense(2).name("first"))
            .add(BatchNormalization())
            .add(Dense(2).trainable(false))
            .add(Dense(1).name("last"))
            .compile(optimizer, MeanSquaredError::new(), ())
            .unwrap()
    }

    fn train(model: &mut CompiledModel) {
        let x = HostArray::new((0..12).map(|x| x as f32 / 7.0).collect::<Vec<_>>(), [6, 2]).unwrap();
        let y = HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6]).unwrap();
        model.fit(x, y, Fit::epochs(1).batch_size(2).shuffle(false).verbose(Verbose::Silent)).unwrap();
    }

    fn values(model: &CompiledModel) -> Vec<OptimizerValue> {
        model.optimizer_variables().unwrap().into_iter().map(|variable| variable.value).collect()
    }

    #[test]
    fn values_go_out_and_in_bit_by_bit_and_training_goes_on() {
        let mut trained = model(Adam::new(0.1).amsgrad(true));
        train(&mut trained);
        trained.set_learning_rate(0.03).unwrap();
        let taken = values(&trained);
        assert_eq!(taken[0], OptimizerValue::Int(3));

        let mut other = model(Adam::new(0.1).amsgrad(true));
        let zeros = values(&other);
        assert_eq!(zeros[0], OptimizerValue::Int(0));
        assert!(zeros[2..].iter().all(|value| matches!(value, OptimizerValue::Float(array) if array.sum() == 0.0)));
        assert!(taken[2..].iter().all(|value| matches!(value, OptimizerValue::Float(array) if array.sum() != 0.0)));
        other.model_mut().unwrap().set_weights(&trained.model().unwrap().get_weights()).unwrap();
        other.set_optimizer_variables(&taken).unwrap();
        assert_eq!(values(&other), taken);

        train(&mut trained);
        train(&mut other);
        assert_eq!(values(&other), values(&trained));
        assert_eq!(other.model().unwrap().get_weights(), trained.model().unwrap().get_weights());
    }

    #[test]
    fn zeros_are_as_good_as_nothing() {
        let (mut fresh, mut set) = (model(SGD::new(0.1).momentum(0.9)), model(SGD::new(0.1).momentum(0.9)));
        let weights = fresh.model().unwrap().get_weights();
        set.model_mut().unwrap().set_weights(&weights).unwrap();
        set.set_optimizer_variables(&values(&fresh)).unwrap();
        train(&mut fresh);
        train(&mut set);
        assert_eq!(set.model().unwrap().get_weights(), fresh.model().unwrap().get_weights());
    }

    #[test]
    fn values_that_do_not_fit_change_nothing() {
        let mut model = model(SGD::new(0.5).momentum(0.9));
        let good = values(&model);
        assert_eq!(good.len(), 2 + 6);
        let with = |at: usize, value| {
            let mut values = good.clone();
            values[at] = value;
            values
        };
        let zeros = |sizes: &[usize]| OptimizerValue::Float(ArrayD::zeros(sizes));
        for (bad, words) in [
            (Vec::new(), "a number of steps"),
            (good[1..].to_vec(), "a number of steps"),
            (good[..7].to_vec(), "received 7 variables, expected 8"),
            (with(0, OptimizerValue::Int(-1)), "negative"),
            (with(1, zeros(&[2])), "not one number"),
            (with(1, OptimizerValue::Float(ArrayD::from_elem(IxDyn(&[]), f32::NAN))), "learning rate"),
            (with(2, zeros(&[2, 3])), "first/kernel: the variables do not fit"),
            (with(3, OptimizerValue::Int(1)), "first/bias: the variables do not fit"),
        ] {
            let error = model.set_optimizer_variables(&bad).expect_err(words);
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(values(&model), good);
        }
    }

    /// Updates by the mean of this gradient and the last one.
    #[derive(Clone, Debug)]
    struct Smoothed;

    impl SlotNames for Smoothed {
        const NAMES: &'static [&'static str] = &["last_gradient"];
    }

    impl burn::optim::Optimizer for Smoothed {
        type State<const D: usize> = RuleState<Self, D>;

        fn step<const D: usize>(
            &self,
            rate: f64,
            variable: Tensor<D>,
            gradient: Tensor<D>,
            state: Option<RuleState<Self, D>>,
        ) -> (Tensor<D>, Option<RuleState<Self, D>>) {
            let mut state = state.unwrap_or_default();
            let last = state.take("last_gradient").unwrap_or_else(|| gradient.zeros_like());
            state.put("last_gradient", gradient.clone());
            (variable - (gradient + last) * (rate / 2.0), Some(state))
        }

        fn to_device<const D: usize>(state: RuleState<Self, D>, device: &Device) -> RuleState<Self, D> {
            state.to_device(device)
        }
    }

    impl Optimizer for Smoothed {
        fn class_name(&self) -> &'static str {
            "Smoothed"
        }
        fn learning_rate(&self) -> LearningRate {
            0.1.into()
        }
        fn slots(&self, weight: &Weight) -> Option<Vec<SlotSpec>> {
            Some(vec![SlotSpec::like(weight, "last_gradient")])
        }
        fn validate(&self) -> Result<()> {
            Ok(())
        }
        fn to_module_optimizer(&self) -> ModuleOptimizer {
            self.clone().into()
        }
        fn config(&self) -> Value {
            json!({})
        }
    }

    #[test]
    fn what_a_custom_rule_keeps_goes_out_and_in() {
        let (mut trained, mut other) = (model(Smoothed), model(Smoothed));
        train(&mut trained);
        let taken = values(&trained);
        assert!(taken[2..].iter().any(|value| matches!(value, OptimizerValue::Float(array) if array.sum() != 0.0)));
        other.model_mut().unwrap().set_weights(&trained.model().unwrap().get_weights()).unwrap();
        other.set_optimizer_variables(&taken).unwrap();
        assert_eq!(values(&other), taken);
        train(&mut trained);
        train(&mut other);
        assert_eq!(other.model().unwrap().get_weights(), trained.model().unwrap().get_weights());
    }

    #[test]
    fn what_other_optimizers_keep_is_not_known() {
        let mut model = model(BurnOptimizer::new(SGD::new(0.1), 0.1));
        assert!(model.optimizer_variables().unwrap_err().to_string().contains("BurnOptimizer"));
        assert!(model.set_optimizer_variables(&[]).is_err());
    }
}
