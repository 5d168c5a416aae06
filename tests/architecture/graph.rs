//! Who asks whom, read from the sources: no cycle, and the same in READMEs and in the picture.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    report::Report,
    tokens::{Token, product_tokens},
    workspace::{Kind, Purpose, Workspace},
};

/// The edges from a module's code to other modules' contracts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph {
    /// Calls: the code names the contract's trait.
    pub(crate) asks: BTreeMap<String, BTreeSet<String>>,
    /// Events: the code uses the contract's types and nothing else.
    pub(crate) hears: BTreeMap<String, BTreeSet<String>>,
}

/// Reads the graph. Cargo cannot say who asks: a module that only consumes another's events uses its contract too.
pub(crate) fn of(workspace: &Workspace) -> Graph {
    let mut graph = Graph::default();
    for module in &workspace.modules {
        let mut asks = BTreeSet::new();
        let mut hears = BTreeSet::new();
        for member in &workspace.crates {
            let answers = matches!(member.kind(), Kind::Service(_) | Kind::Storefront);
            if !answers || member.module() != Some(module) {
                continue;
            }
            let used = member.dependencies.iter().filter(|dependency| dependency.purpose == Purpose::Product);
            for contract in used.filter_map(|dependency| workspace.named(&dependency.name)) {
                let Kind::Contract(other) = contract.kind() else { continue };
                if other == *module {
                    continue;
                }
                if names_the_trait(workspace, &member.folder, &contract.name, &contract.folder) {
                    asks.insert(other);
                } else {
                    hears.insert(other);
                }
            }
        }
        graph.asks.insert(module.clone(), asks);
        graph.hears.insert(module.clone(), hears);
    }
    graph
}

/// No module asks, over whatever detour, somebody who asks it.
pub(crate) fn has_no_cycle(workspace: &Workspace, report: &mut Report) {
    let graph = of(workspace);
    for module in graph.asks.keys() {
        if let Some(way) = way_back(&graph, module)
            && way.iter().min() == Some(module)
        {
            report.add(
                &format!("modules/{module}"),
                format!("{} -> {module} asks in a circle", way.join(" -> ")),
                "turn one of the questions into an event: who is asked publishes, who asked listens",
            );
        }
    }
}

/// What each README says its module asks is what its code asks.
pub(crate) fn is_what_readmes_say(workspace: &Workspace, report: &mut Report) {
    let graph = of(workspace);
    for (module, asks) in &graph.asks {
        let place = format!("modules/{module}/README.md");
        let wanted = if asks.is_empty() { "nobody".to_owned() } else { join(asks) };
        let said = workspace.readmes.get(module).and_then(|text| said_to_ask(text, workspace));
        match said {
            None => report.add(&place, "it has no line that begins with `asks:`", format!("write `asks: {wanted}`")),
            Some(said) if said != *asks => report.add(
                &place,
                format!("it says `asks: {}`, and the code asks {wanted}", join(&said)),
                format!("write `asks: {wanted}`, or change the code"),
            ),
            Some(_) => {}
        }
    }
}

/// The composition's own table of modules, by which topologies are drawn and checked, is the graph of the code.
pub(crate) fn is_what_the_composition_says(workspace: &Workspace, report: &mut Report) {
    const PLACE: &str = "src/compose.rs";
    let Some(source) = workspace.sources.iter().find(|source| source.path == PLACE) else { return };
    let said = composed(&product_tokens(&source.text));
    let asks = of(workspace).asks;
    for (module, asks) in &asks {
        match said.get(module) {
            None => report.add(
                PLACE,
                format!("MODULES lacks `{module}`"),
                format!("add `(\"{module}\", &[..])`, in dependency order"),
            ),
            Some(said) if said != asks => report.add(
                PLACE,
                format!("MODULES says that {module} asks [{}], and its code asks [{}]", join(said), join(asks)),
                "write down what the code asks, or change the code",
            ),
            Some(_) => {}
        }
    }
    for module in said.keys().filter(|module| !asks.contains_key(*module)) {
        report.add(PLACE, format!("MODULES has `{module}`, which is not in modules/"), "take it out");
    }
}

