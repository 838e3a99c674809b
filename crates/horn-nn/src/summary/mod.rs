//! The summary of a model: the table that Keras's `model.summary()` prints, character for character.

// Imports `printable`.

#[cfg(test)]
mod tests;
mod text;

use std::fmt;
use std::io;
use std::io::{IsTerminal, Write};

use crate::summary::text::{Align, LongWord, Style, Text};

/// The summary of a model: one row for each layer, and the total numbers of parameters.
///
/// ```
/// use horn::summary::{Row, Summary, Totals};
///
/// let dense = Row {
///     name: "dense".into(),
///     class_name: "Dense".into(),
///     output_shape: Some("(None, 10)".into()),
///     params: Some(7850),
///     ..Row::default()
/// };
/// let summary = Summary {
///     name: "sequential".into(),
///     rows: vec![dense],
///     totals: Totals { trainable: 7850, ..Totals::default() },
///     ..Summary::default()
/// };
/// assert_eq!(summary.to_string(), "\
/// Model: \"sequential\"
/// ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
/// ┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
/// ┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
/// │ dense (Dense)                   │ (None, 10)             │         7,850 │
/// └─────────────────────────────────┴────────────────────────┴───────────────┘
///  Total params: 7,850 (30.66 KB)
///  Trainable params: 7,850 (30.66 KB)
///  Non-trainable params: 0 (0.00 B)");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// The layers, in the order in which they are shown.
    pub rows: Vec<Row>,
    /// The total numbers of parameters.
    pub totals: Totals,
    /// Adds the column that shows whether a layer is trainable.
    pub show_trainable: bool,
    /// Adds the column that shows which layers the inputs come from. Keras adds it if the model is not a plain chain.
    pub show_connections: bool,
    /// The width of the table in columns, instead of one that depends on the terminal: Keras's `line_length`.
    ///
    /// ```
    /// # use horn::summary::Summary;
    /// let wide = Summary { line_length: Some(110), ..Summary::default() };
    /// assert_eq!(wide.to_string().lines().nth(1).unwrap().chars().count(), 110);
    /// ```
    pub line_length: Option<usize>,
}

/// One layer of a [`Summary`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The name of the layer, such as `dense_1`.
    pub name: String,
    /// The name of its class, such as `Dense`.
    pub class_name: String,
    /// The output shape, such as `(None, 128)`; `None` if the layer is not built.
    pub output_shape: Option<String>,
    /// The number of parameters; `None` if the layer is not built.
    pub params: Option<usize>,
    /// Whether the layer is trainable; `None` for a layer without weights.
    pub trainable: Option<bool>,
    /// The outputs that the layer takes; empty for an input.
    pub connected_to: Vec<Connection>,
}

/// One input of a layer: the output of another layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The name of the layer that the input comes from.
    pub layer: String,
    /// The index of the call of that layer.
    pub node_index: usize,
    /// The index of the output of that call.
    pub tensor_index: usize,
}

/// The total numbers of parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Values of trainable weights.
    pub trainable: usize,
    /// Values of non-trainable weights.
    pub non_trainable: usize,
    /// Values of the optimizer's variables, if it has some. As in Keras, the step counter and the learning rate count.
    pub optimizer: Option<usize>,
}

struct Column {
    title: &'static str,
    width: usize,
    align: Align,
}

