use super::*;
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::{from_str, from_value, json, to_string, to_value};

/// The weight of every rank: its first values.
const WEIGHT: [f32; 16] =
    [0.5, -1.25, 0.0, 2.0, 0.75, -0.5, 1.5, -0.25, 3.0, -1.0, 0.125, 0.0, -2.5, 0.625, 1.0, -0.75];

const MATRIX: [f32; 12] = [0.5, -1.25, 0.3, 2.0, 0.75, -0.5, 0.1, 0.2, -0.4, -0.6, 1.5, 0.9];

fn assert_close(values: &[f32], expected: &[f32], case: &str) {
    assert_eq!(values.len(), expected.len(), "{case}");
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() <= 1e-5 * largest, "{case}: {value} is not {expected}");
    }
}

/// The penalty and its gradient by the weight.
fn run<const D: usize>(regularizer: &Regularizer, values: &[f32], sizes: [usize; D]) -> (f32, Vec<f32>) {
    regularizer.validate(&sizes).unwrap();
    let data = TensorData::new(values.to_vec(), sizes);
    let plain = regularizer.penalty(Tensor::<D>::from_data(data.clone(), &Device::default()));
    assert_eq!(plain.dims(), [1]);

    let weight = Tensor::<D>::from_data(data, &Device::default().autodiff()).require_grad();
    let penalty = regularizer.penalty(weight.clone());
    assert_eq!(penalty.clone().into_scalar::<f32>(), plain.into_scalar::<f32>());
    // As in training, the penalty is a part of the loss.
    let gradients = (penalty.clone() + weight.clone().sum() * 0.0).backward();
    (penalty.into_scalar(), weight.grad(&gradients).unwrap().into_data().try_to_vec().unwrap())
}

#[test]
fn penalties_and_gradients_are_those_of_keras() {
    // jax.value_and_grad(keras.regularizers.L1(0.3))(weight) and so on
    let l1 = L1::new(0.3).into();
    let l2 = L2::new(0.3).into();
    let both = L1L2::new(0.1, 0.2).into();
    let check = |(value, gradient): (f32, Vec<f32>), expected: f32, slopes: &[f32]| {
        assert_close(&[value], &[expected], "penalty");
        assert_close(&gradient[..slopes.len()], slopes, "gradient");
    };
    let signs = [0.3, -0.3, 0.3, 0.3];
    check(run(&l1, &WEIGHT[..4], [4]), 1.125, &signs);
    check(run(&l1, &WEIGHT[..8], [2, 2, 2]), 2.025, &signs);
    check(run(&l1, &WEIGHT, [2, 2, 2, 2]), 4.7250004, &signs);
    let slopes = [0.3, -0.75, 0.0, 1.2];
    check(run(&l2, &WEIGHT[..4], [4]), 1.7437501, &slopes);
    check(run(&l2, &WEIGHT[..8], [2, 2, 2]), 2.68125, &slopes);
    check(run(&l2, &WEIGHT, [2, 2, 2, 2]), 8.146875, &slopes);
    let slopes = [0.3, -0.6, 0.1, 0.90000004];
    check(run(&both, &WEIGHT[..4], [4]), 1.5375, &slopes);
    check(run(&both, &WEIGHT[..8], [2, 2, 2]), 2.4625, &slopes);
    check(run(&both, &WEIGHT, [2, 2, 2, 2]), 7.0062504, &slopes);

    let weight = &WEIGHT[..6];
    check(run(&l1, weight, [2, 3]), 1.5, &[0.3, -0.3, 0.3, 0.3, 0.3, -0.3]);
    check(run(&l2, weight, [2, 3]), 1.9875001, &[0.3, -0.75, 0.0, 1.2, 0.45, -0.3]);
    check(run(&both, weight, [2, 3]), 1.825, &[0.3, -0.6, 0.1, 0.9, 0.4, -0.3]);
}

