//! The live view: one frame as text, drawn from a picture. Pure, but for the size of the terminal.

use chrono::{Datelike as _, Duration, NaiveDate, Timelike as _};

use super::eyes::{Happening, Picture};
use crate::{
    document::{State, Timestamp},
    status::{
        GateState,
        text::{Colour, Style, colour_of},
        words,
    },
};

/// The lines of a frame that are not happenings.
const FIXED: usize = 17;

/// The day of the week as people say it.
pub(super) fn weekday(day: NaiveDate) -> &'static str {
    ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"][day.weekday().num_days_from_monday() as usize]
}

/// One frame of at most `rows` lines, each at most as wide as the style says, without line ends.
pub(super) fn frame(picture: &Picture, rows: usize, style: Style) -> Vec<String> {
    let rule = style.paint(Colour::Grey, &"─".repeat(style.columns.saturating_sub(1)));
    let mut lines = vec![head(picture, style), second(picture, style), rule.clone()];
    lines.extend(stages(picture, style));
    lines.extend([platform(picture, style), planned(picture, style), expected(picture, style)]);
    lines.push(rule);
    let room = rows.saturating_sub(FIXED).clamp(3, 24);
    let skipped = picture.happenings.len().saturating_sub(room);
    lines.extend(picture.happenings.iter().skip(skipped).map(|happening| line(happening, style)));
    lines.resize(FIXED - 1 + room, String::new());
    lines.push(style.paint(Colour::Grey, &words::fit("假平台、假文书，不碰真实数据；按 Ctrl-C 随时结束", style.columns)));
    lines
}

/// ` HH:MM word kind number → what`; without the kind where it would not fit.
pub(super) fn line(happening: &Happening, style: Style) -> String {
    let Happening { at, colour, word, kind, text } = happening;
    let room = style.columns.saturating_sub(8 + words::width(word));
    let whole = if kind.is_empty() { text.clone() } else { format!("{kind} {text}") };
    let text = if words::width(&whole) <= room { whole } else { words::fit(text, room) };
    format!(" {} {} {text}", at.beijing().format("%H:%M"), style.paint(*colour, word))
}

fn head(picture: &Picture, style: Style) -> String {
    let (now, day) = (picture.now, picture.now.beijing_day());
    let title = format!(" 当日 dangri 演示   {} {}", weekday(day), now.beijing().format("%Y-%m-%d %H:%M"));
    if now.beijing().hour() < 17 {
        return format!("{title}   {}", style.paint(Colour::Grey, "夜里和白天快进"));
    }
    let left = Timestamp::start_of(day).plus(Duration::hours(24)).since(now);
    let open = picture.count(&[State::Waiting, State::Sending, State::Received, State::Unsure]);
    let colour = if open == 0 {
        Colour::Green
    } else if left < Duration::hours(2) {
        Colour::Red
    } else {
        Colour::Yellow
    };
    format!("{title}   {}", style.paint(colour, &format!("截止 24:00 还有 {}", words::span(left))))
}

fn second(picture: &Picture, style: Style) -> String {
    let pace = if picture.pace > 1 { format!("（快放 {} 倍）", words::thousands(u64::from(picture.pace))) } else { String::new() };
    let room = style.columns.saturating_sub(words::width(&pace) + 2);
    format!(" {}{}", words::fit(&picture.caption, room), style.paint(Colour::Grey, &pace))
}

fn stages(picture: &Picture, style: Style) -> Vec<String> {
    let (placed, total) = picture.placed;
    let bar = style.columns * 3 / 10;
    let row = |label: &str, n: usize, colour: Colour, beside: &str| {
        let cells = (n * bar).div_ceil(total.max(1)).min(bar);
        let figure = if n == 0 { style.paint(Colour::Grey, &format!("{n:>4}")) } else { format!("{n:>4}") };
        let beside = if beside.is_empty() { String::new() } else { format!(" {beside}") };
        let bar = if cells > 0 { style.paint(colour, &"█".repeat(cells)) } else { String::new() };
        format!(" {} {figure}  {bar}{beside}", words::pad(label, 9)).trim_end().to_owned()
    };
    let of = |states: &[State]| usize::try_from(picture.count(states)).unwrap_or(usize::MAX);
    let state = |state: State, beside: &str| row(state.label(), of(&[state]), colour_of(state), beside);
    let mended = if picture.mended > 0 { format!("改好 {} 件", picture.mended) } else { String::new() };
    let held = of(&[State::HeldWaiting, State::HeldUnsure, State::HeldReceived, State::Corrupt]);
    let held = if held > 0 { format!("另有暂停 {held} 件") } else { String::new() };
    vec![
        row("草稿夹", placed, Colour::Grey, &format!("共 {total} 件，三个组陆续放入")),
        row("检查", picture.unread, Colour::Blue, &format!("已查 {} 件", placed.saturating_sub(picture.unread))),
        state(State::Waiting, ""),
        state(State::Sending, ""),
        state(State::Received, if picture.count(&[State::Received]) > 0 { "等平台审核" } else { "" }),
        state(State::Entered, ""),
        state(State::Unsure, if picture.count(&[State::Unsure]) > 0 { "正在向平台查询" } else { "" }),
        state(State::Unfit, &mended),
        state(State::Returned, &held),
    ]
}

