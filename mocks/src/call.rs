//! One call: its address, who makes it, and the platform's own answer.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;

use crate::answer::{Answer, Part, known, unhex};
use crate::clock::{Millis, millis_of, seconds};
use crate::documents::{self, Put, Sent};
use crate::platform::Shared;
use crate::results::{self, Query};
use crate::script::{Action, Endpoint, Facts, Plan};
use crate::token::Shut;

/// An answer before delivery.
pub(crate) enum Reply {
    /// With the exchange's envelope.
    Envelope(Answer),
    /// Without.
    Raw { status: u16, headers: Vec<(&'static str, String)>, content_type: Option<String>, body: Bytes },
}

/// The head of a call.
pub(crate) struct Call<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) parts: &'a Parts,
    /// Submission or upload id in the address.
    pub(crate) id: &'a str,
    pub(crate) request_id: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub(crate) fn of(parts: &'a Parts) -> Self {
        let (endpoint, id) = route(&parts.method, parts.uri.path());
        let request_id = parts.headers.get("x-request-id").and_then(|v| v.to_str().ok()).filter(|v| !v.is_empty());
        Self { endpoint, parts, id, request_id }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.parts.headers.get(name).and_then(|v| v.to_str().ok())
    }

    fn query(&self) -> Result<Query, String> {
        Query::read(self.parts.uri.query())
    }

    /// What rules may match on, as far as the head tells.
    pub(crate) fn facts(&self, p: &Shared) -> Facts {
        let mut facts = Facts::default();
        match self.endpoint {
            Endpoint::Put => facts.id = Some(self.id.to_owned()),
            Endpoint::GetDocument => {
                facts.id = Some(self.id.to_owned());
                let world = p.world();
                if let Some(s) = unhex(self.id).and_then(|id| world.by_id(&id)) {
                    facts.kind = Some(s.head.kind.clone());
                    facts.number.clone_from(&s.head.number);
                }
            }
            Endpoint::ByNumber => {
                if let Ok(query) = self.query() {
                    facts.kind = query.get("kind").map(str::to_owned);
                    facts.number = query.get("number").map(str::to_owned);
                }
            }
            _ => {}
        }
        facts
    }

    /// Whose call it is, or why it is not let in.
    pub(crate) fn caller(&self, p: &Shared, now: Millis) -> Result<String, Box<Answer>> {
        let header = self.parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
        match p.accounts().enter(header, now) {
            Ok(app) => Ok(app.to_owned()),
            Err(Shut::Bad) => Err(Box::new(Answer::of("02"))),
            Err(Shut::Expired) => Err(Box::new(Answer::of("03"))),
        }
    }

    /// What is wrong with the headers that every call carries.
    pub(crate) fn header_fault(&self) -> Option<String> {
        let media = match self.endpoint {
            Endpoint::Put => Some("application/xml"),
            Endpoint::Token => Some("application/x-www-form-urlencoded"),
            _ => None,
        };
        let sent = self.parts.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let mut pieces = sent.split(';').map(str::trim);
        let named = pieces.next().unwrap_or_default();
        if media.is_some_and(|m| !named.eq_ignore_ascii_case(m)) {
            return Some(format!("Content-Type is {named:?}"));
        }
        if self.endpoint == Endpoint::Put && !pieces.any(|p| p.eq_ignore_ascii_case("charset=utf-8")) {
            return Some("Content-Type does not say charset=UTF-8".into());
        }
        if self.request_id.is_none() {
            return Some("X-Request-Id is missing".into());
        }
        None
    }
}

fn route<'a>(method: &Method, path: &'a str) -> (Endpoint, &'a str) {
    let one = |rest: &'a str| (!rest.is_empty() && !rest.contains('/')).then_some(rest);
    if let Some(rest) = path.strip_prefix("/documents") {
        return match (method, rest.strip_prefix('/').and_then(one)) {
            (&Method::PUT, Some(id)) => (Endpoint::Put, id),
            (&Method::GET, Some(id)) => (Endpoint::GetDocument, id),
            (&Method::GET, None) if rest.is_empty() => (Endpoint::ByNumber, ""),
            _ => (Endpoint::Unknown, ""),
        };
    }
    if let Some(rest) = path.strip_prefix("/attachments") {
        return match (method, rest.strip_prefix('/').and_then(one)) {
            (&Method::POST | &Method::OPTIONS, None) if rest.is_empty() => (Endpoint::Attachments, ""),
            (&Method::HEAD | &Method::PATCH | &Method::DELETE | &Method::OPTIONS, Some(id)) => (Endpoint::Attachments, id),
            _ => (Endpoint::Unknown, ""),
        };
    }
    match (method, path) {
        (&Method::POST, "/token") => (Endpoint::Token, ""),
        (&Method::GET, "/results") => (Endpoint::Results, ""),
        (&Method::GET, "/publications") => (Endpoint::Publications, ""),
        (&Method::GET, "/schema") => (Endpoint::Schema, ""),
        _ => (Endpoint::Unknown, ""),
    }
}

