//! `dangri queue`: lists and operators' acts.

use std::io::{self, Write as _};

use comfy_table::{Cell, Table, presets};

use super::{
    args::{ActArgs, ListArgs, QueueArgs, QueueCommand},
    doc, envelope,
    place::Place,
    status,
    terminal::Terminal,
};
use crate::{
    clock::{Clock as _, SystemClock},
    control::{
        Answer, Ask, AskError,
        api::{AT_ONCE, Preview, Row},
        client::PATIENT,
    },
    document::{State, Timestamp},
    queue::{Operated, Operation, Selection},
    status::{AGES, AgeTable, Exit, Problem, text::colour_of, words},
};

const SCHEMA: &str = "dangri.queue/1";
/// How many rows a person is shown when nothing else is asked for.
const ROWS: u64 = 50;

/// Lists, shows or acts.
pub(super) fn run(args: QueueArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let everything = ListArgs { filter: Vec::new(), author: None, limit: None, json: false, jsonl: false, shape: args.shape };
    match args.command.unwrap_or(QueueCommand::List(everything)) {
        QueueCommand::List(args) if args.shape => shape(&args, place, to),
        QueueCommand::List(args) => list(&args, place, to),
        QueueCommand::Show(args) => doc::run(&args, place, to),
        QueueCommand::Retry(args) => act(Operation::Retry, &args, place, to),
        QueueCommand::Hold(args) => act(Operation::Hold, &args, place, to),
        QueueCommand::Release(args) => act(Operation::Release, &args, place, to),
        QueueCommand::Ignore(args) => act(Operation::Ignore, &args, place, to),
        QueueCommand::Takeup(args) => act(Operation::TakeUp, &args, place, to),
    }
}

/// The states that a word means; `None` when it is not a word for states.
fn states(word: &str) -> Option<Vec<State>> {
    let of = |wanted: &dyn Fn(State) -> bool| Some(State::ALL.into_iter().filter(|s| wanted(*s)).collect());
    match word {
        "全部" => of(&|_| true),
        "在办" => of(&|s| !s.is_at_rest()),
        "退回" => of(&|s| matches!(s, State::Unfit | State::Returned)),
        label if State::ALL.iter().any(|s| s.label() == label) => of(&|s| s.label() == label),
        // The words of the JSON form are understood as well.
        name => serde_json::from_value::<State>(name.into()).ok().map(|s| vec![s]),
    }
}

/// What filters mean: all states together, each name by itself.
fn selections(filters: &[String], otherwise: &str) -> Vec<Selection> {
    let mut wanted = Vec::new();
    let mut named = Vec::new();
    for word in filters.iter().map(|f| f.trim()) {
        match states(word) {
            Some(states) => wanted.extend(states),
            None => named.push(Selection::Named(word.to_owned())),
        }
    }
    if filters.is_empty() {
        wanted.extend(states(otherwise).unwrap_or_default());
    }
    wanted.sort();
    wanted.dedup();
    let in_states = (!wanted.is_empty()).then_some(Selection::InStates(wanted));
    named.into_iter().chain(in_states).collect()
}

fn list(args: &ListArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let for_machines = args.json || args.jsonl;
    let limit = args.limit.unwrap_or(if for_machines { 0 } else { ROWS });
    let (mut total, mut rows) = (0, Vec::new());
    for wanted in selections(&args.filter, "在办") {
        let limit = (limit > 0).then(|| limit.saturating_sub(rows.len() as u64));
        let asked = place.ask(Ask::List { wanted, limit, author: args.author.clone() }, PATIENT, |answer| {
            match answer {
                Answer::Total(n) => total += n,
                Answer::Row(row) if args.jsonl => {
                    serde_json::to_writer(&mut to.out, &row)?;
                    writeln!(to.out)?;
                }
                Answer::Row(row) => rows.push(row),
                _ => {}
            }
            Ok(())
        });
        if let Err(error) = asked {
            return failed(error, args.json, to);
        }
    }
    if args.json {
        let data = serde_json::json!({ "total": total, "documents": rows });
        envelope::write(to, SCHEMA, SystemClock.now(), Exit::Well, Some(data), &[])?;
    } else if !args.jsonl {
        write_rows(&rows, total, SystemClock.now(), to)?;
    }
    Ok(Exit::Well)
}

