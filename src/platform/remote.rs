//! The platform as the contract describes it, over HTTP.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate};
use uuid::Uuid;

use super::{
    Access, Exchange, ExchangeLog, FeedPage, Platform, Profile, SchemaInForce, Sighting, Skew, Submission, Submitted,
    answer::{self, Answer, Words},
    classify::{Asked, Heard, Verdict, verdict},
    http::{Content, Reply, Request, Verb, Wire},
    retry_after::{self, Quiet},
    token::{Account, Desk, Token, Tokens, form_encoded},
    wire::{self, Envelope, Grant, HeadParts, Package, Payload, PublicationPage},
};
use crate::{
    clock::SharedClock,
    config::Problem,
    document::{Cause, Class, ContentHash, DocumentId, Failure, Kind, Timestamp},
    telemetry::field,
};

/// What a platform client needs beside its profile.
pub struct Surroundings {
    /// The time.
    pub clock: SharedClock,
    /// Where exchanges are kept.
    pub log: Arc<dyn ExchangeLog>,
    /// Where refused logins are remembered across restarts, so that restarts do not add up to a locked account.
    pub login_book: Option<PathBuf>,
}

/// The provincial platform over HTTP. One for the whole process: token, clock difference and `Retry-After` are shared.
pub struct HttpPlatform {
    profile: Profile,
    wire: Wire,
    tokens: Tokens,
    quiet: Quiet,
    skew: Mutex<Option<Skew>>,
    clock: SharedClock,
    log: Arc<dyn ExchangeLog>,
    sender_uscc: String,
    app_id: String,
}

/// One call, whatever its attempts.
struct Call {
    verb: Verb,
    target: String,
    /// As it is kept and shown: nothing percent-encoded.
    shown: String,
    document: Option<DocumentId>,
    /// The first attempt's `X-Request-Id`.
    request: Uuid,
}

impl HttpPlatform {
    /// A client for the platform of `profile`, for the office of `access`. Nothing is sent yet.
    ///
    /// # Errors
    /// Every mistake of the profile, and addresses and certificates that cannot be used, in Chinese.
    pub fn new(profile: Profile, access: Access, around: Surroundings) -> Result<Self, Vec<Problem>> {
        let mut problems = profile.problems();
        let wire = Wire::new(&profile, &access).map_err(|found| problems.extend(found)).ok();
        let (Some(wire), true) = (wire, problems.is_empty()) else {
            return Err(problems);
        };
        let account = Account { app_id: access.app_id.clone(), alg: profile.credential.alg, secret: access.secret };
        Ok(Self {
            tokens: Tokens::new(account, Arc::clone(&around.clock), around.login_book),
            wire,
            quiet: Quiet::default(),
            skew: Mutex::new(None),
            clock: around.clock,
            log: around.log,
            sender_uscc: access.sender_uscc,
            app_id: access.app_id,
            profile,
        })
    }

    /// What would be wrong with such a client: addresses, certificates, keys.
    pub fn problems(profile: &Profile, access: &Access) -> Vec<Problem> {
        let mut problems = profile.problems();
        problems.extend(Wire::new(profile, access).err().unwrap_or_default());
        problems
    }

    /// Why the platform does not let us in, while that lasts; to be raised.
    pub fn credential_trouble(&self) -> Option<Failure> {
        self.tokens.trouble()
    }

    /// A person has looked into the refused credential: the next login may be tried.
    pub fn release_credential(&self) {
        self.tokens.release();
    }

    /// Asks a question.
    async fn ask(&self, call: Call) -> Answer {
        self.authorised(&call, None).await
    }

    /// Makes a call with a token, and repeats it once when the token had run out (contract §1, code 03).
    async fn authorised(&self, call: &Call, package: Option<&Package>) -> Answer {
        let token = match self.tokens.get(self).await {
            Ok(token) => token,
            Err(failure) => return Answer::failed(failure),
        };
        let answer = self.with_token(call, call.request, package, &token).await;
        if answer.verdict != Verdict::Failed(Class::Passing, Cause::Token) {
            return answer;
        }
        let fresh = match self.tokens.replace(Some(&token), self).await {
            Ok(token) => token,
            Err(failure) => return Answer::failed(failure),
        };
        let answer = self.with_token(call, Uuid::new_v4(), package, &fresh).await;
        if answer.verdict == Verdict::Failed(Class::Passing, Cause::Token) {
            self.tokens.expired_while_fresh(&fresh);
        }
        answer
    }

