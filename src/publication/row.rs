//! One row of a list of published decisions, and whether it stands as it should.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::fold;
use crate::document::{ContentHash, DocumentNumber, Timestamp, Yuan};

/// Where a published notice stands (contract §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowState {
    /// It is public.
    Published,
    /// It was taken away.
    Withdrawn,
    /// It ended early by credit repair (信用修复).
    Repaired,
}

/// A row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where the notice stands.
    pub state: RowState,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// When it was withdrawn or repaired.
    pub withdrawn_at: Option<Timestamp>,
    /// Where it can be seen.
    pub url: Option<String>,
    /// The fields by their names, `CF_WSH`.
    pub fields: Vec<(String, String)>,
}

/// Whether the values stand in the columns that they belong into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As far as can be told, they do.
    Whole,
    /// Several do not look at all like what their column is for: shifted, or the columns changed their names.
    Broken,
}

impl Row {
    /// The value of a field; empty when it is not there.
    pub fn get(&self, field: &str) -> &str {
        self.find(field).unwrap_or_default()
    }

    /// The same; `None` where the list has no such field.
    pub(super) fn find(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, value)| value.trim())
    }

    /// The fine in 万元 as published, or in yuan where a site shows that.
    pub(super) fn fine(&self) -> Option<Yuan> {
        match self.get("FINE_YUAN") {
            "" => Yuan::parse_wan(&fold::folded(self.get("CF_NR_FK"))),
            yuan => Yuan::parse(&fold::folded(yuan)),
        }
    }

    /// The number in the one form under which numbers are compared; `None` where none stands.
    pub(super) fn number(&self) -> Option<String> {
        key_of(self.get("CF_WSH"))
    }

    /// The day of the decision.
    pub fn decided(&self) -> Option<NaiveDate> {
        fold::day(self.get("CF_JDRQ"))
    }

    /// SHA-256 over the row's text: the evidence of what was seen.
    pub fn evidence(&self) -> ContentHash {
        let mut text = format!("{:?}\n", self.state);
        text.reserve(self.fields.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
        for (name, value) in &self.fields {
            text.push_str(name);
            text.push('=');
            text.push_str(value);
            text.push('\n');
        }
        ContentHash::of(text.as_bytes())
    }

    /// What makes it this row and no other, whatever became of it since: its address, else its text and the moment of its publication.
    pub(super) fn identity(&self) -> u64 {
        let mut hash = Sha256::new();
        match &self.url {
            Some(url) => hash.update(url),
            None => {
                hash.update(self.published_at.map_or(0, Timestamp::millis).to_be_bytes());
                for (name, value) in &self.fields {
                    hash.update(name);
                    hash.update([0]);
                    hash.update(value);
                    hash.update([0]);
                }
            }
        }
        let all: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&all[..8]);
        u64::from_be_bytes(first)
    }

    /// Judges the columns by what must stand in them whatever the decision. One wrong value is a mistake in the notice; two and more, or no
    /// number and no day at all, are columns that cannot be relied on.
    pub fn layout(&self) -> Layout {
        let wrong = |field: &str, fits: &dyn Fn(&str) -> bool| {
            let value = self.get(field);
            usize::from(!value.is_empty() && !fits(value))
        };
        let code = |value: &str| (15..=18).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric());
        let category = |value: &str| ["法人", "自然人", "个体"].iter().any(|word| value.contains(word));
        let wan = |value: &str| Yuan::parse_wan(&fold::folded(value)).is_some();
        let number = usize::from(!self.get("CF_WSH").contains('号'));
        let day = usize::from(self.decided().is_none());
        let mut wrong_ones = number + day + wrong("CF_XDR_SHXYM", &code) + wrong("CF_XDR_LB", &category) + wrong("CF_NR_FK", &wan);
        wrong_ones += wrong("CF_CFJGDM", &code) + wrong("CF_GSJZQ", &|value| fold::day(value).is_some());
        wrong_ones += usize::from(self.get("CF_XDR_MC").is_empty());
        if wrong_ones >= 2 { Layout::Broken } else { Layout::Whole }
    }

    /// The number that stands anywhere in a row whose columns cannot be relied on.
    pub(super) fn number_anywhere(&self) -> Option<String> {
        self.fields.iter().find_map(|(_, value)| DocumentNumber::read(value.trim()).number).map(|number| number.to_string())
    }
}

/// The form under which numbers are compared: the canonical one, else the normalised text without regard to width (domain.md §1.3).
pub(super) fn key_of(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    if DocumentNumber::is_canonical(text) {
        return Some(text.to_owned());
    }
    let reading = DocumentNumber::read(text);
    Some(reading.number.map_or_else(|| fold::folded(&reading.text), |number| number.to_string()))
}
