//! Powers by any number.

use burn::tensor::Tensor;

/// What a float32 becomes by a larger power it becomes by this one: 0, 1, or infinity.
const LARGEST: f64 = 1e18;

/// `x` to the power of this number. Burn's own function panics where that is infinite or a whole number beyond `i64`.
pub fn powf<const D: usize>(x: Tensor<D>, exponent: f64) -> Tensor<D> {
    x.powf_scalar(exponent.clamp(-LARGEST, LARGEST))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn powers_are_those_of_the_standard_library() {
        let values = [0.0_f32, 0.5, 0.999_999_94, 1.0, 1.000_000_1, 2.0, f32::INFINITY, -0.5, -1.0, -2.0];
        for exponent in [0.0, 0.5, -1.5, 2.0, 3.0, 1e18, 1e19, 1e308, -1e308, f64::INFINITY, f64::NEG_INFINITY] {
            let x = Tensor::<1>::from_floats(values, &Device::default());
            let y: Vec<f32> = powf(x, exponent).into_data().iter().collect();
            for (x, y) in values.into_iter().zip(y) {
                let expected = x.powf(exponent as f32);
                assert!(y == expected || y.is_nan() && expected.is_nan(), "{x}^{exponent} = {expected}, and not {y}");
            }
        }
        let x = Tensor::<1>::from_floats([2.0], &Device::default());
        assert!(powf(x, f64::NAN).into_scalar::<f32>().is_nan());
    }
}
