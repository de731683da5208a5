//! Mail by SMTP: implicit TLS, STARTTLS, or plain inside one's own network; plain text with a simple HTML beside it.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    message::{Mailbox, MultiPart, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret as _;

use super::{AlertChannel, ChannelError, Message, secret};
use crate::{
    config::{MailTls, Means},
    document::Timestamp,
};

/// How long each answer of the server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the whole exchange may take.
const TOTAL: Duration = Duration::from_secs(20);

/// A mail server and who gets mail; always [`Means::Mail`].
pub(super) struct Mail(pub(super) Means);

#[async_trait]
impl AlertChannel for Mail {
    async fn send(&self, message: &Message, now: Timestamp) -> Result<(), ChannelError> {
        let Means::Mail { host, port, tls, user, password, from, to, ca_file } = &self.0 else {
            return Err(ChannelError::new("不是邮件渠道"));
        };
        let called = message.calls.iter().map(|p| &p.mail).filter(|mail| !mail.is_empty() && !to.contains(mail));
        let letter = letter(message, from, to.iter().chain(called), now)?;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str()).port(*port).timeout(Some(PATIENCE));
        transport = transport.tls(match tls {
            MailTls::Plain => Tls::None,
            MailTls::StartTls => Tls::Required(parameters(host, ca_file.as_deref()).await?),
            MailTls::Implicit => Tls::Wrapper(parameters(host, ca_file.as_deref()).await?),
        });
        if let Some(of) = password {
            let password = secret(of).await?;
            transport = transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        let transport = transport.build();
        match tokio::time::timeout(TOTAL, transport.send(letter)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(ChannelError::new(words(&error))),
            Err(_) => Err(ChannelError::new("超时没有回应")),
        }
    }
}

fn letter<'m>(
    message: &Message,
    from: &str,
    to: impl Iterator<Item = &'m String>,
    now: Timestamp,
) -> Result<lettre::Message, ChannelError> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|_| ChannelError::new("邮箱地址写得不对"));
    let text = message.text();
    let date = std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.millis()).unwrap_or(0));
    let mut letter = lettre::Message::builder().from(mailbox(from)?).date(date).subject(message.subject.as_str());
    for to in to {
        letter = letter.to(mailbox(to)?);
    }
    // No reply of an absence assistant comes back to a machine.
    let letter = letter.header(AutoSubmitted);
    let plain = lettre::message::SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text.clone());
    let html = lettre::message::SinglePart::builder().header(ContentType::TEXT_HTML).body(html(&text));
    letter.multipart(MultiPart::alternative().singlepart(plain).singlepart(html)).map_err(|_| ChannelError::new("邮件没有写成"))
}

/// `Auto-Submitted: auto-generated` (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The text once more, large enough to read.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let lines: Vec<_> = escaped.lines().map(|line| format!("<div>{line}</div>")).collect();
    let style = "font-family:'Microsoft YaHei','Noto Sans CJK SC',sans-serif;font-size:16px;line-height:1.6";
    format!("<!DOCTYPE html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><body style=\"{style}\">{}</body></html>", lines.join(""))
}

async fn parameters(host: &str, ca_file: Option<&Path>) -> Result<TlsParameters, ChannelError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        let pem = tokio::fs::read(path).await.map_err(|_| ChannelError::new(format!("根证书 {} 读不出来", path.display())))?;
        let root = Certificate::from_pem(&pem).map_err(|_| ChannelError::new(format!("{} 不是 PEM 证书", path.display())))?;
        // Only these roots, and no public ones.
        parameters = parameters.certificate_store(CertificateStore::None).add_root_certificate(root);
    }
    parameters.build_rustls().map_err(|_| ChannelError::new("TLS 没有配成"))
}

/// What went wrong, with the server's code where it gave one: `535 密码错误`.
fn words(error: &lettre::transport::smtp::Error) -> String {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let said = match code {
            421 => "服务器繁忙",
            450..=452 => "暂时不收，稍后再试",
            454 => "暂时不能登录",
            530 => "要求先登录",
            534 | 538 => "登录方式不被接受",
            535 => "密码错误",
            550 | 551 | 553 => "收件人或发件人被拒",
            552 => "邮件过大或信箱已满",
            554 => "被当作垃圾邮件拒收",
            _ => "服务器不收",
        };
        return format!("{code} {said}");
    }
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source()).map(ToString::to_string);
    let chain = chain.collect::<Vec<_>>().join(" ").to_lowercase();
    let said = if error.is_timeout() || chain.contains("timed out") {
        "超时没有回应"
    } else if chain.contains("certificate") || chain.contains("unknownissuer") || chain.contains("invalid peer") {
        "证书不被信任"
    } else if chain.contains("refused") {
        "连接被拒绝"
    } else if chain.contains("lookup") || chain.contains("dns") || chain.contains("resolve") {
        "域名解析失败"
    } else if chain.contains("starttls") {
        "服务器不支持 STARTTLS"
    } else if chain.contains("auth") {
        "服务器不支持登录"
    } else {
        "连接中断"
    };
    said.to_owned()
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
