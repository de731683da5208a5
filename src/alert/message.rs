//! How a message reads (operators' manual B6): the worst first, at most ten lines, a total and a link, and never personal data.

use chrono::Duration;

use super::{
    Level,
    ledger::{Episode, Form, Ledger, Rung, Step, Why},
    outbox::Letter,
};
use crate::{
    config::{Person, Role},
    document::Timestamp,
    redact::mask,
    status::words,
};

/// How many objects a message names.
const LINES: usize = 10;

/// A message, before a channel gives it its own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub title: String,
    /// The subject of a mail.
    pub subject: String,
    /// The lines between the first and the last.
    pub lines: Vec<String>,
    /// How many objects are not named in the lines.
    pub more: u64,
    /// The last line; empty for none.
    pub foot: String,
    /// How loud it is.
    pub level: Level,
    /// What it is.
    pub form: Form,
    /// The ids of its episodes.
    pub episodes: Vec<String>,
    /// Who is to be called by it.
    pub calls: Vec<Person>,
}

impl Message {
    /// The whole text.
    pub fn text(&self) -> String {
        self.within(usize::MAX)
    }

    /// The text within so many bytes of UTF-8: lines are left out from the end and counted; what is still too long is cut between characters.
    pub fn within(&self, bytes: usize) -> String {
        for kept in (0..=self.lines.len()).rev() {
            let left_out = self.lines[kept..].iter().filter(|line| is_object(line)).count() as u64;
            let more = self.more + left_out;
            let mut parts = vec![self.title.clone()];
            parts.extend(self.lines[..kept].iter().cloned());
            if more > 0 {
                parts.push(format!("余 {} 条见控制台", words::thousands(more)));
            }
            if !self.foot.is_empty() {
                parts.push(self.foot.clone());
            }
            let text = parts.join("\n");
            if text.len() <= bytes {
                return text;
            }
        }
        cut(&self.title, bytes).to_owned()
    }
}

/// `1. …`: a line that stands for an object, and not a heading.
fn is_object(line: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok())
}

/// As much of a text as fits into so many bytes, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What messages are made with.
pub(super) struct Writer<'a> {
    /// The episodes.
    pub(super) ledger: &'a Ledger,
    /// The office's name.
    pub(super) office: &'a str,
    /// Where to go; empty for nowhere.
    pub(super) link: &'a str,
    /// Who can be called.
    pub(super) people: &'a [Person],
    /// Who is on duty this week, by name.
    pub(super) on_duty: &'a [String],
}

