//! The file of a backup: weights and optimizer as in Keras's `.weights.h5`, and next to them, in a group of their own, all
//! else that a run needs to continue. One file, so that all of it is of the same moment.

use std::path::Path;

use horn_keras::arrays::{Array, Values};
use horn_keras::h5::{Attribute, WeightsReader, WeightsWriter};
use horn_keras::{SaveModel, save_weights_and_more};
use horn_nn::random::RandomState;
use horn_nn::{Error, Result};
use horn_train::callbacks::{CallbackState, Checkpoint, Training};
use horn_train::optimizers::OptimizerValue;
use horn_train::{CompiledModel, Scores};
use ndarray::ArrayD;

/// The group next to Keras's own ones.
const GROUP: &str = "horn_training";

/// Writes a backup. An existing file is replaced only once the new one is complete.
///
/// # Errors
///
/// If the file can't be written, or the optimizer does not say what it keeps.
pub(crate) fn write(path: &Path, checkpoint: &Checkpoint, training: &mut Training<'_>) -> Result<()> {
    let mut parts = Parts::default();
    let Checkpoint { epoch, batch, is_stopped, order, yielded, random, scores, score_state, callbacks } = checkpoint;
    parts.add("place", flat(Values::U64(vec![*epoch as u64, *batch as u64, u64::from(*is_stopped), *yielded as u64]))?);
    parts.add("order", flat(Values::U32(order.words().to_vec()))?);
    parts.add("random", flat(Values::U32(random.words().to_vec()))?);
    parts.add("scores/numbers", flat(Values::F64(scores.iter().map(|(_, value)| value).collect()))?);
    let several: Vec<_> = scores.several().collect();
    for (number, (_, values)) in several.iter().enumerate() {
        parts.add(&format!("scores/several/{number}"), flat(Values::F64(values.to_vec()))?);
    }
    for (number, (_, numbers)) in score_state.iter().enumerate() {
        parts.add(&format!("score_state/{number}"), flat(Values::F64(numbers.clone()))?);
    }
    for (number, state) in callbacks.iter().enumerate() {
        let numbers = state.numbers.iter().map(|(_, value)| *value).collect();
        parts.add(&format!("callbacks/{number}/numbers"), flat(Values::F64(numbers))?);
        parts.add_all(&format!("callbacks/{number}/arrays"), state.arrays.iter().cloned())?;
    }
    parts.add_progress(0, training.model())?;
    for (number, model) in training.other_models().into_iter().enumerate() {
        parts.add_progress(number + 1, model)?;
        parts.add_whole(number + 1, model)?;
    }
    save_weights_and_more(path, training.model(), |writer| {
        write_names(writer, "scores", scores.keys())?;
        write_names(writer, "scores/several", several.iter().map(|(key, _)| *key).collect())?;
        write_names(writer, "score_state", score_state.iter().map(|(key, _)| key.as_str()).collect())?;
        for (number, state) in callbacks.iter().enumerate() {
            let names = state.numbers.iter().map(|(name, _)| name.as_str()).collect();
            write_names(writer, &format!("callbacks/{number}"), names)?;
        }
        parts.write(writer)
    })
}

/// Reads a backup: restores the models of the run, and returns its place.
///
/// # Errors
///
/// If the file can't be read, is not a backup, or is of other models.
pub(crate) fn read(path: &Path, training: &mut Training<'_>) -> Result<Checkpoint> {
    let file = Backup(WeightsReader::open(path)?);
    let checkpoint = file.checkpoint()?;
    training.model().load_weights(path)?;
    file.restore_progress(0, training.model())?;
    for (number, model) in training.other_models().into_iter().enumerate() {
        file.restore_whole(number + 1, model)?;
        file.restore_progress(number + 1, model)?;
    }
    Ok(checkpoint)
}

/// The arrays of the group, with their paths in it.
#[derive(Default)]
struct Parts(Vec<(String, Array)>);

impl Parts {
    fn add(&mut self, path: &str, array: Array) {
        self.0.push((path.to_owned(), array));
    }

