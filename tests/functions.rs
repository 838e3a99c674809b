//! Functions on tensors that no fixture has, and calls that can't be: their errors say what was received and expected.

use horn::burn::tensor::{Device, Tensor, TensorData};
use horn::ops;
use horn::prelude::*;
use horn::{AnyTensor, CallContext, Error, Functional, KerasTensor, Result, Signal};
use ndarray::{Array2, Array4, array};
use serde_json::{Value, json};

use crate::fixtures::values;

/// What the functions compute from vectors, each value of which is a sample.
fn computed(vectors: &[&[f32]], function: impl Fn(&[KerasTensor]) -> Result<Vec<KerasTensor>>) -> Vec<Vec<f32>> {
    let device = Device::default();
    let inputs: Vec<KerasTensor> = vectors.iter().map(|_| Input(()).tensor()).collect();
    let model = Model::new(&inputs[..], function(&inputs).unwrap()).unwrap().build(&device).unwrap();
    let signal = |values: &&[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Signal::new(AnyTensor::from(Tensor::<1>::from_data(data, &device)))
    };
    let outputs = model.call(vectors.iter().map(signal).collect(), &mut CallContext::new(Mode::Inference)).unwrap();
    outputs.into_iter().map(|output| values(output.value().unwrap())).collect()
}

#[test]
fn a_histogram_counts_the_last_edge() {
    let found = computed(&[&[0.5, 1.5, 1.5, 2.0, -1.0]], |x| Ok(ops::histogram(&x[0], 4)?.to_vec()));
    assert_eq!(found, [vec![1.0, 0.0, 1.0, 3.0], vec![-1.0, -0.25, 0.5, 1.25, 2.0]]);
    // Equal values have bins around them.
    let found = computed(&[&[2.0, 2.0]], |x| Ok(ops::histogram(&x[0], 2)?.to_vec()));
    assert_eq!(found, [vec![0.0, 2.0], vec![1.5, 2.0, 2.5]]);
}

/// `np.average([1, 2, 4], weights=[3, 0, 1])`; a weight of 0 leaves its value out.
#[test]
fn each_value_counts_by_its_weight() {
    let (x, weights) = (Input([3]), Input([3]));
    let outputs = [ops::average(&x, &weights, 1).unwrap(), ops::average(&x, array![1.0_f32, 1.0, 0.0], 1).unwrap()];
    let model = Model::new((&x, &weights), outputs).unwrap().build(&Device::default()).unwrap();
    let found = model.predict_all((&array![[1.0_f32, 2.0, 4.0]], &array![[3.0_f32, 0.0, 1.0]]), 1).unwrap();
    assert_eq!(found.into_iter().map(|output| output[[0]]).collect::<Vec<_>>(), [1.75, 1.5]);
}

/// `np.average([[1, 2], [3, 5]], axis, weights)`: weights of fewer axes count along those of the mean, in their order.
#[test]
fn weights_count_along_the_axes_of_the_mean() {
    let x = Input([2, 2]);
    let vector = |axis: i64| ops::average(&x, array![3.0_f32, 1.0], axis).unwrap();
    let matrix = |axes: [i64; 2]| ops::average(&x, array![[1.0_f32, 2.0], [3.0, 4.0]], axes).unwrap();
    let outputs = [vector(1), vector(2), vector(-1), matrix([1, 2]), matrix([2, 1]), matrix([-1, 1])];
    let model = Model::new(&x, outputs).unwrap().build(&Device::default()).unwrap();
    let found = model.predict_all(&array![[[1.0_f32, 2.0], [3.0, 5.0]]], 1).unwrap();
    let found: Vec<_> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
    let expected = [&[1.5, 2.75][..], &[1.25, 3.5], &[1.25, 3.5], &[3.4], &[3.3], &[3.3]];
    assert_eq!(found, expected);
}

/// The model with another value of a parameter of a function, as a file may have it.
fn with_parameter(model: &Functional, class: &str, name: &str, value: Value) -> Result<Model> {
    let mut object = model.build(&Device::default())?.serialize()?;
    let layers = object["config"]["layers"].as_array_mut().unwrap();
    layers.iter_mut().find(|layer| layer["class_name"] == class).unwrap()["config"][name] = value;
    Model::deserialize(&object, &Device::default())
}

