//! What training shows on a terminal and elsewhere. `script` of util-linux provides a pseudo-terminal.

use std::process::Command;
use std::thread;
use std::time::Duration;

use horn::Result;
use horn::prelude::*;
use ndarray::{Array2, array};

/// Says to a test that another one has started it.
const SHOWN: &str = "HORN_TEST_SHOWN";

/// Has another test started this one?
pub fn is_shown() -> bool {
    std::env::var_os(SHOWN).is_some()
}

/// The arguments that run one ignored test.
fn alone(test: &str) -> [&str; 5] {
    ["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]
}

/// Runs an ignored test in a pseudo-terminal of this kind with 120 columns, and returns what it writes there. `keys` is a
/// shell command whose output are the keys that are pressed.
pub fn in_a_terminal(test: &str, kind: &str, keys: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("({keys}) | script -qec \"$RUN\" /dev/null")])
        .env("RUN", format!("stty rows 40 cols 120; '{}' {}", program.display(), alone(test).join(" ")))
        .env(SHOWN, "1")
        .env("TERM", kind)
        .env_remove("NO_COLOR")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// Waits for longer than the line stays as it is.
struct Wait;

impl Callback for Wait {
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        thread::sleep(Duration::from_millis(60));
        Ok(())
    }
}

#[test]
#[ignore = "no test of its own: the next ones start it"]
fn trains() {
    if !is_shown() {
        return;
    }
    // From some initial weights, the loss of the second epoch is not smaller.
    set_random_seed(1);
    let model = Sequential::new().add(Input([2])).add(Dense(1));
    let mut model = model.compile(SGD::new(0.01), MeanSquaredError::new(), ()).unwrap();
    let (x, y) = (Array2::<f32>::ones((6, 2)), array![0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0]);
    for verbose in [Verbose::Bar, Verbose::Line] {
        println!("begin");
        model.fit(&x, &y, Fit::epochs(2).batch_size(2).verbose(verbose).callback(Wait)).unwrap();
        println!("end");
    }
}

/// What is shown between the two words: of the bar, and of the lines.
fn shown(text: &str, line_end: &str) -> [String; 2] {
    let [begin, end] = ["begin", "end"].map(|word| format!("{word}{line_end}"));
    let mut parts = text.split(&begin).skip(1);
    [(); 2].map(|()| parts.next().unwrap().split(&end).next().unwrap().to_owned())
}

/// The text without colours.
fn plain(text: &str) -> String {
    ["\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[37m"].iter().fold(text.to_owned(), |text, code| text.replace(code, ""))
}

/// The parts of a line of an epoch: what is before the time of a step, and the loss.
fn parts(line: &str) -> (&str, f64) {
    let (start, loss) = line.split_once(" - loss: ").unwrap_or_else(|| panic!("no loss: {line:?}"));
    let (start, per_step) = start.rsplit_once(' ').unwrap();
    assert!(per_step.ends_with("s/step"), "{line:?}");
    (start, loss.parse().unwrap())
}

const BAR: &str = "━━━━━━━━━━━━━━━━━━━━";

#[test]
fn a_terminal_redraws_the_bar_in_place() {
    let text = in_a_terminal("terminal::trains", "xterm-256color", ":");
    let [bar, lines] = shown(&text, "\r\n");
    assert!(bar.contains("\x1b[1m1/3\x1b[0m \x1b[32m━"), "{bar:?}");
    let mut epochs = bar.split("\r\n");
    for epoch in 1..=2 {
        assert_eq!(epochs.next().unwrap(), format!("Epoch {epoch}/2"));
        let line = plain(epochs.next().unwrap());
        let drawn: Vec<&str> = line.strip_suffix("\x1b[K").unwrap().split("\x1b[K").collect();
        // After each of the batches, and at the end.
        assert_eq!(drawn.len(), 4, "{line:?}");
        for (drawn, step) in drawn.iter().zip([1, 2, 3, 3]) {
            let (start, _) = parts(drawn);
            assert!(start.starts_with(&format!("\r{step}/3 {BAR} ")), "{drawn:?}");
        }
    }
    assert_eq!((epochs.next(), epochs.next()), (Some(""), None));
    assert!(!lines.replace("\r\n", "").contains(['\r', '\x1b']), "{lines:?}");
}

#[test]
fn elsewhere_each_epoch_is_a_plain_line() {
    let piped = Command::new(std::env::current_exe().unwrap())
        .args(alone("terminal::trains"))
        .env(SHOWN, "1")
        .env("TERM", "xterm-256color")
        .output()
        .unwrap();
    let piped = shown(&String::from_utf8(piped.stdout).unwrap(), "\n");
    let dumb = shown(&in_a_terminal("terminal::trains", "dumb", ":"), "\r\n").map(|text| text.replace("\r\n", "\n"));
    for [bar, lines] in [piped, dumb] {
        for (text, start) in [(bar, format!("3/3 {BAR} ")), (lines, "3/3 - ".to_owned())] {
            let rows: Vec<&str> = text.lines().collect();
            assert_eq!((rows.len(), rows[0], rows[2]), (4, "Epoch 1/2", "Epoch 2/2"), "{text:?}");
            let [first, second] = [rows[1], rows[3]].map(parts);
            assert!(first.0.starts_with(&start) && second.0.starts_with(&start), "{text:?}");
            assert!(second.1 < first.1, "{text:?}");
            assert!(!text.contains(['\r', '\x1b']), "{text:?}");
        }
    }
}
