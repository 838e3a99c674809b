//! Hard sigmoids of other slopes in Keras's files.
//!
//! Keras 3 has no function for them. But it takes any layer as an activation, so files have the two layers that compute
//! the same: `Sequential([Rescaling(slope, 0.5), ReLU(max_value=1.0)])`.

use serde_json::{Value, json};

/// The layers that compute a hard sigmoid of this slope.
pub(super) fn write(slope: f64) -> Value {
    let layer = |class: &str, config: Value| json!({"module": "keras.layers", "class_name": class, "config": config, "registered_name": null});
    json!({
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "hard_sigmoid",
            "trainable": true,
            "layers": [
                layer("Rescaling", json!({"name": "rescaling", "trainable": true, "scale": slope, "offset": 0.5})),
                layer("ReLU", json!({"name": "re_lu", "trainable": true, "max_value": 1.0})),
            ],
        },
        "registered_name": null,
    })
}

/// The slope, if the object is that of two such layers.
pub(super) fn read(object: &Value) -> Option<f64> {
    let layers = object["config"]["layers"].as_array().filter(|_| object["class_name"] == "Sequential")?;
    let mut steps = layers.iter().filter(|layer| layer["class_name"] != "InputLayer");
    let (Some(rescaling), Some(relu), None) = (steps.next(), steps.next(), steps.next()) else { return None };
    let number = |layer: &Value, key: &str| layer["config"][key].as_f64();
    let is_scaled = rescaling["class_name"] == "Rescaling" && number(rescaling, "offset") == Some(0.5);
    let is_plain = |key: &str| number(relu, key).unwrap_or_default() == 0.0;
    let is_limited = relu["class_name"] == "ReLU" && number(relu, "max_value") == Some(1.0);
    let is_it = is_scaled && is_limited && is_plain("negative_slope") && is_plain("threshold");
    number(rescaling, "scale").filter(|_| is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;

    #[test]
    fn the_layers_are_read_as_they_are_written() {
        for slope in [0.2, 0.25] {
            let activation = Activation::hard_sigmoid(slope);
            let written = serde_json::to_value(activation).unwrap();
            assert_eq!(written, write(slope));
            assert_eq!(serde_json::from_value::<Activation>(written).unwrap(), activation);
        }
        assert_eq!(serde_json::from_value::<Activation>(write(1.0 / 6.0)).unwrap(), Activation::HardSigmoid);
    }

    #[test]
    fn other_layers_are_none() {
        let places = [
            ("/class_name", json!("Functional")),
            ("/config/layers/0/class_name", json!("Dense")),
            ("/config/layers/0/config/offset", json!(0.4)),
            ("/config/layers/0/config/scale", json!("0.2")),
            ("/config/layers/1/class_name", json!("ELU")),
            ("/config/layers/1/config/max_value", json!(6.0)),
            ("/config/layers", json!([])),
        ];
        for (place, value) in places {
            let mut object = write(0.2);
            *object.pointer_mut(place).unwrap() = value;
            assert_eq!(read(&object), None, "{place}");
        }
        let mut sloped = write(0.2);
        sloped["config"]["layers"][1]["config"]["negative_slope"] = 0.1.into();
        assert_eq!(read(&sloped), None);
    }
}
