//! The platform profile: everything that another platform would do differently, as data (contract, opening).

use std::path::Path;

use serde::Deserialize;

use super::{
    codes::{CodeTable, Meaning},
    sign::Algorithm,
};
use crate::config::Problem;

/// How to speak with one platform. What differs from office to office (account, secret, certificates) is the configuration's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The platform's name, for people.
    pub name: String,
    /// The base address, which the configuration may replace; `http` only to this machine.
    pub address: String,
    /// How a login is signed (contract §2).
    #[serde(default)]
    pub credential: Credential,
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
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credential {
    /// The way to a session.
    pub scheme: Scheme,
    /// The signature's algorithm.
    pub alg: Algorithm,
}

/// The way to a session. Others (a session id in the query, a key on a USB stick) have their place here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// A signed login gives a bearer token that runs out.
    #[default]
    Token,
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
    /// Reads `profile.toml` of a platform's folder.
    ///
    /// # Errors
    /// As for [`Profile::parse`], or that the file cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Vec<Problem>> {
        let path = folder.join("profile.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| {
            let shown = path.display();
            let why = match e.kind() {
                std::io::ErrorKind::NotFound => format!("没有 {shown}"),
                std::io::ErrorKind::PermissionDenied => format!("无权读取 {shown}"),
                _ => format!("读不出 {shown}：{e}"),
            };
            vec![Problem::new("platform.profile", why, "指向随程序附带的平台目录，例如 \"platform/shandong\"")]
        })?;
        Self::parse(&text)
    }

    /// Reads a profile from TOML.
    ///
    /// # Errors
    /// What stands in the way, as problems in Chinese: a syntax error or a wrong type alone, else every mistake at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let table = toml::Deserializer::parse(text).map_err(|e| vec![Self::unreadable("", e.message())])?;
        let profile: Self =
            serde_path_to_error::deserialize(table).map_err(|e| vec![Self::unreadable(&e.path().to_string(), e.inner().message())])?;
        let problems = profile.problems();
        if problems.is_empty() { Ok(profile) } else { Err(problems) }
    }

    fn unreadable(key: &str, said: &str) -> Problem {
        let key = if matches!(key, "" | ".") { "profile.toml" } else { key };
        Problem::new(key, format!("读不懂：{said}"), "请对照随程序附带的 profile.toml 修改")
    }

    /// Every mistake, in the order of the file.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if let Some(problem) = address_problem("address", &self.address) {
            found.push(problem);
        }
        self.check_paths(&mut found);
        self.check_limits(&mut found);
        for (code, meaning) in Meaning::CONTRACT {
            if !self.codes.names(meaning) {
                let why = format!("没有代码对应“{}”（约定为 {code}）", meaning.word());
                found.push(Problem::new("codes", why, "请在 [codes] 中补上，或删去整节以采用约定的代码表"));
            }
        }
        found
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
                found.push(Problem::new(key, "路径须以 / 开头，不含 ?、# 和空格", "例如 /token").saying(path));
            }
        }
        if paths.document.matches("{id}").count() != 1 {
            found.push(Problem::new("paths.document", "须含一个 {id}", "例如 /documents/{id}").saying(&paths.document));
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
                found.push(Problem::new(key, format!("超出范围 {least} 至 {most}"), "请改为范围内的整数").saying(&value.to_string()));
            }
        }
    }
}

/// What is wrong with a base address: plain HTTP leaves this machine nowhere.
pub(super) fn address_problem(key: &str, address: &str) -> Option<Problem> {
    let (why, fix) = match scheme_and_host(address) {
        Some(("https", _)) => return None,
        Some(("http", host)) if is_loopback(host) => return None,
        Some(("http", _)) => ("明文 http 只能用于本机地址", "改成 https://；自建证书用 ca_file 指定"),
        _ => ("不是网址", "写成 https://主机名:端口"),
    };
    Some(Problem::new(key, why, fix).saying(address))
}

/// Scheme and host of an address, as far as the profile must know them; the client parses the whole.
fn scheme_and_host(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.is_empty() || authority.contains(['@', ' ']) || rest.contains(['?', '#']) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../config/platform/shandong/profile.toml");

    #[test]
    fn the_shipped_profile_is_sound_and_says_what_the_contract_says() {
        let profile = Profile::parse(SHIPPED).unwrap();
        assert_eq!(profile.codes, CodeTable::default());
        assert_eq!(profile.limits.visibility_delay_secs, 120);
        let least = Profile::parse("name = \"x\"\naddress = \"https://x\"\n").unwrap();
        assert_eq!(format!("{:?}", least.paths), format!("{:?}", profile.paths));
        assert_eq!(format!("{:?}", least.limits), format!("{:?}", profile.limits));
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text = SHIPPED
            .replace("http://127.0.0.1:8443", "http://platform.example")
            .replace("/documents/{id}", "documents")
            .replace("page = 500", "page = 501")
            .replace("18 = \"unknown_here\"", "18 = \"done\"");
        let problems = Profile::parse(&text).unwrap_err();
        insta::assert_snapshot!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_named() {
        for (from, to, key) in [
            ("page = 500", "pages = 500", "limits"),
            ("page = 500", "page = \"many\"", "limits.page"),
            ("alg = \"hmac-sha256\"", "alg = \"md5\"", "credential.alg"),
            ("name = ", "= ", "profile.toml"),
        ] {
            let problems = Profile::parse(&SHIPPED.replacen(from, to, 1)).unwrap_err();
            assert!(problems[0].key.starts_with(key), "{problems:?}");
        }
    }

    #[test]
    fn another_platforms_codes_are_mapped() {
        let text = SHIPPED.replace("00 = \"done\"", "\"200\" = \"done\"\n\"成功\" = \"done\"");
        let profile = Profile::parse(&text).unwrap();
        assert_eq!(profile.codes.meaning("成功"), Some(Meaning::Done));
        assert_eq!(profile.codes.meaning("00"), None);
    }
}