impl Summary {
    /// The summary for a terminal of `columns` columns, without a newline at the end.
    ///
    /// Without a [`line_length`](Self::line_length), the table is four columns narrower than the terminal, and at most as
    /// wide as Keras's, which is 88 columns in the plain case. If the terminal is too narrow, the table has its minimal
    /// width.
    ///
    /// ```
    /// # use horn::summary::Summary;
    /// let summary = Summary { name: "tiny".into(), ..Summary::default() };
    /// assert_eq!(summary.render(120, false).lines().nth(1).unwrap().chars().count(), 88);
    /// assert!(summary.render(80, true).starts_with("\x1b[1mModel: \"tiny\"\x1b[0m\n"));
    /// ```
    pub fn render(&self, columns: usize, styled: bool) -> String {
        let table = self.columns(columns);
        let columns = columns.max(rule(&table, "┏━┳┓").chars().count());
        let mut lines = wrapped(&Text::new(&format!("Model: \"{}\"", self.name), Style::Bold), columns, styled);
        lines.push(rule(&table, "┏━┳┓"));
        let titles: Vec<_> = table.iter().map(|column| Text::new(column.title, Style::Bold)).collect();
        lines.extend(header(&table, &titles, styled));
        lines.push(rule(&table, "┡━╇┩"));
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                lines.push(rule(&table, "├─┼┤"));
            }
            lines.extend(body(&table, &self.cells(row), styled));
        }
        lines.push(rule(&table, "└─┴┘"));
        for (title, count) in self.totals.named() {
            let total = Text::new(&format!(" {title} params: "), Style::Bold)
                .with(&thousands(count), Style::Number)
                .with(&format!(" ({})", memory(count)), Style::Plain);
            lines.extend(wrapped(&total, columns, styled));
        }
        lines.join("\n")
    }

    /// Prints the summary in the width of the terminal, with colours if the terminal supports them.
    pub fn print(&self) {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let styled = io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb;
        // A closed pipe, as after `head`, must not stop the program.
        let _ = writeln!(io::stdout(), "{}", self.render(terminal_width(), styled));
    }

    fn columns(&self, terminal: usize) -> Vec<Column> {
        let mut columns = vec![
            ("Layer (type)", Align::Left, 0.45),
            ("Output Shape", Align::Left, 0.80),
            ("Param #", Align::Right, 1.0),
        ];
        let mut longest = 88;
        if self.show_connections {
            (columns[0].2, columns[1].2, columns[2].2) = (0.3, 0.56, 0.74);
            columns.push(("Connected to", Align::Left, 1.0));
            longest = 108;
        }
        if self.show_trainable {
            columns.iter_mut().for_each(|(.., end)| *end *= 0.90);
            columns.push(("Trainable", Align::Center, 1.0));
            longest += 12;
        }
        let ends: Vec<f64> = columns.iter().map(|(.., end)| *end).collect();
        let line_length = self.line_length.unwrap_or(terminal.saturating_sub(4).min(longest));
        let widths = (line_length..)
            .find_map(|line| widths(line, &ends))
            .expect("a line that is long enough has room for every column");
        columns.into_iter().zip(widths).map(|((title, align, _), width)| Column { title, width, align }).collect()
    }

    fn cells(&self, row: &Row) -> Vec<Text> {
        let mut cells = vec![
            Text::new(&row.name, Style::Plain)
                .with(" (", Style::Plain)
                .with(&row.class_name, Style::Class)
                .with(")", Style::Plain),
            shape(row.output_shape.as_deref().unwrap_or("?")),
            match row.params {
                Some(count) => Text::new(&thousands(count), Style::Number),
                None => Text::new("0", Style::Number).with(" (unbuilt)", Style::Plain),
            },
        ];
        if self.show_connections {
            cells.push(connections(&row.connected_to));
        }
        if self.show_trainable {
            cells.push(match row.trainable {
                Some(true) => Text::new("Y", Style::Trainable),
                Some(false) => Text::new("N", Style::Frozen),
                None => Text::new("-", Style::Bold),
            });
        }
        cells
    }
}

impl fmt::Display for Summary {
    /// Eighty columns, without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(80, false))
    }
}

impl Totals {
    fn named(&self) -> Vec<(&'static str, usize)> {
        let Self { trainable, non_trainable, optimizer } = *self;
        let mut named = vec![
            ("Total", trainable + non_trainable + optimizer.unwrap_or(0)),
            ("Trainable", trainable),
            ("Non-trainable", non_trainable),
        ];
        named.extend(optimizer.map(|count| ("Optimizer", count)));
        named
    }
}

/// The width of the terminal in columns: the variable `COLUMNS`, or that of the terminal, or 80.
///
/// ```
/// assert!(horn::summary::terminal_width() > 0);
/// ```
pub fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok()).filter(|&n| n > 0);
    let of_terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    columns.or_else(of_terminal).filter(|&n| n > 0).unwrap_or(80)
}

