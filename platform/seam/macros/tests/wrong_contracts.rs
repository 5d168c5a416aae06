//! A contract that is written wrongly is told so, all faults at once and each at its own place.
//!
//! The faults are found before anything is generated, so these tests need no more than the macro: with the seam and its server
//! beside it, the one build would take two minutes.

#[test]
fn what_is_wrong_with_a_contract_is_said_where_it_is_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
