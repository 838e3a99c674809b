//! Bar charts for the terminal, with a resolution of an eighth of a character.

use std::borrow::Cow;

use horn_nn::printable::printable;
use horn_nn::{Error, Result};
use unicode_width::UnicodeWidthStr;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// A bar for each value, between its label and its number, in lines of `width` columns.
///
/// A full bar is 1 if no value is greater, which suits probabilities; otherwise it is the largest value. NaN and
/// infinity have a number but no bar.
///
/// ```
/// # fn main() -> horn::Result<()> {
/// let chart = horn::plot::bar_chart(&[("cat", 0.659), ("dog", 0.242), ("bird", 0.099)], 40)?;
/// assert_eq!(chart, "\
/// cat  ██████████████████▌          0.6590
/// dog  ██████▊                      0.2420
/// bird ██▊                          0.0990");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If a value is negative, there are no values, or `width` is too small for the labels, the numbers and a bar of one
/// column.
pub fn bar_chart<S: AsRef<str>>(bars: &[(S, f64)], width: usize) -> Result<String> {
    if bars.is_empty() {
        return Err(Error::data("there are no values").at("bar_chart").hint("give at least one label with its value"));
    }
    if let Some((label, value)) = bars.iter().find(|(_, value)| *value < 0.0) {
        return Err(Error::data("a value is negative")
            .at(format!("bar {:?}", label.as_ref()))
            .received(value)
            .expected("0 or more")
            .hint("draw quantities that are never negative, such as probabilities"));
    }
    let numbers: Vec<_> = bars.iter().map(|(_, value)| number(*value)).collect();
    let shown: Vec<_> = bars.iter().map(|(label, _)| printable(label.as_ref())).collect();
    let labels = shown.iter().map(|label| label.width()).max().unwrap_or(0);
    let digits = numbers.iter().map(String::len).max().unwrap_or(0);
    let room = width.saturating_sub(labels + digits + 2);
    if room == 0 {
        return Err(Error::argument("the lines are too short")
            .at("width")
            .received(width)
            .expected(format!("at least {}", labels + digits + 3))
            .hint("give a larger width, or shorter labels"));
    }
    let full = bars.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).fold(1.0, f64::max);
    let line = |(((_, value), label), number): ((&(S, f64), &Cow<'_, str>), &String)| {
        let bar = if value.is_finite() { bar(value / full, room) } else { String::new() };
        let pad = " ".repeat(labels - label.width());
        let space = " ".repeat(room - bar.width());
        format!("{label}{pad} {bar}{space} {number:>digits$}")
    };
    Ok(bars.iter().zip(&shown).zip(&numbers).map(line).collect::<Vec<_>>().join("\n"))
}

fn bar(part: f64, columns: usize) -> String {
    let eighths = (part * columns as f64 * 8.0).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

fn number(value: f64) -> String {
    if value.is_finite() && value >= 1e6 { format!("{value:.4e}") } else { format!("{value:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_eighth() {
        let bars: Vec<_> = (0..=8).map(|eighth| ("", f64::from(eighth) / 8.0)).collect();
        let chart = bar_chart(&bars, 9).unwrap();
        let drawn: String = chart.lines().map(|line| line.chars().nth(1).unwrap()).collect();
        assert_eq!(drawn, " ▏▎▍▌▋▊▉█");
    }

    #[test]
    fn great_values_and_none() {
        let chart = bar_chart(&[("a", f64::INFINITY), ("bc", 3e8), ("日本", 1.5e8), ("", f64::NAN)], 24).unwrap();
        let expected = "\
a                    inf
bc   ██████████ 3.0000e8
日本 █████      1.5000e8
                     NaN";
        let lines: Vec<_> = chart.lines().map(|line| (line.width(), line)).collect();
        assert!(lines.iter().all(|(width, _)| *width == 24), "{lines:?}");
        assert_eq!(chart, expected);
    }

    #[test]
    fn what_cannot_be_drawn() {
        let none: [(&str, f64); 0] = [];
        assert!(bar_chart(&none, 80).unwrap_err().is_data());
        let negative = bar_chart(&[("cat", -0.5)], 80).unwrap_err();
        assert_eq!(
            negative.to_string(),
            "bar \"cat\": a value is negative; received -0.5, expected 0 or more. Hint: draw quantities that are never \
             negative, such as probabilities."
        );
        let short = bar_chart(&[("cat", 0.5)], 11).unwrap_err();
        assert_eq!(
            short.to_string(),
            "width: the lines are too short; received 11, expected at least 12. Hint: give a larger width, or shorter \
             labels."
        );
        assert_eq!(bar_chart(&[("cat", 0.5)], 12).unwrap(), "cat ▌ 0.5000");
    }
}
