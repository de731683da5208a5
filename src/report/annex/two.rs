//! 附件2 全区安全生产分片集中执法检查活动情况统计表 (domain.md §4.1): one line an enterprise, nineteen columns.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Heading, Made, NotMade, Note,
    form::{Cell, Column, Form},
};
use crate::{
    check::rules::CodeList,
    report::{
        Reading,
        reading::{Enterprise, Found, Said, Spot},
        words,
    },
};

/// The fourteen categories in the notice's order: code and label.
pub const CATEGORIES: [(&str, &str); 14] = [
    ("facility", "设施设备类"),
    ("worksite", "作业现场类"),
    ("contractor", "外来管理类"),
    ("certificate", "证件证书类"),
    ("training", "培训教育类"),
    ("rules", "规章制度类"),
    ("emergency", "应急救援类"),
    ("ppe_sign", "用品标志类"),
    ("illegal_storage", "违规存储类"),
    ("safety_cost", "安全费用类"),
    ("org_staff", "机构人员类"),
    ("register_report", "登记报告类"),
    ("risk_hazard", "风险隐患类"),
    ("other", "其他类"),
];

const TITLE: &str = "全区安全生产分片集中执法检查活动情况统计表";

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Annex2 {
    /// The lines, in the order of the inspections.
    pub rows: Vec<Row>,
    /// Inspection records of the period that are not entered and therefore not counted.
    pub not_counted: Vec<String>,
    /// How many inspections the lines add up.
    pub inspections: usize,
}

/// One enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub enterprise: String,
    /// Its 镇办.
    pub town: String,
    /// 发现问题（项）.
    pub problems: u32,
    /// The same by category, in the order of [`CATEGORIES`].
    pub by_category: [u32; 14],
    /// 处罚事项（项）: problems that became a case, and penalties on the spot beside them.
    pub penalties: u32,
}

