//! `horn predict`: the outputs are Keras's, for arrays and texts of all kinds.

use std::fs;
use std::io::Read;

use serde_json::Value;

use crate::npy::{floats, npy};
use crate::{Folder, assert_close, error, fixture, json, keras, numbers, small, stdout, values};

#[test]
fn predictions_are_keras_s() {
    let folder = Folder::new();
    let (model, x) = (fixture("cli/two.keras"), fixture("cli/two_x.npz"));
    let predicted = json(&["predict", &model, &x]);
    assert_close(&numbers(&predicted["kind"]), &keras("cli/two_predicted.npz", "kind", 12));
    assert_close(&numbers(&predicted["value"]), &keras("cli/two_predicted.npz", "value", 4));
    // In batches, and to a file.
    let out = folder.path("out.npz");
    assert_eq!(stdout(&["predict", &model, &x, "--output", &out, "--batch-size", "3"]), "");
    let mut zip = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
    let mut bytes = Vec::new();
    zip.by_name("kind.npy").unwrap().read_to_end(&mut bytes).unwrap();
    assert_close(&values(&bytes, 12), &keras("cli/two_predicted.npz", "kind", 12));
    assert_eq!(zip.len(), 2);
}

/// Strings as `numpy.save` writes them, and the outputs of Keras on TensorFlow.
#[test]
fn texts_are_read_by_models_of_texts() {
    let folder = Folder::new();
    let model = fixture("files/models/reviews.keras");
    let content: Value =
        serde_json::from_str(&fs::read_to_string(fixture("files/models/reviews.json")).unwrap()).unwrap();
    let texts: Vec<&str> = content["x"][0]["texts"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap();
    let characters = texts.iter().flat_map(|text| text.chars().chain(std::iter::repeat('\0')).take(longest));
    let characters: Vec<u8> = characters.flat_map(|character| u32::from(character).to_le_bytes()).collect();
    let descr = format!("<U{longest}");
    let expected = numbers(&content["y"][0]["data"]);
    for shape in [format!("({}, 1)", texts.len()), format!("({},)", texts.len())] {
        let (x, out) = (folder.put("x.npy", &npy(&descr, false, &shape, &characters)), folder.path("out.npy"));
        stdout(&["predict", &model, &x, "-o", &out, "--batch-size", "5"]);
        assert_close(&values(&fs::read(&out).unwrap(), texts.len()), &expected);
    }
    let x = folder.put("numbers.npy", &npy("<f4", false, "(1, 1)", &floats(&[1.0])));
    let (code, said) = error(&["predict", &model, &x]);
    assert_eq!(code, 1);
    assert!(said.contains("the model takes strings; received numbers of shape (1, 1)"), "{said}");
    json(&["bench", &model, "--seconds", "0.01"]);
}

#[test]
fn arrays_go_by_keys_or_by_the_names_of_layers() {
    let folder = Folder::new();
    let (model, x) = (fixture("cli/keyed.keras"), fixture("cli/keyed_x.npz"));
    let predicted = json(&["predict", &model, &x]);
    assert_close(&numbers(&predicted["price"]), &keras("cli/keyed_predicted.npz", "price", 4));
    assert_close(&numbers(&predicted["sort"]), &keras("cli/keyed_predicted.npz", "sort", 8));
    assert_eq!(json(&["predict", &model, &fixture("cli/keyed_x_by_layers.npz")]), predicted);
    let loss = json(&["evaluate", &model, &x, &fixture("cli/keyed_y.npz")]);
    assert_close(&numbers(&loss["loss"]), &keras("cli/keyed_predicted.npz", "loss", 1));
    // The predictions can serve as the expected outputs.
    let out = folder.path("out.npz");
    stdout(&["predict", &model, &x, "-o", &out]);
    assert_eq!(json(&["evaluate", &model, &x, &out])["loss"], 0.0);

    let (code, text) = error(&["predict", &model, &fixture("cli/two_x.npz")]);
    assert_eq!(code, 1);
    assert!(text.contains("received words, price, expected d, w") || text.contains("expected w, d"), "{text}");
}

#[test]
fn all_outputs_of_a_layer_are_there() {
    let folder = Folder::new();
    let (model, x, out) = (fixture("cli/states.keras"), fixture("cli/states_x.npz"), folder.path("out.npz"));
    let predicted = json(&["predict", &model, &x]);
    stdout(&["predict", &model, &x, "-o", &out]);
    let mut zip = zip::ZipArchive::new(fs::File::open(&out).unwrap()).unwrap();
    for name in ["lstm", "lstm_1", "lstm_2"] {
        let expected = keras("cli/states_predicted.npz", name, 4);
        assert_close(&numbers(&predicted[name]), &expected);
        let mut bytes = Vec::new();
        zip.by_name(&format!("{name}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
        assert_close(&values(&bytes, 4), &expected);
    }
    assert_eq!(predicted.as_object().unwrap().len(), 3);
}

/// An inverse lookup gives strings. They are those of the vocabulary, and `[UNK]` for 0, as in Keras.
#[test]
fn texts_come_out_of_models_of_texts() {
    use horn::layers::{Input, StringLookup};
    use horn::{SaveModel, Sequential};

    let folder = Folder::new();
    let (model, out) = (folder.path("words.keras"), folder.path("out.npy"));
    let words = StringLookup().vocabulary(["cat", "né"]).invert(true).name("words");
    let layers = Sequential::new().add(Input([1])).add(words);
    layers.build(&horn::default_device().unwrap()).unwrap().save(&model).unwrap();
    let ids: Vec<f32> = (0..300).map(|at| (at % 3) as f32).collect();
    let x = folder.put("x.npy", &npy("<f4", false, "(300, 1)", &floats(&ids)));
    let expected: Vec<Value> = (0..300).map(|at| Value::from(vec![["[UNK]", "cat", "né"][at % 3]])).collect();
    assert_eq!(json(&["predict", &model, &x])["words"], Value::from(expected));
    assert!(stdout(&["predict", &model, &x]).starts_with("words: string (300, 1)\n[[\"[UNK]\"],\n [\"cat\"],"));
    stdout(&["predict", &model, &x, "-o", &out]);
    let written = fs::read(&out).unwrap();
    assert!(
        String::from_utf8_lossy(&written[10..])
            .starts_with("{'descr': '<U5', 'fortran_order': False, 'shape': (300, 1), }")
    );
    assert_eq!(
        written[written.len() - 20..][..8],
        [u32::from('n').to_le_bytes(), u32::from('é').to_le_bytes()].concat()
    );
}

#[test]
fn predicts_many_samples_as_it_does_each() {
    let folder = Folder::new();
    let all: Vec<f32> = (0..300).map(|at| (at as f32).sin()).collect();
    let (x, out) = (folder.put("x.npy", &npy("<f4", false, "(100, 3)", &floats(&all))), folder.path("out.npy"));
    stdout(&["predict", &small(), &x, "-o", &out, "--batch-size", "3"]);
    let together = values(&fs::read(&out).unwrap(), 200);
    for sample in [0, 23, 24, 99] {
        let one = folder.put("one.npy", &npy("<f4", false, "(1, 3)", &floats(&all[3 * sample..][..3])));
        let alone = json(&["predict", &small(), &one]);
        assert_close(&together[2 * sample..][..2], &numbers(&alone["scores"]));
    }
    let none = folder.put("none.npy", &npy("<f4", false, "(0, 3)", &[]));
    assert_eq!(json(&["predict", &small(), &none]), serde_json::json!({"scores": []}));
}

#[test]
fn arrays_of_any_dtype_are_read() {
    let folder = Folder::new();
    let expected = json(&[
        "predict",
        &small(),
        &folder.put("x.npy", &npy("<f4", false, "(2, 3)", &floats(&[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]))),
    ]);
    let bits = [0, 1, 0, 1, 1, 0_u8];
    let wide = |to: &dyn Fn(u8) -> Vec<u8>| bits.iter().flat_map(|&bit| to(bit)).collect::<Vec<u8>>();
    for (descr, bytes) in [
        ("|b1", bits.to_vec()),
        ("|u1", bits.to_vec()),
        ("|i1", bits.to_vec()),
        ("<u2", wide(&|bit| u16::from(bit).to_le_bytes().to_vec())),
        ("<i2", wide(&|bit| i16::from(bit).to_le_bytes().to_vec())),
        ("<f2", wide(&|bit| (u16::from(bit) * 0x3c00).to_le_bytes().to_vec())),
        ("<i4", wide(&|bit| i32::from(bit).to_le_bytes().to_vec())),
        ("<u4", wide(&|bit| u32::from(bit).to_le_bytes().to_vec())),
        ("<i8", wide(&|bit| i64::from(bit).to_le_bytes().to_vec())),
        ("<u8", wide(&|bit| u64::from(bit).to_le_bytes().to_vec())),
        ("<f8", wide(&|bit| f64::from(bit).to_le_bytes().to_vec())),
        (">f4", wide(&|bit| f32::from(bit).to_be_bytes().to_vec())),
        (">i8", wide(&|bit| i64::from(bit).to_be_bytes().to_vec())),
    ] {
        let x = folder.put("x.npy", &npy(descr, false, "(2, 3)", &bytes));
        assert_eq!(json(&["predict", &small(), &x]), expected, "{descr}");
    }
    let columns = folder.put("x.npy", &npy("<f4", true, "(2, 3)", &floats(&[0.0, 1.0, 1.0, 1.0, 0.0, 0.0])));
    assert_eq!(json(&["predict", &small(), &columns]), expected);
}

#[test]
fn shows_arrays_shortly() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(1000, 3)", &[1; 3000]));
    let shown = stdout(&["predict", &small(), &x]);
    assert!(shown.starts_with("scores: float32 (1000, 2)\n[["), "{shown}");
    assert!(shown.contains("...") && shown.lines().count() < 200, "{shown}");
}