#[test]
fn orthogonal_penalties_are_those_of_keras() {
    let rows = OrthogonalRegularizer::new(0.1);
    let columns = rows.clone().mode(OrthogonalMode::Columns).into();
    let rows = rows.into();
    let (penalty, gradient) = run(&rows, &MATRIX, [4, 3]);
    assert_close(&[penalty], &[0.035001937], "rows");
    let expected = [
        -0.015348088,
        -0.005166889,
        0.0040514395,
        -0.0035173215,
        0.0022063192,
        -0.010759808,
        0.022289686,
        -0.0030732844,
        0.0040357746,
        -0.01047386,
        -0.0062873373,
        0.0034963232,
    ];
    assert_close(&gradient, &expected, "rows");

    let (penalty, gradient) = run(&columns, &MATRIX, [4, 3]);
    assert_close(&[penalty], &[0.026620075], "columns");
    let expected = [
        0.0030599916,
        0.0025188935,
        -0.030188063,
        -0.007164466,
        -0.022922095,
        -0.0065573296,
        0.0035234762,
        -0.006610417,
        0.009534147,
        -0.020744314,
        0.014441513,
        0.010657126,
    ];
    assert_close(&gradient, &expected, "columns");

    // Products of 0 have the slope 1, and vectors too short to be stretched pull all the harder.
    assert_eq!(run(&rows, &[1.0, 0.0, 0.0, 1.0], [2, 2]), (0.0, vec![0.0, 0.1, 0.1, 0.0]));
    let (penalty, gradient) = run(&rows, &MATRIX.map(|value| value * 1e-8), [4, 3]);
    assert_close(&[penalty], &[0.0005845834], "short");
    assert_close(&gradient[..4], &[-25000.002, -40833.336, 0.0011579444, 3333.334], "short");
}

#[test]
fn zeros_have_the_gradients_of_keras() {
    let zeros = [0.0; 4];
    assert_eq!(run(&L1::new(0.3).into(), &zeros, [2, 2]), (0.0, vec![0.3; 4]));
    assert_eq!(run(&L2::new(0.3).into(), &zeros, [2, 2]), (0.0, vec![0.0; 4]));
    assert_eq!(run(&L1L2::new(0.1, 0.2).into(), &zeros, [2, 2]), (0.0, vec![0.1; 4]));
    assert_eq!(run(&L1L2::default().into(), &WEIGHT[..6], [2, 3]), (0.0, vec![0.0; 6]));
    // Without l2 there is no 0 times infinity.
    let (penalty, _) = run(&L1L2::new(0.1, 0.0).into(), &[f32::INFINITY, 1.0], [2]);
    assert_eq!(penalty, f32::INFINITY);
}

#[test]
fn a_row_of_zeros_does_not_spoil_the_others() {
    // Keras has the same penalty and the same gradient of the other rows; that of the zeros is NaN there.
    let mut matrix = MATRIX;
    matrix[3..6].fill(0.0);
    let (penalty, gradient) = run(&OrthogonalRegularizer::new(0.1).into(), &matrix, [4, 3]);
    assert_close(&[penalty], &[0.02324483], "penalty");
    let expected = [
        -0.004205242,
        -0.0013524834,
        0.0013733923,
        0.0,
        0.0,
        0.0,
        -0.00652589,
        -0.0068232585,
        -0.0050431006,
        -0.002635869,
        -0.0022602319,
        0.0020098076,
    ];
    assert_close(&gradient, &expected, "gradient");
    assert_eq!(run(&OrthogonalRegularizer::new(0.1).into(), &[0.0; 6], [2, 3]), (0.0, vec![0.0; 6]));
}

#[test]
fn configs_are_those_of_keras() {
    // keras.regularizers.serialize(..)
    let cases: &[(Regularizer, &str, serde_json::Value)] = &[
        (L1::default().into(), "L1", json!({"l1": 0.009999999776482582})),
        (L1::new(1.0).into(), "L1", json!({"l1": 1.0})),
        (L2::default().into(), "L2", json!({"l2": 0.01})),
        (L1L2::default().into(), "L1L2", json!({"l1": 0.0, "l2": 0.0})),
        (L1L2::new(1.0, 0.3).into(), "L1L2", json!({"l1": 1.0, "l2": 0.3})),
        (
            OrthogonalRegularizer::default().into(),
            "OrthogonalRegularizer",
            json!({"factor": 0.009999999776482582, "mode": "rows"}),
        ),
        (
            OrthogonalRegularizer::new(1.0).mode(OrthogonalMode::Columns).into(),
            "OrthogonalRegularizer",
            json!({"factor": 1.0, "mode": "columns"}),
        ),
    ];
    for (regularizer, class, config) in cases {
        let whole =
            json!({"module": "keras.regularizers", "class_name": class, "config": config, "registered_name": null});
        assert_eq!(to_value(regularizer).unwrap(), whole);
        assert_eq!(from_value::<Regularizer>(whole).unwrap(), *regularizer);
        let short = json!({"class_name": class, "config": config});
        assert_eq!(from_value::<Regularizer>(short).unwrap(), *regularizer);
        assert_eq!(from_str::<Regularizer>(&to_string(regularizer).unwrap()).unwrap(), *regularizer);
    }
    let text = r#"{"module":"keras.regularizers","class_name":"L1","config":{"l1":0.009999999776482582},"registered_name":null}"#;
    assert_eq!(to_string(&Regularizer::from(L1::default())).unwrap(), text);
    assert_eq!(from_value::<Regularizer>(json!("l2")).unwrap(), L2::default().into());
    assert_eq!(from_value::<Regularizer>(json!({"class_name": "l2", "config": {}})).unwrap(), L2::default().into());
    assert_eq!(
        from_value::<Regularizer>(json!({"class_name": "L1L2", "config": {"l1": 1}})).unwrap(),
        L1L2::new(1.0, 0.0).into()
    );
    let error = from_value::<Regularizer>(json!({"class_name": "L2", "config": {"l1": 1}})).unwrap_err();
    assert_eq!(error.to_string(), "the config of L2: unknown field `l1`, expected `l2`");
}

