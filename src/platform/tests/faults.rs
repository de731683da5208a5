//! What the wire can do to an exchange (contract §8; faults rows 20 to 31).

use super::*;

/// A platform that hands out tokens and does this with everything else.
async fn doing(step: impl Fn(&Seen) -> Step + Send + Sync + 'static) -> Server {
    Server::run(move |seen| match seen.method.as_str() {
        "POST" => token("t1", 7_200),
        _ => step(seen),
    })
    .await
}

async fn submitted_to(server: &Server) -> Submitted {
    setting(&server.address).platform.submit(&submission("1")).await
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_unreachable_and_nothing_is_in_doubt() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let submitted = setting(&address).platform.submit(&submission("1")).await;
    assert_eq!(class_of(&submitted), (Class::Passing, Cause::Unreachable));
    let Submitted::Failed(failure) = submitted else { panic!() };
    assert_eq!(failure.code, "refused");
}

#[tokio::test]
async fn a_platform_that_goes_away_between_the_login_and_the_body_leaves_nothing_in_doubt() {
    let server = doing(willing).await;
    let setting = setting(&server.address);
    setting.platform.submit(&submission("1")).await;
    drop(server);
    let submitted = setting.platform.submit(&submission("2")).await;
    // The kept connection may have been found dead only after the body had begun to leave: then it is unknown, and never anything else.
    assert!(matches!(class_of(&submitted), (Class::Passing, Cause::Unreachable) | (Class::Unknown, Cause::NoAnswer)), "{submitted:?}");
}

#[tokio::test]
async fn a_reset_before_during_or_after_the_body_is_unknown() {
    // A body too large for the socket's buffers, so that "during" is during.
    let large = submission_of("1", format!("<D>{}</D>", "x".repeat(4_000_000)).as_bytes());
    for early in [true, false] {
        let server = Server::run_with(
            move |seen| (early && seen.method == "PUT").then(|| Step::Cut(Vec::new())),
            |seen| match seen.method.as_str() {
                "PUT" => Step::Cut(Vec::new()),
                _ => willing(seen),
            },
            None,
        )
        .await;
        for submission in [&large, &submission("1")] {
            let submitted = setting(&server.address).platform.submit(submission).await;
            assert_eq!(class_of(&submitted), (Class::Unknown, Cause::NoAnswer), "early: {early}");
        }
    }
}

#[tokio::test]
async fn a_refusal_before_the_body_was_read_is_still_heard() {
    let server = Server::run_with(|seen| (seen.method == "PUT").then(|| say(413, "01", "")), willing, None).await;
    let submitted = submitted_to(&server).await;
    assert_eq!(class_of(&submitted), (Class::Final, Cause::Defect));
}

#[tokio::test]
async fn an_exchange_cut_at_any_byte_is_unknown_and_the_whole_one_is_a_receipt() {
    let answer = |seen: &Seen| http(202, "", &envelope("00", &receipt(seen.id())));
    let cut = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let shared = Arc::clone(&cut);
    let server = doing(move |seen| {
        let bytes = answer(seen);
        let at = shared.load(std::sync::atomic::Ordering::SeqCst);
        Step::Cut(bytes[..at.min(bytes.len())].to_vec())
    })
    .await;
    let setting = setting(&server.address);
    let submission = submission("1");
    let whole = http(202, "", &envelope("00", &receipt(&submission.record.id().to_string()))).len();
    for at in 0..=whole {
        cut.store(at, std::sync::atomic::Ordering::SeqCst);
        let submitted = setting.platform.submit(&submission).await;
        if at < whole {
            assert_eq!(class_of(&submitted).0, Class::Unknown, "cut at {at}: {submitted:?}");
        } else {
            assert!(matches!(submitted, Submitted::Acknowledged(_)), "{submitted:?}");
        }
    }
}

