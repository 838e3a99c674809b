//! `StackedRNNCells`, and cells of any kind in a layer.

use burn::module::Module;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::call_arguments::CallArgument;
use crate::layer::description::{Layer, Part, PartInput};
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::names;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::nested::{Nested, NestedLayer};
use crate::layers::recurrent::arguments::step_arguments;
use crate::layers::recurrent::cell::{Cell, Started, cell_calls, constant_device, of_rank};
use crate::layers::recurrent::cell_layer::{state_sizes, with_states};
use crate::layers::recurrent::gru::GatedCell;
use crate::layers::recurrent::lstm::LongCell;
use crate::layers::recurrent::noise::Pass;
use crate::layers::recurrent::simple_rnn::SimpleCell;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// Several recurrent cells as one: each takes the output of the one before.
///
/// # Shapes
///
/// - inputs: a step `[batch, features]`, and the states of all cells, one after the other
/// - outputs: the output of the last cell, and the new states of all
///
/// ```
/// use horn::layers::{GRUCell, LSTMCell, RNN, StackedRNNCells};
///
/// let layer = RNN(StackedRNNCells([LSTMCell(16).into(), GRUCell(8).into()]));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StackedRNNCells {
    #[serde(flatten)]
    common: Common,
    cells: Vec<Nested>,
}

/// `keras.layers.StackedRNNCells(cells)`. See [`StackedRNNCells`](struct@StackedRNNCells).
#[allow(non_snake_case)]
pub fn StackedRNNCells(cells: impl IntoIterator<Item = Nested>) -> StackedRNNCells {
    StackedRNNCells::new(cells)
}

impl StackedRNNCells {
    /// These cells, each on the output of the one before.
    pub fn new(cells: impl IntoIterator<Item = Nested>) -> Self {
        let mut cells: Vec<Nested> = cells.into_iter().collect();
        if let Ok(names) = names::names("", cells.iter().map(Nested::layer)) {
            for (cell, name) in cells.iter_mut().zip(names) {
                if let Ok(named) = cell.with([("name", name.into())]) {
                    *cell = named;
                }
            }
        }
        Self { common: Common::default(), cells }
    }

    /// The shapes of what each cell takes.
    fn steps(&self, step: &Shape) -> Result<Vec<Shape>> {
        let mut steps = vec![step.clone()];
        for cell in &self.cells {
            let step = steps.last().expect("there is the first").clone();
            let outputs = cell.output_shapes(&with_states(step, &state_sizes(cell)?))?;
            steps.extend(outputs.into_iter().next());
        }
        Ok(steps)
    }
}

common_arguments!(StackedRNNCells);

impl Layer for StackedRNNCells {
    described!("StackedRNNCells");
    crate::many_inputs!();

    fn parts(&self) -> Vec<Part> {
        let cells = self.cells.iter().enumerate();
        cells.map(|(at, cell)| cell.part(format!("cells/{at}"), PartInput::Previous)).collect()
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let [step, given @ ..] = inputs else {
            return Err(Error::shape("the cells take a step")
                .received("no input")
                .expected("the input of a step and the states of all cells")
                .hint("put the cells into `RNN`, which takes a sequence"));
        };
        if self.cells.is_empty() {
            return Err(Error::argument("there are no cells")
                .expected("at least one")
                .hint("give cells such as `LSTMCell(32)`"));
        }
        let output = self.steps(step)?.pop().expect("there is a cell");
        let sizes = self.cells.iter().map(state_sizes).collect::<Result<Vec<_>>>()?.concat();
        let states = with_states(output.clone(), &sizes).split_off(1);
        let fit = given.len() == states.len() && given.iter().zip(&states).all(|(given, state)| state.admits(given));
        if !fit {
            return Err(Error::shape("the states do not fit the cells")
                .received(shape::list(given))
                .expected(shape::list(&states))
                .hint("give all states of all cells, or put the cells into `RNN`"));
        }
        Ok([vec![output], states].concat())
    }

