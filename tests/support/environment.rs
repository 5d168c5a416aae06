//! What the caller of the tests may ask for by environment variable; `cargo xtask` does.

/// Whether the variable is set to anything.
pub(crate) fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// What the variable holds, if it is set.
pub(crate) fn text(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The number that the variable holds, if it is set.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = text(name)?;
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{name} must be a whole number, and is {text:?}")))
}