    async fn with_token(&self, call: &Call, request: Uuid, package: Option<&Package>, token: &Arc<Token>) -> Answer {
        let content = package.map_or(Content::None, |p| Content::Package(p.clone()));
        let answer = self.once(call, request, Some(token), content).await;
        match answer.verdict {
            Verdict::Failed(_, Cause::Credential) => self.tokens.refused(token),
            Verdict::Failed(_, Cause::Token) => {}
            _ if answer.payload != Payload::None => self.tokens.worked(),
            _ => {}
        }
        answer
    }

    /// One exchange, kept in the log.
    async fn once(&self, call: &Call, request: Uuid, token: Option<&Arc<Token>>, content: Content) -> Answer {
        let at = self.clock.now();
        let longest = self.profile.limits.longest_retry_after_secs;
        if let Some(left) = self.quiet.left(at, longest) {
            return Answer::failed(Failure {
                said: "平台要求暂缓，此前不发任何请求".into(),
                retry_after_secs: Some(left),
                ..Failure::new(Class::Passing, Cause::Busy, Failure::QUIET)
            });
        }
        let taking = matches!(content, Content::Package(_));
        let reply = self
            .wire
            .exchange(Request {
                verb: call.verb,
                target: call.target.clone(),
                id: request,
                token: token.map(|token| &token.value),
                content,
            })
            .await;
        let done = self.clock.now();
        let envelope = match &reply.body {
            Ok(body) => wire::read(body).ok(),
            Err(_) => None,
        };
        self.keep(call, request, (at, done), &reply, envelope.as_ref());
        self.measure(at, done, &reply, envelope.as_ref());
        let asked = if taking { Asked::ToTake { begun: reply.begun } } else { Asked::Question };
        self.understand(asked, reply, envelope, done)
    }

    fn understand(&self, asked: Asked, reply: Reply, envelope: Option<Envelope>, now: Timestamp) -> Answer {
        let meaning = envelope.as_ref().and_then(|e| self.profile.codes.meaning(&e.code));
        let heard = match (&reply.body, meaning) {
            (_, Some(meaning)) => Heard::Code(meaning),
            (Err(trouble), None) => Heard::Fault(trouble.fault),
            (Ok(_), None) => Heard::Bare(reply.status.unwrap_or(0)),
        };
        let verdict = verdict(asked, heard);
        let their_now = reply.date.as_deref().and_then(retry_after::date).or(envelope.as_ref().map(|e| e.server_time)).unwrap_or(now);
        let longest = self.profile.limits.longest_retry_after_secs;
        let wait = reply
            .retry_after
            .as_deref()
            .filter(|_| verdict != Verdict::Done)
            .and_then(|text| retry_after::seconds(text, their_now, longest));
        if let Some(secs) = wait {
            self.quiet.keep(now, secs);
        }
        let words = Words::of(&reply, envelope.as_ref(), meaning.is_some(), wait);
        Answer { verdict, payload: envelope.map_or(Payload::None, |e| e.payload), words }
    }

    fn keep(&self, call: &Call, request: Uuid, (at, done): (Timestamp, Timestamp), reply: &Reply, envelope: Option<&Envelope>) {
        // Asked every few seconds; that nothing changed is not worth keeping for half a year.
        if matches!(envelope, Some(Envelope { payload: Payload::Results(page), .. }) if page.sightings.is_empty()) {
            return;
        }
        self.log.keep(Exchange {
            request,
            document: call.document,
            call: call.shown.clone(),
            at,
            took_ms: u64::try_from(done.since(at).num_milliseconds()).unwrap_or(0),
            status: reply.status,
            code: envelope.map(|e| answer::short(&e.code, 60)),
            answer: answer::kept(reply, envelope),
        });
    }

