//! Models that ask for more memory than they may: by an output, or by what a layer computes inside.

use std::fs;

use horn::layers::{DataFormat, Interpolation};
use horn::prelude::*;
use horn::{KerasTensor, Result};
use serde_json::{Value, json};

use crate::{ends_well, every_command, floats, graph, horn, keras_file, layer, names, node, npy, sequential};

/// What asks for much more memory than the file has: a layer, the shape and the dtype of its input, and the text that its
/// error has.
fn greedy() -> Vec<(&'static str, Value, Vec<usize>, &'static str)> {
    let many = 1_u64 << 31;
    let words = |config: Value| {
        let mut config = config;
        config["vocabulary"] = json!(["a", "b"]);
        layer("TextVectorization", config)
    };
    vec![
        ("length", words(json!({"output_sequence_length": many - 1})), vec![1], "string"),
        (
            "tokens",
            words(json!({"output_mode": "multi_hot", "max_tokens": many - 1, "pad_to_max_tokens": true})),
            vec![1],
            "string",
        ),
        ("repeat", layer("RepeatVector", json!({"n": 1 << 28})), vec![4], "float32"),
        (
            "steps",
            layer("TimeDistributed", json!({"layer": layer("RepeatVector", json!({"n": 1 << 28}))})),
            vec![2, 2],
            "float32",
        ),
        ("up", layer("UpSampling2D", json!({"size": [1 << 15, 1 << 14]})), vec![2, 2, 1], "float32"),
        (
            "smooth",
            layer("UpSampling2D", json!({"size": [1 << 14, 1 << 14], "interpolation": "bilinear"})),
            vec![2, 2, 1],
            "float32",
        ),
        ("padding", layer("ZeroPadding2D", json!({"padding": [1 << 14, 1 << 14]})), vec![2, 2, 1], "float32"),
        ("resizing", layer("Resizing", json!({"height": 1 << 15, "width": 1 << 15})), vec![2, 2, 1], "float32"),
        ("hashing", layer("Hashing", json!({"num_bins": 1 << 29, "output_mode": "one_hot"})), vec![4], "int32"),
        (
            "categories",
            layer("CategoryEncoding", json!({"num_tokens": many - 1, "output_mode": "multi_hot"})),
            vec![4],
            "int32",
        ),
        (
            "lookup",
            layer(
                "IntegerLookup",
                json!({"vocabulary": [1, 2], "output_mode": "multi_hot", "max_tokens": many - 1, "pad_to_max_tokens": true}),
            ),
            vec![4],
            "int32",
        ),
    ]
}

#[test]
fn a_layer_that_asks_for_too_much_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<u8> = "a b".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    for (name, mut object, shape, dtype) in greedy() {
        object["config"]["name"] = name.into();
        let model = folder.path().join(format!("{name}.keras"));
        fs::write(&model, keras_file(&sequential(&shape, dtype, [object]))).unwrap();
        let count: usize = shape.iter().product();
        let sizes: Vec<String> = shape.iter().map(|size| format!("{size},")).collect();
        let sizes = format!("(1, {})", sizes.join(" "));
        let x = folder.path().join("x.npy");
        fs::write(
            &x,
            if dtype == "string" {
                npy("<U3", false, &sizes, &texts)
            } else {
                npy("<f4", false, &sizes, &floats(&vec![1.0; count]))
            },
        )
        .unwrap();
        let (model, x) = (model.to_str().unwrap(), x.to_str().unwrap());
        let (code, error) = ends_well(&["predict", model, x]);
        assert_eq!(code, 1, "{name}");
        assert!(error.contains(&format!("layer {name:?}")) && error.contains("more memory than is allowed"), "{error}");
        every_command(folder.path(), model, x);
    }
}

