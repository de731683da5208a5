//! What a call came to, and the words for it: what people are told and what is kept, without personal data and without tokens.

use super::{
    classify::Verdict,
    http::Reply,
    wire::{Envelope, Payload},
};
use crate::{
    document::{Cause, Class, Failure},
    redact,
};

/// The longest answer that is kept, in bytes.
const MOST_KEPT: usize = 8 * 1024;

/// What a call came to.
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) payload: Payload,
    /// The platform's words, of use when the verdict is not a success.
    pub(super) words: Words,
}

pub(super) struct Words {
    pub(super) code: String,
    pub(super) said: String,
    pub(super) retry_after_secs: Option<u64>,
}

impl Answer {
    pub(super) fn failed(failure: Failure) -> Self {
        Self {
            verdict: Verdict::Failed(failure.class, failure.cause),
            payload: Payload::None,
            words: Words { code: failure.code, said: failure.said, retry_after_secs: failure.retry_after_secs },
        }
    }

    pub(super) fn failure(self, class: Class, cause: Cause) -> Failure {
        Failure { class, cause, code: self.words.code, said: self.words.said, retry_after_secs: self.words.retry_after_secs }
    }

    /// The failure for a verdict that is not what was hoped for; a success whose payload proves nothing is no answer.
    pub(super) fn into_failure(self) -> Failure {
        match self.verdict {
            Verdict::Failed(class, cause) => self.failure(class, cause),
            _ => self.failure(Class::Unknown, Cause::Nonsense),
        }
    }
}

impl Words {
    /// What was heard, in words; `known` says whether the envelope's code is in the table.
    pub(super) fn of(reply: &Reply, envelope: Option<&Envelope>, known: bool, retry_after_secs: Option<u64>) -> Self {
        let status = || format!("HTTP {}", reply.status.unwrap_or(0));
        let (code, said) = match (&reply.body, envelope) {
            (_, Some(envelope)) if known => (envelope.code.clone(), words_of(envelope)),
            (_, Some(envelope)) => (status(), format!("代码表中没有的代码“{}”", envelope.code)),
            (Err(trouble), None) => (trouble.code.to_owned(), trouble.said.clone()),
            (Ok(body), None) => (status(), without_token(&beginning(body, 1_200)).to_owned()),
        };
        Self { code: short(&code, 60), said: short(&said, 300), retry_after_secs }
    }
}

/// What an envelope has to say to a person: its errors, its schema, else its sentence.
fn words_of(envelope: &Envelope) -> String {
    match &envelope.payload {
        Payload::Errors(refusals) if !refusals.is_empty() => refusals.iter().map(|r| r.message.as_str()).collect::<Vec<_>>().join("；"),
        Payload::Schema(schema) => format!("{}；平台现用版本 {}", envelope.message, schema.version),
        _ => envelope.message.clone(),
    }
}

/// An answer as it is kept, at most [`MOST_KEPT`] bytes; or what the transport said.
pub(super) fn kept(reply: &Reply, envelope: Option<&Envelope>) -> String {
    let text = match &reply.body {
        // More than is kept, so that nothing personal is cut in two and then not seen for what it is.
        Ok(body) => beginning(body, 2 * MOST_KEPT),
        Err(trouble) => format!("{}：{}", trouble.code, trouble.said),
    };
    let hidden = match envelope.map(|e| &e.payload) {
        Some(Payload::Token(grant)) => text.replace(&grant.value, "***"),
        Some(_) => text,
        None => without_token(&text).to_owned(),
    };
    let masked = redact::mask(&hidden);
    masked[..masked.floor_char_boundary(MOST_KEPT)].to_owned()
}

/// Up to where a token's element begins, in whatever prefix: this may be half of an answer to a login.
fn without_token(text: &str) -> &str {
    text.split("Token>").next().unwrap_or_default()
}

fn beginning(body: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&body[..body.len().min(most)]).into_owned()
}

/// Masked, in one line, at most `most` characters.
pub(super) fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    redact::mask(&line).chars().take(most).collect()
}
