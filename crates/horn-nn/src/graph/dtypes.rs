//! The dtypes that Keras records for the outputs of layers.

use serde_json::Value;

use crate::layer::description::Layer;

/// The dtype of a layer's output in Keras: that of an `Input`, or the compute dtype of the layer. Horn itself computes in
/// float32.
///
/// `None` for a function on tensors, whose outputs have the kind that its shape says, unless its arguments name a dtype.
pub(crate) fn dtype_of(layer: &dyn Layer, object: &Value) -> Option<String> {
    let config = &object["config"];
    if layer.conventions().is_operation {
        return config["dtype"].as_str().map(str::to_owned);
    }
    if let Some(dtype) = layer.conventions().index_dtype.filter(|_| config["output_mode"] == "int") {
        return Some(dtype.to_owned());
    }
    let policy = config["dtype"].as_str().or_else(|| config["dtype"]["config"]["name"].as_str()).unwrap_or("float32");
    // With a mixed policy, the weights are float32 but the values are not.
    Some(policy.strip_prefix("mixed_").unwrap_or(policy).to_owned())
}
