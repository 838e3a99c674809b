//! The nodes of a graph that are no layers.

use serde_json::{Value, json};

use crate::tensor::shape::Shape;

/// One of Keras's operations on masks: a row of the summary, an entry of the file, and a node that counts for the order of
/// the layers. It is never built, as layers compute their masks themselves.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    class: &'static str,
    shape: Shape,
    /// The number for the comparison, or the axis.
    constant: Option<Value>,
}

impl Operation {
    pub fn new(class: &'static str, shape: &Shape) -> Self {
        Self { class, shape: shape.clone(), constant: None }
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The same with a number to compare with, or an axis.
    pub fn with_constant(self, constant: Value) -> Self {
        Self { constant: Some(constant), ..self }
    }

    /// Keras's name of the class.
    pub fn class_name(&self) -> &str {
        self.class
    }

    /// Keras's object for the operation, without its name and its inputs.
    pub fn object(&self) -> Value {
        let module = if self.class == "ConvertToTensor" { "keras.src.ops.core" } else { "keras.src.ops.numpy" };
        let config = match self.class {
            "Any" => json!({"axis": -1, "keepdims": false}),
            "Concatenate" => json!({"axis": self.constant}),
            "ExpandDims" => json!({"axis": -1}),
            "ConvertToTensor" => json!({"dtype": null, "sparse": null, "ragged": null}),
            "OnesLike" | "ZerosLike" => json!({"dtype": "bool"}),
            _ => json!({}),
        };
        let constant = self.constant.as_ref().filter(|_| self.class == "NotEqual");
        json!({"module": module, "class_name": self.class, "config": config, "constant": constant})
    }
}
