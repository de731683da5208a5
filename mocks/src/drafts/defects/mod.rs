//! One mistake each: what goes wrong in drafts, and which check should say so.

mod files;
mod form;
mod law;

use super::pieces::{Draft, single};
use super::surgery;
use chrono::NaiveDate;

/// Who finds a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Decoding or reading, under this id: the file is not XML that can be taken.
    File(&'static str),
    /// The schema bundle, at this element or attribute (`InspectionRecord/Place`, `…/Item/@no`).
    Schema(&'static str),
    /// The rule of this id.
    Rule(&'static str),
}

/// How a defect is made, from the text of a fit document; none if that document has no place for it.
#[derive(Debug, Clone, Copy)]
enum Change {
    Text(fn(&str) -> Option<String>),
    Bytes(fn(&str) -> Option<Vec<u8>>),
}

/// A mistake that can be made in a document of its kind.
#[derive(Debug, Clone, Copy)]
pub struct Defect {
    /// What is wrong, in a few Chinese words.
    pub name: &'static str,
    /// The kind of document it is made in.
    pub kind: &'static str,
    /// Who should find it.
    pub expect: Expect,
    /// The day of a document in which it is a mistake, if not any.
    pub date: Option<(i32, u32, u32)>,
    /// Whether it only earns a warning, so that the document is still fit to be sent.
    pub only_warned: bool,
    /// Whether the file lacks the end of a document, so that whoever waits for it to be written may wait for ever.
    pub endless: bool,
    change: Change,
}

impl Defect {
    const fn text(name: &'static str, kind: &'static str, expect: Expect, change: fn(&str) -> Option<String>) -> Self {
        Self { name, kind, expect, date: None, only_warned: false, endless: false, change: Change::Text(change) }
    }

    const fn bytes(name: &'static str, kind: &'static str, expect: Expect, change: fn(&str) -> Option<Vec<u8>>) -> Self {
        Self { name, kind, expect, date: None, only_warned: false, endless: false, change: Change::Bytes(change) }
    }

    const fn warned(mut self) -> Self {
        self.only_warned = true;
        self
    }

    const fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    const fn dated(mut self, year: i32, month: u32, day: u32) -> Self {
        self.date = Some((year, month, day));
        self
    }

    /// The spoilt document, or none if the mistake cannot be made in this one.
    pub fn apply(&self, xml: &str) -> Option<Vec<u8>> {
        match self.change {
            Change::Text(change) => change(xml).filter(|spoilt| spoilt != xml).map(String::into_bytes),
            Change::Bytes(change) => change(xml),
        }
    }

    /// The id of the finding that is expected; `XSD` begins the id of each finding of the schema.
    pub const fn rule(&self) -> &'static str {
        match self.expect {
            Expect::Rule(id) | Expect::File(id) => id,
            Expect::Schema(_) => "XSD",
        }
    }

    /// Whether it may turn up in a week's documents of `kind`.
    pub(super) fn suits_a_week(&self, kind: &str) -> bool {
        self.kind == kind && self.date.is_none() && !self.only_warned && !self.endless
    }
}

/// Every defect there is.
pub fn all() -> impl Iterator<Item = &'static Defect> {
    files::DEFECTS.iter().chain(form::DEFECTS).chain(law::DEFECTS)
}

/// A draft with `defect`, dated `date` unless the defect wants its own day.
pub fn unfit(seed: u64, defect: &'static Defect, date: NaiveDate) -> Option<Draft> {
    let date = match defect.date {
        Some((year, month, day)) => NaiveDate::from_ymd_opt(year, month, day)?,
        None => date,
    };
    // Some documents have no place for the mistake (no hearing, nobody refused); another seed soon has.
    (0..32).find_map(|turn| {
        let mut draft = single(seed.wrapping_mul(32).wrapping_add(turn), defect.kind, date)?;
        let text = std::str::from_utf8(&draft.bytes).ok()?;
        let spoilt = defect.apply(text)?;
        draft.mended = Some(std::mem::replace(&mut draft.bytes, spoilt));
        draft.fit = defect.only_warned;
        draft.defect = Some(defect.name);
        draft.rule = Some(defect.rule());
        Some(draft)
    })
}
