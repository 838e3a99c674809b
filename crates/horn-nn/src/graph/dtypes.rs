//! The dtypes that Keras records for a layer's outputs.

use serde_json::Value;

/// Layers whose outputs are the numbers of words or bins, if they are no counts, and the dtype that these have.
const INDEXERS: [(&str, &str); 5] = [
    ("Discretization", "int32"),
    ("Hashing", "int64"),
    ("IntegerLookup", "int64"),
    ("StringLookup", "int64"),
    ("TextVectorization", "int64"),
];

/// The dtype that Keras has for what a layer gives: that of an `Input`, or the one in which a layer computes. Horn itself
/// computes in float32.
pub(crate) fn dtype_of(object: &Value) -> String {
    let config = &object["config"];
    let indexer = INDEXERS.iter().find(|(class, _)| object["class_name"] == *class && config["output_mode"] == "int");
    if let Some((_, dtype)) = indexer {
        return (*dtype).to_owned();
    }
    let policy = config["dtype"].as_str().or_else(|| config["dtype"]["config"]["name"].as_str()).unwrap_or("float32");
    // Weights of a mixed policy are float32, values are not.
    policy.strip_prefix("mixed_").unwrap_or(policy).to_owned()
}
