//! The house as the rules see it: a plain value, read from the checkout once, or written by hand to show that a rule can fail.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Everything that a rule may look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    /// The folders of `modules/`.
    pub(crate) modules: BTreeSet<String>,
    /// The members of the workspace.
    pub(crate) crates: Vec<Crate>,
    /// Folders that hold a manifest and are neither members nor a workspace of their own.
    pub(crate) strays: Vec<String>,
    /// Every Rust file, with its path from the root.
    pub(crate) sources: Vec<Source>,
    /// What each module says about itself.
    pub(crate) readmes: BTreeMap<String, String>,
    /// `docs/modules.mmd`, if it is there.
    pub(crate) picture: Option<String>,
}

/// A member of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Crate {
    pub(crate) name: String,
    /// From the root; empty for the root package.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) manifest: toml::Table,
}

/// One line of a manifest's dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) purpose: Purpose,
    pub(crate) optional: bool,
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is part of what is built.
    Product,
    /// Tests alone use it.
    Tests,
}

/// A Rust file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What a crate is, by the folder it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What may be asked of the named module.
    Contract(String),
    /// How the named module answers.
    Service(String),
    /// A further crate of the named module, such as the provider that payments asks.
    Satellite(String),
    Storefront,
    Vocabulary,
    Migrations,
    Platform,
    Lab,
    Root,
    Chores,
    Bench,
    Example,
    /// In no folder that the design knows.
    Unknown,
}

impl Crate {
    pub(crate) fn kind(&self) -> Kind {
        let parts: Vec<&str> = self.folder.split('/').collect();
        match parts.as_slice() {
            [""] => Kind::Root,
            ["modules", module, "contract"] => Kind::Contract((*module).to_owned()),
            ["modules", module, "service"] => Kind::Service((*module).to_owned()),
            ["modules", module, _] => Kind::Satellite((*module).to_owned()),
            ["modules", _] => Kind::Storefront,
            ["vocabulary"] => Kind::Vocabulary,
            ["migrations"] => Kind::Migrations,
            ["platform", ..] => Kind::Platform,
            ["lab"] => Kind::Lab,
            ["xtask"] => Kind::Chores,
            ["benches", ..] => Kind::Bench,
            ["examples", ..] => Kind::Example,
            _ => Kind::Unknown,
        }
    }

    /// The module that this crate is a part of.
    pub(crate) fn module(&self) -> Option<&str> {
        self.folder.strip_prefix("modules/").and_then(|rest| rest.split('/').next())
    }
}

impl Workspace {
    pub(crate) fn named(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|member| member.name == name)
    }

    pub(crate) fn root(&self) -> Option<&Crate> {
        self.crates.iter().find(|member| member.kind() == Kind::Root)
    }

    /// The files under a folder, given with its closing slash.
    pub(crate) fn sources_under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Source> + 'a {
        self.sources.iter().filter(move |source| source.path.starts_with(folder))
    }

    /// Reads the checkout at `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let files = files_under(root);
        let crates = members(root);
        Self {
            modules: folders_in(&root.join("modules")),
            strays: strays(root, &files, &crates),
            crates,
            sources: files.iter().filter(|file| is_rust(file)).map(|file| source(root, file)).collect(),
            readmes: readmes(root),
            picture: fs::read_to_string(root.join("docs/modules.mmd")).ok(),
        }
    }
}

fn members(root: &Path) -> Vec<Crate> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo can read the manifests, for it built this test");
    metadata.packages.iter().map(|package| member(root, package)).collect()
}

fn member(root: &Path, package: &cargo_metadata::Package) -> Crate {
    let manifest_path = package.manifest_path.as_std_path();
    let folder = manifest_path.parent().expect("a manifest lies in a folder");
    let dependencies = package.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        purpose: if dependency.kind == DependencyKind::Development { Purpose::Tests } else { Purpose::Product },
        optional: dependency.optional,
    });
    Crate {
        name: package.name.to_string(),
        folder: from_root(root, folder),
        dependencies: dependencies.collect(),
        features: package.features.clone().into_iter().collect(),
        manifest: parse(manifest_path),
    }
}

fn parse(manifest: &Path) -> toml::Table {
    let text = fs::read_to_string(manifest).expect("cargo has just read it");
    text.parse().expect("cargo has just parsed it")
}

/// A manifest outside the workspace is checked by nobody, so it must be meant to stand alone: it says so itself, or the root does.
fn strays(root: &Path, files: &[PathBuf], crates: &[Crate]) -> Vec<String> {
    let excluded = parse(&root.join("Cargo.toml")).get("workspace").and_then(|table| table.get("exclude").cloned());
    let is_excluded = |folder: &String| {
        let folders = excluded.as_ref().and_then(toml::Value::as_array).into_iter().flatten();
        folders.filter_map(toml::Value::as_str).any(|excluded| excluded == folder)
    };
    files
        .iter()
        .filter(|file| file.ends_with("Cargo.toml"))
        .filter(|file| !parse(file).contains_key("workspace"))
        .filter_map(|file| file.parent())
        .map(|folder| from_root(root, folder))
        .filter(|folder| !is_excluded(folder) && crates.iter().all(|member| &member.folder != folder))
        .collect()
}

fn readmes(root: &Path) -> BTreeMap<String, String> {
    let text_of = |module: String| {
        let text = fs::read_to_string(root.join("modules").join(&module).join("README.md")).ok()?;
        Some((module, text))
    };
    folders_in(&root.join("modules")).into_iter().filter_map(text_of).collect()
}

fn folders_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("the folder is part of the checkout");
    entries
        .map(|entry| entry.expect("the folder can be listed"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// All files of the checkout but for what is built, run or hidden.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    const NOT_OURS: &[&str] = &["target", "data", "runs", "node_modules"];
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// What `trybuild` compiles is meant to be wrong, and is read by no rule.
fn is_rust(file: &Path) -> bool {
    let wrong_on_purpose = file.components().any(|part| part.as_os_str() == "ui");
    file.extension().is_some_and(|extension| extension == "rs") && !wrong_on_purpose
}

fn source(root: &Path, file: &Path) -> Source {
    let text = fs::read(file).expect("the file was just listed");
    Source { path: from_root(root, file), text: String::from_utf8_lossy(&text).into_owned() }
}

fn from_root(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("it was found under the root").to_string_lossy().replace('\\', "/")
}
