use std::f32::consts::FRAC_1_SQRT_2;

use serde_json::{from_value, json, to_value};

use super::*;
use crate::random::{next_seed, set_random_seed};

type Case<'a> = (Initializer, &'a [usize], &'a [f32]);

fn assert_close(values: &[f32], expected: &[f32], case: &str) {
    assert_eq!(values.len(), expected.len(), "{case}");
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "{case}: {value} is not {expected}");
    }
}

#[test]
fn draws_are_those_of_keras_to_the_bit() {
    // RandomNormal(1.0, 2.0, seed=7)((2, 3)).ravel()[:4] and so on
    let cases: &[Case] = &[
        (
            RandomNormal::new().seed(7).mean(1.0).stddev(2.0).into(),
            &[2, 3],
            &[0.12409866, -0.17905152, 1.4911195, 2.2035937],
        ),
        (RandomNormal::new().seed(7).into(), &[2, 3], &[-0.021897534, -0.029476289, 0.012277987, 0.030089846]),
        (
            RandomUniform::new().seed(7).minval(-1.0).maxval(3.0).into(),
            &[2, 3],
            &[0.32284403, 0.11101723, 1.3879538, 1.9053812],
        ),
        (RandomUniform::new().seed(7).into(), &[2, 3], &[-0.0169289, -0.02222457, 0.0096988445, 0.02263453]),
        (
            TruncatedNormal::new().seed(7).mean(1.0).stddev(2.0).into(),
            &[2, 3],
            &[0.16640723, -0.11925638, 1.46835, 2.1422737],
        ),
        (TruncatedNormal::new().seed(7).into(), &[4], &[-0.02083982, -0.02798141, 0.01170875, 0.028556842]),
        (GlorotUniform::new().seed(7).into(), &[2, 3], &[-0.37089363, -0.48691595, 0.21249104, 0.49589774]),
        (GlorotNormal::new().seed(7).into(), &[2, 3], &[-0.29967883, -0.40237567, 0.16837308, 0.41065043]),
        (HeUniform::new().seed(7).into(), &[3, 3, 2, 4], &[-0.19547808, -0.25662723, 0.111992605, 0.26136103]),
        (HeNormal::new().seed(7).into(), &[2, 3], &[-0.47383383, -0.63621175, 0.26622123, 0.64929533]),
        (LecunUniform::new().seed(7).into(), &[2, 3], &[-0.41467166, -0.5443886, 0.2375722, 0.5544305]),
        (LecunNormal::new().seed(7).into(), &[2, 3], &[-0.33505112, -0.44986966, 0.18824683, 0.45912114]),
        (
            VarianceScaling::new()
                .seed(7)
                .scale(0.5)
                .mode(Mode::FanOut)
                .distribution(Distribution::UntruncatedNormal)
                .into(),
            &[2, 3],
            &[-0.17879263, -0.24067289, 0.10024935, 0.24568257],
        ),
        (VarianceScaling::new().seed(7).into(), &[5], &[-0.21190493, -0.28452256, 0.11905775, 0.2903737]),
        (VarianceScaling::new().seed(7).into(), &[], &[-0.47383383]),
        (
            VarianceScaling::new()
                .seed(7)
                .scale(2.0)
                .mode(Mode::FanAvg)
                .distribution(Distribution::Uniform)
                .input_axes([0])
                .output_axes([1, -1])
                .into(),
            &[2, 3, 4],
            &[-0.31346232, -0.41151905, 0.17958769, 0.41911006],
        ),
        (
            GlorotUniform::new().seed(7).input_axes([1]).output_axes([0, 2]).into(),
            &[2, 3, 4],
            &[-0.25005642, -0.32827863, 0.14326142, 0.33433416],
        ),
    ];
    for (initializer, shape, expected) in cases {
        let values = initializer.sample(shape, 0).unwrap();
        assert_eq!(values.len(), sample::size(shape), "{initializer:?}");
        assert_eq!(&values[..expected.len()], *expected, "{initializer:?}");
    }
}

