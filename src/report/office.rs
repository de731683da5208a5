//! The reports of an office: asked for by the daemon and at the control socket.

use std::sync::Arc;

use super::{
    Archive, Ledger, Reading,
    annex::{Heading, Made, NotMade, Paper, Wanted, one::Annex1, summary::Figures, three::Annex3, two::Annex2},
    ledger::Terms,
    published,
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
    terms: Terms,
    settings: Settings,
}

impl Reports {
    /// Reports over `store`, read in the words of `checker`'s bundle.
    pub fn new(store: Arc<dyn Store>, checker: Arc<Checker>, settings: Settings) -> Self {
        let archive = Archive::new(store, checker);
        let terms = Terms::of(archive.checker(), archive.list("penalty_kinds"));
        Self { archive, terms, settings }
    }

    /// The ledger as it looks on the day of `now`.
    ///
    /// # Errors
    /// [`NoReport`] when the store fails.
    pub async fn ledger(&self, now: Timestamp) -> Result<Ledger, NoReport> {
        let readings = self.archive.readings().await?;
        self.ledger_of(&readings, now).await
    }

    async fn ledger_of(&self, readings: &[Reading], now: Timestamp) -> Result<Ledger, NoReport> {
        let publications = published::of(self.archive.store().as_ref()).await?;
        Ok(Ledger::of(readings, &publications, &self.terms, now.beijing_day()))
    }

    /// Makes a paper of what is entered by `now`.
    ///
    /// # Errors
    /// [`NoReport`] when the store fails, or the file's writer does.
    pub async fn make(&self, wanted: Wanted, now: Timestamp) -> Result<Made, NoReport> {
        let Wanted { paper, from, to } = wanted;
        let heading = Heading { unit: self.settings.unit.clone(), from, to, made_at: now, dated: paper != Paper::Annex1 };
        let (mut readings, towns) = (self.archive.readings().await?, self.archive.list("towns"));
        if paper == Paper::Annex1 {
            return Ok(Annex1::of(self.archive.store().as_ref(), self.archive.names("towns")).await?.make(&heading)?);
        }
        let two = Annex2::of(&readings, from, to, &towns);
        if paper == Paper::Annex2 {
            return Ok(two.make(&heading, self.settings.campaign_enterprises)?);
        }
        let case_papers =
            ["case_filing", "penalty_notice", "hearing_notice", "penalty_org", "penalty_person", "service_receipt", "case_close"];
        let pending = readings.iter().filter(|r| !r.is_entered() && case_papers.contains(&r.kind.as_str()) && (from..=to).contains(&r.day));
        let not_entered: Vec<_> = pending.map(|r| r.title.clone()).collect();
        // Only what is entered counts (S-28).
        readings.retain(Reading::is_entered);
        let ledger = self.ledger_of(&readings, now).await?;
        let three = Annex3::of(&ledger, from, to, &towns);
        Ok(if paper == Paper::Annex3 {
            three.make(&heading, &not_entered)?
        } else {
            Figures::of(&two, &three, &ledger, &readings, &heading).make(&heading)?
        })
    }
}
