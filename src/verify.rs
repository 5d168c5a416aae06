//! Checks what must be true of a quiet shop, whatever went wrong before.
