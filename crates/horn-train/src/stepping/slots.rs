//! The slots of a rule: in and out of Burn's optimizer.

use std::collections::HashMap;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::{Tensor, TensorData};
use burn_pack::{Reader, Scalar, Writer};
use horn_nn::{Error, Model, Result};
use ndarray::ArrayD;

use super::learning::Learning;
use crate::optimizers::{Optimizer, SlotSpec};

/// An array that a rule keeps for a weight.
pub(super) struct Slot<'a> {
    pub weight: &'a Learning<'a>,
    pub spec: SlotSpec,
}

impl Slot<'_> {
    /// Burn's key.
    pub fn key(&self) -> String {
        key(self.weight.id(), self.spec.name)
    }
}

/// The slots of all weights, in Keras's order.
pub(super) fn slots<'a>(optimizer: &dyn Optimizer, weights: &'a [Learning<'a>]) -> Result<Vec<Slot<'a>>> {
    let mut slots = Vec::new();
    for learning in weights {
        let specs = optimizer.slots_at(&learning.path, learning.weight).ok_or_else(|| {
            Error::argument("Horn does not know the slots of this optimizer")
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

fn key(id: ParamId, name: &str) -> String {
    format!("{}.{name}", id.val())
}

/// What a rule has in its slots. It can only be read through Burn's own format.
pub(super) fn kept(rules: &ModuleOptimizer) -> Result<HashMap<String, Vec<f32>>> {
    const PROBLEM: &str = "the optimizer's state can't be read";
    let failed = |error: burn_pack::Error| misfit(PROBLEM, error);
    let bytes = rules.into_bytes().map_err(|error| misfit(PROBLEM, error))?;
    let tensors = Reader::from_bytes(bytes).map_err(failed)?.into_tensors().map_err(failed)?;
    let read = |tensor: burn_pack::Tensor| {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(failed)?;
        Ok((name, TensorData::from_bytes(bytes, shape, dtype).iter::<f32>().collect()))
    };
    tensors.into_iter().map(read).collect()
}

/// The rules, new ones, with these values in their slots after this number of updates.
pub(super) fn filled(
    fresh: ModuleOptimizer,
    optimizer: &dyn Optimizer,
    model: &Model,
    slots: &[(&Slot<'_>, &ArrayD<f32>)],
    updates: usize,
) -> Result<ModuleOptimizer> {
    if slots.is_empty() {
        return Ok(fresh);
    }
    const PROBLEM: &str = "the optimizer's state can't be set";
    let dims = dims(model);
    let tensor = |(Slot { weight, spec }, values): &(&Slot<'_>, &ArrayD<f32>)| {
        let like_weight = dims.get(&weight.id()).filter(|_| spec.sizes == weight.weight.sizes);
        let shape = spec.dims.as_ref().or(like_weight).unwrap_or(&spec.sizes).clone();
        let (bytes, shape, dtype) = TensorData::new(values.iter().copied().collect(), shape).into_parts();
        burn_pack::Tensor::new(key(weight.id(), spec.name), dtype, shape, Some(weight.id().val()), bytes)
    };
    let mut writer = Writer::new(slots.iter().map(tensor).collect());
    for (slot, _) in slots {
        writer = writer.with_scalar(&key(slot.weight.id(), "iterations"), Scalar::from(updates));
    }
    let bytes = writer.into_bytes().map_err(|error| misfit(PROBLEM, error))?;
    let record = OptimizerRecord::from_bytes(bytes).map_err(|error| misfit(PROBLEM, error))?;
    let rules = fresh.load_record(record);
    // Burn leaves out state that a rule can't read, which may happen with a custom rule.
    if optimizer.keras_module().is_none() && rules.to_record().len() != slots.len() {
        return Err(Error::model("the optimizer does not take its own slots back")
            .at("optimizer")
            .received(optimizer.class_name())
            .expected("a rule whose state is a `RuleState`")
            .hint(KEEP));
    }
    Ok(rules)
}

const KEEP: &str = "let the rule keep a `RuleState` with the slots that `Optimizer::slots` declares";

fn misfit(problem: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::model(problem).because(cause).hint(KEEP)
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
