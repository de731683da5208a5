//! 用户: who may come in.

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
    status::{text::Colour, words},
    users::Shown,
};

struct Row {
    name: String,
    roles: String,
    mark: Mark,
    added: String,
    password_set: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
}

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit) -> Result<Response, Trouble> {
    visit.only_if(visit.account.may_see_users())?;
    let users = console.users.all().await.map_err(|error| Trouble::of_the_store(&error).on(&visit))?;
    let frame = Frame::around("用户", &visit, &console).await;
    Ok(show::page(StatusCode::OK, &Page { frame, rows: users.into_iter().map(row).collect() }))
}

fn row(user: Shown) -> Row {
    let mark = match &user.locked {
        Some((since, by)) => Mark::new(Colour::Red, format!("停用（{} 由 {}）", words::full(*since), text(by))),
        None => Mark::new(Colour::Green, "正常"),
    };
    Row {
        name: text(&user.name),
        roles: user.label,
        mark,
        added: format!("{} 由 {}", words::full(user.added), text(&user.added_by)),
        password_set: words::full(user.password_set),
    }
}
