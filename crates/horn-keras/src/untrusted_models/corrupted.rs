//! Files that are cut off or corrupted.

use super::*;

/// The positions of the structural characters of a JSON text: brackets, quotes, colons and commas.
fn structure(text: &[u8]) -> Vec<usize> {
    let (mut places, mut in_string, mut escaped) = (Vec::new(), false, false);
    for (at, byte) in text.iter().enumerate() {
        let is_quote = *byte == b'"' && !escaped;
        escaped = in_string && *byte == b'\\' && !escaped;
        if is_quote || !in_string && b"{}[]:,".contains(byte) {
            places.push(at);
        }
        in_string ^= is_quote;
    }
    places
}

/// A way to corrupt a file, and how many of 100 such corruptions are expected to stay undetected.
type Kind<'a> = (&'static str, RangeInclusive<usize>, Box<dyn Fn(&mut Numbers) -> Vec<u8> + 'a>);

/// All positions in the bytes.
fn all(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).collect()
}

fn kinds<'a>(file: &str, whole: &'a [u8]) -> Vec<Kind<'a>> {
    let checked = checked_places(file, whole);
    let mut kinds: Vec<Kind> =
        vec![("what is checked", 0..=0, Box::new(move |numbers| corrupted(whole, &checked, numbers)))];
    if file.ends_with(".h5") {
        // About half of such a file is values and free space.
        kinds.push(("anything", 35..=65, Box::new(move |numbers| corrupted(whole, &all(whole), numbers))));
        return kinds;
    }
    let inside = move |name: &'static str, change: fn(&[u8], &mut Numbers) -> Vec<u8>| {
        move |numbers: &mut Numbers| with_member(whole, name, |content| *content = change(content, numbers))
    };
    let anything = |content: &[u8], numbers: &mut Numbers| corrupted(content, &all(content), numbers);
    let unstructured = |content: &[u8], numbers: &mut Numbers| {
        let places = structure(content);
        let mut text = content.to_vec();
        text[places[numbers.below(places.len())]] = b'x';
        text
    };
    kinds.push(("the configuration's structure", 0..=0, Box::new(inside("config.json", unstructured))));
    // If it is still JSON, it may describe a model of other sizes, which rarely fits the weights.
    kinds.push(("the configuration", 0..=8, Box::new(inside("config.json", anything))));
    // Values have no checksums.
    kinds.push(("the weights", 50..=85, Box::new(inside("model.weights.h5", anything))));
    kinds
}

/// Truncates and corrupts a file, and reads it as a model and as a compiled model.
fn corrupt_and_read(name: &str, whole: &[u8]) {
    let file = if name.ends_with(".h5") { "model.h5" } else { "model.keras" };
    let load = |bytes: &[u8]| {
        soon(name, || load_bytes::<Model>(file, bytes)).is_ok()
            | soon(name, || load_bytes::<CompiledModel>(file, bytes)).is_ok()
    };
    assert!(load(whole), "{name} can't be read as it is");
    for length in (0..whole.len()).step_by(1000) {
        assert!(!load(&whole[..length]), "{name} cut to {length} of {} bytes", whole.len());
    }
    let mut numbers = Numbers::new(whole.len() as u64);
    for (kind, allowed, corrupt) in kinds(file, whole) {
        let undetected = (0..100).filter(|_| load(&corrupt(&mut numbers))).count();
        assert!(allowed.contains(&undetected), "{name}: of 100 corruptions of {kind}, {undetected} are not found");
    }
    little_memory();
}

#[test]
fn corrupted_small_keras() {
    if runs_alone("untrusted_models::corrupted::corrupted_small_keras") {
        return;
    }
    corrupt_and_read("small.keras", &small("small.keras"));
}

#[test]
fn corrupted_small_h5() {
    if runs_alone("untrusted_models::corrupted::corrupted_small_h5") {
        return;
    }
    corrupt_and_read("small.h5", &small("small.h5"));
}

#[test]
fn corrupted_file_of_keras_2() {
    if runs_alone("untrusted_models::corrupted::corrupted_file_of_keras_2") {
        return;
    }
    corrupt_and_read("v2_mlp.h5", &small("models/v2_mlp.h5"));
}

#[test]
fn corrupted_zip_of_keras_2() {
    if runs_alone("untrusted_models::corrupted::corrupted_zip_of_keras_2") {
        return;
    }
    corrupt_and_read("v2_zip_mlp.keras", &small("models/v2_zip_mlp.keras"));
}

/// Not compiled, so half of its weights can't be told from others.
#[test]
fn corrupted_quantized_weights() {
    if runs_alone("untrusted_models::corrupted::corrupted_quantized_weights") {
        return;
    }
    corrupt_and_read("quantized_int4_blocks.keras", &small("models/quantized_int4_blocks.keras"));
}

#[test]
fn corrupted_graph_of_convolutions() {
    if runs_alone("untrusted_models::corrupted::corrupted_graph_of_convolutions") {
        return;
    }
    corrupt_and_read("inception block", &saved("inception block"));
}

#[test]
fn corrupted_graph_of_sequences() {
    if runs_alone("untrusted_models::corrupted::corrupted_graph_of_sequences") {
        return;
    }
    corrupt_and_read("masked, both ways, every step", &saved("masked, both ways, every step"));
}

#[test]
fn corrupted_nested_models() {
    if runs_alone("untrusted_models::corrupted::corrupted_nested_models") {
        return;
    }
    corrupt_and_read("nested Functional, called twice", &saved("nested Functional, called twice"));
}
