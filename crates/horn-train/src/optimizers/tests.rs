//! Tests of all optimizers.

use super::*;

#[test]
fn arguments_out_of_range_are_errors() {
    let bad: [(Box<dyn Optimizer>, &str); 14] = [
        (Box::new(SGD::new(-0.1)), "learning_rate"),
        (Box::new(Adam::new(f64::NAN)), "learning_rate"),
        (Box::new(RMSprop::new(f64::INFINITY)), "learning_rate"),
        (Box::new(BurnOptimizer::new(SGD::new(0.1), -1.0)), "learning_rate"),
        (Box::new(SGD::new(0.1).momentum(1.5)), "momentum"),
        (Box::new(RMSprop::new(0.1).momentum(-0.1)), "momentum"),
        (Box::new(RMSprop::new(0.1).rho(1.0)), "rho"),
        (Box::new(Adam::new(0.1).beta_1(1.0)), "beta_1"),
        (Box::new(AdamW::new(0.1).beta_2(f64::NAN)), "beta_2"),
        (Box::new(Adam::new(0.1).epsilon(-1e-7)), "epsilon"),
        (Box::new(AdamW::new(0.1).weight_decay(-0.1)), "weight_decay"),
        (Box::new(SGD::new(0.1).clipnorm(0.0)), "clipnorm"),
        (Box::new(SGD::new(0.1).clipvalue(-1.0)), "clipvalue"),
        (Box::new(SGD::new(0.1).global_clipnorm(f64::NAN)), "global_clipnorm"),
    ];
    for (optimizer, argument) in bad {
        let error = optimizer.validate().expect_err(argument);
        assert!(error.is_argument(), "{error}");
        assert_eq!(error.location(), Some(argument), "{error}");
    }
}

#[test]
fn two_ways_to_clip_are_an_error() {
    let error = SGD::new(0.1).clipnorm(1.0).global_clipnorm(1.0).validate().unwrap_err();
    assert_eq!(
        error.to_string(),
        "clipnorm: gradients can be clipped in one way only; received clipnorm and global_clipnorm, expected one \
         of clipnorm, clipvalue and global_clipnorm. Hint: keep the one that you need."
    );
}
