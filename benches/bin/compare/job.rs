//! What the process is asked for, and the arrays in files.

use std::fs;
use std::path::{Path, PathBuf};

use horn::HostArray;
use serde::Deserialize;

use crate::Result;

/// A job, as `benches/compare/jobs.py` writes it.
#[derive(Debug, Deserialize)]
pub struct Job {
    pub task: Task,
    /// Which model the file has: `mlp`, `cnn`, …
    pub architecture: String,
    /// A compiled model in Keras's format.
    pub model: PathBuf,
    #[serde(default)]
    pub x: Option<Array>,
    #[serde(default)]
    pub y: Option<Array>,
    /// Training: how many of the samples are used.
    #[serde(default)]
    pub samples: usize,
    #[serde(default)]
    pub batch_size: usize,
    /// Training: the first one is a warm-up.
    #[serde(default)]
    pub epochs: usize,
    #[serde(default)]
    pub seed: u32,
    /// Prediction: numbers of samples.
    #[serde(default)]
    pub sizes: Vec<usize>,
    /// Prediction: seconds for each way to predict so many samples.
    #[serde(default)]
    pub budget: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Train,
    Predict,
    Load,
}

/// A file of little-endian numbers of four bytes.
#[derive(Debug, Deserialize)]
pub struct Array {
    file: PathBuf,
    dtype: DType,
    shape: Vec<usize>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DType {
    Float32,
    Int32,
}

impl Job {
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// The first samples.
    pub fn x(&self, samples: usize) -> Result<HostArray<'static>> {
        self.x.as_ref().ok_or("the job has no x")?.first(samples)
    }

    /// The labels of the first samples.
    pub fn y(&self, samples: usize) -> Result<HostArray<'static>> {
        self.y.as_ref().ok_or("the job has no y")?.first(samples)
    }
}

impl Array {
    fn first(&self, samples: usize) -> Result<HostArray<'static>> {
        let mut sizes = self.shape.clone();
        sizes[0] = samples;
        let bytes = fs::read(&self.file)?;
        let wanted = 4 * sizes.iter().product::<usize>();
        let bytes = bytes.get(..wanted).ok_or_else(|| format!("{:?} is too short", self.file))?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(match self.dtype {
            DType::Float32 => {
                let values: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
                HostArray::new(values, sizes)?
            }
            DType::Int32 => {
                let values: Vec<i32> = numbers.iter().map(|number| i32::from_le_bytes(*number)).collect();
                HostArray::new(values, sizes)?
            }
        })
    }
}
