//! Invented statuses for the tests of every rendering.

use super::{
    AgeRow, AgeTable, ChannelFacts, FolderFacts, FolderState, GateState, LoopStatus, Need, NeedsYou, PlatformFacts, SchemaFacts, Status,
    StoreStatus, Today,
};
use crate::document::{ContentHash, DocumentId, State, Timestamp};

/// The moment of all samples.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T14:18:06+08:00")
}

/// A moment.
pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// All entered or on the way.
pub(crate) fn good_day() -> Status {
    Status {
        at: now(),
        version: "0.1.0".into(),
        office: "淄博市某某区应急管理局".into(),
        pid: 812,
        started: at("2026-11-11T08:02:00+08:00"),
        today: Today {
            day: now().beijing_day(),
            expected: 12,
            entered: 11,
            on_the_way: 1,
            sent_back: 0,
            unsure: 0,
            held: 0,
            overdue: 0,
            cut_off: at("2026-11-23T17:30:00+08:00"),
            target: at("2026-11-23T17:00:00+08:00"),
            at_least: false,
        },
        folder: FolderFacts {
            path: "/srv/wenshu".into(),
            state: FolderState::Watched,
            said: String::new(),
            last_sweep: Some(at("2026-11-23T14:18:00+08:00")),
            files: 1_204,
            settling: 3,
            intake_stopped: None,
        },
        platform: PlatformFacts {
            address: "https://platform.example".into(),
            gate: GateState::Open,
            latency_ms: Some(180),
            last_success: Some(at("2026-11-23T14:17:40+08:00")),
            schema: Some(SchemaFacts { ours: "2023.1".into(), theirs: Some("2023.1".into()), accepted: true }),
            skew_millis: Some(400),
            ..PlatformFacts::default()
        },
        disk_free_bytes: Some(81 << 30),
        store: StoreStatus { unwell: None, unwell_detail: None, damage: 0, last_backup: Some(at("2026-11-23T02:00:00+08:00")) },
        counts: [(State::Entered, 1_182), (State::Waiting, 1)].into(),
        ages: AgeTable { rows: vec![AgeRow { state: State::Waiting, total: 1, by_age: [1, 0, 0, 0, 0, 0], not_sorted: 0 }] },
        needs_you: NeedsYou::default(),
        day: None,
        drift: crate::reconcile::drift::Drift::default(),
        publication: None,
        loops: [("sweep", "巡视目录"), ("upload", "上传"), ("reconcile", "核实")]
            .map(|(name, label)| LoopStatus {
                name: name.into(),
                label: label.into(),
                last: at("2026-11-23T14:18:01+08:00"),
                stalled: false,
            })
            .into(),
        channels: vec![channel("值班群", ""), channel("邮件", "")],
        alerts: 0,
    }
}

/// A channel that says this; nothing when it works.
pub(crate) fn channel(name: &str, said: &str) -> ChannelFacts {
    ChannelFacts { name: name.into(), failed: !said.is_empty(), said: said.into(), last_success: Some(at("2026-11-23T13:40:00+08:00")) }
}

fn need(n: u8, title: &str, state: State, reason: &str, advice: &str, overdue: bool) -> Need {
    let cut_off = if overdue { at("2026-11-22T17:30:00+08:00") } else { at("2026-11-23T17:30:00+08:00") };
    Need {
        kind: "当场行政处罚决定书（单位）".into(),
        author: "张三".into(),
        id: DocumentId::of_unfit("sample", &ContentHash::of(&[n])),
        title: title.into(),
        state,
        label: state.label().into(),
        reason: reason.into(),
        advice: advice.into(),
        cut_off,
        overdue,
        since: at("2026-11-23T13:58:00+08:00"),
    }
}

/// Returned, unfit, held and doubtful ones, one of them overdue.
pub(crate) fn bad_day() -> Status {
    let mut status = good_day();
    status.today.entered = 6;
    status.today.sent_back = 3;
    status.today.unsure = 1;
    status.today.held = 1;
    status.today.overdue = 1;
    status.counts.extend([(State::Returned, 1), (State::Unfit, 2), (State::HeldWaiting, 1), (State::Unsure, 1)]);
    status.needs_you = NeedsYou {
        rows: vec![
            need(1, "（淄）应急责改〔2026〕31号", State::Returned, "整改期限早于检查日期", "按平台意见改好并保存", true),
            need(2, "（淄）应急检记〔2026〕118号", State::Unfit, "统一社会信用代码：校验位不对", "改好草稿并保存", false),
            need(3, "第二组/11月23日/现场检查记录（新村加油站）.xml", State::Unfit, "文件第 12 行出现乱码", "改好草稿并保存", false),
            need(4, "（淄）应急检记〔2026〕119号", State::HeldWaiting, "平台缺少基础数据：企业未建档", "请平台补录后解除暂停", false),
            need(5, "（淄）应急检记〔2026〕115号", State::Unsure, "平台没有回音（超时）", "正在向平台查询", false),
        ],
        total: 5,
        in_doubt: 1,
    };
    status
}

/// The good day with a plan, an enterprise without a record, an outage that will not be over in time, and a day that nobody confirmed.
pub(crate) fn planned_day() -> Status {
    use crate::day::{Absent, Forecast, Outlook, book::Glance, forecast::Pace};
    let mut status = good_day();
    status.at = at("2026-11-23T22:30:00+08:00");
    status.today.entered = status.today.expected - 3;
    status.today.on_the_way = 3;
    status.today.cut_off = at("2026-11-24T00:00:00+08:00");
    let day = status.today.day;
    let outlook = Outlook {
        now: status.at,
        day,
        cut_off: status.today.cut_off,
        waiting: 3,
        ahead: 0,
        received: Vec::new(),
        stuck: 0,
        laggards: Vec::new(),
        silent_since: None,
        down_since: Some(at("2026-11-23T20:42:00+08:00")),
        not_before: None,
        pace: Pace::default(),
    };
    let absent = Absent {
        group: "第二组".into(),
        enterprise: "示例机械有限公司".into(),
        uscc: "91370302MA3CE5H79R".into(),
        town: "双杨镇".into(),
        officers: Vec::new(),
        has: Vec::new(),
    };
    status.day = Some(Glance {
        day,
        working_day: Some(true),
        planned: Some(12),
        recorded: 11,
        recorded_entered: 9,
        absent: 1,
        absent_named: vec![absent],
        forecast: Forecast::of(&outlook),
        unacknowledged: vec!["2026-11-20".parse().unwrap()],
        excused: 0,
        looked_at: 12,
    });
    status
}
