//! Numbers that are given as float64 and computed with in float32.

/// Is the number finite in float32? 1e39 is not.
pub fn is_finite(value: f64) -> bool {
    (value as f32).is_finite()
}

/// What an error expects of a number that is not finite in float32, or else not in this range.
pub fn expected(value: f64, range: &str) -> &str {
    if value.is_finite() && !is_finite(value) { "numbers that a float32 can hold" } else { range }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_float32_makes_infinite_is_told_from_what_is_no_number() {
        assert!(is_finite(-3e38) && !is_finite(1e39) && !is_finite(f64::NAN));
        assert_eq!(expected(-1e39, "numbers above 0"), "numbers that a float32 can hold");
        assert_eq!([-1.0, f64::INFINITY].map(|value| expected(value, "numbers above 0")), ["numbers above 0"; 2]);
    }
}
