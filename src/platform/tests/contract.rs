//! The whole contract against the mock platform, which shares no code with us.

use chrono::{DateTime, Duration, Utc};
use dangri_mocks::{Account, Action, Endpoint, MockClock, Moment, Platform as Mock, Rule, Running, Setup, SignAlgorithm, Tls};

use super::*;

/// The mock platform on our clock, and a client of it.
struct World {
    mock: Running,
    platform: Arc<HttpPlatform>,
    clock: Arc<ManualClock>,
}

async fn world() -> World {
    world_with(|_| {}, |_, _| {}).await
}

async fn world_with(mock: impl FnOnce(&mut Setup), change: impl FnOnce(&mut Profile, &mut Access)) -> World {
    let clock = ManualClock::at(now());
    let followed = clock.clone();
    let mut setup = Setup::on_clock(MockClock::following(move || {
        DateTime::<Utc>::from_timestamp_millis(crate::clock::Clock::now(&*followed).millis()).unwrap()
    }));
    setup.accounts = vec![Account::new("dangri", "geheim")];
    mock(&mut setup);
    let mock = Mock::start(setup).await.unwrap();
    let (mut profile, mut access) = profile(&mock.base_url());
    change(&mut profile, &mut access);
    let around = Surroundings { clock: clock.clone(), log: Arc::new(NoExchangeLog), login_book: None };
    let platform = HttpPlatform::new(profile, access, around).unwrap_or_else(|p| panic!("{p:?}"));
    World { mock, platform: Arc::new(platform), clock }
}

const NUMBER: &str = "（淄）应急检记〔2023〕1号";

fn number(n: u32) -> String {
    format!("（淄）应急检记〔2023〕{n}号")
}

impl World {
    /// What the platform says of a document when it can be seen for certain.
    async fn seen(&self, submission: &Submission) -> Option<Sighting> {
        self.clock.advance(Duration::seconds(300));
        self.platform.look_up(submission.record.id()).await.unwrap()
    }

    fn tell(&self, action: Action) {
        self.mock.script(Rule::new(Endpoint::Put, action).times(1));
    }
}

#[tokio::test]
async fn a_document_is_taken_seen_fed_and_found_under_its_number() {
    let world = world().await;
    let submission = submission(NUMBER);
    let first = world.platform.submit(&submission).await;
    let Submitted::Acknowledged(receipt) = &first else { panic!("{first:?}") };
    assert!(!receipt.receipt_no.is_empty());
    let sighting = world.seen(&submission).await.unwrap();
    assert_eq!((sighting.state, sighting.digest), (SightedState::Entered, submission.record.birth.digest));
    assert!(sighting.entered_at.is_some());
    let page = world.platform.feed(None).await.unwrap();
    assert_eq!(page.sightings, std::slice::from_ref(&sighting));
    let next = world.platform.feed(Some(&page.next)).await.unwrap();
    assert!(next.sightings.is_empty() && !next.more);
    assert_eq!(world.platform.feed(Some("nie gegeben")).await.unwrap().sightings.len(), 1);
    let kind = Kind::new("insp_record");
    assert_eq!(world.platform.look_up_number(NUMBER, &kind).await, Ok(vec![sighting]));
    assert_eq!(world.platform.look_up_number(&number(9), &kind).await, Ok(vec![]));
    assert_eq!(world.platform.schema().await.unwrap().version, "2023.1");
    // The same bytes again: the first receipt again.
    assert_eq!(world.platform.submit(&submission).await, first);
    assert_eq!(world.mock.books().counters().repeated_request_ids, 1, "a test's own doing: one submission, sent twice");
}

