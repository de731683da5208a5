//! Pages that say what went wrong and what to do.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    show,
    visit::{Visit, home},
};
use crate::{
    status::{Exit, Problem, problems::in_words},
    store::StoreError,
};

/// Something went wrong.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub(super) struct Trouble {
    status: StatusCode,
    what: String,
    fix: String,
    code: String,
    back: &'static str,
    large: bool,
}

impl Trouble {
    /// What went wrong, and what to do.
    pub(super) fn new(status: StatusCode, what: impl Into<String>, fix: impl Into<String>) -> Self {
        // What was asked for may stand in it, and what was asked for may be anything.
        let (what, fix) = (show::text(&what.into()), show::text(&fix.into()));
        Self { status, what, fix, code: String::new(), back: "/", large: false }
    }

    /// The store failed.
    pub(super) fn of_the_store(error: &StoreError) -> Self {
        tracing::error!(%error, "the store failed while a page was made");
        let what = format!("数据读写失败：{}", in_words(error));
        Self::new(StatusCode::SERVICE_UNAVAILABLE, what, "请检查磁盘，再运行 dangri verify")
    }

    /// The same for this visitor: with the way back to the page that it may see.
    pub(super) fn on(mut self, visit: &Visit) -> Self {
        (self.back, self.large) = (home(&visit.account), visit.large);
        self
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let status = match problem.exit() {
            Exit::Usage => StatusCode::BAD_REQUEST,
            // Nothing of that name: the desk's code for it.
            Exit::Failed if problem.code == "D-0102" => StatusCode::NOT_FOUND,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { code: problem.code, ..Self::new(status, problem.message, problem.hint) }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        show::page(self.status, &self)
    }
}

/// The page for somebody who may not.
pub(super) fn forbidden(visit: &Visit) -> Trouble {
    let fix =
        format!("您的角色是{}，不办理这一项。需要办理的，由管理员添加合适角色的用户（dangri user add）。", visit.account.roles_in_words());
    Trouble::new(StatusCode::FORBIDDEN, "您不能做这件事", fix).on(visit)
}

/// For every address that there is not; whoever has not logged in is led to the page where one does.
pub(super) async fn nowhere(State(_): State<super::Console>, visit: Result<Visit, Response>) -> Response {
    match visit {
        Ok(visit) => Trouble::new(StatusCode::NOT_FOUND, "没有这一页", "请从上面的目录进入。").on(&visit).into_response(),
        Err(response) if response.headers().contains_key(header::LOCATION) => response,
        Err(response) => response,
    }
}
