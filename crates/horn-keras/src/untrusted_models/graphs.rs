//! Nests and graphs: what they cost, and those that are none.

use super::*;

/// Nests layers: wraps the innermost layer `levels` times.
fn nested(levels: usize, innermost: Value, around: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(innermost, |inner, _| around(inner))
}

#[test]
fn nests_and_graphs_take_no_more_than_they_are_long() {
    if runs_alone("untrusted_models::graphs::nests_and_graphs_take_no_more_than_they_are_long") {
        return;
    }
    let lstm = || layer("LSTM", json!({"units": 2, "return_sequences": true}));
    let dense = || layer("Dense", json!({"units": 4}));
    let steps = || json!([null, 4, 3]);
    let both_ways = |inner: Value| layer("Bidirectional", json!({"layer": inner}));
    let two_ways = |inner: Value| layer("Bidirectional", json!({"layer": inner, "backward_layer": lstm()}));
    let each_step = |inner| layer("TimeDistributed", json!({"layer": inner}));
    let list = |inner| layer("Sequential", json!({"layers": [inner]}));
    let cell = |inner| layer("RNN", json!({"cell": layer("StackedRNNCells", json!({"cells": [inner]}))}));
    // Arguments of the call make the reader deserialize the layer again.
    let told = |inner| {
        let mut own = node("y", "TimeDistributed", json!({"layer": inner}), &[&["x"]]);
        own["inbound_nodes"][0]["kwargs"] = json!({"trainable": true});
        graph(vec![graph_input("x"), own], json!(["y", 0, 0]))
    };
    let doubled = |inner: Value| {
        let called = node("y", "Functional", inner["config"].clone(), &[&["x"]]);
        let again = node("z", "Functional", inner["config"].clone(), &[&["y"]]);
        graph(vec![graph_input("x"), called, again], json!(["z", 0, 0]))
    };
    let plain = graph(vec![graph_input("x"), node("y", "Dense", json!({"units": 4}), &[&["x"]])], json!(["y", 0, 0]));
    for (what, object) in [
        ("both ways", sequential(steps(), [nested(25, lstm(), both_ways)])),
        ("both ways by cells", sequential(steps(), [nested(8, lstm(), |inner| both_ways(cell(inner)))])),
        ("two ways", sequential(steps(), [nested(25, lstm(), two_ways)])),
        ("each step of each step", sequential(json!([null, 4, 3]), [nested(27, dense(), each_step)])),
        ("cells in cells", sequential(steps(), [nested(12, lstm(), cell)])),
        ("told again and again", nested(9, dense(), told)),
        ("too deep", sequential(json!([null, 4]), [nested(130, dense(), list)])),
        ("both ways, deeper", sequential(steps(), [nested(90, lstm(), both_ways)])),
        ("told again and again, deeper", nested(90, dense(), told)),
    ] {
        assert!(read(what, &object).is_err(), "{what}");
    }
    let fine = |what: &str, object: Value| {
        // The file lacks the weights. The error shows that everything before was read.
        let error = read(what, &object).map(drop).unwrap_err().to_string();
        assert!(error.contains("the file has other weights"), "{what}: {error}");
    };
    fine("lists in lists", sequential(json!([null, 4]), [nested(20, dense(), list)]));
    fine("models that have each other twice", nested(5, plain, doubled));
    little_memory();
}

#[test]
fn long_graphs_are_read_in_any_order() {
    if runs_alone("untrusted_models::graphs::long_graphs_are_read_in_any_order") {
        return;
    }
    let names: Vec<String> = (0..5000).map(|at| format!("layer{at}")).collect();
    let mut layers = vec![graph_input("x")];
    for (at, name) in names.iter().enumerate() {
        let before = if at == 0 { "x" } else { &names[at - 1] };
        layers.push(node(name, "ReLU", json!({}), &[&[before]]));
    }
    let mut backwards = layers.clone();
    backwards.reverse();
    let last = json!([names.last().unwrap(), 0, 0]);
    let mut halves = layers.clone();
    halves.truncate(2500);
    for (what, layers, output) in [
        ("forwards", layers.clone(), last.clone()),
        ("backwards", backwards, last.clone()),
        ("a part", layers, json!(["layer20", 0, 0])),
    ] {
        let bytes = keras_file(&graph(layers, output));
        // Five thousand layers are read, in an unoptimised build.
        let loaded = within(Duration::from_secs(10), what, || load_bytes::<Model>("model.keras", &bytes));
        assert!(loaded.is_ok(), "{what}");
    }
    assert!(refused(&graph(halves, last)).to_string().contains("an input or output does not belong to a layer"));
    little_memory();
}

