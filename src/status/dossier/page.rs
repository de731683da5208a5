//! The page itself: HTML with its own style, for A4.

use super::{Dossier, difference_of, moment, on_paper, time};
use crate::{document::Timestamp, status::words};

/// How many lines of each table fit on the page beside the rest; all of them are in `dangri doc`.
const STEPS: usize = 6;
const ATTEMPTS: usize = 3;
const OUTAGES: usize = 3;
const EXCUSES: usize = 2;

/// How many columns of text (a Chinese character has two) fit into a cell of each, and beside the other facts.
const LONGEST_STEP: usize = 64;
const LONGEST_ATTEMPT: usize = 58;
const LONGEST_OUTAGE: usize = 44;
const LONGEST_EXCUSE: usize = 116;
const LONGEST_NAME: usize = 12;
const LONGEST_FACT: usize = 72;

const STYLE: &str = "@page{size:A4;margin:9mm 14mm}*{box-sizing:border-box}body{font:9pt/1.25 \"Microsoft YaHei\",\"Noto Sans CJK SC\",\
\"Source Han Sans SC\",SimSun,sans-serif;color:#000;background:#fff;margin:0 auto;max-width:182mm}h1{font-size:16pt;text-align:center;margin:0 0 1mm}\
h2{font-size:11pt;margin:1.8mm 0 .5mm;border-bottom:.5pt solid #000}p{margin:.6mm 0}.of{text-align:center;margin:0 0 2mm}table{border-collapse:collapse;\
width:100%}th,td{border:.5pt solid #444;padding:.1mm 1.5mm;text-align:left;vertical-align:top;word-break:break-all}th{background:#eee;font-weight:bold;\
white-space:nowrap}.t{white-space:nowrap}.said{border:1pt solid #000;padding:1.5mm 2.5mm;margin:1mm 0}.small{font-size:8.5pt;color:#333}.sign{display:flex;\
justify-content:space-between;margin-top:5mm}@media print{h2,tr,.said,.sign{break-inside:avoid}}@media screen{body{padding:10mm}}";

/// Draws a dossier.
pub fn page(dossier: &Dossier) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>录入时间说明 {}</title><style>{STYLE}</style></head>\n<body>\n",
        brief(&dossier.title, LONGEST_FACT)
    );
    html += &format!("<h1>执法文书录入时间说明</h1>\n<p class=\"of\">{}</p>\n", brief(&dossier.office, LONGEST_FACT));
    html += &about(dossier);
    html += "<h2>结论</h2>\n<div class=\"said\">\n";
    dossier.conclusion.iter().for_each(|said| html += &format!("<p>{}</p>\n", safe(said)));
    html += "</div>\n";
    html += &excuses(dossier);
    html += &outages(dossier);
    html += &attempts(dossier);
    html += &steps(dossier);
    html += &clock(dossier);
    let all = if html.contains('…') { "截短的和全部经过用 dangri day、doc" } else { "全部经过用 dangri doc" };
    html += &format!(
        "<div class=\"sign\"><span>经办人：______________</span><span>审核人：______________</span><span>日期：____年__月__日</span></div>\n\
         <p class=\"small\">当日 dangri {} 于 {} 依据本机记录生成，时间均为北京时间；{all} 查看。</p>\n</body></html>\n",
        safe(&dossier.version),
        moment(dossier.made_at)
    );
    html
}

fn about(dossier: &Dossier) -> String {
    let record = &dossier.record;
    let deadline = &dossier.deadline;
    let digest = record.birth.digest.map_or_else(|| "（没有通过检查，无上传内容）".to_owned(), |digest| digest.to_string());
    let end = format!("{} {}", on_paper(deadline.day), words::cut_off_time(deadline.cut_off, deadline.day));
    let inspected = deadline.runs_from.map_or_else(|| "文书未写明时刻，按所属日期计".to_owned(), moment);
    let receipt = record.receipt.as_ref().map_or_else(|| "无".to_owned(), |r| words::receipt(r, &moment(r.received_at)));
    let entry = record.entry.as_ref().map_or_else(
        || "无".to_owned(),
        |e| format!("{}，平台时间 {}", e.entry_no.as_deref().unwrap_or("（平台未给编号）"), moment(e.entered_at)),
    );
    let rows = [
        ("文号", dossier.title.clone()),
        ("文书种类", dossier.kind.clone()),
        ("检查结束", inspected),
        ("录入截止", end),
        ("现在状态", format!("{}（{}）", record.state.label(), dossier.standing.label())),
        ("平台回执", receipt),
        ("平台录入", entry),
        ("草稿文件", record.birth.source.path.clone()),
        ("草稿摘要", format!("SHA-256 {}", record.birth.source.file)),
        ("上传内容摘要", format!("SHA-256 {digest}")),
        ("本机编号", record.id().to_string()),
    ];
    let rows: String =
        rows.iter().map(|(label, value)| format!("<tr><th>{label}</th><td>{}</td></tr>\n", brief(value, LONGEST_FACT))).collect();
    format!("<table>\n{rows}</table>\n")
}

