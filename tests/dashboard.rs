//! Burn's dashboard, in a pseudo-terminal.

use std::io::{self, IsTerminal};
use std::process::Command;
use std::thread;
use std::time::Duration;

use horn::callbacks::{Callback, Dashboard, Training};
use horn::prelude::*;
use horn::{History, Result};

/// Says to the test below that it runs in a terminal.
const SHOWN: &str = "HORN_TEST_DASHBOARD";

/// Gives the dashboard the time to draw.
struct Wait;

impl Callback for Wait {
    fn on_train_batch_end(&mut self, _: usize, _: &mut Training<'_>) -> Result<()> {
        thread::sleep(Duration::from_millis(200));
        Ok(())
    }
}

fn train(epochs: usize, dashboard: Dashboard) -> History {
    let model = Sequential::new().add(Input([2])).add(Dense(1));
    let mut model = model.compile(Adam::new(0.01), MeanSquaredError::new(), ()).unwrap();
    let x = HostArray::new((0..12).map(|x| x as f32 / 7.0 - 0.8).collect::<Vec<_>>(), [6, 2]).unwrap();
    let y = HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6, 1]).unwrap();
    let fit = Fit::epochs(epochs).batch_size(2).verbose(Verbose::Silent).validation_data(&x, &y);
    model.fit(&x, &y, fit.callback(Wait).callback(dashboard)).unwrap()
}

#[test]
#[ignore = "no test of its own: the next ones run it in a terminal"]
fn trains_in_a_terminal() {
    if std::env::var_os(SHOWN).is_some() {
        let history = train(3, Dashboard::new());
        println!("trained {} epochs", history.epoch().len());
    }
}

/// Runs the training above in a pseudo-terminal of util-linux, and returns what it writes there. `keys` is a shell command
/// whose output are the keys that are pressed.
fn in_a_terminal(keys: &str) -> String {
    let test = "dashboard::trains_in_a_terminal --ignored --nocapture --test-threads=1";
    let program = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("({keys}) | script -qec \"$RUN\" /dev/null")])
        .env("RUN", format!("stty rows 40 cols 120; '{}' --exact {test}", program.display()))
        .env(SHOWN, "1")
        .env("TERM", "xterm-256color")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

const ENTERS: &str = "\u{1b}[?1049h";
const LEAVES: &str = "\u{1b}[?1049l";

#[test]
fn a_terminal_shows_the_dashboard_and_gets_its_screen_back() {
    let text = in_a_terminal("sleep 5");
    let (_, shown) = text.split_once(ENTERS).unwrap_or_else(|| panic!("no dashboard: {text}"));
    let (shown, after) = shown.split_once(LEAVES).unwrap_or_else(|| panic!("no screen: {shown}"));
    for part in ["Progress", "loss", "Epoch", "Train", "Valid"] {
        assert!(shown.contains(part), "{part} is not in {shown:?}");
    }
    assert!(after.contains("trained 3 epochs"), "{after}");
}

#[test]
fn a_key_stops_the_training() {
    // "q" asks, and "s" stops.
    let text = in_a_terminal("sleep 0.4; printf q; sleep 0.3; printf s; sleep 5");
    assert!(text.contains("trained 1 epochs") || text.contains("trained 2 epochs"), "{text}");
}

#[test]
fn without_a_terminal_there_is_a_warning() {
    // The tests of CI and of editors write to files or pipes.
    if io::stdout().is_terminal() {
        return;
    }
    let (history, said) = horn::callbacks::capture(|| train(1, Dashboard::new()));
    assert_eq!(history.epoch(), [0]);
    assert!(said.contains("the dashboard is not shown, since the output is not a terminal"), "{said}");
}
