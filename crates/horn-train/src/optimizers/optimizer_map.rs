//! Which optimizer updates which weight.

use std::sync::Arc;

use horn_nn::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::nested::Nested;
use super::optimizer::{Assignment, Composition, Optimizer};
use super::patterns::whole_pattern;

/// Which optimizer updates which weight: Keras's `OptimizerMap`, for a [`MultiOptimizer`](super::MultiOptimizer).
///
/// A weight is looked up by its path, such as `dense/kernel`: first as it is, then as what a regular expression matches as
/// a whole. All other weights go to the default optimizer.
///
/// ```
/// use horn::optimizers::{Adam, OptimizerMap, SGD};
///
/// let map = OptimizerMap::new(Adam::new(1e-3)).with("encoder/.*", SGD::new(0.1));
/// assert_eq!(map.get("encoder/kernel")?.class_name(), "SGD");
/// assert_eq!(map.get("head/kernel")?.class_name(), "Adam");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct OptimizerMap {
    default: Nested,
    mapped: Vec<(String, Nested)>,
    /// The patterns in the order of the file that the map was read from.
    in_file: Option<Vec<String>>,
}

impl OptimizerMap {
    /// A map in which all weights go to this optimizer.
    pub fn new(default_optimizer: impl Optimizer + 'static) -> Self {
        Self { default: Nested(Arc::new(default_optimizer)), mapped: Vec::new(), in_file: None }
    }

    /// The same map, in which weights of this path, or whose paths this regular expression matches, go to this optimizer.
    #[must_use]
    pub fn with(mut self, pattern: impl Into<String>, optimizer: impl Optimizer + 'static) -> Self {
        self.mapped.push((pattern.into(), Nested(Arc::new(optimizer))));
        // In the order of the file, whose keys are sorted. It only decides on the order of variables.
        self.mapped.sort_by(|(first, _), (second, _)| first.cmp(second));
        self
    }

    /// The optimizer of the weight with this path.
    ///
    /// # Errors
    ///
    /// If several regular expressions match the path, or one is not valid.
    pub fn get(&self, path: &str) -> Result<&dyn Optimizer> {
        let owner = self.owner(path)?;
        Ok(self.mapped.get(owner).map_or(&self.default, |(_, optimizer)| optimizer).0.as_ref())
    }

    /// The optimizers, sorted by their patterns; the default comes last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<dyn Optimizer>> {
        self.mapped.iter().map(|(_, optimizer)| &optimizer.0).chain([&self.default.0])
    }

    pub(super) fn validate(&self) -> Result<()> {
        self.default.validate("default_optimizer")?;
        for (at, (pattern, optimizer)) in self.mapped.iter().enumerate() {
            if self.mapped[..at].iter().any(|(earlier, _)| earlier == pattern) {
                return Err(Error::argument("two optimizers are mapped to the same pattern")
                    .at("optimizer_map")
                    .received(format!("{pattern:?} twice"))
                    .expected("patterns that differ")
                    .hint("leave one of the two out"));
            }
            whole_pattern("optimizer_map", pattern)?;
            optimizer.validate(pattern)?;
        }
        let wraps = |optimizer: &&Arc<dyn Optimizer>| !matches!(optimizer.composition(), Composition::Rule);
        match self.all().find(wraps) {
            None => Ok(()),
            Some(optimizer) => Err(Error::argument("an optimizer that wraps others can't be mapped to weights")
                .at("optimizer_map")
                .received(optimizer.class_name())
                .expected("optimizers that update weights themselves")
                .hint("put a LossScaleOptimizer around the MultiOptimizer")),
        }
    }
}

impl Assignment for OptimizerMap {
    fn optimizers(&self) -> Vec<Arc<dyn Optimizer>> {
        self.all().cloned().collect()
    }

    fn patterns(&self) -> Vec<&str> {
        self.mapped.iter().map(|(pattern, _)| pattern.as_str()).collect()
    }

    fn order_in_file(&self) -> Option<Vec<usize>> {
        let position = |pattern: &String| self.mapped.iter().position(|(own, _)| own == pattern);
        let order: Vec<usize> = self.in_file.as_ref()?.iter().map(position).collect::<Option<_>>()?;
        (order.len() == self.mapped.len()).then(|| order.into_iter().chain([self.mapped.len()]).collect())
    }

    fn owner(&self, path: &str) -> Result<usize> {
        if let Some(exact) = self.mapped.iter().position(|(pattern, _)| pattern == path) {
            return Ok(exact);
        }
        let mut owner = None;
        for (at, pattern) in self.patterns().into_iter().enumerate() {
            if !whole_pattern("optimizer_map", pattern)?.is_match(path) {
                continue;
            }
            if let Some(first) = owner.replace(at) {
                return Err(Error::argument("several optimizers are mapped to one weight")
                    .at("optimizer_map")
                    .received(format!("{:?} and {pattern:?} for {path:?}", self.mapped[first].0))
                    .expected("patterns of which one at most matches")
                    .hint(format!("map {path:?} itself, which comes first")));
            }
        }
        Ok(owner.unwrap_or(self.mapped.len()))
    }
}

/// As Keras writes it.
impl From<OptimizerMap> for Value {
    fn from(map: OptimizerMap) -> Self {
        let mapped: Map<String, Self> =
            map.mapped.iter().map(|(pattern, optimizer)| (pattern.clone(), optimizer.0.serialize())).collect();
        json!({
            "module": "keras.optimizers",
            "class_name": "OptimizerMap",
            "config": {"default_optimizer": map.default.0.serialize(), "optimizer_map": mapped},
            "registered_name": null,
        })
    }
}

impl TryFrom<Value> for OptimizerMap {
    type Error = String;

    fn try_from(object: Value) -> Result<Self, String> {
        let config = &object["config"];
        let mapped = match (object["class_name"].as_str(), &config["optimizer_map"]) {
            (Some("OptimizerMap"), Value::Object(mapped)) => mapped.clone(),
            (Some("OptimizerMap"), Value::Null) => Map::new(),
            _ => return Err("Horn reads the optimizers of an OptimizerMap, and not of a function".to_owned()),
        };
        let read = |object: &Value| serde_json::from_value(object.clone()).map_err(|error| error.to_string());
        let mapped = mapped.iter().map(|(pattern, object)| Ok((pattern.clone(), read(object)?)));
        Ok(Self {
            default: read(&config["default_optimizer"])?,
            mapped: mapped.collect::<Result<_, String>>()?,
            in_file: serde_json::from_value(config["order"].clone()).ok(),
        })
    }
}
