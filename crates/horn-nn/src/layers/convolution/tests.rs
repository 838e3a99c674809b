//! What the fixtures do not show: bad input, unknown sizes, and how the values lie in memory.

use burn::backend::Flex;
use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};

use super::*;
use crate::Apply;
use crate::activations::activation::Activation;
use crate::arguments::options::{DataFormat, Padding};
use crate::data::host_array;
use crate::error::Result;
use crate::graph::input::Input;
use crate::graph::keras_tensor::KerasTensor;
use crate::initializers::constant::Ones;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::description::Layer;
use crate::layers::activation::activation_layer::ActivationLayer;
use crate::layers::activation::prelu::PReLU;
use crate::layers::activation::relu::ReLU;
use crate::layers::check::infer;
use crate::layers::merging::concatenate::Concatenate;
use crate::layers::merging::elementwise::{Add, Average, Multiply};
use crate::layers::normalization::batch_normalization::BatchNormalization;
use crate::layers::pooling::global::GlobalAveragePooling2D;
use crate::layers::pooling::windowed::{AveragePooling2D, MaxPooling2D};
use crate::layers::preprocessing::rescaling::Rescaling;
use crate::layers::registry::from_config;
use crate::layers::regularization::dropout::Dropout;
use crate::layers::regularization::spatial_dropout::SpatialDropout2D;
use crate::layers::reshaping::up_sampling_2d::UpSampling2D;
use crate::layers::reshaping::zero_padding::ZeroPadding2D;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

#[test]
fn a_kernel_of_ones_adds_neighbours() {
    let layer = || Conv1D(1, 3).kernel_initializer(Ones::new());
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(infer(layer(), &x, &[1, 5, 1]).unwrap().1, [6.0, 9.0, 12.0]);
    assert_eq!(infer(layer().padding(Padding::Causal), &x, &[1, 5, 1]).unwrap().1, [1.0, 3.0, 6.0, 9.0, 12.0]);
    let layer = layer().padding(Padding::Same).dilation_rate(2);
    assert_eq!(infer(layer, &x, &[1, 5, 1]).unwrap().1, [4.0, 6.0, 9.0, 6.0, 8.0]);
}

/// With each value as an output, the model computes layer by layer. With the last one alone, the convolutions take in
/// what follows them. Asserts that both give the same.
fn assert_taken_in(what: &str, values: &[&KerasTensor]) {
    let device = Device::default();
    let [input, middle @ .., output] = values else { panic!("a graph has an input and an output") };
    let x = Tensor::<4>::random([2, 7, 6, 3], Distribution::Normal(0.0, 1.0), &device);
    let late = Model::new(*input, *output).unwrap().build(&device).unwrap();
    let outputs: Vec<&KerasTensor> = std::iter::once(*output).chain(middle.iter().copied()).collect();
    let plain = Model::new(*input, outputs).unwrap().build(&device).unwrap();
    let run = |mut model: Model| {
        let weights = model.get_weights().into_iter().zip(1..).map(|(mut weight, seed)| {
            let numbers = (0..).map(|at| 0.2 + ((at * 7 + seed * 5) % 11) as f32 / 11.0);
            weight.iter_mut().zip(numbers).for_each(|(value, number)| *value = number);
            weight
        });
        let weights: Vec<_> = weights.collect();
        model.set_weights(&weights).unwrap();
        let outputs = model.call(vec![x.clone().into()], &mut CallContext::new(Mode::Inference)).unwrap();
        outputs.into_iter().next().unwrap().value().unwrap().float::<4>().unwrap()
    };
    let (late, plain) = (run(late), run(plain));
    let difference = (late - plain.clone()).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-5, "{what}: {difference}");
    assert!(plain.clone().max().into_scalar::<f32>() > plain.min().into_scalar::<f32>(), "{what}");
}

