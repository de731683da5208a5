//! 当日例外: which documents are late or about to be, and why they may be (原则上, S-19). What is given here is the same as
//! `dangri day excuse`: asked of the same desk, kept for ever, under the name of who gave it.

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::NaiveDate;

use super::{
    Console,
    document::{self, Line},
    form::{Fields, Sent},
    frame::{Frame, time_left},
    problem::Trouble,
    session::secret,
    show::{self, Mark, text},
    visit::Visit,
};
use crate::{
    control::{
        Answer, Ask,
        api::Row as Listed,
        today::{DayAnswer, DayAsk, DayName},
    },
    day::{DayReport, DayRow, Excuse, excuse},
    document::State as Stands,
    queue::Selection,
    status::{Status, day_text, text::Colour, words},
};

/// How many older documents are listed at most.
const OLDER: u64 = 200;

/// A document that is late or about to be.
struct Row {
    id: String,
    title: String,
    kind: String,
    mark: Mark,
    left: String,
    reason: String,
    /// The exception on record last.
    excuse: String,
    missed: bool,
}

/// An exception on record.
struct Given {
    title: String,
    reason: String,
    at: String,
    by: String,
}

#[derive(Template)]
#[template(path = "excuses.html")]
struct Page {
    frame: Frame,
    day: String,
    today: String,
    yesterday: String,
    is_today: bool,
    rows: Vec<Row>,
    more: u64,
    older: Vec<Row>,
    given: Vec<Given>,
    may_act: bool,
    /// Whether one has just been put on record.
    done: bool,
}

/// What is asked of the address: `day=2023-04-03&done=1`.
struct Wanted {
    day: Option<NaiveDate>,
    done: bool,
}

impl Wanted {
    fn of(query: Option<String>) -> Self {
        let fields = Fields::of(query.unwrap_or_default().as_bytes());
        Self { day: fields.get("day").parse().ok(), done: fields.get("done") == "1" }
    }
}

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_look())?;
    let wanted = Wanted::of(query);
    let today = visit.now.beijing_day();
    let day = wanted.day.unwrap_or(today);
    let Some(report) = report(&console, &visit, day).await? else { return Err(nothing(&visit)) };
    let status = console.picture.now().await;
    let rows: Vec<Row> = report.rows.iter().map(row).collect();
    let mut older = older(&console, &visit).await?;
    older.retain(|row| !report.rows.iter().any(|shown| shown.id == row.id));
    let known = excuses(&console, &visit, DayAsk::ExcusesOf(older.iter().map(|row| row.document.clone()).collect())).await?;
    let page = Page {
        day: day.to_string(),
        today: today.to_string(),
        yesterday: today.pred_opt().unwrap_or(today).to_string(),
        is_today: day == today,
        more: report.rows_total.saturating_sub(rows.len() as u64),
        rows,
        older: older.into_iter().map(|row| of_listed(row, &known, &status)).collect(),
        given: excuses(&console, &visit, DayAsk::Excuses).await?.into_iter().map(given).collect(),
        may_act: visit.account.may_act(),
        done: wanted.done,
        frame: Frame::with("当日例外", &visit, &status),
    };
    Ok(show::page(StatusCode::OK, &page))
}

fn nothing(visit: &Visit) -> Trouble {
    Trouble::new(StatusCode::SERVICE_UNAVAILABLE, "当日小结读不出来", "请再试一次。").on(visit)
}

async fn asked(console: &Console, visit: &Visit, ask: DayAsk) -> Result<Option<DayAnswer>, Trouble> {
    let answers = console.ask(Ask::Day(ask), &visit.actor()).await.map_err(|problem| Trouble::from(problem).on(visit))?;
    Ok(answers.into_iter().find_map(|answer| match answer {
        Answer::Day(answer) => Some(*answer),
        _ => None,
    }))
}

async fn report(console: &Console, visit: &Visit, day: NaiveDate) -> Result<Option<DayReport>, Trouble> {
    let answer = asked(console, visit, DayAsk::Report(DayName::On(day))).await?;
    Ok(answer.and_then(|answer| if let DayAnswer::Report(report) = answer { Some(report) } else { None }))
}

