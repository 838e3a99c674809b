//! Functions of single numbers that the compiler can vectorize, with an error of a few units in the last place.
//!
//! All are `#[inline(always)]`, to be called inside [`vectorize`](super::simd::vectorize).

/// `eˣ`: the argument is reduced to half of ln 2 around 0, where a polynomial of degree 7 serves; then the exponent is
/// set by its bits. Results below 2⁻¹²⁵ are 0, those beyond the range of float32 infinite.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // ln 2 in two parts, the first of which is exact in few bits.
    const LN_2_HIGH: f32 = 0.693_359_375;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-88.0, 89.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = n.mul_add(-LN_2_HIGH, x);
    let r = n.mul_add(-LN_2_LOW, r);
    // The Taylor series of (eʳ - 1 - r) / r².
    let p = (1.0_f32 / 5040.0)
        .mul_add(r, 1.0 / 720.0)
        .mul_add(r, 1.0 / 120.0)
        .mul_add(r, 1.0 / 24.0)
        .mul_add(r, 1.0 / 6.0)
        .mul_add(r, 0.5);
    let y = p.mul_add(r * r, r) + 1.0;
    // SAFETY: the number is an integer between -127 and 128.
    let n = unsafe { if n.is_nan() { 0.0 } else { n }.to_int_unchecked::<i32>() };
    // Half of the power, which is a normal number even if the whole is too large; 0 for the smallest.
    let half = f32::from_bits((n + 126).max(0).cast_unsigned() << 23);
    y * half * 2.0
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent: near 0 an odd polynomial, elsewhere `1 - 2 / (e²ˣ + 1)`, with the sign of the argument.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    let far = 1.0 - 2.0 / (exp(2.0 * magnitude) + 1.0);
    // The Taylor series of tanh(x) / x - 1, up to x¹⁰; below 0.4 what it leaves out is under 1e-7 of the value.
    let q = x * x;
    let near = (-1382.0_f32 / 155_925.0 * q + 62.0 / 2835.0)
        .mul_add(q, -17.0 / 315.0)
        .mul_add(q, 2.0 / 15.0)
        .mul_add(q, -1.0 / 3.0)
        .mul_add(q * magnitude, magnitude);
    let y = if magnitude < 0.4 { near } else { far };
    y.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> impl Iterator<Item = f32> {
        (-100_000..=100_000).map(|at| at as f32 / 1000.0)
    }

    fn largest_error(fast: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        let error = |x: f32| (f64::from(fast(x)) - exact(f64::from(x))).abs() / exact(f64::from(x)).abs().max(1e-37);
        points().filter(|x| x.abs() < 86.5).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn errors_are_a_few_units_in_the_last_place() {
        assert!(largest_error(exp, f64::exp) < 3e-7, "{}", largest_error(exp, f64::exp));
        assert!(largest_error(sigmoid, |x| 1.0 / (1.0 + (-x).exp())) < 5e-7);
        assert!(largest_error(tanh, f64::tanh) < 5e-7, "{}", largest_error(tanh, f64::tanh));
    }

    #[test]
    fn ends_and_missing_values() {
        assert!(exp(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert_eq!((exp(f32::NEG_INFINITY), exp(f32::INFINITY), exp(0.0)), (0.0, f32::INFINITY, 1.0));
        assert!((exp(88.5) / 88.5_f32.exp() - 1.0).abs() < 1e-6);
        assert_eq!((tanh(f32::INFINITY), tanh(-50.0), tanh(0.0)), (1.0, -1.0, 0.0));
        assert_eq!((sigmoid(f32::INFINITY), sigmoid(0.0)), (1.0, 0.5));
        assert_eq!(sigmoid(f32::NEG_INFINITY), 0.0);
    }
}