    /// Notes how the clocks stand: by `ServerTime`, or by `Date` as long as no envelope was seen.
    fn measure(&self, at: Timestamp, done: Timestamp, reply: &Reply, envelope: Option<&Envelope>) {
        let mut skew = self.skew.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = match envelope {
            Some(envelope) => Some(envelope.server_time),
            None if skew.is_none() => reply.date.as_deref().and_then(retry_after::date),
            None => None,
        };
        if let Some(theirs) = theirs {
            let middle = at.plus(done.since(at) / 2);
            *skew = Some(Skew { millis: theirs.since(middle).num_milliseconds(), at: done });
        }
    }

    /// An answer that names another document: nobody knows what became of ours, and no connection can be trusted.
    fn cross_talk(&self, ours: DocumentId, named: DocumentId) -> Failure {
        tracing::error!({ field::DOCUMENT_ID } = %ours, %named, "the platform's answer belongs to another document");
        self.wire.hang_up();
        Failure {
            said: format!("回应串号：平台的回应属于另一份文书 {named}"),
            ..Failure::new(Class::Unknown, Cause::Nonsense, "cross_talk")
        }
    }

    /// The package of an attempt, if the record and its bytes are what they should be: what leaves here cannot be taken back.
    fn package(&self, submission: &Submission) -> Result<Package, Failure> {
        let record = &submission.record;
        let (Some(facts), Some(digest)) = (&record.birth.facts, record.birth.digest) else {
            return Err(local(Cause::Defect, "存件没有检查结果，不能上传"));
        };
        if ContentHash::of(&submission.body) != digest {
            return Err(local(Cause::Unreadable, "存件内容与接收时不一致"));
        }
        let sender = &self.sender_uscc;
        let id = DocumentId::of_submission(sender, &facts.kind, &facts.document_key(), &digest);
        if id != record.id() {
            return Err(local(Cause::Defect, "报送编号与单位代码、文号或内容不符；接收后是否改过本单位的 uscc？"));
        }
        Ok(Package::new(
            &HeadParts {
                id,
                sender_uscc: sender,
                app_id: &self.app_id,
                facts,
                digest,
                supersedes: record.supersedes,
                sent_at: submission.sent_at,
            },
            &submission.body,
        ))
    }

    fn document_call(&self, verb: Verb, id: DocumentId, request: Uuid) -> Call {
        let target = self.profile.paths.document.replace("{id}", &id.to_string());
        Call { shown: format!("{} {target}", verb.word()), verb, target, document: Some(id), request }
    }
}

#[async_trait]
impl Platform for HttpPlatform {
    async fn submit(&self, submission: &Submission) -> Submitted {
        let package = match self.package(submission) {
            Ok(package) => package,
            Err(failure) => return Submitted::Failed(failure),
        };
        let ours = submission.record.id();
        let call = self.document_call(Verb::Put, ours, submission.request);
        let answer = self.authorised(&call, Some(&package)).await;
        match (answer.verdict, &answer.payload) {
            (Verdict::Done, Payload::Receipt(named, receipt)) if *named == ours => Submitted::Acknowledged(receipt.clone()),
            (Verdict::Done, Payload::Receipt(named, _)) => Submitted::Failed(self.cross_talk(ours, *named)),
            (Verdict::Refused(cause), payload) => Submitted::Refused {
                cause,
                refusals: match payload {
                    Payload::Errors(refusals) => refusals.clone(),
                    _ => Vec::new(),
                },
                code: answer.words.code,
            },
            // 13 that names ourselves says that the platform has it after all; a look-up tells.
            (Verdict::NumberHeld, Payload::Receipt(holder, receipt)) if *holder != ours => {
                Submitted::NumberHeld { holder: *holder, receipt: receipt.clone() }
            }
            // Held by somebody whom the platform does not name: nothing to compare with, so a person must look.
            (Verdict::NumberHeld, Payload::None) => Submitted::Failed(answer.failure(Class::Held, Cause::Conflict)),
            _ => Submitted::Failed(answer.into_failure()),
        }
    }

