//! HTTP/1.1 as a load generator needs it: one write and one read per request, nothing allocated that could be reused.

mod cookies;
mod encoding;
mod response;
mod target;

pub use cookies::CookieJar;
pub use encoding::{encode_form_value, encode_path_value};
pub use response::{Fed, ResponseHead, ResponseReader};
pub use target::Target;

/// Why bytes could not be read as an HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The head is not HTTP/1.x.
    #[error("the head of the answer is not HTTP: {0}")]
    Head(String),
    /// The length of the body is not a number, or the chunk sizes are not hexadecimal.
    #[error("the length of the answer's body cannot be read: {0}")]
    Length(String),
    /// The answer is larger than the generator keeps.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound, bytes.
        limit: usize,
    },
    /// The connection ended in the middle of an answer.
    #[error("the connection was closed in the middle of an answer")]
    Truncated,
}