/// `np.searchsorted([1, 2, 2, 3], [2, 0, 3, 4])`, and with `side="right"`.
#[test]
fn values_belong_before_those_that_are_equal_or_after_them() {
    let (x, sorted) = (Input([4]), array![1.0_f32, 2.0, 2.0, 3.0]);
    let model = Model::new(&x, ops::searchsorted(sorted, &x).unwrap()).unwrap();
    let found = |model: Model| model.predict(&array![[2.0_f32, 0.0, 3.0, 4.0]], 1).unwrap().into_raw_vec_and_offset().0;
    assert_eq!(found(model.build(&Device::default()).unwrap()), [1.0, 0.0, 3.0, 4.0]);
    let side = |side: &str| with_parameter(&model, "SearchSorted", "side", side.into());
    assert_eq!(found(side("left").unwrap()), [1.0, 0.0, 3.0, 4.0]);
    assert_eq!(found(side("right").unwrap()), [3.0, 0.0, 4.0, 4.0]);
    let error = side("both").unwrap_err().to_string();
    assert!(error.contains("received \"both\", expected left or right"), "{error}");
}

/// `np.histogram([0, 1, 1.5, 3, 4], 2, range=(1, 3))`; a range in descending order is an error in Keras, too.
#[test]
fn a_histogram_of_a_range_leaves_out_what_is_outside() {
    let x = Input(());
    let model = Model::new(&x, ops::histogram(&x, 2).unwrap()).unwrap();
    let range = |low: f64, high: f64| with_parameter(&model, "Histogram", "range", [low, high].into());
    let found = range(1.0, 3.0).unwrap().predict_all(&array![0.0_f32, 1.0, 1.5, 3.0, 4.0], 5).unwrap();
    let found: Vec<_> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
    assert_eq!(found, [vec![2.0, 1.0], vec![1.0, 2.0, 3.0]]);
    let error = range(3.0, 1.0).unwrap_err().to_string();
    assert!(error.contains("received [3.0,1.0], expected two numbers in ascending order"), "{error}");
    assert!(range(3.0, 3.0).is_ok());
}

#[test]
fn places_below_zero_are_counted_from_the_end() {
    let found = computed(&[&[1.0, 2.0, 3.0], &[-1.0, 0.0, -3.0]], |x| Ok(vec![ops::take(&x[0], &x[1], 0)?]));
    assert_eq!(found[0], [3.0, 1.0, 1.0]);
}

#[test]
fn the_median_of_no_number_is_none() {
    let found = computed(&[&[f32::NAN, f32::NAN]], |x| Ok(vec![ops::nanmedian(&x[0], 0, true)?]));
    assert!(found[0][0].is_nan(), "{found:?}");
}

#[test]
fn the_next_number_is_one_bit_away() {
    let found =
        computed(&[&[1.0, 1.0, 0.0, 2.0]], |x| Ok(vec![ops::nextafter(&x[0], array![2.0_f32, 0.0, 1.0, 2.0])?]));
    assert_eq!(found[0], [1.0 + f32::EPSILON, 1.0 - f32::EPSILON / 2.0, f32::from_bits(1), 2.0]);
}

#[test]
fn products_of_segments_leave_out_ids_beyond_the_last() {
    let segments = |x: &[KerasTensor]| Ok(vec![ops::segment_prod(&x[0], &x[1], 3)?]);
    let found = computed(&[&[2.0, 3.0, 5.0, 7.0, 11.0], &[0.0, 2.0, 0.0, 3.0, -1.0]], segments);
    assert_eq!(found[0], [10.0, 1.0, 3.0]);
}

/// Each value of the input puts the whole kernel, times itself, two steps after the one before.
#[test]
fn a_transposed_convolution_spreads_each_value() {
    let x = Input([2, 1]);
    let kernel = array![[[1.0_f32]], [[10.0]], [[100.0]]];
    let y = ops::conv_transpose(&x, &kernel, 2, Padding::Valid).unwrap();
    let model = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap();
    let found = model.predict(&array![[[3.0_f32], [7.0]]], 1).unwrap();
    assert_eq!(found.into_raw_vec_and_offset().0, [3.0, 30.0, 307.0, 70.0, 700.0]);
}

/// A name, the call with an image of 6 by 5 pixels with 3 channels and two matrices of 4 by 3, a check of the error's kind,
/// and parts of its message.
type Case = (
    &'static str,
    fn(&KerasTensor, &KerasTensor, &KerasTensor) -> Result<()>,
    fn(&Error) -> bool,
    &'static [&'static str],
);

