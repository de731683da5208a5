//! The reports of an office: asked for by the daemon and at the control socket.

use std::sync::Arc;

use super::{
    Archive,
    annex::{Heading, Made, NotMade, Paper, Wanted, two::Annex2},
};
use crate::{
    check::Checker,
    document::Timestamp,
    store::{Store, StoreError},
};

/// What an office sets about its reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The unit that fills papers in.
    pub unit: String,
    /// How many enterprises the campaign wants inspected; 0 for no such figure.
    pub campaign_enterprises: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// The documents could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be put together.
    #[error(transparent)]
    NotMade(#[from] NotMade),
}

/// All reports of an office.
pub struct Reports {
    archive: Archive,
    settings: Settings,
}

impl Reports {
    /// Reports over `store`, read in the words of `checker`'s bundle.
    pub fn new(store: Arc<dyn Store>, checker: Arc<Checker>, settings: Settings) -> Self {
        Self { archive: Archive::new(store, checker), settings }
    }

    /// Makes a paper of what is entered by `now`.
    ///
    /// # Errors
    /// [`NoReport`] when the store fails, or the file's writer does.
    pub async fn make(&self, wanted: Wanted, now: Timestamp) -> Result<Made, NoReport> {
        let readings = self.archive.readings().await?;
        let Wanted { paper, from, to } = wanted;
        let heading = Heading { unit: self.settings.unit.clone(), from, to, made_at: now };
        let made = match paper {
            Paper::Annex2 => {
                Annex2::of(&readings, from, to, &self.archive.list("towns")).make(&heading, self.settings.campaign_enterprises)
            }
        };
        Ok(made?)
    }
}
