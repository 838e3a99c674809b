//! Summaries: what an event says, for one of TensorBoard's plugins.

use super::histogram::Bucket;
use super::image::Images;
use super::protobuf::Message;

/// The kinds of data, by which TensorBoard samples them.
const SCALAR: u64 = 1;
const TENSOR: u64 = 2;
const BLOBS: u64 = 3;

/// TensorFlow's numbers of dtypes.
const FLOAT: u64 = 1;
const DOUBLE: u64 = 2;
const STRING: u64 = 7;

/// A number.
pub(super) fn scalar(tag: &str, value: f64) -> Message {
    summary(tag, metadata("scalars", SCALAR, ""), tensor(FLOAT, &[]).float(5, value as f32))
}

/// Counts of values in ranges.
pub(super) fn histogram(tag: &str, buckets: &[Bucket]) -> Message {
    let bytes: Vec<u8> = buckets.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    summary(tag, metadata("histograms", TENSOR, ""), tensor(DOUBLE, &[buckets.len(), 3]).bytes(4, bytes))
}

/// Images, after their width and height as strings.
pub(super) fn images(tag: &str, images: &Images) -> Message {
    let sizes = [images.width, images.height].map(|size| size.to_string().into_bytes());
    let parts = sizes.iter().chain(&images.files);
    let strings = tensor(STRING, &[2 + images.files.len()]);
    summary(tag, metadata("images", BLOBS, ""), parts.fold(strings, |tensor, part| tensor.bytes(8, part)))
}

/// The graph of a Keras model, from its configuration as JSON.
pub(super) fn keras_graph(tag: &str, json: &str) -> Message {
    // The content is the version of the plugin's format.
    summary(tag, metadata("graph_keras_model", BLOBS, "1"), tensor(STRING, &[]).bytes(8, json))
}

fn summary(tag: &str, metadata: Message, tensor: Message) -> Message {
    let value = Message::default().bytes(1, tag).message(8, tensor).message(9, metadata);
    Message::default().message(1, value)
}

fn metadata(plugin: &str, class: u64, content: &str) -> Message {
    let data = Message::default().bytes(1, plugin);
    let data = if content.is_empty() { data } else { data.bytes(2, content) };
    Message::default().message(1, data).int(4, class)
}

/// A tensor without its values.
fn tensor(dtype: u64, sizes: &[usize]) -> Message {
    let shape =
        sizes.iter().fold(Message::default(), |shape, size| shape.message(2, Message::default().int(1, *size as u64)));
    Message::default().int(1, dtype).message(2, shape)
}
