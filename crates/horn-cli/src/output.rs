//! Output: results go to stdout, everything else goes to stderr.

use std::io::{self, ErrorKind, Write};

use horn::{Error, Result};
use serde_json::Value;

/// Writes a result. If the reader has closed the pipe, as `head` does, the program exits successfully.
pub fn write(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Error::file("cannot be written").at("stdout").because(error)),
        Ok(()) => Ok(()),
    }
}

/// Writes a result and a newline.
pub fn line(text: &str) -> Result<()> {
    write(&format!("{text}\n"))
}

/// Writes one JSON document.
pub fn json(value: &Value) -> Result<()> {
    line(&format!("{value:#}"))
}

/// Writes a message that is not a result, to stderr.
pub fn note(text: &str) {
    // If stderr is closed, nobody can read the message.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a warning to stderr, as one line.
pub fn warn(warning: &Error) {
    note(&format!("warning: {}", format!("{warning:#}").split_whitespace().collect::<Vec<_>>().join(" ")));
}

/// Formats a table with aligned columns. The columns in `numbers` are aligned to the right.
pub fn table(rows: &[Vec<String>], numbers: &[usize]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| match numbers.contains(&column) {
            true => format!("{cell:>width$}", width = widths[column]),
            false => format!("{cell:<width$}", width = widths[column]),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Formats a number with separators, as in `118,282`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a size in bytes as Keras's summary does, as in `462.04 KB`.
pub fn memory(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if size < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.2} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.2} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1023, 1536, 5 << 40].map(memory), ["0 B", "1023 B", "1.50 KB", "5.00 TB"]);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["a".into(), "1".into(), "x".into()], vec!["bcd".into(), "20".into()]];
        assert_eq!(table(&rows, &[1]), "a     1  x\nbcd  20\n");
    }
}
