//! Building layers: creating weights and recording their metadata.

use std::sync::Arc;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::layer::budget::Budget;
use crate::layer::graphs::Graphs;
use crate::layer::rounding::Rounding;
use crate::layer::state::State;
use crate::layer::weight::{Weight, WeightSpec};
use crate::random;
use crate::random::seed_generator::SeedGenerator;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::shape::Shape;

/// What a layer needs to build its module: the device, and a record of the weights that it creates.
#[derive(Debug)]
pub struct LayerBuilder {
    device: Device,
    /// The nested parts that are being built: their names, and their groups in Keras's files.
    scope: Vec<(String, String)>,
    weights: Vec<Weight>,
    /// In a dry run, seeds are drawn but weights are zeros.
    is_dry_run: bool,
    /// The memory budget of all layers together, if the description is untrusted input.
    budget: Option<Arc<Budget>>,
    /// The graphs of the model and of those inside of it.
    graphs: Graphs,
    rounding: Rounding,
}

impl LayerBuilder {
    /// A builder for this device.
    pub fn new(device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        Self {
            device,
            scope: Vec::new(),
            weights: Vec::new(),
            is_dry_run: false,
            budget: None,
            graphs: Graphs::default(),
            rounding: Rounding::default(),
        }
    }

    /// A builder for a dry run, for a layer that Keras creates and discards: seeds are drawn as in Keras, but the weights
    /// are zeros.
    pub(crate) fn dry_run(&self) -> Self {
        let budget = self.budget.as_ref().map(|budget| Arc::new(Budget::clone(budget)));
        Self { is_dry_run: true, budget, ..Self::new(&self.device) }
    }

    /// Builds what is only looked at, such as the shapes of weights: on the CPU, with zeros, and without an effect on
    /// random numbers.
    pub(crate) fn to_look_at<T>(build: impl FnOnce(&Self) -> T) -> T {
        random::undisturbed(|| build(&Self::new(&Device::default()).dry_run()))
    }

    /// Limits the number of values of all weights together, as an untrusted description may ask for more memory than
    /// there is.
    pub(crate) fn within_budget(self, values: u64) -> Self {
        Self { budget: Some(Arc::new(Budget::new(values))), ..self }
    }

    /// A builder with an empty record and the same budget, for a part whose weights are [adopted](Self::adopt) later.
    pub(crate) fn apart(&self) -> Self {
        Self {
            is_dry_run: self.is_dry_run,
            budget: self.budget.clone(),
            graphs: self.graphs.clone(),
            ..Self::new(&self.device)
        }
    }

    /// A builder of a layer that rounds inside.
    pub(crate) fn rounding_inside(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    /// What the layer rounds inside.
    pub(crate) fn rounding(&self) -> Rounding {
        self.rounding
    }

    /// The graphs that have been built so far.
    pub(crate) fn graphs(&self) -> &Graphs {
        &self.graphs
    }

    /// The device of the weights.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Creates a trainable weight. Random initializers without a seed draw the next global one, in the order of the calls,
    /// as in Keras. The fields of the module must have the same order as the calls.
    ///
    /// # Errors
    ///
    /// If the initializer, the regularizer or the constraint does not support the shape.
    pub fn add_weight<'a, const D: usize>(
        &mut self,
        name: &str,
        sizes: [usize; D],
        spec: impl Into<WeightSpec<'a>>,
    ) -> Result<Param<Tensor<D>>> {
        self.add_weight_of(name, sizes, spec.into(), |initializer, seed| initializer.sample(&sizes, seed))
    }

    /// Creates a trainable weight whose initial values are computed by the function, from the initializer and its seed.
    pub(crate) fn add_weight_of<const D: usize>(
        &mut self,
        name: &str,
        sizes: [usize; D],
        spec: WeightSpec<'_>,
        sample: impl FnOnce(&Initializer, u64) -> Result<Vec<f32>>,
    ) -> Result<Param<Tensor<D>>> {
        if let Some(regularizer) = spec.regularizer {
            regularizer.validate(&sizes)?;
        }
        if let Some(constraint) = spec.constraint {
            constraint.validate(&sizes)?;
        }
        let value = self.sample(sizes, spec.initializer, sample)?;
        let id = self.record(name, &sizes, true, spec.regularizer, spec.constraint);
        // On a device without autodiff, the flag takes effect when the model is trained.
        Ok(Param::initialized(id, value).set_require_grad(true))
    }

    /// Creates a trainable scalar, which has no axes in Keras.
    pub(crate) fn add_number(&mut self, name: &str, initializer: &Initializer) -> Result<Param<Tensor<1>>> {
        let weight = self.add_weight(name, [1], initializer)?;
        self.record_as_scalar();
        Ok(weight)
    }

    /// Creates a scalar that the layer updates itself.
    pub(crate) fn add_state_number(&mut self, name: &str, initializer: &Initializer) -> Result<State<1>> {
        let state = self.add_state(name, [1], initializer)?;
        self.record_as_scalar();
        Ok(state)
    }

