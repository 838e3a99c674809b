use burn::tensor::Device;
use ndarray::{Array3, Array4, array};

use super::*;
use crate::Apply;
use crate::activations::activation::Activation;
use crate::applications::imagenet_utils::Mode;
use crate::arguments::options::DataFormat;
use crate::error::{Error, Result};
use crate::graph::input::Input;
use crate::layers::Rescaling;
use crate::model::functional::Functional;

fn message(model: Result<Functional>) -> String {
    model.map(|_| ()).map_err(|error: Error| error.to_string()).unwrap_err()
}

#[test]
fn impossible_arguments_are_errors() {
    for (model, expected) in [
        (
            VGG16().input_shape([31, 64, 3]).model(),
            "input_shape: the network does not support images of this shape; received (None, 31, 64, 3), \
             expected (None, height, width, channels) of at least (32, 32, 1). \
             Hint: make the images larger, for example with `Resizing`.",
        ),
        (
            ResNet50().pooling(Pooling::Avg).model(),
            "pooling: a network with its classifier has its own pooling; received pooling with include_top, \
             expected only one of them. Hint: leave pooling out, or call `.include_top(false)`.",
        ),
        (
            EfficientNetB0().classes(0).model(),
            "classes: a classifier needs classes; received 0, expected at least 1. \
             Hint: leave classes out for ImageNet's 1000.",
        ),
        (
            MobileNetV2().alpha(0.0).model(),
            "alpha: alpha is out of range; received 0, expected a number above 0 and up to 100. \
             Hint: leave alpha out, or give a number such as 0.35, 0.5, 0.75, 1.3 or 1.4.",
        ),
        (
            ResNet50().input_shape([64, 64, 3]).input_tensor(Input([32, 32, 3])).model(),
            "input_tensor: input_tensor has another shape than input_shape; received (None, 32, 32, 3), \
             expected (None, 64, 64, 3). Hint: leave input_shape out.",
        ),
        (
            VGG16().input_tensor(Input([784])).model(),
            "input_shape: the network does not support images of this shape; received (None, 784), \
             expected (None, height, width, channels) of at least (32, 32, 1). \
             Hint: make the images larger, for example with `Resizing`.",
        ),
    ] {
        assert_eq!(message(model), expected);
    }
    assert!(message(VGG16().input_shape([64, 64, 0]).model()).contains("does not support images of this shape"));
    assert!(message(MobileNetV2().alpha(f64::NAN).model()).contains("alpha is out of range"));
    let two = [Input([32, 32, 3]), Input([32, 32, 3])];
    assert!(message(VGG16().input_tensor(two).model()).contains("received 2 tensors"));
}

#[test]
fn without_top_images_may_be_of_any_size() {
    let model = MobileNetV2().alpha(0.35).include_top(false).pooling(Pooling::Max).model().unwrap();
    let model = model.build(&Device::default()).unwrap();
    assert_eq!(model.name(), "mobilenetv2_0.35_None");
    assert_eq!(model.input_shape().to_string(), "(None, None, None, 3)");
    for size in [32, 48] {
        assert_eq!(model.predict(&Array4::<f32>::ones((1, size, size, 3)), 1).unwrap().shape(), [1, 1280]);
    }
}

#[test]
fn images_may_come_from_other_layers() {
    let bytes = Input([32, 32, 3]);
    let images = Rescaling(1.0 / 127.5).offset(-1.0).apply(&bytes).unwrap();
    let network = MobileNetV2().alpha(0.35).input_tensor(&images).classes(2).name("bytes");
    let network = network.classifier_activation(Activation::Linear).model().unwrap();
    let names: Vec<_> = network.layers().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names[..3], ["input_layer", "rescaling", "Conv1"]);
    let model = network.build(&Device::default()).unwrap();
    assert_eq!((model.name(), model.output_shape().to_string().as_str()), ("bytes", "(None, 2)"));
}

#[test]
fn images_are_prepared_in_three_ways() {
    let pixel = array![[[51_u8, 102, 255]]];
    assert_eq!(
        vgg16::preprocess_input(&pixel).unwrap(),
        array![[[255.0 - 103.939, 102.0 - 116.779, 51.0 - 123.68_f32]]]
    );
    let torch = imagenet_utils::preprocess_input(&pixel, Mode::Torch, DataFormat::ChannelsLast).unwrap();
    assert_eq!(torch, array![[[(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (1.0 - 0.406) / 0.225_f32]]]);
    let grey = Array3::<f32>::zeros((4, 4, 1));
    assert_eq!(mobilenet_v2::preprocess_input(&grey).unwrap()[[0, 0, 0]], -1.0);
    assert_eq!(
        resnet50::preprocess_input(&grey).unwrap_err().to_string(),
        "preprocess_input: the array is not a valid image or batch of images; received 1, expected 3 channels: red, green, blue. \
         Hint: reshape them to [batch, height, width, channels], or give the other data format."
    );
    assert!(mobilenet_v2::preprocess_input(&array![[1.0_f32]]).unwrap_err().is_data());
}
