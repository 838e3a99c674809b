//! Numbers as Python prints them, for messages and files that are to be Keras's byte by byte.

use std::fmt::{Display, LowerExp};
use std::str::FromStr;

/// Python's `repr` of a float: the fewest digits that give the same number again.
pub fn python_repr(value: f64) -> String {
    repr(value)
}

/// NumPy's text for a float32: the fewest digits that give the same float32 again.
pub fn python_repr_of_float32(value: f32) -> String {
    repr(value)
}

fn repr<T: Copy + Into<f64> + Display + LowerExp + FromStr + PartialEq>(number: T) -> String {
    let value: f64 = number.into();
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // Where two numbers of the fewest digits are equally near, Python takes the even one, and so does Rust if it is told how
    // many digits there are.
    let even = |shortest: String, with_decimals: &dyn Fn(usize) -> String| {
        let even = with_decimals(decimals(&shortest));
        if even.parse().is_ok_and(|even: T| even == number) { even } else { shortest }
    };
    // Python writes an exponent from 1e16 on and below 1e-4.
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        return python_exponent(&even(format!("{number:e}"), &|decimals| format!("{number:.decimals$e}")));
    }
    let plain = even(number.to_string(), &|decimals| format!("{number:.decimals$}"));
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

/// The number of digits between the point and the exponent.
fn decimals(text: &str) -> usize {
    let digits = text.split('e').next().unwrap_or(text);
    digits.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// Rust's `1e-5` as Python's `1e-05`: the exponent has a sign and at least two digits.
pub fn python_exponent(text: &str) -> String {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{exponent:+03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        // [repr(x) for x in (…)]
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (12.0, "12.0"),
            (0.038106780499219894, "0.038106780499219894"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (1e-4, "0.0001"),
            (-9.999e-5, "-9.999e-05"),
            (f64::from(1e-3_f32), "0.0010000000474974513"),
            // As near to 1.5130996704101563, which Rust writes.
            (f64::from(1.513_099_7_f32), "1.5130996704101562"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(python_repr(value), expected);
        }
        // [str(np.float32(x)) for x in (…)]
        for (value, expected) in [(1.0 / 3.0, "0.33333334"), (1e-5, "1e-05"), (0.7, "0.7"), (0.0, "0.0"), (1.0, "1.0")]
        {
            assert_eq!(python_repr_of_float32(value), expected);
        }
    }
}
