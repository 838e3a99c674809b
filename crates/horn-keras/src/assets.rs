//! The vocabularies that layers have learned with `adapt`, which files keep outside of the weights.

use std::io::{Seek, Write};

use horn_nn::layers::{LookupState, conventions_of};
use horn_nn::{Error, Result, TokenKind};
use serde_json::{Value, json};

use crate::archive::{Archive, ArchiveWriter};
use crate::h5::WeightsReader;
use crate::layers;

/// The file with a layer's vocabulary.
const VOCABULARY: &str = "vocabulary.txt";
/// The variable with the weights that a layer gives its tokens.
pub(crate) const IDF_WEIGHTS: &str = "idf_weights";

/// What is left of the limits for all vocabularies of a file together. They grow with the file, in which the vocabularies
/// may be compressed. Until the model is loaded, a token takes about 200 bytes, however short it is.
struct Left {
    tokens: usize,
    bytes: u64,
}

impl Left {
    /// The limits for a file of this size. A million different tokens have six bytes each, with their line breaks.
    fn of_file(len: u64) -> Self {
        let tokens = usize::try_from(len / 4).unwrap_or(usize::MAX).saturating_add(400_000);
        Self { tokens, bytes: len.saturating_mul(2).saturating_add(16 << 20) }
    }
}

/// Puts the learned vocabularies into the layers' configurations.
pub(crate) fn place(object: &mut Value, archive: &mut Archive, weights: &WeightsReader) -> Result<()> {
    let mut learners = Vec::new();
    // No layer exists yet at this point. In an untrusted file, vocabularies of classes that learn none are not read.
    layers::each(object, |layer| {
        let is_open = layer.object["config"].get("vocabulary").is_some_and(Value::is_null);
        let conventions = if is_open { conventions_of(layer.object) } else { None };
        if let Some(tokens) = conventions.and_then(|conventions| conventions.learned_tokens) {
            learners.push((layer.pointer, layer.path, tokens));
        }
    });
    let mut left = Left::of_file(archive.len());
    for (pointer, path, kind) in learners {
        let text = archive.asset(&format!("{path}/{VOCABULARY}"), left.bytes)?;
        if let (Some(layer), Some(text)) = (object.pointer_mut(&pointer), text) {
            let at = |error: Error| error.at(format!("{path:?}"));
            let tokens = vocabulary(kind, text, &mut left).map_err(at)?;
            let idf_weights = idf_weights(&path, tokens.len(), archive.len(), weights).map_err(at)?;
            layer["config"]["vocabulary"] = json!({"learned": Value::from(tokens), "idf_weights": idf_weights});
        }
    }
    Ok(())
}

/// The learned state of a lookup layer, with the groups in which files keep it.
pub(crate) type KeptLookup = (Vec<String>, LookupState);

/// Writes the vocabularies that the model's layers have learned.
pub(crate) fn write(lookups: &[KeptLookup], archive: &mut ArchiveWriter<impl Write + Seek>) -> Result<()> {
    for (groups, state) in lookups {
        let Some(tokens) = &state.vocabulary else { continue };
        if let Some(token) = tokens.iter().find(|token| token.contains('\n')) {
            return Err(Error::argument("a token of the vocabulary can't be kept in a file")
                .at(format!("{:?}", groups[0]))
                .received(format!("{token:?}"))
                .expected("tokens of one line")
                .hint("split strings at whitespace, or give the layer the vocabulary as an argument"));
        }
        let text = tokens.join("\n");
        for group in groups {
            archive.asset(&format!("{group}/{VOCABULARY}"), text.as_bytes())?;
        }
    }
    Ok(())
}

/// The weight of each token, if the layer has such weights.
fn idf_weights(group: &str, tokens: usize, len: u64, weights: &WeightsReader) -> Result<Option<Vec<f32>>> {
    let path = format!("{group}/vars/{IDF_WEIGHTS}");
    if !weights.is_dataset(&path) {
        return Ok(None);
    }
    let sizes = weights.describe(&path)?.sizes.to_vec();
    // The variable may be larger than the vocabulary.
    let [size] = sizes[..] else { return Ok(None) };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size < tokens || size as u64 > len.saturating_add(400_000) {
        return Err(Error::file("there is not one weight for each token")
            .at(format!("variable {path:?}"))
            .received(format!("{size} weights for {tokens} tokens"))
            .hint("save the model again"));
    }
    Ok(Some(weights.read(&path, &[size])?.into_f32()?.into_iter().collect()))
}

/// Reads a vocabulary, one token per line.
fn vocabulary(kind: TokenKind, text: Vec<u8>, left: &mut Left) -> Result<Vec<Value>> {
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    left.bytes -= text.len() as u64;
    let most = left.tokens;
    left.tokens = most.checked_sub(lines).ok_or_else(|| {
        Error::file("the vocabulary is too large")
            .received(format!("{lines} tokens"))
            .expected(format!("at most {most} more in a file of this size"))
            .hint("leave rare tokens out: give the layer `max_tokens`")
    })?;
    let damaged = || Error::file("the vocabulary is damaged").hint("save the model again");
    let text = String::from_utf8(text).map_err(|error| damaged().because(error))?;
    let tokens = text.split('\n').map(|token| match kind {
        TokenKind::Integer => token.parse::<i64>().map(Value::from).map_err(|error| damaged().because(error)),
        TokenKind::Text => Ok(token.into()),
    });
    tokens.collect()
}
