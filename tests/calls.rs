//! Several calls of one layer: their order and their options, in the program and in files.

use horn::burn::tensor::Device;
use horn::prelude::*;
use ndarray::{Array2, Array3, ArrayD};
use serde_json::{Value, json};

/// The object of a layer in a written model.
fn layer<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    object["config"]["layers"].as_array_mut().unwrap().iter_mut().find(|layer| layer["name"] == name).unwrap()
}

/// The model of a file with the weights of another one.
fn again(object: &Value, weights: &[ArrayD<f32>]) -> Model {
    let mut model = Model::deserialize(object, &Device::default()).unwrap();
    model.set_weights(weights).unwrap();
    model
}

/// As Keras writes it: the call that comes first in the program is the first one, whichever runs first.
#[test]
fn the_calls_of_a_layer_are_in_the_order_of_the_program() {
    for near_is_first in [true, false] {
        let x = Input([2]).name("x");
        let shared = Dense(2).name("shared").shared();
        // This call is near the output, and the other one is far from it.
        let near = || shared.apply(Dense(2).name("before").apply(&x).unwrap()).unwrap();
        let far = || shared.apply(&x).unwrap();
        let early = if near_is_first { near() } else { far() };
        let (near, far) = if near_is_first { (early, far()) } else { (near(), early) };
        let far = Dense(2).name("end").apply(Dense(2).name("after").apply(&far).unwrap()).unwrap();
        let y = Subtract().apply((&near, &far)).unwrap();
        let model = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap();
        let mut object = model.serialize().unwrap();

        let taken = |node: &Value| node["args"][0]["config"]["keras_history"][0].to_string();
        let nodes = layer(&mut object, "shared")["inbound_nodes"].clone();
        let [first, second] = if near_is_first { ["before", "x"] } else { ["x", "before"] };
        assert_eq!([&nodes[0], &nodes[1]].map(taken), [first, second].map(|name| format!("{name:?}")));
        let history = &layer(&mut object, "after")["inbound_nodes"][0]["args"][0]["config"]["keras_history"];
        assert_eq!(history, &json!(["shared", usize::from(near_is_first), 0]));

        let x = Array2::from_shape_fn((3, 2), |(row, column)| (row * 2 + column) as f32 - 2.5);
        let (expected, weights) = (model.predict(&x, 3).unwrap(), model.get_weights());
        let read = again(&object, &weights);
        assert_eq!(read.predict(&x, 3).unwrap(), expected);
        assert_eq!(read.serialize().unwrap(), object);
        // What a call takes may stand after it in the file. The call then waits, and those after it wait for their turn.
        let mut turned = object.clone();
        let layers = turned["config"]["layers"].as_array_mut().unwrap();
        let at = layers.iter().position(|layer| layer["name"] == "before").unwrap();
        let before = layers.remove(at);
        layers.push(before);
        assert_eq!(again(&turned, &weights).predict(&x, 3).unwrap(), expected);
    }
}