#[test]
fn names_are_those_of_keras() {
    for name in regularizer::NAMES {
        let regularizer: Regularizer = name.parse().unwrap();
        let class = to_value(&regularizer).unwrap()["class_name"].as_str().unwrap().to_owned();
        assert_eq!(class.parse::<Regularizer>().unwrap(), regularizer, "{name}");
    }
    assert_eq!("L1L2".parse::<Regularizer>().unwrap(), L1L2::new(0.0, 0.0).into());
    assert_eq!("l1_l2".parse::<Regularizer>().unwrap(), L1L2::new(0.01, 0.01).into());
    assert_eq!(
        "orthogonal".parse::<Regularizer>().unwrap_err().to_string(),
        "there is no regularizer of this name; received \"orthogonal\". \
         Hint: write \"orthogonal_regularizer\" or \"l1\", if that is what you meant."
    );
}

#[test]
fn bad_arguments_are_refused() {
    let cases: &[(Regularizer, &[usize])] = &[
        (L1::new(-0.1).into(), &[2]),
        (L1::new(1e300).into(), &[2]),
        (L2::new(f64::NAN).into(), &[2]),
        (L2::new(f64::INFINITY).into(), &[2]),
        (L1L2::new(-0.1, 0.0).into(), &[2]),
        (L1L2::new(0.0, -0.1).into(), &[2]),
        (OrthogonalRegularizer::new(-1.0).into(), &[2, 2]),
        (OrthogonalRegularizer::new(1.0).into(), &[2]),
        (OrthogonalRegularizer::new(1.0).into(), &[2, 2, 2]),
        (OrthogonalRegularizer::new(1.0).into(), &[1, 2]),
        (OrthogonalRegularizer::new(1.0).mode(OrthogonalMode::Columns).into(), &[2, 1]),
    ];
    for (regularizer, sizes) in cases {
        let error = regularizer.validate(sizes).expect_err(&format!("{regularizer:?} {sizes:?}"));
        assert!(error.is_argument(), "{error}");
    }
    Regularizer::from(OrthogonalRegularizer::new(0.0)).validate(&[2, 1]).unwrap();
    let error = Regularizer::from(L2::new(-1.0)).validate(&[2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the regularization factor is not valid; received L2 with l2 = -1, expected a finite number, 0 or above. \
         Hint: try 0.01 first."
    );
}

#[test]
fn one_of_the_program_s_own_is_called_and_read_by_its_name() {
    let largest = || Regularizer::custom("Largest", |kernel: Tensor<2>| kernel.abs().max() * 0.5);
    let (penalty, gradient) = run(&largest(), &[1.0, -4.0, 2.0, 0.0], [2, 2]);
    assert_eq!((penalty, gradient), (2.0, vec![0.0, -0.5, 0.0, 0.0]));
    assert_eq!(
        largest().validate(&[3]).unwrap_err().to_string(),
        "the function \"Largest\" does not take this weight; received a weight of shape (3,), expected 2 axes, as its \
         argument has. Hint: write the function for the number of axes of the weight."
    );

    let written = to_value(largest()).unwrap();
    assert_eq!(written["registered_name"], "Custom>Largest");
    assert!(from_value::<Regularizer>(written.clone()).is_err(), "it is not registered yet");
    let registered = largest();
    registered.register();
    assert_eq!(from_value::<Regularizer>(written).unwrap(), registered);
    assert_ne!(largest(), registered, "another function");
}
