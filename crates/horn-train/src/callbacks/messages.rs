//! What callbacks print. Names come from files, so what a terminal would act upon is escaped here.

use std::cell::RefCell;
use std::io::{self, Write};

use horn_nn::printable::printable_lines;

thread_local! {
    /// What was printed while a test captures it.
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Prints a message of a callback to the standard output. Errors in writing are ignored: training must not end because
/// nobody reads its output.
#[doc(hidden)]
pub fn print_msg(text: &str) {
    let text = &printable_lines(text);
    if !captured(text) {
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// Prints a warning to the standard error.
#[doc(hidden)]
pub fn print_warning(text: &str) {
    let text = format!("warning: {}", printable_lines(text));
    if !captured(&text) {
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// Returns what callbacks print on this thread while the function runs, instead of printing it.
#[doc(hidden)]
pub fn capture<T>(run: impl FnOnce() -> T) -> (T, String) {
    CAPTURED.replace(Some(String::new()));
    let result = run();
    (result, CAPTURED.take().unwrap_or_default())
}

fn captured(text: &str) -> bool {
    CAPTURED.with_borrow_mut(|captured| match captured {
        Some(captured) => {
            captured.push_str(text);
            captured.push('\n');
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_upon_is_escaped() {
        let ((), text) = capture(|| {
            print_msg("\nEpoch 1: \x1b[2J improved");
            print_warning("no metric \u{202e}loss\r");
        });
        assert_eq!(text, "\nEpoch 1: \\u{1b}[2J improved\nwarning: no metric \\u{202e}loss\\r\n");
    }
}
