//! Learning curves: one panel for each quantity, with its training and validation values.

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io::Write;
use std::path::Path;

use horn_nn::files::{unwritable, write_atomically};
use horn_nn::printable::printable;
use horn_nn::{Error, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::ticks::Axis;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

// Blue and vermilion from the palette of Okabe and Ito, which people with any kind of colour blindness can tell apart.
const TRAINING: RGBColor = RGBColor(0, 114, 178);
const VALIDATION: RGBColor = RGBColor(213, 94, 0);
const TEXT: RGBColor = RGBColor(31, 41, 55);
const LABEL: RGBColor = RGBColor(107, 114, 128);
const AXIS: RGBColor = RGBColor(156, 163, 175);
const GRID: RGBColor = RGBColor(229, 231, 235);
const FONT: &str = "Helvetica, Arial, sans-serif";
/// With up to this many epochs, each epoch is marked by a point.
const MAX_POINTS: usize = 30;

/// Draws a training history as an SVG file: one panel for each quantity, with `loss` and `val_loss` in the same panel.
///
/// ```
/// # fn main() -> horn::Result<()> {
/// let path = std::env::temp_dir().join("horn_learning_curves.svg");
/// horn::plot::learning_curves(&[("loss", &[0.35, 0.15, 0.10]), ("val_loss", &[0.18, 0.13, 0.12])], &path)?;
/// assert!(std::fs::read_to_string(&path).unwrap().starts_with("<svg"));
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If there is nothing to draw, or the file can't be written.
pub fn learning_curves(history: &[(&str, &[f64])], path: impl AsRef<Path>) -> Result<()> {
    history.iter().fold(LearningCurves::new(), |curves, (name, values)| curves.curve(*name, values)).save(path)
}

/// Builds a plot curve by curve: [`learning_curves`] with a title and the size of the panels.
///
/// ```
/// # fn main() -> horn::Result<()> {
/// use horn::plot::LearningCurves;
///
/// let svg = LearningCurves::new()
///     .curve("loss", &[0.35, 0.15])
///     .curve("accuracy", &[0.90, 0.95])
///     .title("MNIST")
///     .panel_size(400, 300)
///     .svg()?;
/// assert!(svg.contains("width=\"800\"") && svg.contains("MNIST"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LearningCurves {
    panels: Vec<Panel>,
    title: Option<String>,
    panel_size: (u32, u32),
}

#[derive(Debug, Clone)]
struct Panel {
    quantity: String,
    training: Option<Vec<f64>>,
    validation: Option<Vec<f64>>,
}

impl Default for LearningCurves {
    fn default() -> Self {
        Self { panels: Vec::new(), title: None, panel_size: (520, 360) }
    }
}

impl LearningCurves {
    /// A plot without curves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a curve, with one value for each epoch. `val_loss` goes into the panel of `loss`; the panel of `loss` comes
    /// first.
    ///
    /// Values that are not finite leave a gap.
    #[must_use]
    pub fn curve(mut self, name: impl AsRef<str>, values: &[f64]) -> Self {
        let name = name.as_ref();
        let (quantity, is_validation) = match name.strip_prefix("val_") {
            Some(quantity) => (quantity, true),
            None => (name, false),
        };
        let index = self.panels.iter().position(|panel| panel.quantity == quantity).unwrap_or_else(|| {
            let index = if quantity == "loss" { 0 } else { self.panels.len() };
            self.panels.insert(index, Panel { quantity: quantity.to_owned(), training: None, validation: None });
            index
        });
        let panel = &mut self.panels[index];
        let side = if is_validation { &mut panel.validation } else { &mut panel.training };
        *side = Some(values.to_vec());
        self
    }

    /// Sets a title above the panels.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// Sets the size of a panel in pixels, 520 by 360 by default.
    #[must_use]
    pub fn panel_size(self, width: u32, height: u32) -> Self {
        Self { panel_size: (width, height), ..self }
    }

    /// The plot as SVG text.
    ///
    /// # Errors
    ///
    /// If there are no curves or no epochs, or the panels are too small.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        let count = self.panels.len();
        let columns = if count <= 3 { count } else { (count as f64).sqrt().ceil() as usize };
        let rows = count.div_ceil(columns);
        let head = if self.title.is_some() { 44 } else { 0 };
        let (width, height) = (self.panel_size.0 * columns as u32, self.panel_size.1 * rows as u32 + head);
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
            root.fill(&WHITE).map_err(not_drawn)?;
            let (top, body) = root.split_vertically(head);
            if let Some(title) = &self.title {
                write(&top, title, (width as i32 / 2, 30), 24.0, TEXT, HPos::Center)?;
            }
            for (panel, area) in self.panels.iter().zip(body.split_evenly((rows, columns))) {
                panel.draw(&area)?;
            }
            root.present().map_err(not_drawn)?;
        }
        Ok(svg)
    }

    /// Writes the plot to a file, whose name must end in `.svg`. An incomplete file is never left behind.
    ///
    /// # Errors
    ///
    /// As [`svg`](Self::svg), or if the file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg")) {
            return Err(Error::argument("learning curves are drawn as SVG only")
                .at(format!("file {:?}", path.display().to_string()))
                .hint("let the name of the file end in .svg"));
        }
        let svg = self.svg()?;
        write_atomically(path, |file| file.write_all(svg.as_bytes()).map_err(unwritable))
    }

    fn check(&self) -> Result<()> {
        let at = |error: Error| Err(error.at("learning curves"));
        if self.panels.is_empty() {
            return at(Error::data("there are no curves").hint("give the history of a training"));
        }
        if let Some(panel) = self.panels.iter().find(|panel| panel.epochs() == 0) {
            let problem = format!("{:?} has no epochs", panel.quantity);
            return at(Error::data(problem).hint("give one value an epoch"));
        }
        let (width, height) = self.panel_size;
        if width < 360 || height < 200 || width > 10_000 || height > 10_000 {
            return at(Error::argument("no panel can have this size")
                .received(format!("{width} x {height}"))
                .expected("from 360 x 200 to 10000 x 10000"));
        }
        Ok(())
    }
}

