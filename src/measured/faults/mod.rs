//! Faults that the lab asks for, one module at a time: it hangs, answers late, spins or leaks, until it is told to stop.
//!
//! With the setting `lab.faults` a process watches that folder. A file named after a module of the process holds what is wrong with
//! it: `hang`, `slow 500ms`, `spin 4` or `leak 64MiB/s`. The process answers with `MODULE.obeyed`, which holds the same words for as long
//! as they are obeyed, or with `MODULE.refused`, which says why they are not. When the file goes, so does the fault.
//!
//! Without the setting nothing of this is on any call's way.

mod burden;
#[cfg(feature = "split")]
mod ways;
mod words;

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread, time::Duration};

use seam::ModuleName;
use tokio::sync::watch;

use self::{burden::Burden, words::Ordered};
#[cfg(feature = "split")]
pub use ways::{HinderedCarrier, HinderedRoutes, HinderedSubscriber};

/// How often the folder is looked at: a fault begins and ends at most this much later than it was asked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The faults of a process, module by module; none in a process that nobody experiments with.
#[derive(Clone, Debug, Default)]
pub struct LabFaults(Arc<BTreeMap<ModuleName, Hindrance>>);

/// What keeps one module from answering, at this moment.
#[derive(Clone, Debug)]
pub struct Hindrance(watch::Receiver<Ordered>);

impl LabFaults {
    /// Watches the folder on behalf of these modules; with an empty path, nothing is watched.
    ///
    /// # Errors
    /// When the folder is not there, or this binary cannot hinder its modules.
    pub fn watch(folder: &Path, modules: &[ModuleName]) -> anyhow::Result<Self> {
        if folder.as_os_str().is_empty() {
            return Ok(Self::default());
        }
        anyhow::ensure!(cfg!(feature = "split"), "lab.faults needs a binary that was built with `--features split`");
        anyhow::ensure!(folder.is_dir(), "lab.faults names {}, which is not a folder", folder.display());
        let mut watched = Vec::new();
        let mut hindrances = BTreeMap::new();
        for module in modules {
            let (sender, receiver) = watch::channel(Ordered::Nothing);
            hindrances.insert(*module, Hindrance(receiver));
            watched.push(Watched { module: *module, written: String::new(), state: sender, burden: Burden::default() });
        }
        let folder = folder.to_owned();
        // A thread of its own: what it starts may keep every worker of the process busy.
        thread::Builder::new().name("lab faults".to_owned()).spawn(move || {
            loop {
                watched.iter_mut().for_each(|module| module.look(&folder));
                #[expect(clippy::disallowed_methods, reason = "the thread is its own and has nothing else to do")]
                thread::sleep(LOOK_EVERY);
            }
        })?;
        Ok(Self(Arc::new(hindrances)))
    }

    /// What may keep a module from answering; none when nobody experiments with this process.
    pub fn of(&self, module: ModuleName) -> Option<Hindrance> {
        self.0.get(&module).cloned()
    }
}

impl Hindrance {
    /// Returns at once when nothing is wrong, after the delay when the module is slow, and when the fault is over when it hangs.
    pub async fn endure(&self) {
        let mut state = self.0.clone();
        let ordered = *state.borrow_and_update();
        match ordered {
            Ordered::Slow(delay) => {
                #[expect(clippy::disallowed_methods, reason = "being late is what is asked for")]
                tokio::time::sleep(delay).await;
            }
            // The sender lives as long as the process.
            Ordered::Hang => _ = state.wait_for(|now| *now != Ordered::Hang).await,
            Ordered::Nothing | Ordered::Spin(_) | Ordered::Leak(_) => {}
        }
    }
}

/// A module whose file is looked for.
struct Watched {
    module: ModuleName,
    /// What the file held when it was last looked at.
    written: String,
    state: watch::Sender<Ordered>,
    burden: Burden,
}

impl Watched {
    fn look(&mut self, folder: &Path) {
        let file = folder.join(self.module.as_str());
        let written = fs::read_to_string(&file).unwrap_or_default();
        let ordered = words::read(&written);
        if written != self.written {
            self.answer(folder, &written, &ordered);
            self.written = written;
        }
        let ordered = ordered.unwrap_or(Ordered::Nothing);
        // Not only when it changes: a leak grows with every look.
        self.burden.bear(ordered, LOOK_EVERY);
        self.state.send_if_modified(|state| std::mem::replace(state, ordered) != ordered);
    }

    /// Says beside the file what became of it. A folder that is gone has nobody who reads the answer.
    fn answer(&self, folder: &Path, written: &str, ordered: &Result<Ordered, String>) {
        let beside = |end: &str| folder.join(format!("{}.{end}", self.module));
        let (obeyed, refused) = (beside("obeyed"), beside("refused"));
        let _ = fs::remove_file(&obeyed);
        let _ = fs::remove_file(&refused);
        match ordered {
            Ok(Ordered::Nothing) => tracing::warn!(module = self.module.as_str(), "the lab's fault is over"),
            Ok(_) => {
                tracing::warn!(module = self.module.as_str(), fault = written.trim(), "the lab asks for a fault");
                let _ = fs::write(obeyed, written);
            }
            Err(why) => {
                tracing::warn!(module = self.module.as_str(), "{why}");
                let _ = fs::write(refused, why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "split")]
    use futures_util::FutureExt as _;

    use super::*;

    const REVIEWS: ModuleName = ModuleName::new("reviews");

    #[test]
    fn a_process_that_nobody_experiments_with_has_no_faults_and_a_wrong_folder_is_named() {
        assert!(LabFaults::watch(Path::new(""), &[REVIEWS]).unwrap().of(REVIEWS).is_none());
        let told = LabFaults::watch(Path::new("nowhere/at/all"), &[REVIEWS]).unwrap_err().to_string();
        assert!(told.contains("lab.faults"), "{told}");
    }

    #[cfg(feature = "split")]
    #[tokio::test]
    async fn a_module_hangs_while_its_file_says_so_and_no_longer() {
        let folder = testkit::Folder::new();
        let faults = LabFaults::watch(folder.path(), &[REVIEWS]).unwrap();
        let hindrance = faults.of(REVIEWS).unwrap();
        hindrance.endure().await;
        fs::write(folder.path().join("reviews"), "hang").unwrap();
        testkit::eventually("the fault is obeyed", || async { folder.path().join("reviews.obeyed").exists() }).await;
        testkit::eventually("the module hangs", || async { hindrance.endure().now_or_never().is_none() }).await;
        let waits = tokio::spawn(async move { hindrance.endure().await });
        fs::remove_file(folder.path().join("reviews")).unwrap();
        waits.await.unwrap();
    }

    #[cfg(feature = "split")]
    #[tokio::test]
    async fn what_cannot_be_obeyed_is_refused_in_words() {
        let folder = testkit::Folder::new();
        let _faults = LabFaults::watch(folder.path(), &[REVIEWS]).unwrap();
        fs::write(folder.path().join("reviews"), "hnag").unwrap();
        let refused = folder.path().join("reviews.refused");
        testkit::eventually("the fault is refused", || async { refused.exists() }).await;
        testkit::eventually("the reason is written", || async {
            fs::read_to_string(&refused).unwrap_or_default().contains("hnag")
        })
        .await;
    }
}
