//! The variables of an optimizer, in the order of Keras's files.

use std::collections::{HashMap, HashSet};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::{Tensor, TensorData};
use burn_pack::{Reader, Scalar, Writer};
use horn_nn::{Error, Model, Result, Weight, sizes};
use ndarray::{ArrayD, IxDyn};

use crate::model::CompiledModel;
use crate::optimizers::{Naming, Optimizer, OptimizerValue, OptimizerVariable, SlotSpec};

/// An array that the optimizer keeps for a weight.
struct Slot<'a> {
    weight: &'a Learning<'a>,
    spec: SlotSpec,
}

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
    /// If the model is not built, or the optimizer does not say [what it keeps](Optimizer::slots).
    pub fn optimizer_variables(&self) -> Result<Vec<OptimizerVariable>> {
        let model = self.model()?;
        if self.missing_optimizer().is_some() {
            let kept = self.kept_variables.iter().cloned().enumerate();
            let named = |(at, value)| OptimizerVariable { name: format!("variable_{at}"), weight: None, value };
            return Ok(kept.map(named).collect());
        }
        let weights = learning(model);
        let slots = slots(self.optimizer(), &weights)?;
        let mut averages = if slots.is_empty() { HashMap::new() } else { averages(&self.state)? };
        let iteration = i64::try_from(self.iterations).unwrap_or(i64::MAX);
        let own = |name: &str, value| OptimizerVariable { name: name.to_owned(), weight: None, value };
        let mut variables = vec![own("iteration", OptimizerValue::Int(iteration))];
        if !self.has_schedule() {
            let rate = ArrayD::from_elem(IxDyn(&[]), self.learning_rate() as f32);
            variables.push(own("learning_rate", OptimizerValue::Float(rate)));
        }
        for Slot { weight, spec } in slots {
            let name = match spec.naming {
                Naming::OfSlot => format!("{}_{}", weight.path.replace('/', "_"), spec.name),
                Naming::OfWeight | Naming::Unused => weight.path.replace('/', "_"),
            };
            if spec.naming == Naming::Unused {
                variables.push(own(&name, OptimizerValue::Int(0)));
                continue;
            }
            let array = match averages.remove(&key(weight.id, spec.name)) {
                None => ArrayD::from_elem(spec.sizes, spec.initial),
                Some(values) => ArrayD::from_shape_vec(spec.sizes.as_slice(), values).map_err(|error| {
                    Error::model("the optimizer keeps something of another size than it says")
                        .at(&weight.path)
                        .expected(sizes(&spec.sizes))
                        .because(error)
                })?,
            };
            variables.push(OptimizerVariable {
                name,
                weight: Some(weight.number),
                value: OptimizerValue::Float(array),
            });
        }
        let derived = self.optimizer().derived(self.iterations);
        variables.extend(derived.into_iter().map(|(name, value)| {
            let value = ArrayD::from_elem(IxDyn(&[]), value);
            own(name, OptimizerValue::Float(value))
        }));
        Ok(variables)
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
        let slots = slots(self.optimizer(), &weights)?;
        let (iteration, rate, averages) = match values {
            [OptimizerValue::Int(iteration), averages @ ..] if self.has_schedule() => (iteration, None, averages),
            [OptimizerValue::Int(iteration), OptimizerValue::Float(rate), averages @ ..] => {
                (iteration, Some(rate), averages)
            }
            _ => {
                return Err(misfit("optimizer", "the first are not a number of steps and a learning rate")
                    .expected("an integer, a float"));
            }
        };
        let iterations = usize::try_from(*iteration).map_err(|_| {
            misfit("iteration", "the number of steps is negative").received(iteration).expected("at least 0")
        })?;
        if let Some(rate) = rate.filter(|rate| rate.len() != 1) {
            return Err(misfit("learning_rate", "the learning rate is not one number").received(sizes(rate.shape())));
        }
        // These follow from the number of steps.
        let derived = self.optimizer().derived(iterations).len();
        let averages = averages.get(..averages.len().saturating_sub(derived)).unwrap_or_default();
        if averages.len() != slots.len() {
            return Err(misfit("optimizer", "there are more or fewer than the optimizer has")
                .received(format!("{} variables", values.len()))
                .expected(slots.len() + values.len() - averages.len()));
        }
        let mut kept = Vec::with_capacity(slots.len());
        for (slot @ Slot { weight, spec }, value) in slots.iter().zip(averages) {
            match value {
                _ if spec.naming == Naming::Unused => {}
                OptimizerValue::Float(array) if array.shape() == spec.sizes => kept.push((slot, array)),
                OptimizerValue::Float(array) => {
                    return Err(misfit(&weight.path, "one has another shape than the optimizer keeps for its weight")
                        .received(sizes(array.shape()))
                        .expected(sizes(&spec.sizes)));
                }
                OptimizerValue::Int(_) => return Err(misfit(&weight.path, "one is an integer").expected("floats")),
            }
        }
        let state = with_averages(self.optimizer(), model, &kept, iterations)?;
        if let Some(&rate) = rate.and_then(|rate| rate.first()) {
            self.set_learning_rate(f64::from(rate))?;
        }
        self.state = state;
        self.iterations = iterations;
        self.optimizer_is_built = true;
        Ok(())
    }
}

fn misfit(place: &str, problem: &str) -> Error {
    Error::shape(format!("the variables do not fit the optimizer: {problem}"))
        .at(place)
        .hint("give values in the order and of the shapes of `optimizer_variables`")
}

