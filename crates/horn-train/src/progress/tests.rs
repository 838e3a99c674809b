//! What Keras 3.15.1's `Progbar` shows for the same steps at the same times.

use super::*;

type Values = &'static [(&'static str, f64)];

struct Case {
    target: Option<usize>,
    /// The time at which a step ends, its numbers, and what the terminal then shows if the line is redrawn.
    steps: &'static [(f64, Values, Option<&'static str>)],
    end: (f64, Values),
    bar: &'static str,
    line: &'static str,
}

const CASES: &[Case] = &[
    Case {
        target: Some(3),
        steps: &[
            (0.4, &[("loss", 2.5)], Some("1/3 ━━━━━━━━━━━━━━━━━━━━ 0s 400ms/step - loss: 2.5000")),
            (0.42, &[("loss", 2.4)], None),
            (0.9, &[("loss", 1.25)], Some("3/3 ━━━━━━━━━━━━━━━━━━━━ 0s 250ms/step - loss: 1.2500")),
        ],
        end: (1.5, &[("loss", 1.0), ("accuracy", 0.75), ("val_loss", 0.001)]),
        bar: "3/3 ━━━━━━━━━━━━━━━━━━━━ 2s 550ms/step - loss: 1.0000 - accuracy: 0.7500 - val_loss: 1.0000e-03",
        line: "3/3 - 2s - 500ms/step - loss: 1.0000 - accuracy: 0.7500 - val_loss: 1.0000e-03",
    },
    Case {
        target: Some(1875),
        steps: &[
            (1.556, &[("loss", 2.3216)], Some("   1/1875 ━━━━━━━━━━━━━━━━━━━━ 48:35 2s/step - loss: 2.3216")),
            (1.6, &[("loss", 1.98)], None),
            (1.66, &[("loss", -0.5)], Some("   3/1875 ━━━━━━━━━━━━━━━━━━━━ 1:37 52ms/step - loss: -0.5000")),
        ],
        end: (2.5, &[("loss", -3e-05)]),
        bar: "   3/1875 ━━━━━━━━━━━━━━━━━━━━ 2s 472ms/step - loss: -3.0000e-05",
        line: "   3/1875 - 2s - 833ms/step - loss: -3.0000e-05",
    },
    Case {
        target: Some(100000),
        steps: &[
            (1.0, &[("loss", 1.0)], Some("     1/100000 ━━━━━━━━━━━━━━━━━━━━ 27:46:39 1s/step - loss: 1.0000")),
            (2.0, &[("loss", 0.0)], Some("     2/100000 ━━━━━━━━━━━━━━━━━━━━ 27:46:38 1s/step - loss: 0.0000e+00")),
            (2.0007, &[("loss", 1.23456e-05)], None),
        ],
        end: (75.5, &[("loss", f64::NAN)]),
        bar: "     3/100000 ━━━━━━━━━━━━━━━━━━━━ 76s 37s/step - loss: nan",
        line: "     3/100000 - 76s - 25s/step - loss: nan",
    },
    Case {
        target: Some(4000),
        steps: &[(
            0.9,
            &[("loss", f64::INFINITY)],
            Some("   1/4000 ━━━━━━━━━━━━━━━━━━━━ 59:59 900ms/step - loss: inf"),
        )],
        end: (3599.6, &[("loss", f64::NEG_INFINITY)]),
        bar: "   1/4000 ━━━━━━━━━━━━━━━━━━━━ 3600s 3600s/step - loss: -inf",
        line: "   1/4000 - 3600s - 3600s/step - loss: -inf",
    },
    Case {
        target: Some(10),
        steps: &[
            (0.0004, &[("loss", 0.00100001)], Some(" 1/10 ━━━━━━━━━━━━━━━━━━━━ 0s 400us/step - loss: 0.0010")),
            (0.0009, &[("loss", 123456.789)], None),
            (
                0.06,
                &[("loss", 10000000000.0)],
                Some(" 3/10 ━━━━━━━━━━━━━━━━━━━━ 0s 30ms/step - loss: 10000000000.0000"),
            ),
        ],
        end: (0.0605, &[("loss", 1e-120)]),
        bar: " 3/10 ━━━━━━━━━━━━━━━━━━━━ 0s 30ms/step - loss: 1.0000e-120",
        line: " 3/10 - 0s - 20ms/step - loss: 1.0000e-120",
    },
    Case {
        target: Some(2),
        steps: &[(1.0, &[("r2", -0.25)], Some("1/2 ━━━━━━━━━━━━━━━━━━━━ 1s 1s/step - r2: -0.2500"))],
        end: (2.0, &[("r2", -0.25)]),
        bar: "1/2 ━━━━━━━━━━━━━━━━━━━━ 2s 2s/step - r2: -0.2500",
        // A quirk of Keras's `verbose=2`.
        line: "1/2 - 2s - 2s/step - r2: -2.5000e-01",
    },
    Case {
        target: Some(61),
        steps: &[
            (1.0, &[("loss", 0.99995)], Some(" 1/61 ━━━━━━━━━━━━━━━━━━━━ 60s 1s/step - loss: 1.0000")),
            (61.0, &[("loss", 0.12345)], Some(" 2/61 ━━━━━━━━━━━━━━━━━━━━ 59:00 60s/step - loss: 0.1235")),
        ],
        end: (62.5, &[("loss", 0.12355)]),
        bar: " 2/61 ━━━━━━━━━━━━━━━━━━━━ 62s 62s/step - loss: 0.1235",
        line: " 2/61 - 62s - 31s/step - loss: 0.1235",
    },
    Case {
        target: None,
        steps: &[
            (0.5, &[("loss", 1.0)], Some("      1/Unknown 0s 500ms/step - loss: 1.0000")),
            (0.6, &[("loss", 0.5)], Some("      2/Unknown 1s 100ms/step - loss: 0.5000")),
        ],
        end: (12.5, &[("loss", 0.25)]),
        bar: "2/2 ━━━━━━━━━━━━━━━━━━━━ 12s 12s/step - loss: 0.2500",
        line: "2/2 - 12s - 6s/step - loss: 0.2500",
    },
    // The bar has shown the numbers of training before.
    Case {
        target: Some(2),
        steps: &[
            (
                0.5,
                &[("loss", 2.5), ("weighted_mae", 0.25)],
                Some("1/2 ━━━━━━━━━━━━━━━━━━━━ 0s 500ms/step - loss: 2.5000 - weighted_mae: 0.2500"),
            ),
            (
                1.0,
                &[("loss", 1.25), ("weighted_mae", 0.5)],
                Some("2/2 ━━━━━━━━━━━━━━━━━━━━ 0s 500ms/step - loss: 1.2500 - weighted_mae: 0.5000"),
            ),
        ],
        end: (1.25, &[("loss", 1.0), ("val_loss", 2.0), ("val_weighted_mae", 0.75), ("weighted_mae", 0.5)]),
        bar: "2/2 ━━━━━━━━━━━━━━━━━━━━ 1s 750ms/step - loss: 1.0000 - weighted_mae: 0.5000 - val_loss: 2.0000 \
              - val_weighted_mae: 0.7500",
        line: "2/2 - 1s - 625ms/step - loss: 1.0000 - val_loss: 2.0000 - val_weighted_mae: 0.7500 - weighted_mae: 0.5000",
    },
];

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Runs a case, and returns what was written after each step and at the end.
fn run(case: &Case, verbose: Verbose, columns: Option<usize>, styled: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut written = Vec::new();
    let mut begin = 0;
    let mut progress = Progress::new(&mut out, case.target, verbose);
    (progress.columns, progress.styled) = (columns, styled);
    for (time, values, _) in case.steps {
        if progress.step(at(*time)) {
            progress.draw(values, at(*time));
        }
        written.push(String::from_utf8(progress.out[begin..].to_vec()).unwrap());
        begin = progress.out.len();
    }
    progress.finish(case.end.1, at(case.end.0));
    written.push(String::from_utf8(out[begin..].to_vec()).unwrap());
    written
}

