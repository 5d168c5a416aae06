//! What the caller of the tests may ask for by environment variable; `cargo xtask` does.

/// Whether the variable is set to anything.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// What the variable holds, if it is set.
pub(crate) fn text(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