const CASES: &[Case] = &[
    ("not square", |_, a, _| ops::inv(a).map(drop), Error::is_shape, &["Inv", "not square", "(None, 4, 3)"]),
    (
        "too large",
        |_, _, _| ops::inv(Input([2049, 2049])).map(drop),
        Error::is_shape,
        &["Inv", "too large", "received 2049 rows and 2049 columns, expected at most 2048 of each"],
    ),
    ("not square", |_, a, _| ops::det(a).map(drop), Error::is_shape, &["Det", "not square"]),
    (
        "a right side that does not fit",
        |_, a, b| ops::lstsq(a, ops::transpose(b, [0, 2, 1])?).map(drop),
        Error::is_shape,
        &["Lstsq", "(None, 3, 4) for (None, 4, 3)"],
    ),
    ("no such axis", |_, a, _| ops::diff(a, 1, 3).map(drop), Error::is_argument, &["Diff", "axis 3 of 3 axes"]),
    ("no such axis", |_, a, _| ops::rot90(a, 1, [1, -4]).map(drop), Error::is_argument, &["Rot90", "axis -4"]),
    (
        "a kernel for other channels",
        |x, _, _| ops::conv(x, Array4::<f32>::ones((3, 3, 5, 4)), 1, Padding::Same).map(drop),
        Error::is_shape,
        &["Conv", "5 channels", "input of 3"],
    ),
    (
        "a window that is too large",
        |x, _, _| ops::max_pool(x, 7, None, Padding::Valid).map(drop),
        Error::is_shape,
        &["MaxPool", "(7, 7) for an input of (6, 5)"],
    ),
    (
        "a stride of 0",
        |x, _, _| ops::max_pool(x, 2, 0, Padding::Valid).map(drop),
        Error::is_argument,
        &["strides", "0"],
    ),
    (
        "blocks that do not divide",
        |x, _, _| ops::space_to_depth(x, 4).map(drop),
        Error::is_shape,
        &["SpaceToDepth", "block_size = 4"],
    ),
    (
        "no share",
        |_, a, _| ops::quantile(a, 1.5, 1).map(drop),
        Error::is_argument,
        &["Quantile", "outside of its range; received 1.5, expected 0 to 1"],
    ),
    (
        "vectors of 4",
        |_, a, b| {
            let turned = |x: &KerasTensor| ops::transpose(x, [0, 2, 1]);
            ops::cross(turned(a)?, turned(b)?).map(drop)
        },
        Error::is_shape,
        &["Cross", "2 or 3"],
    ),
    (
        "parts of different shapes",
        |x, a, _| ops::fft((x, a)).map(drop),
        Error::is_shape,
        &["FFT", "(None, 6, 5, 3) and (None, 4, 3)"],
    ),
    (
        "a transform shorter than the frame",
        |_, a, _| ops::stft(a, 3, 1, 2).map(drop),
        Error::is_argument,
        &["STFT", "fft_length", "2", "at least the sequence_length, 3"],
    ),
    (
        "frames longer than the signal",
        |_, a, _| ops::extract_sequences(a, 4, 1).map(drop),
        Error::is_shape,
        &["ExtractSequences", "a window of 4 for an axis of 3"],
    ),
    (
        "bits of floats",
        |_, a, b| ops::bitwise_and(a, b).map(drop),
        Error::is_argument,
        &["BitwiseAnd", "integers only"],
    ),
    (
        "indices that do not fit",
        |_, a, b| ops::scatter_update(a, b, a).map(drop),
        Error::is_shape,
        &["ScatterUpdate", "indices (None, 4, 3)"],
    ),
    ("ids with axes", |_, a, b| ops::segment_sum(a, b, 3).map(drop), Error::is_shape, &["SegmentSum", "(None, 4, 3)"]),
    (
        "names that differ",
        |x, _, _| ops::rearrange(x, "b h w c -> b h c", &[]).map(drop),
        Error::is_argument,
        &["Rearrange", "b h w c -> b h c"],
    ),
    (
        "sizes that do not divide",
        |x, _, _| ops::rearrange(x, "b (h p) w c -> b h w (p c)", &[("p", 4)]).map(drop),
        Error::is_argument,
        &["Rearrange", "(None, 6, 5, 3)"],
    ),
    (
        "axes of different sizes",
        |x, a, _| ops::tensordot(x, a, 2).map(drop),
        Error::is_shape,
        &["Tensordot", "[2, 3]", "[0, 1]"],
    ),
    (
        "no colours",
        |x, _, _| ops::rgb_to_hsv(ops::get_item(x, ops::s![.., .., .., ..2])?).map(drop),
        Error::is_shape,
        &["RGBToHSV", "2 channels"],
    ),
    (
        "a tensor that no memory holds",
        |_, a, _| ops::linspace(a, 1.0, 1 << 30, -1).map(drop),
        Error::is_shape,
        &["Linspace", "larger than any memory"],
    ),
    (
        "edges of bins with two axes",
        |_, a, _| ops::digitize(a, Array2::<f32>::zeros((2, 2))).map(drop),
        Error::is_shape,
        &["Digitize", "(2, 2)", "one axis"],
    ),
    ("a size of 0", |_, a, _| ops::unravel_index(a, [3, 0]).map(drop), Error::is_argument, &["UnravelIndex", "shape"]),
    ("powers of a matrix", |_, a, _| ops::vander(a, None).map(drop), Error::is_shape, &["Vander", "(None, 4, 3)"]),
    (
        "more conditions than choices",
        |_, a, b| ops::select((a, b), a, 0.0).map(drop),
        Error::is_argument,
        &["Select", "2 conditions and 1 choices"],
    ),
    (
        "a target of another shape",
        |_, a, b| ops::binary_crossentropy(a, ops::transpose(b, [0, 2, 1])?, false).map(drop),
        Error::is_shape,
        &["BinaryCrossentropy", "(None, 4, 3) for (None, 3, 4)"],
    ),
    (
        "coordinates for other axes",
        |x, a, _| {
            ops::map_coordinates(ops::get_item(x, ops::s![.., 0, ..])?, ops::sum(a, None, true)?, 2, FillMode::Nearest)
                .map(drop)
        },
        Error::is_argument,
        &["MapCoordinates", "order", "0 or 1"],
    ),
    (
        "lengths with axes",
        |_, a, b| ops::ctc_loss(ops::sum(a, 2, false)?, a, b, b, 0).map(drop),
        Error::is_shape,
        &["CTCLoss", "(None, 4), (None, 4, 3), (None, 4, 3), (None, 4, 3)", "two lengths [batch]"],
    ),
    (
        "a blank beyond the classes",
        |_, a, _| ops::ctc_decode(a, ops::sum(a, [1, 2], false)?, 3).map(drop),
        Error::is_argument,
        &["CTCDecode", "mask_index", "the number of a class"],
    ),
    (
        "fewer beams than results",
        |_, a, _| ops::ctc_beam_search(a, ops::sum(a, [1, 2], false)?, 2, 3, 0).map(drop),
        Error::is_argument,
        &["CTCDecode", "beam_width", "at least `top_paths`"],
    ),
    (
        "correlated matrices",
        |_, a, b| ops::correlate(a, b, ops::Margins::Same).map(drop),
        Error::is_shape,
        &["Correlate", "(None, 4, 3) and (None, 4, 3)", "one axis each"],
    ),
    (
        "waves without a width",
        |x, _, _| ops::elastic_transform(x, 1.0, 0.0, None).map(drop),
        Error::is_argument,
        &["ElasticTransform", "sigma", "a number above 0"],
    ),
    (
        "a scale of 0",
        |x, _, _| {
            let size = [3, 6, 5, 3];
            ops::scale_and_translate(x, &size, [0.0], [1.0], [1], Interpolation::Bilinear).map(drop)
        },
        Error::is_argument,
        &["ScaleAndTranslate", "a scale of 0"],
    ),
    (
        "a shape without a size for each axis",
        |x, _, _| ops::scale_and_translate(x, &[6, 5], [1.0], [1.0], [1], Interpolation::Bilinear).map(drop),
        Error::is_argument,
        &["ScaleAndTranslate", "4 sizes"],
    ),
    (
        "too many bits",
        |_, a, _| ops::fake_quant_with_min_max_vars(a, -1.0, 1.0, 20).map(drop),
        Error::is_argument,
        &["FakeQuantWithMinMaxVars", "num_bits", "received 20, expected 2 to 16"],
    ),
];