/// The platform's own answer. `body` is `None` where it was too large. `None` when a rule that needed the document ends the
/// call without keeping anything.
pub(crate) fn respond(p: &Shared, call: &Call<'_>, body: Option<&[u8]>, plan: &mut Plan, now: Millis) -> Option<Reply> {
    Some(Reply::Envelope(match own(p, call, body, plan, now) {
        Ok(answer) => answer,
        Err(Stop::Answer(answer)) => *answer,
        Err(Stop::Met) => return None,
    }))
}

enum Stop {
    Answer(Box<Answer>),
    Met,
}

impl From<Answer> for Stop {
    fn from(answer: Answer) -> Self {
        Self::Answer(Box::new(answer))
    }
}

impl From<Box<Answer>> for Stop {
    fn from(answer: Box<Answer>) -> Self {
        Self::Answer(answer)
    }
}

fn own(p: &Shared, call: &Call<'_>, body: Option<&[u8]>, plan: &mut Plan, now: Millis) -> Result<Answer, Stop> {
    let too_large = || Answer::malformed("the body is over 10 MiB").status(413);
    if call.endpoint == Endpoint::Token {
        if let Some(answer) = scripted(p, call.endpoint, plan) {
            return Ok(answer);
        }
        if let Some(why) = call.header_fault() {
            return Ok(Answer::malformed(why));
        }
        let life = plan.find(|a| if let Action::TokenLife { seconds: s } = a { Some(seconds(*s)) } else { None });
        let life = life.unwrap_or_else(|| millis_of(p.setup.token_life));
        return Ok(body.map_or_else(too_large, |b| p.accounts().token(b, life, now)));
    }
    let app = call.caller(p, now)?;
    if let Some(answer) = scripted(p, call.endpoint, plan) {
        return Ok(answer);
    }
    let fault = call.header_fault();
    if call.endpoint == Endpoint::Put {
        let body = body.ok_or_else(too_large)?;
        let sent = Sent { app: &app, id: call.id, body, fault };
        return match documents::put(p, sent, plan, now) {
            Put::Answered(answer) => Ok(answer),
            Put::Met => Err(Stop::Met),
        };
    }
    if let Some(why) = fault {
        return Ok(Answer::malformed(why));
    }
    let query = call.query().map_err(Answer::malformed)?;
    if matches!(call.endpoint, Endpoint::GetDocument | Endpoint::Schema) {
        query.only(&[]).map_err(Answer::malformed)?;
    }
    Ok(match call.endpoint {
        Endpoint::GetDocument => documents::get(p, call.id, now),
        Endpoint::ByNumber => documents::by_number(p, &app, &query, now),
        Endpoint::Results => {
            let mut world = p.world();
            world.settle(&p.setup, now);
            results::feed(&mut world, &app, &query, plan)
        }
        Endpoint::Publications => {
            let mut world = p.world();
            world.settle(&p.setup, now);
            crate::publications::list(&world, &p.setup, &p.base, &query, plan, now)
        }
        Endpoint::Schema => crate::schema::get(p, now),
        _ => Answer::malformed("unknown address or method"),
    })
}

/// A scripted refusal that does not wait for its place among a PUT's own reasons.
pub(crate) fn scripted(p: &Shared, endpoint: Endpoint, plan: &Plan) -> Option<Answer> {
    let (code, message, errors) = plan.find(|a| match a {
        Action::Refuse { code, message, errors } => Some((code.as_str(), message.as_deref(), errors)),
        _ => None,
    })?;
    if endpoint == Endpoint::Put && matches!(code, "10" | "11" | "12" | "13" | "14" | "15" | "17") {
        return None;
    }
    let mut answer = Answer::of(known(code).map_or("04", |k| k.0));
    answer.message = message.map(str::to_owned);
    answer.part = match code {
        "10" | "11" | "12" if errors.is_empty() => Part::Errors(documents::default_errors(code)),
        "10" | "11" | "12" => Part::Errors(errors.clone()),
        "17" => Part::Written(crate::schema::write(p, &p.world())),
        _ => Part::None,
    };
    if code == "05" {
        p.ledger().busy_until(p.setup.clock.millis() + 1000);
        answer.retry_after = Some("1".into());
    }
    Some(answer)
}
