//! In what a published row differs from the decision, field by field (domain.md §2.7).

use serde::{Deserialize, Serialize};

use super::{
    Category, Row, Term, Wanted, column_of,
    columns::{ORGANISATION, PERSON},
    fold,
    row::key_of,
};
use crate::document::Yuan;

/// One field that differs, both values side by side. A list of them is for the office's own eyes: names may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `CF_NR_FK`.
    pub field: String,
    /// 罚款金额（万元）.
    pub label: String,
    /// What the decision says.
    pub ours: String,
    /// What is published.
    pub theirs: String,
}

impl Difference {
    fn new(field: &'static str, ours: impl Into<String>, theirs: &str) -> Self {
        let theirs = theirs.chars().take(200).collect();
        Self { field: field.to_owned(), label: label(field).to_owned(), ours: ours.into(), theirs }
    }

    /// Both sides in one line.
    pub fn words(&self) -> String {
        let shown = |text: &str| if text.is_empty() { "（空）".to_owned() } else { text.to_owned() };
        format!("{}：决定书 {}，公示 {}", self.label, shown(&self.ours), shown(&self.theirs))
    }
}

fn label(field: &str) -> &'static str {
    match field {
        "CF_XDR_LB" => "行政相对人类别",
        "CF_XDR_SHXYM" => "统一社会信用代码",
        "CF_FR_ZJHM" => "法定代表人证件号码",
        _ => ORGANISATION.iter().chain(&PERSON).find(|c| c.field == field).map_or("", |c| c.label),
    }
}

/// The free texts of a row that must be there; their wording is the platform's own and is not compared.
const WORDS: [&str; 4] = ["CF_WFXW", "CF_SY", "CF_YJ", "CF_NR"];

/// Every difference that counts, in the order of the template. A list that has no column for something is not blamed for that.
pub(super) fn differences(wanted: &Wanted, row: &Row) -> Vec<Difference> {
    let mut found = Vec::new();
    // What is written alike is the same however it is compared.
    let mut compare = |field: &'static str, ours: &str, same: &dyn Fn(&str) -> bool| {
        if let Some(theirs) = row.find(field).filter(|theirs| *theirs != ours && !same(theirs)) {
            found.push(Difference::new(field, ours, theirs));
        }
    };
    compare("CF_XDR_MC", &wanted.party.0, &|theirs| fold::same_name(&wanted.party.0, theirs));
    compare("CF_XDR_LB", wanted.category.word(), &|theirs| fold::folded(theirs) == wanted.category.word());
    let code = wanted.uscc.as_deref().unwrap_or_default();
    compare("CF_XDR_SHXYM", code, &|theirs| fold::folded(theirs).eq_ignore_ascii_case(code));
    if wanted.category != Category::Person {
        compare("CF_FRDB", &wanted.legal_rep.0, &|theirs| fold::same_name(&wanted.legal_rep.0, theirs));
    }
    compare("CF_WSH", &wanted.number, &|theirs| key_of(theirs).as_deref() == Some(&wanted.key));
    let kinds = wanted.kinds.join("；");
    compare("CF_CFLB", &kinds, &|theirs| fold::kinds(theirs) == fold::kinds(&kinds));
    compare("CF_NR_ZKDX", &wanted.licence, &|theirs| fold::folded(theirs) == fold::folded(&wanted.licence));
    compare("CF_JDRQ", &wanted.date.to_string(), &|theirs| fold::day(theirs) == Some(wanted.date));
    compare("CF_CFJG", &wanted.authority, &|theirs| fold::same_name(&wanted.authority, theirs));
    compare("CF_CFJGDM", &wanted.authority_code, &|theirs| fold::folded(theirs).eq_ignore_ascii_case(&wanted.authority_code));
    found.extend(amounts(wanted, row));
    found.extend(end(wanted, row));
    found.extend(WORDS.into_iter().filter(|f| row.find(f) == Some("")).map(|f| Difference::new(f, "（应填写）", "")));
    // Never public: the legal representative's number, and a person's in full (domain.md §2.6).
    for field in ["CF_FR_SFZH", "CF_FR_ZJHM", "CF_XDR_ZJHM"] {
        let shown = row.get(field);
        let open = shown.bytes().filter(u8::is_ascii_digit).count() >= 15;
        if open {
            found.push(Difference::new(field, "（不得公开）", &masked(shown)));
        }
    }
    // Of a decision whose own bytes are lost only this much can be compared.
    if wanted.authority.is_empty() {
        found.retain(|difference| ["CF_XDR_MC", "CF_XDR_SHXYM", "CF_WSH", "CF_JDRQ"].contains(&&*difference.field));
    }
    let order = |field: &str| ORGANISATION.iter().chain(&PERSON).position(|c| Some(c.field) == column_of(field)).unwrap_or(1);
    found.sort_by_key(|difference| order(&difference.field));
    found
}

/// Money is compared in 分, so that 2,000 元 and 0.2 万元 are one and 2,000 万元 is not. A decision without a fine may say 0 or nothing.
fn amounts(wanted: &Wanted, row: &Row) -> Vec<Difference> {
    let mut found = Vec::new();
    let stands = row.find("CF_NR_FK").or_else(|| row.find("FINE_YUAN")).is_some();
    if (stands || wanted.calls_for_fine()) && differ(wanted.fine, row.fine(), row.get("CF_NR_FK")) {
        let theirs = if row.get("FINE_YUAN").is_empty() { said(row.get("CF_NR_FK"), row.fine()) } else { row.get("FINE_YUAN").to_owned() };
        found.push(Difference::new("CF_NR_FK", wan(wanted.fine), &theirs));
    }
    if let Some(text) = row.find("CF_NR_WFFF") {
        let confiscated = Yuan::parse_wan(&fold::folded(text));
        if differ(wanted.confiscated, confiscated, text) {
            found.push(Difference::new("CF_NR_WFFF", wan(wanted.confiscated), &said(text, confiscated)));
        }
    }
    found
}

fn differ(ours: Option<Yuan>, theirs: Option<Yuan>, text: &str) -> bool {
    let unreadable = theirs.is_none() && !text.is_empty();
    unreadable || ours.unwrap_or_default() != theirs.unwrap_or_default()
}

/// `0.2（2000 元）`: the unit is what goes wrong most often.
fn wan(amount: Option<Yuan>) -> String {
    amount.map_or_else(String::new, |amount| format!("{}（{}元）", amount.wan(), amount.figures()))
}

fn said(text: &str, read: Option<Yuan>) -> String {
    read.map_or_else(|| text.to_owned(), |amount| wan(Some(amount)))
}

/// 公示截止期 need not be the one that we would propose, only one that the rule of the decision's date allows.
fn end(wanted: &Wanted, row: &Row) -> Option<Difference> {
    let theirs = row.get("CF_GSJZQ");
    let term = Term::of(wanted.date)?;
    if theirs.is_empty() || fold::day(theirs).is_some_and(|end| term.allows(wanted.date, end)) {
        return None;
    }
    let ours = format!("决定之日起 {} 个月至 {} 个月", term.least, term.most);
    Some(Difference::new("CF_GSJZQ", ours, theirs))
}

fn masked(number: &str) -> String {
    let count = number.chars().count();
    number.chars().enumerate().map(|(at, c)| if at < 3 || at + 4 >= count { c } else { '*' }).collect()
}