/// Documents of any day that are overdue and not entered.
async fn older(console: &Console, visit: &Visit) -> Result<Vec<Listed>, Trouble> {
    let open = Stands::ALL.into_iter().filter(|state| !state.is_at_rest()).collect();
    let ask = Ask::List { wanted: Selection::InStates(open), limit: Some(OLDER * 5), author: None };
    let answers = console.ask(ask, &visit.actor()).await.map_err(|problem| Trouble::from(problem).on(visit))?;
    let rows = answers.into_iter().filter_map(|answer| if let Answer::Row(row) = answer { Some(row) } else { None });
    let mut late: Vec<Listed> = rows.filter(|row| row.overdue).collect();
    late.sort_by_key(|row| (row.cut_off, row.id));
    late.truncate(usize::try_from(OLDER).unwrap_or(usize::MAX));
    Ok(late)
}

async fn excuses(console: &Console, visit: &Visit, ask: DayAsk) -> Result<Vec<Excuse>, Trouble> {
    let answer = asked(console, visit, ask).await?;
    let found = answer.and_then(|answer| if let DayAnswer::Excuses(found) = answer { Some(found) } else { None });
    Ok(found.unwrap_or_default())
}

fn given(excuse: Excuse) -> Given {
    Given { title: text(&excuse.title), reason: text(&excuse.reason), at: words::full(excuse.at), by: text(&excuse.by) }
}

/// What stands beside a document that has an exception; nothing without one.
fn beside(excuse: Option<&Excuse>) -> String {
    excuse.map_or_else(String::new, |excuse| format!("{}（{}）", text(&excuse.reason), text(&excuse.by)))
}

fn row(row: &DayRow) -> Row {
    let (colour, word) = day_text::stands(row);
    Row {
        id: row.id.to_string(),
        title: text(&row.title),
        kind: text(&row.kind),
        mark: Mark::new(colour, word),
        left: day_text::time_left(row),
        reason: text(&row.reason),
        excuse: beside(row.excuse.as_ref()),
        missed: row.standing.missed(),
    }
}

fn of_listed(row: Listed, known: &[Excuse], status: &Status) -> Row {
    Row {
        id: row.id.to_string(),
        title: text(&row.title),
        kind: text(&row.kind),
        mark: Mark::new(Colour::Red, format!("{} 逾期", row.label)),
        left: time_left(row.cut_off, status),
        reason: text(&row.reason),
        // The newest is first.
        excuse: beside(known.iter().find(|excuse| excuse.document == row.document)),
        missed: true,
    }
}

#[derive(Template)]
#[template(path = "excuse.html")]
struct Form {
    frame: Frame,
    id: String,
    title: String,
    kind: String,
    head: Vec<Line>,
    reason: String,
    longest: usize,
    /// What is wrong with what was sent, and what to do.
    said: String,
    /// The mark of this confirmation; empty while the reason is still being written.
    mark: String,
}

/// The form for one document.
pub(super) async fn form(State(console): State<Console>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_act())?;
    shown(&console, &visit, &id, (String::new(), String::new(), String::new())).await
}

async fn shown(console: &Console, visit: &Visit, id: &str, (reason, said, mark): (String, String, String)) -> Result<Response, Trouble> {
    let told = document::told(console, visit, id).await?;
    let status = if said.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let form = Form {
        frame: Frame::around("登记例外", visit, console).await,
        id: told.record.id().to_string(),
        title: text(&told.title()),
        kind: text(told.kind()),
        head: document::head(&told, visit),
        reason,
        longest: excuse::LONGEST,
        said,
        mark,
    };
    Ok(show::page(status, &form))
}

/// Shows what would be put on record; puts it on record once that was confirmed, and then only once.
pub(super) async fn give(State(console): State<Console>, Path(id): Path<String>, sent: Sent) -> Result<Response, Trouble> {
    let Sent { visit, fields } = sent;
    visit.only_if(visit.account.may_act())?;
    let Some(reason) = excuse::reason(fields.get("reason")) else {
        let said = "登记例外必须写明原因。什么都没有登记，请写好再提交。".to_owned();
        return shown(&console, &visit, &id, (String::new(), said, String::new())).await;
    };
    let mark = fields.get("mark");
    if mark.is_empty() || fields.get("again") == "1" {
        let mark = if fields.get("again") == "1" { String::new() } else { secret().unwrap_or_default() };
        return shown(&console, &visit, &id, (reason, String::new(), mark)).await;
    }
    if console.sessions.first_time(&visit.secret, mark) {
        let ask = DayAsk::Excuse { name: id, why: reason };
        asked(&console, &visit, ask).await?;
    }
    Ok(Redirect::to("/excuses?done=1#given").into_response())
}
