//! A status as people read it in a terminal: the layout of `systemctl status`, at most 15 lines (operators.md B5).

use chrono::Duration;

use super::{ChannelFacts, Exit, GateState, Need, Status, Today, lights, words};
use crate::document::{State, Timestamp};

/// How many lines a status may take.
pub const LINES: usize = 15;

/// How it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours may be used; colour is never the only sign.
    pub colour: bool,
    /// How many columns there are.
    pub columns: usize,
}

impl Style {
    /// Without colours, for a file or a pipe.
    pub const PLAIN: Self = Self { colour: false, columns: 110 };
}

/// A colour, by what it means (operators.md B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Late or failed.
    Red,
    /// Needs somebody.
    Yellow,
    /// Done.
    Green,
    /// On its way.
    Blue,
    /// Of no importance.
    Grey,
}

impl Style {
    /// `text` in a colour, if colours may be used.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Red => 31,
            Colour::Yellow => 33,
            Colour::Green => 32,
            Colour::Blue => 34,
            Colour::Grey => 90,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A word with its figure, coloured where there are any.
    pub(super) fn tile(self, word: &str, n: u64, colour: Colour) -> String {
        let text = format!("{word} {}", words::thousands(n));
        if n > 0 { self.paint(colour, &text) } else { text }
    }
}

/// The colour that a state is shown in.
pub const fn colour_of(state: State) -> Colour {
    match state {
        State::Entered => Colour::Green,
        State::Waiting | State::Sending | State::Received => Colour::Blue,
        State::Unfit | State::Unsure | State::HeldWaiting | State::HeldUnsure | State::HeldReceived => Colour::Yellow,
        State::Returned | State::Corrupt => Colour::Red,
        State::Superseded | State::Ignored => Colour::Grey,
    }
}

