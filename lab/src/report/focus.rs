//! Which sides a figure can show without becoming a thicket: all of a few, else the first and the one that is split the most.

use super::words::{listed, median};
use crate::archive::{Block, Run, SideRecord};
use crate::protocol::{LONE, LONE_PAUSED, own_percent};
use crate::side::Role;

/// How many sides a figure with lines can hold.
const MOST: usize = 4;

/// The sides to draw, each with its place among the compared ones.
pub(crate) fn shown(run: &Run) -> Vec<(usize, &SideRecord)> {
    let all: Vec<(usize, &SideRecord)> = run.compared().enumerate().collect();
    if all.len() <= MOST {
        return all;
    }
    let widest = widest(run).map(|side| side.name.as_str());
    all.into_iter().filter(|(index, side)| *index == 0 || Some(side.name.as_str()) == widest).collect()
}

/// Whether [`shown`] leaves sides out.
pub(crate) fn is_crowded(run: &Run) -> bool {
    run.compared().count() > MOST
}

/// What the first side is compared with, short enough for a heading.
pub(crate) fn against(run: &Run) -> String {
    let others: Vec<String> = run.compared().skip(1).map(|side| side.name.clone()).collect();
    if is_crowded(run) { format!("{} other topologies", others.len()) } else { listed(&others) }
}

/// The side with the most processes besides the first; of equals the first one.
pub(crate) fn widest(run: &Run) -> Option<&SideRecord> {
    let mut widest: Option<(&SideRecord, f64)> = None;
    for side in run.compared().skip(1) {
        let processes = process_count(run, &side.name);
        if widest.is_none_or(|(_, most)| processes > most) {
            widest = Some((side, processes));
        }
    }
    widest.map(|(side, _)| side)
}

/// How many processes serve a side, in the median of its blocks.
pub(crate) fn process_count(run: &Run, side: &str) -> f64 {
    let count = |block: &Block| block.processes.iter().filter(|process| process.role == Role::Side).count() as f64;
    median(run.blocks.iter().filter(|block| block.side == side).map(count)).unwrap_or_default()
}

/// Where a load stands among others: one session, shares of the smallest capacity, shares of the side's own.
pub(crate) fn rank(load: &str) -> f64 {
    match own_percent(load) {
        Some(percent) => 1e6 + f64::from(percent),
        None if load == LONE => 0.0,
        None if load == LONE_PAUSED => 0.5,
        None => load.parse().unwrap_or(f64::INFINITY),
    }
}

/// All loads that were measured, one session first, then by their share of the smallest capacity, then by that of the side's own.
pub(crate) fn loads(run: &Run) -> Vec<String> {
    let mut loads: Vec<String> = Vec::new();
    for point in run.blocks.iter().flat_map(|block| &block.points) {
        if !loads.contains(&point.load) {
            loads.push(point.load.clone());
        }
    }
    loads.sort_by(|a, b| rank(a).total_cmp(&rank(b)).then_with(|| a.cmp(b)));
    loads
}
