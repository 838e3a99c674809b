//! Functions of single numbers that the compiler can vectorize, with an error of a few units in the last place.
//!
//! All are `#[inline(always)]`, to be called inside [`vectorize`](super::simd::vectorize).

/// `eˣ`: the argument is reduced to half of ln 2 around 0, where a polynomial of degree 7 serves; then the exponent is
/// set by its bits. Results below 2⁻¹²⁵ are 0, those beyond the range of float32 infinite.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // ln 2 in two parts, the first of which is exact in few bits.
    const LN_2_HIGH: f32 = 0.693_359_4;
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

/// `eˣ − 1`, as exact near 0 as `x` is: `tanh(x / 2) · (eˣ + 1)`.
#[inline(always)]
pub(crate) fn exp_minus_1(x: f32) -> f32 {
    tanh(0.5 * x) * (exp(x) + 1.0)
}

/// `log(1 + x)` for `x` between 0 and 1: `2 artanh(x / (2 + x))`, by its Taylor series up to the 15th power.
#[inline(always)]
pub(crate) fn log_1_plus(x: f32) -> f32 {
    let s = x / (2.0 + x);
    let q = s * s;
    let p = (2.0_f32 / 15.0)
        .mul_add(q, 2.0 / 13.0)
        .mul_add(q, 2.0 / 11.0)
        .mul_add(q, 2.0 / 9.0)
        .mul_add(q, 2.0 / 7.0)
        .mul_add(q, 2.0 / 5.0)
        .mul_add(q, 2.0 / 3.0)
        .mul_add(q, 2.0);
    p * s
}

/// The probability that a normal number is at most `x`, and its density there.
///
/// The probability is `erfc(t) / 2` for `t = |x| / √2`, or 1 less that. And `erfc(t)` is `e^(−t²)` times a function that is
/// smooth in `1 / (1 + 0.3 t)`: a polynomial of degree 9, fitted for the smallest relative error, 2e-8 up to `t = 9.5`.
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    const INVERSE_OF_SQRT_2_PI: f32 = 0.398_942_3;
    let t = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let u = 1.0 / (0.3_f32.mul_add(t, 1.0));
    let p = (-0.129_434_86_f32)
        .mul_add(u, 0.485_100_33)
        .mul_add(u, -0.511_234_62)
        .mul_add(u, 0.546_404_6)
        .mul_add(u, -0.093_638_02)
        .mul_add(u, 0.214_439_24)
        .mul_add(u, 0.148_481_65)
        .mul_add(u, 0.170_692_05)
        .mul_add(u, 0.169_189_61);
    let power = exp(-0.5 * x * x);
    let tail = 0.5 * power * p * u;
    (if x > 0.0 { 1.0 - tail } else { tail }, INVERSE_OF_SQRT_2_PI * power)
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

    #[test]
    fn differences_from_one_are_exact_near_it() {
        assert!(largest_error(exp_minus_1, f64::exp_m1) < 1e-6, "{}", largest_error(exp_minus_1, f64::exp_m1));
        let log = |x: f32| (f64::from(log_1_plus(x)) / f64::from(x).ln_1p() - 1.0).abs();
        assert!((1..=1000).map(|at| log(at as f32 / 1000.0)).fold(0.0, f64::max) < 3e-7);
        assert!(log(1e-6) < 3e-7 && log_1_plus(0.0) == 0.0);
    }

    #[test]
    fn the_normal_distribution() {
        // scipy.stats.norm.cdf and pdf.
        for (x, probability, density) in [
            (0.0, 0.5, 0.398_942_280_401),
            (0.5, 0.691_462_461_274, 0.352_065_326_764),
            (1.0, 0.841_344_746_069, 0.241_970_724_519),
            (2.0, 0.977_249_868_052, 0.053_990_966_513),
            (3.0, 0.998_650_101_968, 0.004_431_848_412),
            (5.0, 0.999_999_713_348, 1.486_719_515e-6),
        ] {
            let (above, below) = (normal(x), normal(-x));
            assert!((f64::from(above.0) - probability).abs() < 2e-7, "{x}: {}", above.0);
            let tail: f64 = 1.0 - probability;
            assert!((f64::from(below.0) - tail).abs() < 2e-6 * tail + 1e-12, "{x}: {}", below.0);
            assert!((f64::from(above.1) / density - 1.0).abs() < 2e-6 && above.1 == below.1, "{x}: {}", above.1);
        }
        assert!(normal(f32::NAN).0.is_nan() && normal(f32::NEG_INFINITY).0 == 0.0 && normal(f32::INFINITY).0 == 1.0);
    }
}