#[test]
fn a_metric_that_asks_for_too_much_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    fs::write(&x, npy("<f4", false, "(1, 4)", &floats(&[1.0; 4]))).unwrap();
    let (model, x) = (model.to_str().unwrap(), x.to_str().unwrap());
    let auc = |count: u64| ("AUC", json!({"num_thresholds": count}), "num_thresholds");
    let labels = json!({"num_thresholds": 1 << 20, "multi_label": true});
    let precision =
        |count: u64| ("PrecisionAtRecall", json!({"recall": 0.5, "num_thresholds": count}), "num_thresholds");
    let cases = [
        ("MeanIoU", json!({"num_classes": 200_000}), "num_classes"),
        ("MeanIoU", json!({"num_classes": 1_u64 << 33}), "num_classes"),
        ("OneHotIoU", json!({"num_classes": u64::MAX, "target_class_ids": [0]}), "num_classes"),
        auc(1 << 30),
        auc(1 << 62),
        auc(u64::MAX),
        precision(1 << 29),
        precision(u64::MAX),
        ("SensitivityAtSpecificity", json!({"specificity": 0.5, "num_thresholds": 1_u64 << 40}), "num_thresholds"),
    ];
    let evaluate = |(class, mut config, _): (&str, Value, &str), more: &[&str]| {
        config["name"] = "greedy".into();
        let metric = json!({"module": "keras.metrics", "class_name": class, "config": config, "registered_name": null});
        let mut object = sequential(&[4], "float32", [layer("ReLU", json!({}))]);
        object["compile_config"] =
            json!({"optimizer": "sgd", "loss": "mse", "metrics": [metric], "weighted_metrics": null});
        fs::write(model, keras_file(&object)).unwrap();
        ends_well(&[&["evaluate", model, x, x], more].concat())
    };
    for case in cases {
        let (code, error) = evaluate(case.clone(), &[]);
        assert!(code == 1 && error.contains(case.2) && error.contains("the metric \"greedy\""), "{case:?}: {error}");
        assert!(error.contains("more memory than is allowed"), "{error}");
    }
    // The labels are known once there are outputs. A limit that is too small for the metric is large enough for the model.
    let (code, error) = evaluate(("AUC", labels.clone(), ""), &["--max-memory", "100M"]);
    assert!(code == 1 && error.contains("the metric \"greedy\""), "{error}");
    assert_eq!(evaluate(("AUC", labels, ""), &["--max-memory", "1G"]).0, 0);
    let (code, error) = evaluate(("MeanIoU", json!({"num_classes": 1000}), ""), &["--max-memory", "16M"]);
    assert!(code == 1 && error.contains("num_classes"), "{error}");
    assert_eq!(evaluate(("MeanIoU", json!({"num_classes": 1000}), ""), &["--max-memory", "64M"]).0, 0);
}

/// A graph whose layer `y` takes `x`, repeated so often, three times.
fn looking(class: &str, config: Value, steps: usize) -> Value {
    let repeated = node("RepeatVector", "steps", json!({"n": steps}), &[&names(&["x"])]);
    graph(vec![repeated, node(class, "y", config, &[&names(&["steps", "steps"])])], json!([["y", 0, 0]]))
}

#[test]
fn what_is_not_an_output_is_bounded_too() {
    let folder = tempfile::tempdir().unwrap();
    let x = folder.path().join("x.npy");
    fs::write(&x, npy("<f4", false, "(1, 4)", &floats(&[1.0; 4]))).unwrap();
    let x = x.to_str().unwrap();
    for (name, object) in [
        ("scores", looking("Attention", json!({}), 100_000)),
        ("causal", looking("Attention", json!({}), 60_000)),
        ("sums", looking("AdditiveAttention", json!({"use_scale": false}), 20_000)),
        ("products", looking("Dot", json!({"axes": [2, 2]}), 60_000)),
    ] {
        let model = folder.path().join(format!("{name}.keras"));
        fs::write(&model, keras_file(&object)).unwrap();
        let (code, error) = ends_well(&["predict", model.to_str().unwrap(), x]);
        assert!(
            code == 1 && error.contains("more memory than is allowed") && error.contains("\"y\""),
            "{name}: {error}"
        );
    }
}

/// What grows from one number to values of this shape: steps of one value, or an image of one channel.
fn steps(count: usize) -> Sequential {
    Sequential::new().add(Input([1])).add(RepeatVector(count))
}

fn image(height: usize, width: usize) -> Sequential {
    Sequential::new().add(Input([1, 1, 1])).add(UpSampling2D([height, width]))
}

