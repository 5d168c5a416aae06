//! Who is wired to whom, and nothing else: the roles of the one binary and the composition of the shop.
//!
//! - [`compose`] is the only file that names a service: read it first.
//! - [`place`] decides for each module whether it is answered here or at another process.
//! - [`serve`] is one process, [`up`] a whole topology on this machine.
//! - [`measured`] is what the lab needs of the program; [`experiment`] and [`advise`] are its commands.
//! - No behaviour of the shop depends on the topology outside `compose` and the seam.

#[cfg(feature = "lab")]
pub mod advise;
#[cfg(feature = "split")]
pub mod charter;
pub mod cli;
pub mod compose;
#[cfg(feature = "lab")]
pub mod experiment;
pub mod listeners;
pub mod measured;
pub mod neighbours;
pub mod operations;
pub mod place;
#[cfg(feature = "payments")]
pub mod provider;
#[cfg(feature = "split")]
pub mod sealing;
pub mod serve;
pub mod settings;
pub mod shop_data;
pub mod topology;
#[cfg(feature = "split")]
pub mod up;
#[cfg(feature = "shop")]
pub mod verify;
