//! What goes wrong in real life, done to the shop on purpose.

mod audit;
mod crash;
mod lab;
mod load;