    fn call_arguments(&self, inputs: usize) -> Vec<CallArgument> {
        step_arguments(inputs)
    }

    fn build_for(&self, inputs: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let steps = self.steps(&inputs[0])?;
        let groups = names::numbered(self.cells.iter().map(|cell| cell.layer().class_name()));
        let cells = self
            .cells
            .iter()
            .zip(groups)
            .zip(steps)
            .map(|((cell, group), step)| AnyCell::build(&format!("cells/{group}"), cell, step, build));
        Ok(BuiltLayer::new(Stack { cells: cells.collect::<Result<_>>()? }))
    }

    fn state_sizes(&self) -> Option<Vec<usize>> {
        self.cells.iter().map(|cell| cell.layer().state_sizes()).collect::<Option<Vec<_>>>().map(|sizes| sizes.concat())
    }
}

#[derive(Module, Debug)]
struct Stack {
    cells: Vec<AnyCell>,
}

impl Cell<2> for Stack {
    fn states(&self) -> usize {
        self.cells.iter().map(Cell::states).sum()
    }

    fn chain(&self) -> Vec<&dyn Cell<2>> {
        self.cells.iter().flat_map(Cell::chain).collect()
    }

    fn start<'a>(&'a self, _: Tensor<2>, _: usize, _: Pass, _: &'a mut CallContext) -> Result<Started<'a, 2>> {
        unreachable!("a stack is run cell by cell")
    }
}

impl Forward for Stack {
    cell_calls!();
}

/// A cell that another description holds: one of Horn's own, which does its part before the steps, or a user's layer.
#[derive(Module, Debug)]
pub(crate) struct AnyCell {
    cell: NestedLayer,
    #[module(skip)]
    sizes: Vec<usize>,
}

impl AnyCell {
    pub fn build(group: &str, cell: &Nested, step: Shape, build: &mut LayerBuilder) -> Result<Self> {
        let sizes = state_sizes(cell)?;
        Ok(Self { cell: cell.build(group, &with_states(step, &sizes), build)?, sizes })
    }

    fn known(&self) -> Option<&dyn Cell<2>> {
        fn of<C: Cell<2> + Forward>(built: &BuiltLayer) -> Option<&dyn Cell<2>> {
            built.downcast_ref::<C>().map(|cell| cell as &dyn Cell<2>)
        }
        let built = self.cell.built();
        of::<LongCell>(built)
            .or_else(|| of::<GatedCell>(built))
            .or_else(|| of::<SimpleCell>(built))
            .or_else(|| of::<Stack>(built))
    }
}

impl Cell<2> for AnyCell {
    fn states(&self) -> usize {
        self.sizes.len()
    }

    fn chain(&self) -> Vec<&dyn Cell<2>> {
        self.known().map_or_else(|| vec![self as &dyn Cell<2>], Cell::chain)
    }

    fn start<'a>(&'a self, x: Tensor<2>, batch: usize, _: Pass, call: &'a mut CallContext) -> Result<Started<'a, 2>> {
        let zeros = self.sizes.iter().map(|&size| Tensor::zeros([batch, size], &constant_device(&x))).collect();
        let step = move |x: Tensor<2>, states: &[Tensor<2>]| {
            let inputs = [x].iter().chain(states).cloned().map(Signal::new).collect();
            let outputs = self.cell.call(inputs, call)?.into_iter();
            let mut outputs = outputs.map(|output| of_rank(output.value()?, "recurrent cell"));
            let hint = "return the output and then each new state from the cell's `call`";
            let nothing = || Error::shape("the cell returns nothing").expected("an output and the states").hint(hint);
            let output = outputs.next().ok_or_else(nothing)??;
            let states = outputs.collect::<Result<Vec<_>>>()?;
            if states.len() != self.sizes.len() {
                return Err(Error::shape("the cell returns another number of states")
                    .received(states.len())
                    .expected(self.sizes.len())
                    .hint(hint));
            }
            Ok((output, states))
        };
        Ok(Started { projected: x, zeros, step: Box::new(step) })
    }
}
