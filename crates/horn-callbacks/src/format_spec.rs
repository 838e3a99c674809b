//! Python's format specifications for numbers, such as `02d` and `.2f`.

use horn_train::python::{python_exponent, python_repr};

/// A number that a template can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(usize),
    Float(f64),
}

/// What stands after the colon: fill and alignment, sign, `#`, `0`, width, precision, type.
#[derive(Debug, Clone, PartialEq)]
struct Spec {
    fill: char,
    align: char,
    sign: char,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

/// The longest number: a file's name is shorter.
const MAX_WIDTH: usize = 255;

impl Number {
    /// Formats the number as Python's `format(number, spec)`.
    ///
    /// # Errors
    ///
    /// What is wrong with the specification.
    pub fn format(self, spec: &str) -> Result<String, String> {
        let spec = Spec::parse(spec)?;
        let (is_negative, digits) = match (self, spec.kind) {
            (Self::Int(value), None | Some('d' | 'n' | 'x' | 'X' | 'o' | 'b')) => (false, spec.int(value)?),
            (Self::Int(value), _) => (false, spec.float(value as f64)?),
            (Self::Float(value), _) => (value.is_sign_negative() && !value.is_nan(), spec.float(value.abs())?),
        };
        let sign = match (is_negative, spec.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            (false, _) => "",
        };
        let missing = spec.width.saturating_sub(sign.len() + digits.chars().count());
        let fill = |count: usize| spec.fill.to_string().repeat(count);
        Ok(match spec.align {
            '<' => format!("{sign}{digits}{}", fill(missing)),
            '^' => format!("{}{sign}{digits}{}", fill(missing / 2), fill(missing - missing / 2)),
            '=' => format!("{sign}{}{digits}", fill(missing)),
            _ => format!("{}{sign}{digits}", fill(missing)),
        })
    }
}

impl Spec {
    fn parse(text: &str) -> Result<Self, String> {
        let mut spec =
            Self { fill: ' ', align: '>', sign: '-', alternate: false, width: 0, precision: None, kind: None };
        let mut rest = text.chars().peekable();
        let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
        let mut aligned = true;
        match (text.chars().next(), text.chars().nth(1)) {
            (Some(fill), Some(align)) if is_align(align) => {
                (spec.fill, spec.align) = (fill, align);
                rest.next();
                rest.next();
            }
            (Some(align), _) if is_align(align) => {
                spec.align = align;
                rest.next();
            }
            _ => aligned = false,
        }
        if let Some(sign) = rest.next_if(|c| matches!(c, '+' | '-' | ' ')) {
            spec.sign = sign;
        }
        spec.alternate = rest.next_if_eq(&'#').is_some();
        if rest.next_if_eq(&'0').is_some() && !aligned {
            (spec.fill, spec.align) = ('0', '=');
        }
        let mut number = |digits: &mut String| {
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            digits.parse::<usize>().ok()
        };
        let too_long = || format!("a width or a precision of more than {MAX_WIDTH}");
        spec.width = number(&mut String::new()).unwrap_or(0);
        if rest.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            let precision = digits.parse().map_err(|_| "a point without a precision".to_owned())?;
            spec.precision = Some(precision);
        }
        if spec.width.max(spec.precision.unwrap_or(0)) > MAX_WIDTH {
            return Err(too_long());
        }
        spec.kind = rest.next();
        match rest.next() {
            Some(_) => Err(format!("the format {text:?}, which is not understood")),
            None => Ok(spec),
        }
    }

    fn int(&self, value: usize) -> Result<String, String> {
        if self.precision.is_some() {
            return Err("a precision, which whole numbers don't have".to_owned());
        }
        let (prefix, digits) = match self.kind {
            Some('x') => ("0x", format!("{value:x}")),
            Some('X') => ("0X", format!("{value:X}")),
            Some('o') => ("0o", format!("{value:o}")),
            Some('b') => ("0b", format!("{value:b}")),
            _ => ("", value.to_string()),
        };
        Ok(if self.alternate { format!("{prefix}{digits}") } else { digits })
    }

