//! A panic is a bug in Horn. It is said in one line, too.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};

use crate::output;

/// Runs the command. `None` if it panicked, which is said then.
pub fn said_in_one_line<T>(run: impl FnOnce() -> T) -> Option<T> {
    set_hook(Box::new(|panic| output::note(&line(panic))));
    catch_unwind(AssertUnwindSafe(run)).ok()
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let place = panic.location().map_or_else(String::new, |place| format!(" ({}:{})", place.file(), place.line()));
    format!("error: Horn has a bug: {message}{place}. Hint: report it with the command and the file.")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const CHILD: &str = "HORN_TEST_PANICS";

    #[test]
    #[ignore = "no test of its own: the next one runs it"]
    fn panics() {
        if std::env::var_os(CHILD).is_some() && said_in_one_line(|| panic!("two\nlines\x1b[2J of {}", 1)).is_none() {
            std::process::exit(7);
        }
    }

    #[test]
    fn a_panic_is_one_printable_line() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "panics::tests::panics", "--ignored", "--nocapture", "--test-threads=1"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(7), "{errors}");
        let line = errors.lines().last().unwrap();
        assert!(
            line.starts_with("error: Horn has a bug: two lines\\u{1b}[2J of 1 (") && line.contains("panics.rs:"),
            "{errors}"
        );
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}
