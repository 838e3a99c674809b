use super::*;
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::{from_str, from_value, json, to_string, to_value};

/// The weight of every rank: its first values.
const WEIGHT: [f32; 16] =
    [0.5, -1.25, 0.0, 2.0, 0.75, -0.5, 1.5, -0.25, 3.0, -1.0, 0.125, 0.0, -2.5, 0.625, 1.0, -0.75];

fn check<const D: usize>(constraint: impl Into<Constraint>, weight: &[f32], sizes: [usize; D], expected: &[f32]) {
    let constraint = constraint.into();
    constraint.validate(&sizes).unwrap();
    let weight = Tensor::<D>::from_data(TensorData::new(weight.to_vec(), sizes), &Device::default());
    let result = constraint.apply(weight);
    assert_eq!(result.dims(), sizes);
    let values: Vec<f32> = result.into_data().try_to_vec().unwrap();
    assert_eq!(values.len(), expected.len(), "{constraint:?}");
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() <= 1e-6 * largest, "{constraint:?}: {values:?}, Keras has {expected}");
    }
}

#[test]
fn max_norm_is_that_of_keras() {
    // keras.constraints.MaxNorm(1.0, axis=1)(weight) and so on
    let matrix = &WEIGHT[..6];
    let bound = || MaxNorm::new(1.0);
    check(MaxNorm::default(), matrix, [2, 3], &[0.48507127, -1.2499999, 0.0, 1.9402851, 0.74999994, -0.49999988]);
    check(bound(), matrix, [2, 3], &[0.24253564, -0.8574929, 0.0, 0.97014254, 0.51449573, -0.49999988]);
    let rows = [0.37139064, -0.9284766, 0.0, 0.91168463, 0.34188175, -0.22792116];
    check(bound().axis(1), matrix, [2, 3], &rows);
    check(bound().axis(-1), matrix, [2, 3], &rows);
    check(bound().axis([]), matrix, [2, 3], &[0.49999988, -0.99999994, 0.0, 1.0, 0.7499999, -0.49999988]);
    check(bound(), &WEIGHT[..4], [4], &[0.20739034, -0.51847583, 0.0, 0.82956135]);
    check(
        bound().axis(Axes::All),
        &WEIGHT[..8],
        [2, 2, 2],
        &[0.1672484, -0.41812098, 0.0, 0.6689936, 0.2508726, -0.1672484, 0.5017452, -0.0836242],
    );
    check(
        bound().axis([0, 1, 2]),
        &WEIGHT,
        [2, 2, 2, 2],
        &[
            0.113730036,
            -0.44676703,
            0.0,
            0.71482724,
            0.17059505,
            -0.17870681,
            0.3411901,
            -0.089353405,
            0.6823802,
            -0.35741362,
            0.028432509,
            0.0,
            -0.5686502,
            0.22338352,
            0.22746007,
            -0.2680602,
        ],
    );
    check(
        bound().axis(vec![0, -2]),
        &WEIGHT,
        [2, 2, 2, 2],
        &[
            0.16426031,
            -0.48795003,
            0.0,
            0.78072006,
            0.23643312,
            -0.4444444,
            0.47286624,
            -0.2222222,
            0.98556185,
            -0.39036003,
            0.04106508,
            0.0,
            -0.78811044,
            0.55555546,
            0.31524417,
            -0.66666657,
        ],
    );
    check(bound(), &[0.0; 4], [2, 2], &[0.0; 4]);
    check(MaxNorm::new(0.0), matrix, [2, 3], &[0.0; 6]);
    // The epsilon is added to the norm, so that short vectors get even shorter.
    check(bound(), &[3e-7, 4e-7], [2, 1], &[2.5e-7, 3.3333333e-7]);
}

#[test]
fn non_neg_is_that_of_keras() {
    check(NonNeg::new(), &WEIGHT[..6], [2, 3], &[0.5, 0.0, 0.0, 2.0, 0.75, 0.0]);
    check(NonNeg::new(), &WEIGHT[..8], [2, 2, 2], &[0.5, 0.0, 0.0, 2.0, 0.75, 0.0, 1.5, 0.0]);
    let weight = Tensor::<1>::from_floats([f32::NAN, -1.0], &Device::default());
    let values = Constraint::from(NonNeg::new()).apply(weight).into_data().try_to_vec::<f32>().unwrap();
    assert!(values[0].is_nan() && values[1] == 0.0, "{values:?}");
}

