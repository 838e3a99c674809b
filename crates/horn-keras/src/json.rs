//! Reads untrusted JSON, whose size, depth and number of values are limited before it is parsed.
//!
//! A text of any size can be read, but the memory that it takes is in proportion to the bytes that it has in the file,
//! where it may be compressed.

use horn_nn::{Error, Result};
use serde_json::Value;

mod deep;
mod words;

use self::words::quoted;
use crate::optimizer_order;

/// Keras's configurations nest three levels for each model inside a model, and Keras reads 120 of them.
const MAX_LEVELS: usize = 400;
/// The deepest JSON that `serde_json` reads.
const PARSED_LEVELS: usize = 127;

/// The limit for the text, if it has so many bytes in the file. JSON that Keras saves compresses eight times or less.
pub(crate) fn max_bytes(stored: u64) -> u64 {
    stored.saturating_mul(8).saturating_add(32 << 20)
}

/// The limit for values. A value takes about 32 bytes in memory, however short its text is, so a limit for the size alone
/// is not enough. The shortest tokens of a large vocabulary take six bytes each, with quotes and a comma.
fn max_values(stored: u64) -> u64 {
    500_000 + stored / 4
}

/// The limit for objects, which take about 600 bytes in memory. Those of a layer have a hundred bytes each.
fn max_objects(stored: u64) -> u64 {
    100_000 + stored / 64
}

/// Parses JSON that is within the limits for models. In the file, the text has `stored` bytes. Numbers that are not finite
/// become texts ([`horn_nn::not_finite`]).
///
/// # Errors
///
/// If the text exceeds a limit or is not valid JSON.
pub fn parse(bytes: &[u8], stored: u64, place: &str) -> Result<Value> {
    if bytes.len() as u64 > max_bytes(stored) {
        return Err(Error::file("is too long")
            .at(place)
            .received(format!("{} bytes, in {stored} of the file's", bytes.len()))
            .expected(format!("at most {}", max_bytes(stored)))
            .hint("save the model again"));
    }
    let levels = check(bytes, stored).map_err(|error| error.at(place).hint("save the model again"))?;
    let bytes = &quoted(bytes);
    let parsed = match levels > PARSED_LEVELS {
        true => deep::parse(bytes),
        false => serde_json::from_slice(bytes).map_err(deep::Malformed::from),
    };
    let mut value = parsed.map_err(|error| {
        Error::file("is not the JSON that Keras writes")
            .at(place)
            .because(error)
            .hint("the file is damaged: save the model again")
    })?;
    optimizer_order::record(bytes, &mut value);
    Ok(value)
}

/// Refuses a text that a file is to have, if [`parse`] would refuse it.
///
/// # Errors
///
/// If the text exceeds a limit.
pub(crate) fn check_own(text: &str, place: &str) -> Result<()> {
    let refused = |error: Error| error.at(place).hint("split the model into several files");
    check(text.as_bytes(), text.len() as u64).map(drop).map_err(refused)
}

