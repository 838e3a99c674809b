//! Numbers that are not finite in configurations. Python writes them as the words `NaN`, `Infinity` and `-Infinity`, which
//! JSON does not have, and `serde_json` has no such numbers. Among values, each is a text of the word after a [`MARK`].

use serde_json::Value;

/// Python's words for numbers that are not finite.
pub const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// What tells a word from a text: no name and no option begins with it.
pub const MARK: char = '\0';

/// The word that a value stands for; `None` for a finite number and all else.
pub fn word(value: &Value) -> Option<&'static str> {
    let text = value.as_str()?.strip_prefix(MARK)?;
    WORDS.into_iter().find(|word| *word == text)
}

/// The number that a value is, also one that is not finite.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match word(value) {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some(_) => Some(f64::NEG_INFINITY),
        None => value.as_f64(),
    }
}

/// The value of a number, also of one that is not finite.
pub(crate) fn value(number: f64) -> Value {
    let word = match number {
        number if number.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        finite => return finite.into(),
    };
    format!("{MARK}{word}").into()
}

/// Is a number that is not finite among these values?
pub(crate) fn is_in(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(is_in),
        Value::Object(object) => object.values().any(is_in),
        value => word(value).is_some(),
    }
}

/// The JSON text of a value as Python writes it.
pub fn to_json(value: &Value) -> String {
    let text = value.to_string();
    let quoted = WORDS.map(|word| format!("\"\\u0000{word}\""));
    if !quoted.iter().any(|quoted| text.contains(quoted)) {
        return text;
    }
    let (mut written, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(start) = rest.find('"') {
        let (before, text) = rest.split_at(start);
        let (text, after) = text.split_at(length_of_text(text));
        let word = quoted.iter().position(|quoted| quoted == text).filter(|_| !after.starts_with(':'));
        written.push_str(before);
        written.push_str(word.map_or(text, |at| WORDS[at]));
        rest = after;
    }
    written + rest
}

/// A text for people, in which marked words stand without their marks: as JSON, as Rust and as strings have them.
pub(crate) fn in_words(text: String) -> String {
    if !WORDS.iter().any(|word| text.contains(word)) {
        return text;
    }
    let without_marks = |text: String, word: &str| {
        let marked = [format!("\"\\u0000{word}\""), format!("\"\\0{word}\""), format!("{MARK}{word}")];
        marked.iter().fold(text, |text, marked| text.replace(marked, word))
    };
    WORDS.into_iter().fold(text, without_marks)
}

/// The length of the text with its quotes, at the start of this JSON.
fn length_of_text(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_become_values_and_are_read_again() {
        for found in [0.5, -3.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(&value(found)), Some(found));
        }
        assert!(number(&value(f64::NAN)).unwrap().is_nan());
        assert_eq!(value(f64::NAN), "\0NaN");
        for other in [json!("NaN"), json!("\0nan"), json!("\0"), json!(null), json!([1])] {
            assert_eq!(number(&other), None, "{other}");
        }
        assert!(is_in(&json!({"a": [1, value(f64::NAN)]})) && !is_in(&json!({"a": [1, "NaN"]})));
    }

    #[test]
    fn people_read_words_without_marks() {
        let value = json!({"r": [value(f64::NAN), value(f64::NEG_INFINITY)], "NaN": "Infinity"});
        assert_eq!(in_words(value.to_string()), r#"{"NaN":"Infinity","r":[NaN,-Infinity]}"#);
        let name = value["r"][0].as_str().unwrap();
        assert_eq!(in_words(format!("layer {name:?}, {name}")), "layer NaN, NaN");
    }

    #[test]
    fn words_are_written_without_quotes_and_texts_as_they_are() {
        let [nan, low, high] = [f64::NAN, f64::NEG_INFINITY, f64::INFINITY].map(value);
        assert_eq!(
            to_json(&json!({"a": [nan, 1.5, low], "b": {"c": high}})),
            r#"{"a":[NaN,1.5,-Infinity],"b":{"c":Infinity}}"#
        );
        // Texts that hold a word with its quotes, or quotes and backslashes, and a key.
        for text in ["\"\0NaN\"", "x\\", "\\\"", "NaN", "\0NaN is a text"] {
            let expected = json!([text]).to_string();
            assert_eq!(to_json(&json!([text, nan])), format!("{},NaN]", &expected[..expected.len() - 1]));
        }
        assert_eq!(to_json(&json!({"\0NaN": 1})), r#"{"\u0000NaN":1}"#);
    }
}
