//! Every rule is shown a small house that breaks it: a check that has never been seen to fail is not a check.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    RULES, dependencies, graph, verify,
    workspace::{Crate, Dependency, Purpose, Source, Workspace},
};

const MANIFEST: &str = "
[package]
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

[lints]
workspace = true
";

const COMPOSITION: &str = r#"
use shelf_service::Shelf;
const MODULES: &[(&str, &[&str])] = &[("shelf", &[]), ("desk", &["shelf"]), ("storefront", &["desk"])];
"#;

/// How a sound house is spoilt, and the rule that must notice.
struct Case {
    breaks: &'static str,
    by: &'static str,
    spoil: fn(&mut Workspace),
}

const CASES: &[Case] = &[
    Case {
        breaks: "crates depend on what the design's table allows",
        by: "a contract that uses a crate nobody judged small",
        spoil: |house| depend(house, "shelf-contract", "tokio"),
    },
    Case {
        breaks: "crates depend on what the design's table allows",
        by: "a contract that reaches a server through the seam",
        spoil: |house| depend(house, "seam", "actix-web"),
    },
    Case {
        breaks: "crates depend on what the design's table allows",
        by: "a lab that reaches a module through the platform",
        spoil: |house| {
            depend(house, "lab", "runtime");
            depend(house, "runtime", "shelf-contract");
        },
    },
    Case {
        breaks: "crates depend on what the design's table allows",
        by: "a crate in a folder that the design does not know",
        spoil: |house| house.crates.push(member("stray", "tools/stray", &[])),
    },
    Case {
        breaks: "the graph of who asks whom has no cycle",
        by: "a shelf that asks the desk which asks the shelf",
        spoil: |house| {
            depend(house, "shelf-service", "desk-contract");
            append(house, "modules/shelf/service/src/lib.rs", "use desk_contract::{Desk as Counter, Slip};");
        },
    },
    Case {
        breaks: "each module's README says whom it asks",
        by: "a README that was not changed with the code",
        spoil: |house| _ = house.readmes.insert("desk".to_owned(), "asks: nobody".to_owned()),
    },
    Case {
        breaks: "each module's README says whom it asks",
        by: "a module without README",
        spoil: |house| _ = house.readmes.remove("shelf"),
    },
    Case {
        breaks: "the composition's table is the graph",
        by: "a module that the composition has forgotten",
        spoil: |house| the_source(house, "src/compose.rs").text = "//! Empty.\nconst MODULES: &[()] = &[];".to_owned(),
    },
    Case {
        breaks: "the composition's table is the graph",
        by: "a question that the composition's table does not have",
        spoil: |house| {
            let compose = the_source(house, "src/compose.rs");
            compose.text = compose.text.replace("&[\"shelf\"]", "&[]");
        },
    },
    Case {
        breaks: "the picture of the modules is current",
        by: "an old picture",
        spoil: |house| house.picture = Some("flowchart LR\n".to_owned()),
    },
    Case {
        breaks: "every manifest inherits from the workspace",
        by: "one manifest without the lints",
        spoil: |house| _ = the_crate(house, "runtime").manifest.remove("lints"),
    },
    Case {
        breaks: "every manifest inherits from the workspace",
        by: "one manifest with an edition of its own",
        spoil: |house| {
            let package = the_crate(house, "runtime").manifest["package"].as_table_mut().unwrap();
            package.insert("edition".to_owned(), "2021".into());
        },
    },
    Case {
        breaks: "every manifest inherits from the workspace",
        by: "a manifest that is no member",
        spoil: |house| house.strays.push("platform/forgotten".to_owned()),
    },
    Case {
        breaks: "a module is a contract and a service",
        by: "a folder in modules/ with half of it",
        spoil: |house| house.crates.retain(|member| member.name != "shelf-service"),
    },
    Case {
        breaks: "each module is a feature",
        by: "a module that the root has no feature for",
        spoil: |house| _ = the_crate(house, "cleave").features.remove("shelf"),
    },
    Case {
        breaks: "each module is a feature",
        by: "a module that the default build lacks",
        spoil: |house| _ = the_crate(house, "cleave").features.insert("shop".to_owned(), vec!["desk".to_owned()]),
    },
    Case {
        breaks: "each module is a feature",
        by: "a service that is built whether its feature is on or not",
        spoil: |house| {
            let root = the_crate(house, "cleave");
            root.dependencies.iter_mut().for_each(|dependency| dependency.optional = false);
        },
    },
    Case {
        breaks: "names tell what is inside",
        by: "a crate that could hold anything",
        spoil: |house| house.crates.push(member("shop-utils", "platform/shop-utils", &[])),
    },
    Case {
        breaks: "names tell what is inside",
        by: "a file that could hold anything",
        spoil: |house| {
            append(house, "platform/runtime/src/lib.rs", "mod helpers;");
            add(house, "platform/runtime/src/helpers.rs", "");
        },
    },
    Case {
        breaks: "services are named in src/compose.rs alone",
        by: "a main that builds a service",
        spoil: |house| append(house, "src/main.rs", "use shelf_service::Shelf;"),
    },
    Case {
        breaks: "the platform knows no domain",
        by: "a platform type named after a module",
        spoil: |house| append(house, "platform/runtime/src/lib.rs", "struct ShelfCache;"),
    },
    Case {
        breaks: "the platform knows no domain",
        by: "a platform that treats one module differently",
        spoil: |house| append(house, "platform/runtime/src/lib.rs", "const SPECIAL: &str = \"shelf\";"),
    },
    Case {
        breaks: "the platform knows no domain",
        by: "a platform crate named after a module",
        spoil: |house| house.crates.push(member("shelf-cache", "platform/shelf-cache", &[])),
    },
    Case {
        breaks: "a table is named by its owner alone",
        by: "a query over another module's table",
        spoil: |house| append(house, "modules/desk/service/src/lib.rs", "const SQL: &str = \"SELECT 1 FROM goods\";"),
    },
    Case {
        breaks: "a table is named by its owner alone",
        by: "an entity on another module's table",
        spoil: |house| append(house, "modules/desk/service/src/lib.rs", "#[sea_orm(table_name = \"goods\")]"),
    },
    Case {
        breaks: "every file opens with its purpose",
        by: "a file that begins with code",
        spoil: |house| house.sources[0].text.insert(0, '\n'),
    },
    Case {
        breaks: "files are short",
        by: "a file of a thousand lines",
        spoil: |house| house.sources[0].text.push_str(&"\n".repeat(1000)),
    },
    Case {
        breaks: "no test is switched off",
        by: "an ignored test",
        spoil: |house| append(house, "src/main.rs", concat!("#[", "ignore = \"later\"]")),
    },
    Case {
        breaks: "every file is compiled",
        by: "a test file that was forgotten",
        spoil: |house| add(house, "tests/journeys/forgotten.rs", ""),
    },
    Case {
        breaks: "every file is compiled",
        by: "a source file that was forgotten",
        spoil: |house| add(house, "modules/desk/service/src/forgotten.rs", ""),
    },
];

