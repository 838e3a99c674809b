//! Recordings.

use std::fs;
use std::path::Path;

use horn_nn::{Error, HostArray, Result};

use crate::directory::from_directory::FromDirectory;
use crate::directory::kind::FileKind;

/// Files that hold recordings.
#[derive(Debug, Clone, Copy, Default)]
pub struct AudioFiles {
    output_sequence_length: Option<usize>,
}

/// The recordings of the `.wav` files in a folder, each folder in it a class: Keras's `audio_dataset_from_directory`. The
/// files have 16 bits a sample, which become floats from -1 to 1.
///
/// Recordings of a batch that are shorter than its longest one end in silence. None is resampled.
///
/// # Shapes
///
/// `[batch, samples, channels]`
///
/// ```no_run
/// use horn::utils::audio_dataset_from_directory;
///
/// let dataset = audio_dataset_from_directory("speech").output_sequence_length(16_000).load()?;
/// # Ok::<(), horn::Error>(())
/// ```
pub fn audio_dataset_from_directory(directory: impl AsRef<Path>) -> FromDirectory<AudioFiles> {
    FromDirectory::new(directory, AudioFiles::default())
}

impl FromDirectory<AudioFiles> {
    /// The number of samples of each recording: longer ones are cut off, and shorter ones end in silence. By default that
    /// of the longest one in a batch.
    #[must_use]
    pub fn output_sequence_length(mut self, output_sequence_length: usize) -> Self {
        self.kind.output_sequence_length = Some(output_sequence_length);
        self
    }
}

impl FileKind for AudioFiles {
    const FUNCTION: &'static str = "audio_dataset_from_directory";
    const ENDINGS: &'static [&'static str] = &[".wav"];

    fn check(&self) -> Result<()> {
        match self.output_sequence_length {
            Some(0) => Err(Error::argument("the target length is 0")
                .at("output_sequence_length")
                .received(0)
                .expected("a number of samples from 1 on")
                .hint("leave it out to keep the length of the longest recording")),
            _ => Ok(()),
        }
    }

    fn read(&self, paths: &[&Path]) -> Result<HostArray<'static>> {
        let mut recordings = Vec::new();
        for path in paths {
            let at = |error: Error| error.at(path.display().to_string());
            let bytes = fs::read(path).map_err(|error| {
                at(Error::file("the recording can't be read").hint("check the permissions").because(error))
            })?;
            recordings.push(Recording::new(&bytes).map_err(at)?);
        }
        let channels = recordings.first().map_or(1, |first| first.channels);
        if let Some((path, other)) = paths.iter().zip(&recordings).find(|(_, other)| other.channels != channels) {
            return Err(Error::data("the recordings have different numbers of channels")
                .at(path.display().to_string())
                .received(format!("{} channels, and {channels} in {}", other.channels, paths[0].display()))
                .expected("the same number in all")
                .hint("convert the files to mono"));
        }
        let longest = recordings.iter().map(|recording| recording.values.len() / channels).max().unwrap_or(0);
        let length = self.output_sequence_length.unwrap_or(longest);
        let mut values = Vec::with_capacity(paths.len() * length * channels);
        for recording in recordings {
            let end = values.len() + length * channels;
            values.extend(recording.values.into_iter().take(length * channels));
            values.resize(end, 0.0);
        }
        HostArray::new(values, [paths.len(), length, channels])
    }
}

/// A recording: the channels of a moment beside each other.
struct Recording {
    channels: usize,
    values: Vec<f32>,
}

impl Recording {
    /// Reads a RIFF file: chunks, each with a name and a length, of which one says the format and another holds the samples.
    fn new(bytes: &[u8]) -> Result<Self> {
        let broken = |received: String| {
            Error::file("this is not a WAV file that Horn reads")
                .received(received)
                .expected("a RIFF file with PCM samples of 16 bits")
                .hint("convert the file, such as by ffmpeg -i in.wav -c:a pcm_s16le out.wav")
        };
        let Some((b"RIFF", rest)) = bytes.split_first_chunk() else { return Err(broken("another format".to_owned())) };
        let Some(mut rest) = rest.get(4..).and_then(|rest| rest.strip_prefix(b"WAVE")) else {
            return Err(broken("a RIFF file of something else".to_owned()));
        };
        let mut channels = None;
        while let Some((name, after)) = rest.split_first_chunk::<4>() {
            let Some((length, after)) = after.split_first_chunk() else { break };
            let length = u32::from_le_bytes(*length) as usize;
            // A writer that was interrupted leaves a length that is too large.
            let data = &after[..length.min(after.len())];
            match (name, channels) {
                (b"fmt ", _) => channels = Some(channels_of(data).map_err(broken)?),
                (b"data", Some(channels)) => {
                    let pairs = data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                    let mut values: Vec<f32> = pairs.map(|value| f32::from(value) / 32_768.0).collect();
                    values.truncate(values.len() / channels * channels);
                    return Ok(Self { channels, values });
                }
                _ => {}
            }
            // Chunks begin at even places.
            rest = after.get(length.saturating_add(length % 2)..).unwrap_or(&[]);
        }
        Err(broken("no samples".to_owned()))
    }
}

/// The number of channels, if the samples have the right format.
fn channels_of(format: &[u8]) -> std::result::Result<usize, String> {
    let word = |at: usize| format.get(at..at + 2).map_or(0, |word| u16::from_le_bytes([word[0], word[1]]));
    match (word(0), word(2), word(14)) {
        (1, channels @ 1.., 16) => Ok(channels.into()),
        (kind, channels, bits) => Err(format!("format {kind} with {channels} channels of {bits} bits")),
    }
}
