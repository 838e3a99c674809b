//! The inverse of the error function, to the bit as XLA computes it on processors with fused multiply-add.

/// Giles' polynomial in `w - 2.5` for the middle, `w = -ln(1 - x²) < 5`; highest power first.
const MIDDLE: [f32; 9] = [
    2.810_226_4e-8,
    3.432_739_4e-7,
    -3.523_387_7e-6,
    -4.391_506_5e-6,
    2.185_808_7e-4,
    -1.253_725e-3,
    -4.177_681_6e-3,
    2.466_407_3e-1,
    1.501_409_4,
];

/// Giles' polynomial in `sqrt(w) - 3` for the tails.
const TAILS: [f32; 9] = [
    -2.002_142_6e-4,
    1.009_505_6e-4,
    1.349_343_2e-3,
    -3.673_428_4e-3,
    5.739_507_7e-3,
    -7.622_461_3e-3,
    9.438_870_5e-3,
    1.001_674,
    2.832_976_8,
];

/// The inverse of the error function for `-1 < x < 1` (Giles, Approximating the erfinv function, 2010).
pub(crate) fn erf_inv(x: f32) -> f32 {
    let w = -ln_1p(-(x * x));
    let p = if w < 5.0 { horner(w - 2.5, &MIDDLE) } else { horner(w.sqrt() - 3.0, &TAILS) };
    p * x
}

/// `ln(1 + x)` for `-1 < x <= 0`, by the approximations of the Cephes library (Moshier, 1989).
fn ln_1p(x: f32) -> f32 {
    if x.abs() >= 0.414_213_57 {
        return ln(1.0 + x);
    }
    let numerator = horner(x, &[4.527e-5, 4.985_410_3e-1, 6.578_732_5, 29.911_919, 60.949_67, 57.112_965, 20.039_553]);
    let denominator = horner(x, &[1.0, 15.062_909, 83.047_57, 221.762_4, 309.098_72, 216.427_89, 60.118_66]);
    let square = x * x;
    x + square.mul_add(-0.5, x * square * (numerator / denominator))
}

/// `ln(x)` for positive normal numbers. The grouping of the polynomial is XLA's, as it decides on the rounding.
fn ln(x: f32) -> f32 {
    let mut exponent = (x.to_bits() >> 23) as f32 - 126.0;
    let mut m = f32::from_bits(x.to_bits() & 0x007f_ffff | 0.5f32.to_bits());
    if m < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1.0;
        m += m - 1.0;
    } else {
        m -= 1.0;
    }
    let square = m * m;
    let cube = square * m;
    let high = horner(m, &[7.037_683_6e-2, -1.151_461e-1, 1.167_699_84e-1]);
    let middle = horner(m, &[-1.242_014_1e-1, 1.424_932_3e-1, -1.666_805_8e-1]);
    let low = horner(m, &[2.000_071_4e-1, -2.499_999_4e-1, 3.333_333e-1]);
    // The logarithm of 2 comes in two parts, so that the first is exact.
    let rest = horner(cube, &[high, middle, low]).mul_add(cube, exponent * -2.121_944_4e-4);
    exponent.mul_add(0.693_359_4, square.mul_add(-0.5, m) + rest)
}

/// The polynomial's value by Horner's rule, with one rounding a step.
fn horner(x: f32, coefficients: &[f32]) -> f32 {
    coefficients.iter().copied().reduce(|sum, c| sum.mul_add(x, c)).unwrap_or_default()
}
