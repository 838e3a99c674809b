//! Layers in which each step of a sequence looks at the steps of another.

pub(crate) mod additive_attention;
#[allow(clippy::module_inception)]
pub(crate) mod attention;
pub(crate) mod group_query_attention;
pub(crate) mod heads;
pub(crate) mod masks;
pub(crate) mod multi_head_attention;
pub(crate) mod options;
pub(crate) mod projection;
pub(crate) mod scored;

pub use attention::ScoreMode;

crate::layers::family::family! { Attention;
    "AdditiveAttention" => additive_attention::AdditiveAttention::new();
    "Attention" => attention::Attention::new();
    "GroupedQueryAttention" | "GroupQueryAttention" => group_query_attention::GroupQueryAttention::new(1, 1, 1),
        requires "head_dim", "num_query_heads", "num_key_value_heads";
    "MultiHeadAttention" => multi_head_attention::MultiHeadAttention::new(0, 0), requires "num_heads", "key_dim";
}