impl Panel {
    fn curves(&self) -> impl Iterator<Item = (&'static str, RGBColor, &[f64])> {
        let training = self.training.iter().map(|values| ("training", TRAINING, &values[..]));
        training.chain(self.validation.iter().map(|values| ("validation", VALIDATION, &values[..])))
    }

    fn epochs(&self) -> usize {
        self.curves().map(|(.., values)| values.len()).max().unwrap_or(0)
    }

    /// The lowest and the highest value, with a margin.
    fn range(&self) -> (f64, f64) {
        let values = || self.curves().flat_map(|(.., values)| values).copied().filter(|value| value.is_finite());
        let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if low > high {
            return (0.0, 1.0);
        }
        let air = if high - low > 1e-9 * high.abs() { 0.06 * (high - low) } else { 0.1 * high.abs().max(1e-6) };
        (low - air, high + air)
    }

    fn draw(&self, area: &Area<'_>) -> Result<()> {
        let (width, height) = area.dim_in_pixel();
        write(area, &self.quantity, (64, 34), 20.0, TEXT, HPos::Left)?;
        if self.validation.is_some() {
            self.legend(area, width as i32 - 24)?;
        }
        let epochs = self.epochs();
        let (low, high) = self.range();
        let x = Axis::epochs(epochs, width as usize / 60);
        let y = Axis::values(low, high, height as usize / 60);
        let mut chart = ChartBuilder::on(area)
            .margin_top(52)
            .margin_right(24)
            .margin_bottom(8)
            .margin_left(8)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(x, y)
            .map_err(not_drawn)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .max_light_lines(0)
            .bold_line_style(GRID)
            .axis_style(AXIS)
            .label_style((FONT, 15.0).into_font().color(&LABEL))
            .x_desc("epoch")
            .draw()
            .map_err(not_drawn)?;
        for (name, color, values) in self.curves() {
            for run in runs(values) {
                if run.len() > 1 {
                    chart.draw_series(LineSeries::new(run.clone(), color.stroke_width(2))).map_err(not_drawn)?;
                }
                if run.len() == 1 || epochs <= MAX_POINTS {
                    let inside = if name == "training" { color } else { WHITE };
                    let point = |at| Circle::new(at, 4, inside.filled());
                    chart.draw_series(run.iter().copied().map(point)).map_err(not_drawn)?;
                    let ring = |at| Circle::new(at, 4, color.stroke_width(2));
                    chart.draw_series(run.into_iter().map(ring)).map_err(not_drawn)?;
                }
            }
        }
        Ok(())
    }

    /// Draws the names of the curves with their last values, up to the column `right`.
    fn legend(&self, area: &Area<'_>, right: i32) -> Result<()> {
        let curves: Vec<_> = self.curves().collect();
        let mut right = right;
        for (name, color, values) in curves.into_iter().rev() {
            let last = values.iter().rev().find(|value| value.is_finite());
            let mark = if name == "training" { "●" } else { "○" };
            let text = format!("{mark} {name}{}", last.map_or(String::new(), |last| format!(" {last:.4}")));
            write(area, &text, (right, 33), 15.0, color, HPos::Right)?;
            right -= 7 * text.chars().count() as i32 + 16;
        }
        Ok(())
    }
}

/// Splits a curve at its gaps, into runs of epochs with their values.
fn runs(values: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let points: Vec<_> = (1..).map(f64::from).zip(values.iter().copied()).collect();
    let runs = points.split(|(_, value)| !value.is_finite());
    runs.filter(|run| !run.is_empty()).map(<[_]>::to_vec).collect()
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: f64, color: RGBColor, side: HPos) -> Result<()> {
    let style = TextStyle::from((FONT, size).into_font()).color(&color).pos(Pos::new(side, VPos::Bottom));
    area.draw(&Text::new(printable(text), at, style)).map_err(not_drawn)
}

fn not_drawn(error: impl Display) -> Error {
    Error::data(format!("the picture cannot be drawn ({error})")).at("learning curves")
}
