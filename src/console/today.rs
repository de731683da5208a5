//! 今日: how the day stands, and what needs somebody, worst first.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    Console,
    frame::{Frame, shown, time_left},
    problem::Trouble,
    show::{self, Mark, text},
    visit::Visit,
};
use crate::{
    document::Timestamp,
    status::{
        Need, Problem, Status,
        text::{Colour, colour_of, tiles_of},
        words,
    },
};

/// A figure.
struct Tile {
    word: &'static str,
    figure: String,
    class: &'static str,
}

/// A document that needs somebody.
struct Row {
    id: String,
    title: String,
    kind: String,
    author: String,
    state: Mark,
    reason: String,
    advice: String,
    left: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "today.html")]
struct Page {
    frame: Frame,
    tiles: Vec<Tile>,
    /// What is wrong, worst first.
    problems: Vec<Problem>,
    /// What the day's plan and pace say.
    said: Vec<String>,
    rows: Vec<Row>,
    more: u64,
}

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_look())?;
    let status = console.picture.now().await;
    let mut frame = Frame::with("今日", &visit, &status);
    frame.renews = true;
    let needs = &status.needs_you;
    let rows: Vec<Row> = needs.rows.iter().map(|need| row(need, &status)).collect();
    let more = needs.total.saturating_sub(rows.len() as u64);
    let page = Page { frame, tiles: tiles(&status), problems: problems(&status), said: said(&status), rows, more };
    Ok(show::page(StatusCode::OK, &page))
}

fn tiles(status: &Status) -> Vec<Tile> {
    let figure = |n: u64| words::thousands(n);
    let at_least = if status.today.at_least { "≥ " } else { "" };
    let mut tiles = vec![Tile { word: "应录入", figure: format!("{at_least}{}", figure(status.today.expected)), class: "plain" }];
    let of = |(word, n, colour)| Tile { word, figure: figure(n), class: if n > 0 { show::class(colour) } else { "none" } };
    tiles.extend(tiles_of(&status.today).into_iter().map(of));
    tiles
}

fn problems(status: &Status) -> Vec<Problem> {
    status.problems().into_iter().map(shown).collect()
}

/// The plan and the forecast, where there is something to say.
fn said(status: &Status) -> Vec<String> {
    let Some(day) = &status.day else { return Vec::new() };
    let mut said = Vec::new();
    if let Some(planned) = day.planned.filter(|planned| *planned > 0) {
        let absent = if day.absent > 0 { format!("，无记录 {} 户", day.absent) } else { String::new() };
        said.push(format!("计划：应检查 {planned} 户，有记录 {}，已录入 {}{absent}", day.recorded, day.recorded_entered));
    }
    said.extend(day.forecast.said().map(|forecast| format!("预测：{forecast}")));
    said
}

fn row(need: &Need, status: &Status) -> Row {
    let late = is_late(need.cut_off, status);
    let colour = if late { Colour::Red } else { colour_of(need.state) };
    Row {
        id: need.id.to_string(),
        title: text(&need.title),
        kind: text(&need.kind),
        author: text(&need.author),
        state: Mark::new(colour, if late { format!("{}，逾期", need.label) } else { need.label.clone() }),
        reason: text(&need.reason),
        advice: text(&need.advice),
        left: time_left(need.cut_off, status),
        late,
    }
}

fn is_late(cut_off: Timestamp, status: &Status) -> bool {
    cut_off <= status.at
}
