//! Growing one module alone: a second process for the hottest one, on the same cores.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Experiment;
use crate::archive::{Part, ScalingRecord, SideRecord};
use crate::generator::Pacing;
use crate::side::{Contender, Role, RunningSide, pss_bytes};
use crate::workload::{Source, Workload};

/// How often what is grown is there.
const TIMES: usize = 2;
/// The exponent of skewed popularity, as in the workload `sale-day`.
const SKEW: f64 = 1.1;
/// How long the hottest module is looked for, seconds.
const LOOKED_FOR: f64 = 1.5;

impl Experiment {
    /// Finds the capacity of each compared side as it is and with its hottest group twice, under even and under skewed popularity.
    pub(super) fn grow_modules(&mut self) -> anyhow::Result<()> {
        for side in self.compared_sides() {
            if self.stopped() {
                return Ok(());
            }
            let mut forms = vec![("nothing".to_owned(), side.clone())];
            match self.grown(&side) {
                Ok(grown) => forms.push(grown),
                Err(error) => self.absent(format!("a second process in {}: {error:#}", side.name)),
            }
            for (grown, form) in forms {
                for (popularity, skew) in [("uniform", 0.0), ("zipf", SKEW)] {
                    if self.stopped() {
                        return Ok(());
                    }
                    self.display.say(&format!("{}, grown: {grown}, {popularity}: looking for its capacity", side.name));
                    match self.capacity_of(&form, skew) {
                        Ok((capacity_rps, pss_bytes)) if !self.stopped() => {
                            self.run.benefits.scaling.push(ScalingRecord {
                                side: side.name.clone(),
                                grown: grown.clone(),
                                popularity: popularity.to_owned(),
                                cores: self.run.placement.side.len(),
                                capacity_rps,
                                pss_bytes,
                            });
                        }
                        Ok(_) => {}
                        Err(error) => {
                            self.absent(format!("{} with {grown} grown: {error:#}", side.name));
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The side with its hottest group twice, as a topology file in the run's folder.
    fn grown(&self, side: &SideRecord) -> anyhow::Result<(String, SideRecord)> {
        let Contender::Topology { executable, .. } = self.contender(side) else {
            anyhow::bail!("the lab does not know how somebody else's program grows")
        };
        let running = self.start(side, "hottest")?;
        let layout = self.layout(side, &running)?;
        let hottest = self.hottest_group(&running)?;
        drop(running.stop());
        let hottest = hottest.or_else(|| (layout.groups.len() == 1).then(|| layout.groups[0].name.clone()));
        let hottest = hottest.ok_or_else(|| anyhow::anyhow!("no process of it is known by its group"))?;
        let folder = self.folder.join("topologies");
        std::fs::create_dir_all(&folder)?;
        let letters: String =
            side.name.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
        let file = folder.join(format!("{letters}-{hottest}-x{TIMES}.toml"));
        std::fs::write(&file, layout.grown(&hottest, TIMES)?)?;
        let asked = std::path::absolute(&file)?.to_string_lossy().into_owned();
        executable.check_topology(&asked)?;
        let grown = if layout.groups.len() == 1 { "everything".to_owned() } else { hottest };
        let form = SideRecord { topology: asked, part: Part::Compared, ..side.clone() };
        Ok((format!("{grown} x {TIMES}"), form))
    }

    /// The group whose processes burn most under the workload.
    fn hottest_group(&self, running: &RunningSide) -> anyhow::Result<Option<String>> {
        let trace = self.single_journeys(&self.workload, 5_000, self.modest_rps(), LOOKED_FOR);
        let before = running.census();
        self.drive_beside(running, (&self.workload, &trace, Pacing::Arrivals), |_| ())?;
        let mut used: BTreeMap<String, u64> = BTreeMap::new();
        for (process, usage) in running.census().processes {
            let then = before.processes.iter().find(|(known, _)| known.pid == process.pid);
            if let (Role::Side, Some(group), Some((_, then))) = (process.role, process.group, then) {
                *used.entry(group).or_default() += usage.cpu_ns.saturating_sub(then.cpu_ns);
            }
        }
        Ok(used.into_iter().max_by_key(|(_, cpu)| *cpu).map(|(group, _)| group))
    }

    /// The capacity and the memory of a side.
    fn capacity_of(&mut self, form: &SideRecord, skew: f64) -> anyhow::Result<(f64, u64)> {
        let running = self.start(form, "growing")?;
        let usual = self.workload.clone();
        self.workload = with_popularity(&usual, skew);
        let searched = self.warm_modestly(&running).and_then(|()| {
            let guess = self.run.reference_rps();
            self.search_capacity(&running, guess, self.run.protocol.capacity.pilot_steps, 800)
        });
        self.workload = usual;
        let capacity = searched?;
        self.pause(Duration::from_millis(300));
        let serving = running.census().processes.into_iter().filter(|(process, _)| process.role == Role::Side);
        let held = serving.filter_map(|(process, _)| pss_bytes(process.pid)).sum();
        drop(running.stop());
        Ok((capacity.rps, held))
    }
}

/// The workload in which the variable with most values is drawn with this skew; 0 for evenly.
fn with_popularity(workload: &Workload, skew: f64) -> Workload {
    let mut workload = workload.clone();
    let choices = |source: &Source| if let Source::OneOf { values, .. } = source { values.len() } else { 0 };
    if let Some(variable) = workload.variables.iter_mut().max_by_key(|variable| choices(&variable.source))
        && let Source::OneOf { values, cumulative } = &mut variable.source
    {
        let mut sum = 0.0;
        *cumulative = (1..=values.len())
            .map(|rank| {
                sum += (rank as f64).powf(-skew);
                sum
            })
            .collect();
    }
    workload
}