#[test]
fn unit_norm_is_that_of_keras() {
    check(UnitNorm::new(), &WEIGHT[..6], [2, 3], &[0.24253564, -0.8574929, 0.0, 0.97014254, 0.51449573, -0.99999976]);
    check(UnitNorm::new(), &WEIGHT[..4], [4], &[0.20739034, -0.51847583, 0.0, 0.82956135]);
    check(
        UnitNorm::new().axis(-1),
        &WEIGHT[..8],
        [2, 2, 2],
        &[0.37139064, -0.9284766, 0.0, 1.0, 0.8320502, -0.55470014, 0.9863938, -0.16439897],
    );
    check(
        UnitNorm::new().axis([0, 1, 2]),
        &WEIGHT,
        [2, 2, 2, 2],
        &[
            0.113730036,
            -0.44676703,
            0.0,
            0.71482724,
            0.17059505,
            -0.17870681,
            0.3411901,
            -0.089353405,
            0.6823802,
            -0.35741362,
            0.028432509,
            0.0,
            -0.5686502,
            0.22338352,
            0.22746007,
            -0.2680602,
        ],
    );
    check(UnitNorm::new(), &[0.0; 4], [2, 2], &[0.0; 4]);
    // The epsilon is added, so that short vectors stay shorter.
    check(UnitNorm::new(), &[3e-7, 4e-7], [2, 1], &[0.5, 0.6666667]);
}

#[test]
fn min_max_norm_is_that_of_keras() {
    let matrix = &WEIGHT[..6];
    let bounds = || MinMaxNorm::new(0.8, 1.5);
    check(MinMaxNorm::default(), matrix, [2, 3], &[0.24253564, -0.8574929, 0.0, 0.97014254, 0.51449573, -0.49999988]);
    check(bounds(), matrix, [2, 3], &[0.36380345, -1.2499999, 0.0, 1.4552138, 0.74999994, -0.79999983]);
    check(bounds().rate(0.25), matrix, [2, 3], &[0.46595085, -1.2499999, 0.0, 1.8638034, 0.74999994, -0.57499987]);
    check(bounds().rate(0.0), matrix, [2, 3], &[0.5, -1.2499999, 0.0, 2.0, 0.74999994, -0.49999988]);
    check(
        bounds().rate(0.25).axis(-1),
        &WEIGHT[..8],
        [2, 2, 2],
        &[0.49999997, -1.2499999, 0.0, 1.875, 0.7499999, -0.49999994, 1.4948976, -0.24914959],
    );
    check(
        MinMaxNorm::new(1.5, 3.0).rate(0.5).axis([0, 1, 2]),
        &WEIGHT,
        [2, 2, 2, 2],
        &[
            0.42059505, -1.25, 0.0, 2.0, 0.6308926, -0.5, 1.2617851, -0.25, 2.5235703, -1.0, 0.10514876, 0.0,
            -2.1029754, 0.625, 0.8411901, -0.75,
        ],
    );
    check(bounds(), &[0.0; 4], [2, 2], &[0.0; 4]);
    check(bounds(), &[3e-7, 4e-7], [2, 1], &[0.39999998, 0.5333333]);
}

