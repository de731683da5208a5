//! People are told: raised once, repeated, resolved, by a channel that is down, within a minute, and red when nobody can be told.

use std::sync::{Arc, OnceLock};

use dangri::{
    alert::{
        desk,
        outside::{self, Heard},
    },
    clock::{Clock as _, ManualClock},
    control::{self, Answer, Ask},
    document::Timestamp,
    status::Exit,
};
use dangri_mocks::{
    Action, Endpoint, MockClock, Rule,
    sink::{Demands, Mishap, Sink},
};

use crate::harness::{Furnishing, Office, edited, record};

/// The time of an office that may not be open yet.
pub(crate) type Time = Arc<OnceLock<Arc<ManualClock>>>;

/// A robot's far end that goes by `time`, and the lines that configure the channel.
pub(crate) async fn group(time: &Time, name: &str, turn: &str) -> (Sink, String) {
    let time = Arc::clone(time);
    let now = move || time.get().map_or(0, |clock| clock.now().millis());
    let clock = MockClock::following(move || chrono::DateTime::from_timestamp_millis(now()).unwrap());
    let sink = Sink::open(clock, Demands::default()).await.unwrap();
    let text = format!(
        "[[alert.channels]]\nname = \"{name}\"\nkind = \"wecom\"\nturn = \"{turn}\"\nkey = {{ file = \"secret\" }}\nbase = \"{}\"\n",
        sink.address()
    );
    (sink, text)
}

/// The platform answers nothing but errors.
fn down() -> Rule {
    Rule::new(Endpoint::Any, Action::Status { status: 502, code: None, retry_after: None, committing: false }).always()
}

/// An office at `at` that says nothing when all is well.
pub(crate) fn office(at: &str, channels: &[&str]) -> Furnishing {
    Furnishing::at(at).with("[alert]\nreassure = \"\"\n").with(&channels.concat())
}

/// Opens it, and lets the robots know the time.
pub(crate) async fn open(furnishing: Furnishing, time: &Time) -> Office {
    let office = furnishing.open().await;
    assert!(time.set(Arc::clone(&office.clock)).is_ok());
    office
}

/// What an operator asks of alerts, through the control socket.
pub(crate) async fn ask(office: &Office, ask: desk::Ask) -> Vec<desk::Answer> {
    let socket = office.config().control_socket;
    let asked = tokio::task::spawn_blocking(move || {
        let mut answers = Vec::new();
        let asked = control::ask(&socket, Ask::Alert(ask), None, None, |answer| {
            if let Answer::Alert(answer) = answer {
                answers.push(answer);
            }
            Ok(())
        });
        asked.map(|()| answers).map_err(|error| format!("{:?}", error.problem()))
    });
    asked.await.unwrap().unwrap()
}

