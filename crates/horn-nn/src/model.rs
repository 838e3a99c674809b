//! A built model: layers with their weights, and how they are connected.

use std::sync::Arc;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use crate::summary::{Row, Summary, Totals};
use crate::{AnyTensor, BuiltLayer, Error, HostArray, Layer, Logits, Mode, Result, Shape, by_rank, sizes};

/// A layer in a model: its name, its description and the shape of its output.
#[derive(Debug, Clone)]
pub struct Node {
    name: String,
    layer: Arc<dyn Layer>,
    output_shape: Shape,
}

impl Node {
    pub(crate) fn new(name: String, layer: Arc<dyn Layer>, output_shape: Shape) -> Self {
        Self { name, layer, output_shape }
    }

    /// The layer's name, unique in the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layer's description.
    pub fn layer(&self) -> &dyn Layer {
        self.layer.as_ref()
    }

    /// The shape of what comes out.
    pub fn output_shape(&self) -> &Shape {
        &self.output_shape
    }
}

/// A model with weights, ready to compute. It is a Burn `Module`: Burn's optimizers, records and stores work on it.
///
/// Each node takes the output of the one before; the first is the input.
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct Model {
    #[module(skip)]
    graph: Arc<Graph>,
    layers: Vec<BuiltLayer>,
}

#[derive(Debug)]
struct Graph {
    name: String,
    nodes: Vec<Node>,
    device: Device,
}

impl Model {
    pub(crate) fn new(name: String, nodes: Vec<Node>, layers: Vec<BuiltLayer>, device: Device) -> Self {
        Self { graph: Arc::new(Graph { name, nodes, device: device.without_autodiff() }), layers }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.graph.name
    }

    /// The layers in the order in which they compute, the input first.
    pub fn nodes(&self) -> &[Node] {
        &self.graph.nodes
    }

    /// The shape of the batches that go in.
    pub fn input_shape(&self) -> &Shape {
        &self.graph.nodes[0].output_shape
    }

    /// The shape of the batches that come out.
    pub fn output_shape(&self) -> &Shape {
        &self.graph.nodes[self.graph.nodes.len() - 1].output_shape
    }

    /// Where the model computes.
    pub fn device(&self) -> &Device {
        &self.graph.device
    }

    /// The model with its weights on another device.
    #[must_use]
    pub fn moved_to(self, device: &Device) -> Self {
        let Graph { name, nodes, .. } = &*self.graph;
        Self::new(name.clone(), nodes.clone(), self.layers.fork(device), device.clone())
    }

    /// Replaces the model by what the function makes of it. Meanwhile its weights are held by nobody else, so that
    /// they can change where they lie.
    pub fn update(&mut self, function: impl FnOnce(Self) -> Self) {
        let whole = Self { graph: self.graph.clone(), layers: std::mem::take(&mut self.layers) };
        *self = function(whole);
    }

    /// Computes the output of a batch.
    ///
    /// # Errors
    ///
    /// Where the batch has another shape than [`input_shape`](Self::input_shape).
    pub fn forward(&self, input: AnyTensor, mode: Mode) -> Result<AnyTensor> {
        self.run(input, mode, self.layers.len())
    }