#[tokio::test]
async fn sm3_signatures_are_accepted_where_only_they_are() {
    let sm3 = |setup: &mut Setup| setup.accounts = vec![Account::new("dangri", "geheim").signing_with(SignAlgorithm::HmacSm3)];
    let world = world_with(sm3, |profile, _| profile.credential.alg = Algorithm::HmacSm3).await;
    assert!(matches!(world.platform.submit(&submission(NUMBER)).await, Submitted::Acknowledged(_)));
    let refused = world_with(sm3, |_, _| {}).await;
    let submitted = refused.platform.submit(&submission(NUMBER)).await;
    assert_eq!(class_of(&submitted), (Class::Passing, Cause::Credential));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_all_expire_cost_one_login_for_eight_workers() {
    let world = world().await;
    for round in 0..4 {
        let mut workers = tokio::task::JoinSet::new();
        for n in 0..8 {
            let platform = Arc::clone(&world.platform);
            workers.spawn(async move { platform.submit(&submission(&number(1 + round * 8 + n))).await });
        }
        for submitted in workers.join_all().await {
            assert!(matches!(submitted, Submitted::Acknowledged(_)), "{submitted:?}");
        }
        world.mock.expire_tokens();
    }
    assert_eq!(world.mock.books().counters().token_calls, 4);
}

/// What the wire does, whether the platform keeps the document all the same.
#[tokio::test]
async fn whatever_happens_on_the_way_only_a_look_up_tells_what_was_kept() {
    let kept = [
        Action::CommitThenDrop { reset: false },
        Action::CommitThenDrop { reset: true },
        Action::Html { committing: true },
        Action::Empty { committing: true },
        Action::CodeAs { text: "0".into() },
        Action::CodeAs { text: "200".into() },
        Action::CodeAs { text: "成功".into() },
        Action::Truncate { after: 40 },
        Action::NameAnother { id: "0123456789abcdef0123456789abcdef".into() },
        Action::Status { status: 502, code: None, retry_after: None, committing: true },
        Action::Status { status: 500, code: Some("04".into()), retry_after: None, committing: true },
    ];
    let dropped = [
        Action::DropWithoutCommit,
        Action::Html { committing: false },
        Action::Empty { committing: false },
        Action::Reset { at: Moment::BeforeBody },
        Action::Reset { at: Moment::DuringBody },
        Action::Reset { at: Moment::AfterBody },
        Action::Status { status: 504, code: None, retry_after: None, committing: false },
    ];
    let world = world().await;
    let acts = kept.into_iter().map(|a| (a, true)).chain(dropped.into_iter().map(|a| (a, false)));
    for (n, (action, kept)) in (1..).zip(acts) {
        let submission = submission(&number(n));
        world.tell(action.clone());
        let submitted = world.platform.submit(&submission).await;
        assert_eq!(class_of(&submitted).0, Class::Unknown, "{action:?}: {submitted:?}");
        assert_eq!(world.seen(&submission).await.is_some(), kept, "{action:?}");
    }
}

#[tokio::test]
async fn an_answer_given_twice_is_never_taken_for_another_documents() {
    let world = world().await;
    for n in 1..20 {
        world.tell(Action::AnswerTwice);
        let first = world.platform.submit(&submission(&number(2 * n))).await;
        let second = world.platform.submit(&submission(&number(2 * n + 1))).await;
        for submitted in [&first, &second] {
            let fine = matches!(submitted, Submitted::Acknowledged(_)) || class_of(submitted).0 != Class::Final;
            assert!(fine, "{submitted:?}");
        }
        for sent in [2 * n, 2 * n + 1] {
            let seen = world.seen(&submission(&number(sent))).await;
            let acknowledged = if sent % 2 == 0 { &first } else { &second };
            assert!(seen.is_some() || !matches!(acknowledged, Submitted::Acknowledged(_)));
        }
    }
}

#[tokio::test]
async fn a_slow_answer_is_read_to_its_end_or_its_time_is_up() {
    let patient = world().await;
    patient.tell(Action::SlowDrip { bytes: 60, every_ms: 1 });
    assert!(matches!(patient.platform.submit(&submission(NUMBER)).await, Submitted::Acknowledged(_)));
    let hasty = world_with(|_| {}, |profile, _| profile.limits.answer_ms = 100).await;
    hasty.tell(Action::SlowDrip { bytes: 1, every_ms: 5_000 });
    let submitted = hasty.platform.submit(&submission(NUMBER)).await;
    assert_eq!(class_of(&submitted), (Class::Unknown, Cause::NoAnswer));
}

#[tokio::test]
async fn a_number_held_by_other_content_names_its_holder() {
    let world = world().await;
    let first = submission(NUMBER);
    world.platform.submit(&first).await;
    let other = submission_of(NUMBER, b"<InspectionRecord xmlns=\"urn:dangri:document:1\">other</InspectionRecord>");
    let submitted = world.platform.submit(&other).await;
    assert!(matches!(&submitted, Submitted::NumberHeld { holder, .. } if *holder == first.record.id()), "{submitted:?}");
}

#[tokio::test]
async fn every_refusal_of_the_table_means_what_the_table_says() {
    let world = world().await;
    let expected = [
        ("01", Class::Final, Cause::Defect),
        ("04", Class::Unknown, Cause::PlatformError),
        ("12", Class::Held, Cause::BaseData),
        ("14", Class::Passing, Cause::Order),
        ("16", Class::Final, Cause::Defect),
        ("17", Class::Held, Cause::SchemaVersion),
    ];
    for (n, (code, class, cause)) in (1..).zip(expected) {
        world.tell(Action::Refuse { code: code.into(), message: None, errors: Vec::new() });
        let submitted = world.platform.submit(&submission(&number(n))).await;
        assert_eq!(class_of(&submitted), (class, cause), "{code}: {submitted:?}");
    }
    for (code, cause) in [("10", Cause::Schema), ("11", Cause::Rule), ("15", Cause::Permission)] {
        world.tell(Action::Refuse { code: code.into(), message: None, errors: Vec::new() });
        let submitted = world.platform.submit(&submission(&number(50))).await;
        assert!(matches!(&submitted, Submitted::Refused { cause: found, .. } if *found == cause), "{code}: {submitted:?}");
    }
}

#[tokio::test]
async fn a_platform_that_refuses_connections_leaves_nothing_in_doubt_and_is_found_again() {
    let world = world().await;
    world.platform.schema().await.unwrap();
    world.mock.refuse_connections().await;
    // The kept connection was cut; whether its end was seen before or after the question makes no difference to a question.
    let failure = world.platform.schema().await.unwrap_err();
    assert_eq!(failure.class, Class::Passing);
    let submitted = world.platform.submit(&submission(NUMBER)).await;
    assert_eq!(class_of(&submitted), (Class::Passing, Cause::Unreachable));
    world.mock.accept_connections().await;
    assert!(matches!(world.platform.submit(&submission(NUMBER)).await, Submitted::Acknowledged(_)));
}

#[tokio::test]
async fn publications_are_read_page_by_page() {
    let world = world().await;
    let day = now().beijing_day();
    let page = world.platform.publications(day, day, None).await.unwrap();
    assert!(page.publications.is_empty() && !page.more && page.complete_to.is_some());
}

#[tokio::test]
async fn the_platform_is_reached_over_tls_as_well() {
    let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let files = tempfile::tempdir().unwrap();
    let ca_file = files.path().join("ca.pem");
    std::fs::write(&ca_file, signed.cert.pem()).unwrap();
    let tls = Tls { certificates: signed.cert.pem(), key: signed.signing_key.serialize_pem(), client_authority: None };
    let world = world_with(|setup| setup.tls = Some(tls), |_, access| access.ca_file = Some(ca_file)).await;
    assert!(matches!(world.platform.submit(&submission(NUMBER)).await, Submitted::Acknowledged(_)));
}
