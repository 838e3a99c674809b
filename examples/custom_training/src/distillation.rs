//! Knowledge distillation: a small network learns from a large one, which is frozen.
//!
//! ```text
//! cargo run --release -p custom_training --bin distillation
//! ```
//!
//! The teacher's probabilities say more than the label: that this 7 looks a little like a 1. So the student learns more from
//! the same images (Hinton et al., 2015, <https://arxiv.org/abs/1503.02531>).

use horn::burn::tensor::Tensor;
use horn::burn::tensor::activation::softmax;
use horn::losses::Loss;
use horn::plot::{bar_chart, beside, image};
use horn::prelude::*;
use horn::{Batch, FitStep, Result, Tracker, TrainStep};
use ndarray::s;

struct Distiller {
    student: CompiledModel,
    teacher: Model,
    /// The share of the labels in the loss; the rest is the teacher's.
    alpha: f64,
    /// Logits are divided by it before the softmax, so that small probabilities show.
    temperature: f64,
    tracker: Tracker,
}

impl Distiller {
    fn new(student: CompiledModel, teacher: Model) -> Self {
        Self { student, teacher, alpha: 0.1, temperature: 5.0, tracker: Tracker::new() }
    }

    fn loss(&mut self, batch: Batch, mode: Mode) -> Result<Tensor<1>> {
        let (images, labels) = (batch.inputs[0].float::<3>()?, batch.targets[0].clone());
        let logits = self.student.logits(images.clone(), mode)?.value.float::<2>()?;
        let of_labels = SparseCategoricalCrossentropy::new().from_logits(true);
        let of_labels = of_labels.call(labels.clone(), logits.clone().into(), None)?;

        // The teacher only answers: its weights are not part of the training.
        let teacher = self.teacher.logits(images.without_autodiff().into(), Mode::Inference)?.value.float::<2>()?;
        let soft = |logits: Tensor<2>| softmax(logits / self.temperature, 1);
        let of_teacher = KLDivergence::new().call(soft(teacher).into(), soft(logits.clone()).into(), None)?;
        // Dividing by the temperature makes gradients smaller by its square.
        let of_teacher = of_teacher * self.temperature.powi(2);

        self.tracker.mean("label_loss", &of_labels, batch.len);
        self.tracker.mean("teacher_loss", &of_teacher, batch.len);
        let loss = of_labels * self.alpha + of_teacher * (1.0 - self.alpha);
        self.tracker.mean("loss", &loss, batch.len);
        self.tracker.metric(&Accuracy::new(), labels, logits)?;
        Ok(loss)
    }
}

impl TrainStep for Distiller {
    fn model(&mut self) -> &mut CompiledModel {
        &mut self.student
    }

    fn train_step(&mut self, batch: Batch) -> Result<()> {
        let loss = self.loss(batch, Mode::Training)?;
        self.student.minimize(loss)
    }

    fn test_step(&mut self, batch: Batch) -> Result<()> {
        self.loss(batch, Mode::Inference).map(drop)
    }

    fn scores(&self) -> Scores {
        self.tracker.scores()
    }

    fn reset(&mut self) {
        self.tracker.reset();
    }
}

fn teacher() -> Sequential {
    Sequential::new()
        .add(Input([28, 28]))
        .add(Rescaling(1.0 / 255.0))
        .add(Reshape([28, 28, 1]))
        .add(Conv2D(16, 3).activation(Activation::Relu))
        .add(MaxPooling2D(2))
        .add(Conv2D(32, 3).activation(Activation::Relu))
        .add(MaxPooling2D(2))
        .add(Flatten())
        .add(Dropout(0.5))
        .add(Dense(10).activation(Activation::Softmax))
}

fn student() -> Result<CompiledModel> {
    Sequential::new()
        .add(Input([28, 28]))
        .add(Rescaling(1.0 / 255.0))
        .add(Flatten())
        .add(Dense(32).activation(Activation::Relu))
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::new(2e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])
}

