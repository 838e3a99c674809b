//! Layers that cannot be: an error each, and soon.

use super::*;

/// Layers, each with the shape of its input and what the error says.
fn impossible_layers() -> Vec<(Value, Value, &'static str)> {
    let larger = "is larger than any layer can be";
    let memory = "larger than any memory";
    let weights = "the layers have more weights than the file";
    let kind = "an argument is of the wrong type";
    let at_most = 1_u64 << 31;
    let vector = || json!([null, 4]);
    let steps = || json!([null, 4, 3]);
    let image = || json!([null, 4, 4, 3]);
    let volume = || json!([null, 4, 4, 4, 3]);
    vec![
        (steps(), layer("UpSampling1D", json!({"size": 1_u64 << 40})), larger),
        (steps(), layer("UpSampling1D", json!({"size": at_most})), memory),
        (image(), layer("UpSampling2D", json!({"size": [at_most, at_most]})), memory),
        (volume(), layer("UpSampling3D", json!({"size": [at_most, at_most, at_most]})), memory),
        (image(), layer("ZeroPadding2D", json!({"padding": [[HUGE, HUGE], [HUGE, HUGE]]})), larger),
        (image(), layer("ZeroPadding2D", json!({"padding": at_most})), memory),
        (image(), layer("ZeroPadding2D", json!({"padding": -1})), kind),
        (image(), layer("Cropping2D", json!({"cropping": at_most})), "nothing is left of an axis"),
        (vector(), layer("RepeatVector", json!({"n": HUGE})), larger),
        (vector(), layer("RepeatVector", json!({"n": at_most})), memory),
        (vector(), layer("RepeatVector", json!({"n": -3})), kind),
        (vector(), layer("Dense", json!({"units": u64::MAX / 2})), larger),
        (vector(), layer("Dense", json!({"units": at_most})), memory),
        (vector(), layer("Dense", json!({"units": 1 << 24})), weights),
        (vector(), layer("Dense", json!({"units": 1e30})), kind),
        (vector(), layer("Dense", json!({"units": []})), kind),
        (vector(), layer("Dense", json!({"units": "4"})), kind),
        (image(), layer("Conv2D", json!({"filters": 1 << 20, "kernel_size": [4, 4]})), weights),
        (
            image(),
            layer("Conv2D", json!({"filters": at_most, "kernel_size": [at_most, at_most], "padding": "same"})),
            memory,
        ),
        (image(), layer("Conv2D", json!({"filters": 1, "kernel_size": [at_most, at_most], "padding": "same"})), memory),
        (
            image(),
            layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "dilation_rate": 0})),
            "dilation_rate can't be 0",
        ),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "strides": [0, 1]})), "strides can't be 0"),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "strides": []})), kind),
        (image(), layer("Conv2D", json!({"filters": 4, "kernel_size": 3, "groups": 0})), "groups"),
        (
            image(),
            layer("Conv2D", json!({"filters": 4, "kernel_size": 4, "dilation_rate": at_most})),
            "window is larger",
        ),
        (image(), layer("Conv2DTranspose", json!({"filters": 4, "kernel_size": 3, "strides": at_most})), memory),
        (image(), layer("DepthwiseConv2D", json!({"kernel_size": 3, "depth_multiplier": at_most})), memory),
        (image(), layer("MaxPooling2D", json!({"pool_size": [0, 0]})), "can't be 0"),
        (image(), layer("AdaptiveMaxPooling2D", json!({"output_size": [at_most, at_most]})), memory),
        (image(), layer("Resizing", json!({"height": 1 << 17, "width": 1 << 17, "interpolation": "bicubic"})), memory),
        (
            json!([null, 4096, 1, 1]),
            layer("Resizing", json!({"height": 1 << 22, "width": 1})),
            "compute more values in advance",
        ),
        (
            json!([null, 1, 1, 1]),
            layer("Resizing", json!({"height": 1 << 20, "width": 1, "pad_to_aspect_ratio": true})),
            "compute more values in advance",
        ),
        (json!([null, 8000]), layer("MelSpectrogram", json!({"fft_length": 1 << 30})), "fft_length is too large"),
        (
            json!([null, 80_000]),
            layer("MelSpectrogram", json!({"fft_length": 1 << 16})),
            "compute more values in advance",
        ),
        (
            json!([null, 8000]),
            layer("MelSpectrogram", json!({"num_mel_bins": 1 << 24})),
            "compute more values in advance",
        ),
        (json!([null, 80_000, 1]), layer("STFTSpectrogram", json!({"frame_length": 1 << 16})), weights),
        (
            json!([null, 1_u64 << 31]),
            layer("Normalization", json!({"axis": -1, "mean": 0.0, "variance": 1.0})),
            "compute more values in advance",
        ),
        (json!([null, 1_u64 << 31]), layer("BatchNormalization", json!({})), weights),
        (image(), layer("BatchNormalization", json!({"axis": 9})), "axis"),
        (image(), layer("LayerNormalization", json!({"axis": [-9]})), "axis"),
        (image(), layer("Softmax", json!({"axis": 17})), "axis"),
        (json!([null, 4]), layer("Embedding", json!({"input_dim": 1 << 24, "output_dim": at_most})), memory),
        (steps(), layer("LSTM", json!({"units": at_most})), memory),
        (steps(), layer("GRU", json!({"units": 1 << 20})), weights),
        (steps(), layer("Bidirectional", json!({"layer": layer("LSTM", json!({"units": at_most}))})), memory),
        (
            steps(),
            layer("RNN", json!({"cell": layer("Dense", json!({"units": 2}))})),
            "the layer is not a recurrent cell",
        ),
        (
            steps(),
            layer("RNN", json!({"cell": layer("StackedRNNCells", json!({"cells": []}))})),
            "not a recurrent cell",
        ),
        (
            vector(),
            layer("Reshape", json!({"target_shape": [at_most, at_most, at_most, 0]})),
            "do not fit the target shape",
        ),
        (vector(), layer("Reshape", json!({"target_shape": vec![1; 50]})), "axes"),
        (vector(), layer("Reshape", json!({"target_shape": [-1, -1]})), "do not fit the target shape"),
        (vector(), layer("Permute", json!({"dims": [0]})), "can't be brought into this order"),
        (vector(), layer("Permute", json!({"dims": []})), "can't be brought into this order"),
        (vector(), layer("CategoryEncoding", json!({"num_tokens": at_most, "output_mode": "one_hot"})), memory),
        (vector(), layer("Dropout", json!({"rate": 1e300})), "rate"),
        (vector(), layer("Dropout", json!({"rate": null})), kind),
        (
            vector(),
            layer(
                "Dense",
                json!({"units": 4, "activation": {"class_name": "function", "config": "system", "module": "os"}}),
            ),
            "activation",
        ),
        (json!([null, 1_u64 << 40]), layer("Flatten", json!({})), larger),
        (json!([1_u64 << 20, 1 << 20]), layer("Flatten", json!({})), memory),
        (json!([null, u64::MAX]), layer("Flatten", json!({})), larger),
        (json!([null, 0]), layer("Flatten", json!({})), "has no values"),
        (json!([null, -1]), layer("Flatten", json!({})), kind),
        (json!([]), layer("Permute", json!({"dims": [2, 1]})), "needs an axis for the samples"),
        (json!([3]), layer("RMSNormalization", json!({"axis": -1})), "weights along the batch axis"),
        (json!([1, 4, 3]), layer("LayerNormalization", json!({"axis": [-3, -1]})), "weights along the batch axis"),
        (json!([4, 3]), layer("EinsumDense", json!({"equation": "ab,ab->ab", "output_shape": [3]})), "equation"),
        (json!([]), layer("Dense", json!({"units": 4})), "needs an axis for the samples"),
    ]
}

#[test]
fn impossible_layers_are_errors() {
    if runs_alone("untrusted_models::layers::impossible_layers_are_errors") {
        return;
    }
    let mut wrong = Vec::new();
    for (shape, layer, problem) in impossible_layers() {
        let object = sequential(shape, [layer]);
        let error = refused(&object).to_string();
        if !error.contains(problem) {
            wrong.push(format!("{object}\n    {error}\n    {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    little_memory();
}