/// A failure of asking; a failure to write goes on as what it is.
pub(super) fn failed(error: AskError, json: bool, to: &mut Terminal<'_>) -> io::Result<Exit> {
    match error {
        AskError::Output(error) => Err(error),
        error => envelope::failure(to, json, SCHEMA, SystemClock.now(), &error.problem()),
    }
}

/// A problem as this schema's answer.
pub(super) fn failed_as(schema: &str, problem: &Problem, json: bool, to: &mut Terminal<'_>) -> io::Result<Exit> {
    envelope::failure(to, json, schema, SystemClock.now(), problem)
}

fn write_rows(rows: &[Row], total: u64, now: Timestamp, to: &mut Terminal<'_>) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(to.out, "没有符合的文书。");
    }
    writeln!(to.out, "{}", table_of(rows, now, to))?;
    let shown = rows.len() as u64;
    if total > shown {
        let rest = "用 --limit 0 列出全部";
        return writeln!(to.out, "共 {} 件，只列出前 {} 件；{rest}。", words::thousands(total), words::thousands(shown));
    }
    writeln!(to.out, "共 {} 件。", words::thousands(total))
}

fn table_of(rows: &[Row], now: Timestamp, to: &Terminal<'_>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["文书", "状态", "原因", "截止", "草稿"]);
    let room = to.style.columns.saturating_sub(52).max(30);
    for row in rows {
        let late = if row.overdue { " 逾期" } else { "" };
        table.add_row([
            words::fit(&words::plain(&row.title), 34),
            format!("{}{late}", row.label),
            words::fit(&words::plain(&row.reason), room / 2),
            words::cut_off(row.cut_off, now),
            words::fit(&words::plain(&row.path), room / 2),
        ]);
    }
    let mut text = String::new();
    for (i, line) in table.lines().enumerate() {
        let line = line.trim_end();
        let state = i.checked_sub(1).and_then(|i| rows.get(i)).map(|r| r.state);
        match state {
            Some(state) => text += &to.style.paint(colour_of(state), line),
            None => text += line,
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The table of ages: where a column grows, there is the bottleneck.
fn shape(args: &ListArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let status = match status::fetch(place) {
        Ok(status) => status,
        Err(error) => return failed(error, args.json, to),
    };
    if args.json || args.jsonl {
        envelope::write(to, "dangri.queue-shape/1", status.at, Exit::Well, Some(&status.ages), &[])?;
    } else {
        writeln!(to.out, "{}", shape_of(&status.ages))?;
    }
    Ok(Exit::Well)
}

fn shape_of(ages: &AgeTable) -> String {
    if ages.rows.is_empty() {
        return "没有在办的文书。".into();
    }
    let unsorted = ages.rows.iter().any(|r| r.not_sorted > 0);
    let mut table = Table::new();
    let headings = ["状态", "合计"].into_iter().chain(AGES.iter().map(|(name, _)| *name)).chain(unsorted.then_some("未细分"));
    table.load_style(presets::NOTHING).set_header(headings);
    let cell = |n: u64| if n == 0 { ".".to_owned() } else { words::thousands(n) };
    for row in &ages.rows {
        // The three held states share a word; what follows on release tells them apart.
        let name = match row.state {
            State::HeldUnsure => "暂停（待核实）",
            State::HeldReceived => "暂停（已接收）",
            state => state.label(),
        };
        let numbers = std::iter::once(row.total).chain(row.by_age).chain(unsorted.then_some(row.not_sorted));
        table.add_row(std::iter::once(Cell::new(name)).chain(numbers.map(|n| Cell::new(cell(n)))));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    table.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn act(operation: Operation, args: &ActArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let why = args.reason.as_deref().unwrap_or_default().trim().to_owned();
    if matches!(operation, Operation::Hold | Operation::Ignore) && why.is_empty() {
        let problem = Problem::new(Exit::Usage, 4, format!("{}必须写明原因", operation.label()), "加上 --reason \"原因\"");
        return envelope::failure(to, args.json, SCHEMA, SystemClock.now(), &problem);
    }
    if args.dry_run {
        return rehearse(operation, args, place, to);
    }
    let (mut done, mut previews, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for wanted in selections(&args.filter, "") {
        let ask = Ask::Operate { wanted, operation, why: why.clone(), confirmed: args.yes };
        let asked = place.ask(ask, PATIENT, |answer| {
            match answer {
                Answer::Done(operated) => done.push(operated),
                Answer::Preview(preview) => previews.push(preview),
                _ => {}
            }
            Ok(())
        });
        match asked {
            Ok(()) => {}
            // One name that nobody bears does not undo the others.
            Err(AskError::Refused(problem)) if problem.exit() == Exit::Failed => problems.push(problem),
            Err(error) => problems.extend(Some(error.problem())),
        }
    }
    let exit = outcome(&done, &previews, &problems);
    if args.json {
        let data = serde_json::json!({ "operation": operation, "done": done, "unconfirmed": previews });
        envelope::write(to, SCHEMA, SystemClock.now(), exit, Some(data), &problems)?;
    } else {
        done.iter().try_for_each(|d| writeln!(to.out, "{}", told(d, operation)))?;
        previews.iter().try_for_each(|p| writeln!(to.out, "{}", unconfirmed(p)))?;
        problems.iter().try_for_each(|p| to.problem(p))?;
    }
    Ok(exit)
}

/// What the act would come to, document by document; nothing is done.
fn rehearse(operation: Operation, args: &ActArgs, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let (mut would, mut problems) = (Vec::new(), Vec::new());
    for wanted in selections(&args.filter, "") {
        let mut rows = Vec::new();
        let ask = Ask::List { wanted, limit: Some(AT_ONCE as u64), author: None };
        let asked = place.ask(ask, PATIENT, |answer| {
            if let Answer::Row(row) = answer {
                rows.push(row);
            }
            Ok(())
        });
        problems.extend(asked.err().map(|error| error.problem()));
        // An act on a name means the version that counts.
        if rows.iter().any(|row| row.state != State::Superseded) {
            rows.retain(|row| row.state != State::Superseded);
        }
        would.extend(rows.into_iter().map(|row| {
            let now = operation.would(row.state);
            let refused = now.err().unwrap_or_default().to_owned();
            Operated { id: row.id, title: row.title, was: row.state, now: now.ok(), refused }
        }));
    }
    if would.is_empty() && problems.is_empty() {
        problems.push(Problem::new(Exit::Failed, 2, "没有符合的文书", "用 dangri queue list 查看文号，或输入编号的前 8 位、草稿的路径"));
    }
    let exit = outcome(&would, &[], &problems);
    if args.json {
        let data = serde_json::json!({ "operation": operation, "dry_run": true, "would": would });
        envelope::write(to, SCHEMA, SystemClock.now(), exit, Some(data), &problems)?;
    } else {
        would.iter().try_for_each(|one| writeln!(to.out, "{}", told(one, operation)))?;
        problems.iter().try_for_each(|p| to.problem(p))?;
        writeln!(to.out, "{}", super::REHEARSED)?;
    }
    Ok(exit)
}

/// 0 when all was done, 3 when something waits for a confirmation or was refused, else what kept it from being done.
fn outcome(done: &[Operated], previews: &[Preview], problems: &[Problem]) -> Exit {
    let refused = done.iter().any(|d| d.now.is_none());
    match problems.first() {
        Some(problem) if done.is_empty() && previews.is_empty() => problem.exit(),
        Some(_) => Exit::NeedsPerson,
        None if refused || !previews.is_empty() => Exit::NeedsPerson,
        None => Exit::Well,
    }
}

fn told(done: &Operated, operation: Operation) -> String {
    let title = words::plain(&done.title);
    match done.now {
        Some(now) if now == done.was => format!("✔ {title}  {}", operation.label()),
        Some(now) => format!("✔ {title}  {} → {}", done.was.label(), now.label()),
        None => format!("✘ {title}  没能{}：{}", operation.label(), done.refused),
    }
}

fn unconfirmed(preview: &Preview) -> String {
    let by_state: Vec<_> = preview.by_state.iter().map(|(s, n)| format!("{} {}", s.label(), words::thousands(*n))).collect();
    let word = preview.operation.label();
    let mut text = format!("将对 {} 件文书{word}（{}）：\n", words::thousands(preview.count), by_state.join("，"));
    for row in &preview.first {
        text += &format!("    {}  {}\n", words::plain(&row.title), row.label);
    }
    if preview.count > preview.first.len() as u64 {
        text += "    ……\n";
    }
    if preview.more {
        text += "一次最多办理这么多，其余请再执行一次。\n";
    }
    text + "还没有执行。确认无误后加上 --yes 再执行一次。"
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