fn film(count: usize, height: usize, width: usize) -> Sequential {
    Sequential::new().add(Input([1, 1, 1, 1])).add(UpSampling3D([count, height, width]))
}

/// A function `y` of an image with one pixel in height, and the same image turned.
fn of_row(function: impl FnOnce(&KerasTensor, &KerasTensor) -> Result<KerasTensor>) -> Model {
    const LONG: usize = 1 << 16;
    let input = Input([1]);
    let long = RepeatVector(LONG).apply(&input).unwrap();
    let row = Reshape([1, LONG as isize, 1]).apply(&long).unwrap();
    let column = Reshape([LONG as isize, 1, 1]).apply(&long).unwrap();
    let output = function(&row, &column).unwrap();
    Model::new(&input, &output).unwrap().build(&horn::default_device().unwrap()).unwrap()
}

/// A model whose layer `y` needs far more inside than goes in and comes out.
fn inner() -> Vec<(&'static str, Model)> {
    let build = |layers: Sequential| layers.build(&horn::default_device().unwrap()).unwrap();
    let look = |attention: &dyn Fn(&KerasTensor) -> Result<KerasTensor>| {
        let input = Input([1]);
        let long = RepeatVector(1 << 18).apply(&input).unwrap();
        Model::new(&input, attention(&long).unwrap()).unwrap().build(&horn::default_device().unwrap()).unwrap()
    };
    let of_steps = |function: &dyn Fn(&KerasTensor) -> Result<KerasTensor>| {
        let input = Input([1]);
        let long = RepeatVector(1 << 25).apply(&input).unwrap();
        Model::new(&input, function(&long).unwrap()).unwrap().build(&horn::default_device().unwrap()).unwrap()
    };
    let edges: Vec<f64> = (0..4096).map(f64::from).collect();
    let many = 1 << 22;
    vec![
        ("separable", build(image(1024, 1024).add(SeparableConv2D(1, 1).depth_multiplier(1024).name("y")))),
        (
            "separable, channels first",
            build(
                Sequential::new()
                    .add(Input([1]))
                    .add(RepeatVector(1 << 20))
                    .add(Permute([2, 1]))
                    .add(SeparableConv1D(1, 1).depth_multiplier(1024).data_format(DataFormat::ChannelsFirst).name("y")),
            ),
        ),
        ("film", build(film(64, 128, 128).add(ConvLSTM2D(128, 1).name("y")))),
        ("gates", build(steps(1 << 20).add(LSTM(256).name("y")))),
        ("both ways", build(steps(1 << 20).add(Bidirectional(GRU(256)).name("y")))),
        ("loop", build(steps(many).add(SimpleRNN(1).activation(Activation::Softplus).name("y")))),
        ("step by step", build(steps(many).add(TimeDistributed(UnitNormalization().axis(0)).name("y")))),
        (
            "inner layer",
            build(film(8, 512, 512).add(TimeDistributed(SeparableConv2D(1, 1).depth_multiplier(1024)).name("y"))),
        ),
        ("heads", look(&|x| MultiHeadAttention(8, 512).name("y").apply((x, x)))),
        ("groups", look(&|x| GroupQueryAttention(512, 8, 2).name("y").apply((x, x)))),
        (
            "mel",
            build(steps(1 << 20).add(Flatten()).add(MelSpectrogram().num_mel_bins(1).sequence_stride(1).name("y"))),
        ),
        ("edges", build(steps(1 << 20).add(Discretization().bin_boundaries(edges).name("y")))),
        ("resizing", build(image(1, 1 << 16).add(Resizing(1 << 14, 1).name("y")))),
        ("up", build(image(1, 1 << 16).add(UpSampling2D([1, 2]).interpolation(Interpolation::Bilinear).name("y")))),
        ("adaptive", build(image(1, 1 << 16).add(AdaptiveAveragePooling2D([1 << 16, 1]).name("y")))),
        ("adaptive, largest", build(image(1, 1 << 16).add(AdaptiveMaxPooling2D([1 << 16, 1]).name("y")))),
        ("resize", of_row(|row, _| ops::resize(row, [1 << 14, 1], Interpolation::Bilinear))),
        ("resize, a matrix", of_row(|row, _| ops::resize(row, [1, 1 << 14], Interpolation::Nearest))),
        ("along", of_row(|row, column| ops::take_along_axis(row, column, 2))),
        ("crop", build(image(1 << 16, 1).add(CenterCrop((1 << 16) + 1, 1).name("y")))),
        (
            "tiles",
            build(image(1, 1).add(ContrastLimitedAdaptiveHistogramEqualization().tile_grid_size([1024; 2]).name("y"))),
        ),
        ("pixels", build(image(1 << 13, 7000).add(Conv2D(1, 2).name("y")))),
        ("channels", build(image(1 << 13, 7000).add(DepthwiseConv2D(2).name("y")))),
        ("wide", build(steps(1 << 24).add(MaxPooling1D(1 << 20).strides(1).name("y")))),
        ("formula", of_steps(&|steps| ops::median(steps, 1, false))),
        ("einsum", of_row(|row, column| ops::einsum("abcd,abcd->a", (row, column)))),
    ]
}

