//! Reads untrusted JSON, whose size, depth and number of values are limited before it is parsed.

use horn_nn::{Error, Result};
use serde_json::Value;

use crate::optimizer_order;

/// Keras's configurations nest about five levels for each model inside a model.
const MAX_LEVELS: usize = 100;
/// In bytes. A configuration may contain a vocabulary.
pub(crate) const MAX_BYTES: usize = 32 << 20;
/// A value takes about 32 bytes in memory, however short its text is, so a limit for the size alone is not enough.
const MAX_VALUES: usize = 500_000;
/// An object takes about 600 bytes in memory. No model has more objects; `horn-nn` counts those of a model again.
const MAX_OBJECTS: usize = 100_000;

/// Parses JSON that is within the limits for models.
///
/// # Errors
///
/// If the text exceeds a limit or is not valid JSON.
pub fn parse(bytes: &[u8], most_bytes: usize, place: &str) -> Result<Value> {
    if bytes.len() > most_bytes {
        return Err(Error::file("is too long")
            .at(place)
            .received(format!("{} bytes", bytes.len()))
            .expected(format!("at most {most_bytes}")));
    }
    check(bytes).map_err(|error| error.at(place))?;
    let mut value = serde_json::from_slice(bytes).map_err(|error| {
        Error::file("is not the JSON that Keras writes")
            .at(place)
            .because(error)
            .hint("the file is damaged: save the model again")
    })?;
    optimizer_order::note(bytes, &mut value);
    Ok(value)
}

/// Counts levels, values and objects, without recursion and without allocating memory.
fn check(bytes: &[u8]) -> Result<()> {
    let (mut levels, mut values, mut objects) = (0_usize, 0_usize, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => {
                levels += 1;
                values += 1;
                objects += usize::from(*byte == b'{');
            }
            b']' | b'}' => levels = levels.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if levels > MAX_LEVELS {
            return Err(Error::file("is nested too deeply").expected(format!("at most {MAX_LEVELS} levels")));
        }
        if values > MAX_VALUES {
            return Err(Error::file("has too many values").expected(format!("at most {MAX_VALUES}")));
        }
        if objects > MAX_OBJECTS {
            return Err(Error::file("has too many objects").expected(format!("at most {MAX_OBJECTS}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(text: &[u8]) -> String {
        format!("{:#}", parse(text, 64 << 20, "config.json").unwrap_err())
    }

    #[test]
    fn reads_what_keras_writes() {
        let text = br#"{"a": [1, 2.5, null, true], "b": {"c": "[[[\"{{\\"}}"#;
        assert_eq!(parse(text, 100, "x").unwrap(), json!({"a": [1, 2.5, null, true], "b": {"c": "[[[\"{{\\"}}));
    }

    #[test]
    fn depth_is_an_error_and_no_stack_overflow() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(parse(&nested(MAX_LEVELS), 1 << 20, "x").is_ok());
        assert_eq!(error(&nested(MAX_LEVELS + 1)), "config.json: is nested too deeply; expected at most 100 levels.");
        assert!(error(&vec![b'['; 10_000_000]).contains("nested too deeply"));
        assert!(error(&b"{\"a\":".repeat(1_000_000)).contains("nested too deeply"));
    }

    #[test]
    fn many_small_values_are_an_error() {
        let text = [b"[".to_vec(), b"0,".repeat(MAX_VALUES + 1), b"0]".to_vec()].concat();
        assert!(error(&text).contains("too many values"), "{}", error(&text));
    }

    #[test]
    fn many_small_objects_are_an_error() {
        let objects = |count: usize| [b"[".to_vec(), b"{\"\":0},".repeat(count), b"0]".to_vec()].concat();
        assert!(parse(&objects(MAX_OBJECTS), 64 << 20, "x").is_ok());
        assert_eq!(error(&objects(MAX_OBJECTS + 1)), "config.json: has too many objects; expected at most 100000.");
    }

    #[test]
    fn size_and_syntax() {
        let long = parse(b"[1, 2]", 5, "config.json").unwrap_err();
        assert_eq!(long.to_string(), "config.json: is too long; received 6 bytes, expected at most 5.");
        for text in [&b""[..], b"{", b"[1,]", b"\"", b"{\"a\": \xff\xfe}", b"[1] [2]"] {
            let error = error(text);
            assert!(error.starts_with("config.json: is not the JSON that Keras writes ("), "{error}");
        }
    }
}