    /// Computes what goes into the model's last activation, where that is a softmax or a sigmoid; else the output.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn logits(&self, input: AnyTensor, mode: Mode) -> Result<Logits> {
        let last = self.layers.len() - 1;
        let input = self.run(input, mode, last)?;
        self.layers[last].logits(input, mode).map_err(|error| error.at(self.place(last)))
    }

    /// Runs the first `count` layers.
    fn run(&self, input: AnyTensor, mode: Mode, count: usize) -> Result<AnyTensor> {
        self.check_input(&input.sizes())?;
        self.layers[..count]
            .iter()
            .enumerate()
            .try_fold(input, |x, (at, layer)| layer.forward(x, mode).map_err(|error| error.at(self.place(at))))
    }

    fn place(&self, at: usize) -> String {
        let node = &self.graph.nodes[at];
        format!("layer {:?} ({})", node.name, node.layer.class_name())
    }

    /// Does data of these sizes fit the input?
    ///
    /// # Errors
    ///
    /// Where it does not.
    pub fn check_input(&self, received: &[usize]) -> Result<()> {
        if self.input_shape().accepts(received) {
            return Ok(());
        }
        Err(Error::shape("the data does not fit the model's input")
            .at(format!("model {:?}", self.name()))
            .received(sizes(received))
            .expected(self.input_shape())
            .mend("reshape the data, or change the Input"))
    }

    /// Computes the outputs of all samples, `batch_size` at a time.
    ///
    /// # Errors
    ///
    /// Where the samples do not fit the input, or the batch size is 0.
    pub fn predict(&self, x: &HostArray<'_>, batch_size: usize) -> Result<ArrayD<f32>> {
        self.check_input(x.sizes())?;
        if batch_size == 0 {
            return Err(zero_batch_size());
        }
        let mut values = Vec::new();
        let samples: Vec<usize> = (0..x.len()).collect();
        for batch in samples.chunks(batch_size) {
            let output = self.forward(x.float_batch(batch, self.device())?, Mode::Inference)?;
            values.append(&mut read(output)?);
        }
        let sizes = self.output_shape().with_batch(x.len())?;
        ArrayD::from_shape_vec(IxDyn(&sizes), values).map_err(|error| {
            Error::shape("the model's output has another shape than announced")
                .at(format!("model {:?}", self.name()))
                .expected(self.output_shape())
                .because(error)
        })
    }

    /// The number of weights, each element counted.
    pub fn count_params(&self) -> usize {
        self.num_params()
    }

    /// Copies of all weights, layer by layer, kernels before biases.
    pub fn get_weights(&self) -> Vec<ArrayD<f32>> {
        struct Reader(Vec<ArrayD<f32>>);
        impl ModuleVisitor for Reader {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let data = param.val().into_data();
                let sizes = IxDyn(data.shape());
                let values = data.iter::<f32>().collect();
                self.0.push(ArrayD::from_shape_vec(sizes, values).expect("a tensor fills its shape"));
            }
        }
        let mut reader = Reader(Vec::new());
        self.visit(&mut reader);
        reader.0
    }

    /// Replaces all weights by arrays in the order of [`get_weights`](Self::get_weights).
    ///
    /// # Errors
    ///
    /// Where there are more or fewer arrays, or one has another shape. The model keeps its weights then.
    pub fn set_weights(&mut self, weights: &[ArrayD<f32>]) -> Result<()> {
        struct Writer<'a>(std::slice::Iter<'a, ArrayD<f32>>);
        impl ModuleMapper for Writer<'_> {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let Some(array) = self.0.next() else { return param };
                let data = TensorData::new(array.iter().copied().collect::<Vec<f32>>(), array.shape());
                param.map(|old| {
                    let device = old.device();
                    Tensor::from_data(data, &device).set_require_grad(old.is_require_grad())
                })
            }
        }
        let received: Vec<_> = weights.iter().map(|array| array.shape().to_vec()).collect();
        let expected = self.weight_sizes();
        if received != expected {
            return Err(Error::shape("the weights do not fit the model")
                .at(format!("model {:?}", self.name()))
                .received(format!("{received:?}"))
                .expected(format!("{expected:?}"))
                .mend("give arrays in the order and of the shapes of `get_weights`"));
        }
        self.update(|model| model.map(&mut Writer(weights.iter())));
        Ok(())
    }

    fn weight_sizes(&self) -> Vec<Vec<usize>> {
        struct Sizes(Vec<Vec<usize>>);
        impl ModuleVisitor for Sizes {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.push(param.lazy_shape().to_vec());
            }
        }
        let mut sizes = Sizes(Vec::new());
        self.visit(&mut sizes);
        sizes.0
    }

    /// The table of layers, shapes and weights as a value, to print or to look at.
    ///
    /// A Sequential model's input is left out, as Keras does.
    pub fn to_summary(&self) -> Summary {
        let rows = self.graph.nodes.iter().zip(&self.layers).skip(1).map(|(node, layer)| Row {
            name: node.name.clone(),
            class_name: node.layer.class_name().to_owned(),
            output_shape: Some(node.output_shape.to_string()),
            params: Some(layer.num_params()),
            ..Row::default()
        });
        Summary {
            name: self.graph.name.clone(),
            rows: rows.collect(),
            totals: Totals { trainable: self.num_params(), ..Totals::default() },
            ..Summary::default()
        }
    }

    /// Prints the table of layers, shapes and weights.
    pub fn summary(&self) {
        self.to_summary().print();
    }
}