#[test]
fn what_a_layer_computes_inside_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    for (name, model) in inner() {
        let path = folder.path().join("model.keras");
        model.save(&path).unwrap();
        let sizes: Vec<String> =
            model.input_shape().sample().iter().map(|size| format!("{},", size.unwrap())).collect();
        let x = folder.path().join("x.npy");
        fs::write(&x, npy("<f4", false, &format!("(1, {})", sizes.concat()), &floats(&[1.0]))).unwrap();
        let (code, error) = ends_well(&["predict", path.to_str().unwrap(), x.to_str().unwrap()]);
        assert!(
            code == 1 && error.contains("what the layer computes inside would take more memory"),
            "{name}: {error}"
        );
        // A wrapper lets its inner layer say it, and functions have Keras's names.
        let places = ["y", "forward_gru", "separable_conv2d", "resize", "take_along_axis", "einsum", "median"];
        assert!(places.iter().any(|place| error.contains(&format!("{place:?} ("))), "{name}: {error}");
    }
}

/// A graph of a function of the values of the input, in one row.
fn of_values(class: &str, module: &str, config: Value, takes: usize) -> Value {
    let mut values = node("Ravel", "values", json!({}), &[&names(&["x"])]);
    values["module"] = "keras.src.ops.numpy".into();
    let mut function = node(class, "y", config, &[]);
    function["module"] = module.into();
    let tensor = json!({"class_name": "__keras_tensor__", "config": {"keras_history": ["values", 0, 0]}});
    function["inbound_nodes"] = json!([{"args": vec![tensor; takes], "kwargs": {}}]);
    graph(vec![values, function], json!([["y", 0, 0]]))
}

#[test]
fn sizes_that_come_from_values_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let (model, x) = (model.to_str().unwrap(), x.to_str().unwrap());
    let segments = json!({"num_segments": null, "sorted": false});
    let counted = json!({"minlength": 0, "weights": null, "sparse": false});
    for (object, highest) in [
        (of_values("SegmentSum", "keras.src.ops.math", segments, 2), 1e9),
        (of_values("Bincount", "keras.src.ops.numpy", counted, 1), 6e7),
    ] {
        fs::write(model, keras_file(&object)).unwrap();
        for (value, is_good) in [(highest, false), (100.0, true)] {
            fs::write(x, npy("<f4", false, "(1, 4)", &floats(&[value; 4]))).unwrap();
            let (code, error) = ends_well(&["predict", model, x]);
            assert_eq!(code == 0, is_good, "{error}");
            assert!(is_good || error.contains("\"y\"") && error.contains("would take more memory"), "{error}");
        }
    }
}