#[test]
fn what_follows_in_prediction_is_taken_in() {
    let normalization = || BatchNormalization().epsilon(0.1);
    let relu6 = || ReLU().max_value(0.5);
    type Block = fn(KerasTensor) -> Result<KerasTensor>;
    let convolutions: [Block; 4] = [
        |x| Conv2D(4, 3).padding(Padding::Same).apply(&x),
        |x| Conv2D(4, 1).use_bias(false).apply(&x),
        |x| Conv2D(6, (3, 1)).groups(3).apply(&x),
        |x| DepthwiseConv2D(3).depth_multiplier(2).apply(&x),
    ];
    for (number, convolution) in convolutions.into_iter().enumerate() {
        for last in [ReLU(), relu6()] {
            let input = Input([7, 6, 3]).tensor();
            let convolved = convolution(input.clone()).unwrap();
            let normalized = normalization().apply(&convolved).unwrap();
            let again = normalization().apply(&normalized).unwrap();
            let output = last.apply(&again).unwrap();
            assert_taken_in(&number.to_string(), &[&input, &convolved, &normalized, &again, &output]);
        }
    }
}

#[test]
fn poolings_in_prediction_are_taken_in() {
    let convolutions = [
        Conv2D(4, 3).activation(Activation::Relu),
        Conv2D(4, 3).padding(Padding::Same),
        Conv2D(4, 3).activation(Activation::Tanh),
        Conv2D(6, 2).groups(3).activation(Activation::Relu),
        Conv2D(4, 1),
    ];
    for (number, convolution) in convolutions.into_iter().enumerate() {
        let input = Input([7, 6, 3]).tensor();
        let convolved = convolution.apply(&input).unwrap();
        let largest = MaxPooling2D(2).apply(&convolved).unwrap();
        assert_taken_in(&format!("largest of {number}"), &[&input, &convolved, &largest]);
        let mean = AveragePooling2D(3).strides(2).padding(Padding::Same).apply(&convolved).unwrap();
        assert_taken_in(&format!("mean of {number}"), &[&input, &convolved, &mean]);
        let normalized = BatchNormalization().apply(&convolved).unwrap();
        let pooled = MaxPooling2D((1, 2)).apply(ReLU().apply(&normalized).unwrap()).unwrap();
        assert_taken_in(&format!("normalized {number}"), &[&input, &convolved, &normalized, &pooled]);
        let again = ReLU().apply(MaxPooling2D(2).strides(1).apply(&largest).unwrap()).unwrap();
        assert_taken_in(&format!("twice {number}"), &[&input, &convolved, &largest, &again]);
    }
    let depthwise = DepthwiseConv2D(3).activation(Activation::Relu);
    let input = Input([7, 6, 3]).tensor();
    let convolved = depthwise.apply(&input).unwrap();
    let pooled = MaxPooling2D(2).apply(&convolved).unwrap();
    assert_taken_in("depthwise", &[&input, &convolved, &pooled]);
}

#[test]
fn a_pooling_waits_with_the_convolution_before_it_and_has_its_own_sizes() {
    let mut build = LayerBuilder::new(&Device::default());
    let convolution = Conv2D(4, 3).activation(Activation::Relu).build(&Shape::batched([8, 8, 3]), &mut build).unwrap();
    let pooling =
        |layer: &dyn Layer| layer.build(&Shape::batched([6, 6, 4]), &mut LayerBuilder::new(&Device::default()));
    // An image for each thread.
    let samples = horn_kernels::thread_count().max(2);
    let pooled = |mode: Mode, layer: &dyn Layer, samples: usize| {
        let x = Tensor::<4>::ones([samples, 8, 8, 3], &Device::default());
        let mut call = CallContext::new(mode);
        let convolved = convolution.call(vec![x.into()], &mut call).unwrap();
        let mut y = pooling(layer).unwrap().call(convolved, &mut call).unwrap();
        (y[0].deferred_mut().is_some(), y[0].sizes())
    };
    let (is_late, sizes) = pooled(Mode::Inference, &MaxPooling2D(2), samples);
    assert_eq!((is_late, sizes), (horn_kernels::enabled(), vec![samples, 3, 3, 4]));
    assert_eq!(pooled(Mode::Training, &MaxPooling2D(2), samples), (false, vec![samples, 3, 3, 4]));
    let first = MaxPooling2D(2).data_format(DataFormat::ChannelsFirst);
    assert_eq!(pooled(Mode::Inference, &first, samples), (false, vec![samples, 6, 3, 2]));
    let is_late = horn_kernels::enabled() && horn_kernels::thread_count() == 1;
    assert_eq!(pooled(Mode::Inference, &MaxPooling2D(2), 1), (is_late, vec![1, 3, 3, 4]));
}

