//! The published list of drawn enterprises, as the office has it as a file: those of the week's records, and one whose record never comes.

use chrono::NaiveDate;

use super::{
    bundle,
    week::{Plan, Planned},
};

/// The file's name.
pub(super) const FILE: &str = "检查计划.csv";

/// The enterprise that was drawn and whose record does not come: name, code (invented), 镇办.
const ABSENT: [&str; 3] = ["淄博青岭机械制造有限公司", "91370302MA3CE5H79R", "双杨镇"];

const HEADING: &str = "检查组,企业名称,统一社会信用代码,镇办,计划检查日期,执法人员,专家,行业,公布日期,完成自查";

/// The list as a file, in the order of the days.
pub(super) fn list(plan: &Plan) -> String {
    let mut lines: Vec<String> = plan.drafts().filter(|planned| planned.draft.kind == "insp_record").filter_map(line).collect();
    if let Some(day) = plan.outage_day() {
        let [name, code, town] = ABSENT;
        lines.push(row("第二组", [name, code, town], day, ["栾一帆、宁芳菲", "逄子墨"]));
    }
    // A byte order mark, as spreadsheets write and want it.
    format!("\u{feff}{HEADING}\r\n{}", lines.concat())
}

/// The line of the visit that a record tells of.
fn line(planned: &Planned) -> Option<String> {
    let bytes = planned.draft.mended.as_deref().unwrap_or(&planned.draft.bytes);
    let text = std::str::from_utf8(bytes).ok()?;
    let enterprise = inside(text, "Enterprise")?;
    let names = |list: &str, one: &str| {
        let begin = format!("<{one}>");
        let all = inside(text, list).unwrap_or_default().split(begin.as_str()).skip(1);
        all.filter_map(|part| inside(part, "Name")).collect::<Vec<_>>().join("、")
    };
    let (officers, experts) = (names("Officers", "Officer"), names("Experts", "Expert"));
    let named = [inside(enterprise, "Name")?, inside(enterprise, "Uscc")?, bundle::town(inside(enterprise, "Town")?)];
    Some(row(planned.group(), named, planned.draft.date, [&officers, &experts]))
}

fn row(group: &str, [name, code, town]: [&str; 3], day: NaiveDate, [officers, experts]: [&str; 2]) -> String {
    format!("{group},{name},{code},{town},{day},{officers},{experts},机械,2023-03-24,是\r\n")
}

/// What stands in the first element of a name.
fn inside<'t>(text: &'t str, element: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    rest.split_once(&format!("</{element}>")).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_visit_of_the_week_and_one_more() {
        let plan = Plan::new(1);
        let list = list(&plan);
        let records = plan.drafts().filter(|planned| planned.draft.kind == "insp_record").count();
        assert_eq!(list.lines().count(), 1 + records + 1, "{list}");
        for group in ["第一组", "第二组", "第三组"] {
            assert!(list.lines().any(|line| line.starts_with(group)), "{group}: {list}");
        }
        assert!(list.lines().skip(1).all(|line| line.split(',').take(6).all(|cell| !cell.is_empty())), "{list}");
        let day = plan.outage_day().unwrap().to_string();
        assert!(list.lines().last().is_some_and(|line| line.contains(ABSENT[0]) && line.contains(&day)), "{list}");
    }
}
