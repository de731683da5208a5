//! `dangri alert`: what goes on, what was sent, and what people do about it.

use std::io::{self, Write as _};

use chrono::NaiveDate;

use super::{
    alert_args::{AlertArgs, AlertCommand, AlertDutyArgs, AlertSilenceArgs},
    args::JsonArg,
    envelope,
    place::Place,
    queue::failed_as,
    terminal::Terminal,
};
use crate::{
    alert::{
        Delivery, Level, Outcome, Silence,
        desk::{Answer, Ask, ChannelRow, Row},
        outside::Heard,
    },
    clock::{Clock as _, SystemClock},
    control::{self, AskError, client::PATIENT},
    document::Timestamp,
    status::{
        Exit, Problem,
        text::{Colour, Style},
        words,
    },
};

const SCHEMA: &str = "dangri.alert/1";

/// Lists or acts.
pub(super) fn run(args: AlertArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match args.command.unwrap_or(AlertCommand::List(JsonArg { json: false })) {
        AlertCommand::List(args) => told(Ask::List, args.json, place, to),
        AlertCommand::History(args) => told(Ask::History { limit: args.limit }, args.json, place, to),
        AlertCommand::Test(args) => told(Ask::Test { channel: args.channel }, args.json, place, to),
        AlertCommand::Ack(args) => told(Ask::Claim { id: args.id }, args.json, place, to),
        AlertCommand::Silence(args) => silence(args, place, to),
        AlertCommand::Duty(args) => duty(args, place, to),
    }
}

fn silence(args: AlertSilenceArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let now = SystemClock.now();
    let Some(until) = moment(&args.until, now) else {
        let message = format!("看不懂时间“{}”", words::plain(&args.until));
        let problem = Problem::new(Exit::Usage, 8, message, "写 18:00（今天）或 \"2026-11-23 18:00\"，北京时间");
        return envelope::failure(to, args.json, SCHEMA, now, &problem);
    };
    told(Ask::Silence { what: args.what, until, why: args.reason }, args.json, place, to)
}

fn duty(args: AlertDutyArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let people = (args.clear || !args.people.is_empty()).then_some(args.people);
    told(Ask::Duty { day: args.week, people }, args.json, place, to)
}

/// `18:00` today, `24:00` its end, `2026-11-23 18:00`; Beijing time.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (day, time) = match text.trim().split_once(' ') {
        Some((day, time)) => (NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?, time.trim()),
        None => (now.beijing_day(), text.trim()),
    };
    Some(crate::config::DayTime::parse(time)?.on(day))
}

fn told(ask: Ask, json: bool, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let testing = matches!(ask, Ask::Test { .. });
    let listing = matches!(ask, Ask::List);
    let mut answers = Vec::new();
    let asked = place.ask(control::Ask::Alert(ask), PATIENT, |answer| {
        if let control::Answer::Alert(answer) = answer {
            answers.push(answer);
        }
        Ok(())
    });
    let now = SystemClock.now();
    match asked {
        Ok(()) => {}
        Err(AskError::Output(error)) => return Err(error),
        Err(error) => return failed_as(SCHEMA, &error.problem(), json, to),
    }
    let exit = if testing { outcome(&answers) } else { Exit::Well };
    if json {
        envelope::write(to, SCHEMA, now, exit, Some(&answers), &[])?;
    } else {
        to.out.write_all(tell(&answers, listing, now, to.style).as_bytes())?;
    }
    Ok(exit)
}

/// 0 when every channel delivered, 12 otherwise.
fn outcome(answers: &[Answer]) -> Exit {
    let tried: Vec<_> = answers.iter().filter_map(|a| if let Answer::Delivery(d) = a { Some(d) } else { None }).collect();
    if tried.iter().all(|d| d.outcome == Outcome::Delivered) { Exit::Well } else { Exit::NoAlert }
}

fn tell(answers: &[Answer], listing: bool, now: Timestamp, style: Style) -> String {
    let mut text = String::new();
    if listing && !answers.iter().any(|a| matches!(a, Answer::Episode(_))) {
        text += "当前没有告警。\n";
    }
    for answer in answers {
        match answer {
            Answer::Episode(row) => text += &episode(row, now, style),
            Answer::Silence(silence) => text += &silenced(silence, now),
            Answer::Channel(channel) => text += &of_channel(channel, now, style),
            Answer::Delivery(delivery) => text += &delivered(delivery, now, style),
            Answer::Week { monday, people } => {
                let who = if people.is_empty() { "没有排班".to_owned() } else { people.join("、") };
                text += &format!("{} 当周  {}\n", monday.format("%Y-%m-%d"), words::plain(&who));
            }
        }
    }
    if listing && !answers.iter().any(|a| matches!(a, Answer::Channel(_))) {
        text += "没有配置告警渠道 → 在配置里加上 [[alert.channels]]\n";
    }
    text
}

const fn colour(level: Level) -> Colour {
    match level {
        Level::Red => Colour::Red,
        Level::Orange | Level::Yellow => Colour::Yellow,
        Level::Info => Colour::Grey,
    }
}

