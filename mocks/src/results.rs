//! The feed of changes and what a `Result` looks like (contract §4).

use crate::answer::{Answer, Part, hex, put, write_errors};
use crate::clock::stamp;
use crate::script::{Action, Plan};
use crate::token::percent;
use crate::world::{State, Submission, World};

/// A query string whose names are unique.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn read(text: Option<&str>) -> Result<Self, String> {
        let mut out = Self::default();
        for pair in text.unwrap_or("").split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (percent(name, true), percent(value, true)) else {
                return Err("the query is not URL-encoded UTF-8".into());
            };
            if out.get(&name).is_some() {
                return Err(format!("{name} twice"));
            }
            out.pairs.push((name, value));
        }
        Ok(out)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Refuses names that the address does not know.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), String> {
        match self.pairs.iter().find(|(n, _)| !names.contains(&n.as_str())) {
            Some((n, _)) => Err(format!("unknown parameter {n}")),
            None => Ok(()),
        }
    }
}

/// 1 to 500; larger is taken as 500; nothing is 500.
pub(crate) fn page_size(limit: Option<&str>) -> Result<usize, String> {
    let Some(text) = limit else { return Ok(500) };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err("limit is not a number".into());
    }
    match text.parse::<usize>() {
        Ok(0) => Err("limit is 0".into()),
        Ok(n) => Ok(n.min(500)),
        Err(_) => Ok(500),
    }
}

/// Chooses from `rows` (places in order) those of one page that begins at place `start`; answers them and the place behind
/// the last, or `None` for an empty page. A rule may make the page begin too early or too late.
pub(crate) fn cut(rows: &[usize], start: usize, limit: usize, plan: &Plan) -> (Vec<usize>, Option<usize>) {
    let mut from = rows.partition_point(|r| *r < start);
    if let Some((repeat, skip)) = plan.find(|a| if let Action::Rows { repeat, skip } = a { Some((*repeat, *skip)) } else { None }) {
        from = from.saturating_sub(repeat).saturating_add(skip).min(rows.len());
    }
    let shown: Vec<usize> = rows[from..].iter().copied().take(limit).collect();
    let end = shown.last().map(|n| n + 1);
    (shown, end)
}

/// `GET /results`.
pub(crate) fn feed(world: &mut World, app: &str, query: &Query, plan: &Plan) -> Answer {
    match page(world, app, query, plan) {
        Ok(written) => Answer::of("00").with(Part::Written(written)),
        Err(why) => Answer::malformed(why),
    }
}

fn page(world: &mut World, app: &str, query: &Query, plan: &Plan) -> Result<String, String> {
    query.only(&["after", "limit"])?;
    let limit = page_size(query.get("limit"))?;
    let asked = query.get("after").unwrap_or_default().to_owned();
    let start = match asked.as_str() {
        "" => 0,
        cursor => {
            let at = cursor.strip_prefix('r').and_then(|n| n.parse::<usize>().ok().filter(|v| v.to_string() == n));
            at.filter(|at| *at <= world.log.len()).ok_or("the cursor is not known")?
        }
    };
    // Only as many rows are looked at as the page can need, so that a long log costs a page and not itself.
    let own = |n: &usize| world.submissions[world.log[*n]].head.app == app;
    let back = plan.find(|a| if let Action::Rows { repeat, .. } = a { Some(*repeat) } else { None }).unwrap_or(0);
    let ahead = plan.find(|a| if let Action::Rows { skip, .. } = a { Some(*skip) } else { None }).unwrap_or(0);
    let mut rows: Vec<usize> = (0..start).rev().filter(own).take(back).collect();
    rows.reverse();
    rows.extend((start..world.log.len()).filter(own).take(limit + ahead + 1));
    let (shown, end) = cut(&rows, start, limit, plan);
    let more = end.is_some_and(|end| (end..world.log.len()).any(|n| own(&n)));
    let mut s = String::with_capacity(256 + shown.len() * 320);
    match end {
        Some(end) => put(&mut s, format_args!("<Results next=\"r{end}\" more=\"{more}\">")),
        None => {
            s.push_str("<Results next=\"");
            crate::answer::escape(&mut s, &asked);
            put(&mut s, format_args!("\" more=\"{more}\">"));
        }
    }
    for row in shown {
        let n = world.log[row];
        write_result(&mut s, &mut world.submissions[n]);
    }
    s.push_str("</Results>");
    Ok(s)
}

/// Writes one `Result` and notes that it was shown.
pub(crate) fn write_result(s: &mut String, submission: &mut Submission) {
    let sub = submission;
    put(s, format_args!("<Result><SubmissionId>{}</SubmissionId><State>{}</State>", hex(&sub.head.id), sub.state.name()));
    if let (Some(no), Some(at)) = (sub.entry_no(), sub.entered_at) {
        put(s, format_args!("<EntryNo>{no}</EntryNo><EnteredAt>{}</EnteredAt>", stamp(at)));
    }
    let mut digest = sub.head.digest;
    if sub.altered {
        digest.reverse();
    }
    put(s, format_args!("<Digest>{}</Digest>", hex(&digest)));
    if sub.state == State::Returned {
        write_errors(s, &sub.errors);
    }
    s.push_str("</Result>");
    sub.shown[sub.state as usize] += 1;
}