#[test]
fn computed_kernels_are_those_of_keras() {
    // Orthogonal(seed=7)((3, 3)).ravel() and so on
    let cases: &[Case] = &[
        (
            Orthogonal::new().seed(7).into(),
            &[3, 3],
            &[
                -0.58500946,
                -0.6752626,
                0.44920447,
                0.8038734,
                -0.409384,
                0.43150008,
                -0.1074787,
                0.61353505,
                0.78231907,
            ],
        ),
        (
            Orthogonal::new().seed(7).gain(2.0).into(),
            &[2, 4],
            &[-0.57613325, 0.32303897, -1.884811, -0.105847955, -0.6727458, 0.77673465, 0.24338004, 1.6984885],
        ),
        (
            Orthogonal::new().seed(7).into(),
            &[2, 2, 3],
            &[
                -0.5038986,
                -0.41151053,
                -0.1356335,
                0.6924172,
                -0.56434786,
                0.388224,
                -0.09257689,
                0.54756236,
                0.7428083,
                0.50801,
                0.4608102,
                -0.5283196,
            ],
        ),
        (
            STFT::new().into(),
            &[4, 1, 3],
            &[
                0.0,
                0.0,
                0.0,
                FRAC_1_SQRT_2,
                0.0,
                -FRAC_1_SQRT_2,
                FRAC_1_SQRT_2,
                -FRAC_1_SQRT_2,
                FRAC_1_SQRT_2,
                0.0,
                0.0,
                0.0,
            ],
        ),
        (
            STFT::new().side(Side::Imag).window(Window::Hamming).scaling(Scaling::Spectrum).periodic(true).into(),
            &[4, 1, 3],
            &[0.0, 0.0, 0.0, 0.0, -0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0],
        ),
        (STFT::new().window(None).scaling(None).into(), &[3, 1, 3], &[1.0, 1.0, 1.0, 1.0, 0.0, -1.0, 1.0, -1.0, 1.0]),
        (
            STFT::new().side(Side::Imag).window(Window::Values(vec![1.0, 2.0, 3.0])).into(),
            &[3, 1, 3],
            &[0.0, 0.0, 0.0, 0.0, -0.5345225, 0.0, 0.0, 0.0, -0.0000001401883],
        ),
        (
            STFT::new().scaling(None).window(Window::Boxcar).into(),
            &[4, 1, 2],
            &[1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0],
        ),
        (
            STFT::new().scaling(None).window(Window::Blackman).into(),
            &[4, 1, 2],
            &[0.0, 0.0, 0.63, -0.63, 0.63, 0.63, 0.0, 0.0],
        ),
        (
            STFT::new().scaling(None).window(Window::Nuttall).into(),
            &[4, 1, 2],
            &[0.0003628, 0.0003628, 0.5292298, -0.5292298, 0.5292298, 0.5292298, 0.0003628, -0.0003628],
        ),
        (
            STFT::new().scaling(None).window(Window::BlackmanHarris).into(),
            &[4, 1, 2],
            &[0.00006, 0.00006, 0.520575, -0.520575, 0.520575, 0.520575, 0.00006, -0.00006],
        ),
        (
            STFT::new().scaling(None).window(Window::FlatTop).into(),
            &[4, 1, 2],
            &[-0.000421051, -0.000421051, 0.19821054, -0.19821054, 0.19821054, 0.19821054, -0.000421051, 0.000421051],
        ),
    ];
    for (initializer, shape, expected) in cases {
        assert_close(&initializer.sample(shape, 0).unwrap(), expected, &format!("{initializer:?}"));
    }
}

#[test]
fn large_orthogonal_kernels_are_those_of_keras() {
    // Orthogonal(seed=11)((64, 256)).ravel()[[0, 1, 5000, 16383]], Orthogonal(seed=12)((3, 3, 8, 16)) likewise
    let wide = Initializer::from(Orthogonal::new()).sample(&[64, 256], 11).unwrap();
    let drawn = [0, 1, 5000, 16_383].map(|i| wide[i]);
    assert_close(&drawn, &[0.049135327, 0.04795526, -0.08417143, 0.007961058], "wide");
    let tall = Initializer::from(Orthogonal::new()).sample(&[3, 3, 8, 16], 12).unwrap();
    let drawn = [0, 1, 500, 1151].map(|i| tall[i]);
    assert_close(&drawn, &[0.1935724, -0.0944973, 0.006921147, 0.04354994], "tall");
}

