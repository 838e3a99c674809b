//! What people look at: learning curves and graphs of models as SVG, and charts and images for the terminal.

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
