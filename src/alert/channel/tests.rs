//! Each way out against a far end that checks what the original checks.

use std::path::Path;

use dangri_mocks::{
    MockClock,
    sink::{Demands, Mishap, Sink},
};

use super::*;
use crate::alert::{Form, Level};

/// 2023-11-21 19:02:03 in Beijing.
const NOW: i64 = 1_700_564_523_000;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn message(lines: usize) -> Message {
    Message {
        title: "【当日】红 已逾期 2 件  #A-1123-07".into(),
        subject: "【当日】红 已逾期 2 件（截止17:30） #A-1123-07".into(),
        lines: std::iter::once("某某区应急管理局 11月23日 17:30截止".to_owned())
            .chain((1..=lines).map(|n| format!("{n}. （淄）应急检记〔2026〕{n}号 平台退回：不符合平台规则")))
            .collect(),
        more: 0,
        foot: "处理：http://127.0.0.1:8420/".into(),
        level: Level::Red,
        form: Form::Alert,
        episodes: vec!["A-1123-07".into()],
        calls: vec![crate::config::Person {
            name: "值班员甲".into(),
            role: crate::config::Role::Duty,
            mobile: "13800000000".into(),
            feishu: "ou_1".into(),
            mail: "jia@example.gov.cn".into(),
            drafts_as: String::new(),
        }],
    }
}

fn secret(folder: &Path, name: &str, value: &str) -> SecretRef {
    let path = folder.join(name);
    std::fs::write(&path, value).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    SecretRef::File(path)
}

fn clock() -> MockClock {
    MockClock::following(|| chrono::DateTime::from_timestamp_millis(NOW).unwrap())
}

/// A far end, and a robot that is set up for it.
async fn robot(folder: &Path, make: config::RobotMake) -> (Sink, config::Robot) {
    let demands = Demands { key: "k+/ey".into(), secret: "SEC7f3a1c9d2b4e6f80".into(), keyword: "值班".into() };
    let sink = Sink::open(clock(), demands).await.unwrap();
    let key = secret(folder, "key", if make == config::RobotMake::Feishu { "k-ey" } else { "k+/ey" });
    let robot = config::Robot {
        make,
        base: sink.address().to_owned(),
        key,
        sign: Some(secret(folder, "sign", "SEC7f3a1c9d2b4e6f80")),
        keyword: "值班".into(),
        ca_file: None,
    };
    (sink, robot)
}

#[test]
fn the_signatures_are_those_that_other_programs_compute() {
    // Computed with Python's hmac and with openssl.
    let ding = robot::dingtalk_signature("SEC7f3a1c9d2b4e6f80", now());
    assert_eq!(ding, "&timestamp=1700564523000&sign=8WsnyMhVnuPueD%2FScfdoRFKsVSYH%2B1m4Z05YqDo3ZxY%3D");
    assert_eq!(robot::feishu_signature("fs-9a8b7c6d", 1_700_564_523), "5I2n4J47ZTC7Jc6pt0m5CFHGME0uxGbhQtwPRLoeXf0=");
    let hook = webhook::signature("hook-key", 1_700_564_523, "{\"text\":\"当日\"}");
    assert_eq!(hook, "5eedf807ad96318b4033f56d1c38cceb3029d238f5b2ce93cbfbf3cd8fc66fd3");
}

#[tokio::test]
async fn dingtalk_takes_what_is_signed_and_holds_its_word_and_a_200_alone_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let (sink, config) = robot(folder.path(), config::RobotMake::DingTalk).await;
    let way = robot::Robot(config.clone());
    way.send(&message(2), now()).await.unwrap();
    let taken = sink.taken();
    assert!(taken[0].text.starts_with("值班 【当日】红 已逾期 2 件"), "{}", taken[0].text);
    assert_eq!(taken[0].mobiles, ["13800000000"]);
    assert!(!taken[0].text.contains("13800000000"), "a number never stands in a text");
    for (mishap, said, wait) in [
        (Mishap::Code(310_000), "310000 关键词、加签或 IP 不符", None),
        (Mishap::Code(130_101), "130101 发得太快，被限流 10 分钟", Some(Duration::minutes(10))),
        (Mishap::Code(300_001), "300001 机器人地址失效", None),
        (Mishap::Status(502), "对方出错（HTTP 502）", None),
        (Mishap::Nonsense, "回答看不懂，地址可能不对", None),
        (Mishap::Drop, "连接中断", None),
    ] {
        sink.next(mishap);
        assert_eq!(way.send(&message(1), now()).await, Err(ChannelError { said: said.into(), not_before: wait }));
    }
    let unsigned = robot::Robot(config::Robot { sign: None, ..config });
    assert!(unsigned.send(&message(1), now()).await.unwrap_err().said.starts_with("310000"));
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn wecom_gets_two_thousand_bytes_cut_between_characters_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (sink, config) = robot(folder.path(), config::RobotMake::WeCom).await;
    let way = robot::Robot(config);
    let mut long = message(10);
    long.lines.iter_mut().for_each(|line| line.push_str(&"长".repeat(60)));
    long.more = 12;
    way.send(&long, now()).await.unwrap();
    let text = &sink.texts()[0];
    assert!(text.len() <= 2_048 && text.len() > 1_500, "{}", text.len());
    assert!(text.contains("余 16 条见控制台") && text.ends_with("处理：http://127.0.0.1:8420/"), "{text}");
    sink.next(Mishap::Code(45_009));
    assert_eq!(way.send(&long, now()).await.unwrap_err().not_before, Some(Duration::minutes(1)));
}