fn excuses(dossier: &Dossier) -> String {
    if dossier.excuses.is_empty() {
        return String::new();
    }
    let row = |excuse: &crate::day::Excuse| [moment(excuse.at), words::fit(&excuse.by, LONGEST_NAME), excuse.reason.clone()];
    table(
        "例外原因（人工登记，不可更改）",
        &["登记时间", "登记人", "原因"],
        dossier.excuses.iter().map(row).collect(),
        (EXCUSES, LONGEST_EXCUSE),
    )
}

fn outages(dossier: &Dossier) -> String {
    let row = |outage: &crate::day::book::Outage| {
        let until = outage.until.unwrap_or(dossier.made_at);
        let how_long = words::span(until.since(outage.from));
        let end = outage.until.map_or_else(|| "尚未恢复".to_owned(), moment);
        [moment(outage.from), end, format!("{how_long}，{}", outage.why)]
    };
    let rows: Vec<_> = dossier.outages.iter().map(row).collect();
    if rows.is_empty() {
        return "<h2>平台中断</h2>\n<p>其间没有平台中断的记录。</p>\n".to_owned();
    }
    table("平台中断", &["自", "至", "时长和原因"], rows, (OUTAGES, LONGEST_OUTAGE))
}

fn attempts(dossier: &Dossier) -> String {
    let row = |attempt: &crate::status::story::Attempt| {
        let status = attempt.status.map_or_else(|| "无回音".to_owned(), |status| format!("HTTP {status}"));
        let code = attempt.code.as_ref().map_or_else(String::new, |code| format!(" 代码 {code}"));
        [
            format!("{} {}", attempt.no, moment(attempt.at)),
            format!("{status}{code}"),
            format!("{}；请求编号 {}", words::fit(&words::plain(&attempt.result), LONGEST_ATTEMPT), attempt.request),
        ]
    };
    let rows: Vec<_> = dossier.attempts.iter().map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    table("上传和平台回答", &["次序和时间", "回答", "结果"], rows, (ATTEMPTS, 3 * LONGEST_ATTEMPT))
}

fn steps(dossier: &Dossier) -> String {
    let rows = dossier.steps.iter().map(|step| [moment(step.at), words::fit(&step.by, LONGEST_NAME), step.what.clone()]).collect();
    table("经过", &["时间", "何人", "何事"], rows, (STEPS, LONGEST_STEP))
}

fn clock(dossier: &Dossier) -> String {
    let said = |(at, skew): &(Timestamp, i64)| format!("{} 相差 {}", time(*at), difference_of(*skew));
    let ends: Vec<String> = match dossier.clock.as_slice() {
        [] => vec!["往来记录中没有可比对的平台时间".to_owned()],
        [one] => vec![said(one)],
        [first, .., last] => vec![said(first), said(last)],
    };
    let now = dossier.skew_millis.map_or_else(|| "制表时未比对".to_owned(), |skew| format!("制表时相差 {}", difference_of(skew)));
    format!("<h2>时钟</h2>\n<p>{}；{now}。</p>\n", safe(&ends.join("；")))
}

/// A table of at most `most` rows, the last cell of at most `longest` columns: the first rows and, of the rest, the last, with a word about
/// those between.
fn table(title: &str, heads: &[&str; 3], rows: Vec<[String; 3]>, (most, longest): (usize, usize)) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    let mut html = format!("<h2>{title}</h2>\n<table>\n<tr>{heads}</tr>\n");
    let count = rows.len();
    let first = if count > most { most / 3 } else { count };
    let last = if count > most { most - first } else { 0 };
    for (at, row) in rows.into_iter().enumerate() {
        if at == first && count > most {
            html += &format!("<tr><td colspan=\"3\" class=\"small\">略去 {} 条，用 dangri doc 查看</td></tr>\n", count - first - last);
        }
        if at < first || at >= count - last {
            let [a, b, c] = row;
            let (b, c) = (brief(&b, 2 * LONGEST_NAME), brief(&c, longest));
            html += &format!("<tr><td class=\"t\">{}</td><td class=\"t\">{b}</td><td>{c}</td></tr>\n", safe(&a));
        }
    }
    html + "</table>\n"
}

/// Text as it may stand in a page, cut to so many columns.
fn brief(text: &str, columns: usize) -> String {
    safe(&words::fit(&words::plain(text), columns))
}

/// Text as it may stand in a page.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in words::plain(text).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}
