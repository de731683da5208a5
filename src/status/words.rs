//! How numbers, spans and moments read (operators.md B3), and how wide text is on a terminal.

use std::io::ErrorKind;

use chrono::{Datelike as _, Duration, NaiveDate};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::document::{Receipt, Timestamp};

/// A span of time in its two largest units: `6 秒`, `47 分钟`, `3小时12分`, `2天3小时`, `12 天`. Negative spans read as their length.
pub fn span(span: Duration) -> String {
    let secs = span.num_seconds().unsigned_abs();
    let (days, hours, minutes) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{secs} 秒"),
        (0, 0, minutes) => format!("{minutes} 分钟"),
        (0, hours, 0) => format!("{hours} 小时"),
        (0, hours, minutes) => format!("{hours}小时{minutes}分"),
        (1 | 2, 1.., _) => format!("{days}天{hours}小时"),
        _ => format!("{} 天", thousands(days)),
    }
}

/// A number with thousands separators: `1,204`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in the unit that leaves two or three digits: `81 GB`, `640 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["字节", "KB", "MB", "GB", "TB"];
    let (mut n, mut unit) = (n, 0);
    while n >= 1_024 * 2 && unit + 1 < UNITS.len() {
        n /= 1_024;
        unit += 1;
    }
    format!("{} {}", thousands(n), UNITS.get(unit).copied().unwrap_or_default())
}

/// A moment as briefly as it can be understood at `now`: `今日 02:00`, `昨日 23:10`, `11-11 08:02`, `2025-12-31 08:02`.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let (day, today) = (at.beijing_day(), now.beijing_day());
    let time = at.beijing().format("%H:%M");
    if day == today {
        format!("今日 {time}")
    } else if today.pred_opt() == Some(day) {
        format!("昨日 {time}")
    } else if day.year() == today.year() {
        format!("{} {time}", day.format("%m-%d"))
    } else {
        format!("{} {time}", day.format("%Y-%m-%d"))
    }
}

/// A cut-off as briefly as it can be understood: as [`moment`], but midnight ends its day: `今日 24:00`.
pub fn cut_off(at: Timestamp, now: Timestamp) -> String {
    let day_before = at.plus(Duration::milliseconds(-1));
    if at == Timestamp::start_of(at.beijing_day()) { moment(day_before, now).replace("23:59", "24:00") } else { moment(at, now) }
}

/// A moment in full, to the second: `2026-11-23 14:05:12`.
pub fn full(at: Timestamp) -> String {
    at.beijing().format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The time of a cut-off as seen from its day: `17:30`; midnight at its end is `24:00`.
pub fn cut_off_time(cut_off: Timestamp, day: NaiveDate) -> String {
    let past_midnight = cut_off.beijing_day() > day;
    match past_midnight {
        true if cut_off == Timestamp::start_of(cut_off.beijing_day()) && day.succ_opt() == Some(cut_off.beijing_day()) => "24:00".into(),
        true => cut_off.beijing().format("%m-%d %H:%M").to_string(),
        false => cut_off.beijing().format("%H:%M").to_string(),
    }
}

/// What an operating system's error means, in a few words.
pub const fn trouble(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "不存在",
        ErrorKind::PermissionDenied => "无权访问",
        ErrorKind::NotADirectory => "不是目录",
        ErrorKind::IsADirectory => "是目录，不是文件",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "磁盘空间不足",
        ErrorKind::ReadOnlyFilesystem => "磁盘只读",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "超时",
        ErrorKind::StaleNetworkFileHandle | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "共享断开",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "连接中断",
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "路径无效",
        ErrorKind::OutOfMemory => "内存不足",
        _ => "读写出错",
    }
}

/// How many columns `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` filled with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` cut to at most `columns`, with `…` at the cut.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// A receipt, and the moment that it speaks of in words: whose clock it is, and that there is none where it was lost.
pub fn receipt(receipt: &Receipt, at: &str) -> String {
    if receipt.is_lost() {
        format!("没有收到（本机时间 {at} 向平台查询，得知已接收）")
    } else {
        format!("{}，平台时间 {at}", plain(&receipt.receipt_no))
    }
}

/// `text` without control characters, bidirectional marks and line ends, so that a file's name cannot draw on the terminal (faults 51).
pub fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => " ".to_owned(),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => format!("\\u{{{:x}}}", u32::from(c)),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        let said = |secs| span(Duration::seconds(secs));
        assert_eq!(said(6), "6 秒");
        assert_eq!(said(47 * 60 + 59), "47 分钟");
        assert_eq!(said(3 * 3_600 + 12 * 60), "3小时12分");
        assert_eq!(said(7_200), "2 小时");
        assert_eq!(said(86_400), "1 天");
        assert_eq!(said(2 * 86_400 + 3 * 3_600), "2天3小时");
        assert_eq!(said(12 * 86_400 + 3_600), "12 天");
        assert_eq!(said(-90), "1 分钟");
        assert_eq!(said(1_500 * 86_400), "1,500 天");
    }

    #[test]
    fn numbers_and_sizes_have_separators() {
        assert_eq!([0, 999, 1_000, 1_204_567].map(thousands), ["0", "999", "1,000", "1,204,567"]);
        assert_eq!(bytes(81 << 30), "81 GB");
        assert_eq!(bytes(1_500), "1,500 字节");
        assert_eq!(bytes(500 << 20), "500 MB");
    }

    #[test]
    fn a_moment_is_as_brief_as_can_be_understood() {
        let now = Timestamp::parse("2026-11-23T14:17:00+08:00").unwrap();
        let said = |t| moment(Timestamp::parse(t).unwrap(), now);
        assert_eq!(said("2026-11-23T02:00:00+08:00"), "今日 02:00");
        assert_eq!(said("2026-11-22T23:10:00+08:00"), "昨日 23:10");
        assert_eq!(said("2026-11-11T08:02:00+08:00"), "11-11 08:02");
        assert_eq!(said("2025-12-31T08:02:00+08:00"), "2025-12-31 08:02");
        let until = |t| cut_off(Timestamp::parse(t).unwrap(), now);
        assert_eq!(until("2026-11-24T00:00:00+08:00"), "今日 24:00");
        assert_eq!(until("2026-11-23T17:30:00+08:00"), "今日 17:30");
        assert_eq!(until("2023-04-15T00:00:00+08:00"), "2023-04-14 24:00");
        let day = now.beijing_day();
        assert_eq!(cut_off_time(Timestamp::start_of(day.succ_opt().unwrap()), day), "24:00");
        assert_eq!(cut_off_time(Timestamp::parse("2026-11-23T17:30:00+08:00").unwrap(), day), "17:30");
        assert_eq!(cut_off_time(Timestamp::parse("2026-11-24T10:00:00+08:00").unwrap(), day), "11-24 10:00");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("市监罚〔2026〕31号"), 18);
        assert_eq!(pad("退回", 6), "退回  ");
        assert_eq!(fit("处罚种类为空", 12), "处罚种类为空");
        assert_eq!(fit("处罚种类为空，请补填", 12), "处罚种类为…");
        assert!(width(&fit("处罚种类为空，请补填", 12)) <= 12);
    }

    #[test]
    fn a_name_cannot_draw_on_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\n\u{202e}c"), "a\\u{1b}[2Jb \\u{202e}c");
    }
}
