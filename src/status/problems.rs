//! What is wrong with a status, worst first: the exit code, the headline and the `errors` of the JSON form.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Exit, FolderState, GateState, Status, words};
use crate::{document::State, store::StoreError};

/// One thing that is wrong. Texts are Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A code to be read out on the telephone, `D-0301`; its first two digits are the exit code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Problem {
    /// A problem of the class of `exit`, the `n`-th of its kind.
    pub fn new(exit: Exit, n: u8, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: format!("D-{:02}{n:02}", exit.code()), message: message.into(), hint: hint.into() }
    }

    /// The exit code that the problem calls for.
    pub fn exit(&self) -> Exit {
        let digits = self.code.get(2..4).and_then(|d| d.parse::<u8>().ok());
        digits.and_then(|d| Exit::try_from(d).ok()).unwrap_or(Exit::Failed)
    }
}

/// What a failure of the store means to people.
pub fn in_words(error: &StoreError) -> String {
    let said = match error {
        StoreError::Full(_) => "磁盘空间不足",
        StoreError::Failed(_) => "磁盘读写失败，程序需要重启",
        StoreError::Damaged(_) => "数据损坏",
        StoreError::Archived(_) => "所在的归档文件现在读不到",
        StoreError::TooLarge(_) => "文书过大，存不下",
        StoreError::Stale { .. } | StoreError::Unknown(_) | StoreError::Illegal(_) => "程序内部不一致",
    };
    said.to_owned()
}

/// Doubt is the platform's matter for this long, and then a person's (operators.md B6).
pub const UNSURE_TOLERATED: Duration = Duration::minutes(10);
/// Clocks that differ by more than this are told of (faults 13).
pub(super) const SKEW_TOLERATED_MS: u64 = 60_000;
/// Below this many free bytes intake stops (faults 4).
pub(super) const DISK_LOW: u64 = 500 << 20;
/// A certificate that ends within this many days is told of (faults 28).
const CERTIFICATE_DAYS: i64 = 30;

