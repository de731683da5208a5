//! Attachments: tus 1.0.0 with creation, checksum, expiration and termination (contract §7).

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Method;
use hyper::body::Incoming;
use sha2::{Digest as _, Sha256};

use crate::answer::{Answer, hex, unhex};
use crate::call::{Call, Reply};
use crate::clock::{Millis, http_date, millis_of};
use crate::platform::Shared;

/// The largest attachment.
const LARGEST: u64 = 100 * 1024 * 1024;

struct Upload {
    app: String,
    submission: [u8; 16],
    digest: String,
    metadata: String,
    length: u64,
    offset: u64,
    hash: Sha256,
    expires: Millis,
    /// Complete, terminated or removed: HEAD of a complete one still answers.
    state: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Complete,
    Gone,
}

/// All uploads of a platform.
#[derive(Default)]
pub(crate) struct Uploads {
    all: HashMap<String, Upload>,
}

/// Serves a call under `/attachments`.
pub(crate) async fn serve(p: &Arc<Shared>, call: &Call<'_>, body: Incoming) -> Reply {
    match own(p, call, body).await {
        Ok(reply) => reply,
        Err(reply) => *reply,
    }
}

async fn own(p: &Arc<Shared>, call: &Call<'_>, body: Incoming) -> Result<Reply, Box<Reply>> {
    let now = p.setup.clock.millis();
    let method = &call.parts.method;
    if method == Method::OPTIONS {
        return Ok(plain(
            204,
            vec![
                ("tus-version", "1.0.0".into()),
                ("tus-extension", "creation,checksum,expiration,termination".into()),
                ("tus-max-size", LARGEST.to_string()),
                ("tus-checksum-algorithm", "sha1,sha256".into()),
            ],
        ));
    }
    let app = call.caller(p, now).map_err(|a| Box::new(Reply::Envelope(*a)))?;
    if let Some(why) = call.header_fault() {
        return Err(malformed(why));
    }
    if call.header("tus-resumable") != Some("1.0.0") {
        return Err(Box::new(plain(412, vec![("tus-version", "1.0.0".into())])));
    }
    match *method {
        Method::POST => create(p, call, app, now),
        Method::HEAD => head(p, call, &app, now),
        Method::PATCH => patch(p, call, &app, body, now).await,
        _ => terminate(p, call, &app, now),
    }
}