fn main() -> Result<()> {
    set_random_seed(42);
    let ((x, y), (x_test, y_test)) = datasets::mnist::load_data()?;

    println!("1. The teacher, a convolutional network, learns from 60,000 images\n");
    let mut teacher = teacher().compile(Adam::new(2e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    teacher.fit(&x, &y, Fit::epochs(2).batch_size(128))?;
    let of_teacher = teacher.evaluate(&x_test, &y_test)?["accuracy"];

    println!("\n2. A student with 32 hidden units learns from the labels of 3,000 images\n");
    let (x, y) = (x.slice(s![..3000, .., ..]), y.slice(s![..3000]));
    let fit = || Fit::epochs(30).batch_size(64).verbose(Verbose::Silent);
    let mut alone = student()?;
    alone.fit(&x, &y, fit())?;
    let of_alone = alone.evaluate(&x_test, &y_test)?["accuracy"];

    println!("\n3. The same student learns from the same images and the teacher\n");
    let mut distiller = Distiller::new(student()?, teacher.into_model()?);
    distiller.fit(&x, &y, fit().verbose(Verbose::Line))?;
    let of_distilled = distiller.evaluate(&x_test, &y_test, Evaluate::new())?["accuracy"];

    println!("\nWhat the teacher tells about some images:\n");
    let told = distiller.teacher.predict(&x.slice(s![..3, .., ..]), 3)?;
    for (digit, probabilities) in x.outer_iter().zip(told.outer_iter()) {
        let pixels: Vec<u8> = digit.iter().copied().collect();
        let soft: Vec<f64> = probabilities.iter().map(|&p| f64::from(p).powf(1.0 / distiller.temperature)).collect();
        let sum: f64 = soft.iter().sum();
        let bars: Vec<_> = soft.iter().enumerate().map(|(class, p)| (class.to_string(), p / sum)).collect();
        println!("{}\n", beside(&[image(&pixels, 28, 28)?, format!("\n\n{}", bar_chart(&bars, 40)?)], 4));
    }
    println!(
        "test accuracy: teacher {of_teacher:.4}, student alone {of_alone:.4}, student with the teacher {of_distilled:.4}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> (ndarray::Array3<u8>, ndarray::Array1<u8>) {
        let x = ndarray::Array3::from_shape_fn(
            (20, 28, 28),
            |(at, row, column)| {
                if at % 10 == (row + column) % 10 { 255 } else { 0 }
            },
        );
        (x, (0..20).map(|at| at % 10).collect())
    }

    fn quiet(epochs: usize) -> Fit<'static> {
        Fit::epochs(epochs).batch_size(5).shuffle(false).verbose(Verbose::Silent)
    }

    fn weights(model: &Model) -> Vec<ndarray::ArrayD<f32>> {
        model.get_weights()
    }

    #[test]
    fn a_student_like_its_teacher_has_nothing_to_learn_from_it() {
        set_random_seed(1);
        let student = student().unwrap();
        let teacher = student.model().unwrap().clone();
        let mut distiller = Distiller { alpha: 0.0, ..Distiller::new(student, teacher) };
        let (x, y) = data();
        let scores = distiller.evaluate(&x, &y, Evaluate::new().verbose(Verbose::Silent)).unwrap();
        assert!(scores["teacher_loss"].abs() < 1e-5 && scores["label_loss"] > 1.0, "{scores}");
        assert_eq!(scores["loss"], scores["teacher_loss"]);
    }

    #[test]
    fn the_teacher_stays_and_the_student_comes_nearer() {
        set_random_seed(1);
        let (x, y) = data();
        let teacher = student().unwrap().into_model().unwrap();
        let before = weights(&teacher);
        let mut distiller = Distiller { alpha: 0.0, ..Distiller::new(student().unwrap(), teacher) };
        let history = distiller.fit(&x, &y, quiet(5).validation_data(&x, &y)).unwrap();
        assert_eq!(weights(&distiller.teacher), before);
        assert!(history["teacher_loss"][4] < 0.5 * history["teacher_loss"][0], "{history:?}");
        assert!(history["val_teacher_loss"][4] < history["val_teacher_loss"][0], "{history:?}");
    }

    /// Without the teacher's share, the step is that of `compile` and `fit`, scores included.
    #[test]
    fn labels_alone_are_plain_training() {
        set_random_seed(1);
        let (x, y) = data();
        let mut plain = student().unwrap();
        let mut own = student().unwrap();
        own.model_mut().unwrap().set_weights(&weights(plain.model().unwrap())).unwrap();
        let teacher = own.model().unwrap().clone();
        let mut distiller = Distiller { alpha: 1.0, ..Distiller::new(own, teacher) };
        let expected = plain.fit(&x, &y, quiet(3)).unwrap();
        let history = distiller.fit(&x, &y, quiet(3)).unwrap();
        assert_eq!(history["accuracy"], expected["accuracy"]);
        for (received, expected) in history["loss"].iter().zip(&expected["loss"]) {
            assert!((received - expected).abs() < 1e-5, "{received} instead of {expected}");
        }
    }
}
