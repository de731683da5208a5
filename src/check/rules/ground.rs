//! What the rules of a profile stand on besides the catalogue: kinds, code lists, the allow-list, the calendar.

use std::{collections::HashMap, sync::Arc};

use crate::{
    calendar::Calendar,
    document::{DocumentNumber, Lane},
};

/// Everything that the rules look up and that changes rarely; shared by all checks of a profile.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// By code of the kind.
    pub kinds: HashMap<String, KindWords>,
    /// By name: `towns`, `penalty_kinds`, `number_words`, … as the profile's bundle calls them.
    pub lists: HashMap<String, CodeList>,
    /// Credit codes that fail their check and are known to be real.
    pub allowed_codes: AllowList,
    /// Documents that may break a soft rule.
    pub exceptions: Exceptions,
    /// The working days.
    pub calendar: Arc<Calendar>,
}

/// What a profile says of a kind, as far as rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindWords {
    /// `现场检查记录`.
    pub name: String,
    /// The word between 应急 and 〔; empty for kinds without a number.
    pub word: String,
    /// Which stream it belongs to.
    pub lane: Lane,
}

/// A code list of the profile: a CSV file whose first column is the code.
#[derive(Debug, Clone, Default)]
pub struct CodeList {
    columns: Vec<String>,
    rows: HashMap<String, Vec<String>>,
}

/// Credit codes that an authorised person has confirmed in spite of their check digit (domain.md §3.1): code → reason.
#[derive(Debug, Clone, Default)]
pub struct AllowList(HashMap<String, String>);

/// Documents for which an authorised person has recorded a reason to break a rule that the notice only holds 原则上: rule and number → reason.
#[derive(Debug, Clone, Default)]
pub struct Exceptions(HashMap<(String, String), String>);

/// A CSV file of the profile that cannot be used; said in Chinese to whoever keeps it.
#[derive(Debug, thiserror::Error)]
pub enum BadList {
    /// It is not CSV in UTF-8.
    #[error("不是 CSV 表格（{0}）")]
    Csv(#[from] csv::Error),
    /// A row of the allow-list has no reason.
    #[error("第 {row} 行的代码 {code} 没有写理由")]
    NoReason {
        /// Counted from 1, the header left out.
        row: usize,
        /// The code.
        code: String,
    },
    /// A row of the exceptions lacks its rule, its number or its reason.
    #[error("第 {row} 行没有写全规则、文号和理由")]
    Incomplete {
        /// Counted from 1, the header left out.
        row: usize,
    },
}

impl Exceptions {
    /// Reads a CSV text with a header line: rule, document number, reason, and whatever else the office keeps.
    ///
    /// # Errors
    /// [`BadList`] when it is not CSV or a row lacks something.
    pub fn parse(text: &str) -> Result<Self, BadList> {
        let mut granted = HashMap::new();
        for (index, record) in reader(text).records().enumerate() {
            let record = record?;
            let cell = |at| record.get(at).unwrap_or_default();
            let (rule, number, reason) = (cell(0), cell(1), cell(2));
            if rule.is_empty() || number.is_empty() || reason.is_empty() {
                return Err(BadList::Incomplete { row: index + 1 });
            }
            granted.insert((rule.to_owned(), DocumentNumber::read(number).text), reason.to_owned());
        }
        Ok(Self(granted))
    }

    /// The rules that documents may break.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(rule, _)| rule.as_str())
    }

    /// Why the document of this number may break a rule, if it may.
    pub fn reason(&self, rule: &str, number: &str) -> Option<&str> {
        self.0.get(&(rule.to_owned(), number.to_owned())).map(String::as_str)
    }
}

impl CodeList {
    /// Reads a CSV text with a header line.
    ///
    /// # Errors
    /// [`BadList::Csv`] when it is not CSV.
    pub fn parse(text: &str) -> Result<Self, BadList> {
        let mut reader = reader(text);
        let columns = reader.headers()?.iter().map(str::to_owned).collect();
        let mut rows = HashMap::new();
        for record in reader.records() {
            let cells: Vec<String> = record?.iter().map(str::to_owned).collect();
            if let Some(code) = cells.first() {
                rows.insert(code.clone(), cells);
            }
        }
        Ok(Self { columns, rows })
    }

    /// Whether `code` is on the list.
    pub fn has(&self, code: &str) -> bool {
        self.rows.contains_key(code)
    }

    /// The cell of `code` in `column`.
    pub fn cell(&self, code: &str, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|c| c == column)?;
        self.rows.get(code)?.get(at).map(String::as_str)
    }
}

impl AllowList {
    /// Reads a CSV text with a header line: code, reason, and whatever else the office keeps.
    ///
    /// # Errors
    /// [`BadList`] when it is not CSV or a row gives no reason.
    pub fn parse(text: &str) -> Result<Self, BadList> {
        let mut allowed = HashMap::new();
        for (index, record) in reader(text).records().enumerate() {
            let record = record?;
            let code = record.get(0).unwrap_or_default().to_owned();
            let reason = record.get(1).unwrap_or_default().to_owned();
            if reason.is_empty() {
                return Err(BadList::NoReason { row: index + 1, code });
            }
            allowed.insert(code, reason);
        }
        Ok(Self(allowed))
    }

    /// Whether `code` was confirmed.
    pub fn has(&self, code: &str) -> bool {
        self.0.contains_key(code)
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_list_is_read_by_its_header() {
        let list = CodeList::parse("\u{feff}code,name,hearing\nfine, 罚款 ,amount\nother,其他,no\n").unwrap();
        assert!(list.has("fine") && !list.has("罚款"));
        assert_eq!(list.cell("fine", "hearing"), Some("amount"));
        assert_eq!(list.cell("fine", "name"), Some("罚款"));
        assert_eq!(list.cell("fine", "colour"), None);
    }

    #[test]
    fn a_code_is_allowed_with_a_reason_only() {
        let allowed = AllowList::parse("code,reason\n# pilot area\n91350100M0001TGQXM,早期试点地区发放，已与营业执照核对\n").unwrap();
        assert!(allowed.has("91350100M0001TGQXM"));
        assert!(matches!(AllowList::parse("code,reason\n91350100M0001TGQXM,\n"), Err(BadList::NoReason { row: 1, .. })));
    }
}
