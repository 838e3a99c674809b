//! Images whose pixels are moved by waves: noise that is blurred.

use burn::tensor::{Tensor, TensorData};

use crate::arguments::options::DataFormat;
use crate::images::affine::Lookup;
use crate::images::blur::blurred;
use crate::images::pixels::spatial_axes;
use crate::random::threefry::{self, Key};

/// How far pixels are moved.
pub(crate) struct Waves {
    /// How much the waves are stretched.
    pub strength: f32,
    /// Their height and their width.
    pub sigma: f32,
}

impl Waves {
    /// The size of the blur's filter.
    pub fn filter(&self) -> usize {
        (6.0 * self.sigma) as usize | 1
    }

    /// Moves each pixel as far along the height as along the width, as Keras does.
    pub fn run(&self, images: Tensor<4>, key: Key, lookup: &Lookup) -> Tensor<4> {
        let batch = images.dims()[0];
        let [height, width] = spatial_axes(lookup.data_format).map(|axis| images.dims()[axis]);
        let device = images.device().without_autodiff();
        let noise = TensorData::new(threefry::normal(key, batch * height * width), [batch, height, width, 1]);
        let waves = Tensor::<4>::from_data(noise, &device) * self.sigma;
        let waves = blurred(waves, [self.filter(); 2], [self.sigma; 2], DataFormat::ChannelsLast);
        let waves = waves.reshape([batch, height * width]) * self.strength;
        let steps = |step: fn(usize, usize) -> usize| {
            let steps: Vec<f32> = (0..height * width).map(|at| step(at, width) as f32).collect();
            Tensor::<2>::from_data(TensorData::new(steps, [1, height * width]), &device)
        };
        let (rows, columns) = (steps(|at, width| at / width), steps(|at, width| at % width));
        lookup.run_at(images, rows + waves.clone(), columns + waves)
    }
}