#[tokio::test]
async fn a_platform_that_falls_silent_is_unknown_when_the_time_is_up() {
    for said in [&b""[..], b"HTTP/1.1 202 X\r\nContent-Le", b"HTTP/1.1 202 X\r\nContent-Length: 500\r\n\r\n<Resp"] {
        let said = said.to_vec();
        let server = doing(move |_| Step::Stall(said.clone())).await;
        let setting = setting_with(&server.address, |profile, _| profile.limits.answer_ms = 60);
        let submitted = setting.platform.submit(&submission("1")).await;
        assert_eq!(class_of(&submitted), (Class::Unknown, Cause::NoAnswer));
        let looked_up = setting.platform.look_up(submission("1").record.id()).await;
        let failure = looked_up.unwrap_err();
        assert_eq!((failure.class, failure.cause), (Class::Passing, Cause::NoAnswer));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    for head in ["Content-Length: 1073741824\r\n", "Transfer-Encoding: chunked\r\n"] {
        let chunk = format!("{:x}\r\n{}\r\n", 65_536, "a".repeat(65_536));
        let server = doing(move |_| {
            let head = format!("HTTP/1.1 200 X\r\n{head}\r\n");
            Step::Pour(head.into_bytes(), chunk.clone().into_bytes())
        })
        .await;
        let submitted = submitted_to(&server).await;
        assert_eq!(class_of(&submitted), (Class::Unknown, Cause::Nonsense));
        let Submitted::Failed(failure) = submitted else { panic!() };
        assert_eq!(failure.code, "too_long");
    }
}

#[tokio::test]
async fn whatever_is_not_an_answer_is_neither_a_success_nor_a_refusal() {
    let good = envelope("00", &receipt(&submission("1").record.id().to_string()));
    let other_namespace = good.replace("exchange:1", "exchange:9");
    let coded = |code: &str| good.replace("<Code>00</Code>", &format!("<Code>{code}</Code>"));
    let pages = [
        (200, "<html><title>用户登录</title></html>".to_owned()),
        (200, String::new()),
        (200, coded("0")),
        (200, coded("200")),
        (200, coded("成功")),
        (200, coded("99")),
        (200, other_namespace),
        (202, envelope("00", "")),
        (202, envelope("00", "<Results/>")),
        (404, "404 page not found".into()),
        (302, String::new()),
        (403, "<html>waf</html>".into()),
        (413, "<html>nginx</html>".into()),
        (404, envelope("18", "")),
    ];
    for (status, page) in pages {
        let body = page.clone();
        let server = doing(move |_| Step::Say(http(status, "Location: /login\r\n", &body))).await;
        let submitted = submitted_to(&server).await;
        assert_eq!(class_of(&submitted), (Class::Unknown, Cause::Nonsense), "{status} {page}");
        let looked_up = setting(&server.address).platform.look_up(submission("1").record.id()).await;
        assert_eq!(server.seen().len(), 4, "a redirect was followed");
        assert_ne!(looked_up.is_ok(), !page.contains("<Code>18<"), "{status} {page}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_unknown() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 abc\r\n\r\n"] {
        let bytes = bytes.to_vec();
        let server = doing(move |_| Step::Cut(bytes.clone())).await;
        let submitted = submitted_to(&server).await;
        assert_eq!(class_of(&submitted).0, Class::Unknown);
    }
}

#[tokio::test]
async fn an_answer_for_another_document_is_unknown_and_its_connection_is_not_used_again() {
    let other = submission("2").record.id().to_string();
    let server = doing(move |seen| match seen.method.as_str() {
        "PUT" => say(202, "00", &receipt(&other)),
        _ => say(200, "00", &format!("<Result><SubmissionId>{other}</SubmissionId><State>checking</State></Result>")),
    })
    .await;
    let setting = setting(&server.address);
    let submitted = setting.platform.submit(&submission("1")).await;
    let Submitted::Failed(failure) = submitted else { panic!("{submitted:?}") };
    assert_eq!((failure.class, failure.cause), (Class::Unknown, Cause::Nonsense));
    assert_eq!(failure.code, "cross_talk");
    let looked_up = setting.platform.look_up(submission("1").record.id()).await;
    assert_eq!(looked_up.unwrap_err().code, "cross_talk");
    drop(setting.platform.schema().await);
    let connections: Vec<_> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 1, 2]);
}

