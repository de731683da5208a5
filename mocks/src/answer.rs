//! The platform's answers: one `Response` in the exchange's namespace (contract §1).

use std::fmt::Write as _;

use crate::clock::{Millis, stamp};
use crate::script::ErrorItem;

/// Namespace of the exchange.
pub const EXCHANGE: &str = "urn:dangri:exchange:1";
/// Namespace of the documents.
pub const DOCUMENT: &str = "urn:dangri:document:1";

/// One answer before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Option<String>,
    pub(crate) part: Part,
    pub(crate) retry_after: Option<String>,
}

/// What an answer carries besides code and message.
#[derive(Debug, Clone, Default)]
pub(crate) enum Part {
    #[default]
    None,
    Token {
        value: String,
        expires_in: i64,
    },
    Receipt(Receipt),
    /// An already written element: `Result`, `Results`, `Publications`, `Schema`.
    Written(String),
    Errors(Vec<ErrorItem>),
}

/// A receipt: received is not entered.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) at: Millis,
}

/// The table of contract §1: code, HTTP status, message.
pub(crate) const CODES: [(&str, u16, &str); 15] = [
    ("00", 200, "成功"),
    ("01", 400, "请求格式不正确"),
    ("02", 401, "凭证无效"),
    ("03", 401, "令牌已过期"),
    ("04", 500, "平台内部错误"),
    ("05", 503, "平台繁忙或维护中，请稍后再试"),
    ("10", 422, "文书不符合数据结构要求"),
    ("11", 422, "文书违反业务规则"),
    ("12", 422, "平台未登记相应的基础数据"),
    ("13", 409, "文书编号已被占用"),
    ("14", 409, "同一案件的前一文书尚未录入"),
    ("15", 403, "该人员无权报送此类文书"),
    ("16", 409, "同一提交编号对应的内容不同"),
    ("17", 409, "该数据结构版本已停止接收"),
    ("18", 404, "未查到该提交"),
];

/// The table's own spelling and status of a code.
pub(crate) fn known(code: &str) -> Option<(&'static str, u16, &'static str)> {
    CODES.iter().find(|c| c.0 == code).copied()
}

impl Answer {
    /// An answer with a code of the table and its usual status and message.
    pub(crate) fn of(code: &'static str) -> Self {
        let status = known(code).map_or(500, |c| c.1);
        Self { status, code, message: None, part: Part::None, retry_after: None }
    }

    /// Code 01 with what is malformed.
    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::of("01").saying(why)
    }

    pub(crate) fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(crate) fn with(mut self, part: Part) -> Self {
        self.part = part;
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The body.
    pub(crate) fn write(&self, code_as: Option<&str>, now: Millis) -> String {
        let mut s = String::with_capacity(512);
        s.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response xmlns=\"urn:dangri:exchange:1\"><Code>");
        escape(&mut s, code_as.unwrap_or(self.code));
        s.push_str("</Code><Message>");
        escape(&mut s, self.message.as_deref().or(known(self.code).map(|c| c.2)).unwrap_or("平台内部错误").trim());
        s.push_str("</Message><ServerTime>");
        s.push_str(&stamp(now));
        s.push_str("</ServerTime>");
        match &self.part {
            Part::None => {}
            Part::Token { value, expires_in } => {
                put(&mut s, format_args!("<Token><Value>{value}</Value><ExpiresIn>{expires_in}</ExpiresIn></Token>"));
            }
            Part::Receipt(r) => {
                put(
                    &mut s,
                    format_args!(
                        "<Receipt><SubmissionId>{}</SubmissionId><ReceiptNo>{}</ReceiptNo><ReceivedAt>{}</ReceivedAt></Receipt>",
                        r.id,
                        r.number,
                        stamp(r.at)
                    ),
                );
            }
            Part::Written(element) => s.push_str(element),
            Part::Errors(errors) => write_errors(&mut s, errors),
        }
        s.push_str("</Response>");
        s
    }
}

/// Writes an `Errors` element.
pub(crate) fn write_errors(s: &mut String, errors: &[ErrorItem]) {
    s.push_str("<Errors>");
    for e in errors {
        s.push_str("<Error code=\"");
        escape(s, &e.code);
        s.push('"');
        if let Some(path) = &e.path {
            s.push_str(" path=\"");
            escape(s, path);
            s.push('"');
        }
        if let Some(line) = e.line {
            put(s, format_args!(" line=\"{line}\""));
        }
        s.push_str("><Message>");
        escape(s, e.message.trim());
        s.push_str("</Message></Error>");
    }
    s.push_str("</Errors>");
}

/// Appends formatted text; writing to a `String` cannot fail.
pub(crate) fn put(s: &mut String, args: std::fmt::Arguments<'_>) {
    if s.write_fmt(args).is_err() {
        debug_assert!(false, "a String takes every text");
    }
}

/// Appends text as XML content or attribute value.
pub(crate) fn escape(s: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => s.push_str("&amp;"),
            '<' => s.push_str("&lt;"),
            '>' => s.push_str("&gt;"),
            '"' => s.push_str("&quot;"),
            '\n' => s.push_str("&#10;"),
            c if c < ' ' && c != '\t' => s.push('\u{fffd}'),
            c => s.push(c),
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut s = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        s.push(char::from(DIGITS[usize::from(b >> 4)]));
        s.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    s
}

/// Reads lower-case hex of exactly `N` bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let raw = text.as_bytes();
    if raw.len() != N * 2 {
        return None;
    }
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (i, o) in out.iter_mut().enumerate() {
        *o = digit(raw[2 * i])? << 4 | digit(raw[2 * i + 1])?;
    }
    Some(out)
}

impl Receipt {
    /// The receipt of a holder that a rule made up.
    pub(crate) fn unknown() -> Self {
        Self { id: "0".repeat(32), number: "SD00000000000000".into(), at: 0 }
    }
}