#[test]
fn a_terminal_shows_what_keras_shows() {
    for case in CASES {
        let mut written = run(case, Verbose::Bar, Some(120), false);
        assert_eq!(written.pop().unwrap(), format!("\r{}\x1b[K\n", case.bar));
        for (written, (.., shown)) in written.iter().zip(case.steps) {
            assert_eq!(*written, shown.map_or(String::new(), |shown| format!("\r{shown}\x1b[K")));
        }
    }
}

#[test]
fn a_file_gets_the_final_line_alone() {
    for case in CASES {
        assert_eq!(run(case, Verbose::Bar, None, false).concat(), format!("{}\n", case.bar));
    }
}

#[test]
fn verbose_2_is_one_line_without_a_bar() {
    for case in CASES {
        for columns in [None, Some(80)] {
            assert_eq!(run(case, Verbose::Line, columns, true).concat(), format!("{}\n", case.line));
        }
    }
}

#[test]
fn silence() {
    for case in CASES {
        assert_eq!(run(case, Verbose::Silent, Some(80), true).concat(), "");
    }
    let mut out = Vec::new();
    let _ = Progress::new(&mut out, None, Verbose::Silent).epoch(0, 2);
    assert_eq!(out, b"");
}

#[test]
fn keras_colours() {
    let expected = [
        "\r\x1b[1m1/3\x1b[0m \x1b[32m━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 400ms/step - loss: 2.5000\x1b[K",
        "",
        "\r\x1b[1m3/3\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 250ms/step - loss: 1.2500\x1b[K",
        "\r\x1b[1m3/3\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m2s\x1b[0m 550ms/step - loss: 1.0000 \
         - accuracy: 0.7500 - val_loss: 1.0000e-03\x1b[K\n",
    ];
    assert_eq!(run(&CASES[0], Verbose::Bar, Some(120), true), expected);
}