    /// Changes the record of the last weight to a scalar.
    pub(crate) fn record_as_scalar(&mut self) {
        if let Some(weight) = self.weights.last_mut() {
            weight.sizes.clear();
        }
    }

    /// Changes the record of the last weight to one that Keras's files keep as integers.
    pub fn record_as_integer(&mut self) {
        if let Some(weight) = self.weights.last_mut() {
            weight.is_integer = true;
        }
    }

    /// Creates a weight that the layer updates itself, such as a moving mean. It is not trainable.
    ///
    /// # Errors
    ///
    /// If the initializer does not support the shape.
    pub fn add_state<const D: usize>(
        &mut self,
        name: &str,
        sizes: [usize; D],
        initializer: &Initializer,
    ) -> Result<State<D>> {
        let value = self.sample(sizes, initializer, |initializer, seed| initializer.sample(&sizes, seed))?;
        Ok(State::new(self.record(name, &sizes, false, None, None), value))
    }

    /// Creates the random number generator of a layer such as `Dropout`. Without a seed, the next global one is drawn.
    ///
    /// # Errors
    ///
    /// If the seed has more than 32 bits.
    pub fn seed_generator(&mut self, seed: Option<u64>) -> Result<SeedGenerator> {
        SeedGenerator::new(seed.unwrap_or_else(random::next_seed))
    }

    /// Builds a part of the layer. The names of its weights get the part's name as a prefix.
    ///
    /// # Errors
    ///
    /// If building the part fails.
    pub fn within<T>(&mut self, part: &str, build: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.within_group(part, part, build)
    }

    /// Builds a part of the layer as [`within`](Self::within) does, if Keras's files store it in a group of another name:
    /// that of the attribute of the Python object.
    ///
    /// # Errors
    ///
    /// If building the part fails.
    pub fn within_group<T>(
        &mut self,
        part: &str,
        group: &str,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.scope.push((part.to_owned(), group.to_owned()));
        let built = build(self);
        self.scope.pop();
        built
    }

    /// Records weights that another builder created, as weights of the current part.
    pub(crate) fn adopt(&mut self, weights: impl IntoIterator<Item = Weight>) {
        for weight in weights {
            let name = self.path(&weight.name);
            let placed = |group: &str| joined(self.scope.iter().map(|(_, group)| group.as_str()).chain([group]));
            let (group, also_in) = (placed(&weight.group), weight.also_in.as_deref().map(placed));
            self.weights.push(Weight { name, group, also_in, ..weight });
        }
    }

    pub(crate) fn into_weights(self) -> Vec<Weight> {
        self.weights
    }

    fn sample<const D: usize>(
        &self,
        sizes: [usize; D],
        initializer: &Initializer,
        sample: impl FnOnce(&Initializer, u64) -> Result<Vec<f32>>,
    ) -> Result<Tensor<D>> {
        self.take_budget(&sizes)?;
        let seed = if initializer.is_random() { random::next_seed() } else { 0 };
        if self.is_dry_run {
            return Ok(Tensor::zeros(sizes, &self.device));
        }
        let values = sample(initializer, seed)?;
        Ok(Tensor::from_data(TensorData::new(values, sizes), &self.device))
    }

    fn take_budget(&self, sizes: &[usize]) -> Result<()> {
        Shape::new(sizes.iter().copied().map(Some).collect::<Vec<_>>()).check_limits()?;
        let Some(budget) = &self.budget else { return Ok(()) };
        budget.take_weights(sizes.iter().map(|&size| size as u64).product()).map_err(|left| {
            Error::file("the layers have more weights than the file")
                .received(format!("a weight of shape {sizes:?}"))
                .expected(format!("at most {left} values more"))
                .hint("save the model again: the file is damaged or was not written by Keras")
        })
    }

    /// Takes the values of a constant from the budget. Layers call it before they compute a constant from their arguments;
    /// the size of the file does not limit constants, as files do not store them.
    pub(crate) fn take_constants(&self, values: usize) -> Result<()> {
        let Some(budget) = &self.budget else { return Ok(()) };
        budget.take_constants(values as u64).map_err(|left| {
            Error::file("the layers compute more values in advance than there is memory for")
                .received(values)
                .expected(format!("at most {left} more"))
                .hint("allow more memory (--max-memory, horn::memory::set_limit), or create the model in code and load its weights")
        })
    }

    fn record(
        &mut self,
        name: &str,
        sizes: &[usize],
        trainable: bool,
        regularizer: Option<&Regularizer>,
        constraint: Option<&Constraint>,
    ) -> ParamId {
        let id = ParamId::new();
        self.weights.push(Weight {
            id,
            name: self.path(name),
            group: joined(self.scope.iter().map(|(_, group)| group.as_str())),
            also_in: None,
            sizes: sizes.to_vec(),
            is_integer: false,
            trainable,
            regularizer: regularizer.cloned(),
            constraint: constraint.cloned(),
        });
        id
    }

    fn path(&self, name: &str) -> String {
        joined(self.scope.iter().map(|(part, _)| part.as_str()).chain([name]))
    }
}

/// Joins the parts that are not empty to a path.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