impl Status {
    /// All that is wrong, worst first.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        self.of_the_program(&mut found);
        self.of_the_platform(&mut found);
        self.of_documents(&mut found);
        self.of_the_day(&mut found);
        self.of_the_surroundings(&mut found);
        self.of_drift(&mut found);
        found.sort_by_key(|p| std::cmp::Reverse(p.exit().severity()));
        found
    }

    /// What stands above every page of the console: that people cannot be told (operators.md B6), or not by each of the ways.
    pub fn banner(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        self.of_the_channels(&mut found);
        found
    }

    /// The exit code: that of the worst problem.
    pub fn exit(&self) -> Exit {
        self.problems().iter().fold(Exit::Well, |worst, p| worst.worse(p.exit()))
    }

    fn of_the_program(&self, found: &mut Vec<Problem>) {
        for stalled in self.loops.iter().filter(|l| l.stalled) {
            let silent = words::span(self.at.since(stalled.last));
            let message = format!("{}已停滞 {silent}", stalled.label);
            found.push(Problem::new(Exit::NotRunning, 2, message, "重启程序：systemctl restart dangri；并请联系技术人员"));
        }
        if let Some(unwell) = &self.store.unwell {
            let message = format!("数据不可用：{}", words::plain(unwell));
            found.push(Problem::new(Exit::StoreDamaged, 1, message, "请检查磁盘空间和硬盘，再运行 dangri verify"));
        }
        if self.store.damage > 0 {
            let message = format!("数据有 {} 处损坏", words::thousands(self.store.damage));
            found.push(Problem::new(Exit::StoreDamaged, 2, message, "运行 dangri verify 查看，停止程序后用 dangri repair 修复"));
        }
    }

    fn of_the_platform(&self, found: &mut Vec<Problem>) {
        let platform = &self.platform;
        let said = if platform.said.is_empty() { platform.gate.label() } else { &platform.said };
        match platform.gate {
            GateState::Refused => {
                let hint = "请核对平台账号、口令或密钥，改好后重启程序";
                found.push(Problem::new(Exit::Credentials, 1, format!("平台不认账号：{said}"), hint));
            }
            GateState::Down | GateState::Probing => {
                let since = platform.down_since.map_or_else(String::new, |since| format!("已 {}", words::span(self.at.since(since))));
                let hint = "文书已保存在本机，平台恢复后会自动上传；长时间不恢复请联系平台";
                found.push(Problem::new(Exit::Unreachable, 1, format!("平台{}{since}：{said}", platform.gate.label()), hint));
            }
            GateState::Open | GateState::Untried => {}
        }
        if let Some(schema) = platform.schema.as_ref().filter(|s| !s.accepted) {
            let theirs = schema.theirs.as_deref().unwrap_or("未知");
            let message = format!("平台格式版本已更换：本机 {}，平台 {theirs}", schema.ours);
            found.push(Problem::new(Exit::NeedsPerson, 8, message, "向平台索取新的格式包，放进配置的目录"));
        }
        if let Some(days) = platform.certificate_days.filter(|days| *days <= CERTIFICATE_DAYS) {
            let message = if days < 0 { "证书已过期".to_owned() } else { format!("证书还有 {days} 天到期") };
            found.push(Problem::new(Exit::NeedsPerson, 9, message, "请向平台申请新证书，换好后重启程序"));
        }
    }

    fn of_documents(&self, found: &mut Vec<Problem>) {
        if self.today.overdue > 0 {
            let message = format!("{} 件逾期", words::thousands(self.today.overdue));
            found.push(Problem::new(Exit::Overdue, 1, message, "程序会继续补录；退回和暂停的请尽快处理"));
        }
        let today = &self.today;
        let missing = today.expected.saturating_sub(today.entered);
        if missing > 0 && today.target <= self.at && self.at < today.cut_off {
            let target = words::cut_off_time(today.target, today.day);
            let message = format!("已过本单位目标时刻 {target}，今日还有 {} 件没有录入", words::thousands(missing));
            found.push(Problem::new(Exit::NeedsPerson, 16, message, "先处理退回和暂停的；其余由程序赶在截止前上传"));
        }
        let kinds: [(&[State], u8, &str, &str); 4] = [
            (&[State::Corrupt], 1, "异常件", "把草稿放回监视目录；没有草稿的，停止程序后运行 dangri repair"),
            (&[State::Returned], 2, "平台退回", "按平台意见改好草稿并保存，会自动重新提交"),
            (&[State::Unfit], 3, "退改", "按草稿旁的“退回原因”改好并保存"),
            (
                &[State::HeldWaiting, State::HeldUnsure, State::HeldReceived],
                4,
                "暂停",
                "用 dangri queue list 暂停 查看原因，处理后解除暂停",
            ),
        ];
        for (states, n, word, hint) in kinds {
            let count = self.count(states);
            if count > 0 {
                found.push(Problem::new(Exit::NeedsPerson, n, format!("{} 件{word}", words::thousands(count)), hint));
            }
        }
        if let Some(figures) = &self.publication {
            if figures.overdue > 0 {
                let message = format!("{} 件处罚决定超过七个工作日没有公示", words::thousands(figures.overdue));
                found.push(Problem::new(Exit::NeedsPerson, 17, message, "用 dangri reconcile 查看是哪几件，立即公示"));
            }
            if figures.wrong > 0 {
                let message = format!("{} 件公示有误或应撤下", words::thousands(figures.wrong));
                found.push(Problem::new(Exit::NeedsPerson, 18, message, "用 dangri reconcile 查看差在哪里，在平台上更正"));
            }
        }
        let in_doubt = self.needs_you.in_doubt;
        if in_doubt > 0 {
            let message = format!("{} 件待核实超过 {}", words::thousands(in_doubt), words::span(UNSURE_TOLERATED));
            found.push(Problem::new(Exit::NeedsPerson, 5, message, "程序会继续向平台查询；可在平台上按文号核对"));
        }
    }

    fn of_the_day(&self, found: &mut Vec<Problem>) {
        let Some(day) = &self.day else { return };
        if let Some(said) = day.forecast.said() {
            let hint = match day.forecast.resume_by.filter(|by| *by > self.at && day.forecast.resumes_at.is_some()) {
                Some(by) => {
                    format!("平台最迟 {} 恢复才来得及；请联系平台，并准备登记原因（dangri day excuse）", words::moment(by, self.at))
                }
                None => "请查看平台和队列（dangri queue --shape）；赶不上的请登记原因（dangri day excuse）".to_owned(),
            };
            found.push(Problem::new(Exit::NeedsPerson, 12, said, hint));
        }
        if day.absent > 0 && day.forecast.at >= self.today.target {
            let message = format!("计划检查的企业有 {} 家还没有记录", words::thousands(day.absent));
            found.push(Problem::new(Exit::NeedsPerson, 13, message, "用 dangri day 查看是哪几家，请检查组交来记录，或者改计划"));
        }
        if let Some(first) = day.unacknowledged.first() {
            let message = format!("有 {} 天的当日小结还没有人确认，最早 {first}", words::thousands(day.unacknowledged.len() as u64));
            found.push(Problem::new(Exit::NeedsPerson, 14, message, format!("看过 dangri day {first} 后用 dangri day ack {first} 确认")));
        }
    }

    fn of_the_channels(&self, found: &mut Vec<Problem>) {
        let failed: Vec<_> = self.channels.iter().filter(|c| c.failed).collect();
        if failed.is_empty() {
            return;
        }
        let said: Vec<_> = failed.iter().map(|c| format!("{} {}", words::plain(&c.name), words::plain(&c.said))).collect();
        let said = said.join("；");
        let (n, message) = match failed.len() == self.channels.len() {
            true => (1, format!("没有一个告警渠道可用：{said}")),
            false => (2, format!("告警渠道失败：{said}")),
        };
        found.push(Problem::new(Exit::NoAlert, n, message, "检查渠道的地址、口令和网络，再用 dangri alert test 试发"));
    }

    fn of_the_surroundings(&self, found: &mut Vec<Problem>) {
        match self.folder.state {
            FolderState::NoMarker => {
                let hint = "多半是共享没有挂上：请重新挂载，不要手工新建标记文件";
                found.push(Problem::new(Exit::NeedsPerson, 6, "监视目录的标记文件不见了", hint));
            }
            FolderState::Unavailable => {
                let said = words::plain(&self.folder.said);
                let message = if said.is_empty() { "监视目录不可用".to_owned() } else { said };
                found.push(Problem::new(Exit::NeedsPerson, 6, message, "请检查共享和权限；已收取的文书照常上传"));
            }
            FolderState::Watched | FolderState::NotSeen => {}
        }
        if let Some(why) = &self.folder.intake_stopped {
            found.push(Problem::new(Exit::NeedsPerson, 10, format!("已停止收取新文书：{}", words::plain(why)), "处理后会自动恢复收取"));
        }
        if let Some(skew) = self.platform.skew_millis.filter(|s| s.unsigned_abs() > SKEW_TOLERATED_MS) {
            let slow = if skew > 0 { "慢" } else { "快" };
            let message = format!("本机时间比平台{slow} {}", words::span(Duration::milliseconds(skew)));
            found.push(Problem::new(Exit::NeedsPerson, 7, message, "请校准本机时间（NTP）"));
        }
        self.of_the_channels(found);
        if let Some(left) = self.disk_free_bytes.filter(|left| *left < DISK_LOW) {
            let message = format!("磁盘只剩 {}", words::bytes(left));
            found.push(Problem::new(Exit::NeedsPerson, 11, message, "请清理磁盘，至少留出 500 MB"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SchemaFacts, samples};
    use super::*;

    #[test]
    fn nothing_is_wrong_with_a_good_day() {
        assert_eq!(samples::good_day().problems(), []);
        assert_eq!(samples::good_day().exit(), Exit::Well);
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst_problem() {
        let mut status = samples::good_day();
        let mut step = |change: &dyn Fn(&mut Status), expected: Exit| {
            change(&mut status);
            assert_eq!(status.exit(), expected);
            assert_eq!(status.problems()[0].exit(), expected);
        };
        step(&|s| s.counts.extend([(State::Returned, 2)]), Exit::NeedsPerson);
        step(&|s| s.platform.gate = GateState::Down, Exit::Unreachable);
        step(&|s| s.platform.gate = GateState::Refused, Exit::Credentials);
        step(&|s| s.today.overdue = 1, Exit::Overdue);
        step(&|s| s.channels.iter_mut().for_each(|c| c.failed = true), Exit::NoAlert);
        step(&|s| s.store.damage = 1, Exit::StoreDamaged);
        step(&|s| s.loops[0].stalled = true, Exit::NotRunning);
    }

    #[test]
    fn one_channel_of_two_that_is_down_ends_with_twelve_as_both_do_and_the_message_tells_them_apart() {
        let mut status = samples::good_day();
        assert_eq!(status.exit(), Exit::Well);
        status.channels[1].failed = true;
        let one = status.problems()[0].clone();
        assert_eq!((one.exit().code(), one.code.as_str()), (12, "D-1202"));
        status.channels[0].failed = true;
        let both = status.problems()[0].clone();
        assert_eq!((both.exit().code(), both.code.as_str()), (12, "D-1201"));
    }

    #[test]
    fn no_two_problems_share_a_code() {
        let text = include_str!("problems.rs").split("mod tests").next().unwrap();
        let of = |exit: &str| -> Vec<u8> {
            let uses = text.split(exit).skip(1).filter_map(|rest| rest.split([',', ')']).next()?.trim().parse().ok());
            uses.collect()
        };
        let mut codes = of("Exit::NeedsPerson, ");
        // One for the marker and one for the folder itself: the same thing to do.
        let folder = codes.iter().position(|code| *code == 6).unwrap();
        codes.remove(folder);
        let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), codes.len(), "{codes:?}");
    }

    #[test]
    fn every_problem_says_what_is_wrong_and_what_to_do() {
        let mut status = samples::bad_day();
        status.platform.schema = Some(SchemaFacts { ours: "2023.1".into(), theirs: Some("2026.2".into()), accepted: false });
        status.platform.certificate_days = Some(6);
        status.platform.skew_millis = Some(47 * 60_000);
        status.disk_free_bytes = Some(120 << 20);
        status.folder.state = FolderState::NoMarker;
        status.folder.intake_stopped = Some("磁盘空间不足".into());
        status.store.unwell = Some("数据盘变为只读".into());
        status.store.damage = 2;
        status.loops[1].stalled = true;
        status.channels = vec![samples::channel("值班群", "连不上"), samples::channel("邮件", "535 密码错误")];
        status.counts.insert(State::Corrupt, 1);
        let told: Vec<_> = status.problems().iter().map(|p| format!("{}  {}\n        → {}", p.code, p.message, p.hint)).collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
