//! The house keeps its rules: the structure of the whole checkout, verified at once.
//!
//! The rules are functions over a plain [`Workspace`](workspace::Workspace), so each is also shown a house that breaks it.

mod dependencies;
mod graph;
mod manifests;
mod negative;
mod report;
mod sources;
mod tables;
mod tokens;
mod workspace;

use std::{fs, path::Path};

use report::Report;
use workspace::Workspace;

use crate::environment;

/// A rule: its name is a sentence, its check adds what breaks it.
struct Rule {
    name: &'static str,
    check: fn(&Workspace, &mut Report),
}

const RULES: &[Rule] = &[
    Rule { name: "crates depend on what the design's table allows", check: dependencies::follow_the_table },
    Rule { name: "the graph of who asks whom has no cycle", check: graph::has_no_cycle },
    Rule { name: "each module's README says whom it asks", check: graph::is_what_readmes_say },
    Rule { name: "the composition's table is the graph", check: graph::is_what_the_composition_says },
    Rule { name: "the picture of the modules is current", check: graph::is_drawn },
    Rule { name: "every manifest inherits from the workspace", check: manifests::inherit },
    Rule { name: "a module is a contract and a service", check: manifests::make_whole_modules },
    Rule { name: "each module is a feature", check: manifests::offer_each_module_as_a_feature },
    Rule { name: "names tell what is inside", check: manifests::have_telling_names },
    Rule { name: "services are named in src/compose.rs alone", check: sources::name_services_in_one_place },
    Rule { name: "the platform knows no domain", check: sources::keep_the_domain_out_of_the_platform },
    Rule { name: "a table is named by its owner alone", check: tables::have_one_owner },
    Rule { name: "every file opens with its purpose", check: sources::open_with_their_purpose },
    Rule { name: "files are short", check: sources::are_short },
    Rule { name: "no test is switched off", check: sources::switch_no_test_off },
    Rule { name: "every file is compiled", check: sources::are_in_the_tree },
];

fn verify(workspace: &Workspace) -> Report {
    let mut report = Report::default();
    for rule in RULES {
        report.begin(rule.name);
        (rule.check)(workspace, &mut report);
    }
    report
}

#[test]
fn the_house_keeps_its_rules() {
    // Another checkout may be verified by this binary, such as a scratch copy with one module more.
    let root = environment::text("CLEAVE_HOUSE").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
    let root = Path::new(&root);
    let mut workspace = Workspace::read(root);
    if environment::is_set("CLEAVE_DRAW") {
        let picture = graph::drawn(&graph::of(&workspace));
        fs::write(root.join("docs/modules.mmd"), &picture).unwrap();
        workspace.picture = Some(picture);
    }

    let report = verify(&workspace);

    for warning in &report.warnings {
        eprintln!("worth a look: {warning}");
    }
    assert!(
        report.violations.is_empty(),
        "the house breaks {} of its rules' points:\n{report}",
        report.violations.len()
    );
}
