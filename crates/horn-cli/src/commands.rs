//! The subcommands of `horn`, one file for each.

mod bench;
mod convert;
mod evaluate;
mod inspect;
mod plot;
mod predict;
mod summary;

use clap::Subcommand;

use crate::failure::Outcome;

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    Summary(summary::Options),
    Predict(predict::Options),
    Evaluate(evaluate::Options),
    Convert(convert::Options),
    Inspect(inspect::Options),
    Plot(plot::Options),
    Bench(bench::Options),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// If a file, the data or the command line is invalid.
    pub fn run(self) -> Outcome {
        match self {
            Self::Summary(options) => summary::run(&options),
            Self::Predict(options) => predict::run(&options),
            Self::Evaluate(options) => evaluate::run(&options),
            Self::Convert(options) => convert::run(&options),
            Self::Inspect(options) => inspect::run(&options),
            Self::Plot(options) => plot::run(&options),
            Self::Bench(options) => bench::run(&options),
        }
    }
}
