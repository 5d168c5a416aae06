//! One side of a comparison while it runs: its processes, their data, and what they use.

mod cgroup;
mod command;
mod contender;
mod cpus;
mod data;
mod layout;
mod priority;
mod processes;
mod readiness;
mod running;
mod started;
mod stranger;

pub use cgroup::Counting;
pub use command::{Executable, Verification};
pub use contender::Contender;
pub use cpus::Placement;
pub use data::copy_folder;
pub use layout::{Layout, LayoutGroup};
pub use processes::{Census, Process, Role, Usage};
pub use running::RunningSide;
pub use stranger::Stranger;

pub(crate) use cgroup::Groups;
pub(crate) use cpus::pin_this_thread as pin_lab;
pub(crate) use priority::{PreferredSession, prefer_generator};
pub(crate) use processes::pss_bytes;