    fn add_all(&mut self, path: &str, arrays: impl IntoIterator<Item = ArrayD<f32>>) -> Result<()> {
        for (number, array) in arrays.into_iter().enumerate() {
            self.add(&format!("{path}/{number}"), floats(array)?);
        }
        Ok(())
    }

    /// What the file of weights does not have: the draws and the states of layers, and the rate with all its digits.
    fn add_progress(&mut self, number: usize, compiled: &CompiledModel) -> Result<()> {
        let model = compiled.model()?;
        let at = format!("models/{number}");
        self.add(&format!("{at}/draws"), flat(Values::U32(model.random_draws()))?);
        let rates = compiled.learning_rates().into_iter().map(|(_, rate)| rate).collect();
        self.add(&format!("{at}/learning_rates"), flat(Values::F64(rates))?);
        for (layer, states) in model.layer_states().into_iter().enumerate() {
            self.add_all(&format!("{at}/states/{layer}"), states)?;
        }
        Ok(())
    }

    /// The weights and the optimizer of a model that is not the one of the file.
    fn add_whole(&mut self, number: usize, compiled: &CompiledModel) -> Result<()> {
        self.add_all(&format!("models/{number}/weights"), compiled.model()?.get_weights())?;
        for (at, variable) in compiled.optimizer_variables()?.into_iter().enumerate() {
            let array = match variable.value {
                OptimizerValue::Int(value) => Array::scalar(value),
                OptimizerValue::Float(array) => floats(array)?,
            };
            self.add(&format!("models/{number}/optimizer/{at}"), array);
        }
        Ok(())
    }

    fn write(self, writer: &mut WeightsWriter) -> Result<()> {
        self.0.into_iter().try_for_each(|(path, array)| writer.dataset(&format!("{GROUP}/{path}"), array))
    }
}

/// The names of the numbers in a group.
fn write_names(writer: &mut WeightsWriter, path: &str, names: Vec<&str>) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let names = names.into_iter().map(str::to_owned).collect();
    writer.attribute(&format!("{GROUP}/{path}"), "names", Attribute::Texts(names))
}

fn flat(values: Values) -> Result<Array> {
    let len = match &values {
        Values::U64(values) => values.len(),
        Values::U32(values) => values.len(),
        Values::F64(values) => values.len(),
        _ => 0,
    };
    Array::new([len], values)
}

fn floats(array: ArrayD<f32>) -> Result<Array> {
    Array::new(array.shape().to_vec(), Values::F32(array.iter().copied().collect()))
}

/// An open backup.
struct Backup(WeightsReader);

impl Backup {
    fn checkpoint(&self) -> Result<Checkpoint> {
        let Values::U64(place) = self.values("place")? else { return Err(not_a_backup()) };
        let [epoch, batch, is_stopped, yielded] = place[..] else { return Err(not_a_backup()) };
        let mut callbacks = Vec::new();
        while self.has(&format!("callbacks/{}/numbers", callbacks.len())) {
            callbacks.push(self.callback(callbacks.len())?);
        }
        let count = |value: u64| usize::try_from(value).map_err(|_| not_a_backup());
        Ok(Checkpoint {
            epoch: count(epoch)?,
            batch: count(batch)?,
            is_stopped: is_stopped != 0,
            order: RandomState::from_words(&self.words("order")?)?,
            yielded: count(yielded)?,
            random: RandomState::from_words(&self.words("random")?)?,
            scores: self.scores()?,
            score_state: self.lists("score_state")?,
            callbacks,
        })
    }

    fn callback(&self, number: usize) -> Result<CallbackState> {
        let at = format!("callbacks/{number}");
        Ok(CallbackState { numbers: self.numbers(&at)?, arrays: self.arrays(&format!("{at}/arrays"))? })
    }

    /// The numbers of a group, with their names.
    fn numbers(&self, at: &str) -> Result<Vec<(String, f64)>> {
        let Values::F64(numbers) = self.values(&format!("{at}/numbers"))? else { return Err(not_a_backup()) };
        let names = if numbers.is_empty() { None } else { self.0.texts(&format!("{GROUP}/{at}"), "names")? };
        Ok(names.unwrap_or_default().into_iter().zip(numbers).collect())
    }

