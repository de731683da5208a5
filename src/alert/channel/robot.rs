//! Chat robots: 钉钉, 企业微信, 飞书 (operators' manual B3).

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::Duration;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{AlertChannel, ChannelError, Message, http, secret};
use crate::{
    config::{self, RobotMake},
    document::Timestamp,
};

/// A robot.
pub(super) struct Robot(pub(super) config::Robot);

/// The longest text, in bytes of UTF-8: 钉钉 by its 20,000 bytes a message, 企业微信 2,048 bytes a text, 飞书 20 KB the whole body.
const fn longest(make: RobotMake) -> usize {
    match make {
        RobotMake::DingTalk => 18_000,
        RobotMake::WeCom => 2_048,
        // JSON writes a Chinese character as it is, a line end in two bytes; names that are called come on top.
        RobotMake::Feishu => 16_000,
    }
}

#[async_trait]
impl AlertChannel for Robot {
    async fn send(&self, message: &Message, now: Timestamp) -> Result<(), ChannelError> {
        let robot = &self.0;
        let key = secret(&robot.key).await?;
        let sign = match &robot.sign {
            Some(of) => Some(secret(of).await?),
            None => None,
        };
        let sign = sign.as_ref().map(|s| s.expose_secret());
        let text = text(message, robot);
        let mobiles: Vec<&str> = message.calls.iter().map(|p| p.mobile.as_str()).filter(|m| !m.is_empty()).collect();
        let (key, base) = (encoded(key.expose_secret()), &robot.base);
        let (url, body) = match robot.make {
            RobotMake::DingTalk => {
                let signed = sign.map(|sign| dingtalk_signature(sign, now)).unwrap_or_default();
                let body = json!({ "msgtype": "text", "text": { "content": text }, "at": { "atMobiles": mobiles, "isAtAll": false } });
                (format!("{base}/robot/send?access_token={key}{signed}"), body)
            }
            RobotMake::WeCom => {
                let body = json!({ "msgtype": "text", "text": { "content": text, "mentioned_mobile_list": mobiles } });
                (format!("{base}/cgi-bin/webhook/send?key={key}"), body)
            }
            RobotMake::Feishu => {
                let calls = message.calls.iter().filter(|p| !p.feishu.is_empty());
                let calls: String = calls.map(|p| format!("<at user_id=\"{}\">{}</at> ", p.feishu, p.name)).collect();
                let mut body = json!({ "msg_type": "text", "content": { "text": format!("{text}\n{calls}").trim_end() } });
                if let Some(sign) = sign {
                    body["timestamp"] = json!(now.secs().to_string());
                    body["sign"] = json!(feishu_signature(sign, now.secs()));
                }
                (format!("{base}/open-apis/bot/v2/hook/{key}"), body)
            }
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let answer = http::request(Some(body), &url, &[], robot.ca_file.as_deref()).await?;
        judged(robot.make, &answer)
    }
}

/// The text with the office's word in it, within what the robot takes.
fn text(message: &Message, robot: &config::Robot) -> String {
    let limit = longest(robot.make);
    if robot.keyword.is_empty() || message.within(limit).contains(&robot.keyword) {
        return message.within(limit);
    }
    // At the front, where no cutting takes it away.
    format!("{} {}", robot.keyword, message.within(limit - robot.keyword.len() - 1))
}

fn hmac(key: &[u8], message: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(message);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// `&timestamp=…&sign=…`: the secret is the key, `timestamp\nsecret` the message; milliseconds.
pub(super) fn dingtalk_signature(secret: &str, now: Timestamp) -> String {
    let millis = now.millis();
    let sign = hmac(secret.as_bytes(), format!("{millis}\n{secret}").as_bytes());
    format!("&timestamp={millis}&sign={}", encoded(&sign))
}

/// `timestamp\nsecret` is the key, and the message is empty; seconds.
pub(super) fn feishu_signature(secret: &str, seconds: i64) -> String {
    hmac(format!("{seconds}\n{secret}").as_bytes(), b"")
}

/// Percent-encoded for a query or a path.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// What the robot made of it: 200 and its own code 0, or not.
fn judged(make: RobotMake, answer: &http::Answer) -> Result<(), ChannelError> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    let code = match make {
        // 飞书's older robots answer `StatusCode`.
        RobotMake::Feishu => body["code"].as_i64().or_else(|| body["StatusCode"].as_i64()),
        RobotMake::DingTalk | RobotMake::WeCom => body["errcode"].as_i64(),
    };
    let tired = matches!(answer.status, 429 | 503);
    match (answer.status, code) {
        (200, Some(0)) => Ok(()),
        (_, Some(code)) => Err(refused(make, code)),
        _ if tired => Err(ChannelError::new(format!("对方限流（HTTP {}）", answer.status)).leave_alone(Duration::minutes(1))),
        (200, None) => Err(ChannelError::new("回答看不懂，地址可能不对")),
        (status, None) => Err(ChannelError::new(format!("对方出错（HTTP {status}）"))),
    }
}

fn refused(make: RobotMake, code: i64) -> ChannelError {
    use RobotMake::{DingTalk, Feishu, WeCom};
    let (said, wait) = match (make, code) {
        // Beyond its limit 钉钉 blocks a robot for ten minutes.
        (DingTalk, 130_101 | 660_026) => ("发得太快，被限流 10 分钟", Some(Duration::minutes(10))),
        (DingTalk, 310_000) => ("关键词、加签或 IP 不符", None),
        (DingTalk, 300_001 | 300_005 | 40_035 | 400_013) | (WeCom, 93_000) | (Feishu, 19_001) => ("机器人地址失效", None),
        (WeCom, 45_009) => ("发得太快，被限流", Some(Duration::minutes(1))),
        (WeCom, 40_058) => ("消息过长", None),
        (Feishu, 11_232 | 9_499 | 11_247) => ("发得太快，被限流", Some(Duration::minutes(1))),
        (Feishu, 19_021) => ("加签不符，或本机时间不准", None),
        (Feishu, 19_022) => ("IP 不在白名单", None),
        (Feishu, 19_024) => ("缺少关键词", None),
        _ => ("对方不收", None),
    };
    let error = ChannelError::new(format!("{code} {said}"));
    match wait {
        Some(wait) => error.leave_alone(wait),
        None => error,
    }
}
