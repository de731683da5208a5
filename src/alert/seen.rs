//! What is seen becomes conditions. Pure: the same picture always says the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::{
    Condition, Contribution, Hours, Kind, Level, Observation,
    documents::{Documents, OpenDocument},
    outbox::Health,
};
use crate::{
    config::Person,
    document::{State, Timestamp},
    status::{FolderState, GateState, Status, words},
};

/// How many documents of one episode are named one by one; the rest is counted.
const NAMED: usize = 300;
/// The ladder's first rung, before the cut-off.
const LADDER: Duration = Duration::hours(4);
/// From here on before a cut-off a platform that is down is red, and told sooner.
const URGENT: Duration = Duration::hours(2);
/// 待核实 and 平台不可用 are the platform's own matter for so long.
const TOLERATED: Duration = Duration::minutes(10);
/// Clocks that differ by more are told of; by more than the second, loudly (faults 13).
const SKEW: (u64, u64) = (60_000, 600_000);
/// Bytes below which the disk is told of, and below which it is red (faults 4: intake stops at the first).
const DISK: (u64, u64) = (500 << 20, 64 << 20);

/// Everything that a look takes in.
pub(super) struct Seen<'a> {
    /// The daemon's picture of itself.
    pub(super) status: &'a Status,
    /// The open documents; `None` when the store could not be read.
    pub(super) documents: Option<&'a Documents>,
    /// What the other rooms say.
    pub(super) contributed: &'a Contribution,
    /// The documents with an exception on record, by the key under which it stands.
    pub(super) excused: &'a BTreeSet<String>,
    /// How the channels fare, by name.
    pub(super) channels: &'a BTreeMap<String, Health>,
    /// The hours.
    pub(super) hours: &'a Hours,
    /// Who can be told.
    pub(super) people: &'a [Person],
    /// How old a backup may grow; `None` where none are made.
    pub(super) backup_within: Option<Duration>,
}

