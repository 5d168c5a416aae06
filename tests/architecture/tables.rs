//! A table has one owner: nobody else's code names it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    report::Report,
    tokens::{Token, product_tokens, tokens},
    workspace::Workspace,
};

/// No SQL and no entity names a table of another module; the root, which owns none, names none at all.
pub(crate) fn have_one_owner(workspace: &Workspace, report: &mut Report) {
    let owners = owners(workspace);
    for source in &workspace.sources {
        let module = source.path.strip_prefix("modules/").and_then(|rest| rest.split('/').next());
        if module.is_none() && !source.path.starts_with("src/") {
            continue;
        }
        for (line, table) in tables_named(&product_tokens(&source.text)) {
            let Some(owners) = owners.get(&table) else { continue };
            if module.is_some_and(|module| owners.contains(module)) {
                continue;
            }
            let owner = owners.iter().next().expect("a table that is known has an owner");
            report.add(
                &format!("{}:{line}", source.path),
                format!("it names the table `{table}` of {owner}"),
                format!("ask the contract of {owner}, or listen to its events"),
            );
        }
    }
}

/// Which modules make a table of which name, from their migrations.
pub(crate) fn owners(workspace: &Workspace) -> BTreeMap<String, BTreeSet<String>> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in &workspace.modules {
        let folder = format!("migrations/src/{module}/");
        for source in workspace.sources_under(&folder) {
            for (_, table) in tables_named(&tokens(&source.text)) {
                owners.entry(table).or_default().insert(module.clone());
            }
        }
    }
    owners
}

/// The tables that a file names, each with its line: in the query builder, on an entity, or in SQL.
fn tables_named(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
        let follows = |word: &str, mark: char| {
            before(1).is_some_and(|token| token.is_mark(mark)) && before(2).is_some_and(|token| token.is_word(word))
        };
        if let Some(text) = token.text() {
            // `table_name = "x"`, `.table("x")`, `.from("x")`, `Alias::new("x")`
            let alias = follows("new", '(') && before(5).is_some_and(|token| token.is_word("Alias"));
            let builder = ["table", "from", "into_table"].iter().any(|word| follows(word, '('));
            if follows("table_name", '=') || builder || alias {
                named.push((token.line, text.to_owned()));
            }
            named.extend(tables_in_sql(text).into_iter().map(|table| (token.line, table)));
        }
        // `Sales::Table`, as sea-query's names are written
        let path =
            before(1).is_some_and(|token| token.is_mark(':')) && before(2).is_some_and(|token| token.is_mark(':'));
        if token.is_word("Table")
            && path
            && let Some(name) = before(3).and_then(Token::word)
        {
            named.push((token.line, super::tokens::segments(name).join("_")));
        }
    }
    named
}

/// What follows FROM, JOIN, INTO, UPDATE or TABLE. A sentence for people has no such words in capitals.
fn tables_in_sql(text: &str) -> Vec<String> {
    const BEFORE: &[&str] = &["FROM", "JOIN", "INTO", "UPDATE", "TABLE"];
    const BETWEEN: &[&str] = &["IF", "NOT", "EXISTS", "OR", "ONLY", "ROLLBACK", "ABORT", "REPLACE", "FAIL", "IGNORE"];
    let words: Vec<&str> =
        text.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| BEFORE.contains(word)) {
        let table = words[at + 1..].iter().find(|word| !BETWEEN.contains(word));
        found.extend(table.map(|table| (*table).to_owned()));
    }
    found
}

#[test]
fn tables_are_found_however_they_are_written() {
    let source = r#"
        #[sea_orm(table_name = "sales")]
        Table::create().table(LongSales::Table);
        Table::create().table("stock");
        raw("CREATE TABLE IF NOT EXISTS ledger (id)"); raw("SELECT 1 FROM \"holds\" JOIN lines ON 1");
        Alias::new("aliases"); ModuleName::new("module"); error("nothing came from people, so update it")
    "#;

    let tables: BTreeSet<String> = tables_named(&tokens(source)).into_iter().map(|(_, table)| table).collect();

    assert_eq!(
        tables,
        BTreeSet::from(["aliases", "holds", "ledger", "lines", "long_sales", "sales", "stock"].map(str::to_owned))
    );
}
