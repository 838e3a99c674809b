//! File names with places for numbers, such as `{epoch:02d}-{val_loss:.2f}.keras`: Python's `str.format`.

use horn_nn::{Error, Result};

use crate::format_spec::Number;

/// Fills the places of a template.
///
/// # Errors
///
/// If a place names no value, or its format is not one of Python's for numbers.
pub(crate) fn fill(template: &str, argument: &str, values: &[(&str, Number)]) -> Result<String> {
    let wrong = |problem: &str| Error::argument(problem).at(argument).received(format!("{template:?}"));
    let mut filled = String::new();
    let mut rest = template.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            // A doubled brace is a brace.
            '{' | '}' if rest.next_if_eq(&next).is_some() => filled.push(next),
            '{' => {
                let mut place = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        None | Some('{') => {
                            return Err(wrong("a brace is not closed").hint("write `{{` for a brace in the name"));
                        }
                        Some(c) => place.push(c),
                    }
                }
                filled.push_str(&value(&place, argument, template, values)?);
            }
            '}' => return Err(wrong("a brace is not opened").hint("write `}}` for a brace in the name")),
            c => filled.push(c),
        }
    }
    Ok(filled)
}

/// The text for a place such as `val_loss:.2f`.
fn value(place: &str, argument: &str, template: &str, values: &[(&str, Number)]) -> Result<String> {
    let (name, spec) = place.split_once(':').unwrap_or((place, ""));
    let Some((_, number)) = values.iter().find(|(key, _)| *key == name) else {
        let known: Vec<&str> = values.iter().map(|(key, _)| *key).collect();
        return Err(Error::argument("the file's name asks for a value that is not in the logs")
            .at(argument)
            .received(format!("{{{place}}} in {template:?}"))
            .expected(known.join(", "))
            .hint("write one of these names, or compile the model with the metric"));
    };
    number.format(spec).map_err(|problem| {
        Error::argument("the file's name has a format that the value does not take")
            .at(argument)
            .received(format!("{{{place}}}: {problem}"))
            .expected("a format of Python's for numbers")
            .hint("write `{epoch:02d}` for whole numbers, and `{val_loss:.2f}` for others")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, Number); 3] =
        [("epoch", Number::Int(3)), ("loss", Number::Float(0.25)), ("val_loss", Number::Float(0.5))];

    #[test]
    fn places_are_filled() {
        for (template, expected) in [
            ("model.keras", "model.keras"),
            ("{epoch:02d}-{val_loss:.2f}.keras", "03-0.50.keras"),
            ("{epoch}/{loss}.keras", "3/0.25.keras"),
            ("{{{epoch}}}.keras", "{3}.keras"),
        ] {
            assert_eq!(fill(template, "filepath", &VALUES).unwrap(), expected);
        }
    }

    #[test]
    fn what_can_t_be_filled_is_an_error() {
        for (template, expected) in [
            (
                "{val_acc:.2f}.keras",
                "received {val_acc:.2f} in \"{val_acc:.2f}.keras\", expected epoch, loss, val_loss",
            ),
            ("{}.keras", "not in the logs"),
            ("{epoch.keras", "a brace is not closed"),
            ("{epoch:{loss}}.keras", "a brace is not closed"),
            ("epoch}.keras", "a brace is not opened"),
            ("{loss:d}.keras", "{loss:d}: the type 'd', which is none of a number with decimals"),
        ] {
            let error = fill(template, "filepath", &VALUES).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.location(), Some("filepath"));
        }
    }
}
