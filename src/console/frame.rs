//! What stands around every page: the top bar (operators.md B4) and the foot.

use super::{
    Console,
    show::{Lit, text},
    visit::Visit,
};
use crate::{
    status::{
        Problem, Status, lights,
        text::{deadline, left},
        words,
    },
    users::Account,
};

/// A link of the top bar.
pub(super) struct Link {
    pub(super) to: &'static str,
    pub(super) word: &'static str,
    pub(super) here: bool,
}

/// What stands around a page.
pub(super) struct Frame {
    pub(super) title: &'static str,
    pub(super) office: String,
    /// `24:00（还有 3小时12分）`; empty for those who may not know.
    pub(super) deadline: String,
    /// Whether the cut-off has passed or is near.
    pub(super) pressing: bool,
    pub(super) lights: Vec<Lit>,
    /// What nobody may overlook, on whatever page: that people cannot be told.
    pub(super) banner: Vec<Problem>,
    pub(super) links: Vec<Link>,
    /// Who has logged in; empty when nobody has.
    pub(super) user: String,
    pub(super) roles: String,
    pub(super) token: String,
    pub(super) large: bool,
    /// Where the switch of size comes back to.
    pub(super) path: String,
    pub(super) foot: Vec<String>,
    pub(super) version: String,
    /// Whether the page renews itself each minute.
    pub(super) renews: bool,
}

/// This long before the cut-off the time that is left is shown as pressing.
const PRESSING: chrono::Duration = chrono::Duration::hours(2);

impl Frame {
    /// For somebody who has logged in.
    pub(super) async fn around(title: &'static str, visit: &Visit, console: &Console) -> Self {
        Self::with(title, visit, &console.picture.now().await)
    }

    /// The same with a picture that was taken already.
    pub(super) fn with(title: &'static str, visit: &Visit, status: &Status) -> Self {
        let mut frame = Self::for_nobody(title, status);
        (frame.large, frame.path) = (visit.large, visit.path.clone());
        (frame.user, frame.roles, frame.token) = (visit.account.name.clone(), visit.account.roles_in_words(), visit.seen.token.clone());
        frame.links = links(&visit.account, &visit.path);
        if visit.account.may_look() {
            let left = status.today.cut_off.since(status.at);
            (frame.deadline, frame.pressing) = (deadline(status), left <= PRESSING);
            frame.lights = lights::all(status).into_iter().map(Lit::from).collect();
            frame.banner = status.banner().into_iter().map(shown).collect();
            frame.foot = foot(status);
        }
        frame
    }

    /// For somebody who has not.
    pub(super) fn for_nobody(title: &'static str, status: &Status) -> Self {
        Self {
            title,
            office: text(&status.office),
            deadline: String::new(),
            pressing: false,
            lights: Vec::new(),
            banner: Vec::new(),
            links: Vec::new(),
            user: String::new(),
            roles: String::new(),
            token: String::new(),
            large: false,
            path: "/".to_owned(),
            foot: Vec::new(),
            version: status.version.clone(),
            renews: false,
        }
    }
}

/// A problem as pages show it.
pub(super) fn shown(problem: Problem) -> Problem {
    Problem { message: text(&problem.message), hint: text(&problem.hint), ..problem }
}

fn links(account: &Account, path: &str) -> Vec<Link> {
    let all = [
        ("/", "今日", account.may_look()),
        ("/excuses", "当日例外", account.may_look()),
        ("/users", "用户", account.may_see_users()),
        ("/audit", "审计日志", account.may_audit()),
    ];
    let here = |to: &str| path == to || to != "/" && path.starts_with(&format!("{to}/"));
    all.into_iter().filter(|(.., may)| *may).map(|(to, word, _)| Link { to, word, here: here(to) }).collect()
}

/// `上次巡视 6 秒前`, `上次成功 今日 14:03`.
fn foot(status: &Status) -> Vec<String> {
    let swept = status.folder.last_sweep.map_or_else(|| "尚无".to_owned(), |at| format!("{}前", words::span(status.at.since(at))));
    let sent = status.platform.last_success.map_or_else(|| "尚无".to_owned(), |at| words::moment(at, status.at));
    vec![format!("上次巡视 {swept}"), format!("平台上次成功 {sent}"), format!("截至 {}（北京时间）", words::full(status.at))]
}

/// The time that a document has left.
pub(super) fn time_left(cut_off: crate::document::Timestamp, status: &Status) -> String {
    left(cut_off, status.at)
}