    /// Formats a number without a sign.
    fn float(&self, value: f64) -> Result<String, String> {
        let precision = self.precision.unwrap_or(6);
        let lower = match self.kind {
            None if self.precision.is_none() => python_repr(value),
            _ if !value.is_finite() => {
                let text = python_repr(value);
                if self.kind == Some('%') { format!("{text}%") } else { text }
            }
            None => general(value, precision, self.alternate, true),
            Some('f' | 'F') => format!("{value:.precision$}"),
            Some('e' | 'E') => python_exponent(&format!("{value:.precision$e}")),
            Some('g' | 'G' | 'n') => general(value, precision, self.alternate, false),
            Some('%') => format!("{:.precision$}%", value * 100.0),
            Some(other) => return Err(format!("the type {other:?}, which is none of a number with decimals")),
        };
        Ok(if matches!(self.kind, Some('F' | 'E' | 'G')) { lower.to_uppercase() } else { lower })
    }
}

/// Python's type `g`: so many digits, with an exponent if the number is very large or very small. Without a type, a whole
/// number keeps a zero behind the point.
fn general(value: f64, precision: usize, keeps_zeros: bool, keeps_one: bool) -> String {
    let digits = precision.max(1);
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    // A number that shows a zero behind the point needs a digit for it.
    let most = digits as i32 - i32::from(keeps_one && digits > 1);
    let strip = |text: &str| match text.contains('.') && !keeps_zeros {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if !(-4..most.max(1)).contains(&exponent) {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return python_exponent(&format!("{}e{exponent}", strip(mantissa)));
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    let text = strip(&format!("{value:.decimals$}"));
    if keeps_one && !text.contains('.') { format!("{text}.0") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_in_python() {
        use Number::{Float, Int};
        // [format(x, spec) for x, spec in (…)]
        for (number, spec, expected) in [
            (Int(3), "02d", "03"),
            (Int(3), "", "3"),
            (Int(123), "2d", "123"),
            (Int(7), ">4", "   7"),
            (Int(7), "*^5d", "**7**"),
            (Int(7), "<3", "7  "),
            (Int(7), "+d", "+7"),
            (Int(255), "#x", "0xff"),
            (Int(3), ".1f", "3.0"),
            (Float(0.59326), ".2f", "0.59"),
            (Float(0.125), ".2f", "0.12"),
            (Float(2.5), ".0f", "2"),
            (Float(-0.5), "08.3f", "-000.500"),
            (Float(0.5), "", "0.5"),
            (Float(1234.5), ".3e", "1.234e+03"),
            (Float(1234.5), "E", "1.234500E+03"),
            (Float(0.00001234), "g", "1.234e-05"),
            (Float(123456789.0), "g", "1.23457e+08"),
            (Float(1500.0), "g", "1500"),
            (Float(1500.0), "#g", "1500.00"),
            (Float(0.875), ".1%", "87.5%"),
            (Float(3.0), ".3", "3.0"),
            (Float(30.0), ".2", "3e+01"),
            (Float(0.123456), ".3", "0.123"),
            (Float(f64::NAN), ".2f", "nan"),
            (Float(f64::NEG_INFINITY), "F", "-INF"),
        ] {
            assert_eq!(number.format(spec).as_deref(), Ok(expected), "{number:?}, {spec:?}");
        }
    }

    #[test]
    fn what_python_refuses_is_an_error() {
        for (number, spec) in [
            (Number::Float(0.5), "02d"),
            (Number::Float(0.5), ".f"),
            (Number::Float(0.5), ".2fx"),
            (Number::Float(0.5), "s"),
            (Number::Int(3), ".2d"),
            (Number::Float(0.5), ".9999f"),
        ] {
            assert!(number.format(spec).is_err(), "{number:?}, {spec:?}");
        }
    }
}