fn episode(row: &Row, now: Timestamp, style: Style) -> String {
    let level = style.paint(colour(row.level), row.level.label());
    let span = match row.ended {
        Some(ended) => {
            format!("{} 至 {}，历时 {}", words::moment(row.began, now), words::moment(ended, now), words::span(ended.since(row.began)))
        }
        None => format!("{} 起，已 {}", words::moment(row.began, now), words::span(row.at.max(row.began).since(row.began))),
    };
    let mut marks = Vec::new();
    marks.extend(row.claim.as_ref().map(|claim| {
        let held = if row.ended.is_none() && !row.claimed { "（已过两小时）" } else { "" };
        format!("认领：{}{held}", words::plain(&claim.by))
    }));
    marks.extend(row.silenced.then(|| "静默中".to_owned()));
    marks.extend((row.told.is_none() && row.ended.is_none()).then(|| "尚未发出".to_owned()));
    marks.extend((row.told.is_some() && !row.delivered).then(|| "没有送达".to_owned()));
    let marks = if marks.is_empty() { String::new() } else { format!("  {}", marks.join("，")) };
    let mut text = format!("{level} {} {}  #{}  {span}{marks}\n", row.label, words::thousands(row.count), row.id);
    for line in &row.lines {
        text += &format!("    {}\n", words::fit(&words::plain(line), style.columns.saturating_sub(6)));
    }
    let more = row.count.saturating_sub(row.lines.len() as u64);
    if more > 0 {
        text += &format!("    余 {} 条\n", words::thousands(more));
    }
    if !row.advice.is_empty() && row.ended.is_none() {
        text += &format!("    → {}\n", row.advice);
    }
    text
}

fn silenced(silence: &Silence, now: Timestamp) -> String {
    let what = silence.kind.label();
    format!("静默 {what}  到 {}  {}（{}）\n", words::moment(silence.until, now), words::plain(&silence.why), words::plain(&silence.by))
}

fn of_channel(channel: &ChannelRow, now: Timestamp, style: Style) -> String {
    let state = match (channel.failed, channel.said.is_empty()) {
        (true, _) => style.paint(Colour::Red, &format!("失败（{}）", words::plain(&channel.said))),
        (false, true) => style.paint(Colour::Green, "正常"),
        (false, false) => style.paint(Colour::Yellow, &format!("重试中（{}）", words::plain(&channel.said))),
    };
    let last = channel.last_success.map_or_else(|| "尚未发过".to_owned(), |at| format!("上次送达 {}", words::moment(at, now)));
    let waiting = if channel.waiting > 0 { format!("  待发 {}", channel.waiting) } else { String::new() };
    format!("渠道 {}  {state}  {last}{waiting}\n", words::plain(&channel.name))
}

fn delivered(delivery: &Delivery, now: Timestamp, style: Style) -> String {
    let (sign, colour) = match delivery.outcome {
        Outcome::Delivered => ("✔", Colour::Green),
        Outcome::Failed => ("✘", Colour::Red),
        Outcome::Needless | Outcome::Merged => ("·", Colour::Grey),
    };
    let said = if delivery.said.is_empty() { String::new() } else { format!("（{}）", words::plain(&delivery.said)) };
    let ids: String = delivery.episodes.iter().map(|id| format!(" #{id}")).collect();
    let (time, name) = (words::moment(delivery.at, now), words::plain(&delivery.channel));
    let what = delivery.form.label();
    format!("{} {time}  {name}  {what}  {}{said}{ids}\n", style.paint(colour, sign), delivery.outcome.label())
}

/// What a watcher heard when it asked once; answers the exit code.
pub(super) fn heard(heard: &Heard, to: &mut Terminal<'_>) -> u8 {
    let (exit, text) = match heard {
        Heard::Well => (Exit::Well, "✔ 主程序正常。\n".to_owned()),
        Heard::Unwell(reasons) => (Exit::NeedsPerson, format!("✘ 主程序异常：{}\n", words::plain(&reasons.join("；")))),
        Heard::Silent(said) => (Exit::NotRunning, format!("✘ 主程序没有回应：{}\n  → 到主机上运行 dangri status\n", words::plain(said))),
    };
    match to.out.write_all(text.as_bytes()) {
        Ok(()) => exit.code(),
        Err(_) => Exit::Failed.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Claim, Form, Kind, Step};

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn alerts_read_like_this() {
        let now = at("2026-11-23T18:10:00+08:00");
        let row = Row {
            id: "A-1123-07".into(),
            kind: Kind::Overdue,
            label: Kind::Overdue.label().into(),
            level: Level::Red,
            count: 3,
            lines: vec!["（淄）应急检记〔2026〕31号 平台退回：不符合平台规则".into()],
            advice: String::new(),
            began: at("2026-11-23T17:30:00+08:00"),
            ended: None,
            told: Some(now),
            delivered: true,
            step: Step::Leader,
            claim: Some(Claim { by: "王工".into(), at: now }),
            claimed: true,
            silenced: false,
            at: now,
        };
        let failed = Delivery {
            at: now,
            no: 7,
            channel: "邮件".into(),
            form: Form::Test,
            level: Level::Info,
            episodes: Vec::new(),
            title: String::new(),
            outcome: Outcome::Failed,
            said: "535 密码错误".into(),
            attempts: 1,
        };
        let channel = ChannelRow { name: "值班群".into(), failed: false, said: String::new(), last_success: Some(now), waiting: 0 };
        let answers = [Answer::Episode(Box::new(row)), Answer::Channel(channel), Answer::Delivery(failed)];
        insta::assert_snapshot!(tell(&answers, true, now, Style::PLAIN));
        assert_eq!(outcome(&answers), Exit::NoAlert);
        assert_eq!(tell(&[], true, now, Style::PLAIN).lines().count(), 2);
    }

    #[test]
    fn the_end_of_a_silence_is_read_in_beijing_time() {
        let now = at("2026-11-23T18:10:00+08:00");
        assert_eq!(moment("24:00", now), Some(at("2026-11-24T00:00:00+08:00")));
        assert_eq!(moment("2026-11-25 08:30", now), Some(at("2026-11-25T08:30:00+08:00")));
        assert_eq!(moment("明天", now), None);
    }
}
