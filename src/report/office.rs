//! The reports of an office: asked for by the daemon and at the control socket.

use std::sync::Arc;

use chrono::NaiveDate;
use tokio::sync::Mutex;

use super::{
    Archive, Ledger, Reading,
    annex::{Heading, Made, NotMade, Note, Paper, Wanted, one::Annex1, summary::Figures, three::Annex3, two::Annex2},
    ledger::Terms,
    published,
    remind::{self, Foremost, Reminder},
    words,
};
use crate::{
    check::Checker,
    document::Timestamp,
    reconcile::drift::Drift,
    store::{Store, StoreError},
};

/// What an office sets about its reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The unit that fills papers in.
    pub unit: String,
    /// The campaign's name; empty when none is on.
    pub campaign: String,
    /// How many enterprises the campaign wants inspected; 0 for no such figure.
    pub campaign_enterprises: u64,
    /// By when the papers are handed in.
    pub report_by: Option<NaiveDate>,
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
    known: Mutex<Option<Known>>,
}

/// The terms that were found when the documents were last gone through.
struct Known {
    /// The day, the documents, and the publications that they were found for.
    mark: (NaiveDate, u64, u64),
    of_terms: Foremost,
}

impl Reports {
    /// Reports over `store`, read in the words of `checker`'s bundle.
    pub fn new(store: Arc<dyn Store>, checker: Arc<Checker>, settings: Settings) -> Self {
        let archive = Archive::new(store, checker);
        let terms = Terms::of(archive.checker(), archive.list("penalty_kinds"));
        Self { archive, terms, settings, known: Mutex::default() }
    }

    /// The ledger as it looks on the day of `now`.
    ///
    /// # Errors
    /// [`NoReport`] when the store fails.
    pub async fn ledger(&self, now: Timestamp) -> Result<Ledger, NoReport> {
        let (publications, today) = (published::of(self.archive.store().as_ref()).await?, now.beijing_day());
        let standing = self.archive.standing().await?;
        let mut loops = Vec::new();
        let some = |readings: &[Reading]| loops.extend(Ledger::of(readings, &publications, &self.terms, today).loops);
        self.archive.by_enterprise(&standing, some).await?;
        Ok(Ledger::with(loops, today))
    }

    /// What people should be reminded of first on the day of `now`, terms of the ledger and drift; at most `most` of those that are
    /// `wanted`, and how many more there are. While no document and no publication changes, a day's are looked up only once.
    ///
    /// # Errors
    /// [`NoReport`] when the store fails.
    pub async fn reminders(
        &self,
        now: Timestamp,
        most: usize,
        wanted: impl Fn(&Reminder) -> bool + Send + Sync,
    ) -> Result<(Vec<Reminder>, u64), NoReport> {
        let today = now.beijing_day();
        let mut first = Foremost::new(most);
        let drift = Drift::known(self.archive.store().as_ref()).await?;
        first.extend(remind::of_drift(&drift, today).into_iter().filter(&wanted));
        let standing = self.archive.standing().await?;
        let publications = published::of(self.archive.store().as_ref()).await?;
        let mark = (today, standing.mark, published::mark(&publications));
        let mut known = self.known.lock().await;
        if known.as_ref().is_none_or(|known| known.mark != mark || known.of_terms.most != most) {
            let mut of_terms = Foremost::new(most);
            let some = |readings: &[Reading]| {
                let ledger = Ledger::of(readings, &publications, &self.terms, today);
                of_terms.extend(remind::of(&ledger).into_iter().filter(&wanted));
            };
            self.archive.by_enterprise(&standing, some).await?;
            *known = Some(Known { mark, of_terms });
        }
        if let Some(known) = known.as_ref() {
            first.join(&known.of_terms);
        }
        Ok(first.told())
    }

    /// Everything that people should be reminded of, over a ledger that is at hand.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reminders_of(&self, ledger: &Ledger) -> Result<Vec<Reminder>, StoreError> {
        let drift = Drift::known(self.archive.store().as_ref()).await?;
        let mut all = remind::of_drift(&drift, ledger.today);
        all.extend(remind::of(ledger));
        all.sort_by_key(|one| std::cmp::Reverse(one.weight));
        Ok(all)
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
        let mut made = self.paper(wanted, now).await?;
        if let Some(by) = self.settings.report_by.filter(|_| wanted.paper != Paper::Annex1) {
            let said = format!("报送截止日期：{}。", words::spoken(by));
            made.notes.push(if now.beijing_day() <= by { Note::well(said) } else { Note::look(format!("{said}已经过了。")) });
        }
        Ok(made)
    }

    async fn paper(&self, wanted: Wanted, now: Timestamp) -> Result<Made, NoReport> {
        let Wanted { paper, from, to } = wanted;
        let heading = Heading { unit: self.settings.unit.clone(), from, to, made_at: now, dated: paper != Paper::Annex1 };
        let (mut readings, towns) = (self.archive.readings().await?, self.archive.list("towns"));
        if paper == Paper::Annex1 {
            return Ok(Annex1::of(self.archive.store().as_ref(), self.archive.names("towns")).await?.make(&heading)?);
        }
        let two = Annex2::of(&readings, from, to, &towns);
        if paper == Paper::Annex2 {
            // Without a campaign its figures mean nothing.
            let at_least = if self.settings.campaign.is_empty() { 0 } else { self.settings.campaign_enterprises };
            return Ok(two.make(&heading, at_least)?);
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
            Figures::of(&two, &three, &ledger, &readings, &heading).make(&heading, &self.settings.campaign)?
        })
    }
}
