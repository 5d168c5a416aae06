//! Draws a topology: as indented text, and as a Mermaid flow chart with the edges that cross processes.

use std::fmt::Write as _;

use seam::ModuleName;

use super::Topology;
use crate::compose::asks;

pub(super) fn text(topology: &Topology) -> String {
    let mut out = format!("{}: {}\n", topology.name, counted(topology.processes(), "process", "processes"));
    for group in &topology.groups {
        let _ = writeln!(out, "  {}", group.titled());
        for module in &group.modules {
            let asked: Vec<_> = asks(*module).map(|asked| way(topology, *module, asked)).collect();
            let asked = if asked.is_empty() { String::new() } else { format!(" -> {}", asked.join(", ")) };
            let _ = writeln!(out, "    {module}{asked}");
        }
    }
    let hops = edges().filter(|(from, to)| crosses(topology, *from, *to)).count();
    let _ = writeln!(out, "{} of {} edges cross a process (marked ~)", hops, edges().count());
    out
}

fn way(topology: &Topology, from: ModuleName, to: ModuleName) -> String {
    let mark = if crosses(topology, from, to) { "~" } else { "" };
    format!("{mark}{to}")
}

pub(super) fn mermaid(topology: &Topology) -> String {
    let mut out = String::from("flowchart LR\n");
    for group in &topology.groups {
        let _ = writeln!(out, "  subgraph group-{}[\"{}\"]", group.name, group.titled());
        for module in &group.modules {
            let _ = writeln!(out, "    {module}");
        }
        out.push_str("  end\n");
    }
    for (from, to) in edges() {
        let arrow = if crosses(topology, from, to) { "-. hop .->" } else { "-->" };
        let _ = writeln!(out, "  {from} {arrow} {to}");
    }
    out
}

fn edges() -> impl Iterator<Item = (ModuleName, ModuleName)> {
    crate::compose::modules().flat_map(|from| asks(from).map(move |to| (from, to)))
}

fn crosses(topology: &Topology, from: ModuleName, to: ModuleName) -> bool {
    topology.group_of(from).name != topology.group_of(to).name
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
