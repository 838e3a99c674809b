//! What a model was compiled with, in the form of Keras's files.

use std::sync::Arc;

use horn_nn::{Error, Model, Result};
use serde_json::{Map, Value, json};

use crate::compiling::given::{Given, output_names};
use crate::compiling::given_losses::Losses;
use crate::compiling::given_metrics::GivenMetrics;
use crate::compiling::model::{CompiledModel, Network};
use crate::compiling::objective::{Objective, by_output};
use crate::losses::{self, Loss, TargetKind};
use crate::metrics::{self, Metric};
use crate::optimizers;

/// The keys that Keras writes. The last four say how steps are computed, not what they compute.
const KEYS: [&str; 9] = [
    "optimizer",
    "loss",
    "loss_weights",
    "metrics",
    "weighted_metrics",
    "run_eagerly",
    "steps_per_execution",
    "jit_compile",
    "auto_scale_loss",
];

impl CompiledModel {
    /// What the model was compiled with, in the form of Keras's `get_compile_config()`: the optimizer, the loss, the
    /// loss weights and the metrics. For several outputs, losses and metrics are lists with an entry for each output.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::losses::MeanSquaredError;
    /// use horn::metrics::Accuracy;
    /// use horn::optimizers::Adam;
    /// use horn::{Compile, CompiledModel};
    ///
    /// let layers = || Sequential::new().add(Input([4])).add(Dense(1));
    /// let model = layers().compile(Adam::new(1e-3), MeanSquaredError::new(), [Accuracy::new()])?;
    /// let config = model.compile_config();
    /// assert_eq!(config["loss"]["class_name"], "MeanSquaredError");
    /// assert_eq!(config["metrics"], serde_json::json!(["accuracy"]));
    ///
    /// let again = CompiledModel::from_compile_config(model.into_model()?, &config)?;
    /// assert_eq!(again.compile_config(), config);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn compile_config(&self) -> Value {
        let Losses { losses, weights } = &self.objective.losses;
        let model = self.model().ok();
        let all = match model.and_then(|model| self.objective.losses_of(model).ok()) {
            Some(all) => all,
            None => losses.values().cloned().collect(),
        };
        let written = |loss: &Option<Arc<dyn Loss>>| loss.as_ref().map(|loss| loss.serialize());
        let loss = match all.as_slice() {
            losses if losses.iter().all(Option::is_none) => Value::Null,
            [one] => json!(written(one)),
            several => several.iter().map(|loss| json!(written(loss))).collect(),
        };
        let weights =
            weights.as_ref().map(|weights| match model.and_then(|model| weights.of("loss_weights", model).ok()) {
                Some(weights) => weights.into_iter().map(|weight| weight.unwrap_or(1.0)).collect::<Vec<_>>(),
                None => weights.values().copied().collect(),
            });
        json!({
            "optimizer": self.stepper.serialize(),
            "loss": loss,
            "loss_weights": weights,
            "metrics": self.metrics_config("metrics", &self.objective.metrics, &all),
            "weighted_metrics": self.metrics_config("weighted_metrics", &self.objective.weighted_metrics, &all),
            "run_eagerly": false,
            "steps_per_execution": 1,
            // Keras decides when it loads the file.
            "jit_compile": "auto",
        })
    }

    fn metrics_config(&self, argument: &str, metrics: &GivenMetrics, losses: &[Option<Arc<dyn Loss>>]) -> Value {
        if metrics.has_no_metrics() {
            return Value::Null;
        }
        let metrics: Vec<Vec<Arc<dyn Metric>>> =
            match self.model().ok().and_then(|model| by_output(argument, metrics, model).ok()) {
                Some(metrics) => metrics,
                None => metrics.values().cloned().collect(),
            };
        let object = |at: usize, metric: &Arc<dyn Metric>| {
            let object = metric.serialize();
            // A renamed accuracy can't be written as the name "accuracy". It is written as the class that it resolves
            // to.
            let shape = self.model().ok().and_then(|model| model.output_shapes().nth(at).cloned());
            match (object.as_str(), shape) {
                (Some(name), Some(shape)) if name != metric.name() => {
                    let batch = shape.with_batch(1).unwrap_or_default();
                    let loss = losses.get(at).and_then(Option::as_ref);
                    let classes = loss.is_some_and(|loss| loss.targets() == TargetKind::Classes);
                    let y_true = if classes { &batch[..batch.len().saturating_sub(1)] } else { &batch };
                    metric.resolve(y_true, &shape).map_or(object, |metric| metric.serialize())
                }
                _ => object,
            }
        };
        if self.model().map_or(1, |model| model.output_names().len()) == 1 {
            return metrics.iter().flatten().map(|metric| object(0, metric)).collect();
        }
        let of_output = |(at, own): (usize, &Vec<_>)| own.iter().map(|metric| object(at, metric)).collect::<Value>();
        metrics.iter().enumerate().map(of_output).collect()
    }

    /// Compiles a model from this `compile_config` as Keras would. Losses and metrics may be names or objects. Losses,
    /// loss weights and metrics of several outputs may be lists, or objects with the names of the outputs as keys.
    ///
    /// If Horn lacks the optimizer, its schedule or one of its arguments, the model evaluates and predicts all the
    /// same: see [`missing_optimizer`](Self::missing_optimizer).
    ///
    /// # Errors
    ///
    /// If an entry is malformed, unknown or not supported by Horn.
    pub fn from_compile_config(model: Model, config: &Value) -> Result<Self> {
        let given = config.as_object().ok_or_else(|| malformed("compile_config", config, "keys and values"))?;
        if let Some((key, value)) = given.iter().find(|(key, value)| !KEYS.contains(&key.as_str()) && !value.is_null())
        {
            return Err(malformed(key, value, &format!("one of {}", KEYS.join(", "))));
        }
        let part = |key: &str| given.get(key).unwrap_or(&Value::Null);
        let optimizer = optimizers::from_compiled(part("optimizer"))?;
        let names = output_names(&model);
        let losses = read_losses(part("loss"), &names)?;
        let weights = read_weights(part("loss_weights"), &names, &losses)?;
        let losses = Losses { losses, weights };
        let metrics = read_metrics("metrics", part("metrics"), &names)?;
        let weighted_metrics = read_metrics("weighted_metrics", part("weighted_metrics"), &names)?;
        let device = model.device().clone();
        let mut compiled =
            Self::new(Network::Built(model), &device, optimizer, Objective { losses, metrics, weighted_metrics })?;
        // As in Keras: from now on the summary counts the optimizer's variables.
        compiled.optimizer_is_built = true;
        Ok(compiled)
    }
}

