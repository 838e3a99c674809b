//! Building layers: how a description gets its weights, and what is known about each.

use std::sync::Arc;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

use crate::constraints::constraint::Constraint;
use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::layer::budget::Budget;
use crate::layer::state::State;
use crate::layer::weight::{Weight, WeightSpec};
use crate::random;
use crate::random::seed_generator::SeedGenerator;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::shape::Shape;

/// What a layer needs to build its module: the device, and a book of the weights that it makes.
#[derive(Debug)]
pub struct LayerBuilder {
    device: Device,
    /// The parts that are being built: their names, and where Keras's files keep them.
    scope: Vec<(String, String)>,
    weights: Vec<Weight>,
    /// All is drawn and nothing made: weights are zeros.
    is_dry_run: bool,
    /// What all layers together may still have, where the description is a stranger's.
    budget: Option<Arc<Budget>>,
}

impl LayerBuilder {
    /// To build on this device.
    pub fn new(device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        Self { device, scope: Vec::new(), weights: Vec::new(), is_dry_run: false, budget: None }
    }

    /// To go through the building of a layer that Keras's program makes and throws away: seeds are drawn as there, but
    /// the weights are zeros.
    pub(crate) fn dry_run(&self) -> Self {
        let budget = self.budget.as_ref().map(|budget| Arc::new(Budget::clone(budget)));
        Self { is_dry_run: true, budget, ..Self::new(&self.device) }
    }

    /// The same, for weights of no more values than these all together: a description from a stranger may ask for more
    /// memory than there is.
    pub(crate) fn within_budget(self, values: u64) -> Self {
        Self { budget: Some(Arc::new(Budget::new(values))), ..self }
    }

    /// To build a part elsewhere, and to [`adopt`](Self::adopt) it at its place.
    pub(crate) fn apart(&self) -> Self {
        Self { is_dry_run: self.is_dry_run, budget: self.budget.clone(), ..Self::new(&self.device) }
    }

    /// Where the weights lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A trainable weight with initial values. Random initializers without a seed of their own draw the next one, in
    /// the order of the calls, as Keras's do. The module's fields must come in the order of the calls, too.
    ///
    /// # Errors
    ///
    /// Where the initializer can't fill such a shape, or the regularizer or constraint is not for it.
    pub fn add_weight<'a, const D: usize>(
        &mut self,
        name: &str,
        sizes: [usize; D],
        spec: impl Into<WeightSpec<'a>>,
    ) -> Result<Param<Tensor<D>>> {
        self.add_weight_of(name, sizes, spec.into(), |initializer, seed| initializer.sample(&sizes, seed))
    }

    /// A trainable weight whose initial values are made from the initializer and its seed in a way of the layer's own.
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
        let id = self.note(name, &sizes, true, spec.regularizer, spec.constraint);
        // On a device without autodiff this is remembered until the model trains.
        Ok(Param::initialized(id, value).set_require_grad(true))
    }

    /// A trainable weight that is one number: Keras gives it no axis.
    pub(crate) fn add_number(&mut self, name: &str, initializer: &Initializer) -> Result<Param<Tensor<1>>> {
        let weight = self.add_weight(name, [1], initializer)?;
        self.forget_axes();
        Ok(weight)
    }

    /// One number that the layer changes itself.
    pub(crate) fn add_state_number(&mut self, name: &str, initializer: &Initializer) -> Result<State<1>> {
        let state = self.add_state(name, [1], initializer)?;
        self.forget_axes();
        Ok(state)
    }

    /// Notes the last weight as one number.
    pub(crate) fn forget_axes(&mut self) {
        if let Some(weight) = self.weights.last_mut() {
            weight.sizes.clear();
        }
    }

    /// A weight that the layer changes itself.
    ///
    /// # Errors
    ///
    /// Where the initializer can't fill such a shape.
    pub fn add_state<const D: usize>(
        &mut self,
        name: &str,
        sizes: [usize; D],
        initializer: &Initializer,
    ) -> Result<State<D>> {
        let value = self.sample(sizes, initializer, |initializer, seed| initializer.sample(&sizes, seed))?;
        Ok(State::new(self.note(name, &sizes, false, None, None), value))
    }

    /// The random numbers of a layer, such as `Dropout`; without a seed it draws the next one.
    ///
    /// # Errors
    ///
    /// Where the seed has more than 32 bits.
    pub fn seed_generator(&mut self, seed: Option<u64>) -> Result<SeedGenerator> {
        SeedGenerator::new(seed.unwrap_or_else(random::next_seed))
    }

    /// Builds a part of the layer, whose weights get the part's name before theirs.
    ///
    /// # Errors
    ///
    /// Those of the part.
    pub fn within<T>(&mut self, part: &str, build: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.within_group(part, part, build)
    }

    /// Builds a part of the layer as [`within`](Self::within) does, which Keras's files keep under another name: that
    /// of the attribute which holds the part in Keras's program.
    ///
    /// # Errors
    ///
    /// Those of the part.
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

    /// Takes over weights that were made elsewhere, in the scope that is open.
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
        Shape::new(sizes.iter().copied().map(Some).collect::<Vec<_>>()).check_room()?;
        let Some(budget) = &self.budget else { return Ok(()) };
        budget.take_weights(sizes.iter().map(|&size| size as u64).product()).map_err(|left| {
            Error::file("the layers have more weights than the file")
                .received(format!("a weight of sizes {sizes:?}"))
                .expected(format!("at most {left} values more"))
                .hint("the file is damaged, or not Keras's: save the model again")
        })
    }

    /// To be asked before a layer makes values that it computes from its arguments and keeps: no file holds them.
    pub(crate) fn take_constants(&self, values: usize) -> Result<()> {
        let Some(budget) = &self.budget else { return Ok(()) };
        budget.take_constants(values as u64).map_err(|left| {
            Error::file("the layers compute more values in advance than models of files may")
                .received(values)
                .expected(format!("at most {left} more"))
                .hint("make the model by a program, and read the weights alone")
        })
    }

    fn note(
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

/// A path of the parts that are not empty.
fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}
