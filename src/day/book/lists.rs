//! Plan and roster in the books: a list takes the place of the one before it, in one commit, and says what it changed.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{DayBook, json};
use crate::{
    day::{
        difference::{Difference, Line},
        plan::{self, PlanLine},
        roster::{self, RosterLine},
        sheet::{BadSheet, Imported, Remark},
    },
    document::{ContentHash, Timestamp},
    store::{Fact, StoreError},
};

/// Where the roster's lines are kept.
const ROSTER: &str = "roster/";

/// What an operator wants of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// The file's name, for the record.
    pub file: String,
    /// Lines that the list leaves out stay.
    pub keep: bool,
    /// Lines that the list leaves out may go.
    pub confirmed: bool,
    /// Nothing is written.
    pub dry_run: bool,
}

/// What came of a list. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport<L> {
    /// Whether it stands in the books now.
    pub applied: bool,
    /// Why not, in Chinese with the way out; empty otherwise.
    pub held_back: String,
    /// What it changes, or would.
    pub difference: Difference<L>,
    /// How many rows could not be taken.
    pub skipped: u64,
    /// Why.
    pub errors: Vec<Remark>,
    /// What deserves a look.
    pub warnings: Vec<Remark>,
    /// How many lines stand in the books now.
    pub total: u64,
    /// What is said of the whole list, in Chinese.
    pub notes: Vec<String>,
}

/// What is remembered of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// When, by dangri's clock.
    pub at: Timestamp,
    /// By whom, the login name.
    pub by: String,
    /// The file's name.
    pub file: String,
    /// The file's SHA-256.
    pub digest: ContentHash,
    /// Lines added, changed and removed, and rows skipped.
    pub figures: [u64; 4],
}

