//! The public API for programs, in JSON.

use actix_web::web::ServiceConfig;

pub(crate) fn configure(_: &mut ServiceConfig) {}
