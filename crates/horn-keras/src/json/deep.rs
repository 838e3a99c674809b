//! A parser for JSON that is nested deeper than `serde_json` reads. It uses no recursion; numbers and strings are read by
//! `serde_json`.

use serde_json::{Map, Value};

/// Why a text is not JSON.
pub(super) type Malformed = Box<dyn std::error::Error + Send + Sync>;

/// A list or an object that is not closed yet.
enum Open {
    List(Vec<Value>),
    /// The members, and the key of the next one.
    Object(Map<String, Value>, Option<String>),
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A value, or the end of a list that has none.
    First,
    Value,
    /// A key, or the end of an object that has none.
    FirstKey,
    Key,
    /// A comma or an end.
    Rest,
}

/// Parses a JSON text.
///
/// # Errors
///
/// If it is not valid.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut open: Vec<Open> = Vec::new();
    let (mut at, mut next) = (0, Next::Value);
    loop {
        at += bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        let byte = *bytes.get(at).ok_or_else(|| wrong("the end", at))?;
        let done = match (byte, next) {
            (b'[', Next::First | Next::Value) => {
                (open, next, at) = (pushed(open, Open::List(Vec::new())), Next::First, at + 1);
                continue;
            }
            (b'{', Next::First | Next::Value) => {
                (open, next, at) = (pushed(open, Open::Object(Map::new(), None)), Next::FirstKey, at + 1);
                continue;
            }
            (b']', Next::First | Next::Rest) | (b'}', Next::FirstKey | Next::Rest) => match (byte, open.pop()) {
                (b']', Some(Open::List(values))) => (Value::Array(values), at + 1),
                (b'}', Some(Open::Object(members, _))) => (Value::Object(members), at + 1),
                _ => return Err(wrong("another bracket", at)),
            },
            (b',', Next::Rest) => {
                next = if matches!(open.last(), Some(Open::Object(..))) { Next::Key } else { Next::Value };
                at += 1;
                continue;
            }
            (b'"', Next::FirstKey | Next::Key) => {
                let end = end_of_scalar(bytes, at);
                let key = serde_json::from_slice(&bytes[at..end])?;
                at = end + bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                if bytes.get(at) != Some(&b':') {
                    return Err(wrong("no colon after a key", at));
                }
                if let Some(Open::Object(_, of_next)) = open.last_mut() {
                    *of_next = Some(key);
                }
                (next, at) = (Next::Value, at + 1);
                continue;
            }
            (_, Next::First | Next::Value) => {
                let end = end_of_scalar(bytes, at);
                (serde_json::from_slice(&bytes[at..end])?, end)
            }
            _ => return Err(wrong("another character", at)),
        };
        let (value, end) = done;
        (at, next) = (end, Next::Rest);
        match open.last_mut() {
            Some(Open::List(values)) => values.push(value),
            Some(Open::Object(members, key)) => {
                members.insert(key.take().unwrap_or_default(), value);
            }
            None if bytes[at..].iter().all(u8::is_ascii_whitespace) => return Ok(value),
            None => return Err(wrong("more after the value", at)),
        }
    }
}

fn pushed(mut open: Vec<Open>, one: Open) -> Vec<Open> {
    open.push(one);
    open
}

/// Where the text, the number or the word ends that begins at `at`.
fn end_of_scalar(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let length = if rest.first() == Some(&b'"') {
        let mut escaped = false;
        let inside = rest[1..].iter().take_while(|byte| {
            let goes_on = escaped || **byte != b'"';
            escaped = !escaped && **byte == b'\\';
            goes_on
        });
        inside.count() + 2
    } else {
        let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':') || byte.is_ascii_whitespace();
        rest.iter().position(is_end).unwrap_or(rest.len()).max(1)
    };
    bytes.len().min(at + length)
}

fn wrong(what: &str, at: usize) -> Malformed {
    format!("{what} at byte {at}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads_and_refuses_what_it_refuses() {
        for text in [
            r#"{"a": [1, -2.5e3, null, true, false], "b": {"c": "[[\"{{\\", "d": []}, "a": {}}"#,
            " [ ] ",
            "\t{\n}\r",
            "7",
            r#""\ud83d\ude00 ü""#,
            r#"[[1],[{"x":{"y":[[]]}}]]"#,
            r#"{"a" : 1}"#,
            "",
            " ",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1]]",
            "[1}",
            "{\"a\":1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{1:2}",
            "\"open",
            "\"open\\\"",
            "[nul]",
            "[01]",
            "[1][2]",
            "{\"a\":1 \"b\":2}",
            "[\"a\" : 1]",
            "[\"\\ud83d\"]",
            "[\"\u{1}\"]",
            ":",
            "NaN",
        ] {
            let ours = parse(text.as_bytes());
            match serde_json::from_str::<Value>(text) {
                Ok(value) => assert_eq!(ours.unwrap(), value, "{text}"),
                Err(_) => assert!(ours.is_err(), "{text}"),
            }
        }
        assert!(parse(b"[\"\xff\"]").is_err());
    }

    #[test]
    fn depth_needs_no_stack() {
        let text = [vec![b'['; 400], vec![b']'; 400]].concat();
        let mut value = parse(&text).unwrap();
        let mut levels = 0;
        while let Value::Array(mut inner) = value {
            value = inner.pop().unwrap_or_default();
            levels += 1;
        }
        assert_eq!(levels, 400);
    }
}
