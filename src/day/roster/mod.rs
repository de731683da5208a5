//! The roster of enforcement officers: annex 1 of the notice (domain.md §4.1), and the office's own certificate holders beside it.
//!
//! Rule PER-3 asks it whether a certificate exists and is valid on a document's date. Names and numbers are personal data: shown where
//! people ask for them, and never logged.

mod reading;

pub use reading::read;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    difference::Line,
    sheet::{
        Column,
        template::{BadTemplate, Template},
    },
    towns::Towns,
};
use crate::{
    check::{Holder, Roster},
    document::AuthorLevel,
};

/// One holder of an enforcement certificate. Fields are only ever added.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterLine {
    /// The name.
    pub name: String,
    /// 工作单位及职务.
    pub unit: String,
    /// The certificate's number.
    pub certificate: String,
    /// The mobile number; may be empty.
    pub phone: String,
    /// Anything else that was remarked.
    pub note: String,
    /// The 镇办 that the holder belongs to, by its full name; empty for the district's own.
    pub town: String,
    /// The level of the holder's office.
    pub level: AuthorLevel,
    /// The first day on which the certificate is valid, where it is said.
    pub valid_from: Option<NaiveDate>,
    /// The last day.
    pub valid_to: Option<NaiveDate>,
}

impl std::fmt::Debug for RosterLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RosterLine").field("town", &self.town).field("level", &self.level).finish_non_exhaustive()
    }
}

impl RosterLine {
    /// The mobile number as it may be shown: `138****5678`.
    pub fn masked_phone(&self) -> String {
        let digits: Vec<char> = self.phone.chars().collect();
        match digits.len() {
            11 => format!("{}****{}", digits[..3].iter().collect::<String>(), digits[7..].iter().collect::<String>()),
            0 => String::new(),
            _ => "****".to_owned(),
        }
    }
}

impl Line for RosterLine {
    fn key(&self) -> String {
        self.certificate.clone()
    }

    fn title(&self) -> String {
        format!("{} {}", self.name, self.unit)
    }

    fn said(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        vec![
            ("姓名", self.name.clone()),
            ("工作单位及职务", self.unit.clone()),
            ("手机号码", self.masked_phone()),
            ("备注", self.note.clone()),
            ("镇办", self.town.clone()),
            ("级别", level_name(self.level).to_owned()),
            ("有效期起", day(self.valid_from)),
            ("有效期止", day(self.valid_to)),
        ]
    }
}

/// The word for a level.
pub const fn level_name(level: AuthorLevel) -> &'static str {
    match level {
        AuthorLevel::District => "区级",
        AuthorLevel::Town => "镇办",
    }
}

/// The 镇办 that have nobody in the roster: each is to name one (S-14).
pub fn missing_towns(lines: &[RosterLine], towns: &Towns) -> Vec<String> {
    let there: BTreeSet<&str> = lines.iter().map(|line| line.town.as_str()).collect();
    towns.0.iter().filter(|town| !there.contains(town.as_str())).cloned().collect()
}

/// The roster as the check asks it; `None` when nobody is in it, for then nobody is missed.
pub fn for_the_check(lines: &[RosterLine]) -> Option<Roster> {
    let holder =
        |line: &RosterLine| Holder { name: line.name.clone(), level: line.level, valid_from: line.valid_from, valid_to: line.valid_to };
    let holders: HashMap<String, Holder> = lines.iter().map(|line| (line.certificate.clone(), holder(line))).collect();
    (!holders.is_empty()).then_some(Roster { holders })
}

/// The columns of annex 1 in its order, and what the check needs besides.
const NAME: usize = 0;
const UNIT: usize = 1;
const CERTIFICATE: usize = 2;
const PHONE: usize = 3;
const NOTE: usize = 4;
const TOWN: usize = 5;
const LEVEL: usize = 6;
const FROM: usize = 7;
const TO: usize = 8;

const COLUMNS: [Column; 9] = [
    Column { label: "姓名", words: &["姓名"], needed: true },
    Column {
        label: "工作单位及职务", words: &["工作单位及职务", "工作单位", "单位及职务", "单位", "部门"], needed: true
    },
    Column {
        label: "执法证号", words: &["执法证号码", "执法证号", "执法证编号", "证件号码", "证件编号", "证号"], needed: true
    },
    Column { label: "手机号码", words: &["手机号码", "手机号", "手机", "联系电话", "电话"], needed: false },
    Column { label: "备注", words: &["备注"], needed: false },
    Column { label: "镇办", words: &["镇办", "镇街", "街道"], needed: false },
    Column { label: "级别", words: &["级别", "层级"], needed: false },
    Column { label: "有效期起", words: &["有效期起", "发证日期", "起始日期"], needed: false },
    Column { label: "有效期止", words: &["有效期止", "有效期至", "截止日期", "有效期"], needed: false },
];

/// An empty annex 1, with two invented rows that show how it is filled in.
///
/// # Errors
/// [`BadTemplate`], which a test rules out.
pub fn template() -> Result<Vec<u8>, BadTemplate> {
    let example = |cells: [&str; 9]| cells.map(str::to_owned).to_vec();
    Template {
        title: "抽调执法人员统计表",
        columns: &COLUMNS,
        widths: &[12, 34, 20, 16, 20, 14, 10, 14, 14],
        examples: vec![
            example(["张三（示例）", "双杨镇安环办科员", "15030200101", "13800005678", "导入前删去", "", "", "2021-01-01", "2026-12-31"]),
            example(["李四（示例）", "区应急管理局执法大队监察一室主任", "15030200102", "", "导入前删去", "", "区级", "", ""]),
        ],
        notes: &[
            "带 * 的列必须填写。前五列与通知附件1相同。",
            "镇办和级别可以不填，程序从工作单位里认；认不出时会提示。",
            "本单位自己的持证人员也写进来，检查文书时才能核对他们的证号。",
            "执法证号和手机号码按文本填写（本表已设好）。",
        ],
    }
    .write()
}

#[cfg(test)]
mod tests;
