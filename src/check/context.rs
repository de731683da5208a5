//! What surrounds a document while it is judged.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;

use super::tree::Tree;
use crate::document::{AuthorLevel, Facts};

/// Everything beside the document itself that the rules may look at. All of it is handed in, so that a check is pure.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The day of the check in Beijing: no document is dated later.
    pub today: NaiveDate,
    /// The other documents of the same inspection or case ([`Facts::case_key`]), in any order. Never the document itself or an older
    /// version of it.
    pub case: &'a [CaseDocument],
    /// The facts of other documents that carry the same canonical number, whatever their kind and party.
    pub same_number: &'a [Facts],
    /// The office's roster of certificate holders; `None` when the office keeps none here, and then nobody is missed in it.
    pub roster: Option<&'a Roster>,
}

impl Context<'_> {
    /// A document judged by itself on `today`.
    pub const fn alone(today: NaiveDate) -> Self {
        Self { today, case: &[], same_number: &[], roster: None }
    }
}

/// Another document of the case: one that passed its check before.
#[derive(Debug, Clone)]
pub struct CaseDocument {
    /// What it is.
    pub facts: Facts,
    /// What it says.
    pub tree: Arc<Tree>,
}

/// The holders of enforcement certificates, by certificate number.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// Certificate number → holder.
    pub holders: HashMap<String, Holder>,
}

/// A holder of an enforcement certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The name on the certificate.
    pub name: String,
    /// The office that the holder belongs to.
    pub level: AuthorLevel,
    /// The first day on which it is valid; `None` when not recorded.
    pub valid_from: Option<NaiveDate>,
    /// The last day on which it is valid; `None` when not recorded.
    pub valid_to: Option<NaiveDate>,
}