#[test]
fn windows_that_overlap_much_take_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let (path, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let build = |layers: Sequential| layers.build(&horn::default_device().unwrap()).unwrap();
    let over_image =
        |pooling: &dyn Fn(Sequential) -> Sequential| build(pooling(image(2000, 2000)).add(GlobalMaxPooling2D()));
    for model in [
        over_image(&|image| image.add(MaxPooling2D(1000).strides(1).padding(Padding::Same))),
        over_image(&|image| image.add(AveragePooling2D(1000).strides(1).padding(Padding::Same))),
        build(steps(1_000_000).add(MaxPooling1D(300_000).strides(1).padding(Padding::Same))),
        build(steps(1000).add(AveragePooling1D(1 << 30).strides(1).padding(Padding::Same))),
    ] {
        model.save(&path).unwrap();
        let sizes = "1, ".repeat(model.input_shape().sizes().len());
        fs::write(&x, npy("<f4", false, &format!("({sizes})"), &floats(&[3.5]))).unwrap();
        assert_eq!(ends_well(&["predict", path.to_str().unwrap(), x.to_str().unwrap()]).0, 0);
    }
    // The kernel is as large as the image, which no file has to hold.
    let input = Input([1]);
    let kernel = ops::broadcast_to(&input, [1024, 1024, 1, 1]).unwrap();
    let image = Reshape([1024, 1024, 1]).apply(RepeatVector(1 << 20).apply(&input).unwrap()).unwrap();
    let convolved = ops::conv(&image, &kernel, 1, Padding::Same).unwrap();
    let model = Model::new(&input, convolved).unwrap().build(&horn::default_device().unwrap()).unwrap();
    model.save(&path).unwrap();
    fs::write(&x, npy("<f4", false, "(1, 1)", &floats(&[1.0]))).unwrap();
    let (code, error) = ends_well(&["predict", path.to_str().unwrap(), x.to_str().unwrap()]);
    assert!(code == 1 && error.contains("the convolution would take too long"), "{error}");
}

/// The matrices are one number that is repeated. There is memory for them and for their product.
#[test]
fn products_of_large_matrices_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (path, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    fs::write(&x, npy("<f4", false, "(1, 1)", &floats(&[1.0]))).unwrap();
    let predict = |product: &dyn Fn(&KerasTensor) -> Result<KerasTensor>| {
        let input = Input([1]);
        let matrices = ops::broadcast_to(&input, [1, 3584, 3584]).unwrap();
        let found = ops::mean(product(&matrices).unwrap(), [1, 2], true).unwrap();
        Model::new(&input, found).unwrap().build(&horn::default_device().unwrap()).unwrap().save(&path).unwrap();
        let predict = ["predict", path.to_str().unwrap(), x.to_str().unwrap()];
        let [much, little] = [&[][..], &["--max-memory", "600M"]].map(|more| ends_well(&[&predict[..], more].concat()));
        assert_eq!(much.0, 0, "{much:?}");
        assert!(little.0 == 1 && little.1.contains("would take too long; received 46036680704 mult"), "{little:?}");
    };
    predict(&|x| ops::matmul(x, x));
    predict(&|x| ops::einsum("bij,bjk->bik", [x, x]));
    predict(&|x| Dot((2, 1)).apply((x, x)));
}

/// The work grows with the square of the steps, which take no place in the file, and the scores are never all held.
#[test]
fn attention_over_repeated_steps_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (path, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    fs::write(&x, npy("<f4", false, "(1, 1)", &floats(&[1.0]))).unwrap();
    let predict = |count, attention: &dyn Fn(&KerasTensor) -> Result<KerasTensor>| {
        let input = Input([1]);
        let found = attention(&RepeatVector(count).apply(&input).unwrap()).unwrap();
        let found = ops::mean(found, [1, 2], true).unwrap();
        Model::new(&input, found).unwrap().build(&horn::default_device().unwrap()).unwrap().save(&path).unwrap();
        ends_well(&["predict", path.to_str().unwrap(), x.to_str().unwrap()])
    };
    let of_heads = |x: &KerasTensor| MultiHeadAttention(1, 1).apply((x, x));
    let of_groups = |x: &KerasTensor| GroupQueryAttention(1, 2, 1).apply((x, x));
    for attention in [&of_heads as &dyn Fn(&KerasTensor) -> Result<KerasTensor>, &of_groups] {
        let few = predict(10_000, attention);
        assert_eq!(few.0, 0, "{few:?}");
        let many = predict(400_000, attention);
        assert!(many.0 == 1 && many.1.contains("the attention would take too long; received"), "{many:?}");
    }
}

