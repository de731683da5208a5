//! How things are put on a page.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};

use crate::{
    redact,
    status::{lights::Light, text::Colour, words},
};

/// A page, rendered.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "页面没有做成，请查看日志：journalctl -u dangri\n").into_response()
        }
    }
}

/// Text from a draft, the platform or a person: numbers of people are masked, and nothing in it moves other text about.
pub(super) fn text(from: &str) -> String {
    redact::mask(&words::plain(from)).into_owned()
}

/// The style of a colour.
pub(super) const fn class(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "red",
        Colour::Yellow => "orange",
        Colour::Green => "green",
        Colour::Blue => "blue",
        Colour::Grey => "grey",
    }
}

/// The sign beside a colour, for those who do not see it.
pub(super) const fn sign(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "✘",
        Colour::Yellow => "!",
        Colour::Green => "✔",
        Colour::Blue => "→",
        Colour::Grey => "–",
    }
}

/// A word with its colour and sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: String,
}

impl Mark {
    pub(super) fn new(colour: Colour, word: impl Into<String>) -> Self {
        Self { class: class(colour), sign: sign(colour), word: word.into() }
    }
}

/// One of the top bar's lights.
pub(super) struct Lit {
    pub(super) name: &'static str,
    pub(super) mark: Mark,
}

impl From<Light> for Lit {
    fn from(light: Light) -> Self {
        Self { name: light.name, mark: Mark::new(light.colour, text(&light.word)) }
    }
}
