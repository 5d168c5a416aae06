//! The skeleton of a module, and the proof that it passes.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{house, step::Step};

/// What a module consists of: the skeleton of each file, and where it goes.
const FILES: &[(&str, &str)] = &[
    (include_str!("../skeleton/README.md.skeleton"), "modules/{name}/README.md"),
    (include_str!("../skeleton/contract.Cargo.toml.skeleton"), "modules/{name}/contract/Cargo.toml"),
    (include_str!("../skeleton/contract.lib.rs.skeleton"), "modules/{name}/contract/src/lib.rs"),
    (include_str!("../skeleton/service.Cargo.toml.skeleton"), "modules/{name}/service/Cargo.toml"),
    (include_str!("../skeleton/service.lib.rs.skeleton"), "modules/{name}/service/src/lib.rs"),
    (include_str!("../skeleton/service.table.rs.skeleton"), "modules/{name}/service/src/table.rs"),
    (include_str!("../skeleton/migrations.mod.rs.skeleton"), "migrations/src/{name}/mod.rs"),
    (include_str!("../skeleton/migrations.m0001_tables.rs.skeleton"), "migrations/src/{name}/m0001_tables.rs"),
];

/// In the composition.
const PARAGRAPH: &str = "    // {Name}: say here what it is for. Asks nobody.
    let {name} = seat!(place, dyn {name}_contract::{Name}, \"{name}\", {
        Arc::new({name}_service::{Name}Module::start(database!(runtime, {name}, Full)).await?)
    });
";

/// Makes a module in the checkout at `root`: its files, and the edits outside them.
pub(crate) fn make(root: &Path, name: &str) -> Result<()> {
    let sound = (3..=24).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(sound, "a module's name is one word of 3 to 24 small letters, and {name:?} is not");
    ensure!(!root.join("modules").join(name).exists(), "there is a module {name:?} already");

    for (skeleton, place) in FILES {
        let file = root.join(filled(place, name));
        let folder = file.parent().expect("every file of a module lies in a folder");
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&file, filled(skeleton, name)).with_context(|| format!("cannot write {}", file.display()))?;
        println!("made     {}", filled(place, name));
    }
    edit(root, "Cargo.toml", name, manifest)?;
    edit(root, "migrations/src/lib.rs", name, schema)?;
    edit(root, "src/compose.rs", name, composition)?;
    edit(root, "docs/modules.mmd", name, picture)?;
    for file in fs::read_dir(root.join("topologies")).context("cannot list topologies/")? {
        let file = file?.file_name().to_string_lossy().into_owned();
        edit(root, &format!("topologies/{file}"), name, beside_the_storefront)?;
    }
    // Where a name stands in a list of imports depends on its letters.
    Step::cargo("format it", &format!("fmt -p {name}-contract -p {name}-service")).inside(root).run()?;
    println!("\nNow say what it is for: in its README, its contract and its paragraph in src/compose.rs.");
    Ok(())
}

/// Makes a module in a scratch copy and runs the checks on it, so that the skeleton cannot rot.
pub(crate) fn prove() -> Result<()> {
    const NAME: &str = "wishes";
    println!("\n== make a module in a scratch copy, and check it");
    let scratch = tempfile::tempdir()?;
    copy_checkout(scratch.path())?;
    make(scratch.path(), NAME)?;

    // The same target folder, so that the dependencies are not built once more.
    let target = house::target().display().to_string();
    let in_scratch = |says: &str, arguments: &str| {
        Step::cargo(says, arguments).inside(scratch.path()).with("CARGO_TARGET_DIR", &target).run()
    };
    let packages = format!("-p {NAME}-contract -p {NAME}-service");
    in_scratch("compare what else was changed with rustfmt's format", "fmt --check -p migrations -p cleave")?;
    in_scratch("lint the skeleton", &format!("clippy --quiet {packages} --all-targets -- --deny warnings"))?;
    in_scratch("lint a shop with it", "clippy --quiet -p cleave --lib --features split -- --deny warnings")?;
    in_scratch("test it", &format!("test --quiet -p {NAME}-service --lib"))?;
    Step::cargo(
        "verify the structure of the scratch copy",
        &format!("test --quiet {} -- architecture::the_house_keeps_its_rules", house::TESTS_FROM_OUTSIDE),
    )
    .with("CLEAVE_HOUSE", &scratch.path().display().to_string())
    .run()
}

/// What git knows of, or would take: never what was built.
fn copy_checkout(to: &Path) -> Result<()> {
    let root = house::root();
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .context("cannot run git")?;
    ensure!(listed.status.success(), "`git ls-files` failed: is this a checkout?");
    let names = String::from_utf8(listed.stdout)?;
    for name in names.split('\0').filter(|name| !name.is_empty() && root.join(name).is_file()) {
        let target = to.join(name);
        fs::create_dir_all(target.parent().expect("a file lies in a folder"))?;
        fs::copy(root.join(name), &target).with_context(|| format!("cannot copy {name}"))?;
    }
    Ok(())
}

