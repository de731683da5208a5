//! The body of a PUT, read strictly (contract §1, §3).

use chrono::{DateTime, Timelike};
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Reader};
use sha2::{Digest as _, Sha256};

use crate::answer::{EXCHANGE, hex, unhex};
use crate::structure::{self, Reading, Wanted, position, reference};

/// A `Head` whose values have the right form.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) id: [u8; 16],
    pub(crate) sender: String,
    pub(crate) app: String,
    pub(crate) kind: String,
    pub(crate) number: Option<String>,
    pub(crate) draft: Option<String>,
    pub(crate) schema: String,
    pub(crate) supersedes: Option<[u8; 16]>,
    pub(crate) district: bool,
    pub(crate) digest: [u8; 32],
}

impl Head {
    /// The document key of contract §3.
    pub(crate) fn key(&self) -> &str {
        self.number.as_deref().or(self.draft.as_deref()).unwrap_or_default()
    }
}

/// The document element as it lies in the body.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) bytes: &'a str,
    pub(crate) digest: [u8; 32],
    pub(crate) reading: Reading,
}

/// What could be read of a body; `fault` is the first thing that makes it code 01.
#[derive(Debug, Default)]
pub(crate) struct Package<'a> {
    pub(crate) head: Option<Head>,
    pub(crate) document: Option<Document<'a>>,
    pub(crate) fault: Option<String>,
}

impl Package<'_> {
    fn fault(&mut self, why: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(why.into());
        }
    }
}

/// The children of `Head` in their order.
const HEAD: [&str; 11] = [
    "SubmissionId",
    "SenderUscc",
    "AppId",
    "Kind",
    "DocumentNumber",
    "DraftId",
    "SchemaVersion",
    "Supersedes",
    "AuthorLevel",
    "Digest",
    "SentAt",
];

/// Reads a body. `wanted` is asked, with the kind if the head has one, for what to read of the document.
pub(crate) fn read<'a, 'w>(body: &'a [u8], wanted: impl FnOnce(&str) -> Wanted<'w>) -> Package<'a> {
    let mut out = Package::default();
    let Ok(text) = std::str::from_utf8(body) else {
        out.fault("the body is not UTF-8");
        return out;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Folded over all bytes without a way out, so that the compiler may take many at once.
    if text.bytes().fold(false, |bad, b| bad | (b < b' ' && b != b'\t' && b != b'\n' && b != b'\r')) {
        out.fault("a control character is not allowed in XML");
        return out;
    }
    if let Err(why) = walk(text, wanted, &mut out) {
        out.fault(why);
    }
    out
}

fn walk<'a, 'w>(text: &'a str, wanted: impl FnOnce(&str) -> Wanted<'w>, out: &mut Package<'a>) -> Result<(), String> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let package = expect(&mut reader, "Package", out)?;
    expect(&mut reader, "Head", out)?;
    let values = head_values(&mut reader, out)?;
    let body = expect(&mut reader, "Body", out)?;
    let at = loop {
        let at = position(reader.buffer_position());
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(_) => break at,
            Event::Text(t) if blank(&t.borrow().into_inner()) => {}
            Event::Comment(_) => {}
            _ => return Err("Body holds no document element".into()),
        }
    };
    let rest = &text[at..];
    let kind = values[3].as_deref().unwrap_or_default();
    let reading = structure::read(rest, &wanted(kind))?;
    let end = reading.end;
    let bytes = &rest[..end];
    out.document = Some(Document { bytes, digest: Sha256::digest(bytes).into(), reading });
    match head(&values) {
        Ok(head) => out.head = Some(head),
        Err(why) => out.fault(why),
    }
    tail(&rest[end..], &body, &package)
}