fn read_losses(given: &Value, names: &[&str]) -> Result<Given<Option<Arc<dyn Loss>>>> {
    let all = |losses: Vec<Option<&Value>>| {
        let losses =
            losses.into_iter().map(|loss| loss.filter(|loss| !loss.is_null()).map(losses::from_config).transpose());
        losses.collect::<Result<Vec<_>>>().map(Given::in_order)
    };
    match given {
        Value::Null => Ok(Given::default()),
        Value::Array(list) if list.len() == names.len() => all(list.iter().map(Some).collect()),
        Value::Object(object) if !is_object(object) => all(by_name("loss", object, names)?),
        Value::Array(_) => Err(malformed("loss", given, &entries(names))),
        one => all(vec![Some(one)]),
    }
}

fn read_weights(given: &Value, names: &[&str], losses: &Given<Option<Arc<dyn Loss>>>) -> Result<Option<Given<f64>>> {
    let list: Vec<Option<&Value>> = match given {
        Value::Null => return Ok(None),
        Value::Number(_) => vec![Some(given)],
        Value::Array(list) => list.iter().map(Some).collect(),
        Value::Object(object) => by_name("loss_weights", object, names)?,
        _ => Vec::new(),
    };
    // An output without a loss needs no weight.
    let has_loss = |at: usize| losses.0.get(at).is_none_or(|(_, loss)| loss.is_some());
    let weight = |(at, weight): (usize, Option<&Value>)| match weight.filter(|weight| !weight.is_null()) {
        None if !has_loss(at) => Some(1.0),
        weight => weight?.as_f64(),
    };
    let weights: Option<Vec<f64>> = list.into_iter().enumerate().map(weight).collect();
    match weights.filter(|weights| weights.len() == names.len()) {
        Some(weights) => Ok(Some(Given::in_order(weights))),
        None => Err(malformed("loss_weights", given, &format!("numbers, {}", entries(names)))),
    }
}

fn read_metrics(argument: &str, given: &Value, names: &[&str]) -> Result<GivenMetrics> {
    let read = |given: &Value| {
        let mut found = Vec::new();
        flatten(given, &mut found);
        found.into_iter().map(metrics::from_config).collect::<Result<Vec<_>>>()
    };
    match given {
        Value::Null => Ok(Given::default()),
        Value::Array(list) if list.is_empty() => Ok(Given::default()),
        _ if names.len() == 1 => Ok(Given::in_order([read(given)?])),
        Value::Array(list) if list.len() == names.len() => {
            list.iter().map(read).collect::<Result<Vec<_>>>().map(Given::in_order)
        }
        Value::Object(object) if !is_object(object) => {
            let entries = by_name(argument, object, names)?;
            let entries = entries.into_iter().map(|given| read(given.unwrap_or(&Value::Null)));
            entries.collect::<Result<Vec<_>>>().map(Given::in_order)
        }
        _ => Err(malformed(argument, given, &entries(names))),
    }
}

/// Collects all entries, from nested lists and from objects with entries by name.
fn flatten<'a>(given: &'a Value, found: &mut Vec<&'a Value>) {
    match given {
        Value::Null => {}
        Value::Array(list) => list.iter().for_each(|given| flatten(given, found)),
        Value::Object(object) if !is_object(object) => object.values().for_each(|given| flatten(given, found)),
        one => found.push(one),
    }
}

/// Whether it is an object of a class, not entries by name.
fn is_object(object: &Map<String, Value>) -> bool {
    object.contains_key("class_name")
}

