//! The plan: which enterprise each group inspects on which day, from the published list of drawn enterprises (S-04, S-08, S-31).
//!
//! A line is known by campaign, enterprise code and day; reading the same list again changes nothing. A list with mistakes adds its good
//! rows and takes nothing away; a whole list that leaves out what stood there needs a person's yes.

mod reading;
mod template;

pub use reading::read;
pub use template::template;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{difference::Line, sheet::Column};

/// One planned inspection. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    /// The inspection group, `第一组`.
    pub group: String,
    /// The enterprise's name.
    pub enterprise: String,
    /// Its unified social credit code.
    pub uscc: String,
    /// Its 镇办.
    pub town: String,
    /// The planned day.
    pub day: NaiveDate,
    /// Who leads the group (S-11); may be empty.
    pub leader: String,
    /// The officers who are to go.
    pub officers: Vec<String>,
    /// The experts.
    pub experts: Vec<String>,
    /// The trade (S-05); may be empty.
    pub sector: String,
    /// When the enterprise was inspected last, by whatever level, where the list says so (S-03).
    pub last_inspected: Option<NaiveDate>,
    /// The draw that it came from (S-04); may be empty.
    pub batch: String,
    /// Anything else that was remarked.
    pub note: String,
    /// When the list that names it was published (S-08), where that was written down.
    #[serde(default)]
    pub published: Option<NaiveDate>,
    /// Whether the enterprise has examined itself by the standards that it was sent (S-09), as it was written down; may be empty.
    #[serde(default)]
    pub self_check: String,
}

impl PlanLine {
    /// Whether it was written down that the enterprise has examined itself.
    pub fn has_examined_itself(&self) -> bool {
        let said = self.self_check.trim();
        !said.is_empty() && !["否", "无", "未", "没"].iter().any(|no| said.starts_with(no))
    }
}

impl Line for PlanLine {
    fn key(&self) -> String {
        format!("{}/{}", self.day, self.uscc)
    }

    fn title(&self) -> String {
        format!("{} {} {}", self.day, self.group, self.enterprise)
    }

    fn said(&self) -> Vec<(&'static str, String)> {
        vec![
            ("检查组", self.group.clone()),
            ("企业名称", self.enterprise.clone()),
            ("镇办", self.town.clone()),
            ("组长", self.leader.clone()),
            ("执法人员", self.officers.join("、")),
            ("专家", self.experts.join("、")),
            ("行业", self.sector.clone()),
            ("上次检查日期", self.last_inspected.map_or_else(String::new, |day| day.to_string())),
            ("抽取批次", self.batch.clone()),
            ("备注", self.note.clone()),
            ("公布日期", self.published.map_or_else(String::new, |day| day.to_string())),
            ("自查", self.self_check.clone()),
        ]
    }
}

/// The columns of a plan, in the template's order.
const GROUP: usize = 0;
const ENTERPRISE: usize = 1;
const USCC: usize = 2;
const TOWN: usize = 3;
const DAY: usize = 4;
const LEADER: usize = 5;
const OFFICERS: usize = 6;
const EXPERTS: usize = 7;
const SECTOR: usize = 8;
const LAST: usize = 9;
const BATCH: usize = 10;
const NOTE: usize = 11;
const PUBLISHED: usize = 12;
const SELF_CHECK: usize = 13;

const COLUMNS: [Column; 14] = [
    Column { label: "检查组", words: &["检查组", "组别", "分组", "小组", "组"], needed: true },
    Column {
        label: "企业名称", words: &["企业名称", "单位名称", "被检查单位", "检查企业", "受检企业", "企业", "单位"], needed: true
    },
    Column {
        label: "统一社会信用代码", words: &["统一社会信用代码", "社会信用代码", "信用代码", "统一代码"], needed: true
    },
    Column {
        label: "镇办", words: &["镇办", "镇街", "镇（街道）", "街道", "乡镇", "属地", "所在镇", "镇"], needed: false
    },
    Column {
        label: "计划检查日期",
        words: &["计划检查日期", "计划检查时间", "计划日期", "检查日期", "检查时间", "日期", "时间"],
        needed: true,
    },
    Column { label: "组长", words: &["带队领导", "带队人", "带队", "组长"], needed: false },
    Column { label: "执法人员", words: &["执法人员", "检查人员", "执法员", "人员"], needed: false },
    Column { label: "专家", words: &["专家"], needed: false },
    Column { label: "行业", words: &["所属行业", "行业领域", "行业类别", "行业"], needed: false },
    Column {
        label: "上次检查日期", words: &["上次检查日期", "最近检查日期", "最近一次检查", "上次检查", "最近检查"], needed: false
    },
    Column { label: "抽取批次", words: &["抽取批次", "抽查批次", "批次"], needed: false },
    Column { label: "备注", words: &["备注", "说明"], needed: false },
    Column { label: "公布日期", words: &["名单公布日期", "公布日期", "公布时间", "公示日期"], needed: false },
    Column { label: "完成自查", words: &["完成自查", "是否自查", "自查情况", "自查"], needed: false },
];

#[cfg(test)]
mod tests;
