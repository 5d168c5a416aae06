//! Figure 5a: which journeys survive which fault in which module, one map per fault and side.

use super::canvas::Canvas;
use super::load::shortened;
use super::{Figure, NARROW};
use crate::archive::{FaultKind, Run, SurvivalRecord};
use crate::report::words::percent;
use crate::report::{focus, survival};

/// How high a cell is on a phone.
const NARROW_CELL: f64 = 16.0;

/// What the maps have in common.
struct Plan<'r> {
    run: &'r Run,
    sides: Vec<&'r str>,
    faults: Vec<FaultKind>,
    modules: Vec<&'r str>,
    journeys: Vec<&'r str>,
}

/// Draws the figure; none when no fault was tried on the sides that are shown.
pub(crate) fn heat(run: &Run) -> Option<Figure> {
    let sides: Vec<&str> = focus::shown(run).into_iter().map(|(_, side)| side.name.as_str()).collect();
    let records: Vec<&SurvivalRecord> =
        run.benefits.survival.iter().filter(|record| sides.contains(&record.side.as_str())).collect();
    let (mut faults, mut modules, mut journeys, mut tried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for record in &records {
        keep(&mut faults, record.fault);
        keep(&mut modules, record.module.as_str());
        keep(&mut tried, record.side.as_str());
        for journey in &record.journeys {
            keep(&mut journeys, journey.journey.as_str());
        }
    }
    faults.sort();
    if journeys.is_empty() {
        return None;
    }
    let plan =
        Plan { run, sides: sides.into_iter().filter(|side| tried.contains(side)).collect(), faults, modules, journeys };
    let title = title(&plan);
    let label = title.clone();
    Some(Figure::draw_full(
        "5a",
        title,
        "Each row is the module that was broken, each column a kind of journey. Empty: at least 99 % of the journeys that began during \
         the fault got all their answers right and in time. Half-tone: the share that did, in percent. Dark with a cross: none did. No \
         box: not tried. The table below has the counts with their intervals.",
        |width| if width <= NARROW { draw_narrow(&plan, &label) } else { draw_wide(&plan, width, &label) },
    ))
}

fn keep<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn title(plan: &Plan<'_>) -> String {
    let deaths: Vec<String> = plan
        .sides
        .iter()
        .filter_map(|side| Some((side, survival::of_any_death(plan.run, side)?.value()?)))
        .map(|(side, share)| format!("{} of the journeys in {side}", percent(share)))
        .collect();
    if !deaths.is_empty() {
        return format!("The death of one module leaves alive {}", deaths.join(" and "));
    }
    let alive = |side: &str| -> Option<f64> {
        let records = plan.run.benefits.survival.iter().filter(|record| record.side == side);
        let sum = records.map(survival::of_record).fold(survival::Share::default(), |a, b| survival::Share {
            survived: a.survived + b.survived,
            begun: a.begun + b.begun,
        });
        sum.value()
    };
    let parts: Vec<String> = plan
        .sides
        .iter()
        .filter_map(|side| Some(format!("{} of the journeys in {side}", percent(alive(side)?))))
        .collect();
    format!("One broken module leaves alive {}", parts.join(" and "))
}

/// The words for a fault.
pub(crate) fn fault_words(fault: FaultKind) -> &'static str {
    match fault {
        FaultKind::Kill => "killed",
        FaultKind::Hang => "hangs",
        FaultKind::Leak => "leaks memory",
        FaultKind::Spin => "spins",
        FaultKind::Slow => "slow",
    }
}

/// One map of modules and journeys.
fn map(canvas: &mut Canvas, plan: &Plan<'_>, side: &str, fault: FaultKind, at: (f64, f64), cell: (f64, f64)) {
    for (row, module) in plan.modules.iter().enumerate() {
        let Some(record) = plan.run.benefits.under(side, module, fault) else { continue };
        for (column, journey) in plan.journeys.iter().enumerate() {
            let outcome = record.journeys.iter().find(|outcome| outcome.journey == *journey && outcome.begun > 0);
            let Some(outcome) = outcome else { continue };
            let share = outcome.survived as f64 / outcome.begun as f64;
            let place = (at.0 + cell.0 * column as f64, at.1 + cell.1 * row as f64);
            let class = match share {
                _ if outcome.survives() => "cell alive",
                share if share >= 0.5 => "cell limping",
                share if share > 0.0 => "cell failing",
                _ => "cell dead",
            };
            let words = format!(
                "{side}, {module} {}: {} of {} journeys `{journey}` survived",
                fault_words(fault),
                outcome.survived,
                outcome.begun
            );
            let size = (cell.0 - 1.5, cell.1 - 1.5);
            // A finger points at nothing, and phones need not load the words.
            if cell.1 > NARROW_CELL {
                canvas.told_rectangle(class, place, size, &words);
            } else {
                canvas.rectangle(class, place, size);
            }
            let middle = (place.0 + cell.0 / 2.0 - 0.75, place.1 + cell.1 / 2.0 + 2.6);
            match class {
                "cell dead" => canvas.text("cross", middle, "middle", "×"),
                "cell limping" => canvas.text("in-cell", middle, "middle", &format!("{:.0}", share * 100.0)),
                "cell failing" => {
                    canvas.text("in-cell strong", middle, "middle", &format!("{:.0}", (share * 100.0).max(1.0)));
                }
                _ => {}
            }
        }
    }
}

