//! Python's words for numbers that are not finite, which JSON does not have.

use std::borrow::Cow;

use horn_nn::not_finite::WORDS;

/// The JSON with these words as the texts that stand for them among values.
pub(super) fn quoted(json: &[u8]) -> Cow<'_, [u8]> {
    let mut quoted: Vec<u8> = Vec::new();
    let (mut copied, mut at) = (0, 0);
    let (mut in_text, mut escaped) = (false, false);
    while let Some(&byte) = json.get(at) {
        let word = match byte {
            b'N' | b'I' | b'-' if !in_text => WORDS.into_iter().find(|word| json[at..].starts_with(word.as_bytes())),
            _ => None,
        };
        if let Some(word) = word {
            quoted.extend_from_slice(&json[copied..at]);
            quoted.extend_from_slice(format!("\"\\u0000{word}\"").as_bytes());
            at += word.len();
            copied = at;
            continue;
        }
        in_text ^= byte == b'"' && !escaped;
        escaped = in_text && byte == b'\\' && !escaped;
        at += 1;
    }
    if copied == 0 {
        return json.into();
    }
    quoted.extend_from_slice(&json[copied..]);
    quoted.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_but_in_texts() {
        for (json, expected) in [
            (r#"{"a": {"b": NaN}}"#, r#"{"a": {"b": "\u0000NaN"}}"#),
            (r#"{"a\"b": [1, -Infinity]}"#, r#"{"a\"b": [1, "\u0000-Infinity"]}"#),
            (r#"["\\",Infinity,"\\\"",NaN]"#, r#"["\\","\u0000Infinity","\\\"","\u0000NaN"]"#),
            (r#"{"a": "NaN", "b": -1, "c": null}"#, r#"{"a": "NaN", "b": -1, "c": null}"#),
            (r#"["\"NaN", "Infinity"#, r#"["\"NaN", "Infinity"#),
        ] {
            assert_eq!(String::from_utf8_lossy(&quoted(json.as_bytes())), expected);
        }
    }
}
