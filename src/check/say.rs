//! Small words that findings are put together from.

use crate::document::{Finding, Place, Severity};

/// A finding about the file as such.
pub(super) fn file(rule: &str, place: Place, message: String, wanted: String, advice: String) -> Box<Finding> {
    Box::new(Finding {
        rule: rule.to_owned(),
        severity: Severity::Error,
        place,
        path: String::new(),
        label: "文件".to_owned(),
        value: String::new(),
        message,
        wanted,
        advice,
        law: String::new(),
    })
}

/// At most `most` characters, the rest told by an ellipsis.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
            short.push('…');
            short
        }
    }
}

/// A size for people: `3.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    const MEGA: u64 = 1 << 20;
    if bytes >= MEGA {
        let tenths = bytes.saturating_mul(10) / MEGA;
        format!("{}.{} MB", tenths / 10, tenths % 10)
    } else if bytes >= 1024 {
        format!("{} KB", bytes / 1024)
    } else {
        format!("{bytes} 字节")
    }
}
