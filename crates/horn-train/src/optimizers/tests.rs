//! Tests of all optimizers.

use super::*;

#[test]
fn arguments_out_of_range_are_errors() {
    let bad: [(Box<dyn Optimizer>, &str); 27] = [
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
        (Box::new(SGD::new(0.1).use_ema(true).ema_momentum(1.1)), "ema_momentum"),
        (Box::new(SGD::new(0.1).use_ema(true).ema_overwrite_frequency(0)), "ema_overwrite_frequency"),
        (Box::new(SGD::new(0.1).gradient_accumulation_steps(1)), "gradient_accumulation_steps"),
        (Box::new(SGD::new(0.1).loss_scale_factor(0.0)), "loss_scale_factor"),
        (Box::new(SGD::new(0.1).exclude_from_weight_decay(["("])), "exclude_from_weight_decay"),
        (Box::new(Muon::new(0.1).exclude_layers(["["])), "exclude_layers"),
        (Box::new(Muon::new(0.1).adam_lr_ratio(f64::NAN)), "adam_lr_ratio"),
        (Box::new(ScheduleFreeAdamW::new(0.1).beta_1(0.0)), "beta_1"),
        (Box::new(LossScaleOptimizer::new(SGD::new(0.1)).initial_scale(f64::INFINITY)), "initial_scale"),
        (Box::new(LossScaleOptimizer::new(SGD::new(0.1)).dynamic_growth_steps(0)), "dynamic_growth_steps"),
        (Box::new(LossScaleOptimizer::new(LossScaleOptimizer::new(SGD::new(0.1)))), "inner_optimizer"),
        (Box::new(MultiOptimizer::new(OptimizerMap::new(SGD::new(0.1)).with("(", Adam::new(0.1)))), "optimizer_map"),
        (Box::new(MultiOptimizer::new(OptimizerMap::new(LossScaleOptimizer::new(SGD::new(0.1))))), "optimizer_map"),
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

#[test]
fn weights_are_mapped_by_their_paths() {
    let map = OptimizerMap::new(SGD::new(0.1)).with("a/.*", Adam::new(0.1)).with("a/kernel", Lion::new(0.1));
    let class = |path: &str| map.get(path).unwrap().class_name();
    assert_eq!([class("a/bias"), class("a/kernel"), class("a"), class("b/a/bias")], ["Adam", "Lion", "SGD", "SGD"]);
    let error = map.with(".*bias", Adam::new(0.1)).get("a/bias").map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "optimizer_map: several optimizers are mapped to one weight; received \".*bias\" and \"a/.*\" for \"a/bias\", \
         expected patterns of which one at most matches. Hint: map \"a/bias\" itself, which comes first."
    );
}
