//! From what a database says to what a service answers.

use sea_orm::DbErr;
use seam::Failure;

/// Turns the database's errors into the service's: `store.find(sku).await.stored()?`.
pub trait Stored<T> {
    /// Says that the database could not do it, with the reason for the log.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] for every [`DbErr`]. An error that means something to the caller, such as a constraint
    /// that holds the stock above zero, is to be matched before.
    fn stored<E>(self) -> Result<T, Failure<E>>;
}

impl<T> Stored<T> for Result<T, DbErr> {
    fn stored<E>(self) -> Result<T, Failure<E>> {
        self.map_err(|error| Failure::unavailable(explain(&error)))
    }
}

fn explain(error: &DbErr) -> String {
    let text = error.to_string();
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return format!("every connection to the database is taken: {text}");
    }
    if text.contains("database is locked") || text.contains("database is busy") {
        return format!("another process holds the write lock of the database: {text}");
    }
    if text.contains("disk is full") {
        return format!("the disk is full: {text}");
    }
    format!("the database failed: {text}")
}
