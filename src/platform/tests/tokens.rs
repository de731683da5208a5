//! One login for all, and never one too many.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::*;
use chrono::Duration;

/// A platform whose tokens are numbered; those up to a number are expired.
async fn numbering(expired: Arc<AtomicU64>) -> (Server, Arc<AtomicU64>) {
    let given = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&given);
    let server = Server::run(move |seen| {
        if seen.method == "POST" {
            return token(&(count.fetch_add(1, SeqCst) + 1).to_string(), 7_200);
        }
        let held = seen.header("authorization").unwrap().trim_start_matches("Bearer ");
        if held.parse::<u64>().unwrap() <= expired.load(SeqCst) {
            return say(401, "03", "");
        }
        willing(seen)
    })
    .await;
    (server, given)
}

async fn submit_many(setting: &Setting, numbers: std::ops::Range<u32>) -> Vec<Submitted> {
    let mut workers = tokio::task::JoinSet::new();
    for number in numbers {
        let platform = Arc::clone(&setting.platform);
        workers.spawn(async move { platform.submit(&submission(&number.to_string())).await });
    }
    workers.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_workers_whose_token_runs_out_log_in_once() {
    let expired = Arc::new(AtomicU64::new(0));
    let (server, given) = numbering(Arc::clone(&expired)).await;
    let setting = setting(&server.address);
    for round in 1..=5 {
        let submitted = submit_many(&setting, round * 10..round * 10 + 8).await;
        assert!(submitted.iter().all(|s| matches!(s, Submitted::Acknowledged(_))), "{submitted:?}");
        assert_eq!(given.load(SeqCst), u64::from(round));
        expired.store(u64::from(round), SeqCst);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_runs_out_and_a_closed_desk_does_not_matter_until_then() {
    let server = Server::run(|seen| match (seen.method.as_str(), seen.header("authorization")) {
        ("POST", _) => token("t1", 1_000),
        _ => willing(seen),
    })
    .await;
    let setting = setting(&server.address);
    let platform = &setting.platform;
    for (secs, logins) in [(0, 1), (899, 1), (901, 2), (902, 2)] {
        setting.clock.set(now().plus(Duration::seconds(secs)));
        assert!(matches!(platform.submit(&submission("1")).await, Submitted::Acknowledged(_)));
        assert_eq!(server.count("POST", "/token"), logins, "after {secs} s");
    }
}

#[tokio::test]
async fn a_desk_that_is_closed_when_a_token_should_be_renewed_is_left_alone_for_a_while() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let server = Server::run(move |seen| match seen.method.as_str() {
        "POST" if count.fetch_add(1, SeqCst) > 0 => say(500, "04", ""),
        "POST" => token("t1", 1_000),
        _ => willing(seen),
    })
    .await;
    let setting = setting(&server.address);
    for secs in [0, 901, 902, 910, 920] {
        setting.clock.set(now().plus(Duration::seconds(secs)));
        let submitted = setting.platform.submit(&submission("1")).await;
        assert!(matches!(submitted, Submitted::Acknowledged(_)));
    }
    assert_eq!(asked.load(SeqCst), 2);
    setting.clock.set(now().plus(Duration::seconds(1_001)));
    let submitted = setting.platform.submit(&submission("1")).await;
    assert_eq!(class_of(&submitted), (Class::Passing, Cause::PlatformError));
}

#[tokio::test]
async fn a_token_that_is_always_expired_costs_at_most_three_logins_an_hour() {
    let expired = Arc::new(AtomicU64::new(u64::MAX));
    let (server, _) = numbering(expired).await;
    let setting = setting(&server.address);
    for minute in 0..59 {
        setting.clock.set(now().plus(Duration::minutes(minute)));
        let submitted = setting.platform.submit(&submission("1")).await;
        assert_eq!(class_of(&submitted).0, Class::Passing);
    }
    let logins = server.count("POST", "/token");
    assert!(logins <= 3, "{logins}");
    assert_eq!(setting.platform.credential_trouble().map(|f| f.cause), Some(Cause::Credential));
}

#[tokio::test]
async fn a_refused_login_stops_everything_and_restarts_do_not_add_up_to_a_locked_account() {
    let server = Server::run(|_| say(401, "02", "")).await;
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(now());
    let start = |secret: &str| {
        let (profile, mut access) = profile(&server.address);
        access.secret = secret.into();
        let around = Surroundings { clock: clock.clone(), log: Arc::new(NoExchangeLog), login_book: Some(folder.path().join("book")) };
        HttpPlatform::new(profile, access, around).unwrap_or_else(|p| panic!("{p:?}"))
    };
    for day in 0..5 {
        clock.set(now().plus(Duration::days(day)));
        let platform = start("geheim");
        for minute in 0..200 {
            clock.set(now().plus(Duration::days(day) + Duration::minutes(minute)));
            let submitted = platform.submit(&submission("1")).await;
            assert_eq!(class_of(&submitted), (Class::Passing, Cause::Credential));
        }
    }
    assert_eq!(server.seen().len(), 2);
    // A new secret is a new account as far as the book goes.
    clock.set(now());
    start("neu").submit(&submission("1")).await;
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_person_lets_the_next_login_be_tried() {
    let server = Server::run(|_| say(401, "02", "")).await;
    let setting = setting(&server.address);
    for minute in 0..60 {
        setting.clock.set(now().plus(Duration::minutes(minute)));
        drop(setting.platform.look_up(submission("1").record.id()).await);
    }
    assert_eq!(server.seen().len(), 2);
    setting.platform.release_credential();
    drop(setting.platform.look_up(submission("1").record.id()).await);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_mended_by_the_platforms_own() {
    // The platform's ServerTime is NOW; it refuses signatures that are more than 300 s off.
    let server = Server::run(|seen| {
        let Some(stamp) = seen.field("timestamp") else {
            return willing(seen);
        };
        let off = stamp.parse::<i64>().unwrap() - now().secs();
        if off.abs() > 300 { say(401, "02", "") } else { willing(seen) }
    })
    .await;
    let setting = setting(&server.address);
    setting.clock.set(now().plus(Duration::minutes(11)));
    let submitted = setting.platform.submit(&submission("1")).await;
    assert!(matches!(submitted, Submitted::Acknowledged(_)), "{submitted:?}");
    let skew = Platform::skew(&*setting.platform).unwrap();
    assert_eq!(skew.millis, -11 * 60_000);
    assert_eq!(server.count("POST", "/token"), 2);
    // What was learnt is not learnt by a refusal again.
    setting.clock.set(now().plus(Duration::hours(2) + Duration::minutes(11)));
    drop(setting.platform.submit(&submission("2")).await);
    assert_eq!(server.count("POST", "/token"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_token_that_eight_requests_carried_counts_once() {
    let server = Server::run(|seen| match seen.method.as_str() {
        "POST" => token("t1", 7_200),
        _ => say(401, "02", ""),
    })
    .await;
    let setting = setting(&server.address);
    for submitted in submit_many(&setting, 0..8).await {
        assert_eq!(class_of(&submitted), (Class::Passing, Cause::Credential));
    }
    assert_eq!(server.count("POST", "/token"), 1);
    let trouble = setting.platform.credential_trouble().unwrap();
    assert_eq!(trouble.retry_after_secs, Some(20 * 60));
}

#[tokio::test]
async fn a_token_never_reaches_the_log() {
    let plain = envelope("00", "<Token><Value>sehr-geheim</Value><ExpiresIn>7200</ExpiresIn></Token>");
    let prefixed = plain.replace("xmlns=", "xmlns:x=").replace("</", "</x:").replace('<', "<x:").replace("<x:/x:", "</x:");
    for (body, whole) in [(plain.clone(), true), (prefixed.clone(), true), (prefixed.replace("ExpiresIn>7", "ExpiresIn>x"), false)] {
        let server = Server::run(move |seen| match seen.method.as_str() {
            "POST" => Step::Say(http(200, "", &body)),
            _ => willing(seen),
        })
        .await;
        let setting = setting(&server.address);
        let submitted = setting.platform.submit(&submission("1")).await;
        assert_eq!(matches!(submitted, Submitted::Acknowledged(_)), whole, "{submitted:?}");
        assert!(!format!("{submitted:?}").contains("geheim"), "{submitted:?}");
        let kept = setting.log.0.lock().unwrap();
        assert_eq!((kept[0].call.as_str(), kept[0].code.is_some()), ("POST /token", whole));
        assert!(kept.iter().all(|e| !serde_json::to_string(e).unwrap().contains("geheim")), "{kept:?}");
    }
}