#[tokio::test]
async fn a_wait_that_the_platform_asks_for_stops_every_request_even_the_login() {
    for with_envelope in [true, false] {
        let server = Server::run(move |seen| {
            let body = if with_envelope { envelope("05", "") } else { "busy".into() };
            match seen.method.as_str() {
                "PUT" => Step::Say(http(503, "Retry-After: 120\r\n", &body)),
                _ => willing(seen),
            }
        })
        .await;
        let setting = setting(&server.address);
        let submitted = setting.platform.submit(&submission("1")).await;
        let Submitted::Failed(failure) = submitted else { panic!() };
        assert_eq!((failure.cause, failure.retry_after_secs), (Cause::Busy, Some(120)));
        // The body had left: only the platform's own word takes the doubt away.
        let class = if with_envelope { Class::Passing } else { Class::Unknown };
        assert_eq!(failure.class, class);
        setting.clock.set(now().plus(chrono::Duration::seconds(119)));
        let held = setting.platform.look_up(submission("1").record.id()).await.unwrap_err();
        assert_eq!((held.cause, held.retry_after_secs), (Cause::Busy, Some(1)));
        assert_eq!(server.seen().len(), 2);
        setting.clock.set(now().plus(chrono::Duration::seconds(120)));
        assert_eq!(setting.platform.look_up(submission("1").record.id()).await, Ok(None));
    }
}

#[tokio::test]
async fn what_the_platform_refuses_is_told_with_its_errors() {
    let errors = "<Errors><Error code=\"E1203\" path=\"/d:A\" line=\"14\"><Message>统一社会信用代码校验位错误</Message></Error></Errors>";
    for (status, code, cause) in [(422, "10", Cause::Schema), (422, "11", Cause::Rule), (403, "15", Cause::Permission)] {
        let server = doing(move |_| say(status, code, errors)).await;
        let submitted = submitted_to(&server).await;
        let Submitted::Refused { cause: found, refusals, .. } = submitted else { panic!("{submitted:?}") };
        assert_eq!((found, refusals.len(), refusals[0].line), (cause, 1, Some(14)));
    }
    let server = doing(move |_| say(422, "12", errors)).await;
    let Submitted::Failed(failure) = submitted_to(&server).await else { panic!() };
    assert_eq!((failure.class, failure.cause), (Class::Held, Cause::BaseData));
    assert_eq!(failure.said, "统一社会信用代码校验位错误");
}

#[tokio::test]
async fn a_number_that_is_held_names_its_holder() {
    let holder = submission("2").record.id();
    let server = doing(move |_| say(409, "13", &receipt(&holder.to_string()))).await;
    let submitted = submitted_to(&server).await;
    assert!(matches!(submitted, Submitted::NumberHeld { holder: found, .. } if found == holder), "{submitted:?}");
    let server = doing(move |_| say(409, "13", "")).await;
    assert_eq!(class_of(&submitted_to(&server).await), (Class::Held, Cause::Conflict));
}

#[tokio::test]
async fn bytes_that_are_not_what_was_taken_never_leave() {
    let server = doing(willing).await;
    let setting = setting(&server.address);
    let mut changed = submission("1");
    changed.body = b"<other/>".as_slice().into();
    let submitted = setting.platform.submit(&changed).await;
    assert_eq!(class_of(&submitted), (Class::Held, Cause::Unreadable));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_unknown_cursor_is_asked_for_again_from_the_beginning() {
    let server = doing(|seen| match seen.target.contains("after=") {
        true => say(400, "01", ""),
        false => say(200, "00", "<Results next=\"c1\" more=\"false\"/>"),
    })
    .await;
    let setting = setting(&server.address);
    let page = setting.platform.feed(Some("alt&mehr")).await.unwrap();
    assert_eq!(page.next, "c1");
    let targets: Vec<_> = server.seen().iter().map(|s| s.target.clone()).collect();
    assert_eq!(targets[1..], ["/results?after=alt%26mehr&limit=500", "/results?limit=500"]);
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = doing(willing).await;
    let setting = setting(&server.address);
    for n in 0..5 {
        setting.platform.submit(&submission(&n.to_string())).await;
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn requests_go_through_the_proxy_that_is_set() {
    let proxy = doing(willing).await;
    let through = |address: &str| {
        let address = address.to_owned();
        setting_with("http://127.0.0.1:9", move |_, access| access.proxy = Some(address))
    };
    assert!(matches!(through(&proxy.address).platform.submit(&submission("1")).await, Submitted::Acknowledged(_)));
    assert!(proxy.seen()[1].target.starts_with("http://127.0.0.1:9/documents/"));
    let address = proxy.address.clone();
    drop(proxy);
    let submitted = through(&address).platform.submit(&submission("1")).await;
    assert_eq!(class_of(&submitted), (Class::Passing, Cause::Unreachable));
}