/// The rows of `const MODULES: ... = &[("module", &["asked", ...]), ...];`.
fn composed(tokens: &[Token<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut rows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let named = tokens.windows(2).position(|pair| pair[0].is_word("const") && pair[1].is_word("MODULES"));
    let table = named.map_or(&[][..], |at| &tokens[at..]);
    let mut depth = 0_usize;
    let mut module = String::new();
    for token in table.iter().skip_while(|token| !token.is_mark('=')).take_while(|token| !token.is_mark(';')) {
        match (token.text(), depth) {
            (Some(name), 1) => {
                module = name.to_owned();
                rows.entry(module.clone()).or_default();
            }
            (Some(asked), _) => _ = rows.entry(module.clone()).or_default().insert(asked.to_owned()),
            (None, _) if token.is_mark('[') => depth += 1,
            (None, _) if token.is_mark(']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    rows
}

/// The picture in `docs/` is the graph of today.
pub(crate) fn is_drawn(workspace: &Workspace, report: &mut Report) {
    if workspace.picture.as_deref() != Some(&drawn(&of(workspace))) {
        report.add(
            "docs/modules.mmd",
            "the picture is not the graph of the code",
            "run `cargo xtask graph` and commit what it drew",
        );
    }
}

/// The graph in Mermaid.
pub(crate) fn drawn(graph: &Graph) -> String {
    let mut picture = "%% Drawn by `cargo xtask graph` from the manifests and sources: solid asks, dotted hears events.\nflowchart LR\n".to_owned();
    for module in graph.asks.keys() {
        _ = writeln!(picture, "    {module}");
    }
    for (module, asked) in &graph.asks {
        for other in asked {
            _ = writeln!(picture, "    {module} --> {other}");
        }
    }
    for (module, heard) in &graph.hears {
        for other in heard {
            _ = writeln!(picture, "    {other} -.-> {module}");
        }
    }
    picture
}

/// The shortest way from a module back to itself, without the return.
fn way_back(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut ways = std::collections::VecDeque::from([vec![start.to_owned()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last().expect("a way has a beginning");
        for next in graph.asks.get(last).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back(way.iter().cloned().chain([next.clone()]).collect());
            }
        }
    }
    None
}

fn said_to_ask(readme: &str, workspace: &Workspace) -> Option<BTreeSet<String>> {
    let line = readme.lines().find_map(|line| line.trim().trim_start_matches(['*', '-', ' ']).strip_prefix("asks:"))?;
    // What stands in brackets is for people: `asks: nobody (a payment provider, outside)`.
    let list = line.split('(').next().unwrap_or_default().trim().trim_end_matches('.');
    if list == "all" {
        let others = workspace.crates.iter().filter_map(|member| match member.kind() {
            Kind::Contract(module) => Some(module),
            _ => None,
        });
        return Some(others.collect());
    }
    let names = list.split(',').map(|name| name.trim().trim_matches('`').to_owned());
    Some(names.filter(|name| !name.is_empty() && name != "nobody").collect())
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn names_the_trait(workspace: &Workspace, user: &str, contract: &str, contract_folder: &str) -> bool {
    let contract_sources = format!("{contract_folder}/src/");
    let traits: BTreeSet<String> =
        workspace.sources_under(&contract_sources).flat_map(|source| traits_in(&source.text)).collect();
    let path = contract.replace('-', "_");
    let user_sources = format!("{user}/src/");
    workspace
        .sources_under(&user_sources)
        .any(|source| names_taken(&product_tokens(&source.text), &path).iter().any(|name| traits.contains(name)))
}

fn traits_in(text: &str) -> Vec<String> {
    let tokens = product_tokens(text);
    let after_trait = tokens.windows(2).filter(|pair| pair[0].is_word("trait"));
    after_trait.filter_map(|pair| pair[1].word()).map(str::to_owned).collect()
}

/// The names that follow a path: of `x::Name` the name, of `x::{A, B as C}` all, of `x::*` none.
fn names_taken(tokens: &[Token<'_>], path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let followed = token.is_word(path)
            && tokens.get(at + 1).is_some_and(|next| next.is_mark(':'))
            && tokens.get(at + 2).is_some_and(|next| next.is_mark(':'));
        if !followed {
            continue;
        }
        let rest = &tokens[at + 3..];
        let group = rest.first().is_some_and(|first| first.is_mark('{'));
        let length = if group { rest.iter().position(|token| token.is_mark('}')).unwrap_or(rest.len()) } else { 1 };
        names.extend(rest.iter().take(length).filter_map(Token::word).map(str::to_owned));
    }
    names
}
