//! `Flatten`: flattens each sample to a vector.

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::arguments::options::DataFormat;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Flattens each sample to a vector, in row-major order with the channels as the last axis, wherever they are.
///
/// # Shapes
///
/// - input: `[batch, …]`
/// - output: `[batch, features]`
///
/// ```
/// use horn::{Layer, Shape, layers::Flatten};
///
/// assert_eq!(Flatten().output_shape(&Shape::batched([28, 28]))?.to_string(), "(None, 784)");
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Flatten {
    #[serde(flatten)]
    common: Common,
    data_format: DataFormat,
}

/// `keras.layers.Flatten()`. See [`Flatten`](struct@Flatten).
#[allow(non_snake_case)]
pub fn Flatten() -> Flatten {
    Flatten::new()
}

impl Flatten {
    /// A layer that flattens its input.
    pub fn new() -> Self {
        Self::default()
    }
}

common_arguments!(Flatten);

arguments!(Flatten {
    /// Sets the position of the channels; the last axis by default.
    data_format: DataFormat,
});

impl Layer for Flatten {
    described!("Flatten"; independent_samples: true, gives_integers: true);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(Shape::new([input.batch(), input.features().ok()]).with_values(input.values()))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(FlattenModule { channels_first: self.data_format == DataFormat::ChannelsFirst }))
    }
}

#[derive(Module, Debug)]
struct FlattenModule {
    channels_first: bool,
}

impl Forward for FlattenModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let (rank, sizes) = (input.rank(), input.sizes());
        let input = match self.channels_first && rank > 2 {
            true => input.permute(&[&[0], &(2..rank).collect::<Vec<_>>()[..], &[1]].concat())?,
            false => input,
        };
        input.reshape(&[sizes[0], sizes[1..].iter().product()])
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::check::infer;

    #[test]
    fn keeps_the_order() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(infer(Flatten(), &x, &[1, 2, 3]).unwrap(), (vec![1, 6], x.to_vec()));
        assert_eq!(infer(Flatten(), &x, &[2, 3]).unwrap(), (vec![2, 3], x.to_vec()));
    }

    #[test]
    fn channels_come_last() {
        let layer = Flatten().data_format(DataFormat::ChannelsFirst);
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(infer(layer, &x, &[1, 2, 3]).unwrap().1, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn unknown_sizes_make_an_unknown_number_of_features() {
        let shape = Flatten().output_shape(&Shape::new([None, None, Some(3)])).unwrap();
        assert_eq!(shape.to_string(), "(None, None)");
    }

    #[test]
    fn keeps_a_known_batch() {
        let shape = |sizes: &[Option<usize>]| Flatten().output_shape(&Shape::new(sizes)).unwrap().to_string();
        assert_eq!(shape(&[Some(2), Some(3), Some(4)]), "(2, 12)");
        assert_eq!(shape(&[Some(2), None, Some(4)]), "(2, None)");
    }

    #[test]
    fn a_scalar_sample_becomes_one_feature() {
        assert_eq!(infer(Flatten(), &[1.0, 2.0], &[2]).unwrap(), (vec![2, 1], vec![1.0, 2.0]));
    }
}
