//! Advice: which modules are worth a process of their own, and how to group them for a stated price.

mod command;
mod gains;
mod grouping;
mod policy;
mod proposal;
mod verdicts;

pub(crate) use command::protocol;
pub use command::{AdviseOptions, advise};
pub use gains::{Gain, gains};
pub use grouping::{Division, Grouping, best};
pub use policy::Policy;
pub use proposal::{Proposal, propose};
pub use verdicts::{Advice, Cost, ModuleVerdict, judge, modules, modules_under};
