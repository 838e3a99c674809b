//! Burn's dashboard, in a pseudo-terminal.

use std::io::{self, IsTerminal};
use std::thread;
use std::time::Duration;

use horn::callbacks::{Callback, Dashboard, Training};
use horn::prelude::*;
use horn::{History, Result};

use crate::terminal::{self, is_shown};

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
    if is_shown() {
        let history = train(3, Dashboard::new());
        println!("trained {} epochs", history.epoch().len());
    }
}

/// What the training above writes on a terminal where these keys are pressed.
fn in_a_terminal(keys: &str) -> String {
    terminal::in_a_terminal("dashboard::trains_in_a_terminal", "xterm-256color", keys)
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
