//! One side of a comparison while it runs: its processes, their data, and what they use.

mod command;
mod cpus;
mod data;
mod priority;
mod processes;
mod running;

pub use command::{Executable, Verification};
pub use cpus::Placement;
pub use data::copy_folder;
pub use processes::{Census, Process, Role, Usage};
pub use running::RunningSide;

pub(crate) use cpus::pin_this_thread as pin_lab;
pub(crate) use priority::{PreferredSession, prefer_generator};
pub(crate) use processes::pss_bytes;