impl Seen<'_> {
    /// The moment that counts before a cut-off: the stricter of our clock and the platform's (faults 13).
    pub(super) fn strict(&self) -> Timestamp {
        let ahead = self.status.platform.skew_millis.unwrap_or(0).max(0);
        self.status.at.plus(Duration::milliseconds(ahead))
    }

    /// All that is wrong.
    pub(super) fn observation(&self) -> Observation {
        let mut seen = self.contributed.seen.clone();
        self.of_documents(&mut seen);
        self.of_the_day(&mut seen);
        self.of_the_platform(&mut seen);
        self.of_the_folder(&mut seen);
        self.of_the_program(&mut seen);
        self.of_the_surroundings(&mut seen);
        seen.conditions.extend(of_channels(self.channels, self.status.at));
        seen
    }

    fn of_documents(&self, seen: &mut Observation) {
        let Some(documents) = self.documents else {
            seen.unseen.extend([Kind::Overdue, Kind::Deadline, Kind::SentBack, Kind::InDoubt]);
            return;
        };
        let strict = self.strict();
        let mut named: BTreeMap<(Kind, String), usize> = BTreeMap::new();
        let mut rest: BTreeMap<(Kind, String), Condition> = BTreeMap::new();
        let mut say = |condition: Condition| {
            let key = (condition.kind, condition.scope.clone());
            let count = named.entry(key.clone()).or_default();
            *count += 1;
            if *count <= NAMED {
                seen.conditions.push(condition);
            } else {
                let others = Condition { object: "其余".into(), line: "其余文书".into(), count: 0, ..condition };
                rest.entry(key).or_insert(others).count += 1;
            }
        };
        let mut open: Vec<&OpenDocument> = documents.open.iter().collect();
        open.sort_by_key(|d| (d.cut_off, !d.state.needs_a_person(), d.id));
        for document in open {
            let excused = self.excused.contains(&document.excuses) || self.contributed.excused.contains(&document.id);
            if document.cut_off <= strict && !excused {
                say(of(document, Kind::Overdue, Level::Red).before(document.cut_off).since(document.cut_off));
            } else if strict < document.cut_off && document.cut_off <= strict.plus(LADDER) {
                // Its level is that of the rung at which it is told.
                say(of(document, Kind::Deadline, Level::Yellow).before(document.cut_off).since(document.seen));
            }
            if matches!(document.state, State::Returned | State::Unfit) && !excused {
                say(self.sent_back(document));
            }
            if document.state == State::Unsure {
                say(of(document, Kind::InDoubt, Level::Orange).since(document.since).after(TOLERATED));
            }
        }
        if documents.more > 0
            && let Some(last) = rest.values_mut().next()
        {
            last.count += documents.more;
        }
        seen.conditions.extend(rest.into_values());
    }

    /// To the drafter at once, if it is known who that is; to the others in the morning.
    fn sent_back(&self, document: &OpenDocument) -> Condition {
        let drafter = self.people.iter().find(|p| !p.drafts_as.is_empty() && p.drafts_as == document.author.0);
        let mut condition = of(document, Kind::SentBack, Level::Yellow).since(document.since).after(Duration::minutes(15));
        condition.advice = "按草稿旁的“退回原因”改好并保存，会自动重新提交".into();
        match drafter {
            Some(drafter) => {
                condition.concerns = Some(drafter.name.clone());
                condition.apart(drafter.name.clone())
            }
            None => Condition { can_wait: true, ..condition },
        }
    }

    /// The forecast, planned inspections without a record, and days that nobody confirmed.
    fn of_the_day(&self, seen: &mut Observation) {
        let Some(day) = &self.status.day else {
            seen.unseen.extend([Kind::Forecast, Kind::Absent, Kind::DayOpen]);
            return;
        };
        let cut_off = day.forecast.cut_off;
        let midnight = cut_off == Timestamp::start_of(cut_off.beijing_day());
        // Near a cut-off at midnight what is not red would wait for the morning, and be too late.
        let level = if midnight { Level::Red } else { Level::Orange };
        if let Some(said) = day.forecast.said().filter(|_| day.forecast.fires()) {
            let condition = Condition::new(Kind::Forecast, level, "pace", said).before(cut_off).counting(day.forecast.will_miss);
            seen.conditions.push(condition.advise("查看平台和队列（dangri queue --shape）；赶不上的登记原因（dangri day excuse）"));
        }
        if day.absent > 0 && day.forecast.at >= self.status.today.target && day.forecast.at < cut_off {
            // Enterprises are not named: that is for the console and the command line.
            let line = format!("计划检查的企业有 {} 家还没有记录", words::thousands(day.absent));
            let condition = Condition::new(Kind::Absent, level, "plan", line).before(cut_off).counting(day.absent);
            seen.conditions.push(condition.advise("用 dangri day 查看是哪几家，请检查组交来记录，或者改计划"));
        }
        for open in &day.unacknowledged {
            let line = format!("{open} 的当日小结还没有人确认");
            let condition = Condition::new(Kind::DayOpen, Level::Yellow, open.to_string(), line);
            seen.conditions.push(condition.advise("看过 dangri day 后用 dangri day ack 确认"));
        }
    }

    fn of_the_platform(&self, seen: &mut Observation) {
        let platform = &self.status.platform;
        let said = if platform.said.is_empty() { platform.gate.label() } else { &platform.said };
        match (platform.gate, platform.down_since) {
            (GateState::Refused, since) => {
                let condition = Condition::new(Kind::Account, Level::Red, "", format!("平台不认账号：{}", words::plain(said)));
                let condition = condition.advise("核对平台账号、口令或密钥，改好后重启程序");
                seen.conditions.push(Condition { since, ..condition });
            }
            (GateState::Down | GateState::Probing, Some(since)) => {
                let urgent = self.nearest_cut_off().is_some_and(|cut_off| cut_off.since(self.strict()) <= URGENT);
                let long = self.status.at.since(since) >= Duration::hours(1);
                let level = if urgent || long { Level::Red } else { Level::Orange };
                let patience = if urgent { TOLERATED / 2 } else { TOLERATED };
                let condition = Condition::new(Kind::Platform, level, "", format!("平台不可用：{}", words::plain(said)));
                let advice = "文书已保存在本机，平台恢复后自动上传；长时间不恢复请联系平台";
                seen.conditions.push(condition.advise(advice).since(since).after(patience));
            }
            (GateState::Untried, _) => seen.unseen.extend([Kind::Platform, Kind::Account]),
            (GateState::Open | GateState::Down | GateState::Probing, _) => {}
        }
        // Three good answers end it: each moment of a good answer counts as a look.
        seen.looked.insert(Kind::Platform, platform.last_success.unwrap_or(Timestamp::MIN));
        if let Some(schema) = platform.schema.as_ref().filter(|s| !s.accepted) {
            let theirs = schema.theirs.as_deref().unwrap_or("未知");
            let line = format!("平台格式版本已更换：本机 {}，平台 {}", words::plain(&schema.ours), words::plain(theirs));
            seen.conditions.push(Condition::new(Kind::Rules, Level::Red, "schema", line).advise("向平台索取新的格式包，放进配置的目录"));
        }
        if let Some(days) = platform.certificate_days.filter(|days| *days <= 30) {
            let (level, object) = match days {
                ..=1 => (Level::Red, "1"),
                2..=7 => (Level::Yellow, "7"),
                _ => (Level::Yellow, "30"),
            };
            let line = if days < 0 { "证书已过期".to_owned() } else { format!("证书还有 {days} 天到期") };
            seen.conditions.push(Condition::new(Kind::Certificate, level, object, line).advise("向平台申请新证书，换好后重启程序"));
        }
    }

    /// The earliest cut-off of an open document that has not passed.
    fn nearest_cut_off(&self) -> Option<Timestamp> {
        let strict = self.strict();
        self.documents?.open.iter().map(|d| d.cut_off).filter(|cut_off| *cut_off > strict).min()
    }

    fn of_the_folder(&self, seen: &mut Observation) {
        let folder = &self.status.folder;
        let line = match folder.state {
            FolderState::NotSeen => {
                seen.unseen.insert(Kind::Folder);
                return;
            }
            FolderState::Watched => None,
            FolderState::NoMarker => Some("监视目录的标记文件不见了，多半是共享没有挂上"),
            FolderState::Unavailable => Some("监视目录读不出来"),
        };
        if let Some(swept) = folder.last_sweep {
            seen.looked.insert(Kind::Folder, swept);
        }
        if let Some(line) = line {
            let patience = if self.hours.quiet(self.status.at) { Duration::minutes(60) } else { Duration::minutes(5) };
            let advice = "检查共享是否挂上、权限是否正确；不要手工新建标记文件";
            seen.conditions.push(Condition::new(Kind::Folder, Level::Red, "", line).advise(advice).after(patience));
        }
    }

    fn of_the_program(&self, seen: &mut Observation) {
        let status = self.status;
        for stalled in status.loops.iter().filter(|l| l.stalled) {
            let line = format!("{}停滞，上次动作 {}", stalled.label, words::moment(stalled.last, status.at));
            let condition = Condition::new(Kind::Stalled, Level::Red, &*stalled.name, line).since(stalled.last);
            seen.conditions.push(condition.advise("重启程序：systemctl restart dangri"));
        }
        if let Some(unwell) = &status.store.unwell {
            let condition = Condition::new(Kind::Store, Level::Red, "unwell", format!("数据不可用：{}", words::plain(unwell)));
            seen.conditions.push(condition.advise("检查磁盘空间和硬盘，再运行 dangri verify"));
        }
        if status.store.damage > 0 {
            let condition = Condition::new(Kind::Store, Level::Red, "damage", format!("数据有 {} 处损坏", status.store.damage));
            seen.conditions.push(condition.advise("停止程序，运行 dangri repair"));
        }
    }

    fn of_the_surroundings(&self, seen: &mut Observation) {
        let status = self.status;
        match status.disk_free_bytes {
            None => drop(seen.unseen.insert(Kind::Disk)),
            Some(left) if left < DISK.0 || status.folder.intake_stopped.is_some() => {
                let level = if left < DISK.1 { Level::Red } else { Level::Yellow };
                let stopped = if status.folder.intake_stopped.is_some() { "，已停止收取新文书" } else { "" };
                let line = format!("数据盘只剩 {}{stopped}", words::bytes(left));
                seen.conditions.push(Condition::new(Kind::Disk, level, "", line).advise("清理数据盘，至少留出 500 MB"));
            }
            Some(_) => {}
        }
        match status.platform.skew_millis {
            None => drop(seen.unseen.insert(Kind::ClockSkew)),
            Some(skew) if skew.unsigned_abs() > SKEW.0 => {
                let level = if skew.unsigned_abs() > SKEW.1 { Level::Red } else { Level::Yellow };
                let slow = if skew > 0 { "慢" } else { "快" };
                let line = format!("本机时间比平台{slow} {}", words::span(Duration::milliseconds(skew)));
                seen.conditions.push(Condition::new(Kind::ClockSkew, level, "", line).advise("校准本机时间（NTP）"));
            }
            Some(_) => {}
        }
        if let Some(within) = self.backup_within {
            let last = status.store.last_backup.unwrap_or(status.started);
            let age = status.at.since(last);
            if age > within {
                let level = if age > within * 3 { Level::Red } else { Level::Yellow };
                let line = format!("已 {} 没有备份", words::span(age));
                seen.conditions.push(Condition::new(Kind::Backup, level, "", line).advise("检查备份目录；可立即运行 dangri backup"));
            }
        }
        if let Some(year) = self.hours.calendar_lacks(status.at) {
            let condition = Condition::new(Kind::Calendar, Level::Yellow, year.to_string(), format!("缺 {year} 年的工作日历"));
            seen.conditions.push(condition.advise("把国务院办公厅公布的安排放进 [day] calendar_dir"));
        }
    }
}

/// The channels that do not work.
pub(super) fn of_channels(channels: &BTreeMap<String, Health>, now: Timestamp) -> Vec<Condition> {
    let failed = channels.iter().filter(|(_, health)| health.fails(now));
    let condition = |(name, health): (&String, &Health)| {
        let line = format!("{} 发不出：{}", words::plain(name), words::plain(&health.said));
        Condition::new(Kind::Channel, Level::Red, name, line).advise("处理后用 dangri alert test 试发")
    };
    failed.map(condition).collect()
}

fn of(document: &OpenDocument, kind: Kind, level: Level) -> Condition {
    let line = format!("{} {}：{}", document.title, document.state.label(), document.said);
    Condition::new(kind, level, document.id.to_string(), line)
}

#[cfg(test)]
#[path = "seen_tests.rs"]
mod tests;
