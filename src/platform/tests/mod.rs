//! The client against a real connection.

mod contract;
mod faults;
mod server;
mod taking;
mod tls;
mod tokens;

use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::{
    clock::ManualClock,
    document::{AuthorLevel, Birth, Class, ContentHash, Entry, Event, Facts, Lane, Name, Record, Source},
};
use server::{Seen, Server, Step, envelope, http, receipt, say, token};

const SENDER: &str = "113703020042700086";
const NOW: &str = "2023-04-03T17:20:11+08:00";

fn now() -> Timestamp {
    Timestamp::parse(NOW).unwrap()
}

/// A profile for a platform at `address`, and who we are there.
fn profile(address: &str) -> (Profile, Access) {
    let access = Access {
        base_url: Some(address.to_owned()),
        sender_uscc: SENDER.into(),
        app_id: "dangri".into(),
        secret: "geheim".into(),
        ca_file: None,
        client: None,
        proxy: None,
    };
    (Profile::parse(include_str!("../../../config/platform/shandong/profile.toml")).unwrap(), access)
}

/// A client with a clock that stands, and all that it kept.
struct Setting {
    platform: Arc<HttpPlatform>,
    clock: Arc<ManualClock>,
    log: Arc<Kept>,
}

#[derive(Default)]
struct Kept(std::sync::Mutex<Vec<Exchange>>);

impl ExchangeLog for Kept {
    fn keep(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

fn setting(address: &str) -> Setting {
    setting_with(address, |_, _| {})
}

fn setting_with(address: &str, change: impl FnOnce(&mut Profile, &mut Access)) -> Setting {
    let (mut profile, mut access) = profile(address);
    change(&mut profile, &mut access);
    let clock = ManualClock::at(now());
    let log = Arc::new(Kept::default());
    let around = Surroundings { clock: clock.clone(), log: log.clone(), login_book: None };
    let platform = HttpPlatform::new(profile, access, around).unwrap_or_else(|p| panic!("{p:?}"));
    Setting { platform: Arc::new(platform), clock, log }
}

/// A document that stands ready to be sent.
fn submission(number: &str) -> Submission {
    submission_of(
        number,
        format!("<InspectionRecord xmlns=\"urn:dangri:document:1\"><Number>{number}</Number></InspectionRecord>").as_bytes(),
    )
}

fn submission_of(number: &str, body: &[u8]) -> Submission {
    let kind = Kind::new("insp_record");
    let digest = ContentHash::of(body);
    let day = NaiveDate::from_ymd_opt(2023, 4, 3).unwrap();
    let facts = Facts {
        kind: kind.clone(),
        kind_name: "现场检查记录".into(),
        lane: Lane::Inspection,
        rank: 20,
        number: Some(number.into()),
        number_as_written: None,
        draft_id: Uuid::from_u128(7),
        schema_version: "2023.1".into(),
        author_level: AuthorLevel::Town,
        author: Name("王某".into()),
        party: Name("某厂".into()),
        party_uscc: None,
        document_date: day,
        inspection_id: None,
        case_id: None,
        inspection_end: None,
        ruling: None,
    };
    let birth = Birth {
        id: DocumentId::of_submission(SENDER, &kind, number, &digest),
        source: Source { path: "a.xml".into(), file: digest, bytes: body.len() as u64, modified: now(), first_seen: now() },
        facts: Some(facts),
        digest: Some(digest),
        cut_off: now(),
        due: now(),
    };
    let entry =
        Entry { at: now(), by: crate::document::Actor::Daemon, event: Event::Taken { findings: Vec::new(), held: None, supersedes: None } };
    Submission { record: Arc::new(Record::begin(birth, &entry).unwrap()), body: body.into(), request: Uuid::new_v4(), sent_at: now() }
}

/// A platform that hands out tokens and takes whatever comes.
fn willing(seen: &Seen) -> Step {
    match seen.method.as_str() {
        "POST" => token("t1", 7_200),
        "PUT" => say(202, "00", &receipt(seen.id())),
        _ => say(404, "18", ""),
    }
}

fn class_of(submitted: &Submitted) -> (Class, Cause) {
    match submitted {
        Submitted::Failed(failure) => (failure.class, failure.cause),
        other => panic!("{other:?}"),
    }
}