/// Lets time pass until a moment of the sample day or the day after.
pub(crate) async fn until(office: &Office, text: &str) {
    let end = Timestamp::parse(&format!("{text}+08:00")).unwrap();
    office.pass(end.since(office.clock.now())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_misses_midnight_is_told_up_the_ladder_within_a_minute_and_when_it_is_over() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-03T19:30:00+08:00", &[&channel]).platform(|setup| setup.rules.push(down())), &time).await;
    office.put("甲.xml", &record(1));
    until(&office, "2023-04-03T23:59:30").await;
    let before = sink.texts();
    for rung in ["还有 4 小时", "还有 2 小时", "还有 30 分钟"] {
        assert_eq!(before.iter().filter(|text| text.contains("临近截止") && text.contains(rung)).count(), 1, "{rung}: {before:#?}");
    }
    assert!(!before.iter().any(|text| text.contains("已逾期")), "{before:#?}");
    until(&office, "2023-04-04T00:01:00").await;
    let overdue: Vec<String> = sink.texts().into_iter().filter(|text| text.contains("已逾期 1 件")).collect();
    assert_eq!(overdue.len(), 1, "{:#?}", sink.texts());
    assert!(overdue[0].contains("#A-0404-01") || overdue[0].contains("#A-0404-02"), "{}", overdue[0]);
    assert!(overdue[0].contains("4月3日 24:00 截止"), "{}", overdue[0]);
    assert_eq!(office.status().await.exit(), Exit::Overdue);
    until(&office, "2023-04-04T00:31:00").await;
    assert!(sink.texts().iter().any(|text| text.contains("第 2 次提醒")), "{:#?}", sink.texts());
    office.mock.be_good();
    until(&office, "2023-04-04T02:00:00").await;
    let last: Vec<String> = sink.texts().into_iter().filter(|text| text.contains("已恢复")).collect();
    assert!(last.iter().any(|text| text.contains("已逾期") && text.contains("无人认领")), "{last:#?}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_at_any_moment_tells_each_rung_once_and_loses_none() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let mut office = open(office("2023-04-03T19:50:00+08:00", &[&channel]).platform(|setup| setup.rules.push(down())), &time).await;
    office.put("甲.xml", &record(1));
    for moment in ["19:59:50", "20:00:10", "20:00:40", "20:10:00", "21:59:55", "22:00:15", "22:30:00", "23:30:05", "23:59:59"] {
        until(&office, &format!("2023-04-03T{moment}")).await;
        office.crash().await;
        office.start().await;
    }
    until(&office, "2023-04-04T00:02:00").await;
    let texts = sink.texts();
    let ladder = |text: &&String| text.contains("临近截止") && text.contains("还有");
    assert_eq!(texts.iter().filter(ladder).count(), 3, "{texts:#?}");
    assert_eq!(texts.iter().filter(|text| text.contains("已逾期")).count(), 1, "{texts:#?}");
    office.mock.be_good();
    office.drain().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_down_is_itself_told_by_the_next_and_shown() {
    let time = Time::default();
    let (first, one) = group(&time, "值班群", "group").await;
    let (second, two) = group(&time, "备用群", "spare").await;
    let office = open(office("2023-04-03T19:30:00+08:00", &[&one, &two]).platform(|setup| setup.rules.push(down())), &time).await;
    first.always(Some(Mishap::Code(93_000)));
    office.put("甲.xml", &record(1));
    until(&office, "2023-04-03T20:20:00").await;
    assert_eq!(first.taken().len(), 0);
    let texts = second.texts();
    assert!(texts.iter().any(|text| text.contains("临近截止")), "after two minutes the next channel has it: {texts:#?}");
    assert!(texts.iter().any(|text| text.contains("告警通道失败") && text.contains("93000 机器人地址失效")), "{texts:#?}");
    let status = office.status().await;
    assert!(status.channels[0].failed && !status.channels[1].failed);
    let problems = status.problems();
    assert!(problems.iter().any(|problem| problem.code == "D-1202" && problem.exit() == Exit::NoAlert), "{problems:?}");
    let shown = dangri::status::text::render(&status, dangri::status::text::Style::PLAIN);
    assert!(shown.contains("告警: 值班群 失败（93000 机器人地址失效） / 备用群 正常  ← 请处理"), "{shown}");
    // Mended, it gets one message that says how things stand, not all that it missed.
    first.always(None);
    until(&office, "2023-04-03T20:40:00").await;
    assert!(!first.texts().is_empty() && first.texts().len() <= 3, "{:#?}", first.texts());
    assert!(!office.status().await.channels[0].failed);
    office.mock.be_good();
    office.drain().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_no_channel_works_what_is_overdue_ends_with_twelve() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-03T23:30:00+08:00", &[&channel]).platform(|setup| setup.rules.push(down())), &time).await;
    sink.always(Some(Mishap::Drop));
    office.put("甲.xml", &record(1));
    until(&office, "2023-04-04T00:20:00").await;
    let status = office.status().await;
    assert!(status.today.overdue > 0);
    assert_eq!(status.exit(), Exit::NoAlert);
    let tried = ask(&office, desk::Ask::Test { channel: None }).await;
    assert!(matches!(&tried[..], [desk::Answer::Delivery(d)] if d.outcome == dangri::alert::Outcome::Failed), "{tried:?}");
    sink.always(None);
    let tried = ask(&office, desk::Ask::Test { channel: None }).await;
    assert!(matches!(&tried[..], [desk::Answer::Delivery(d)] if d.outcome == dangri::alert::Outcome::Delivered), "{tried:?}");
    assert_eq!(office.status().await.exit(), Exit::Overdue);
    office.mock.be_good();
    office.drain().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_personal_data_of_a_draft_or_its_name_reaches_a_message() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let office = open(office("2023-04-03T19:30:00+08:00", &[&channel]), &time).await;
    let fit = record(1);
    let at = std::str::from_utf8(&fit).unwrap().find("<Enterprise>").unwrap();
    let party = crate::harness::element(&fit[at..], "Name");
    office.put(&format!("{party}370302199001011236王大锤13912345678.xml"), &edited(&fit, "<Uscc>9", "<Uscc>8"));
    office.put("370302199001011236.xml", b"<?xml version=\"1.0\"?><InspectionRecord>13912345678");
    until(&office, "2023-04-04T09:10:00").await;
    let texts = sink.texts().join("\n");
    assert!(texts.contains("已逾期"), "{texts}");
    for canary in ["370302199001011236", "13912345678", "王大锤", party.as_str()] {
        assert!(!texts.contains(canary), "{canary} is in {texts}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_hears_whether_the_daemon_is_well_and_only_under_its_own_name() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let furnishing = office("2023-04-03T18:00:00+08:00", &[&channel]).listening(&format!("127.0.0.1:{port}"));
    let mut office = open(furnishing, &time).await;
    until(&office, "2023-04-03T18:01:00").await;
    let peer = format!("http://127.0.0.1:{port}");
    assert_eq!(outside::ask(&peer).await, Heard::Well);
    // Three failures in a row: no channel is left.
    sink.always(Some(Mishap::Status(502)));
    for _ in 0..3 {
        ask(&office, desk::Ask::Test { channel: None }).await;
    }
    assert_eq!(outside::ask(&peer).await, Heard::Unwell(vec!["没有一个告警渠道可用".into()]));
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    office.stop().await;
    assert!(matches!(outside::ask(&peer).await, Heard::Silent(_)));
    office.start().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_whose_daemon_falls_silent_tells_by_a_channel_of_its_own_and_again_when_it_answers() {
    let time = Time::default();
    let (sink, channel) = group(&time, "看门群", "group").await;
    let (_inside, own) = group(&time, "值班群", "group").await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut office = open(office("2023-04-03T14:02:00+08:00", &[&own]).listening(&format!("127.0.0.1:{port}")), &time).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret");
    std::fs::write(&secret, "robot").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let file = elsewhere.path().join("watch.toml");
    let text = format!("[watch]\noffice = \"某某区应急管理局\"\nstate = \"state\"\n[alert]\nreassure = \"\"\n{channel}");
    std::fs::write(&file, text).unwrap();
    let outside = dangri::config::read_outside(&file).unwrap_or_else(|problems| panic!("{problems}"));
    let clock: dangri::clock::SharedClock = office.clock.clone();
    let (watcher, store) = dangri::daemon::station(outside, format!("http://127.0.0.1:{port}"), &clock).await.unwrap();
    let (off, ended) = (Arc::new(std::sync::atomic::AtomicBool::new(false)), std::sync::atomic::Ordering::SeqCst);
    let (looking, sending) = (Arc::clone(&off), Arc::clone(&off));
    #[expect(clippy::disallowed_methods, reason = "the test awaits them")]
    let loops = [
        tokio::spawn(Arc::clone(&watcher).watch(|_| {}, move || looking.load(ended))),
        tokio::spawn(Arc::clone(&watcher).send(|_| {}, move || sending.load(ended))),
    ];
    office.pass(chrono::Duration::minutes(5)).await;
    assert_eq!(sink.texts(), Vec::<String>::new(), "all is well");
    assert_eq!(office.stop().await, 0);
    office.pass(chrono::Duration::minutes(4)).await;
    let told = sink.texts();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("红 主程序异常") && told[0].contains("主程序没有回应"), "{}", told[0]);
    office.start().await;
    office.pass(chrono::Duration::minutes(4)).await;
    let over = sink.texts();
    assert!(over.len() == 2 && over[1].contains("已恢复 主程序异常"), "{over:#?}");
    off.store(true, ended);
    watcher.signals().iter().for_each(|signal| signal.raise());
    office.pass(chrono::Duration::minutes(2)).await;
    for one in loops {
        one.await.unwrap().unwrap();
    }
    store.close().await.unwrap();
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_on_duty_is_called_and_nobody_claiming_takes_it_to_the_head_and_at_the_cut_off_to_the_leader() {
    let time = Time::default();
    let (group_sink, one) = group(&time, "值班群", "group").await;
    let (head_sink, two) = group(&time, "科室短信", "head").await;
    let (leader_sink, three) = group(&time, "领导短信", "leader").await;
    let person = |name: &str, role: &str| format!("[[alert.people]]\nname = \"{name}\"\nrole = \"{role}\"\nmobile = \"13912345678\"\n");
    let people = [person("值班甲", "duty"), person("值班乙", "duty"), person("科长丙", "head"), person("局长丁", "leader")].concat();
    let furnishing = office("2023-04-03T18:00:00+08:00", &[&one, &two, &three, &people]);
    let office = open(furnishing.platform(|setup| setup.rules.push(down())), &time).await;
    let said = office.dangri(&office.folder(), &["alert", "duty", "值班甲"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    office.put("甲.xml", &record(1));
    until(&office, "2023-04-03T20:10:00").await;
    let first = group_sink.texts().into_iter().find(|text| text.contains("临近截止")).unwrap();
    assert!(first.contains("通知：值班甲") && !first.contains("值班乙") && !first.contains("科长丙"), "{first}");
    assert!(!first.contains("13912345678"), "a number calls somebody; it does not stand in the text: {first}");
    let near = |sink: &Sink| sink.texts().iter().filter(|text| text.contains("临近截止")).count();
    assert_eq!((near(&head_sink), near(&leader_sink)), (0, 0));
    let called = group_sink.taken().into_iter().any(|taken| taken.mobiles.contains(&"13912345678".to_owned()));
    assert!(called, "the one on duty is called by his number");
    // Claimed within the half hour, it goes no further up and is not repeated.
    let id = first.split('#').nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let claimed = office.dangri(&office.folder(), &["alert", "ack", &id]).await;
    assert_eq!(claimed.code, 0, "{}{}", claimed.out, claimed.err);
    until(&office, "2023-04-03T21:58:00").await;
    assert_eq!(near(&head_sink), 0, "{:#?}", head_sink.texts());
    // The claim has run out, and the platform is still away: to the head, and when it is overdue to the leader at once.
    until(&office, "2023-04-03T23:10:00").await;
    assert!(
        head_sink.texts().iter().any(|text| text.contains("临近截止") && text.contains("报科室负责人") && text.contains("科长丙")),
        "{:#?}",
        head_sink.texts()
    );
    until(&office, "2023-04-04T00:01:00").await;
    let leader = leader_sink.texts();
    assert!(leader.iter().any(|text| text.contains("已逾期 1 件") && text.contains("局长丁")), "{leader:#?}");
    let refused =
        office.dangri(&office.folder(), &["alert", "silence", "已逾期", "--until", "2023-04-05 08:00", "--reason", "等通知"]).await;
    assert_ne!(refused.code, 0, "what is overdue is never silent beyond its day: {}", refused.out);
    office.mock.be_good();
    office.drain().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_word_carries_away_the_end_of_the_audit_log() {
    let time = Time::default();
    let (sink, channel) = group(&time, "值班群", "group").await;
    let furnishing = Furnishing::at("2023-04-03T17:30:00+08:00").with("[alert]\nreassure = \"17:40\"\n").with(&channel);
    let office = open(furnishing, &time).await;
    let said = office.dangri(&office.folder(), &["day", "ack", "2023-04-02", "--note", "周日无检查"]).await;
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    until(&office, "2023-04-03T17:42:00").await;
    let told = sink.texts().into_iter().find(|text| text.contains("平安报")).unwrap();
    // The line of that number, hashed as anybody can hash it, is what the message says.
    let out = office.folder().join("审计.jsonl");
    assert_eq!(office.dangri(&office.folder(), &["audit", "export", "--out", out.to_str().unwrap()]).await.code, 0);
    let lines = std::fs::read_to_string(&out).unwrap();
    let (_, rest) = told.split_once("审计摘要 ").unwrap_or_else(|| panic!("{told}"));
    let (digest, rest) = rest.split_once("（第 ").unwrap();
    let number: usize = rest.split_once(" 条）").unwrap().0.parse().unwrap();
    let line = lines.lines().nth(number - 1).unwrap_or_else(|| panic!("{number}: {lines}"));
    assert!(line.contains(&format!("\"seq\":{number},")), "{line}");
    let hash = <sha2::Sha256 as sha2::Digest>::digest(line.as_bytes());
    let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, hash, "{told}");
    office.close().await;
}
