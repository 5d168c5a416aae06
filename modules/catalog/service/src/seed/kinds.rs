//! The kinds of things the shop sells, each with its names, materials and prices, and what to say about it.

mod home;
mod kitchen;
mod leisure;
mod wear;

use super::{looks::Look, materials::Material};

/// A kind of thing.
pub(super) struct Kind {
    /// How it is drawn.
    pub(super) shape: &'static str,
    /// What it is called.
    pub(super) things: &'static [&'static str],
    /// Where it is found.
    pub(super) categories: &'static [&'static str],
    /// What it is made of.
    pub(super) materials: &'static [&'static Material],
    /// How it looks.
    pub(super) looks: &'static [Look],
    /// What it costs: from, and below, in whole dollars.
    pub(super) dollars: (u16, u16),
    /// Sentences to begin with; `{thing}` is its name.
    pub(super) virtues: &'static [&'static str],
    /// Sentences to end with.
    pub(super) uses: &'static [&'static str],
}

const COUNT: usize = kitchen::KINDS.len() + home::KINDS.len() + wear::KINDS.len() + leisure::KINDS.len();

/// All kinds.
pub(super) fn all() -> [&'static Kind; COUNT] {
    let mut kinds = [&kitchen::KINDS[0]; COUNT];
    let written = kitchen::KINDS.iter().chain(&home::KINDS).chain(&wear::KINDS).chain(&leisure::KINDS);
    for (place, kind) in kinds.iter_mut().zip(written) {
        *place = kind;
    }
    kinds
}
