//! Who may depend on whom: the table of the design, as data.

use std::collections::BTreeSet;

use super::{
    report::Report,
    workspace::{Crate, Kind, Purpose, Workspace},
};

/// One row: a kind of crate, what it may be built from, and what it must not touch even in its tests.
struct Row {
    applies: fn(&Kind) -> bool,
    may: &'static [Use],
    never: &'static [Use],
    /// Whether the crates it reaches through the workspace are held to `never` as well.
    far: bool,
    why: &'static str,
}

/// A set of crates.
#[derive(Clone, Copy, Debug)]
enum Use {
    /// The crate of this name.
    Named(&'static str),
    /// The crate of this name and all whose names begin with it and a dash.
    Family(&'static str),
    /// Every crate that is not of this workspace.
    Outside,
    /// The contract of the same module.
    ItsContract,
    /// Contracts of other modules.
    OtherContracts,
    /// Services of other modules, and the storefront.
    OtherServices,
    /// Whatever lies in `modules/`.
    ModuleCrates,
    /// Whatever lies in `platform/`.
    Platform,
    /// Whatever is of this workspace.
    Inside,
}

const ROWS: &[Row] = &[
    Row {
        applies: |kind| matches!(kind, Kind::Contract(_)),
        may: &[
            Use::Named("seam"),
            Use::Named("vocabulary"),
            Use::Named("serde"),
            Use::Named("thiserror"),
            // Small and pure: no input or output, no engine, no macros that build servers.
            Use::Named("compact_str"),
            Use::Named("uuid"),
        ],
        never: &[
            Use::Family("actix"),
            Use::Family("sea-orm"),
            Use::Family("sqlx"),
            Use::Family("redis"),
            Use::Named("deadpool-redis"),
            Use::OtherContracts,
            Use::OtherServices,
        ],
        far: true,
        why: "everybody who asks a module builds its contract, so a contract brings no engine, no server and no other module",
    },
    Row {
        applies: |kind| matches!(kind, Kind::Service(_)),
        may: &[
            Use::ItsContract,
            Use::OtherContracts,
            Use::Named("seam"),
            Use::Named("events"),
            Use::Named("runtime"),
            Use::Named("migrations"),
            Use::Named("vocabulary"),
            Use::Outside,
        ],
        never: &[Use::Family("actix"), Use::OtherServices],
        far: false,
        why: "a service does not know how it is reached, nor who stands behind a contract",
    },
    Row {
        applies: |kind| matches!(kind, Kind::Satellite(_)),
        may: &[Use::ItsContract, Use::Named("seam"), Use::Named("runtime"), Use::Named("vocabulary"), Use::Outside],
        never: &[Use::OtherContracts, Use::OtherServices, Use::Family("sea-orm")],
        far: false,
        why: "what stands for somebody outside knows nothing of the shop's inside",
    },
    Row {
        applies: |kind| *kind == Kind::Storefront,
        may: &[Use::OtherContracts, Use::Named("seam"), Use::Named("runtime"), Use::Named("vocabulary"), Use::Outside],
        never: &[Use::OtherServices, Use::Named("migrations"), Use::Family("sea-orm"), Use::Family("sqlx")],
        far: false,
        why: "the storefront owns no table and asks contracts alone, or it could not stand in a process of its own",
    },
    Row {
        applies: |kind| *kind == Kind::Migrations,
        may: &[Use::Named("sea-orm-migration")],
        never: &[Use::Inside],
        far: false,
        why: "tools bring a database up to date without building a service",
    },
    Row {
        applies: |kind| *kind == Kind::Vocabulary,
        may: &[Use::Outside],
        never: &[Use::Inside, Use::Family("actix"), Use::Family("sea-orm"), Use::Family("sqlx"), Use::Family("redis")],
        far: false,
        why: "the words that contracts share are as light as contracts",
    },
    Row {
        applies: |kind| *kind == Kind::Platform,
        may: &[Use::Platform, Use::Outside],
        never: &[Use::ModuleCrates, Use::Named("vocabulary"), Use::Named("lab"), Use::Named("cleave")],
        far: false,
        why: "the platform carries any product, so it knows none",
    },
    Row {
        applies: |kind| *kind == Kind::Lab,
        may: &[Use::Platform, Use::Outside],
        never: &[Use::ModuleCrates, Use::Named("vocabulary"), Use::Named("migrations"), Use::Named("cleave")],
        far: true,
        why: "the lab measures a stranger's shop as well as ours; what needs the shop is a role of the binary that it starts",
    },
    Row {
        applies: |kind| *kind == Kind::Chores,
        may: &[Use::Outside],
        never: &[Use::Inside],
        far: false,
        why: "chores must run when the shop does not build",
    },
    Row {
        applies: |kind| *kind == Kind::Example,
        may: &[Use::Platform, Use::Outside],
        never: &[Use::ModuleCrates, Use::Named("vocabulary"), Use::Named("lab"), Use::Named("cleave")],
        far: false,
        why: "an example shows the platform alone",
    },
    Row {
        applies: |kind| matches!(kind, Kind::Root | Kind::Bench),
        may: &[Use::Inside, Use::Outside],
        never: &[],
        far: false,
        why: "it puts everything together",
    },
];

/// Checks every crate against its row.
pub(crate) fn follow_the_table(workspace: &Workspace, report: &mut Report) {
    for member in &workspace.crates {
        let kind = member.kind();
        match ROWS.iter().find(|row| (row.applies)(&kind)) {
            Some(row) => check(workspace, member, row, report),
            None => report.add(
                &member.folder,
                format!("the table of who may depend on whom has no row for `{}`", member.name),
                "move it to a folder of the house, or decide what it may use and add a row",
            ),
        }
    }
}

fn check(workspace: &Workspace, member: &Crate, row: &Row, report: &mut Report) {
    let place = format!("{}/Cargo.toml", member.folder);
    let includes = |set: &[Use], name: &str| set.iter().any(|one| one.includes(workspace, member, name));
    for dependency in &member.dependencies {
        let name = &dependency.name;
        let for_tests = dependency.purpose == Purpose::Tests;
        // Tests of a platform crate may try it on real migrations, and everybody's may use the testkit.
        let forbidden = includes(row.never, name) && !(for_tests && name == "testkit");
        if forbidden || (!for_tests && !includes(row.may, name)) {
            report.add(
                &place,
                format!("`{}` must not use `{name}`: {}", member.name, row.why),
                "ask its contract, publish an event, or move the code to where it belongs",
            );
        }
    }
    if row.far {
        for (through, name) in reached(workspace, member) {
            if includes(row.never, &name) {
                report.add(
                    &place,
                    format!("`{}` reaches `{name}` through `{through}`: {}", member.name, row.why),
                    "make the dependency in between optional, or cut it",
                );
            }
        }
    }
}

/// What a crate is built from through other crates of the workspace, each with the crate that brings it.
fn reached(workspace: &Workspace, member: &Crate) -> BTreeSet<(String, String)> {
    let built_from = |one: &Crate| {
        let product =
            one.dependencies.iter().filter(|dependency| dependency.purpose == Purpose::Product && !dependency.optional);
        product.map(|dependency| dependency.name.clone()).collect::<Vec<_>>()
    };
    let mut found = BTreeSet::new();
    let mut waiting = built_from(member);
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let Some(inside) = workspace.named(&name) else { continue };
        if seen.insert(name.clone()) {
            for further in built_from(inside) {
                found.insert((name.clone(), further.clone()));
                waiting.push(further);
            }
        }
    }
    found
}

impl Use {
    fn includes(self, workspace: &Workspace, user: &Crate, name: &str) -> bool {
        let inside = workspace.named(name);
        let kind = inside.map(Crate::kind);
        let same_module = inside.is_some_and(|used| used.module().is_some() && used.module() == user.module());
        match self {
            Self::Named(wanted) => name == wanted,
            Self::Family(family) => {
                name == family || name.strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
            }
            Self::Outside => inside.is_none(),
            Self::ItsContract => same_module && matches!(kind, Some(Kind::Contract(_))),
            Self::OtherContracts => !same_module && matches!(kind, Some(Kind::Contract(_))),
            Self::OtherServices => {
                !same_module && matches!(kind, Some(Kind::Service(_) | Kind::Storefront | Kind::Satellite(_)))
            }
            Self::ModuleCrates => inside.is_some_and(|used| used.module().is_some()),
            Self::Platform => kind == Some(Kind::Platform),
            Self::Inside => inside.is_some(),
        }
    }
}

/// Every prohibition of the table with a crate of the given workspace that it applies to and a name that breaks it, so that
/// the negative cases cover the table as it grows.
pub(crate) fn prohibitions(workspace: &Workspace) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for row in ROWS {
        let Some(user) = workspace.crates.iter().find(|member| (row.applies)(&member.kind())) else { continue };
        for forbidden in row.never {
            let breaks = match forbidden {
                Use::Named(name) | Use::Family(name) => Some((*name).to_owned()),
                set => {
                    let others = workspace.crates.iter().filter(|member| member.name != user.name);
                    others.map(|member| member.name.clone()).find(|name| set.includes(workspace, user, name))
                }
            };
            found.extend(breaks.map(|name| (user.name.clone(), name)));
        }
    }
    found
}
