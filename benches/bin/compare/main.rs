//! The Rust side of `python3 benches/compare.py`: does one job in a process of its own.
//!
//! ```text
//! compare horn job.json
//! compare burn job.json
//! ```
//!
//! The job names a model file of Keras and files of numbers. The answer is one line of JSON, with the times in seconds.

mod answer;
mod by_hand;
mod in_horn;
mod job;

use std::error::Error;

use job::{Job, Task};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, framework, path] = arguments.as_slice() else {
        return Err("usage: compare horn|burn JOB.json".into());
    };
    let job = Job::read(path)?;
    let answer = match (framework.as_str(), job.task) {
        ("horn", Task::Train) => in_horn::train(&job)?,
        ("horn", Task::Predict) => in_horn::predict(&job)?,
        ("horn", Task::Load) => in_horn::load(&job)?,
        ("burn", Task::Train) => by_hand::train(&job)?,
        ("burn", Task::Predict) => by_hand::predict(&job)?,
        _ => return Err(format!("{framework} has no {:?}", job.task).into()),
    };
    println!("{}", answer.to_json());
    Ok(())
}
