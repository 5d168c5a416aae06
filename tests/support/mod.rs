//! What the tests of this binary stand on: a shop in any topology, and the people who come to it.

pub(crate) mod normal;
pub(crate) mod page;
pub(crate) mod random;
pub(crate) mod shop;
pub(crate) mod template;
pub(crate) mod visitor;