    fn scores(&self) -> Result<Scores> {
        let scores = Scores::new(self.numbers("scores")?);
        let several = self.lists("scores/several")?.into_iter();
        Ok(several.fold(scores, |scores, (key, values)| scores.with_values(&key, values)))
    }

    /// The lists of numbers in a group, with their names.
    fn lists(&self, at: &str) -> Result<Vec<(String, Vec<f64>)>> {
        // Backups of the start of an epoch have none, and neither have those of earlier versions.
        if !self.has(&format!("{at}/0")) {
            return Ok(Vec::new());
        }
        let names = self.0.texts(&format!("{GROUP}/{at}"), "names")?.unwrap_or_default();
        let numbers = |number: usize| match self.values(&format!("{at}/{number}"))? {
            Values::F64(numbers) => Ok(numbers),
            _ => Err(not_a_backup()),
        };
        names.into_iter().enumerate().map(|(number, name)| Ok((name, numbers(number)?))).collect()
    }

    fn restore_progress(&self, number: usize, compiled: &mut CompiledModel) -> Result<()> {
        let at = format!("models/{number}");
        let Values::F64(rates) = self.values(&format!("{at}/learning_rates"))? else { return Err(not_a_backup()) };
        for (optimizer, rate) in rates.into_iter().enumerate() {
            // One that can't be set has been restored with the optimizer: it follows a schedule.
            let _ = compiled.set_learning_rate_of(optimizer, rate);
        }
        let model = compiled.model()?;
        let states = model.layers().enumerate();
        let states =
            states.map(|(layer, _)| self.arrays(&format!("{at}/states/{layer}"))).collect::<Result<Vec<_>>>()?;
        model.set_layer_states(&states)?;
        model.set_random_draws(&self.words(&format!("{at}/draws"))?)
    }

    fn restore_whole(&self, number: usize, compiled: &mut CompiledModel) -> Result<()> {
        let weights = self.arrays(&format!("models/{number}/weights"))?;
        let mut values = Vec::new();
        loop {
            let path = format!("models/{number}/optimizer/{}", values.len());
            if !self.has(&path) {
                break;
            }
            let array = self.array(&path)?;
            values.push(match array.values() {
                Values::I64(_) => OptimizerValue::Int(array.to_scalar()? as i64),
                _ => OptimizerValue::Float(array.into_f32()?),
            });
        }
        compiled.model_mut()?.set_weights(&weights)?;
        compiled.set_optimizer_variables(&values)
    }

    fn has(&self, path: &str) -> bool {
        self.0.is_dataset(&format!("{GROUP}/{path}"))
    }

    fn array(&self, path: &str) -> Result<Array> {
        let path = format!("{GROUP}/{path}");
        if !self.0.is_dataset(&path) {
            return Err(not_a_backup());
        }
        let sizes: Vec<usize> = self.0.describe(&path)?.sizes.iter().map(|size| *size as usize).collect();
        self.0.read(&path, &sizes)
    }

    fn values(&self, path: &str) -> Result<Values> {
        self.array(path).map(Array::into_values)
    }

    fn words(&self, path: &str) -> Result<Vec<u32>> {
        match self.values(path)? {
            Values::U32(words) => Ok(words),
            _ => Err(not_a_backup()),
        }
    }

    /// The arrays with the numbers 0, 1, … in a group.
    fn arrays(&self, path: &str) -> Result<Vec<ArrayD<f32>>> {
        let paths = (0..).map(|number| format!("{path}/{number}")).take_while(|path| self.has(path));
        paths.map(|path| self.array(&path)?.into_f32()).collect()
    }
}

fn not_a_backup() -> Error {
    Error::file("is not a backup of a training")
        .expected(format!("a file of `BackupAndRestore`, with the group {GROUP:?}"))
        .hint("choose a folder that only `BackupAndRestore` uses")
}
