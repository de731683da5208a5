//! What a picture says is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    calendar::Calendar,
    config::{DayTime, Role},
    document::{ContentHash, DocumentId, Name},
    status::{SchemaFacts, samples},
};

fn hours() -> Hours {
    let time = |text| DayTime::parse(text).unwrap();
    let calendar = Calendar::embedded().unwrap();
    Hours { calendar, quiet_from: time("20:00"), quiet_to: time("08:00"), digest: time("08:30"), reassure: None }
}

fn document(n: u8, state: State, cut_off: &str, author: &str) -> OpenDocument {
    OpenDocument {
        id: DocumentId::of_unfit("sample", &ContentHash::of(&[n])),
        title: format!("（淄）应急检记〔2026〕{n}号"),
        state,
        since: samples::at("2026-11-23T13:58:00+08:00"),
        said: "平台没有回音".into(),
        cut_off: samples::at(cut_off),
        seen: samples::at("2026-11-23T10:00:00+08:00"),
        excuses: format!("insp_record/{n}"),
        author: Name(author.into()),
    }
}

fn told(status: &Status, open: Vec<OpenDocument>, excused: &BTreeSet<String>) -> Vec<String> {
    let documents = Documents { open, more: 0 };
    let person = Person {
        name: "王工".into(),
        role: Role::Duty,
        mobile: String::new(),
        feishu: String::new(),
        mail: String::new(),
        drafts_as: "王大锤".into(),
    };
    let failed = Health { failures: 3, said: "535 密码错误".into(), ..Health::default() };
    let seen = Seen {
        status,
        documents: Some(&documents),
        contributed: &Contribution::default(),
        excused,
        channels: &BTreeMap::from([("邮件".to_owned(), failed), ("值班群".to_owned(), Health::default())]),
        hours: &hours(),
        people: &[person],
        backup_within: Some(Duration::hours(26)),
    };
    let said = seen.observation().conditions;
    said.iter().map(|c| format!("{} {} {} 过{}分 {}", c.level.label(), c.kind.label(), c.line, c.patience.num_minutes(), c.scope)).collect()
}

#[test]
fn a_bad_picture_says_all_that_is_wrong_and_how_long_it_is_tolerated() {
    let mut status = samples::bad_day();
    status.platform.gate = GateState::Down;
    status.platform.said = "平台出错".into();
    status.platform.down_since = Some(samples::at("2026-11-23T14:10:00+08:00"));
    status.platform.schema = Some(SchemaFacts { ours: "2023.1".into(), theirs: Some("2026.2".into()), accepted: false });
    status.platform.certificate_days = Some(6);
    status.platform.skew_millis = Some(-47 * 60_000);
    status.disk_free_bytes = Some(120 << 20);
    status.folder.state = FolderState::NoMarker;
    status.store.damage = 2;
    status.store.last_backup = Some(samples::at("2026-11-19T02:00:00+08:00"));
    status.loops[1].stalled = true;
    let open = vec![
        document(1, State::Waiting, "2026-11-22T17:30:00+08:00", ""),
        document(2, State::Unsure, "2026-11-23T17:30:00+08:00", ""),
        document(3, State::Returned, "2026-11-23T17:30:00+08:00", "王大锤"),
        document(4, State::Unfit, "2026-11-25T00:00:00+08:00", "别人"),
    ];
    insta::assert_snapshot!(told(&status, open, &BTreeSet::new()).join("\n"));
}

#[test]
fn a_platform_that_is_down_within_two_hours_of_a_cut_off_is_red_and_told_after_five_minutes() {
    let mut status = samples::good_day();
    status.platform.gate = GateState::Down;
    status.platform.down_since = Some(samples::at("2026-11-23T14:10:00+08:00"));
    let told = |cut_off| told(&status, vec![document(1, State::Waiting, cut_off, "")], &BTreeSet::new());
    assert!(told("2026-11-23T16:00:00+08:00").iter().any(|line| line.starts_with("红 平台不可用") && line.contains("过5分")));
    assert!(told("2026-11-23T17:30:00+08:00").iter().any(|line| line.starts_with("橙 平台不可用") && line.contains("过10分")));
}

#[test]
fn the_stricter_clock_counts_and_a_reason_on_record_ends_it() {
    let mut status = samples::good_day();
    let open = || vec![document(1, State::Waiting, "2026-11-23T14:18:30+08:00", "")];
    let overdue = |lines: &[String]| lines.iter().any(|line| line.contains("已逾期"));
    assert!(!overdue(&told(&status, open(), &BTreeSet::new())));
    // The platform's clock is half a minute ahead: there the cut-off has passed.
    status.platform.skew_millis = Some(30_000);
    assert!(overdue(&told(&status, open(), &BTreeSet::new())));
    assert!(!overdue(&told(&status, open(), &BTreeSet::from(["insp_record/1".to_owned()]))));
}
