//! What travels: an event, and what is known about it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An event under way. Serialised, it is what `POST /events/<consumer>` carries a list of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The module that published it.
    pub source: String,
    /// Its number among all events of its source, in the order of commits; never given out twice.
    pub id: i64,
    /// What it is about, such as the id of an order.
    pub aggregate: String,
    /// Its number among the events about its aggregate: 1, 2, 3, without gaps.
    pub sequence: i64,
    /// What happened, as `module.what-happened`.
    pub kind: String,
    /// The event.
    pub payload: Value,
    /// The W3C `traceparent` of the call that caused it; empty when there was none.
    pub trace: String,
    /// When it happened, in milliseconds since the epoch. For people: the order is that of the ids.
    pub at: i64,
}

impl Envelope {
    /// Reads the event.
    ///
    /// # Errors
    /// When the payload is of another shape.
    pub fn open<E: DeserializeOwned>(&self) -> Result<E, serde_json::Error> {
        E::deserialize(&self.payload)
    }
}