#[test]
fn unknown_sizes_are_taken_as_they_come() {
    let images = Conv2D(2, 3).strides(2).padding(Padding::Same);
    let unknown = Shape::new([None, None, None, Some(3)]);
    assert_eq!(images.output_shape(&unknown).unwrap(), Shape::new([None, None, None, Some(2)]));
    let transposed = Conv1DTranspose(2, 3).strides(2).output_shape(&Shape::new([None, None, Some(4)]));
    assert_eq!(transposed.unwrap(), Shape::new([None, None, Some(2)]));

    let device = Device::default();
    let input = Input::with_unknown([None, Some(1)]);
    let model = Sequential::new().add(input).add(Conv1D(2, 3).kernel_initializer(Ones::new())).build(&device).unwrap();
    let output = |steps: usize| {
        model.forward(host_array::float_tensor(vec![1.0; steps], vec![1, steps, 1], &device).unwrap(), Mode::Inference)
    };
    assert_eq!(output(5).unwrap().sizes(), [1, 3, 2]);
    assert_eq!(output(9).unwrap().sizes(), [1, 7, 2]);
    assert!(output(2).unwrap_err().is_shape());
}

#[test]
fn glu_halves_the_channels() {
    let layer = Conv2D(4, 1).activation(Activation::Glu);
    assert_eq!(infer(layer, &[1.0; 4], &[1, 2, 2, 1]).unwrap().0, [1, 2, 2, 2]);
}

#[test]
fn impossible_arguments_are_errors() {
    let image = Shape::batched([8, 8, 4]);
    let refused = |layer: &dyn Layer| layer.output_shape(&image).unwrap_err();
    for layer in [
        Conv2D(0, 3),
        Conv2D(2, 0),
        Conv2D(2, (3, 0)),
        Conv2D(2, 3).strides(0),
        Conv2D(2, 3).dilation_rate(0),
        Conv2D(2, 3).strides(2).dilation_rate(2),
        Conv2D(2, 3).groups(0),
        Conv2D(3, 3).groups(2),
        Conv2D(3, 3).groups(3),
        Conv2D(2, 3).padding(Padding::Causal),
    ] {
        assert!(refused(&layer).is_argument(), "{layer:?}");
    }
    assert!(refused(&Conv2D(2, 9)).is_shape());
    assert!(refused(&Conv2D(2, 3).dilation_rate(4)).is_shape());
    // Holes that are larger than the input are possible, and padding beyond memory is not.
    let holes = |rate| DepthwiseConv1D(4).padding(Padding::Same).dilation_rate(rate);
    assert!(holes(1 << 20).output_shape(&Shape::batched([6, 3])).is_ok());
    assert!(holes(1 << 31).output_shape(&Shape::batched([6, 3])).unwrap_err().is_argument());
    assert!(refused(&Conv1D(2, 3)).is_shape());
    assert!(refused(&Conv2DTranspose(2, 3).strides(2).output_padding(2)).is_argument());
    assert!(refused(&Conv2DTranspose(2, 3).strides(2).dilation_rate(2)).is_argument());
    assert!(refused(&DepthwiseConv2D(3).depth_multiplier(0)).is_argument());
    assert!(refused(&SeparableConv2D(0, 3)).is_argument());
    assert!(Conv2D(2, 3).output_shape(&Shape::new([None, Some(8), Some(8), None])).unwrap_err().is_shape());
    assert!(from_config("Conv2D", &serde_json::json!({"filters": 2, "kernel_size": [3, 3, 3]})).is_err());
}

#[test]
fn errors_tell_both_sides() {
    let error = Conv2D(3, 3).groups(3).output_shape(&Shape::batched([8, 8, 4])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the groups do not divide the input channels; received 4 input channels, groups = 3, expected a number of \
         input channels that groups divides. Hint: choose another number of groups or filters."
    );
    let error = Conv2D(2, (9, 3)).output_shape(&Shape::batched([8, 8, 4])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the window is larger than the input; received (9, 3) for an input of (8, 8), expected an input that is at \
         least as large. Hint: take a smaller window, or `padding(Padding::Same)`."
    );
}

/// Does the next convolution copy nothing of the tensor, whose channels are last? The kernels take it if it is row-major,
/// and Burn's convolutions if it is once the channels are first.
fn lies_as_convolutions_take_it(x: AnyTensor) -> bool {
    let x = x.float::<4>().unwrap().without_autodiff();
    let x = if horn_kernels::enabled() { x } else { x.movedim(-1, 1) };
    let values = x.try_into_primitive::<Flex>().unwrap();
    values.layout().is_contiguous() && values.layout().start_offset() == 0
}

