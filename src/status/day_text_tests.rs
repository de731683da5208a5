use super::*;
use crate::{
    day::{Acknowledgement, Elsewhere, Excuse, Gap},
    document::{DocumentId, State, Timestamp},
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(n: u8, state: State, standing: Standing, reason: &str) -> DayRow {
    DayRow {
        id: DocumentId::of_unfit("x", &crate::document::ContentHash::of(&[n])),
        title: format!("（淄）应急检记〔2023〕{n}号"),
        kind: "现场检查记录".into(),
        state,
        standing,
        found_late: false,
        reason: reason.into(),
        excuse: None,
    }
}

fn bad_day() -> DayReport {
    let (day, now) = ("2023-04-12".parse().unwrap(), at("2023-04-13T08:10:00+08:00"));
    let late_entry = at("2023-04-13T00:25:00+08:00");
    let mut excused =
        row(14, State::Entered, Standing::Late { entered_at: late_entry, late_secs: 1_500 }, "平台 20:42 起中断（连不上平台），00:20 恢复");
    excused.excuse = Some(Excuse {
        document: "insp_record/x".into(),
        title: excused.title.clone(),
        at: now,
        by: "zhang".into(),
        reason: "平台中断，恢复后立即补录".into(),
    });
    let absent = Absent {
        group: "第二组".into(),
        enterprise: "示例机械有限公司".into(),
        uscc: "91370302MA3CE5H79R".into(),
        town: "双杨镇".into(),
        officers: vec!["张三".into(), "李四".into()],
        has: vec!["现场检查方案".into()],
    };
    DayReport {
        working_day: Some(true),
        target: at("2023-04-12T20:00:00+08:00"),
        cut_off: at("2023-04-13T00:00:00+08:00"),
        over: true,
        expected: 13,
        drafted: 12,
        on_time: 9,
        late: 1,
        returned: 1,
        held: 1,
        missed: 3,
        excused: 1,
        planned: Some(12),
        recorded: 10,
        recorded_entered: 9,
        outside_plan: 1,
        absent: vec![absent],
        elsewhere: vec![Elsewhere {
            enterprise: "示例建材经营部".into(),
            uscc: "92370302MA3DEM0196".into(),
            day: "2023-04-14".parse().unwrap(),
        }],
        gaps: vec![Gap { after: "（淄）应急检记〔2023〕12号".into(), from: 13, to: 13 }],
        rows: vec![
            row(16, State::Returned, Standing::Overdue { late_secs: 29_400 }, "平台退回（10 不符合平台格式）：检查方式未填"),
            row(17, State::HeldWaiting, Standing::Overdue { late_secs: 29_400 }, "平台缺少基础数据"),
            excused,
        ],
        rows_total: 3,
        outages: vec![(at("2023-04-12T20:42:00+08:00"), Some(at("2023-04-13T00:20:00+08:00")))],
        ..DayReport::nothing(day, now)
    }
}

#[test]
fn a_bad_day_that_nobody_confirmed_reads_like_this() {
    insta::assert_snapshot!(render(&bad_day(), Style::PLAIN));
}

#[test]
fn a_confirmed_day_whose_figures_changed_reads_like_this() {
    let mut report = bad_day();
    let ack = Acknowledgement { day: report.day, at: report.at, by: "ju".into(), note: "已知".into(), figures: [13, 9, 0, 4] };
    (report.acknowledged, report.changed_since, report.rows) = (Some(ack), true, Vec::new());
    insta::assert_snapshot!(render(&report, Style::PLAIN));
}

#[test]
fn a_good_day_in_a_year_without_a_calendar_reads_like_this() {
    let (day, now) = ("2027-01-04".parse().unwrap(), at("2027-01-04T21:00:00+08:00"));
    let report =
        DayReport { cut_off: at("2027-01-05T00:00:00+08:00"), expected: 2, drafted: 2, on_time: 2, ..DayReport::nothing(day, now) };
    insta::assert_snapshot!(render(&report, Style::PLAIN));
}
