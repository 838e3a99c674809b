//! The job as a user of Horn does it.

use std::hint::black_box;
use std::time::Instant;

use horn::callbacks::{Callback, Training};
use horn::prelude::*;

use crate::Result;
use crate::answer::Answer;
use crate::job::Job;

/// Batches of many samples, which may be faster than all samples at once.
const BATCH_OF_MANY: usize = 1024;

/// Notes the time and the loss of each epoch.
#[derive(Default)]
struct Epochs {
    start: Option<Instant>,
    epochs: Vec<(f64, f64)>,
}

impl Callback for Epochs {
    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_>) -> horn::Result<()> {
        self.start = Some(Instant::now());
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Scores, _: &mut Training<'_>) -> horn::Result<()> {
        let start = self.start.take().expect("an epoch begins before it ends");
        self.epochs.push((start.elapsed().as_secs_f64(), logs.loss()));
        Ok(())
    }
}

pub fn train(job: &Job) -> Result<Answer> {
    let (x, y) = (job.x(job.samples)?, job.y(job.samples)?);
    let start = Instant::now();
    let mut model: CompiledModel = load_model(&job.model)?;
    let load = start.elapsed().as_secs_f64();
    let mut epochs = Epochs::default();
    set_random_seed(job.seed);
    let fit = Fit::epochs(job.epochs).batch_size(job.batch_size).verbose(Verbose::Silent).callback(&mut epochs);
    model.fit(&x, &y, fit)?;
    Ok(Answer { epochs: epochs.epochs, load: Some(load), ..Answer::default() })
}

pub fn predict(job: &Job) -> Result<Answer> {
    let model: Model = load_model(&job.model)?;
    let mut answer = Answer::default();
    for &samples in &job.sizes {
        let x = job.x(samples)?;
        let mut in_batches = |way: &str, batch_size: usize| {
            answer.time(samples, way, job.budget, || -> horn::Result<_> {
                Ok(model.predict(black_box(&x), batch_size)?.into_raw_vec_and_offset().0)
            })
        };
        in_batches("predict", samples)?;
        if samples > BATCH_OF_MANY {
            in_batches(&format!("predict, batches of {BATCH_OF_MANY}"), BATCH_OF_MANY)?;
        }
    }
    Ok(answer)
}

pub fn load(job: &Job) -> Result<Answer> {
    let start = Instant::now();
    let model: CompiledModel = load_model(&job.model)?;
    let load = start.elapsed().as_secs_f64();
    drop(model);
    Ok(Answer { load: Some(load), ..Answer::default() })
}