#[test]
fn graphs_that_are_none_are_errors() {
    if runs_alone("untrusted_models::graphs::graphs_that_are_none_are_errors") {
        return;
    }
    let relu = |name: &str, from: &[&[&str]]| node(name, "ReLU", json!({}), from);
    let history = |place: Value| {
        let mut own = relu("y", &[&["x"]]);
        own["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = place;
        graph(vec![graph_input("x"), own], json!(["y", 0, 0]))
    };
    let attention = |query: Value, value: Value| {
        let input = |name, shape| node(name, "InputLayer", json!({"batch_shape": shape}), &[]);
        let own = node("y", "Attention", json!({}), &[&["x", "z"]]);
        let mut object = graph(vec![input("x", query), input("z", value), own], json!(["y", 0, 0]));
        object["config"]["input_layers"] = json!([["x", 0, 0], ["z", 0, 0]]);
        object
    };
    let circle = "the graph has a cycle";
    let y = || json!(["y", 0, 0]);
    for (object, problem) in [
        (graph(vec![graph_input("x"), relu("y", &[&["y"]])], y()), circle),
        (graph(vec![graph_input("x"), relu("y", &[&["z"]]), relu("z", &[&["y"]])], y()), circle),
        (history(json!(["x", HUGE, 0])), circle),
        (history(json!(["x", 0, HUGE])), circle),
        (history(json!(["x", -1, 0])), circle),
        (history(json!(["x"])), circle),
        (history(json!([])), circle),
        (history(json!([[["x"]], null, {}])), circle),
        (history(json!({"x": 0})), circle),
        (history(json!("x")), circle),
        (history(Value::Null), "takes"),
        (
            graph(vec![graph_input("x"), relu("y", &[&["x"], &["x"]]), relu("y", &[&["x"]])], y()),
            "two layers have one name",
        ),
        (graph(vec![graph_input("x"), graph_input("x"), relu("y", &[&["x"]])], y()), "two layers have one name"),
        (
            graph(vec![graph_input("x"), relu("y", &[&["x"]])], json!(["y", HUGE, 0])),
            "an input or output does not belong to a layer",
        ),
        (
            graph(vec![graph_input("x"), relu("y", &[&["x"]])], json!([0, 0, 0])),
            "an input or output does not belong to a layer",
        ),
        (graph(vec![graph_input("x"), relu("y", &[])], y()), "an input or output does not belong to a layer"),
        (graph(vec![graph_input("x")], json!(["x", 0, 0])), "weights"),
        (graph(vec![], y()), "an input or output does not belong to a layer"),
        (attention(json!([null, 8, 6, 4]), json!([null, 4, 6, 4])), "query and key have different leading axes"),
        (attention(json!([null, 3, 3]), json!([null, 0, 3])), "the input has no values"),
        (layer("Functional", json!({"layers": {}})), "layers is missing"),
        (layer("Functional", json!([])), "layers is missing"),
        (layer("Functional", json!({"layers": [null, 1, "x", []]})), "name is missing"),
        (layer("Sequential", json!({"layers": []})), "no layers"),
        (layer("Sequential", json!({"layers": ["x", 1]})), "class_name is missing"),
        (layer("Sequential", json!({"layers": [sequential(json!([null, 4]), [])]})), "model"),
        (sequential(json!([null, 4]), [input(json!([null, 4]))]), "two layers have one name"),
        (layer("Model", Value::Null), "layers is missing"),
        (json!([]), "the object is not a model"),
        (json!("Sequential"), "the object is not a model"),
        (json!({"class_name": ["Sequential"]}), "the object is not a model"),
        (sequential(json!([null, 4]), [layer("ReLU", json!({"x": vec![json!({}); 200_000]}))]), "too many objects"),
    ] {
        match read(problem, &object) {
            Err(error) => assert!(error.to_string().contains(problem), "{problem}: {error}"),
            // A model may return its input.
            Ok(_) => assert_eq!(problem, "weights"),
        }
    }
    little_memory();
}

#[test]
fn a_file_has_as_many_layers_as_it_has_room_for() {
    if runs_alone("untrusted_models::graphs::a_file_has_as_many_layers_as_it_has_room_for") {
        return;
    }
    let layers = |count: usize| sequential(json!([null, 4]), (0..count).map(|_| layer("ReLU", json!({}))));
    let (few, many) = (keras_file(&layers(10_000)), keras_file(&layers(20_000)));
    let read =
        |bytes: &[u8]| within(Duration::from_secs(20), "layers", || load_bytes::<Model>("model.keras", bytes).unwrap());
    assert_eq!(read(&few).layers().count(), 10_001);
    assert_eq!(read(&many).layers().count(), 20_001);
    little_memory();
}