/// The entry of each output. A name that is not an output's is an error.
fn by_name<'a>(key: &str, object: &'a Map<String, Value>, names: &[&str]) -> Result<Vec<Option<&'a Value>>> {
    match object.keys().find(|name| !names.contains(&name.as_str())) {
        None => Ok(names.iter().map(|name| object.get(*name)).collect()),
        Some(name) => Err(malformed(key, &json!(name), &format!("names of outputs: {}", names.join(", ")))),
    }
}

fn entries(names: &[&str]) -> String {
    match names {
        [_] => "one entry".to_owned(),
        _ => format!("an entry for each output: {}", names.join(", ")),
    }
}

fn malformed(key: &str, received: &Value, expected: &str) -> Error {
    Error::argument("the configuration does not fit the model")
        .at(key)
        .received(received)
        .expected(expected)
        .hint("write it as Keras's `get_compile_config()` does")
}

#[cfg(test)]
mod tests {
    use horn_nn::Sequential;
    use horn_nn::layers::{Dense, Input};

    use super::*;
    use crate::losses::{CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy};
    use crate::metrics::Accuracy;
    use crate::optimizers::{BurnOptimizer, OptimizerValue, SGD};
    use crate::{Compile, Fit};

    fn layers(units: usize) -> Sequential {
        Sequential::new().add(Input([2])).add(Dense(units))
    }

    #[test]
    fn an_accuracy_of_another_name_stands_as_what_it_is() {
        let class = |units, loss: Arc<dyn Loss>| {
            let model = layers(units).compile(SGD::new(0.1), vec![loss], [Accuracy::new().name("right")]).unwrap();
            let written = model.compile_config()["metrics"][0].clone();
            assert_eq!(written["config"]["name"], "right");
            metrics::from_config(&written).unwrap().class_name()
        };
        assert_eq!(class(3, Arc::new(CategoricalCrossentropy::new())), "CategoricalAccuracy");
        assert_eq!(class(3, Arc::new(SparseCategoricalCrossentropy::new())), "SparseCategoricalAccuracy");
        assert_eq!(class(1, Arc::new(MeanSquaredError::new())), "BinaryAccuracy");
    }

    #[test]
    fn the_rate_that_was_set_is_written() {
        let mut model = layers(1).compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
        model.set_learning_rate(0.25).unwrap();
        assert_eq!(model.compile_config()["optimizer"]["config"]["learning_rate"], 0.25);
    }

    #[test]
    fn what_keras_does_not_have_stands_as_a_class_of_ones_own() {
        let optimizer = BurnOptimizer::new(SGD::new(1.0), 0.5);
        let config = layers(1).compile(optimizer, MeanSquaredError::new(), ()).unwrap().compile_config();
        assert_eq!(config["optimizer"]["module"], Value::Null);
        assert_eq!(config["optimizer"]["registered_name"], "Custom>BurnOptimizer");
        let model = layers(1).compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap().into_model().unwrap();
        let model = CompiledModel::from_compile_config(model, &config).unwrap();
        assert_eq!(model.missing_optimizer().unwrap().location(), Some("optimizer"));
        assert_eq!(model.compile_config(), config);
    }

    #[test]
    fn a_model_without_its_optimizer_keeps_its_variables_and_is_not_trained() {
        let model = layers(1).compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap().into_model().unwrap();
        let config = json!({"optimizer": {"class_name": "Orbit", "config": {"learning_rate": 0.5}}, "loss": "mse"});
        let mut model = CompiledModel::from_compile_config(model, &config).unwrap();
        let values = [OptimizerValue::Int(3), OptimizerValue::Float(ndarray::ArrayD::ones(vec![2, 3]))];
        model.set_optimizer_variables(&values).unwrap();
        let kept: Vec<_> = model.optimizer_variables().unwrap().into_iter().map(|variable| variable.value).collect();
        assert_eq!(kept, values);
        assert_eq!(model.to_summary().totals.optimizer, Some(7));
        assert_eq!(model.compile_config()["optimizer"], config["optimizer"]);

        let (x, y) = (ndarray::arr2(&[[0.0_f32, 1.0]]), ndarray::arr2(&[[1.0_f32]]));
        assert!(model.evaluate(&x, &y).is_ok());
        let before = model.model().unwrap().get_weights();
        let error = model.fit(&x, &y, Fit::epochs(1)).unwrap_err();
        assert!(error.is_model(), "{error}");
        let text = format!("{error:#}");
        assert!(text.contains("\"Orbit\"") && text.contains("compile the model again with another"), "{text}");
        assert!(model.begin_training().is_err());
        assert_eq!(model.model().unwrap().get_weights(), before);
    }

    #[test]
    fn a_model_that_waits_for_data_has_a_configuration() {
        let model = Sequential::new().add(Dense(1)).compile(SGD::new(0.1), MeanSquaredError::new(), [Accuracy::new()]);
        assert_eq!(model.unwrap().compile_config()["metrics"], json!(["accuracy"]));
    }
}
