//! Document numbers (domain.md §1.3), and the year that they carry.

use chrono::{Datelike, NaiveDate};

use super::{
    ParamKind, Predicate,
    paper::{Notes, Paper, day_of, spoken},
};
use crate::document::{DocumentNumber, Facts, Severity};

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::new("NUM-1", has_the_pattern),
    Predicate::new("NUM-2", is_tidy),
    Predicate::new("NUM-3", word_fits_kind),
    Predicate::with("NUM-4", &[("agencies", ParamKind::Texts)], agency_is_constant),
    Predicate::new("NUM-5", number_belongs_to_one_party),
    Predicate::new("NUM-6", number_is_used_once),
    Predicate::with(
        "DAT-19",
        &[("year_of", ParamKind::OneOf(&[OF_THE_DOCUMENT, OF_THE_CASE])), ("may_come", ParamKind::Texts)],
        dates_and_year,
    ),
];

fn has_the_pattern(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, reading)) = &paper.number else {
        return;
    };
    if reading.number.is_some() || reading.text.is_empty() {
        return;
    }
    let word = paper.ground.kinds.get(paper.kind).map_or("检记", |kind| kind.word.as_str());
    let year = paper.date.unwrap_or(paper.context.today).year();
    let detail = what_is_wrong(&reading.text);
    notes.at(node).wanted(format!("（代字）应急{word}〔{year}〕12号")).with("detail", detail).say();
}

/// What a number lacks, piece by piece of the official shape (domain.md §1.3).
fn what_is_wrong(text: &str) -> &'static str {
    let serial = text.rsplit_once('〕').map(|(_, serial)| serial.trim_end_matches('号'));
    match (text.contains("预立案"), text.find("应急"), serial) {
        (true, ..) => "还写着“预立案”，立案批准后要换成正式编号",
        (_, None, _) => "没有“应急”二字",
        (_, Some(0), _) => "缺少机关代字",
        (_, _, None) => "缺少放在〔〕里的四位年份",
        (_, _, Some("")) => "缺少序号",
        (_, _, Some(serial)) if !serial.bytes().all(|b| b.is_ascii_digit()) => "的序号不是数字",
        (_, _, Some(serial)) if serial.len() > 5 || serial.bytes().all(|b| b == b'0') => "的序号应在1至99999之间",
        _ if !text.ends_with('号') => "末尾缺少“号”字",
        _ => "不合格式",
    }
}

fn is_tidy(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, reading)) = &paper.number else {
        return;
    };
    let Some(number) = reading.number.as_ref().filter(|_| !reading.mends.is_empty()) else {
        return;
    };
    let detail: Vec<&str> = reading.mends.iter().map(|mend| mend.label()).collect();
    notes.at(node).wanted(number.to_string()).with("detail", detail.join("，")).say();
}

fn word_fits_kind(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, reading)), Some(kind)) = (&paper.number, paper.ground.kinds.get(paper.kind)) else {
        return;
    };
    let Some(number) = &reading.number else {
        return;
    };
    if !kind.word.is_empty() && number.word != kind.word {
        let wanted = DocumentNumber { word: kind.word.clone(), ..number.clone() };
        notes
            .at(node)
            .wanted(wanted.to_string())
            .with("word", number.word.clone())
            .with("right", kind.word.clone())
            .with("kind", kind.name.clone())
            .say();
    }
}

fn agency_is_constant(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    if let Some((node, number)) = paper.number.as_ref().and_then(|(node, reading)| Some((node, reading.number.as_ref()?))) {
        let ours: Vec<&str> = notes.rule.params.texts("agencies").collect();
        let elsewhere = paper
            .context
            .case
            .iter()
            .filter_map(|other| DocumentNumber::strict(other.facts.number.as_deref()?))
            .find(|other| other.org != number.org);
        if !ours.is_empty() && !ours.contains(&number.org.as_str()) {
            notes.at(node).wanted(ours.join("、")).with("detail", format!("机关代字“{}”不是本机关的", number.org)).say();
        } else if let Some(other) = elsewhere {
            notes.at(node).wanted(other.org.clone()).with("detail", format!("机关代字“{}”与同案文书“{other}”不同", number.org)).say();
        }
    }
    let Some(uscc) = paper.node("Header/IssuingOrg/Uscc") else {
        return;
    };
    let elsewhere =
        paper.context.case.iter().find_map(|other| other.tree.text("Header/IssuingOrg/Uscc").filter(|theirs| *theirs != uscc.text()));
    if let Some(theirs) = elsewhere {
        notes.at(&uscc).wanted(theirs).with("detail", "制作机关的信用代码与同案其他文书不同").say();
    }
}

