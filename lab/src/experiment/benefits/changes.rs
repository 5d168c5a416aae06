//! From a changed file to a program that serves with it: as one process, and as one binary per module.

use std::collections::BTreeSet;

use super::Experiment;
use crate::archive::{ChangeRecord, ProcessSize};
use crate::benefits::{Begun, CheckoutCopy, Shape};
use crate::side::{Placement, copy_folder, pin_lab};

impl Experiment {
    /// Changes modules in a copy of a checkout, builds them, and starts them until they are ready.
    pub(super) fn change_modules(&mut self) -> anyhow::Result<()> {
        if self.stopped() {
            return Ok(());
        }
        let Some(changes) = self.changes.clone() else {
            self.absent("changes until they serve: name a checkout with --changes to have them timed".to_owned());
            return Ok(());
        };
        let modules = match self.all_modules() {
            Ok(modules) => modules,
            Err(error) => {
                self.absent(format!("changes until they serve: {error:#}"));
                return Ok(());
            }
        };
        let every: Vec<&str> = modules.iter().map(String::as_str).collect();
        let wanted: Vec<String> = if self.is_full() { modules.clone() } else { changes.written.quick.clone() };
        let folder = tempfile::tempdir()?;
        let mut copy = changes.copy(folder.path())?;
        for shape in changes.written.shapes.values() {
            self.display.say(&format!("building {} once before anything is changed; this takes minutes", shape.name));
            let built = on_all_cpus(&self.run.placement, || copy.build(shape, &every))?;
            if let Err(error) = built {
                self.absent(format!("changes until they serve, as {}: {error:#}", shape.name));
                continue;
            }
            self.look_at_programs(&copy, shape, &every)?;
            for module in &wanted {
                for target in changes.targets(module) {
                    if self.stopped() {
                        return Ok(());
                    }
                    let everything = changes.written.shared.contains(&target.part);
                    let to_build = if everything { every.clone() } else { vec![module.as_str()] };
                    copy.change(&target)?;
                    let (binaries, build) = on_all_cpus(&self.run.placement, || copy.build(shape, &to_build))??;
                    let begun = self.start_program(&copy, shape, module)?;
                    let record = ChangeRecord {
                        module: module.clone(),
                        changed: target.part.clone(),
                        shape: shape.name.clone(),
                        build_s: build.as_secs_f64(),
                        restart_s: begun.ready.as_secs_f64(),
                        binaries,
                    };
                    let (build, restart) = (record.build_s, record.restart_s);
                    self.display.say(&format!(
                        "{module}: {} changed, {}: built in {build:.1} s ({binaries} binaries), ready in {restart:.2} s",
                        target.part, shape.name
                    ));
                    self.run.benefits.changes.push(record);
                }
            }
        }
        Ok(())
    }

    /// The modules of the first side that names any.
    fn all_modules(&self) -> anyhow::Result<Vec<String>> {
        let first = self.run.compared().next().ok_or_else(|| anyhow::anyhow!("nothing is compared"))?;
        let layout = self.executable.layout(&first.topology)?;
        let modules: BTreeSet<&str> = layout.modules().map(|(module, _)| module).collect();
        Ok(modules.into_iter().map(str::to_owned).collect())
    }

    /// What each program weighs, holds and needs to start; how it was built the shape's name says.
    fn look_at_programs(&mut self, copy: &CheckoutCopy<'_>, shape: &Shape, modules: &[&str]) -> anyhow::Result<()> {
        let programs = if shape.is_per_module() { modules } else { &modules[..1] };
        for module in programs {
            let Some(binary_bytes) = copy.program_bytes(shape, module) else { continue };
            let begun = self.start_program(copy, shape, module)?;
            self.run.benefits.processes.push(ProcessSize {
                side: shape.name.clone(),
                group: if shape.is_per_module() { (*module).to_owned() } else { "everything".to_owned() },
                binary_bytes,
                pss_bytes: begun.pss_bytes,
                ready_ms: begun.ready.as_secs_f64() * 1000.0,
            });
        }
        Ok(())
    }

    /// Starts what was built on fresh data.
    fn start_program(&self, copy: &CheckoutCopy<'_>, shape: &Shape, module: &str) -> anyhow::Result<Begun> {
        let data = self.data_folder();
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        copy_folder(&self.scratch.path().join("template"), &data)?;
        on_all_cpus(&self.run.placement, || copy.start(shape, module, &data))?
    }
}

/// A developer's compiler has the whole machine.
fn on_all_cpus<T: Send>(placement: &Placement, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let cpus: Vec<usize> = placement.side.iter().chain(&placement.generator).copied().collect();
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            pin_lab(&cpus)?;
            Ok(work())
        });
        working.join().map_err(|_| anyhow::anyhow!("a thread of the lab panicked"))?
    })
}