/// The whole text, each line ended.
pub fn render(status: &Status, style: Style) -> String {
    let mut lines = vec![head(status, style), state_line(status, style), today_line(status, style)];
    lines.extend(day_line(status, style));
    lines.push(folder_line(status, style));
    lines.push(platform_line(status, style));
    lines.push(surroundings_line(status, style));
    lines.extend(publication_line(status, style));
    lines.extend(alert_line(status, style));
    lines.extend(store_line(status, style));
    lines.extend(drift_line(status, style));
    needs(status, style, &mut lines);
    lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn colour_for(exit: Exit) -> Colour {
    match exit {
        Exit::Well => Colour::Green,
        Exit::NeedsPerson => Colour::Yellow,
        _ => Colour::Red,
    }
}

fn head(status: &Status, style: Style) -> String {
    format!("{} 当日 dangri {} — {}", style.paint(colour_for(status.exit()), "●"), status.version, words::plain(&status.office))
}

/// The headline: the worst trouble in words, then since when the daemon runs.
fn state_line(status: &Status, style: Style) -> String {
    let problems = status.problems();
    let exit = status.exit();
    let said = match exit {
        Exit::Well => "正常".to_owned(),
        Exit::NeedsPerson => format!("需要处理（{}）", of_class(&problems, exit)),
        _ => of_class(&problems, exit),
    };
    let ran = words::span(status.at.since(status.started));
    let started = words::moment(status.started, status.at);
    // Room for the second half, whatever the first says.
    let room = style.columns.saturating_sub(45).max(24);
    let said = words::fit(&said, room);
    let gap = " ".repeat(4);
    format!("  状态: {}{gap}已运行 {ran}，上次启动 {started}", style.paint(colour_for(exit), &said))
}

fn of_class(problems: &[super::Problem], exit: Exit) -> String {
    let said: Vec<_> = problems.iter().filter(|p| p.exit() == exit).map(|p| p.message.as_str()).collect();
    said.join("，")
}

fn today_line(status: &Status, style: Style) -> String {
    let today = &status.today;
    let at_least = if today.at_least { "至少 " } else { "" };
    let mut tiles = vec![format!("应录入 {at_least}{}", words::thousands(today.expected))];
    tiles.extend(tiles_of(today).into_iter().map(|(word, n, colour)| style.tile(word, n, colour)));
    format!("  今日: {}    截止 {}", tiles.join("  "), deadline(status))
}

/// The figures beside 应录入, with the colour that each has once it is not naught.
pub fn tiles_of(today: &Today) -> Vec<(&'static str, u64, Colour)> {
    let mut tiles = vec![
        ("已录入", today.entered, Colour::Green),
        ("上传中", today.on_the_way, Colour::Blue),
        ("退回", today.sent_back, Colour::Yellow),
        ("待核实", today.unsure, Colour::Yellow),
    ];
    if today.held > 0 {
        tiles.push(("暂停", today.held, Colour::Yellow));
    }
    tiles.push(("逾期", today.overdue, Colour::Red));
    tiles
}

/// `17:30（还有 3小时12分）`.
pub fn deadline(status: &Status) -> String {
    let today = &status.today;
    format!("{}（{}）", words::cut_off_time(today.cut_off, today.day), left(today.cut_off, status.at))
}

/// `还有 3小时12分`, `已过 20 分钟`.
pub fn left(cut_off: Timestamp, now: Timestamp) -> String {
    let left = cut_off.since(now);
    if left > Duration::zero() { format!("还有 {}", words::span(left)) } else { format!("已过 {}", words::span(left)) }
}

/// The plan, the forecast and days that nobody confirmed, where there is something to say.
fn day_line(status: &Status, style: Style) -> Option<String> {
    let day = status.day.as_ref()?;
    let mut parts = Vec::new();
    if let Some(planned) = day.planned.filter(|planned| *planned > 0) {
        let mut plan = format!("应检查 {planned}  有记录 {}  已录入 {}", day.recorded, day.recorded_entered);
        if day.absent > 0 {
            let first = day.absent_named.first().map_or_else(String::new, |absent| format!("（{}）", words::fit(&absent.enterprise, 20)));
            plan += &format!("  {}", style.paint(Colour::Yellow, &words::plain(&format!("无记录 {}{first}", day.absent))));
        }
        parts.push(format!("计划: {plan}"));
    }
    parts.extend(day.forecast.said().map(|said| format!("预测: {}", style.paint(Colour::Red, &said))));
    match day.unacknowledged.as_slice() {
        [] => {}
        [one] => parts.push(style.paint(Colour::Yellow, &format!("{} 还没有人确认", one.format("%m-%d")))),
        days => parts.push(style.paint(Colour::Yellow, &format!("有 {} 天还没有人确认", days.len()))),
    }
    (!parts.is_empty()).then(|| format!("  {}", parts.join("    ")))
}

fn folder_line(status: &Status, style: Style) -> String {
    let folder = &status.folder;
    let light = lights::folder(status);
    let mut line = format!("  目录: {}  {}", style.paint(light.colour, &light.word), words::plain(&folder.path));
    if let Some(swept) = folder.last_sweep {
        let settling =
            if folder.settling > 0 { format!("，{} 个等待写完", words::thousands(folder.settling)) } else { String::new() };
        let ago = words::span(status.at.since(swept));
        line += &format!("  上次巡视 {ago}前（{} 个文件{settling}）", words::thousands(folder.files));
    }
    line
}

fn platform_line(status: &Status, style: Style) -> String {
    let platform = &status.platform;
    let light = lights::platform(status);
    let mut parts = vec![style.paint(light.colour, &light.word)];
    if matches!(platform.gate, GateState::Down | GateState::Probing | GateState::Refused) && !platform.said.is_empty() {
        parts.push(words::fit(&words::plain(&platform.said), 40));
    }
    if platform.gate == GateState::Down {
        parts.extend(platform.next_try.map(|next| format!("{} 再试", words::moment(next, status.at))));
    } else {
        parts.extend(platform.latency_ms.map(|ms| format!("延迟 {} 毫秒", words::thousands(ms))));
    }
    parts.extend(platform.schema.as_ref().map(|schema| format!("格式版本 {}", schema.ours)));
    parts.extend(platform.certificate_days.map(|days| format!("证书剩 {days} 天")));
    let last = platform.last_success.map_or_else(|| "尚无".to_owned(), |at| words::moment(at, status.at));
    parts.push(format!("上次成功 {last}"));
    format!("  平台: {}", parts.join("  "))
}

fn surroundings_line(status: &Status, style: Style) -> String {
    let light = lights::clock(status);
    let mut clock = style.paint(light.colour, &light.word);
    if let Some(ms) = status.platform.skew_millis.filter(|_| light.colour == Colour::Green) {
        let tenths = ms.unsigned_abs() / 100;
        clock += &format!("  与平台相差 {}.{} 秒", tenths / 10, tenths % 10);
    }
    let disk = lights::disk(status).word;
    let backup = status.store.last_backup.map_or_else(|| "尚无".to_owned(), |at| words::moment(at, status.at));
    format!("  时钟: {clock}    磁盘: {disk}    上次备份: {backup}")
}

/// `告警: 值班群 正常 / 邮件 失败（535 密码错误） ← 请处理`; and nothing where nobody is to be told.
fn alert_line(status: &Status, style: Style) -> Option<String> {
    if status.channels.is_empty() {
        return None;
    }
    let one = |channel: &ChannelFacts| {
        let name = words::plain(&channel.name);
        match (channel.failed, channel.said.is_empty()) {
            (true, _) => format!("{name} {}", style.paint(Colour::Red, &format!("失败（{}）", words::plain(&channel.said)))),
            (false, true) => format!("{name} {}", style.paint(Colour::Green, "正常")),
            (false, false) => format!("{name} {}", style.paint(Colour::Yellow, &format!("重试中（{}）", words::plain(&channel.said)))),
        }
    };
    let said: Vec<_> = status.channels.iter().map(one).collect();
    let seek = if status.channels.iter().any(|c| c.failed) { "  ← 请处理" } else { "" };
    let open = if status.alerts > 0 {
        format!("    {} 项告警，用 dangri alert list 查看", words::thousands(status.alerts))
    } else {
        String::new()
    };
    Some(format!("  告警: {}{seek}{open}", said.join(" / ")))
}

/// A line about the publication of decisions, where there are any.
fn publication_line(status: &Status, style: Style) -> Option<String> {
    let figures = status.publication.as_ref().filter(|f| f.due > 0 || f.wrong > 0 || f.extra > 0)?;
    let tile = |word: &str, n: u64, colour: Colour| (n > 0).then(|| style.paint(colour, &format!("{word} {}", words::thousands(n))));
    let mut tiles = vec![format!("应公示 {}", words::thousands(figures.due)), format!("已公示 {}", words::thousands(figures.published))];
    let left = figures.least_days_left.filter(|days| *days >= 0).map_or_else(String::new, |days| format!("（最紧的剩 {days} 个工作日）"));
    tiles.extend(tile("未公示", figures.waiting, Colour::Yellow).map(|text| text + &left));
    tiles.extend(tile("超期", figures.overdue, Colour::Red));
    tiles.extend(tile("有误", figures.wrong, Colour::Red));
    tiles.extend(tile("核对失败", figures.unseen, Colour::Yellow));
    tiles.extend(tile("平台多出", figures.extra, Colour::Grey));
    let last = figures.last_run.map_or_else(|| "尚未核对".to_owned(), |at| format!("上次核对 {}", words::moment(at, status.at)));
    Some(format!("  公示: {}    {last}", tiles.join("  ")))
}

/// A line about the store and the loops, only when there is something to say.
fn store_line(status: &Status, style: Style) -> Option<String> {
    let grave = |p: &&super::Problem| matches!(p.exit(), Exit::StoreDamaged | Exit::NotRunning);
    let said: Vec<_> = status.problems().iter().filter(grave).map(|p| format!("{} → {}", p.message, p.hint)).collect();
    let first = said.first()?;
    Some(format!("  程序: {}", style.paint(Colour::Red, &words::fit(first, style.columns.saturating_sub(10)))))
}

/// A line about copies and schema, only when there is something to say; `doctor` says the rest.
fn drift_line(status: &Status, style: Style) -> Option<String> {
    let mut found = Vec::new();
    status.of_drift(&mut found);
    let first = found.first()?;
    let more = if found.len() > 1 { format!("（共 {} 项）", found.len()) } else { String::new() };
    let room = style.columns.saturating_sub(10 + words::width(&more) + 26);
    Some(format!("  变动: {}{more} → 用 dangri doctor 查看", style.paint(Colour::Yellow, &words::fit(&first.message, room))))
}

fn needs(status: &Status, style: Style, lines: &mut Vec<String>) {
    let needs = &status.needs_you;
    if needs.total == 0 {
        lines.push(format!("  需要处理: 无 {}", style.paint(Colour::Green, "✔")));
        return;
    }
    lines.push("  需要处理:".into());
    let room = LINES.saturating_sub(lines.len());
    let all_fit = needs.total <= room as u64 && needs.rows.len() <= room;
    let shown = if all_fit { needs.rows.len() } else { room.saturating_sub(1).min(needs.rows.len()) };
    let rows = needs.rows.get(..shown).unwrap_or_default();
    let title = rows.iter().map(|n| words::width(&words::plain(&n.title))).max().unwrap_or(0).min(34);
    let advice = rows.iter().map(|n| words::width(&n.advice)).max().unwrap_or(0);
    // What to do is said in full; the reason takes what is left of the line.
    let left = style.columns.saturating_sub(4 + title + 2 + 13 + 2 + 3 + advice).max(16);
    let reason = rows.iter().map(|n| words::width(&words::plain(&n.reason))).max().unwrap_or(0).min(left);
    for need in rows {
        lines.push(need_line(need, style, title, reason));
    }
    let more = needs.total.saturating_sub(shown as u64);
    if more > 0 {
        lines.push(style.paint(Colour::Grey, &format!("    另有 {} 件，用 dangri queue list 查看", words::thousands(more))));
    }
}

fn need_line(need: &Need, style: Style, title: usize, reason: usize) -> String {
    let label = if need.overdue { format!("{} 逾期", need.label) } else { need.label.clone() };
    let colour = if need.overdue { Colour::Red } else { colour_of(need.state) };
    let title = words::pad(&words::fit(&words::plain(&need.title), title), title);
    let label = style.paint(colour, &words::pad(&label, 13));
    let reason = words::pad(&words::fit(&words::plain(&need.reason), reason), reason);
    format!("    {title}  {label}  {reason} → {}", need.advice)
}

#[cfg(test)]
mod tests {
    use super::super::{LoopStatus, samples};
    use super::*;

    #[test]
    fn a_day_with_a_plan_and_a_forecast_reads_like_this() {
        insta::assert_snapshot!(render(&samples::planned_day(), Style::PLAIN));
    }

    #[test]
    fn a_good_day_reads_like_this() {
        insta::assert_snapshot!(render(&samples::good_day(), Style::PLAIN));
    }

    #[test]
    fn a_bad_day_reads_like_this() {
        insta::assert_snapshot!(render(&samples::bad_day(), Style::PLAIN));
    }

    #[test]
    fn a_platform_that_is_down_reads_like_this() {
        let mut status = samples::good_day();
        status.platform.gate = GateState::Down;
        status.platform.said = "平台出错（HTTP 502）".into();
        status.platform.down_since = Some(samples::at("2026-11-23T13:50:00+08:00"));
        status.platform.next_try = Some(samples::at("2026-11-23T14:20:00+08:00"));
        status.platform.skew_millis = Some(47 * 60_000);
        insta::assert_snapshot!(render(&status, Style::PLAIN));
    }

    #[test]
    fn the_first_minute_reads_like_this() {
        let mut status = samples::good_day();
        status.started = samples::at("2026-11-23T14:18:02+08:00");
        status.folder.state = crate::status::FolderState::NotSeen;
        status.folder.last_sweep = None;
        status.platform = super::super::PlatformFacts::default();
        status.store.last_backup = None;
        status.disk_free_bytes = None;
        status.today.cut_off = samples::at("2026-11-24T00:00:00+08:00");
        insta::assert_snapshot!(render(&status, Style::PLAIN));
    }

    #[test]
    fn the_worst_day_still_fits_in_fifteen_lines() {
        let mut status = samples::bad_day();
        status.store.unwell = Some("数据盘变为只读".into());
        status.channels = vec![samples::channel("值班群", ""), samples::channel("邮件", "535 密码错误")];
        status.alerts = 3;
        status.loops.push(LoopStatus { name: "x".into(), label: "上传".into(), last: status.started, stalled: true });
        let row = status.needs_you.rows[0].clone();
        status.needs_you.rows = vec![row; super::super::NEEDS_SHOWN];
        status.needs_you.total = 1_240;
        let text = render(&status, Style::PLAIN);
        assert_eq!(text.lines().count(), LINES);
        assert!(text.lines().all(|line| words::width(line) <= Style::PLAIN.columns + 10), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colours_are_added_and_change_nothing_else() {
        let coloured = render(&samples::bad_day(), Style { colour: true, ..Style::PLAIN });
        assert!(coloured.contains("\u{1b}[33m"));
        let mut bare = String::new();
        let mut inside = false;
        for c in coloured.chars() {
            match c {
                '\u{1b}' => inside = true,
                'm' if inside => inside = false,
                c if !inside => bare.push(c),
                _ => {}
            }
        }
        assert_eq!(bare, render(&samples::bad_day(), Style::PLAIN));
    }
}