#[test]
fn configs_are_those_of_keras() {
    // keras.constraints.serialize(..)
    let cases: &[(Constraint, &str, serde_json::Value)] = &[
        (MaxNorm::default().into(), "MaxNorm", json!({"max_value": 2.0, "axis": 0})),
        (MaxNorm::new(2.5).axis([0, 1, 2]).into(), "MaxNorm", json!({"max_value": 2.5, "axis": [0, 1, 2]})),
        (NonNeg::new().into(), "NonNeg", json!({})),
        (UnitNorm::new().axis(-1).into(), "UnitNorm", json!({"axis": -1})),
        (
            MinMaxNorm::default().into(),
            "MinMaxNorm",
            json!({"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0}),
        ),
        (
            MinMaxNorm::new(0.5, 2.0).rate(0.25).axis(Axes::All).into(),
            "MinMaxNorm",
            json!({"min_value": 0.5, "max_value": 2.0, "rate": 0.25, "axis": null}),
        ),
    ];
    for (constraint, class, config) in cases {
        let whole =
            json!({"module": "keras.constraints", "class_name": class, "config": config, "registered_name": null});
        assert_eq!(to_value(constraint).unwrap(), whole);
        assert_eq!(from_value::<Constraint>(whole).unwrap(), *constraint);
        let short = json!({"class_name": class, "config": config});
        assert_eq!(from_value::<Constraint>(short).unwrap(), *constraint);
        assert_eq!(from_str::<Constraint>(&to_string(constraint).unwrap()).unwrap(), *constraint);
    }
    let read = |value| from_value::<Constraint>(value);
    assert_eq!(read(json!("max_norm")).unwrap(), MaxNorm::new(2.0).into());
    assert_eq!(read(json!({"class_name": "MaxNorm", "config": {"max_value": 2}})).unwrap(), MaxNorm::new(2.0).into());
    assert_eq!(
        read(json!({"class_name": "UnitNorm", "config": {"axis": 0.5}})).unwrap_err().to_string(),
        "the config of UnitNorm: expected an axis, a list of axes, or null"
    );
}

#[test]
fn names_are_those_of_keras() {
    for name in constraint::NAMES {
        let constraint: Constraint = name.parse().unwrap();
        let class = to_value(&constraint).unwrap()["class_name"].as_str().unwrap().to_owned();
        assert_eq!(class.parse::<Constraint>().unwrap(), constraint, "{name}");
    }
    assert_eq!("min_max_norm".parse::<Constraint>().unwrap(), MinMaxNorm::new(0.0, 1.0).into());
    assert_eq!(
        "maxnorm".parse::<Constraint>().unwrap_err().to_string(),
        "there is no constraint of this name; received \"maxnorm\". \
         Hint: write \"max_norm\" or \"min_max_norm\", if that is what you meant."
    );
}

#[test]
fn bad_arguments_are_refused() {
    let cases: Vec<Constraint> = vec![
        MaxNorm::new(-1.0).into(),
        MaxNorm::new(f64::NAN).into(),
        MaxNorm::new(f64::INFINITY).into(),
        MaxNorm::new(1.0).axis(2).into(),
        MaxNorm::new(1.0).axis([0, 2]).into(),
        UnitNorm::new().axis(-3).into(),
        UnitNorm::new().axis(isize::MIN).into(),
        UnitNorm::new().axis([1, -1]).into(),
        MinMaxNorm::new(-1.0, 1.0).into(),
        MinMaxNorm::new(2.0, 1.0).into(),
        MinMaxNorm::new(0.0, f64::INFINITY).into(),
        MinMaxNorm::new(0.0, 1.0).rate(1.5).into(),
        MinMaxNorm::new(0.0, 1.0).rate(f64::NAN).into(),
        MinMaxNorm::new(0.0, 1.0).axis(2).into(),
    ];
    for constraint in cases {
        let error = constraint.validate(&[2, 3]).expect_err(&format!("{constraint:?}"));
        assert!(error.is_argument(), "{error}");
    }
    let error = Constraint::from(UnitNorm::new().axis(2)).validate(&[2, 3]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weight has no such axis to take norms along; received axis 2 for a weight of shape [2, 3], \
         expected an axis from -2 and below 2. Hint: name the axes of the weight's inputs, counted from 0."
    );
}

#[test]
fn one_of_the_program_s_own_is_applied() {
    let halves = Constraint::custom("Halves", |kernel: Tensor<2>| kernel.clamp(-0.5, 0.5));
    let weight = Tensor::<2>::from_floats([[1.0, -0.25], [-3.0, 0.5]], &Default::default());
    assert_eq!(halves.apply(weight).into_data().try_to_vec::<f32>().unwrap(), [0.5, -0.25, -0.5, 0.5]);
    assert!(halves.validate(&[2]).unwrap_err().is_argument());
    assert!(halves.validate(&[2, 2]).is_ok());
}
