//! 审计日志: who did what, the newest first, and whether the chain is whole. For auditors, and each look is a line of its own.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Console,
    frame::Frame,
    problem::Trouble,
    show::{self, Mark, text},
    visit::Visit,
};
use crate::{
    audit::{Line, Outcome, Verified},
    control::{Answer, Ask, people::AuditAsk},
    status::{text::Colour, words},
};

/// How many lines are shown.
const SHOWN: usize = 200;

struct Row {
    seq: u64,
    time: String,
    who: String,
    role: String,
    from: String,
    act: String,
    object: String,
    mark: Mark,
    reason: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    whole: Mark,
    head: String,
    breaks: Vec<String>,
    lines: u64,
    rows: Vec<Row>,
}

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_audit())?;
    let verified = ask(&console, &visit, AuditAsk::Verify).await?.into_iter().find_map(|answer| match answer {
        Answer::AuditVerified(verified) => Some(verified),
        _ => None,
    });
    let rows = ask(&console, &visit, AuditAsk::Latest(SHOWN)).await?.into_iter().filter_map(|answer| match answer {
        Answer::Audited(line) => Some(row(&line)),
        _ => None,
    });
    let verified = verified.unwrap_or_default();
    let page = Page {
        frame: Frame::around("审计日志", &visit, &console).await,
        whole: whole(&verified),
        head: verified.head.chars().take(16).collect(),
        breaks: verified.breaks.iter().map(|broken| text(&format!("{}：{}", broken.place, broken.what))).collect(),
        lines: verified.lines,
        rows: rows.collect(),
    };
    Ok(show::page(StatusCode::OK, &page))
}

async fn ask(console: &Console, visit: &Visit, ask: AuditAsk) -> Result<Vec<Answer>, Trouble> {
    console.ask(Ask::Audit(ask), &visit.actor()).await.map_err(|problem| Trouble::from(problem).on(visit))
}

fn whole(verified: &Verified) -> Mark {
    if verified.is_whole() {
        Mark::new(Colour::Green, "日志完好，没有被改动")
    } else {
        Mark::new(Colour::Red, format!("日志有 {} 处不对", verified.breaks.len()))
    }
}

fn row(line: &Line) -> Row {
    let colour = if line.result == Outcome::Done { Colour::Green } else { Colour::Red };
    Row {
        seq: line.seq,
        time: words::full(line.time),
        who: text(&line.actor.name),
        role: text(&line.actor.role),
        from: text(&line.actor.from),
        act: text(line.label()),
        object: text(&line.object),
        mark: Mark::new(colour, line.outcome()),
        reason: text(&line.reason),
    }
}
