//! Addresses as the configuration may hold them: no plain HTTP beyond this machine, no passwords inside.

use super::raw::Wrong;

/// The platform's base address; empty for the profile's.
pub(super) fn platform(text: &str) -> Result<(), Wrong> {
    if text.is_empty() {
        return Ok(());
    }
    let (scheme, host) = parts(text, "https://zf.example.gov.cn/api")?;
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        "http" => Err(Wrong::new("明文 http 只能用于本机地址", "改成 https://；自建证书用 ca_file 指定，不能关闭校验")),
        _ => Err(Wrong::new("要以 https:// 开头", "例如 \"https://zf.example.gov.cn/api\"")),
    }
}

/// A robot's or webhook's address.
pub(super) fn webhook(text: &str) -> Result<(), Wrong> {
    if text.is_empty() { Err(Wrong::new("是空的", "例如 \"https://10.0.0.8/alert\"")) } else { platform(text) }
}

/// The address of a daemon that is watched; empty for none. Its health says nothing that must be kept from the office's own network.
pub(super) fn watched(text: &str) -> Result<(), Wrong> {
    if text.is_empty() {
        return Ok(());
    }
    let example = "http://10.0.0.8:8420";
    match parts(text, example)? {
        ("http" | "https", _) => Ok(()),
        _ => Err(Wrong::new("要以 http:// 或 https:// 开头", format!("例如 \"{example}\""))),
    }
}

/// A proxy's address; empty for none.
pub(super) fn proxy(text: &str) -> Result<(), Wrong> {
    if text.is_empty() {
        return Ok(());
    }
    let (scheme, _) = parts(text, "http://10.0.0.1:3128")?;
    if matches!(scheme, "http" | "https") { Ok(()) } else { Err(Wrong::new("只支持 http 代理", "例如 \"http://10.0.0.1:3128\"")) }
}

/// Scheme and host.
fn parts<'t>(text: &'t str, example: &str) -> Result<(&'t str, &'t str), Wrong> {
    let fix = format!("例如 \"{example}\"");
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(Wrong::new("不是网址", fix));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Wrong::new("网址里不能写账号和口令", fix));
    }
    if rest.contains(['?', '#']) {
        return Err(Wrong::new("网址里不能带 ? 或 #", fix));
    }
    let host = match authority.strip_prefix('[').and_then(|r| r.split_once(']')) {
        Some((inside, _)) => inside,
        None => authority.split(':').next().unwrap_or_default(),
    };
    let port = authority[authority.find(host).unwrap_or(0) + host.len()..].trim_start_matches(']');
    let port_right = port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok_and(|p| p > 0));
    if host.is_empty() || !port_right || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Wrong::new("网址写得不完整", fix));
    }
    Ok((scheme, host))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_this_machine_only() {
        for right in ["https://zf.example.gov.cn/api", "http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost", ""] {
            assert!(platform(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "ftp://a",
            "zf.example.gov.cn",
            "https://",
            "https://a:99999",
            "https://a b",
            "https://a?x=1",
        ] {
            assert!(platform(wrong).is_err(), "{wrong}");
        }
    }
}