fn filled(skeleton: &str, name: &str) -> String {
    let (first, rest) = name.split_at(1);
    skeleton.replace("{Name}", &format!("{}{rest}", first.to_uppercase())).replace("{name}", name)
}

fn edit(root: &Path, place: &str, name: &str, change: fn(&mut Text, &str) -> Result<()>) -> Result<()> {
    let file = root.join(place);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut text = Text(text.lines().map(str::to_owned).collect());
    change(&mut text, name).with_context(|| format!("cannot add the module to {place}"))?;
    fs::write(&file, text.0.join("\n") + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    println!("changed  {place}");
    Ok(())
}

fn manifest(text: &mut Text, name: &str) -> Result<()> {
    text.insert_before("    \"storefront\",", &format!("    \"{name}\","))?;
    text.insert_before("storefront = [\"dep:storefront\"]", &format!("{name} = [\"dep:{name}-service\"]"))?;
    let anchor = "storefront = { workspace = true, optional = true }";
    text.insert_before(anchor, &format!("{name}-contract.workspace = true"))?;
    text.insert_before(anchor, &format!("{name}-service = {{ workspace = true, optional = true }}"))?;
    let anchor = "storefront = { path = \"modules/storefront\" }";
    text.insert_before(anchor, &format!("{name}-contract = {{ path = \"modules/{name}/contract\" }}"))?;
    text.insert_before(anchor, &format!("{name}-service = {{ path = \"modules/{name}/service\" }}"))
}

fn schema(text: &mut Text, name: &str) -> Result<()> {
    let last = text.0.iter().rposition(|line| line.starts_with("pub mod ")).context("it has no `pub mod` line")?;
    let line = format!("pub mod {name};");
    let is_later = |other: &String| other.starts_with("pub mod ") && *other != "pub mod standard;" && *other > line;
    let at = text.0.iter().position(is_later).unwrap_or(last + 1);
    text.0.insert(at, line);
    Ok(())
}

fn composition(text: &mut Text, name: &str) -> Result<()> {
    // The storefront's row is long, so its bracket stands on the line before.
    let table = text.find("const MODULES")?;
    let row = text.0.iter().skip(table).position(|line| line.contains("\"storefront\",")).map(|at| table + at);
    let row = row.context("MODULES has no row of the storefront")?;
    let row = if text.0[row - 1].trim() == "(" { row - 1 } else { row };
    text.0.insert(row, format!("    (\"{name}\", &[]),"));

    let storefront = text.find("    // Storefront:")?;
    let paragraph = filled(PARAGRAPH, name);
    for (offset, line) in paragraph.lines().chain([""]).enumerate() {
        text.0.insert(storefront + offset, line.to_owned());
    }
    let seats = text.find("pub struct Seats {")?;
    text.0.insert(seats + 1, filled("    pub {name}: Seat<dyn {name}_contract::{Name}>,", name));
    let seated = text.find("    let seats = Seats {")?;
    text.0.insert(seated + 1, format!("        {name},"));
    let migrated = text.find("    migrate! {")?;
    text.0.insert(migrated + 1, format!("        {name} \"{name}\""));
    Ok(())
}

/// A topology that comes along has every module; a new one goes where the pages are.
fn beside_the_storefront(text: &mut Text, name: &str) -> Result<()> {
    let line = text.0.iter_mut().find(|line| line.contains("\"storefront\"")).context("no group has the storefront")?;
    *line = line.replace("\"storefront\"", &format!("\"{name}\", \"storefront\""));
    Ok(())
}

fn picture(text: &mut Text, name: &str) -> Result<()> {
    let line = format!("    {name}");
    let is_later = |other: &String| other.starts_with("    ") && (other.contains("->") || *other > line);
    let at = text.0.iter().position(is_later).context("it has no modules")?;
    text.0.insert(at, line);
    Ok(())
}

/// The lines of a file.
struct Text(Vec<String>);

impl Text {
    /// The first line that begins with `beginning`.
    fn find(&self, beginning: &str) -> Result<usize> {
        let found = self.0.iter().position(|line| line.starts_with(beginning));
        found.with_context(|| format!("it has no line that begins with `{}`", beginning.trim()))
    }

    fn insert_before(&mut self, beginning: &str, line: &str) -> Result<()> {
        let at = self.find(beginning)?;
        if self.0.iter().any(|known| known == line) {
            bail!("it has `{}` already", line.trim());
        }
        self.0.insert(at, line.to_owned());
        Ok(())
    }
}
