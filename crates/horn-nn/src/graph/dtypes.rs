//! The dtypes that Keras records for what layers give.

use serde_json::Value;

use crate::layer::description::Layer;

/// The dtype that Keras has for what a layer gives: that of an `Input`, or the one in which a layer computes. Horn itself
/// computes in float32.
pub(crate) fn dtype_of(layer: &dyn Layer, object: &Value) -> String {
    let config = &object["config"];
    if let Some(dtype) = layer.conventions().index_dtype.filter(|_| config["output_mode"] == "int") {
        return dtype.to_owned();
    }
    let policy = config["dtype"].as_str().or_else(|| config["dtype"]["config"]["name"].as_str()).unwrap_or("float32");
    // Weights of a mixed policy are float32, values are not.
    policy.strip_prefix("mixed_").unwrap_or(policy).to_owned()
}
