use std::fs;

use super::*;

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

#[test]
fn one_epoch_is_points() {
    let svg = LearningCurves::new().curve("loss", &[0.5]).curve("val_loss", &[0.25]).svg().unwrap();
    assert_eq!(count(&svg, "<circle"), 4);
    assert_eq!((count(&svg, "fill=\"#0072B2\""), count(&svg, "fill=\"#D55E00\"")), (2, 1));
    assert_eq!((count(&svg, "stroke=\"#0072B2\""), count(&svg, "stroke=\"#D55E00\"")), (1, 1));
    assert!(svg.contains("training 0.5000") && svg.contains("validation 0.2500"));
}

#[test]
fn loss_comes_first_with_its_validation() {
    let svg = LearningCurves::new()
        .curve("accuracy", &[0.9, 0.95])
        .curve("loss", &[0.4, 0.2])
        .curve("val_accuracy", &[0.91, 0.93])
        .curve("val_loss", &[0.3, 0.25])
        .svg()
        .unwrap();
    assert!(svg.contains("width=\"1040\" height=\"360\""));
    assert!(svg.find("\nloss\n").unwrap() < svg.find("\naccuracy\n").unwrap());
    assert!(!svg.contains("val_"));
    assert_eq!((count(&svg, "<circle"), count(&svg, "\nepoch\n")), (16, 2));
}

#[test]
fn values_that_are_not_finite_leave_a_gap() {
    assert_eq!(runs(&[f64::NAN, 1.0, 2.0, f64::INFINITY, 3.0]), [vec![(2.0, 1.0), (3.0, 2.0)], vec![(5.0, 3.0)]]);
    let svg = LearningCurves::new().curve("loss", &[f64::NAN, f64::NAN]).svg().unwrap();
    assert_eq!(count(&svg, "<circle"), 0);
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn many_epochs_are_lines_without_points() {
    let values: Vec<_> = (0..200).map(|epoch| (-f64::from(epoch) / 50.0).exp()).collect();
    let svg = LearningCurves::new().curve("loss", &values).svg().unwrap();
    assert_eq!(count(&svg, "<circle"), 0);
    assert_eq!(count(&svg, "stroke=\"#0072B2\""), 1);
}

#[test]
fn names_are_escaped() {
    let svg = LearningCurves::new().curve("a<b>&c", &[1.0]).title("<script>").svg().unwrap();
    assert!(!svg.contains("<script>") && !svg.contains("a<b>") && svg.contains("a&lt;b&gt;&amp;c"), "{svg}");
}

#[test]
fn the_file_is_complete_or_not_there() {
    let folder = std::env::temp_dir().join(format!("horn_plot_{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("curves.svg");
    learning_curves(&[("loss", &[1.0, 0.5])], &path).unwrap();
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.trim_end().ends_with("</svg>"));
    learning_curves(&[("loss", &[2.0, 0.5])], &path).unwrap();
    assert_ne!(fs::read_to_string(&path).unwrap(), first);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(&folder).unwrap();

    let error = learning_curves(&[("loss", &[1.0])], &path).unwrap_err();
    assert!(error.is_file() && error.to_string().contains("curves.svg"), "{error}");
}

#[test]
fn what_cannot_be_drawn() {
    let text = |error: Error| error.to_string();
    assert_eq!(
        text(LearningCurves::new().svg().unwrap_err()),
        "learning curves: there are no curves. Hint: give the history of a training."
    );
    assert_eq!(
        text(LearningCurves::new().curve("loss", &[]).svg().unwrap_err()),
        "learning curves: \"loss\" has no epochs. Hint: give one value an epoch."
    );
    assert_eq!(
        text(LearningCurves::new().curve("loss", &[1.0]).panel_size(20, 20).svg().unwrap_err()),
        "learning curves: no panel can have this size; received 20 x 20, expected from 360 x 200 to 10000 x 10000."
    );
    assert_eq!(
        text(learning_curves(&[("loss", &[1.0])], "curves.png").unwrap_err()),
        "file \"curves.png\": learning curves are drawn as SVG only. Hint: let the name of the file end in .svg."
    );
}