#[test]
fn nothing_is_drawn_for_constants() {
    let sample = |initializer: Initializer| {
        assert!(!initializer.is_random());
        initializer.sample(&[2, 3], 0).unwrap()
    };
    assert_eq!(sample(Zeros::new().into()), [0.0; 6]);
    assert_eq!(sample(Ones::new().into()), [1.0; 6]);
    assert_eq!(sample(Constant::new(0.1).into()), [0.1; 6]);
    assert_eq!(sample(Identity::new().gain(2.0).into()), [2.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
    assert_eq!(Initializer::from(Ones::new()).sample(&[], 0).unwrap(), [1.0]);
    assert!(Initializer::from(Ones::new()).sample(&[3, 0], 0).unwrap().is_empty());
}

#[test]
fn constants_can_be_arrays() {
    // Constant(value)((3, 2)), and keras.saving.serialize_keras_object(Constant(value))
    let rows = Initializer::from(Constant::new([1.0, 2.0]));
    assert_eq!(rows.sample(&[3, 2], 0).unwrap(), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    let matrix = ndarray::arr2(&[[1.0_f32, 2.0], [3.0, 4.0]]);
    let array = Initializer::from(Constant::new(matrix));
    let numpy = json!({"class_name": "__numpy__", "config": {"value": [[1.0, 2.0], [3.0, 4.0]], "dtype": "float64"}});
    assert_eq!(to_value(&array).unwrap()["config"], json!({"value": numpy}));
    assert_eq!(array.sample(&[2, 2], 0).unwrap(), [1.0, 2.0, 3.0, 4.0]);
    for value in [
        json!(0.5),
        json!([[1.0, 2.0]]),
        numpy,
        json!({"class_name": "__tensor__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}),
    ] {
        let config = json!({"class_name": "Constant", "config": {"value": value}});
        let read: Initializer = from_value(config.clone()).unwrap();
        assert_eq!(to_value(&read).unwrap()["config"], config["config"]);
    }

    let error = rows.sample(&[2, 3], 0).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(
        error.to_string(),
        "the array of a Constant does not fit the weight; received an array (2,), expected (2, 3), or 1 for axes along \
         which it is repeated. Hint: give an array of the weight's shape."
    );
    for value in [json!([[1.0], [2.0, 3.0]]), json!({"class_name": "__lambda__", "config": {"value": 1, "dtype": ""}})]
    {
        let config = json!({"class_name": "Constant", "config": {"value": value}});
        assert!(from_value::<Initializer>(config).is_err());
    }
}

#[test]
fn a_seed_of_its_own_comes_first() {
    let own = Initializer::from(HeNormal::new().seed(7));
    assert!(!own.is_random());
    assert_eq!(own.sample(&[4], 1).unwrap(), own.sample(&[4], 2).unwrap());
    let other = Initializer::from(HeNormal::new());
    assert!(other.is_random());
    assert_ne!(other.sample(&[4], 1).unwrap(), other.sample(&[4], 2).unwrap());
    assert_eq!(other.sample(&[4], 7).unwrap(), own.sample(&[4], 0).unwrap());
}

#[test]
fn a_seeded_model_starts_as_in_keras() {
    // set_random_seed(42); the kernels of Sequential([Input((4,)), Dense(3), Dense(2)])
    set_random_seed(42);
    let glorot = Initializer::from(GlorotUniform::new());
    let first = glorot.sample(&[4, 3], next_seed()).unwrap();
    let second = glorot.sample(&[3, 2], next_seed()).unwrap();
    assert_eq!(first[..3], [-0.790047, 0.10902121, -0.45019674]);
    assert_eq!(second[..3], [-0.8949146, 0.1609237, -0.73979604]);
}

#[test]
fn fans_are_those_of_keras() {
    // keras.src.initializers.random_initializers.compute_fans
    let shapes: [&[usize]; 5] = [&[], &[5], &[2, 3], &[4, 2, 3], &[3, 3, 2, 4]];
    assert_eq!(shapes.map(compute_fans), [(1, 1), (5, 5), (2, 3), (8, 12), (18, 36)]);
}

#[test]
fn configs_are_those_of_keras() {
    // keras.saving.serialize_keras_object(..), without "module" and "registered_name"
    let cases: &[(Initializer, serde_json::Value)] = &[
        (Zeros::new().into(), json!({"class_name": "Zeros", "config": {}})),
        (Ones::new().into(), json!({"class_name": "Ones", "config": {}})),
        (Constant::new(0.5).into(), json!({"class_name": "Constant", "config": {"value": 0.5}})),
        (Identity::new().into(), json!({"class_name": "Identity", "config": {}})),
        (
            RandomNormal::new().seed(3).into(),
            json!({"class_name": "RandomNormal", "config": {"seed": 3, "mean": 0.0, "stddev": 0.05}}),
        ),
        (
            RandomUniform::new().into(),
            json!({"class_name": "RandomUniform", "config": {"seed": null, "minval": -0.05, "maxval": 0.05}}),
        ),
        (
            TruncatedNormal::new().mean(1.0).stddev(0.5).into(),
            json!({"class_name": "TruncatedNormal", "config": {"seed": null, "mean": 1.0, "stddev": 0.5}}),
        ),
        (
            VarianceScaling::new()
                .scale(2.0)
                .mode(Mode::FanAvg)
                .distribution(Distribution::Uniform)
                .input_axes([0])
                .output_axes([1])
                .into(),
            json!({"class_name": "VarianceScaling", "config": {"seed": null, "scale": 2.0, "mode": "fan_avg", "distribution": "uniform", "input_axes": [0], "output_axes": [1]}}),
        ),
        (
            GlorotNormal::new().into(),
            json!({"class_name": "GlorotNormal", "config": {"seed": null, "input_axes": null, "output_axes": null}}),
        ),
        (
            GlorotUniform::new().seed(3).into(),
            json!({"class_name": "GlorotUniform", "config": {"seed": 3, "input_axes": null, "output_axes": null}}),
        ),
        (
            HeNormal::new().into(),
            json!({"class_name": "HeNormal", "config": {"seed": null, "input_axes": null, "output_axes": null}}),
        ),
        (
            HeUniform::new().into(),
            json!({"class_name": "HeUniform", "config": {"seed": null, "input_axes": null, "output_axes": null}}),
        ),
        (
            LecunNormal::new().into(),
            json!({"class_name": "LecunNormal", "config": {"seed": null, "input_axes": null, "output_axes": null}}),
        ),
        (
            LecunUniform::new().into(),
            json!({"class_name": "LecunUniform", "config": {"seed": null, "input_axes": null, "output_axes": null}}),
        ),
        (Orthogonal::new().seed(5).into(), json!({"class_name": "Orthogonal", "config": {"seed": 5, "gain": 1.0}})),
        (
            STFT::new().into(),
            json!({"class_name": "STFT", "config": {"side": "real", "window": "hann", "periodic": false, "scaling": "density"}}),
        ),
        (
            STFT::new().side(Side::Imag).window(None).scaling(None).periodic(true).into(),
            json!({"class_name": "STFT", "config": {"side": "imag", "window": null, "periodic": true, "scaling": null}}),
        ),
    ];
    for (initializer, config) in cases {
        assert_eq!(from_value::<Initializer>(config.clone()).unwrap(), *initializer);
        let mut whole = config.clone();
        whole["module"] = "keras.initializers".into();
        whole["registered_name"] = json!(null);
        assert_eq!(to_value(initializer).unwrap(), whole);
        assert_eq!(from_value::<Initializer>(whole).unwrap(), *initializer);
    }
}

#[test]
fn configs_are_read_with_what_else_keras_writes() {
    let read = |value| from_value::<Initializer>(value);
    let whole = json!({"module": "keras.initializers", "class_name": "GlorotUniform",
        "config": {"seed": 3, "input_axes": null, "output_axes": null}, "registered_name": null});
    assert_eq!(read(whole).unwrap(), GlorotUniform::new().seed(3).into());
    let old = json!({"class_name": "HeNormal", "config": {"seed": null}});
    assert_eq!(read(old).unwrap(), HeNormal::new().into());
    let alias = json!({"class_name": "OrthogonalInitializer", "config": {}});
    assert_eq!(read(alias).unwrap(), Orthogonal::new().into());
    let gain = json!({"class_name": "Identity", "config": {"gain": 2.0}});
    assert_eq!(read(gain.clone()).unwrap(), Identity::new().gain(2.0).into());
    assert_eq!(to_value(Initializer::from(Identity::new().gain(2.0))).unwrap()["config"], gain["config"]);
    let window = json!({"class_name": "STFT", "config": {"window": [1.0, 2.0]}});
    assert_eq!(read(window).unwrap(), STFT::new().window(Window::Values(vec![1.0, 2.0])).into());
    let normal = json!({"class_name": "VarianceScaling", "config": {"distribution": "normal"}});
    assert_eq!(read(normal).unwrap(), VarianceScaling::new().into());
    for defaults in [json!("he_normal"), json!("HeNormal"), json!({"class_name": "he_normal", "config": null})] {
        assert_eq!(read(defaults).unwrap(), HeNormal::new().into());
    }
    assert_eq!(read(json!({"class_name": "Zeros"})).unwrap(), Zeros::new().into());
}

#[test]
fn what_is_wrong_with_a_config_is_said() {
    let message = |value| from_value::<Initializer>(value).unwrap_err().to_string();
    assert_eq!(
        message(json!({"class_name": "Zeros", "config": {"value": 1}})),
        "the config of Zeros: unknown field `value`, there are no fields"
    );
    let unknown = "there is no initializer of this name; received \"Zeroes\". \
         Hint: write \"zeros\" or \"zero\", if that is what you meant.";
    assert_eq!(message(json!("Zeroes")), unknown);
    assert_eq!(message(json!({"class_name": "Zeroes", "config": {}})), unknown);
    assert_eq!(message(json!({"config": {}})), "expected a name, or a map with a class_name and a config");
}

#[test]
fn names_are_those_of_keras() {
    for name in initializer::NAMES {
        let initializer: Initializer = name.parse().unwrap();
        let class = to_value(&initializer).unwrap()["class_name"].as_str().unwrap().to_owned();
        assert_eq!(class.parse::<Initializer>().unwrap(), initializer, "{name}");
    }
    assert_eq!("uniform".parse::<Initializer>().unwrap(), RandomUniform::new().into());
    assert_eq!("stft".parse::<Initializer>().unwrap(), STFT::new().into());
    let error = "glorot_unifrom".parse::<Initializer>().unwrap_err();
    assert!(error.is_argument());
    assert_eq!(
        error.to_string(),
        "there is no initializer of this name; received \"glorot_unifrom\". \
         Hint: write \"glorot_uniform\" or \"glorot_normal\", if that is what you meant."
    );
}

#[test]
fn bad_arguments_are_refused() {
    let cases: &[(Initializer, &[usize])] = &[
        (RandomNormal::new().stddev(-1.0).into(), &[2]),
        (TruncatedNormal::new().stddev(f64::NAN).into(), &[2]),
        (RandomUniform::new().minval(1.0).maxval(-1.0).into(), &[2]),
        (RandomUniform::new().seed(1 << 32).into(), &[2]),
        (VarianceScaling::new().scale(0.0).into(), &[2, 3]),
        (VarianceScaling::new().scale(-1.0).into(), &[2, 3]),
        (HeUniform::new().input_axes([2]).output_axes([0]).into(), &[2, 3]),
        (HeUniform::new().input_axes([-3]).output_axes([0]).into(), &[2, 3]),
        (Identity::new().into(), &[3]),
        (Identity::new().into(), &[3, 3, 3]),
        (Orthogonal::new().into(), &[]),
        (Orthogonal::new().into(), &[3]),
        (STFT::new().into(), &[4, 2, 3]),
        (STFT::new().into(), &[2, 1, 3]),
        (STFT::new().window(Window::Values(vec![1.0])).into(), &[2, 1, 3]),
    ];
    for (initializer, shape) in cases {
        let error = initializer.sample(shape, 0).expect_err(&format!("{initializer:?} {shape:?}"));
        assert!(error.is_argument(), "{error}");
    }
    assert!(Initializer::from(Zeros::new()).sample(&[usize::MAX, 2], 0).unwrap_err().is_shape());
    let error = Initializer::from(Identity::new()).sample(&[3], 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Identity fills matrices only; received the shape [3], expected two axes. \
         Hint: use Orthogonal for kernels of more axes."
    );
}
