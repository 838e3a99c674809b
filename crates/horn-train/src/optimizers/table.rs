//! The optimizers that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::optimizer::Optimizer;
use crate::registry::table;

table! { dyn Optimizer, super::common::read;
    sgd::SGD: "sgd";
    adam::Adam: "adam";
    adamw::AdamW: "adamw";
    rmsprop::RMSprop: "rmsprop";
    adagrad::Adagrad: "adagrad";
    adadelta::Adadelta: "adadelta";
    adafactor::Adafactor: "adafactor";
    adamax::Adamax: "adamax";
    nadam::Nadam: "nadam";
    lion::Lion: "lion";
    lamb::Lamb: "lamb";
    ftrl::Ftrl: "ftrl";
    muon::Muon: "muon";
    schedule_free_adamw::ScheduleFreeAdamW: "schedulefreeadamw";
    loss_scale_optimizer::LossScaleOptimizer: "lossscaleoptimizer";
    multi_optimizer::MultiOptimizer: "multioptimizer";
}
