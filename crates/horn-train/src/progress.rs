//! Keras's progress line: `469/469 ━━━━━━━━━━━━━━━━━━━━ 3s 6ms/step - accuracy: 0.8999 - loss: 0.3547`.

#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use horn_nn::printable::printable;
use horn_nn::summary::terminal_width;

const BAR: usize = 20;
const INTERVAL: Duration = Duration::from_millis(50);

/// How much is printed during training: Keras's `verbose`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verbose {
    /// Nothing: Keras's 0.
    Silent,
    /// A line with a bar that moves: Keras's 1 and "auto".
    #[default]
    Bar,
    /// One line for each epoch, without a bar: Keras's 2.
    Line,
}

/// The progress of one epoch, evaluation or prediction.
///
/// The caller passes the times, counted from the start of the epoch. In a terminal the line is redrawn in place, at
/// most twenty times a second. Elsewhere, as in a file, only the final line is written, without control characters.
/// Errors in writing are ignored: training must not end because nobody reads its output.
///
/// ```
/// use std::time::Duration;
/// use horn::{Progress, Verbose};
///
/// let mut text = Vec::new();
/// let mut progress = Progress::new(&mut text, Some(2), Verbose::Bar).epoch(0, 5);
/// for step in 1..=2 {
///     let now = Duration::from_millis(600 * step);
///     if progress.step(now) {
///         progress.draw(&[("loss", 0.5)], now);
///     }
/// }
/// progress.finish(&[("loss", 0.25)], Duration::from_millis(1300));
/// assert_eq!(
///     String::from_utf8_lossy(&text),
///     "Epoch 1/5\n2/2 ━━━━━━━━━━━━━━━━━━━━ 1s 700ms/step - loss: 0.2500\n"
/// );
/// ```
#[derive(Debug)]
pub struct Progress<W> {
    out: W,
    verbose: Verbose,
    columns: Option<usize>,
    styled: bool,
    target: Option<usize>,
    done: usize,
    after_first: Option<Duration>,
    drawn: Option<Duration>,
}

impl Progress<io::Stdout> {
    /// Progress on the standard output, drawn in place and in colours if that is a terminal.
    ///
    /// ```
    /// use horn::{Progress, Verbose};
    ///
    /// let mut progress = Progress::stdout(Some(469), Verbose::Silent);
    /// assert!(!progress.step(std::time::Duration::ZERO));
    /// ```
    pub fn stdout(target: Option<usize>, verbose: Verbose) -> Self {
        let progress = Self::new(io::stdout(), target, verbose);
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if !io::stdout().is_terminal() || is_dumb {
            return progress;
        }
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        progress.terminal(terminal_width(), !no_color)
    }
}

impl<W: Write> Progress<W> {
    /// Progress of `target` steps, if known, for an output that is not a terminal.
    ///
    /// ```
    /// use horn::{Progress, Verbose};
    ///
    /// let mut text = Vec::new();
    /// let mut progress = Progress::new(&mut text, None, Verbose::Line);
    /// progress.step(std::time::Duration::from_millis(3));
    /// progress.finish(&[], std::time::Duration::from_millis(4));
    /// assert_eq!(String::from_utf8_lossy(&text), "1/1 - 0s - 4ms/step\n");
    /// ```
    pub fn new(out: W, target: Option<usize>, verbose: Verbose) -> Self {
        let target = target.filter(|&steps| steps > 0);
        Self { out, verbose, columns: None, styled: false, target, done: 0, after_first: None, drawn: None }
    }

    /// Draws in place, in a terminal with this many columns; `styled` adds colours.
    ///
    /// ```
    /// # use horn::{Progress, Verbose};
    /// let mut text = Vec::new();
    /// let mut progress = Progress::new(&mut text, Some(2), Verbose::Bar).terminal(80, false);
    /// assert!(progress.step(std::time::Duration::from_secs(1)));
    /// progress.draw(&[("loss", 0.5)], std::time::Duration::from_secs(1));
    /// assert_eq!(String::from_utf8_lossy(&text), "\r1/2 ━━━━━━━━━━━━━━━━━━━━ 1s 1s/step - loss: 0.5000\x1b[K");
    /// ```
    #[must_use]
    pub fn terminal(self, columns: usize, styled: bool) -> Self {
        Self { columns: Some(columns), styled, ..self }
    }

    /// Writes `Epoch 1/5` for epoch 0 of 5. As in Keras, nothing is written if there is only one epoch.
    #[must_use]
    pub fn epoch(mut self, epoch: usize, epochs: usize) -> Self {
        if epochs > 1 && self.verbose != Verbose::Silent {
            self.write(&format!("Epoch {}/{epochs}\n", epoch + 1));
        }
        self
    }