impl DayBook {
    /// The plan of the campaign that is on, by day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan(&self) -> Result<Vec<PlanLine>, StoreError> {
        self.facts(&format!("{}line/", self.plan_place())).await
    }

    /// The plan of one day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan_of(&self, day: chrono::NaiveDate) -> Result<Vec<PlanLine>, StoreError> {
        self.facts(&format!("{}line/{day}/", self.plan_place())).await
    }

    /// How many planned enterprises stand on no list that is known to be published, once the inspections of the campaign have begun (S-08);
    /// 0 before and after them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn not_published(&self, today: chrono::NaiveDate) -> Result<u64, StoreError> {
        let on = self.settings.campaign.inspect.is_some_and(|(from, to)| (from..=to).contains(&today));
        if !on {
            return Ok(0);
        }
        Ok(self.plan().await?.iter().filter(|line| line.published.is_none()).count() as u64)
    }

    /// Whether there is a plan at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has_plan(&self) -> Result<bool, StoreError> {
        Ok(!self.store.recall_all(&format!("{}line/", self.plan_place()), None, 1).await?.is_empty())
    }

    /// The roster, by certificate.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn roster_lines(&self) -> Result<Vec<RosterLine>, StoreError> {
        self.facts(&format!("{ROSTER}line/")).await
    }

    /// When lists were imported, oldest first: the plan's of this campaign, or the roster's.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn imports(&self, of_roster: bool) -> Result<Vec<Import>, StoreError> {
        let place = if of_roster { ROSTER.to_owned() } else { self.plan_place() };
        self.facts(&format!("{place}import/")).await
    }

    /// Reads a plan and puts it in the place of the one before it.
    ///
    /// # Errors
    /// The outer one when the store fails, the inner one when the file is no plan.
    pub async fn import_plan(
        &self,
        bytes: &[u8],
        wanted: &Instruction,
        by: &str,
    ) -> Result<Result<ImportReport<PlanLine>, BadSheet>, StoreError> {
        let imported = match plan::read(bytes, &self.settings.campaign, &self.settings.towns) {
            Ok(imported) => imported,
            Err(error) => return Ok(Err(error)),
        };
        let place = self.plan_place();
        let mut report = self.put(&place, imported, bytes, wanted, by).await?;
        let plan = self.plan().await?;
        report.total = plan.len() as u64;
        Ok(Ok(report))
    }

    /// Reads a roster and puts it in the place of the one before it; from then on the check asks the new one.
    ///
    /// # Errors
    /// The outer one when the store fails, the inner one when the file is no roster.
    pub async fn import_roster(
        &self,
        bytes: &[u8],
        wanted: &Instruction,
        by: &str,
    ) -> Result<Result<ImportReport<RosterLine>, BadSheet>, StoreError> {
        let imported = match roster::read(bytes, &self.settings.towns) {
            Ok(imported) => imported,
            Err(error) => return Ok(Err(error)),
        };
        let mut report = self.put(ROSTER, imported, bytes, wanted, by).await?;
        let lines = self.read_roster().await?;
        report.total = lines.len() as u64;
        report.notes = self.about_the_roster(&lines);
        Ok(Ok(report))
    }

    /// What a roster lacks: 镇办 that named nobody (S-14), and a level that the check then cannot ask about.
    pub fn about_the_roster(&self, lines: &[RosterLine]) -> Vec<String> {
        let mut notes = Vec::new();
        let missing = roster::missing_towns(lines, &self.settings.towns);
        if !missing.is_empty() {
            let by = self.settings.campaign.roster_by.map_or_else(String::new, |day| format!("（应于 {day} 前报送）"));
            notes.push(format!("还有 {} 个镇办没有报人{by}：{}", missing.len(), missing.join("、")));
        }
        let district = lines.iter().any(|line| line.level == crate::document::AuthorLevel::District);
        if !lines.is_empty() && !district {
            notes.push("名册里没有区级人员，区级人员的执法证号暂不核对；请把本单位持证人员也写进名册".into());
        }
        notes
    }

    pub(super) async fn read_roster(&self) -> Result<Vec<RosterLine>, StoreError> {
        let lines = self.roster_lines().await?;
        let roster = roster::for_the_check(&lines).map(Arc::new);
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = roster;
        Ok(lines)
    }

    fn plan_place(&self) -> String {
        format!("plan/{}/", self.settings.campaign.key())
    }

    async fn put<L: Line + Serialize + DeserializeOwned>(
        &self,
        place: &str,
        imported: Imported<L>,
        bytes: &[u8],
        wanted: &Instruction,
        by: &str,
    ) -> Result<ImportReport<L>, StoreError> {
        let Imported { lines, errors, warnings, skipped } = imported;
        let before: Vec<L> = self.facts(&format!("{place}line/")).await?;
        let mut difference = Difference::of(&before, &lines);
        let mut notes = Vec::new();
        if skipped > 0 && !difference.removed.is_empty() {
            notes.push("有的行没能导入，所以名单里没有的旧行先不删；改好后再导入一次".to_owned());
        }
        if wanted.keep || skipped > 0 {
            difference.removed.clear();
        }
        let held_back = match (lines.is_empty(), difference.removed.len()) {
            (true, _) => "没有一行能导入；请按提示改好再导入".to_owned(),
            _ if wanted.dry_run => "只是试读，没有写入".to_owned(),
            (_, gone) if gone > 0 && !wanted.confirmed => {
                format!("原有的 {gone} 行不在这份名单里：确认删去请加 --yes，保留请加 --keep")
            }
            _ => String::new(),
        };
        let report = |difference| ImportReport {
            applied: held_back.is_empty(),
            held_back: held_back.clone(),
            difference,
            skipped: skipped as u64,
            errors,
            warnings,
            total: 0,
            notes,
        };
        if held_back.is_empty() && !difference.is_nothing() {
            let figures = [difference.added.len(), difference.changed.len(), difference.removed.len(), skipped].map(|n| n as u64);
            let digest = ContentHash::of(bytes);
            let import = Import { at: self.now(), by: by.to_owned(), file: wanted.file.clone(), digest, figures };
            self.store.remember_all(Self::as_facts(place, &difference, &import)?).await?;
            self.changed();
            tracing::info!(
                operator = by,
                list = place,
                added = difference.added.len(),
                removed = difference.removed.len(),
                "a list was imported"
            );
        }
        Ok(report(difference))
    }

    fn as_facts<L: Line + Serialize>(place: &str, difference: &Difference<L>, import: &Import) -> Result<Vec<Fact>, StoreError> {
        let name = |line: &L| format!("{place}line/{}", line.key());
        let mut facts: Vec<Fact> = difference.removed.iter().map(|line| Fact::struck_out(name(line))).collect();
        for line in difference.added.iter().chain(difference.changed.iter().map(|change| &change.line)) {
            facts.push(Fact::new(name(line), json(line)?));
        }
        facts.push(Fact::new(format!("{place}import/{:020}", import.at.millis()), json(import)?));
        Ok(facts)
    }
}
