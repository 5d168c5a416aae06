//! Whatever part of a run is missing or odd, its report is whole: no number that is none, no empty interval.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use lab::analysis::Analysis;
use lab::archive::{AccountsRecord, BenefitsRecord, LadderRecord, PredictionsRecord, Run};
use lab::report::{to_html, to_json, to_markdown};
use proptest::prelude::*;

/// What can be missing or odd in a run; each is applied or not.
const DAMAGES: [fn(&mut Run); 24] = [
    |run| run.ladder.rungs.clear(),
    |run| run.ladder.workload.clear(),
    |run| run.ladder.workload.iter_mut().for_each(|rung| rung.p50_ms.clear()),
    |run| run.accounts.passes.clear(),
    |run| run.accounts.passes.iter_mut().for_each(|pass| pass.requests.clear()),
    |run| run.accounts.passes.iter_mut().for_each(|pass| pass.paths.iter_mut().for_each(|path| path.mean_ns = 0.0)),
    |run| run.accounts.passes.iter_mut().for_each(|pass| pass.edges.iter_mut().for_each(|edge| edge.calls = 0)),
    |run| run.predictions.predicted.clear(),
    |run| run.predictions.price = None,
    |run| run.predictions.scouted.clear(),
    |run| run.predictions.predicted.iter_mut().for_each(|prediction| prediction.value = 0.0),
    |run| run.benefits.survival.clear(),
    |run| run.benefits.survival.retain(|record| record.side != "monolith"),
    |run| {
        run.benefits
            .survival
            .iter_mut()
            .for_each(|record| record.journeys.iter_mut().for_each(|it| (it.begun, it.survived) = (0, 0)));
    },
    |run| run.benefits.survival.iter_mut().for_each(|record| record.goodput.iter_mut().for_each(|point| point.1 = 0.0)),
    |run| run.benefits.survival.iter_mut().for_each(|record| (record.recovered_after_s, record.lasted_s) = (None, 0.0)),
    |run| run.benefits.neighbours.iter_mut().for_each(|record| record.quiet_p99_ms = 0.0),
    |run| {
        run.benefits
            .scaling
            .iter_mut()
            .for_each(|record| (record.capacity_rps, record.pss_bytes, record.cores) = (0.0, 0, 0));
    },
    |run| run.benefits.changes.iter_mut().for_each(|record| (record.build_s, record.restart_s) = (0.0, 0.0)),
    |run| run.benefits.changes.clear(),
    |run| run.pilots.clear(),
    |run| run.workload.text.clear(),
    |run| run.sides.truncate(1),
    |run| run.protocol.loads.clear(),
];

/// What can be missing or odd in a block.
const BLOCK_DAMAGES: [fn(&mut lab::archive::Block); 6] = [
    |block| block.points.clear(),
    |block| block.capacity = None,
    |block| block.processes.clear(),
    |block| block.points.iter_mut().for_each(|point| (point.answered, point.sent) = (0, 0)),
    |block| block.points.iter_mut().for_each(|point| point.cpu_ns.clear()),
    |block| block.points.iter_mut().for_each(|point| point.requests.clear()),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_report_of_any_part_of_a_run_has_no_number_that_is_none(
        damages in proptest::collection::vec(proptest::bool::weighted(0.2), DAMAGES.len()),
        blocks in proptest::collection::vec(proptest::option::weighted(0.15, 0..BLOCK_DAMAGES.len()), 25),
        rounds in 0..=5_u32,
    ) {
        let mut run = believable::pair();
        run.blocks.retain(|block| block.round <= rounds);
        for (damage, _) in DAMAGES.iter().zip(&damages).filter(|(_, applied)| **applied) {
            damage(&mut run);
        }
        for (block, damage) in run.blocks.iter_mut().zip(&blocks) {
            if let Some(damage) = damage {
                BLOCK_DAMAGES[*damage](block);
            }
        }
        let analysis = Analysis::of(&run);
        let html = to_html(&run, &analysis).unwrap();
        let page = html.split("<script>").next().unwrap();
        for text in [page, &to_markdown(&run, &analysis), &to_json(&run, &analysis)] {
            for nonsense in ["NaN", "9,223,372", "inf ", "inf,", "inf]", "inf\"", "-inf", "[]</", "[, ", "[–"] {
                if let Some(at) = text.find(nonsense) {
                    let around = &text[text.floor_char_boundary(at.saturating_sub(120))..text.ceil_char_boundary(at + 60)];
                    // `"controls": []` and the like are empty lists of JSON, not intervals.
                    prop_assert!(false, "`{nonsense}` in …{around}…");
                }
            }
        }
    }
}

#[test]
fn a_run_of_nothing_still_has_a_report_that_says_what_is_missing() {
    for mut run in [believable::pair(), believable::everything()] {
        run.blocks.clear();
        run.sides.clear();
        run.pilots.clear();
        run.ladder = LadderRecord::default();
        run.accounts = AccountsRecord::default();
        run.predictions = PredictionsRecord::default();
        run.benefits = BenefitsRecord::default();
        let html = to_html(&run, &Analysis::of(&run)).unwrap();
        assert!(!html.contains("<figure") && html.contains("<h3>Left out</h3>"));
    }
}
