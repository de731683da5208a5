//! Codes: credit codes, identity numbers, and what must be on one of the profile's lists.

use super::{
    ParamKind, Predicate,
    citizen_id::{BadCitizenId, CitizenId},
    credit_code::{self, BadCreditCode},
    paper::{Notes, Paper},
};
use crate::check::Node;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("USCC-1", credit_code_check),
    Predicate::new("USCC-2", organisation_code_check),
    Predicate::with("USCC-3", &[("prefixes", ParamKind::Texts), ("company_words", ParamKind::Texts)], credit_code_prefix),
    Predicate::with("USCC-4", &[("prefixes", ParamKind::Texts)], issuer_prefix),
    Predicate::new("IDN-1", citizen_number),
    Predicate::new("IDN-2", sex_fits_number),
    Predicate::new("IDN-3", age_fits_number),
    Predicate::new("CODE-1", town_is_listed),
    Predicate::new("CODE-2", industry_is_listed),
    Predicate::new("CODE-3", service_is_listed),
];

/// Where credit codes stand.
const CREDIT_CODES: [&str; 3] = ["Header/IssuingOrg/Uscc", "Enterprise/Uscc", "Party/EmployerUscc"];

fn bad_codes<'a>(paper: &Paper<'a>) -> impl Iterator<Item = (Node<'a>, BadCreditCode)> {
    CREDIT_CODES
        .iter()
        .filter_map(|path| paper.node(path))
        .filter(|node| !paper.ground.allowed_codes.has(node.text()))
        .filter_map(|node| credit_code::check(node.text()).err().map(|bad| (node, bad)))
}

fn credit_code_check(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for (node, bad) in bad_codes(paper) {
        let (detail, wanted) = match bad {
            BadCreditCode::CheckDigit(wanted) => ("第18位校验码对不上".to_owned(), format!("按前17位计算，第18位应为“{wanted}”")),
            // Lower case and anything else is the schema's to say.
            BadCreditCode::Symbol(symbol) if symbol.is_ascii_uppercase() => {
                (format!("含有字母“{symbol}”，代码中不用I、O、S、V、Z"), "18位数字和大写字母".to_owned())
            }
            _ => continue,
        };
        notes.at(&node).wanted(wanted).with("detail", detail).say();
    }
}

fn organisation_code_check(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for (node, bad) in bad_codes(paper) {
        if let BadCreditCode::OrganisationDigit(wanted) = bad {
            notes.at(&node).wanted(format!("第17位应为“{wanted}”")).say();
        }
    }
}

fn credit_code_prefix(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    for path in ["Enterprise/Uscc", "Party/EmployerUscc"] {
        let Some(node) = paper.node(path).filter(|node| node.text().len() == 18) else {
            continue;
        };
        let Some(prefix) = node.text().get(..2) else {
            continue;
        };
        let params = &notes.rule.params;
        if !params.texts("prefixes").any(|known| known == prefix) {
            notes.at(&node).with("detail", format!("前两位“{prefix}”不是常见的登记类别")).say();
        } else if prefix == "92" && path.starts_with("Enterprise") {
            // 92 is a sole trader, and a sole trader cannot be a company.
            let name = paper.text("Enterprise/Name").unwrap_or_default();
            if params.texts("company_words").any(|word| name.contains(word)) {
                notes.at(&node).with("detail", "“92”开头是个体工商户，单位名称却是公司").say();
            }
        }
    }
}

fn issuer_prefix(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(node) = paper.node("Header/IssuingOrg/Uscc") else {
        return;
    };
    if !notes.rule.params.texts("prefixes").any(|prefix| node.text().starts_with(prefix)) {
        let wanted = notes.rule.params.texts("prefixes").collect::<Vec<_>>().join("、");
        notes.at(&node).wanted(format!("{wanted}开头")).say();
    }
}

/// The natural person's identity number, if that is what the document of identity is.
fn citizen<'a>(paper: &Paper<'a>) -> Option<(Node<'a>, Result<CitizenId, BadCitizenId>)> {
    if paper.text("Party/IdKind")? != "id_card" {
        return None;
    }
    let node = paper.node("Party/IdNumber")?;
    let day = paper.date.unwrap_or(paper.context.today).min(paper.context.today);
    Some((node, CitizenId::read(node.text(), day)))
}

fn citizen_number(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, Err(bad))) = citizen(paper) else {
        return;
    };
    let detail = match bad {
        BadCitizenId::Shape => "应为18位，前17位是数字，最后一位是数字或大写X",
        BadCitizenId::Birth => "第7至14位的出生日期不存在",
        BadCitizenId::Unborn => "第7至14位的出生日期晚于文书日期",
        BadCitizenId::CheckDigit => "最后一位校验码对不上，可能抄错了一位",
    };
    notes.at(&node).with("detail", detail).say();
}

fn sex_fits_number(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((_, Ok(citizen))), Some(sex)) = (citizen(paper), paper.node("Party/Sex")) else {
        return;
    };
    let wanted = if citizen.male { ("male", "男") } else { ("female", "女") };
    if sex.text() != wanted.0 {
        notes.at(&sex).wanted(format!("{}（{}）", wanted.1, wanted.0)).say();
    }
}

fn age_fits_number(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((_, Ok(citizen))), Some(age), Some(day)) = (citizen(paper), paper.node("Party/Age"), paper.date) else {
        return;
    };
    let (Ok(written), wanted) = (age.text().parse::<i32>(), citizen.age_on(day)) else {
        return;
    };
    if written != wanted {
        notes.at(&age).wanted(format!("{wanted}岁")).say();
    }
}

fn town_is_listed(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    listed(paper, notes, "towns", "Enterprise/Town");
}

fn industry_is_listed(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    listed(paper, notes, "industries", "Enterprise/Industry");
}

fn service_is_listed(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    listed(paper, notes, "service_methods", "Service/Method");
    for row in paper.node("Rows").into_iter().flat_map(|rows| rows.children_named("Row")) {
        listed_node(paper, notes, "service_methods", row.child("Method"));
    }
}

fn listed(paper: &Paper<'_>, notes: &mut Notes<'_>, list: &str, path: &str) {
    listed_node(paper, notes, list, paper.node(path));
}

/// A profile without the list asks nothing.
fn listed_node(paper: &Paper<'_>, notes: &mut Notes<'_>, list: &str, node: Option<Node<'_>>) {
    let (Some(list), Some(node)) = (paper.ground.lists.get(list), node) else {
        return;
    };
    if !node.text().is_empty() && !list.has(node.text()) {
        notes.at(&node).say();
    }
}