impl Annex2 {
    /// Compiles the inspections whose day lies within `from` and `to`.
    pub fn of(readings: &[Reading], from: NaiveDate, to: NaiveDate, towns: &CodeList) -> Self {
        let mut table = Self::default();
        let mut keys: Vec<String> = Vec::new();
        let mut records: Vec<_> = readings.iter().filter(|r| r.kind == "insp_record" && (from..=to).contains(&r.inspection_day)).collect();
        records.sort_by_key(|r| (r.inspection_day, r.number.clone()));
        for record in records {
            if !record.is_entered() {
                table.not_counted.push(record.title.clone());
                continue;
            }
            let Said::Record(found) = &record.text.said else { continue };
            let enterprise = &record.text.enterprise;
            let key = key_of(enterprise);
            let at = keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                let town = towns.cell(&enterprise.town, "name").unwrap_or(&enterprise.town).to_owned();
                let row = Row { enterprise: enterprise.name.clone(), town, problems: 0, by_category: [0; 14], penalties: 0 };
                table.rows.push(row);
                table.rows.len() - 1
            });
            let spots = readings.iter().filter(|r| r.is_entered() && r.inspection.is_some() && r.inspection == record.inspection);
            let spots = spots.filter_map(|r| if let Said::Spot(spot) = &r.text.said { Some(spot) } else { None });
            table.rows[at].add(found, spots);
            table.inspections += 1;
        }
        table
    }

    /// The sums of all lines.
    pub fn sums(&self) -> Row {
        let mut sums = Row { enterprise: String::new(), town: String::new(), problems: 0, by_category: [0; 14], penalties: 0 };
        for row in &self.rows {
            sums.problems += row.problems;
            sums.penalties += row.penalties;
            sums.by_category.iter_mut().zip(row.by_category).for_each(|(sum, n)| *sum += n);
        }
        sums
    }

    /// What the sums say, and how many enterprises the campaign asks for: `at_least`, 0 for no such figure.
    pub fn notes(&self, at_least: u64) -> Vec<Note> {
        let mut notes = Vec::new();
        let sums = self.sums();
        let uneven: Vec<_> = self.rows.iter().filter(|row| row.problems != row.by_category.iter().sum::<u32>()).collect();
        notes.push(if uneven.is_empty() {
            Note::well(format!("发现问题 {} 项，与 14 类之和相符。", sums.problems))
        } else {
            Note::look(format!("有 {} 家的发现问题与 14 类之和不符：{}。请核对检查记录的问题类型。", uneven.len(), names(&uneven)))
        });
        let over: Vec<_> = self.rows.iter().filter(|row| row.penalties > row.problems).collect();
        notes.push(if over.is_empty() {
            Note::well(format!("处罚事项 {} 项，没有超过发现问题。", sums.penalties))
        } else {
            Note::look(format!("有 {} 家的处罚事项多于发现问题：{}。请核对检查记录和当场处罚决定书。", over.len(), names(&over)))
        });
        let count = self.rows.len() as u64;
        if at_least > 0 {
            let said = format!("检查企业 {count} 家；本次活动方案要求不少于 {at_least} 家（活动参数，不是程序下达的指标）");
            notes.push(if count >= at_least {
                Note::well(said + "。")
            } else {
                Note::look(format!("{said}，还差 {} 家。", at_least - count))
            });
        } else {
            notes.push(Note::well(format!("检查企业 {count} 家。")));
        }
        if !self.not_counted.is_empty() {
            let first: Vec<_> = self.not_counted.iter().take(5).map(String::as_str).collect();
            let more = if self.not_counted.len() > 5 { "等" } else { "" };
            notes.push(Note::look(format!(
                "另有 {} 份现场检查记录还没有录入平台，没有计入：{}{more}。录入后请重新导出。",
                self.not_counted.len(),
                first.join("、")
            )));
        }
        notes
    }

    /// The file.
    ///
    /// # Errors
    /// [`NotMade`], a defect.
    pub fn make(&self, heading: &Heading, at_least: u64) -> Result<Made, NotMade> {
        let columns = columns();
        let mut form = Form::new("附件2", "附件2", TITLE, heading, &columns)?;
        form.header_in_two(&columns, "查出安全问题类型", 4..18, 48.0)?;
        for (no, row) in (1_u32..).zip(&self.rows) {
            form.row(&row.cells(Cell::Number(no.into()), Cell::Text(row.enterprise.clone())))?;
        }
        form.sums(&self.sums().cells(Cell::Middle(String::new()), Cell::Middle("合计".into())))?;
        form.below("填表人：                                审核人：                                负责人：")?;
        let file_name = format!("附件2 执法检查活动情况统计表（{}）.xlsx", words::period(heading.from, heading.to));
        Ok(Made { file_name, bytes: form.finish()?, notes: self.notes(at_least) })
    }
}

impl Row {
    fn add<'a>(&mut self, found: &[Found], spots: impl Iterator<Item = &'a Spot>) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.problems += count(found.len());
        for problem in found {
            if let Some(at) = CATEGORIES.iter().position(|(code, _)| *code == problem.category) {
                self.by_category[at] += 1;
            }
        }
        let cases: Vec<_> = found.iter().filter(|f| f.disposition == "case").collect();
        self.penalties += count(cases.len());
        // A penalty on the spot for what is also a case is not a second matter.
        let apart = |spot: &&Spot| !cases.iter().any(|case| case.basis.iter().any(|cited| spot.violated.contains(cited)));
        self.penalties += count(spots.filter(apart).count());
    }

    fn cells(&self, no: Cell, enterprise: Cell) -> Vec<Cell> {
        let mut cells = vec![no, enterprise, Cell::Middle(self.town.clone()), Cell::Number(self.problems.into())];
        cells.extend(self.by_category.map(|n| Cell::Number(n.into())));
        cells.push(Cell::Number(self.penalties.into()));
        cells
    }
}

fn columns() -> Vec<Column> {
    let column = |label, width_px| Column { label, width_px };
    let mut columns = vec![column("序号", 40), column("检查企业", 210), column("镇办", 90), column("发现问题\n（项）", 70)];
    columns.extend(CATEGORIES.map(|(_, label)| column(label, 41)));
    columns.push(column("处罚事项\n（项）", 70));
    columns
}

/// By credit code; without one, by name.
fn key_of(enterprise: &Enterprise) -> String {
    if enterprise.uscc.is_empty() { enterprise.name.clone() } else { enterprise.uscc.clone() }
}

fn names(rows: &[&Row]) -> String {
    rows.iter().take(5).map(|row| row.enterprise.as_str()).collect::<Vec<_>>().join("、")
}
