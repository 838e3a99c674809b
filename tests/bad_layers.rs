//! Impossible layers are errors when the model is built. The errors name the layer and the shapes.

use horn::burn::tensor::Device;
use horn::prelude::*;
use horn::{Functional, Result, Sequential};
use serde_json::json;

/// The error message of a layer on images of 8 by 8 pixels with 3 channels.
fn on_images(layer: impl Layer) -> String {
    message(Sequential::new().add(Input([8, 8, 3])).add(layer).build(&Device::default()).map(drop))
}

#[track_caller]
fn message(result: Result<()>) -> String {
    result.expect_err("it can't be").to_string()
}

#[test]
fn convolutions_and_poolings() {
    let mut wrong = Vec::new();
    for (message, parts) in [
        (on_images(Conv2D(4, 0)), vec!["layer \"conv2d\" (Conv2D)", "window", "0"]),
        (on_images(Conv2D(4, 9)), vec!["layer \"conv2d\" (Conv2D)", "(8, 8)", "(9, 9)"]),
        (on_images(Conv2D(4, 3).strides(0)), vec!["layer \"conv2d\" (Conv2D)", "strides", "0"]),
        (on_images(Conv2D(4, 3).dilation_rate(0)), vec!["layer \"conv2d\" (Conv2D)", "dilation_rate", "0"]),
        (
            on_images(Conv2D(4, 3).strides(2).dilation_rate(2)),
            vec!["layer \"conv2d\" (Conv2D)", "strides", "dilation_rate"],
        ),
        (on_images(Conv2D(4, 3).padding(Padding::Causal)), vec!["layer \"conv2d\" (Conv2D)", "ausal"]),
        (on_images(Conv2D(4, 3).groups(2)), vec!["layer \"conv2d\" (Conv2D)", "groups", "3"]),
        (on_images(Conv2D(0, 3)), vec!["layer \"conv2d\" (Conv2D)", "filters", "0"]),
        (on_images(Conv1D(4, 3)), vec!["layer \"conv1d\" (Conv1D)", "(None, 8, 8, 3)"]),
        (on_images(MaxPooling2D(0)), vec!["layer \"max_pooling2d\" (MaxPooling2D)", "window", "0"]),
        (
            on_images(AveragePooling2D(2).strides(0)),
            vec!["layer \"average_pooling2d\" (AveragePooling2D)", "strides", "0"],
        ),
        (on_images(ZeroPadding1D(1)), vec!["layer \"zero_padding1d\" (ZeroPadding1D)", "(None, 8, 8, 3)"]),
        (on_images(Cropping2D(4)), vec!["layer \"cropping2d\" (Cropping2D)", "4 and 4", "8"]),
        (on_images(LSTM(4)), vec!["layer \"lstm\" (LSTM)", "(None, 8, 8, 3)"]),
        (on_images(LSTM(0)), vec!["layer \"lstm\" (LSTM)", "units", "0"]),
        (
            on_images(GroupNormalization().groups(2)),
            vec!["layer \"group_normalization\" (GroupNormalization)", "groups"],
        ),
        (
            on_images(BatchNormalization().axis(7)),
            vec!["layer \"batch_normalization\" (BatchNormalization)", "axis", "7"],
        ),
        (on_images(Permute([1, 2])), vec!["layer \"permute\" (Permute)", "(None, 8, 8, 3)"]),
        (on_images(Embedding(0, 4)), vec!["layer \"embedding\" (Embedding)", "input_dim"]),
        (on_images(MixUp().alpha(0.0)), vec!["layer \"mix_up\" (MixUp)", "alpha = 0"]),
        (on_images(CutMix().factor(1.5)), vec!["layer \"cut_mix\" (CutMix)", "factor = [0.0, 1.5]"]),
        (on_images(RandomShear().x_factor(2.0)), vec!["layer \"random_shear\" (RandomShear)", "x_factor"]),
        (on_images(STFTSpectrogram()), vec!["layer \"stft_spectrogram\" (STFTSpectrogram)", "(None, 8, 8, 3)"]),
        (on_images(MelSpectrogram()), vec!["layer \"mel_spectrogram\" (MelSpectrogram)", "(None, 8, 8, 3)"]),
    ] {
        let missing = parts.iter().chain(&["Hint: "]).filter(|part| !message.contains(**part));
        wrong.extend(missing.map(|part| format!("{part:?} is not in: {message}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn spectrograms_that_do_not_fit_their_frames() {
    let stft = |layer: STFTSpectrogram| message(layer.apply(Input([100, 1])).map(drop));
    for (message, parts) in [
        (stft(STFTSpectrogram()), ["(256,)", "(100,)"]),
        (stft(STFTSpectrogram().frame_length(8).frame_step(9)), ["frame_step = 9", "1 to 8"]),
        (stft(STFTSpectrogram().frame_length(8).fft_length(4)), ["fft_length = 4", "at least 8"]),
        (stft(STFTSpectrogram().frame_length(0)), ["size of the window", "0"]),
        (
            message(MelSpectrogram().sequence_length(4096).apply(Input([9000])).map(drop)),
            ["sequence_length = 4096", "1 to 2048"],
        ),
        (message(MelSpectrogram().sequence_stride(0).apply(Input([9000])).map(drop)), ["strides", "0"]),
    ] {
        assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} are not in: {message}");
    }
}

#[test]
fn labels_that_can_not_be_mixed() {
    let images = Input([8, 8, 3]);
    let classes = message(MixUp().apply_all((&images, &Input([4, 2]))).map(drop));
    assert!(classes.contains("(None, 4, 2)") && classes.contains("(batch, classes)"), "{classes}");
    let three = message(CutMix().apply_all((&images, &Input([4]), &Input([4]))).map(drop));
    assert!(three.contains("(None, 8, 8, 3), (None, 4), (None, 4)"), "{three}");
}

#[test]
fn an_id_outside_an_embedding() {
    let model = Sequential::new().add(Input([2])).add(Embedding(10, 4)).build(&Device::default()).unwrap();
    for (id, said) in [(10.0_f32, "10"), (-1.0, "-1")] {
        let error = model.predict(&ndarray::arr2(&[[3.0, id]]), 32).unwrap_err().to_string();
        assert!(error.starts_with("layer \"embedding\" (Embedding): "), "{error}");
        assert!(error.contains(&format!("received the id {said},")), "{error}");
    }
    assert_eq!(model.predict(&ndarray::arr2(&[[3.0_f32, 9.0]]), 32).unwrap().shape(), [1, 2, 4]);
}

#[test]
fn merges_of_shapes_that_differ() {
    let (a, b) = (Input([4, 3]).name("a"), Input([5, 3]).name("b"));
    for merge in [
        message(Add().apply((&a, &b)).map(drop)),
        message(Multiply().apply((&a, &b)).map(drop)),
        message(Concatenate().apply((&a, &b)).map(drop)),
        message(Dot(1).apply((&a, &b)).map(drop)),
    ] {
        assert!(merge.contains("(None, 4, 3)") && merge.contains("(None, 5, 3)"), "{merge}");
    }
    assert!(message(Subtract().apply((&a, &a, &a)).map(drop)).contains("3 inputs"));
}

/// A program can't write a cycle, but a file can.
#[test]
fn a_cycle_in_a_file() {
    let tensor = |layer: &str| json!({"class_name": "__keras_tensor__", "config": {"keras_history": [layer, 0, 0]}});
    let node = |from: &str| json!([{"args": [tensor(from)], "kwargs": {}}]);
    let layer = |name: &str, from: &str| json!({"class_name": "Dense", "config": {"name": name, "units": 3}, "name": name, "inbound_nodes": node(from)});
    let input = json!({
        "class_name": "InputLayer",
        "config": {"batch_shape": [null, 3], "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    });
    let config = |layers: Vec<serde_json::Value>| json!({"name": "ring", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["b", 0, 0]]});
    let whole = config(vec![input.clone(), layer("a", "x"), layer("b", "a")]);
    assert!(Functional::from_config(&whole).is_ok());
    let ring = config(vec![input, layer("a", "b"), layer("b", "a")]);
    let error = message(Functional::from_config(&ring).map(drop));
    assert!(error.contains("model \"ring\"") && error.contains("cycle") && error.contains("a, b"), "{error}");
}
