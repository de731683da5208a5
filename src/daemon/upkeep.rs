//! The store as a whole, while the daemon runs: verification and backups, on request and by schedule.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::Duration;

use super::recur::{Recurring, Task};
use crate::{
    audit,
    clock::SharedClock,
    config::Config,
    control::{Upkeep, UpkeepReport},
    status::{Vitals, gather::LAST_BACKUP, words},
    store::{JournalStore, Store as _},
};

/// Looks after the store.
pub(super) struct Keeper {
    /// The state folder.
    state: PathBuf,
    store: Arc<JournalStore>,
    clock: SharedClock,
    vitals: Arc<Vitals>,
}

#[async_trait]
impl Upkeep for Keeper {
    async fn verify(&self) -> Result<UpkeepReport, String> {
        self.store.verify().await.map(|found| UpkeepReport::of_verification(&found)).map_err(|e| format!("通读数据没有完成：{e}"))
    }

    async fn backup(&self, to: &Path) -> Result<UpkeepReport, String> {
        let now = self.clock.now();
        let done = self.store.backup(to, now).await.map_err(|e| format!("备份没有完成：{e}"))?;
        // After the store, which remembers the log's end: what is copied is never behind it.
        let (from, into) = (self.state.clone(), to.to_owned());
        let copied = super::notes::blocking(move || audit::copy(&from, &into)).await;
        copied.map_err(|e| format!("备份没有完成，审计日志抄不过去：{}", words::trouble(e.kind())))?;
        self.vitals.backed_up(now);
        self.store.remember(LAST_BACKUP, &now.to_string()).await.map_err(|e| format!("备份已写好，但没有记下时间：{e}"))?;
        Ok(UpkeepReport::of_backup(&done, to))
    }
}

impl Keeper {
    /// Who looks after `store`.
    pub(super) fn new(store: Arc<JournalStore>, state: &Path, clock: SharedClock, vitals: Arc<Vitals>) -> Arc<Self> {
        Arc::new(Self { state: state.to_owned(), store, clock, vitals })
    }

    /// A backup in a folder of its own below `root`; the oldest beyond `keep` go, and nothing that is not one of ours.
    async fn back_up_below(&self, root: &Path, keep: usize) {
        let name = format!("dangri-{}", self.clock.now().beijing().format("%Y%m%d-%H%M%S"));
        match self.backup(&root.join(name)).await {
            Ok(report) => tracing::info!(report = report.said.join(" "), "a backup was made"),
            Err(why) => return tracing::error!(why, "a backup failed; the ones before it stay"),
        }
        let root = root.to_owned();
        if let Err(error) = super::notes::blocking(move || thin_out(&root, keep)).await {
            tracing::warn!(%error, "old backups could not be cleared away");
        }
    }

    async fn verify_all(&self) {
        match self.verify().await {
            Ok(report) if report.well => tracing::info!(report = report.said.join(" "), "the whole journal was read and is well"),
            Ok(report) => tracing::error!(report = report.said.join(" "), "the journal was read and is damaged"),
            Err(why) => tracing::error!(why, "the journal could not be read through"),
        }
    }

    /// Carries off what is older than `age`.
    async fn archive(&self, age: Duration) {
        match self.store.archive(self.clock.now().plus(-age)).await {
            Ok(done) => {
                let (files, stays) = (done.files.len(), done.kept_back.as_deref().unwrap_or("nothing more is closed"));
                tracing::info!(files, count = done.documents, stays, "old segments of the journal were looked through for the archive");
            }
            Err(error) => tracing::error!(%error, "old segments could not be archived; they stay where they are"),
        }
    }

    /// What recurs of this, as `config` wants it.
    pub(super) fn recurring(self: &Arc<Self>, config: &Config) -> Vec<Recurring> {
        let mut tasks = Vec::new();
        if let (Some(schedule), Some(root)) = (config.schedule.backup.clone(), config.backup.path.clone()) {
            let (keeper, keep) = (Arc::clone(self), config.backup.keep.get());
            let task: Task = Box::new(move || {
                let (keeper, root): (_, PathBuf) = (Arc::clone(&keeper), root.clone());
                Box::pin(async move { keeper.back_up_below(&root, keep).await })
            });
            tasks.push(Recurring { name: "backup", schedule, task });
        }
        if let Some(schedule) = config.schedule.verify.clone() {
            let keeper = Arc::clone(self);
            let task: Task = Box::new(move || {
                let keeper = Arc::clone(&keeper);
                Box::pin(async move { keeper.verify_all().await })
            });
            tasks.push(Recurring { name: "verify", schedule, task });
        }
        if let (Some(schedule), Some(_)) = (config.schedule.archive.clone(), &config.retention.archive) {
            let (keeper, age) = (Arc::clone(self), config.retention.journal);
            let task: Task = Box::new(move || {
                let keeper = Arc::clone(&keeper);
                Box::pin(async move { keeper.archive(age).await })
            });
            tasks.push(Recurring { name: "archive", schedule, task });
        }
        tasks
    }
}

/// Removes the oldest of our backups below `root`, so that `keep` are left.
fn thin_out(root: &Path, keep: usize) -> io::Result<()> {
    let mut ours = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with("dangri-"));
        if named && entry.path().join("backup.json").is_file() {
            ours.push(entry.path());
        }
    }
    ours.sort();
    let surplus = ours.len().saturating_sub(keep);
    ours.into_iter().take(surplus).try_for_each(std::fs::remove_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_oldest_backups_of_ours_are_cleared_away() {
        let root = tempfile::tempdir().unwrap();
        for name in ["dangri-20230401-023000", "dangri-20230402-023000", "dangri-20230403-023000", "photos", "dangri-notes"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
            if name.ends_with("000") || name == "photos" {
                std::fs::write(root.path().join(name).join("backup.json"), "{}").unwrap();
            }
        }
        thin_out(root.path(), 2).unwrap();
        let mut left: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["dangri-20230402-023000", "dangri-20230403-023000", "dangri-notes", "photos"]);
    }
}
