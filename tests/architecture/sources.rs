//! What the text of every Rust file keeps to.

use std::collections::BTreeMap;

use super::{
    report::Report,
    tokens::{Token, product_tokens, segments, tokens},
    workspace::{Kind, Source, Workspace},
};

/// Longer than this, a file is about several things.
const MOST_LINES: usize = 600;
/// Longer than this, it is worth a look.
const MANY_LINES: usize = 400;

/// Every file opens with a sentence that says what it is for.
pub(crate) fn open_with_their_purpose(workspace: &Workspace, report: &mut Report) {
    for source in &workspace.sources {
        if !source.text.starts_with("//! ") {
            report.add(
                &source.path,
                "it does not open with a `//!` sentence",
                "say in its first line what the file is for",
            );
        }
    }
}

/// No file is too long to be read in one sitting.
pub(crate) fn are_short(workspace: &Workspace, report: &mut Report) {
    for source in &workspace.sources {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            report.add(&source.path, format!("it has more than {MOST_LINES} lines"), "split it by what it is about");
        } else if lines > MANY_LINES {
            report.warn(format!("{} has more than {MANY_LINES} lines", source.path));
        }
    }
}

/// A test that is switched off is believed by everybody and run by nobody.
pub(crate) fn switch_no_test_off(workspace: &Workspace, report: &mut Report) {
    for source in &workspace.sources {
        let tokens = tokens(&source.text);
        for pair in tokens.windows(2).filter(|pair| pair[0].is_mark('[') && pair[1].is_word("ignore")) {
            report.add(
                &format!("{}:{}", source.path, pair[1].line),
                "a test is switched off",
                "mend it, delete it, or give it a smaller bound; what takes long belongs to `cargo xtask`",
            );
        }
    }
}

/// A file that no `mod` names is not compiled, and nobody notices.
pub(crate) fn are_in_the_tree(workspace: &Workspace, report: &mut Report) {
    for source in &workspace.sources {
        let Some(parents) = parents_of(&source.path) else { continue };
        let name = source.path.trim_end_matches(".rs").trim_end_matches("/mod").rsplit('/').next().unwrap_or_default();
        let declared = workspace.sources.iter().filter(|parent| is_parent(&parents, &parent.path)).any(|parent| {
            let tokens = tokens(&parent.text);
            let by_name = tokens.windows(2).any(|pair| pair[0].is_word("mod") && pair[1].is_word(name));
            let file = source.path.rsplit('/').next().unwrap_or_default();
            by_name || tokens.iter().filter_map(Token::text).any(|text| text.ends_with(file))
        });
        if !declared {
            report.add(
                &source.path,
                "no `mod` names this file, so it is never compiled",
                format!("add `mod {name};` to its parent, or delete it"),
            );
        }
    }
}

/// Where the `mod` line of a file may stand: files, or a folder with its closing slash; `None` for files that Cargo finds
/// by itself.
fn parents_of(path: &str) -> Option<Vec<String>> {
    let (folder, file) = path.rsplit_once('/')?;
    let of_a_member = folder.ends_with("/tests") && !folder.contains("/src");
    let found_by_cargo = matches!(file, "lib.rs" | "main.rs" | "build.rs")
        || folder.ends_with("src/bin")
        || folder.ends_with("benches")
        || folder.ends_with("examples")
        || of_a_member;
    if found_by_cargo {
        return None;
    }
    let folder = if file == "mod.rs" { folder.rsplit_once('/')?.0 } else { folder };
    if folder.ends_with("/tests") && !folder.contains("/src") {
        return Some(vec![format!("{folder}/")]);
    }
    let mut parents: Vec<String> = ["lib.rs", "main.rs", "mod.rs"].map(|file| format!("{folder}/{file}")).into();
    parents.push(format!("{folder}.rs"));
    Some(parents)
}

fn is_parent(parents: &[String], path: &str) -> bool {
    parents.iter().any(|parent| path == parent || (parent.ends_with('/') && path.starts_with(parent)))
}

/// The root alone knows which service stands behind a contract, and of the root, one file.
pub(crate) fn name_services_in_one_place(workspace: &Workspace, report: &mut Report) {
    let services = workspace.crates.iter().filter(|member| matches!(member.kind(), Kind::Service(_)));
    let folders: BTreeMap<String, String> =
        services.map(|service| (service.name.replace('-', "_"), format!("{}/", service.folder))).collect();
    for source in &workspace.sources {
        // What a contract costs can only be measured against the service without it.
        let measures = source.path.starts_with("benches/");
        if measures || source.path == "src/compose.rs" || source.path.starts_with("src/compose/") {
            continue;
        }
        for token in tokens(&source.text) {
            let Some(name) = token.word() else { continue };
            if folders.get(name).is_some_and(|own| !source.path.starts_with(own)) {
                report.add(
                    &format!("{}:{}", source.path, token.line),
                    format!("`{name}` is named outside src/compose.rs"),
                    "ask for the contract, or move the wiring to src/compose.rs",
                );
            }
        }
    }
}

/// The platform carries any product: a module's name in its code is the beginning of knowing one.
pub(crate) fn keep_the_domain_out_of_the_platform(workspace: &Workspace, report: &mut Report) {
    for member in workspace.crates.iter().filter(|member| member.kind() == Kind::Platform) {
        if let Some(module) = member.name.split('-').find(|part| workspace.modules.contains(*part)) {
            report.add(
                &member.folder,
                format!("a platform crate is named after the module {module}"),
                "name it after what it does",
            );
        }
        let folder = format!("{}/src/", member.folder);
        for source in workspace.sources_under(&folder).filter(|source| !is_test_file(source)) {
            for token in product_tokens(&source.text) {
                if let Some(module) = domain_word(&token, workspace) {
                    report.add(
                        &format!("{}:{}", source.path, token.line),
                        format!("the platform's code knows the module {module}"),
                        "take what differs as an argument, or move the code into the module",
                    );
                }
            }
        }
    }
}

fn is_test_file(source: &Source) -> bool {
    source.path.ends_with("/tests.rs") || source.path.contains("/tests/")
}

/// A name that has the module's name in it, or a text that is exactly that name. Prose in longer texts and in comments is free.
fn domain_word<'a>(token: &Token<'_>, workspace: &'a Workspace) -> Option<&'a String> {
    if let Some(text) = token.text() {
        return workspace.modules.get(text);
    }
    let segments = segments(token.word()?);
    workspace.modules.iter().find(|module| segments.contains(module))
}