impl burn::module::ModuleDisplay for Model {
    fn custom_content(&self, content: burn::module::Content) -> Option<burn::module::Content> {
        self.graph
            .nodes
            .iter()
            .fold(content, |content, node| content.add_formatted(&format!("{}: {}", node.name, node.output_shape)))
            .optional()
    }
}

/// The error for batches of no samples.
#[doc(hidden)]
pub fn zero_batch_size() -> Error {
    Error::argument("a batch needs samples")
        .at("batch_size")
        .received(0)
        .expected("at least 1")
        .mend("leave batch_size out for Keras's 32")
}

/// Reads a tensor from its device.
fn read(tensor: AnyTensor) -> Result<Vec<f32>> {
    by_rank!(tensor, |x| {
        let data = x.into_data();
        match data.as_slice::<f32>() {
            Ok(values) => values.to_vec(),
            // Half floats are widened.
            Err(_) => data.iter::<f32>().collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::initializers::{Constant, Ones};
    use crate::layers::{Dense, Dropout, Input};
    use crate::{Activation, Sequential};

    fn model() -> Model {
        Sequential::new()
            .add(Input([3]))
            .add(Dense(2).kernel_initializer(Ones::new()).bias_initializer(Constant::new(1.0)))
            .add(Dropout(0.5))
            .add(Dense(2).activation(Activation::Softmax))
            .build(&Device::default())
            .unwrap()
    }

    #[test]
    fn predicts_in_batches_of_any_size() {
        let model = model();
        let x = Array2::from_shape_fn((7, 3), |(row, column)| (row * column) as f32);
        let all = model.predict(&(&x).into(), 32).unwrap();
        assert_eq!(all.shape(), [7, 2]);
        assert_eq!(model.predict(&(&x).into(), 2).unwrap(), all);
        assert_eq!(model.predict(&(&Array2::<f32>::zeros((0, 3))).into(), 2).unwrap().shape(), [0, 2]);
    }

    #[test]
    fn logits_come_before_the_softmax() {
        let model = model();
        let x = AnyTensor::from(Tensor::<2>::ones([1, 3], &Device::default()));
        let logits = model.logits(x.clone(), Mode::Inference).unwrap();
        assert!(logits.activation.is_softmax());
        let softmax = logits.activation.forward(logits.value.float::<2>().unwrap());
        let output = model.forward(x, Mode::Inference).unwrap().float::<2>().unwrap();
        assert_eq!(softmax.into_data(), output.into_data());
    }

    #[test]
    fn weights_go_out_and_in() {
        let mut model = model();
        let mut weights = model.get_weights();
        let shapes: Vec<_> = weights.iter().map(|weight| weight.shape().to_vec()).collect();
        assert_eq!(shapes, [vec![3, 2], vec![2], vec![2, 2], vec![2]]);
        assert_eq!(weights[1], array![1.0, 1.0].into_dyn());

        weights[1] = array![5.0, 6.0].into_dyn();
        model.set_weights(&weights).unwrap();
        assert_eq!(model.get_weights(), weights);

        weights.pop();
        assert!(model.set_weights(&weights).unwrap_err().is_shape());
        assert_eq!(model.get_weights().len(), 4);
    }

    #[test]
    fn data_that_does_not_fit_is_an_error() {
        let x = Array2::<f32>::zeros((5, 4));
        assert_eq!(
            model().predict(&(&x).into(), 32).unwrap_err().to_string(),
            "model \"sequential\": the data does not fit the model's input; received (5, 4), expected (None, 3). \
             Mend: reshape the data, or change the Input."
        );
        assert!(model().predict(&(&x.slice(ndarray::s![.., ..3])).into(), 0).unwrap_err().is_argument());
    }

    #[test]
    fn the_summary_leaves_the_input_out() {
        let summary = model().to_summary();
        let rows: Vec<_> = summary.rows.iter().map(|row| (row.name.as_str(), row.params)).collect();
        assert_eq!(rows, [("dense", Some(8)), ("dropout", Some(0)), ("dense_1", Some(6))]);
        assert_eq!(summary.totals.trainable, 14);
    }
}