/// `attention(x, x, use_causal_mask=True)` and `attention(x, x, use_causal_mask=False)` of one layer.
#[test]
fn an_option_that_a_call_switches_off_is_off() {
    let x = Input([4, 2]);
    let attention = || MultiHeadAttention(1, 2).name("attention");
    let causal = attention().use_causal_mask(true);
    let alone = |attention: MultiHeadAttention, weights: Option<&[ArrayD<f32>]>| {
        let mut model = Model::new(&x, attention.apply((&x, &x)).unwrap()).unwrap().build(&Device::default()).unwrap();
        if let Some(weights) = weights {
            model.set_weights(weights).unwrap();
        }
        model
    };
    let weights = alone(attention(), None).get_weights();
    let values = Array3::from_shape_fn((1, 4, 2), |(_, step, at)| (step * step + at) as f32 / 4.0 - 1.0);
    let expected = [causal.clone(), attention()].map(|own| alone(own, Some(&weights)).predict(&values, 1).unwrap());
    assert_ne!(expected[0], expected[1]);

    let shared = causal.shared();
    let called = [shared.apply((&x, &x)), shared.called_as(attention().use_causal_mask(false)).apply((&x, &x))];
    let called = called.map(Result::unwrap);
    let mut model = Model::new(&x, called).unwrap().build(&Device::default()).unwrap();
    model.set_weights(&weights).unwrap();
    assert_eq!(model.predict_all(&values, 1).unwrap(), expected);

    // Keras records what the program says, whether that is the default or not.
    let mut object = model.serialize().unwrap();
    assert_eq!(again(&object, &weights).predict_all(&values, 1).unwrap(), expected);
    let nodes = &mut layer(&mut object, "attention")["inbound_nodes"];
    assert_eq!(nodes[0]["kwargs"]["use_causal_mask"], true);
    nodes[1]["kwargs"]["use_causal_mask"] = false.into();
    nodes[1]["kwargs"]["return_attention_scores"] = false.into();
    assert_eq!(again(&object, &weights).predict_all(&values, 1).unwrap(), expected);
    // The first call may be the one that says no.
    layer(&mut object, "attention")["inbound_nodes"].as_array_mut().unwrap().reverse();
    let [causal, all] = expected;
    assert_eq!(again(&object, &weights).predict_all(&values, 1).unwrap(), [all, causal]);
}

/// In Keras, the value is the key where the program gives no key, and the masks of both count.
#[test]
fn a_mask_of_the_key_is_one_of_the_value_that_is_the_key() {
    let (query, value) = (Input([3, 2]).name("query"), Input([5, 2]).name("value"));
    let present = Input([5]).name("present");
    let found = MultiHeadAttention(2, 3).name("attention").apply((&query, &value)).unwrap();
    let seen = Flatten().apply(&present).unwrap();
    let model = Model::new((&query, &value, &present), (&found, &seen)).unwrap().build(&Device::default()).unwrap();
    let x = Array3::from_shape_fn((1, 3, 2), |(_, step, at)| (step + 2 * at) as f32 / 3.0);
    let y = Array3::from_shape_fn((1, 5, 2), |(_, step, at)| (step * step + at) as f32 / 4.0 - 1.0);
    let mask = ndarray::array![[1.0_f32, 1.0, 0.0, 1.0, 0.0]];
    let predicted = |name: Option<&str>| {
        let mut object = model.serialize().unwrap();
        if let Some(name) = name {
            let place = json!({"shape": [null, 5], "dtype": "float32", "keras_history": ["present", 0, 0]});
            let mask = json!({"class_name": "__keras_tensor__", "config": place});
            layer(&mut object, "attention")["inbound_nodes"][0]["kwargs"][name] = mask;
        }
        let data = [HostArray::from(&x), HostArray::from(&y), HostArray::from(&mask)];
        again(&object, &model.get_weights()).predict_all(data, 1).unwrap().remove(0)
    };
    assert_eq!(predicted(Some("key_mask")), predicted(Some("value_mask")));
    assert_ne!(predicted(Some("key_mask")), predicted(None));
}

/// As Keras does on JAX: a layer for each sentence passes the masks of its words on, and a sentence counts if any of its
/// words does.
#[test]
fn masks_of_words_are_those_of_their_sentences() {
    let x = Input([3, 4]).dtype(InputDtype::Int32);
    let words = Embedding(9, 3).mask_zero(true).name("words").apply(&x).unwrap();
    let sentences = TimeDistributed(LSTM(2).name("inner")).name("sentences").apply(&words).unwrap();
    let outer = GRU(2).name("outer").shared();
    let any = ops::any(ops::not_equal(&x, 0).unwrap(), 2, false).unwrap();
    let outputs = [outer.apply(&sentences).unwrap(), outer.with_mask(&any).apply(&sentences).unwrap()];
    let model = Model::new(&x, outputs).unwrap().build(&Device::default()).unwrap();
    let tokens =
        ndarray::array![[[1, 2, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0]], [[1_i32, 2, 3, 4], [0, 0, 0, 0], [5, 6, 0, 0]]];
    let found = model.predict_all(&tokens, 2).unwrap();
    assert_eq!(found[0], found[1]);
}
