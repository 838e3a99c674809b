//! What a call of a function is: its name and arguments, the operands (tensors, numbers and arrays), the rule for shapes that
//! broadcast, and exact integers. Imports nothing else of `operations`.

pub(crate) mod argument;
pub(crate) mod broadcast;
pub(crate) mod call;
pub(crate) mod constant;
pub(crate) mod function;
pub(crate) mod integers;
pub(crate) mod operands;