#[tokio::test]
async fn feishu_signs_its_own_way_and_calls_people_in_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let (_, config) = robot(folder.path(), config::RobotMake::Feishu).await;
    let demands = Demands { key: "k-ey".into(), secret: "SEC7f3a1c9d2b4e6f80".into(), keyword: "值班".into() };
    let sink = Sink::open(clock(), demands).await.unwrap();
    let way = robot::Robot(config::Robot { base: sink.address().to_owned(), ..config });
    way.send(&message(2), now()).await.unwrap();
    assert!(sink.texts()[0].ends_with("<at user_id=\"ou_1\">值班员甲</at>"), "{}", sink.texts()[0]);
    // A clock that is two hours wrong is told of as such.
    let late = now().plus(Duration::hours(2));
    assert_eq!(way.send(&message(2), late).await.unwrap_err().said, "19021 加签不符，或本机时间不准");
    for (code, said) in [(19_024, "19024 缺少关键词"), (19_022, "19022 IP 不在白名单"), (11_232, "11232 发得太快，被限流")]
    {
        sink.next(Mishap::Code(code));
        assert_eq!(way.send(&message(1), now()).await.unwrap_err().said, said);
    }
}

#[tokio::test]
async fn a_robot_that_is_flooded_blocks_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_sink, config) = robot(folder.path(), config::RobotMake::DingTalk).await;
    let way = robot::Robot(config);
    for _ in 0..20 {
        way.send(&message(1), now()).await.unwrap();
    }
    assert!(way.send(&message(1), now()).await.unwrap_err().said.contains("限流"));
}

#[tokio::test]
async fn a_webhook_is_signed_over_time_and_body() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::open(clock(), Demands { secret: "hook-key".into(), ..Demands::default() }).await.unwrap();
    let url = format!("{}/sms", sink.address());
    let way =
        webhook::Webhook { url: url.clone(), sign: Some(secret(folder.path(), "s", "hook-key")), ca_file: None, office: "某局".into() };
    way.send(&message(2), now()).await.unwrap();
    let taken = &sink.taken()[0];
    assert_eq!((taken.body["schema"].as_str(), taken.body["level"].as_str()), (Some("dangri.alert/1"), Some("red")));
    assert_eq!(taken.body["episodes"][0], "A-1123-07");
    assert!(taken.text.contains("已逾期 2 件"));
    let way = webhook::Webhook { url, sign: Some(secret(folder.path(), "t", "other")), ca_file: None, office: "某局".into() };
    assert_eq!(way.send(&message(2), now()).await.unwrap_err().said, "对方不认签名（HTTP 401）");
}

#[tokio::test]
async fn a_command_gets_the_text_and_its_exit_code_counts() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let script = format!("cat > '{}'; echo \"$DANGRI_LEVEL $DANGRI_MOBILES\" >> '{}'", out.display(), out.display());
    let way = |script: String| command::Command { program: "/bin/sh".into(), arguments: vec!["-c".into(), script] };
    way(script).send(&message(2), now()).await.unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("【当日】红 已逾期 2 件") && text.ends_with("红 13800000000\n"), "{text}");
    let failed = way("echo 短信猫没有信号 13912345678 >&2; exit 3".into()).send(&message(1), now()).await.unwrap_err();
    assert_eq!(failed.said, "退出码 3：短信猫没有信号 139****5678");
    let gone = command::Command { program: "/no/such/program".into(), arguments: Vec::new() };
    assert_eq!(gone.send(&message(1), now()).await.unwrap_err().said, "程序启动不了（不存在）");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_a_failure_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_sink, config) = robot(folder.path(), config::RobotMake::DingTalk).await;
    let way = robot::Robot(config::Robot { key: SecretRef::File(folder.path().join("gone")), ..config });
    assert!(way.send(&message(1), now()).await.unwrap_err().said.starts_with("口令读不出来：没有文件"));
}