/// The widths of the columns' contents if the table is `line` wide; `None` if one would be empty.
///
/// Keras gives the end of each column as a fraction of the line. Its table library then subtracts borders and padding
/// evenly from the columns.
fn widths(line: usize, ends: &[f64]) -> Option<Vec<usize>> {
    let mut widths = Vec::with_capacity(ends.len());
    let mut frame = 3 * ends.len() + 1;
    let mut begin = 0;
    for (index, end) in ends.iter().enumerate() {
        let end = (end * line as f64) as usize;
        let share = (frame as f64 / (ends.len() - index) as f64).round_ties_even() as usize;
        widths.push((end - begin).checked_sub(share).filter(|&width| width > 0)?);
        frame -= share;
        begin = end;
    }
    Some(widths)
}

/// A horizontal line of the table, drawn with the given left end, stroke, crossing and right end.
fn rule(table: &[Column], strokes: &str) -> String {
    let mut strokes = strokes.chars().map(String::from);
    let [left, stroke, cross, right] = std::array::from_fn(|_| strokes.next().unwrap_or_default());
    let parts: Vec<_> = table.iter().map(|column| stroke.repeat(column.width + 2)).collect();
    left + &parts.join(&cross) + &right
}

fn header(table: &[Column], titles: &[Text], styled: bool) -> Vec<String> {
    let columns: Vec<_> = columns_of_lines(table, titles, Style::Bold);
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let bold = |spaces: usize| Text::new(&" ".repeat(spaces), Style::Bold).render(styled);
    let cell = |column: &Column, lines: &[Text], line: usize| match (line + lines.len()).checked_sub(height) {
        Some(line) => bold(1) + &lines[line].render(styled) + &bold(1),
        None => bold(column.width + 2),
    };
    let line =
        |line| -> Vec<_> { table.iter().zip(&columns).map(|(column, lines)| cell(column, lines, line)).collect() };
    (0..height).map(|index| format!("┃{}┃", line(index).join("┃"))).collect()
}

fn body(table: &[Column], cells: &[Text], styled: bool) -> Vec<String> {
    let columns = columns_of_lines(table, cells, Style::Plain);
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |column: &Column, line: Option<&Text>| match line {
        Some(line) => line.render(styled),
        None => " ".repeat(column.width),
    };
    let line =
        |line| -> Vec<_> { table.iter().zip(&columns).map(|(column, lines)| cell(column, lines.get(line))).collect() };
    (0..height).map(|index| format!("│ {} │", line(index).join(" │ "))).collect()
}

fn columns_of_lines(table: &[Column], cells: &[Text], fill: Style) -> Vec<Vec<Text>> {
    let align = |column: &Column, cell: &Text| {
        let lines = cell.wrap(column.width, LongWord::Keep).into_iter();
        lines.map(|line| line.align(column.width, column.align, fill)).collect()
    };
    table.iter().zip(cells).map(|(column, cell)| align(column, cell)).collect()
}

fn wrapped(text: &Text, columns: usize, styled: bool) -> Vec<String> {
    text.wrap(columns.max(1), LongWord::Fold).iter().map(|line| line.render(styled)).collect()
}

/// Colours the axes of a shape.
fn shape(text: &str) -> Text {
    let mut shape = Text::default();
    for part in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let axis = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        let style = match axis {
            "None" => Style::Unknown,
            _ if axis.bytes().all(|byte| byte.is_ascii_digit()) => Style::Number,
            _ => Style::Plain,
        };
        shape = shape.with(axis, style).with(&part[axis.len()..], Style::Plain);
    }
    shape
}

fn connections(connections: &[Connection]) -> Text {
    let mut text = Text::default();
    for (index, Connection { layer, node_index, tensor_index }) in connections.iter().enumerate() {
        text = text
            .with(if index == 0 { "" } else { ", " }, Style::Plain)
            .with(layer, Style::Plain)
            .with("[", Style::Plain)
            .with(&node_index.to_string(), Style::Number)
            .with("][", Style::Plain)
            .with(&tensor_index.to_string(), Style::Number)
            .with("]", Style::Plain);
    }
    if connections.is_empty() { Text::new("-", Style::Plain) } else { text }
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The size in memory of this number of 32-bit values.
fn memory(count: usize) -> String {
    let mut size = 4.0 * count as f64;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if size < 1024.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} PB")
}