impl Writer<'_> {
    /// The message of a letter as it reads at `now`; `None` when there is nothing left to say.
    pub(super) fn write(&self, letter: &Letter, now: Timestamp) -> Option<Message> {
        let mut message = match letter.form {
            Form::Alert => self.alert(letter, now)?,
            Form::Resolved => self.resolved(letter, now)?,
            Form::Digest => self.digest(letter, now)?,
            Form::Reassure => self.plain(letter, format!("【当日】平安报 {}", day(letter.made))),
            Form::Test => {
                let mut test = self.plain(letter, format!("【当日】试发 告警渠道“{}”", words::plain(&letter.channel)));
                test.lines.push("这是一条试发消息，收到即表示渠道正常。".into());
                test
            }
        };
        for text in std::iter::once(&mut message.title).chain(&mut message.lines).chain([&mut message.subject]) {
            // No such data comes this far; should it ever, it goes no further.
            *text = mask(text).into_owned();
        }
        Some(message)
    }

    fn plain(&self, letter: &Letter, title: String) -> Message {
        let mut lines = vec![words::plain(self.office)];
        lines.extend(letter.words.as_deref().map(|said| said.lines().map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default());
        let foot = if self.link.is_empty() { String::new() } else { format!("处理：{}", self.link) };
        let (level, form) = (letter.level, letter.form);
        Message { subject: title.clone(), title, lines, more: 0, foot, level, form, episodes: Vec::new(), calls: Vec::new() }
    }

    fn alert(&self, letter: &Letter, now: Timestamp) -> Option<Message> {
        let told = self.of(letter);
        let going: Vec<_> = told.into_iter().filter(|(e, _)| e.ended.is_none()).collect();
        let level = letter.level;
        let message = match going.as_slice() {
            [] => return None,
            [(episode, why)] => self.one(letter, episode, *why, level, now),
            several => self.several(letter, several, level, now),
        };
        Some(self.calling(message, &going, letter.step))
    }

    fn of(&self, letter: &Letter) -> Vec<(&Episode, Why)> {
        let mut told: Vec<_> = letter.episodes.iter().filter_map(|t| self.ledger.episode(&t.id).map(|e| (e, t.why))).collect();
        told.sort_by_key(|(e, _)| (e.key.kind, e.began));
        told
    }

    fn one(&self, letter: &Letter, episode: &Episode, why: Why, level: Level, now: Timestamp) -> Message {
        let what = headline(episode, why);
        let mut message = self.plain(letter, format!("【当日】{} {what}  #{}", level.label(), episode.id));
        let until = episode.cut_off.map(|cut_off| format!(" {} 截止", moment(cut_off))).unwrap_or_default();
        let why_so = because(episode, why, now);
        message.lines = vec![format!("{}{until}{why_so}", words::plain(self.office))];
        let shown = episode.lines.len().min(LINES);
        for (line, n) in episode.lines[..shown].iter().zip(1..) {
            message.lines.push(format!("{n}. {}", words::plain(&line.said)));
        }
        message.more = episode.count.saturating_sub(shown as u64);
        if !episode.advice.is_empty() {
            message.lines.push(format!("→ {}", episode.advice));
        }
        let until = episode.cut_off.map(|cut_off| format!("（截止{}）", time(cut_off))).unwrap_or_default();
        message.subject = format!("【当日】{} {what}{until} #{}", level.label(), episode.id);
        message.episodes = vec![episode.id.clone()];
        message
    }

    /// Several episodes in one message: a heading each, ten objects in all.
    fn several(&self, letter: &Letter, told: &[(&Episode, Why)], level: Level, now: Timestamp) -> Message {
        let ids: Vec<_> = told.iter().map(|(e, _)| format!("#{}", e.id)).collect();
        let title = format!("【当日】{} {} 项告警  {}", level.label(), told.len(), words::fit(&ids.join(" "), 48));
        let mut message = self.plain(letter, title);
        let (mut left, mut n, mut total) = (LINES, 0, 0);
        for (episode, why) in told {
            let until = episode.cut_off.map(|cut_off| format!(" {} 截止", moment(cut_off))).unwrap_or_default();
            message.lines.push(format!("■ {}{until}{} #{}", headline(episode, *why), because(episode, *why, now), episode.id));
            let shown = episode.lines.len().min(left);
            for line in &episode.lines[..shown] {
                n += 1;
                message.lines.push(format!("{n}. {}", words::plain(&line.said)));
            }
            left -= shown;
            total += episode.count;
        }
        message.more = total.saturating_sub(n);
        let named: Vec<_> = told.iter().map(|(e, why)| headline(e, *why)).collect();
        message.subject = format!("【当日】{} {}", level.label(), words::fit(&named.join("，"), 60));
        message.episodes = told.iter().map(|(e, _)| e.id.clone()).collect();
        message
    }

    fn resolved(&self, letter: &Letter, now: Timestamp) -> Option<Message> {
        let told = self.of(letter);
        let over: Vec<&Episode> = told.iter().map(|(e, _)| *e).filter(|e| e.ended.is_some() && !e.lapsed).collect();
        let first = over.first()?;
        let title = match over.as_slice() {
            [one] => format!("【当日】已恢复 {}  #{}", one.key.kind.label(), one.id),
            several => format!("【当日】已恢复 {} 项", several.len()),
        };
        let mut message = self.plain(letter, title);
        message.subject = format!("【当日】已恢复 {} #{}", first.key.kind.label(), first.id);
        for (episode, n) in over.iter().take(LINES).zip(1..) {
            message.lines.push(format!("{n}. {}", ending(episode, now)));
        }
        message.more = over.len().saturating_sub(LINES) as u64;
        message.episodes = over.iter().map(|e| e.id.clone()).collect();
        Some(message)
    }

    fn digest(&self, letter: &Letter, now: Timestamp) -> Option<Message> {
        let told = self.of(letter);
        let (over, going): (Vec<_>, Vec<_>) = told.iter().partition(|(e, _)| e.ended.is_some());
        // One that was over before anybody heard of it is not told at all, and one that its cut-off ended is not well.
        let over: Vec<_> = over.into_iter().filter(|(e, _)| e.delivered && !e.lapsed).collect();
        if going.is_empty() && over.is_empty() {
            return None;
        }
        let title = format!("【当日】晨报 {}  待处理 {} 项", day(letter.made), going.len());
        let mut message = self.plain(letter, title);
        let (mut n, mut total) = (0, 0);
        for (episode, why) in &going {
            message.lines.push(format!("■ {} {} #{}", episode.level.label(), headline(episode, *why), episode.id));
            for line in episode.lines.iter().take(LINES.saturating_sub(n)) {
                n += 1;
                message.lines.push(format!("{n}. {}", words::plain(&line.said)));
            }
            total += usize::try_from(episode.count).unwrap_or(usize::MAX);
        }
        for (episode, _) in over.iter().take(LINES) {
            message.lines.push(format!("■ 已恢复 {}", ending(episode, now)));
        }
        message.more = total.saturating_sub(n) as u64;
        message.episodes = told.iter().map(|(e, _)| e.id.clone()).collect();
        Some(message)
    }

    /// Adds who is called by a message: whom it concerns, who is on duty, and those above as far as it has gone.
    fn calling(&self, mut message: Message, told: &[(&Episode, Why)], step: Step) -> Message {
        let concerned: Vec<&String> = told.iter().flat_map(|(e, _)| e.lines.iter().filter_map(|l| l.concerns.as_ref())).collect();
        let called = |person: &&Person| {
            let on_duty = person.role == Role::Duty && self.on_duty.contains(&person.name);
            let above = person.role == Role::Head && step >= Step::Head || person.role == Role::Leader && step >= Step::Leader;
            concerned.contains(&&person.name) || on_duty || above
        };
        message.calls = self.people.iter().filter(called).cloned().collect();
        if !message.calls.is_empty() {
            let names: Vec<_> = message.calls.iter().map(|p| words::plain(&p.name)).collect();
            let gap = if message.foot.is_empty() { "" } else { "   " };
            message.foot = format!("通知：{}{gap}{}", names.join("、"), message.foot);
        }
        message
    }
}