#[test]
fn a_sound_house_passes() {
    let report = verify(&sound_house());

    assert!(report.violations.is_empty(), "{report}");
}

#[test]
fn every_case_is_noticed_by_the_rule_it_breaks() {
    for case in CASES {
        let mut house = sound_house();
        (case.spoil)(&mut house);

        let report = verify(&house);

        let noticed = report.violations.iter().any(|violation| violation.rule == case.breaks);
        assert!(noticed, "{} went unnoticed by \"{}\"; it reported:\n{report}", case.by, case.breaks);
        assert!(report.violations.iter().all(|violation| !violation.remedy.is_empty()), "each says what to do");
    }
}

#[test]
fn every_rule_has_a_case() {
    let shown: BTreeSet<&str> = CASES.iter().map(|case| case.breaks).collect();
    let never_shown: Vec<&str> = RULES.iter().map(|rule| rule.name).filter(|name| !shown.contains(name)).collect();

    assert!(never_shown.is_empty(), "nobody has seen these rules fail: {never_shown:?}");
}

#[test]
fn every_prohibition_of_the_table_is_noticed() {
    let prohibitions = dependencies::prohibitions(&sound_house());
    assert!(prohibitions.len() > 20, "the table was not read: {prohibitions:?}");

    for (user, forbidden) in prohibitions {
        for purpose in [Purpose::Product, Purpose::Tests] {
            let mut house = sound_house();
            let dependency = Dependency { name: forbidden.clone(), purpose, optional: false };
            the_crate(&mut house, &user).dependencies.push(dependency);

            let report = verify(&house);

            let noticed = report.violations.iter().any(|violation| violation.what.contains(&format!("`{forbidden}`")));
            assert!(noticed, "{user} may use {forbidden} for {purpose:?}, and must not");
        }
    }
}

#[test]
fn all_violations_are_reported_at_once() {
    let mut house = sound_house();
    depend(&mut house, "shelf-contract", "actix-web");
    append(&mut house, "src/main.rs", "use shelf_service::Shelf;");
    house.picture = None;

    let rules: BTreeSet<&str> = verify(&house).violations.iter().map(|violation| violation.rule).collect();

    assert!(rules.len() >= 3, "{rules:?}");
}

#[test]
fn who_only_hears_events_does_not_ask() {
    let mut house = sound_house();
    depend(&mut house, "shelf-service", "desk-contract");
    append(&mut house, "modules/shelf/service/src/lib.rs", "use desk_contract::Slip;");

    let graph = graph::of(&house);

    assert!(graph.asks["shelf"].is_empty());
    assert_eq!(graph.hears["shelf"], BTreeSet::from(["desk".to_owned()]));
}