    /// Counts a step. Returns whether the line is due to be drawn, and so the scores are worth reading.
    pub fn step(&mut self, now: Duration) -> bool {
        self.done += 1;
        // As in Keras, a line without a bar counts the first step.
        if self.done == 1 && self.verbose == Verbose::Bar {
            self.after_first = Some(now);
        }
        let waited = self.drawn.is_none_or(|drawn| now.saturating_sub(drawn) >= INTERVAL);
        self.verbose == Verbose::Bar && self.columns.is_some() && waited
    }

    /// Draws the line in place.
    pub fn draw(&mut self, values: &[(&str, f64)], now: Duration) {
        let Some(columns) = self.columns.filter(|_| self.verbose == Verbose::Bar) else {
            return;
        };
        let time = match self.target {
            Some(target) => countdown(self.per_step(now) * target.saturating_sub(self.done) as f64),
            None => seconds(now),
        };
        // A line wider than the terminal can't be redrawn in place, so its last numbers wait for the final line.
        let shown = (0..=values.len())
            .rev()
            .find(|&shown| self.line(&time, &values[..shown], now, false).chars().count() < columns);
        let line = self.line(&time, &values[..shown.unwrap_or(0)], now, self.styled);
        self.write(&format!("\r{line}\x1b[K"));
        self.drawn = Some(now);
    }

    /// Writes the final line.
    pub fn finish(mut self, values: &[(&str, f64)], now: Duration) {
        self.target = self.target.or(Some(self.done).filter(|&done| done > 0));
        let line = match self.verbose {
            Verbose::Silent => return,
            Verbose::Bar => self.line(&seconds(now), &as_shown_before(values), now, self.styled),
            Verbose::Line => {
                // Here Keras asks for the value, not for its magnitude: negative numbers have an exponent.
                let numbers = metrics(values, |value| value > 1e-3);
                format!("{} - {} - {}{numbers}", self.counter(), seconds(now), per_step(self.per_step(now)))
            }
        };
        match self.columns.filter(|_| self.verbose == Verbose::Bar) {
            Some(_) => self.write(&format!("\r{line}\x1b[K\n")),
            None => self.write(&format!("{line}\n")),
        }
    }

    fn line(&self, time: &str, values: &[(&str, f64)], now: Duration, styled: bool) -> String {
        let paint = |code: &str, text: &str| match styled && !text.is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        };
        let mut line = paint("1", &self.counter());
        if let Some(target) = self.target {
            let filled = BAR * self.done.min(target) / target;
            line += " ";
            line += &paint("32", &"━".repeat(filled));
            line += &paint("37", &"━".repeat(BAR - filled));
        }
        format!(
            "{line} {} {}{}",
            paint("1", time),
            per_step(self.per_step(now)),
            metrics(values, |value| value.abs() > 1e-3)
        )
    }

    fn counter(&self) -> String {
        match self.target {
            Some(target) => format!("{:1$}/{target}", self.done, target.to_string().len()),
            None => format!("{:7}/Unknown", self.done),
        }
    }

    /// The seconds for each step. Where a bar moves, the first step, which includes the setup, does not count once there are
    /// others.
    fn per_step(&self, now: Duration) -> f64 {
        match (self.done, self.after_first) {
            (0, _) => 0.0,
            (done @ 2.., Some(first)) => now.saturating_sub(first).as_secs_f64() / (done - 1) as f64,
            (done, _) => now.as_secs_f64() / done as f64,
        }
    }

    fn write(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

/// Values in the order of a line that moves: it has shown those of training before those of validation are known.
fn as_shown_before<'a>(values: &[(&'a str, f64)]) -> Vec<(&'a str, f64)> {
    let is_known = |key: &str| values.iter().any(|(other, _)| *other == format!("val_{key}"));
    let (known, new): (Vec<_>, Vec<_>) = values.iter().partition(|(key, _)| is_known(key));
    [known, new].concat()
}

fn seconds(time: Duration) -> String {
    format!("{:.0}s", time.as_secs_f64())
}

fn countdown(left: f64) -> String {
    let (hours, minutes, seconds) = (left as u64 / 3600, left as u64 / 60 % 60, left as u64 % 60);
    if left > 3600.0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else if left > 60.0 {
        format!("{}:{seconds:02}", left as u64 / 60)
    } else {
        format!("{}s", left as u64)
    }
}

fn per_step(seconds: f64) -> String {
    if seconds >= 1.0 || seconds == 0.0 {
        format!("{seconds:.0}s/step")
    } else if seconds >= 1e-3 {
        format!("{:.0}ms/step", seconds * 1e3)
    } else {
        format!("{:.0}us/step", seconds * 1e6)
    }
}

fn metrics(values: &[(&str, f64)], is_large: fn(f64) -> bool) -> String {
    let metric = |(name, value): &(&str, f64)| format!(" - {}: {}", printable(name), number(*value, is_large(*value)));
    values.iter().map(metric).collect()
}

/// Four decimals if the value is large enough for them, or an exponent. Written as in Python.
fn number(value: f64, is_large: bool) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if is_large || value.is_infinite() {
        return format!("{value:.4}");
    }
    let text = format!("{value:.4e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{exponent:+03}")
}
