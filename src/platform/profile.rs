//! The platform profile: everything that another platform would do differently, as data (contract, opening).

use std::path::PathBuf;

use serde::Deserialize;

use super::{
    codes::{CodeTable, Meaning},
    secret::SecretRef,
    sign::Algorithm,
};

/// One mistake in a profile, said so that an operator can mend it. Everything but `key` is Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, `credential.app_id`.
    pub key: String,
    /// What stands there.
    pub value: String,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    /// A problem with `key`.
    pub fn new(key: &str, value: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), why: why.into(), fix: fix.into() }
    }
}

/// How to speak with one platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The platform's name, for people.
    pub name: String,
    /// The base address; `http` only to this machine.
    pub address: String,
    /// The sender's unified social credit code (contract §3, `SenderUscc`).
    pub sender_uscc: String,
    /// How we show who we are.
    pub credential: Credential,
    /// How the connection is secured and led.
    #[serde(default)]
    pub connection: Connection,
    /// Where each call goes.
    #[serde(default)]
    pub paths: Paths,
    /// Sizes and times.
    #[serde(default)]
    pub limits: Limits,
    /// What the codes mean; the contract's table when left out.
    #[serde(default)]
    pub codes: CodeTable,
}

/// How we show who we are (contract §2).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The application's id.
    pub app_id: String,
    /// The signature's algorithm.
    #[serde(default)]
    pub alg: Algorithm,
    /// Where the shared secret lies.
    pub secret: SecretRef,
}

/// How the connection is secured and led.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connection {
    /// A PEM file with the only roots that are trusted; the system's when left out.
    pub ca_file: Option<PathBuf>,
    /// A PEM file with our certificate's chain and its key.
    pub identity_file: Option<PathBuf>,
    /// A proxy's address; none when left out, whatever the environment says.
    pub proxy: Option<String>,
}

/// Where each call goes, relative to the address. `{id}` stands for the submission id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// §2.
    pub token: String,
    /// §3 and §4, with `{id}`.
    pub document: String,
    /// §4, by number.
    pub by_number: String,
    /// §4, the feed.
    pub results: String,
    /// §5.
    pub publications: String,
    /// §6.
    pub schema: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            token: "/token".into(),
            document: "/documents/{id}".into(),
            by_number: "/documents".into(),
            results: "/results".into(),
            publications: "/publications".into(),
            schema: "/schema".into(),
        }
    }
}

/// Sizes and times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Rows a page, 1 to 500 (§4).
    pub page: u32,
    /// Seconds after which a submission is visible if it was taken (§4).
    pub visibility_delay_secs: u64,
    /// Milliseconds for making a connection.
    pub connect_ms: u64,
    /// Milliseconds for one exchange, sending of the body not counted.
    pub answer_ms: u64,
    /// The slowest line that is borne, in bytes a second; a body's size divided by it is added to `answer_ms`.
    pub slowest_bytes_per_sec: u64,
    /// Milliseconds for which an idle connection is kept.
    pub idle_ms: u64,
    /// The longest `Retry-After` that is obeyed, in seconds.
    pub longest_retry_after_secs: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page: 500,
            visibility_delay_secs: 120,
            connect_ms: 10_000,
            answer_ms: 60_000,
            slowest_bytes_per_sec: 4_096,
            idle_ms: 20_000,
            longest_retry_after_secs: 3_600,
        }
    }
}