fn plain(status: u16, mut headers: Vec<(&'static str, String)>) -> Reply {
    headers.push(("tus-resumable", "1.0.0".into()));
    Reply::Raw { status, headers, content_type: None, body: Bytes::new() }
}

fn malformed(why: impl Into<String>) -> Box<Reply> {
    Box::new(Reply::Envelope(Answer::malformed(why)))
}

/// A refusal of tus's own.
fn refused(status: u16) -> Box<Reply> {
    Box::new(plain(status, Vec::new()))
}

fn create(p: &Shared, call: &Call<'_>, app: String, now: Millis) -> Result<Reply, Box<Reply>> {
    let length = call.header("upload-length").and_then(number).ok_or_else(|| malformed("Upload-Length is missing"))?;
    if length > LARGEST {
        return Err(Box::new(Reply::Envelope(Answer::malformed("larger than Tus-Max-Size").status(413))));
    }
    let metadata = call.header("upload-metadata").unwrap_or_default();
    let known = read_metadata(metadata).ok_or_else(|| malformed("Upload-Metadata cannot be read"))?;
    let value = |name: &str| known.get(name).cloned().ok_or_else(|| malformed(format!("Upload-Metadata lacks {name}")));
    let submission = unhex(&value("submission-id")?).ok_or_else(|| malformed("submission-id is not one"))?;
    let digest = value("digest")?;
    if unhex::<32>(&digest).is_none() || value("filename")?.is_empty() {
        return Err(malformed("digest or filename in Upload-Metadata is not one"));
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let expires = now + millis_of(p.setup.upload_life);
    let upload = Upload {
        app,
        submission,
        digest,
        metadata: metadata.to_owned(),
        length,
        offset: 0,
        hash: Sha256::new(),
        expires,
        state: Stage::Open,
    };
    let empty_and_whole = length == 0;
    p.uploads().all.insert(id.clone(), upload);
    if empty_and_whole && !complete(p, &id, now) {
        return Err(refused(460));
    }
    let location = format!("{}/attachments/{id}", p.base);
    Ok(plain(201, vec![("location", location), ("upload-expires", http_date(expires))]))
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn read_metadata(text: &str) -> Option<HashMap<String, String>> {
    let mut out = HashMap::new();
    for pair in text.split(',').filter(|p| !p.trim().is_empty()) {
        let (name, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
        if out.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(out)
}

/// Runs `f` on an upload of this account that is there.
fn with<T>(p: &Shared, id: &str, app: &str, now: Millis, f: impl FnOnce(&mut Upload) -> T) -> Result<T, Box<Reply>> {
    let mut uploads = p.uploads();
    let upload = uploads.all.get_mut(id).filter(|u| u.app == app).ok_or_else(|| refused(404))?;
    let expired = upload.state == Stage::Open && upload.expires <= now;
    if expired || upload.state == Stage::Gone {
        return Err(refused(410));
    }
    Ok(f(upload))
}

fn head(p: &Shared, call: &Call<'_>, app: &str, now: Millis) -> Result<Reply, Box<Reply>> {
    with(p, call.id, app, now, |u| {
        let mut headers = vec![
            ("upload-offset", u.offset.to_string()),
            ("upload-length", u.length.to_string()),
            ("upload-metadata", u.metadata.clone()),
            ("cache-control", "no-store".into()),
        ];
        if u.state == Stage::Open {
            headers.push(("upload-expires", http_date(u.expires)));
        }
        plain(200, headers)
    })
}

fn terminate(p: &Shared, call: &Call<'_>, app: &str, now: Millis) -> Result<Reply, Box<Reply>> {
    with(p, call.id, app, now, |u| {
        u.state = Stage::Gone;
        plain(204, Vec::new())
    })
}

/// What the sender says about the bytes of one PATCH.
enum Checksum {
    None,
    Sha1(Vec<u8>),
    Sha256(Vec<u8>),
}

fn checksum(header: Option<&str>) -> Option<Checksum> {
    let Some(text) = header else {
        return Some(Checksum::None);
    };
    let (algorithm, value) = text.split_once(' ')?;
    let value = BASE64.decode(value).ok()?;
    match algorithm {
        "sha1" => Some(Checksum::Sha1(value)),
        "sha256" => Some(Checksum::Sha256(value)),
        _ => None,
    }
}

async fn patch(p: &Shared, call: &Call<'_>, app: &str, mut body: Incoming, now: Millis) -> Result<Reply, Box<Reply>> {
    if call.header("content-type") != Some("application/offset+octet-stream") {
        return Err(refused(415));
    }
    let offset = call.header("upload-offset").and_then(number).ok_or_else(|| malformed("Upload-Offset is missing"))?;
    let sum = checksum(call.header("upload-checksum")).ok_or_else(|| malformed("Upload-Checksum cannot be read"))?;
    let (at, length) = with(p, call.id, app, now, |u| (u.offset, u.length))?;
    if at != offset {
        return Err(refused(409));
    }
    let mut chunk = Vec::new();
    let mut broken = false;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            broken = true;
            break;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        chunk.extend_from_slice(&data);
        if u64::try_from(chunk.len()).unwrap_or(u64::MAX) > length - at {
            return Err(Box::new(Reply::Envelope(Answer::malformed("more bytes than Upload-Length").status(413))));
        }
    }
    let fits = match &sum {
        Checksum::None => true,
        Checksum::Sha1(want) => crate::sha1::digest(&chunk)[..] == want[..],
        Checksum::Sha256(want) => Sha256::digest(&chunk)[..] == want[..],
    };
    // What came before the connection broke is kept, unless its checksum can no longer be known.
    if broken && !matches!(sum, Checksum::None) || !fits {
        return Err(refused(460));
    }
    let (offset, whole, expires) = with(p, call.id, app, now, |u| {
        if u.offset != at {
            return Err(refused(409));
        }
        u.hash.update(&chunk);
        u.offset += u64::try_from(chunk.len()).unwrap_or(0);
        Ok((u.offset, u.offset == u.length && u.state == Stage::Open, u.expires))
    })??;
    if whole && !complete(p, call.id, now) {
        return Err(refused(460));
    }
    Ok(plain(204, vec![("upload-offset", offset.to_string()), ("upload-expires", http_date(expires))]))
}

/// Ends an upload that has all its bytes; `false`, and it is removed, when they are not the promised ones.
fn complete(p: &Shared, id: &str, now: Millis) -> bool {
    let found = {
        let mut uploads = p.uploads();
        let Some(u) = uploads.all.get_mut(id) else {
            return false;
        };
        let digest = hex(&u.hash.clone().finalize());
        u.state = if digest == u.digest { Stage::Complete } else { Stage::Gone };
        (u.state == Stage::Complete).then_some((u.submission, digest))
    };
    let Some((submission, digest)) = found else {
        return false;
    };
    let mut world = p.world();
    world.settle(&p.setup, now);
    world.attached(&p.setup, submission, &digest, now);
    true
}