/// A row of maps per side, a column per fault.
fn draw_wide(plan: &Plan<'_>, width: f64, label: &str) -> String {
    let (names, gap, heads) = (118.0, 22.0, 86.0);
    let columns = plan.faults.len() as f64;
    let cell_width = ((width - names - gap * columns) / (columns * plan.journeys.len() as f64)).clamp(12.0, 34.0);
    let cell = (cell_width, 17.0);
    let map_width = cell.0 * plan.journeys.len() as f64;
    let map_height = cell.1 * plan.modules.len() as f64;
    let row_height = map_height + 40.0;
    let height = heads + 24.0 + row_height * plan.sides.len() as f64 - 10.0;
    let mut canvas = Canvas::new(width, height);
    for (column, fault) in plan.faults.iter().enumerate() {
        let left = names + (map_width + gap) * column as f64;
        canvas.text("heading", (left, 12.0), "start", fault_words(*fault));
        for (index, journey) in plan.journeys.iter().enumerate() {
            let x = left + cell.0 * (index as f64 + 0.5) + 2.0;
            canvas.rising_text("tick", (x, heads + 18.0), &shortened(journey, 14));
        }
    }
    for (row, side) in plan.sides.iter().enumerate() {
        let top = heads + 24.0 + row_height * row as f64;
        if plan.sides.len() > 1 {
            canvas.text("heading", (0.0, top - 6.0), "start", side);
        }
        for (index, module) in plan.modules.iter().enumerate() {
            let y = top + cell.1 * (index as f64 + 0.5) + 4.0;
            canvas.text("tick", (names - 8.0, y), "end", &shortened(module, 16));
        }
        for (column, fault) in plan.faults.iter().enumerate() {
            let left = names + (map_width + gap) * column as f64;
            map(&mut canvas, plan, side, *fault, (left, top), cell);
        }
    }
    canvas.finish(label, "wide")
}

/// A block per fault, the sides beside each other.
fn draw_narrow(plan: &Plan<'_>, label: &str) -> String {
    let (names, gap) = (92.0, 10.0);
    let sides = plan.sides.len() as f64;
    let cell_width = ((NARROW - names - gap * sides - 18.0) / (sides * plan.journeys.len() as f64)).clamp(6.0, 26.0);
    let cell = (cell_width, NARROW_CELL);
    let map_width = cell.0 * plan.journeys.len() as f64;
    let block = cell.1 * plan.modules.len() as f64 + 42.0;
    let heads = 66.0;
    let height = heads + block * plan.faults.len() as f64;
    let mut canvas = Canvas::new(NARROW, height);
    for (column, side) in plan.sides.iter().enumerate() {
        let left = names + (map_width + gap) * column as f64;
        canvas.text("heading", (left, 12.0), "start", &shortened(side, (map_width / 7.5) as usize));
        for (index, journey) in plan.journeys.iter().enumerate() {
            let x = left + cell.0 * (index as f64 + 0.5) + 2.0;
            canvas.rising_text("tick", (x, heads + 22.0), &shortened(journey, 10));
        }
    }
    for (row, fault) in plan.faults.iter().enumerate() {
        let top = heads + 28.0 + block * row as f64;
        canvas.text("heading", (0.0, top - 5.0), "start", fault_words(*fault));
        for (index, module) in plan.modules.iter().enumerate() {
            let y = top + cell.1 * (index as f64 + 0.5) + 4.0;
            canvas.text("tick", (names - 6.0, y), "end", &shortened(module, 12));
        }
        for (column, side) in plan.sides.iter().enumerate() {
            let left = names + (map_width + gap) * column as f64;
            map(&mut canvas, plan, side, *fault, (left, top), cell);
        }
    }
    canvas.finish(label, "narrow")
}
