//! A newcomer's mistakes at the command line: each is answered with what happened, where, and what to do. Nothing panics and
//! nothing is lost.

use std::{fs, net::TcpListener, path::Path, process::Output};

use sea_orm::{ConnectionTrait as _, Database};
use testkit::Folder;

use crate::support::{
    shop::{Data, Shop},
    template::cleave,
};

/// Wrong usage, as getopt and clap have it.
const USAGE: i32 = 2;
/// Right usage, but it cannot be done.
const FAILED: i32 = 1;

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    let folder = Folder::new();
    let file = folder.path().join("pair.toml");
    fs::write(&file, "[groups.all]\nmodules = [\"catalogue\"]\n").unwrap();
    let file = file.display().to_string();
    let cases: &[(&[&str], &[&str], &str)] = &[
        (&["up", "monolit"], &["monolit", "monolith"], "a topology with a slip"),
        (&["up", "extract:inventry"], &["inventry", "inventory"], "a module with a slip"),
        (&["topology", "extract:"], &["extract:"], "an extraction of nothing"),
        (&["topology", "topologies/none.toml"], &["topologies/none.toml"], "a topology file that is not there"),
        (&["topology", &file], &[&file, "catalogue", "catalog"], "a topology file with a slip"),
        (&["serve", "--lissten", "127.0.0.1:0"], &["--lissten", "--listen"], "a flag with a slip"),
        (&["serve", "--listen", "8080"], &["--listen", "8080"], "an address without a host"),
        (&["serve", "--topology", "services"], &["--group"], "one process of many, without saying which"),
        (&["serve", "--topology", "services", "--group", "carts"], &["carts", "cart"], "a group with a slip"),
        (&["serve", "--config", "none.toml"], &["none.toml"], "a settings file that is not there"),
        (&["sreve"], &["sreve", "serve"], "a command with a slip"),
    ];
    for (arguments, told, mistake) in cases {
        let output = cleave().args(*arguments).current_dir(folder.path()).output().unwrap();

        assert_told(&output, USAGE, told, mistake);
    }
}

#[test]
fn every_topology_file_that_comes_along_can_be_drawn() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        for format in ["text", "mermaid", "json"] {
            let output = cleave().arg("topology").arg(&file).args(["--format", format]).output().unwrap();

            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !output.stdout.is_empty(), "{} as {format}: {said}", file.display());
        }
    }
}

#[test]
fn wrong_settings_are_answered_with_their_place() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("config")).unwrap();
    fs::write(folder.path().join("config/cleave.toml"), "[log]\nfliter = \"info\"\n").unwrap();
    let output = cleave().arg("serve").current_dir(folder.path()).output().unwrap();
    assert_told(&output, USAGE, &["config/cleave.toml", "fliter", "filter"], "a setting with a slip");

    let elsewhere = Folder::new();
    let output = cleave().arg("serve").env("CLEAVE__DRAIN_MS", "soon").current_dir(elsewhere.path()).output().unwrap();
    assert_told(&output, USAGE, &["CLEAVE__DRAIN_MS", "soon"], "a word where a number belongs");
}

#[test]
#[cfg(feature = "lab")]
fn a_wrong_workload_is_answered_with_its_place() {
    let folder = Folder::new();
    let file = folder.path().join("mine.toml");
    fs::write(&file, "name = \"mine\"\njuorneys = []\n").unwrap();
    let file = file.display().to_string();
    let cases: &[(&str, &[&str], &str)] = &[
        ("boutiqe", &["boutiqe", "boutique"], "a workload with a slip"),
        (&file, &[&file, "juorneys"], "a workload file with a slip"),
    ];
    for (workload, told, mistake) in cases {
        let output = cleave()
            .args(["compare", "monolith", "services", "--workload", workload])
            .current_dir(folder.path())
            .output()
            .unwrap();

        assert_told(&output, USAGE, told, mistake);
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for command in [&["serve"][..], &["up", "monolith"], &["up", "services"]] {
        let data = Data::fresh("monolith");
        let output = data.command(command).args(["--listen", &address]).output().unwrap();

        assert_told(&output, FAILED, &[&address, "in use", "--listen"], &format!("{command:?} on a taken port"));
    }
}

#[tokio::test]
async fn a_data_folder_in_use_is_named_and_left_alone() {
    for topology in ["monolith", "services"] {
        let shop = Shop::open(topology).await;
        let visitor = shop.visitor();
        let order = visitor.buys(crate::support::visitor::MUG, 1).await;
        let folder = shop.data().path().display().to_string();

        for command in
            [&["serve", "--listen", "127.0.0.1:0"][..], &["up", "services", "--listen", "127.0.0.1:0"], &["seed"]]
        {
            let output = shop.data().command(command).output().unwrap();
            assert_told(&output, FAILED, &[&folder, "in use", "--data"], &format!("{command:?} beside {topology}"));
        }

        visitor.opens(&order).await;
        shop.close_and_verify().await;
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_and_left_alone() {
    const NOT_A_DATABASE: &str =
        "Dear diary, today I opened a shop. It has many fine things in it, and nobody has come yet.";
    let data = Data::fresh("monolith");
    let file = data.path().join("catalog.db");
    fs::write(&file, NOT_A_DATABASE.repeat(100)).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(data.path().join(format!("catalog.db{suffix}")));
    }

    let output = data.command(&["serve", "--listen", "127.0.0.1:0"]).output().unwrap();

    assert_told(&output, FAILED, &["catalog.db"], "a file that is no database");
    assert_eq!(fs::read_to_string(&file).unwrap(), NOT_A_DATABASE.repeat(100), "it may be somebody's diary");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_named_and_left_alone() {
    let data = Data::fresh("monolith");
    let file = data.path().join("inventory.db");
    let database = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let newer = "INSERT INTO inventory_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)";
    database.execute_unprepared(newer).await.unwrap();
    database.close().await.unwrap();

    let output = data.command(&["serve", "--listen", "127.0.0.1:0"]).output().unwrap();

    assert_told(&output, FAILED, &["inventory.db", "newer"], "a database of a newer version");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::write(folder.path().join("data"), "a file, not a folder").unwrap();

    let output = cleave().args(["serve", "--listen", "127.0.0.1:0"]).current_dir(folder.path()).output().unwrap();

    assert_told(&output, FAILED, &["data", "--data"], "a file where the folder should be");
}

/// Asserts the exit code, and that everything is told in lines that a person can read.
#[track_caller]
fn assert_told(output: &Output, code: i32, told: &[&str], mistake: &str) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{mistake}: the exit code\n{said}");
    for word in told {
        assert!(said.contains(word), "{mistake}: the answer should name {word:?}, and is\n{said}");
    }
    for noise in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
        assert!(!said.contains(noise), "{mistake}: a panic is no answer\n{said}");
    }
    assert!(!String::from_utf8_lossy(&output.stdout).contains("ready "), "{mistake}: nobody is ready");
}