/// A trainable weight.
struct Learning<'a> {
    /// Its index in [`Model::weights`].
    number: usize,
    /// Burn's id of the parameter.
    id: ParamId,
    path: String,
    weight: &'a Weight,
}

fn learning(model: &Model) -> Vec<Learning<'_>> {
    let learns: HashSet<ParamId> = model.trainable_weights().map(|weight| weight.id()).collect();
    let all = model.weights().zip(model.weight_paths()).enumerate();
    let learning = all.filter(|(_, (weight, _))| learns.contains(&weight.id()));
    learning.map(|(number, (weight, path))| Learning { number, id: weight.id(), path, weight }).collect()
}

/// The slots of all trainable weights, in Keras's order.
fn slots<'a>(optimizer: &dyn Optimizer, weights: &'a [Learning<'a>]) -> Result<Vec<Slot<'a>>> {
    let mut slots = Vec::new();
    for learning in weights {
        let specs = optimizer.slots(learning.weight).ok_or_else(|| {
            Error::argument("Horn does not know what this optimizer keeps")
                .at("optimizer")
                .received(optimizer.class_name())
                .expected("an optimizer with `slots`")
                .hint("use one of Keras's optimizers, or implement `Optimizer::slots`")
        })?;
        slots.extend(specs.into_iter().map(|spec| Slot { weight: learning, spec }));
    }
    // The sort is stable: within a block, the weights keep their order.
    slots.sort_by_key(|slot| slot.spec.block);
    Ok(slots)
}

/// Burn's key of a slot of a parameter.
fn key(id: ParamId, name: &str) -> String {
    format!("{}.{name}", id.val())
}

/// The state in Burn's optimizer. It can only be read through Burn's own format.
fn averages(state: &ModuleOptimizer) -> Result<HashMap<String, Vec<f32>>> {
    let failed = |error: burn_pack::Error| Error::model("the optimizer's state can't be read").because(error);
    let bytes =
        state.into_bytes().map_err(|error| Error::model("the optimizer's state can't be read").because(error))?;
    let tensors = Reader::from_bytes(bytes).map_err(failed)?.into_tensors().map_err(failed)?;
    let read = |tensor: burn_pack::Tensor| {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(failed)?;
        Ok((name, TensorData::from_bytes(bytes, shape, dtype).iter::<f32>().collect()))
    };
    tensors.into_iter().map(read).collect()
}

/// A new optimizer of Burn, with these values as its state.
fn with_averages(
    optimizer: &dyn Optimizer,
    model: &Model,
    slots: &[(&Slot<'_>, &ArrayD<f32>)],
    iterations: usize,
) -> Result<ModuleOptimizer> {
    let fresh = optimizer.to_module_optimizer();
    if slots.is_empty() {
        return Ok(fresh);
    }
    let failed = |error| Error::model("the optimizer's state can't be set").because(error);
    let dims = dims(model);
    let tensor = |(Slot { weight, spec }, values): &(&Slot<'_>, &ArrayD<f32>)| {
        let like_weight = dims.get(&weight.id).filter(|_| spec.sizes == weight.weight.sizes);
        let shape = spec.dims.as_ref().or(like_weight).unwrap_or(&spec.sizes).clone();
        let (bytes, shape, dtype) = TensorData::new(values.iter().copied().collect(), shape).into_parts();
        burn_pack::Tensor::new(key(weight.id, spec.name), dtype, shape, Some(weight.id.val()), bytes)
    };
    let mut writer = Writer::new(slots.iter().map(tensor).collect());
    for (slot, _) in slots {
        writer = writer.with_scalar(&key(slot.weight.id, "iterations"), Scalar::from(iterations));
    }
    let bytes =
        writer.into_bytes().map_err(|error| Error::model("the optimizer's state can't be set").because(error))?;
    let record = OptimizerRecord::from_bytes(bytes).map_err(failed)?;
    let state = fresh.load_record(record);
    // Burn leaves out state that a rule can't read, which may happen with a custom rule.
    if optimizer.keras_module().is_none() && state.to_record().len() != slots.len() {
        return Err(Error::model("the optimizer does not take its own slots back")
            .at("optimizer")
            .received(optimizer.class_name())
            .expected("a rule whose state is a `State`"));
    }
    Ok(state)
}

/// The shape that Burn has for each parameter: its tensors have at least one axis.
fn dims(model: &Model) -> HashMap<ParamId, Vec<usize>> {
    struct Dims(HashMap<ParamId, Vec<usize>>);
    impl ModuleVisitor for Dims {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.insert(param.id, param.lazy_shape().to_vec());
        }
    }
    let mut dims = Dims(HashMap::new());
    model.visit(&mut dims);
    dims.0
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use horn_nn::layers::{BatchNormalization, Dense, Input};
    use horn_nn::{HostArray, Sequential};
    use serde_json::{Value, json};

    use super::*;
    use crate::losses::MeanSquaredError;
    use crate::optimizers::{Adam, BurnOptimizer, LearningRate, SGD, SlotNames, State};
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
        type State<const D: usize> = State<Self, D>;

        fn step<const D: usize>(
            &self,
            rate: f64,
            variable: Tensor<D>,
            gradient: Tensor<D>,
            state: Option<State<Self, D>>,
        ) -> (Tensor<D>, Option<State<Self, D>>) {
            let mut state = state.unwrap_or_default();
            let last = state.take("last_gradient").unwrap_or_else(|| gradient.zeros_like());
            state.put("last_gradient", gradient.clone());
            (variable - (gradient + last) * (rate / 2.0), Some(state))
        }

        fn to_device<const D: usize>(state: State<Self, D>, device: &Device) -> State<Self, D> {
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
