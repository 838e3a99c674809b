//! Are all values of several tensors finite?

use burn::Tensor;

/// Looks at tensors on their device, which is waited for only when the answer is [read](Self::read).
#[derive(Debug, Default)]
pub(crate) struct Finite(Option<Tensor<1>>);

impl Finite {
    /// Looks at a tensor as well.
    pub fn add<const D: usize>(&mut self, x: Tensor<D>) {
        // A value times 0 is 0 if it is finite, and NaN if not.
        let zero = x.mul_scalar(0.0).sum();
        self.0 = Some(match self.0.take() {
            Some(sum) => sum + zero,
            None => zero,
        });
    }

    /// The answer.
    pub fn read(self) -> bool {
        self.0.is_none_or(|sum| sum.into_scalar::<f32>() == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn one_value_decides() {
        let read = |values: &[[f32; 2]]| {
            let mut finite = Finite::default();
            values.iter().for_each(|values| finite.add(Tensor::<1>::from_data(*values, &Device::default())));
            finite.read()
        };
        assert!(read(&[]) && read(&[[f32::MAX, -1.0], [f32::MAX, 0.0]]));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(!read(&[[0.0, bad], [1.0, 2.0]]) && !read(&[[1.0, 2.0], [bad, 0.0]]), "{bad}");
        }
    }
}
