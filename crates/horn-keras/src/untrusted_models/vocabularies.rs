//! Vocabularies: no paths, and not too large.

use super::*;

/// CVE-2025-12058: a vocabulary that is the path of a file or an address.
#[test]
fn vocabularies_are_no_paths() {
    for class in ["StringLookup", "IntegerLookup", "TextVectorization"] {
        for path in ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/vocabulary"] {
            let error = format!("{:#}", refused(&one_layer(layer(class, json!({"vocabulary": path})))));
            // A vocabulary must be a list. A string is refused before the layer sees it.
            assert!(error.contains("an argument is of the wrong type"), "{error}");
            assert!(error.contains(&format!("invalid type: string {path:?}, expected a list of tokens")), "{error}");
        }
    }
}

/// The file with an additional asset.
fn with_asset(whole: Vec<u8>, name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new_append(Cursor::new(whole)).unwrap();
    zip.start_file(format!("assets/layers/{name}/vocabulary.txt"), stored()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn vocabularies_are_held_to_a_size() {
    if runs_alone("untrusted_models::vocabularies::vocabularies_are_held_to_a_size") {
        return;
    }
    let lookup = || layer("IntegerLookup", json!({"vocabulary": null}));
    let numbers = |range: std::ops::Range<u32>| range.map(|it| it.to_string()).collect::<Vec<_>>().join("\n");
    let one = || keras_file(&sequential(json!([null, 4]), [lookup()]));
    let three = keras_file(&sequential(json!([null, 4]), [lookup(), lookup(), lookup()]));
    let part = [b"7\n".repeat(500_000), b"7".to_vec()].concat();
    let three = ["integer_lookup", "integer_lookup_1", "integer_lookup_2"]
        .into_iter()
        .fold(three, |whole, name| with_asset(whole, name, &part));
    for (bytes, problem) in [
        (
            with_asset(one(), "integer_lookup", &vec![b'\n'; 2 << 20]),
            "the vocabulary is too large; received 2097153 tokens",
        ),
        (with_asset(one(), "integer_lookup", &vec![b'7'; 17 << 20]), "the vocabulary is damaged"),
        (three, "more in a file of this size"),
    ] {
        let error = soon(problem, || load_bytes::<Model>("model.keras", &bytes)).map(drop).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    // More tokens than published word vectors have.
    let whole = with_asset(one(), "integer_lookup", numbers(2..1_000_000).as_bytes());
    assert!(load_bytes::<Model>("model.keras", &whole).is_ok());
    // A layer that can't learn a vocabulary.
    let object = sequential(json!([null, 4]), [layer("ReLU", json!({"vocabulary": null}))]);
    let whole = with_asset(keras_file(&object), "re_lu", &vec![b'\n'; 2 << 20]);
    assert!(soon("no vocabulary", || load_bytes::<Model>("model.keras", &whole)).is_ok());
    little_memory();
}