#[test]
fn a_narrow_terminal_shows_the_numbers_that_fit_until_the_end() {
    let case = Case {
        target: Some(2),
        steps: &[(1.0, &[("accuracy", 0.5), ("loss", 0.25)], None)],
        end: (2.0, &[("accuracy", 0.5), ("loss", 0.25)]),
        bar: "",
        line: "",
    };
    let shown = "1/2 ━━━━━━━━━━━━━━━━━━━━ 1s 1s/step - accuracy: 0.5000";
    assert_eq!(shown.chars().count(), 54);
    assert_eq!(run(&case, Verbose::Bar, Some(55), false)[0], format!("\r{shown}\x1b[K"));
    assert_eq!(run(&case, Verbose::Bar, Some(54), false)[0], "\r1/2 ━━━━━━━━━━━━━━━━━━━━ 1s 1s/step\x1b[K");
    let end = run(&case, Verbose::Bar, Some(54), false).pop().unwrap();
    assert!(end.ends_with(" - accuracy: 0.5000 - loss: 0.2500\x1b[K\n"), "{end:?}");
}

#[test]
fn is_due_twenty_times_a_second() {
    let mut progress = Progress::new(Vec::new(), Some(1000), Verbose::Bar).terminal(80, true);
    let mut drawn = 0;
    for millisecond in 0..1000 {
        let now = Duration::from_millis(millisecond);
        if progress.step(now) {
            progress.draw(&[], now);
            drawn += 1;
        }
    }
    assert_eq!(drawn, 20);
}

#[test]
fn nobody_reading_along_stops_nothing() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let mut progress = Progress::new(Closed, Some(1), Verbose::Bar).epoch(0, 2).terminal(80, true);
    assert!(progress.step(at(1.0)));
    progress.draw(&[("loss", 1.0)], at(1.0));
    progress.finish(&[], at(1.0));
}