#[test]
fn json_is_written_as_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let layers =
        [layer("RepeatVector", json!({"n": 400_000})), layer("Reshape", json!({"target_shape": [400_000, 1, 1, 1]}))];
    fs::write(&model, keras_file(&sequential(&[1], "float32", layers))).unwrap();
    fs::write(&x, npy("<f4", false, "(1, 1)", &floats(&[0.1]))).unwrap();
    let output = horn(&["predict", model.to_str().unwrap(), x.to_str().unwrap(), "--json"]);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("0.1\n").count(), 400_000);
    assert!(text.ends_with("]\n}\n"), "{:?}", &text[text.len() - 20..]);
}

#[test]
fn memory_that_the_system_lacks_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    fs::write(&x, npy("<f4", false, "(1, 4)", &floats(&[1.0; 4]))).unwrap();
    // More than the process may have is an error before the layer computes, which names it, whatever is allowed.
    for (n, expected) in [
        (
            1 << 28,
            "error: layer \"repeat_vector\" (RepeatVector): the layer's output would take more memory than is allowed",
        ),
        (100_000_000, "error: the system has no memory left for 1600000000 bytes"),
    ] {
        let repeat = layer("RepeatVector", json!({"n": n, "name": "repeat_vector"}));
        fs::write(&model, keras_file(&sequential(&[4], "float32", [repeat]))).unwrap();
        let (code, error) = ends_well(&["predict", model.to_str().unwrap(), x.to_str().unwrap(), "--max-memory", "1T"]);
        assert!(code == 1 && error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_outputs_of_all_samples_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let repeat = layer("RepeatVector", json!({"n": 4096}));
    fs::write(&model, keras_file(&sequential(&[1], "float32", [repeat]))).unwrap();
    // One byte in the file becomes 16 KiB. Some samples are computed at a time, or all in one call.
    for (samples, limit) in [(400_000, "64M"), (200, "4M")] {
        fs::write(&x, npy("|u1", false, &format!("({samples}, 1)"), &vec![0; samples])).unwrap();
        let (code, error) =
            ends_well(&["predict", model.to_str().unwrap(), x.to_str().unwrap(), "--max-memory", limit]);
        assert!(code == 1 && error.contains("the outputs of all samples would take more memory"), "{error}");
    }
}

#[test]
fn a_long_chain_of_layers_takes_no_more_memory_than_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let chain = (0..64).map(|at| layer("ReLU", json!({"name": format!("relu_{at}")})));
    let layers: Vec<Value> = std::iter::once(layer("RepeatVector", json!({"n": 1 << 18}))).chain(chain).collect();
    fs::write(&model, keras_file(&sequential(&[1], "float32", layers))).unwrap();
    fs::write(&x, npy("<f4", false, "(1, 1)", &floats(&[1.0]))).unwrap();
    let predict = ["predict", model.to_str().unwrap(), x.to_str().unwrap()];
    // A megabyte goes from layer to layer.
    assert_eq!(ends_well(&[&predict[..], &["--max-memory", "8M"]].concat()).0, 0);
    assert_eq!(ends_well(&[&predict[..], &["--max-memory", "2M"]].concat()).0, 1);
}

#[test]
fn n_grams_are_those_that_a_text_has() {
    let folder = tempfile::tempdir().unwrap();
    let (model, x) = (folder.path().join("m.keras"), folder.path().join("x.npy"));
    let words = layer("TextVectorization", json!({"ngrams": (1_u64 << 31) - 1, "vocabulary": ["a", "a b"]}));
    fs::write(&model, keras_file(&sequential(&[1], "string", [words]))).unwrap();
    let texts: Vec<u8> = "a b".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    fs::write(&x, npy("<U3", false, "(1, 1)", &texts)).unwrap();
    let output = horn(&["predict", model.to_str().unwrap(), x.to_str().unwrap(), "--json"]);
    // "a", "b" and "a b"; 1 is the index of what is not in the vocabulary.
    let predicted: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(predicted.as_object().unwrap().values().next().unwrap(), &json!([[2.0, 1.0, 3.0]]));
}