#[test]
fn impossible_calls_are_errors() {
    let (image, a, b) = (Input([6, 5, 3]).tensor(), Input([4, 3]).tensor(), Input([4, 3]).tensor());
    let mut wrong = Vec::new();
    for (name, call, is_kind, parts) in CASES {
        match call(&image, &a, &b) {
            Ok(()) => wrong.push(format!("{name}: no error")),
            Err(error) => {
                let message = error.to_string();
                wrong.extend((!is_kind(&error)).then(|| format!("{name}: another kind: {message}")));
                let missing = parts.iter().filter(|part| !message.contains(*part));
                wrong.extend(missing.map(|part| format!("{name}: {part:?} is not in {message:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file that names a function of the program says so.
#[test]
fn functions_of_programs_are_not_in_files() {
    let x = Input([4]);
    let y = ops::abs(&x).unwrap();
    let written = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap().serialize().unwrap();
    let text = written.to_string().replace("\"class_name\":\"Absolute\"", "\"class_name\":\"VectorizedMap\"");
    assert_ne!(text, written.to_string());
    let error = Model::deserialize(&serde_json::from_str(&text).unwrap(), &Device::default()).unwrap_err().to_string();
    assert!(error.contains("VectorizedMap") && error.contains("a function of the program"), "{error}");
    for (class, why) in [
        ("Nonzero", "the values decide the shape of the output"),
        ("Arange", "the values decide the shape of the output"),
        ("Eig", "the function is of complex numbers"),
        ("ViewAsComplex", "the function is of complex numbers"),
        ("View", "reads the bytes of values as other ones"),
    ] {
        let text = written.to_string().replace("\"class_name\":\"Absolute\"", &format!("\"class_name\":\"{class}\""));
        let error = Model::deserialize(&serde_json::from_str(&text).unwrap(), &Device::default()).unwrap_err();
        assert!(error.is_model() && error.to_string().contains(why), "{class}: {error}");
    }
}

/// Ids that a graph hashes come to layers as they are: floats would hit the neighbours of large ones.
#[test]
fn hashed_integers_reach_the_layers_that_look_them_up() {
    let (large, x) = (16_777_217_i64, Input([2]).dtype(InputDtype::Int64));
    let hashed = &x * large;
    let known = vec![large, 3 * large, 5 * large];
    let found = IntegerLookup().vocabulary(known).apply(&hashed).unwrap();
    let model = Model::new(&x, &found).unwrap().build(&Device::default()).unwrap();
    assert_eq!(
        model.predict(&array![[1_i64, 2], [3, 5]], 2).unwrap().into_raw_vec_and_offset().0,
        [1.0, 0.0, 2.0, 3.0]
    );
    // The order of 2³⁰ + 1 and 2³⁰ does not show in floats, through a layer that keeps integers either.
    let far = Flatten().apply(Reshape([2, 1]).apply(&x).unwrap()).unwrap() + (1_i64 << 30);
    let greater = ops::greater(&far, 1_i64 << 30).unwrap();
    let model = Model::new(&x, &greater).unwrap().build(&Device::default()).unwrap();
    assert_eq!(model.predict(&array![[0_i64, 1]], 1).unwrap().into_raw_vec_and_offset().0, [0.0, 1.0]);
    // Layers give floats, whatever their input was.
    let halved = ops::multiply(Rescaling(0.5).apply(&x).unwrap(), 3_i64).unwrap();
    let model = Model::new(&x, &halved).unwrap().build(&Device::default()).unwrap();
    assert_eq!(model.predict(&array![[1_i64, 2]], 1).unwrap().into_raw_vec_and_offset().0, [1.5, 3.0]);
}

/// Axes whose sizes are only known with the data.
/// As in numpy: `x & 12`, `x ^ x[::-1]` and `~x` of uint8.
#[test]
fn bytes_have_all_their_bits() {
    let x = Input([3]).dtype(InputDtype::Uint8);
    let turned = ops::flip(&x, 1).unwrap();
    let outputs =
        [ops::bitwise_and(&x, 12).unwrap(), ops::bitwise_xor(&x, &turned).unwrap(), ops::bitwise_not(&x).unwrap()];
    let model = Model::new(&x, outputs).unwrap().build(&Device::default()).unwrap();
    let found = model.predict_all(&array![[200_u8, 7, 255]], 1).unwrap();
    let found: Vec<Vec<f32>> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
    assert_eq!(found, [[8.0, 4.0, 12.0], [55.0, 0.0, 55.0], [55.0, 248.0, 0.0]]);
}

/// As in Keras, a whole number takes on the dtype of the tensor: `x * 2` and `3 - x` of uint8.
#[test]
fn bytes_and_whole_numbers_give_bytes() {
    let x = Input([3]).dtype(InputDtype::Uint8);
    let model = Model::new(&x, [&x * 2, 3 - &x, &x / 2]).unwrap().build(&Device::default()).unwrap();
    let found = model.predict_all(&array![[200_u8, 7, 255]], 1).unwrap();
    let found: Vec<Vec<f32>> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
    assert_eq!(found, [[144.0, 14.0, 254.0], [59.0, 252.0, 4.0], [100.0, 3.5, 127.5]]);
}

#[test]
fn integers_of_sequences_of_any_length_stay_integers() {
    let x = Input([None]).dtype(InputDtype::Int32);
    let y = ops::bitwise_and(&x * 1_000_003_i64, 255_i64).unwrap();
    let model = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap();
    let found = model.predict(&array![[1_i32, 5000, 7]], 1).unwrap();
    let expected = [1_i32, 5000, 7].map(|x| (x.wrapping_mul(1_000_003) & 255) as f32);
    assert_eq!(found.into_raw_vec_and_offset().0, expected);
}

/// What `predict` of Keras gives on JAX, whose compiled casts saturate.
#[test]
fn casts_give_the_nearest_integer_of_the_dtype() {
    let given = [-1e10, -129.0, -0.5, 1.9, 127.9, 128.0, 300.7, 70_000.0, 3e9, f32::NAN];
    let bytes = [0.0, 0.0, 0.0, 1.0, 127.0, 128.0, 255.0, 255.0, 255.0, 0.0];
    let signed = [-128.0, -128.0, 0.0, 1.0, 127.0, 127.0, 127.0, 127.0, 127.0, 0.0];
    let short = [0.0, 0.0, 0.0, 1.0, 127.0, 128.0, 300.0, 65535.0, 65535.0, 0.0];
    for (dtype, expected) in [("uint8", bytes), ("int8", signed), ("uint16", short)] {
        let found = computed(&[&given], |x| Ok(vec![ops::cast(&x[0], dtype)?, ops::saturate_cast(&x[0], dtype)?]));
        assert_eq!(found, [expected, expected].map(Vec::from), "{dtype}");
    }
    // Integers wrap round where they are cast.
    let x = Input([3]).dtype(InputDtype::Int32);
    let outputs = [ops::cast(&x, "uint8").unwrap(), ops::saturate_cast(&x, "uint8").unwrap()];
    let model = Model::new(&x, outputs).unwrap().build(&Device::default()).unwrap();
    let found = model.predict_all(&array![[-300_i32, 7, 300]], 1).unwrap();
    let found: Vec<Vec<f32>> = found.into_iter().map(|output| output.into_raw_vec_and_offset().0).collect();
    assert_eq!(found, [[212.0, 7.0, 44.0], [0.0, 7.0, 255.0]]);
}

/// A `Norm` of the order "fro", which `ops::norm` does not take, as a file has it.
#[test]
fn the_norm_of_frobenius_is_that_of_all_values() {
    let x = Input([2, 2]);
    let graph = Model::new(&x, ops::norm(&x, [1, 2], false).unwrap()).unwrap();
    let model = with_parameter(&graph, "Norm", "ord", "fro".into()).unwrap();
    let found = model.predict(&array![[[1.0_f32, 2.0], [4.0, 2.0]]], 1).unwrap();
    assert_eq!(found.into_raw_vec_and_offset().0, [5.0]);
    // Sums of columns and of rows, and singular values, which are the roots of 20 and 5.
    let found = |order: Value| {
        let model = with_parameter(&graph, "Norm", "ord", order)?;
        Ok::<_, Error>(model.predict(&array![[[1.0_f32, -2.0], [4.0, 2.0]]], 1)?.into_raw_vec_and_offset().0)
    };
    for (order, expected) in
        [(json!(1), 5.0), (json!(-1), 4.0), (json!("\0Infinity"), 6.0), (json!("\0-Infinity"), 3.0)]
    {
        assert_eq!(found(order.clone()).unwrap(), [expected], "{order}");
    }
    let root = 5.0_f32.sqrt();
    for (order, expected) in [(json!(2), 2.0 * root), (json!(-2), root), (json!("nuc"), 3.0 * root)] {
        let found = found(order.clone()).unwrap();
        assert!((found[0] - expected).abs() < 1e-5, "{order}: {found:?}");
    }
    let error = found(json!(3)).unwrap_err().to_string();
    assert!(
        error.contains("received 3, expected 1, -1, 2, -2, inf, -inf, fro or nuc for two axes, or none"),
        "{error}"
    );
}
