//! The state that layers compute in `adapt`, compared with Keras's.

use horn::constraints::Axes;
use horn::layers::{Input, Normalization};
use horn::{Apply, Model};
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::{Array, assert_close, read};

#[derive(Debug, Deserialize)]
struct Entry {
    case: String,
    config: Value,
    weights: Vec<Array>,
    adapt: Option<Array>,
}

#[test]
fn normalization_finds_mean_and_variance() {
    let entries: Vec<Entry> = read("layers/normalization.json");
    let adapted = entries.iter().filter_map(|entry| Some((entry, entry.adapt.as_ref()?)));
    let mut cases = 0;
    for (entry, data) in adapted {
        let axes: Axes = serde_json::from_value(entry.config["axis"].clone()).unwrap();
        let mut layer = Normalization().axis(axes);
        layer.adapt(data.host()).unwrap();
        let input = Input(&data.shape[1..]).tensor();
        let model = Model::new(&input, layer.apply(&input).unwrap()).unwrap();
        let weights = model.build(&horn::burn::tensor::Device::default()).unwrap().get_weights();
        for (received, expected) in weights.iter().zip(&entry.weights) {
            assert_eq!(received.shape(), expected.shape, "{}", entry.case);
            let received: Vec<f32> = received.iter().copied().collect();
            assert_close(&entry.case, &received, &expected.values(), 1e-6);
        }
        cases += 1;
    }
    assert!(cases >= 8, "{cases} cases");
}

#[test]
fn data_of_another_shape_is_an_error() {
    let entries: Vec<Entry> = read("layers/normalization.json");
    let data = entries.iter().find_map(|entry| entry.adapt.as_ref()).unwrap();
    let mut layer = Normalization();
    layer.adapt(data.host()).unwrap();
    let error = layer.apply(Input([data.shape[1] + 1]).tensor()).unwrap_err();
    assert!(error.is_shape(), "{error}");
    assert!(Normalization().mean(0.0).variance(1.0).adapt(data.host()).unwrap_err().is_argument());
    assert!(Normalization().mean(0.0).apply(Input([2]).tensor()).unwrap_err().is_argument());
}