    async fn look_up(&self, id: DocumentId) -> Result<Option<Sighting>, Failure> {
        let call = self.document_call(Verb::Get, id, Uuid::new_v4());
        match self.ask(call).await {
            Answer { verdict: Verdict::Done, payload: Payload::Result(sighting), .. } if sighting.id == id => Ok(Some(sighting)),
            Answer { verdict: Verdict::Done, payload: Payload::Result(sighting), .. } => Err(self.cross_talk(id, sighting.id)),
            Answer { verdict: Verdict::Absent, .. } => Ok(None),
            other => Err(other.into_failure()),
        }
    }

    async fn look_up_number(&self, number: &str, kind: &Kind) -> Result<Vec<Sighting>, Failure> {
        let paths = &self.profile.paths;
        let query = format!("number={}&kind={}", form_encoded(number), form_encoded(kind.code()));
        let shown = format!("GET {}?number={number}&kind={kind}", paths.by_number);
        match self.ask(get(&paths.by_number, &query, Some(shown))).await {
            Answer { verdict: Verdict::Done, payload: Payload::Results(page), .. } => Ok(page.sightings),
            Answer { verdict: Verdict::Absent, .. } => Ok(Vec::new()),
            other => Err(other.into_failure()),
        }
    }

    async fn feed(&self, after: Option<&str>) -> Result<FeedPage, Failure> {
        let ask = async |after| {
            let query = format!("{}&limit={}", cursor(after), self.profile.limits.page);
            let query = query.trim_start_matches('&');
            self.ask(get(&self.profile.paths.results, query, None)).await
        };
        let mut answer = ask(after).await;
        // A cursor that the platform does not know: the reader starts from the beginning (contract §4).
        if after.is_some() && answer.verdict == Verdict::Failed(Class::Final, Cause::Defect) {
            tracing::warn!("the platform does not know the feed's cursor; reading from the beginning");
            answer = ask(None).await;
        }
        match answer {
            Answer { verdict: Verdict::Done, payload: Payload::Results(page), .. } => Ok(page),
            other => Err(other.into_failure()),
        }
    }

    async fn schema(&self) -> Result<SchemaInForce, Failure> {
        match self.ask(get(&self.profile.paths.schema, "", None)).await {
            Answer { verdict: Verdict::Done, payload: Payload::Schema(schema), .. } => Ok(schema),
            other => Err(other.into_failure()),
        }
    }

    async fn publications(&self, from: NaiveDate, to: NaiveDate, after: Option<&str>) -> Result<PublicationPage, Failure> {
        let query = format!("from={from}&to={to}{}&limit={}", cursor(after), self.profile.limits.page);
        match self.ask(get(&self.profile.paths.publications, &query, None)).await {
            Answer { verdict: Verdict::Done, payload: Payload::Publications(page), .. } => Ok(page),
            other => Err(other.into_failure()),
        }
    }

    fn skew(&self) -> Option<Skew> {
        *self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Desk for HttpPlatform {
    async fn ask(&self, form: String) -> Result<Grant, Failure> {
        let target = self.profile.paths.token.clone();
        let call = Call { verb: Verb::Post, shown: format!("POST {target}"), target, document: None, request: Uuid::new_v4() };
        let answer = self.once(&call, call.request, None, Content::Form(form)).await;
        match answer {
            Answer { verdict: Verdict::Done, payload: Payload::Token(grant), .. } => Ok(grant),
            other => Err(other.into_failure()),
        }
    }

    fn skew(&self) -> Option<Duration> {
        Platform::skew(self).map(|skew| Duration::milliseconds(skew.millis))
    }
}

fn get(path: &str, query: &str, shown: Option<String>) -> Call {
    let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Call { verb: Verb::Get, shown: shown.unwrap_or_else(|| format!("GET {target}")), target, document: None, request: Uuid::new_v4() }
}

/// `&after=…`, or nothing for the beginning.
fn cursor(after: Option<&str>) -> String {
    after.filter(|after| !after.is_empty()).map_or_else(String::new, |after| format!("&after={}", form_encoded(after)))
}

/// A failure found on our side, before anything left: a person must look.
fn local(cause: Cause, said: &str) -> Failure {
    Failure { said: said.to_owned(), ..Failure::new(Class::Held, cause, "local") }
}
