//! What comes before a penalty is decided: told, heard, reviewed (domain.md §3.7, DAT-8 to DAT-11).

use chrono::NaiveDate;

use super::{
    ParamKind, Predicate,
    days_of_cases::step_of,
    paper::{Notes, Paper, day_at, spoken},
};
use crate::check::Node;

pub(super) static PREDICATES: &[Predicate] = &[
    Predicate::with("DAT-8", &[("working_days", ParamKind::Count)], told_before_decided),
    Predicate::with("DAT-9", &[("days", ParamKind::Count)], time_to_make_a_statement),
    Predicate::with("DAT-10", &[("working_days", ParamKind::Count)], invited_to_the_hearing_in_time),
    Predicate::new("DAT-11", reviewed_before_decided),
];

/// Told, waived or heard, then decided; nothing answers a notice that was not served yet.
fn told_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decided) = paper.date else {
        return;
    };
    statement_before_decided(paper, notes, decided);
    if let Some(hearing) = paper.node("HearingRef") {
        heard_before_decided(paper, notes, hearing, decided);
    }
}

fn statement_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>, decided: NaiveDate) {
    let Some((node, served)) = paper.day("NoticeRef/ServedDate") else {
        return;
    };
    let waived = paper.day("NoticeRef/StatementWaivedDate");
    let before = waived.is_some_and(|(_, waived)| waived <= decided);
    // On one day only when the party has waived its statement.
    if served > decided || (served == decided && !before) {
        notes.at(&node).wanted(format!("早于{}", spoken(decided))).with("detail", "告知书送达不早于处罚决定").say();
    } else if paper.day("NoticeRef/Date").is_some_and(|(_, made)| made > served) {
        notes.at(&node).wanted("不早于告知书日期").with("detail", "告知书送达早于告知书日期").say();
    } else if let Some((node, _)) = waived.filter(|(_, waived)| *waived < served) {
        let detail = "放弃陈述申辩早于告知书送达";
        notes.at(&node).wanted(format!("不早于{}", spoken(served))).with("detail", detail).say();
    }
}

fn heard_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>, hearing: Node<'_>, decided: NaiveDate) {
    let served = day_at(hearing, "ServedDate");
    if let (Some((node, served)), Some((_, made))) = (served, day_at(hearing, "Date"))
        && served < made
    {
        notes.at(&node).wanted(format!("不早于{}", spoken(made))).with("detail", "听证告知书送达早于听证告知书日期").say();
        return;
    }
    for (path, what) in [("Held/HeldDate", "听证"), ("Waived/Date", "放弃听证")] {
        let Some((node, day)) = day_at(hearing, path) else { continue };
        if day > decided {
            notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("detail", format!("{what}晚于处罚决定")).say();
        } else if let Some((_, served)) = served.filter(|(_, served)| day < *served) {
            let detail = format!("{what}早于听证告知书送达");
            notes.at(&node).wanted(format!("不早于{}", spoken(served))).with("detail", detail).say();
        }
        return;
    }
    let Some((node, served)) = served else {
        return;
    };
    match paper.ground.calendar.plus_working_days(served, notes.count("working_days")) {
        Ok(last) if decided <= last => {
            notes
                .at(&node)
                .wanted(format!("在{}以后再作决定", spoken(last)))
                .with("detail", format!("申请听证的期限到{}才满，决定作早了", spoken(last)))
                .say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn time_to_make_a_statement(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some(decided), Some((node, served))) = (paper.date, paper.day("NoticeRef/ServedDate")) else {
        return;
    };
    let made = matches!(paper.text("NoticeRef/StatementMade"), Some("true" | "1"));
    let waived = paper.day("NoticeRef/StatementWaivedDate").is_some_and(|(_, waived)| waived <= decided);
    // What comes before the notice is DAT-8's to say.
    if made || waived || served >= decided {
        return;
    }
    match paper.ground.calendar.plus_calendar_days(served, notes.count("days")) {
        Ok(last) if decided <= last => {
            notes.at(&node).wanted(format!("在{}以后再作决定，或者填写放弃陈述申辩日期", spoken(last))).with("last", spoken(last)).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn invited_to_the_hearing_in_time(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let (Some((node, invited)), Some((_, held))) = (paper.day("HearingRef/Held/MeetingNoticeDate"), paper.day("HearingRef/Held/HeldDate"))
    else {
        return;
    };
    let wanted = notes.count("working_days");
    match paper.ground.calendar.working_days_between(invited, held) {
        Ok(days) if days < wanted => {
            notes.at(&node).wanted(format!("听证{wanted}个工作日前")).with("days", days.to_string()).with("held", spoken(held)).say();
        }
        Ok(_) => {}
        Err(uncovered) => notes.unchecked(&node, &uncovered),
    }
}

fn reviewed_before_decided(paper: &Paper<'_>, notes: &mut Notes<'_>) {
    let Some(decided) = paper.date else {
        return;
    };
    for path in ["LegalReview/Date", "CollectiveDiscussion/Date"] {
        if let Some((node, day)) = paper.day(path)
            && day > decided
        {
            let step = step_of(node);
            notes.at(&node).wanted(format!("不晚于{}", spoken(decided))).with("step", step).say();
        }
    }
}
