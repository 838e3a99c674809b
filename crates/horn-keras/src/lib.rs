//! Keras's model files, read and written.
