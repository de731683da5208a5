//! 文书详情: the life of one document, in the sentences of `dangri doc`.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use super::{
    Console,
    frame::Frame,
    problem::Trouble,
    show::{self, Mark, text},
    visit::Visit,
};
use crate::{
    control::{
        Ask,
        life::{self, Told},
    },
    document::{Severity, State as Stands},
    status::{story, text::Colour, words},
};

/// A line of the head.
pub(super) struct Line {
    pub(super) label: &'static str,
    pub(super) mark: Option<Mark>,
    pub(super) text: String,
    pub(super) below: Vec<String>,
}

struct Happened {
    at: String,
    by: String,
    what: String,
}

struct Found {
    mark: Mark,
    place: String,
    what: String,
    remedy: String,
}

struct Attempt {
    head: String,
    result: String,
    request: String,
    said: String,
}

struct Other {
    id: String,
    since: String,
    label: String,
    path: String,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Page {
    frame: Frame,
    id: String,
    title: String,
    kind: String,
    head: Vec<Line>,
    history: Vec<Happened>,
    findings: Vec<Found>,
    attempts: Vec<Attempt>,
    others: Vec<Other>,
    notes: Vec<String>,
    /// Whether an exception can be put on record by this person.
    may_excuse: bool,
}

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_look())?;
    let told = told(&console, &visit, &id).await?;
    let page = Page {
        frame: Frame::around("文书", &visit, &console).await,
        id: told.record.id().to_string(),
        title: text(&told.title()),
        kind: text(told.kind()),
        head: head(&told, &visit),
        history: told.history.iter().map(happened).collect(),
        findings: told.findings().iter().map(found).collect(),
        attempts: told.attempts.iter().map(attempt).collect(),
        others: told.others.iter().map(other).collect(),
        notes: told.notes.iter().map(|note| text(note)).collect(),
        may_excuse: visit.account.may_act() && may_need_one(&told),
    };
    Ok(show::page(StatusCode::OK, &page))
}

/// Whether an exception means anything: not for what was entered on its day, and not for what no longer counts.
fn may_need_one(told: &Told) -> bool {
    let record = &told.record;
    let in_time = record.entry.as_ref().is_some_and(|entry| entry.entered_at < record.birth.cut_off);
    !in_time && !matches!(record.state, Stands::Superseded | Stands::Ignored)
}

/// Everything about the document of that id, number or path.
pub(super) async fn told(console: &Console, visit: &Visit, name: &str) -> Result<Told, Trouble> {
    let answers = console.ask(Ask::Document { name: name.to_owned() }, &visit.actor()).await;
    let answers = answers.map_err(|problem| Trouble::from(problem).on(visit))?;
    Told::of(answers).ok_or_else(|| Trouble::new(StatusCode::SERVICE_UNAVAILABLE, "文书读不出来", "请再试一次。").on(visit))
}

/// How it stands.
pub(super) fn head(told: &Told, visit: &Visit) -> Vec<Line> {
    let line = |said: life::Said| Line {
        label: said.label,
        mark: said.word.map(|(colour, word)| Mark::new(colour, word)),
        text: text(&said.text),
        below: said.below.iter().map(|line| text(line)).collect(),
    };
    told.head(visit.now).into_iter().map(line).collect()
}

fn happened(entry: &crate::document::Entry) -> Happened {
    Happened { at: words::full(entry.at), by: text(&entry.by.label()), what: text(&story::what(entry)) }
}

fn found(finding: &crate::document::Finding) -> Found {
    let colour = match finding.severity {
        Severity::Error => Colour::Red,
        Severity::Warning => Colour::Yellow,
        Severity::Info => Colour::Grey,
    };
    Found {
        mark: Mark::new(colour, finding.severity.label()),
        place: life::place(finding),
        what: text(&life::found(finding)),
        remedy: text(&life::remedy(finding)),
    }
}

fn attempt(attempt: &story::Attempt) -> Attempt {
    Attempt {
        head: text(&life::answered(attempt)),
        result: text(&attempt.result),
        request: attempt.request.to_string(),
        said: text(&life::said(attempt)),
    }
}

fn other(row: &crate::control::api::Row) -> Other {
    Other { id: row.id.to_string(), since: words::full(row.since), label: row.label.clone(), path: text(&row.path) }
}