/// The other documents that carry this one's number; an older version of this very draft is not another.
fn namesakes<'a>(paper: &Paper<'a>) -> impl Iterator<Item = (&'a Facts, bool)> {
    let draft = paper.text("Header/DraftId").unwrap_or_default();
    let person = paper.against_person();
    let uscc = paper.text("Enterprise/Uscc");
    let name = if person { paper.text("Party/Name") } else { paper.text("Enterprise/Name") }.unwrap_or_default();
    paper.context.same_number.iter().filter(move |other| other.draft_id.to_string() != draft).map(move |other| {
        let same = match (uscc, other.party_uscc.as_deref()) {
            (Some(ours), Some(theirs)) if !person => ours == theirs,
            _ => other.party.0 == name,
        };
        (other, same)
    })
}

fn number_belongs_to_one_party(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, _)) = &paper.number else {
        return;
    };
    if let Some((other, _)) = namesakes(paper).find(|(_, same)| !same) {
        notes.at(node).with("other", other.kind_name.clone()).with("day", spoken(other.document_date)).say();
    }
}

fn number_is_used_once(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some((node, _)) = &paper.number else {
        return;
    };
    if let Some((other, _)) = namesakes(paper).find(|(_, same)| *same) {
        notes.at(node).with("other", other.kind_name.clone()).with("day", spoken(other.document_date)).say();
    }
}

fn dates_and_year(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let today = paper.context.today;
    if let Some((node, day)) = paper.day("Header/DocumentDate")
        && day > today
    {
        // Whatever else is wrong with the years follows from this.
        notes.at(&node).wanted(format!("不晚于{}", spoken(today))).with("detail", "文书日期在将来").say();
        return;
    }
    for node in paper.root.descendants() {
        if is_to_come(node.text(), node.name(), today, notes) {
            notes.at(&node).wanted(format!("不晚于{}", spoken(today))).with("detail", format!("{}在将来", node.label())).say();
        }
        for attr in node.attributes() {
            if is_to_come(attr.value(), attr.name(), today, notes) {
                notes.at_attr(&attr).wanted(format!("不晚于{}", spoken(today))).with("detail", format!("{}在将来", attr.label())).say();
            }
        }
    }
    year_of_number(paper, notes);
}

/// Whether a value is a day after today, where none may be: of all days only terms and what is planned are still to come.
fn is_to_come(value: &str, name: &str, today: NaiveDate, notes: &Notes<'_>) -> bool {
    day_of(value).is_some_and(|day| day > today) && notes.rule.params.texts("may_come").all(|known| known != name)
}

/// The document's own year may stand in its number.
const OF_THE_DOCUMENT: &str = "document";
/// The year in which the case was filed or the inspection planned may.
const OF_THE_CASE: &str = "case_filing";

/// The year in 〔〕 is the document's, or the one in which the case was filed, as the office numbers (DAT-19, domain.md §1.3).
fn year_of_number(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, reading)), Some(day)) = (&paper.number, paper.date) else {
        return;
    };
    let Some(number) = &reading.number else {
        return;
    };
    let year = i32::from(number.year);
    let filed = paper.day("CaseRef/FilingDate").map(|(_, day)| day.year());
    let inspected = paper
        .context
        .case
        .iter()
        .filter(|other| other.facts.kind.code() == "insp_plan")
        .map(|other| other.facts.document_date.year())
        .next();
    let may = |policy: &str| notes.rule.params.texts("year_of").any(|listed| listed == policy);
    let begun = [filed, inspected].into_iter().flatten();
    let mut years: Vec<i32> = begun.filter(|_| may(OF_THE_CASE)).collect();
    // Where it is not known when the case began, the document's own year is all there is.
    if may(OF_THE_DOCUMENT) || years.is_empty() {
        years.insert(0, day.year());
    }
    if years.contains(&year) {
        return;
    }
    let wanted = DocumentNumber { year: u16::try_from(years[0]).unwrap_or(number.year), ..number.clone() };
    notes
        .at(node)
        .wanted(wanted.to_string())
        .with("detail", format!("编号的年份{year}与文书日期{}不符", spoken(day)))
        .at_most(Severity::Error)
        .say();
}
