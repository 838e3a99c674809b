//! Output: results go to stdout, everything else goes to stderr.
//!
//! All text passes this file, and what a terminal would act upon is escaped here: names come from files, which are
//! untrusted input.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};

use horn::{Error, Result};
use horn_nn::files::unwritable;
use horn_nn::printable::{is_printable, printable, printable_lines};
use serde::Serialize;

/// Writes a result of several lines.
pub fn write(text: &str) -> Result<()> {
    send(&printable_lines(text))
}

/// Writes a text with colours, whose names are escaped already.
pub fn styled(text: &str) -> Result<()> {
    send(&format!("{text}\n"))
}

fn send(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    ended(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// If the reader has closed the pipe, as `head` does, the program exits successfully.
fn ended(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(unwritable(error).at("stdout")),
        Ok(()) => Ok(()),
    }
}

/// Writes a result and a newline.
pub fn line(text: &str) -> Result<()> {
    write(&format!("{text}\n"))
}

/// Writes one JSON document, as it is made: it can be much longer than what it is made of. Its strings are exact: what is
/// escaped is escaped as JSON does it.
pub fn json(value: &impl Serialize) -> Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(PrintableJson(&mut stdout), value);
    ended(written.map_err(io::Error::from).and_then(|()| writeln!(stdout)).and_then(|()| stdout.flush()))
}

/// A writer of JSON whose characters are all printable.
struct PrintableJson<W>(W);

impl<W: Write> Write for PrintableJson<W> {
    /// `serde_json` writes whole characters.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
            self.0.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(in_printable_json(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// JSON whose characters are all printable. Only its strings have others, as `serde_json` breaks lines by `\n` alone.
fn in_printable_json(text: &str) -> Cow<'_, str> {
    let stays = |letter: char| letter == '\n' || is_printable(letter);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut json = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match stays(letter) {
            true => json.push(letter),
            false => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    Cow::Owned(json)
}

/// Writes a message that is not a result, to stderr.
pub fn note(text: &str) {
    // If stderr is closed, nobody can read the message.
    let _ = writeln!(io::stderr(), "{}", printable_lines(text));
}

/// Writes a warning to stderr, as one line.
pub fn warn(warning: &Error) {
    note(&format!("warning: {}", format!("{warning:#}").split_whitespace().collect::<Vec<_>>().join(" ")));
}

/// Formats a table with aligned columns. The columns in `numbers` are aligned to the right.
pub fn table(rows: &[Vec<String>], numbers: &[usize]) -> String {
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
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
    fn json_is_printable_and_exact() {
        let names = ["a\x1b\n\"\\", "\u{9b}31m\u{7f}", "\u{202e}\u{e0041}", "größe 日本"];
        let value = serde_json::json!({"names": names});
        let mut shown = Vec::new();
        serde_json::to_writer_pretty(PrintableJson(&mut shown), &value).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.chars().all(|letter| letter == '\n' || is_printable(letter)), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        assert!(matches!(in_printable_json("{\"a\": \"日本\"}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["a".into(), "1".into(), "x".into()], vec!["bcd".into(), "20".into()]];
        assert_eq!(table(&rows, &[1]), "a     1  x\nbcd  20\n");
        let rows = [vec!["a\nb".into(), "1".into()], vec!["c\x1b".into(), "2".into()]];
        assert_eq!(table(&rows, &[]), "a\\nb     1\nc\\u{1b}  2\n");
    }
}
