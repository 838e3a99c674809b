//! Drawings of models: layers of the same family have the same colour.

use horn::Model;
use horn::plot::ModelGraph;
use serde::Deserialize;
use serde_json::Value;

use crate::fixtures::read;

/// The colour of layers that merge several inputs.
const COLOUR: &str = "#c2410c";

#[test]
fn layers_that_merge_have_a_colour_of_their_own() {
    #[derive(Deserialize)]
    struct Entry {
        class_name: String,
        case: String,
        model: Value,
    }
    let entries = read::<Vec<Entry>>("configs.json").into_iter().filter(|entry| entry.case == "graph");
    let is_coloured = |entry: &Entry| {
        let model = Model::deserialize(&entry.model, &horn::default_device().unwrap()).unwrap();
        ModelGraph::new(&model).svg().contains(COLOUR)
    };
    let mut coloured: Vec<String> = entries.filter(is_coloured).map(|entry| entry.class_name).collect();
    coloured.sort_unstable();
    let merging = "Add Average Concatenate CustomScaleLayer Dot Maximum Minimum Multiply Subtract";
    assert_eq!(coloured.join(" "), merging);
}