/// Two modules, the front of the shop, and one crate of every other kind: the smallest house with something in each room.
fn sound_house() -> Workspace {
    let mut house = Workspace {
        modules: ["shelf", "desk", "storefront"].map(str::to_owned).into(),
        crates: vec![
            member("seam", "platform/seam", &["serde"]),
            member("runtime", "platform/runtime", &["seam", "sea-orm"]),
            member("vocabulary", "vocabulary", &["serde"]),
            member("migrations", "migrations", &["sea-orm-migration"]),
            member("shelf-contract", "modules/shelf/contract", &["seam", "serde", "vocabulary"]),
            member("shelf-service", "modules/shelf/service", &["shelf-contract", "runtime", "migrations", "sea-orm"]),
            member("desk-contract", "modules/desk/contract", &["seam", "thiserror"]),
            member("desk-service", "modules/desk/service", &["desk-contract", "shelf-contract", "runtime"]),
            member("desk-scales", "modules/desk/scales", &["actix-web"]),
            member("storefront", "modules/storefront", &["desk-contract", "seam", "actix-web"]),
            member("lab", "lab", &["serde"]),
            member("xtask", "xtask", &["clap"]),
            member("hello", "examples/hello", &["seam"]),
            root(),
        ],
        ..Workspace::default()
    };
    for (path, code) in [
        ("platform/seam/src/lib.rs", "pub struct Call;"),
        ("platform/runtime/src/lib.rs", "// A comment may say shelf.\npub struct Database;"),
        ("modules/shelf/contract/src/lib.rs", "#[seam::contract] pub trait Shelf {}"),
        ("modules/shelf/service/src/lib.rs", "#[sea_orm(table_name = \"goods\")] pub struct Model;"),
        ("modules/desk/contract/src/lib.rs", "#[seam::contract] pub trait Desk {} pub struct Slip;"),
        ("modules/desk/service/src/lib.rs", "use shelf_contract::Shelf;"),
        ("modules/storefront/src/lib.rs", "pub fn pages(desk: Arc<dyn desk_contract::Desk>) {}"),
        ("migrations/src/lib.rs", "pub mod shelf;"),
        ("migrations/src/shelf/mod.rs", "Table::create().table(\"goods\")"),
        ("src/main.rs", "mod compose;"),
        ("src/compose.rs", COMPOSITION),
        ("tests/main.rs", "mod journeys;"),
        ("tests/journeys/mod.rs", "mod buying;"),
        ("tests/journeys/buying.rs", "#[test] fn somebody_buys() {}"),
    ] {
        add(&mut house, path, code);
    }
    house.readmes = BTreeMap::from([
        ("shelf".to_owned(), "# Shelf\n\nasks: nobody\n".to_owned()),
        ("desk".to_owned(), "# Desk\n\nasks: shelf (and the scales, outside)\n".to_owned()),
        ("storefront".to_owned(), "asks: `desk`\n".to_owned()),
    ]);
    house.picture = Some(graph::drawn(&graph::of(&house)));
    house
}

fn root() -> Crate {
    let mut root = member("cleave", "", &["shelf-service", "desk-service", "storefront"]);
    root.dependencies.iter_mut().for_each(|dependency| dependency.optional = true);
    let feature = |name: &str, part: &str| (name.to_owned(), vec![part.to_owned()]);
    root.features = BTreeMap::from([
        feature("shelf", "dep:shelf-service"),
        feature("desk", "dep:desk-service"),
        feature("storefront", "dep:storefront"),
        ("default".to_owned(), vec!["shop".to_owned()]),
        ("shop".to_owned(), ["shelf", "desk", "storefront"].map(str::to_owned).into()),
    ]);
    root
}

fn member(name: &str, folder: &str, product: &[&str]) -> Crate {
    let dependency = |name: &&str| Dependency { name: (*name).to_owned(), purpose: Purpose::Product, optional: false };
    Crate {
        name: name.to_owned(),
        folder: folder.to_owned(),
        dependencies: product.iter().map(dependency).collect(),
        features: BTreeMap::new(),
        manifest: MANIFEST.parse().unwrap(),
    }
}

fn the_crate<'a>(house: &'a mut Workspace, name: &str) -> &'a mut Crate {
    house.crates.iter_mut().find(|member| member.name == name).unwrap()
}

fn depend(house: &mut Workspace, user: &str, used: &str) {
    let dependency = Dependency { name: used.to_owned(), purpose: Purpose::Product, optional: false };
    the_crate(house, user).dependencies.push(dependency);
}

fn add(house: &mut Workspace, path: &str, code: &str) {
    house.sources.push(Source { path: path.to_owned(), text: format!("//! What it is for.\n{code}\n") });
}

fn append(house: &mut Workspace, path: &str, code: &str) {
    the_source(house, path).text.push_str(code);
}

fn the_source<'a>(house: &'a mut Workspace, path: &str) -> &'a mut Source {
    house.sources.iter_mut().find(|source| source.path == path).unwrap()
}