fn platform(picture: &Picture, style: Style) -> String {
    let (facts, slow) = &picture.platform;
    let (colour, mut text) = match facts.gate {
        GateState::Open if *slow => (Colour::Yellow, "● 慢，耐心等".to_owned()),
        GateState::Open => (Colour::Green, "● 正常".to_owned()),
        GateState::Untried => (Colour::Grey, "● 尚未联系".to_owned()),
        GateState::Probing => (Colour::Yellow, format!("● 正在恢复  {}", facts.said)),
        GateState::Down => (Colour::Red, format!("● 中断  {}", facts.said)),
        GateState::Refused => (Colour::Red, format!("● 不认账号  {}", facts.said)),
    };
    if let Some(since) = facts.down_since {
        text += &format!("  已 {}，每分钟试一次", words::span(picture.now.since(since)));
    }
    format!(" {} {}", words::pad("平台", 9), style.paint(colour, &words::fit(&text, style.columns.saturating_sub(12))))
}

/// What the plan wants of the day, and what of it there is.
fn planned(picture: &Picture, style: Style) -> String {
    let day = picture.day.as_ref().filter(|day| day.planned.is_some_and(|planned| planned > 0));
    let text = day.map_or_else(
        || style.paint(Colour::Grey, "今天没有安排检查"),
        |day| {
            let absent = format!("尚无记录 {} 家", day.absent);
            let absent = if day.absent > 0 { style.paint(Colour::Yellow, &absent) } else { absent };
            format!("今天应检查 {} 家  有记录 {} 家  {absent}", day.planned.unwrap_or_default(), day.recorded)
        },
    );
    format!(" {} {text}", words::pad("计划", 9))
}

/// What is to be expected of the day at this pace.
fn expected(picture: &Picture, style: Style) -> String {
    let forecast = picture.day.as_ref().map(|day| &day.forecast);
    let (colour, text) = match forecast.and_then(|forecast| Some((forecast.said(), forecast.done_at?))) {
        Some((Some(said), _)) => (Colour::Red, said),
        Some((None, done)) => (Colour::Green, format!("照此速度，{} 前后全部录入", done.beijing().format("%H:%M"))),
        None => (Colour::Grey, "没有在途的文书".to_owned()),
    };
    format!(" {} {}", words::pad("预计", 9), style.paint(colour, &text))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use super::*;
    use crate::status::PlatformFacts;

    fn picture() -> Picture {
        let now = Timestamp::parse("2023-04-12T21:37:00+08:00").unwrap();
        let happening =
            |word, kind: &str, text: &str| Happening { at: now, colour: Colour::Green, word, kind: kind.into(), text: text.into() };
        let facts = PlatformFacts {
            gate: GateState::Down,
            said: "连不上平台".into(),
            down_since: Some(now.plus(-Duration::minutes(44))),
            ..PlatformFacts::default()
        };
        Picture {
            now,
            pace: 600,
            caption: "平台中断两个多小时：文书留在队列里，恢复后赶在截止前补完".into(),
            placed: (41, 60),
            unread: 1,
            counts: BTreeMap::from([(State::Waiting, 8), (State::Entered, 30), (State::Unfit, 2), (State::HeldWaiting, 1)]),
            mended: 3,
            day: crate::status::samples::planned_day().day,
            platform: (facts, false),
            happenings: VecDeque::from([
                happening("收下", "责令限期整改指令书", "（淄）应急责改〔2023〕104号 → 检查通过，等待上传"),
                happening("改好", "行政（当场）处罚决定书（单位）", "（淄）应急罚当〔2023〕101号 → 重新检查通过，退回说明自动收走"),
                happening("退改", "", "一个没有文号的文件.xml → 很长很长的说明很长很长的说明很长很长的说明很长很长的说明很长很长的说明"),
            ]),
            told: 3,
        }
    }

    #[test]
    fn a_frame_fits_the_smallest_usual_terminal_and_says_everything() {
        let lines = frame(&picture(), 24, Style { colour: false, columns: 80 });
        assert_eq!(lines.len(), 24);
        for line in &lines {
            assert!(words::width(line) <= 80, "{} columns: {line}", words::width(line));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_frame_of_a_large_terminal_shows_more_of_what_happened() {
        let mut picture = picture();
        for _ in 0..60 {
            picture.happenings.extend(picture.happenings.front().cloned());
        }
        let shown = |rows, columns| {
            let lines = frame(&picture, rows, Style { colour: false, columns });
            assert!(lines.len() <= rows);
            lines.iter().filter(|line| line.contains("收下")).count()
        };
        assert_eq!((shown(24, 80), shown(36, 120)), (7, 19));
    }
}
