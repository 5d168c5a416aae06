//! Settings, from their sources to a struct.
