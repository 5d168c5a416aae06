//! What every manifest has in common, and what the root's manifest says about modules.

use std::collections::BTreeSet;

use super::{
    report::Report,
    workspace::{Crate, Kind, Workspace},
};

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];

/// Every manifest takes its lints and its package fields from the workspace: one that does not is checked by nobody.
pub(crate) fn inherit(workspace: &Workspace, report: &mut Report) {
    for member in &workspace.crates {
        let place = format!("{}/Cargo.toml", member.folder);
        let place = place.trim_start_matches('/');
        let inherits = |table: Option<&toml::Value>| {
            table.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
        };
        if !inherits(member.manifest.get("lints")) {
            report.add(place, "it does not take the workspace's lints", "add `[lints]` with `workspace = true`");
        }
        let package = member.manifest.get("package");
        for field in INHERITED {
            if !inherits(package.and_then(|package| package.get(field))) {
                report.add(
                    place,
                    format!("it does not take `{field}` from the workspace"),
                    format!("write `{field}.workspace = true` under `[package]`"),
                );
            }
        }
    }
    for folder in &workspace.strays {
        report.add(
            &format!("{folder}/Cargo.toml"),
            "the manifest belongs to no workspace, so nothing checks it",
            "add it to `members` of the root manifest, or give it a `[workspace]` of its own",
        );
    }
}

/// Every module has a contract and a service, but for the storefront, which is one crate.
pub(crate) fn make_whole_modules(workspace: &Workspace, report: &mut Report) {
    for module in &workspace.modules {
        let has = |kind: &Kind| {
            workspace.crates.iter().any(|member| member.module() == Some(module) && member.kind() == *kind)
        };
        let whole = has(&Kind::Contract(module.clone())) && has(&Kind::Service(module.clone()));
        if !whole && !has(&Kind::Storefront) {
            report.add(
                &format!("modules/{module}"),
                "a module is a contract and a service",
                "make both as `cargo xtask new-module` does, or remove the folder",
            );
        }
    }
}

/// A binary with any single module can be built: one feature per module, all in the default.
pub(crate) fn offer_each_module_as_a_feature(workspace: &Workspace, report: &mut Report) {
    let Some(root) = workspace.root() else { return };
    let default = switched_on(root, "default");
    for module in &workspace.modules {
        let Some(feature) = root.features.get(module) else {
            report.add(
                "Cargo.toml",
                format!("there is no feature `{module}`"),
                format!("add `{module} = [\"dep:...\"]` under `[features]`"),
            );
            continue;
        };
        if !default.contains(module) {
            report.add(
                "Cargo.toml",
                format!("the default build lacks `{module}`"),
                format!("add \"{module}\" to `default`"),
            );
        }
        let own = workspace.crates.iter().filter(|member| {
            member.module() == Some(module) && matches!(member.kind(), Kind::Service(_) | Kind::Storefront)
        });
        for own in own {
            let optional =
                root.dependencies.iter().any(|dependency| dependency.name == own.name && dependency.optional);
            if !optional || !feature.iter().any(|part| *part == format!("dep:{}", own.name)) {
                report.add(
                    "Cargo.toml",
                    format!("feature `{module}` does not decide whether `{}` is built", own.name),
                    format!("make the dependency optional and write `{module} = [\"dep:{}\"]`", own.name),
                );
            }
        }
    }
}

/// The features that a feature switches on, directly or through others.
fn switched_on(root: &Crate, feature: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![feature.to_owned()];
    while let Some(feature) = waiting.pop() {
        for part in root.features.get(&feature).into_iter().flatten() {
            if found.insert(part.clone()) {
                waiting.push(part.clone());
            }
        }
    }
    found
}

/// Names that say nothing draw in everything.
pub(crate) fn have_telling_names(workspace: &Workspace, report: &mut Report) {
    const EMPTY: &[&str] = &["common", "core", "helper", "helpers", "misc", "shared", "util", "utils"];
    for member in workspace.crates.iter().filter(|member| member.name.split('-').any(|part| EMPTY.contains(&part))) {
        report.add(&member.folder, format!("`{}` could hold anything", member.name), "name it after what it is about");
    }
    for source in &workspace.sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next().unwrap_or_default();
        if EMPTY.contains(&stem) {
            report.add(&source.path, format!("`{stem}` could hold anything"), "name it after what it is about");
        }
    }
}
