//! What Horn computes against what real Keras computed.

