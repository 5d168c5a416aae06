//! A contract that is written wrongly is told so, all faults at once and each at its own place.

#[test]
fn what_is_wrong_with_a_contract_is_said_where_it_is_wrong() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
