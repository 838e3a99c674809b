//! What callbacks print.

use std::cell::RefCell;
use std::io::{self, Write};

thread_local! {
    /// What was printed while a test captures it.
    static CAPTURED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Prints a message of a callback to the standard output. Errors in writing are ignored: training must not end because
/// nobody reads its output.
#[doc(hidden)]
pub fn print_msg(text: &str) {
    if !captured(text) {
        let _ = writeln!(io::stdout(), "{text}");
    }
}

/// Prints a warning to the standard error.
#[doc(hidden)]
pub fn print_warning(text: &str) {
    if !captured(&format!("warning: {text}")) {
        let _ = writeln!(io::stderr(), "warning: {text}");
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
