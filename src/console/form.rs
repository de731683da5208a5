//! A form that was sent: from a page of ours, with the token that this page carried.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Console, problem::Trouble, session::same, visit::Visit};

/// The fields of a form.
#[derive(Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// What stands in a field; empty when there is no such field.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Whether a request may come from a page of ours, as far as the browser says. Old ones do not say (faults A8.2), so the token decides.
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let origin = text(header::ORIGIN.as_str());
    let origin_ours = origin.is_none_or(|origin| origin.split_once("://").is_some_and(|(_, name)| name.eq_ignore_ascii_case(host)));
    site && origin_ours
}

/// The page for a form that does not come from a page of ours, or from one that is too old.
pub(super) fn stale() -> Trouble {
    Trouble::new(StatusCode::FORBIDDEN, "这个页面已经过期", "没有做任何改动。请返回上一页，刷新后再试一次。")
}

/// A form of somebody who has logged in.
pub(super) struct Sent {
    /// Who.
    pub(super) visit: Visit,
    /// What.
    pub(super) fields: Fields,
}

impl FromRequest<Console> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = <Visit as axum::extract::FromRequestParts<Console>>::from_request_parts(&mut parts, console).await?;
        let ours = is_ours(&parts.headers);
        let body = Bytes::from_request(Request::from_parts(parts, body), console).await.map_err(IntoResponse::into_response)?;
        let fields = Fields::of(&body);
        if !ours || !same(fields.get("token"), &visit.seen.token) {
            tracing::warn!(session = visit.seen.name, "a form without its token was turned away");
            return Err(stale().on(&visit).into_response());
        }
        Ok(Self { visit, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_known_by_what_browsers_say() {
        let ours = |lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            lines.iter().for_each(|(name, value)| drop(headers.insert(*name, value.parse().unwrap())));
            is_ours(&headers)
        };
        let host = ("host", "dangri.local:8420");
        assert!(ours(&[host]));
        assert!(ours(&[host, ("origin", "http://dangri.local:8420"), ("sec-fetch-site", "same-origin")]));
        assert!(!ours(&[host, ("origin", "http://evil.example")]));
        assert!(!ours(&[host, ("origin", "null")]));
        assert!(!ours(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[host, ("origin", "http://dangri.local:8421")]));
    }

    #[test]
    fn fields_are_read_as_browsers_send_them() {
        let fields = Fields::of("reason=%E5%B9%B3%E5%8F%B0+%E4%B8%AD%E6%96%AD&a=1&a=2".as_bytes());
        assert_eq!((fields.get("reason"), fields.get("a"), fields.get("b")), ("平台 中断", "1", ""));
    }
}