fn run(model: &Model, mode: Mode) -> Result<AnyTensor> {
    let device = if mode == Mode::Training { Device::flex().autodiff() } else { Device::flex() };
    model.forward(host_array::float_tensor(vec![0.5; 2 * 12 * 12 * 3], vec![2, 12, 12, 3], &device)?, mode)
}

#[test]
fn a_run_of_convolutions_copies_nothing_between_them() {
    let layers: Vec<Box<dyn Layer>> = vec![
        Box::new(Conv2D(8, 3).strides(2).padding(Padding::Same)),
        Box::new(ReLU()),
        Box::new(DepthwiseConv2D(3).padding(Padding::Same).activation(Activation::Silu)),
        Box::new(BatchNormalization()),
        Box::new(PReLU().shared_axes([1, 2])),
        Box::new(Dropout(0.5)),
        Box::new(SpatialDropout2D(0.5)),
        Box::new(Rescaling(0.5).offset(1.0)),
        Box::new(ZeroPadding2D(1)),
        Box::new(UpSampling2D(2)),
        Box::new(ActivationLayer::new(Activation::Relu6)),
        Box::new(MaxPooling2D(3).strides(1).padding(Padding::Same)),
        Box::new(SeparableConv2D(4, 3).activation(Activation::HardSigmoid)),
        Box::new(AveragePooling2D(2)),
        Box::new(Dropout(1.0)),
        Box::new(Conv2DTranspose(5, 2)),
    ];
    for count in 1..=layers.len() {
        let mut model = Sequential::new().add(Input([12, 12, 3]));
        for layer in &layers[..count] {
            model = model.add(from_config(layer.class_name(), &layer.config()).unwrap());
        }
        let model = model.build(&Device::flex()).unwrap();
        let last = layers[count - 1].class_name();
        assert!(lies_as_convolutions_take_it(run(&model, Mode::Inference).unwrap()), "after {last}");
        assert!(lies_as_convolutions_take_it(run(&model.train(), Mode::Training).unwrap()), "after {last} in training");
    }
}

#[test]
fn what_merges_convolutions_lies_as_they_do() {
    let x = || Input([12, 12, 3]);
    let merged = |merge: &dyn Fn((KerasTensor, KerasTensor)) -> Result<KerasTensor>| {
        let x = x();
        let branches = (Conv2D(4, 3).apply(&x).unwrap(), Conv2D(4, 3).apply(&x).unwrap());
        Model::new(x, merge(branches).unwrap()).unwrap().build(&Device::flex()).unwrap()
    };
    let gate = |(image, other): (KerasTensor, KerasTensor)| {
        Multiply().apply((image, GlobalAveragePooling2D().keepdims(true).apply(&other)?))
    };
    let models = [
        merged(&|branches| Add().apply(branches)),
        merged(&|branches| Average().apply(branches)),
        merged(&|branches| Concatenate().apply(branches)),
        merged(&|branches| Concatenate().axis(1).apply(branches)),
        merged(&gate),
    ];
    for (at, model) in models.into_iter().enumerate() {
        assert!(lies_as_convolutions_take_it(run(&model, Mode::Inference).unwrap()), "model {at}");
        assert!(lies_as_convolutions_take_it(run(&model.train(), Mode::Training).unwrap()), "model {at} in training");
    }
}

#[test]
fn the_test_of_the_order_in_memory_can_fail() {
    let x = host_array::float_tensor(vec![0.5; 24], vec![1, 2, 3, 4], &Device::flex()).unwrap();
    let turned = DataFormat::ChannelsLast.channels_first_to_own(x.clone()).unwrap();
    assert_eq!(lies_as_convolutions_take_it(x), horn_kernels::enabled());
    assert_eq!(lies_as_convolutions_take_it(turned), !horn_kernels::enabled());
    let pooled = Sequential::new().add(Input([12, 12, 3])).add(GlobalAveragePooling2D().keepdims(true));
    assert!(lies_as_convolutions_take_it(run(&pooled.build(&Device::flex()).unwrap(), Mode::Inference).unwrap()));
}
