//! Numbers that Python writes into JSON although JSON does not have them.

/// `NaN` or `Infinity` outside of strings, with the key before it, as in `mask_value = NaN`.
pub(super) fn not_finite(bytes: &[u8]) -> Option<String> {
    let (mut key, mut text_start): (Option<&[u8]>, Option<usize>) = (None, None);
    let mut escaped = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match (text_start, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(start), b'"') => {
                key = Some(&bytes[start..at]);
                text_start = None;
            }
            (None, b'"') => text_start = Some(at + 1),
            (None, b'N' | b'I' | b'-') => {
                let words = ["NaN", "Infinity", "-Infinity"];
                if let Some(word) = words.into_iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
                    let key = key.map(|key| format!("{} = ", String::from_utf8_lossy(key)));
                    return Some(format!("{}{word}", key.unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_with_its_key_and_not_in_texts() {
        for (text, found) in [
            (r#"{"a": {"mask_value": NaN}}"#, Some("mask_value = NaN")),
            (r#"{"a\"b": [1, -Infinity]}"#, Some("a\\\"b = -Infinity")),
            ("Infinity", Some("Infinity")),
            (r#"{"a": "NaN", "b": -1}"#, None),
            (r#"{"NaN": "Infinity"#, None),
        ] {
            assert_eq!(not_finite(text.as_bytes()).as_deref(), found, "{text}");
        }
    }
}