fn blank(t: &str) -> bool {
    t.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Reads up to the start tag of `name` in the exchange's namespace and answers its raw name.
fn expect(reader: &mut NsReader<&[u8]>, name: &str, out: &mut Package<'_>) -> Result<String, String> {
    loop {
        let (ns, event) = reader.read_resolved_event().map_err(|e| e.to_string())?;
        match event {
            Event::Start(s) => {
                if s.local_name().as_ref() != name || !matches!(ns, ResolveResult::Bound(n) if n.0 == EXCHANGE) {
                    return Err(format!("{} where {name} belongs", AsRef::<str>::as_ref(&s.name())));
                }
                if let Some(a) = stray_attribute(&s, &[])? {
                    out.fault(format!("attribute {a} on {name}"));
                }
                return Ok(AsRef::<str>::as_ref(&s.name()).to_owned());
            }
            Event::Text(t) if blank(&t.borrow().into_inner()) => {}
            Event::Comment(_) | Event::Decl(_) => {}
            _ => return Err(format!("{name} is missing")),
        }
    }
}

fn stray_attribute(s: &quick_xml::events::BytesStart<'_>, known: &[&str]) -> Result<Option<String>, String> {
    for a in s.attributes() {
        let a = a.map_err(|e| e.to_string())?;
        let key: &str = a.key.as_ref();
        if key != "xmlns" && !key.starts_with("xmlns:") && !known.contains(&key) {
            return Ok(Some(key.to_owned()));
        }
    }
    Ok(None)
}

type Values = [Option<String>; HEAD.len()];

fn head_values(reader: &mut NsReader<&[u8]>, out: &mut Package<'_>) -> Result<Values, String> {
    let mut values = Values::default();
    let mut next = 0;
    loop {
        let (ns, event) = reader.read_resolved_event().map_err(|e| e.to_string())?;
        match event {
            Event::Start(s) => {
                let home = matches!(ns, ResolveResult::Bound(n) if n.0 == EXCHANGE);
                let name = s.local_name();
                let name: &str = name.as_ref();
                let place = HEAD.iter().position(|h| *h == name).filter(|_| home);
                match place {
                    Some(p) if p >= next => next = p + 1,
                    Some(_) => out.fault(format!("{name} in Head is out of order or there twice")),
                    None => out.fault(format!("Head knows no {name}")),
                }
                let attributes: &[&str] = if name == "Digest" { &["alg"] } else { &[] };
                if let Some(a) = stray_attribute(&s, attributes)? {
                    out.fault(format!("attribute {a} on {name}"));
                }
                if name == "Digest" {
                    let alg = s.try_get_attribute("alg").map_err(|e| e.to_string())?;
                    if alg.is_none_or(|a| a.value != "sha-256") {
                        out.fault("Digest is not alg=\"sha-256\"");
                    }
                }
                let value = value(reader)?;
                if value.is_empty() || value.trim() != value {
                    out.fault(format!("{name} is empty or has blanks round it"));
                }
                if let Some(p) = place {
                    values[p] = Some(value);
                }
            }
            Event::End(_) => return Ok(values),
            Event::Text(t) if blank(&t.borrow().into_inner()) => {}
            Event::Comment(_) => {}
            _ => return Err("text between the elements of Head".into()),
        }
    }
}

/// The text of an element without children, up to its end tag.
fn value(reader: &mut NsReader<&[u8]>) -> Result<String, String> {
    let mut out = String::new();
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Text(t) => out.push_str(&t.into_inner()),
            Event::CData(t) => out.push_str(&t.into_inner()),
            Event::GeneralRef(r) => out.push(reference(&r)?),
            Event::End(_) => return Ok(out),
            Event::Comment(_) => {}
            _ => return Err("an element inside a value".into()),
        }
    }
}

/// Behind the document: the end of `Body`, the end of `Package`, nothing else.
fn tail(rest: &str, body: &str, package: &str) -> Result<(), String> {
    let mut reader = Reader::from_str(rest);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut open = vec![package, body];
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::End(e) if open.last().is_some_and(|o| *o == AsRef::<str>::as_ref(&e.name())) => {
                open.pop();
            }
            Event::Text(t) if blank(&t.borrow().into_inner()) => {}
            Event::Comment(_) => {}
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err("Package is not closed".into()),
            _ => return Err("more than one document element, or something behind it".into()),
        }
    }
}

fn head(values: &Values) -> Result<Head, String> {
    let [id, sender, app, kind, number, draft, schema, supersedes, level, digest, sent] = values;
    let need = |v: &Option<String>, name: &str| v.clone().ok_or_else(|| format!("Head lacks {name}"));
    let id = unhex(&need(id, "SubmissionId")?).ok_or("SubmissionId is not 32 lower-case hex characters")?;
    let sender = need(sender, "SenderUscc")?;
    if sender.len() != 18 || !sender.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Err("SenderUscc is not a credit code".into());
    }
    if number.is_none() && draft.is_none() {
        return Err("neither DocumentNumber nor DraftId".into());
    }
    if draft.as_deref().is_some_and(|d| !is_uuid(d)) {
        return Err("DraftId is not a lower-case UUID".into());
    }
    let supersedes = match supersedes {
        Some(s) => Some(unhex(s).ok_or("Supersedes is not a submission id")?),
        None => None,
    };
    let district = match need(level, "AuthorLevel")?.as_str() {
        "district" => true,
        "town" => false,
        _ => return Err("AuthorLevel is neither district nor town".into()),
    };
    let sent = need(sent, "SentAt")?;
    if !is_time(&sent) {
        return Err("SentAt is not a time in whole seconds with +08:00".into());
    }
    Ok(Head {
        id,
        sender,
        app: need(app, "AppId")?,
        kind: need(kind, "Kind")?,
        number: number.clone(),
        draft: draft.clone(),
        schema: need(schema, "SchemaVersion")?,
        supersedes,
        district,
        digest: unhex(&need(digest, "Digest")?).ok_or("Digest is not 64 lower-case hex characters")?,
    })
}

/// A time as the contract writes it.
pub(crate) fn is_time(s: &str) -> bool {
    s.len() == 25
        && s.ends_with("+08:00")
        && DateTime::parse_from_rfc3339(s).is_ok_and(|t| t.nanosecond() == 0)
        && s.as_bytes().get(10) == Some(&b'T')
}

fn is_uuid(s: &str) -> bool {
    s.len() == 36
        && s.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// The submission id of contract §3.
pub(crate) fn submission_id(sender: &str, kind: &str, key: &str, digest: &[u8; 32]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [sender, "\n", kind, "\n", key, "\n", &hex(digest)] {
        hash.update(part);
    }
    let full: [u8; 32] = hash.finalize().into();
    let mut out = [0; 16];
    out.copy_from_slice(&full[..16]);
    out
}