/// `已逾期 2 件`; `反复出现 平台不可用`.
fn headline(episode: &Episode, why: Why) -> String {
    let kind = episode.key.kind;
    let again = if episode.flapping || why == Why::Flapping { "反复出现 " } else { "" };
    let single = episode.count <= 1 && episode.lines.first().is_none_or(|line| line.object.is_empty());
    if single {
        return format!("{again}{}", kind.label());
    }
    format!("{again}{} {} {}", kind.label(), words::thousands(episode.count), kind.measure())
}

/// Why it is told, where that is not plain: `（还有 30 分钟）`.
fn because(episode: &Episode, why: Why, now: Timestamp) -> String {
    let said = match why {
        Why::Begun | Why::Resolved | Why::Flapping => String::new(),
        Why::Rung(Rung::FourHours | Rung::TwoHours | Rung::HalfHour) => match episode.cut_off.map(|cut_off| cut_off.since(now)) {
            Some(left) if left > Duration::zero() => format!("还有 {}", words::span(rounded(left))),
            _ => String::new(),
        },
        Why::Again => format!("第 {} 次提醒，已 {}", episode.repeats + 1, words::span(now.since(episode.began))),
        Why::Escalated => format!("无人认领，报{}", episode.step.label()),
        Why::Joined => "有新增".into(),
        Why::Rose => "级别升高".into(),
    };
    if said.is_empty() { said } else { format!("（{said}）") }
}

/// To the next full minute: a message of T−30 min leaves half a minute later and still says 30.
fn rounded(left: Duration) -> Duration {
    let secs = left.num_seconds();
    Duration::seconds(secs + (60 - secs.rem_euclid(60)) % 60)
}

/// `平台不可用 11月23日 14:10 至 15:02，历时 52 分钟，认领：王工`.
fn ending(episode: &Episode, now: Timestamp) -> String {
    let ended = episode.ended.unwrap_or(now);
    let same_day = of_day(ended).beijing_day() == of_day(episode.began).beijing_day();
    let until = if same_day { time(ended) } else { moment(ended) };
    let claimed = episode.claim.as_ref().map_or_else(|| "无人认领".to_owned(), |claim| format!("认领：{}", words::plain(&claim.by)));
    let span = words::span(ended.since(episode.began));
    format!("{} {} 至 {until}，历时 {span}，{claimed} #{}", episode.key.kind.label(), moment(episode.began), episode.id)
}

/// `11月23日 17:30`; midnight ends its day: `11月23日 24:00`.
fn moment(at: Timestamp) -> String {
    format!("{} {}", day(of_day(at)), time(at))
}

/// `17:30`, `24:00`.
fn time(at: Timestamp) -> String {
    words::cut_off_time(at, of_day(at).beijing_day())
}

fn of_day(at: Timestamp) -> Timestamp {
    if at == Timestamp::start_of(at.beijing_day()) { at.plus(Duration::milliseconds(-1)) } else { at }
}

/// `11月23日`.
fn day(at: Timestamp) -> String {
    at.beijing().format("%-m月%-d日").to_string()
}
