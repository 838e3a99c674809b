//! Plots of models and their training.
//!
//! - [`learning_curves`]: loss and metrics by epoch, as SVG
//! - [`ModelGraph`]: a model's layers and their shapes, as SVG; Keras's `plot_model`
//! - [`bar_chart`] and [`image`](fn@image): bars and greyscale images for the terminal; [`beside`](fn@beside) puts two
//!   next to each other

mod bars;
mod beside;
mod curves;
mod image;
mod model_graph;
mod ticks;

pub use bars::bar_chart;
pub use beside::beside;
pub use curves::{LearningCurves, learning_curves};
pub use image::image;
pub use model_graph::ModelGraph;