impl Profile {
    /// Reads a profile from TOML.
    ///
    /// # Errors
    /// What stands in the way, as problems in Chinese: a syntax error or wrong type alone, else every mistake at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let table = toml::Deserializer::parse(text).map_err(|e| vec![Self::unreadable("", e.message())])?;
        let profile: Self =
            serde_path_to_error::deserialize(table).map_err(|e| vec![Self::unreadable(&e.path().to_string(), e.inner().message())])?;
        let problems = profile.problems();
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }

    fn unreadable(key: &str, said: &str) -> Problem {
        let key = if key.is_empty() { "profile.toml" } else { key };
        Problem::new(key, "", format!("读不懂：{said}"), "请对照随程序附带的 profile.toml 修改")
    }

    /// Every mistake; also to be asked after an office's own settings were laid over it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        self.check_address(&mut found);
        self.check_identity(&mut found);
        self.check_paths(&mut found);
        self.check_limits(&mut found);
        for (code, meaning) in Meaning::CONTRACT {
            if !self.codes.names(meaning) {
                found.push(Problem::new(
                    "codes",
                    "",
                    format!("没有代码对应“{meaning:?}”（约定为 {code}）"),
                    "请在 [codes] 中补上，或删去整节以采用约定的代码表",
                ));
            }
        }
        found
    }

    fn check_address(&self, found: &mut Vec<Problem>) {
        let key = "address";
        match url_parts(&self.address) {
            Some(("https", _)) => {}
            Some(("http", host)) if is_loopback(host) => {}
            Some(("http", _)) => found.push(Problem::new(key, &self.address, "明文 http 只允许连接本机", "请改用 https:// 地址")),
            _ => found.push(Problem::new(key, &self.address, "不是网址", "请写成 https://主机名:端口，结尾不带斜杠")),
        }
    }

    fn check_identity(&self, found: &mut Vec<Problem>) {
        if !uscc_is_sound(&self.sender_uscc) {
            found.push(Problem::new(
                "sender_uscc",
                &self.sender_uscc,
                "不是统一社会信用代码（18 位数字和大写字母）",
                "请填写本单位证书上的统一社会信用代码",
            ));
        }
        if self.credential.app_id.trim().is_empty() {
            found.push(Problem::new("credential.app_id", "", "没有填写应用标识", "请填写平台分配的 app_id"));
        }
    }

    fn check_paths(&self, found: &mut Vec<Problem>) {
        let paths = &self.paths;
        for (key, path) in [
            ("paths.token", &paths.token),
            ("paths.document", &paths.document),
            ("paths.by_number", &paths.by_number),
            ("paths.results", &paths.results),
            ("paths.publications", &paths.publications),
            ("paths.schema", &paths.schema),
        ] {
            if !path.starts_with('/') || path.contains(['?', '#', ' ']) {
                found.push(Problem::new(key, path, "路径须以 / 开头，不含 ?、# 和空格", "例如 /token"));
            }
        }
        if paths.document.matches("{id}").count() != 1 {
            found.push(Problem::new("paths.document", &paths.document, "须含一个 {id}", "例如 /documents/{id}"));
        }
    }

    fn check_limits(&self, found: &mut Vec<Problem>) {
        let limits = &self.limits;
        for (key, value, least, most) in [
            ("limits.page", u64::from(limits.page), 1, 500),
            ("limits.visibility_delay_secs", limits.visibility_delay_secs, 0, 86_400),
            ("limits.connect_ms", limits.connect_ms, 1, 600_000),
            ("limits.answer_ms", limits.answer_ms, 1, 3_600_000),
            ("limits.slowest_bytes_per_sec", limits.slowest_bytes_per_sec, 256, 1 << 30),
            ("limits.idle_ms", limits.idle_ms, 0, 3_600_000),
            ("limits.longest_retry_after_secs", limits.longest_retry_after_secs, 1, 86_400),
        ] {
            if !(least..=most).contains(&value) {
                found.push(Problem::new(key, value.to_string(), format!("超出范围 {least} 至 {most}"), "请改为范围内的整数"));
            }
        }
    }
}

/// Scheme and host of an address, as far as the profile must know them; the client parses the whole.
fn url_parts(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.is_empty() || authority.contains(['@', ' ']) {
        return None;
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    Some((scheme, host))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The form of GB 32100-2015: 18 characters of its alphabet. The check character is not asked for: some real codes of the early pilot areas
/// miss it (domain.md §3.1).
fn uscc_is_sound(code: &str) -> bool {
    code.len() == 18 && code.bytes().all(|b| b"0123456789ABCDEFGHJKLMNPQRTUWXY".contains(&b))
}