/// Counts levels, values and objects, without recursion and without allocating memory. Returns the deepest level.
fn check(bytes: &[u8], stored: u64) -> Result<usize> {
    let (max_values, max_objects) = (max_values(stored), max_objects(stored));
    let (mut levels, mut deepest, mut values, mut objects) = (0_usize, 0_usize, 0_u64, 0_u64);
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
                objects += u64::from(*byte == b'{');
                deepest = deepest.max(levels);
            }
            b']' | b'}' => levels = levels.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if levels > MAX_LEVELS {
            return Err(Error::file("is nested too deeply").expected(format!("at most {MAX_LEVELS} levels")));
        }
        if values > max_values {
            return Err(Error::file("has too many values").expected(format!("at most {max_values}")));
        }
        if objects > max_objects {
            return Err(Error::file("has too many objects").expected(format!("at most {max_objects}")));
        }
    }
    Ok(deepest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(text: &[u8]) -> String {
        format!("{:#}", parse(text, text.len() as u64, "config.json").unwrap_err())
    }

    #[test]
    fn reads_what_keras_writes() {
        let text = br#"{"a": [1, 2.5, null, true], "b": {"c": "[[[\"{{\\"}}"#;
        assert_eq!(parse(text, 100, "x").unwrap(), json!({"a": [1, 2.5, null, true], "b": {"c": "[[[\"{{\\"}}));
    }

    /// Numbers in decimal digits have one nearest float, which some readers miss by a place: 1e-30 is Adafactor's `epsilon_1`.
    #[test]
    fn numbers_are_read_to_the_last_bit() {
        for text in [
            "1e-30",
            "9.999999999999999e-31",
            "0.1",
            "1.7976931348623157e308",
            "5e-324",
            "8.41e21",
            "3.5844466002796428e298",
        ] {
            assert_eq!(parse(text.as_bytes(), 100, "x").unwrap().as_f64(), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn depth_is_an_error_and_no_stack_overflow() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(parse(&nested(MAX_LEVELS), 1 << 20, "x").is_ok());
        assert_eq!(
            error(&nested(MAX_LEVELS + 1)),
            "config.json: is nested too deeply; expected at most 400 levels. Hint: save the model again."
        );
        assert!(error(&vec![b'['; 10_000_000]).contains("nested too deeply"));
        assert!(error(&b"{\"a\":".repeat(1_000_000)).contains("nested too deeply"));
    }

    #[test]
    fn many_small_values_are_an_error() {
        let text = [b"[".to_vec(), b"0,".repeat(2_000_000), b"0]".to_vec()].concat();
        assert!(error(&text).contains("too many values; expected at most 1500000"), "{}", error(&text));
    }

    #[test]
    fn many_small_objects_are_an_error() {
        let objects = |count: usize| [b"[".to_vec(), b"{\"\":0},".repeat(count), b"0]".to_vec()].concat();
        assert!(parse(&objects(100_000), 0, "x").is_ok());
        let packed = parse(&objects(100_001), 0, "config.json").unwrap_err();
        assert_eq!(
            packed.to_string(),
            "config.json: has too many objects; expected at most 100000. Hint: save the model again."
        );
        assert!(error(&objects(200_000)).contains("has too many objects"));
    }

    #[test]
    fn a_large_text_may_have_many_values() {
        let tokens: Vec<String> = (0..1_000_000).map(|at| format!("{at:x}")).collect();
        let text = json!({"vocabulary": tokens}).to_string();
        assert_eq!(parse(text.as_bytes(), text.len() as u64, "x").unwrap()["vocabulary"][999_999], "f423f");
        let layer = json!({"class_name": "ReLU", "config": {"name": "a_name_of_a_layer", "dtype": "float32"}});
        let text = json!({"layers": vec![layer; 100_000]}).to_string();
        assert!(parse(text.as_bytes(), text.len() as u64, "x").is_ok());
    }

    #[test]
    fn numbers_that_are_not_finite_are_read_and_written_again() {
        let text = r#"{"a":[NaN,"NaN",-Infinity,-1.5],"b":{"c":Infinity}}"#;
        let value = parse(text.as_bytes(), 100, "x").unwrap();
        assert_eq!(horn_nn::not_finite::word(&value["a"][2]), Some("-Infinity"));
        assert_eq!(horn_nn::not_finite::to_json(&value), text);
        let deep = format!("{}{text}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(horn_nn::not_finite::to_json(&parse(deep.as_bytes(), 1000, "x").unwrap()), deep);
    }

    #[test]
    fn size_and_syntax() {
        let long = parse(&vec![b' '; (32 << 20) + 9], 1, "config.json").unwrap_err();
        assert_eq!(
            long.to_string(),
            "config.json: is too long; received 33554441 bytes, in 1 of the file's, expected at most 33554440. \
             Hint: save the model again."
        );
        for text in [&b""[..], b"{", b"[1,]", b"\"", b"{\"a\": \xff\xfe}", b"[1] [2]", b"[--Infinity]", b"[NaN1]"] {
            let error = error(text);
            assert!(error.starts_with("config.json: is not the JSON that Keras writes ("), "{error}");
        }
    }
}
