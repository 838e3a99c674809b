//! What an update rule remembers of one variable.

use burn::Tensor;
use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::Device;

/// The number of updates and the moving averages of one variable, by Keras's names.
///
/// A rule takes its averages out, updates them in place and puts them back.
#[derive(Clone, Debug, Default)]
pub struct State<const D: usize> {
    /// How many updates there were.
    pub iterations: usize,
    /// The velocity of SGD, the average gradient of Adam.
    pub momentum: Option<Tensor<D>>,
    /// The average of the squared gradient.
    pub velocity: Option<Tensor<D>>,
    /// The largest `velocity` so far (AMSGrad).
    pub velocity_hat: Option<Tensor<D>>,
    /// The average gradient of a centered RMSprop.
    pub average_gradient: Option<Tensor<D>>,
}

impl<const D: usize> State<D> {
    /// All averages, by their names.
    fn averages(&self) -> [(&'static str, &Option<Tensor<D>>); 4] {
        [
            ("momentum", &self.momentum),
            ("velocity", &self.velocity),
            ("velocity_hat", &self.velocity_hat),
            ("average_gradient", &self.average_gradient),
        ]
    }

    /// Is there anything to remember but the number of updates?
    pub(super) fn has_averages(&self) -> bool {
        self.averages().iter().any(|(_, average)| average.is_some())
    }

    pub(super) fn to_device(&self, device: &Device) -> Self {
        let moved = |average: &Option<Tensor<D>>| average.clone().map(|average| average.to_device(device));
        Self {
            iterations: self.iterations,
            momentum: moved(&self.momentum),
            velocity: moved(&self.velocity),
            velocity_hat: moved(&self.velocity_hat),
            average_gradient: moved(&self.average_gradient),
        }
    }
}

impl<const D: usize> RecordState for State<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "iterations", self.iterations.into());
        for (name, average) in self.averages() {
            if let Some(average) = average {
                out.push_tensor(prefix, name, average.to_data());
            }
        }
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let iterations = source.take_scalar(prefix, "iterations")?.try_into().ok()?;
        let mut take = |name| Some(Tensor::from_data(source.take_tensor(prefix, name)?, device));
        Some(Self {
            iterations,
            momentum: take("momentum"),
            velocity: take("velocity"),
            velocity_hat: take("velocity_hat"),
            average_gradient: take("average_gradient"),
        })
    }
}
